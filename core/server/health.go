package server

import (
	"encoding/json"

	"github.com/valyala/fasthttp"

	"realtime/core/hub"
)

// report is what /health/ready tells: numbers for people and graphs, nothing about anybody.
type report struct {
	Ready    bool   `json:"ready"`
	Version  string `json:"version"`
	Sessions int    `json:"sessions"` // clients connected
	Sockets  int    `json:"sockets"`  // of them, in the main namespace
	Workers  int    `json:"workers"`  // app processes connected
	Backlog  int    `json:"backlog"`  // events waiting for the app
}

// handleHealth answers on the port of its own.
func (s *Server) handleHealth(ctx *fasthttp.RequestCtx) {
	defer s.recoverRequest(ctx)
	switch string(ctx.Path()) {
	case "/health/live":
		// Alive is who can answer. An app that is away must not have us restarted: that would close
		// every client, and the app would not come back by it.
		plain(ctx, fasthttp.StatusOK, "ok")
	case "/health/ready":
		s.answerReport(ctx)
	default:
		plain(ctx, fasthttp.StatusNotFound, "not found: ask /health/live or /health/ready")
	}
}

func (s *Server) answerReport(ctx *fasthttp.RequestCtx) {
	stats := s.link.Stats()
	r := report{
		Ready:    s.ready.Load(),
		Version:  s.options.Version,
		Sessions: s.engine.Count(),
		Workers:  stats.Workers,
		Backlog:  stats.Events,
	}
	r.Sockets, _ = s.hub.Count(hub.Select{}) // everybody: there is nothing to refuse
	body, err := json.Marshal(r)
	if err != nil {
		panic(err) // numbers and a text
	}
	ctx.SetStatusCode(s.readiness())
	ctx.SetContentType("application/json")
	ctx.SetBody(append(body, '\n'))
}

// answerReady answers on the main port.
func (s *Server) answerReady(ctx *fasthttp.RequestCtx) {
	text := "ok"
	if !s.ready.Load() {
		text = "stopping"
	}
	plain(ctx, s.readiness(), text)
	ctx.Response.Header.Set("Cache-Control", "no-store")
}

func (s *Server) readiness() int {
	if s.ready.Load() {
		return fasthttp.StatusOK
	}
	return fasthttp.StatusServiceUnavailable
}
