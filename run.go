package guichet

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"
)

const (
	runEvery   = time.Second          // between two looks into the ledger
	runSlowest = 30 * time.Second     // while the ledger fails
	runLimit   = 100                  // attempts of one look
	sweepEvery = 10 * time.Minute     // between two looks for what a wrong clock put too far ahead
	sweepLimit = 1000                 // attempts of one such look
	horizon    = longestPause * 6 / 5 // no attempt is due later than this
)

// Run asks the providers what is due, delivers what is paid, and tells Trouble. Every
// machine may run it: an attempt is swapped in the ledger before anything is done about
// it. It ends when ctx does, after what is in flight, and returns the context's error;
// failures of the ledger and of providers do not end it.
func (c *Cashier) Run(ctx context.Context) error {
	if ctx == nil {
		return &Error{Op: "Run", Kind: ErrInvalidRequest, Message: "the context is nil"}
	}
	c.runs.Add(1)
	defer c.runs.Add(-1)
	r := &runner{c: c, busy: map[string]bool{}, count: map[string]int{}, free: make(chan struct{}, 1)}
	defer r.end()
	pause, swept := runEvery, time.Time{}
	for ctx.Err() == nil {
		started, full, err := r.look(ctx, &swept)
		switch {
		case err != nil:
			c.logger.LogAttrs(ctx, slog.LevelError, "the ledger cannot be asked", slog.String("error", err.Error()))
			pause = min(2*pause, runSlowest)
		case started > 0 && full:
			continue // there may be more, of other providers
		default:
			pause = runEvery
		}
		c.world.Wait(ctx, r.free, pause)
	}
	return ctx.Err()
}

// end waits for what is in flight.
func (r *runner) end() {
	for r.working() {
		r.c.world.Wait(context.Background(), r.free, runEvery)
	}
}

func (r *runner) working() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.busy) > 0
}

// runner is one Run.
type runner struct {
	c    *Cashier
	free chan struct{} // somebody has finished

	mu    sync.Mutex
	busy  map[string]bool // references
	count map[string]int  // attempts in work by provider
}

// look starts what is due, at most four attempts of each provider at a time, so that one
// that is down does not starve the others.
func (r *runner) look(ctx context.Context, swept *time.Time) (started int, full bool, err error) {
	now, err := r.c.ledger.Now(ctx)
	if err != nil {
		return 0, false, err
	}
	q := DueQuery{Now: now, Horizon: now.Add(horizon + slack), Skip: r.skip(now), Limit: runLimit}
	rows, err := r.c.ledger.Due(ctx, q)
	r.c.tellRest(ctx, now, err)
	if err != nil && len(unreadableRows(err)) == 0 {
		return 0, false, err
	}
	full = len(rows) >= runLimit
	if swept.IsZero() || reached(swept.Add(sweepEvery), now, sweepEvery) {
		*swept = now
		q.Horizon, q.Limit = now.Add(longestYoung+slack), sweepLimit
		if ahead, err := r.c.ledger.Due(ctx, q); err == nil || len(ahead) > 0 {
			rows = append(rows, ahead...)
		}
	}
	for _, row := range rows {
		if dueNow(row, now) && r.start(ctx, row) {
			started++
		}
	}
	return started, full, nil
}

