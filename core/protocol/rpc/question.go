package rpc

// Pair is one header or one query parameter.
type Pair struct{ Name, Value string }

// Handshake is what is known of a session's first HTTP request.
type Handshake struct {
	Headers []Pair // names are lower-case and different from each other
	Query   []Pair
	Address string // of the client
	URL     string
	Secure  bool
	Time    int64 // milliseconds since 1970
	Client
}

// Connect is the question whether a socket may enter its namespace.
type Connect struct {
	Socket    string
	Namespace string
	Auth      []byte // one value; nil for none
	Claims    []byte // of a valid token: one map; nil without one
	Handshake Handshake
	Recovered bool
}

// Append appends the parameters.
func (c *Connect) Append(dst []byte) []byte {
	dst = appendMapLen(dst, 5+one(c.Claims != nil))
	dst = appendString(appendString(dst, "socket"), c.Socket)
	dst = appendString(appendString(dst, "namespace"), c.Namespace)
	dst = appendRaw(appendString(dst, "auth"), c.Auth)
	if c.Claims != nil {
		dst = appendRaw(appendString(dst, "claims"), c.Claims)
	}
	dst = c.Handshake.append(appendString(dst, "handshake"))
	return appendBool(appendString(dst, "recovered"), c.Recovered)
}

func (h *Handshake) append(dst []byte) []byte {
	dst = appendMapLen(dst, 8)
	dst = appendPairs(appendString(dst, "headers"), h.Headers)
	dst = appendPairs(appendString(dst, "query"), h.Query)
	dst = appendString(appendString(dst, "address"), h.Address)
	dst = appendString(appendString(dst, "url"), h.URL)
	dst = appendBool(appendString(dst, "secure"), h.Secure)
	return h.Client.append(appendInt(appendString(dst, "time"), h.Time))
}

func appendPairs(dst []byte, pairs []Pair) []byte {
	dst = appendMapLen(dst, len(pairs))
	for _, p := range pairs {
		dst = appendString(appendString(dst, p.Name), p.Value)
	}
	return dst
}

// Event is one event of a client.
type Event struct {
	ID        string
	Socket    string
	Namespace string
	Event     string
	Args      []byte // MessagePack array
	Ack       bool   // whether the client wants one
	User      string // "" for none
	Login     string // "" for none
	Data      []byte // one value; nil for none
	Attempt   int    // 1 at first
	Client
}

// Client is what a socket's client is, as every question about it says.
type Client struct {
	Dialect   string // its generation: V09, EIO3, EIO4, Plain
	Transport string // what carries it now: websocket, polling, …
}

func (c Client) append(dst []byte) []byte {
	dst = appendString(appendString(dst, "dialect"), c.Dialect)
	return appendString(appendString(dst, "transport"), c.Transport)
}

// Append appends the parameters.
func (e *Event) Append(dst []byte) []byte {
	dst = appendMapLen(dst, 11+one(e.Login != ""))
	dst = appendString(appendString(dst, "id"), e.ID)
	dst = appendString(appendString(dst, "socket"), e.Socket)
	dst = appendString(appendString(dst, "namespace"), e.Namespace)
	dst = appendString(appendString(dst, "event"), e.Event)
	dst = appendRaw(appendString(dst, "args"), e.Args)
	dst = appendBool(appendString(dst, "ack"), e.Ack)
	dst = appendName(appendString(dst, "user"), e.User)
	dst = appendRaw(appendString(dst, "data"), e.Data)
	dst = appendInt(appendString(dst, "attempt"), int64(e.Attempt))
	return appendLogin(e.Client.append(dst), e.Login)
}

// Disconnected says that a socket is gone.
type Disconnected struct {
	ID        string
	Socket    string
	Namespace string
	Reason    string
	User      string // "" for none
	Login     string // "" for none
	Data      []byte // one value; nil for none
	Rooms     []string
	Client
}

// Append appends the parameters of the sidecar's disconnect.
func (d *Disconnected) Append(dst []byte) []byte {
	dst = appendMapLen(dst, 9+one(d.Login != ""))
	dst = appendString(appendString(dst, "id"), d.ID)
	dst = appendString(appendString(dst, "socket"), d.Socket)
	dst = appendString(appendString(dst, "namespace"), d.Namespace)
	dst = appendString(appendString(dst, "reason"), d.Reason)
	dst = appendName(appendString(dst, "user"), d.User)
	dst = appendRaw(appendString(dst, "data"), d.Data)
	dst = appendStrings(appendString(dst, "rooms"), d.Rooms)
	return appendLogin(d.Client.append(dst), d.Login)
}

func appendLogin(dst []byte, login string) []byte {
	if login == "" {
		return dst
	}
	return appendString(appendString(dst, "login"), login)
}

// one counts a key that is there only sometimes.
func one(there bool) int {
	if there {
		return 1
	}
	return 0
}

// Rejected says that an emit sent as a notification was refused.
type Rejected struct {
	ID      string // of the emit, "" when it had none
	Code    Code
	Message string
}

// Append appends the parameters.
func (r *Rejected) Append(dst []byte) []byte {
	n := 2
	if r.ID != "" {
		n++
	}
	dst = appendMapLen(dst, n)
	if r.ID != "" {
		dst = appendString(appendString(dst, "id"), r.ID)
	}
	dst = appendString(appendString(dst, "code"), string(r.Code))
	return appendString(appendString(dst, "message"), r.Message)
}
