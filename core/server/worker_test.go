package server

import (
	"encoding/json"
	"io"
	"net"
	"time"

	"realtime/core/protocol/payload"
	"realtime/core/protocol/rpc"
)

// worker is a process of the app on its link, written out by hand.
type worker struct {
	*running
	nc     net.Conn
	lastID uint32
}

// value is JSON that goes out as MessagePack.
type value string

func (v value) Append(dst []byte) []byte {
	dst, err := payload.AppendMessagePack(dst, []byte(v), nil, payload.Limits{})
	if err != nil {
		panic(err)
	}
	return dst
}

// work connects a worker that serves the main namespace and has the hooks given as a JSON list.
func (r *running) work(hooks string) *worker {
	r.t.Helper()
	nc, err := net.Dial("unix", r.options.Socket)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { nc.Close() })
	_ = nc.SetDeadline(time.Now().Add(patience))
	w := &worker{running: r, nc: nc}
	w.request(rpc.MethodHello, `{"protocol":[1,1],"features":[],"role":"handler","app":"test","language":"go","version":"1","pid":1,"namespaces":["/"],"hooks":`+hooks+`,"window":8}`)
	w.expect("")
	return w
}

func (w *worker) request(method, params string) {
	w.t.Helper()
	w.lastID++
	w.write(rpc.AppendRequest(nil, w.lastID, method, value(params)))
}

func (w *worker) answer(id uint32, result string) {
	w.t.Helper()
	w.write(rpc.AppendResult(nil, id, value(result)))
}

func (w *worker) write(frame []byte) {
	w.t.Helper()
	if _, err := w.nc.Write(frame); err != nil {
		w.t.Fatal(err)
	}
}

// expect reads until a request or notification of this method comes; "" is a response without an error.
func (w *worker) expect(method string) (id uint32, params map[string]any) {
	w.t.Helper()
	for {
		f := w.read()
		switch {
		case f.Kind == rpc.Response && f.Error != nil:
			refused, err := rpc.DecodeError(f.Error)
			w.t.Fatalf("refused: %v, %v", refused, err)
		case f.Kind == rpc.Response && method == "":
			return f.ID, nil
		case f.Kind != rpc.Response && f.Method == method:
			return f.ID, w.decode(f.Params)
		}
	}
}

func (w *worker) decode(params []byte) map[string]any {
	w.t.Helper()
	text, _, err := payload.AppendJSON(nil, params, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(text, &m); err != nil {
		w.t.Fatalf("%v in %s", err, text)
	}
	return m
}

func (w *worker) read() rpc.Frame {
	w.t.Helper()
	var header [rpc.HeaderSize]byte
	if _, err := io.ReadFull(w.nc, header[:]); err != nil {
		w.t.Fatalf("%v; log:\n%s", err, w.log.text())
	}
	n, err := rpc.Length(header, rpc.MaxFrame)
	if err != nil {
		w.t.Fatal(err)
	}
	body := make([]byte, n)
	if _, err := io.ReadFull(w.nc, body); err != nil {
		w.t.Fatal(err)
	}
	f, err := rpc.Parse(body)
	if err != nil {
		w.t.Fatal(err)
	}
	return f
}
