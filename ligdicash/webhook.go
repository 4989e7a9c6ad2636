package ligdicash

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/guichetpay/guichet"
	strictjson "github.com/guichetpay/guichet/internal/oldjson"
	"github.com/guichetpay/guichet/internal/redact"
	"github.com/guichetpay/guichet/internal/signature"
)

// Webhook is the body of a callback
// (https://developers.ligdicash.com/en/payment-api/callback/introduction).
// LigdiCash does not sign it: everything in it is a claim that anybody can make,
// so nothing in it releases goods. The token that it brings is left out on
// purpose: ask GetStatus or ConfirmPayout with the one stored at the creation.
type Webhook struct {
	OrderID         string         // custom_data.transaction_id, else the member transaction_id
	RequestID       string         // LigdiCash's own reference; payouts have none
	ProviderStatus  string         // verbatim, such as "completed": the sender's claim
	Amount          guichet.Number // whole francs, as written; empty: not said
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

// DecodeWebhook reads the body of a callback, JSON or form. Pass it Event.Raw.
// It fails with ErrBadResponse, also for a body over guichet.MaxWebhookBody.
func DecodeWebhook(body []byte) (*Webhook, error) { return decodeWebhook("DecodeWebhook", body) }

func decodeWebhook(op string, body []byte) (*Webhook, error) {
	if len(body) > guichet.MaxWebhookBody {
		return nil, webhookError(op, "the body is too large")
	}
	w := new(statusWire)
	var err error
	if looksLikeJSON(body) {
		err = decode(body, w)
	} else {
		w, err = decodeForm(body)
	}
	if err == nil {
		err = w.checkAmount()
	}
	if err != nil {
		return nil, webhookError(op, err.Error())
	}
	custom := w.Envelope.customData()
	orderID := custom.Get(transactionID)
	if orderID == "" {
		orderID = string(w.TransactionID)
	}
	return &Webhook{
		OrderID: orderID, RequestID: string(w.RequestID), ProviderStatus: string(w.Status),
		Amount: w.amount(), OperatorID: string(w.OperatorID), OperatorName: string(w.OperatorName),
		Customer: string(w.Customer), ExternalID: string(w.ExternalID), Date: w.Date, CustomData: custom,
		CustomerDetails: CustomerDetails(w.CustomerDetails),
	}, nil
}

// ParseWebhook reads a callback and returns its event, which names an order and
// nothing else. LigdiCash does not sign callbacks: Event.Verified is always
// false, and Event.PaymentID always empty, because a forged token would make the
// merchant ask about somebody else's payment. Look the order up, call GetStatus
// with the token stored with it, and ask Payment.Confirms.
//
// LigdiCash sends every callback twice, as JSON and as a form, in any order and
// perhaps at once. Both share Event.ID, which is made of the reference,
// LigdiCash's request id and the status word. Mark an ID as handled only when
// GetStatus gave a final state: a forged callback could otherwise come first and
// have the real one taken for a repetition.
//
// Any other media type, a body that cannot be read and one that names no order
// are ErrBadResponse.
func (c *Client) ParseWebhook(_ context.Context, header http.Header, body []byte) (*guichet.Event, error) {
	const op = "ParseWebhook"
	if len(body) > guichet.MaxWebhookBody {
		return nil, webhookError(op, "the body is too large")
	}
	contentType, err := signature.Header(header, "Content-Type")
	if err != nil {
		return nil, webhookError(op, "the header Content-Type is missing or repeated")
	}
	media, _, err := mime.ParseMediaType(contentType)
	isJSON := media == "application/json"
	if err != nil || (!isJSON && media != "application/x-www-form-urlencoded") {
		return nil, webhookError(op, "the media type is neither JSON nor a form")
	}
	// So that DecodeWebhook, which sees no header, reads what was read here.
	if isJSON != looksLikeJSON(body) {
		return nil, webhookError(op, "the body is not of its media type")
	}
	webhook, err := decodeWebhook(op, body)
	if err != nil {
		return nil, err
	}
	if webhook.OrderID == "" {
		return nil, webhookError(op, "the callback names no order")
	}
	return &guichet.Event{
		ID:        eventID(webhook.OrderID, webhook.RequestID, webhook.ProviderStatus),
		Reference: webhook.OrderID,
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

func looksLikeJSON(body []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(withoutBOM(body), " \t\r\n"), []byte("{"))
}

var errForm = errors.New("the form cannot be read")

// decodeForm turns a form into the JSON that its twin would be, and reads that.
func decodeForm(body []byte) (*statusWire, error) {
	form, err := url.ParseQuery(string(withoutBOM(body)))
	if err != nil {
		return nil, errForm
	}
	object := make(map[string]any, len(form))
	nested := map[string]map[string]any{}
	for name, values := range form {
		// Which of two values counts would be a guess.
		if len(values) != 1 {
			return nil, errForm
		}
		outer, path, bracketed := strings.Cut(name, "[")
		if !bracketed {
			object[name] = values[0]
			continue
		}
		path, closed := strings.CutSuffix(path, "]")
		if !closed {
			return nil, errForm
		}
		if nested[outer] == nil {
			nested[outer] = map[string]any{}
		}
		inner, key, deep := strings.Cut(path, "][")
		record, isRecord := nested[outer][inner].(map[string]any)
		switch _, taken := nested[outer][inner]; {
		case taken && !(deep && isRecord):
			return nil, errForm
		case !deep:
			nested[outer][inner] = values[0]
		case !taken:
			nested[outer][inner] = map[string]any{key: values[0]}
		default:
			record[key] = values[0]
		}
	}
	for name, members := range nested {
		if _, twice := object[name]; twice {
			return nil, errForm
		}
		object[name] = asList(members)
	}
	data, err := strictjson.Marshal(object)
	if err != nil {
		return nil, errForm
	}
	w := new(statusWire)
	return w, decode(data, w)
}

// asList turns a PHP array with the keys 0, 1, 2 … back into a list.
func asList(members map[string]any) any {
	list := make([]any, len(members))
	for i := range list {
		record, isRecord := members[strconv.Itoa(i)].(map[string]any)
		if !isRecord {
			return members
		}
		list[i] = record
	}
	return list
}

func webhookError(op, message string) error {
	return &guichet.Error{Provider: provider, Op: op, Kind: guichet.ErrBadResponse, Message: message}
}
