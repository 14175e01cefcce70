package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"

	"github.com/alecthomas/kong"
)

// version is that of the file VERSION; a build adds its commit (-ldflags "-X main.version=…").
var version = "0.1.0"

func init() {
	// The child of `run` is told by the kernel when the thread that started it ends, so it must be
	// started from a thread that lives as long as we do: the main one.
	runtime.LockOSThread()
}

func main() { os.Exit(execute(os.Args[1:])) }

// execute runs the program with the given arguments and returns its exit code.
func execute(args []string) int {
	parser, grammar, err := newParser()
	if err != nil {
		fmt.Fprintln(os.Stderr, "realtime:", err)
		return exitFailure
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintln(os.Stderr, "realtime:", err)
		var misused *kong.ParseError
		if errors.As(err, &misused) {
			fmt.Fprintln(os.Stderr, `Try "realtime --help".`)
		}
		return exitUsage
	}
	return report(parsed.Run(grammar))
}

// report says what went wrong, if that is still to be said, and returns the exit code.
func report(err error) int {
	if err == nil {
		return 0
	}
	code := exitFailure
	if ended, ok := errors.AsType[*exit](err); ok {
		if code = ended.code; ended.err == nil {
			return code
		}
	}
	fmt.Fprintln(os.Stderr, "realtime:", err)
	return code
}
