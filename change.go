package guichet

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"time"
)

// edit changes a, which is the newest version known of an attempt, and reports whether it
// is to be saved. It is called again with a newer version when somebody else saved in
// between, so it decides everything from what it is given.
type edit func(ctx context.Context, a *Attempt, now time.Time) (bool, error)

// heldTries is how often a save is tried again that another attempt's state prevents.
const heldTries = 5

// refusals are the answers of a ledger that a repetition does not change.
var refusals = []error{ErrNotFound, ErrOrderHeld, ErrPaymentTaken, ErrInvalidRequest, ErrUnsupported, ErrUnreadable}

// change applies an edit and saves it, for up to 10 seconds, although the caller may have
// gone. A save that finds another version reads again and applies the edit again, so that
// nothing that was learned is dropped (rule 4). It returns the newest version it knows.
func (c *Cashier) change(ctx context.Context, row Attempt, e edit) (Attempt, error) {
	ctx, cancel := c.detached(ctx, saveTime)
	defer cancel()
	pause, held := 10*time.Millisecond, 0
	for {
		saved, done, err := c.tryChange(ctx, row, e)
		switch {
		case err == nil && done:
			return saved, nil
		case errors.Is(err, ErrOrderHeld) && held < heldTries:
			held++
		case !errors.Is(err, ErrStale):
			for _, refusal := range refusals {
				if errors.Is(err, refusal) {
					return row, err
				}
			}
			if c.sleep(ctx, pause) != nil {
				return row, err
			}
			pause = min(2*pause, time.Second)
		}
		// Also after an error that leaves open whether the change was made.
		fresh, getErr := c.ledger.Get(ctx, row.Reference)
		switch {
		case getErr == nil:
			row = fresh
		case errors.Is(getErr, ErrNotFound) || errors.Is(getErr, ErrUnreadable) || ctx.Err() != nil:
			if err == nil {
				err = getErr
			}
			return row, err
		case c.sleep(ctx, pause) != nil:
			return row, getErr
		}
	}
}

func (c *Cashier) tryChange(ctx context.Context, row Attempt, e edit) (saved Attempt, done bool, err error) {
	now, err := c.ledger.Now(ctx)
	if err != nil {
		return row, false, err
	}
	next := row
	next.Troubles = maps.Clone(row.Troubles)
	repair(&next, now)
	save, err := e(ctx, &next, now)
	if err != nil || !save {
		return row, err == nil, err
	}
	if saved, err = c.ledger.Save(ctx, next); err != nil {
		return row, false, err
	}
	c.logTransition(ctx, row, saved)
	return saved, true, nil
}

func (c *Cashier) logTransition(ctx context.Context, before, after Attempt) {
	if before.State != after.State {
		c.logger.LogAttrs(ctx, slog.LevelInfo, "attempt "+string(before.State)+" to "+string(after.State), slog.Any("attempt", after))
	}
}
