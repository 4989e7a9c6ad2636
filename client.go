// Package guichet is one Go client for four West African payment providers:
// Lygos, lomi., LigdiCash and CaurisFlux.
//
// A merchant's backend imports one provider package and this one, and talks to
// one interface:
//
//	client, err := lygos.New(lygos.Config{APIKey: key, ShopName: "Mon Magasin"})
//	payment, err := client.CreatePayment(ctx, guichet.PaymentRequest{
//		Reference: "CMD-2024-001",
//		Amount:    guichet.NewMoney(5000, guichet.XOF), // 5,000 francs: XOF has no minor unit
//	})
//	// store payment.ID with the order, send the customer to payment.CheckoutURL, then:
//	payment, err = guichet.Wait(ctx, client, payment.ID, guichet.Poll{})
//	payment, err = guichet.Check(ctx, client, guichet.Expected{PaymentID: id, Reference: "CMD-2024-001", Amount: price}) // nil: deliver
//
// A Cashier does this, and keeps in a ledger what a shop would otherwise forget: it is
// what a backend that takes orders should use.
//
// # What a caller may rely on
//
//   - A create is sent once, unless it provably never left this machine or the
//     provider documents an idempotency key for it.
//   - A create whose outcome nobody knows says so: errors.Is(err, ErrUnknownOutcome).
//     Settle it by looking the order up, never by creating it again under another id.
//   - A status word that the SDK does not know is StatusUnknown: neither final nor paid.
//   - What a provider has no slot for is refused before anything is sent.
//   - No key, token, one-time code or webhook secret appears in any error, log
//     line or printed value.
//
// Every failed call returns an *Error; errors.Is finds its kind among the Err
// variables of this package.
package guichet

import (
	"context"
	"time"
)

// Client takes payments with one provider. All four provider clients implement
// it; an implementation is safe for use by many goroutines at once.
//
// Every method needs a non-nil context and honours it at each stage: connecting,
// sending, reading, and waiting between attempts.
type Client interface {
	// CreatePayment asks the provider for one payment of one order and returns
	// it, usually StatusPending. Store Payment.ID with the order before doing
	// anything else.
	//
	// With req.MobileMoney nil the customer pays on a hosted page, at
	// Payment.CheckoutURL; with it set the provider prompts that phone now.
	//
	// One reference is one payment: a new attempt needs a new reference. An error
	// for which errors.Is(err, ErrUnknownOutcome) holds means that the payment
	// may exist. A payment can come back together with an error: ErrMismatch
	// when the provider echoed another amount or currency, ErrBadResponse when
	// it gave no usable checkout URL.
	CreatePayment(ctx context.Context, req PaymentRequest) (*Payment, error)

	// GetStatus asks for the present state of the payment with the given
	// Payment.ID. It is a read: asking again costs nothing.
	GetStatus(ctx context.Context, id string) (*Payment, error)

	// List returns one page of the merchant's payments; see All for the whole
	// walk. ErrUnsupported where the provider has no list.
	List(ctx context.Context, params ListParams) (*Page, error)
}

// Describer tells what a provider can do. All four provider clients implement it.
type Describer interface {
	Capabilities() Capabilities
}

// Provider is all that each provider's *Client is: what a program holds that picks its
// provider by configuration.
type Provider interface {
	Client
	Describer
	WebhookParser
}

// Capabilities says which parts of the common interface a provider serves. What
// is false here is refused with ErrUnsupported before anything is sent, or left
// empty in an answer, as each field says.
type Capabilities struct {
	List              bool       // List works
	ListStatus        bool       // the payments of List carry a status; false: StatusUnknown
	Direct            bool       // PaymentRequest.MobileMoney is accepted
	Idempotency       bool       // a create repeated with the same key charges once
	StatusByReference bool       // Payment.ID is the reference, so a lost answer can be looked up
	StatusReference   bool       // GetStatus reports the reference; false: pass "" to Confirms unless Payment.Reference is set
	StatusAmount      bool       // GetStatus reports the amount; false: pass Money{} to Confirms unless Payment.Amount is set
	SignedEvents      bool       // webhooks are signed, so Event.Verified can be true
	Callback          bool       // PaymentRequest.CallbackURL is accepted
	Metadata          bool       // PaymentRequest.Metadata is accepted
	Currencies        []Currency // what CreatePayment accepts; nil: whatever the account accepts

	IdempotencyWindow time.Duration // how long a key is remembered, where Idempotency holds; 0: not known, so do not repeat a create later
	AskEvery          time.Duration // the shortest pause between two questions about one payment; 0: 3 s
	PageLife          time.Duration // how long a hosted page can be paid where Payment.ExpiresAt is zero; 0: not known
	ReusablePage      bool          // one page can be paid more than once, see Payment.Captures
}
