package server

import (
	"encoding/json"
	"errors"
	"strings"

	"github.com/valyala/fasthttp"

	"realtime/core/engine"
	"realtime/core/token"
)

// missed is the answer to a page that asks now and then what was emitted to its rooms.
type missed struct {
	Offset   string            `json:"offset"`   // to ask from next time
	Complete bool              `json:"complete"` // false: some of it is no longer known
	Events   []json.RawMessage `json:"events"`   // {event, args, offset}, oldest first
}

// asksMissed reports whether a request is a plain client's that neither stays nor is of Socket.IO.
func (s *Server) asksMissed(ctx *fasthttp.RequestCtx, name string) bool {
	return s.options.PlainClients && name == engine.PlainPath && ctx.IsGet() &&
		!ctx.Request.Header.ConnectionUpgrade() && !engine.IsEventStream(ctx)
}

// answerMissed answers it. The rooms are those of the tokens it shows; without one there is nothing to
// be had. An offset is taken back as it was given; without one the answer is where to begin.
func (s *Server) answerMissed(ctx *fasthttp.RequestCtx) {
	origin, _, ok := s.engine.Allow(ctx)
	if !ok {
		plain(ctx, fasthttp.StatusForbidden, "this page may not connect: list it in origins")
		return
	}
	if origin != "" {
		h := &ctx.Response.Header
		h.Set("Access-Control-Allow-Origin", origin)
		h.Add("Vary", "Origin")
		if origin != "*" {
			h.Set("Access-Control-Allow-Credentials", "true")
		}
	}
	args := ctx.QueryArgs()
	namespace := string(args.Peek("namespace"))
	if namespace == "" {
		namespace = "/"
	}
	var tokens []string
	for _, list := range args.PeekMulti("room_tokens") {
		tokens = append(tokens, strings.FieldsFunc(string(list), func(c rune) bool { return c == ',' })...)
	}
	if len(tokens) == 0 {
		plain(ctx, fasthttp.StatusUnauthorized, "room_tokens is missing")
		return
	}
	rooms, err := s.link.TokenRooms(namespace, tokens)
	if err != nil {
		s.refuseTokens(ctx, err)
		return
	}
	answer := missed{Events: []json.RawMessage{}}
	events, next, whole := s.hub.Missed(namespace, rooms, string(args.Peek("since")))
	answer.Offset, answer.Complete = next, whole
	for _, text := range events {
		answer.Events = append(answer.Events, text)
	}
	body, err := json.Marshal(answer)
	if err != nil {
		panic(err) // the events are JSON of our own
	}
	ctx.Response.Header.Set("Cache-Control", "no-store")
	ctx.SetContentType("application/json")
	ctx.SetBody(body)
}

// refuseTokens says which rule a token breaks, in the words that a Socket.IO client would get.
func (s *Server) refuseTokens(ctx *fasthttp.RequestCtx, err error) {
	code := "room_token_invalid"
	var refusal *token.Error
	if errors.As(err, &refusal) {
		code = string(refusal.Code)
	}
	s.log.Debug("refused to tell what was missed", "code", code, "err", err)
	plain(ctx, fasthttp.StatusForbidden, code)
}
