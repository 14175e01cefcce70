package link

import (
	"errors"
	"net"
	"os"
	"time"

	"realtime/core/protocol/rpc"
)

const (
	// A stream reads into chunks that grow with the traffic, from what suits a console to what
	// takes a burst in one system call.
	firstChunk = 4 << 10
	lastChunk  = 64 << 10
)

// stream cuts the bytes of a connection into frames. A frame's memory is never used again, so what
// is decoded from it may be kept; a frame larger than a chunk takes memory only as it arrives.
// One goroutine uses it.
type stream struct {
	nc    net.Conn
	chunk []byte // cap is the chunk, len what was read
	start int    // of the first frame not yet given out

	// silence is called when no byte came for wait. An error ends the reading.
	wait    time.Duration
	silence func() error
	// until, if not zero, is when it is over in any case.
	until time.Time
}

var errLate = errors.New("link: no hello in time")

// next returns the body of the next frame, of at most limit bytes.
func (s *stream) next(limit int) ([]byte, error) {
	if err := s.fill(rpc.HeaderSize); err != nil {
		return nil, err
	}
	n, err := rpc.Length([rpc.HeaderSize]byte(s.chunk[s.start:]), limit)
	if err != nil {
		return nil, err
	}
	if err := s.fill(rpc.HeaderSize + n); err != nil {
		return nil, err
	}
	from := s.start + rpc.HeaderSize
	s.start = from + n
	return s.chunk[from:s.start:s.start], nil
}

// fill reads until n bytes are there.
func (s *stream) fill(n int) error {
	for len(s.chunk)-s.start < n {
		if len(s.chunk) == cap(s.chunk) {
			s.grow()
		}
		if err := s.setDeadline(); err != nil {
			return err
		}
		got, err := s.nc.Read(s.chunk[len(s.chunk):cap(s.chunk)])
		s.chunk = s.chunk[:len(s.chunk)+got]
		switch {
		case got > 0 || err == nil:
		case errors.Is(err, os.ErrDeadlineExceeded) && !s.until.IsZero():
			return errLate
		case errors.Is(err, os.ErrDeadlineExceeded):
			if err := s.silence(); err != nil {
				return err
			}
		default:
			return err
		}
	}
	return nil
}

func (s *stream) setDeadline() error {
	if s.until.IsZero() {
		return s.nc.SetReadDeadline(time.Now().Add(s.wait))
	}
	return s.nc.SetReadDeadline(s.until)
}

// grow moves what was not given out to a new chunk. Within one frame it doubles, so that a length
// that lies costs its sender as many bytes as us.
func (s *stream) grow() {
	rest := s.chunk[s.start:]
	size := min(max(2*cap(s.chunk), firstChunk), lastChunk)
	if len(rest) > size/2 {
		size = 2 * len(rest)
	}
	s.chunk = append(make([]byte, 0, size), rest...)
	s.start = 0
}
