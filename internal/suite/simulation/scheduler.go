package main

import (
	"context"
	"fmt"
	"hash/fnv"
	"iter"
	"math/rand/v2"
	"runtime/debug"
	"time"
)

// epoch is when every schedule begins.
var epoch = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// scheduler runs tasks one step at a time. A task is a coroutine that gives up control
// only where it waits, so that nothing but the seed decides in which order steps happen.
type scheduler struct {
	rng     *rand.Rand
	now     time.Duration // true time since epoch
	tasks   []*task
	current *task
	births  int
	steps   int
	next    []*task // scratch

	beforeStep func(*task) bool // false: the task is gone
	due        func() (time.Duration, bool)

	keepLog bool
	log     []string
	trace   uint64 // of every step and every line
	failed  []string
}

// task is one coroutine.
type task struct {
	name   string
	proc   *process // nil: the world outside the shop
	resume func() (struct{}, bool)
	stop   func()
	yield  func(struct{}) bool
	killed bool
	over   bool
	done   chan struct{} // gets a value at the end; nil: nobody waits

	wake   time.Duration
	ctx    context.Context // nil: none
	signal <-chan struct{}
	idle   bool // Run's pause: it may be as long as nothing is due
}

// killed is what a task panics with when its process dies.
type killed struct{}

func newScheduler(seed uint64) *scheduler {
	return &scheduler{rng: rand.New(rand.NewPCG(seed, 0x67756963686574)), trace: 1469598103934665603}
}

// say writes a line of the step log. Its values are printed only where the log is kept,
// so callers pass what is deterministic and cheap.
func (s *scheduler) say(format string, args ...any) {
	s.mark(uint64(len(format)))
	if s.keepLog {
		name := "-"
		if s.current != nil {
			name = s.current.name
		}
		s.log = append(s.log, fmt.Sprintf("%12v %-18s %s", s.now.Round(time.Millisecond), name, fmt.Sprintf(format, args...)))
	}
}

func (s *scheduler) mark(x uint64) {
	s.trace ^= x
	s.trace *= 1099511628211
}

func (s *scheduler) markText(text string) {
	h := fnv.New64a()
	h.Write([]byte(text))
	s.mark(h.Sum64())
}

// spawn makes a task that takes its first step later.
func (s *scheduler) spawn(name string, p *process, work func()) *task {
	s.births++
	t := &task{name: name, proc: p, wake: s.now}
	t.resume, t.stop = iter.Pull(func(yield func(struct{}) bool) {
		t.yield = yield
		defer func() {
			t.over = true
			switch cause := recover().(type) {
			case nil, killed:
			default:
				s.violate("no panic", "%v\n%s", cause, debug.Stack())
			}
		}()
		work()
	})
	s.tasks = append(s.tasks, t)
	return t
}

// pause lets other tasks run for d, or until ctx ends or signal has a value.
func (s *scheduler) pause(ctx context.Context, signal <-chan struct{}, d time.Duration) {
	t := s.current
	if t.killed {
		panic(killed{})
	}
	t.wake, t.ctx, t.signal = s.now+max(d, 0), ctx, signal
	t.idle = signal != nil && t.proc != nil && d <= 30*time.Second
	ok := t.yield(struct{}{})
	t.ctx, t.signal, t.idle = nil, nil, false
	if !ok || t.killed {
		t.killed = true
		panic(killed{})
	}
}

// sleep is pause without a context.
func (s *scheduler) sleep(d time.Duration) { s.pause(context.Background(), nil, d) }

// ready is when a task can go on.
func (s *scheduler) ready(t *task) time.Duration {
	at := t.wake
	switch {
	case len(t.signal) > 0:
		return s.now
	case t.idle && t.wake < s.now+10*time.Minute:
		// Run looks every second. Where nothing is due that changes nothing.
		at = t.wake + 10*time.Minute
		if due, ok := s.due(); ok && due > t.wake-5*time.Minute { // what is due for longer is left for a reason
			at = max(t.wake, min(due, at))
		}
	}
	if t.ctx != nil {
		if end, ok := t.ctx.Deadline(); ok {
			at = min(at, end.Sub(epoch))
		}
	}
	return max(at, s.now)
}

