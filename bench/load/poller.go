package main

import (
	"bytes"
	"fmt"
	"time"
)

// poller is a Socket.IO client over long-polling, with the two connections a browser takes.
type poller struct {
	target *target
	polls  *requester
	posts  *requester
	poll   []byte // the request
	sid    string
	in     bool
	// joined is called when the client is in and its poll is parked; packets with the body of each
	// later poll, which is asked for again after it; posted when a POST was answered.
	joined  func(*poller) error
	packets func(*poller, []byte) error
	posted  func(*poller) error
}

func (p *poller) connect() error {
	var err error
	p.polls, err = openRequester(p.target, get(p.target.host, ""), p.polled)
	return err
}

func (p *poller) polled(body []byte) error {
	switch {
	case p.sid == "":
		var err error
		if p.sid, err = sidOf(body); err != nil {
			return err
		}
		p.poll = get(p.target.host, p.sid)
		return p.polls.conn.write(post(p.target.host, p.sid, "40"))
	case string(body) == "ok":
		return p.polls.conn.write(p.poll)
	case bytes.HasPrefix(body, []byte("40")):
		p.in = true
		if err := p.polls.conn.write(p.poll); err != nil {
			return err
		}
		return p.joined(p)
	case string(body) == "2":
		return fmt.Errorf("%s: a ping came: the command takes longer than a ping interval", p.target.name)
	}
	if err := p.polls.conn.write(p.poll); err != nil {
		return err
	}
	return p.packets(p, body)
}

// send posts a request made by post.
func (p *poller) send(request []byte) error {
	if p.posts != nil {
		return p.posts.conn.write(request)
	}
	var err error
	p.posts, err = openRequester(p.target, request, func([]byte) error { return p.posted(p) })
	return err
}

// pollers connects n of them.
func pollers(t *target, n int, packets func(*poller, []byte) error, posted func(*poller) error) ([]*poller, error) {
	var all []*poller
	in := 0
	var begin func() error
	begin = func() error {
		if len(all) == n {
			return nil
		}
		p := &poller{target: t, packets: packets, posted: posted}
		p.joined = func(*poller) error {
			in++
			return begin()
		}
		all = append(all, p)
		return p.connect()
	}
	for range min(n, connecting) {
		if err := begin(); err != nil {
			return nil, err
		}
	}
	return all, t.loop.run(time.Time{}, func() bool { return in == n })
}
