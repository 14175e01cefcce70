// Package clientjs holds the official browser client's files, so that a page can load the client from
// the server it connects to.
//
// The files come from the package socket.io-client and are no part of this repository: `make client`
// puts them into dist/, from where the build takes them. A build without them works, and has no files.
//
// Server imports this package; it imports nothing of the project.
package clientjs

import (
	"embed"
	"io/fs"
	"strings"
)

//go:embed all:dist
var dist embed.FS

// Bundle is one version of the client.
type Bundle struct{ files fs.FS }

// File is one file of the client. The slices are the caller's.
type File struct {
	Body []byte
	Gzip []byte // the same, compressed; nil if it was not
	Type string // for Content-Type
}

// names are the files of a bundle, each with a source map of the same name and ".map".
// Source: what the reference server serves.
var names = []string{"socket.io.js", "socket.io.min.js", "socket.io.esm.min.js", "socket.io.msgpack.min.js"}

// Official returns the bundle of this build.
func Official() Bundle {
	files, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err) // only for a malformed name
	}
	return New(files)
}

// New returns the bundle in a directory that `make client` has filled.
func New(files fs.FS) Bundle { return Bundle{files} }

// IsFile reports whether a name is one of the client's files, whether built in or not.
func IsFile(name string) bool {
	for _, n := range names {
		if name == n || name == n+".map" {
			return true
		}
	}
	return false
}

// Version is the client's version, "4.8.3", or "" if it is not built in.
func (b Bundle) Version() string {
	text, err := fs.ReadFile(b.files, "VERSION")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}

// Open returns a file of the client; false for other names, and if the client is not built in.
func (b Bundle) Open(name string) (File, bool) {
	if !IsFile(name) {
		return File{}, false
	}
	body, err := fs.ReadFile(b.files, name)
	if err != nil {
		return File{}, false
	}
	f := File{Body: body, Type: "application/javascript; charset=utf-8"}
	if strings.HasSuffix(name, ".map") {
		f.Type = "application/json; charset=utf-8"
	}
	if packed, err := fs.ReadFile(b.files, name+".gz"); err == nil {
		f.Gzip = packed
	}
	return f, true
}
