package clientjs

import (
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// proofs is what each client says about itself: 1.x says nothing but which revision it speaks.
var proofs = map[Generation]struct {
	version string // how the embedded version begins
	js      *regexp.Regexp
}{
	0: {"0.9.", regexp.MustCompile(`\.version ?= ?['"]0\.9\.17['"]`)},
	1: {"1.", regexp.MustCompile(`protocol ?= ?4\b`)},
	2: {"2.", regexp.MustCompile(`^/\*!\s+\* Socket\.IO v2\.5\.0\s`)},
	3: {"3.", regexp.MustCompile(`^/\*!\s+\* Socket\.IO v3\.1\.3\s`)},
	4: {"4.", regexp.MustCompile(`^/\*!\s+\* Socket\.IO v4\.8\.4\s`)},
}

func TestOfficial_has_a_whole_client_of_each_generation(t *testing.T) {
	l := Official()
	if len(l.versions) == 0 {
		t.Skip("not built in: `make client` has not run here; `make test` does so before")
	}
	counts := map[Generation]int{0: 2, 1: 4, 2: 4, 3: 3, 4: 4} // of .js, as the packages have them
	if got := slices.Sorted(maps.Keys(l.versions)); !slices.Equal(got, slices.Sorted(maps.Keys(proofs))) {
		t.Fatalf("there are generations %v", got)
	}
	for g, proof := range proofs {
		version := l.Version(g)
		if !strings.HasPrefix(version, proof.version) {
			t.Errorf("generation %d is %s", g, version)
		}
		names := l.filesOf(version)
		if len(names) != counts[g] {
			t.Errorf("%s has %v", version, names)
		}
		for _, name := range names {
			if !slices.Contains(files, name) {
				t.Errorf("%s has %s, which no request can name", version, name)
			}
			code := read(t, l, Name{File: name}, g)
			if !proof.js.MatchString(code) {
				t.Errorf("%s/%s is not that: %.120s", version, name, code)
			}
			if at := strings.LastIndex(code, "\n//# sourceMappingURL="); at >= 0 {
				source := strings.TrimSpace(code[at+len("\n//# sourceMappingURL="):])
				if text := read(t, l, Name{File: source}, g); !strings.HasPrefix(text, `{"version":3`) {
					t.Errorf("%s/%s has no map %s: %.40s", version, name, source, text)
				}
			}
		}
	}
	for _, file := range flashFiles {
		if text := read(t, l, Name{File: file}, 0); !strings.HasPrefix(text, "CWS") { // compressed Flash
			t.Errorf("%s begins %.8q", file, text)
		}
	}
}

func read(t *testing.T, l Library, n Name, g Generation) string {
	t.Helper()
	f, err := l.Open(n, g)
	if err != nil {
		t.Errorf("%v of generation %d: %v", n, g, err)
		return ""
	}
	r, err := f.Reader()
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(r)
	if err != nil || len(body) != f.Size {
		t.Errorf("%v of generation %d: %d bytes, said %d: %v", n, g, len(body), f.Size, err)
	}
	return string(body)
}

func FuzzParseName(f *testing.F) {
	for _, seed := range []string{"socket.io.js", "4/socket.io.js.map", "socket.io+a+b.v0.9.1.js", "1/websocket/abc", "static/flashsocket/WebSocketMain.swf"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, path string) {
		n, ok := ParseName(path)
		if ok && strings.ContainsAny(n.File, "/\\") {
			t.Errorf("%q names %q, which leaves the folder", path, n.File)
		}
		if _, known := ParseGeneration(n.Version); known && strings.Contains(n.Version, "..") {
			t.Errorf("%q is version %q", path, n.Version)
		}
	})
}
