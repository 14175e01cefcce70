package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// The proxies have one core, wrk and the app the other.
const (
	proxyCore = 0
	otherCore = 1
)

// clockTick is the unit of CPU times in /proc: USER_HZ, 100 on every Linux of interest.
const clockTick = 10 * time.Millisecond

// startLimit is how long a process may take to listen.
const startLimit = 10 * time.Second

// pinned returns a command bound to a core, where taskset is there to do it.
func pinned(core int, name string, args ...string) *exec.Cmd {
	if _, err := exec.LookPath("taskset"); err == nil {
		args = append([]string{"-c", strconv.Itoa(core), name}, args...)
		name = "taskset"
	}
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), "GOMAXPROCS=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return cmd
}

// start runs the app, our proxy and nginx; stop ends those that were started, in any case.
func start(dir string) (targets []target, stop func(), err error) {
	var running []*exec.Cmd
	stop = func() {
		for _, cmd := range running {
			_ = cmd.Process.Signal(syscall.SIGTERM)
			_ = cmd.Wait()
		}
	}
	self, err := os.Executable()
	if err != nil {
		return nil, stop, err
	}
	ports, err := freePorts(3)
	if err != nil {
		return nil, stop, err
	}
	app, ours, theirs := ports[0], ports[1], ports[2]
	conf, err := nginxConfig(dir, theirs, app)
	if err != nil {
		return nil, stop, err
	}
	for _, c := range []struct {
		cmd  *exec.Cmd
		addr string
	}{
		{pinned(otherCore, self, "role", "app", app), app},
		{pinned(proxyCore, self, "role", "proxy", ours+"="+app), ours},
		{pinned(proxyCore, "nginx", "-c", conf, "-e", filepath.Join(dir, "error.log")), theirs},
	} {
		c.cmd.Stderr = os.Stderr
		if err := c.cmd.Start(); err != nil {
			return nil, stop, err
		}
		running = append(running, c.cmd)
		if err := listening(c.addr); err != nil {
			return nil, stop, fmt.Errorf("%s: %w", c.cmd, err)
		}
	}
	// taskset replaces itself, so the process ids are those of the servers.
	return []target{
		{"realtime", "http://" + ours + "/", running[1].Process.Pid},
		{"nginx", "http://" + theirs + "/", running[2].Process.Pid},
	}, stop, nil
}

// freePorts returns loopback addresses nobody listens on.
func freePorts(n int) ([]string, error) {
	var addrs []string
	for range n {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer ln.Close()
		addrs = append(addrs, ln.Addr().String())
	}
	return addrs, nil
}

// listening waits until addr accepts connections.
func listening(addr string) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(startLimit)
	for {
		nc, err := net.Dial("tcp", addr)
		if err == nil {
			return nc.Close()
		}
		select {
		case <-tick.C:
		case <-limit:
			return fmt.Errorf("does not listen: %w", err)
		}
	}
}

// nginxConfig writes a configuration for one worker with kept upstream connections and the headers
// our proxy sets.
func nginxConfig(dir, listen, app string) (string, error) {
	temp := ""
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		temp += fmt.Sprintf("  %s_temp_path %s;\n", kind, filepath.Join(dir, kind))
	}
	conf := fmt.Sprintf(`daemon off;
worker_processes 1;
pid %s;
events { worker_connections 1024; }
http {
  access_log off;
  keepalive_requests 100000000;
%s  upstream app { server %s; keepalive 128; keepalive_requests 100000000; }
  server {
    listen %s;
    location / {
      proxy_pass http://app;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-Host $http_host;
      proxy_set_header X-Request-Start "t=$msec";
    }
  }
}
`, filepath.Join(dir, "nginx.pid"), temp, app, listen)
	path := filepath.Join(dir, "nginx.conf")
	if os.Getuid() == 0 {
		conf = "user root;\n" + conf // or the worker could not use its folders
	}
	return path, os.WriteFile(path, []byte(conf), 0o600)
}

// cpuTime returns user and system time of a process and of its children that still run.
func cpuTime(pid int) (time.Duration, error) {
	total, err := ownTime(pid)
	if err != nil {
		return 0, err
	}
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	if err != nil {
		return 0, err
	}
	for _, s := range strings.Fields(string(children)) {
		child, err := strconv.Atoi(s)
		if err != nil {
			return 0, err
		}
		t, err := ownTime(child)
		if err != nil {
			return 0, err
		}
		total += t
	}
	return total, nil
}

// ownTime reads fields 14 and 15 of /proc/pid/stat (proc_pid_stat(5)).
func ownTime(pid int) (time.Duration, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(stat), ") ") // the name may hold spaces
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0, errors.New("short /proc/pid/stat")
	}
	user, err1 := strconv.ParseInt(fields[11], 10, 64)
	system, err2 := strconv.ParseInt(fields[12], 10, 64)
	return time.Duration(user+system) * clockTick, errors.Join(err1, err2)
}

var requestsLine = regexp.MustCompile(`(\d+) requests in`)

func wrkRequests(out string) (int64, error) {
	m := requestsLine.FindStringSubmatch(out)
	if m == nil || strings.Contains(out, "Non-2xx") {
		return 0, fmt.Errorf("unexpected output of wrk: %s", out)
	}
	return strconv.ParseInt(m[1], 10, 64)
}
