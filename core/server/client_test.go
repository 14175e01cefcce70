package server

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"

	"realtime/core/server/clientjs"
)

// shelf has a client of each generation, whose files contain their own paths.
func shelf() clientjs.Library {
	files := fstest.MapFS{"README.md": {}}
	for version, names := range map[string]string{
		"0.9.17": "socket.io.js socket.io.min.js WebSocketMain.swf WebSocketMainInsecure.swf",
		"1.7.4":  "socket.io.js socket.io.js.map socket.io.min.js socket.io.slim.min.js",
		"2.5.0":  "socket.io.js socket.io.js.map socket.io.slim.dev.js",
		"3.1.3":  "socket.io.js socket.io.min.js socket.io.msgpack.min.js",
		"4.8.4":  "socket.io.js socket.io.js.map socket.io.min.js socket.io.esm.min.js socket.io.msgpack.min.js",
	} {
		for name := range strings.FieldsSeq(names) {
			files[version+"/"+name+".gz"] = &fstest.MapFile{Data: packed(version + "/" + name)}
		}
	}
	return clientjs.New(files)
}

func packed(text string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = io.WriteString(w, text)
	_ = w.Close()
	return b.Bytes()
}

func TestClient_names(t *testing.T) {
	r := start(t, func(o *Options) { o.Origins = []string{"*"} })
	r.clients = shelf()
	for name, want := range map[string]string{
		// Bare names are the newest's, and the query chooses.
		"socket.io.js":                       "4.8.4/socket.io.js",
		"socket.io.min.js":                   "4.8.4/socket.io.min.js",
		"socket.io.esm.min.js":               "4.8.4/socket.io.esm.min.js",
		"socket.io.msgpack.min.js":           "4.8.4/socket.io.msgpack.min.js",
		"socket.io.js.map":                   "4.8.4/socket.io.js.map",
		"socket.io.js?v=2":                   "4.8.4/socket.io.js", // a page's own way around caches
		"socket.io.js?client=2":              "2.5.0/socket.io.js",
		"socket.io.min.js?x=1&client=1.7.4":  "1.7.4/socket.io.min.js",
		"socket.io.js?client=0.9":            "0.9.17/socket.io.js",
		"socket.io.slim.min.js?client=1.3.7": "1.7.4/socket.io.slim.min.js",

		// Folders, as CDNs have them; any version of a generation is the one there is.
		"4.8.4/socket.io.js":          "4.8.4/socket.io.js",
		"4.0.1/socket.io.min.js":      "4.8.4/socket.io.min.js",
		"4/socket.io.esm.min.js":      "4.8.4/socket.io.esm.min.js",
		"3.0/socket.io.min.js":        "3.1.3/socket.io.min.js",
		"2/socket.io.js":              "2.5.0/socket.io.js",
		"2/socket.io.js.map":          "2.5.0/socket.io.js.map",
		"2.5.0/socket.io.min.js":      "2.5.0/socket.io.js", // which is minified
		"2.5.0/socket.io.min.js.map":  "2.5.0/socket.io.js.map",
		"2.0.3/socket.io.slim.dev.js": "2.5.0/socket.io.slim.dev.js",
		"1/socket.io.js":              "1.7.4/socket.io.js",
		"1/socket.io.js?client=4":     "1.7.4/socket.io.js", // the name says it already
		"0.9/socket.io.min.js":        "0.9.17/socket.io.min.js",
		"0.8.7/socket.io.js":          "0.9.17/socket.io.js",

		// What only pages of 0.9 ask for, and the same for the others.
		"socket.io.v0.9.16.js":                         "0.9.17/socket.io.js",
		"socket.io.v0.9.17.js":                         "0.9.17/socket.io.js",
		"socket.io.v2.4.0.js":                          "2.5.0/socket.io.js",
		"socket.io+websocket+xhr-polling.js":           "0.9.17/socket.io.min.js\n;io.transports=[\"websocket\",\"xhr-polling\"];\n",
		"socket.io+xhr-polling+websocket.v0.9.11.js":   "0.9.17/socket.io.min.js\n;io.transports=[\"xhr-polling\",\"websocket\"];\n",
		"socket.io+htmlfile+carrier-pigeon.js":         "0.9.17/socket.io.min.js\n;io.transports=[\"htmlfile\"];\n",
		"static/flashsocket/WebSocketMain.swf":         "0.9.17/WebSocketMain.swf",
		"static/flashsocket/WebSocketMainInsecure.swf": "0.9.17/WebSocketMainInsecure.swf",
	} {
		got := get(t, r.base+"/socket.io/"+name)
		if got.status != http.StatusOK || got.body != want {
			t.Errorf("%s: got %+v, want %q", name, got, want)
		}
	}
}

