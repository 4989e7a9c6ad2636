package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/guichetpay/guichet"
)

// asked is one call of Pay as the customer makes it.
type asked struct {
	account string
	amount  int64
	prompt  bool
	phone   string
	otp     bool
	replace bool
	leaves  time.Duration // he closes the tab then; 0: he waits
}

// pay has the customer press the button. ok is false where no answer came.
func (s *shop) pay(o *order, a asked) (row guichet.Attempt, err error, ok bool) {
	p := s.someone(func(p *process) bool { return p.missing != a.account })
	if p == nil {
		return row, nil, false
	}
	amount := guichet.NewMoney(a.amount, guichet.XOF)
	if o.paying > 0 && o.asking != amount {
		o.sure = false
	}
	o.asking = amount
	o.paying++
	if a.replace {
		o.replacing++
		for _, name := range accountNames { // he knows what he has
			for _, b := range s.accounts[name].bills {
				b.replaced = b.replaced || (b.order == o.id && b.shown)
			}
		}
	}
	end := time.Duration(1 << 62)
	if a.leaves > 0 {
		end = s.now + a.leaves
	}
	req := guichet.PaymentRequest{Amount: amount}
	if a.prompt {
		req.MobileMoney = &guichet.MobileMoney{Phone: a.phone, Country: "SN"}
		if a.otp {
			req.MobileMoney.OTP = "4711"
		}
	}
	s.say("%s: Pay %+v", o.id, a)
	finished := false
	ok = s.call(p, "Pay", func() {
		row, err = p.cashier.Pay(s.until(context.Background(), end, context.Canceled), guichet.Order{ID: o.id, Request: req, Replace: a.replace}, a.account)
		finished = true
	})
	o.paying--
	if a.replace {
		o.replacing--
	}
	s.say("%s: Pay gives %s %s, %v", o.id, row.Reference, row.State, err)
	switch {
	case !finished || errors.Is(err, errLedger):
		if amount != o.price {
			o.sure = false // nobody knows what was agreed
		}
	case err == nil, errors.Is(err, guichet.ErrInProgress), errors.Is(err, guichet.ErrUnknownOutcome), errors.Is(err, guichet.ErrDeclined),
		errors.Is(err, guichet.ErrConflict) && row.State == guichet.AttemptOpen:
		o.price = amount
	case errors.Is(err, guichet.ErrAlreadyPaid):
	case amount != o.price:
		o.sure = false
	}
	return row, err, ok && (a.leaves == 0 || s.now < end)
}

// show gives the customer the page of an attempt.
func (s *shop) show(o *order, url string, replace bool) *bill {
	for _, name := range accountNames {
		for _, b := range s.accounts[name].bills {
			if b.url() == url && !b.prompt {
				s.shows(o, b, replace)
				return b
			}
		}
	}
	return nil
}

// prompted is a phone that asks its owner for money.
func (s *shop) prompted(b *bill) {
	if o := s.order(b.order); o != nil {
		s.shows(o, b, false)
	}
	if s.phone != nil {
		s.phone(b)
		return
	}
	s.spawn("phone", nil, func() {
		s.sleep(s.between(2*time.Second, 6*time.Minute))
		switch x := s.rng.Float64(); {
		case x < 0.65:
			b.pay(s.money(b))
		case x < 0.8:
			b.end(guichet.StatusFailed)
		}
		s.mayRefund(b)
	})
}

// money is what the customer pays.
func (s *shop) money(b *bill) guichet.Money {
	m := b.amount
	if b.account.can.StatusAmount && s.chance(s.plan.underpaid) {
		m.Minor /= 2
	}
	return m
}

func (s *shop) mayRefund(b *bill) {
	if b.captures > 0 && s.chance(s.plan.refund) {
		s.sleep(s.between(0, 2*time.Hour))
		b.refund()
	}
}

// onPage is what a customer does on a page that he was sent to.
func (s *shop) onPage(o *order, b *bill) {
	s.spawn(o.id+" on a page", nil, func() {
		wait := s.between(time.Second, 20*time.Minute)
		if s.plan.days && s.chance(0.4) {
			wait = s.between(time.Hour, 70*time.Hour)
		}
		s.sleep(wait)
		b.touched = true
		switch x := s.rng.Float64(); {
		case x < 0.6:
			b.pay(s.money(b))
		case x < 0.7:
			b.end(guichet.StatusFailed)
		case x < 0.75:
			b.end(guichet.StatusCanceled)
		}
		if b.account.can.ReusablePage && s.chance(s.plan.paysTwice) {
			s.sleep(s.between(time.Second, 3*time.Hour))
			b.pay(s.money(b))
		}
		s.mayRefund(b)
	})
}

