package server

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// maxFile is in bytes; a larger file is not a configuration.
const maxFile = 1 << 20

// places are where the file is looked for when none is named.
var places = []string{filepath.Join("config", "realtime.yml"), "realtime.yml"}

// sections are the environments that a file may have a section for without being in one of them.
var sections = []string{"development", "test", "production"}

// reference is ${NAME} or ${NAME:-default}.
var reference = regexp.MustCompile(`\$\{(\w+)(:-([^}]*))?\}`)

// file reads one configuration file.
type file struct {
	path   string
	env    environment
	name   string // of the environment
	values map[string]given
	errs   []error
}

// loadFile returns what the file says, by key. No file at all is fine; one that was named must be there.
func loadFile(path string, env environment, name string) (map[string]given, error) {
	if path == noFile {
		return nil, nil
	}
	path = cmp.Or(path, env["REALTIME_CONFIG"])
	candidates := places
	if path != "" {
		candidates = []string{path}
	}
	for _, candidate := range candidates {
		text, err := os.ReadFile(candidate)
		switch {
		case errors.Is(err, os.ErrNotExist) && path == "":
			continue
		case err != nil:
			return nil, fmt.Errorf("configuration file: %w", err)
		case len(text) > maxFile:
			return nil, fmt.Errorf("%s: larger than %d bytes", candidate, maxFile)
		}
		f := &file{path: candidate, env: env, name: name, values: make(map[string]given)}
		f.read(text)
		return f.values, errors.Join(f.errs...)
	}
	return nil, nil
}

// fail notes a problem at a node.
func (f *file) fail(at ast.Node, format string, args ...any) {
	f.errs = append(f.errs, fmt.Errorf("%s: %s", f.place(at), fmt.Sprintf(format, args...)))
}

func (f *file) place(at ast.Node) string {
	return fmt.Sprintf("%s:%d", f.path, at.GetToken().Position.Line)
}

func (f *file) read(text []byte) {
	if at := strings.Index(string(text), "<%"); at >= 0 {
		line := 1 + strings.Count(string(text[:at]), "\n")
		f.errs = append(f.errs, fmt.Errorf("%s:%d: ERB is not read here; use ${VARIABLE}, or ${VARIABLE:-default}", f.path, line))
		return
	}
	document, err := parser.ParseBytes(text, 0)
	if err != nil {
		f.errs = append(f.errs, fmt.Errorf("%s: %s", f.path, yaml.FormatError(err, false, false)))
		return
	}
	var body ast.Node
	for _, d := range document.Docs {
		if d.Body == nil {
			continue
		}
		if body != nil {
			f.fail(d.Body, "one document only")
			return
		}
		body = d.Body
	}
	if body == nil || body.Type() == ast.CommentType || body.Type() == ast.NullType {
		return
	}
	entries, ok := mapping(body)
	if !ok {
		f.fail(body, "must be a list of lines such as \"listen: :8000\"")
		return
	}
	f.readTop(entries)
}

// readTop reads the top level, and the sections after it: what they say wins.
func (f *file) readTop(entries []*ast.MappingValueNode) {
	for _, e := range entries {
		if _, ok := mapping(e.Value); (!ok && !emptySection(e)) || f.isOption(e) {
			f.readEntry(e, f.values)
		}
	}
	for _, e := range entries {
		inner, ok := mapping(e.Value)
		if !ok || f.isOption(e) {
			continue
		}
		name := keyOf(e)
		if hint := suggest(name, sections); hint != "" && !strings.Contains(hint, " "+name+"?") && name != f.name {
			f.fail(e, "section %s%s", name, hint)
			continue
		}
		f.readSection(inner, name == f.name)
	}
}

// emptySection reports whether an entry is a section that says nothing, as one that is only comments.
func emptySection(e *ast.MappingValueNode) bool {
	_, null := e.Value.(*ast.NullNode)
	return null && slices.Contains(sections, keyOf(e))
}

