package lomi

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/guichetpay/guichet"
	strictjson "github.com/guichetpay/guichet/internal/oldjson"
	"github.com/guichetpay/guichet/internal/transport"
)

// sessionWords maps the status of a checkout session, in lower case.
var sessionWords = map[string]guichet.Status{
	"open":      guichet.StatusPending,
	"pending":   guichet.StatusPending,
	"completed": guichet.StatusSucceeded,
	"expired":   guichet.StatusExpired,
}

// codeKinds maps error.code, which decides before the HTTP status. The message
// never decides.
var codeKinds = map[string]error{
	"unauthorized":         guichet.ErrUnauthorized,
	"forbidden":            guichet.ErrUnauthorized,
	"api_access_suspended": guichet.ErrUnauthorized,

	"not_found": guichet.ErrNotFound,

	"validation_failed":                    guichet.ErrInvalidRequest,
	"bad_request":                          guichet.ErrInvalidRequest,
	"amount_invalid":                       guichet.ErrInvalidRequest,
	"invalid_cursor":                       guichet.ErrInvalidRequest,
	"idempotency_key_required":             guichet.ErrInvalidRequest,
	"line_items_recurring_not_supported":   guichet.ErrInvalidRequest,
	"line_items_pwyw_not_supported":        guichet.ErrInvalidRequest,
	"line_items_usage_based_not_supported": guichet.ErrInvalidRequest,
	"line_items_mixed_product_types":       guichet.ErrInvalidRequest,

	"conflict":               guichet.ErrConflict,
	"idempotency_key_reused": guichet.ErrConflict,
	inProgress:               guichet.ErrConflict,

	"rate_limit_exceeded": guichet.ErrRateLimited,

	"service_unavailable": guichet.ErrUnavailable,
	"internal_error":      guichet.ErrUnavailable,

	"payment_required": guichet.ErrDeclined,
	unpaidInvoice:      guichet.ErrDeclined,
}

const (
	// inProgress: a call with the same key is still being worked on, so whether
	// it will have acted is not known yet.
	inProgress = "idempotency_in_progress"
	// unpaidInvoice is the reason of a 2xx that made no session.
	unpaidInvoice = "invoice_payment_required"
)

// statusIn reads lomi.'s word for a state by one of the tables; a word that is
// not in it is StatusUnknown.
func statusIn(words map[string]guichet.Status, word string) guichet.Status {
	return words[strings.ToLower(strings.TrimSpace(word))]
}

// errorWire is every error body that lomi. sends: its own form, and that of the
// framework under it.
type errorWire struct {
	Error     json.RawMessage `json:"error"`      // an object; in the framework's form a text
	Message   json.RawMessage `json:"message"`    // the framework's form: a text or a list of texts
	RequestID json.RawMessage `json:"request_id"` // of the call
}

type errorBody struct {
	Code    json.RawMessage `json:"code"`
	Message json.RawMessage `json:"message"`
	Details json.RawMessage `json:"details"` // null, a text, a list of texts or an object
}

// readError takes an error body apart; what is missing stays empty.
func readError(body []byte) (w errorWire, inner errorBody) {
	if strictjson.Unmarshal(body, &w) == nil {
		_ = strictjson.Unmarshal(w.Error, &inner) // a text is not an object: then inner is empty
	}
	return w, inner
}

// refusal reads an answer that is not 2xx.
func refusal(a *transport.Answer) *guichet.Error {
	w, inner := readError(a.Body)
	e := &guichet.Error{
		ProviderCode: text(inner.Code),
		RequestID:    text(w.RequestID),
	}
	for _, said := range []json.RawMessage{inner.Message, w.Message, w.Error} {
		if e.Message = strings.Join(texts(said), "; "); e.Message != "" {
			break
		}
	}
	e.Kind = codeKinds[e.ProviderCode]
	e.OutcomeUnknown = e.ProviderCode == inProgress
	if a.Status == http.StatusTooManyRequests && a.Header.Get("Retry-After") == "" {
		e.RetryAfter = retryAfter(inner.Details)
	}
	return e
}

// retryAfter reads the pause from the details of a 429 without the header.
func retryAfter(details json.RawMessage) time.Duration {
	var d struct {
		Seconds guichet.Number `json:"retry_after_seconds"`
	}
	_ = strictjson.Unmarshal(details, &d)
	n, _ := d.Seconds.Int64()
	return time.Duration(min(max(n, 0), 3600)) * time.Second
}

// ErrorDetails returns what lomi. adds to the message of a refusal, such as
// "amount must not be less than 1" for each faulty field; nil when it adds
// nothing readable, or when err is not a refusal of lomi.'s. It reads
// Error.Raw, so nothing beyond the first 4 KiB of an answer is found. It is for
// people: never decide on it.
func ErrorDetails(err error) []string {
	e := new(guichet.Error)
	if !errors.As(err, &e) {
		return nil
	}
	_, inner := readError(e.Raw())
	if list := texts(inner.Details); list != nil {
		return list
	}
	if strictjson.Object(inner.Details) == nil {
		return []string{string(inner.Details)}
	}
	return nil
}

// text returns a JSON string's value, "" for anything else.
func text(raw json.RawMessage) string {
	var s string
	if strictjson.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

// texts returns a JSON string, or the strings of a JSON array; nil for anything
// else, and when there is none.
func texts(raw json.RawMessage) []string {
	if s := text(raw); s != "" {
		return []string{s}
	}
	var items []json.RawMessage
	if strictjson.Unmarshal(raw, &items) != nil {
		return nil
	}
	var list []string
	for _, item := range items {
		if s := text(item); s != "" {
			list = append(list, s)
		}
	}
	return list
}

// metadataText returns the text under name in an object's metadata. Metadata may
// be null, and nobody promises that it is an object.
func metadataText(metadata json.RawMessage, name string) string {
	var members map[string]json.RawMessage
	if strictjson.Unmarshal(metadata, &members) != nil {
		return ""
	}
	return text(members[name])
}

// replayed reports whether lomi. answered from its store, because the same key
// and body had been sent before.
func replayed(a *transport.Answer) bool {
	return a != nil && strings.EqualFold(strings.TrimSpace(a.Header.Get("Idempotency-Cache-Hit")), "true")
}
