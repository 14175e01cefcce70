package server

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// write makes a configuration file and returns its path.
func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "realtime.yml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func load(t *testing.T, src Sources) Settings {
	t.Helper()
	s, err := Load(src)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// line returns what Describe says about one option.
func line(t *testing.T, s Settings, key string) Line {
	t.Helper()
	for _, l := range s.Describe() {
		if l.Key == key {
			return l
		}
	}
	t.Fatalf("no line for %s", key)
	return Line{}
}

func TestDefaults_are_what_the_table_says(t *testing.T) {
	o := Defaults()
	if o.PingInterval != 25*time.Second || o.MaxHTTPBufferSize != 1_000_000 || o.SocketMode != 0o660 || !o.ServeClient {
		t.Errorf("got %+v", o)
	}
	if got, want := o.Env, "production"; got != want {
		t.Errorf("env %q, want %q", got, want)
	}
}

func TestTable_is_complete_and_consistent(t *testing.T) {
	seen := make(map[string]bool)
	for _, o := range Table() {
		if seen[o.Key] {
			t.Errorf("%s stands there twice", o.Key)
		}
		seen[o.Key] = true
		if o.Help == "" || o.Group == "" {
			t.Errorf("%s: no help or no group", o.Key)
		}
		for _, word := range append([]string{o.Alias}, appsOwn...) {
			if word == o.Key && o.Alias != o.Key {
				t.Errorf("%s is a key of the app's own", o.Key)
			}
		}
	}
}

func TestLoad_the_stronger_source_wins(t *testing.T) {
	file := write(t, "ping_interval: 1s\nping_timeout: 2s\nupgrade_timeout: 3s\n")
	s := load(t, Sources{
		Flags:   map[string][]string{"ping_interval": {"4s"}},
		Environ: []string{"REALTIME_PING_INTERVAL=5s", "REALTIME_PING_TIMEOUT=6s"},
		File:    file,
	})
	for _, want := range []Line{
		{"ping_interval", "4s", "--ping-interval"},
		{"ping_timeout", "6s", "REALTIME_PING_TIMEOUT"},
		{"upgrade_timeout", "3s", file + ":3"},
		{"connect_timeout", "45s", "default"},
	} {
		if diff := cmp.Diff(want, line(t, s, want.Key)); diff != "" {
			t.Error(diff)
		}
	}
	if got, want := s.Options().PingTimeout, 6*time.Second; got != want {
		t.Errorf("ping_timeout %v, want %v", got, want)
	}
}

