package core

import (
	"go/ast"
	"go/token"
	"slices"
	"strings"
	"testing"
)

// dialects are the generations of clients, as the code calls them.
var dialects = []string{"EIO4", "EIO3", "V09", "Plain", "formEIO4", "formPacked", "formEIO3", "formV09", "formPlain"}

// TestDialects_are_rows_of_tables: outside ring 0 nothing asks a client for its generation; what differs
// stands in the engine's rows and the hub's codecs.
func TestDialects_are_rows_of_tables(t *testing.T) {
	for _, s := range sources(t) {
		if s.ringZero() {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			for _, asked := range askedFor(n) {
				if slices.Contains(dialects, asked) {
					t.Errorf("%s: asks for %s: make it a field of its row in engine.newRows or hub.codecs", s.path, asked)
				}
			}
			return true
		})
	}
}

// askedFor are the names that a node compares something with.
func askedFor(n ast.Node) (names []string) {
	switch n := n.(type) {
	case *ast.BinaryExpr:
		if n.Op == token.EQL || n.Op == token.NEQ {
			names = append(names, lastName(n.X), lastName(n.Y))
		}
	case *ast.CaseClause:
		for _, e := range n.List {
			names = append(names, lastName(e))
		}
	}
	return names
}

// lastName is "EIO4" of "engine.EIO4".
func lastName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	}
	return ""
}

func TestDialects_the_search_finds_what_it_looks_for(t *testing.T) {
	for _, c := range []struct {
		node ast.Node
		want string
	}{
		{&ast.BinaryExpr{Op: token.EQL, X: ast.NewIdent("d"), Y: ast.NewIdent("EIO3")}, "d EIO3"},
		{&ast.BinaryExpr{Op: token.LSS, X: ast.NewIdent("d"), Y: ast.NewIdent("EIO3")}, ""},
		{&ast.CaseClause{List: []ast.Expr{&ast.SelectorExpr{X: ast.NewIdent("engine"), Sel: ast.NewIdent("V09")}}}, "V09"},
	} {
		if got := strings.Join(askedFor(c.node), " "); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}
