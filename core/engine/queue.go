package engine

import "slices"

// queue is what waits to be sent to one client, oldest first. A message stays in it until its last
// byte is written, so that a half-written one survives a full socket.
//
// The zero value is empty and holds no memory; so does an emptied one.
type queue struct {
	list  []*Message
	bytes int // still to be written
	begun int // bytes of list[0] that are written
}

func (q *queue) push(m *Message) {
	q.list = append(q.list, m)
	q.bytes += len(m.wire)
}

// advance takes n written bytes off the front.
func (q *queue) advance(n int) {
	q.bytes -= n
	n += q.begun
	done := 0
	for done < len(q.list) && n >= len(q.list[done].wire) {
		n -= len(q.list[done].wire)
		done++
	}
	q.begun = n
	if done == len(q.list) {
		q.list = nil
		return
	}
	clear(q.list[:done]) // shared messages must not be kept alive by a queue that moved on
	q.list = q.list[done:]
}

// take empties the queue.
func (q *queue) take() []*Message {
	list := q.list
	*q = queue{}
	return list
}

// takeSome takes the first messages, as many as fit into a number of bytes and at least one.
func (q *queue) takeSome(bytes int) []*Message {
	n, size := 0, 0
	for ; n < len(q.list) && (n == 0 || size+len(q.list[n].wire) <= bytes); n++ {
		size += len(q.list[n].wire)
	}
	if n == len(q.list) {
		return q.take()
	}
	list := slices.Clone(q.list[:n])
	clear(q.list[:n]) // as in advance
	q.list = q.list[n:]
	q.bytes -= size
	return list
}

// convert makes what is queued fit for a WebSocket; nothing of it is written yet.
func (q *queue) convert(ws *websocket) {
	list := q.take()
	for _, m := range list {
		q.push(ws.fit(m))
	}
}

// rewind makes what is queued fit for any carrier; what was written of its first message counts for nothing.
func (q *queue) rewind() {
	list := q.take()
	for _, m := range list {
		q.push(m.as(usual))
	}
}
