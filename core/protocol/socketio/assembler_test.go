package socketio

import (
	"errors"
	"runtime"
	"testing"
)

// step is one message of a session: text, or binary.
type step struct {
	text   string
	binary []byte
}

func TestAssembler_refuses(t *testing.T) {
	for _, c := range []struct {
		name  string
		lim   Limits
		steps []step
		want  error
	}{
		{"binary that nothing announced", Limits{}, []step{{binary: []byte{1}}}, ErrBinaryUnexpected},
		{"binary after a packet without attachments", Limits{}, []step{{text: `2["x"]`}, {binary: []byte{1}}}, ErrBinaryUnexpected},
		{"binary after zero attachments", Limits{}, []step{{text: `50-["x"]`}, {binary: []byte{1}}}, ErrBinaryUnexpected},
		{"one binary too many", Limits{}, []step{{text: `51-["x"]`}, {binary: []byte{1}}, {binary: []byte{2}}}, ErrBinaryUnexpected},
		{"text while attachments are missing", Limits{}, []step{{text: `52-["x"]`}, {binary: []byte{1}}, {text: `2["y"]`}}, ErrTextPending},
		{"more attachments than allowed", Limits{}, []step{{text: `511-["x"]`}}, ErrTooManyAttachments},
		{"text larger than allowed", Limits{Bytes: 9}, []step{{text: `2["0123456789"]`}}, ErrTooLarge},
		{"attachment larger than allowed", Limits{Bytes: 10}, []step{{text: `51-["x"]`}, {binary: make([]byte, 3)}}, ErrTooLarge},
		{"attachments larger than allowed together", Limits{Bytes: 10}, []step{{text: `52-["x"]`}, {binary: []byte{1}}, {binary: []byte{2, 3}}}, ErrTooLarge},
	} {
		t.Run(c.name, func(t *testing.T) {
			var a Assembler
			for _, s := range c.steps[:len(c.steps)-1] {
				if _, _, _, err := a.add(s, c.lim); err != nil {
					t.Fatal(err)
				}
			}
			_, atts, done, err := a.add(c.steps[len(c.steps)-1], c.lim)
			if !errors.Is(err, c.want) || done || atts != nil {
				t.Errorf("got %v, done %v, want %v", err, done, c.want)
			}
			if a.Pending() {
				t.Error("it keeps what it had")
			}
		})
	}
}

func (a *Assembler) add(s step, lim Limits) (Packet, [][]byte, bool, error) {
	if s.binary != nil {
		return a.Add(s.binary, true, lim)
	}
	return a.Add([]byte(s.text), false, lim)
}

// The reference stays armed after "50-[…]" and then refuses the next text.
func TestAssembler_goes_on_after_zero_attachments(t *testing.T) {
	var a Assembler
	for _, text := range []string{`50-["x"]`, `2["y"]`, `60-1[]`, `31[]`} {
		if _, _, done, err := a.add(step{text: text}, Limits{}); !done || err != nil {
			t.Errorf("%s: done %v, %v", text, done, err)
		}
	}
}

func TestAssembler_takes_a_plain_ack_for_a_binary_event(t *testing.T) {
	var a Assembler
	p, atts, done, err := a.add(step{text: `3789["x"]`}, Limits{})
	if err != nil || !done || len(atts) != 0 || p.Type != Ack || p.ID != 789 {
		t.Errorf("got %+v, %d attachments, done %v, %v", p, len(atts), done, err)
	}
}

func TestAssembler_copies_what_it_keeps(t *testing.T) {
	var a Assembler
	text, binary := []byte(`51-["x"]`), []byte{1, 2}
	if _, _, _, err := a.Add(text, false, Limits{}); err != nil {
		t.Fatal(err)
	}
	clear(text)
	p, atts, done, err := a.Add(binary, true, Limits{})
	if err != nil || !done {
		t.Fatal(done, err)
	}
	clear(binary)
	if string(p.Data) != `["x"]` || string(atts[0]) != "\x01\x02" {
		t.Errorf("got %s and %v", p.Data, atts[0])
	}
}

func TestAssembler_keeps_empty_attachments(t *testing.T) {
	var a Assembler
	if _, _, _, err := a.Add([]byte(`51-["x"]`), false, Limits{}); err != nil {
		t.Fatal(err)
	}
	_, atts, done, err := a.Add(nil, true, Limits{})
	if err != nil || !done || len(atts) != 1 || atts[0] == nil {
		t.Errorf("got %v, done %v, %v", atts, done, err)
	}
}

func TestAssembler_Reset_forgets(t *testing.T) {
	var a Assembler
	if _, _, _, err := a.Add([]byte(`51-["x"]`), false, Limits{}); err != nil {
		t.Fatal(err)
	}
	a.Reset()
	if _, _, done, err := a.Add([]byte(`2["y"]`), false, Limits{}); !done || err != nil {
		t.Errorf("done %v, %v", done, err)
	}
}

// A client that announces attachments and does not send them must not cost more than the text.
func TestAssembler_memory_is_for_what_came(t *testing.T) {
	var before, after runtime.MemStats
	assemblers := make([]Assembler, 100)
	text := []byte(`510-["x"]`)
	runtime.ReadMemStats(&before)
	for i := range assemblers {
		if _, _, _, err := assemblers[i].Add(text, false, Limits{}); err != nil {
			t.Fatal(err)
		}
	}
	runtime.ReadMemStats(&after)
	if got := (after.TotalAlloc - before.TotalAlloc) / 100; got > 1024 {
		t.Errorf("%d bytes each", got)
	}
}
