package guichet

import (
	"context"
	"encoding/json"
	"errors"
	"time"
)

const (
	payLoops   = 6 // how often Pay begins again
	beginTries = 3 // with one reference, where Begin's answer was lost
)

// Pay starts the payment of an order with one of the configured providers, or continues
// the one that is under way, and returns the attempt. Call it from POST handlers only:
// it creates.
//
// With a nil error the customer can pay: send him to Attempt.CheckoutURL; where that is
// empty his phone was prompted, and Attempt.Instruction tells him what to do. Every other
// result comes with an error, and mostly with the attempt that is in the way:
//
//   - ErrAlreadyPaid: show that the order is paid.
//   - ErrInProgress: another call is creating the payment; ctx ended before it was done.
//   - ErrConflict: the order has an open attempt of another provider, amount, way or
//     phone: show that one, or call again with Order.Replace; or a person has to look at
//     a payment of the order first; or too many calls were at it.
//   - ErrUnknownOutcome: the provider may have been asked for the payment. Calling Pay
//     again is safe. For a prompt on a phone it may go on being an error until a person
//     has settled it with Resolve; Trouble is told.
//   - ErrInvalidRequest, ErrUnsupported, ErrDeclined, ErrUnauthorized and others of
//     CreatePayment, with Attempt.State AttemptClosed: nothing exists at the provider, so
//     another provider can be tried.
//
// The context counts until the attempt is in the ledger; from then on Pay goes on although
// the customer has gone, for less than 2 minutes. order.Request.Reference and
// IdempotencyKey must be empty, the cashier makes them.
func (c *Cashier) Pay(ctx context.Context, order Order, provider string) (Attempt, error) {
	if err := c.checkOrder(ctx, order, provider); err != nil {
		return Attempt{}, err
	}
	var row Attempt
	for range payLoops {
		start := c.world.Now()
		begun, err := false, error(nil)
		if row, begun, err = c.begin(ctx, order, provider); err != nil {
			return Attempt{}, err
		}
		again := false
		if begun {
			req := order.Request // with the one-time code, which the row has not
			req.Reference = row.Reference
			row, again, err = c.create(ctx, row, req, start, first)
		} else {
			row, again, err = c.found(ctx, row, order, provider)
		}
		if !again {
			return row, err
		}
		if ctx.Err() != nil {
			return row, cashierError("Pay", row, nil, ctx.Err(), "")
		}
	}
	return row, cashierError("Pay", row, ErrConflict, nil, "the attempts of this order change all the time: try again in a moment")
}

func (c *Cashier) checkOrder(ctx context.Context, order Order, provider string) error {
	problem := ""
	_, decimals := order.Request.Amount.Currency.Exponent()
	switch {
	case ctx == nil:
		problem = "the context is nil"
	case c.cfg.Providers[provider] == nil:
		problem = "provider: not one of CashierConfig.Providers"
	case order.ID == "":
		problem = "Order.ID: required, the merchant's own id of the order"
	case order.Request.Reference != "":
		problem = "Order.Request.Reference: must be empty, the cashier makes one for each attempt"
	case order.Request.IdempotencyKey != "":
		problem = "Order.Request.IdempotencyKey: must be empty, the cashier makes one for each attempt"
	case order.Request.Amount.Minor <= 0 || !decimals:
		problem = "Order.Request.Amount: must be above 0, in a currency whose decimals are known, such as NewMoney(5000, XOF)"
	case order.Request.MobileMoney != nil && order.Request.MobileMoney.Phone == "":
		problem = "Order.Request.MobileMoney.Phone: required, such as +22890000000"
	}
	if problem != "" {
		return &Error{Provider: provider, Op: "Pay", Kind: ErrInvalidRequest, Message: problem}
	}
	return nil
}

// begin writes the attempt into the ledger before anything is asked (rule 1), or finds
// the one that is in the way.
func (c *Cashier) begin(ctx context.Context, order Order, provider string) (row Attempt, begun bool, err error) {
	now, err := c.ledger.Now(ctx)
	if err != nil {
		return Attempt{}, false, err
	}
	stored := order.Request // without the one-time code (rule 12)
	a := Attempt{
		Reference: c.newReference(order.ID), OrderID: order.ID, Provider: provider, Amount: stored.Amount,
		State: AttemptCreating, Request: &stored,
		CreatedAt: now, LeaseUntil: now.Add(leaseTime), DueAt: now.Add(leaseTime),
	}
	if phone := stored.MobileMoney; phone != nil {
		kept := *phone
		a.OTP, a.Phone, kept.OTP = kept.OTP != "", kept.Phone, ""
		stored.MobileMoney = &kept
	}
	stored.Reference = a.Reference
	for try := 1; ; try++ { // the same reference: a Begin whose answer was lost is found again
		row, begun, err = c.ledger.Begin(ctx, a)
		if err == nil || try == beginTries || ctx.Err() != nil || errors.Is(err, ErrInvalidRequest) || errors.Is(err, ErrConflict) {
			return row, begun, err
		}
		if errors.Is(err, ErrStale) { // somebody went on with it after its lease
			a.Reference = c.newReference(order.ID)
			stored.Reference = a.Reference
		}
		if c.sleep(ctx, readAgain) != nil {
			return row, begun, err
		}
	}
}

