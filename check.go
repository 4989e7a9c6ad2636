package guichet

import (
	"context"
	"fmt"
	"log/slog"
)

// Expected is what was stored when the attempt was made, to be compared with what the
// provider says now. All three fields are required.
type Expected struct {
	PaymentID string `json:"payment_id"` // Payment.ID of the create
	Reference string `json:"reference"`  // PaymentRequest.Reference of the create
	Amount    Money  `json:"amount"`     // what the order costs now
}

// Format prints what is expected without the payment's id, because who holds that may
// look at the payment.
func (e Expected) Format(s fmt.State, _ rune) {
	fmt.Fprintf(s, "Expected{Reference:%q Amount:%v}", e.Reference, e.Amount)
}

// LogValue is what slog shows of what is expected; see Format.
func (e Expected) LogValue() slog.Value {
	return slog.GroupValue(slog.String("reference", e.Reference), slog.String("amount", e.Amount.String()))
}

// Check asks p about the payment want.PaymentID and returns it, with a nil error only
// if it is safe to deliver: that payment succeeded, for that reference and for exactly
// that amount. It is the one call that a merchant without a Cashier needs before
// delivering.
//
// Beside each of these errors the payment comes back as well:
//
//   - ErrNotPaid: it has not succeeded, or was refunded. Ask again later, or give up.
//   - ErrMismatch: the answer is about another payment or reference, or another amount
//     was paid. Do not deliver; a person has to look.
//   - ErrBadResponse: the provider promises the amount (Capabilities.StatusAmount), but
//     this answer lacks it. Ask again.
//
// ErrInvalidRequest means that a field of want is empty; other errors are those of
// GetStatus.
//
// An answer that names no reference is taken to be about want.Reference, because it was
// asked for by the id that was stored with it. Where the provider does not report
// amounts (Lygos), the amount cannot be checked here: what protects the merchant is that
// a reference is used for one amount only, which a Cashier sees to.
func Check(ctx context.Context, p Provider, want Expected) (*Payment, error) {
	problem := ""
	switch {
	case ctx == nil || p == nil:
		problem = "the context or the provider is nil"
	case want.PaymentID == "":
		problem = "Expected.PaymentID: empty, pass the Payment.ID that CreatePayment returned"
	case want.Reference == "":
		problem = "Expected.Reference: empty, pass the reference that the payment was created with"
	case want.Amount.Minor <= 0 || want.Amount.Currency == "":
		problem = "Expected.Amount: pass the amount that the order costs, above 0 and with its currency"
	}
	if problem != "" {
		return nil, &Error{Op: "Check", Kind: ErrInvalidRequest, Message: problem}
	}
	payment, err := p.GetStatus(ctx, want.PaymentID)
	if err != nil {
		return payment, err
	}
	return payment, compare(payment, want, p.Capabilities())
}

// compare tells whether payment is the one that was expected, paid in full; see Check.
func compare(payment *Payment, want Expected, can Capabilities) error {
	if payment == nil {
		return &Error{Op: "Check", Kind: ErrBadResponse, Reference: want.Reference, Message: "the client returned neither a payment nor an error"}
	}
	fail := func(kind error, message string) error {
		return &Error{Provider: payment.Provider, Op: "Check", Kind: kind, Reference: want.Reference, Message: message}
	}
	switch reported := payment.Amount != (Money{}); {
	case payment.ID != want.PaymentID:
		return fail(ErrMismatch, "the answer is about another payment than the one asked for")
	case payment.Reference != "" && payment.Reference != want.Reference:
		return fail(ErrMismatch, "the payment is for another reference than the one stored with it")
	case payment.Status != StatusSucceeded:
		return fail(ErrNotPaid, notPaid(payment))
	case can.StatusAmount && !reported:
		return fail(ErrBadResponse, "the answer lacks the amount, which this provider reports: ask again")
	case reported && payment.Amount != want.Amount:
		return fail(ErrMismatch, fmt.Sprintf("paid %v, the order costs %v: do not deliver, a person has to look", payment.Amount, want.Amount))
	}
	return nil
}

// Confirms returns nil only if it is safe to deliver what reference was made for, which
// costs want: the payment succeeded, for that reference, in that currency, for exactly
// that amount. It asks nobody; Check asks the provider first, and is harder to misuse.
//
//   - ErrInvalidRequest: the arguments do not fit the payment. An empty reference or
//     Money{} waives the check only where the payment does not report that value
//     (Payment.Reference is empty, Payment.Amount is zero), and only one of the two:
//     so a failed look-up in the merchant's own database cannot confirm anything. A value
//     that is given, but that the payment does not report, cannot be compared. The
//     message says what to pass.
//   - ErrNotPaid: the payment has not succeeded, or was refunded.
//   - ErrMismatch: it succeeded with another amount, currency or reference. Do not
//     deliver; a person has to look.
func (p *Payment) Confirms(reference string, want Money) error {
	if p == nil {
		return confirmError(ErrInvalidRequest, "", "no payment to confirm")
	}
	switch reportsReference, reportsAmount := p.Reference != "", p.Amount != (Money{}); {
	case reference == "" && want == Money{}:
		return confirmError(ErrInvalidRequest, p.Provider, "reference and amount are both empty: pass what was stored with the order")
	case want != Money{} && (want.Minor <= 0 || want.Currency == ""):
		return confirmError(ErrInvalidRequest, p.Provider, "amount: must be above 0 and have a currency: pass the amount that the order costs")
	case !reportsReference && !reportsAmount:
		return confirmError(ErrInvalidRequest, p.Provider, "this payment reports neither a reference nor an amount, so nothing can be compared: ask again with GetStatus, or use Check")
	case want == Money{} && reportsAmount:
		return confirmError(ErrInvalidRequest, p.Provider, fmt.Sprintf("this payment reports %v: pass the amount that the order costs", p.Amount))
	case reference == "" && reportsReference:
		return confirmError(ErrInvalidRequest, p.Provider, fmt.Sprintf("this payment reports the reference %q: pass the reference that the order was created with", p.Reference))
	case want != Money{} && !reportsAmount:
		return confirmError(ErrInvalidRequest, p.Provider, "this payment reports no amount: pass Money{} as the amount, and the reference")
	case reference != "" && !reportsReference:
		return confirmError(ErrInvalidRequest, p.Provider, `this payment reports no reference: pass "" as the reference, and the amount; what was asked for by the stored Payment.ID belongs to the order stored with it`)
	case p.Status != StatusSucceeded:
		return confirmError(ErrNotPaid, p.Provider, notPaid(p))
	case p.Reference != reference:
		return confirmError(ErrMismatch, p.Provider, "the payment is for another reference: do not deliver, a person has to look")
	case p.Amount != want:
		return confirmError(ErrMismatch, p.Provider, fmt.Sprintf("paid %v, the order costs %v: do not deliver, a person has to look", p.Amount, want))
	}
	return nil
}

// notPaid says in words why a payment is not paid.
func notPaid(p *Payment) string {
	return fmt.Sprintf("status is %q, not %q: do not deliver", p.Status.word(), StatusSucceeded)
}

func confirmError(kind error, provider, message string) error {
	return &Error{Provider: provider, Op: "Confirms", Kind: kind, Message: message}
}
