//go:build cgo

package main

import (
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

// cut shortens a text to at most limit bytes, between two characters.
func cut(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	const sign = "…"
	return strings.ToValidUTF8(text[:limit-len(sign)], "") + sign
}
