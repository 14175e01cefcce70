// Package clientjs holds the official browser clients' files, one client of each generation, so that a
// page can load its client from the server it connects to.
//
// The files in reading order:
//
//	name.go       which client and which file a name asks for
//	clientjs.go   the files
//	custom.go     what pages of 0.9 put together by name
//	companion.go  our own file beside them
//
// The official files come from the package socket.io-client and are no part of this repository: `make
// client` puts them into dist/, from where the build takes them. A build without them works, and has no
// files. They are kept compressed only, so five clients take the room of one that is kept both ways.
//
// Server imports this package; it imports nothing of the project.
package clientjs

import (
	"bytes"
	"compress/gzip"
	"embed"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
)

//go:embed all:dist
var dist embed.FS

// ErrNotBuilt is why [Library.Open] has nothing at all to give.
var ErrNotBuilt = errors.New("the official clients are not built in: run `make client` and build again")

// Library is the clients of a build. It may be used from any goroutine.
type Library struct {
	files    fs.FS
	versions map[Generation]string // which one is there of each generation
}

// File is one file of a client. The slices are the caller's.
type File struct {
	Version string // of the client, "4.8.4"
	Type    string // for Content-Type
	Body    []byte // nil for a file that is there compressed only; see Reader
	Gzip    []byte // nil for one that is not compressed
	Size    int    // of the body
	Map     string // its source map, a file of the same client; "" without one
}

// Official returns the clients of this build.
func Official() Library {
	files, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err) // only for a malformed name
	}
	return New(files)
}

// New returns the clients in a directory that `make client` has filled: <version>/<name>.gz.
func New(files fs.FS) Library {
	l := Library{files: files, versions: map[Generation]string{}}
	entries, _ := fs.ReadDir(files, ".") // without any, there are no clients
	for _, e := range entries {
		if g, ok := ParseGeneration(e.Name()); ok && e.IsDir() {
			l.versions[g] = e.Name()
		}
	}
	return l
}

// Version is which client of a generation is there, "4.8.4", or "" if none is.
func (l Library) Version(g Generation) string { return l.versions[g] }

// Open returns the file that a name asks for, of a generation.
//
// Errors: ErrNotBuilt; else the text says what that client has, for whoever wrote the page.
func (l Library) Open(n Name, g Generation) (File, error) {
	if len(l.versions) == 0 {
		return File{}, ErrNotBuilt
	}
	version, ok := l.versions[g]
	if !ok {
		return File{}, fmt.Errorf("no client of that generation is built in, but %s", l.list())
	}
	if n.Transports != nil {
		return l.custom(version, n.Transports)
	}
	for _, file := range []string{n.File, instead[n.File]} {
		if packed, err := fs.ReadFile(l.files, path.Join(version, file+".gz")); err == nil {
			f := newFile(version, file, packed)
			if _, err := fs.Stat(l.files, path.Join(version, file+".map.gz")); err == nil {
				f.Map = file + ".map"
			}
			return f, nil
		}
	}
	return File{}, fmt.Errorf("Socket.IO %s has no %s; it has %s", version, n.File, strings.Join(l.filesOf(version), ", "))
}

// instead are the names under which a client has a file that it does not have under its usual one: what
// 2.x calls socket.io.js is minified.
var instead = map[string]string{"socket.io.min.js": "socket.io.js", "socket.io.min.js.map": "socket.io.js.map"}

func (l Library) filesOf(version string) []string {
	entries, _ := fs.ReadDir(l.files, version)
	var names []string
	for _, e := range entries {
		if name := strings.TrimSuffix(e.Name(), ".gz"); strings.HasSuffix(name, ".js") {
			names = append(names, name)
		}
	}
	return names
}

// list is every version that is there, for a text.
func (l Library) list() string {
	var versions []string
	for _, v := range l.versions {
		versions = append(versions, v)
	}
	slices.Sort(versions)
	return strings.Join(versions, ", ")
}

// types are the Content-Types by ending.
var types = map[string]string{
	".js":  "application/javascript; charset=utf-8",
	".map": "application/json; charset=utf-8",
	".swf": "application/x-shockwave-flash",
}

// newFile describes a compressed file; its last four bytes are the size of the other (RFC 1952 2.3.1).
func newFile(version, name string, packed []byte) File {
	f := File{Version: version, Type: types[path.Ext(name)], Gzip: packed}
	if n := len(packed); n >= 4 {
		f.Size = int(binary.LittleEndian.Uint32(packed[n-4:]))
	}
	return f
}

// Reader returns the body for who does not take it compressed.
func (f File) Reader() (io.Reader, error) {
	if f.Body != nil || f.Gzip == nil {
		return bytes.NewReader(f.Body), nil
	}
	return gzip.NewReader(bytes.NewReader(f.Gzip))
}
