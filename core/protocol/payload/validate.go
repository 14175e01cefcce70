package payload

// Validate walks one MessagePack value at the start of b and returns its length in bytes.
//
// Shape: any value of the specification; what follows it in b is not looked at.
// Limits: lim.Depth and lim.Bytes. Every length and count is held against the bytes that are left
// before it is believed, so time is linear in the bytes that are there and memory is a small
// constant, whatever they declare. Extension types and map keys are not judged here: what cannot
// become JSON is for AppendJSON to refuse.
// Errors: *SyntaxError, ErrTooDeep, ErrTooLarge.
// Source: MessagePack specification, "Formats".
func Validate(b []byte, lim Limits) (n int, err error) {
	lim = lim.withDefaults()
	s := tokens{in: b[:min(len(b), lim.Bytes)]}
	if err := s.skip(lim.Depth); err != nil {
		if s.cut && len(b) > lim.Bytes {
			return 0, tooLarge(lim.Bytes)
		}
		return 0, err
	}
	return s.at, nil
}

// skip moves over one value that is at most depth levels deep.
func (s *tokens) skip(depth int) error {
	var missing [MaxDepth]uint64 // per open level, how many values are still to come
	open := 0
	for {
		t, err := s.next()
		if err != nil {
			return err
		}
		if t.kind == kindArray || t.kind == kindMap {
			if open == depth {
				return tooDeep(depth)
			}
			if t.kind == kindMap {
				t.n *= 2
			}
			if t.n > 0 {
				missing[open] = t.n
				open++
				continue
			}
		}
		for open > 0 {
			missing[open-1]--
			if missing[open-1] > 0 {
				break
			}
			open--
		}
		if open == 0 {
			return nil
		}
	}
}
