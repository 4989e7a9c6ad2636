package guichet

import (
	"context"
	"errors"
	"time"
)

// created is what a create gave.
type created string

const (
	made          created = "a payment"
	madeOtherwise created = "a payment of another amount or currency"
	madeNoPage    created = "a payment without a usable page"
	refusedCreate created = "refused, or nothing was sent"
	unknownCreate created = "nobody knows"
)

// turn says whether a create is the attempt's first.
type turn bool

const (
	first    turn = false
	repeated turn = true
)

// outcome reads what CreatePayment returned. Whatever does not prove that nothing exists
// is unknown: an error that is no *Error, neither a payment nor an error, and a conflict,
// because a payment may exist under that key.
func outcome(p *Payment, err error, prompt bool) created {
	failure := new(Error)
	switch exists := p != nil && p.ID != ""; {
	case exists && err == nil && !prompt && p.CheckoutURL == "":
		return madeNoPage
	case exists && err == nil:
		return made
	case exists && errors.Is(err, ErrMismatch):
		return madeOtherwise
	case exists && errors.Is(err, ErrBadResponse):
		return madeNoPage
	case exists, !errors.As(err, &failure), failure.OutcomeUnknown, errors.Is(err, ErrConflict), errors.Is(err, ErrBadResponse), errors.Is(err, ErrMismatch):
		return unknownCreate
	}
	return refusedCreate
}

// create asks the provider for the payment of an attempt that is in the ledger, under its
// lease, and saves what it gave. start is from before the lease was written: the create
// ends before the lease, however long the ledger took (rule 3). It goes on although the
// caller has gone.
func (c *Cashier) create(ctx context.Context, row Attempt, req PaymentRequest, start time.Time, t turn) (_ Attempt, again bool, err error) {
	ctx = context.WithoutCancel(ctx)
	prompt := req.MobileMoney != nil
	limited, cancel := c.world.Timeout(ctx, min(createTime, leaseTime-saveTime-c.world.Now().Sub(start)))
	payment, err := c.cfg.Providers[row.Provider].CreatePayment(limited, req)
	cancel()
	if now, nowErr := c.ledger.Now(ctx); nowErr == nil {
		c.gates[row.Provider].learn(err, now)
	}

	what := outcome(payment, err, prompt)
	if what == refusedCreate && t == repeated {
		what = unknownCreate // a refusal of a repetition says nothing about the first create (rule 3)
	}
	switch what {
	case made:
		return c.saveMade(ctx, row, payment, prompt, t)
	case madeOtherwise:
		saved, _, saveErr := c.saveCreated(ctx, row, payment, prompt, func(a *Attempt, now time.Time) {
			if !prompt {
				c.giveWay(a, givenUp, now)
				return
			}
			move(a, answerSaved, now) // the phone asks for it: keep it, and tell a person
			a.ExpiresAt, a.DueAt = expiry(prompt, payment, c.can[a.Provider], now), now
			report(a, TroubleOtherAmount, now)
		})
		c.keep(saved, finding{paid: payment.Amount, err: err})
		return saved, false, both(err, saveErr)
	case madeNoPage:
		if err == nil {
			err = cashierError("Pay", row, ErrBadResponse, nil, "the payment has no page to send the customer to: call Pay again")
		}
		saved, _, saveErr := c.saveCreated(ctx, row, payment, prompt, func(a *Attempt, now time.Time) {
			if !prompt {
				c.giveWay(a, givenUp, now)
				return
			}
			move(a, answerSaved, now) // the phone may ask for it
			a.ExpiresAt, a.DueAt = expiry(prompt, payment, c.can[a.Provider], now), now
		})
		return saved, false, both(err, saveErr)
	case refusedCreate:
		base := row.Version
		saved, saveErr := c.change(ctx, row, func(_ context.Context, a *Attempt, now time.Time) (bool, error) {
			if a.Version == base && move(a, createRefused, now) {
				a.DueAt = time.Time{}
				return true, nil
			}
			return endLease(a, row.LeaseUntil, now), nil
		})
		return saved, false, both(err, saveErr)
	}
	// The customer need not wait for the end of the lease to try again.
	saved, saveErr := c.change(ctx, row, func(_ context.Context, a *Attempt, now time.Time) (bool, error) {
		return endLease(a, row.LeaseUntil, now), nil
	})
	if !errors.Is(err, ErrUnknownOutcome) {
		message := "the provider's client returned neither a payment nor an error"
		if err != nil {
			message = "the payment may exist (" + err.Error() + "): call Pay again"
		}
		err = &Error{Provider: row.Provider, Op: "Pay", Kind: ErrUnavailable, Reference: row.Reference, OutcomeUnknown: true, Err: err, Message: message}
	}
	return saved, false, both(err, saveErr)
}

