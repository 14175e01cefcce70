package core

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// arrows says which packages of the project each package may import. A missing arrow is a decision:
// draw it here only together with the picture in ARCHITECTURE.md.
var arrows = map[string][]string{
	"core/protocol/engineio": {},
	"core/protocol/socketio": {},
	"core/protocol/wsframe":  {},
	"core/protocol/payload":  {},
	"core/protocol/rpc":      {"core/protocol/payload"},

	"core/protocol/plain":     {},
	"core/protocol/hixie":     {"core/protocol/wsframe"},
	"core/protocol/socketio1": {"core/protocol/engineio"},
	"core/protocol/packed":    {"core/protocol/payload", "core/protocol/socketio"},

	"core/id":              {},
	"core/poll":            {},
	"core/shut":            {},
	"core/proxy/forwarded": {},
	"core/proxy":           {"core/poll", "core/proxy/forwarded", "core/shut"},
	"core/engine": {
		"core/id", "core/poll", "core/protocol/engineio", "core/protocol/hixie", "core/protocol/plain",
		"core/protocol/socketio1", "core/protocol/wsframe", "core/proxy/forwarded",
	},
	"core/hub": {
		"core/engine", "core/id", "core/protocol/packed", "core/protocol/payload", "core/protocol/plain",
		"core/protocol/socketio", "core/protocol/socketio1",
	},
	"core/token":           {"core/protocol/payload"},
	"core/link":            {"core/engine", "core/hub", "core/id", "core/protocol/payload", "core/protocol/rpc", "core/shut", "core/token"},
	"core/server/clientjs": {},
	"core/server": {
		"core/engine", "core/hub", "core/link", "core/poll", "core/protocol/socketio1", "core/proxy", "core/proxy/forwarded",
		"core/server/clientjs", "core/shut", "core/token",
	},
	"core":    {},
	"capi":    {"core/server"},
	"sidecar": {"core/protocol/payload", "core/protocol/rpc", "core/server"},
}

// reserved says where a foreign package may be used.
var reserved = map[string][]string{
	"github.com/valyala/fasthttp":    {"core/engine", "core/proxy", "core/proxy/forwarded", "core/server"},
	"github.com/fasthttp/websocket":  {"core/engine"},
	"github.com/vmihailenco/msgpack": {"core/protocol/rpc", "core/protocol/payload"},
	"github.com/goccy/go-yaml":       {"core/server"},
	"github.com/alecthomas/kong":     {"sidecar"},
	"github.com/google/go-cmp":       {},
	"github.com/klauspost/compress":  {"core/engine"},
	"github.com/golang-jwt/jwt":      {"core/token"},
	"golang.org/x/sync":              {"core/server"},
	"golang.org/x/sys":               {"capi", "core/link", "core/poll", "core/proxy", "core/shut", "sidecar"},
	"C":                              {"capi"},
}

// impure are the packages that ring 0 must not touch: it does no I/O, keeps no locks and logs nothing.
var impure = []string{"context", "io/fs", "log", "log/slog", "net", "os", "runtime", "sync", "syscall", "testing"}

// clock are the functions of package time that ask or wait, which ring 0 must not do: time comes in as
// an argument.
var clock = []string{"After", "AfterFunc", "NewTicker", "NewTimer", "Now", "Since", "Sleep", "Tick", "Until"}

// outside are trees that are no part of the house: programs beside it with imports of their own, and
// what is not committed.
var outside = []string{"bench", "bindings", "conformance", "deploy", "docs", "examples", "script", "third_party", "tmp", "tools"}

// source is one file of a package, tests left out.
type source struct {
	dir  string // from the root of the repository, with slashes
	path string
	file *ast.File
}

func (s source) imports() []string {
	list := make([]string, 0, len(s.file.Imports))
	for _, spec := range s.file.Imports {
		path, _ := strconv.Unquote(spec.Path.Value) // the parser has checked it
		list = append(list, path)
	}
	return list
}

func (s source) ringZero() bool { return strings.HasPrefix(s.dir, "core/protocol/") }

func sources(t *testing.T) []source {
	t.Helper()
	const root = ".."
	var list []source
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		name := entry.Name()
		if entry.IsDir() {
			hidden := name != ".." && strings.HasPrefix(name, ".")
			if hidden || name == "testdata" || name == "node_modules" || slices.Contains(outside, filepath.ToSlash(rel)) {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		list = append(list, source{dir: filepath.ToSlash(filepath.Dir(rel)), path: filepath.ToSlash(rel), file: file})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestImports_follow_the_arrows(t *testing.T) {
	for _, s := range sources(t) {
		allowed, known := arrows[s.dir]
		if !known {
			t.Errorf("%s: package %s has no row in arrows", s.path, s.dir)
			continue
		}
		for _, path := range s.imports() {
			own, isOwn := strings.CutPrefix(path, "realtime/")
			if isOwn && !slices.Contains(allowed, own) {
				t.Errorf("%s: %s must not import %s", s.path, s.dir, own)
			}
		}
	}
}

func TestImports_keep_foreign_packages_where_they_belong(t *testing.T) {
	for _, s := range sources(t) {
		for _, path := range s.imports() {
			first, _, _ := strings.Cut(path, "/")
			if path != "C" && !strings.Contains(first, ".") {
				continue // the standard library, or ours
			}
			if !mayUse(s.dir, path) {
				t.Errorf("%s: %s must not import %s", s.path, s.dir, path)
			}
		}
	}
}

// mayUse reports whether a package may import a foreign one. What is not in reserved, nobody may.
func mayUse(dir, path string) bool {
	for foreign, users := range reserved {
		if path == foreign || strings.HasPrefix(path, foreign+"/") {
			return slices.Contains(users, dir)
		}
	}
	return false
}

func TestImports_ring_0_is_pure(t *testing.T) {
	for _, s := range sources(t) {
		if !s.ringZero() {
			continue
		}
		for _, path := range s.imports() {
			for _, bad := range impure {
				if path == bad || strings.HasPrefix(path, bad+"/") {
					t.Errorf("%s: ring 0 must not import %s", s.path, path)
				}
			}
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.GoStmt:
				t.Errorf("%s: ring 0 must not start goroutines", s.path)
			case *ast.SelectorExpr:
				if x, ok := n.X.(*ast.Ident); ok && x.Name == "time" && slices.Contains(clock, n.Sel.Name) {
					t.Errorf("%s: ring 0 must not use time.%s", s.path, n.Sel.Name)
				}
			}
			return true
		})
	}
}
