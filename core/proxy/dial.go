package proxy

import (
	"context"
	"errors"
	"fmt"
	"net"

	"realtime/core/shut"
)

// unreachableError says that no upstream accepted a connection, so nothing of the request was sent.
type unreachableError struct{ cause error }

func (e *unreachableError) Error() string { return fmt.Sprintf("app is not reachable: %v", e.cause) }
func (e *unreachableError) Unwrap() error { return e.cause }

// upstreams dials the app.
type upstreams struct {
	addrs  []address
	dialer net.Dialer
}

// dial tries every address in turn. The error is an *unreachableError.
func (u *upstreams) dial(ctx context.Context) (net.Conn, error) {
	var errs []error
	for _, a := range u.addrs {
		nc, err := u.dialer.DialContext(ctx, a.network, a.addr)
		if err == nil {
			return newUpstreamConn(shut.Conn(nc)), nil
		}
		errs = append(errs, err)
		if ctx.Err() != nil {
			break
		}
	}
	return nil, &unreachableError{errors.Join(errs...)}
}
