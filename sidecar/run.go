package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/url"
	"os"
	"os/signal"
	"strconv"
	"strings"

	"realtime/core/server"
)

// runCommand starts the app and stands in front of it. It is for development and for containers with
// one process tree; where the app is deployed on its own, use serve.
type runCommand struct {
	Restart  string `enum:"crash,never" default:"crash" placeholder:"crash" help:"What to do when the app crashes. crash: start it again if it had listened, while clients stay connected; never: end with its exit code."`
	settings `embed:""`

	Command []string `arg:"" passthrough:"partial" help:"The app's command, and whatever follows it. PORT and REALTIME_SOCKET in its environment say where it listens and where it finds us; {port} and {socket} in the command are replaced by the same."`
}

// Help is what `realtime run --help` says beyond the first line.
func (*runCommand) Help() string {
	return `The flags stand before the app's command:

  realtime run bin/rails server
  realtime run --listen :9000 gunicorn --bind 127.0.0.1:{port} shop.wsgi

The app's exit code is ours. TERM, INT and QUIT end both: clients first, then the app, which is killed if it takes longer than shutdown_timeout; a second signal ends both at once. HUP, USR1, USR2, TTIN, TTOU and WINCH are passed on to the app. The environment is development unless something says otherwise.`
}

// Run works until the app ends by itself, or a signal ends both. It returns the app's exit code.
func (c *runCommand) Run(*grammar) error {
	if c.Command[0] == "--" { // as with env, nice and others
		c.Command = c.Command[1:]
	}
	if len(c.Command) == 0 {
		return &exit{code: exitUsage, err: errors.New("run: which command starts the app?")}
	}
	port, err := freePort()
	if err != nil {
		return err
	}
	o, err := c.options(port)
	if err != nil {
		return err
	}
	log := o.NewLogger(os.Stderr)
	srv, err := server.New(o, log)
	if err != nil {
		return err
	}
	signals := make(chan os.Signal, 16)
	signal.Notify(signals, relayed()...)
	defer signal.Stop(signals)

	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	served := make(chan error, 1)
	go func() { served <- srv.Run(ctx) }()
	select {
	case err := <-served: // a taken port, say: the app was not started
		return err
	case <-srv.Listening():
	}
	srv.Announce()
	app := &supervisor{
		command: commandLine(c.Command, port, o.Socket),
		// Also where its settings say that it has a server inside: its server is this one.
		env:        append(os.Environ(), "PORT="+port, "REALTIME_SOCKET="+o.Socket, "REALTIME_NATIVE=0"),
		app:        endpointOf(o.Upstream[0]),
		restart:    c.Restart == "crash",
		patience:   o.ShutdownTimeout,
		signals:    signals,
		stopServer: cancel,
		served:     served,
		log:        log,
	}
	return supervise(app)
}

// options are the effective ones. The app is expected at the port unless a flag says where else.
func (c *runCommand) options(port string) (server.Options, error) {
	s, err := c.load("development", map[string][]string{"upstream": {"http://127.0.0.1:" + port}})
	if err != nil {
		return server.Options{}, err
	}
	o, err := options(s)
	if err == nil && len(o.Upstream) == 0 {
		err = errors.New("--upstream: run needs to know where the app listens; leave it out for a free port")
	}
	return o, err
}

// supervise runs the app and makes its exit code ours.
func supervise(app *supervisor) error {
	code, err := app.run()
	if code == 0 && err == nil {
		return nil
	}
	return &exit{code: code, err: err}
}

// commandLine fills the placeholders of the app's command.
func commandLine(command []string, port, socket string) []string {
	replace := strings.NewReplacer("{port}", port, "{socket}", socket)
	filled := make([]string, len(command))
	for i, word := range command {
		filled[i] = replace.Replace(word)
	}
	return filled
}

// endpointOf is what to dial for an upstream: http://host:port or unix:path, as the table checked it.
func endpointOf(upstream string) endpoint {
	if path, ok := strings.CutPrefix(upstream, "unix:"); ok {
		return endpoint{"unix", path}
	}
	u, err := url.Parse(upstream)
	if err != nil {
		panic("sidecar: the table of options let this upstream pass: " + upstream)
	}
	port := u.Port()
	if port == "" {
		port = "80"
	}
	return endpoint{"tcp", net.JoinHostPort(u.Hostname(), port)}
}

// The ports that an app is given are below those that systems hand out by themselves (from 32768 on Linux,
// from 49152 elsewhere): the app takes its port seconds later, and until then nobody else shall get it.
const (
	firstAppPort = 20_000
	lastAppPort  = 32_767
)

// freePort is a port on the loopback interface that was free a moment ago.
func freePort() (string, error) {
	var err error
	for range 64 {
		port := strconv.Itoa(firstAppPort + rand.IntN(lastAppPort-firstAppPort+1))
		var ln net.Listener
		if ln, err = net.Listen("tcp", net.JoinHostPort("127.0.0.1", port)); err == nil {
			ln.Close()
			return port, nil
		}
	}
	return "", fmt.Errorf("a port for the app: %w", err)
}
