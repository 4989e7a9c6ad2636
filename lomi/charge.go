package lomi

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/redact"
	"github.com/guichetpay/guichet/internal/request"
	"github.com/guichetpay/guichet/internal/strictjson"
	"github.com/guichetpay/guichet/internal/transport"
)

// Scenario makes a sandbox charge take a course. lomi. heeds it with test keys
// only.
type Scenario string

// The scenarios that lomi. documents.
const (
	ScenarioPending Scenario = "pending"
	ScenarioFailed  Scenario = "failed" // refused with HTTP 400
)

// minMobileCharge is the least that a wallet can be charged, in francs.
const minMobileCharge = 100

// ChargeCustomer is whose wallet is charged.
type ChargeCustomer struct {
	Name  string `json:"name" redact:"true"`            // required
	Phone string `json:"phoneNumber" redact:"true"`     // the wallet, E.164 with +; required
	Email string `json:"email,omitempty" redact:"true"` // empty: not sent
}

// Format prints the customer without personal data.
func (c ChargeCustomer) Format(s fmt.State, verb rune) { redact.Format(s, verb, c) }

// LogValue is what slog shows of the customer: no personal data.
func (c ChargeCustomer) LogValue() slog.Value { return redact.LogValue(c) }

// WaveChargeRequest charges a Wave wallet. Empty strings, 0 and nil are not sent.
type WaveChargeRequest struct {
	Amount      int64            `json:"amount"`   // francs, 100 at least; required
	Currency    guichet.Currency `json:"currency"` // XOF; required
	Customer    ChargeCustomer   `json:"customer"`
	Description string           `json:"description,omitempty"`
	SuccessURL  string           `json:"successUrl,omitempty"`
	ErrorURL    string           `json:"errorUrl,omitempty"`
	Environment string           `json:"environment,omitempty"` // empty: the key's own, which is what decides

	ApplicationFeeAmount int64         `json:"application_fee_amount,omitzero"` // francs; API 1.2.0 only
	TransferData         *TransferData `json:"transfer_data,omitzero"`          // API 1.2.0 only
	TransferGroup        string        `json:"transfer_group,omitempty"`        // at most 128 characters; API 1.2.0 only

	Scenario Scenario `json:"-"` // sandbox only; empty: none

	// IdempotencyKey makes a repeated charge give the same one, for 24 hours.
	// Empty: one is made for this call, which covers only its own retries.
	IdempotencyKey string `json:"-"`
}

// Format prints the request without personal data.
func (r WaveChargeRequest) Format(s fmt.State, verb rune) { redact.Format(s, verb, r) }

// LogValue is what slog shows of the request: no personal data.
func (r WaveChargeRequest) LogValue() slog.Value { return redact.LogValue(r) }

// MTNChargeRequest charges an MTN wallet. Empty strings, 0 and nil are not sent.
type MTNChargeRequest struct {
	Amount      int64            `json:"amount"`   // francs, 100 at least; required
	Currency    guichet.Currency `json:"currency"` // XOF; required
	Customer    ChargeCustomer   `json:"customer"`
	CountryCode string           `json:"countryCode,omitempty"` // ISO 3166 alpha-2; empty: lomi. takes CI
	Description string           `json:"description,omitempty"`
	SuccessURL  string           `json:"successUrl,omitempty"`
	ErrorURL    string           `json:"errorUrl,omitempty"`
	Environment string           `json:"environment,omitempty"` // empty: the key's own, which is what decides

	ProductID      string `json:"productId,omitempty"`
	SubscriptionID string `json:"subscriptionId,omitempty"`
	Quantity       int64  `json:"quantity,omitzero"`

	ApplicationFeeAmount int64         `json:"application_fee_amount,omitzero"` // francs; API 1.2.0 only
	TransferData         *TransferData `json:"transfer_data,omitzero"`          // API 1.2.0 only
	TransferGroup        string        `json:"transfer_group,omitempty"`        // at most 128 characters; API 1.2.0 only

	Scenario Scenario `json:"-"` // sandbox only; empty: none

	// IdempotencyKey makes a repeated charge give the same one, for 24 hours.
	// Empty: one is made for this call, which covers only its own retries.
	IdempotencyKey string `json:"-"`
}