// found decides what to do about the attempt that holds the order, or is held.
func (c *Cashier) found(ctx context.Context, row Attempt, order Order, provider string) (_ Attempt, again bool, err error) {
	switch row.State {
	case AttemptPaid, AttemptDelivered:
		return row, false, alreadyPaid(row)
	case AttemptHeld:
		return row, false, cashierError("Pay", row, ErrConflict, nil, "a person has to look at a payment of this order first: see Resolve")
	case AttemptCreating:
		return c.foundCreating(ctx, row, order, provider)
	case AttemptOpen:
		return c.foundOpen(ctx, row, order, provider)
	}
	return row, false, cashierError("Pay", row, ErrConflict, nil, "the attempt is in a state of a newer version: update this program")
}

func alreadyPaid(row Attempt) error {
	return cashierError("Pay", row, ErrAlreadyPaid, nil, "the order is paid: show that to the customer")
}

// foundCreating waits for the call that creates the payment, and goes on where it died.
func (c *Cashier) foundCreating(ctx context.Context, row Attempt, order Order, provider string) (_ Attempt, again bool, err error) {
	if order.Request.Amount != row.Amount {
		row, err = c.change(ctx, row, func(_ context.Context, a *Attempt, _ time.Time) (bool, error) {
			marked := a.Outdated
			a.Outdated = true
			return !marked && a.State == AttemptCreating, nil
		})
		if err != nil {
			return row, false, err
		}
	}
	var now time.Time
	for {
		if now, err = c.ledger.Now(ctx); err != nil {
			return row, false, c.gone(ctx, row, err)
		}
		if row.State != AttemptCreating {
			return row, true, nil
		}
		if !leaseRuns(row, now) {
			break
		}
		if c.sleep(ctx, readAgain) != nil {
			return row, false, c.gone(ctx, row, ctx.Err())
		}
		fresh, err := c.ledger.Get(ctx, row.Reference)
		if err != nil {
			return row, false, c.gone(ctx, row, err)
		}
		row = fresh
	}

	if isPrompt(row) && row.PaymentID == "" {
		if c.repeatable(row, order, provider, now) {
			return c.repeat(ctx, row)
		}
		if row, err = c.leaseOver(ctx, row); err != nil || row.State != AttemptCreating {
			return row, err == nil, err
		}
		return row, false, &Error{Provider: row.Provider, Op: "Pay", Kind: ErrUnavailable, Reference: row.Reference, OutcomeUnknown: true,
			Message: "a phone may have been prompted, and nobody knows: a person has to find out, and say so with Resolve"}
	}
	row, err = c.leaseOver(ctx, row)
	return row, err == nil, err
}

// gone is ErrInProgress where the caller's context has ended.
func (c *Cashier) gone(ctx context.Context, row Attempt, err error) error {
	if ctx.Err() == nil {
		return err
	}
	return cashierError("Pay", row, ErrInProgress, ctx.Err(), "another call is creating the payment: try again in a moment")
}

// repeatable reports whether the create of a prompt may be sent again: with the key that
// the provider still remembers, and the request that the key was used with. A one-time
// code is not kept, so a request with one cannot be the same. A CreatedAt that lies ahead
// says nothing about the key's age.
func (c *Cashier) repeatable(row Attempt, order Order, provider string, now time.Time) bool {
	can := c.can[row.Provider]
	remembered := can.Idempotency && !row.CreatedAt.After(now) && now.Sub(row.CreatedAt) < min(repeatWithin, can.IdempotencyWindow)
	return remembered && row.Provider == provider && !row.OTP && row.Request != nil && sameRequest(*row.Request, order.Request)
}

// sameRequest compares what a provider would be sent.
func sameRequest(stored, wanted PaymentRequest) bool {
	if wanted.MobileMoney != nil && wanted.MobileMoney.OTP != "" {
		return false
	}
	stored.Reference, wanted.Reference = "", ""
	a, errA := json.Marshal(stored)
	b, errB := json.Marshal(wanted)
	return errA == nil && errB == nil && string(a) == string(b)
}

// repeat sends the stored request of a prompt again, under a lease of its own. Pay then
// begins again, so that the attempt is asked about before anything is shown: a repeated
// answer can be a payment that has ended, or a refusal that was stored with the key.
func (c *Cashier) repeat(ctx context.Context, row Attempt) (_ Attempt, again bool, err error) {
	mine, start := false, c.world.Now()
	row, err = c.change(ctx, row, func(_ context.Context, a *Attempt, now time.Time) (bool, error) {
		mine = a.State == AttemptCreating && !leaseRuns(*a, now) && a.PaymentID == "" && a.Request != nil
		a.LeaseUntil, a.DueAt = now.Add(leaseTime), now.Add(leaseTime)
		return mine, nil
	})
	if err != nil || !mine {
		return row, err == nil, err
	}
	return c.create(ctx, row, *row.Request, start, repeated)
}

