package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"realtime/core/server"
)

// runCommand starts the app and stands in front of it. It is for development and for containers with
// one process tree; where the app is deployed on its own, use serve.
type runCommand struct {
	settings `embed:""`

	Restart string   `enum:"crash,never" default:"crash" help:"Start the app again when it crashes after it had listened (crash), or end with its exit code (never)."`
	Command []string `arg:"" passthrough:"all" help:"The app's command. {port} and {socket} in it are replaced; PORT and REALTIME_SOCKET are in its environment."`
}

// Run works until the app ends by itself, or a signal ends both. It returns the app's exit code.
func (c *runCommand) Run(*grammar) error {
	port, err := freePort()
	if err != nil {
		return err
	}
	upstream := "http://" + net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	s, err := c.load("development", map[string][]string{"upstream": {upstream}})
	if err != nil {
		return err
	}
	o := options(s)
	log := newLogger(o)
	socket, err := filepath.Abs(o.Socket)
	if err != nil {
		return fmt.Errorf("the path of the app's socket: %w", err)
	}
	srv, err := server.New(o, log)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	served := make(chan error, 1)
	go func() { served <- srv.Run(ctx) }()
	select {
	case err := <-served: // a taken port, say: the app was not started
		return err
	case <-srv.Listening():
	}
	go announce(srv, log, "app", strings.Join(c.Command, " "))
	app := &supervisor{
		command:  commandLine(c.Command, port, socket),
		env:      append(os.Environ(), "PORT="+strconv.Itoa(port), "REALTIME_SOCKET="+socket),
		address:  net.JoinHostPort("127.0.0.1", strconv.Itoa(port)),
		restart:  c.Restart == "crash",
		patience: o.ShutdownTimeout,
		log:      log,
	}
	return c.supervise(app, cancel, served, log)
}

// supervise runs the app until it ends. Our own server is stopped before the app is told to end, so
// that requests under way find it alive.
func (c *runCommand) supervise(app *supervisor, stopServer func(), served <-chan error, log *slog.Logger) error {
	code, err := app.run(func() {
		stopServer()
		if err := <-served; err != nil {
			log.Error("the server stopped", "err", err)
		}
	}, served)
	if err != nil {
		return err
	}
	if code != 0 {
		return exitCode(code)
	}
	return nil
}

// commandLine fills the placeholders of the app's command.
func commandLine(command []string, port int, socket string) []string {
	replace := strings.NewReplacer("{port}", strconv.Itoa(port), "{socket}", socket)
	filled := make([]string, len(command))
	for i, word := range command {
		filled[i] = replace.Replace(word)
	}
	return filled
}

// freePort is a port on the loopback interface that was free a moment ago.
func freePort() (int, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("a port for the app: %w", err)
	}
	defer ln.Close()
	return ln.Addr().(*net.TCPAddr).Port, nil
}

// Times of the supervisor.
const (
	// dialEvery is how often the app is tried until it listens.
	dialEvery = 50 * time.Millisecond
	// firstBackoff doubles with each crash in a row up to maxBackoff; a run of steadyAfter starts over.
	firstBackoff = 500 * time.Millisecond
	maxBackoff   = 30 * time.Second
	steadyAfter  = time.Minute
)
