package clientjs

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
)

// transports are those of the client 0.9.
var transports = []string{"websocket", "flashsocket", "htmlfile", "xhr-polling", "jsonp-polling"}

// custom is the client 0.9 that tries the wanted transports only, in their order, as its server put it
// together: pages asked for socket.io+websocket+xhr-polling.js. Names of no transport are left out, as
// there. The others' code stays in:
// what counts for the page is which ones are tried.
func (l Library) custom(version string, wanted []string) (File, error) {
	g, _ := ParseGeneration(version)
	if g != 0 {
		return File{}, errors.New("only 0.9 has bundles by transport")
	}
	var named []string
	for _, t := range wanted {
		if slices.Contains(transports, t) && !slices.Contains(named, t) {
			named = append(named, t)
		}
	}
	if named == nil {
		return File{}, errors.New("no such transport; 0.9 has " + strings.Join(transports, ", "))
	}
	f, err := l.Open(Name{File: "socket.io.min.js"}, g)
	if err != nil {
		return File{}, err
	}
	code, err := f.Reader()
	if err != nil {
		return File{}, err
	}
	list, err := json.Marshal(named)
	if err != nil {
		return File{}, err
	}
	body := bytes.NewBuffer(make([]byte, 0, f.Size+len(list)+32))
	if _, err := io.Copy(body, code); err != nil {
		return File{}, err
	}
	body.WriteString("\n;io.transports=" + string(list) + ";\n")
	return File{Version: version, Type: f.Type, Body: body.Bytes(), Size: body.Len()}, nil
}
