package guichet

import (
	"context"
	"errors"
	"slices"
	"time"
)

// reply is what one question gave.
type reply struct {
	payment *Payment
	err     error
	at      time.Time // when it was asked
	before  time.Time // the question before this one
	swapped time.Time // the DueAt that was written with the question
	left    error     // the caller went away while it was asked
}

// judge says what an answer makes of the attempt that was asked about: a happening, none
// for pending and unknown words, or an error where the answer says nothing about it.
func judge(a Attempt, p *Payment, can Capabilities) (happening, error) {
	want := Expected{PaymentID: a.PaymentID, Reference: a.Reference, Amount: a.Amount}
	err := compare(p, want, can)
	switch {
	case err == nil:
		return paidExactly, nil
	case errors.Is(err, ErrMismatch) && p.Status == StatusSucceeded:
		return paidOtherwise, nil
	case !errors.Is(err, ErrNotPaid):
		return "", err
	}
	switch p.Status {
	case StatusRefunded:
		return refunded, nil
	case StatusFailed, StatusCanceled, StatusExpired:
		return givenUp, nil
	}
	return "", nil
}

// settled are the states that only a refund, another capture or a person changes.
var settled = []AttemptState{AttemptPaid, AttemptDelivered, AttemptHeld, AttemptExtra}

// record saves what an answer says, with everything that it brings: the state, the
// trouble, and when the next question comes. The error is the question's or the ledger's.
func (c *Cashier) record(ctx context.Context, row Attempt, ans reply) (Attempt, error) {
	can := c.can[row.Provider]
	what, err := happening(""), ans.err
	if err == nil {
		what, err = judge(row, ans.payment, can)
	}
	if err != nil {
		mixedUp := ans.err == nil && errors.Is(err, ErrMismatch) && ans.payment.ID == row.PaymentID
		saved, saveErr := c.change(ctx, row, func(_ context.Context, a *Attempt, now time.Time) (bool, error) {
			if mixedUp && !slices.Contains(settled, a.State) { // the id is of another reference's payment, and stays so (rule 11)
				report(a, TroublePaymentIDTaken, now)
			}
			next := now.Add(c.askEvery(a.Provider)) // a caller who goes away is no failure of the provider's
			switch {
			case a.State == AttemptPaid: // Failures counts deliveries there
				next = now.Add(tellAgain)
			case ans.left == nil:
				a.Failures++
				next = c.afterFailure(*a, now)
			}
			if wait := c.gates[a.Provider].closedFor(now); wait > 0 && next.Before(now.Add(wait)) {
				next = now.Add(wait)
			}
			c.setDue(a, next, ans.swapped, now)
			return true, nil
		})
		return saved, both(err, saveErr)
	}

	found := finding{}
	saved, err := c.change(ctx, row, func(ctx context.Context, a *Attempt, now time.Time) (bool, error) {
		found = finding{}
		wait := time.Time{}
		h := what
		if h == paidExactly && slices.Contains([]AttemptState{AttemptOpen, AttemptReleased, AttemptClosed}, a.State) {
			var err error
			if h, wait, found.other, err = c.amongSiblings(ctx, *a); err != nil {
				return false, err
			}
		}
		if a.Refunded && (h == paidExactly || h == paidOtherwise || h == paidAgain || h == refunded) {
			h = "" // a person said that the money went back
		}
		a.Asked++
		if a.AskedAt.Before(ans.at) {
			a.AskedAt = ans.at
		}
		over := a.Failures == 0 && old(*a, ans.before, now) // a question that failed proves no age (rule 8)
		if a.State != AttemptPaid {                         // there it counts failed deliveries
			a.Failures = 0
		}
		if !slices.Contains(settled, a.State) || ans.payment.Status == StatusRefunded {
			a.Status, a.ProviderStatus = ans.payment.Status, ans.payment.ProviderStatus
		}
		moved := h != "" && wait.IsZero() && move(a, h, now)
		switch {
		case moved && a.State == AttemptHeld:
			found.paid = ans.payment.Amount
		case !moved && wait.IsZero() && h != paidExactly && a.State == AttemptOpen && lifeOver(*a, now):
			move(a, givenUp, now)
		case !moved && wait.IsZero() && h != paidExactly && a.State == AttemptReleased && over:
			move(a, tooOld, now)
		}
		if n := ans.payment.Captures; n > 1 && n > a.Captures {
			reportAgain(a, TroubleSecondPayment, now) // one page was paid again (rule 10)
		}
		a.Captures = max(a.Captures, ans.payment.Captures)
		next := c.nextQuestion(*a, now)
		switch {
		case !wait.IsZero():
			next = wait
		case next.IsZero() && can.ReusablePage && !over:
			next = now.Add(c.pause(*a, now)) // a clock that jumped ahead ends no watch (rule 8)
		}
		c.setDue(a, next, ans.swapped, now)
		return true, nil
	})
	if err == nil {
		c.keep(saved, found)
	}
	return saved, err
}

