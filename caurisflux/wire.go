package caurisflux

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/strictjson"
	"github.com/guichetpay/guichet/internal/transport"
)

// statusWords maps CaurisFlux's words, trimmed and lower-cased. Two words for
// paid are documented, on different pages; UNVERIFIED.md says where each comes
// from. Any other word, such as "processing", is unknown.
var statusWords = map[string]guichet.Status{
	"pending": guichet.StatusPending,
	"success": guichet.StatusSucceeded, "completed": guichet.StatusSucceeded, "paid": guichet.StatusSucceeded,
	"failed":    guichet.StatusFailed,
	"expired":   guichet.StatusExpired,
	"cancelled": guichet.StatusCanceled, "canceled": guichet.StatusCanceled,
}

func statusOf(word string) guichet.Status {
	return statusWords[strings.ToLower(strings.TrimSpace(word))]
}

// codeKinds maps the documented error codes, lower-cased. They decide before the
// HTTP status does.
var codeKinds = map[string]error{
	"insufficient_funds":    guichet.ErrDeclined,
	"limit_exceeded":        guichet.ErrDeclined,
	"daily_limit_exceeded":  guichet.ErrDeclined,
	"invalid_phone":         guichet.ErrInvalidRequest,
	"invalid_amount":        guichet.ErrInvalidRequest,
	"validation_error":      guichet.ErrInvalidRequest,
	"refund_not_allowed":    guichet.ErrInvalidRequest,
	"invalid_refund_amount": guichet.ErrInvalidRequest,
	"provider_error":        guichet.ErrUnavailable, // the operator may have acted
	"unauthorized":          guichet.ErrUnauthorized,
	"forbidden":             guichet.ErrUnauthorized,
	"rate_limit_exceeded":   guichet.ErrRateLimited,
}

type initiateWire struct {
	Type              string           `json:"type"`
	Provider          string           `json:"provider,omitempty"`
	Amount            guichet.Number   `json:"amount"`
	Currency          guichet.Currency `json:"currency"`
	Country           string           `json:"country,omitempty"`
	CustomerPhone     string           `json:"customerPhone,omitempty"`
	ExternalReference string           `json:"externalReference"`
	CustomerName      string           `json:"customerName,omitempty"`
	CustomerEmail     string           `json:"customerEmail,omitempty"`
	Description       string           `json:"description,omitempty"`
	CallbackURL       string           `json:"callbackUrl,omitempty"`
	ReturnURL         string           `json:"returnUrl,omitempty"`
	CancelURL         string           `json:"cancelUrl,omitempty"`
	Metadata          map[string]any   `json:"metadata,omitempty"`
	Extra             map[string]any   `json:",inline"`
}

type paymentWire struct {
	TransactionID         string            `json:"transactionId"`
	ProviderTransactionID string            `json:"providerTransactionId"`
	ExternalReference     string            `json:"externalReference"`
	Type                  string            `json:"type"`
	Status                string            `json:"status"`
	Amount                guichet.Number    `json:"amount"`
	Currency              guichet.Currency  `json:"currency"`
	RedirectURL           string            `json:"redirectUrl"`
	CheckoutURL           string            `json:"checkoutUrl"`
	PaymentURL            string            `json:"paymentUrl"`
	DeepLinks             json.RawMessage   `json:"deepLinks"`
	CreatedAt             guichet.Timestamp `json:"createdAt"`
	ExpiresAt             guichet.Timestamp `json:"expiresAt"`
}

func (w *paymentWire) payment(raw json.RawMessage) *Payment {
	return &Payment{
		ID:                cmp.Or(w.TransactionID, w.ProviderTransactionID),
		ExternalReference: w.ExternalReference,
		Status:            statusOf(w.Status), ProviderStatus: w.Status,
		Amount: w.Amount, Currency: w.Currency,
		RedirectURL: cmp.Or(w.RedirectURL, w.CheckoutURL, w.PaymentURL),
		DeepLinks:   present(w.DeepLinks),
		CreatedAt:   w.CreatedAt, ExpiresAt: w.ExpiresAt,
		Raw: raw,
	}
}