// foundOpen asks about the open attempt first, and then shows it, gives it up, or refuses
// to begin another beside it.
func (c *Cashier) foundOpen(ctx context.Context, row Attempt, order Order, provider string) (_ Attempt, again bool, err error) {
	replacing := order.Replace && !fits(row, order, provider)
	if replacing { // only an answer of now counts
		for {
			now, err := c.ledger.Now(ctx)
			if err != nil {
				return row, false, err
			}
			if row.State != AttemptOpen || !askedWithin(row, now, recent) {
				break
			}
			if err := c.sleep(ctx, row.AskedAt.Add(recent).Sub(now)); err != nil {
				return row, false, cashierError("Pay", row, nil, err, "")
			}
			if row, err = c.ledger.Get(ctx, row.Reference); err != nil {
				return row, false, err
			}
		}
	}
	answered := row.Asked
	row, askErr := c.ask(ctx, row, recent)
	if ctx.Err() != nil {
		return row, false, cashierError("Pay", row, nil, ctx.Err(), "")
	}
	now, err := c.ledger.Now(ctx)
	if err != nil {
		return row, false, err
	}
	pending := askErr == nil && row.Asked > answered && row.Status == StatusPending
	prompt := isPrompt(row)
	switch same := fits(row, order, provider); {
	case row.State == AttemptPaid, row.State == AttemptDelivered, row.State == AttemptHeld && row.Status == StatusSucceeded:
		row, _ = c.deliver(ctx, row) // Run goes on where it fails
		return row, false, alreadyPaid(row)
	case row.State != AttemptOpen:
		return row, true, nil
	case !prompt && row.CheckoutURL == "", lifeOver(row, now):
		row, err = c.release(ctx, row)
		return row, err == nil, err
	case same:
		row, err = c.mark(ctx, row, order)
		return row, err == nil && row.State != AttemptOpen, err
	case order.Replace && askErr != nil:
		return row, false, askErr
	case order.Replace && pending && !(prompt && now.Before(row.ExpiresAt.Add(replacePrompt-promptLife))):
		row, err = c.release(ctx, row)
		return row, err == nil, err
	}
	if row, err = c.mark(ctx, row, order); err != nil {
		return row, false, err
	}
	if row.State != AttemptOpen {
		return row, true, nil
	}
	return row, false, cashierError("Pay", row, ErrConflict, nil,
		"the order has an open attempt of another provider, amount, way or phone: show that one, or pass Order.Replace (a prompt can be replaced after 2 minutes, and only while the provider says that it is pending)")
}

// fits reports whether the attempt is what the order asks for now.
func fits(row Attempt, order Order, provider string) bool {
	phone := ""
	if order.Request.MobileMoney != nil {
		phone = order.Request.MobileMoney.Phone
	}
	return row.Provider == provider && row.Amount == order.Request.Amount && row.Phone == phone
}

// mark saves whether the order costs something else than its attempt: then a payment of
// that attempt is for a person.
func (c *Cashier) mark(ctx context.Context, row Attempt, order Order) (Attempt, error) {
	outdated := row.Amount != order.Request.Amount
	return c.change(ctx, row, func(_ context.Context, a *Attempt, _ time.Time) (bool, error) {
		changed := a.State == AttemptOpen && a.Outdated != outdated
		a.Outdated = outdated
		return changed, nil
	})
}

// release gives an open attempt up. It is still asked about: a late payment counts.
func (c *Cashier) release(ctx context.Context, row Attempt) (Attempt, error) {
	return c.change(ctx, row, func(_ context.Context, a *Attempt, now time.Time) (bool, error) {
		return a.State == AttemptOpen && c.giveWay(a, givenUp, now), nil
	})
}

// leaseOver goes on with a create that nobody finished: nobody was given the page of a
// hosted one; a prompt may be on a phone.
func (c *Cashier) leaseOver(ctx context.Context, row Attempt) (Attempt, error) {
	return c.change(ctx, row, func(_ context.Context, a *Attempt, now time.Time) (bool, error) {
		switch {
		case a.State != AttemptCreating || leaseRuns(*a, now):
			return false, nil
		case !isPrompt(*a):
			return c.giveWay(a, givenUp, now), nil
		case a.PaymentID != "": // a verified webhook gave it
			move(a, answerSaved, now)
			a.ExpiresAt, a.DueAt = now.Add(promptLife), now
			return true, nil
		}
		_, noted := a.Troubles[TroubleUnknownPrompt]
		switch {
		case noted && !dueNow(*a, now):
			return false, nil
		case noted && !untold(*a):
			a.DueAt = time.Time{} // rung, but there is no id to ask with
			return true, nil
		}
		a.DueAt = now
		move(a, promptLost, now)
		return true, nil
	})
}
