package proxy

import (
	"net/http"
	"net/textproto"

	"realtime/core/proxy/forwarded"
)

// got1xx passes an informational answer on (103 Early Hints), ahead of the answer itself. It runs on
// the Transport's goroutine while Handle waits for the answer; if Handle has given up, nothing is
// written. 100 is fasthttp's own affair and 101 is never informational here.
//
// Only an HTTP/1.1 client gets one, and only while fasthttp holds no earlier answer for it; see
// Conn.nothingBuffered.
func (x *exchange) got1xx(code int, header textproto.MIMEHeader) error {
	if code == http.StatusContinue || !x.interim.enter(nil) {
		return nil
	}
	defer x.interim.leave()
	b := append([]byte("HTTP/1.1 "), byte('0'+code/100), byte('0'+code/10%10), byte('0'+code%10), ' ')
	b = append(append(b, http.StatusText(code)...), "\r\n"...)
	for name, values := range header {
		if forwarded.HopByHop([]byte(name), nil) || name == "Content-Length" {
			continue
		}
		for _, v := range values {
			b = append(append(append(append(b, name...), ": "...), v...), "\r\n"...)
		}
	}
	_, _ = x.conn.Write(append(b, "\r\n"...)) // a client that left is noticed with the answer
	return nil
}
