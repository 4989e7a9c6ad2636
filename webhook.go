package guichet

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"
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

// bodyTime is how long a webhook's body may take.
const bodyTime = 10 * time.Second

// HandlerOption changes WebhookHandler.
type HandlerOption func(*handlerSettings)

type handlerSettings struct {
	refused func(context.Context, error)
	probes  bool
}

// OnRefusal has f called with the reason of every answer other than 200: why the webhook
// was refused, what handle returned, or that it panicked. Without it the reasons are lost,
// because the sender, who may be anyone, is told the status only.
func OnRefusal(f func(ctx context.Context, err error)) HandlerOption {
	return func(s *handlerSettings) { s.refused = f }
}

// AnswerProbes answers GET and HEAD with 200, for dashboards that try an address before
// they accept it. handle is not called.
func AnswerProbes() HandlerOption {
	return func(s *handlerSettings) { s.probes = true }
}

// WebhookHandler serves a provider's webhooks: it reads the body, has p check
// it, and calls handle with the event.
//
// It answers 405 to anything but POST (see AnswerProbes), 413 to a body over
// MaxWebhookBody, 401 to an event that is not trusted, 400 to one that cannot be read or
// whose body takes longer than 10 seconds, 500 when handle returns an error, so that the
// provider delivers it again, and 200 when the event was handled. handle must return nil
// for an event that it has seen before. An event of an unsigned provider reaches handle
// with Verified false. When handle panics, OnRefusal is told, and the panic goes on to
// the server.
func WebhookHandler(p WebhookParser, handle func(context.Context, *Event) error, opts ...HandlerOption) http.Handler {
	var s handlerSettings
	for _, option := range opts {
		if option != nil {
			option(&s)
		}
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		refuse := func(status int, err error) {
			if s.refused != nil {
				s.refused(r.Context(), err)
			}
			answer(w, status)
		}
		if r.Body == nil { // net/http's server always sets one, adapters need not
			r.Body = http.NoBody
		}
		end, lift, stop := limitBody(w, r)
		defer stop()
		if s.probes && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
			answer(w, http.StatusOK)
			return
		}
		if r.Method != http.MethodPost {
			w.Header().Set("Allow", http.MethodPost)
			refuse(http.StatusMethodNotAllowed, webhookError(ErrInvalidRequest, nil, "the method is not POST"))
			return
		}
		if p == nil || handle == nil {
			refuse(http.StatusInternalServerError, webhookError(ErrInvalidRequest, nil, "WebhookHandler has no parser or no function to handle events"))
			return
		}
		body, err := readWebhook(w, r, end)
		if err == nil {
			lift()
		}
		if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
			refuse(http.StatusRequestEntityTooLarge, webhookError(ErrInvalidRequest, nil, "the body is over 1 MiB"))
			return
		}
		if err != nil {
			refuse(http.StatusBadRequest, webhookError(ErrInvalidRequest, err, ""))
			return
		}
		event, err := p.ParseWebhook(r.Context(), r.Header, body)
		if err == nil && event == nil {
			err = webhookError(ErrBadResponse, nil, "the parser returned neither an event nor an error")
			refuse(http.StatusInternalServerError, err)
			return
		}
		switch {
		case errors.Is(err, ErrUntrusted):
			refuse(http.StatusUnauthorized, err)
			return
		case errors.Is(err, ErrBadResponse), errors.Is(err, ErrInvalidRequest):
			refuse(http.StatusBadRequest, err)
			return
		case err != nil:
			refuse(http.StatusInternalServerError, err)
			return
		}
		defer func() {
			if cause := recover(); cause != nil {
				if s.refused != nil {
					s.refused(r.Context(), fmt.Errorf("handle panicked: %v", cause))
				}
				panic(cause)
			}
		}()
		if err := handle(r.Context(), event); err != nil {
			refuse(http.StatusInternalServerError, err)
			return
		}
		answer(w, http.StatusOK)
	})
}

// errSlowBody is what a body that is fed drop by drop ends with.
var errSlowBody = errors.New("the body took longer than 10 seconds")

// limitBody gives the body its time, because a server may have no deadline for it: whoever
// sends a byte a second would keep a goroutine and a connection for ever. It returns when
// the time is up; what lifts the limit once the body has been read, because left in place
// it would end the request's context while the event is handled; and what ends it. Where the body is
// not read to its end the limit stays, because net/http reads on before it answers.
func limitBody(w http.ResponseWriter, r *http.Request) (end time.Time, lift, stop func()) {
	limit := bodyTime
	if server, ok := r.Context().Value(http.ServerContextKey).(*http.Server); ok && server.ReadTimeout > 0 {
		limit = min(limit, server.ReadTimeout)
	}
	end = time.Now().Add(limit)
	control := http.NewResponseController(w)
	if control.SetReadDeadline(end) == nil {
		return end, func() { control.SetReadDeadline(time.Time{}) }, func() {}
	}
	timer := time.AfterFunc(limit, func() { r.Body.Close() }) // ends a read that waits, where the adapter allows it
	return end, func() { timer.Stop() }, func() { timer.Stop() }
}

// readWebhook reads the body until end.
func readWebhook(w http.ResponseWriter, r *http.Request, end time.Time) ([]byte, error) {
	body, err := io.ReadAll(untilReader{http.MaxBytesReader(w, r.Body, MaxWebhookBody), end})
	if err != nil && !time.Now().Before(end) {
		w.Header().Set("Connection", "close")
		return nil, errSlowBody
	}
	return body, err
}

// untilReader reads until a time.
type untilReader struct {
	r   io.Reader
	end time.Time
}

func (u untilReader) Read(p []byte) (int, error) {
	if !time.Now().Before(u.end) {
		return 0, errSlowBody
	}
	return u.r.Read(p)
}

func webhookError(kind, cause error, message string) error {
	return &Error{Op: "WebhookHandler", Kind: kind, Err: cause, Message: message}
}

// answer says no more than the status: the sender may be anyone.
func answer(w http.ResponseWriter, status int) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	io.WriteString(w, http.StatusText(status)+"\n")
}
