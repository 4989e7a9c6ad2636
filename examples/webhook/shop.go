package main

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/guichetpay/guichet"
)

// order is a row of the shop's own database.
type order struct {
	ID        string
	PaymentID string // stored right after CreatePayment: the only id that is asked for
	Price     guichet.Money
	Delivered bool
}

// shop stands for the merchant's database. Everything that must happen once
// happens under its lock; with several machines that is a transaction, and a
// unique constraint on the order that was delivered. One on the event id is not
// enough: a payment can have several events, and anybody can make up another
// where they are not signed.
type shop struct {
	mu     sync.Mutex
	orders map[string]*order
	seen   map[string]bool // ids of the events that were handled
	log    func(format string, args ...any)
}

func newShop(log func(string, ...any)) *shop {
	return &shop{orders: map[string]*order{}, seen: map[string]bool{}, log: log}
}

func (s *shop) add(o order) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.orders[o.ID] = &o
}

func (s *shop) find(id string) (order, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o, ok := s.orders[id]
	if !ok {
		return order{}, false
	}
	return *o, true
}

// handler is the whole safe path, the same for providers that sign their
// webhooks and for one that does not: the event only says which order to look
// at. Forging one gains nothing but a question to the provider.
func (s *shop) handler(client guichet.Client) func(context.Context, *guichet.Event) error {
	return func(ctx context.Context, e *guichet.Event) error {
		o, known := s.find(e.Reference)
		if !known {
			s.log("event about an order that is not ours: ignored")
			return nil // delivering it again would not help
		}
		if o.Delivered || s.handled(e.ID) {
			s.log("order %s: a repeated event, nothing to do", o.ID)
			return nil
		}
		payment, err := client.GetStatus(ctx, o.PaymentID) // the stored id, never the event's
		if err != nil {
			s.log("order %s: no status now, to be delivered again", o.ID)
			return err // answered 500
		}
		if err := confirm(client, payment, o); err != nil {
			s.log("order %s: %s, not delivered", o.ID, word(payment.Status))
			// A payment that is not final yet will have another event; a wrong
			// amount needs a person. Neither is helped by a repeated delivery.
			s.remember(e.ID, payment.Status)
			return nil
		}
		return s.deliver(o.ID, e.ID)
	}
}

// confirm compares what the provider reports with the order. What its status
// does not name is waived here, in one visible place; what it does name counts,
// promised or not: a status that names another order is somebody else's payment.
func confirm(client guichet.Client, payment *guichet.Payment, o order) error {
	id, price := o.ID, o.Price
	if d, ok := client.(guichet.Describer); ok {
		if !d.Capabilities().StatusReference && payment.Reference == "" {
			id = ""
		}
		if !d.Capabilities().StatusAmount && payment.Amount == (guichet.Money{}) {
			price = guichet.Money{}
		}
	}
	return payment.Confirms(id, price)
}

func (s *shop) handled(event string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen[event]
}

// remember marks an event as handled when its payment can change no more. An
// event about a pending payment is not marked: the same change may be announced
// again once it is paid.
func (s *shop) remember(event string, status guichet.Status) {
	if !status.Final() {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen[event] = true
}

var errNoOrder = errors.New("the order is gone")

// deliver ships the goods once, however often and at the same time it is called.
// Delivered never goes back: a late "pending" or "failed" does not reach here.
func (s *shop) deliver(id, event string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	o, ok := s.orders[id]
	if !ok {
		return errNoOrder
	}
	if s.seen[event] = true; o.Delivered {
		return nil
	}
	o.Delivered = true
	s.log("order %s: paid %v, DELIVERED", o.ID, o.Price)
	return nil
}

func word(s guichet.Status) string {
	if s == guichet.StatusUnknown {
		return "unknown"
	}
	return fmt.Sprint(string(s))
}
