// Command app is the app of the benchmarks: the fastest worker there can be, so that what is measured
// through it is the sidecar. It answers "echo" with the event's arguments, and "publish" by emitting
// "news" to everybody.
//
//	app SOCKET
//
// It speaks the app link as docs/protocol/rpc.md describes it.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"strings"

	"realtime/core/protocol/rpc"
)

// newsBytes is the length of a broadcast's argument.
const newsBytes = 256

func main() {
	runtime.GOMAXPROCS(1)
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: app SOCKET")
		os.Exit(2)
	}
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "bench/app:", err)
		os.Exit(1)
	}
}

func run(path string) error {
	nc, err := net.Dial("unix", path)
	if err != nil {
		return err
	}
	defer nc.Close()
	w := &worker{
		in:   bufio.NewReaderSize(nc, 64<<10),
		out:  bufio.NewWriterSize(nc, 64<<10),
		news: rpc.AppendNotification(nil, rpc.MethodEmit, news()),
	}
	if err := w.hello(); err != nil {
		return err
	}
	if err := w.work(); !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}

// worker is one connection, used by one goroutine.
type worker struct {
	in    *bufio.Reader
	out   *bufio.Writer
	news  []byte // the frame of a broadcast
	frame []byte // that was read last
	reply []byte
}

func (w *worker) hello() error {
	w.reply = rpc.AppendRequest(nil, 1, rpc.MethodHello, hello())
	if err := w.send(w.reply); err != nil {
		return err
	}
	f, err := w.read()
	if err == nil && f.Error != nil {
		err = fmt.Errorf("hello was refused: %q", f.Error)
	}
	return err
}

func (w *worker) work() error {
	for {
		f, err := w.read()
		if err != nil {
			return err
		}
		if f.Kind != rpc.Request {
			continue
		}
		if err := w.answer(f); err != nil {
			return err
		}
	}
}

func (w *worker) answer(f rpc.Frame) error {
	var result raw = nilValue
	if f.Method == rpc.MethodEvent {
		event, args, err := eventOf(f.Params)
		if err != nil {
			return err
		}
		switch event {
		case "echo":
			result = args
		case "publish":
			if _, err := w.out.Write(w.news); err != nil {
				return err
			}
		}
	}
	w.reply = rpc.AppendResult(w.reply[:0], f.ID, result)
	return w.send(w.reply)
}

// read returns the next frame, which is good until the one after it.
func (w *worker) read() (rpc.Frame, error) {
	var header [rpc.HeaderSize]byte
	if _, err := io.ReadFull(w.in, header[:]); err != nil {
		return rpc.Frame{}, err
	}
	n, err := rpc.Length(header, rpc.MaxFrame)
	if err != nil {
		return rpc.Frame{}, err
	}
	if cap(w.frame) < n {
		w.frame = make([]byte, 2*n)
	}
	w.frame = w.frame[:n]
	if _, err := io.ReadFull(w.in, w.frame); err != nil {
		return rpc.Frame{}, err
	}
	return rpc.Parse(w.frame)
}

// send writes b; what belongs to requests that were read together goes out together.
func (w *worker) send(b []byte) error {
	if _, err := w.out.Write(b); err != nil {
		return err
	}
	if w.in.Buffered() > 0 {
		return nil
	}
	return w.out.Flush()
}

func news() raw {
	m := newMap(2)
	m.text("event", "news")
	m.key("args")
	m.b = append(m.b, 0x91) // an array of one
	m.value(strings.Repeat("x", newsBytes))
	return m.b
}

func hello() raw {
	m := newMap(6)
	m.key("protocol")
	m.b = append(m.b, 0x92, 1, 1)
	m.text("role", string(rpc.RoleHandler))
	m.text("app", "bench")
	m.text("language", "go")
	m.key("namespaces")
	m.b = append(m.b, 0x91)
	m.value("/")
	m.key("window")
	m.b = append(m.b, 0xcd, window>>8, window&0xff)
	return m.b
}

// window is how many events the worker may hold unanswered: never what limits it.
const window = 1024
