package contract

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/guichetpay/guichet"
)

// event signs a delivery and has the client parse it.
func (h Harness) event(r *report, c guichet.Client, secret string, at time.Time, body []byte) (*guichet.Event, error) {
	p, ok := c.(guichet.WebhookParser)
	if !r.expect(ok, "the client parses no webhooks") {
		return nil, errBroken
	}
	return p.ParseWebhook(context.Background(), h.Webhook.Sign(secret, at, body), body)
}

// checkWebhooks looks at what an event says, at rotation and at the time. Package input
// has the deliveries that are malformed or forged.
func checkWebhooks(h Harness, r *report) {
	w := h.Webhook
	n := h.Perfect(h.Order())
	c := h.client(r, n)
	p, ok := c.(guichet.WebhookParser)
	if !r.expect(ok, "the client parses no webhooks") {
		return
	}
	ctx, now, body := context.Background(), time.Now(), w.Body(h.Order())
	parse := func(header http.Header, body []byte) (*guichet.Event, error) {
		return p.ParseWebhook(ctx, header, body)
	}

	good, err := parse(w.Sign(w.Secret, now, body), body)
	if !r.expect(err == nil && good != nil, "a good webhook: %v", err) {
		return
	}
	r.expect(good.Reference == h.Order().Reference, "a good webhook names order %q", good.Reference)
	r.expect(good.ID != "", "a good webhook has no ID")
	r.expect(good.Verified == (w.Signature != ""), "Verified is %t", good.Verified)
	r.expect(bytes.Equal(good.Raw, body), "Raw is not the body")
	second, err := parse(w.Sign(w.Secret, now.Add(time.Minute), body), body)
	r.expect(err == nil && second.ID == good.ID, "two deliveries of one change have two IDs")

	other := h.Order()
	other.Reference = "ORDER-999"
	other.ID = "11111111-0d44-4b50-8888-8dd257360529"
	otherBody := w.Body(other)
	different, err := parse(w.Sign(w.Secret, now, otherBody), otherBody)
	r.expect(err == nil && different.ID != good.ID, "two orders share an event ID")

	if w.Signature == "" {
		// Senders get the media type wrong, and what is unsigned is a doorbell only.
		for _, header := range []http.Header{nil, {"Content-Type": {"text/xml"}}, {"Content-Type": {"application/x-www-form-urlencoded"}}} {
			e, err := parse(header, body)
			r.expect(err == nil && e != nil && e.Reference == good.Reference && e.ID == good.ID, "with the headers %v: %v", header, err)
		}
		r.expect(good.PaymentID == "", "an unsigned event names the payment to ask for")
	} else {
		untrusted := func(name string, header http.Header) {
			e, err := parse(header, body)
			r.expect(e == nil && errors.Is(err, guichet.ErrUntrusted), "%s: %v", name, err)
		}
		_, err = parse(w.Sign(w.PreviousSecret, now, body), body)
		r.expect(err == nil, "the previous secret is refused during rotation: %v", err)
		untrusted("another secret", w.Sign("whsec_somebody_else", now, body))
		untrusted("nil header", nil)
		if w.Timed {
			for _, off := range []time.Duration{-4*time.Minute - 59*time.Second, 4*time.Minute + 59*time.Second} {
				_, err = parse(w.Sign(w.Secret, now.Add(off), body), body)
				r.expect(err == nil, "off by %v: %v", off, err)
			}
			for _, off := range []time.Duration{-5*time.Minute - time.Second, 5*time.Minute + time.Second, 10 * 365 * 24 * time.Hour, -10 * 365 * 24 * time.Hour} {
				untrusted("off by "+off.String(), w.Sign(w.Secret, now.Add(off), body))
			}
		}
	}
	r.expect(n.Count() == 0, "parsing a webhook sends %d requests", n.Count())
}
