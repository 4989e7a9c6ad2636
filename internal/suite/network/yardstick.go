package network

import (
	"sync"
	"time"
)

// yardstick knows how late a goroutine that does nothing was woken: a call that is
// no later than that was held up by the machine.
type yardstick struct {
	end  chan struct{}
	done sync.WaitGroup

	mu    sync.Mutex
	waits []delay
}

type delay struct {
	at   time.Time
	late time.Duration
}

const (
	every      = 5 * time.Millisecond
	remarkable = 20 * time.Millisecond
)

func newYardstick() *yardstick {
	y := &yardstick{end: make(chan struct{})}
	y.done.Go(func() {
		tick := time.NewTicker(every)
		defer tick.Stop()
		for last := time.Now(); ; {
			select {
			case <-y.end:
				return
			case <-tick.C:
			}
			now := time.Now()
			if late := now.Sub(last) - every; late > remarkable {
				y.mu.Lock()
				y.waits = append(y.waits, delay{now, late})
				y.mu.Unlock()
			}
			last = now
		}
	})
	return y
}

func (y *yardstick) stop() {
	close(y.end)
	y.done.Wait()
}

// late is how long anybody was held up between two moments, all in all.
func (y *yardstick) late(from, to time.Time) (all time.Duration) {
	y.mu.Lock()
	defer y.mu.Unlock()
	for _, d := range y.waits {
		if d.at.After(from) && d.at.Add(-d.late).Before(to) {
			all += d.late
		}
	}
	return all
}
