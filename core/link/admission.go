package link

import (
	"errors"
	"slices"
	"time"

	"realtime/core/hub"
	"realtime/core/protocol/payload"
	"realtime/core/protocol/rpc"
	"realtime/core/token"
)

// What a client shows when it connects, and what that opens. Signatures are verified without any lock.

// credentials are the tokens of one connect.
type credentials struct {
	rpc.Auth
	pass  *token.Pass // what a valid token says, nil without one
	rooms []string    // which the valid room tokens open
}

const (
	// endedLimit logins and users that the app has ended are remembered for endedAge: a client may come
	// with what it was given before.
	endedLimit = 65_536
	endedAge   = 24 * time.Hour
)

// toJudge reports whether a connect depends on its tokens before anybody is asked.
func (l *Link) toJudge(a rpc.Auth) bool {
	return l.cfg.ConnectMode == ConnectToken || len(a.RoomTokens) > 0 || a.Broken
}

// judge verifies what a connect depends on; then it goes on, is refused, or waits for the first key.
func (l *Link) judge(t *task) {
	before := l.hellos.Load()
	refusal := l.judged(t)
	if refusal != nil && l.keyMayCome(refusal) {
		l.update(func(st *steps) {
			switch {
			case t.progress != waiting:
			case l.hellos.Load() != before: // perhaps with the key
				st.judges = append(st.judges, t)
			default:
				l.unjudged[t] = struct{}{}
			}
		})
		return
	}
	if refusal != nil {
		l.refuseToken(t, refusal)
		return
	}
	l.update(func(st *steps) {
		if t.progress != waiting {
			return // its patience has ended meanwhile
		}
		t.unjudged = false
		switch l.cfg.ConnectMode {
		case ConnectToken, ConnectOpen:
			l.clearDue(t)
			t.progress = settling
			st.accepts = append(st.accepts, t)
		default:
			l.await(st, t)
		}
	})
}

// judged fills in the task's credentials, or says why they do not count.
func (l *Link) judged(t *task) *token.Error {
	c := &t.credentials
	if c.Broken {
		return token.NewError(token.CodeRoomInvalid, errors.New("room_tokens is no list of texts"))
	}
	if l.cfg.ConnectMode == ConnectToken {
		if c.Token == "" {
			return token.NewError(token.CodeRequired, nil)
		}
		var err *token.Error
		if c.pass, err = l.pass(t); err != nil {
			return err
		}
	}
	var err *token.Error
	c.rooms, err = l.tokens.Rooms(c.RoomTokens, t.lane.socket.Namespace(), l.appSecrets(), time.Now())
	if err != nil {
		return err
	}
	if err := l.hub.CheckGrant(hub.Grant{Rooms: c.rooms}); err != nil {
		return token.NewError(token.CodeRoomInvalid, err)
	}
	return nil
}

// pass verifies the connect token of a task.
func (l *Link) pass(t *task) (*token.Pass, *token.Error) {
	p, err := l.tokens.Connect(t.credentials.Token, t.lane.socket.Namespace(), l.appSecrets(), time.Now())
	if err != nil {
		return nil, err
	}
	if err := l.hub.CheckGrant(passGrant(p)); err != nil {
		return nil, token.NewError(token.CodeInvalid, err)
	}
	if at, over := l.endOf(endedLogin(p.Login)); over && !p.IssuedAt.After(at) {
		return nil, token.NewError(token.CodeExpired, errors.New("its login has ended"))
	}
	return p, nil
}

// claims returns those of a valid connect token for the question to the app, or nil.
func (l *Link) claims(t *task) []byte {
	c := &t.credentials
	if c.Token == "" {
		return nil
	}
	if c.pass, _ = l.pass(t); c.pass == nil { // else the text is the app's own business
		return nil
	}
	return c.pass.Claims
}

func passGrant(p *token.Pass) hub.Grant {
	return hub.Grant{Rooms: p.Rooms, User: &p.User, Login: p.Login, Data: p.Data}
}

// keyMayCome reports whether a signature is unknown only because nobody has brought a key yet: it must
// not be held against the client that the app is still booting.
func (l *Link) keyMayCome(refusal *token.Error) bool {
	if !errors.Is(refusal, token.ErrSignature) || len(l.appSecrets()) > 0 {
		return false
	}
	return !l.tokens.Configured() || l.hellos.Load() == 0
}