// Format prints the request without personal data.
func (r MTNChargeRequest) Format(s fmt.State, verb rune) { redact.Format(s, verb, r) }

// LogValue is what slog shows of the request: no personal data.
func (r MTNChargeRequest) LogValue() slog.Value { return redact.LogValue(r) }

// NextActionType says what a charge waits for. It is an open set.
type NextActionType string

// What a charge can wait for.
const (
	ActionRedirect     NextActionType = "redirect"      // send the customer to URL
	ActionAwaitWebhook NextActionType = "await_webhook" // the customer confirms on the phone
	ActionClientSecret NextActionType = "client_secret" // the card form in the browser goes on
)

// NextAction is what a charge waits for.
type NextAction struct {
	Type   NextActionType `json:"type"`
	URL    string         `json:"url" redact:"true"` // of ActionRedirect, as it came
	Status string         `json:"status"`            // of ActionAwaitWebhook, verbatim
}

// Format prints the action without its URL, at which the charge can be paid.
func (a NextAction) Format(s fmt.State, verb rune) { redact.Format(s, verb, a) }

// LogValue is what slog shows of the action; see Format.
func (a NextAction) LogValue() slog.Value { return redact.LogValue(a) }

// WaveSession is what Wave says of its part of a charge.
type WaveSession struct {
	ID             string           `json:"id"`
	Amount         guichet.Number   `json:"amount"` // as Wave writes it
	Currency       guichet.Currency `json:"currency"`
	CheckoutStatus string           `json:"checkout_status"` // Wave's word, verbatim
	PaymentStatus  string           `json:"payment_status"`  // Wave's word, verbatim
}

// MobileCharge is a charge of a Wave or MTN wallet. GetTransaction with its
// TransactionID tells how it ended.
//
// Printed forms show neither RedirectURL, at which the charge can be paid, nor Raw.
type MobileCharge struct {
	TransactionID  string         `json:"transaction_id" also:"transactionId"`
	ExternalID     string         `json:"external_id"`                   // the operator's
	ReferenceID    string         `json:"reference_id"`                  // the operator's
	Status         guichet.Status `json:"-"`                             // StatusUnknown: absent, or a word that is not known
	ProviderStatus string         `json:"status"`                        // verbatim; with test keys MTN charges complete at once
	RedirectURL    string         `json:"wave_launch_url" redact:"true"` // where to send the customer; empty: nowhere
	NextAction     *NextAction    `json:"next_action"`                   // nil: lomi. did not say
	WaveSession    *WaveSession   `json:"waveSession"`                   // nil: lomi. did not say

	IdempotencyKey string          `json:"-"`               // that was sent
	Replayed       bool            `json:"-"`               // the answer to a charge that was made before with the same key
	Raw            json.RawMessage `json:"-" redact:"true"` // the answer as it came
}

// Format prints the charge without RedirectURL and Raw.
func (m MobileCharge) Format(s fmt.State, verb rune) { redact.Format(s, verb, m) }

// LogValue is what slog shows of the charge; see Format.
func (m MobileCharge) LogValue() slog.Value { return redact.LogValue(m) }

