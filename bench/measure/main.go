// Command measure runs the benchmarks: it starts the servers, each pinned to one core, lets the load
// generator take turns at them from the other, and prints one table. bench/run builds what it needs
// and calls it.
//
//	measure [-quick] [NAME…]
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"text/tabwriter"
	"time"
)

// scale is how much is measured.
type scale struct {
	rounds      int
	time        time.Duration // of a round
	idle        int           // clients whose memory is measured
	proxyRounds int
	proxyTime   time.Duration
}

var (
	full  = scale{rounds: 5, time: time.Second, idle: 10_000, proxyRounds: 4, proxyTime: 3 * time.Second}
	quick = scale{rounds: 2, time: 600 * time.Millisecond, idle: 3_000, proxyRounds: 1, proxyTime: 2 * time.Second}
)

func main() {
	short := flag.Bool("quick", false, "about two minutes instead of eight")
	flag.Parse()
	s := full
	if *short {
		s = quick
	}
	if err := run(s, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(s scale, names []string) error {
	chosen, err := choose(names)
	if err != nil {
		return err
	}
	bench, err := newSetup(s)
	if err != nil {
		return err
	}
	defer bench.close()
	var rows []row
	var failures []error
	for _, m := range chosen {
		fmt.Fprintf(os.Stderr, "%s: %s\n", m.name, m.about)
		more, err := m.run(bench)
		if err != nil {
			failures = append(failures, fmt.Errorf("%s: %w (the servers' words: %s)", m.name, err, bench.log.Name()))
		}
		rows = append(rows, more...)
	}
	return errors.Join(append(failures, printTable(rows, s))...)
}

func choose(names []string) ([]measure, error) {
	if len(names) == 0 {
		return measures, nil
	}
	var chosen []measure
	for _, name := range names {
		found := false
		for _, m := range measures {
			if m.name == name {
				chosen, found = append(chosen, m), true
			}
		}
		if !found {
			var known []string
			for _, m := range measures {
				known = append(known, m.name)
			}
			return nil, fmt.Errorf("no measure %q; there are %s", name, strings.Join(known, ", "))
		}
	}
	return chosen, nil
}

// row is one line of the table. A value of 0 is not known.
type row struct {
	what  string
	unit  string
	ours  float64
	peer  string
	other float64
	bar   bar
	note  string
}

// bar is what a figure has to stay under: a value, a ratio to the peer's, or nothing.
type bar struct{ value, ratio float64 }

func (b bar) String() string {
	switch {
	case b.value > 0:
		return fmt.Sprintf("<= %.1f", b.value)
	case b.ratio > 0:
		return fmt.Sprintf("<= %.2fx", b.ratio)
	}
	return "-"
}

func (r row) verdict() string {
	switch {
	case r.bar.value > 0 && r.ours <= r.bar.value, r.bar.ratio > 0 && r.ours <= r.bar.ratio*r.other:
		return "met"
	case r.bar == bar{}:
		return ""
	}
	return "MISSED"
}

func printTable(rows []row, s scale) error {
	fmt.Printf("\n%s, %d processors, %s, medians of %d rounds\n\n",
		kernel(), runtime.NumCPU(), time.Now().Format(time.DateOnly), s.rounds)
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "measure\trealtime\tpeer\t\tratio\tbar\t\t")
	for _, r := range rows {
		other, ratio := "-", "-"
		if r.other > 0 {
			other = fmt.Sprintf("%.1f", r.other)
			ratio = fmt.Sprintf("%.2f", r.ours/r.other)
		}
		fmt.Fprintf(w, "%s\t%.1f %s\t%s\t%s\t%s\t%s\t%s\t%s\n",
			r.what, r.ours, r.unit, other, r.peer, ratio, r.bar, r.verdict(), r.note)
	}
	return w.Flush()
}

func kernel() string {
	release, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		return runtime.GOOS
	}
	return "Linux " + strings.TrimSpace(string(release))
}

// root is the folder of the benchmarks: the built programs are in its out.
func root() (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	return filepath.Dir(filepath.Dir(self)), nil
}