// run takes steps until the time end, or until done reports true.
func (s *scheduler) run(end time.Duration, done func() bool) {
	for len(s.failed) == 0 && (done == nil || !done()) {
		first := end + 1
		s.next = s.next[:0]
		for _, t := range s.tasks {
			switch at := s.ready(t); {
			case at < first:
				first, s.next = at, append(s.next[:0], t)
			case at == first:
				s.next = append(s.next, t)
			}
		}
		if first > end {
			s.now = max(s.now, end)
			return
		}
		s.now = first
		s.step(s.next[s.rng.IntN(len(s.next))])
		if s.steps++; s.steps > mostSteps {
			s.violate("a schedule ends", "more than %d steps", mostSteps)
		}
	}
}

// mostSteps ends what goes round in circles.
const mostSteps = 400_000

func (s *scheduler) step(t *task) {
	if s.beforeStep != nil && !s.beforeStep(t) {
		return
	}
	s.mark(uint64(s.now))
	s.markText(t.name)
	s.current = t
	t.resume()
	s.current = nil
	if t.over {
		t.tell()
		s.bury()
	}
}

func (t *task) tell() {
	if t.done != nil {
		select {
		case t.done <- struct{}{}:
		default:
		}
	}
}

// bury forgets the tasks that have ended.
func (s *scheduler) bury() {
	kept := s.tasks[:0]
	for _, t := range s.tasks {
		if !t.over {
			kept = append(kept, t)
		}
	}
	clear(s.tasks[len(kept):])
	s.tasks = kept
}

// kill ends a task where it waits. What it defers runs, and finds that every step it
// would take is its last.
func (s *scheduler) kill(t *task) {
	outer := s.current
	s.current, t.killed = t, true
	t.stop()
	t.over = true
	t.tell()
	s.current = outer
}

// close ends all tasks.
func (s *scheduler) close() {
	for _, t := range s.tasks {
		s.kill(t)
	}
	s.tasks = nil
}

// violate notes that an invariant does not hold; the schedule ends.
func (s *scheduler) violate(invariant, format string, args ...any) {
	s.say("VIOLATION of %s: %s", invariant, fmt.Sprintf(format, args...))
	s.failed = append(s.failed, invariant+": "+fmt.Sprintf(format, args...))
}

// chance is true with probability p.
func (s *scheduler) chance(p float64) bool { return p > 0 && s.rng.Float64() < p }

// between returns a time from a to b.
func (s *scheduler) between(a, b time.Duration) time.Duration {
	return a + time.Duration(s.rng.Int64N(int64(b-a)+1))
}

// limit is a context that ends at a virtual time, or when it is cancelled.
type limit struct {
	context.Context
	s     *scheduler
	end   time.Duration
	why   error // what Err says from end on
	early error // cancelled before
}

func (s *scheduler) until(parent context.Context, end time.Duration, why error) *limit {
	return &limit{Context: parent, s: s, end: end, why: why}
}

func (l *limit) Deadline() (time.Time, bool) {
	end := epoch.Add(l.end)
	if outer, ok := l.Context.Deadline(); ok && outer.Before(end) {
		return outer, true
	}
	return end, true
}

// Done is nil: in a simulation everybody waits through World.
func (l *limit) Done() <-chan struct{} { return nil }

func (l *limit) Err() error {
	switch err := l.Context.Err(); {
	case err != nil:
		return err
	case l.early != nil:
		return l.early
	case l.s.now >= l.end:
		return l.why
	}
	return nil
}

func (l *limit) cancel() {
	if l.early == nil {
		l.early = context.Canceled
		l.end = min(l.end, l.s.now)
	}
}