type metaWire struct {
	Total      guichet.Number `json:"total"`
	Page       guichet.Number `json:"page"`
	Limit      guichet.Number `json:"limit"`
	TotalPages guichet.Number `json:"totalPages"`
}

func (w *metaWire) meta() *Meta {
	if w == nil {
		return nil
	}
	whole := func(n guichet.Number) int64 {
		i, _ := n.Int64()
		return i
	}
	return &Meta{Total: whole(w.Total), Page: whole(w.Page), Limit: whole(w.Limit), TotalPages: whole(w.TotalPages)}
}

// envelope is what may be around a result: {"success":true,"data":…},
// {"data":[…],"meta":…}, or nothing.
type envelope struct {
	Success json.RawMessage `json:"success"`
	Data    json.RawMessage `json:"data"` // nil: there is none, and the object is the result
	Meta    *metaWire       `json:"meta"`
}

// open takes the result out of its envelope. An envelope that says success:false
// holds none, whatever the HTTP status: it is returned as the refusal it is.
func open(status int, body []byte) (json.RawMessage, *metaWire, error) {
	switch err := strictjson.Object(body); {
	case errors.Is(err, strictjson.ErrNotObject) && string(bytes.TrimSpace(body)) != "null":
		return body, nil, nil
	case err != nil:
		return nil, nil, err
	}
	var e envelope
	if err := strictjson.Unmarshal(body, &e); err != nil {
		return nil, nil, err
	}
	if said := present(e.Success); said != nil && string(said) != "true" {
		refused := readRefusal(status, body)
		if refused.Kind == nil {
			refused.Kind = guichet.ErrBadResponse
		}
		return nil, nil, refused
	}
	if e.Data == nil {
		return body, e.Meta, nil
	}
	return e.Data, e.Meta, nil
}

// present returns nil for null.
func present(raw json.RawMessage) json.RawMessage {
	if string(raw) == "null" {
		return nil
	}
	return raw
}

// object does a call that is answered with one object, in an envelope or not.
func (c *Client) object(ctx context.Context, call *transport.Call, read func(object json.RawMessage) error) (*transport.Answer, error) {
	call.Decode = func(a *transport.Answer) error {
		object, _, err := open(a.Status, a.Body)
		if err == nil {
			err = strictjson.Object(object)
		}
		if err != nil {
			return err
		}
		return read(object)
	}
	return c.t.Do(ctx, call)
}

// parseList reads a page of payments: an array in one envelope, in two, or bare.
func parseList(a *transport.Answer) (*PaymentList, error) {
	result, meta, err := open(a.Status, a.Body)
	if err != nil {
		return nil, err
	}
	if bytes.HasPrefix(result, []byte("{")) {
		var inner *metaWire
		if result, inner, err = open(a.Status, result); err != nil {
			return nil, err
		}
		meta = cmp.Or(inner, meta)
	}
	var items []json.RawMessage
	if err := strictjson.Unmarshal(result, &items); err != nil {
		return nil, err
	}
	list := &PaymentList{Payments: make([]*Payment, len(items)), Meta: meta.meta()}
	for i, item := range items {
		if err := strictjson.Object(item); err != nil {
			return nil, err
		}
		var w paymentWire
		if err := strictjson.Unmarshal(item, &w); err != nil {
			return nil, err
		}
		list.Payments[i] = w.payment(item)
	}
	return list, nil
}

// errorWire is an error body. Only the first three members are shown by
// CaurisFlux's pages; where a code sits is not, so all likely places are read.
type errorWire struct {
	StatusCode guichet.Number  `json:"statusCode"`
	Message    json.RawMessage `json:"message"` // a text, or a list of texts
	Error      json.RawMessage `json:"error"`   // the HTTP reason phrase, sometimes a code
	Code       json.RawMessage `json:"code"`
	ErrorCode  json.RawMessage `json:"errorCode"`
}

