package lomi

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/redact"
	"github.com/guichetpay/guichet/internal/strictjson"
	"github.com/guichetpay/guichet/internal/webhook"
)

// Headers of a webhook (https://docs.lomi.africa, "Handling webhooks").
const (
	SignatureHeader   = "X-Lomi-Signature"    // HMAC-SHA256 over the body, in hex
	SignatureV1Header = "X-Lomi-Signature-V1" // t=<Unix seconds>,v1=<HMAC-SHA256 over t.body, in hex>
	EventHeader       = "X-Lomi-Event"        // the type; not signed
)

// The two schemes of lomi.: a delivery has the signature of the one, or of both.
var (
	baseScheme = &webhook.Scheme{
		Provider:  provider,
		Signature: []string{SignatureHeader},
		Read:      webhook.OneHex, Form: "hex of an HMAC-SHA256",
		Signed: webhook.Body,
	}
	v1Scheme = &webhook.Scheme{
		Provider:  provider,
		Signature: []string{SignatureV1Header},
		Read:      webhook.TimeAndV1, Form: "t=<seconds>,v1=<hex of an HMAC-SHA256>",
		Time: webhook.UnixSeconds, TimeForm: "a number of Unix seconds",
		Signed: webhook.TimeDotBody,
	}
)

// TestEvent is the type of the delivery that the dashboard sends on request.
const TestEvent = "test.webhook"

// Webhook is the body of a webhook. lomi. leaves out much of what its API
// reports, so every field may be empty. Nothing in it releases goods: ask
// GetStatus.
type Webhook struct {
	ID   string // the same for every delivery of one event
	Type string // verbatim, such as "PAYMENT_SUCCEEDED" or TestEvent; empty: only the header names it

	Timestamp   guichet.Timestamp // when the event happened
	Environment string            // data.environment: "test" or "live"

	OrderID           string // data.metadata.order_id
	TransactionID     string
	CheckoutSessionID string
	PaymentLinkID     string
	CustomerID        string

	Amount            guichet.Number // minor units: gross_amount, else amount
	FeeAmount         guichet.Number // minor units
	NetAmount         guichet.Number // minor units
	CurrencyCode      guichet.Currency
	Status            guichet.Status // of the payment; StatusUnknown for other events and for a word that is not known
	ProviderStatus    string         // verbatim, of whatever the event is about
	TransactionType   string
	ProviderCode      string
	PaymentMethodCode string

	Data json.RawMessage `redact:"true"` // the event's object as it came; holds the customer's data
}

// Format prints the webhook without the customer's data.
func (w Webhook) Format(s fmt.State, verb rune) { redact.Format(s, verb, w) }

// LogValue is what slog shows of the webhook: no customer's data.
func (w Webhook) LogValue() slog.Value { return redact.LogValue(w) }

// DecodeWebhook reads the body of a webhook. It does not verify it: pass it the Raw of
// an event that [Client.ParseWebhook] returned. Anything but one JSON object, an id or an
// order id that is not valid UTF-8, and a body larger than [guichet.MaxWebhookBody] are
// ErrBadResponse.
//
// The types of event are an open set and their data differ. A member of another
// kind than expected is left empty here; Data has it.
func DecodeWebhook(body []byte) (*Webhook, error) { return decodeWebhook("DecodeWebhook", body) }

func decodeWebhook(op string, body []byte) (*Webhook, error) {
	if err := webhook.Size(provider, op, body, guichet.MaxWebhookBody); err != nil {
		return nil, err
	}
	doc, err := strictjson.Parse(body)
	if err != nil {
		return nil, webhook.Unreadable(provider, op, err)
	}
	defer doc.Release()
	read, err := readWebhook(doc.Root())
	if err != nil {
		return nil, webhook.Unreadable(provider, op, err)
	}
	return read, nil
}

