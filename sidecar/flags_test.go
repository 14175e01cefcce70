package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"realtime/core/server"
)

func TestFlags_have_every_option(t *testing.T) {
	for _, command := range []string{"serve", "run", "config"} {
		help, code := output(t, folder(t), nil, command, "--help")
		if code != 0 {
			t.Fatalf("code %d: %s", code, help)
		}
		for _, o := range server.Table() {
			name := regexp.QuoteMeta(flagName(o.Key))
			if !regexp.MustCompile(`(?m)^\s+--(\[no-\])?` + name + `\b`).MatchString(help) {
				t.Errorf("%s has no --%s", command, flagName(o.Key))
			}
		}
	}
}

func TestFlags_reach_their_option(t *testing.T) {
	for i, o := range server.Table() {
		arg, value := "--"+flagName(o.Key)+"="+o.Default, o.Default
		switch {
		case o.Kind == server.Bool:
			arg, value = "--no-"+flagName(o.Key), "false"
		case o.Default == "":
			continue // the tests of the commands have most of them
		}
		parser, g, err := newParser()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parser.Parse([]string{"config", arg}); err != nil {
			t.Errorf("%s: %v", arg, err)
			continue
		}
		s, err := g.Config.load("", nil)
		if err != nil {
			t.Errorf("%s: %v", arg, err)
			continue
		}
		want := server.Line{Key: o.Key, Value: value, Source: "--" + flagName(o.Key)}
		if got := s.Describe()[i]; got != want {
			t.Errorf("%s: got %v, want %v", arg, got, want)
		}
	}
}

func TestConfig_tells_the_source_of_each_value(t *testing.T) {
	dir := folder(t)
	file := "path: /live/\nping_interval: 30s\nproduction:\n  ping_timeout: 9s\n"
	if err := os.WriteFile(filepath.Join(dir, "realtime.yml"), []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	env := []string{"REALTIME_NODE=n1", "REALTIME_TOKEN=secret", "PORT=9000", "REALTIME_PING_INTERVAL=31s"}
	out, code := output(t, dir, env, "config", "--max-rooms=7")
	if code != 0 {
		t.Fatalf("code %d: %s", code, out)
	}
	for _, want := range []string{
		`listen: +9000 +# PORT`, `path: +/live/ +# realtime.yml:1`, `ping_interval: +31s +# REALTIME_PING_INTERVAL`,
		`ping_timeout: +9s +# realtime.yml:4`, `node: +n1 +# REALTIME_NODE`, `max_rooms: +7 +# --max-rooms`,
		`max_calls: +1024 +# default`, `token: +\*+ +# REALTIME_TOKEN`,
	} {
		if !regexp.MustCompile(`(?m)^` + want + `$`).MatchString(out) {
			t.Errorf("no line %s in\n%s", want, out)
		}
	}
	if strings.Contains(out, "secret") {
		t.Error("the token is shown")
	}
}

func TestConfig_unknown_key_is_an_error_with_a_suggestion(t *testing.T) {
	dir := folder(t)
	if err := os.WriteFile(filepath.Join(dir, "realtime.yml"), []byte("ping_intervall: 1s\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"config"}, {"serve"}, {"run", "true"}, {"emit", "x"}} {
		out, code := output(t, dir, nil, args...)
		if code != exitFailure || !strings.Contains(out, "realtime.yml:1") || !strings.Contains(out, "did you mean ping_interval?") {
			t.Errorf("%v: code %d: %s", args, code, out)
		}
	}
}

func TestVersion_is_alone(t *testing.T) {
	if out, code := output(t, folder(t), nil, "version"); code != 0 || out != "1.2.3\n" {
		t.Errorf("code %d: %q", code, out)
	}
}

func TestHelp(t *testing.T) {
	for args, want := range map[string]string{
		"":           "Usage: realtime <command>",
		"--help":     "Usage: realtime <command>",
		"run --help": "Usage: realtime run [flags] <command> ...",
	} {
		out, code := output(t, folder(t), nil, strings.Fields(args)...)
		if code != 0 || !strings.HasPrefix(out, want) {
			t.Errorf("%q: code %d: %s", args, code, out)
		}
	}
	out, code := output(t, folder(t), nil, "sevre")
	if code != exitUsage || !strings.Contains(out, "serve") || !strings.Contains(out, `Try "realtime --help".`) {
		t.Errorf("code %d: %s", code, out)
	}
}
