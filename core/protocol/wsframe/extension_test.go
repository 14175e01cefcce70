package wsframe

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// offers are values of Sec-WebSocket-Extensions and what they are answered; "" is no header.
var offers = []struct{ name, offer, want string }{
	{"nothing", "", ""},
	{"a plain offer", "permessage-deflate", DeflateResponse},
	{"Chromium, Firefox and ws", "permessage-deflate; client_max_window_bits", DeflateResponse},
	{"websockets for Python", "permessage-deflate; server_max_window_bits=12; client_max_window_bits=12", ""},
	{"Safari", "x-webkit-deflate-frame", ""},
	{"Safari, later", "x-webkit-deflate-frame, permessage-deflate", DeflateResponse},
	{"everything that can be kept", `permessage-deflate; server_no_context_takeover; client_no_context_takeover; client_max_window_bits=8`, DeflateResponse},
	{"the largest window", "permessage-deflate; server_max_window_bits=15", DeflateResponse + "; server_max_window_bits=15"},
	{"a quoted value", `permessage-deflate; server_max_window_bits="15"`, DeflateResponse + "; server_max_window_bits=15"},
	{"a smaller window", "permessage-deflate; server_max_window_bits=10", ""},
	{"a smaller window, else any", "permessage-deflate; server_max_window_bits=10, permessage-deflate", DeflateResponse},
	{"letters of any case, blanks anywhere", "\tPerMessage-Deflate ;  Client_Max_Window_Bits = 9 ", DeflateResponse},
	{"an unknown parameter", "permessage-deflate; level=9", ""},
	{"a parameter twice", "permessage-deflate; client_max_window_bits; client_max_window_bits", ""},
	{"a value where none may be", "permessage-deflate; server_no_context_takeover=1", ""},
	{"no value where one must be", "permessage-deflate; server_max_window_bits", ""},
	{"bits out of range", "permessage-deflate; client_max_window_bits=16", ""},
	{"bits with a leading zero", "permessage-deflate; client_max_window_bits=08", ""},
	{"a value for the name", "permessage-deflate=1", ""},
	{"an empty parameter", "permessage-deflate; ", ""},
	{"another extension that only sounds alike", "permessage-deflate2", ""},
	{"separators in a quoted value", `other; x="a, permessage-deflate; b", permessage-deflate`, DeflateResponse},
	{"a quote that does not end", `other; x="a, permessage-deflate`, ""},
}

func TestAcceptDeflate(t *testing.T) {
	for _, c := range offers {
		t.Run(c.name, func(t *testing.T) {
			got, ok := AcceptDeflate(c.offer)
			if got != c.want || ok != (c.want != "") {
				t.Errorf("%q is answered %q, %v, want %q", c.offer, got, ok, c.want)
			}
		})
	}
}

// FuzzAcceptDeflate: any header is answered by one of the few things we can keep, or not at all.
func FuzzAcceptDeflate(f *testing.F) {
	for _, c := range offers {
		f.Add(c.offer)
	}
	f.Fuzz(func(t *testing.T, offer string) {
		got, ok := AcceptDeflate(offer)
		switch {
		case ok != strings.HasPrefix(got, DeflateResponse):
			t.Errorf("%q is answered %q, %v", offer, got, ok)
		case ok && got != DeflateResponse && got != DeflateResponse+"; server_max_window_bits=15":
			t.Errorf("%q is answered %q", offer, got)
		}
		if again, _ := AcceptDeflate(offer + ", permessage-deflate"); ok && again != got {
			t.Errorf("%q is answered %q if there is a second choice", offer, again)
		}
	})
}

// First bytes of compressed messages.
const (
	textDeflated       = text | rsv1Bit
	binaryDeflated     = binaryWhole | rsv1Bit
	textPartDeflated   = textPart | rsv1Bit
	binaryPartDeflated = binaryPart | rsv1Bit
)

func TestParser_marks_compressed_messages(t *testing.T) {
	const hello = "\xf2\x48\xcd\xc9\xc9\x07\x00" // RFC 7692 section 7.2.3.1
	wire := frames(
		textDeflated, hello,
		textPartDeflated, hello[:3], ping, "1", last, hello[3:],
		text, "as it is",
		binaryDeflated, hello,
		binaryPartDeflated, "", continuation, "\xff", last, "",
		textDeflated, "",
		textPart, "a", last, "b",
	)
	want := []event{
		{OpText | Deflated, hello},
		{OpPing, "1"},
		{OpText | Deflated, hello},
		{OpText, "as it is"},
		{OpBinary | Deflated, hello},
		{OpBinary | Deflated, "\xff"},
		{OpText | Deflated, ""},
		{OpText, "ab"},
	}
	for name, way := range map[string]feeding{"whole": whole(), "byte by byte": byteByByte(), "ragged": ragged(7)} {
		p := Parser{Deflate: true}
		if diff := cmp.Diff(transcript{Events: want}, run(&p, wire, testLimit, way)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if p.half != nil {
			t.Errorf("%s: something is still held", name)
		}
	}
}

func TestParser_refuses_the_bit_where_it_has_no_meaning(t *testing.T) {
	for _, c := range []struct {
		name    string
		deflate bool
		wire    []byte
	}{
		{"without the extension", false, frames(textDeflated, "x")},
		{"on a later fragment", true, frames(textPartDeflated, "x", last|rsv1Bit, "y")},
		{"on a ping", true, frames(ping|rsv1Bit, "")},
		{"on a close frame", true, frames(closing|rsv1Bit, "")},
		{"with another bit", true, frames(textDeflated|0x20, "x")},
		{"on a reserved opcode", true, frames(finBit|rsv1Bit|0x3, "x")},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := Parser{Deflate: c.deflate}
			err := p.Feed(c.wire, testLimit, func(Opcode, []byte) bool { return true })
			if closeCode(err) != CloseProtocolError {
				t.Errorf("got %v, want close code %d", err, CloseProtocolError)
			}
		})
	}
}

func TestAppendFrame_marks_compressed_messages(t *testing.T) {
	got := AppendFrame(nil, OpText|Deflated, []byte{0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00})
	if diff := cmp.Diff([]byte("\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00"), got); diff != "" {
		t.Error(diff)
	}
	for op, want := range map[Opcode]string{OpText | Deflated: "text, deflated", OpBinary | Deflated: "binary, deflated", OpText: "text"} {
		if got := op.String(); got != want {
			t.Errorf("%d is %q, want %q", byte(op), got, want)
		}
	}
}