// ChargeWave charges a Wave wallet (POST /charge/wave). The customer confirms at
// RedirectURL.
//
// It carries an idempotency key, so it is repeated when its answer is lost; the
// key is on the result and on the error. ErrMismatch beside a charge means that
// Wave asks for another amount or currency, ErrBadResponse that the charge exists
// and the customer cannot be sent anywhere.
func (c *Client) ChargeWave(ctx context.Context, req WaveChargeRequest) (*MobileCharge, error) {
	call := &transport.Call{Op: "ChargeWave", Route: "/charge/wave"}
	err := check(call.Op,
		request.Field{Name: "Amount", Problem: mobileAmountProblem(req.Amount)},
		request.Field{Name: "Currency", Problem: francProblem(req.Currency)},
		request.Field{Name: "Customer.Name", Problem: nameProblem(req.Customer.Name)},
		request.Field{Name: "Customer.Phone", Problem: request.Phone(req.Customer.Phone)},
		request.Field{Name: "Customer.Email", Problem: optional(req.Customer.Email, request.ID)},
		request.Field{Name: "SuccessURL", Problem: optional(req.SuccessURL, request.URL)},
		request.Field{Name: "ErrorURL", Problem: optional(req.ErrorURL, request.URL)},
		request.Field{Name: "ApplicationFeeAmount", Problem: amountProblem(req.ApplicationFeeAmount, false)},
		transferProblem(req.TransferData),
		request.Field{Name: "TransferGroup", Problem: transferGroupProblem(req.TransferGroup)},
		request.Field{Name: "Scenario", Problem: headerProblem(string(req.Scenario))},
	)
	if err != nil {
		return nil, err
	}
	charge, answer, err := c.chargeMobile(ctx, call, req, req.Customer, req.Scenario, req.IdempotencyKey)
	if err == nil && charge.WaveSession != nil { // what the customer is about to be asked for
		if err := c.echoed(call, answer, req.Amount, req.Currency, charge.WaveSession.Amount, charge.WaveSession.Currency); err != nil {
			return charge, err
		}
	}
	if err == nil && charge.RedirectURL == "" && !charge.Status.Final() {
		return charge, c.t.Fail(call, answer, guichet.ErrBadResponse, strictjson.Sentence("the answer", errNoURL))
	}
	return charge, err
}

// ChargeMTN charges an MTN wallet (POST /charge/mtn). The customer confirms on
// the phone: the charge is pending until then.
//
// It carries an idempotency key, so it is repeated when its answer is lost; the
// key is on the result and on the error.
func (c *Client) ChargeMTN(ctx context.Context, req MTNChargeRequest) (*MobileCharge, error) {
	call := &transport.Call{Op: "ChargeMTN", Route: "/charge/mtn"}
	err := check(call.Op,
		request.Field{Name: "Amount", Problem: mobileAmountProblem(req.Amount)},
		request.Field{Name: "Currency", Problem: francProblem(req.Currency)},
		request.Field{Name: "Customer.Name", Problem: nameProblem(req.Customer.Name)},
		request.Field{Name: "Customer.Phone", Problem: request.Phone(req.Customer.Phone)},
		request.Field{Name: "Customer.Email", Problem: optional(req.Customer.Email, request.ID)},
		request.Field{Name: "CountryCode", Problem: optional(req.CountryCode, request.Country)},
		request.Field{Name: "SuccessURL", Problem: optional(req.SuccessURL, request.URL)},
		request.Field{Name: "ErrorURL", Problem: optional(req.ErrorURL, request.URL)},
		request.Field{Name: "Quantity", Problem: amountProblem(req.Quantity, false)},
		request.Field{Name: "ApplicationFeeAmount", Problem: amountProblem(req.ApplicationFeeAmount, false)},
		transferProblem(req.TransferData),
		request.Field{Name: "TransferGroup", Problem: transferGroupProblem(req.TransferGroup)},
		request.Field{Name: "Scenario", Problem: headerProblem(string(req.Scenario))},
	)
	if err != nil {
		return nil, err
	}
	charge, _, err := c.chargeMobile(ctx, call, req, req.Customer, req.Scenario, req.IdempotencyKey)
	return charge, err
}

