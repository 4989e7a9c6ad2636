package lygos

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/redact"
	"github.com/guichetpay/guichet/internal/strictjson"
	"github.com/guichetpay/guichet/internal/webhook"
)

// Headers of a webhook (https://docs.lygosapp.com/modules/webhooks).
const (
	SignatureHeader = "X-Signature" // HMAC-SHA256 over the body and then the timestamp
	TimestampHeader = "X-Timestamp" // Unix milliseconds
)

const defaultTolerance = 5 * time.Minute

// Webhook is the body of a webhook. Lygos describes none, so either spelling of a
// name is read, and a field that is absent or of another type is empty, all but the
// order id; see UNVERIFIED.md. Nothing in it releases goods: ask GetStatus.
type Webhook struct {
	OperationID    string         // operationId, else transaction_id
	OrderID        string         // orderId, else order_id; a number is read as a text
	GatewayID      string         // gateway_id
	Amount         guichet.Number // whole units, as written
	Currency       guichet.Currency
	Status         guichet.Status // StatusUnknown for a word that is not known
	ProviderStatus string         // verbatim, such as "DEPOSIT_COMPLETED"
	Buyer          Buyer
}

// Format prints the webhook without personal data.
func (w Webhook) Format(s fmt.State, verb rune) { redact.Format(s, verb, w) }

// LogValue is what slog shows of the webhook: no personal data.
func (w Webhook) LogValue() slog.Value { return redact.LogValue(w) }

// Buyer is the customer as a webhook names it.
type Buyer struct {
	Name     string `json:"name" redact:"true"`
	Email    string `json:"email" redact:"true"`
	Phone    string `json:"phoneNumber" redact:"true"`
	Country  string `json:"country"`
	Operator string `json:"operator"`
}

// Format prints the buyer without personal data.
func (b Buyer) Format(s fmt.State, verb rune) { redact.Format(s, verb, b) }

// LogValue is what slog shows of the buyer: no personal data.
func (b Buyer) LogValue() slog.Value { return redact.LogValue(b) }

// DecodeWebhook reads the body of a webhook. It does not verify it: pass it
// Event.Raw of an event that ParseWebhook returned. Anything but one JSON object, or
// an order id that is neither a text nor a number, is ErrBadResponse.
func DecodeWebhook(body []byte) (*Webhook, error) {
	webhook, err := decodeWebhook(body)
	if err != nil {
		return nil, webhookError("DecodeWebhook", guichet.ErrBadResponse, strictjson.Sentence("the body", err))
	}
	return webhook, nil
}

// ParseWebhook checks the signature and the time of a webhook
// (https://docs.lygosapp.com/modules/webhooks) and returns its event. Event.ID is
// operation and status, so that deliveries of one change share it; Event.Type is
// Lygos's status word. DecodeWebhook reads more of Event.Raw.
//
// A signature or time that is missing, repeated, wrong or more than
// Config.WebhookTolerance off is ErrUntrusted, as is everything while there is no
// Config.WebhookSecret. A body that is signed and that DecodeWebhook does not read, or
// one larger than guichet.MaxWebhookBody, is ErrBadResponse.
func (c *Client) ParseWebhook(_ context.Context, header http.Header, body []byte) (*guichet.Event, error) {
	const op = "ParseWebhook"
	if len(body) > guichet.MaxWebhookBody {
		return nil, webhookError(op, guichet.ErrBadResponse, "the body is too large")
	}
	if problem := c.verify(header, body); problem != "" {
		return nil, webhookError(op, guichet.ErrUntrusted, problem)
	}
	webhook, err := decodeWebhook(body)
	if err != nil {
		return nil, webhookError(op, guichet.ErrBadResponse, strictjson.Sentence("the body", err))
	}
	id := webhook.OperationID + ":" + webhook.ProviderStatus
	if webhook.OperationID == "" {
		sum := sha256.Sum256(body)
		id = "sha256:" + hex.EncodeToString(sum[:])
	}
	return &guichet.Event{
		ID: id, Type: webhook.ProviderStatus, Reference: webhook.OrderID, PaymentID: webhook.OrderID,
		Verified: true, Raw: bytes.Clone(body),
	}, nil
}

// verify says what is wrong with the signature or the time; "" if nothing is.
func (c *Client) verify(header http.Header, body []byte) string {
	if c == nil {
		return "the client was not made by New"
	}
	sent, err := webhook.Header(header, SignatureHeader)
	if err != nil {
		return err.Error()
	}
	stamp, err := webhook.Header(header, TimestampHeader)
	if err != nil {
		return err.Error()
	}
	mac, ok := webhook.Hex(sent)
	if !ok {
		if mac, ok = webhook.Base64(sent); !ok {
			return "the signature is neither hex nor base64 of an HMAC-SHA256"
		}
	}
	// Body and timestamp are signed without anything between them, so digits
	// could move from one to the other: exactly 13 digits here and one JSON
	// object there leave one way to split.
	at, ok := webhook.UnixMillis(stamp)
	if !ok {
		return "the timestamp is not 13 digits of Unix milliseconds"
	}
	if !webhook.Verify(mac, c.secrets, body, []byte(stamp)) {
		return "the signature does not match"
	}
	if c.tolerance > 0 && !webhook.Fresh(at, time.Now(), c.tolerance) {
		return "the timestamp is too far from now"
	}
	return ""
}

func webhookError(op string, kind error, message string) error {
	return &guichet.Error{Provider: provider, Op: op, Kind: kind, Message: message}
}
