package caurisflux

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/redact"
	"github.com/guichetpay/guichet/internal/strictjson"
	"github.com/guichetpay/guichet/internal/webhook"
)

// Headers of a webhook. Both families are read, the first one first, and a signature
// may come with the time of the other; the time is in Unix seconds.
const (
	SignatureHeader       = "X-Webhook-Signature" // hexadecimal HMAC-SHA256, with or without "sha256=" before it
	TimestampHeader       = "X-Webhook-Timestamp"
	LegacySignatureHeader = "X-Cauris-Signature"
	LegacyTimestampHeader = "X-Cauris-Timestamp"
)

const defaultTolerance = 5 * time.Minute

// Webhook is the body of a webhook. CaurisFlux's pages describe none; the members
// are those that its WooCommerce plug-in reads, and any may be empty. Nothing in
// it releases goods: ask GetStatus.
type Webhook struct {
	Event                 string         // such as "payment.success"
	Status                guichet.Status // what the event means for the payment; StatusUnknown: nothing, or not known
	TransactionID         string         // what GetStatus takes
	ProviderTransactionID string
	ExternalReference     string // the merchant's reference
	Provider              string // operator code
	Amount                guichet.Number
	Currency              guichet.Currency
	Reason                string // failureReason, else errorCode: such as "insufficient_funds"
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

// DecodeWebhook reads the body of a webhook. It does not verify it: pass it
// Event.Raw of an event that ParseWebhook returned. ErrBadResponse if it names no
// event, has no data or is larger than guichet.MaxWebhookBody.
func DecodeWebhook(body []byte) (*Webhook, error) { return decodeWebhook("DecodeWebhook", body) }

func decodeWebhook(op string, body []byte) (*Webhook, error) {
	if len(body) > guichet.MaxWebhookBody {
		return nil, webhookError(op, guichet.ErrBadResponse, "the body is too large")
	}
	var webhook *Webhook
	doc, err := strictjson.Parse(body)
	if err == nil {
		defer doc.Release()
		webhook, err = readWebhook(doc.Root())
	}
	if err != nil {
		return nil, webhookError(op, guichet.ErrBadResponse, strictjson.Sentence("the body", err))
	}
	return webhook, nil
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
// event. Event.ID is a hash of the body, which is what the signature covers: two
// deliveries of one body share it, whatever their headers say. Event.Type is
// CaurisFlux's event, known or not.
func (c *Client) ParseWebhook(_ context.Context, header http.Header, body []byte) (*guichet.Event, error) {
	const op = "ParseWebhook"
	if len(body) > guichet.MaxWebhookBody {
		return nil, webhookError(op, guichet.ErrBadResponse, "the body is too large")
	}
	if fault := c.verify(header, body); fault != "" {
		return nil, webhookError(op, guichet.ErrUntrusted, fault)
	}
	webhook, err := decodeWebhook(op, body)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(body)
	return &guichet.Event{
		ID:        "sha256:" + hex.EncodeToString(sum[:]),
		Type:      webhook.Event,
		Reference: webhook.ExternalReference,
		PaymentID: cmp.Or(webhook.TransactionID, webhook.ProviderTransactionID),
		Verified:  true,
		Raw:       bytes.Clone(body), // the caller's buffer may be used again
	}, nil
}

// families are the headers of a signature and of its time, in the order in which
// they are looked for.
var families = [][2]string{
	{SignatureHeader, TimestampHeader},
	{LegacySignatureHeader, LegacyTimestampHeader},
}

// verify says what is wrong with the signature or the time; "" if nothing is.
func (c *Client) verify(header http.Header, body []byte) string {
	if c == nil {
		return "the client was not made by New"
	}
	sent, family, err := firstHeader(header, families[0][0], families[1][0])
	if err != nil {
		return headerProblem(err, "signature")
	}
	mac, ok := webhook.Hex(strings.TrimPrefix(sent, "sha256="))
	if !ok {
		return "the signature is not hex of an HMAC-SHA256"
	}
	// The time of the signature's own family comes first: a sender that fills both
	// families may have signed at two times.
	own, other := families[family][1], families[1-family][1]
	stamp, _, err := firstHeader(header, own, other)
	if errors.Is(err, webhook.ErrRepeatedHeader) {
		return headerProblem(err, "timestamp")
	}
	if c.bodyOnly && webhook.Verify(mac, c.secrets, body) {
		return ""
	}
	if err != nil {
		return headerProblem(err, "timestamp")
	}
	at, ok := webhook.UnixSeconds(stamp)
	if !ok {
		return "the timestamp is not a positive number of Unix seconds"
	}
	if !webhook.Verify(mac, c.secrets, []byte(stamp), []byte("."), body) {
		return "the signature does not match"
	}
	if c.tolerance > 0 && !webhook.Fresh(at, time.Now(), c.tolerance) {
		return "the timestamp is too far from now"
	}
	return ""
}

// firstHeader returns the value of the first of the headers that is there, and which
// one that is. A repeated one is an error.
func firstHeader(header http.Header, names ...string) (value string, which int, err error) {
	for which, name := range names {
		if value, err = webhook.Header(header, name); !errors.Is(err, webhook.ErrMissingHeader) {
			return value, which, err
		}
	}
	return "", 0, err
}

func headerProblem(err error, what string) string {
	if errors.Is(err, webhook.ErrRepeatedHeader) {
		return "the header of the " + what + " is there twice"
	}
	return "the header of the " + what + " is missing"
}

func webhookError(op string, kind error, message string) error {
	return &guichet.Error{Provider: provider, Op: op, Kind: kind, Message: message}
}
