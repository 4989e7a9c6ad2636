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
	"slices"
	"strings"
	"time"

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

// DecodeWebhook reads the body of a webhook. It does not verify it: pass it
// Event.Raw of an event that ParseWebhook returned.
//
// The types of event are an open set and their data differ. A member of another
// kind than expected is left empty here; Data has it.
func DecodeWebhook(body []byte) (*Webhook, error) {
	if len(body) > guichet.MaxWebhookBody {
		return nil, webhookError(guichet.ErrBadResponse, "the body is too large")
	}
	doc, err := strictjson.Parse(body)
	if err != nil {
		return nil, webhookError(guichet.ErrBadResponse, strictjson.Sentence("the body", err))
	}
	defer doc.Release()
	envelope := doc.Root()
	if envelope.Kind() != strictjson.Object {
		return nil, webhookError(guichet.ErrBadResponse, strictjson.Sentence("the body", strictjson.ErrNoObject))
	}
	data := envelope.Get("data")
	facts := data
	if object := data.Get("object"); envelope.Get("event").Text() == "" && object.Kind() == strictjson.Object {
		facts = object // of a test delivery
	}
	w := &Webhook{
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
	// Half a character in an id makes two ids one.
	for _, id := range []strictjson.Value{envelope.Get("id"), envelope.Get("event"), envelope.Get("type"), facts.Get("checkout_session_id"), facts.Get("payment_link_id")} {
		if id.Kind() == strictjson.Text && id.Text() == "" && string(id.Raw()) != `""` {
			return nil, webhookError(guichet.ErrBadResponse, strictjson.Sentence("the body", strictjson.ErrBadText))
		}
	}
	if w.OrderID, err = orderID(facts.Get("metadata")); err != nil {
		return nil, webhookError(guichet.ErrBadResponse, strictjson.Sentence("the body", err))
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
	value, err := webhook.Header(header, SignatureHeader)
	if err != nil {
		return err.Error()
	}
	mac, ok := webhook.Hex(strings.TrimPrefix(value, "sha256="))
	if !ok {
		return "the signature is not the hex of an HMAC-SHA256"
	}
	if !webhook.Verify(mac, c.secrets, body) {
		return "the signature does not match"
	}
	return ""
}

// verifyV1 never falls back to the base signature: whoever can spoil the one
// header could replay without the other.
func (c *Client) verifyV1(header http.Header, body []byte) string {
	value, err := webhook.Header(header, SignatureV1Header)
	if err != nil {
		return err.Error()
	}
	stamp, macs, ok := splitV1(value)
	if !ok {
		return "the V1 signature is not t=<seconds>,v1=<hex of an HMAC-SHA256>"
	}
	at, ok := webhook.UnixSeconds(stamp)
	if !ok {
		return "the time of the V1 signature is not in Unix seconds"
	}
	// lomi. signs with both secrets while one is being changed.
	if !slices.ContainsFunc(macs, func(mac []byte) bool { return webhook.Verify(mac, c.secrets, []byte(stamp), []byte("."), body) }) {
		return "the V1 signature does not match"
	}
	if c.tolerance > 0 && !webhook.Fresh(at, time.Now(), c.tolerance) {
		return "the time of the V1 signature is too far from now"
	}
	return ""
}

// mostV1 bounds how often the body is hashed for one header.
const mostV1 = 8

// splitV1 reads t=<seconds>,v1=<hex> in any order, with blanks around and signatures
// of other schemes beside it. Two times are refused: a part of the header could be
// signed over one and judged by the other.
func splitV1(value string) (stamp string, macs [][]byte, ok bool) {
	times, signatures := 0, 0
	for part := range strings.SplitSeq(value, ",") {
		name, what, _ := strings.Cut(strings.Trim(part, " \t"), "=")
		switch name {
		case "t":
			times++
			stamp = what
		case "v1":
			signatures++
			if mac, isMAC := webhook.Hex(what); isMAC {
				macs = append(macs, mac)
			}
		}
	}
	return stamp, macs, times == 1 && signatures <= mostV1 && len(macs) > 0
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
