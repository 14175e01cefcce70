package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// requester is an HTTP connection with one request at a time.
type requester struct {
	conn *conn
	name string // of the target, for errors
	// answered is called with the body of each answer, which it must not keep.
	answered func(body []byte) error
}

// openRequester begins a connection with its first request.
func openRequester(t *target, first []byte, answered func([]byte) error) (*requester, error) {
	r := &requester{name: t.name, answered: answered}
	var err error
	r.conn, err = t.loop.dial(t.address, r, first)
	return r, err
}

var (
	headEnd = []byte("\r\n\r\n")
	okLine  = []byte("HTTP/1.1 200 ")
	lengths = [][]byte{[]byte("\r\nContent-Length: "), []byte("\r\ncontent-length: ")}
)

func (r *requester) receive(_ *conn, b []byte) (int, error) {
	head := bytes.Index(b, headEnd)
	if head < 0 {
		return 0, nil
	}
	if !bytes.HasPrefix(b, okLine) {
		return 0, fmt.Errorf("%s: %.300q", r.name, b)
	}
	n, err := contentLength(b[:head+2])
	end := head + len(headEnd) + n
	if err != nil || len(b) < end {
		return 0, err
	}
	return end, r.answered(b[head+len(headEnd) : end])
}

func contentLength(head []byte) (int, error) {
	for _, name := range lengths {
		if at := bytes.Index(head, name); at >= 0 {
			value, _, _ := bytes.Cut(head[at+len(name):], []byte("\r"))
			return strconv.Atoi(string(value))
		}
	}
	return 0, fmt.Errorf("an answer without a length: %.300q", head)
}

func (r *requester) lost(_ *conn, err error) error {
	if errors.Is(err, io.EOF) {
		err = errors.New("the server closed the connection")
	}
	return fmt.Errorf("%s: a poll was lost: %w", r.name, err)
}

// get and post are requests of a session; sid "" is the handshake.
func get(host, sid string) []byte {
	return []byte("GET /socket.io/?EIO=4&transport=polling" + session(sid) + " HTTP/1.1\r\nHost: " + host + "\r\n" + browser + "\r\n")
}

func post(host, sid, body string) []byte {
	return []byte("POST /socket.io/?EIO=4&transport=polling" + session(sid) + " HTTP/1.1\r\nHost: " + host + "\r\n" +
		"Origin: http://" + host + "\r\n" + browser +
		"Content-Type: text/plain;charset=UTF-8\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body)
}

func session(sid string) string {
	if sid == "" {
		return ""
	}
	return "&sid=" + sid
}

// sidOf reads the session's id out of the open packet.
func sidOf(open []byte) (string, error) {
	_, rest, ok := bytes.Cut(open, []byte(`"sid":"`))
	sid, _, closed := bytes.Cut(rest, []byte(`"`))
	if !ok || !closed {
		return "", fmt.Errorf("not an open packet: %.100q", open)
	}
	return string(sid), nil
}