// endLease ends the lease of the create that has just come back, if it is still that one.
func endLease(a *Attempt, lease, now time.Time) bool {
	if a.State != AttemptCreating || !a.LeaseUntil.Equal(lease) || a.LeaseUntil.Before(now) {
		return false
	}
	a.LeaseUntil, a.DueAt = now, now
	return true
}

// saveMade saves a payment. It is shown only from a row whose save succeeded (rule 2),
// and after a repetition only once its status was asked for.
func (c *Cashier) saveMade(ctx context.Context, row Attempt, p *Payment, prompt bool, t turn) (_ Attempt, again bool, err error) {
	row, mine, err := c.saveCreated(ctx, row, p, prompt, func(a *Attempt, now time.Time) {
		a.CheckoutURL, a.Instruction = p.CheckoutURL, p.Instruction
		a.ExpiresAt = expiry(prompt, p, c.can[a.Provider], now)
		move(a, answerSaved, now)
		a.DueAt = c.nextQuestion(*a, now)
	})
	mine = mine || (row.State == AttemptOpen && row.PaymentID == p.ID && row.CheckoutURL == p.CheckoutURL) // saved, although the answer said otherwise
	switch {
	case err != nil:
		return row, false, err
	case !mine, t == repeated:
		return row, true, nil
	case !p.Replayed && !p.Status.Final():
		return row, false, nil
	}
	// A page that is dead already is not shown, and no second one is made without a word.
	row, err = c.ask(ctx, row, 0)
	switch row.State {
	case AttemptPaid, AttemptDelivered, AttemptHeld:
		row, _ = c.deliver(ctx, row)
		return row, false, alreadyPaid(row)
	case AttemptOpen:
		return row, false, err
	}
	return row, false, cashierError("Pay", row, ErrDeclined, nil, "the provider made the payment, and says that it has ended: call Pay again")
}

// saveCreated saves what a create gave while its lease is untouched. Otherwise somebody
// has gone on without it: then only the payment's id is added, never the page.
func (c *Cashier) saveCreated(ctx context.Context, row Attempt, p *Payment, prompt bool, apply func(a *Attempt, now time.Time)) (saved Attempt, applied bool, err error) {
	lease := row.LeaseUntil
	saved, err = c.change(ctx, row, func(_ context.Context, a *Attempt, now time.Time) (bool, error) {
		applied = a.State == AttemptCreating && a.LeaseUntil.Equal(lease)
		if applied {
			a.PaymentID, a.Status, a.ProviderStatus = p.ID, p.Status, p.ProviderStatus
			apply(a, now)
			return true, nil
		}
		if a.PaymentID != "" {
			return false, nil
		}
		a.PaymentID = p.ID
		sooner(a, now)
		return true, nil
	})
	switch {
	case errors.Is(err, ErrPaymentTaken):
		saved, err = c.idTaken(ctx, saved, p, prompt, err)
	case err != nil:
		lost := saved
		lost.PaymentID = p.ID
		c.tellUnsettled(ctx, Trouble{Kind: TroubleUnsettled, Attempt: lost, Err: err})
	}
	return saved, applied, err
}

// idTaken notes that the provider gave the id of another attempt's payment: two attempts
// never share one (rule 11). Nobody was given the page of a hosted one; a prompt stays
// until a person has looked.
func (c *Cashier) idTaken(ctx context.Context, row Attempt, p *Payment, prompt bool, cause error) (Attempt, error) {
	found := finding{}
	if other, err := c.ledger.Find(ctx, row.Provider, p.ID); err == nil {
		found.other = other.Reference
	}
	saved, err := c.change(ctx, row, func(_ context.Context, a *Attempt, now time.Time) (bool, error) {
		if !prompt && a.State == AttemptCreating {
			move(a, givenUp, now)
		} else {
			endLease(a, a.LeaseUntil, now)
		}
		report(a, TroublePaymentIDTaken, now)
		return true, nil
	})
	c.keep(saved, found)
	failure := cashierError("Pay", row, ErrConflict, cause, "the provider gave the id of another payment: a person has to look")
	return saved, both(failure, err)
}
