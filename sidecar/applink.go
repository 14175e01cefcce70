package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"realtime/core/protocol/payload"
	"realtime/core/protocol/rpc"
	"realtime/core/server"
)

// linkFlags say which running sidecar a command speaks to, over the app link, as the app does.
type linkFlags struct {
	Socket  string        `help:"The sidecar's socket. Without it: REALTIME_SOCKET, else the configuration file's, else tmp/realtime.sock." placeholder:"PATH"`
	File    string        `name:"config" help:"The configuration file. Without it: config/realtime.yml or realtime.yml, if there." placeholder:"FILE"`
	Env     string        `help:"Name of the environment, which chooses the section of the file. Without it: REALTIME_ENV, RAILS_ENV and so on, else production." placeholder:"TEXT"`
	Timeout time.Duration `default:"5s" placeholder:"5s" help:"How long the sidecar may take to answer."`
}

// options are those of the sidecar to speak to: its socket and its token matter here.
func (f *linkFlags) options() (server.Options, error) {
	flags := map[string][]string{}
	for key, value := range map[string]string{"socket": f.Socket, "env": f.Env} {
		if value != "" {
			flags[key] = []string{value}
		}
	}
	s, err := server.Load(server.Sources{Flags: flags, Environ: os.Environ(), File: f.File})
	if err != nil {
		return server.Options{}, err
	}
	return s.Options(), nil
}

// dial connects and introduces this process in a role; command names it in the sidecar's log. All that
// follows shares one timeout. The caller closes the link.
func (f *linkFlags) dial(role rpc.Role, command string) (*appLink, error) {
	o, err := f.options()
	if err != nil {
		return nil, err
	}
	nc, err := net.DialTimeout("unix", o.Socket, f.Timeout)
	if err != nil {
		var op *net.OpError
		if errors.As(err, &op) { // it would say the path again
			err = op.Err
		}
		return nil, fmt.Errorf("no sidecar at %s: %w; is it running? --socket or REALTIME_SOCKET tells where", o.Socket, err)
	}
	link := &appLink{nc: nc}
	if err = nc.SetDeadline(time.Now().Add(f.Timeout)); err == nil {
		_, err = link.call(rpc.MethodHello, hello(role, command, o.Token))
	}
	if err != nil {
		link.Close()
		return nil, err
	}
	return link, nil
}

func hello(role rpc.Role, command, token string) map[string]any {
	h := map[string]any{
		"protocol": []int{rpc.LowestVersion, rpc.HighestVersion}, "features": []string{}, "role": role,
		"app": command, "language": "go", "version": version, "pid": os.Getpid(),
	}
	if token != "" {
		h["token"] = token
	}
	return h
}

// appLink is a connection to the sidecar that asks one thing after the other.
type appLink struct {
	nc     net.Conn
	lastID uint32
}

// Close ends the connection.
func (l *appLink) Close() { _ = l.nc.Close() } // it is over either way

// call sends a request and returns its result, MessagePack. The parameters go by way of JSON: one
// transcoder serves clients and us. What comes meanwhile concerns apps that stay.
func (l *appLink) call(method string, params map[string]any) ([]byte, error) {
	result, err := l.ask(method, params)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	if result.Error == nil {
		return result.Result, nil
	}
	refused, err := rpc.DecodeError(result.Error)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	return nil, fmt.Errorf("the sidecar refused: %s (%s)", refused.Message, refused.Code)
}

func (l *appLink) ask(method string, params map[string]any) (rpc.Frame, error) {
	text, err := json.Marshal(params)
	if err != nil {
		return rpc.Frame{}, err
	}
	packed, err := payload.AppendMessagePack(nil, text, nil, payload.Limits{})
	if err != nil {
		return rpc.Frame{}, err
	}
	l.lastID++
	if _, err := l.nc.Write(rpc.AppendRequest(nil, l.lastID, method, raw(packed))); err != nil {
		return rpc.Frame{}, err
	}
	for {
		f, err := l.read()
		if err != nil || f.Kind == rpc.Response && f.ID == l.lastID {
			return f, err
		}
	}
}

func (l *appLink) read() (rpc.Frame, error) {
	var header [rpc.HeaderSize]byte
	if _, err := io.ReadFull(l.nc, header[:]); err != nil {
		return rpc.Frame{}, err
	}
	n, err := rpc.Length(header, rpc.MaxFrame)
	if err != nil {
		return rpc.Frame{}, err
	}
	body := make([]byte, n)
	if _, err := io.ReadFull(l.nc, body); err != nil {
		return rpc.Frame{}, err
	}
	return rpc.Parse(body)
}

// raw is MessagePack as it stands.
type raw []byte

// Append implements rpc.Appender.
func (r raw) Append(dst []byte) []byte { return append(dst, r...) }
