package link

import (
	"fmt"
	"regexp"

	"realtime/core/hub"
	"realtime/core/protocol/rpc"
)

// A pattern is one thing by which a worker says what it serves: a name, perhaps with stars, or a
// regular expression for whole names.
//
// Expressions are of Go's syntax, RE2's, which takes time in proportion to the name and knows no
// backtracking: clients make up the names.
type pattern struct {
	text       string         // as the worker said it
	expression *regexp.Regexp // nil: stars
}

// key tells patterns apart: no name begins like an expression's key.
func (p pattern) key() string {
	if p.expression != nil {
		return "~" + p.text
	}
	return p.text
}

func (p pattern) matches(name string) bool {
	if p.expression != nil {
		return p.expression.MatchString(name)
	}
	return hub.MatchNamespace(p.text, name)
}

// patternsOf returns what a hello says that the worker serves, each pattern once.
//
// Errors: invalid for an expression that is none.
func patternsOf(h rpc.Hello) ([]pattern, *rpc.Error) {
	list := make([]pattern, 0, len(h.Namespaces)+len(h.Expressions))
	for _, text := range distinct(h.Namespaces) {
		list = append(list, pattern{text: text})
	}
	for _, text := range distinct(h.Expressions) {
		if _, err := regexp.Compile(text); err != nil { // alone, or "a)|(b" would slip out of the group below
			return nil, &rpc.Error{Code: rpc.CodeInvalid, Message: fmt.Sprintf("expressions: %.64q: %v", text, err)}
		}
		list = append(list, pattern{text: text, expression: regexp.MustCompile(`\A(?:` + text + `)\z`)})
	}
	return list, nil
}
