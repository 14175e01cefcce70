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
	for _, c := range []struct {
		dialect string
		park    func(*parking)
	}{
		{"EIO4", func(p *parking) { p.engineio(polling) }},
		{"EIO3", func(p *parking) { p.engineio(polling3) }},
		{"EIO3 b64", func(p *parking) { p.engineio(polling3 + "&b64=1") }},
		{"EIO3 JSONP", func(p *parking) { p.engineio(polling3 + "&j=0") }},
		{"V09", func(p *parking) { p.v09("xhr-polling") }},
		{"V09 JSONP", func(p *parking) { p.v09("jsonp-polling") }},
	} {
		b.Run(c.dialect, func(b *testing.B) {
			bytes := 0.0
			for b.Loop() {
				bytes = bytesPerPoll(b, c.park)
			}
			b.ReportMetric(bytes, "B/poll")
			b.ReportMetric(0, "ns/op")
		})
	}
}

func bytesPerPoll(b *testing.B, park func(*parking)) float64 {
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
	h := open(b, cfg, handlerFunc(func(s *engine.Session) engine.Client {
		if s.Dialect() == engine.V09 {
			letIn(s)
		}
		sessions <- s
		return idle
	}))
	defer h.stop()

	before := memory()
	for i := range conns {
		var err error
		if conns[i], err = net.Dial("tcp", h.url); err != nil {
			b.Fatal(err)
		}
		park(&parking{b, conns[i], bufio.NewReaderSize(conns[i], 16)})
		for s := <-sessions; !s.Polled(); runtime.Gosched() {
		}
	}
	return float64(memory()-before)/clients - own
}

// parking is a connection over which a session is opened, with the headers of a browser, and left with its
// poll waiting.
type parking struct {
	b *testing.B
	c net.Conn
	r *bufio.Reader
}

func (p *parking) ask(rest string) {
	_, err := fmt.Fprintf(p.c, "GET /engine.io/%s HTTP/1.1\r\nHost: app.example\r\nReferer: http://app.example/page\r\n"+
		"User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/126.0 Safari/537.36\r\n"+
		"Accept-Encoding: gzip, deflate\r\nAccept-Language: en\r\nCookie: session=0123456789abcdef0123456789abcdef\r\n\r\n", rest)
	if err != nil {
		p.b.Fatal(err)
	}
}

// answer is what the last request brought.
func (p *parking) answer() string {
	resp, err := http.ReadResponse(p.r, nil)
	if err != nil {
		p.b.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		p.b.Fatal(err)
	}
	return string(body)
}

func (p *parking) engineio(query string) {
	p.ask("?" + query)
	body := p.answer()
	_, packet, _ := strings.Cut(strings.ReplaceAll(body, `\`, ""), "{")
	packet, _, _ = strings.Cut(packet, "}")
	var opened struct{ SID string }
	if err := json.Unmarshal([]byte("{"+packet+"}"), &opened); err != nil {
		p.b.Fatalf("%q: %v", body, err)
	}
	p.ask("?" + query + "&sid=" + opened.SID)
}

func (p *parking) v09(transport string) {
	p.ask("1/?t=1")
	sid, _, _ := strings.Cut(p.answer(), ":")
	poll := "1/" + transport + "/" + sid + "?t=1&i=0"
	p.ask(poll)
	if body := p.answer(); !strings.Contains(body, "1::") {
		p.b.Fatalf("%q", body)
	}
	p.ask(poll)
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
