package socketio

import (
	"errors"
	"strings"
	"testing"
)

func TestParse4_query_limits(t *testing.T) {
	const name = "0/chat?"
	if p, err := Parse4([]byte(name+strings.Repeat("q", DefaultQuery)+","), Limits{}); err != nil || len(p.Query) != DefaultQuery {
		t.Errorf("a query of the limit: %d bytes, %v", len(p.Query), err)
	}
	_, err := Parse4([]byte(name+strings.Repeat("q", 6)), Limits{Query: 5})
	if !errors.Is(err, ErrQueryTooLong) || !strings.Contains(err.Error(), "the limit is 5 bytes") {
		t.Errorf("a query beyond the limit: %v", err)
	}
	_, err = Parse4([]byte("0/"+strings.Repeat("n", 10)+"?a=1"), Limits{Namespace: 10})
	if !errors.Is(err, ErrNamespaceTooLong) {
		t.Errorf("a name beyond the limit, with a query: %v", err)
	}
}

func TestParse4_refuses(t *testing.T) {
	for text, offset := range map[string]int{
		"0/chat?\xff,": len("0/chat?"),
		"4 403":        len("4 403"),
		`0?a=1`:        len(`0?a=1`),
		`2/chat?a=1`:   len(`2/chat?a=1`),
	} {
		p, err := Parse4([]byte(text), Limits{})
		var syntax *SyntaxError
		if !errors.As(err, &syntax) {
			t.Errorf("%q: got %+v, %v", text, p, err)
			continue
		}
		if syntax.Offset > offset {
			t.Errorf("%q: offset %d", text, syntax.Offset)
		}
	}
}

func TestParse4_query_is_a_copy(t *testing.T) {
	text := []byte("0/chat?token=1,")
	p, err := Parse4(text, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	clear(text)
	if p.Namespace != "/chat" || p.Query != "token=1" {
		t.Errorf("%q and %q", p.Namespace, p.Query)
	}
}

// Revision 5 has no query: what looks like one is part of the name.
func TestParse_keeps_what_looks_like_a_query(t *testing.T) {
	p, err := Parse([]byte("0/chat?token=1,"), Limits{})
	if err != nil || p.Namespace != "/chat?token=1" || p.Query != "" {
		t.Errorf("%+v, %v", p, err)
	}
}
