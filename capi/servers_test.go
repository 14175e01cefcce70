//go:build cgo

package main

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// What hosts in C cannot bring about; the rest is in test/.

// quiet is a configuration that opens nothing but a free port.
const quiet = `{"config": "", "socket": "", "listen": "127.0.0.1:0", "log_level": "error"}`

func made(t *testing.T, table *servers, config string, environ ...string) (handle int) {
	t.Helper()
	handle, err := table.add(config, environ)
	if err != nil {
		t.Fatal(err)
	}
	return handle
}

func TestStop_says_that_its_time_is_up(t *testing.T) {
	var table servers
	handle := made(t, &table, quiet)
	h, _ := table.get(handle)
	defer h.Discard()
	synctest.Test(t, func(t *testing.T) {
		h.started, h.ended = true, make(chan struct{}) // and it does not end
		begin := time.Now()
		err := table.stop(handle, time.Second)
		if codeOf(err) != errTimeout || !strings.Contains(err.Error(), "1s") {
			t.Errorf("%v", err)
		}
		if took := time.Since(begin); took != time.Second+slack {
			t.Errorf("after %v", took)
		}
		if err := table.remove(handle); codeOf(err) != errState {
			t.Errorf("it was freed while it ends: %v", err)
		}
		h.finish(nil)
		if err := errors.Join(table.stop(handle, 0), table.remove(handle)); err != nil {
			t.Error(err)
		}
	})
}

func TestStop_reports_what_made_a_running_server_give_up(t *testing.T) {
	var table servers
	handle := made(t, &table, quiet)
	h, _ := table.get(handle)
	if err := table.start(handle); err != nil {
		t.Fatal(err)
	}
	h.end()
	<-h.ended
	h.err = errors.New("a floor gave up")
	if err := table.stop(handle, 0); codeOf(err) != errInternal || err.Error() != "a floor gave up" {
		t.Errorf("%v", err)
	}
}

func TestAdd_the_host_counts_more_than_the_environment_and_PORT_nothing(t *testing.T) {
	var table servers
	for _, config := range []string{quiet, `{"config": "", "socket": "", "log_level": "error"}`} {
		handle := made(t, &table, config, "PORT=1", "REALTIME_LISTEN=127.0.0.1:0", "REALTIME_LOG_LEVEL=nonsense")
		if err := table.start(handle); err != nil {
			t.Fatal(err)
		}
		text, err := table.address(handle, 0)
		if err != nil || !strings.HasPrefix(text, "127.0.0.1:") || text == "127.0.0.1:1" {
			t.Errorf("%s, %v", text, err)
		}
		if err := errors.Join(table.stop(handle, time.Minute), table.remove(handle)); err != nil {
			t.Error(err)
		}
	}
}

func TestGuarded_makes_an_error_of_a_panic(t *testing.T) {
	_, err := guarded(func() (int, error) { panic("at the disco") })
	if codeOf(err) != errInternal || !strings.Contains(err.Error(), "at the disco") {
		t.Errorf("%v", err)
	}
}

func TestCut_ends_between_two_characters(t *testing.T) {
	for _, c := range []struct {
		text  string
		limit int
		want  string
	}{
		{"", 4, ""},
		{"four", 4, "four"},
		{"fives", 4, "f…"},
		{"€€€", 9, "€€€"},
		{"€€€€", 9, "€€…"},
		{"€€€€", 8, "€…"},
		{"a€€€€", 8, "a€…"},
	} {
		if got := cut(c.text, c.limit); got != c.want || len(got) > c.limit {
			t.Errorf("%q in %d: %q", c.text, c.limit, got)
		}
	}
}
