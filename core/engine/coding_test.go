package engine

import (
	"bytes"
	gz "compress/gzip"
	zl "compress/zlib"
	"io"
	"strings"
	"testing"
)

var acceptEncodings = []struct {
	header string
	want   coding
}{
	{"", identity},
	{"gzip", gzip},
	{"deflate", zlib},
	{"gzip, deflate, br, zstd", gzip},
	{"deflate, gzip", gzip},
	{"GZip", gzip},
	{"x-gzip", gzip},
	{"br", identity},
	{"gzipped", identity},
	{"*", gzip},
	{"gzip;q=0", identity},
	{"gzip;q=0, *", zlib},
	{"gzip;q=0, deflate;q=0.0, *", identity},
	{"*;q=0", identity},
	{"gzip;q=0.5, deflate", zlib},
	{"gzip;q=0.5, deflate;q=0.5", gzip},
	{"identity, gzip;q=0.5", identity},
	{"identity;q=0.5, gzip", gzip},
	{"identity;q=0, deflate;q=0.001", zlib},
	{" deflate ; q=0.8 ,\tgzip ; Q=0.2", zlib},
	{"gzip;level=9", gzip},
	{"gzip;q=much", gzip},
	{"gzip;q=NaN, deflate;q=0.1", gzip},
	{",,;q=0,", identity},
}

func TestAcceptedCoding(t *testing.T) {
	for _, c := range acceptEncodings {
		if got := acceptedCoding(c.header); got != c.want {
			t.Errorf("%q is answered %v, want %v", c.header, got, c.want)
		}
	}
}

// FuzzAcceptedCoding: any header; nothing is used that it does not name.
func FuzzAcceptedCoding(f *testing.F) {
	for _, c := range acceptEncodings {
		f.Add(c.header)
	}
	f.Fuzz(func(t *testing.T, header string) {
		if got := acceptedCoding(header); got >= coding(codings) {
			t.Fatalf("%q: %d", header, got)
		}
		if lower := strings.ToLower(header); !strings.Contains(lower, "gzip") && !strings.Contains(lower, "*") && acceptedCoding(header) == gzip {
			t.Errorf("%q is answered gzip", header)
		}
	})
}

func TestCoding_is_what_HTTP_means_by_it(t *testing.T) {
	body := bytes.Repeat([]byte("a body "), 1000)
	for c, open := range map[coding]func(io.Reader) (io.Reader, error){
		identity: func(r io.Reader) (io.Reader, error) { return r, nil },
		gzip:     func(r io.Reader) (io.Reader, error) { return gz.NewReader(r) },
		zlib:     func(r io.Reader) (io.Reader, error) { return zl.NewReader(r) },
	} {
		r, err := open(bytes.NewReader(c.append(nil, body)))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, body) {
			t.Errorf("%v: %d bytes, %v", c, len(got), err)
		}
	}
}

// TestCompress_once: a broadcast to many that poll alike is compressed for the first of them.
func TestCompress_once(t *testing.T) {
	long := []byte(`2["news","` + strings.Repeat("x", 2000) + `"]`)
	m, other := NewMessage(EIO4, long, nil), NewMessage(EIO4, long, nil)
	f := eio4Form{}
	answer := func(c coding, messages ...*Message) ([]byte, coding) {
		body, _ := f.body(nil, messages)
		return c.compress(f, body, messages)
	}
	first, c := answer(gzip, m)
	second, _ := answer(gzip, m)
	if c != gzip || &first[0] != &second[0] {
		t.Error("compressed again for the second client")
	}
	if kept := m.answer.Load().body; &kept[0] != &m.wire[m.head] {
		t.Error("the body is kept beside the message")
	}
	if third, c := answer(zlib, m); c != zlib || bytes.Equal(third, first) {
		t.Error("what was made for another coding is sent")
	}
	if both, c := answer(gzip, m, other); c != gzip || bytes.Equal(both, first) {
		t.Error("what was made of one message is sent for two")
	}
	if _, c := answer(gzip, NewMessage(EIO4, long, nil).Uncompressed()); c != identity {
		t.Error("compressed, though it is not worth it")
	}
	if _, c := answer(gzip, NewMessage(EIO4, long, nil).Uncompressed(), other); c != gzip {
		t.Error("one that is worth it does not count beside one that is not")
	}
	if _, c := answer(gzip, NewMessage(EIO4, long[:1000], nil)); c != identity {
		t.Error("short, and compressed")
	}
	if _, c := answer(identity, m); c != identity {
		t.Error("compressed for a client that has not asked")
	}
}