// refuseToken answers a client whose token does not count.
func (l *Link) refuseToken(t *task, refusal *token.Error) {
	s := t.lane.socket
	claimed := false
	l.update(func(*steps) {
		if claimed = t.progress == waiting; claimed {
			l.clearDue(t)
			t.progress = settling
		}
	})
	if !claimed {
		return
	}
	l.counters.refused.Add(1)
	l.counters.tokensRefused.Add(1)
	l.log.Debug("refused a client", "namespace", s.Namespace(), "socket", s.ID(), "code", string(refusal.Code), "err", refusal)
	s.Refuse(refusal.Text(), refusalData(refusal.Code))
	l.update(func(st *steps) {
		l.rejected.add(s.ID())
		l.removeAll(st, t.lane)
	})
}

// refusalData is {code: "token_expired"} for the client's program.
func refusalData(code token.Code) []byte {
	data, err := payload.AppendMessagePack(nil, []byte(`{"code":"`+string(code)+`"}`), nil, payload.Limits{})
	if err != nil {
		panic(err) // the codes are ours
	}
	return data
}

// admitUnasked lets in whom the app need not be asked about.
func (l *Link) admitUnasked(t *task) {
	if t.credentials.pass == nil && l.cfg.ConnectMode == ConnectApp {
		l.claims(t)
	}
	g := hub.Grant{}
	if p := t.credentials.pass; p != nil {
		g = passGrant(p)
	}
	rooms := g.Rooms
	g.Rooms = nil
	t.credentials.rooms = append(rooms, t.credentials.rooms...)
	l.admit(t, g, time.Time{})
	l.update(func(st *steps) { l.settled(st, t) })
}

// admit lets a socket in, with the rooms of its tokens, until the earlier of expires (zero: never) and
// the end of its token.
func (l *Link) admit(t *task, g hub.Grant, expires time.Time) {
	s := t.lane.socket
	g.Add = g.Rooms == nil // tokens only add to what a client that came back had
	for _, room := range t.credentials.rooms {
		if !slices.Contains(g.Rooms, room) {
			g.Rooms = append(g.Rooms, room)
		}
	}
	if p := t.credentials.pass; p != nil && (expires.IsZero() || p.Until.Before(expires)) {
		expires = p.Until
	}
	if !expires.IsZero() {
		l.expireAt(s, expires)
	}
	if !s.Accept(g) {
		l.forgetExpiry(s)
	}
	if l.endedMeanwhile(s, g) {
		s.Expire()
	}
}

// endedMeanwhile reports whether the app has ended this login or user after the client's request was
// made that it was judged by. What was said then is not true any more, and what ended the others did
// not find this one.
func (l *Link) endedMeanwhile(s socket, g hub.Grant) bool {
	names := []string{}
	if g.Login != "" {
		names = append(names, endedLogin(g.Login))
	}
	if g.User != nil && *g.User != "" {
		names = append(names, endedUser(s.Namespace(), *g.User), endedUser(hub.EveryNamespace, *g.User))
	}
	return slices.ContainsFunc(names, func(name string) bool {
		at, over := l.endOf(name)
		return over && !s.Handshake().Time.After(at)
	})
}

// remember notes which logins and users are ended; it comes before they are.
func (l *Link) remember(sel hub.Select) {
	now := time.Now()
	for _, login := range sel.Logins {
		l.ended.put(endedLogin(login), now)
	}
	for _, user := range sel.Users {
		l.ended.put(endedUser(sel.Namespace, user), now)
	}
}

func (l *Link) endOf(name string) (time.Time, bool) { return l.ended.get(name) }

// endedLogin and endedUser are names in Link.ended that cannot be taken for each other.
func endedLogin(login string) string { return "login " + login }

func endedUser(namespace, user string) string { return "user " + namespace + " " + user }

// appSecrets are those that app processes have brought.
func (l *Link) appSecrets() [][]byte {
	if secrets := l.secrets.Load(); secrets != nil {
		return *secrets
	}
	return nil
}

// learn takes the secrets of a process that has said hello, and judges whoever waits for one. The
// caller holds l.mu.
func (l *Link) learn(st *steps, w *worker) {
	l.hellos.Add(1)
	l.ring.Add(w, w.hello.Keys)
	l.publishSecrets(st)
	for t := range l.unjudged {
		delete(l.unjudged, t)
		st.judges = append(st.judges, t)
	}
}

// unlearn is for a process that has gone. The caller holds l.mu.
func (l *Link) unlearn(st *steps, w *worker) {
	if l.ring.Remove(w) {
		l.publishSecrets(st)
	}
}

func (l *Link) publishSecrets(st *steps) {
	secrets, dropped := l.ring.Keys()
	l.secrets.Store(&secrets)
	st.secretsDropped = dropped && !l.warnedSecrets
	l.warnedSecrets = l.warnedSecrets || dropped
}