// readSection reads one section. Of those of other environments only the keys are looked at: their
// variables need not be set here.
func (f *file) readSection(entries []*ast.MappingValueNode, chosen bool) {
	own := make(map[string]given)
	for _, e := range entries {
		if chosen {
			f.readEntry(e, own)
		} else {
			f.rowOf(e)
		}
	}
	maps.Copy(f.values, own)
}

// isOption reports whether an entry that holds a mapping bears the name of an option, so that it is a
// mistake and not a section.
func (f *file) isOption(e *ast.MappingValueNode) bool {
	key := keyOf(e)
	_, known := settled[key]
	return known || key == "<<" || byName(key) != nil
}

// rowOf returns the option that a line is about, or nil: then it is none of ours, or a mistake that is
// noted.
func (f *file) rowOf(e *ast.MappingValueNode) *row {
	key := keyOf(e)
	r := byName(key)
	switch {
	case slices.Contains(appsOwn, key):
	case key == "<<":
		f.fail(e, "merging is not read here; what is common to all sections stands at the top level")
	case settled[key].why != "":
		if text, ok := scalar(e.Value); !ok || text != settled[key].value {
			f.fail(e, "%s: %s", key, settled[key].why)
		}
	case r == nil:
		f.fail(e, "%s: no such option%s", key, suggest(key, keys()))
	case r.Key == "env":
		f.fail(e, "env: chooses the section, so it cannot stand in the file; set REALTIME_ENV")
	default:
		return r
	}
	return nil
}

// readEntry reads one line into values.
func (f *file) readEntry(e *ast.MappingValueNode, values map[string]given) {
	r := f.rowOf(e)
	if r == nil {
		return
	}
	g, ok := f.readValue(r.Key, e.Value)
	if !ok {
		return
	}
	if earlier, twice := values[r.Key]; twice {
		f.fail(e, "%s: given a second time, as at %s", r.Key, earlier.source)
		return
	}
	g.source = f.place(e)
	if keyOf(e) == r.Alias {
		g.unit = cmp.Or(r.Unit, "ms")
	}
	values[r.Key] = g
}

// readValue reads a scalar or a list of them. ok is false for what was not given, or was refused.
func (f *file) readValue(key string, value ast.Node) (g given, ok bool) {
	if value == nil || value.Type() == ast.NullType {
		return given{}, false
	}
	items := []ast.Node{value}
	if sequence, ok := value.(*ast.SequenceNode); ok {
		items, g.separate = sequence.Values, true
	}
	for _, item := range items {
		text, ok := scalar(item)
		if !ok {
			f.fail(item, "%s: a plain value or a list of them is wanted here", key)
			return given{}, false
		}
		filled, err := f.fill(text)
		if err != nil {
			f.fail(item, "%s: %s", key, err)
			return given{}, false
		}
		g.texts = append(g.texts, filled)
	}
	return g, true
}

// fill replaces the variables in a text.
func (f *file) fill(text string) (string, error) {
	var missing error
	filled := reference.ReplaceAllStringFunc(text, func(ref string) string {
		parts := reference.FindStringSubmatch(ref)
		value, ok := f.env[parts[1]]
		if !ok && parts[2] == "" {
			missing = fmt.Errorf("%s is not set; ${%s:-…} gives a default", parts[1], parts[1])
		}
		if !ok {
			value = parts[3]
		}
		return value
	})
	return filled, missing
}

// mapping returns the entries of a mapping.
func mapping(n ast.Node) ([]*ast.MappingValueNode, bool) {
	switch m := n.(type) {
	case *ast.MappingNode:
		return m.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{m}, true
	}
	return nil, false
}

func keyOf(e *ast.MappingValueNode) string { return e.Key.GetToken().Value }

// scalar returns a plain value as it was written: 0660 stays 0660.
func scalar(n ast.Node) (string, bool) {
	switch v := n.(type) {
	case *ast.StringNode:
		return v.Value, true
	case *ast.LiteralNode:
		return v.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return n.GetToken().Value, true
	}
	return "", false
}

// byName returns the row of a key or an alias, or nil.
func byName(name string) *row {
	if r := find(name); r != nil {
		return r
	}
	for i := range table {
		if table[i].Alias == name && name != "" {
			return &table[i]
		}
	}
	return nil
}
