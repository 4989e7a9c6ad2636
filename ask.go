package guichet

import (
	"context"
	"errors"
	"sync"
	"time"
)

// questionsAtATime is how many questions one provider gets at once (rule 7).
const questionsAtATime = 4

// gate stands before the questions to one provider.
type gate struct {
	slots chan struct{} // one for each question that may be asked now

	mu       sync.Mutex
	until    time.Time // no question before: the provider's RetryAfter, kept for all
	keysErr  error     // the provider refused the keys the last time; nil: it did not
	keysTold time.Time // when Trouble was told so
}

func newGate() *gate {
	g := &gate{slots: make(chan struct{}, questionsAtATime)}
	for range questionsAtATime {
		g.slots <- struct{}{}
	}
	return g
}

// closedFor is how long no question is asked.
func (g *gate) closedFor(now time.Time) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	if reached(g.until, now, retryAfterMax) {
		return 0
	}
	return g.until.Sub(now)
}

// learn keeps what an answer of the provider says about all its attempts.
func (g *gate) learn(err error, now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	failure := new(Error)
	if errors.As(err, &failure) && failure.RetryAfter > 0 {
		g.until = now.Add(min(failure.RetryAfter, retryAfterMax))
	}
	switch {
	case errors.Is(err, ErrUnauthorized):
		g.keysErr = err
	case err == nil:
		g.keysErr = nil
	}
}

// ask asks the provider about an attempt, unless it was asked within gap, and records the
// answer. The question is written down before it is asked, so that of all processes that
// want to ask at once only one does. The error is the question's, or the ledger's; the
// attempt is the newest version in either case.
func (c *Cashier) ask(ctx context.Context, row Attempt, gap time.Duration) (Attempt, error) {
	provider, g := c.cfg.Providers[row.Provider], c.gates[row.Provider]
	if provider == nil {
		return row, cashierError("GetStatus", row, ErrInvalidRequest, nil, "the provider "+row.Provider+" of this attempt is not configured: add it to CashierConfig.Providers")
	}
	if row.PaymentID == "" {
		return row, nil
	}
	now, err := c.ledger.Now(ctx)
	if err != nil || askedWithin(row, now, gap) {
		return row, err
	}
	for got := false; !got; {
		if got, err = c.world.Wait(ctx, g.slots, askTime); err != nil {
			return row, err
		}
	}
	defer func() { g.slots <- struct{}{} }()
	if now, err = c.ledger.Now(ctx); err != nil {
		return row, err
	}
	if wait := g.closedFor(now); wait > 0 {
		return row, &Error{Provider: row.Provider, Op: "GetStatus", Kind: ErrRateLimited, Reference: row.Reference, RetryAfter: wait,
			Message: "the provider asked for a pause"}
	}

	asking, at, before := false, time.Time{}, time.Time{}
	row, err = c.change(ctx, row, func(_ context.Context, a *Attempt, now time.Time) (bool, error) {
		asking = a.PaymentID != "" && a.State != AttemptCreating && a.State.Known() && !askedWithin(*a, now, gap)
		at, before = now, a.AskedAt
		a.DueAt = now.Add(swapTime)
		if a.State != AttemptPaid { // there only an answer lets it be delivered (rule 5)
			a.AskedAt = now
		}
		return asking, nil
	})
	if err != nil || !asking {
		return row, err
	}
	asked, cancel := c.world.Timeout(ctx, askTime)
	payment, err := provider.GetStatus(asked, row.PaymentID)
	cancel()
	if now, nowErr := c.ledger.Now(context.WithoutCancel(ctx)); nowErr == nil {
		g.learn(err, now)
	}
	return c.record(ctx, row, reply{payment: payment, err: err, at: at, before: before, swapped: row.DueAt, left: ctx.Err()})
}