// setDue sets when the next question comes. A time that somebody else set since the
// question was asked stays, if it is earlier (rule 4), and so does that of an untold
// trouble (rule 9).
func (c *Cashier) setDue(a *Attempt, next, swapped, now time.Time) {
	rung := !a.DueAt.IsZero() && !a.DueAt.Equal(swapped)
	switch {
	case untold(*a):
		a.DueAt = now
	case rung && (next.IsZero() || a.DueAt.Before(next)):
	default:
		a.DueAt = next
	}
}

// old reports whether nobody will pay any more: 30 days, 40 answers, and the question
// before this one when 20 days had passed, so that a clock that jumped ahead gives no
// attempt up (rule 8).
func old(a Attempt, before, now time.Time) bool {
	return age(a, now) >= giveUpAge && a.Asked >= giveUpAsked && before.Sub(a.CreatedAt) >= giveUpLast
}

// errAgain makes change read the attempt again.
var errAgain = &Error{Op: "change", Kind: ErrStale}

// amongSiblings says what an exact payment of a means, given the other attempts of its
// order. wait is until when the question must be left open: another attempt is being
// created, and nobody touches it before its lease ends (rule 3).
func (c *Cashier) amongSiblings(ctx context.Context, a Attempt) (h happening, wait time.Time, other string, err error) {
	rows, err := c.ledger.ByOrder(ctx, a.OrderID)
	if err != nil {
		return "", wait, "", err
	}
	now, err := c.ledger.Now(ctx)
	if err != nil {
		return "", wait, "", err
	}
	var newest, holder *Attempt
	for i := range rows {
		if rows[i].Reference == a.Reference && rows[i].Version != a.Version {
			return "", wait, "", errAgain
		}
		if newest == nil || rows[i].Number > newest.Number {
			newest = &rows[i]
		}
		if rows[i].Holds && rows[i].Reference != a.Reference {
			holder = &rows[i]
		}
	}
	switch {
	case newest != nil && (newest.Outdated || newest.Amount != a.Amount):
		return paidOtherwise, wait, newest.Reference, nil
	case holder == nil || a.State == AttemptOpen:
		return paidExactly, wait, "", nil
	case leaseRuns(*holder, now):
		return paidExactly, holder.LeaseUntil, "", nil
	case holder.State != AttemptCreating && holder.State != AttemptOpen: // paid, delivered, or of a newer version
		return paidAgain, wait, holder.Reference, nil
	}
	// The holder is unpaid: it gives way first. Then everything is read again, because
	// the order may have got another price or another attempt meanwhile.
	_, err = c.change(ctx, *holder, func(_ context.Context, b *Attempt, now time.Time) (bool, error) {
		if leaseRuns(*b, now) || !c.giveWay(b, superseded, now) {
			return false, nil
		}
		return true, nil
	})
	if err == nil {
		err = errAgain
	}
	return "", wait, "", err
}

// giveWay releases an attempt that is creating or open. Where the reference is the
// payment's id (Lygos), a create whose answer was lost can still be asked about.
func (c *Cashier) giveWay(a *Attempt, h happening, now time.Time) bool {
	if a.State == AttemptCreating && a.PaymentID == "" && c.can[a.Provider].StatusByReference {
		a.PaymentID = a.Reference
	}
	if !move(a, h, now) {
		return false
	}
	if !untold(*a) {
		a.DueAt = c.nextQuestion(*a, now)
	}
	return true
}
