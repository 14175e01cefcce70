package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"realtime/bench/process"
)

// target is a server under load.
type target struct {
	name    string
	host    string
	address *unix.SockaddrInet4
	pids    []int // the server's, then those of its workers
	loop    *loop
}

// parseTarget reads name=host:port=pid[,pid…].
func parseTarget(s string, l *loop) (*target, error) {
	parts := strings.Split(s, "=")
	if len(parts) != 3 {
		return nil, fmt.Errorf("%q is not name=host:port=pid,…", s)
	}
	address, err := parseAddress(parts[1])
	if err != nil {
		return nil, err
	}
	t := &target{name: parts[0], host: parts[1], address: address, loop: l}
	for field := range strings.SplitSeq(parts[2], ",") {
		pid, err := strconv.Atoi(field)
		if err != nil {
			return nil, err
		}
		t.pids = append(t.pids, pid)
	}
	return t, nil
}

// measure runs work and returns what it cost the target's processes. work returns how much it did.
func (t *target) measure(work func() (int64, error)) (process.Sample, error) {
	before, err := t.cpu()
	if err != nil {
		return process.Sample{}, err
	}
	began := time.Now()
	count, err := work()
	if err != nil {
		return process.Sample{}, fmt.Errorf("%s: %w", t.name, err)
	}
	s := process.Sample{Target: t.name, Count: count, Seconds: time.Since(began).Seconds()}
	after, err := t.cpu()
	for i := range after {
		s.CPU = append(s.CPU, float64((after[i] - before[i]).Microseconds()))
	}
	return s, err
}

func (t *target) cpu() ([]time.Duration, error) {
	var all []time.Duration
	for _, pid := range t.pids {
		d, err := process.CPU(pid)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", t.name, err)
		}
		all = append(all, d)
	}
	return all, nil
}
