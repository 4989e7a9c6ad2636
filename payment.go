package guichet

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"time"
)

// PaymentRequest is what CreatePayment takes.
//
// A field that the provider has no slot for is refused with ErrUnsupported when
// it is set: MobileMoney, IdempotencyKey, CallbackURL, Metadata, the currency.
// Customer and Description only pre-fill a form and are dropped where there is
// none. JSON of a request is faithful but for the one-time code; printed forms
// (fmt, slog) show no personal data.
type PaymentRequest struct {
	Reference      string            `json:"reference"`             // the merchant's own reference; required, unique per attempt
	Amount         Money             `json:"amount"`                // required, above 0, in minor units
	Description    string            `json:"description,omitempty"` // shown to the customer
	Customer       Customer          `json:"customer,omitzero"`
	MobileMoney    *MobileMoney      `json:"mobile_money,omitempty"` // nil: hosted page; set: prompt on this phone now
	SuccessURL     string            `json:"success_url,omitempty"`  // where the customer returns after paying; proves nothing
	CancelURL      string            `json:"cancel_url,omitempty"`   // where the customer returns otherwise
	CallbackURL    string            `json:"callback_url,omitempty"` // where the provider announces changes of this payment
	Metadata       map[string]string `json:"metadata,omitempty"`
	IdempotencyKey string            `json:"idempotency_key,omitempty"` // empty: the reference, where the provider honours a key
}

// Customer pre-fills the provider's form. Every field is optional.
type Customer struct {
	FirstName string `json:"first_name,omitempty"`
	LastName  string `json:"last_name,omitempty"`
	Email     string `json:"email,omitempty"`
	Phone     string `json:"phone,omitempty"` // E.164 with +
}

// MobileMoney asks for a prompt on the customer's phone instead of a hosted page.
type MobileMoney struct {
	Phone    string `json:"phone"`              // E.164 with +, required
	Country  string `json:"country,omitempty"`  // ISO 3166 alpha-2, such as "SN"
	Operator string `json:"operator,omitempty"` // the provider's own code or id for the operator
	OTP      string `json:"-"`                  // the customer's one-time code, where the operator wants one; never stored
}

// Payment is one payment as its provider reports it.
//
// Printed forms (fmt, slog) show neither ID, CheckoutURL nor Raw, because who
// holds them may look at or pay the order; JSON is faithful, so that a payment
// can be stored. Inside a slice, map or struct of yours slog's JSON handler
// writes that JSON: log the payment by itself.
type Payment struct {
	ID             string          `json:"id"`                        // what GetStatus takes: store it with the order
	Reference      string          `json:"reference,omitempty"`       // empty: the provider did not say
	Provider       string          `json:"provider"`                  // "lygos", "lomi", "ligdicash", "caurisflux"
	Status         Status          `json:"status"`                    // StatusUnknown: neither final nor paid
	ProviderStatus string          `json:"provider_status,omitempty"` // the provider's own word, verbatim
	Amount         Money           `json:"amount,omitzero"`           // zero: the provider did not say
	CheckoutURL    string          `json:"checkout_url,omitempty"`    // non-empty: send the customer there
	CreatedAt      time.Time       `json:"created_at,omitzero"`       // zero: the provider did not say
	ExpiresAt      time.Time       `json:"expires_at,omitzero"`       // zero: the provider did not say
	Replayed       bool            `json:"replayed,omitempty"`        // a keyed create was answered with what had been made before; only lomi. says so: false proves nothing elsewhere
	Captures       int             `json:"captures,omitempty"`        // how often it was paid, where the provider can tell (lomi. links); 0: not said
	Instruction    Instruction     `json:"instruction,omitzero"`      // what to tell a customer who pays by phone; zero: nothing known
	Raw            json.RawMessage `json:"raw,omitempty"`             // the provider's object, unwrapped; the caller's own copy
}

// UnmarshalJSON reads a stored request into a value that held another one, as a
// worker does that declares its variable outside the loop. encoding/json keeps
// what the new text leaves out: a hosted payment would prompt the phone of the
// customer before, with that one's code, under that one's idempotency key.
func (r *PaymentRequest) UnmarshalJSON(data []byte) error {
	type plain PaymentRequest // without this method
	fresh, err := afresh[plain](data)
	*r = PaymentRequest(fresh)
	return err
}

// UnmarshalJSON reads a stored payment; nothing of the one that the value held
// before is left, see PaymentRequest.UnmarshalJSON. It would confirm the order of
// one payment with the money of another, and send one customer to another's page.
func (p *Payment) UnmarshalJSON(data []byte) error {
	type plain Payment
	fresh, err := afresh[plain](data)
	*p = Payment(fresh)
	return err
}

// afresh reads into a new value; on an error it is the zero one, because a half of
// a payment is worse than none.
func afresh[T any](data []byte) (T, error) {
	var fresh, zero T
	if err := json.Unmarshal(data, &fresh); err != nil {
		return zero, err
	}
	return fresh, nil
}

// Format prints the request without personal data: no phone, name, e-mail,
// one-time code, URL or metadata value.
func (r PaymentRequest) Format(s fmt.State, _ rune) {
	fmt.Fprintf(s, "PaymentRequest{Reference:%q Amount:%v Direct:%t}", r.Reference, r.Amount, r.MobileMoney != nil)
}

// LogValue is what slog shows of the request; see Format.
func (r PaymentRequest) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("reference", r.Reference),
		slog.String("amount", r.Amount.String()),
		slog.Bool("direct", r.MobileMoney != nil),
	)
}

// Format prints nothing personal, only whether the customer is set.
func (c Customer) Format(s fmt.State, _ rune) { fmt.Fprint(s, c.printed()) }

// LogValue is what slog shows of the customer; see Format.
func (c Customer) LogValue() slog.Value { return slog.StringValue(c.printed()) }

func (c Customer) printed() string {
	if c == (Customer{}) {
		return "Customer{}"
	}
	return "Customer{[redacted]}"
}

// Format prints the operator and country, never the phone or the one-time code.
func (m MobileMoney) Format(s fmt.State, _ rune) {
	fmt.Fprintf(s, "MobileMoney{Country:%q Operator:%q}", m.Country, m.Operator)
}

// LogValue is what slog shows of the mobile-money data; see Format.
func (m MobileMoney) LogValue() slog.Value {
	return slog.GroupValue(slog.String("country", m.Country), slog.String("operator", m.Operator))
}

// Format prints the payment without ID, CheckoutURL and Raw.
func (p Payment) Format(s fmt.State, _ rune) {
	fmt.Fprintf(s, "Payment{Provider:%q Reference:%q Status:%q ProviderStatus:%q Amount:%v}",
		p.Provider, p.Reference, p.Status.word(), p.ProviderStatus, p.Amount)
}

// LogValue is what slog shows of the payment; see Format.
func (p Payment) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("provider", p.Provider),
		slog.String("reference", p.Reference),
		slog.String("status", p.Status.word()),
		slog.String("provider_status", p.ProviderStatus),
		slog.String("amount", p.Amount.String()),
	)
}