func (c *Client) chargeMobile(ctx context.Context, call *transport.Call, req any, customer ChargeCustomer, scenario Scenario, key string) (*MobileCharge, *transport.Answer, error) {
	if err := setKeyedBody(call, key, req); err != nil {
		return nil, nil, err
	}
	if scenario != "" {
		call.Header = http.Header{"X-Scenario-Key": {string(scenario)}}
	}
	call.Method, call.Sensitive = http.MethodPost, []string{customer.Phone, customer.Email, customer.Name}
	charge, answer, err := createOne(ctx, c, call, &mobileCharges, c.readRedirect)
	if err != nil {
		return nil, answer, err
	}
	charge.IdempotencyKey, charge.Replayed = call.IdempotencyKey, replayed(answer)
	return charge, answer, nil
}

func (m *MobileCharge) finish(_ layers, raw json.RawMessage) error {
	if m.NextAction != nil && statusIn(transactionWords, m.NextAction.Status) == guichet.StatusPending { // of an action, any other word is not on the charge
		m.ProviderStatus = cmp.Or(m.ProviderStatus, m.NextAction.Status)
	}
	m.Status, m.Raw = statusIn(transactionWords, m.ProviderStatus), raw
	return nil
}

// readRedirect takes the first usable one of the four places where lomi. has been
// seen to put the URL.
func (c *Client) readRedirect(m *MobileCharge, answer layers) error {
	urls := []string{m.RedirectURL}
	for _, name := range []string{"checkout_url", "checkoutUrl"} {
		v := answer.member(name)
		if v.Present() && v.Kind() != strictjson.Text {
			return errors.New(name + " is not a text")
		}
		urls = append(urls, v.Text())
	}
	if m.NextAction != nil {
		urls = append(urls, m.NextAction.URL)
	}
	m.RedirectURL = ""
	for _, url := range urls {
		m.RedirectURL = cmp.Or(m.RedirectURL, c.t.CheckoutURL(url))
	}
	return nil
}

