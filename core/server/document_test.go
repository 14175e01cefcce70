package server

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestDocument_is_stronger_than_environment_and_file(t *testing.T) {
	file := write(t, "ping_interval: 1s\nping_timeout: 2s\nproduction:\n  upgrade_timeout: 3s\nstaging:\n  upgrade_timeout: 4s\n")
	s := load(t, Sources{
		Document: []byte(`{"listen": ["127.0.0.1:1", 2], "pingInterval": 4000, "env": "staging", "upstream": "none",
			"serve_client": false, "token": "a, ${b}", "node": null, "emit_timeout": "5s", "config": "` + file + `"}`),
		Environ: []string{"REALTIME_PING_INTERVAL=5s", "REALTIME_NODE=n"},
	})
	for _, want := range []Line{
		{"env", "staging", documentName},
		{"listen", "127.0.0.1:1, 2", documentName},
		{"ping_interval", "4000", documentName},
		{"ping_timeout", "2s", file + ":2"},
		{"upgrade_timeout", "4s", file + ":6"},
		{"node", "n", "REALTIME_NODE"},
		{"serve_client", "false", documentName},
		{"token", secretText, documentName},
	} {
		if diff := cmp.Diff(want, line(t, s, want.Key)); diff != "" {
			t.Error(diff)
		}
	}
	o := s.Options()
	if o.PingInterval != 4*time.Second || o.Token != "a, ${b}" || len(o.Upstream) != 0 || len(o.Listen) != 2 {
		t.Errorf("got %+v", o)
	}
}

func TestDocument_can_say_that_no_file_is_read(t *testing.T) {
	t.Chdir(t.TempDir())
	s := load(t, Sources{Document: []byte(`{"config": ""}`), Environ: []string{"REALTIME_CONFIG=missing.yml"}})
	if got := line(t, s, "listen").Source; got != "default" {
		t.Errorf("listen is from %s", got)
	}
}

func TestDocument_says_what_is_wrong_with_it(t *testing.T) {
	for _, test := range []struct{ document, want string }{
		{`[1]`, "configuration: no JSON object: it begins with ["},
		{`{"listen": ":1"`, "configuration: no JSON object: "},
		{`{} {}`, "configuration: no JSON object: something follows it"},
		{`{"lisen": ":1"}`, `configuration: lisen: no such option, did you mean listen?`},
		{`{"listen": {"port": 1}}`, "configuration: listen: a plain value or a list of them is wanted here"},
		{`{"listen": [[1]]}`, "configuration: listen: a plain value or a list of them is wanted here"},
		{`{"ping_interval": 5}`, "configuration: ping_interval: "},
		{`{"ping_interval": "5s", "pingInterval": 5}`, "configuration: pingInterval: given a second time"},
		{`{"allowEIO3": false}`, "configuration: allowEIO3: clients of all generations are served"},
		{`{"config": "/nowhere.yml"}`, "/nowhere.yml"},
		{strings.Repeat(" ", maxFile+1), "configuration: larger than 1048576 bytes"},
	} {
		_, err := Load(Sources{Document: []byte(test.document)})
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%.40s: %v, want %q", test.document, err, test.want)
		}
	}
}
