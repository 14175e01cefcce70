package proxy

import (
	"bufio"
	"net/http"
	"strings"
	"testing"

	"github.com/valyala/fasthttp"
)

// browserHead is what a browser sends with each request, more or less.
const browserHead = "GET /orders/17?page=2 HTTP/1.1\r\nHost: app.example\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\n" +
	"Accept: text/html,*/*;q=0.8\r\nAccept-Language: en\r\nAccept-Encoding: gzip, deflate\r\n" +
	"Cookie: session=0123456789abcdef0123456789abcdef\r\nConnection: keep-alive\r\n\r\n"

func browserRequest(tb testing.TB) *fasthttp.RequestCtx {
	ctx := &fasthttp.RequestCtx{}
	ctx.Init(&fasthttp.Request{}, nil, nil)
	if err := ctx.Request.Header.Read(bufio.NewReader(strings.NewReader(browserHead))); err != nil {
		tb.Fatal(err)
	}
	return ctx
}

// The Transport allocates some forty times per request; the head is where we could add to that.
func TestRequestHead_allocations_do_not_grow_with_the_number_of_headers(t *testing.T) {
	ctx := browserRequest(t)
	got := testing.AllocsPerRun(100, func() {
		h := readHead(&ctx.Request.Header)
		h.header(sender{peer: "203.0.113.7", host: ctx.Request.Header.Host()}, false)
		h.release()
	})
	// The pool is emptied at random under the race detector, which costs a few more.
	if got > 14 {
		t.Errorf("%v allocations", got)
	}
}

func BenchmarkRequestHead(b *testing.B) {
	ctx := browserRequest(b)
	b.ReportAllocs()
	for b.Loop() {
		h := readHead(&ctx.Request.Header)
		if !h.valid() {
			b.Fatal("not valid")
		}
		h.header(sender{peer: "203.0.113.7", host: ctx.Request.Header.Host()}, false)
		h.release()
	}
}

var appHeader = http.Header{
	"Date": {"Tue, 01 Jan 2030 00:00:00 GMT"}, "Content-Type": {"text/html; charset=utf-8"},
	"Content-Length": {"1024"}, "Etag": {`W/"0123456789abcdef"`}, "X-Frame-Options": {"SAMEORIGIN"},
	"Cache-Control": {"max-age=0, private, must-revalidate"}, "X-Request-Id": {"7c7c1c2e-0000-4000-8000-000000000000"},
}

func BenchmarkResponseHead(b *testing.B) {
	resp := &http.Response{StatusCode: 200, Status: "200 OK", Header: appHeader, ContentLength: 1024}
	var out fasthttp.ResponseHeader
	b.ReportAllocs()
	for b.Loop() {
		if err := writeHead(&out, resp); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkExchange(b *testing.B) {
	p, err := New(Config{Upstreams: []string{"http://127.0.0.1:1"}})
	if err != nil {
		b.Fatal(err)
	}
	ctx := browserRequest(b)
	b.ReportAllocs()
	for b.Loop() {
		x := p.begin(ctx, nil, false)
		x.mayInterim = true
		_ = x.context()
		x.alarm = setAlarm(x)
		x.end()
	}
}
