package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// client is a Socket.IO client over WebSocket, in the default namespace.
type client struct {
	conn   *conn
	cohort *cohort
	state  clientState
	count  int64 // events and acks received
}

type clientState uint8

const (
	upgrading clientState = iota
	opening
	joining
	joined
	leaving
)

// cohort is what clients have in common.
type cohort struct {
	target *target
	// joined is called when a client is in, packet for each Socket.IO event or ack it gets, gone
	// when a client that left is gone.
	joined func(*client) error
	packet func(*client, []byte) error
	gone   func(*client) error
}

var (
	joinFrame  = frame(opText, "40")
	pongFrame  = frame(opText, "3")
	closeFrame = frame(opClose, "\x03\xe8")
)

// browser is what a browser sends with every request, cookies included. Servers keep some of it.
const browser = "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36\r\n" +
	"Accept-Language: en-GB,en;q=0.9\r\n" +
	"Accept-Encoding: gzip, deflate, br\r\n" +
	"Cookie: session=0123456789abcdef0123456789abcdef0123456789abcdef\r\n"

// connect begins a client's life.
func (h *cohort) connect() (*client, error) {
	t := h.target
	c := &client{cohort: h}
	request := "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: " + t.host + "\r\n" +
		"Origin: http://" + t.host + "\r\n" + browser +
		"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
	var err error
	c.conn, err = t.loop.dial(t.address, c, []byte(request))
	return c, err
}

// leave closes the WebSocket as a browser does.
func (c *client) leave() error {
	c.state = leaving
	return c.conn.write(closeFrame)
}

func (c *client) receive(_ *conn, b []byte) (int, error) {
	used := 0
	if c.state == upgrading {
		end := bytes.Index(b, []byte("\r\n\r\n"))
		if end < 0 {
			return 0, nil
		}
		if !bytes.HasPrefix(b, []byte("HTTP/1.1 101 ")) {
			return 0, fmt.Errorf("%s: %.200q", c.cohort.target.name, b)
		}
		c.state = opening
		used = end + 4
	}
	for {
		op, payload, n, err := nextFrame(b[used:])
		if err != nil || n == 0 {
			return used, err
		}
		used += n
		if err := c.frame(op, payload); err != nil {
			return used, err
		}
	}
}

func (c *client) frame(op byte, payload []byte) error {
	switch {
	case c.state == leaving && op == opClose:
		c.conn.close()
		return c.cohort.gone(c)
	case c.state == leaving:
		return nil
	}
	if op != opText || len(payload) == 0 {
		return fmt.Errorf("%s: unexpected frame %d %.100q", c.cohort.target.name, op, payload)
	}
	switch {
	case payload[0] == '2':
		return c.conn.write(pongFrame)
	case payload[0] == '0' && c.state == opening:
		c.state = joining
		return c.conn.write(joinFrame)
	case bytes.HasPrefix(payload, []byte("40")) && c.state == joining:
		c.state = joined
		return c.cohort.joined(c)
	case payload[0] == '4' && c.state == joined:
		c.count++
		return c.cohort.packet(c, payload[1:])
	}
	return fmt.Errorf("%s: unexpected packet %.100q", c.cohort.target.name, payload)
}

func (c *client) lost(_ *conn, err error) error {
	if c.state == leaving {
		return c.cohort.gone(c)
	}
	if errors.Is(err, io.EOF) {
		err = errors.New("the server closed the connection")
	}
	return fmt.Errorf("%s: a client was lost: %w", c.cohort.target.name, err)
}
