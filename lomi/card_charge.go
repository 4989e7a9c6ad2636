package lomi

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/redact"
	"github.com/guichetpay/guichet/internal/request"
	"github.com/guichetpay/guichet/internal/transport"
)

// CardTheme is how the card form looks. It is an open set.
type CardTheme string

// The themes that lomi. names.
const (
	ThemeLight CardTheme = "light"
	ThemeDark  CardTheme = "dark"
	ThemeFlat  CardTheme = "flat"
)

// CardBillingAddress says whether the card form asks for the billing address. It is an
// open set.
type CardBillingAddress string

// The words that lomi. names.
const (
	BillingAddressAuto  CardBillingAddress = "auto"
	BillingAddressNever CardBillingAddress = "never"
)

// CardChargeRequest starts a card payment that the merchant's own page finishes.
// Empty strings, 0 and nil are not sent. The customer is CustomerID, or
// CustomerEmail and CustomerName.
type CardChargeRequest struct {
	Amount       int64            `json:"amount"`        // minor units: 15000 is 15,000 XOF, 150.00 EUR; required
	CurrencyCode guichet.Currency `json:"currency_code"` // XOF, USD or EUR; required

	CustomerID    string `json:"customer_id,omitempty"`
	CustomerEmail string `json:"customer_email,omitempty" redact:"true"`
	CustomerName  string `json:"customer_name,omitempty" redact:"true"`
	CustomerPhone string `json:"customer_phone,omitempty" redact:"true"` // E.164 with +

	Description      string         `json:"description,omitempty"`
	PaymentReference string         `json:"payment_reference,omitempty"`
	ProductID        string         `json:"product_id,omitempty"`
	SubscriptionID   string         `json:"subscription_id,omitempty"`
	Quantity         int64          `json:"quantity,omitzero"`
	Metadata         map[string]any `json:"metadata,omitempty" redact:"true"`

	AppearanceTheme          CardTheme          `json:"appearance_theme,omitempty"`        // ThemeLight, ThemeDark or ThemeFlat
	AppearanceBorderRadius   *int64             `json:"appearance_border_radius,omitzero"` // nil: lomi.'s own
	AppearanceBillingAddress CardBillingAddress `json:"appearance_billing_address,omitempty"`

	Hold bool `json:"hold,omitzero"` // only reserve the amount; CaptureCardCharge takes it

	// IdempotencyKey makes a repeated charge give the same one, for 24 hours.
	// Empty: one is made for this call, which covers only its own retries.
	IdempotencyKey string `json:"-"`
}

// Format prints the request without personal data.
func (r CardChargeRequest) Format(s fmt.State, verb rune) { redact.Format(s, verb, r) }

// LogValue is what slog shows of the request: no personal data.
func (r CardChargeRequest) LogValue() slog.Value { return redact.LogValue(r) }

// CardCharge is a card payment. The card processor may charge in another
// currency than was asked for: Amount and Currency are what it charges,
// OriginalAmount and OriginalCurrency what was asked for. Never combine one of
// each.
//
// Printed forms and JSON show no client secret.
type CardCharge struct {
	ID               string           `json:"id"`
	ClientSecret     string           `json:"-" redact:"true"`   // for the card form in the customer's browser, and for nobody else
	Amount           guichet.Number   `json:"amount"`            // minor units of Currency
	Currency         guichet.Currency `json:"currency"`          // such as EUR
	OriginalAmount   guichet.Number   `json:"original_amount"`   // minor units of OriginalCurrency
	OriginalCurrency guichet.Currency `json:"original_currency"` // such as XOF
	Status           guichet.Status   `json:"-"`                 // StatusUnknown for a word that is not known
	ProviderStatus   string           `json:"status"`            // verbatim, such as "requires_payment_method"

	AmountCapturable guichet.Number    `json:"amount_capturable"` // of a hold, in minor units of Currency
	CaptureBefore    guichet.Timestamp `json:"capture_before"`    // when a hold lapses

	Transaction *CardTransaction `json:"transaction"` // only in GetCardCharge's answer, and there it may be nil
	NextAction  *NextAction      `json:"next_action"` // nil: lomi. did not say
	Appearance  json.RawMessage  `json:"appearance"`  // verbatim

	IdempotencyKey string          `json:"-"`               // that was sent; empty: none
	Replayed       bool            `json:"-"`               // the answer to a call that was made before with the same key
	Raw            json.RawMessage `json:"-" redact:"true"` // the answer as it came, with the client secret
}

// CardTransaction is the transaction that a card charge became.
type CardTransaction struct {
	ID             string         `json:"transaction_id"`
	Status         guichet.Status `json:"-"`      // StatusUnknown for a word that is not known
	ProviderStatus string         `json:"status"` // verbatim
}

// Original returns what was asked for. ok is false when lomi. did not say, or
// when it is not a whole number of minor units of a known currency.
func (c *CardCharge) Original() (amount guichet.Money, ok bool) {
	return c.OriginalAmount.Minor(c.OriginalCurrency)
}

// Format prints the charge without the client secret and Raw.
func (c CardCharge) Format(s fmt.State, verb rune) { redact.Format(s, verb, c) }

// LogValue is what slog shows of the charge; see Format.
func (c CardCharge) LogValue() slog.Value { return redact.LogValue(c) }

func (c *CardCharge) finish(answer layers, raw json.RawMessage) error {
	c.ClientSecret = answer.member("client_secret").Text()
	c.Status, c.Raw = cardStatus(c.ProviderStatus), raw
	if c.Transaction != nil {
		c.Transaction.Status = statusIn(transactionWords, c.Transaction.ProviderStatus)
	}
	return nil
}

