package payload

import "encoding/base64"

// The placeholder as Socket.IO writes it: keys in this order, no spaces.
const (
	placeholderKey  = "_placeholder"
	numKey          = "num"
	placeholderHead = `{"_placeholder":true,"num":`
)

// The texts of what MessagePack can say and JSON cannot.
const (
	whatTrailing  = "bytes after the value"
	whatNotArray  = "the arguments are not an array"
	whatExtension = "extension type without a JSON form"
	whatTimestamp = "timestamp of a form that does not exist"
	whatMapKey    = "map key that is not a string, integer, boolean or nil"
)

// AppendJSON appends one MessagePack value as JSON text to dst.
//
// Shape: see the package's table of values. The text has no spaces and is always valid JSON. A
// binary value becomes {"_placeholder":true,"num":i}, i being its index in attachments.
// Limits: mp is one value that Validate has accepted, and nothing after it; other bytes are an
// error, never a panic. MaxDepth; MaxAttachments, those in atts included. The text is at most
// about six times as long as mp.
// Ownership: attachments is atts extended; what was added aliases mp. On an error both are
// returned as they were passed.
// Errors: *SyntaxError for other extensions, keys or bytes; ErrTooDeep; ErrTooManyAttachments;
// ErrPlaceholder if mp has a map with the key "_placeholder" and attachments is not empty.
// Source: MessagePack specification; ECMA-262 Number::toString and Date.prototype.toISOString;
// socket.io-protocol revision 5, "Packet encoding".
func AppendJSON(dst, mp []byte, atts [][]byte) (json []byte, attachments [][]byte, err error) {
	w := jsonWriter{tokens: tokens{in: mp}, out: dst, atts: atts}
	if err := w.whole(); err != nil {
		return dst, atts, err
	}
	return w.out, w.atts, nil
}

// AppendEventJSON appends the JSON array of an event to dst: `["name",a,b]` for the arguments
// [a, b], or `["name"]` for none.
//
// Limits, ownership and errors are those of AppendJSON; args must also be an array. Whether name
// is reserved is for the caller to ask (socketio.ReservedEvent).
func AppendEventJSON(dst []byte, name string, args []byte, atts [][]byte) (json []byte, attachments [][]byte, err error) {
	w := jsonWriter{tokens: tokens{in: args}, out: dst, atts: atts}
	w.out = append(w.out, '[')
	w.out = appendJSONString(w.out, []byte(name)) // the compiler sees that nobody writes to it: no copy
	if err := w.arguments(); err != nil {
		return dst, atts, err
	}
	return w.out, w.atts, nil
}

// AppendInlineJSON appends one MessagePack value as JSON text to dst, for clients that have no
// attachments: a binary value stands in the text, as a string in base64 (RFC 4648 section 4, padded).
//
// Limits, ownership and errors are those of AppendJSON, but that binary values are not counted, and
// a map with the key "_placeholder" is data like any other: so what AppendJSON accepts, this accepts
// too.
func AppendInlineJSON(dst, mp []byte) (json []byte, err error) {
	w := jsonWriter{tokens: tokens{in: mp}, out: dst, inline: true}
	if err := w.whole(); err != nil {
		return dst, err
	}
	return w.out, nil
}

// jsonWriter is the state of one pass from MessagePack to JSON.
type jsonWriter struct {
	tokens
	out       []byte
	atts      [][]byte
	depth     int  // arrays and maps open
	inline    bool // binary values stay in the text
	lookalike bool // a map with the key "_placeholder" was written
}

func (w *jsonWriter) whole() error {
	if err := w.value(); err != nil {
		return err
	}
	return w.finish()
}

// arguments writes the elements of the array at w.at after a first element that is already there.
func (w *jsonWriter) arguments() error {
	t, err := w.next()
	if err != nil {
		return err
	}
	if t.kind != kindArray {
		return &SyntaxError{Offset: 0, What: whatNotArray}
	}
	w.depth++
	for range t.n {
		w.out = append(w.out, ',')
		if err := w.value(); err != nil {
			return err
		}
	}
	w.out = append(w.out, ']')
	return w.finish()
}

func (w *jsonWriter) finish() error {
	if w.at != len(w.in) {
		return w.fail(whatTrailing)
	}
	if w.lookalike && len(w.atts) > 0 {
		return ErrPlaceholder
	}
	return nil
}

func (w *jsonWriter) value() error {
	start := w.at
	t, err := w.next()
	if err != nil {
		return err
	}
	switch t.kind {
	case kindStr:
		w.out = appendJSONString(w.out, t.body)
	case kindArray:
		return w.array(t.n)
	case kindMap:
		return w.object(t.n)
	case kindBin:
		return w.attachment(t.body)
	case kindExt:
		return w.extension(t, start)
	default:
		w.out = appendJSONScalar(w.out, t)
	}
	return nil
}

func (w *jsonWriter) array(n uint64) error {
	if w.depth == MaxDepth {
		return tooDeep(MaxDepth)
	}
	w.depth++
	w.out = append(w.out, '[')
	for i := range n {
		if i > 0 {
			w.out = append(w.out, ',')
		}
		if err := w.value(); err != nil {
			return err
		}
	}
	w.out = append(w.out, ']')
	w.depth--
	return nil
}

func (w *jsonWriter) object(n uint64) error {
	if w.depth == MaxDepth {
		return tooDeep(MaxDepth)
	}
	w.depth++
	w.out = append(w.out, '{')
	for i := range n {
		if i > 0 {
			w.out = append(w.out, ',')
		}
		if err := w.key(); err != nil {
			return err
		}
		w.out = append(w.out, ':')
		if err := w.value(); err != nil {
			return err
		}
	}
	w.out = append(w.out, '}')
	w.depth--
	return nil
}

func (w *jsonWriter) key() error {
	start := w.at
	t, err := w.next()
	if err != nil {
		return err
	}
	switch t.kind {
	case kindStr:
		if string(t.body) == placeholderKey {
			w.lookalike = true
		}
		w.out = appendJSONString(w.out, t.body)
	case kindNil, kindFalse, kindTrue, kindUint, kindInt:
		w.out = append(w.out, '"')
		w.out = appendJSONScalar(w.out, t)
		w.out = append(w.out, '"')
	default:
		return &SyntaxError{Offset: start, What: whatMapKey}
	}
	return nil
}

func (w *jsonWriter) attachment(body []byte) error {
	if w.inline {
		w.out = base64.StdEncoding.AppendEncode(append(w.out, '"'), body)
		w.out = append(w.out, '"')
		return nil
	}
	if len(w.atts) >= MaxAttachments {
		return tooManyAttachments()
	}
	w.out = append(w.out, placeholderHead...)
	w.out = appendJSONScalar(w.out, token{kind: kindUint, n: uint64(len(w.atts))})
	w.out = append(w.out, '}')
	w.atts = append(w.atts, body)
	return nil
}

func (w *jsonWriter) extension(t token, start int) error {
	if t.ext != timestampExt {
		return &SyntaxError{Offset: start, What: whatExtension}
	}
	seconds, nanos, ok := parseTimestamp(t.body)
	if !ok {
		return &SyntaxError{Offset: start, What: whatTimestamp}
	}
	w.out = appendJSONTime(w.out, seconds, nanos)
	return nil
}
