package caurisflux

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
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

// Headers of a webhook. Both families are read, the first one first; the time is
// in Unix seconds.
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

// eventStatuses maps the events. Any other event is delivered and means nothing
// for the payment's status.
var eventStatuses = map[string]guichet.Status{
	"payment.success":   guichet.StatusSucceeded,
	"payment.completed": guichet.StatusSucceeded,
	"payment.failed":    guichet.StatusFailed,
	"payment.cancelled": guichet.StatusCanceled,
	"payment.expired":   guichet.StatusExpired,
}

type webhookWire struct {
	Event string          `json:"event"`
	Data  json.RawMessage `json:"data"`
}

type webhookDataWire struct {
	TransactionID         string           `json:"transactionId"`
	ProviderTransactionID string           `json:"providerTransactionId"`
	ExternalReference     string           `json:"externalReference"`
	Provider              string           `json:"provider"`
	Amount                guichet.Number   `json:"amount"`
	Currency              guichet.Currency `json:"currency"`
	FailureReason         string           `json:"failureReason"`
	FailureMessage        string           `json:"failureMessage"`
	ErrorCode             string           `json:"errorCode"`
	ErrorMessage          string           `json:"errorMessage"`
	Reason                string           `json:"reason"`
}

// DecodeWebhook reads the body of a webhook. It does not verify it: pass it
// Event.Raw of an event that ParseWebhook returned. ErrBadResponse if it names no
// event, has no data or is larger than guichet.MaxWebhookBody.
func DecodeWebhook(body []byte) (*Webhook, error) { return decodeWebhook("DecodeWebhook", body) }

func decodeWebhook(op string, body []byte) (*Webhook, error) {
	if len(body) > guichet.MaxWebhookBody {
		return nil, webhookError(op, guichet.ErrBadResponse, "the body is too large")
	}
	var w webhookWire
	var data webhookDataWire
	err := strictjson.Unmarshal(body, &w)
	switch {
	case err != nil:
	case w.Event == "" || len(bytes.Trim(present(w.Data), "{} \t\r\n")) == 0:
		err = errors.New("the body lacks its event or its data")
	default:
		err = strictjson.Unmarshal(w.Data, &data)
	}
	if err != nil {
		return nil, webhookError(op, guichet.ErrBadResponse, err.Error())
	}
	return &Webhook{
		Event: w.Event, Status: eventStatuses[w.Event],
		TransactionID: data.TransactionID, ProviderTransactionID: data.ProviderTransactionID,
		ExternalReference: data.ExternalReference, Provider: data.Provider,
		Amount: data.Amount, Currency: data.Currency,
		Reason:       cmp.Or(data.FailureReason, data.ErrorCode),
		Message:      cmp.Or(data.FailureMessage, data.ErrorMessage),
		RefundReason: data.Reason,
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

// verify says what is wrong with the signature or the time; "" if nothing is.
func (c *Client) verify(header http.Header, body []byte) string {
	if c == nil {
		return "the client was not made by New"
	}
	timestampHeader := TimestampHeader
	sent, err := signature.Header(header, SignatureHeader)
	if errors.Is(err, signature.ErrMissingHeader) {
		timestampHeader = LegacyTimestampHeader
		sent, err = signature.Header(header, LegacySignatureHeader)
	}
	if err != nil {
		return err.Error()
	}
	mac, ok := signature.Hex(strings.TrimPrefix(sent, "sha256="))
	if !ok {
		return "the signature is not hex of an HMAC-SHA256"
	}
	stamp, err := signature.Header(header, timestampHeader)
	if errors.Is(err, signature.ErrRepeatedHeader) {
		return err.Error()
	}
	if c.bodyOnly && signature.Verify(mac, c.secrets, body) {
		return ""
	}
	if err != nil {
		return err.Error()
	}
	at, ok := signature.UnixSeconds(stamp)
	if !ok {
		return "the timestamp is not a positive number of Unix seconds"
	}
	if !signature.Verify(mac, c.secrets, []byte(stamp), []byte("."), body) {
		return "the signature does not match"
	}
	if c.tolerance > 0 && !signature.Fresh(at, time.Now(), c.tolerance) {
		return "the timestamp is too far from now"
	}
	return ""
}

func webhookError(op string, kind error, message string) error {
	return &guichet.Error{Provider: provider, Op: op, Kind: kind, Message: message}
}
