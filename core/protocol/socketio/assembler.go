package socketio

// Assembler puts packets and their attachments together: one for each session, in the order the
// messages came. The zero value is ready; while no packet waits for attachments it holds nothing.
// It is not safe for concurrent use.
type Assembler struct {
	pending *pending
}

// pending is a packet whose attachments have not all come.
type pending struct {
	packet      Packet // Data is our own copy
	attachments [][]byte
	bytes       int // of the text and the attachments so far
}

// Add takes one message of the session, text or binary. done reports that p is complete, with its
// attachments; otherwise more messages have to come.
//
// Limits: those of Parse, and lim.Bytes for text and attachments together. What a session can make
// an Assembler hold is lim.Bytes and a few words for each of lim.Attachments, for as long as the
// owner lets it wait: see Pending.
// Ownership: message is only read, and may be reused after Add returns, except that the Data of a
// packet without attachments aliases it. With attachments, Data and attachments are new memory and
// the caller's own.
// Errors: those of Parse; ErrTextPending, ErrBinaryUnexpected, ErrTooLarge. After any of them the
// Assembler is empty and the whole session is to be closed.
// Source: socket.io-protocol revision 5, "Packet encoding"; socket.io-parser 4.2, Decoder.add.
func (a *Assembler) Add(message []byte, binary bool, lim Limits) (p Packet, attachments [][]byte, done bool, err error) {
	return a.take(message, binary, lim, Parse)
}

// Add4 is Add for a session of revision 4: it reads text as Parse4 does.
func (a *Assembler) Add4(message []byte, binary bool, lim Limits) (p Packet, attachments [][]byte, done bool, err error) {
	return a.take(message, binary, lim, Parse4)
}

// parse is Parse or Parse4.
type parse func(b []byte, lim Limits) (Packet, error)

func (a *Assembler) take(message []byte, binary bool, lim Limits, read parse) (p Packet, attachments [][]byte, done bool, err error) {
	lim = lim.withDefaults()
	if binary {
		p, attachments, done, err = a.binary(message, lim)
	} else {
		p, done, err = a.text(message, lim, read)
	}
	if err != nil {
		a.Reset()
		return Packet{}, nil, false, err
	}
	return p, attachments, done, nil
}

func (a *Assembler) text(message []byte, lim Limits, read parse) (p Packet, done bool, err error) {
	if a.pending != nil {
		return Packet{}, false, ErrTextPending
	}
	if len(message) > lim.Bytes {
		return Packet{}, false, limitError(ErrTooLarge, lim.Bytes, " bytes")
	}
	if p, err = read(message, lim); err != nil || p.Attachments == 0 {
		return p, true, err
	}
	p.Data = append([]byte(nil), p.Data...)
	a.pending = &pending{
		packet:      p,
		attachments: make([][]byte, 0, p.Attachments),
		bytes:       len(message),
	}
	return Packet{}, false, nil
}

func (a *Assembler) binary(message []byte, lim Limits) (Packet, [][]byte, bool, error) {
	w := a.pending
	if w == nil {
		return Packet{}, nil, false, ErrBinaryUnexpected
	}
	if len(message) > lim.Bytes-w.bytes {
		return Packet{}, nil, false, limitError(ErrTooLarge, lim.Bytes, " bytes")
	}
	w.bytes += len(message)
	w.attachments = append(w.attachments, append([]byte{}, message...))
	if len(w.attachments) < w.packet.Attachments {
		return Packet{}, nil, false, nil
	}
	a.pending = nil
	return w.packet, w.attachments, true, nil
}

// Pending reports whether a packet waits for attachments. No clock runs here: how long that may
// last is for the owner to say.
func (a *Assembler) Pending() bool { return a.pending != nil }

// Reset forgets a packet that waits, as when its session ends.
func (a *Assembler) Reset() { a.pending = nil }
