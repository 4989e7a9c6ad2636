package main

import (
	"time"

	"github.com/guichetpay/guichet"
)

// The invariants. A report names them so.
const (
	noSilentSecond = "no second capture without Trouble"
	fullAmount     = "nothing is delivered without its full amount"
	writtenOnce    = "the shop's row is written once"
	paidArrives    = "what is paid is delivered or in Trouble"
	onePage        = "one page at a time"
	canPay         = "a customer who comes back can pay"
	leftAlone      = "a create that runs is left alone"
	fewData        = "personal data are not kept"
	ownPage        = "a customer sees his own page"
)

const (
	anHour       = 65 * time.Minute             // an hour, and what a delivery takes
	afterJump    = 2*time.Hour + 20*time.Minute // a time that a wrong clock put ahead counts as past only where no pause is that long
	refundLag    = settledEvery + 3*time.Minute // between the last question and a delivery
	settledEvery = 10 * time.Minute
)

// begun notes an attempt that was written.
func (s *shop) begun(row guichet.Attempt) {
	s.orderOf[row.Reference] = row.OrderID
	if o := s.order(row.OrderID); o != nil && s.store.skew != 0 {
		o.clockWrong = true
	}
}

// shows notes that a customer has a page, or that his phone was prompted.
func (s *shop) shows(o *order, b *bill, replace bool) {
	if row, known := s.attemptOf(b); known && row.OrderID == o.id {
		b.order = o.id // the provider mixed two payments up, and nobody else has this one
	}
	if b.order != o.id {
		s.violate(ownPage, "%s was sent to the page of %s", o.id, b.order)
	}
	if b.shown {
		return
	}
	b.shown, b.shownAt = true, s.now
	s.counts.payments++
	for _, name := range accountNames {
		for _, other := range s.accounts[name].bills {
			if other == b || other.order != o.id || !other.shown || other.replaced || other.captures > 0 || !other.payable() {
				continue
			}
			if replace || o.replacing > 0 {
				other.replaced = true
				continue
			}
			if s.store.jumps == 0 && !other.old() {
				s.violate(onePage, "%s has %s of %s, and got %s of %s as well", o.id, other.id, other.account.name, b.id, b.account.name)
			}
		}
	}
}

// old reports whether a customer may be given another page beside this one, because it
// ought to be over.
func (b *bill) old() bool {
	age := b.account.s.now - b.made
	return age >= 24*time.Hour || (b.prompt && age >= 10*time.Minute) || (b.expires > 0 && b.account.s.now >= b.expires)
}

// checkRow looks at what the database holds.
func (s *shop) checkRow(a guichet.Attempt) {
	creating := a.State == guichet.AttemptCreating
	switch {
	case a.Request != nil && !creating:
		s.violate(fewData, "the request of %s, which is %s", a.Reference, a.State)
	case a.Request != nil && a.Request.MobileMoney != nil && a.Request.MobileMoney.OTP != "":
		s.violate(fewData, "the one-time code of %s", a.Reference)
	case a.Phone != "" && !creating && a.State != guichet.AttemptOpen:
		s.violate(fewData, "the phone of %s, which is %s", a.Reference, a.State)
	}
}

// checkAlone sees to it that an attempt whose create runs is changed by nobody else.
func (s *shop) checkAlone(before, after guichet.Attempt) {
	c := s.creating[after.Reference]
	if c != nil && c.t == s.current {
		delete(s.creating, after.Reference) // it has come back, and says so
		return
	}
	if c == nil || c.t.over || s.store.jumps > 0 || s.now >= c.since+2*time.Minute {
		return
	}
	if before.State == guichet.AttemptCreating && (after.State != before.State || len(after.Troubles) > len(before.Troubles) || after.PaymentID != before.PaymentID) {
		s.violate(leftAlone, "%s became %s %v while it was created", after.Reference, after.State, after.Troubles)
	}
}

