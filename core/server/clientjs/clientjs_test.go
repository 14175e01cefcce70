package clientjs

import (
	"testing"
	"testing/fstest"
)

func TestOfficial_is_whole_or_absent(t *testing.T) {
	b := Official()
	for _, name := range names {
		f, ok := b.Open(name)
		if ok != (b.Version() != "") {
			t.Errorf("%s: %v in version %q", name, ok, b.Version())
		}
		if ok && (len(f.Body) == 0 || len(f.Gzip) == 0 || len(f.Gzip) >= len(f.Body)) {
			t.Errorf("%s: %d bytes, %d compressed", name, len(f.Body), len(f.Gzip))
		}
	}
}

func TestOpen_gives_the_client_and_nothing_else(t *testing.T) {
	b := New(fstest.MapFS{"VERSION": {Data: []byte("1")}, "README.md": {Data: []byte("x")}, "socket.io.js": {Data: []byte("x")}})
	for _, name := range []string{"VERSION", "README.md", "", ".", "../socket.io.js", "socket.io.js.gz", "socket.io.min.js"} {
		if _, ok := b.Open(name); ok {
			t.Errorf("%q was opened", name)
		}
	}
	if f, ok := b.Open("socket.io.js"); !ok || f.Gzip != nil {
		t.Errorf("got %v, %v", f, ok)
	}
}