func TestLoad_listen(t *testing.T) {
	file := write(t, "listen: [127.0.0.1:1, unix:/tmp/x]\n")
	for _, c := range []struct {
		name string
		src  Sources
		want []string
	}{
		{"flags may come twice, and hold several", Sources{Flags: map[string][]string{"listen": {":1, :2", ":3"}}, Environ: []string{"PORT=9"}}, []string{":1", ":2", ":3"}},
		{"PORT is stronger than the file", Sources{Environ: []string{"PORT=9"}, File: file}, []string{"9"}},
		{"our variable is stronger than PORT", Sources{Environ: []string{"PORT=9", "REALTIME_LISTEN=:7"}, File: file}, []string{":7"}},
		{"the file", Sources{Environ: []string{"PORT="}, File: file}, []string{"127.0.0.1:1", "unix:/tmp/x"}},
		{"nothing", Sources{File: noFile}, []string{":8000"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.src.File == "" {
				c.src.File = noFile
			}
			if diff := cmp.Diff(c.want, load(t, c.src).Options().Listen); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestLoad_the_environment_is_named_as_frameworks_do(t *testing.T) {
	for _, c := range []struct {
		src  Sources
		want Line
	}{
		{Sources{}, Line{"env", "production", "default"}},
		{Sources{Env: "development"}, Line{"env", "development", "default"}},
		{Sources{Env: "development", Environ: []string{"RACK_ENV=test"}}, Line{"env", "test", "RACK_ENV"}},
		{Sources{Environ: []string{"RACK_ENV=none", "RAILS_ENV=staging"}}, Line{"env", "staging", "RAILS_ENV"}},
		{Sources{Environ: []string{"REALTIME_ENV=a", "RAILS_ENV=b"}}, Line{"env", "a", "REALTIME_ENV"}},
		{Sources{Environ: []string{"REALTIME_ENV=a"}, Flags: map[string][]string{"env": {"c"}}}, Line{"env", "c", "--env"}},
	} {
		c.src.File = noFile
		if diff := cmp.Diff(c.want, line(t, load(t, c.src), "env")); diff != "" {
			t.Error(diff)
		}
	}
}

func TestLoad_file(t *testing.T) {
	const text = `
# comments are fine
pingInterval: 30000        # Socket.IO's name, in milliseconds
pingTimeout: 5s
heartbeat interval: 20     # 0.9's name, in seconds
close timeout: 1m30s
perMessageDeflate: false
handler_threads: 4         # the app's
native: true               # too
socket_mode: 0600
cookie: true
path: /rt
hold_timeout: 0s
trusted_proxies: none
token: "${SECRET}"
node: "${NODE:-here}-1"
origins:
  - https://example.org
  - "null"
max_request_body: 2MiB
test:
  node: tested
  token: "${NEVER_SET}"
staging:
  node: staged
  ping_timeout: 6s
`
	s := load(t, Sources{File: write(t, text), Environ: []string{"SECRET=abc", "REALTIME_ENV=staging"}})
	o := s.Options()
	want := Defaults()
	want.Env = "staging"
	want.PingInterval, want.PingTimeout = 30*time.Second, 6*time.Second
	want.SocketMode = 0o600
	want.HeartbeatInterval, want.CloseTimeout = 20*time.Second, 90*time.Second
	want.Cookie = "io"
	want.Path = "/rt/"
	want.HoldTimeout = 0
	want.TrustedProxies = []string{}
	want.Token = "abc"
	want.Node = "staged"
	want.Origins = []string{"https://example.org", "null"}
	want.MaxRequestBody = 2 << 20
	if diff := cmp.Diff(want, o, cmp.AllowUnexported(Options{})); diff != "" {
		t.Error(diff)
	}
	if got := line(t, s, "token").Value; got != secretText {
		t.Errorf("a secret was shown: %q", got)
	}
}

func TestLoad_an_empty_or_absent_file_is_fine(t *testing.T) {
	for _, text := range []string{"", "\n", "# nothing\n", "---\n"} {
		load(t, Sources{File: write(t, text)})
	}
	t.Chdir(t.TempDir())
	load(t, Sources{})
	if _, err := Load(Sources{File: "gone.yml"}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file that was named and is missing: %v", err)
	}
	if _, err := Load(Sources{Environ: []string{"REALTIME_CONFIG=gone.yml"}}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file that REALTIME_CONFIG names and is missing: %v", err)
	}
}

func TestLoad_a_section_may_say_nothing(t *testing.T) {
	file := write(t, "ping_interval: 9s\ntest:\ndevelopment:\n  # nothing yet\n")
	s := load(t, Sources{File: file, Env: "test"})
	if got := s.Options().PingInterval; got != 9*time.Second {
		t.Errorf("got %v", got)
	}
}

func TestLoad_finds_the_file_where_Rails_keeps_its_own(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.Mkdir("config", 0o700); err != nil {
		t.Fatal(err)
	}
	for path, node := range map[string]string{"realtime.yml": "second", "config/realtime.yml": "first"} {
		if err := os.WriteFile(path, []byte("node: "+node+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got := load(t, Sources{}).Options().Node; got != "first" {
		t.Errorf("node %q", got)
	}
}

func TestLoad_tells_everything_that_is_wrong_with_its_place(t *testing.T) {
	const text = `pingIntervall: 5
ping_timeout: 25
listen: 80 80
log_level: loud
max_sessions: 0
origins: [example.org]
allowEIO3: false
env: test
cors: {origin: "*"}
node: ${UNSET}
productoin:
  node: x
test:
  nodes: y
`
	file := write(t, text)
	_, err := Load(Sources{
		File:    file,
		Flags:   map[string][]string{"pathh": {"/"}, "allow_upgrades": {"perhaps"}},
		Environ: []string{"REALTIME_MAX_ROOMS=many"},
	})
	if err == nil {
		t.Fatal("nothing was wrong")
	}
	for _, want := range []string{
		file + `:1: pingIntervall: no such option, did you mean pingInterval?`,
		file + `:2: ping_timeout: "25" has no unit: write 25s or 25ms`,
		file + `:3: listen: "80 80" is neither host:port nor unix:path`,
		file + `:4: log_level: "loud" is none of debug, info, warn, error`,
		file + `:5: max_sessions: must be more than 0`,
		file + `:6: origins: "example.org" is no origin`,
		file + `:7: allowEIO3: `,
		file + `:8: env: chooses the section`,
		file + `:9: origins: a plain value or a list of them is wanted here`,
		file + `:10: node: UNSET is not set`,
		file + `:11: section productoin, did you mean production?`,
		file + `:14: nodes: no such option, did you mean node?`,
		`--pathh: no such option, did you mean path?`,
		`--allow-upgrades: allow_upgrades: "perhaps" is neither true nor false`,
		`REALTIME_MAX_ROOMS: max_rooms: "many" is no whole number`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in:\n%v", want, err)
		}
	}
}

func TestLoad_refuses_files_of_another_kind(t *testing.T) {
	for text, want := range map[string]string{
		"a: 1\nsocket: <%= Rails.root %>\n":    ":2: ERB is not read here",
		"- a\n- b\n":                           "must be a list of lines",
		"node: a\nnode: b\n":                   "node",
		"ping_interval: 1s\npingInterval: 5\n": "given a second time",
		"node: [a\n":                           "realtime.yml",
		"node: a\n---\nnode: b\n":              "one document only",
		"test: &t\n  node: a\n":                "realtime.yml",
	} {
		_, err := Load(Sources{File: write(t, text)})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", text, err, want)
		}
	}
}

func TestLoad_options_are_judged_together(t *testing.T) {
	_, err := Load(Sources{File: noFile, Flags: map[string][]string{
		"drain_spread": {"6s"}, "health_path": {"/socket.io/up"}, "transports": {"none"}, "listen": {"none"},
	}})
	for _, want := range []string{"drain_spread: 6s is more than a quarter", "health_path: ", "transports: needs", "listen: needs"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in: %v", want, err)
		}
	}
}

func TestLoad_doubts_variables_that_look_like_ours(t *testing.T) {
	s := load(t, Sources{File: noFile, Environ: []string{
		"REALTIME_LISSEN=:1", "REALTIME_NATIVE=1", "REALTIME_LIBRARY=x",
		"REALTIME_HANDLER_THREADS=3", "REALTIME_SERVICE_HOST=10.0.0.1", "REALTIME_PORT_80_TCP=x", "REALTIME_PORT=y",
	}})
	want := []string{"REALTIME_LISSEN is no variable of ours, did you mean REALTIME_LISTEN?"}
	if diff := cmp.Diff(want, s.options.doubts); diff != "" {
		t.Error(diff)
	}
}

func TestParseBytes(t *testing.T) {
	for text, want := range map[string]int{"0": 0, "1000000": 1e6, "1_000": 1000, "64KiB": 65536, "1.5 kB": 1500, "2MB": 2e6, "1GiB": 1 << 30, "7B": 7} {
		if got, err := parseBytes(text); err != nil || got != want {
			t.Errorf("%q: %d, %v; want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", "MB", "1.5", "1e400", "NaN", "1TB", "1 0"} {
		if got, err := parseBytes(text); err == nil {
			t.Errorf("%q: %d", text, got)
		}
	}
}

func TestLoad_a_number_may_be_switched_on_and_off(t *testing.T) {
	for text, want := range map[string]int{
		"per_message_deflate: true":  1 << 10,
		"perMessageDeflate: false":   0,
		"per_message_deflate: off":   0,
		"per_message_deflate: 4KiB":  4 << 10,
		"perMessageDeflate: 100":     100,
		"per_message_deflate: 0":     0,
		"serve_client: true # alone": 0,
	} {
		if got := load(t, Sources{File: write(t, text)}).Options().PerMessageDeflate; got != want {
			t.Errorf("%s is %d, want %d", text, got, want)
		}
	}
	for text, want := range map[string]time.Duration{
		"connectionStateRecovery: true":   2 * time.Minute,
		"connectionStateRecovery: false":  0,
		"connectionStateRecovery: 120000": 2 * time.Minute,
		"recovery: 30s":                   30 * time.Second,
	} {
		if got := load(t, Sources{File: write(t, text)}).Options().Recovery; got != want {
			t.Errorf("%s is %v, want %v", text, got, want)
		}
	}
	o := load(t, Sources{File: noFile, Flags: map[string][]string{"per_message_deflate": {"true"}}}).Options()
	if o.PerMessageDeflate != 1<<10 {
		t.Errorf("by a flag: %d", o.PerMessageDeflate)
	}
}
