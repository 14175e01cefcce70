package main

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"

	"realtime/bench/process"
)

// measure is one benchmark. Its rows are ours beside the peer's.
type measure struct {
	name  string
	about string
	run   func(*setup) ([]row, error)
}

// The bars are the project's goals; see README.md.
var measures = []measure{
	{"idle", "memory of an idle WebSocket, default namespace joined", func(b *setup) ([]row, error) {
		return memory(b, "idle", "idle WebSocket, PSS")
	}},
	{"parked", "memory of a client whose poll waits", func(b *setup) ([]row, error) {
		return memory(b, "parked", "parked poll, PSS")
	}},
	{"elders", "the same for clients 1.x and 2.x, and 0.9", func(b *setup) ([]row, error) {
		third, err := alone(b, "parked3", "parked poll of 1.x and 2.x, PSS")
		if err != nil {
			return nil, err
		}
		first, err := alone(b, "parked09", "parked poll of 0.9, PSS")
		return append(third, first...), err
	}},
	{"connect", "CPU of connecting, joining and leaving, 32 at a time", func(b *setup) ([]row, error) {
		return perMessage(b, "churn", "connect, join, leave", bar{ratio: 0.5}, "-clients", "32")
	}},
	{"broadcast", "CPU of a delivery, 256 bytes to 1,000 clients, one broadcast in flight", func(b *setup) ([]row, error) {
		return perMessage(b, "broadcast", "broadcast delivery", bar{ratio: 0.65}, "-clients", "1000")
	}},
	{"broadcast4", "the same with four in flight", func(b *setup) ([]row, error) {
		return perMessage(b, "broadcast", "broadcast delivery, 4 in flight", bar{ratio: 0.5}, "-clients", "1000", "-window", "4")
	}},
	{"echo", "CPU of an ack round trip through the fastest worker, 32 bytes, 100 clients", func(b *setup) ([]row, error) {
		return echo(b, "go")
	}},
	{"python", "the same through the Python binding", func(b *setup) ([]row, error) { return echo(b, "python") }},
	{"ruby", "the same through the Ruby binding", func(b *setup) ([]row, error) { return echo(b, "ruby") }},
	{"emits", "CPU of an emit in Ruby and Python, beside Redis and HTTP", func(b *setup) ([]row, error) {
		ruby, err := emits(b, "ruby")
		if err != nil {
			return nil, err
		}
		python, err := emits(b, "python")
		return append(ruby, python...), err
	}},
	{"native", "CPU of emits and events by the library, by the sidecar and by POSTs", func(b *setup) ([]row, error) {
		ruby, err := native(b, "ruby")
		if err != nil {
			return nil, err
		}
		python, err := native(b, "python")
		return append(ruby, python...), err
	}},
	{"inside", "memory and time that a server inside Ruby and Python takes", func(b *setup) ([]row, error) {
		ruby, err := inside(b, "ruby")
		if err != nil {
			return nil, err
		}
		python, err := inside(b, "python")
		return append(ruby, python...), err
	}},
	{"polling", "CPU of an acknowledged message by long-polling, 100 clients", func(b *setup) ([]row, error) {
		return perMessage(b, "polling", "polling round trip (POST + GET)", bar{}, "-clients", "100")
	}},
	{"proxy", "CPU of a proxied request of 1 KiB beside nginx", proxied},
}

// memory compares fresh servers, one after the other.
func memory(b *setup, command, what string) ([]row, error) {
	r := row{what: fmt.Sprintf("%s, %d clients", what, b.idle), unit: "KiB", peer: "node", bar: bar{value: 4}}
	connect := row{what: "  of them: connect and join, cold", unit: "us", peer: "node"}
	for _, start := range []func() (*server, error){
		func() (*server, error) { return b.sidecar("go", quietPing) },
		func() (*server, error) { return b.node(quietPing) },
	} {
		s, err := start()
		if err != nil {
			return nil, err
		}
		samples, err := b.load(command, []string{"-clients", strconv.Itoa(b.idle), "-rounds", "1"}, s)
		s.stop()
		if err != nil {
			return nil, err
		}
		sample := samples[s.name][0]
		each := float64(sample.Bytes) / float64(sample.Count) / 1024
		if s.name == "node" {
			r.other, connect.other = each, cost(samples[s.name], 0)
		} else {
			r.ours, connect.ours = each, cost(samples[s.name], 0)
		}
	}
	return []row{r, connect}, nil
}

