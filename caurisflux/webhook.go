package caurisflux

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/redact"
	"github.com/guichetpay/guichet/internal/strictjson"
	"github.com/guichetpay/guichet/internal/webhook"
)

// Headers of a webhook. The older pair is read where the signature of the present one is
// missing, and the signature of one pair may come with the time of the other. The time
// is in Unix seconds.
const (
	SignatureHeader       = "X-Webhook-Signature" // hexadecimal HMAC-SHA256, with or without "sha256=" before it
	TimestampHeader       = "X-Webhook-Timestamp"
	LegacySignatureHeader = "X-Cauris-Signature"
	LegacyTimestampHeader = "X-Cauris-Timestamp"
)

// scheme is how CaurisFlux signs, as its WooCommerce plug-in has it.
var scheme = &webhook.Scheme{
	Provider:  provider,
	Signature: []string{SignatureHeader, LegacySignatureHeader},
	Timestamp: []string{TimestampHeader, LegacyTimestampHeader},
	Read:      webhook.OneHex, Form: "hex of an HMAC-SHA256",
	Time: webhook.UnixSeconds, TimeForm: "a number of Unix seconds",
	Signed:    webhook.TimeDotBody,
	Tolerance: 5 * time.Minute,
}

// Webhook is the body of a webhook. CaurisFlux's pages describe none; the members
// are those that its WooCommerce plug-in reads, and any may be empty. Nothing in
// it proves a payment: ask [Client.GetStatus].
type Webhook struct {
	Event                 string         // such as "payment.success"
	Status                guichet.Status // what the event means for the payment; StatusUnknown: nothing, or not known
	TransactionID         string         // what GetStatus takes
	ProviderTransactionID string
	ExternalReference     string // the merchant's reference
	Provider              string // operator code
	Amount                guichet.Number
	Currency              guichet.Currency
	Reason                string // failureReason, else errorCode: such as CodeInsufficientFunds
	Message               string `redact:"true"` // failureMessage, else errorMessage: for people; may name the customer
	RefundReason          string
}

// Format prints the webhook without Message.
func (w Webhook) Format(s fmt.State, verb rune) { redact.Format(s, verb, w) }

// LogValue is what slog shows of the webhook; see Format.
func (w Webhook) LogValue() slog.Value { return redact.LogValue(w) }

// webhookData is what a webhook says about its payment. It is a hint, nothing of it
// decides: a member of an unexpected kind is left empty, and a number is taken as
// text.
type webhookData struct {
	TransactionID         strictjson.Loose `json:"transactionId"`
	ProviderTransactionID strictjson.Loose `json:"providerTransactionId"`
	ExternalReference     strictjson.Loose `json:"externalReference"`
	Provider              strictjson.Loose `json:"provider"`
	Amount                guichet.Number   `json:"amount"`
	Currency              guichet.Currency `json:"currency"`
	FailureReason         strictjson.Loose `json:"failureReason"`
	FailureMessage        strictjson.Loose `json:"failureMessage"`
	ErrorCode             strictjson.Loose `json:"errorCode"`
	ErrorMessage          strictjson.Loose `json:"errorMessage"`
	Reason                strictjson.Loose `json:"reason"`
}

var readWebhookData = strictjson.Deciding[webhookData]()

// DecodeWebhook reads the body of a webhook. It does not verify it: pass it the Raw of
// an event that [Client.ParseWebhook] returned. A body that names no event, has no data or
// is larger than [guichet.MaxWebhookBody] is ErrBadResponse.
func DecodeWebhook(body []byte) (*Webhook, error) { return decodeWebhook("DecodeWebhook", body) }

func decodeWebhook(op string, body []byte) (*Webhook, error) {
	if err := webhook.Size(provider, op, body, guichet.MaxWebhookBody); err != nil {
		return nil, err
	}
	var read *Webhook
	doc, err := strictjson.Parse(body)
	if err == nil {
		defer doc.Release()
		read, err = readWebhook(doc.Root())
	}
	if err != nil {
		return nil, webhook.Unreadable(provider, op, err)
	}
	return read, nil
}

func readWebhook(body strictjson.Value) (*Webhook, error) {
	event, object := body.Get("event"), body.Get("data")
	switch {
	case body.Kind() != strictjson.Object:
		return nil, strictjson.ErrNoObject
	case isOdd(event):
		return nil, errors.New("event is not a text")
	case object.Present() && object.Kind() != strictjson.Object:
		return nil, errors.New("data is not an object")
	case event.Text() == "" || object.Len() == 0:
		return nil, errors.New("the body lacks its event or its data")
	}
	// Two references that differ in a broken byte would be one.
	for _, name := range []string{"transactionId", "providerTransactionId", "externalReference"} {
		if !object.Get(name).ValidText() {
			return nil, errors.New("data." + name + " is not valid UTF-8")
		}
	}
	var data webhookData
	if err := readWebhookData.Read(object, &data); err != nil {
		return nil, err
	}
	return &Webhook{
		Event: event.Text(), Status: eventStatuses[event.Text()],
		TransactionID: string(data.TransactionID), ProviderTransactionID: string(data.ProviderTransactionID),
		ExternalReference: string(data.ExternalReference), Provider: string(data.Provider),
		Amount: data.Amount, Currency: data.Currency,
		Reason:       string(cmp.Or(data.FailureReason, data.ErrorCode)),
		Message:      string(cmp.Or(data.FailureMessage, data.ErrorMessage)),
		RefundReason: string(data.Reason),
	}, nil
}

// ParseWebhook checks the signature and the time of a webhook and returns its
// event. Event.ID is a hash of the body, so that two deliveries of one body share it,
// whatever their headers say. Event.Type is CaurisFlux's event, known or not.
// [DecodeWebhook] reads more of Event.Raw.
//
// A signature or time that is missing, repeated, wrong or further from now than
// Config.WebhookTolerance is ErrUntrusted, and so is every webhook while no
// Config.WebhookSecret is set. A body that is signed and that DecodeWebhook does not
// read is ErrBadResponse.
func (c *Client) ParseWebhook(_ context.Context, header http.Header, body []byte) (*guichet.Event, error) {
	const op = "ParseWebhook"
	if err := c.verifier().Check(scheme, op, header, body); err != nil {
		return nil, err
	}
	read, err := decodeWebhook(op, body)
	if err != nil {
		return nil, err
	}
	return &guichet.Event{
		ID:        webhook.ID(body),
		Type:      read.Event,
		Reference: read.ExternalReference,
		PaymentID: cmp.Or(read.TransactionID, read.ProviderTransactionID),
		Verified:  true,
		Raw:       bytes.Clone(body), // the caller's buffer may be used again
	}, nil
}