// refusal reads an answer that is not 2xx.
func refusal(a *transport.Answer) *guichet.Error {
	e := readRefusal(a.Status, a.Body)
	if a.Status == http.StatusTooManyRequests {
		if limit := rateLimit(a.Header); limit != nil {
			e.Err = &RateLimitError{*limit}
		}
	}
	return e
}

func readRefusal(status int, body []byte) *guichet.Error {
	e := &guichet.Error{}
	var w errorWire
	if strictjson.Unmarshal(body, &w) != nil {
		return e
	}
	reason := text(w.Error)
	e.ProviderCode = cmp.Or(text(w.Code), text(w.ErrorCode))
	if e.ProviderCode == "" && reason != http.StatusText(status) && codeKinds[strings.ToLower(reason)] != nil {
		e.ProviderCode = reason
	}
	e.Kind = codeKinds[strings.ToLower(e.ProviderCode)]

	var messages []string
	if strictjson.Unmarshal(w.Message, &messages) == nil {
		e.Message = strings.Join(messages, ", ")
	}
	e.Message = cmp.Or(text(w.Message), e.Message, reason)
	if said, ok := w.StatusCode.Int64(); ok && said != int64(status) {
		e.Message = "statusCode " + string(w.StatusCode) + " in the body: " + e.Message
	}
	return e
}

// text returns a JSON string's value, "" for anything else.
func text(raw json.RawMessage) string {
	var s string
	if strictjson.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

// fault is one field of a request and what is wrong with it.
type fault struct{ field, fault string }

func firstFault(op string, faults []fault) error {
	for _, f := range faults {
		if f.fault != "" {
			return invalid(op, f.field, f.fault)
		}
	}
	return nil
}

// check says what is wrong with a field; an empty one only when it is required.
func check(value string, required bool, fault func(string) string) string {
	if value == "" && !required {
		return ""
	}
	return fault(value)
}

// marshal writes a body that holds values of the caller's own making. Two members
// of one name would let CaurisFlux read another amount than was checked here.
func marshal(op, field string, v any) ([]byte, error) {
	body, err := strictjson.Marshal(v)
	if err == nil {
		err = strictjson.Check(body)
	}
	if err != nil {
		return nil, invalid(op, field, "cannot be written as JSON, or repeats a member that is already there")
	}
	return body, nil
}

// leaves returns every text and number in a value of the caller's own making.
// Which of them are secret cannot be told.
func leaves(v any) []string {
	raw, err := strictjson.Marshal(v)
	if err != nil {
		return nil
	}
	return appendLeaves(nil, raw)
}

func appendLeaves(dst []string, raw json.RawMessage) []string {
	var object map[string]json.RawMessage
	var list []json.RawMessage
	var leaf string
	switch {
	case strictjson.Unmarshal(raw, &object) == nil:
		for _, member := range object {
			dst = appendLeaves(dst, member)
		}
	case strictjson.Unmarshal(raw, &list) == nil:
		for _, item := range list {
			dst = appendLeaves(dst, item)
		}
	case strictjson.Unmarshal(raw, &leaf) == nil:
		dst = append(dst, leaf)
	case string(raw) != "true" && string(raw) != "false":
		dst = append(dst, string(raw))
	}
	return dst
}

// trimZeros writes a whole amount without decimals.
func trimZeros(decimal string) guichet.Number {
	whole, fraction, _ := strings.Cut(decimal, ".")
	if strings.Trim(fraction, "0") == "" {
		return guichet.Number(whole)
	}
	return guichet.Number(decimal)
}

// cloneQuery copies the caller's query. The reserved names have fields of their own.
func cloneQuery(op string, query url.Values, reserved ...string) (url.Values, error) {
	copied := make(url.Values, len(query)+len(reserved))
	for name, values := range query {
		copied[name] = append([]string(nil), values...)
	}
	for _, name := range reserved {
		if copied.Has(name) {
			return nil, invalid(op, "Query", name+" has a field of its own")
		}
	}
	return copied, nil
}
