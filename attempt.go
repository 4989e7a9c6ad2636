package guichet

import (
	"fmt"
	"log/slog"
	"slices"
	"time"
)

// Attempt is one attempt to have one order paid, as a Ledger keeps it. An order has as
// many attempts as the customer needs; at most one of them holds it at a time.
//
// Printed forms (fmt, slog) show neither PaymentID, CheckoutURL, Phone nor Request,
// because who holds them may look at the payment, pay it, or call the customer. JSON is
// faithful, but for a one-time code. Reading JSON into a variable that held another
// attempt keeps what the text leaves out, as encoding/json does: use a new variable.
type Attempt struct {
	Reference      string               `json:"reference"` // what the provider knows the attempt by; unique in the ledger
	OrderID        string               `json:"order_id"`  // the merchant's order
	Provider       string               `json:"provider"`  // a name of CashierConfig.Providers
	Number         int                  `json:"number"`    // 1 for the first attempt of the order; set by Ledger.Begin
	Amount         Money                `json:"amount"`    // what the order cost when the attempt began
	State          AttemptState         `json:"state"`
	Holds          bool                 `json:"holds,omitempty"`           // no other attempt of the order may begin; set by the ledger from State
	PaymentID      string               `json:"payment_id,omitempty"`      // what GetStatus takes; empty: not known
	CheckoutURL    string               `json:"checkout_url,omitempty"`    // the hosted page; empty: none, or not known
	Status         Status               `json:"status,omitempty"`          // the provider's last answer
	ProviderStatus string               `json:"provider_status,omitempty"` // the provider's own word for it
	Phone          string               `json:"phone,omitempty"`           // of a prompt, E.164; empty: hosted, or the attempt is no longer creating or open
	OTP            bool                 `json:"otp,omitempty"`             // the request had a one-time code, which is not kept: it cannot be repeated
	Instruction    Instruction          `json:"instruction,omitzero"`      // what to tell the customer; kept until the attempt leaves open
	Request        *PaymentRequest      `json:"request,omitempty"`         // what was asked for, without a one-time code; only while creating
	Asked          int                  `json:"asked,omitempty"`           // questions that were answered
	Failures       int                  `json:"failures,omitempty"`        // failures in a row since the last success: of questions, or of deliveries while paid
	Captures       int                  `json:"captures,omitempty"`        // how often it was paid, where the provider can tell; 0: not said
	Outdated       bool                 `json:"outdated,omitempty"`        // the order now costs something else
	Refunded       bool                 `json:"refunded,omitempty"`        // a person said that the money went back: no answer makes it paid again
	Troubles       map[TroubleKind]bool `json:"troubles,omitempty"`        // each with whether the merchant has been told
	CreatedAt      time.Time            `json:"created_at,omitzero"`
	LeaseUntil     time.Time            `json:"lease_until,omitzero"` // while creating: until then only the process that began it touches it
	AskedAt        time.Time            `json:"asked_at,omitzero"`    // the last question; zero: none yet
	DueAt          time.Time            `json:"due_at,omitzero"`      // the next question; zero: none
	ExpiresAt      time.Time            `json:"expires_at,omitzero"`  // until when the customer can pay; zero: the provider did not say
	Version        int64                `json:"version"`              // counts the saves, from 1; set by the ledger
}

// Instruction is what to tell a customer who pays by phone. The zero value means that
// nothing is known.
type Instruction struct {
	FR string `json:"fr,omitempty"` // in French
	EN string `json:"en,omitempty"` // in English
}

// AttemptState says what has become of an attempt. The set may grow: a state that is
// not known to this version is left alone, and Attempt.Holds says whether it holds
// the order.
type AttemptState string

// The states of an attempt.
const (
	AttemptCreating  AttemptState = "creating"  // the provider is being asked to create the payment, or its answer was lost
	AttemptOpen      AttemptState = "open"      // the customer can pay
	AttemptPaid      AttemptState = "paid"      // paid in full, not delivered yet
	AttemptDelivered AttemptState = "delivered" // paid and delivered
	AttemptReleased  AttemptState = "released"  // given up, still asked about: a late payment counts
	AttemptClosed    AttemptState = "closed"    // over: nothing was created, or nobody has paid it in 30 days
	AttemptHeld      AttemptState = "held"      // paid in a way that a person has to look at: see Cashier.Resolve
	AttemptExtra     AttemptState = "extra"     // paid beside another attempt that paid the order: a person gives it back
)

// attemptStates says which states hold the order. What is not listed is not known to
// this version.
var attemptStates = map[AttemptState]bool{
	AttemptCreating:  true,
	AttemptOpen:      true,
	AttemptPaid:      true,
	AttemptDelivered: true,
	AttemptReleased:  false,
	AttemptClosed:    false,
	AttemptHeld:      false,
	AttemptExtra:     false,
}

// Known reports whether this version knows the state. A ledger refuses to save one
// that it does not know.
func (s AttemptState) Known() bool {
	_, known := attemptStates[s]
	return known
}

// Holds reports whether an attempt in this state keeps other attempts of its order
// from beginning. It is false for a state that is not known: of a row that comes from
// a ledger, ask Attempt.Holds.
func (s AttemptState) Holds() bool { return attemptStates[s] }