func TestClient_what_there_is_not_is_told(t *testing.T) {
	r := start(t, func(*Options) {})
	r.clients = shelf()
	for name, want := range map[string]string{
		"5/socket.io.js":                               servedVersions,
		"0.6.18/socket.io.js":                          servedVersions,
		"socket.io.js?client=latest":                   servedVersions,
		"2/socket.io.esm.min.js":                       "2.5.0 has no socket.io.esm.min.js; it has socket.io.js, socket.io.slim.dev.js",
		"socket.io.slim.js":                            "4.8.4 has no socket.io.slim.js",
		"socket.io+carrier-pigeon.js":                  "0.9 has websocket, ",
		"socket.io+websocket.v2.5.0.js":                "only 0.9",
		"static/flashsocket/WebSocketMainInsecure.swf": `origins: ["*"]`,
	} {
		got := get(t, r.base+"/socket.io/"+name)
		if got.status != http.StatusNotFound || !strings.Contains(got.body, want) {
			t.Errorf("%s: got %+v, want 404 with %q", name, got, want)
		}
	}
}

// What is no name of a client's file is an Engine.IO request, whatever it looks like.
func TestClient_other_names_are_the_engines(t *testing.T) {
	r := start(t, func(*Options) {})
	r.clients = shelf()
	for _, name := range []string{
		"package.json", "README.md", "socket.io.js.gz", "socket.io.js.map.map", "4.8.4/", "4.8.4/README.md",
		"4.8.4/../socket.io.js", "../socket.io.js", "1.2.3.4/socket.io.js", "static/flashsocket/../socket.io.js", "socket.io+.css",
	} {
		if got := r.raw("GET /socket.io/" + name + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"); !strings.Contains(got, `"code":0`) {
			t.Errorf("%s: got %q", name, got)
		}
	}
	for _, method := range []string{"POST", "PUT", "OPTIONS"} {
		got := r.raw(method + " /socket.io/socket.io.js HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
		if !strings.Contains(got, `"code":0`) {
			t.Errorf("%s: got %q", method, got)
		}
	}
}

func TestClient_the_bare_name_is_what_client_version_says(t *testing.T) {
	r := start(t, func(o *Options) { o.ClientVersion = "2" })
	r.clients = shelf()
	for name, want := range map[string]string{
		"socket.io.js": "2.5.0/socket.io.js", "socket.io.min.js": "2.5.0/socket.io.js", "socket.io.js.map": "2.5.0/socket.io.js.map",
		"socket.io.js?client=4": "4.8.4/socket.io.js", "3/socket.io.js": "3.1.3/socket.io.js", "socket.io+websocket.js": "0.9.17/socket.io.min.js",
	} {
		if got := get(t, r.base+"/socket.io/"+name); !strings.HasPrefix(got.body, want) {
			t.Errorf("%s: got %+v, want %q", name, got, want)
		}
	}
}

func TestClient_headers(t *testing.T) {
	r := start(t, func(o *Options) { o.Origins = []string{"https://example.org"} })
	r.clients = shelf()
	const js, year = "application/javascript; charset=utf-8", "public, max-age=31536000, immutable"
	for name, want := range map[string]struct{ kind, etag, cache, sourceMap string }{
		"socket.io.js":                         {js, `"4.8.4"`, "public, max-age=0", ""},
		"socket.io.js?client=2":                {js, `"2.5.0"`, "public, max-age=0", "2.5.0/socket.io.js.map"},
		"socket.io.min.js?client=2":            {js, `"2.5.0"`, "public, max-age=0", "2.5.0/socket.io.js.map"},
		"socket.io.js?client=0.9":              {js, `"0.9.17"`, "public, max-age=0", ""},
		"socket.io.js?client=2.5.0":            {js, `"2.5.0"`, year, "2.5.0/socket.io.js.map"},
		"socket.io.js.map?client=2":            {"application/json; charset=utf-8", `"2.5.0"`, "public, max-age=0", ""},
		"4.8.4/socket.io.min.js":               {js, `"4.8.4"`, year, ""},
		"4.8.1/socket.io.min.js":               {js, `"4.8.4"`, "public, max-age=0", ""}, // another one after the next release
		"4/socket.io.min.js":                   {js, `"4.8.4"`, "public, max-age=0", ""},
		"2.0.0/socket.io.js":                   {js, `"2.5.0"`, year, ""},
		"2/socket.io.js":                       {js, `"2.5.0"`, "public, max-age=0", ""},
		"socket.io.v0.9.16.js":                 {js, `"0.9.17"`, year, ""},
		"socket.io+websocket.js":               {js, `"0.9.17"`, "public, max-age=0", ""},
		"static/flashsocket/WebSocketMain.swf": {"application/x-shockwave-flash", `"0.9.17"`, "public, max-age=0", ""},
	} {
		got := get(t, r.base+"/socket.io/"+name, "Origin", "https://example.org")
		for header, value := range map[string]string{
			"Content-Type": want.kind, "ETag": want.etag, "Cache-Control": want.cache, "SourceMap": want.sourceMap,
			"Access-Control-Allow-Origin": "https://example.org", "Content-Encoding": "",
		} {
			if got.header.Get(header) != value {
				t.Errorf("%s: %s is %q, want %q", name, header, got.header.Get(header), value)
			}
		}
	}
	if got := get(t, r.base+"/socket.io/socket.io.js", "Origin", "https://evil.example"); got.header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("another origin: %+v", got)
	}
}

