package lygos

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/redact"
	"github.com/guichetpay/guichet/internal/webhook"
)

// Headers of a webhook (https://docs.lygosapp.com/modules/webhooks).
const (
	SignatureHeader = "X-Signature" // HMAC-SHA256 over the body and then the timestamp
	TimestampHeader = "X-Timestamp" // Unix milliseconds
)

// scheme is how Lygos signs. Nothing stands between the body and the time, so that
// digits could move from the one to the other: exactly 13 digits in the time, and one
// JSON object in the body, leave one way to split them.
var scheme = &webhook.Scheme{
	Provider:  provider,
	Signature: []string{SignatureHeader},
	Timestamp: []string{TimestampHeader},
	Read:      webhook.HexOrBase64, Form: "hex or base64 of an HMAC-SHA256",
	Time: webhook.UnixMillis, TimeForm: "13 digits of Unix milliseconds",
	Signed:    webhook.BodyThenTime,
	Tolerance: 5 * time.Minute,
}

// Webhook is the body of a webhook. Lygos describes none, so either spelling of a
// name is read, and a field that is absent or of another type is empty, all but the
// order id; see UNVERIFIED.md. Nothing in it proves a payment: ask [Client.GetStatus].
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

// DecodeWebhook reads the body of a webhook. It does not verify it: pass it the Raw of
// an event that [Client.ParseWebhook] returned. Anything but one JSON object, an order id
// that is neither a text nor a number, and a body larger than [guichet.MaxWebhookBody] are
// ErrBadResponse.
func DecodeWebhook(body []byte) (*Webhook, error) { return decodeWebhook("DecodeWebhook", body) }

func decodeWebhook(op string, body []byte) (*Webhook, error) {
	if err := webhook.Size(provider, op, body, guichet.MaxWebhookBody); err != nil {
		return nil, err
	}
	read, err := readBody(body)
	if err != nil {
		return nil, webhook.Unreadable(provider, op, err)
	}
	return read, nil
}

// ParseWebhook checks the signature and the time of a webhook
// (https://docs.lygosapp.com/modules/webhooks) and returns its event. Event.ID is
// operation and status, so that deliveries of one change share it; Event.Type is
// Lygos's status word. [DecodeWebhook] reads more of Event.Raw.
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
	id := read.OperationID + ":" + read.ProviderStatus
	if read.OperationID == "" {
		id = webhook.ID(body)
	}
	return &guichet.Event{
		ID: id, Type: read.ProviderStatus, Reference: read.OrderID, PaymentID: read.OrderID,
		Verified: true, Raw: bytes.Clone(body), // the caller's buffer may be used again
	}, nil
}
