// Command proxy measures what a proxied request costs: the CPU time of our proxy beside nginx's, for
// an answer of 1 KiB.
//
//	go run ./bench/proxy [-rounds 4] [-seconds 3] [-connections 64]
//
// It starts itself again as the app and as the proxy, and nginx with a configuration in a temporary
// folder, then lets wrk load each in turn. CPU time is user and system time from /proc, of the proxy
// alone; the ratio is the median of the rounds' ratios, because a shared machine may be twice as slow
// a minute later. It needs Linux, nginx and wrk, and taskset if one core each is wanted.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"time"
)

func main() {
	if len(os.Args) == 4 && os.Args[1] == "role" {
		fail(runRole(os.Args[2], os.Args[3]))
		return
	}
	rounds := flag.Int("rounds", 4, "alternated rounds")
	seconds := flag.Int("seconds", 3, "length of one run")
	connections := flag.Int("connections", 64, "of wrk")
	flag.Parse()
	fail(measure(*rounds, *seconds, *connections))
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench/proxy:", err)
		os.Exit(1)
	}
}

// target is something wrk can load.
type target struct {
	name string
	url  string
	pid  int
}

func measure(rounds, seconds, connections int) error {
	for _, tool := range []string{"nginx", "wrk"} {
		if _, err := exec.LookPath(tool); err != nil {
			return fmt.Errorf("%s is needed: %w", tool, err)
		}
	}
	dir, err := os.MkdirTemp("", "bench-proxy")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	targets, stop, err := start(dir)
	defer stop()
	if err != nil {
		return err
	}
	costs := map[string][]float64{}
	fmt.Printf("%-8s %-8s %10s %14s\n", "round", "proxy", "req/s", "CPU us/req")
	// One short round is not counted: connections are made, heaps grow.
	for round := range rounds + 1 {
		length := seconds
		if round == 0 {
			length = 1
		}
		for _, t := range targets {
			requests, cpu, err := load(t, length, connections)
			if err != nil {
				return fmt.Errorf("%s: %w", t.name, err)
			}
			if round == 0 {
				continue
			}
			cost := float64(cpu.Microseconds()) / float64(requests)
			costs[t.name] = append(costs[t.name], cost)
			fmt.Printf("%-8d %-8s %10.0f %14.1f\n", round, t.name, float64(requests)/float64(length), cost)
		}
	}
	var ratios []float64
	for i := range costs["nginx"] {
		ratios = append(ratios, costs["realtime"][i]/costs["nginx"][i])
	}
	fmt.Printf("\nmedian: realtime %.1f us, nginx %.1f us, ratio %.2f (goal: at most 2.5)\n",
		median(costs["realtime"]), median(costs["nginx"]), median(ratios))
	return nil
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	if len(v) == 0 {
		return 0
	}
	return (v[(len(v)-1)/2] + v[len(v)/2]) / 2
}

// load runs wrk against t and returns the number of requests and the CPU time t took for them.
func load(t target, seconds, connections int) (int64, time.Duration, error) {
	before, err := cpuTime(t.pid)
	if err != nil {
		return 0, 0, err
	}
	cmd := pinned(otherCore, "wrk", "-t1", fmt.Sprintf("-c%d", connections), fmt.Sprintf("-d%ds", seconds),
		"-H", "User-Agent: Mozilla/5.0 (X11; Linux x86_64) bench", "-H", "Accept: text/html,*/*;q=0.8",
		"-H", "Accept-Language: en", "-H", "Accept-Encoding: gzip, deflate", "-H", "Cookie: session=0123456789abcdef0123456789abcdef",
		t.url)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return 0, 0, fmt.Errorf("wrk: %w: %s", err, out)
	}
	after, err := cpuTime(t.pid)
	if err != nil {
		return 0, 0, err
	}
	requests, err := wrkRequests(string(out))
	if err == nil && requests == 0 {
		err = errors.New("no request was answered")
	}
	return requests, after - before, err
}
