package proxy

import (
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func TestStream_event_streams_arrive_piece_by_piece(t *testing.T) {
	for _, tc := range []struct{ name, version, length string }{
		{"chunked", "1.1", ""},
		{"until close, for HTTP/1.0", "1.0", ""},
		{"fixed length", "1.1", "20000"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			next := make(chan string)
			f := serve(t, Config{Upstreams: []string{app(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "text/event-stream")
				if tc.length != "" {
					w.Header().Set("Content-Length", tc.length)
				}
				for s := range next {
					_, _ = io.WriteString(w, s)
					w.(http.Flusher).Flush()
				}
			})}})
			defer close(next)
			c := dial(t, f.addr)
			c.send("GET / HTTP/" + tc.version + "\r\nHost: a\r\n\r\n")
			next <- "" // the head alone
			if tc.length != "" {
				next <- "begin" // with a length, the head waits for the first byte
			}
			resp, err := http.ReadResponse(c.r, nil)
			if err != nil {
				t.Fatal(err)
			}
			if tc.length != "" {
				_, _ = io.CopyN(io.Discard, resp.Body, int64(len("begin")))
			}
			for i := range 5 {
				piece := fmt.Sprintf("data: %d\n\n", i)
				start := time.Now()
				next <- piece
				got := make([]byte, len(piece))
				if _, err := io.ReadFull(resp.Body, got); err != nil || string(got) != piece {
					t.Fatalf("piece %q, %v", got, err)
				}
				// Far above the milliseconds it takes, far below any buffer's patience.
				if took := time.Since(start); took > 5*time.Second {
					t.Errorf("piece %d took %v", i, took)
				}
			}
		})
	}
}

// mebibytes is how much the bulk tests move; REALTIME_BULK_MIB=1024 is worth a try.
func mebibytes() int64 {
	if n, err := strconv.ParseInt(os.Getenv("REALTIME_BULK_MIB"), 10, 64); err == nil {
		return n
	}
	if testing.Short() {
		return 16
	}
	return 64
}

// pattern is an endless body that shows misplaced bytes; its period, a prime, is no buffer's size.
type pattern struct{ at int }

var period = func() []byte {
	b := make([]byte, 65521)
	for i := range b {
		b[i] = byte(i * 7 >> 3)
	}
	return b
}()

func (p *pattern) Read(b []byte) (int, error) {
	n := copy(b, period[p.at:])
	p.at = (p.at + n) % len(period)
	return n, nil
}

// heapPeak samples the heap until stopped and returns the highest value seen.
func heapPeak() (stop func() uint64) {
	done, peak := make(chan struct{}), make(chan uint64)
	var stats runtime.MemStats
	go func() {
		var highest uint64
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				runtime.ReadMemStats(&stats)
				highest = max(highest, stats.HeapInuse)
			case <-done:
				peak <- highest
				return
			}
		}
	}()
	return func() uint64 { close(done); return <-peak }
}

func TestStream_bodies_of_any_size_take_the_same_memory(t *testing.T) {
	size := mebibytes() << 20
	want := sha256.New()
	_, _ = io.CopyN(want, &pattern{}, size)
	sum := fmt.Sprintf("%x", want.Sum(nil))
	var bad atomic.Int32
	f := serve(t, Config{Upstreams: []string{app(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == "POST" {
			got := sha256.New()
			n, err := io.Copy(got, r.Body)
			if err != nil || n != size || fmt.Sprintf("%x", got.Sum(nil)) != sum {
				bad.Add(1)
			}
			return
		}
		if r.URL.Path == "/length" {
			w.Header().Set("Content-Length", strconv.FormatInt(size, 10))
		}
		_, _ = io.CopyN(w, &pattern{}, size)
	})}})
	runtime.GC()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	stop := heapPeak()
	for _, path := range []string{"/length", "/chunked"} {
		resp, err := http.Get("http://" + f.addr + path)
		if err != nil {
			t.Fatal(err)
		}
		got := sha256.New()
		n, err := io.Copy(got, resp.Body)
		_ = resp.Body.Close()
		if err != nil || n != size || fmt.Sprintf("%x", got.Sum(nil)) != sum {
			t.Errorf("down %s: %d bytes, %v", path, n, err)
		}
		req, _ := http.NewRequest("POST", "http://"+f.addr+path, io.LimitReader(&pattern{}, size))
		if path == "/length" {
			req.ContentLength = size
		}
		resp, err = http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != 200 || bad.Load() != 0 {
			t.Errorf("up %s: status %d", path, resp.StatusCode)
		}
	}
	http.DefaultClient.CloseIdleConnections()
	if grown := int64(stop()) - int64(before.HeapInuse); grown > 12<<20 {
		t.Errorf("heap grew by %d KiB", grown>>10)
	} else {
		t.Logf("%d MiB each way, heap grew by %d KiB", size>>20, grown>>10)
	}
}

func TestStream_a_broken_answer_does_not_look_whole(t *testing.T) {
	big := strings.Repeat("x", 10000)
	for name, tc := range map[string]struct {
		answer string
		status int
	}{
		"large, fixed": {"HTTP/1.1 200 OK\r\nContent-Length: 20000\r\n\r\n" + big, 200},
		"chunked":      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2710\r\n" + big + "\r\n5\r\nxx", 200},
		"small, fixed": {"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", 502},
		"no head":      {"", 502},
		"half a head":  {"HTTP/1.1 200 OK\r\nContent-", 502},
		"no HTTP":      {"hello\r\n\r\n", 502},
		"bad value":    {"HTTP/1.1 200 OK\r\nX-A: \x01\r\nContent-Length: 0\r\n\r\n", 502},
		"bad status":   {"HTTP/1.1 099 No\r\nContent-Length: 0\r\n\r\n", 502},
		"101 unasked":  {"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n", 502},
	} {
		t.Run(name, func(t *testing.T) {
			f := serve(t, Config{Upstreams: []string{rawBytes(t, tc.answer)}})
			c := dial(t, f.addr)
			c.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
			resp, err := http.ReadResponse(c.r, nil)
			if err != nil {
				t.Fatal(err)
			}
			_, err = io.ReadAll(resp.Body)
			if resp.StatusCode != tc.status || (tc.status == 200) != (err != nil) {
				t.Errorf("status %d, body error %v", resp.StatusCode, err)
			}
		})
	}
}

func TestStream_request_body_over_the_limit_is_413(t *testing.T) {
	f := serve(t, Config{MaxRequestBody: 50000, Upstreams: []string{app(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
	})}})
	resp, err := http.Post("http://"+f.addr+"/", "text/plain", io.LimitReader(&pattern{}, 49000))
	if err != nil || resp.StatusCode != 200 {
		t.Fatalf("%v %v", resp, err)
	}
	_ = resp.Body.Close()
	c := dial(t, f.addr)
	c.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
	for range 60 {
		c.send("400\r\n" + strings.Repeat("x", 1024) + "\r\n")
	}
	if resp, _ := c.answer("POST"); resp.StatusCode != 413 || !resp.Close {
		t.Errorf("status %d, close %v", resp.StatusCode, resp.Close)
	}
}
