package engine

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/valyala/fasthttp"

	"realtime/core/id"
	"realtime/core/protocol/engineio"
	"realtime/core/protocol/socketio1"
	"realtime/core/proxy/forwarded"
)

// Server is the HTTP entry of the engine and the register of its sessions.
//
// Concurrency: all methods may be called from any goroutine.
type Server struct {
	cfg     Config
	handler Handler
	log     *slog.Logger
	rows    [Dialects]row
	timing  engineio.Timing
	// clientTiming is the same for clients that ping.
	clientTiming engineio.Timing
	streamTiming engineio.Timing // of an EventSource, which cannot answer
	v09Timing    socketio1.Timing
	origins      origins
	upgradable   bool
	// v09Transports are those that a handshake of clients 0.7 to 0.9 offers.
	v09Transports []string
	epoch         time.Time     // what the machines' times count from
	crossing      time.Duration // crossingPatience; tests are longer on the way
	flusher       flusher
	backlog       backlog
	refused       atomic.Int64 // foreign origins, for a log line that is not repeated for each

	mu         sync.Mutex
	sessions   map[string]*Session
	unreported int // sessions whose end the floor above has not heard of
	stopping   bool
	empty      chan struct{} // closed when there are none; only while stopping
	spawned    sync.WaitGroup
}

// New returns a server whose sessions are given to handler. It starts nothing.
func New(cfg Config, handler Handler) *Server {
	cfg = cfg.withDefaults()
	s := &Server{
		cfg:     cfg,
		handler: handler,
		log:     cfg.Logger,
		rows:    newRows(),
		timing: engineio.Timing{
			PingInterval:   cfg.PingInterval,
			PingTimeout:    cfg.PingTimeout,
			UpgradeTimeout: cfg.UpgradeTimeout,
		},
		v09Timing:     cfg.v09Timing(),
		v09Transports: v09Names(&cfg),

		origins:    newOrigins(cfg.Origins, cfg.Development),
		upgradable: !cfg.NoUpgrades && slices.Contains(cfg.Transports, engineio.WebSocket.String()),
		epoch:      time.Now(),
		crossing:   crossingPatience,
		sessions:   make(map[string]*Session),
	}
	s.clientTiming = s.timing
	s.clientTiming.ClientPings = true
	s.streamTiming = s.timing
	s.streamTiming.Mute = true
	if cfg.PlainClients {
		s.rows[Plain] = plainRow()
	}
	s.flusher.wake.L = &s.flusher.mu
	s.backlog.limit = int64(cfg.MaxBacklog)
	return s
}

// Run writes what sessions are sent, until ctx ends. It returns when all it started has stopped.
func (s *Server) Run(ctx context.Context) error {
	s.flusher.run(ctx)
	s.spawned.Wait()
	return nil
}

// now is the time as the machines count it.
func (s *Server) now() time.Duration { return time.Since(s.epoch) }

// spawn runs f on a goroutine that Run waits for.
func (s *Server) spawn(f func()) { s.spawned.Go(f) }

// Count is the number of sessions.
func (s *Server) Count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.sessions)
}

// Allow judges where a request comes from, as the engine does for its own: named is the foreign origin
// that the answer must name, "" if none has to be. A refusal is logged.
func (s *Server) Allow(ctx *fasthttp.RequestCtx) (named string, client forwarded.Client, ok bool) {
	client = s.cfg.Forwarded.Resolve(ctx)
	named, from, ok := s.origins.judge(ctx, client)
	if !ok {
		s.refuseOrigin(from)
	}
	return named, client, ok
}

// An entry is a door of the engine: requests of clients that say by their path what they are.
type entry struct {
	// opens reports whether the request is meant for this door; rest is its path behind the engine's
	// own: "1/websocket/abc" of "/socket.io/1/websocket/abc?t=1".
	opens func(rest string) bool
	serve func(s *Server, ctx *fasthttp.RequestCtx, rest string)
}

// entries are the doors beside Engine.IO's, whose clients tell their revision in the query.
var entries = []entry{v09Entry, plainEntry}

