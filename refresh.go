package guichet

import (
	"context"
)

// Refresh asks the provider about an attempt, compares, records what it says, and delivers
// what is paid. It asks at most once in 3 seconds, so it may be called as often as
// customers look. Attempts that are delivered or with a person are not asked about.
//
// The attempt comes back also beside an error: the question's, which Run asks again, or
// Deliver's, which Run tries again. ErrInProgress: the payment is being created.
// ErrNotFound: there is no such attempt. Trouble is told by Run only.
func (c *Cashier) Refresh(ctx context.Context, reference string) (Attempt, error) {
	if ctx == nil {
		return Attempt{}, &Error{Op: "Refresh", Kind: ErrInvalidRequest, Message: "the context is nil"}
	}
	row, err := c.ledger.Get(ctx, reference)
	if err != nil {
		return Attempt{}, err
	}
	return c.refresh(ctx, row)
}

func (c *Cashier) refresh(ctx context.Context, row Attempt) (Attempt, error) {
	now, err := c.ledger.Now(ctx)
	if err != nil {
		return row, err
	}
	if row.State == AttemptCreating {
		if leaseRuns(row, now) {
			return row, cashierError("Refresh", row, ErrInProgress, nil, "the payment is being created: try again in a moment")
		}
		if row, err = c.leaseOver(ctx, row); err != nil {
			return row, err
		}
	}
	switch row.State {
	case AttemptOpen, AttemptReleased, AttemptClosed:
		if row, err = c.ask(ctx, row, recent); err != nil {
			return row, err
		}
	}
	if row.State != AttemptPaid {
		return row, nil
	}
	ctx = context.WithoutCancel(ctx) // what is paid is delivered, also when the customer has gone
	if now, err = c.ledger.Now(ctx); err != nil || !dueNow(row, now) {
		return row, err // a delivery that fails is not tried with each look at the page
	}
	return c.deliver(ctx, row)
}

// mostRefreshed is how many attempts of one order RefreshOrder asks about.
const mostRefreshed = 3

// RefreshOrder is what the page calls to which the customer returns: it refreshes the
// order's attempts, the newest first, until one is paid, and returns the attempt that
// says how the order stands: the one that is paid or delivered, else one that is held
// for a person, else the open one, else the newest. A customer may have paid an attempt
// that was given up since, so those are asked about as well, the newest three at most.
//
// ErrNotFound: nobody tried to pay the order. Other errors as for Refresh.
func (c *Cashier) RefreshOrder(ctx context.Context, orderID string) (Attempt, error) {
	if ctx == nil {
		return Attempt{}, &Error{Op: "RefreshOrder", Kind: ErrInvalidRequest, Message: "the context is nil"}
	}
	rows, err := c.ledger.ByOrder(ctx, orderID)
	if err != nil {
		return Attempt{}, err
	}
	if len(rows) == 0 {
		return Attempt{}, &Error{Op: "RefreshOrder", Kind: ErrNotFound, Message: "the order has no attempt to pay: call Pay"}
	}
	failed := map[string]error{}
	if rank(best(rows)) < rankPaid {
		asked := 0
		for i := len(rows) - 1; i >= 0 && asked < mostRefreshed && ctx.Err() == nil; i-- {
			if s := rows[i].State; s != AttemptCreating && s != AttemptOpen && s != AttemptReleased {
				continue
			}
			asked++
			rows[i], failed[rows[i].Reference] = c.refresh(ctx, rows[i])
			if rank(rows[i]) >= rankPaid {
				break
			}
		}
	}
	row := best(rows)
	if row.State == AttemptPaid && failed[row.Reference] == nil {
		return c.refresh(ctx, row)
	}
	return row, failed[row.Reference]
}

const rankPaid = 4

// rank says how much an attempt tells about its order.
func rank(a Attempt) int {
	switch a.State {
	case AttemptPaid, AttemptDelivered:
		return rankPaid
	case AttemptHeld:
		return 3
	case AttemptCreating, AttemptOpen:
		return 2
	}
	if a.Holds {
		return 2
	}
	return 1
}

// best is the attempt that says how the order stands; of equals the newest.
func best(rows []Attempt) Attempt {
	chosen := rows[0]
	for _, row := range rows[1:] {
		if rank(row) >= rank(chosen) {
			chosen = row
		}
	}
	return chosen
}
