package rpc

import "fmt"

// MaxBatch is how many emits one batch may have.
const MaxBatch = 4096

// Select says which sockets a request of the app means. Namespace alone means everyone in it.
type Select struct {
	Namespace string // "/" when absent

	// To is rooms and socket ids, Users what connect answers named. All nil: not restricted.
	// Present and empty: nobody.
	// Logins are what connect answers named, too: they add up with To and Users.
	To, Users, Logins []string

	Except, ExceptUsers []string
	All                 bool // join, leave and disconnect want to be told when everyone is meant
}

// read takes the key under f if it is one of a select.
func (s *Select) read(f *fields) bool {
	switch string(f.key) {
	case "namespace":
		s.Namespace = f.text()
	case "to":
		s.To = f.texts()
	case "users":
		s.Users = f.names()
	case "logins":
		s.Logins = f.names()
	case "except":
		s.Except = f.texts()
	case "except_users":
		s.ExceptUsers = f.names()
	case "all":
		s.All = f.flag()
	default:
		return false
	}
	return true
}

func (s *Select) finish() {
	if s.Namespace == "" {
		s.Namespace = "/"
	}
}

// Restricted reports whether not everyone in the namespace is meant.
func (s *Select) Restricted() bool { return s.To != nil || s.Users != nil || s.Logins != nil }

// DecodeSelect reads the parameters of rooms and count.
func DecodeSelect(params []byte) (Select, error) {
	var s Select
	f := open(params)
	for f.next() {
		s.read(f)
	}
	s.finish()
	return s, f.err
}

// checkSaid refuses a select that would mean everyone by omission.
func (s *Select) checkSaid() error {
	named := s.Restricted()
	switch {
	case !named && !s.All:
		return &ParamError{"to", `say whom: to, users, logins or all: true`}
	case named && s.All:
		return &ParamError{"all", "contradicts to, users and logins"}
	}
	return nil
}

// Emit is one event for clients.
type Emit struct {
	Select
	Event    string
	Args     []byte // MessagePack array; aliases the frame
	Volatile bool
	Local    bool
	// Uncompressed says that it is not to be compressed, where that is on: compress: false.
	Uncompressed bool
	ID           string // "" when absent
}

// DecodeEmit reads the parameters of an emit.
func DecodeEmit(params []byte) (Emit, error) {
	var e Emit
	f := open(params)
	for f.next() {
		e.read(f)
	}
	return e, e.finish(f.err)
}

func (e *Emit) read(f *fields) {
	if e.Select.read(f) {
		return
	}
	switch string(f.key) {
	case "event":
		e.Event = f.name()
	case "args":
		e.Args = f.list()
	case "volatile":
		e.Volatile = f.flag()
	case "local":
		e.Local = f.flag()
	case "compress":
		e.Uncompressed = !f.flag()
	case "id":
		e.ID = f.id()
	}
}

var noArgs = []byte{0x90}

func (e *Emit) finish(err error) error {
	e.Select.finish()
	if e.Args == nil {
		e.Args = noArgs
	}
	if err == nil && e.Event == "" {
		return &ParamError{"event", "is missing"}
	}
	return err
}

// Batch is several emits that are taken or refused as a whole.
type Batch struct {
	Emits []Emit
	ID    string
}

// DecodeBatch reads the parameters of a batch.
func DecodeBatch(params []byte) (Batch, error) {
	var b Batch
	f := open(params)
	for f.next() {
		switch string(f.key) {
		case "id":
			b.ID = f.id()
		case "emits":
			b.Emits = f.emits()
		}
	}
	if f.err == nil && b.Emits == nil {
		return b, &ParamError{"emits", "is missing"}
	}
	return b, f.err
}

func (f *fields) emits() []Emit {
	r := reader{b: f.val}
	n, ok := r.arrayLen()
	if !ok {
		f.fail("not a list")
		return nil
	}
	if n > MaxBatch {
		f.fail(fmt.Sprintf("at most %d emits", MaxBatch))
		return nil
	}
	out := make([]Emit, 0, n)
	for range n {
		v := r.raw()
		if !isMap(v) {
			f.fail("not a list of maps")
			return nil
		}
		e, err := DecodeEmit(v)
		if err != nil {
			f.err = err
			return nil
		}
		out = append(out, e)
	}
	return out
}

// Call is an event whose acks are awaited.
type Call struct {
	Emit
	Timeout int64 // milliseconds, more than 0
}

// DecodeCall reads the parameters of a call.
func DecodeCall(params []byte) (Call, error) {
	var c Call
	f := open(params)
	for f.next() {
		if string(f.key) == "timeout" {
			c.Timeout = f.number()
			continue
		}
		c.Emit.read(f)
	}
	if err := c.Emit.finish(f.err); err != nil {
		return c, err
	}
	if c.Timeout <= 0 {
		return c, &ParamError{"timeout", "must be more than 0 milliseconds"}
	}
	return c, nil
}

// RoomChange is the parameters of join and leave.
type RoomChange struct {
	Select
	Rooms []string
}

// DecodeRoomChange reads the parameters of join and leave.
func DecodeRoomChange(params []byte) (RoomChange, error) {
	var c RoomChange
	f := open(params)
	for f.next() {
		if string(f.key) == "rooms" {
			c.Rooms = f.texts()
			continue
		}
		c.Select.read(f)
	}
	c.Select.finish()
	switch {
	case f.err != nil:
		return c, f.err
	case c.Rooms == nil:
		return c, &ParamError{"rooms", "is missing"}
	}
	return c, c.checkSaid()
}

// Disconnect is the app's wish to be rid of sockets.
type Disconnect struct {
	Select
	Close bool // the whole session, not only the namespace

	// Reconnect closes sessions without a goodbye, so that their clients come back and are asked
	// again. Absent it is true for who is selected by logins alone, else false.
	Reconnect bool
}

// DecodeDisconnect reads the parameters of the app's disconnect.
func DecodeDisconnect(params []byte) (Disconnect, error) {
	var d Disconnect
	said := false
	f := open(params)
	for f.next() {
		switch string(f.key) {
		case "close":
			d.Close = f.flag()
		case "reconnect":
			d.Reconnect, said = f.flag(), true
		default:
			d.Select.read(f)
		}
	}
	d.Select.finish()
	switch {
	case f.err != nil:
		return d, f.err
	case d.Reconnect && !d.Close:
		return d, &ParamError{"reconnect", "only with close: true"}
	case !said && d.Close:
		d.Reconnect = d.Logins != nil && d.To == nil && d.Users == nil
	}
	return d, d.checkSaid()
}

// Sockets asks for one page of sockets.
type Sockets struct {
	Select
	Limit int    // 0: the sidecar's choice
	After string // the next of the page before
}

// DecodeSockets reads the parameters of sockets.
func DecodeSockets(params []byte) (Sockets, error) {
	var s Sockets
	f := open(params)
	for f.next() {
		switch string(f.key) {
		case "limit":
			s.Limit = f.count()
		case "after":
			s.After = f.id()
		default:
			s.Select.read(f)
		}
	}
	s.Select.finish()
	return s, f.err
}
