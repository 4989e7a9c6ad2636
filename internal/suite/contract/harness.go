package contract

import (
	"context"
	"errors"
	"net/http"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/suite/scripted"
)

// Answer is what a perfect provider answers that knows these orders. Any request but
// one for a list is about the first of them.
func (h Harness) Answer(r *http.Request, orders ...Order) (status int, body string) {
	if h.IsList(r) && h.ListPage != nil {
		return h.ListPage(r, orders)
	}
	return h.Respond(r, orders[0])
}

// Perfect is a provider in memory that answers every request as it should.
func (h Harness) Perfect(o Order) *scripted.Provider {
	return scripted.Func(func(_ int, r *http.Request) (*http.Response, error) { return scripted.Reply(h.Answer(r, o)) })
}

// Order is a new payment of 5,000 francs.
func (h Harness) Order() Order {
	return Order{
		ID:          "3c90c3cc-0d44-4b50-8888-8dd25736052a",
		Reference:   "ORDER-001",
		Amount:      guichet.NewMoney(5000, h.Currency),
		Word:        h.Pending,
		CheckoutURL: "https://pay.example/checkout/1",
	}
}

// Paid is that order with a word of success; the same word in every run.
func (h Harness) Paid() Order {
	o, found := h.Order(), ""
	for word, status := range h.Words {
		if status == guichet.StatusSucceeded && (found == "" || word < found) {
			found = word
		}
	}
	o.Word = found
	return o
}

// Request asks for that payment on a hosted page.
func (h Harness) Request() guichet.PaymentRequest {
	o := h.Order()
	return guichet.PaymentRequest{
		Reference: o.Reference, Amount: o.Amount, Description: "Commande 001",
		SuccessURL: "https://shop.example/ok", CancelURL: "https://shop.example/ko",
	}
}

// Protected reports whether a create carries a documented idempotency key.
func (h Harness) Protected() bool { return h.KeyHeader != "" && !h.KeySent }

// Over makes a client over a network in memory.
func (h Harness) Over(n http.RoundTripper, opts ...guichet.Option) (guichet.Client, error) {
	return h.New(append([]guichet.Option{guichet.WithHTTPClient(&http.Client{Transport: n}), guichet.WithBaseURL(h.Base)}, opts...)...)
}

// client makes a client over the network, reporting when it cannot.
func (h Harness) client(r *report, n http.RoundTripper, opts ...guichet.Option) guichet.Client {
	c, err := h.Over(n, opts...)
	if err != nil {
		r.problem("New: %v", err)
		return broken{}
	}
	return c
}

// broken stands in for a client that could not be made, so that the rest of a
// behaviour reports too.
type broken struct{}

var errBroken = errors.New("no client")

func (broken) CreatePayment(context.Context, guichet.PaymentRequest) (*guichet.Payment, error) {
	return nil, errBroken
}
func (broken) GetStatus(context.Context, string) (*guichet.Payment, error) { return nil, errBroken }
func (broken) List(context.Context, guichet.ListParams) (*guichet.Page, error) {
	return nil, errBroken
}

// capabilities of the provider under test.
func (h Harness) capabilities() guichet.Capabilities {
	c, err := h.New(guichet.WithBaseURL(h.Base))
	if err != nil {
		return guichet.Capabilities{}
	}
	d, ok := c.(guichet.Describer)
	if !ok {
		return guichet.Capabilities{}
	}
	return d.Capabilities()
}

// id creates the order on a perfect network and returns its payment's id.
func (h Harness) id(r *report) string {
	p, err := h.client(r, h.Perfect(h.Order())).CreatePayment(context.Background(), h.Request())
	if err != nil || p == nil {
		r.problem("a good answer to a create: %v", err)
		return "unknown"
	}
	return p.ID
}

// failure returns err as the type that every failed call must return.
func failure(r *report, what string, err error) *guichet.Error {
	e := new(guichet.Error)
	if !errors.As(err, &e) {
		r.problem("%s: the error is %T (%v), not *guichet.Error", what, err, err)
		return new(guichet.Error)
	}
	return e
}
