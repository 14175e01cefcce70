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
)

// Server is the HTTP entry of the engine and the register of its sessions.
//
// Concurrency: all methods may be called from any goroutine.
type Server struct {
	cfg        Config
	handler    Handler
	log        *slog.Logger
	timing     engineio.Timing
	origins    origins
	upgradable bool
	epoch      time.Time // what the machines' times count from
	flusher    flusher
	backlog    backlog
	refused    atomic.Int64 // foreign origins, for a log line that is not repeated for each

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
		timing: engineio.Timing{
			PingInterval:   cfg.PingInterval,
			PingTimeout:    cfg.PingTimeout,
			UpgradeTimeout: cfg.UpgradeTimeout,
		},
		origins:    newOrigins(cfg.Origins, cfg.Development),
		upgradable: !cfg.NoUpgrades && slices.Contains(cfg.Transports, engineio.WebSocket.String()),
		epoch:      time.Now(),
		sessions:   make(map[string]*Session),
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

// Handle answers a request under the engine's path. It may take the connection away from fasthttp.
func (s *Server) Handle(ctx *fasthttp.RequestCtx) {
	upgrade := isUpgrade(ctx)
	client := s.cfg.Forwarded.Resolve(ctx)
	named, from, ok := s.origins.judge(ctx, client)
	args := ctx.QueryArgs()
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
	if r := s.checkHandshake(ctx, transport, upgrade); r != nil {
		r.write(ctx, upgrade)
		return
	}
	s.handshake(ctx, newHandshake(ctx, client), upgrade)
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
	s.log.Warn("a page of another origin was refused; to let it in, list it: origins: ["+strings.TrimSpace(from)+"]",
		"origin", from, "refused", n)
}

// checkHandshake judges a request that wants to open a session, in the reference server's order.
func (s *Server) checkHandshake(ctx *fasthttp.RequestCtx, transport string, upgrade bool) *refusal {
	switch {
	case !ctx.IsGet():
		return badHandshakeMethod
	case transport == engineio.WebSocket.String() && !upgrade:
		return badRequest
	case string(ctx.QueryArgs().Peek("EIO")) != "4":
		return protocolVersion
	}
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
func (s *Server) handshake(ctx *fasthttp.RequestCtx, hs *Handshake, upgrade bool) {
	switch {
	case upgrade && string(ctx.QueryArgs().Peek("transport")) != engineio.WebSocket.String():
		s.refuseWebSocket(ctx)
	case upgrade:
		s.openWebSocket(ctx, hs)
	default:
		sess := s.newSession(hs, engineio.Polling)
		s.setCookie(ctx, sess, hs.Secure)
		greeting := s.greeting(sess)
		s.open(sess)
		s.writePayload(ctx, greeting)
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
	case sess == nil:
		sessionUnknown.write(ctx, upgrade)
		return
	case sess.overdue():
		if ctx.IsGet() && !upgrade && sess.crossed() {
			s.writePayload(ctx, []*Message{sess.farewell})
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
	case transport != sess.Transport():
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
func (s *Server) newSession(hs *Handshake, carrier engineio.Carrier) *Session {
	now := s.now()
	sess := &Session{
		server:    s,
		handshake: hs,
		id:        id.New(),
		conn:      engineio.NewConn(&s.timing, carrier, now),
		polled:    now,
		marks:     dirty, // so that no flusher sees it before it is open
	}
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
