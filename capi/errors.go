//go:build cgo

package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strings"
)

// code is an error number of realtime.h.
type code int

// The errors that are made here. RT_ERR_FORKED is the C side's.
const (
	errArgument code = -1
	errConfig   code = -2
	errHandle   code = -3
	errState    code = -4
	errListen   code = -5
	errBusy     code = -7
	errSystem   code = -8
	errTimeout  code = -9
	errInternal code = -10
)

// failure is an error as the host sees it.
type failure struct {
	code code
	text string
}

func (f *failure) Error() string { return f.text }

func fail(c code, format string, args ...any) error {
	return &failure{c, fmt.Sprintf(format, args...)}
}

// codeOf is the number of an error; what has none is a fault of ours.
func codeOf(err error) code {
	if f, ok := errors.AsType[*failure](err); ok {
		return f.code
	}
	return errInternal
}

// guarded turns a panic into an error.
func guarded(do func() (int, error)) (n int, err error) {
	defer func() {
		if v := recover(); v != nil {
			slog.Error("panic in the library", "panic", v, "stack", string(debug.Stack()))
			err = fail(errInternal, "internal error: %v", v)
		}
	}()
	return do()
}

// outcome is what the C side reads from a pipe: a number in the machine's own order, and a text with a NUL,
// of at most size bytes.
func outcome(err error, size int) []byte {
	code, text := 0, ""
	if err != nil {
		code, text = int(codeOf(err)), cut(err.Error(), size-1)
	}
	return append(append(binary.NativeEndian.AppendUint32(nil, uint32(code)), text...), 0)
}

// cut shortens a text to at most limit bytes, between two characters.
func cut(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	const sign = "…"
	return strings.ToValidUTF8(text[:limit-len(sign)], "") + sign
}
