package link

import (
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"testing"

	"realtime/core/hub"
	"realtime/core/protocol/rpc"
)

// Sockets come, say things and go while workers come and die all the time. Whatever happens, each
// socket's story reaches the app in its order, nothing of it is missing, and nothing is left.
func TestStorm_workers_die_and_every_story_arrives_in_order(t *testing.T) {
	const sockets, events, workers, lives = 100, 10, 3, 12
	l, _ := start(t, Config{SocketEvents: 4})
	story := newStories()
	stop := make(chan struct{})

	var crowd, tellers sync.WaitGroup
	for i := range workers {
		crowd.Go(func() { story.work(l, rand.New(rand.NewPCG(uint64(i), 1)), lives, stop) })
	}
	var refused sync.Map // connects that died with three workers: their clients would come back
	for i := range sockets {
		tellers.Go(func() {
			s := newSocket("/")
			s.id = fmt.Sprintf("s%d", i)
			l.connect(s, nil)
			if <-s.happened == "abandoned" {
				refused.Store(s.id, true)
				return
			}
			for n := range events {
				if l.takeEvent(s, hub.Event{Name: fmt.Sprint(n), Args: pack([]int{})}) {
					<-s.happened // resumed
				}
			}
			l.disconnect(s, &ending{reason: "transport close"})
		})
	}
	tellers.Wait()
	if err := l.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	for st := l.Stats(); st.Lanes != 0; st = l.Stats() { // between two lives nobody is there to flush to
		if err := l.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	close(stop)
	crowd.Wait()
	for i := range sockets {
		id := fmt.Sprintf("s%d", i)
		if _, gone := refused.Load(id); !gone {
			story.check(t, id, events)
		}
	}
	if st := l.Stats(); st.Dropped != 0 || st.Events != 0 || st.Disconnects != 0 || st.Unanswered != 0 {
		t.Errorf("%+v", st)
	}
	t.Logf("%+v", l.Stats())
}

// stories are what workers were told about each socket.
type stories struct {
	mu   sync.Mutex
	told map[string][]string
}

func newStories() *stories { return &stories{told: make(map[string][]string)} }

// work is a process that dies after a random number of requests, lives times, and then lives on.
func (st *stories) work(l *Link, random *rand.Rand, lives int, stop chan struct{}) {
	for life := 0; ; life++ {
		ours, theirs := net.Pipe()
		served := make(chan struct{})
		go func() {
			defer close(served)
			l.ServeConn(theirs)
		}()
		go func() {
			select {
			case <-stop:
			case <-served:
			}
			ours.Close()
		}()
		st.live(ours, random, life >= lives)
		ours.Close()
		<-served
		select {
		case <-stop:
			return
		default:
		}
	}
}

func (st *stories) live(nc net.Conn, random *rand.Rand, last bool) {
	hello := rpc.Frame{Kind: rpc.Request, ID: 1, Method: "hello", Params: pack(m{
		"protocol": []int{1, 1}, "role": "handler", "namespaces": []string{"/"}, "hooks": []string{"connect", "disconnect"},
		"window": 4, "redeliver": 1000,
	})}
	if _, err := nc.Write(hello.Append(nil)); err != nil {
		return
	}
	answers := make(chan rpc.Frame, 16)
	defer close(answers)
	go func() {
		for f := range answers {
			if _, err := nc.Write(f.Append(nil)); err != nil {
				nc.Close()
			}
		}
	}()
	for n := 1 + random.IntN(60); last || n > 0; n-- {
		f, err := readFrame(nc)
		if err != nil {
			return
		}
		if f.Kind != rpc.Request || f.Method == rpc.MethodPing {
			continue
		}
		st.tell(f)
		result := pack(nil)
		if f.Method == rpc.MethodConnect {
			result = pack(m{})
		}
		answers <- rpc.Frame{Kind: rpc.Response, ID: f.ID, Result: result}
	}
}

func (st *stories) tell(f frame) {
	what := f.Method
	if what == rpc.MethodEvent {
		what = f.params["event"].(string)
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	id := f.params["socket"].(string)
	st.told[id] = append(st.told[id], what)
}

// check wants connect, 0, 1, 2 …, disconnect, each at least once.
func (st *stories) check(t *testing.T, socket string, events int) {
	t.Helper()
	st.mu.Lock()
	defer st.mu.Unlock()
	want := []string{"connect"}
	for n := range events {
		want = append(want, fmt.Sprint(n))
	}
	want = append(want, "disconnect")
	at := -1
	for _, what := range st.told[socket] {
		switch {
		case at+1 < len(want) && what == want[at+1]:
			at++
		case at >= 0 && what == want[at]: // again, after its worker died
		default:
			t.Errorf("%s was told %v", socket, st.told[socket])
			return
		}
	}
	if at != len(want)-1 {
		t.Errorf("%s was told only %v", socket, st.told[socket])
	}
}
