package proxy

import (
	"bufio"
	"io"
	"net"
	"net/url"
	"strings"
	"testing"
)

func TestHandle_request_target_goes_out_byte_for_byte(t *testing.T) {
	lines := make(chan string, 1)
	f := serve(t, Config{Upstreams: []string{rawApp(t, func(nc net.Conn, r *bufio.Reader) {
		for {
			head, err := readHeadText(r)
			if err != nil {
				return
			}
			lines <- head
			_, _ = io.WriteString(nc, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
		}
	})}})
	for _, tc := range []struct{ method, target, want, host string }{
		{"GET", "/", "/", "a"},
		{"GET", "/?", "/?", "a"},
		{"GET", "/a?", "/a?", "a"},
		{"GET", "/a/../b/./c//d", "/a/../b/./c//d", "a"},
		{"GET", "/a%2Fb%zz;p=1/?q=%&r=a+b", "/a%2Fb%zz;p=1/?q=%&r=a+b", "a"},
		{"GET", "/[1]{2}|\"<>^`\\", "/[1]{2}|\"<>^`\\", "a"},
		{"GET", "/caf\xc3\xa9/\xff", "/caf\xc3\xa9/\xff", "a"},
		{"GET", "/a#frag", "/a#frag", "a"},
		{"GET", "/http://b/c", "/http://b/c", "a"},
		{"GET", "/?a?b=/c:d@e", "/?a?b=/c:d@e", "a"},
		{"GET", "//a/../..%2Fb;a=1/../?q", "//a/../..%2Fb;a=1/../?q", "a"},
		{"GET", "//evil.example/x", "//evil.example/x", "a"},
		{"GET", "///x", "///x", "a"},
		{"GET", "//x?", "//x?", "a"},
		{"OPTIONS", "*", "*", "a"},
		{"GET", "http://b.example:8080/x%2F?y", "/x%2F?y", "b.example:8080"},
		{"GET", "http://b.example", "/", "b.example"},
		{"GET", "http://b.example?y", "/?y", "b.example"},
		{"GET", "HTTPS://b.example//x", "//x", "b.example"},
	} {
		t.Run(tc.target, func(t *testing.T) {
			c := dial(t, f.addr)
			c.send(tc.method + " " + tc.target + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
			if resp, _ := c.answer(tc.method); resp.StatusCode != 200 {
				t.Fatalf("status %d", resp.StatusCode)
			}
			head := receive(t, lines, "the request")
			if line, _, _ := strings.Cut(head, "\r\n"); line != tc.method+" "+tc.want+" HTTP/1.1" {
				t.Errorf("arrived as %q", line)
			}
			if !strings.Contains(head, "\r\nHost: "+tc.host+"\r\n") {
				t.Errorf("host in %q", head)
			}
		})
	}
}

func TestHandle_refuses_targets_it_cannot_pass_on(t *testing.T) {
	f := serve(t, Config{Upstreams: []string{"http://127.0.0.1:1"}, HoldTimeout: -1})
	for line, want := range map[string]int{
		"GET //a%zz HTTP/1.1":              400,
		"GET //caf\xc3\xa9 HTTP/1.1":       400,
		"GET * HTTP/1.1":                   400,
		"GET ftp://b/x HTTP/1.1":           400,
		"GET http:///x HTTP/1.1":           400,
		"GET x HTTP/1.1":                   400,
		"CONNECT b.example:443 HTTP/1.1":   405,
		"GET http://a b/ HTTP/1.1":         400,
		"GET http://b\xc3\xa9/x HTTP/1.1":  400,
		"GET http://user@b/../x HTTP/1.1":  400,
		"GET http://b.example@x/ HTTP/1.1": 400,
	} {
		c := dial(t, f.addr)
		c.send(line + "\r\nHost: a\r\n\r\n")
		if resp, _ := c.answer("GET"); resp.StatusCode != want {
			t.Errorf("%q: status %d, want %d", line, resp.StatusCode, want)
		}
	}
	for _, host := range []string{"a b", "a/b", "caf\xc3\xa9", "a@b", "a\\b"} {
		c := dial(t, f.addr)
		c.send("GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n")
		if resp, _ := c.answer("GET"); resp.StatusCode != 400 {
			t.Errorf("host %q: status %d", host, resp.StatusCode)
		}
	}
}

func FuzzUpstreamURL(f *testing.F) {
	for _, s := range []string{"/", "//a/../%2F?q", "/%zz", "*", "http://a/b", "http://a?b", "///", "//?", "/\x80"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, target string) {
		var u url.URL
		if upstreamURL(&u, "app", "GET", target) != nil {
			return
		}
		got := u.RequestURI()
		if strings.HasPrefix(target, "/") && got != target {
			t.Errorf("%q went out as %q", target, got)
		}
		if !strings.HasPrefix(got, "/") {
			t.Errorf("%q is no origin form", got)
		}
	})
}