// TroubleKind is a reason why a person has to look at an attempt.
type TroubleKind string

// The kinds of trouble.
const (
	TroubleSecondPayment   TroubleKind = "second_payment"   // the order is paid more than once: give one payment back
	TroubleOtherAmount     TroubleKind = "other_amount"     // paid, but not what the order costs; also when Deliver returns ErrMismatch
	TroubleUnknownPrompt   TroubleKind = "unknown_prompt"   // a phone may have been prompted, and nothing tells whether it was
	TroubleUnsettled       TroubleKind = "unsettled"        // the provider's answer could not be saved
	TroubleDeliveryFails   TroubleKind = "delivery_fails"   // Deliver has failed for an hour
	TroubleRefunded        TroubleKind = "refunded"         // the money went back, before or after delivery
	TroubleUnknownProvider TroubleKind = "unknown_provider" // the attempt's provider is not configured
	TroubleKeysRefused     TroubleKind = "keys_refused"     // the provider no longer accepts the keys
	TroublePaymentIDTaken  TroubleKind = "payment_id_taken" // the provider gave the id of another attempt's payment
	TroubleUnreadableRow   TroubleKind = "unreadable_row"   // the ledger cannot read the row
)

// Order is what a customer pays for.
type Order struct {
	ID      string         `json:"id"`                // the merchant's own, any text; required
	Request PaymentRequest `json:"request"`           // Reference and IdempotencyKey stay empty: the cashier makes them
	Replace bool           `json:"replace,omitempty"` // a second page is accepted where the first may still be paid
}

// Trouble is something that a person has to look at.
type Trouble struct {
	Kind    TroubleKind `json:"kind"`
	Attempt Attempt     `json:"attempt"`         // zero for what concerns a whole provider, except Provider
	Other   string      `json:"other,omitempty"` // the reference of the other attempt, where there is one
	Paid    Money       `json:"paid,omitzero"`   // what was paid, where it is not what the order costs
	Err     error       `json:"-"`               // what failed; nil: nothing did
}

// Resolution is what a person found out about an attempt; see Cashier.Resolve.
type Resolution string

// The resolutions.
const (
	ResolvedNotPaid  Resolution = "not_paid" // nothing was paid: the order can be paid again
	ResolvedPaid     Resolution = "paid"     // paid, and good: deliver
	ResolvedRefunded Resolution = "refunded" // paid, and given back: never deliver
)

// Format prints the attempt without PaymentID, CheckoutURL, Phone and Request.
func (a Attempt) Format(s fmt.State, _ rune) {
	fmt.Fprintf(s, "Attempt{Reference:%q OrderID:%q Number:%d Provider:%q State:%q Status:%q Amount:%v Troubles:%v Version:%d}",
		a.Reference, a.OrderID, a.Number, a.Provider, a.State, a.Status.word(), a.Amount, a.troubleKinds(), a.Version)
}

// LogValue is what slog shows of the attempt; see Format. Inside a slice, map or
// struct slog's JSON handler writes the attempt whole: log it by itself.
func (a Attempt) LogValue() slog.Value {
	attrs := []slog.Attr{
		slog.String("reference", a.Reference),
		slog.String("order_id", a.OrderID),
		slog.Int("number", a.Number),
		slog.String("provider", a.Provider),
		slog.String("state", string(a.State)),
		slog.String("status", a.Status.word()),
		slog.String("amount", a.Amount.String()),
		slog.Int64("version", a.Version),
	}
	if len(a.Troubles) > 0 {
		attrs = append(attrs, slog.Any("troubles", a.troubleKinds()))
	}
	return slog.GroupValue(attrs...)
}

// troubleKinds lists the attempt's troubles in alphabetical order.
func (a Attempt) troubleKinds() []TroubleKind {
	kinds := make([]TroubleKind, 0, len(a.Troubles))
	for kind := range a.Troubles {
		kinds = append(kinds, kind)
	}
	slices.Sort(kinds)
	return kinds
}

// Format prints the order without personal data; see PaymentRequest.Format.
func (o Order) Format(s fmt.State, _ rune) {
	fmt.Fprintf(s, "Order{ID:%q Request:%v Replace:%t}", o.ID, o.Request, o.Replace)
}

// LogValue is what slog shows of the order; see Format.
func (o Order) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("id", o.ID),
		slog.Any("request", o.Request),
		slog.Bool("replace", o.Replace),
	)
}

// Format prints the trouble as its attempt is printed.
func (t Trouble) Format(s fmt.State, _ rune) {
	fmt.Fprintf(s, "Trouble{Kind:%q Attempt:%v Other:%q Paid:%v Err:%v}", t.Kind, t.Attempt, t.Other, t.Paid, t.Err)
}

// LogValue is what slog shows of the trouble; see Format.
func (t Trouble) LogValue() slog.Value {
	attrs := []slog.Attr{
		slog.String("kind", string(t.Kind)),
		slog.Any("attempt", t.Attempt),
	}
	if t.Other != "" {
		attrs = append(attrs, slog.String("other", t.Other))
	}
	if (t.Paid != Money{}) {
		attrs = append(attrs, slog.String("paid", t.Paid.String()))
	}
	if t.Err != nil {
		attrs = append(attrs, slog.String("error", t.Err.Error()))
	}
	return slog.GroupValue(attrs...)
}
