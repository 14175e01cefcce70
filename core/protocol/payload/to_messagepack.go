package payload

// The texts of what can be wrong with JSON.
const (
	whatEnd         = "JSON ends in the middle of a value"
	whatValue       = "not a JSON value"
	whatAfterItem   = `neither "," nor "]" after an array's element`
	whatAfterMember = `neither "," nor "}" after an object's member`
	whatKey         = "an object's key is not a string"
	whatColon       = `no ":" after an object's key`
	whatPlaceholder = "placeholder without its attachment"
	whatEvent       = "an event is not an array that begins with a string or number"
)

// AppendMessagePack appends one JSON text as MessagePack to dst.
//
// Shape: RFC 8259, strictly, white space around it allowed; what it becomes is in the package's
// table of values, always in the shortest form. An object that is exactly
// {"_placeholder":true,"num":i}, keys in either order, becomes bin with the bytes of atts[i];
// attachments that nothing refers to are ignored. Escapes are decoded; a surrogate without its
// partner and a byte that is not UTF-8 become U+FFFD.
// Limits: lim, see there. Time is linear in json and the result (a header that has to widen moves
// its content, at most once for each of the lim.Depth levels).
// Ownership: json and atts are only read. On an error dst is returned as it was passed.
// Errors: *SyntaxError, also for a placeholder whose index is not one of an attachment;
// ErrTooDeep; ErrTooLarge.
// Source: RFC 8259; MessagePack specification; socket.io-protocol revision 5, "Packet encoding".
func AppendMessagePack(dst, json []byte, atts [][]byte, lim Limits) ([]byte, error) {
	r := newJSONReader(dst, json, atts, lim)
	if err := r.value(); err != nil {
		return dst, err
	}
	if err := r.end(); err != nil {
		return dst, err
	}
	return r.out, nil
}

// SplitEvent reads the JSON array of an event, `["name",a,b]`, and appends the array of its
// arguments, [a, b], as MessagePack to dst.
//
// Shape: the first element is a string, or a number, whose text as JavaScript prints it is then
// the name. Whether the name is reserved is for the caller to ask (socketio.ReservedEvent).
// Limits, ownership and errors are those of AppendMessagePack. The name is the one allocation.
func SplitEvent(dst, json []byte, atts [][]byte, lim Limits) (name string, args []byte, err error) {
	r := newJSONReader(dst, json, atts, lim)
	if name, err = r.event(); err != nil {
		return "", dst, err
	}
	return name, r.out, nil
}

// jsonReader is the state of one pass from JSON to MessagePack.
type jsonReader struct {
	in    []byte
	at    int // in[:at] is read
	out   []byte
	start int // out[start:] is ours
	atts  [][]byte
	depth int // arrays and objects open
	lim   Limits
}

func newJSONReader(dst, json []byte, atts [][]byte, lim Limits) jsonReader {
	return jsonReader{in: json, out: dst, start: len(dst), atts: atts, lim: lim.withDefaults()}
}

func (r *jsonReader) fail(what string) error { return &SyntaxError{Offset: r.at, What: what} }

// peek skips white space and returns the byte after it, 0 at the end (a byte no JSON has).
func (r *jsonReader) peek() byte {
	for ; r.at < len(r.in); r.at++ {
		switch c := r.in[r.at]; c {
		case ' ', '\t', '\n', '\r':
		default:
			return c
		}
	}
	return 0
}

func (r *jsonReader) end() error {
	r.peek()
	if r.at < len(r.in) {
		return r.fail(whatTrailing)
	}
	return nil
}

// unexpected is the error for a byte that is not what the grammar asks for.
func (r *jsonReader) unexpected(what string) error {
	if r.at >= len(r.in) {
		what = whatEnd
	}
	return r.fail(what)
}

// event reads the name, and leaves the array of the arguments in r.out.
func (r *jsonReader) event() (name string, err error) {
	if r.peek() != '[' {
		return "", r.unexpected(whatEvent)
	}
	mark := len(r.out)
	if err := r.open(); err != nil {
		return "", err
	}
	r.out = r.out[:mark] // first the name stands here, then the arguments
	switch c := r.peek(); {
	case c == '"':
		r.at++
		err = r.text()
	case c == '-' || '0' <= c && c <= '9':
		err = r.numberText()
	default:
		err = r.unexpected(whatEvent)
	}
	if err != nil {
		return "", err
	}
	name = string(r.out[mark:])
	r.out = append(r.out[:mark], 0)
	if err := r.elements(mark, 0); err != nil {
		return "", err
	}
	return name, r.end()
}

