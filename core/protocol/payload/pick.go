package payload

import "slices"

// PickStrings takes strings out of a map: values are those of the given keys, "" where there is none or
// it is no string, and rest is the map without the keys.
//
// Shape: m is one MessagePack map that Validate accepts; anything else comes back as it is, without
// values. Of a key that stands twice the last counts.
// Ownership: rest is m itself if none of the keys is in it, else new memory; values are copies.
func PickStrings(m []byte, keys ...string) (values []string, rest []byte) {
	values = make([]string, len(keys))
	s := tokens{in: m}
	head, err := s.next()
	if err != nil || head.kind != kindMap {
		return values, m
	}
	body := make([]byte, 0, len(m))
	kept := 0
	for range head.n {
		from := s.at
		key, err := s.next()
		if err != nil || !s.past(key) {
			return make([]string, len(keys)), m
		}
		value, err := s.next()
		if err != nil || !s.past(value) {
			return make([]string, len(keys)), m
		}
		i := slices.Index(keys, string(key.body))
		if key.kind != kindStr || i < 0 {
			kept++
			body = append(body, m[from:s.at]...)
			continue
		}
		values[i] = ""
		if value.kind == kindStr {
			values[i] = string(value.body)
		}
	}
	if kept == int(head.n) {
		return values, m
	}
	return values, append(mapHead.append(nil, kept), body...)
}

// past moves over what belongs to a token that was read: the elements of an array or a map.
func (s *tokens) past(t token) bool {
	n := t.n
	switch t.kind {
	case kindMap:
		n *= 2
	case kindArray:
	default:
		return true
	}
	for range n {
		if s.skip(MaxDepth) != nil {
			return false
		}
	}
	return true
}
