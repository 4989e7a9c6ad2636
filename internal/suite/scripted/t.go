package scripted

import (
	"fmt"
	"os"
	"runtime"
	"sync"
	"testing"
)

// Long reports whether repetitions of the same kinds are wanted too: more seeds, and
// every combination of one kind with another. The environment variable GUICHET_LONG=1
// asks for them. Without it each kind is tested still.
func Long() bool { return os.Getenv("GUICHET_LONG") == "1" }

// T is what the checks of a suite need of a *testing.T.
type T interface {
	Helper()
	Error(args ...any)
	Errorf(format string, args ...any)
	Fail()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
	Logf(format string, args ...any)
	TempDir() string
	Cleanup(func())
	Run(name string, f func(T)) bool
}

// Of makes a T of a *testing.T.
func Of(t *testing.T) T { return real{t} }

type real struct{ *testing.T }

func (r real) Run(name string, f func(T)) bool {
	r.T.Helper()
	return r.T.Run(name, func(t *testing.T) { f(real{t}) })
}

// Problems runs a check and returns what it reports: a self-test of a suite shows it a
// client that is wrong, and the problems must be found.
func Problems(t *testing.T, f func(T)) []string {
	r := &recorder{T: t}
	r.Run("", f)
	return r.problems
}

// recorder keeps the problems in place of failing.
type recorder struct {
	*testing.T // for the temporary folders

	mu       sync.Mutex
	problems []string
}

func (r *recorder) Helper()                           {}
func (r *recorder) Fail()                             {}
func (r *recorder) Logf(string, ...any)               {}
func (r *recorder) Error(args ...any)                 { r.add(fmt.Sprint(args...)) }
func (r *recorder) Errorf(format string, args ...any) { r.add(fmt.Sprintf(format, args...)) }

func (r *recorder) Fatal(args ...any) {
	r.add(fmt.Sprint(args...))
	runtime.Goexit()
}

func (r *recorder) Fatalf(format string, args ...any) {
	r.add(fmt.Sprintf(format, args...))
	runtime.Goexit()
}

func (r *recorder) add(problem string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.problems = append(r.problems, problem)
}

// Run runs f in a goroutine of its own, which Fatal ends.
func (r *recorder) Run(_ string, f func(T)) bool {
	before := r.count()
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			if p := recover(); p != nil {
				r.add(fmt.Sprintf("panic: %v", p))
			}
		}()
		f(r)
	}()
	<-done
	return r.count() == before
}

func (r *recorder) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.problems)
}
