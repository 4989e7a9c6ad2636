package contract

import (
	"context"
	"errors"
	"reflect"
	"time"

	"github.com/guichetpay/guichet"
)

// expected is what Confirms has to be asked about p: what the status promises to report,
// and what it does report.
func (h Harness) expected(p *guichet.Payment) (orderID string, want guichet.Money) {
	o, caps := h.Order(), h.capabilities()
	if caps.StatusReference || p.Reference != "" {
		orderID = o.Reference
	}
	if caps.StatusAmount || p.Amount != (guichet.Money{}) {
		want = o.Amount
	}
	return orderID, want
}

func checkRoundTrip(h Harness, r *report) {
	f := h.NewFake()
	defer f.Close()
	c, err := h.New(f.Options()...)
	if !r.expect(err == nil, "New over the fake: %v", err) {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	create := func(orderID string) *guichet.Payment {
		req := h.Request()
		req.Reference = orderID
		p, err := c.CreatePayment(ctx, req)
		if !r.expect(err == nil && p != nil, "CreatePayment: %v", err) {
			return nil
		}
		r.expect(p.ID != "", "the created payment has no ID")
		r.expect(p.Reference == orderID, "the created payment is for order %q, not %q", p.Reference, orderID)
		r.expect(p.Status == guichet.StatusPending, "the created payment is %q, not pending", p.Status)
		r.expect(p.CheckoutURL != "", "the created payment has no checkout URL")
		r.expect(p.Provider != "", "the created payment names no provider")
		r.expect(len(p.Raw) > 0, "the created payment has no Raw")
		return p
	}

	h2 := h.Order()
	if p := create(h2.Reference); p != nil {
		got, err := c.GetStatus(ctx, p.ID)
		r.expect(err == nil && got != nil && got.Status == guichet.StatusPending, "before paying: %v, %v", got, err)
		r.expect(got == nil || got.Confirms(h.expected(got)) != nil, "an unpaid payment confirms")
		r.expect(f.Pay(p.ID) == nil, "Pay: unknown id")
		got, err = guichet.Wait(ctx, c, p.ID, guichet.Poll{Min: time.Millisecond})
		if r.expect(err == nil && got != nil, "Wait: %v", err) {
			r.expect(got.Status == guichet.StatusSucceeded, "after paying: %q", got.Status)
			r.expect(got.ID == p.ID, "GetStatus changes the ID")
			r.expect(got.Provider == p.Provider, "GetStatus changes the provider")
			err := got.Confirms(h.expected(got))
			r.expect(err == nil, "a paid payment does not confirm: %v", err)
		}
	}
	if p := create("ORDER-002"); p != nil {
		r.expect(f.Fail(p.ID) == nil, "Fail: unknown id")
		got, err := guichet.Wait(ctx, c, p.ID, guichet.Poll{Min: time.Millisecond})
		r.expect(err == nil && got != nil && got.Status.Final() && got.Status != guichet.StatusSucceeded, "after a refusal: %v, %v", got, err)
	}
	r.expect(f.Pay("no-such-payment") != nil, "the fake pays a payment that does not exist")
	r.expect(f.Fail("no-such-payment") != nil, "the fake fails a payment that does not exist")
}

func checkCapabilities(h Harness, r *report) {
	ctx := context.Background()
	caps := h.capabilities()
	id := h.id(r)
	r.expect(!caps.StatusByReference || id == h.Order().Reference, "StatusByReference, but the payment's ID is not the reference")

	paid := h.Paid()
	got, err := h.client(r, h.Perfect(paid)).GetStatus(ctx, id)
	if r.expect(err == nil && got != nil, "GetStatus: %v", err) {
		r.expect((got.Reference == paid.Reference) || !caps.StatusReference, "StatusReference, but the status names order %q", got.Reference)
		r.expect((got.Amount == paid.Amount) || !caps.StatusAmount, "StatusAmount, but the status says %v", got.Amount)
		r.expect(got.Amount == guichet.Money{} || got.Amount == paid.Amount, "the status invents the amount %v", got.Amount)
	}

	_, err = h.client(r, h.Perfect(h.Order())).List(ctx, guichet.ListParams{})
	r.expect((err == nil) == caps.List, "List is %t, but the call gives %v", caps.List, err)
	if page, err := h.client(r, h.Perfect(paid)).List(ctx, guichet.ListParams{}); err == nil {
		for _, p := range page.Payments {
			want := guichet.StatusUnknown
			if caps.ListStatus {
				want = guichet.StatusSucceeded
			}
			r.expect(p.Status == want, "ListStatus is %t, but a listed payment is %q", caps.ListStatus, p.Status)
		}
	}

	set := map[string]func(*guichet.PaymentRequest){
		"Direct":   func(q *guichet.PaymentRequest) { q.MobileMoney = h.mobileMoney() },
		"Callback": func(q *guichet.PaymentRequest) { q.CallbackURL = "https://shop.example/callback" },
		"Metadata": func(q *guichet.PaymentRequest) { q.Metadata = map[string]string{"panier": "7"} },
	}
	for name, change := range set {
		req := h.Request()
		change(&req)
		_, err := h.client(r, h.Perfect(h.Order())).CreatePayment(ctx, req)
		claimed := reflect.ValueOf(caps).FieldByName(name).Bool()
		r.expect(errors.Is(err, guichet.ErrUnsupported) != claimed, "%s is %t, but a create that uses it gives %v", name, claimed, err)
		r.expect(!claimed || err == nil, "%s: %v", name, err)
	}

	for _, currency := range caps.Currencies {
		o := h.Order()
		o.Amount.Currency = currency
		req := h.Request()
		req.Amount = o.Amount
		_, err := h.client(r, h.Perfect(o)).CreatePayment(ctx, req)
		r.expect(err == nil, "currency %s is listed, but a create gives %v", currency, err)
	}
	if caps.Currencies != nil {
		req := h.Request()
		req.Amount.Currency = "TND"
		_, err := h.client(r, h.Perfect(h.Order())).CreatePayment(ctx, req)
		r.expect(errors.Is(err, guichet.ErrUnsupported), "a currency that is not listed gives %v", err)
	}

	event, err := h.event(r, h.client(r, h.Perfect(h.Order())), h.Webhook.Secret, time.Now(), h.Webhook.Body(h.Order()))
	if r.expect(err == nil && event != nil, "a good webhook: %v", err) {
		r.expect(event.Verified == caps.SignedEvents, "SignedEvents is %t, but Verified is %t", caps.SignedEvents, event.Verified)
	}
}

func (h Harness) mobileMoney() *guichet.MobileMoney {
	if h.MobileMoney != nil {
		return h.MobileMoney
	}
	return &guichet.MobileMoney{Phone: "+22890000000", Country: "TG"}
}

func checkConfirms(h Harness, r *report) {
	o, id := h.Order(), h.id(r)
	for word, status := range h.Words {
		o.Word = word
		p, err := h.client(r, h.Perfect(o)).GetStatus(context.Background(), id)
		if err != nil || p == nil {
			r.problem("status %q: %v", word, err)
			continue
		}
		orderID, want := h.expected(p)
		err = p.Confirms(orderID, want)
		r.expect((err == nil) == (status == guichet.StatusSucceeded), "word %q (%s): Confirms gives %v", word, status, err)
		if status != guichet.StatusSucceeded {
			continue
		}
		r.expect(errors.Is(p.Confirms("", guichet.Money{}), guichet.ErrInvalidRequest), "Confirms of nothing is not refused")
		if p.Reference != "" {
			r.expect(errors.Is(p.Confirms("ANOTHER", want), guichet.ErrMismatch), "another order confirms")
			r.expect(errors.Is(p.Confirms("", o.Amount), guichet.ErrInvalidRequest), "the reference is waived although it is reported")
		} else {
			r.expect(errors.Is(p.Confirms(o.Reference, want), guichet.ErrInvalidRequest), "a reference that was not reported confirms")
		}
		if p.Amount != (guichet.Money{}) {
			more, other := o.Amount, o.Amount
			more.Minor++
			other.Currency = "EUR"
			r.expect(errors.Is(p.Confirms(orderID, more), guichet.ErrMismatch), "another amount confirms")
			r.expect(errors.Is(p.Confirms(orderID, other), guichet.ErrMismatch), "another currency confirms")
			r.expect(errors.Is(p.Confirms(o.Reference, guichet.Money{}), guichet.ErrInvalidRequest), "the amount is waived although it is reported")
		} else {
			r.expect(errors.Is(p.Confirms(orderID, o.Amount), guichet.ErrInvalidRequest), "an amount that was not reported confirms")
		}
	}
}
