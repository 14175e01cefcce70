package clientjs

import (
	"regexp"
	"slices"
	"strings"
)

// Generation is the clients that are alike for a page: those of one major version. 0 is 0.7 to 0.9.
type Generation int

// Newest is the generation that is still being released; the others will not change any more.
const Newest Generation = 4

// Name is what a request asks for.
type Name struct {
	File       string   // "socket.io.min.js", as the client's package calls it
	Version    string   // what the name says: "2", "2.5.0"; "" for a name that says nothing
	Transports []string // what a bundle of 0.9 that is put together has; nil for a file as it is
}

// files are what a client may have, except Flash's. Which one has which is seen in dist/.
// Source: the dist folder of each package.
var files = []string{
	"socket.io.js", "socket.io.min.js", "socket.io.esm.min.js", "socket.io.msgpack.min.js",
	"socket.io.slim.js", "socket.io.slim.min.js", "socket.io.dev.js", "socket.io.slim.dev.js",
}

// flashFiles are what the transport flashsocket of 0.9 runs in, by the paths it asks for.
// Source: 0.9's lib/static.js.
var flashFiles = map[string]string{
	"static/flashsocket/WebSocketMain.swf": "WebSocketMain.swf",
	InsecureFlash:                          "WebSocketMainInsecure.swf",
}

// InsecureFlash is the one that obeys pages of every other site, whatever its server has listed.
const InsecureFlash = "static/flashsocket/WebSocketMainInsecure.swf"

// Names with a version. The folder is how Socket.IO's own CDN and most others name them; the v is
// how 0.9's server did, for any version, and its custom bundles may have it too.
var (
	inFolder = regexp.MustCompile(`^([0-9]+(?:\.[0-9]+){0,2})/(.+)$`)
	withV    = regexp.MustCompile(`^(socket\.io(?:\+[\w+-]+)?)\.v([0-9]+\.[0-9]+\.[0-9]+)\.js$`)
	bundle   = regexp.MustCompile(`^socket\.io\+([\w+-]+)\.js$`)
	version  = regexp.MustCompile(`^(?:0\.[789](?:\.[0-9]{1,3})?|([1-9])(?:\.[0-9]{1,3}){0,2})$`)
)

// ParseGeneration reads a version, whole or not: "4", "2.5", "1.7.4", "0.9". It reports false for those
// that there are no clients of here, and for what is no version.
func ParseGeneration(text string) (Generation, bool) {
	m := version.FindStringSubmatch(text)
	switch {
	case m == nil:
		return 0, false
	case m[1] == "":
		return 0, true
	}
	g := Generation(m[1][0] - '0')
	return g, g <= Newest
}

// ParseName reads the path of a request behind the path of Socket.IO. It reports false for names that
// are not the clients', whether they are built in or not.
func ParseName(path string) (Name, bool) {
	if file, ok := flashFiles[path]; ok {
		return Name{File: file, Version: "0.9"}, true
	}
	n := Name{File: path}
	if m := inFolder.FindStringSubmatch(path); m != nil {
		n.Version, n.File = m[1], m[2]
	} else if m := withV.FindStringSubmatch(path); m != nil {
		n.Version, n.File = m[2], m[1]+".js"
	}
	if m := bundle.FindStringSubmatch(n.File); m != nil {
		if n.Version == "" {
			n.Version = "0.9" // no other had such names
		}
		n.Transports = strings.Split(m[1], "+")
		return n, true
	}
	return n, slices.Contains(files, strings.TrimSuffix(n.File, ".map"))
}

// Lasts reports whether what a name asks for will be the same for good, so that it may be kept: it
// names one version, which is the one there is, or any of a generation that will not change.
func (n Name) Lasts(g Generation, version string) bool {
	return n.Version == version || g != Newest && strings.Count(n.Version, ".") == 2
}
