package wsframe

import (
	"bytes"
	"encoding/hex"
	"math/bits"
	"testing"
)

func TestAppendHeader_uses_the_shortest_length(t *testing.T) {
	tests := []struct {
		op   Opcode
		n    int
		want string
	}{
		{OpText, 0, "8100"},
		{OpText, 1, "8101"},
		{OpBinary, 125, "827d"},
		{OpBinary, 126, "827e007e"},
		{OpBinary, 127, "827e007f"},
		{OpText, 65535, "817effff"},
		{OpText, 65536, "817f0000000000010000"},
		{OpPing, 125, "897d"},
	}
	for _, tt := range tests {
		if got := hex.EncodeToString(AppendHeader(nil, tt.op, tt.n)); got != tt.want {
			t.Errorf("%v of %d bytes: got %s, want %s", tt.op, tt.n, got, tt.want)
		}
	}
}

func TestAppendFrame_appends(t *testing.T) {
	got := AppendFrame([]byte("before"), OpText, []byte("2"))
	if want := "before\x81\x012"; string(got) != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestUnmask_equals_one_byte_at_a_time(t *testing.T) {
	const key = 0x3d21fa37
	data := long(300)
	for from := range 9 {
		for n := range 140 {
			want := bytes.Clone(data)
			for i := range n {
				want[from+i] ^= byte(bits.RotateLeft32(key, -8*i))
			}
			got := bytes.Clone(data)
			// In two pieces, so that the turned key is tested as well.
			turned := unmask(got[from:from+n/3], key)
			turned = unmask(got[from+n/3:from+n], turned)
			if !bytes.Equal(got, want) || turned != bits.RotateLeft32(key, -8*(n%4)) {
				t.Fatalf("offset %d, %d bytes: differ", from, n)
			}
		}
	}
}
