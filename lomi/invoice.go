package lomi

import (
	"cmp"
	"fmt"
	"log/slog"
	"slices"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/redact"
	"github.com/guichetpay/guichet/internal/strictjson"
)

// BlockingInvoice is an invoice that the customer has to pay first: lomi. opens no
// session for one who owes. See [ErrorInvoice].
type BlockingInvoice struct {
	ID              string           `json:"invoice_id"`
	Number          string           `json:"invoice_number"`
	AmountRemaining guichet.Number   `json:"amount_remaining"` // minor units of CurrencyCode
	CurrencyCode    guichet.Currency `json:"currency_code"`
	CheckoutURL     string           `json:"checkout_url" redact:"true"` // where the customer can pay it
}

// Format prints the invoice without the URL, at which it can be paid.
func (i BlockingInvoice) Format(s fmt.State, verb rune) { redact.Format(s, verb, i) }

// LogValue is what slog shows; see Format.
func (i BlockingInvoice) LogValue() slog.Value { return redact.LogValue(i) }

// unpaid is the 2xx that made no session.
type unpaid struct {
	reason  string
	invoice *BlockingInvoice
}

var readInvoice = strictjson.Deciding[BlockingInvoice]()

// readUnpaid returns nil when the layers of an answer are anything else.
func readUnpaid(found []strictjson.Value) *unpaid {
	if !slices.ContainsFunc(found, func(layer strictjson.Value) bool { return layer.Get("payment_required").Kind() == strictjson.True }) {
		return nil
	}
	u := &unpaid{}
	for _, layer := range found {
		u.reason = cmp.Or(u.reason, layer.Get("reason").Text())
		if invoice := new(BlockingInvoice); u.invoice == nil && readInvoice.Read(layer.Get("blocking_invoice"), invoice) == nil {
			u.invoice = invoice
		}
	}
	return u
}

// ErrorInvoice returns the invoice because of which lomi. opened no session; nil when
// err is anything else. It reads [guichet.Error.Raw], so an invoice beyond the first 4
// KiB of an answer is not found.
func ErrorInvoice(err error) *BlockingInvoice {
	doc := rawOf(err)
	if doc == nil {
		return nil
	}
	defer doc.Release()
	if u := readUnpaid(unwrap(doc.Root()).found); u != nil {
		return u.invoice
	}
	return nil
}
