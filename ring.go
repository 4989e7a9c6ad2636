package guichet

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"
)

// idWait is how long a webhook waits for a create that is running, where it brings the
// payment's id: the create itself saves it in a moment.
const idWait = 5 * time.Second

// Webhook serves the webhooks of one of the configured providers. It verifies an event,
// marks the attempt as due, and answers 200; Run, on this machine or another, then asks
// the provider: an event carries no status and no amount, so a forged one gains nothing
// but a question. An event that names no attempt of the ledger is answered 200 as well,
// because delivering it again would not help.
//
// For a provider that is not configured every request is answered 500.
func (c *Cashier) Webhook(provider string) http.Handler {
	p := c.cfg.Providers[provider]
	var parser WebhookParser
	if p != nil {
		parser = p
	}
	return WebhookHandler(parser, func(ctx context.Context, e *Event) error { return c.ring(ctx, provider, e) },
		OnRefusal(func(ctx context.Context, err error) {
			c.logger.LogAttrs(ctx, slog.LevelWarn, "webhook refused", slog.String("provider", provider), slog.String("error", err.Error()))
		}))
}

// ring makes the attempt due that an event is about (rule 6).
func (c *Cashier) ring(ctx context.Context, provider string, e *Event) error {
	if c.runs.Load() == 0 && c.warned.CompareAndSwap(false, true) {
		c.logger.LogAttrs(ctx, slog.LevelWarn, "a webhook came, but nobody runs Cashier.Run in this process: unless another one does, nobody asks the provider")
	}
	row, err := c.named(ctx, provider, e)
	if err != nil {
		return err
	}
	if row.Reference == "" {
		c.logger.LogAttrs(ctx, slog.LevelInfo, "webhook for no attempt of this ledger", slog.String("provider", provider), slog.Any("event", *e))
		return nil
	}
	given := ""
	if e.Verified && e.Reference == row.Reference {
		given = e.PaymentID
	}
	// Nobody touches the attempt while its create runs (rule 3), but an id that was
	// verified must not be lost if that process dies: wait, or have it delivered again.
	for waited := time.Duration(0); ; waited += readAgain {
		now, err := c.ledger.Now(ctx)
		if err != nil {
			return err
		}
		if !leaseRuns(row, now) {
			break
		}
		if given == "" || row.PaymentID != "" {
			return nil // due at the end of its lease
		}
		if waited >= idWait {
			return cashierError("Webhook", row, ErrInProgress, nil, "the payment is being created: to be delivered again")
		}
		if err := c.sleep(ctx, readAgain); err != nil {
			return err
		}
		if row, err = c.ledger.Get(ctx, row.Reference); err != nil {
			return err
		}
	}

	edit := func(given string, taken bool) edit {
		return func(_ context.Context, a *Attempt, now time.Time) (bool, error) {
			changed := false
			if leaseRuns(*a, now) {
				return false, nil
			}
			if given != "" && a.PaymentID == "" {
				a.PaymentID, changed = given, true
			}
			if taken && a.PaymentID == "" {
				report(a, TroublePaymentIDTaken, now)
				changed = true
			}
			gap := c.askEvery(a.Provider)
			switch {
			case a.State == AttemptDelivered && !e.Verified:
				return changed, nil // whoever forges events must not cause questions about what is settled
			case a.State == AttemptDelivered:
				gap = settledEvery
			case a.PaymentID == "" && a.State != AttemptCreating:
				return changed, nil // there is nothing to ask for
			}
			at := now
			if askedWithin(*a, now, gap) {
				at = a.AskedAt.Add(gap)
			}
			changed = sooner(a, at) || changed
			switch {
			case a.State == AttemptPaid && !a.AskedAt.IsZero():
				a.AskedAt, changed = time.Time{}, true // the money may have gone back: ask before it is delivered
			case a.State != AttemptPaid && a.Failures > 0: // while paid it counts failed deliveries
				a.Failures, changed = 0, true
			}
			return changed, nil
		}
	}
	if _, err = c.change(ctx, row, edit(given, false)); errors.Is(err, ErrPaymentTaken) { // rule 11
		_, err = c.change(ctx, row, edit("", true))
	}
	return err
}

// named finds the attempt that an event is about: by reference, else by the payment's id.
func (c *Cashier) named(ctx context.Context, provider string, e *Event) (Attempt, error) {
	if e.Reference != "" {
		row, err := c.ledger.Get(ctx, e.Reference)
		if err == nil && row.Provider == provider {
			return row, nil
		}
		if err != nil && !errors.Is(err, ErrNotFound) && !errors.Is(err, ErrInvalidRequest) {
			return Attempt{}, err
		}
	}
	if e.PaymentID == "" {
		return Attempt{}, nil
	}
	row, err := c.ledger.Find(ctx, provider, e.PaymentID)
	if errors.Is(err, ErrNotFound) || errors.Is(err, ErrInvalidRequest) {
		return Attempt{}, nil
	}
	return row, err
}
