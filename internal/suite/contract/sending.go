package contract

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/suite/scripted"
)

func checkUnsupported(h Harness, r *report) {
	ctx, caps := context.Background(), h.capabilities()
	refused := func(name string, do func(guichet.Client) error) {
		n := h.Perfect(h.Order())
		err := do(h.client(r, n))
		r.expect(errors.Is(err, guichet.ErrUnsupported) && errors.Is(err, errors.ErrUnsupported), "%s: %v", name, err)
		r.expect(n.Count() == 0, "%s: %d requests were sent", name, n.Count())
	}
	create := func(change func(*guichet.PaymentRequest)) func(guichet.Client) error {
		return func(c guichet.Client) error {
			req := h.Request()
			change(&req)
			_, err := c.CreatePayment(ctx, req)
			return err
		}
	}
	if !caps.List {
		refused("List", func(c guichet.Client) error { _, err := c.List(ctx, guichet.ListParams{}); return err })
	}
	if !caps.Direct {
		refused("MobileMoney", create(func(q *guichet.PaymentRequest) { q.MobileMoney = h.mobileMoney() }))
	}
	if !caps.Callback {
		refused("CallbackURL", create(func(q *guichet.PaymentRequest) { q.CallbackURL = "https://shop.example/cb" }))
	}
	if !caps.Metadata {
		refused("Metadata", create(func(q *guichet.PaymentRequest) { q.Metadata = map[string]string{"a": "b"} }))
	}
	if !caps.Idempotency && !h.KeySent {
		refused("IdempotencyKey", create(func(q *guichet.PaymentRequest) { q.IdempotencyKey = "key-1" }))
	}
	r.expect(caps.Idempotency == h.Protected(), "Idempotency is %t, but the documented header is %q", caps.Idempotency, h.KeyHeader)
}

func checkList(h Harness, r *report) {
	if h.ListPage == nil {
		r.expect(!h.capabilities().List, "List is claimed, but the harness has no list")
		return
	}
	ctx := context.Background()
	var orders []Order
	for i := range 5 {
		o := h.Order()
		o.ID, o.Reference = fmt.Sprintf("3c90c3cc-0d44-4b50-8888-8dd25736052%d", i), fmt.Sprintf("ORDER-%d", i)
		orders = append(orders, o)
	}
	n := scripted.Func(func(i int, q *http.Request) (*http.Response, error) {
		if i > 20 {
			return nil, scripted.ErrReset
		}
		return scripted.Reply(h.ListPage(q, orders))
	})
	var ids []string
	for p, err := range guichet.All(ctx, h.client(r, n), guichet.ListParams{}) {
		if !r.expect(err == nil && p != nil, "All: %v", err) {
			break
		}
		ids = append(ids, p.ID)
	}
	seen := map[string]bool{}
	for _, id := range ids {
		r.expect(!seen[id], "payment %s is yielded twice", id)
		seen[id] = true
	}
	r.expect(len(seen) == len(orders), "%d of %d payments are yielded", len(seen), len(orders))

	empty, err := h.client(r, scripted.Func(func(_ int, q *http.Request) (*http.Response, error) { return scripted.Reply(h.ListPage(q, nil)) })).List(ctx, guichet.ListParams{})
	r.expect(err == nil && empty != nil && len(empty.Payments) == 0 && empty.Next == "", "an empty list: %v, %v", empty, err)
}

func checkEcho(h Harness, r *report) {
	if !h.Echoes {
		return // a create that names neither cannot differ
	}
	for name, change := range map[string]func(*Order){
		"amount":   func(o *Order) { o.Amount.Minor++ },
		"currency": func(o *Order) { o.Amount.Currency = "XAF" },
	} {
		o := h.Order()
		change(&o)
		p, err := h.client(r, h.Perfect(o)).CreatePayment(context.Background(), h.Request())
		r.expect(errors.Is(err, guichet.ErrMismatch), "another %s: %v", name, err)
		r.expect(p != nil && p.ID != "", "another %s: the payment is lost", name)
	}
}