// press is one press of the button and what follows from it.
func (s *shop) press(o *order, a asked) {
	row, err, ok := s.pay(o, a)
	if !ok || err != nil || row.CheckoutURL == "" {
		return
	}
	if b := s.show(o, row.CheckoutURL, a.replace); b != nil {
		s.onPage(o, b)
	} else {
		s.violate("a page that is shown exists", "%s was sent to %q", o.id, row.CheckoutURL)
	}
}

// customer buys one order in his own way.
func (s *shop) customer(o *order) {
	a := s.choice()
	for range 1 + s.rng.IntN(6) {
		switch x := s.rng.Float64(); {
		case x < 0.45:
			s.press(o, a)
		case x < 0.55: // a double click
			again := a
			s.spawn(o.id+" clicks again", nil, func() {
				s.sleep(s.between(0, 500*time.Millisecond))
				s.press(o, again)
			})
			s.press(o, a)
		case x < 0.65:
			a = s.choice()
			s.press(o, a)
		case x < 0.72:
			a.amount = []int64{500, 5000, 7000}[s.rng.IntN(3)]
			s.press(o, a)
		case x < 0.82:
			other := s.choice()
			other.replace, other.amount = true, a.amount
			s.press(o, other)
			a = other
			a.replace = false
		default:
			s.returns(o)
		}
		pause := s.between(0, 3*time.Minute)
		switch {
		case s.chance(0.3):
			pause = s.between(0, 5*time.Second)
		case s.chance(0.2):
			pause = s.between(0, 90*time.Minute)
		case s.plan.days && s.chance(0.2):
			pause = s.between(0, 50*time.Hour)
		}
		s.sleep(pause)
	}
}

// choice is one way to pay.
func (s *shop) choice() asked {
	a := asked{account: accountNames[s.rng.IntN(len(accountNames))], amount: 5000}
	if s.accounts[a.account].can.Direct && s.chance(0.6) {
		a.prompt, a.otp = true, s.chance(0.2)
		a.phone = fmt.Sprintf("+22177000000%d", s.rng.IntN(2))
	}
	if s.chance(0.15) {
		a.leaves = s.between(0, 10*time.Second)
	}
	return a
}

// returns is the page to which the customer returns.
func (s *shop) returns(o *order) {
	p := s.someone(nil)
	s.call(p, "RefreshOrder", func() {
		ctx := s.until(context.Background(), s.now+s.between(time.Second, time.Minute), context.Canceled)
		row, err := p.cashier.RefreshOrder(ctx, o.id)
		s.say("%s: RefreshOrder gives %s %s, %v", o.id, row.Reference, row.State, err)
	})
}

// forger sends events for whatever he can guess, and signs what he can.
func (s *shop) forger() {
	for range s.rng.IntN(20) {
		s.sleep(s.between(0, 20*time.Minute))
		name := accountNames[s.rng.IntN(len(accountNames))]
		e := guichet.Event{ID: "forged", Reference: "nobody", PaymentID: fmt.Sprintf("%s-%d", name, 1+s.rng.IntN(5))}
		if n := len(s.store.rows); n > 0 && s.chance(0.7) {
			row := s.store.rows[s.rng.IntN(n)]
			e.Reference, name = row.Reference, row.Provider
		}
		s.counts.forged++
		s.deliverWebhook(name, e, false)
	}
}

// lookInto is a person who is told of a trouble: he looks at the provider's dashboard,
// gives back what was paid too much, and tells the cashier.
func (s *shop) lookInto(t guichet.Trouble) {
	if !s.chance(0.5) {
		return
	}
	s.spawn("person", nil, func() {
		s.sleep(s.between(11*time.Minute, time.Hour))
		row, known := s.store.row(t.Attempt.Reference)
		if !known || s.gone != "" {
			return
		}
		b := s.billOf(row)
		o := s.order(row.OrderID)
		r := guichet.ResolvedNotPaid
		switch {
		case row.State != guichet.AttemptHeld && row.State != guichet.AttemptExtra && row.State != guichet.AttemptCreating:
			return
		case b != nil && b.captures > b.refunds && row.State == guichet.AttemptCreating && b.captures == 1 && b.paid == row.Amount && o.sure && o.price == row.Amount:
			r = guichet.ResolvedPaid
		case b != nil && b.captures > 0:
			b.refund()
			r = guichet.ResolvedRefunded
		case b != nil && s.now < b.dead:
			return // it may still be paid
		}
		p := s.someone(nil)
		s.call(p, "Resolve", func() {
			row, err := p.cashier.Resolve(s.until(context.Background(), 1<<62, context.Canceled), row.Reference, r)
			s.say("Resolve %s of %s gives %s, %v", r, t.Attempt.Reference, row.State, err)
		})
	})
}

// billOf is the payment that was made for an attempt.
func (s *shop) billOf(row guichet.Attempt) *bill {
	for _, b := range s.accounts[row.Provider].bills {
		if id, _, _ := strings.Cut(row.PaymentID, beside); b.id == id || (id == "" && b.reference == row.Reference) {
			return b
		}
	}
	return nil
}