func readWebhook(envelope strictjson.Value) (w *Webhook, err error) {
	if envelope.Kind() != strictjson.Object {
		return nil, strictjson.ErrNoObject
	}
	data := envelope.Get("data")
	facts := data
	if object := data.Get("object"); envelope.Get("event").Text() == "" && object.Kind() == strictjson.Object {
		facts = object // of a test delivery
	}
	w = &Webhook{
		ID:   envelope.Get("id").Text(),
		Type: cmp.Or(envelope.Get("event").Text(), envelope.Get("type").Text()),

		Timestamp:   firstTime(envelope.Get("timestamp"), envelope.Get("created")),
		Environment: facts.Get("environment").Text(),

		TransactionID:     facts.Get("transaction_id").Text(),
		CheckoutSessionID: facts.Get("checkout_session_id").Text(),
		PaymentLinkID:     facts.Get("payment_link_id").Text(),
		CustomerID:        facts.Get("customer_id").Text(),

		Amount:            firstNumber(facts.Get("gross_amount"), facts.Get("amount")),
		FeeAmount:         firstNumber(facts.Get("fee_amount")),
		NetAmount:         firstNumber(facts.Get("net_amount")),
		CurrencyCode:      currencyOf(cmp.Or(facts.Get("currency_code").Text(), facts.Get("currency").Text())),
		ProviderStatus:    facts.Get("status").Text(),
		TransactionType:   facts.Get("transaction_type").Text(),
		ProviderCode:      facts.Get("provider_code").Text(),
		PaymentMethodCode: facts.Get("payment_method_code").Text(),

		Data: bytes.Clone(data.Raw()),
	}
	// Two ids that differ only in bytes that are not UTF-8 would be one.
	for _, id := range []strictjson.Value{envelope.Get("id"), envelope.Get("event"), envelope.Get("type"), facts.Get("checkout_session_id"), facts.Get("payment_link_id")} {
		if id.Kind() == strictjson.Text && id.Text() == "" && string(id.Raw()) != `""` {
			return nil, strictjson.ErrBadText
		}
	}
	if w.OrderID, err = orderID(facts.Get("metadata")); err != nil {
		return nil, err
	}
	if strings.HasPrefix(w.Type, "PAYMENT_") || w.Type == TestEvent { // the "completed" of a refund is no payment
		w.Status = statusIn(transactionWords, w.ProviderStatus)
	}
	return w, nil
}

// orderID reads the reference from the metadata of an event. One that is no text and
// no number is left empty, as every member of an event is.
func orderID(v strictjson.Value) (string, error) {
	if v.Kind() == strictjson.Text {
		if doc, err := v.Inner(); err == nil {
			defer doc.Release()
			v = doc.Root()
		} else if err == strictjson.ErrTwice {
			return "", errMetadata
		}
	}
	order := v.Get(referenceKey)
	if order.Kind() == strictjson.Text && order.Text() == "" && string(order.Raw()) != `""` {
		return "", strictjson.ErrBadText
	}
	return order.TextOrNumber(), nil
}

func currencyOf(s string) guichet.Currency {
	return guichet.Currency(strings.ToUpper(strings.TrimSpace(s)))
}

// firstNumber returns the first that is one.
func firstNumber(values ...strictjson.Value) guichet.Number {
	for _, v := range values {
		if n, _ := v.Number(); n != "" {
			return n
		}
	}
	return ""
}

// firstTime returns the first that is there: a text, or a number of Unix seconds.
func firstTime(values ...strictjson.Value) guichet.Timestamp {
	for _, v := range values {
		t := v.Timestamp()
		if t.IsZero() {
			continue
		}
		if at, ok := webhook.UnixSeconds(t.Text); ok {
			t.Time = at.UTC()
		}
		return t
	}
	return guichet.Timestamp{}
}

// ParseWebhook checks the signature of a webhook and returns its event. Where there is
// a V1 signature it must match, and the base signature is not looked at. The base
// signature covers no time: whoever recorded a delivery can send it again for ever. So
// handle each Event.ID once, and deliver each order once: one payment can have several
// events.
//
// Event.PaymentID is the checkout session, or the link in ViaPaymentLink mode,
// where the event names it. The type comes from the signed body, and from the header
// only where the body has none. Event.Raw is a copy of body. [DecodeWebhook] reads more
// of it.
//
// A signature that is missing, repeated or wrong, and a V1 signature further from now
// than Config.WebhookTolerance, are ErrUntrusted, and so is every webhook while no
// Config.WebhookSecret is set. A body that is signed and that DecodeWebhook does not read
// is ErrBadResponse.
func (c *Client) ParseWebhook(_ context.Context, header http.Header, body []byte) (*guichet.Event, error) {
	const op = "ParseWebhook"
	scheme := baseScheme
	if webhook.Sent(header, SignatureV1Header) {
		// Never the base signature in its place: whoever spoils the one header could
		// send a recorded delivery again with the other.
		scheme = v1Scheme
	}
	if err := c.verifier().Check(scheme, op, header, body); err != nil {
		return nil, err
	}
	read, err := decodeWebhook(op, body)
	if err != nil {
		return nil, err
	}
	id := read.ID
	if id == "" {
		id = webhook.ID(body)
	}
	payment := read.CheckoutSessionID
	if c.via == ViaPaymentLink {
		payment = read.PaymentLinkID
	}
	return &guichet.Event{
		ID: id, Type: cmp.Or(read.Type, header.Get(EventHeader)), Reference: read.OrderID, PaymentID: payment,
		Verified: true, Raw: bytes.Clone(body), // the caller's buffer may be used again
	}, nil
}

// verifier is nil where New did not make the client: then no webhook is trusted.
func (c *Client) verifier() *webhook.Verifier {
	if c == nil {
		return nil
	}
	return &webhook.Verifier{Secrets: c.secrets, Tolerance: c.tolerance}
}
