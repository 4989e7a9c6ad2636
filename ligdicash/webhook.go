package ligdicash

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/redact"
	"github.com/guichetpay/guichet/internal/strictjson"
	"github.com/guichetpay/guichet/internal/webhook"
)

// Webhook is the body of a callback
// (https://developers.ligdicash.com/en/payment-api/callback/introduction).
// LigdiCash does not sign it: everything in it is a claim that anybody can make,
// so nothing in it releases goods. The token in it is left out on
// purpose: ask [Client.GetStatus] or [Client.PayoutStatus] with the one
// stored at the creation.
type Webhook struct {
	OrderID         string         // custom_data.transaction_id, else the member transaction_id
	RequestID       string         // LigdiCash's own reference; payouts have none
	ProviderStatus  string         // verbatim, such as "completed": the sender's claim
	Amount          guichet.Number // as written, and a claim too; empty: not said, or no number
	OperatorID      string         // see OperatorByID
	OperatorName    string
	Customer        string `redact:"true"` // the payer's number
	CustomerDetails CustomerDetails
	Date            guichet.Timestamp // see PayinStatus.Date
	ExternalID      string            `redact:"true"` // see PayinStatus.ExternalID; of a payout, 32 hexadecimal digits
	CustomData      CustomData
}

// Format prints the callback without personal data.
func (w Webhook) Format(s fmt.State, verb rune) { redact.Format(s, verb, w) }

// LogValue is what slog shows of the callback: no personal data.
func (w Webhook) LogValue() slog.Value { return redact.LogValue(w) }

// maxCallback is the largest body that is read, in bytes: anybody can send one, and
// LigdiCash's have about one kilobyte.
const maxCallback = 64 << 10

// DecodeWebhook reads the body of a callback, JSON or form. Pass it Event.Raw. A
// member that cannot be read is left empty. It fails with ErrBadResponse where the
// body is neither, names a member twice, or is larger than 64 KiB.
func DecodeWebhook(body []byte) (*Webhook, error) {
	doc, err := openCallback("DecodeWebhook", body)
	if err != nil {
		return nil, err
	}
	defer doc.Release()
	v := doc.Root()
	more := detailsIn(v)
	var custom CustomData
	order := claimedOrder(v, &custom)
	return &Webhook{
		OrderID: order, RequestID: string(more.RequestID), ProviderStatus: v.Get("status").TextOrNumber(),
		Amount: claimedAmount(v), OperatorID: string(more.OperatorID), OperatorName: string(more.OperatorName),
		Customer: string(more.Customer), ExternalID: string(more.ExternalID),
		Date: v.Get("date").Timestamp(), CustomData: custom, CustomerDetails: more.payer,
	}, nil
}

// ParseWebhook reads a callback and returns its event, which names an order and
// nothing else. LigdiCash does not sign callbacks: Event.Verified is always
// false, and Event.PaymentID always empty, because a forged token would make the
// merchant ask about somebody else's payment. Look the order up, call
// [Client.GetStatus] with the token stored with it, and ask [guichet.Payment.Confirms].
//
// LigdiCash sends every callback twice, as JSON and as a form, in any order and
// perhaps at once. Both share Event.ID, which is made of the reference,
// LigdiCash's request id and the status word. Mark an ID as handled only when
// GetStatus gave a final state: a forged callback could otherwise come first and
// have the real one taken for a repetition.
//
// The body decides whether it is read as JSON or as a form, whatever the media type says.
// A body over 64 KiB, one that is neither, one that has a member twice and one that names
// no order are ErrBadResponse. Any other member that cannot be read is left out, and the
// event comes all the same.
func (c *Client) ParseWebhook(_ context.Context, _ http.Header, body []byte) (*guichet.Event, error) {
	const op = "ParseWebhook"
	if err := c.ready(op); err != nil {
		return nil, err
	}
	doc, err := openCallback(op, body)
	if err != nil {
		return nil, err
	}
	defer doc.Release()
	v := doc.Root()
	order := claimedOrder(v, nil)
	if order == "" {
		return nil, webhook.Unreadable(provider, op, errNoOrder)
	}
	return &guichet.Event{
		ID:        eventID(order, v.Get("request_id").TextOrNumber(), v.Get("status").TextOrNumber()),
		Reference: order,
		Raw:       bytes.Clone(body), // the caller's buffer may be used again
	}, nil
}

// eventID joins the parts so that none can reach into the next.
func eventID(parts ...string) string {
	for i, part := range parts {
		parts[i] = url.QueryEscape(part)
	}
	return strings.Join(parts, ":")
}

var (
	errPage    = errors.New("the body is an HTML page, neither JSON nor a form")
	errNoOrder = errors.New("the body names no order")
)

// openCallback reads a body, whose first character tells JSON from a form: senders and
// proxies get the media type wrong, and an unsigned event is a doorbell only.
func openCallback(op string, body []byte) (*strictjson.Document, error) {
	if err := webhook.Size(provider, op, body, maxCallback); err != nil {
		return nil, err
	}
	text := bytes.Trim(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")), blanks)
	switch {
	case len(text) == 0:
		return nil, webhook.Unreadable(provider, op, strictjson.ErrEmpty)
	case text[0] == '<':
		return nil, webhook.Unreadable(provider, op, errPage)
	case text[0] == '[':
		return nil, webhook.Unreadable(provider, op, strictjson.ErrNoObject)
	}
	var err error
	if text[0] != '{' {
		text, err = formAsJSON(text)
	}
	var doc *strictjson.Document
	if err == nil {
		doc, err = strictjson.Parse(text)
	}
	if err != nil {
		return nil, webhook.Unreadable(provider, op, err)
	}
	return doc, nil
}

// claimedOrder is the order that a callback names: custom_data first, the root second.
// It keeps the data in keep, unless that is nil.
func claimedOrder(v strictjson.Value, keep *CustomData) string {
	reference, _ := referenceIn(v, keep) // one that cannot be read must not lose the other
	return cmp.Or(reference, v.Get(transactionID).TextOrNumber())
}

// claimedAmount is the first of the two amounts that is a number. They are not
// compared: an event has no amount.
func claimedAmount(v strictjson.Value) guichet.Number {
	for _, name := range []string{"amount", "montant"} {
		if n, ok := v.Get(name).Number(); ok && n != "" {
			return n
		}
	}
	return ""
}