// HoldRequest is what is done with a card charge whose amount is only reserved.
type HoldRequest struct {
	Amount int64 // minor units; see each method

	// IdempotencyKey is sent with the call; empty: one is made.
	IdempotencyKey string
}

// ChargeCard starts a card payment (POST /charge/card). The customer pays in the
// browser with ClientSecret.
//
// It carries an idempotency key, so it is repeated when its answer is lost; the key is
// on the result and on the error. [guichet.ErrMismatch] beside a charge means that lomi.
// took another amount or currency than was asked for.
func (c *Client) ChargeCard(ctx context.Context, req CardChargeRequest) (*CardCharge, error) {
	call := &transport.Call{
		Op: "ChargeCard", Method: http.MethodPost, Route: "/charge/card",
		Sensitive: []string{req.CustomerEmail, req.CustomerPhone, req.CustomerName},
	}
	customer := ""
	if req.CustomerID == "" && (req.CustomerEmail == "" || req.CustomerName == "") {
		customer = "is required, or else CustomerEmail and CustomerName"
	}
	err := c.check(call.Op,
		request.Field{Name: "Amount", Problem: amountProblem(req.Amount, true)},
		request.Field{Name: "CurrencyCode", Problem: currencyProblem(req.CurrencyCode)},
		request.Field{Name: "CustomerID", Problem: customer},
		request.Field{Name: "CustomerEmail", Problem: request.Optional(req.CustomerEmail, request.ID)},
		request.Field{Name: "CustomerPhone", Problem: request.Optional(req.CustomerPhone, request.Phone)},
		request.Field{Name: "Quantity", Problem: amountProblem(req.Quantity, false)},
	)
	if err != nil {
		return nil, err
	}
	if err := setKeyedBody(call, req.IdempotencyKey, req); err != nil {
		return nil, err
	}
	return createOne(ctx, c, call, &cardCharges, func(charge *CardCharge, answer layers) error {
		return c.echoed(call, answer, req.Amount, req.CurrencyCode, charge.OriginalAmount, charge.OriginalCurrency)
	})
}

// GetCardCharge returns a card charge (GET /charge/card/{id}).
func (c *Client) GetCardCharge(ctx context.Context, id string) (*CardCharge, error) {
	return c.existingCard(ctx, &transport.Call{
		Op: "GetCardCharge", Method: http.MethodGet, Route: "/charge/card/{id}", Args: []string{id},
	})
}

// CancelCardCharge cancels a card charge or a hold (POST
// /charge/card/{id}/cancel). req.Amount must be 0. It is repeated when its answer
// is lost, because a second cancellation changes nothing.
func (c *Client) CancelCardCharge(ctx context.Context, id string, req HoldRequest) (*CardCharge, error) {
	call := &transport.Call{Op: "CancelCardCharge", Method: http.MethodPost, Route: "/charge/card/{id}/cancel", Args: []string{id}}
	amount := ""
	if req.Amount != 0 {
		amount = "has no meaning here"
	}
	if err := c.check(call.Op, request.Field{Name: "Amount", Problem: amount}); err != nil {
		return nil, err
	}
	return c.changeHold(ctx, call, req, transport.Keyed)
}

// CaptureCardCharge takes the amount of a hold (POST /charge/card/{id}/capture);
// req.Amount 0 takes all of it.
//
// The key is sent and not relied on, because lomi. documents it for new charges only:
// the call is sent once. After an unknown outcome, ask [Client.GetCardCharge].
func (c *Client) CaptureCardCharge(ctx context.Context, id string, req HoldRequest) (*CardCharge, error) {
	call := &transport.Call{Op: "CaptureCardCharge", Method: http.MethodPost, Route: "/charge/card/{id}/capture", Args: []string{id}}
	if err := c.check(call.Op, request.Field{Name: "Amount", Problem: amountProblem(req.Amount, false)}); err != nil {
		return nil, err
	}
	return c.changeHold(ctx, call, req, transport.Write)
}

// IncrementCardCharge raises the amount of a hold (POST /charge/card/{id}/increment).
// req.Amount is required and sent as it is; lomi. does not print whether it is the new
// total or the difference, so try it in the sandbox. It is sent once, as
// [Client.CaptureCardCharge] is.
func (c *Client) IncrementCardCharge(ctx context.Context, id string, req HoldRequest) (*CardCharge, error) {
	call := &transport.Call{Op: "IncrementCardCharge", Method: http.MethodPost, Route: "/charge/card/{id}/increment", Args: []string{id}}
	if err := c.check(call.Op, request.Field{Name: "Amount", Problem: amountProblem(req.Amount, true)}); err != nil {
		return nil, err
	}
	return c.changeHold(ctx, call, req, transport.Write)
}

// changeHold sends a key, and allows the repeats of the policy. The body is never
// empty: net/http repeats a POST that has a key and no body by itself.
func (c *Client) changeHold(ctx context.Context, call *transport.Call, req HoldRequest, policy transport.Policy) (*CardCharge, error) {
	err := setKeyedBody(call, req.IdempotencyKey, struct {
		Amount int64 `json:"amount,omitzero"`
	}{req.Amount})
	if err != nil {
		return nil, err
	}
	call.Policy = policy
	return c.existingCard(ctx, call)
}

// existingCard does a call about a charge that has an id already.
func (c *Client) existingCard(ctx context.Context, call *transport.Call) (*CardCharge, error) {
	return doOne(ctx, c, call, &cardCharges, cardCharges.hasID, cardCharges.isAsked(call))
}
