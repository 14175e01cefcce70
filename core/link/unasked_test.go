package link

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// Nobody gets in unasked, in whatever order the processes of an app come and go: web, worker and job,
// old code and new, with hooks and, by mistake or by design, without.

// A process is one of an app's, as its hello introduces it.
type process struct {
	name       string
	role       string
	generation string
	hook       bool
	running    *app
}

func (p *process) start(t *testing.T, l *Link, g *guard) {
	t.Helper()
	hello := m{"generation": p.generation}
	if p.hook {
		hello["hooks"] = []string{"connect"}
	}
	p.running = connectApp(t, l)
	p.running.greet(p.role, hello)
	if p.hook {
		g.shown = true
	}
	if p.role == "handler" {
		go g.answer(p, p.running)
	}
}

// guard is the app's connect hook in all its processes, and keeps account of who was asked about.
type guard struct {
	shown    bool // some process has declared the hook
	asked    chan string
	answered map[string]bool // by socket: the hook was asked
	waiting  []*fakeSocket
	let      int // who got in
	answer   func(p *process, a *app)
}

func newGuard(t *testing.T) *guard {
	g := &guard{asked: make(chan string, 1024), answered: make(map[string]bool)}
	g.answer = func(p *process, a *app) {
		for f := range a.frames {
			switch {
			case f.Method == "connect" && !p.hook:
				t.Errorf("%s was asked and has no hook", p.name)
			case f.Method == "connect":
				g.asked <- f.params["socket"].(string)
				a.answer(f, m{})
			case f.Method == "event":
				a.answer(f, nil)
			}
		}
	}
	return g
}

// check connects a client and looks at how it got in, if it did, and those that waited.
func (g *guard) check(t *testing.T, l *Link, after string) {
	t.Helper()
	s := newSocket("/")
	l.connect(s, nil)
	synctest.Wait()
	for len(g.asked) > 0 {
		g.answered[<-g.asked] = true
	}
	g.waiting = slices.DeleteFunc(append(g.waiting, s), func(s *fakeSocket) bool {
		select {
		case got := <-s.happened:
			if g.shown && !g.answered[s.id] {
				t.Errorf("after %s a client is in unasked: %s", after, got)
			}
			g.let++
			return true
		default: // it waits for somebody to ask
			return false
		}
	})
}

// permutations calls f with every order of n things.
func permutations(n int, f func(order []int)) {
	var extend func(order []int)
	extend = func(order []int) {
		if len(order) == n {
			f(order)
			return
		}
		for i := range n {
			if !slices.Contains(order, i) {
				extend(append(slices.Clone(order), i))
			}
		}
	}
	extend(nil)
}

// Each handler process starts once and is killed once: every order of the six steps in which no end is
// before its beginning. A job's process comes before all of them and goes in the middle.
func TestNobody_gets_in_unasked_in_any_order_of_restarts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		processes := []process{
			{name: "old web", role: "handler", generation: "1", hook: true},
			{name: "new web", role: "handler", generation: "2", hook: true},
			{name: "bare", role: "handler", generation: "2"}, // has forgotten to load its handlers
		}
		tried := 0
		steps := make([]int, 0, 2*len(processes))
		var extend func()
		extend = func() {
			if len(steps) == cap(steps) {
				tried++
				walk(t, processes, steps)
				return
			}
			for i := range processes {
				if n := count(steps, i); n < 2 {
					steps = append(steps, i)
					extend()
					steps = steps[:len(steps)-1]
				}
			}
		}
		extend()
		if tried != 90 {
			t.Errorf("%d orders", tried)
		}
	})
}

func count(list []int, what int) (n int) {
	for _, v := range list {
		if v == what {
			n++
		}
	}
	return n
}