// Looks of the card form.
const (
	ThemeLight = "light"
	ThemeDark  = "dark"
	ThemeFlat  = "flat"

	BillingAddressAuto  = "auto"
	BillingAddressNever = "never"
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

	AppearanceTheme          string `json:"appearance_theme,omitempty"`        // ThemeLight, ThemeDark or ThemeFlat
	AppearanceBorderRadius   *int64 `json:"appearance_border_radius,omitzero"` // nil: lomi.'s own
	AppearanceBillingAddress string `json:"appearance_billing_address,omitempty"`

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
// It carries an idempotency key, so it is repeated when its answer is lost; the
// key is on the result and on the error. ErrMismatch beside a charge means that
// lomi. took another amount or currency than was asked for.
func (c *Client) ChargeCard(ctx context.Context, req CardChargeRequest) (*CardCharge, error) {
	call := &transport.Call{
		Op: "ChargeCard", Method: http.MethodPost, Route: "/charge/card",
		Sensitive: []string{req.CustomerEmail, req.CustomerPhone, req.CustomerName},
	}
	customer := ""
	if req.CustomerID == "" && (req.CustomerEmail == "" || req.CustomerName == "") {
		customer = "is required, or else CustomerEmail and CustomerName"
	}
	err := check(call.Op,
		request.Field{Name: "Amount", Problem: amountProblem(req.Amount, true)},
		request.Field{Name: "CurrencyCode", Problem: currencyProblem(req.CurrencyCode)},
		request.Field{Name: "CustomerID", Problem: customer},
		request.Field{Name: "CustomerEmail", Problem: optional(req.CustomerEmail, request.ID)},
		request.Field{Name: "CustomerPhone", Problem: optional(req.CustomerPhone, request.Phone)},
		request.Field{Name: "Quantity", Problem: amountProblem(req.Quantity, false)},
	)
	if err != nil {
		return nil, err
	}
	if err := setKeyedBody(call, req.IdempotencyKey, req); err != nil {
		return nil, err
	}
	charge, answer, err := createOne(ctx, c, call, &cardCharges)
	if err != nil {
		return nil, err
	}
	charge.IdempotencyKey, charge.Replayed = call.IdempotencyKey, replayed(answer)
	return charge, c.echoed(call, answer, req.Amount, req.CurrencyCode, charge.OriginalAmount, charge.OriginalCurrency)
}

// GetCardCharge returns a card charge (GET /charge/card/{id}).
func (c *Client) GetCardCharge(ctx context.Context, id string) (*CardCharge, error) {
	return c.existingCard(ctx, &transport.Call{
		Op: "GetCardCharge", Method: http.MethodGet, Route: "/charge/card/{id}", Args: []string{id},
	})
}

// CancelCardCharge gives a card charge up, or a hold back (POST
// /charge/card/{id}/cancel). req.Amount must be 0. It is repeated when its answer
// is lost: what is canceled stays so.
func (c *Client) CancelCardCharge(ctx context.Context, id string, req HoldRequest) (*CardCharge, error) {
	call := &transport.Call{Op: "CancelCardCharge", Method: http.MethodPost, Route: "/charge/card/{id}/cancel", Args: []string{id}}
	if req.Amount != 0 {
		return nil, invalid(call.Op, "Amount", "has no meaning here")
	}
	return c.changeHold(ctx, call, req, transport.Keyed)
}

// CaptureCardCharge takes the amount of a hold (POST /charge/card/{id}/capture);
// req.Amount 0 takes all of it.
//
// The key is sent and not relied on, because lomi. documents it for new charges
// only: the call is sent once. After an unknown outcome GetCardCharge tells.
func (c *Client) CaptureCardCharge(ctx context.Context, id string, req HoldRequest) (*CardCharge, error) {
	call := &transport.Call{Op: "CaptureCardCharge", Method: http.MethodPost, Route: "/charge/card/{id}/capture", Args: []string{id}}
	if problem := amountProblem(req.Amount, false); problem != "" {
		return nil, invalid(call.Op, "Amount", problem)
	}
	return c.changeHold(ctx, call, req, transport.Write)
}

// IncrementCardCharge raises the amount of a hold (POST
// /charge/card/{id}/increment). req.Amount is required and sent as it is; lomi.
// does not print whether it is the new total or the difference, so try it in the
// sandbox. It is sent once, as CaptureCardCharge is.
func (c *Client) IncrementCardCharge(ctx context.Context, id string, req HoldRequest) (*CardCharge, error) {
	call := &transport.Call{Op: "IncrementCardCharge", Method: http.MethodPost, Route: "/charge/card/{id}/increment", Args: []string{id}}
	if problem := amountProblem(req.Amount, true); problem != "" {
		return nil, invalid(call.Op, "Amount", problem)
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
	charge, answer, err := doOne(ctx, c, call, &cardCharges, cardCharges.hasID, cardCharges.isAsked(call))
	if err != nil {
		return nil, err
	}
	charge.IdempotencyKey, charge.Replayed = call.IdempotencyKey, replayed(answer)
	return charge, nil
}

// echoed compares the amount and currency of an answer, where it has them, with
// what was asked for.
func (c *Client) echoed(call *transport.Call, a *transport.Answer, amount int64, currency guichet.Currency, gotAmount guichet.Number, gotCurrency guichet.Currency) error {
	minor, whole := gotAmount.Int64()
	if (gotAmount == "" || (whole && minor == amount)) && (gotCurrency == "" || gotCurrency == currency) {
		return nil
	}
	return c.t.Fail(call, a, guichet.ErrMismatch, "lomi. took another amount or currency than was asked for")
}

func mobileAmountProblem(francs int64) string {
	if francs < minMobileCharge {
		return "must be 100 at least"
	}
	return ""
}

func francProblem(c guichet.Currency) string {
	if c != guichet.XOF {
		return "must be XOF"
	}
	return ""
}
