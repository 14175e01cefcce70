package payload

import "unicode/utf8"

// rewriter is the state of one pass from MessagePack to another form of it, in which each value
// stays one value: so the headers of arrays and maps stay as they are, and what nobody changes is
// copied in long runs.
type rewriter struct {
	tokens
	out    []byte
	start  int // out[start:] is ours
	copied int // in[:copied] is in out
	lim    Limits
	target target
}

// target is what the MessagePack is to become.
type target uint8

const (
	forApp      target = iota // what the app link has, from notepack's
	forNotepack               // what notepack reads, from the app link's
)

func newRewriter(dst, mp []byte, lim Limits, to target) rewriter {
	return rewriter{tokens: tokens{in: mp}, out: dst, start: len(dst), lim: lim.withDefaults(), target: to}
}

// change looks at one token, which began at in[from] and ends at r.at, and puts something else in its
// place if it has to. key says that it is a map's key. Arrays and maps come here only as keys, to be
// refused.
func (r *rewriter) change(from int, t token, key bool) error {
	switch {
	case t.kind == kindStr:
		if !utf8.Valid(t.body) {
			r.out = appendText(r.instead(from), t.body)
		}
		return nil
	case key:
		return r.key(from, t)
	case t.kind != kindExt:
		return nil
	case r.target == forNotepack:
		return r.extensionForNotepack(from, t)
	}
	return r.extensionForApp(from, t)
}

// key makes text of a map's key that is something else, as JavaScript and AppendJSON do.
func (r *rewriter) key(from int, t token) error {
	switch t.kind {
	case kindNil, kindFalse, kindTrue, kindUint, kindInt:
		var room [24]byte // 20 digits at most
		r.out = appendText(r.instead(from), appendJSONScalar(room[:0], t))
		return nil
	}
	return &SyntaxError{Offset: from, What: whatMapKey}
}

// instead returns out with all that stood before in[from], for something to be appended that
// replaces in[from:at].
func (r *rewriter) instead(from int) []byte {
	out := append(r.out, r.in[r.copied:from]...)
	r.copied = r.at
	return out
}

// A level is an array or map that is open.
type level struct {
	left uint64 // values still to come, keys included
	keys bool   // every other of them is a key, the first one too
}

// values rewrites the n values that are left of the input, inside of base arrays.
func (r *rewriter) values(n uint64, base int) error {
	var open [MaxDepth + 1]level
	depth := base
	open[depth].left = n
	for {
		top := &open[depth]
		if top.left == 0 {
			if depth == base {
				return r.finish()
			}
			depth--
			continue
		}
		key := top.keys && top.left%2 == 0
		top.left--
		from := r.at
		t, err := r.next()
		if err != nil {
			return err
		}
		if key || t.kind != kindArray && t.kind != kindMap {
			if err := r.change(from, t, key); err != nil {
				return err
			}
			continue
		}
		if depth == r.lim.Depth {
			return tooDeep(r.lim.Depth)
		}
		depth++
		open[depth] = level{left: t.n}
		if t.kind == kindMap {
			open[depth] = level{left: 2 * t.n, keys: true}
		}
	}
}

// finish copies the last run.
func (r *rewriter) finish() error {
	if r.at != len(r.in) {
		return r.fail(whatTrailing)
	}
	r.out = append(r.out, r.in[r.copied:]...)
	if len(r.out)-r.start > r.lim.Bytes {
		return tooLarge(r.lim.Bytes)
	}
	return nil
}
