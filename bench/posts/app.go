package main

import (
	"encoding/json"
	"fmt"
	"log/slog"

	"github.com/valyala/fasthttp"

	"realtime/core/hub"
	"realtime/core/protocol/payload"
)

// posting is how many events may be at the app at a time: its threads, and some to wait for them.
const posting = 16

// app tells the application of events, each by a POST of its own.
type app struct {
	url    string
	client fasthttp.Client
	log    *slog.Logger
	slots  chan struct{}
}

var _ hub.App = (*app)(nil)

func newApp(url string, log *slog.Logger) *app {
	return &app{url: url, log: log, client: fasthttp.Client{MaxConnsPerHost: posting}, slots: make(chan struct{}, posting)}
}

func (a *app) Connect(s *hub.Socket, _ []byte) { s.Accept(hub.Grant{Rooms: []string{"all"}}) }

func (a *app) Disconnect(*hub.Socket, string, []string) {}

// Event must not block. The clients of the benchmarks have one event under way each, so that there is no order
// to keep, and no end of goroutines.
func (a *app) Event(s *hub.Socket, e hub.Event) bool {
	go func() {
		a.slots <- struct{}{}
		defer func() { <-a.slots }()
		if err := a.post(s, e); err != nil {
			a.log.Error("event", "err", err)
		}
	}()
	return false
}

func (a *app) post(s *hub.Socket, e hub.Event) error {
	body := fmt.Appendf(nil, `{"event":%q,"args":`, e.Name)
	body, err := payload.AppendInlineJSON(body, e.Args)
	if err != nil {
		return err
	}
	request, response := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
	defer fasthttp.ReleaseRequest(request)
	defer fasthttp.ReleaseResponse(response)
	request.SetRequestURI(a.url)
	request.Header.SetMethod(fasthttp.MethodPost)
	request.Header.SetContentType("application/json")
	request.SetBody(append(body, '}'))
	if err := a.client.Do(request, response); err != nil {
		return err
	}
	if response.StatusCode() != fasthttp.StatusOK {
		return fmt.Errorf("the app answered %d: %.200s", response.StatusCode(), response.Body())
	}
	if !e.WantsAck {
		return nil
	}
	args, err := payload.AppendMessagePack(nil, response.Body(), nil, payload.Limits{})
	if err != nil {
		return err
	}
	return s.Ack(e.Ack, args)
}

// emitter takes what the app emits.
type emitter struct{ hub *hub.Hub }

func (e emitter) handle(ctx *fasthttp.RequestCtx) {
	if err := e.emit(ctx.PostBody()); err != nil {
		ctx.Error(err.Error(), fasthttp.StatusBadRequest)
		return
	}
	ctx.SetStatusCode(fasthttp.StatusNoContent)
}

func (e emitter) emit(body []byte) error {
	var said struct {
		Room  string          `json:"room"`
		Event string          `json:"event"`
		Args  json.RawMessage `json:"args"`
	}
	if err := json.Unmarshal(body, &said); err != nil {
		return err
	}
	args, err := payload.AppendMessagePack(nil, said.Args, nil, payload.Limits{})
	if err != nil {
		return err
	}
	return e.hub.Emit(hub.Emit{Select: hub.Select{To: []string{said.Room}, Restricted: true}, Event: said.Event, Args: args})
}