func TestClient_who_has_the_file_is_told_so(t *testing.T) {
	r := start(t, func(*Options) {})
	r.clients = shelf()
	url := r.base + "/socket.io/socket.io.js"
	for _, tag := range []string{`"4.8.4"`, `W/"4.8.4"`, `"1", W/"4.8.4"`, "*"} {
		got := get(t, url, "If-None-Match", tag)
		if got.status != http.StatusNotModified || got.body != "" || got.header.Get("ETag") != `"4.8.4"` {
			t.Errorf("If-None-Match %s: %+v", tag, got)
		}
	}
	for _, tag := range []string{`"4.8.3"`, "4.8.4", `"2.5.0"`} {
		if got := get(t, url, "If-None-Match", tag); got.status != http.StatusOK {
			t.Errorf("If-None-Match %s: %+v", tag, got)
		}
	}
	if got := get(t, url+"?client=2", "If-None-Match", `"4.8.4"`); got.status != http.StatusOK {
		t.Errorf("what it has is another client: %+v", got)
	}
}

func TestClient_compression(t *testing.T) {
	r := start(t, func(*Options) {})
	r.clients = shelf()
	const body = "4.8.4/socket.io.js"
	for accept, zipped := range map[string]bool{
		"gzip": true, "br, gzip": true, "GZIP;q=0.1": true, "*": true, "x-gzip": true,
		"": false, "br": false, "gzip;q=0": false, "gzip; q=0.000, *": false, "deflate, identity": false, "*;q=0": false, "gzip;q=x": false,
	} {
		got := get(t, r.base+"/socket.io/socket.io.js", "Accept-Encoding", accept)
		want, encoding := body, ""
		if zipped {
			want, encoding = string(packed(body)), "gzip"
		}
		if got.body != want || got.header.Get("Content-Encoding") != encoding || got.header.Get("Vary") != "Accept-Encoding" {
			t.Errorf("Accept-Encoding %q: %+v", accept, got)
		}
	}
}

func TestClient_HEAD_says_how_long_it_is(t *testing.T) {
	r := start(t, func(*Options) {})
	r.clients = shelf()
	for name, length := range map[string]string{
		"socket.io.js": "18", "2/socket.io.js": "18", "socket.io+websocket.js": "54", "static/flashsocket/WebSocketMain.swf": "24",
	} {
		got := r.raw("HEAD /socket.io/" + name + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
		if !strings.Contains(got, "200 OK") || !strings.Contains(got, "\r\nContent-Length: "+length+"\r\n") || !strings.HasSuffix(got, "\r\n\r\n") {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestClient_that_is_not_built_in(t *testing.T) {
	r := start(t, func(*Options) {})
	r.clients = clientjs.New(fstest.MapFS{"README.md": {}})
	for _, name := range []string{"socket.io.js", "2/socket.io.js", "socket.io+websocket.js"} {
		got := get(t, r.base+"/socket.io/"+name)
		if got.status != http.StatusNotFound || !strings.Contains(got.body, "make client") {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if got := get(t, r.base+"/socket.io/realtime.js"); got.status != http.StatusOK {
		t.Errorf("our own file is gone too: %+v", got)
	}
}

func TestClient_that_is_broken_costs_one_answer(t *testing.T) {
	r := start(t, func(*Options) {})
	r.clients = clientjs.New(fstest.MapFS{"4.8.4/socket.io.js.gz": {Data: []byte("no gzip")}})
	if got := get(t, r.base+"/socket.io/socket.io.js"); got.status != http.StatusInternalServerError || got.header.Get("ETag") != "" {
		t.Errorf("got %+v", got)
	}
}

func TestClient_that_is_not_served(t *testing.T) {
	r := start(t, func(o *Options) { o.ServeClient = false })
	r.clients = shelf()
	for _, name := range []string{"socket.io.js", "2/socket.io.js", "socket.io.v0.9.16.js", "static/flashsocket/WebSocketMain.swf", "realtime.js"} {
		if got := get(t, r.base+"/socket.io/"+name); !strings.Contains(got.body, `"code":0`) {
			t.Errorf("%s: got %+v", name, got)
		}
	}
}

func TestClient_version_is_judged(t *testing.T) {
	for text, good := range map[string]bool{"0.9": true, "1": true, "2.5.0": true, "4": true, "5": false, "0.6": false, "0": false, "latest": false, "4.": false} {
		if err := checkClientVersion(text); (err == nil) != good {
			t.Errorf("%q: %v", text, err)
		}
	}
	s := load(t, Sources{File: write(t, "client_version: 0.9\n")})
	if got := s.Options().ClientVersion; got != "0.9" {
		t.Errorf("a number of the file became %q", got)
	}
}
