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

// MobileCharge is a charge of a Wave or MTN wallet. [Client.GetTransaction] with its
// TransactionID says how it ended.
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
// It carries an idempotency key, so it is repeated when its answer is lost; the key is
// on the result and on the error. [guichet.ErrMismatch] beside a charge means that Wave
// asks for another amount or currency, [guichet.ErrBadResponse] that the charge exists
// and the customer cannot be sent anywhere.
func (c *Client) ChargeWave(ctx context.Context, req WaveChargeRequest) (*MobileCharge, error) {
	call := &transport.Call{Op: "ChargeWave", Route: "/charge/wave"}
	err := c.check(call.Op,
		request.Field{Name: "Amount", Problem: mobileAmountProblem(req.Amount)},
		request.Field{Name: "Currency", Problem: francProblem(req.Currency)},
		request.Field{Name: "Customer.Name", Problem: nameProblem(req.Customer.Name)},
		request.Field{Name: "Customer.Phone", Problem: request.Phone(req.Customer.Phone)},
		request.Field{Name: "Customer.Email", Problem: request.Optional(req.Customer.Email, request.ID)},
		request.Field{Name: "SuccessURL", Problem: request.Optional(req.SuccessURL, request.URL)},
		request.Field{Name: "ErrorURL", Problem: request.Optional(req.ErrorURL, request.URL)},
		request.Field{Name: "ApplicationFeeAmount", Problem: amountProblem(req.ApplicationFeeAmount, false)},
		transferProblem(req.TransferData),
		request.Field{Name: "TransferGroup", Problem: transferGroupProblem(req.TransferGroup)},
		request.Field{Name: "Scenario", Problem: headerProblem(string(req.Scenario))},
	)
	if err != nil {
		return nil, err
	}
	return c.chargeMobile(ctx, call, req, req.Customer, req.Scenario, req.IdempotencyKey, func(charge *MobileCharge, answer layers) error {
		if charge.WaveSession != nil { // what the customer is about to be asked for
			if err := c.echoed(call, answer, req.Amount, req.Currency, charge.WaveSession.Amount, charge.WaveSession.Currency); err != nil {
				return err
			}
		}
		if charge.RedirectURL == "" && !charge.Status.Final() {
			return c.besides(call, answer, guichet.ErrBadResponse, strictjson.Sentence("the answer", errNoURL))
		}
		return nil
	})
}

// ChargeMTN charges an MTN wallet (POST /charge/mtn). The customer confirms on
// the phone: the charge is pending until then.
//
// It carries an idempotency key, so it is repeated when its answer is lost; the
// key is on the result and on the error.
func (c *Client) ChargeMTN(ctx context.Context, req MTNChargeRequest) (*MobileCharge, error) {
	call := &transport.Call{Op: "ChargeMTN", Route: "/charge/mtn"}
	err := c.check(call.Op,
		request.Field{Name: "Amount", Problem: mobileAmountProblem(req.Amount)},
		request.Field{Name: "Currency", Problem: francProblem(req.Currency)},
		request.Field{Name: "Customer.Name", Problem: nameProblem(req.Customer.Name)},
		request.Field{Name: "Customer.Phone", Problem: request.Phone(req.Customer.Phone)},
		request.Field{Name: "Customer.Email", Problem: request.Optional(req.Customer.Email, request.ID)},
		request.Field{Name: "CountryCode", Problem: request.Optional(req.CountryCode, request.Country)},
		request.Field{Name: "SuccessURL", Problem: request.Optional(req.SuccessURL, request.URL)},
		request.Field{Name: "ErrorURL", Problem: request.Optional(req.ErrorURL, request.URL)},
		request.Field{Name: "Quantity", Problem: amountProblem(req.Quantity, false)},
		request.Field{Name: "ApplicationFeeAmount", Problem: amountProblem(req.ApplicationFeeAmount, false)},
		transferProblem(req.TransferData),
		request.Field{Name: "TransferGroup", Problem: transferGroupProblem(req.TransferGroup)},
		request.Field{Name: "Scenario", Problem: headerProblem(string(req.Scenario))},
	)
	if err != nil {
		return nil, err
	}
	return c.chargeMobile(ctx, call, req, req.Customer, req.Scenario, req.IdempotencyKey)
}

func (c *Client) chargeMobile(ctx context.Context, call *transport.Call, req any, customer ChargeCustomer, scenario Scenario, key string, conditions ...condition[MobileCharge]) (*MobileCharge, error) {
	if err := setKeyedBody(call, key, req); err != nil {
		return nil, err
	}
	if scenario != "" {
		call.Header = http.Header{"X-Scenario-Key": {string(scenario)}}
	}
	call.Method, call.Sensitive = http.MethodPost, []string{customer.Phone, customer.Email, customer.Name}
	return createOne(ctx, c, call, &mobileCharges, append([]condition[MobileCharge]{c.readRedirect}, conditions...)...)
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
