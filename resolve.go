package guichet

import (
	"context"
	"time"
)

// resolutions are what a person's word makes of an attempt that waits for one.
var resolutions = map[Resolution]AttemptState{
	ResolvedPaid:     AttemptPaid,
	ResolvedNotPaid:  AttemptClosed,
	ResolvedRefunded: AttemptClosed,
}

// Resolve records what a person found out about an attempt that is held, extra, or
// creating with its outcome unknown. ResolvedPaid: Run delivers it. ResolvedNotPaid: the
// order can be paid again. ResolvedRefunded: the money went back, and no answer of the
// provider makes the attempt paid again.
//
// ErrConflict: the attempt does not wait for a person. ErrInProgress: its create is still
// running, so wait 2 minutes. ErrOrderHeld: it cannot be made paid, because another
// attempt holds the order.
func (c *Cashier) Resolve(ctx context.Context, reference string, r Resolution) (Attempt, error) {
	to, known := resolutions[r]
	if ctx == nil || !known {
		return Attempt{}, &Error{Op: "Resolve", Kind: ErrInvalidRequest, Reference: reference, Message: "the context is nil, or the resolution is not ResolvedPaid, ResolvedNotPaid or ResolvedRefunded"}
	}
	row, err := c.ledger.Get(ctx, reference)
	if err != nil {
		return Attempt{}, err
	}
	var refusal error
	row, err = c.change(ctx, row, func(_ context.Context, a *Attempt, now time.Time) (bool, error) {
		refusal = nil
		switch {
		case leaseRuns(*a, now):
			refusal = cashierError("Resolve", *a, ErrInProgress, nil, "the payment is being created: try again in 2 minutes")
		case a.State != AttemptHeld && a.State != AttemptExtra && a.State != AttemptCreating:
			refusal = cashierError("Resolve", *a, ErrConflict, nil, "the attempt is "+string(a.State)+": it does not wait for a person")
		}
		if refusal != nil {
			return false, nil
		}
		enter(a, to)
		a.Refunded = a.Refunded || r == ResolvedRefunded
		if to == AttemptPaid {
			a.AskedAt = now // a person has just looked
		}
		for kind, told := range a.Troubles { // what is settled; if it happens again it is told again
			if told {
				delete(a.Troubles, kind)
			}
		}
		if !untold(*a) {
			a.DueAt = c.nextQuestion(*a, now)
		}
		return true, nil
	})
	return row, both(refusal, err)
}
