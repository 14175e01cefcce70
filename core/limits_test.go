package core

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/token"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// internal are constants whose names say that they are limits, and which nobody outside of their
// package can feel: sizes of buffers that are kept, bounds of a representation. A limit that somebody
// can run into belongs in docs/reference/limits.md instead.
var internal = []string{
	"engine.maxPooledDeflate", "hub.maxPooledBytes", "hub.maxRecentlyLeft", "link.maxSilence",
	"payload.maxDateMillis", "proxy.maxAttempts", "proxy.maxEarly", "proxy.maxIdleUpstream", "proxy.maxPooledText",
	"engineio.maxIndexDigits", "socketio1.maxIndexDigits", "socketio1.maxLengthDigits", "socketio1.MaxIDDigits",
	"wsframe.maxCloseText", "wsframe.maxHeaderSize", "wsframe.MaxControlPayload",
}

// limited are the packages whose limits the page has to have.
var limited = []string{"core/protocol/", "core/engine", "core/hub", "core/link", "core/token", "core/proxy", "core/server"}

// limitName is what limits are called, by package and name.
var limitName = regexp.MustCompile(`\.(Default)?[mM]ax[A-Z]`)

// TestLimits_are_what_the_page_says holds docs/reference/limits.md against the constants, and both against
// docs/reference/configuration.md, which is made from the options.
func TestLimits_are_what_the_page_says(t *testing.T) {
	values := constants(t)
	defaults := map[string]string{}
	for _, o := range tableOf(t, "../docs/reference/configuration.md", 4) {
		defaults[unquoted(o[0])] = unquoted(o[2])
	}
	told := map[string]bool{}
	for _, row := range tableOf(t, "../docs/reference/limits.md", 5) {
		what, most, option, name := row[0], unquoted(row[1]), unquoted(row[2]), unquoted(row[4])
		if most == "" {
			continue // a list of names
		}
		told[name], told[option] = true, true
		want, err := number(most)
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
		if got, known := values[name]; !known {
			t.Errorf("%s: there is no constant %s", what, name)
		} else if constant.Compare(got, token.NEQ, constant.MakeInt64(want)) {
			t.Errorf("%s: the page says %s, %s is %s", what, most, name, got)
		}
		if option == "" {
			continue
		}
		if n, err := number(defaults[option]); err != nil || n != want {
			t.Errorf("%s: the page says %s, the default of %s is %q", what, most, option, defaults[option])
		}
	}
	for key := range defaults {
		if strings.HasPrefix(key, "max_") && key != "max_request_body" && !told[key] { // that one is unlimited
			t.Errorf("docs/reference/limits.md does not have the option %s", key)
		}
	}
	for name := range values {
		if limitName.MatchString(name) && !told[name] && !slices.Contains(internal, name) {
			t.Errorf("docs/reference/limits.md does not have %s: what happens over it? Else name it in internal", name)
		}
	}
	for _, name := range internal {
		if _, known := values[name]; !known {
			t.Errorf("internal: there is no constant %s", name)
		}
	}
}

// tableOf returns the cells of a page's tables of so many columns, without their heads.
func tableOf(t *testing.T, file string, columns int) [][]string {
	t.Helper()
	page, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var rows [][]string
	for line := range strings.Lines(string(page)) {
		line = strings.ReplaceAll(strings.TrimSpace(line), `\|`, "or")
		cells := strings.Split(strings.Trim(line, "|"), "|")
		if !strings.HasPrefix(line, "| ") || len(cells) != columns || strings.TrimSpace(cells[1]) == "most" || strings.TrimSpace(cells[1]) == "kind" {
			continue
		}
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		rows = append(rows, cells)
	}
	if len(rows) == 0 {
		t.Fatalf("%s has no table of %d columns", file, columns)
	}
	return rows
}

func unquoted(cell string) string { return strings.Trim(cell, "`") }

// number reads what a page says: a count, bytes with a unit, or a time as nanoseconds.
func number(text string) (int64, error) {
	units := []struct {
		name string
		size int64
	}{
		{"KiB", 1 << 10},
		{"MiB", 1 << 20},
		{"MB", 1_000_000},
		{"ms", 1e6},
		{"s", 1e9},
		{"m", 60e9},
		{"h", 3600e9},
		{"", 1},
	}
	for _, u := range units {
		if digits, ok := strings.CutSuffix(text, u.name); ok {
			var n int64
			if _, err := fmt.Sscanf(digits+"\n", "%d\n", &n); err != nil {
				return 0, fmt.Errorf("%q is no number", text)
			}
			return n * u.size, nil
		}
	}
	return 0, fmt.Errorf("%q is no number", text)
}

// constants evaluates the numeric constants of the house, by package and name: "hub.MaxPage".
func constants(t *testing.T) map[string]constant.Value {
	t.Helper()
	e := evaluator{specs: map[string]ast.Expr{}, values: map[string]constant.Value{}}
	for _, s := range sources(t) {
		if !slices.ContainsFunc(limited, func(dir string) bool { return strings.HasPrefix(s.dir, dir) }) {
			continue
		}
		for _, d := range s.file.Decls {
			decl, ok := d.(*ast.GenDecl)
			if !ok || decl.Tok != token.CONST {
				continue
			}
			for _, spec := range decl.Specs {
				v := spec.(*ast.ValueSpec)
				for i, name := range v.Names {
					if i < len(v.Values) {
						e.specs[path.Base(s.dir)+"."+name.Name] = v.Values[i]
					}
				}
			}
		}
	}
	numbers := map[string]constant.Value{}
	for name := range e.specs {
		if v := e.value(name); v.Kind() == constant.Int {
			numbers[name] = v
		}
	}
	return numbers
}

// evaluator knows as much of constants as the house uses: literals, operators, other constants and the
// units of time.
type evaluator struct {
	specs  map[string]ast.Expr
	values map[string]constant.Value
}

var times = map[string]int64{"Millisecond": 1e6, "Second": 1e9, "Minute": 60e9, "Hour": 3600e9}

func (e *evaluator) value(name string) constant.Value {
	if v, known := e.values[name]; known {
		return v
	}
	e.values[name] = constant.MakeUnknown() // for one that needs itself, as iota does
	if spec := e.specs[name]; spec != nil {
		e.values[name] = constant.ToInt(e.expression(strings.Split(name, ".")[0], spec))
	}
	return e.values[name]
}

func (e *evaluator) expression(pkg string, x ast.Expr) constant.Value {
	switch x := x.(type) {
	case *ast.BasicLit:
		return constant.MakeFromLiteral(x.Value, x.Kind, 0)
	case *ast.ParenExpr:
		return e.expression(pkg, x.X)
	case *ast.Ident:
		return e.value(pkg + "." + x.Name)
	case *ast.SelectorExpr:
		if of, ok := x.X.(*ast.Ident); ok && of.Name == "time" {
			return constant.MakeInt64(times[x.Sel.Name])
		} else if ok {
			return e.value(of.Name + "." + x.Sel.Name)
		}
	case *ast.BinaryExpr:
		a, b := e.expression(pkg, x.X), e.expression(pkg, x.Y)
		if a.Kind() != constant.Int || b.Kind() != constant.Int {
			break
		}
		if x.Op == token.SHL || x.Op == token.SHR {
			n, _ := constant.Uint64Val(b)
			return constant.Shift(a, x.Op, uint(n))
		}
		return constant.BinaryOp(a, x.Op, b)
	}
	return constant.MakeUnknown()
}
