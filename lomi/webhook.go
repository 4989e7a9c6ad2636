package lomi

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/guichetpay/guichet"
	strictjson "github.com/guichetpay/guichet/internal/oldjson"
	"github.com/guichetpay/guichet/internal/redact"
	"github.com/guichetpay/guichet/internal/signature"
)

// Headers of a webhook (https://docs.lomi.africa, "Handling webhooks").
const (
	SignatureHeader   = "X-Lomi-Signature"    // HMAC-SHA256 over the body, in hex
	SignatureV1Header = "X-Lomi-Signature-V1" // t=<Unix seconds>,v1=<HMAC-SHA256 over t.body, in hex>
	EventHeader       = "X-Lomi-Event"        // the type; not signed
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
	CurrencyCode      string
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

// DecodeWebhook reads the body of a webhook. It does not verify it: pass it
// Event.Raw of an event that ParseWebhook returned.
//
// The types of event are an open set and their data differ. A member of another
// kind than expected is left empty here; Data has it.
func DecodeWebhook(body []byte) (*Webhook, error) {
	var envelope members
	if len(body) > guichet.MaxWebhookBody {
		return nil, webhookError(guichet.ErrBadResponse, "the body is too large")
	}
	err := strictjson.Object(body)
	if err == nil {
		err = strictjson.Unmarshal(body, &envelope)
	}
	if err != nil {
		return nil, webhookError(guichet.ErrBadResponse, err.Error())
	}
	data := envelope.object("data")
	facts := data
	if object := data.object("object"); envelope.text("event") == "" && object != nil {
		facts = object // of a test delivery
	}
	kind := cmp.Or(envelope.text("event"), envelope.text("type"))
	status := guichet.StatusUnknown
	if strings.HasPrefix(kind, "PAYMENT_") || kind == TestEvent { // the "completed" of a refund is no payment
		status = statusIn(transactionWords, facts.text("status"))
	}
	return &Webhook{
		ID:   envelope.text("id"),
		Type: kind,

		Timestamp:   envelope.time("timestamp", "created"),
		Environment: facts.text("environment"),

		OrderID:           facts.object("metadata").text(referenceKey),
		TransactionID:     facts.text("transaction_id"),
		CheckoutSessionID: facts.text("checkout_session_id"),
		PaymentLinkID:     facts.text("payment_link_id"),
		CustomerID:        facts.text("customer_id"),

		Amount:            facts.number("gross_amount", "amount"),
		FeeAmount:         facts.number("fee_amount"),
		NetAmount:         facts.number("net_amount"),
		CurrencyCode:      cmp.Or(facts.text("currency_code"), facts.text("currency")),
		Status:            status,
		ProviderStatus:    facts.text("status"),
		TransactionType:   facts.text("transaction_type"),
		ProviderCode:      facts.text("provider_code"),
		PaymentMethodCode: facts.text("payment_method_code"),

		Data: envelope["data"],
	}, nil
}

// members is a JSON object whose members are read one by one, so that one of an
// unexpected kind does not lose the others. A nil one has no members.
type members map[string]json.RawMessage

func (m members) text(name string) string { return text(m[name]) }

func (m members) object(name string) members {
	var inner members
	_ = strictjson.Unmarshal(m[name], &inner)
	return inner
}

// number returns the first that is one.
func (m members) number(names ...string) guichet.Number {
	for _, name := range names {
		var n guichet.Number
		if strictjson.Unmarshal(m[name], &n) == nil && n != "" {
			return n
		}
	}
	return ""
}

// time reads a text, or a number of Unix seconds.
func (m members) time(names ...string) guichet.Timestamp {
	for _, name := range names {
		var t guichet.Timestamp
		if strictjson.Unmarshal(m[name], &t) != nil || t.IsZero() {
			continue
		}
		if at, ok := signature.UnixSeconds(t.Text); ok {
			t.Time = at.UTC()
		}
		return t
	}
	return guichet.Timestamp{}
}

// ParseWebhook checks the signature of a webhook and returns its event. With a
// V1 signature it is that one which must verify, else the base signature, which
// covers no time: a recorded delivery stays valid, so handle each Event.ID once,
// and deliver each order once: one payment can have several events.
//
// Event.PaymentID is the checkout session, or the link in ViaPaymentLink mode,
// where the event names it. The type comes from the signed body; the header only
// stands in when the body has none. Event.Raw is a copy of body.
func (c *Client) ParseWebhook(_ context.Context, header http.Header, body []byte) (*guichet.Event, error) {
	if len(body) > guichet.MaxWebhookBody {
		return nil, webhookError(guichet.ErrBadResponse, "the body is too large")
	}
	if fault := c.verify(header, body); fault != "" {
		return nil, webhookError(guichet.ErrUntrusted, fault)
	}
	webhook, err := DecodeWebhook(body)
	if err != nil {
		return nil, err
	}
	id := webhook.ID
	if id == "" {
		sum := sha256.Sum256(body)
		id = "sha256:" + hex.EncodeToString(sum[:])
	}
	payment := webhook.CheckoutSessionID
	if c.via == ViaPaymentLink {
		payment = webhook.PaymentLinkID
	}
	return &guichet.Event{
		ID: id, Type: cmp.Or(webhook.Type, header.Get(EventHeader)), Reference: webhook.OrderID, PaymentID: payment,
		Verified: true, Raw: bytes.Clone(body),
	}, nil
}

// verify says what is wrong with the signature; "" if nothing is.
func (c *Client) verify(header http.Header, body []byte) string {
	if c == nil {
		return "the client was not made by New"
	}
	if sent(header, SignatureV1Header) {
		return c.verifyV1(header, body)
	}
	value, err := signature.Header(header, SignatureHeader)
	if err != nil {
		return err.Error()
	}
	mac, ok := signature.Hex(strings.TrimPrefix(value, "sha256="))
	if !ok {
		return "the signature is not the hex of an HMAC-SHA256"
	}
	if !signature.Verify(mac, c.secrets, body) {
		return "the signature does not match"
	}
	return ""
}

// verifyV1 never falls back to the base signature: whoever can spoil the one
// header could replay without the other.
func (c *Client) verifyV1(header http.Header, body []byte) string {
	value, err := signature.Header(header, SignatureV1Header)
	if err != nil {
		return err.Error()
	}
	stamp, digest, both := strings.Cut(value, ",")
	stamp, isTime := strings.CutPrefix(stamp, "t=")
	digest, isMAC := strings.CutPrefix(digest, "v1=")
	mac, ok := signature.Hex(digest)
	if !both || !isTime || !isMAC || !ok {
		return "the V1 signature is not t=<seconds>,v1=<hex of an HMAC-SHA256>"
	}
	at, ok := signature.UnixSeconds(stamp)
	if !ok {
		return "the time of the V1 signature is not in Unix seconds"
	}
	if !signature.Verify(mac, c.secrets, []byte(stamp), []byte("."), body) {
		return "the V1 signature does not match"
	}
	if c.tolerance > 0 && !signature.Fresh(at, time.Now(), c.tolerance) {
		return "the time of the V1 signature is too far from now"
	}
	return ""
}

// sent reports whether the header is there, in whatever case and even if empty.
func sent(h http.Header, name string) bool {
	for key, values := range h {
		if len(values) > 0 && strings.EqualFold(key, name) {
			return true
		}
	}
	return false
}

func webhookError(kind error, message string) error {
	return &guichet.Error{Provider: provider, Op: "ParseWebhook", Kind: kind, Message: message}
}
