// Command load is the load generator of the benchmarks: Socket.IO clients, written by hand on one
// epoll loop, cheap enough not to be what is measured.
//
//	load COMMAND [flags] name=host:port=pid[,pid…] …
//
// The commands are idle, parked, parked3, parked09, broadcast, emit, echo, churn and polling. Each loads the given servers in
// turn, round by round, and prints for every round of every server a line of JSON, a process.Sample,
// with what the processes named spent on it. It speaks to loopback addresses only.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime"
	"time"

	"realtime/bench/process"
)

// options are the flags; not every command has a use for all.
type options struct {
	clients int
	rounds  int
	seconds time.Duration
	window  int
	bytes   int
}

// bench is one command. prepare makes a server ready, once; round loads it for a while.
type bench interface {
	prepare() error
	round() (process.Sample, error)
}

var commands = map[string]func(*target, options) bench{
	"idle":      func(t *target, o options) bench { return &idle{target: t, clients: o.clients} },
	"parked":    func(t *target, o options) bench { return &parked{target: t, clients: o.clients} },
	"parked3":   func(t *target, o options) bench { return &parkedElders{t, o.clients, elders["parked3"]} },
	"parked09":  func(t *target, o options) bench { return &parkedElders{t, o.clients, elders["parked09"]} },
	"broadcast": func(t *target, o options) bench { return newBroadcast(t, o) },
	"emit":      func(t *target, o options) bench { return newEmit(t, o) },
	"echo":      func(t *target, o options) bench { return newEcho(t, o) },
	"churn":     func(t *target, o options) bench { return newChurn(t, o) },
	"polling":   func(t *target, o options) bench { return newPolling(t, o) },
}

func main() {
	// One thread: the second core belongs to the server, and both to the kernel.
	runtime.GOMAXPROCS(1)
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench/load:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) == 0 || commands[args[0]] == nil {
		return errors.New("a command is needed: idle, parked, parked3, parked09, broadcast, emit, echo, churn or polling")
	}
	flags := flag.NewFlagSet(args[0], flag.ExitOnError)
	var o options
	flags.IntVar(&o.clients, "clients", 100, "clients; for churn: how many at a time")
	flags.IntVar(&o.rounds, "rounds", 3, "rounds that count")
	flags.DurationVar(&o.seconds, "time", time.Second, "length of a round")
	flags.IntVar(&o.window, "window", 1, "broadcasts in flight")
	flags.IntVar(&o.bytes, "bytes", 32, "of a client's message")
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	l, err := newLoop()
	if err != nil {
		return err
	}
	var benches []bench
	for _, arg := range flags.Args() {
		t, err := parseTarget(arg, l)
		if err != nil {
			return err
		}
		benches = append(benches, commands[args[0]](t, o))
	}
	return play(benches, o.rounds)
}

// play lets the benches take turns, so that all of them meet the same weather.
func play(benches []bench, rounds int) error {
	for _, b := range benches {
		if err := b.prepare(); err != nil {
			return err
		}
	}
	out := json.NewEncoder(os.Stdout)
	for range rounds {
		for _, b := range benches {
			s, err := b.round()
			if err != nil {
				return err
			}
			if err := out.Encode(s); err != nil {
				return err
			}
		}
	}
	return nil
}
