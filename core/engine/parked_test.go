package engine_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"realtime/core/engine"
)

// BenchmarkParked measures what a client costs whose poll waits, by dialect: heap and stacks, without
// what the clients of the benchmark have themselves.
func BenchmarkParked(b *testing.B) {
	for _, c := range []struct{ dialect, query string }{
		{"EIO4", polling},
		{"EIO3", polling3},
		{"EIO3 b64", polling3 + "&b64=1"},
		{"EIO3 JSONP", polling3 + "&j=0"},
	} {
		b.Run(c.dialect, func(b *testing.B) {
			bytes := 0.0
			for b.Loop() {
				bytes = bytesPerPoll(b, c.query)
			}
			b.ReportMetric(bytes, "B/poll")
			b.ReportMetric(0, "ns/op")
		})
	}
}

func bytesPerPoll(b *testing.B, query string) float64 {
	const clients = 1000
	conns := make([]net.Conn, clients)
	defer func() {
		for _, c := range conns {
			if c != nil {
				c.Close()
			}
		}
	}()
	own := costOfConns(b, conns)
	cfg := engine.Config{PingInterval: time.Hour}
	cfg.Origins = []string{"*"}
	sessions := make(chan *engine.Session, 1)
	idle := clientFunc{func([]byte, bool) engine.Flow { return engine.Continue }, func(engine.Reason) {}}
	h := open(b, cfg, handlerFunc(func(s *engine.Session) engine.Client { sessions <- s; return idle }))
	defer h.stop()

	before := memory()
	for i := range conns {
		var err error
		if conns[i], err = net.Dial("tcp", h.url); err != nil {
			b.Fatal(err)
		}
		park(b, conns[i], query)
		for s := <-sessions; !s.Polled(); runtime.Gosched() {
		}
	}
	return float64(memory()-before)/clients - own
}

// park opens a session over a connection, with the headers of a browser, and leaves its poll waiting there.
func park(b *testing.B, c net.Conn, query string) {
	request := func(more string) {
		_, err := fmt.Fprintf(c, "GET /engine.io/?%s%s HTTP/1.1\r\nHost: app.example\r\nReferer: http://app.example/page\r\n"+
			"User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/126.0 Safari/537.36\r\n"+
			"Accept-Encoding: gzip, deflate\r\nAccept-Language: en\r\nCookie: session=0123456789abcdef0123456789abcdef\r\n\r\n", query, more)
		if err != nil {
			b.Fatal(err)
		}
	}
	request("")
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		b.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		b.Fatal(err)
	}
	_, packet, _ := strings.Cut(strings.ReplaceAll(string(body), `\`, ""), "{")
	packet, _, _ = strings.Cut(packet, "}")
	var opened struct{ SID string }
	if err := json.Unmarshal([]byte("{"+packet+"}"), &opened); err != nil {
		b.Fatalf("%q: %v", body, err)
	}
	request("&sid=" + opened.SID)
}

// costOfConns is what connections cost their clients: these lead to a listener that accepts nobody.
func costOfConns(b *testing.B, conns []net.Conn) float64 {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer ln.Close()
	before := memory()
	for i := range conns {
		if conns[i], err = net.Dial("tcp", ln.Addr().String()); err != nil {
			b.Fatal(err)
		}
	}
	cost := float64(memory()-before) / float64(len(conns))
	for i, c := range conns {
		c.Close()
		conns[i] = nil
	}
	return cost
}

func memory() uint64 {
	runtime.GC()
	runtime.GC() // once more, for what pools give up late
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc + m.StackInuse
}
