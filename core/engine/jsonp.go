package engine

import (
	"errors"

	"github.com/valyala/fasthttp"

	"realtime/core/protocol/engineio"
)

// JSONP: polling by a script's address and a form, in both revisions of Engine.IO. A session is polled so
// if the request that opened it had the parameter "j".

// scripted reports whether the session is polled by scripts.
func (s *Session) scripted() bool {
	_, scripted := s.handshake.param("j")
	return scripted
}

// pollingBy is the transport of a session that a request opens by polling.
func pollingBy(hs *Handshake) Transport {
	if _, scripted := hs.param("j"); scripted {
		return jsonp
	}
	return polling
}

// inScript is the form of an answer to a poll, in a script if the session is polled so. A script names
// the callback of its own request; one that names none gets that of the first.
func (s *Session) inScript(ctx *fasthttp.RequestCtx, f form) form {
	if !s.scripted() {
		return f
	}
	j := ctx.QueryArgs().Peek("j")
	if len(j) == 0 {
		first, _ := s.handshake.param("j")
		j = []byte(first)
	}
	return &jsonpForm{inner: f, index: engineio.JSONPIndex(j)}
}

// jsonpForm writes polling bodies in a script.
type jsonpForm struct {
	inner form
	index string
}

func (f *jsonpForm) compressible() bool { return f.inner.compressible() }

func (f *jsonpForm) body(dst []byte, messages []*Message) ([]byte, string) {
	body, _ := f.inner.body(nil, messages)
	return engineio.AppendJSONP(dst, f.index, body), javaScript
}

// javaScript is the content type of answers that a page runs. The reference says text/plain, which
// browsers do not run where nosniff is set.
const javaScript = "text/javascript; charset=UTF-8"

// unscripted is how to read a POST's body that may come out of a form, and does if the session is polled
// by scripts.
func (s *Session) unscripted(in intake) intake {
	if s.scripted() {
		in.unwrap = jsonpField
	}
	return in
}

var errNoField = errors.New("engine: a form without the field d")

// jsonpField is the polling body in a form.
func jsonpField(form []byte) ([]byte, error) {
	var fields fasthttp.Args
	fields.ParseBytes(form)
	if !fields.Has("d") {
		return nil, errNoField
	}
	return engineio.ParseJSONPForm(fields.Peek("d")), nil
}
