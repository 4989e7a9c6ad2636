package guichet

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"
)

// deliver delivers what is paid, in the ledger's transaction (rule 5). After 10 minutes
// without a question the provider is asked first: the money may have gone back. The error
// says why it is not delivered yet.
func (c *Cashier) deliver(ctx context.Context, row Attempt) (Attempt, error) {
	if row.State != AttemptPaid {
		return row, nil
	}
	now, err := c.ledger.Now(ctx)
	if err != nil {
		return row, err
	}
	if row.PaymentID != "" && !askedWithin(row, now, settledEvery) {
		if row, err = c.ask(ctx, row, settledEvery); err != nil || row.State != AttemptPaid {
			return row, err
		}
	}

	next := row
	next.Troubles = maps.Clone(row.Troubles)
	next.Failures = 0
	if !untold(next) {
		delivered := next
		delivered.State = AttemptDelivered
		next.DueAt = c.nextQuestion(delivered, now)
	}
	var refusal error // of Deliver, not of the ledger
	limited, cancel := c.detached(ctx, deliverTime)
	defer cancel()
	saved, err := c.ledger.Deliver(limited, next, func(ctx context.Context) (err error) {
		defer func() {
			if cause := recover(); cause != nil {
				err = fmt.Errorf("Deliver panicked: %v", cause)
			}
			refusal = err
		}()
		return c.cfg.Deliver(ctx, row)
	})
	switch {
	case err == nil:
		c.logTransition(ctx, row, saved)
		return saved, nil
	case refusal == nil && (errors.Is(err, ErrStale) || errors.Is(err, ErrNotPaid)): // somebody else was faster
		fresh, getErr := c.ledger.Get(ctx, row.Reference)
		if getErr != nil {
			return row, getErr
		}
		return fresh, nil
	}
	if limited.Err() != nil {
		err = cashierError("Deliver", row, ErrUnavailable, errors.Join(limited.Err(), err),
			"Deliver did not end within 10 s: with a database of one connection, every statement in it must go through SQLTx, because beside the transaction there is no connection left")
	}
	mismatch := errors.Is(refusal, ErrMismatch)
	// Where the commit's answer was lost the attempt is delivered: then this changes nothing.
	saved, saveErr := c.change(ctx, row, func(_ context.Context, a *Attempt, now time.Time) (bool, error) {
		if a.State != AttemptPaid {
			return false, nil
		}
		if mismatch {
			move(a, orderChanged, now)
			return true, nil
		}
		a.Failures++
		pause, sofar := deliverAgain(a.Failures)
		a.DueAt = now.Add(pause)
		if sofar >= deliverAlarm {
			report(a, TroubleDeliveryFails, now)
		}
		if untold(*a) {
			a.DueAt = now
		}
		return true, nil
	})
	if saved.State == AttemptDelivered {
		return saved, nil
	}
	c.keep(saved, finding{err: err})
	return saved, both(err, saveErr)
}
