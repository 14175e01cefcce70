package server

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the reference of the options")

// referenceHead is the prose above the tables.
const referenceHead = "# Configuration\n\n" +
	"<!-- Made from the table in core/server/options.go: go test ./core/server -run Reference -update -->\n\n" +
	"Every option can be given in four places. The first one that has it wins:\n\n" +
	"1. a flag, the key with dashes: `--ping-interval 30s`; a list may be given several times or with commas;\n" +
	"2. the environment: `REALTIME_PING_INTERVAL=30s`; a variable that is empty counts as not set;\n" +
	"3. one YAML file, `config/realtime.yml` or `realtime.yml` in the working directory, or the one that `--config`\n" +
	"   or `REALTIME_CONFIG` names;\n" +
	"4. the default.\n\n" +
	"The [shared library](../guides/in-process.md) takes them as JSON in place of flags, and does not look at `PORT`.\n\n" +
	"`realtime config` prints what is in effect and where each value comes from. Whatever is wrong is told at once and\n" +
	"nothing is started.\n\n" +
	"## The file\n\n" +
	"```yaml\n" +
	"listen: :8000\n" +
	"upstream: http://127.0.0.1:3000\n" +
	"origins: [https://example.org]\n" +
	"socket: ${RUNTIME_DIRECTORY:-tmp}/realtime.sock\n" +
	"production:\n" +
	"  trusted_proxies: 10.0.0.0/8\n" +
	"  drain_delay: 5s\n" +
	"```\n\n" +
	"The app's libraries read the same file; their own keys may stand in it. A section named like the environment\n" +
	"(`development`, `test`, `production`, or your own) wins over the top level. The environment is `--env`,\n" +
	"`REALTIME_ENV`, `RAILS_ENV`, `RACK_ENV` or `DJANGO_ENV`, in this order. `${NAME}` is replaced by a variable, which\n" +
	"must be set, and `${NAME:-default}` by the default if it is not; there is no ERB, no anchor and no merging. A key\n" +
	"that nobody knows is an error.\n\n" +
	"Durations need a unit: `300ms`, `25s`, `1m30s`. Sizes are bytes, or have one: `64KiB`, `1MB`. Where a Socket.IO\n" +
	"server has an option of the same meaning, the file takes its name too, and durations under that name are\n" +
	"milliseconds, `pingInterval: 25000`; under names of 0.9, which have spaces, they are seconds, `heartbeat interval: 25`.\n" +
	"`allowEIO3` may only be `true`.\n\n" +
	"## Health\n\n" +
	"With `health_listen`, `/health/live` on that port is 200 as long as the server runs, whatever the app does: ask it\n" +
	"to decide about restarts. `/health/ready` is 200 while clients are taken and 503 when the server is stopping, with\n" +
	"numbers as JSON. `health_path` is for balancers that can only ask on the main port.\n"

// makeReference is the text of docs/reference/configuration.md.
func makeReference() string {
	var b strings.Builder
	b.WriteString(referenceHead)
	group := ""
	for _, o := range Table() {
		if o.Group != group {
			group = o.Group
			fmt.Fprintf(&b, "\n## %s\n\n| key | kind | default | |\n|---|---|---|---|\n", group)
		}
		help := o.Help
		if o.Choices != nil {
			help += " One of: `" + strings.Join(o.Choices, "`, `") + "`."
		}
		if o.Zero != "" {
			help += " 0: " + o.Zero + "."
		}
		if o.On != "" {
			help += " true: `" + o.On + "`."
		}
		if o.Alias != "" && o.Alias != o.Key {
			help += " Socket.IO: `" + o.Alias + "`"
			if o.Unit == "s" {
				help += ", in seconds"
			}
			help += "."
		}
		standard := cmp.Or(o.Default, " ")
		if standard != " " {
			standard = "`" + standard + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", o.Key, o.Kind, standard, strings.ReplaceAll(help, "|", "\\|"))
	}
	return b.String()
}

func TestReference_is_up_to_date(t *testing.T) {
	path := filepath.Join("..", "..", "docs", "reference", "configuration.md")
	want := makeReference()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s is stale: run go test ./core/server -run Reference -update, and read the diff", path)
	}
}
