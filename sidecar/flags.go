package main

import (
	"fmt"
	"maps"
	"os"
	"reflect"
	"strconv"
	"strings"

	"github.com/alecthomas/kong"

	"realtime/core/server"
)

// grammar is the command line.
type grammar struct {
	Serve   serveCommand   `cmd:"" help:"Stand in front of an app that runs already."`
	Run     runCommand     `cmd:"" help:"Start an app and stand in front of it."`
	Emit    emitCommand    `cmd:"" help:"Send an event to clients, through a running sidecar."`
	Sockets socketsCommand `cmd:"" help:"List who is connected to a running sidecar."`
	Rooms   roomsCommand   `cmd:"" help:"List the rooms of a running sidecar and how many are in each."`
	Config  configCommand  `cmd:"" help:"Print the effective configuration and where each value comes from."`
	Version versionCommand `cmd:"" help:"Print the version."`
}

// settings are the flags made from the table of options. They live in an any because their type is
// made at run time.
type settings struct {
	File  string `name:"config" help:"The configuration file. Default: config/realtime.yml or realtime.yml, if there." placeholder:"FILE"`
	Table any    `embed:""`
}

func newParser() (*kong.Kong, *grammar, error) {
	g := &grammar{}
	for _, s := range []*settings{&g.Serve.settings, &g.Run.settings, &g.Config.settings} {
		s.Table = newFlags()
	}
	parser, err := kong.New(g,
		kong.Name("realtime"),
		kong.Description("Socket.IO clients in front, your Rails or Django app behind, on one port."),
		kong.Help(printHelp),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
	)
	if err != nil {
		return nil, nil, fmt.Errorf("command line: %w", err)
	}
	parser.Model.HelpFlag.Help = "Show this text."
	return parser, g, nil
}

// printHelp differs from Kong's own in one thing: for run the flags stand before the app's command, or
// they would be the command's.
func printHelp(options kong.HelpOptions, ctx *kong.Context) error {
	if selected := ctx.Selected(); selected != nil && selected.Name == "run" {
		options.NoAppSummary = true
		fmt.Fprintln(ctx.Stdout, "Usage: realtime run [flags] <command> ...")
	}
	return kong.DefaultHelpPrinter(options, ctx)
}

// newFlags is a pointer to a struct with one field for each option: *bool for switches, []string for
// all others, which the table itself parses, so that a flag and a line of the file mean the same.
func newFlags() any {
	table := server.Table()
	fields := make([]reflect.StructField, len(table))
	for i, o := range table {
		kind, extra := reflect.TypeFor[[]string](), `sep:"none" placeholder:`+quoteTag(placeholder(o))
		if o.Kind == server.Bool {
			kind, extra = reflect.TypeFor[*bool](), `negatable:""`
		}
		tag := fmt.Sprintf(`name:%s help:%s group:%s %s`, quoteTag(flagName(o.Key)), quoteTag(help(o)), quoteTag(o.Group+":"), extra)
		fields[i] = reflect.StructField{Name: fmt.Sprintf("Option%d", i), Type: kind, Tag: reflect.StructTag(tag)}
	}
	return reflect.New(reflect.StructOf(fields)).Interface()
}

func flagName(key string) string { return strings.ReplaceAll(key, "_", "-") }

// help is an option's text with what the table knows besides.
func help(o server.Option) string {
	text := o.Help
	if o.Choices != nil && o.Kind != server.Bool {
		text += " One of: " + strings.Join(o.Choices, ", ") + "."
	}
	if o.Zero != "" {
		text += " 0: " + o.Zero + "."
	}
	if o.Kind == server.Bool && o.Default == "true" {
		text += " It is, by default."
	}
	return text
}

// placeholder is what stands for the value: the default, else its kind.
func placeholder(o server.Option) string {
	switch {
	case o.Default != "":
		return strings.ReplaceAll(o.Default, ", ", ",")
	case o.Kind == server.String:
		return "TEXT"
	case o.Kind == server.List:
		return "A,B"
	}
	return strings.ToUpper(o.Kind.String())
}

// quoteTag quotes a text for a struct tag. Kong would expand ${…} in it.
func quoteTag(text string) string { return strconv.Quote(strings.ReplaceAll(text, "${", "$${")) }

// load reads the configuration: flags, environment, file. environment is its name where nothing else
// gives one ("" is production); extra are flags of our own making, which the user may still override.
func (s *settings) load(environment string, extra map[string][]string) (server.Settings, error) {
	flags := make(map[string][]string, len(extra))
	maps.Copy(flags, extra)
	value := reflect.ValueOf(s.Table).Elem()
	for i, o := range server.Table() {
		switch v := value.Field(i).Interface().(type) {
		case []string:
			if len(v) > 0 {
				flags[o.Key] = v
			}
		case *bool:
			if v != nil {
				flags[o.Key] = []string{strconv.FormatBool(*v)}
			}
		}
	}
	return server.Load(server.Sources{Flags: flags, Environ: os.Environ(), File: s.File, Env: environment})
}
