package guichet

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/guichetpay/guichet/internal/config"
)

// sentinel is an error kind. Two equal texts are still two kinds: compared by
// address.
type sentinel struct {
	text   string
	parent error
}

func (s *sentinel) Error() string { return s.text }
func (s *sentinel) Unwrap() error { return s.parent }

func newKind(text string, parent error) error { return &sentinel{text, parent} }

// The kinds of failure: errors.Is(err, ErrNotFound) and so on. Every failed call
// has one of them, except a call whose context ended before anything was sent,
// which has only the context's error.
var (
	// ErrInvalidRequest: the request is wrong, and sending it again changes
	// nothing. The message names the field.
	ErrInvalidRequest = newKind("invalid request", nil)
	// ErrUnsupported: the provider has no such operation, or no slot for a field
	// that was set. errors.Is(err, errors.ErrUnsupported) holds too. Nothing was sent.
	ErrUnsupported = newKind("unsupported", errors.ErrUnsupported)
	// ErrUnauthorized: the provider does not accept the keys, or not for this.
	ErrUnauthorized = newKind("unauthorized", nil)
	// ErrNotFound: the provider does not know the payment or object.
	ErrNotFound = newKind("not found", nil)
	// ErrConflict: the request clashes with what the provider already has, such
	// as an idempotency key used with another body.
	ErrConflict = newKind("conflict", nil)
	// ErrDeclined: the request is understood and refused: balance, limit, code.
	ErrDeclined = newKind("declined", nil)
	// ErrRateLimited: too many requests; Error.RetryAfter says how long to wait,
	// when the provider did.
	ErrRateLimited = newKind("rate limited", nil)
	// ErrUnavailable: the network or the provider failed. Whether the provider
	// acted is told by Error.OutcomeUnknown.
	ErrUnavailable = newKind("unavailable", nil)
	// ErrBadResponse: the provider answered something that cannot be read as its
	// contract says. On a create it is an unknown outcome as well.
	ErrBadResponse = newKind("bad response", nil)
	// ErrUntrusted: a webhook's signature is missing, wrong or stale, or no
	// secret is configured.
	ErrUntrusted = newKind("untrusted", nil)
	// ErrMismatch: the payment is not the one that was asked for: status, order,
	// currency or amount differ. Never deliver.
	ErrMismatch = newKind("mismatch", nil)
	// ErrUnknownOutcome: the provider may have acted. It accompanies another
	// kind and holds when Error.OutcomeUnknown is set. Look the order up before
	// doing anything else; never create it again under another id.
	ErrUnknownOutcome = newKind("outcome unknown", nil)
	// ErrNotPaid: the payment has not succeeded, or was given back. Do not deliver.
	ErrNotPaid = newKind("not paid", nil)
	// ErrAlreadyPaid: the order is paid. Show the customer so, instead of a page to pay.
	ErrAlreadyPaid = newKind("already paid", nil)
	// ErrInProgress: the payment is being created by another call. Try again in a moment.
	ErrInProgress = newKind("in progress", nil)
)

// What a Ledger refuses.
var (
	// ErrStale: the attempt was changed by somebody else. Read it again, and decide again.
	ErrStale = newKind("stale", nil)
	// ErrOrderHeld: another attempt holds the order.
	ErrOrderHeld = newKind("order held", nil)
	// ErrPaymentTaken: another attempt has this payment id.
	ErrPaymentTaken = newKind("payment id taken", nil)
	// ErrUnreadable: a row of the ledger cannot be read. Error.Reference names it; a
	// person has to look at it.
	ErrUnreadable = newKind("unreadable row", nil)
)

// maxRaw bounds what an Error keeps of the provider's answer.
const maxRaw = 4 << 10

// Error is what every failed call returns. Its printed forms (fmt, slog, JSON)
// hold no secret, and of the provider's text only a cleaned, shortened message.
type Error struct {
	Provider     string // "lygos", "lomi", "ligdicash", "caurisflux"; empty: before any provider
	Op           string // the method that failed, such as "CreatePayment"
	ProviderCode string // the provider's own code, verbatim; empty: none
	Message      string // for people; never decide on it
	RequestID    string // the provider's id of the request, for its support
	HelpURL      string // the provider's own page about this code (LigdiCash's wiki); empty: none

	Reference      string // of the call, to settle an unknown outcome
	IdempotencyKey string // that was sent with the call; repeat a create with this one

	Kind           error         // one of the Err variables; nil: the context ended before anything was sent
	HTTPStatus     int           // 0: no answer
	RetryAfter     time.Duration // 0: the provider did not say
	OutcomeUnknown bool          // the provider may have acted; never set on a read
	Err            error         // cause: a context, network, DNS or certificate error, or that of a ledger's database; nil: none

	raw func() []byte // behind a func, so that no printer can reach it by reflection
}

