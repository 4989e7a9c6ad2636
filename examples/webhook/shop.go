package main

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/guichetpay/guichet"
)

// What follows is a receiver for a shop that keeps its payments itself, without a
// guichet.Cashier. It holds to the four rules of the README: the attempt is written
// before the payment is created, one at a time, its Payment.ID before anybody sees the
// page, and nothing is delivered before guichet.Check, nor twice.

// attempt is a row of the shop's own database.
type attempt struct {
	OrderID   string
	Reference string // its own, unguessable, of this attempt alone
	PaymentID string // stored right after CreatePayment: the only id that is asked for
	Amount    guichet.Money
	Delivered bool
}

// plainShop stands for the merchant's database. Everything that must happen once
// happens under its lock; with several machines that is a transaction, and a
// unique constraint on the order that was delivered. One on the event's id is not
// enough: a payment can have several events, and anybody can make up another
// where they are not signed.
type plainShop struct {
	mu       sync.Mutex
	attempts map[string]*attempt // by reference
	people   []string            // what a person has to look at, in production an e-mail
	log      func(format string, args ...any)
}

func newPlainShop(log func(string, ...any)) *plainShop {
	return &plainShop{attempts: map[string]*attempt{}, log: log}
}

func (s *plainShop) store(a attempt) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.attempts[a.Reference] = &a
}

// find returns the attempt that an event is about: by reference, else by the payment's
// id, because not every event names a reference.
func (s *plainShop) find(e *guichet.Event) (attempt, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a, ok := s.attempts[e.Reference]; ok {
		return *a, true
	}
	for _, a := range s.attempts {
		if e.PaymentID != "" && a.PaymentID == e.PaymentID {
			return *a, true
		}
	}
	return attempt{}, false
}

// handler is the whole safe path, the same for providers that sign their
// webhooks and for one that does not: the event only says which attempt to look
// at. Forging one gains nothing but a question to the provider.
func (s *plainShop) handler(p guichet.Provider) func(context.Context, *guichet.Event) error {
	return func(ctx context.Context, e *guichet.Event) error {
		a, known := s.find(e)
		if !known {
			s.log("event about nothing of ours: ignored")
			return nil // such as a dashboard's test: delivering it again would not help
		}
		if a.Delivered {
			s.log("order %s: a repeated event, nothing to do", a.OrderID)
			return nil // whoever repeats it causes no question
		}
		payment, err := guichet.Check(ctx, p, guichet.Expected{
			PaymentID: a.PaymentID, Reference: a.Reference, Amount: a.Amount, // as stored, never as the event says
		})
		switch {
		case err == nil:
			return s.deliver(a.Reference)
		case errors.Is(err, guichet.ErrNotPaid):
			s.log("order %s: %s, not delivered", a.OrderID, statusWord(payment.Status))
			return nil // a shop also asks by itself, from time to time: the next event may get lost
		case errors.Is(err, guichet.ErrMismatch):
			s.person("order %s: %v", a.OrderID, err)
			return nil // money came, but not what the order costs: a person decides
		}
		s.log("order %s: no status now, to be delivered again", a.OrderID)
		return err // answered 500
	}
}

// person tells a person, once for each text.
func (s *plainShop) person(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	s.mu.Lock()
	for _, told := range s.people {
		if told == text {
			s.mu.Unlock()
			return
		}
	}
	s.people = append(s.people, text)
	s.mu.Unlock()
	s.log("a person has to look: %s", text)
}

var errNoAttempt = errors.New("the attempt is gone")

// deliver ships the goods of an order once, however often and at the same time it is
// called. Delivered never goes back: a late "pending" or "failed" does not reach here. A
// second attempt of the order that is paid as well is for a person: it has to be paid back.
func (s *plainShop) deliver(reference string) error {
	s.mu.Lock()
	paid, ok := s.attempts[reference]
	if !ok {
		s.mu.Unlock()
		return errNoAttempt
	}
	for _, a := range s.attempts {
		if a.OrderID == paid.OrderID && a.Delivered {
			s.mu.Unlock()
			if a != paid {
				s.person("order %s: paid a second time, by %s", a.OrderID, reference)
			}
			return nil
		}
	}
	paid.Delivered = true
	s.mu.Unlock()
	s.log("order %s: paid %v, DELIVERED", paid.OrderID, paid.Amount)
	return nil
}

func statusWord(s guichet.Status) string {
	if s == guichet.StatusUnknown {
		return "unknown"
	}
	return string(s)
}
