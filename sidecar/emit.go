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

// emitCommand says something to clients from a shell, a cron job, a deploy script.
type emitCommand struct {
	Event     string        `arg:"" help:"Name of the event."`
	Args      []string      `arg:"" optional:"" help:"Its arguments, each as JSON; what is not JSON is taken as a text. Put -- before one that begins with a dash."`
	To        []string      `sep:"none" help:"A room or socket id; may be given several times. Without it: everyone in the namespace." placeholder:"ROOM"`
	Users     []string      `name:"user" sep:"none" help:"A user, as the app named it; may be given several times." placeholder:"USER"`
	Except    []string      `sep:"none" help:"A room or socket id to leave out; may be given several times." placeholder:"ROOM"`
	Namespace string        `default:"/" placeholder:"/" help:"The namespace."`
	Volatile  bool          `help:"Do not keep it for clients that cannot take it at once."`
	Socket    string        `help:"The sidecar's socket. Without it: REALTIME_SOCKET, else the configuration file's, else tmp/realtime.sock." placeholder:"PATH"`
	File      string        `name:"config" help:"The configuration file. Without it: config/realtime.yml or realtime.yml, if there." placeholder:"FILE"`
	Env       string        `help:"Name of the environment, which chooses the section of the file. Without it: REALTIME_ENV, RAILS_ENV and so on, else production." placeholder:"TEXT"`
	Timeout   time.Duration `default:"5s" placeholder:"5s" help:"How long the sidecar may take to answer."`
}

// Run sends the event as a request, so that it ends with an error unless the sidecar has taken it.
func (c *emitCommand) Run(*grammar) error {
	o, err := c.options()
	if err != nil {
		return err
	}
	hello, err := emitterHello(o.Token)
	if err != nil {
		return err
	}
	params, err := c.params()
	if err != nil {
		return err
	}
	nc, err := net.DialTimeout("unix", o.Socket, c.Timeout)
	if err != nil {
		var op *net.OpError
		if errors.As(err, &op) { // it would say the path again
			err = op.Err
		}
		return fmt.Errorf("no sidecar at %s: %w; is it running? --socket or REALTIME_SOCKET tells where", o.Socket, err)
	}
	defer nc.Close()
	if err := nc.SetDeadline(time.Now().Add(c.Timeout)); err != nil {
		return err
	}
	link := emitter{nc}
	if err := link.call(1, rpc.MethodHello, hello); err != nil {
		return err
	}
	return link.call(2, rpc.MethodEmit, params)
}

// options are those of the sidecar to speak to: its socket and its token matter here.
func (c *emitCommand) options() (server.Options, error) {
	flags := map[string][]string{}
	for key, value := range map[string]string{"socket": c.Socket, "env": c.Env} {
		if value != "" {
			flags[key] = []string{value}
		}
	}
	s, err := server.Load(server.Sources{Flags: flags, Environ: os.Environ(), File: c.File})
	if err != nil {
		return server.Options{}, err
	}
	return s.Options(), nil
}

// params are those of the emit method, as JSON: one transcoder serves clients and us.
func (c *emitCommand) params() ([]byte, error) {
	args := make([]json.RawMessage, len(c.Args))
	for i, arg := range c.Args {
		if json.Valid([]byte(arg)) {
			args[i] = json.RawMessage(arg)
			continue
		}
		text, err := json.Marshal(arg)
		if err != nil {
			return nil, fmt.Errorf("argument %d: %w", i+1, err)
		}
		args[i] = text
	}
	params := map[string]any{"namespace": c.Namespace, "event": c.Event, "args": args, "volatile": c.Volatile}
	for key, list := range map[string][]string{"to": c.To, "except": c.Except, "users": c.Users} {
		if len(list) > 0 { // absent is everyone, empty would be nobody
			params[key] = list
		}
	}
	return json.Marshal(params)
}

// emitterHello introduces a process that only sends.
func emitterHello(token string) ([]byte, error) {
	hello := map[string]any{
		"protocol": []int{rpc.LowestVersion, rpc.HighestVersion}, "features": []string{}, "role": "emitter",
		"app": "realtime emit", "language": "go", "version": version, "pid": os.Getpid(),
	}
	if token != "" {
		hello["token"] = token
	}
	return json.Marshal(hello)
}

// emitter is a connection to the sidecar that asks one thing after the other.
type emitter struct{ nc net.Conn }

// call sends a request with parameters given as JSON and waits for its answer. What comes meanwhile
// concerns apps that stay.
func (e emitter) call(id uint32, method string, params []byte) error {
	packed, err := payload.AppendMessagePack(nil, params, nil, payload.Limits{})
	if err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	if _, err := e.nc.Write(rpc.AppendRequest(nil, id, method, raw(packed))); err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	for {
		f, err := e.read()
		if err != nil {
			return fmt.Errorf("%s: %w", method, err)
		}
		if f.Kind != rpc.Response || f.ID != id {
			continue
		}
		if f.Error == nil {
			return nil
		}
		refused, err := rpc.DecodeError(f.Error)
		if err != nil {
			return fmt.Errorf("%s: %w", method, err)
		}
		return fmt.Errorf("the sidecar refused: %s (%s)", refused.Message, refused.Code)
	}
}

func (e emitter) read() (rpc.Frame, error) {
	var header [rpc.HeaderSize]byte
	if _, err := io.ReadFull(e.nc, header[:]); err != nil {
		return rpc.Frame{}, err
	}
	n, err := rpc.Length(header, rpc.MaxFrame)
	if err != nil {
		return rpc.Frame{}, err
	}
	body := make([]byte, n)
	if _, err := io.ReadFull(e.nc, body); err != nil {
		return rpc.Frame{}, err
	}
	return rpc.Parse(body)
}

// raw is MessagePack as it stands.
type raw []byte

// Append implements rpc.Appender.
func (r raw) Append(dst []byte) []byte { return append(dst, r...) }