// walk takes the steps with a sidecar of its own: the first of a number starts that process, the second
// kills it. After each a client comes.
func walk(t *testing.T, processes []process, steps []int) {
	t.Helper()
	l, h := start(t, Config{})
	defer h.stop()
	g := newGuard(t)
	running := slices.Clone(processes)
	var done []string
	job := process{name: "job", role: "emitter", generation: "2"}
	job.start(t, l, g)
	for at, i := range steps {
		if at == len(steps)/2 {
			job.running.nc.Close()
		}
		p := &running[i]
		if p.running == nil {
			p.start(t, l, g)
			done = append(done, "+"+p.name)
		} else {
			p.running.nc.Close()
			synctest.Wait()
			done = append(done, "-"+p.name)
		}
		g.check(t, l, strings.Join(done, " "))
	}
	if g.let < 3 { // during the steps in which a process with the hook is there
		t.Errorf("after %s only %d got in", strings.Join(done, " "), g.let)
	}
}

// While old and new code run side by side, the new one is asked as long as it has room.
func TestNobody_gets_in_unasked_with_two_generations_side_by_side(t *testing.T) {
	permutations(4, func(order []int) {
		in(t, Config{}, func(t *testing.T, l *Link, _ *fakeHub) {
			kinds := []m{
				{"generation": "1", "hooks": []string{"connect"}, "window": 1},
				{"generation": "1", "window": 1},
				{"generation": "2", "hooks": []string{"connect"}, "window": 1},
				{"generation": "2", "window": 1},
			}
			apps := make([]*app, len(kinds))
			for _, i := range order {
				apps[i] = handler(t, l, kinds[i])
				synctest.Wait() // until it is known to be there
			}
			first, second, third := newSocket("/"), newSocket("/"), newSocket("/")
			for _, s := range []*fakeSocket{first, second, third} {
				l.connect(s, nil)
			}
			newest, older := apps[2], apps[0]
			if cameUp(order, 0) > cameUp(order, 2) {
				newest, older = older, newest
			}
			for a, s := range map[*app]*fakeSocket{newest: first, older: second} {
				q := a.want("connect")
				if q.params["socket"] != s.id {
					t.Fatalf("order %v: asked about another", order)
				}
				s.untouched(t)
				a.answer(q, m{})
				s.want(t, "accepted [] - <nil>")
			}
			third.untouched(t)
			apps[1].silent()
			apps[3].silent()
		})
	})
}

// cameUp is when the generation of a kind came up: with the first of its two processes.
func cameUp(order []int, kind int) int {
	return min(slices.Index(order, kind), slices.Index(order, kind^1))
}

func TestNobody_gets_in_unasked_when_a_deploy_takes_the_hook_away(t *testing.T) {
	logger, out := logged()
	in(t, Config{Logger: logger}, func(t *testing.T, l *Link, _ *fakeHub) {
		old := handler(t, l, m{"generation": "1", "hooks": []string{"connect"}})
		handler(t, l, m{"generation": "2"})
		s := newSocket("/")
		l.connect(s, nil)
		old.answer(old.want("connect"), m{}) // as long as the old code is there
		s.want(t, "accepted [] - <nil>")
		old.nc.Close()
		synctest.Wait()
		for range 3 {
			s = newSocket("/")
			l.connect(s, nil)
			s.untouched(t)
			pass(DefaultAppGrace)
			s.want(t, "abandoned")
		}
	})
	if n := countLines(out, "no process has the connect hook any more"); n == 0 || n > 3 {
		t.Errorf("%d warnings: %s", n, out)
	}
}

// The hook counts from the answer to hello on, not from some moment after it.
func TestNobody_gets_in_unasked_once_a_hello_with_a_hook_is_answered(t *testing.T) {
	in(t, Config{}, func(t *testing.T, l *Link, _ *fakeHub) {
		handler(t, l, nil)
		first := newSocket("/")
		l.connect(first, nil)
		first.want(t, "accepted [] - <nil>")
		l.takeEvent(first, event("e")) // keeps the namespace remembered
		w := &worker{link: l, patterns: []pattern{{text: "/"}}}
		w.hello.ConnectHook, w.hello.Generation = true, "2"
		l.update(func(*steps) {
			if refusal := l.declare(w, time.Now()); refusal != nil {
				t.Error(refusal)
			}
		})
		s := newSocket("/")
		l.connect(s, nil)
		s.untouched(t)
		l.update(func(*steps) { l.undeclare(w, time.Now()) })
	})
}
