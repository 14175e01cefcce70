package main

import (
	"net"
	"strconv"
	"testing"
)

func TestFreePort_is_none_that_the_system_hands_out(t *testing.T) {
	for range 100 {
		port, err := freePort()
		if err != nil {
			t.Fatal(err)
		}
		if n, _ := strconv.Atoi(port); n < firstAppPort || n > lastAppPort {
			t.Errorf("got %s", port)
		}
		ln, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", port))
		if err != nil {
			t.Fatal(err)
		}
		ln.Close()
	}
}