// Error returns one line that starts with the provider's name.
func (e *Error) Error() string {
	if e == nil {
		return "<nil>"
	}
	var b strings.Builder
	b.WriteString(e.Provider)
	if e.Provider == "" {
		b.WriteString("guichet")
	}
	if e.Op != "" {
		b.WriteString(": " + e.Op)
	}
	if e.Kind != nil {
		b.WriteString(": " + e.Kind.Error())
	}
	if e.Message != "" {
		b.WriteString(": " + e.Message)
	}
	if e.Err != nil && e.Message == "" {
		b.WriteString(": " + e.Err.Error())
	}
	var notes []string
	if e.ProviderCode != "" {
		notes = append(notes, "code "+e.ProviderCode)
	}
	if e.HTTPStatus != 0 {
		notes = append(notes, "HTTP "+strconv.Itoa(e.HTTPStatus))
	}
	if e.RequestID != "" {
		notes = append(notes, "request "+e.RequestID)
	}
	if e.RetryAfter > 0 {
		notes = append(notes, "retry after "+e.RetryAfter.String())
	}
	if e.OutcomeUnknown {
		notes = append(notes, ErrUnknownOutcome.Error())
	}
	if len(notes) > 0 {
		b.WriteString(" (" + strings.Join(notes, ", ") + ")")
	}
	return b.String()
}

// Unwrap returns the kind and the cause.
func (e *Error) Unwrap() []error {
	if e == nil {
		return nil
	}
	chain := make([]error, 0, 2)
	if e.Kind != nil {
		chain = append(chain, e.Kind)
	}
	if e.Err != nil {
		chain = append(chain, e.Err)
	}
	return chain
}

// Is makes errors.Is(err, ErrUnknownOutcome) hold when OutcomeUnknown is set,
// whatever the kind.
func (e *Error) Is(target error) bool {
	return e != nil && target == ErrUnknownOutcome && e.OutcomeUnknown
}

// Raw returns the start of the provider's answer, at most 4 KiB, with the
// client's own secrets removed; nil when there was none. It may hold the
// customer's data: keep it out of logs.
func (e *Error) Raw() []byte {
	if e == nil || e.raw == nil {
		return nil
	}
	raw := e.raw()
	return bytes.Clone(raw[:min(len(raw), maxRaw)])
}

func init() {
	config.SetRaw = func(err error, read func() []byte) { err.(*Error).raw = read }
}

// Format prints Error() for every verb, so that %+v and %#v show no more than %v.
func (e Error) Format(s fmt.State, verb rune) {
	if verb == 'q' {
		fmt.Fprintf(s, "%q", e.Error())
		return
	}
	fmt.Fprint(s, e.Error())
}

// LogValue is what slog shows of the error.
func (e Error) LogValue() slog.Value {
	var attrs []slog.Attr
	for _, f := range e.fields() {
		attrs = append(attrs, slog.Any(f.name, f.value))
	}
	return slog.GroupValue(attrs...)
}

// MarshalJSON writes the error for a log or a table of failures.
func (e Error) MarshalJSON() ([]byte, error) {
	object := make(map[string]any)
	for _, f := range e.fields() {
		object[f.name] = f.value
	}
	return json.Marshal(object)
}

type errorField struct {
	name  string
	value any
}

// fields lists what is set, under the names that logs and JSON use.
func (e *Error) fields() []errorField {
	all := []struct {
		errorField
		set bool
	}{
		{errorField{"provider", e.Provider}, e.Provider != ""},
		{errorField{"op", e.Op}, e.Op != ""},
		{errorField{"kind", errorText(e.Kind)}, e.Kind != nil},
		{errorField{"code", e.ProviderCode}, e.ProviderCode != ""},
		{errorField{"message", e.Message}, e.Message != ""},
		{errorField{"cause", errorText(e.Err)}, e.Err != nil},
		{errorField{"http_status", e.HTTPStatus}, e.HTTPStatus != 0},
		{errorField{"request_id", e.RequestID}, e.RequestID != ""},
		{errorField{"help_url", e.HelpURL}, e.HelpURL != ""},
		{errorField{"reference", e.Reference}, e.Reference != ""},
		{errorField{"idempotency_key", e.IdempotencyKey}, e.IdempotencyKey != ""},
		{errorField{"retry_after", e.RetryAfter.String()}, e.RetryAfter > 0},
		{errorField{"outcome_unknown", true}, e.OutcomeUnknown},
	}
	var set []errorField
	for _, f := range all {
		if f.set {
			set = append(set, f.errorField)
		}
	}
	return set
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