// running is a create under way.
type running struct {
	t     *task
	since time.Duration
}

// delivered is the shop's own row of the order, as it is committed.
func (s *shop) delivered(a guichet.Attempt) {
	s.say("DELIVERED %s for %s", a.OrderID, a.Reference)
	s.counts.deliveries++
	o := s.order(a.OrderID)
	if o.deliveries++; o.deliveries > 1 {
		s.violate(writtenOnce, "%s was delivered %d times", o.id, o.deliveries)
	}
	b := s.billOf(a)
	switch {
	case b == nil || b.captures == 0 || b.delivered:
		s.violate(fullAmount, "%s was delivered for %s, which nobody has paid, or which paid for another", o.id, a.Reference)
	case (!b.full || b.amount != a.Amount) && b.account.can.StatusAmount:
		s.violate(fullAmount, "%s was delivered for %s, which costs %v, and %v was paid", o.id, a.Reference, a.Amount, b.paid)
	case b.captures == b.refunds && s.now-b.refunded > refundLag && s.store.jumps == 0:
		s.violate(fullAmount, "%s was delivered for %s, whose money went back %v ago", o.id, a.Reference, s.now-b.refunded)
	case o.sure && o.paying == 0 && a.Amount != o.price:
		s.violate(fullAmount, "%s was delivered for %v, and costs %v", o.id, a.Amount, o.price)
	}
	if b != nil {
		b.delivered = true
	}
}

// attemptOf is the attempt that has a payment's id, or that it was made for.
func (s *shop) attemptOf(b *bill) (guichet.Attempt, bool) {
	for _, row := range s.store.rows {
		if row.Provider == b.account.name && row.PaymentID == b.id {
			return row, true
		}
	}
	return s.store.row(b.reference)
}

// accounted reports whether a payment was delivered, given back, or is in Trouble.
func (s *shop) accounted(b *bill) bool {
	if b.captures <= b.refunds {
		return true
	}
	row, _ := s.attemptOf(b)
	delivered := row.State == guichet.AttemptDelivered
	if delivered && b.captures == 1 {
		return true
	}
	if row.Reference == "" {
		return false
	}
	for _, t := range s.told {
		if (t.reference == row.Reference || t.other == row.Reference) && (!delivered || t.kind == guichet.TroubleSecondPayment || s.gone == b.account.name) {
			return true
		}
	}
	return false
}

// unaccounted says which invariant a payment breaks that is not accounted for.
func (s *shop) unaccounted(b *bill) {
	total := 0
	for _, name := range accountNames {
		for _, other := range s.accounts[name].bills {
			if other.order == b.order {
				total += other.captures
			}
		}
	}
	invariant := paidArrives
	if o := s.order(b.order); o.deliveries > 0 && total > 1 {
		invariant = noSilentSecond
	}
	row, known := s.attemptOf(b)
	s.violate(invariant, "%s of %s (%s) was taken %d times, its attempt is %q (known=%t), and nobody was told", b.id, b.order, b.reference, b.captures, row.State, known)
}

// audit has a capture looked at an hour later, or an hour after the faults have stopped.
func (s *shop) audit(b *bill, rung bool) {
	n := b.captures
	s.spawn("auditor", nil, func() {
		s.sleep(s.faultsEnd - s.now)
		if !rung && s.now-b.made >= 24*time.Hour {
			return // its next question may be a day away: see settle
		}
		wait := anHour
		if s.store.jumps > 0 {
			wait = afterJump
		}
		s.sleep(wait)
		if o := s.order(b.order); o != nil && !o.clockWrong && !o.repaired && b.captures == n && !s.accounted(b) {
			s.unaccounted(b)
		}
	})
}

// inTrouble reports whether a person was told of the order.
func (s *shop) inTrouble(o *order) bool {
	for _, t := range s.told {
		if t.order == o.id {
			return true
		}
	}
	return false
}
