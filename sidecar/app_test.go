package main

import (
	"bufio"
	"fmt"
	"maps"
	"net"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
)

// app is the app of the tests: this program, started again by the sidecar. It serves on PORT, tells
// on its output what happens to it, and ends on TERM or INT with code 0. Words change that:
//
//	wait       it listens only after a line on its standard input
//	stubborn   TERM and INT do not end it
//	patient    only TERM ends it
//	code=N     its exit code at such an end
//	second=F   it ends with code 1 before it listens, if it is the second that adds itself to file F
func app(words []string) int {
	signals := make(chan os.Signal, 16)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP, syscall.SIGUSR1, syscall.SIGUSR2)
	code := 0
	for _, word := range words {
		name, value, _ := strings.Cut(word, "=")
		switch name {
		case "wait":
			fmt.Println("app waits")
			_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
		case "code":
			code, _ = strconv.Atoi(value)
		case "second":
			if count(value) == 2 {
				return 1
			}
		}
	}
	var front atomic.Value // the sidecar's address, as browsers name it
	front.Store("")
	go serveApp(&front)
	counts := map[string]int{}
	for sig := range signals {
		counts[sig.String()]++
		fmt.Printf("app got %s\n", sig)
		ends := sig == syscall.SIGTERM || sig == syscall.SIGINT && !slices.Contains(words, "patient")
		if !ends || slices.Contains(words, "stubborn") {
			continue
		}
		fmt.Println("front is", reachable(front.Load().(string)))
		for _, name := range slices.Sorted(maps.Keys(counts)) {
			fmt.Printf("count of %s: %d\n", name, counts[name])
		}
		break
	}
	return code
}

func serveApp(front *atomic.Value) {
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		front.Store(r.Host)
		fmt.Fprintf(w, "app PORT=%s REALTIME_SOCKET=%s REALTIME_NATIVE=%s args=%q",
			os.Getenv("PORT"), os.Getenv("REALTIME_SOCKET"), os.Getenv("REALTIME_NATIVE"), os.Args[2:])
	})
	http.HandleFunc("/hang", func(_ http.ResponseWriter, r *http.Request) {
		fmt.Println("app hangs")
		<-r.Context().Done()
	})
	http.HandleFunc("/crash", func(http.ResponseWriter, *http.Request) { os.Exit(3) })
	fmt.Println("app ended:", http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil))
}

func reachable(address string) string {
	nc, err := net.Dial("tcp", address)
	if err != nil {
		return "closed"
	}
	nc.Close()
	return "open"
}

// count adds a line to a file and returns how many it has.
func count(path string) int {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return 0
	}
	fmt.Fprintln(f, "start")
	f.Close()
	text, _ := os.ReadFile(path)
	return strings.Count(string(text), "\n")
}
