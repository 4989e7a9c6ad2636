package guichet

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
)

// MaxWebhookBody is the largest webhook that is read, in bytes. Providers send
// about one kilobyte.
const MaxWebhookBody = 1 << 20

// Event says that something happened to an order, and nothing more: it has no
// status and no amount, because a callback can be forged, replayed and late.
// Look the order up in the merchant's own database, call GetStatus with the
// payment id stored there, and ask Payment.Confirms.
//
// Deliveries of one change share one ID, which spares handling a repetition. It
// does not protect the goods: one payment can have several changes, such as
// "accepted" and "completed", and whoever forges an unsigned event makes up an ID
// for each. Each of them finds the payment succeeded. What ships once, also with
// several machines, is a unique constraint on the order.
type Event struct {
	ID        string `json:"id"`                   // the same for every delivery of one change
	Type      string `json:"type,omitempty"`       // the provider's own word; empty: it has none
	Reference string `json:"reference,omitempty"`  // empty: the event does not name one
	PaymentID string `json:"payment_id,omitempty"` // a hint; ask with the id stored with the order
	Verified  bool   `json:"verified"`             // the signature holds; false: anyone may have sent this
	Raw       []byte `json:"-"`                    // the body as it came; holds the customer's data
}

// UnmarshalJSON reads a stored event; nothing of the one that the value held before
// is left, see PaymentRequest.UnmarshalJSON.
func (e *Event) UnmarshalJSON(data []byte) error {
	type plain Event
	fresh, err := afresh[plain](data)
	*e = Event(fresh)
	return err
}

// Format prints the event without its body.
func (e Event) Format(s fmt.State, _ rune) {
	fmt.Fprintf(s, "Event{Type:%q Reference:%q Verified:%t}", e.Type, e.Reference, e.Verified)
}

// LogValue is what slog shows of the event; see Format.
func (e Event) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("type", e.Type),
		slog.String("reference", e.Reference),
		slog.Bool("verified", e.Verified),
	)
}

// WebhookParser reads one webhook of a provider. All four provider clients
// implement it.
//
// ParseWebhook checks the signature over the raw body before it reads it. It
// returns ErrUntrusted when a signature is missing, wrong, repeated or stale, or
// when no webhook secret is configured, and ErrBadResponse when the body is not
// what the provider's page describes. It makes no request.
type WebhookParser interface {
	ParseWebhook(ctx context.Context, header http.Header, body []byte) (*Event, error)
}

// WebhookHandler serves a provider's webhooks: it reads the body, has p check
// it, and calls handle with the event.
//
// It answers 405 to anything but POST, 413 to a body over MaxWebhookBody, 401 to
// an event that is not trusted, 400 to one that cannot be read, 500 when handle
// returns an error, so that the provider delivers it again, and 200 when the
// event was handled. handle must return nil for an event that it has seen
// before. An event of an unsigned provider reaches handle with Verified false.
func WebhookHandler(p WebhookParser, handle func(context.Context, *Event) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			w.Header().Set("Allow", http.MethodPost)
			answer(w, http.StatusMethodNotAllowed)
			return
		}
		if p == nil || handle == nil {
			answer(w, http.StatusInternalServerError)
			return
		}
		if r.Body == nil { // net/http's server always sets one, adapters need not
			r.Body = http.NoBody
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxWebhookBody))
		if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
			answer(w, http.StatusRequestEntityTooLarge)
			return
		}
		if err != nil {
			answer(w, http.StatusBadRequest)
			return
		}
		event, err := p.ParseWebhook(r.Context(), r.Header, body)
		switch {
		case errors.Is(err, ErrUntrusted):
			answer(w, http.StatusUnauthorized)
		case errors.Is(err, ErrBadResponse), errors.Is(err, ErrInvalidRequest):
			answer(w, http.StatusBadRequest)
		case err != nil || event == nil:
			answer(w, http.StatusInternalServerError)
		case handle(r.Context(), event) != nil:
			answer(w, http.StatusInternalServerError)
		default:
			answer(w, http.StatusOK)
		}
	})
}

// answer says no more than the status: the sender may be anyone.
func answer(w http.ResponseWriter, status int) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	io.WriteString(w, http.StatusText(status)+"\n")
}
