package transport

import (
	"net/url"
	"strings"
	"unicode"

	"github.com/guichetpay/guichet"
)

// Created makes the last two checks of every create: that the provider took the
// amount that was asked for, and that the customer can be sent somewhere. The
// payment exists either way, so it is returned beside the error.
//
// echo is the currency as the provider wrote it, "" when it did not: an unknown
// currency leaves payment.Amount zero and is a mismatch all the same.
func (c *Client) Created(call *Call, a *Answer, payment *guichet.Payment, want guichet.Money, echo string, hosted bool) (*guichet.Payment, error) {
	if c == nil {
		return payment, Unmade(call.Op)
	}
	about := *a
	if len(payment.Raw) > 0 { // the answer itself is gone
		about.Body = payment.Raw
	}
	if (payment.Amount != guichet.Money{} && payment.Amount != want) || (echo != "" && echo != string(want.Currency)) {
		return payment, c.Fail(call, &about, guichet.ErrMismatch, "the provider took another amount or currency than was asked for")
	}
	if hosted && payment.CheckoutURL == "" {
		return payment, c.Fail(call, &about, guichet.ErrBadResponse, "the answer has no usable checkout URL")
	}
	return payment, nil
}

// CheckoutURL returns raw if a customer may be sent there, else "": absolute
// https, or http when the base URL itself is loopback. Hosts are not compared,
// because providers use several. A nil client has no base URL.
func (c *Client) CheckoutURL(raw string) string {
	if len(raw) > 4096 || strings.ContainsFunc(raw, func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) }) {
		return ""
	}
	u, err := url.Parse(raw)
	if err != nil || u.Hostname() == "" || u.User != nil || u.Opaque != "" {
		return ""
	}
	if u.Scheme == "https" || (u.Scheme == "http" && c != nil && loopbackURL(c.BaseURL)) {
		return raw
	}
	return ""
}