// Handle answers a request under the engine's path; rest is what its path has behind that, without the
// query. It may take the connection away from fasthttp.
func (s *Server) Handle(ctx *fasthttp.RequestCtx, rest string) {
	for _, e := range entries {
		if e.opens(rest) {
			e.serve(s, ctx, rest)
			return
		}
	}
	if rest == "" && wantsNothing(ctx) {
		welcome(ctx)
		return
	}
	s.serveEngineIO(ctx)
}

// serveEngineIO answers a request of an Engine.IO client, of whatever revision.
func (s *Server) serveEngineIO(ctx *fasthttp.RequestCtx) {
	upgrade := isUpgrade(ctx)
	client := s.cfg.Forwarded.Resolve(ctx)
	args := ctx.QueryArgs()
	judge := s.origins.judge
	if args.Has("j") {
		judge = s.origins.judgeScript
	}
	named, from, ok := judge(ctx, client)
	transport := string(args.Peek("transport"))
	if ok && ctx.IsOptions() && len(ctx.Request.Header.Peek("Access-Control-Request-Method")) > 0 {
		preflight(ctx, named)
		return
	}
	switch {
	case !s.knows(transport, upgrade):
		setCORS(ctx, named)
		transportUnknown.write(ctx, upgrade)
		return
	case !ok:
		s.refuseOrigin(from)
		forbidden.write(ctx, upgrade)
		return
	}
	setCORS(ctx, named)
	if isLegacyIE(ctx.UserAgent()) {
		ctx.Response.Header.Set("X-XSS-Protection", "0")
	}
	if sid := args.Peek("sid"); len(sid) > 0 {
		s.serveSession(ctx, string(sid), transport, named, upgrade)
		return
	}
	dialect, r := s.checkHandshake(ctx, transport, upgrade)
	if r != nil {
		r.write(ctx, upgrade)
		return
	}
	s.handshake(ctx, dialect, newHandshake(ctx, client), upgrade)
}

// revisions are the dialects by the EIO of a query.
var revisions = map[string]Dialect{"4": EIO4, "3": EIO3, "2": EIO3}

// revision is the dialect a handshake asks for; false if it is none, or not in service.
func (s *Server) revision(ctx *fasthttp.RequestCtx) (Dialect, bool) {
	d, known := revisions[string(ctx.QueryArgs().Peek("EIO"))]
	return d, known && s.rows[d].session != nil
}

// knows reports whether a transport is in service.
func (s *Server) knows(transport string, upgrade bool) bool {
	return slices.Contains(s.cfg.Transports, transport) &&
		(!upgrade || slices.Contains(s.cfg.Transports, engineio.WebSocket.String()))
}

// refuseOrigin tells the operator about a refused page, with the line that would let it in; after the
// first ones only now and then.
func (s *Server) refuseOrigin(from string) {
	n := s.refused.Add(1)
	if n > 10 && n%1000 != 0 {
		return
	}
	advice := "a page of another origin was refused; to let it in, list it: origins: [" + strings.TrimSpace(from) + "]"
	if from == nameless {
		advice = "a page was refused: JSONP needs an Origin, Sec-Fetch-Site or Referer to be judged by"
	}
	s.log.Warn(advice, "origin", from, "refused", n)
}

// checkHandshake judges a request that wants to open a session, in the reference server's order.
func (s *Server) checkHandshake(ctx *fasthttp.RequestCtx, transport string, upgrade bool) (Dialect, *refusal) {
	dialect, known := s.revision(ctx)
	switch {
	case !ctx.IsGet():
		return 0, badHandshakeMethod
	case transport == engineio.WebSocket.String() && !upgrade:
		return 0, badRequest
	case !known:
		return 0, protocolVersion
	}
	return dialect, s.room()
}

// room says why there is no room for one more session; nil if there is.
func (s *Server) room() *refusal {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.stopping:
		return leaving
	case len(s.sessions) >= s.cfg.MaxSessions:
		return full
	}
	return nil
}

// handshake opens a session.
func (s *Server) handshake(ctx *fasthttp.RequestCtx, d Dialect, hs *Handshake, upgrade bool) {
	switch {
	case upgrade && string(ctx.QueryArgs().Peek("transport")) != engineio.WebSocket.String():
		s.refuseWebSocket(ctx)
	case upgrade:
		s.openWebSocket(ctx, d, hs)
	default:
		sess := s.newSession(d, hs, engineio.Polling, pollingBy(hs))
		s.setCookie(ctx, sess, hs.Secure)
		greeting := sess.row.greeting(s, sess)
		s.open(sess)
		s.writePayload(ctx, sess.row.form(sess, ctx), greeting)
	}
}