func (r *jsonReader) value() error {
	var err error
	switch c := r.peek(); {
	case c == '"':
		r.at++
		err = r.str()
	case c == '{':
		err = r.object()
	case c == '[':
		err = r.array()
	case c == '-' || '0' <= c && c <= '9':
		err = r.number()
	case c == 't':
		err = r.literal("true", mpTrue)
	case c == 'f':
		err = r.literal("false", mpFalse)
	case c == 'n':
		err = r.literal("null", mpNil)
	default:
		err = r.unexpected(whatValue)
	}
	if err == nil && len(r.out)-r.start > r.lim.Bytes {
		return tooLarge(r.lim.Bytes)
	}
	return err
}

func (r *jsonReader) literal(text string, code byte) error {
	rest := r.in[r.at:]
	if len(rest) < len(text) || string(rest[:len(text)]) != text {
		return r.fail(whatValue)
	}
	r.at += len(text)
	r.out = append(r.out, code)
	return nil
}

// open moves over the "[" or "{" of one level more, and reserves its header.
func (r *jsonReader) open() error {
	if r.depth == r.lim.Depth {
		return tooDeep(r.lim.Depth)
	}
	r.depth++
	r.at++
	r.out = append(r.out, 0)
	return nil
}

// closeAs moves over the "]" or "}" of a level, and fills in its header at mark.
func (r *jsonReader) closeAs(h *head, mark, count int) {
	r.depth--
	r.at++
	r.out = h.fill(r.out, mark, count)
}

func (r *jsonReader) array() error {
	mark := len(r.out)
	if err := r.open(); err != nil {
		return err
	}
	if r.peek() == ']' {
		r.closeAs(&arrayHead, mark, 0)
		return nil
	}
	if err := r.value(); err != nil {
		return err
	}
	return r.elements(mark, 1)
}

// elements reads the rest of an array, from the "," or "]" after an element, and fills in the
// header at mark; the array has count elements already.
func (r *jsonReader) elements(mark, count int) error {
	for r.peek() == ',' {
		r.at++
		if err := r.value(); err != nil {
			return err
		}
		count++
	}
	if r.peek() != ']' {
		return r.unexpected(whatAfterItem)
	}
	r.closeAs(&arrayHead, mark, count)
	return nil
}

func (r *jsonReader) object() error {
	mark := len(r.out)
	if err := r.open(); err != nil {
		return err
	}
	if r.peek() == '}' {
		r.closeAs(&mapHead, mark, 0)
		return nil
	}
	var seen placeholder
	count := 0
	for {
		if err := r.member(&seen); err != nil {
			return err
		}
		count++
		if r.peek() != ',' {
			break
		}
		r.at++
	}
	if r.peek() != '}' {
		return r.unexpected(whatAfterMember)
	}
	r.closeAs(&mapHead, mark, count)
	if count == 2 && seen.marked && seen.numbered {
		return r.attachment(mark, seen)
	}
	return nil
}

// placeholder gathers, member by member, whether an object is one.
type placeholder struct {
	marked   bool // it has "_placeholder": true
	numbered bool // it has "num": a number, which is in[from:to]
	from, to int
}

// member reads `"key": value`. Keys are compared as they were written out, so that escapes in them
// make no difference.
func (r *jsonReader) member(seen *placeholder) error {
	if r.peek() != '"' {
		return r.unexpected(whatKey)
	}
	r.at++
	key := len(r.out)
	if err := r.str(); err != nil {
		return err
	}
	if r.peek() != ':' {
		return r.unexpected(whatColon)
	}
	r.at++
	// Both keys are short strings: a one-byte header, then the text.
	switch string(r.out[key+1:]) {
	case placeholderKey:
		value := len(r.out)
		if err := r.value(); err != nil {
			return err
		}
		seen.marked = r.out[value] == mpTrue
		return nil
	case numKey:
		c := r.peek()
		seen.numbered = c == '-' || '0' <= c && c <= '9'
		seen.from = r.at
		err := r.value()
		seen.to = r.at
		return err
	}
	return r.value()
}

// attachment puts the attachment in the place of the placeholder that began at out[mark].
func (r *jsonReader) attachment(mark int, p placeholder) error {
	index := 0
	for _, c := range r.in[p.from:p.to] {
		if c < '0' || c > '9' || index >= len(r.atts) {
			return &SyntaxError{Offset: p.from, What: whatPlaceholder}
		}
		index = index*10 + int(c-'0')
	}
	if index >= len(r.atts) {
		return &SyntaxError{Offset: p.from, What: whatPlaceholder}
	}
	r.out = r.out[:mark]
	if len(r.out)-r.start+len(r.atts[index]) > r.lim.Bytes {
		return tooLarge(r.lim.Bytes)
	}
	r.out = appendBin(r.out, r.atts[index])
	return nil
}
