package server

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Sources are where options come from, the strongest first.
type Sources struct {
	Flags    map[string][]string // by key; a flag given twice has two texts
	Document []byte              // a JSON object, from a program that has the server in its own process
	Environ  []string            // as os.Environ has it
	File     string              // "": REALTIME_CONFIG, else config/realtime.yml or realtime.yml if there
	Env      string              // the environment's name if nothing says it; "": production
}

// noFile is a Sources.File that says to read none.
const noFile = "\x00"

// secretText stands for a secret that was set.
const secretText = "********"

// Settings are options together with where each came from.
type Settings struct {
	options Options
	lines   []Line
}

// Line is one option as it is in effect.
type Line struct {
	Key    string // "listen"
	Value  string // as it was written; a secret is masked
	Source string // "--listen", "configuration" (a document), "REALTIME_LISTEN", "PORT", "config/realtime.yml:3", "default"
}

// Options returns the options.
func (s Settings) Options() Options { return s.options }

// Describe returns a line for each option, in the order of [Table].
func (s Settings) Describe() []Line { return slices.Clone(s.lines) }

// Load reads all sources. The error names everything that is wrong, each with its place.
func Load(src Sources) (Settings, error) {
	env := newEnvironment(src.Environ)
	document := readDocument(src.Document)
	errs := document.errs
	name := env.name(cmp.Or(src.Env, "production"))
	if g, ok := document.values["env"]; ok {
		name = g
	}
	if texts, ok := src.Flags["env"]; ok && len(texts) > 0 {
		name = given{texts: texts[len(texts)-1:], source: "--env"}
	}
	file, err := loadFile(cmp.Or(src.File, document.config), env, name.text())
	if err != nil {
		errs = append(errs, err)
	}
	var s Settings
	s.options.doubts = env.unknown()
	for i := range table {
		r := &table[i]
		g := name
		if r.Key != "env" {
			g = choose(r, src.Flags, document.values, env, file)
		}
		if err := r.set(&s.options, g); err != nil {
			errs = append(errs, fmt.Errorf("%s: %s: %w", g.source, r.Key, err))
		}
		value := g.text()
		if r.Secret && value != "" {
			value = secretText
		}
		s.lines = append(s.lines, Line{Key: r.Key, Value: value, Source: g.source})
	}
	errs = append(errs, unknownFlags(src.Flags)...)
	s.options.normalise()
	if len(errs) == 0 { // else they would judge values that are not there
		errs = append(errs, s.options.checkTogether())
	}
	return s, errors.Join(errs...)
}

// choose returns what the strongest source says about an option.
func choose(r *row, flags map[string][]string, document map[string]given, env environment, file map[string]given) given {
	if texts, ok := flags[r.Key]; ok && len(texts) > 0 {
		if r.Kind != List {
			texts = texts[len(texts)-1:]
		}
		return given{texts: texts, source: "--" + strings.ReplaceAll(r.Key, "_", "-")}
	}
	if g, ok := document[r.Key]; ok {
		return g
	}
	if g, ok := env.option(r); ok {
		return g
	}
	if g, ok := file[r.Key]; ok {
		return g
	}
	return given{texts: []string{r.Default}, source: "default"}
}

func unknownFlags(flags map[string][]string) []error {
	var errs []error
	for _, key := range slices.Sorted(maps.Keys(flags)) {
		if find(key) == nil {
			errs = append(errs, fmt.Errorf("--%s: no such option%s", strings.ReplaceAll(key, "_", "-"), suggest(key, keys())))
		}
	}
	return errs
}

// normalise brings values that can be written in several ways into one.
func (o *Options) normalise() {
	if o.Path != "" && !strings.HasSuffix(o.Path, "/") {
		o.Path += "/"
	}
	switch o.Cookie {
	case "true":
		o.Cookie = "io" // the reference's name
	case "false":
		o.Cookie = ""
	}
}

// find returns the row of a key, or nil.
func find(key string) *row {
	for i := range table {
		if table[i].Key == key {
			return &table[i]
		}
	}
	return nil
}

// keys are all words that may stand in a file.
func keys() []string {
	list := slices.Clone(appsOwn)
	for i := range table {
		list = append(list, table[i].Key)
		if alias := table[i].Alias; alias != "" && alias != table[i].Key {
			list = append(list, alias)
		}
	}
	return list
}