// setCookie sets the cookie with the session's id, if one is configured.
func (s *Server) setCookie(ctx *fasthttp.RequestCtx, sess *Session, secure bool) {
	if s.cfg.Cookie == "" {
		return
	}
	var c fasthttp.Cookie
	c.SetKey(s.cfg.Cookie)
	c.SetValue(sess.id)
	c.SetPath("/")
	c.SetHTTPOnly(true)
	c.SetSecure(secure)
	c.SetSameSite(fasthttp.CookieSameSiteLaxMode)
	ctx.Response.Header.SetCookie(&c)
}

// serveSession answers a request of a session.
func (s *Server) serveSession(ctx *fasthttp.RequestCtx, sid, transport, origin string, upgrade bool) {
	s.mu.Lock()
	sess := s.sessions[sid]
	s.mu.Unlock()
	switch {
	case sess == nil || sess.roam != nil:
		sessionUnknown.write(ctx, upgrade)
		return
	case sess.overdue():
		if ctx.IsGet() && !upgrade && sess.crossed() {
			s.writePayload(ctx, sess.row.form(sess, ctx), []*Message{sess.farewell})
			return
		}
		sessionUnknown.write(ctx, upgrade)
		return
	}
	if !upgrade {
		sess.settleUpgrade()
	}
	switch {
	case upgrade && transport == engineio.WebSocket.String():
		s.probeWebSocket(ctx, sess)
	case upgrade:
		s.refuseWebSocket(ctx)
	case transport != sess.carrier().String():
		badRequest.write(ctx, false)
	case transport != engineio.Polling.String():
		badRequest.write(ctx, false)
	case ctx.IsGet():
		ctx.Response.Header.Set("Cache-Control", "no-store")
		sess.servePoll(ctx, origin)
	case ctx.IsPost():
		ctx.Response.Header.Set("Cache-Control", "no-store")
		sess.serveUpload(ctx, origin)
	default:
		empty(ctx, fasthttp.StatusInternalServerError)
	}
}

// newSession makes a session that is not open yet.
func (s *Server) newSession(d Dialect, hs *Handshake, c engineio.Carrier, t Transport) *Session {
	now := s.now()
	sess := s.rows[d].session(s, c, now)
	sess.server, sess.row, sess.dialect = s, &s.rows[d], d
	sess.handshake, sess.transport = hs, t
	sess.id = id.New()
	sess.polled = now
	sess.marks = dirty // so that no flusher sees it before it is open
	sess.timer.Init(sess)
	return sess
}

// open gives a session to the floor above and enters it in the register. From here on it can be found.
func (s *Server) open(sess *Session) {
	sess.client = s.handler.Open(sess)
	s.mu.Lock()
	s.sessions[sess.id] = sess
	s.unreported++
	stopping := s.stopping
	s.mu.Unlock()
	if stopping {
		sess.end(ServerShutdown, "")
	} else {
		sess.mu.Lock()
		sess.setTimer()
		sess.mu.Unlock()
	}
	s.flusher.add(sess) // dirty since newSession
}

// forget takes a session out of the register.
func (s *Server) forget(sess *Session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.sessions, sess.id)
}

// reported counts a session whose end the floor above has heard of.
func (s *Server) reported() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unreported--
	if s.unreported == 0 && s.empty != nil {
		close(s.empty)
		s.empty = nil
	}
}

// logClosed leaves a line about a session's end.
func (s *Server) logClosed(sess *Session, r Reason, detail string) {
	level := slog.LevelDebug
	if detail == slowDetail {
		level = slog.LevelInfo
	}
	s.log.Log(context.Background(), level, "session closed", "reason", r.String(), "detail", detail,
		"transport", sess.Transport(), "address", sess.handshake.Address,
		"age", time.Since(sess.handshake.Time).Round(time.Millisecond))
}

// isUpgrade reports whether a request wants a WebSocket.
func isUpgrade(ctx *fasthttp.RequestCtx) bool {
	h := &ctx.Request.Header
	return ctx.IsGet() && h.ConnectionUpgrade() && strings.EqualFold(string(h.Peek("Upgrade")), "websocket")
}