// alone measures the memory of clients that the peer does not have.
func alone(b *setup, command, what string) ([]row, error) {
	s, err := b.sidecar("go", quietPing)
	if err != nil {
		return nil, err
	}
	defer s.stop()
	samples, err := b.load(command, []string{"-clients", strconv.Itoa(b.idle), "-rounds", "1"}, s)
	if err != nil {
		return nil, err
	}
	sample := samples[s.name][0]
	each := float64(sample.Bytes) / float64(sample.Count) / 1024
	return []row{{what: fmt.Sprintf("%s, %d clients", what, b.idle), unit: "KiB", ours: each, bar: bar{value: 4}}}, nil
}

// perMessage compares CPU per message.
func perMessage(b *setup, command, what string, limit bar, flags ...string) ([]row, error) {
	servers, err := b.pair("go")
	if err != nil {
		return nil, err
	}
	samples, err := b.load(command, b.rounded(flags), servers...)
	if err != nil {
		return nil, err
	}
	ours, other := samples["go"], samples["node"]
	return []row{{
		what: what, unit: "us", ours: cost(ours, 0), peer: "node", other: cost(other, 0), bar: limit,
		note: fmt.Sprintf("%.0f/s, node %.0f/s", rate(ours), rate(other)),
	}}, nil
}

func (b *setup) rounded(flags []string) []string {
	return append(flags, "-rounds", strconv.Itoa(b.rounds), "-time", b.time.String())
}

// echo compares the sidecar with a worker of a language to the peer, which runs the handler itself.
func echo(b *setup, language string) ([]row, error) {
	servers, err := b.pair(language)
	if err != nil {
		return nil, err
	}
	samples, err := b.load("echo", b.rounded([]string{"-clients", "100"}), servers...)
	if err != nil {
		return nil, err
	}
	ours, other := samples[language], samples["node"]
	r := row{
		what: "echo with ack, " + language + " worker: sidecar", unit: "us",
		ours: cost(ours, 0), peer: "node", other: cost(other, 0),
		note: fmt.Sprintf("%.0f/s, node %.0f/s", rate(ours), rate(other)),
	}
	return []row{r, {what: "  the worker itself", unit: "us", ours: cost(ours, 1)}}, nil
}

// proxied runs bench/proxy, which is a comparison of its own.
func proxied(b *setup) ([]row, error) {
	cmd := process.Unbound(b.built("proxy"), "-rounds", strconv.Itoa(b.proxyRounds),
		"-seconds", strconv.Itoa(int(b.proxyTime.Seconds())))
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%w: %s", err, out)
	}
	m := proxySummary.FindSubmatch(out)
	if m == nil {
		return nil, fmt.Errorf("unexpected output: %s", out)
	}
	ours, err1 := strconv.ParseFloat(string(m[1]), 64)
	nginx, err2 := strconv.ParseFloat(string(m[2]), 64)
	if err1 != nil || err2 != nil {
		return nil, fmt.Errorf("unexpected output: %s", out)
	}
	return []row{{what: "proxied request, 1 KiB", unit: "us", ours: ours, peer: "nginx", other: nginx, bar: bar{ratio: 2.5}}}, nil
}

var proxySummary = regexp.MustCompile(`median: realtime ([0-9.]+) us, nginx ([0-9.]+) us`)

// cost is the median CPU per message, in microseconds, of one of a target's processes.
func cost(samples []process.Sample, at int) float64 {
	var each []float64
	for _, s := range samples {
		if s.Count > 0 {
			each = append(each, s.CPU[at]/float64(s.Count))
		}
	}
	return median(each)
}

// rate is the median of messages per second.
func rate(samples []process.Sample) float64 {
	var each []float64
	for _, s := range samples {
		each = append(each, float64(s.Count)/s.Seconds)
	}
	return median(each)
}

func median(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	slices.Sort(v)
	return (v[(len(v)-1)/2] + v[len(v)/2]) / 2
}