// skip names the providers that get no more questions now.
func (r *runner) skip(now time.Time) (names []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for name, n := range r.count {
		if n >= questionsAtATime {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func (r *runner) start(ctx context.Context, row Attempt) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.busy[row.Reference] || r.count[row.Provider] >= questionsAtATime {
		return false
	}
	r.busy[row.Reference] = true
	r.count[row.Provider]++
	r.c.world.Go(func() {
		defer r.finished(row)
		// What has begun is finished, also when Run is to end.
		if err := r.c.attend(context.WithoutCancel(ctx), row); err != nil {
			r.c.logger.LogAttrs(ctx, slog.LevelWarn, "attempt to be looked at again", slog.Any("attempt", row), slog.String("error", err.Error()))
		}
	})
	return true
}

func (r *runner) finished(row Attempt) {
	r.mu.Lock()
	delete(r.busy, row.Reference)
	if r.count[row.Provider]--; r.count[row.Provider] == 0 {
		delete(r.count, row.Provider)
	}
	r.mu.Unlock()
	select {
	case r.free <- struct{}{}:
	default:
	}
}

// attend does what an attempt is due for: settles its create, asks, delivers, tells.
func (c *Cashier) attend(ctx context.Context, row Attempt) (err error) {
	if c.cfg.Providers[row.Provider] == nil {
		row, err = c.attendUnknown(ctx, row)
	} else {
		row, err = c.attendKnown(ctx, row)
	}
	if untold(row) {
		var tellErr error
		_, tellErr = c.tell(ctx, row)
		err = both(err, tellErr)
	}
	return err
}

func (c *Cashier) attendKnown(ctx context.Context, row Attempt) (Attempt, error) {
	gap := c.askEvery(row.Provider)
	switch row.State {
	case AttemptCreating:
		return c.leaseOver(ctx, row)
	case AttemptPaid:
		row, mine, err := c.swap(ctx, row)
		if err != nil || !mine {
			return row, err
		}
		return c.deliver(ctx, row)
	case AttemptDelivered:
		if !c.can[row.Provider].ReusablePage {
			gap = settledEvery
		}
	}
	before := row.Version
	row, err := c.ask(ctx, row, gap)
	if err == nil && row.State == AttemptPaid {
		return c.deliver(ctx, row)
	}
	if row.Version != before || untold(row) {
		return row, err
	}
	// It was not asked about: too soon, or there is nothing to ask for. It must not stay due.
	saved, saveErr := c.change(ctx, row, func(_ context.Context, a *Attempt, now time.Time) (bool, error) {
		if a.Version != before {
			return false, nil
		}
		switch {
		case a.PaymentID == "":
			a.DueAt = time.Time{}
		case askedWithin(*a, now, gap):
			a.DueAt = a.AskedAt.Add(gap)
		default:
			a.DueAt = now.Add(max(gap, c.gates[a.Provider].closedFor(now)))
		}
		return true, nil
	})
	return saved, both(err, saveErr)
}

// attendUnknown keeps an attempt whose provider is not configured, and tells a person
// after 10 minutes: it may be paid (rule 13). What is paid already is delivered.
func (c *Cashier) attendUnknown(ctx context.Context, row Attempt) (Attempt, error) {
	if row.State == AttemptPaid {
		row, mine, err := c.swap(ctx, row)
		if err != nil || !mine {
			return row, err
		}
		if row, err = c.deliver(ctx, row); err == nil || row.State != AttemptPaid {
			return row, err
		}
	}
	return c.change(ctx, row, func(_ context.Context, a *Attempt, now time.Time) (bool, error) {
		if !dueNow(*a, now) && a.State != AttemptPaid || leaseRuns(*a, now) {
			return false, nil
		}
		if age(*a, now) < unknownAfter {
			a.DueAt = now.Add(unknownAfter - age(*a, now))
			return true, nil
		}
		a.DueAt = now.Add(max(c.pause(*a, now), tellAgain))
		report(a, TroubleUnknownProvider, now)
		if untold(*a) {
			a.DueAt = now
		}
		return true, nil
	})
}

// swap moves DueAt on before anything is done, so that of many machines only one does it,
// and it comes back if that one dies (rule 7).
func (c *Cashier) swap(ctx context.Context, row Attempt) (_ Attempt, mine bool, err error) {
	row, err = c.change(ctx, row, func(_ context.Context, a *Attempt, now time.Time) (bool, error) {
		mine = dueNow(*a, now)
		a.DueAt = now.Add(swapTime)
		return mine, nil
	})
	return row, mine && err == nil, err
}
