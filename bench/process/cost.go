package process

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// clockTick is the unit of CPU times in /proc: USER_HZ, 100 on every Linux of interest.
const clockTick = 10 * time.Millisecond

// CPU returns the user and system time of a process since it started.
//
// Limits: the kernel counts in hundredths of a second, so what is measured must take some tenths.
// Source: proc_pid_stat(5), fields 14 and 15.
func CPU(pid int) (time.Duration, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	end := strings.LastIndex(string(stat), ") ") // the name may hold spaces and brackets
	if end < 0 {
		return 0, errors.New("/proc/pid/stat has no name")
	}
	fields := strings.Fields(string(stat[end+2:]))
	if len(fields) < 13 {
		return 0, errors.New("short /proc/pid/stat")
	}
	user, err1 := strconv.ParseInt(fields[11], 10, 64)
	system, err2 := strconv.ParseInt(fields[12], 10, 64)
	return time.Duration(user+system) * clockTick, errors.Join(err1, err2)
}

// PSS returns a process's share of memory in bytes: what it has to itself, and its part of what it
// shares. Source: proc_pid_smaps(5), smaps_rollup.
func PSS(pid int) (int64, error) {
	rollup, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(rollup)) {
		if rest, ok := strings.CutPrefix(line, "Pss:"); ok {
			kib, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return kib << 10, err
		}
	}
	return 0, errors.New("no Pss in /proc/pid/smaps_rollup")
}

const (
	settleStep  = 500 * time.Millisecond
	settleLimit = 20 * time.Second
	// settled is by how much memory may still move between two readings, in bytes.
	settled = 256 << 10
)

// SettledPSS waits until a process's memory has kept still for a while and returns it: collectors give
// memory back some time after the work. After settleLimit it returns what it is then.
func SettledPSS(pid int, still time.Duration) (int64, error) {
	tick := time.NewTicker(settleStep)
	defer tick.Stop()
	began := time.Now()
	moved := began
	last, err := PSS(pid)
	for err == nil && time.Since(moved) < still && time.Since(began) < settleLimit {
		<-tick.C
		var now int64
		now, err = PSS(pid)
		if now-last > settled || last-now > settled {
			moved = time.Now()
		}
		last = now
	}
	return last, err
}
