package main

import (
	"encoding/json"
	"fmt"

	"realtime/core/protocol/rpc"
)

// emitCommand says something to clients from a shell, a cron job, a deploy script.
type emitCommand struct {
	Event     string   `arg:"" help:"Name of the event."`
	Args      []string `arg:"" optional:"" help:"Its arguments, each as JSON; what is not JSON is taken as a text. Put -- before one that begins with a dash."`
	To        []string `sep:"none" help:"A room or socket id; may be given several times. Without it: everyone in the namespace." placeholder:"ROOM"`
	Users     []string `name:"user" sep:"none" help:"A user, as the app named it; may be given several times." placeholder:"USER"`
	Except    []string `sep:"none" help:"A room or socket id to leave out; may be given several times." placeholder:"ROOM"`
	Namespace string   `default:"/" placeholder:"/" help:"The namespace."`
	Volatile  bool     `help:"Do not keep it for clients that cannot take it at once."`
	linkFlags `embed:""`
}

// Run sends the event as a request, so that it ends with an error unless the sidecar has taken it.
func (c *emitCommand) Run(*grammar) error {
	params, err := c.params()
	if err != nil {
		return err
	}
	link, err := c.dial(rpc.RoleEmitter, "realtime emit")
	if err != nil {
		return err
	}
	defer link.Close()
	_, err = link.call(rpc.MethodEmit, params)
	return err
}

// params are those of the emit method.
func (c *emitCommand) params() (map[string]any, error) {
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
	return params, nil
}
