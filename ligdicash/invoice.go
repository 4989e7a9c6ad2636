package ligdicash

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/e164"
	strictjson "github.com/guichetpay/guichet/internal/oldjson"
	"github.com/guichetpay/guichet/internal/redact"
	"github.com/guichetpay/guichet/internal/request"
	"github.com/guichetpay/guichet/internal/transport"
)

// PayinRequest is what CreateInvoice, CreateDirect and CreateWalletPayin take.
// The store comes from Config and the currency is XOF.
type PayinRequest struct {
	TransactionID string // the merchant's reference, in custom_data; empty: none, and then no answer names one
	Amount        int64  // what is charged, in whole francs, above 0; required. It is not compared with Items
	Items         []Item // shown to the customer; nil: none
	Description   string // shown to the customer

	// Phone is the customer's number, E.164 with +. CreateDirect and
	// CreateWalletPayin require it. On a hosted page it narrows the operators
	// that are shown; empty shows all of them.
	Phone     string `redact:"true"`
	FirstName string `redact:"true"`
	LastName  string `redact:"true"`
	Email     string `redact:"true"`

	// OTP is the customer's one-time code: required by CreateWalletPayin, and by
	// CreateDirect where the operator's mode is ModeUSSDOTP; refused by
	// CreateInvoice.
	OTP string `json:"-" redact:"true"`

	ReturnURL   string // where the customer returns after paying; proves nothing
	CancelURL   string // where the customer returns otherwise
	CallbackURL string // where LigdiCash announces changes: public, and without any secret in it

	CustomData map[string]string `redact:"true"` // further keys; "transaction_id", "hash" and "logfile" are taken
}

// Item is one line of an invoice, in whole francs.
type Item struct {
	Name        string // required
	Description string
	Quantity    int64 // above 0
	UnitPrice   int64 // 0 or above
	TotalPrice  int64 // 0: Quantity times UnitPrice
}

// Format prints the request without personal data or one-time code.
func (r PayinRequest) Format(s fmt.State, verb rune) { redact.Format(s, verb, r) }

// LogValue is what slog shows of the request: no personal data.
func (r PayinRequest) LogValue() slog.Value { return redact.LogValue(r) }

// Envelope is what every answer of LigdiCash has in common.
type Envelope struct {
	ResponseCode string // "00": the call was accepted, which is not a payment
	SubCode      string // the NN of "Echec (CodeNN)", such as "04" or "03a"; never show it to a customer
	ResponseText string `redact:"true"` // verbatim; after a create it may be the page to send the customer to
	Description  string `redact:"true"` // for people; may name the customer
	Details      string `redact:"true"` // response_text_details: seen with real failures
	Wiki         string // the address of LigdiCash's page about the sub-codes of this endpoint
}

// Format prints the envelope without its texts, of which one may be a payment page.
func (e Envelope) Format(s fmt.State, verb rune) { redact.Format(s, verb, e) }

// LogValue is what slog shows of the envelope; see Format.
func (e Envelope) LogValue() slog.Value { return redact.LogValue(e) }

// Payin is a payment that LigdiCash accepted to ask for. Nobody has paid yet.
type Payin struct {
	Envelope
	Token       string          `redact:"true"` // what ConfirmPayin takes: store it, 1,024 characters or more wide
	CheckoutURL string          `redact:"true"` // send the customer there, in a tab, popup or WebView: it refuses frames; empty: nothing to open
	CustomData  CustomData      // usually empty
	Raw         json.RawMessage `json:"-" redact:"true"` // the answer as it came
}

// Format prints the payment without token or page.
func (p Payin) Format(s fmt.State, verb rune) { redact.Format(s, verb, p) }

// LogValue is what slog shows of the payment: neither token nor page.
func (p Payin) LogValue() slog.Value { return redact.LogValue(p) }

// PayinStatus is the state of a payment.
type PayinStatus struct {
	Envelope
	Status         guichet.Status   // StatusUnknown for a word that is not known
	ProviderStatus string           // verbatim: "completed", "pending", "notcompleted"
	Amount         guichet.Number   // whole francs, as written; empty: not said
	Currency       guichet.Currency // XOF unless the answer says otherwise

	OperatorID        string            // "11"; empty while pending. See OperatorByID
	OperatorName      string            // "ORANGE BURKINA"; prefixed LIGDICASH for the wallet
	OperatorReference string            // oreference
	Customer          string            `redact:"true"` // the payer's number, digits only; empty while pending
	CustomerDetails   CustomerDetails   // what LigdiCash knows of the payer
	Date              guichet.Timestamp // of the payment; zero: not said
	RequestID         string            // LigdiCash's own reference, such as "P2777636082026"
	Token             string            `redact:"true"` // may be empty, and may differ from the one asked with: keep using that one
	TransactionID     string            // a member of older answers; the reference is in CustomData

	// ExternalID joins the values of all custom keys that contain "id", such as
	// "A;B". It is not the reference, and as private as they are: "paid_by" is such
	// a key.
	ExternalID string `redact:"true"`
	CustomData CustomData
	Raw        json.RawMessage `json:"-" redact:"true"` // the answer as it came
}

// OrderID returns what was sent as PayinRequest.TransactionID; empty: the answer
// does not say.
func (s *PayinStatus) OrderID() string { return s.CustomData.Get(transactionID) }

// Format prints the state without token or personal data.
func (s PayinStatus) Format(f fmt.State, verb rune) { redact.Format(f, verb, s) }

// LogValue is what slog shows of the state: neither token nor personal data.
func (s PayinStatus) LogValue() slog.Value { return redact.LogValue(s) }

// CustomerDetails is the payer as LigdiCash knows them; every field may be empty.
type CustomerDetails struct {
	FirstName string `redact:"true"`
	LastName  string `redact:"true"`
	Email     string `redact:"true"`
	Phone     string `redact:"true"`
	Details   string `redact:"true"`
}

// Format prints the customer without personal data.
func (c CustomerDetails) Format(s fmt.State, verb rune) { redact.Format(s, verb, c) }

// LogValue is what slog shows of the customer: no personal data.
func (c CustomerDetails) LogValue() slog.Value { return redact.LogValue(c) }

// CreateInvoice makes a hosted page (POST
// /pay/v01/redirect/checkout-invoice/create). It is sent once. An answer without
// a page to send the customer to is returned together with ErrBadResponse. For
// the other errors see the package comment.
func (c *Client) CreateInvoice(ctx context.Context, req PayinRequest) (*Payin, error) {
	call, err := c.payinCall("CreateInvoice", hosted, req)
	if err != nil {
		return nil, err
	}
	payin, answer, err := c.createPayin(ctx, call)
	if err == nil && payin.CheckoutURL == "" {
		err = c.t.Fail(call, answer, guichet.ErrBadResponse, "the answer has no usable checkout URL")
	}
	return payin, err
}

// CreateDirect asks the customer's operator for the money now (POST
// /pay/v01/straight/checkout-invoice/create): what happens next depends on the
// operator's mode, see Operators. It is sent once, and must not be repeated
// after an unknown outcome: the customer may approve both.
func (c *Client) CreateDirect(ctx context.Context, req PayinRequest) (*Payin, error) {
	call, err := c.payinCall("CreateDirect", direct, req)
	if err != nil {
		return nil, err
	}
	payin, _, err := c.createPayin(ctx, call)
	return payin, err
}

// ConfirmPayin asks for the state of a payment (GET
// /pay/v01/redirect/checkout-invoice/confirm/), whichever method created it.
// LigdiCash wants 3 seconds between two questions about one token. A token that
// it does not know is ErrNotFound.
func (c *Client) ConfirmPayin(ctx context.Context, token string) (*PayinStatus, error) {
	return c.confirmPayin(ctx, "ConfirmPayin", token)
}

// payinKind is one of the three endpoints that take the same body.
type payinKind struct {
	route     string
	needPhone bool
	takesOTP  bool
	needOTP   bool
}

var (
	hosted = &payinKind{route: "/pay/v01/redirect/checkout-invoice/create"}
	direct = &payinKind{route: "/pay/v01/straight/checkout-invoice/create", needPhone: true, takesOTP: true}
)

// payinCall checks and marshals a new payment.
func (c *Client) payinCall(op string, kind *payinKind, req PayinRequest) (*transport.Call, error) {
	custom, err := c.customData(op, req.TransactionID, req.CustomData)
	if err != nil {
		return nil, err
	}
	faults := []request.Setting{
		{Field: "Amount", Fault: amountFault(req.Amount)},
		{Field: "Description", Fault: request.Text(req.Description)},
		{Field: "Phone", Fault: unless(req.Phone == "" && !kind.needPhone, request.Phone(req.Phone))},
		{Field: "FirstName", Fault: request.Text(req.FirstName)},
		{Field: "LastName", Fault: request.Text(req.LastName)},
		{Field: "Email", Fault: request.Optional(req.Email, request.ID)},
		{Field: "OTP", Fault: unless(req.OTP == "" && !kind.needOTP, request.ID(req.OTP))},
		{Field: "OTP", Fault: unless(req.OTP == "" || kind.takesOTP, "a hosted page asks for the one-time code itself")},
		{Field: "ReturnURL", Fault: request.Optional(req.ReturnURL, request.URL)},
		{Field: "CancelURL", Fault: request.Optional(req.CancelURL, request.URL)},
		{Field: "CallbackURL", Fault: request.Optional(req.CallbackURL, request.URL)},
	}
	items := make([]itemWire, len(req.Items))
	for i, item := range req.Items {
		var fault string
		items[i], fault = item.wire()
		faults = append(faults, request.Setting{Field: fmt.Sprintf("Items[%d]", i), Fault: fault})
	}
	if err := c.firstFault(op, faults); err != nil {
		return nil, err
	}
	body, err := strictjson.Marshal(commandeWire[payinWire]{payinWire{
		Invoice: invoiceWire{
			Items: items, TotalAmount: req.Amount, Devise: string(guichet.XOF), Description: req.Description,
			Customer: e164.Digits(req.Phone), FirstName: req.FirstName, LastName: req.LastName, Email: req.Email,
			OTP: req.OTP,
		},
		Store:      c.store,
		Actions:    actionsWire{CancelURL: req.CancelURL, ReturnURL: req.ReturnURL, CallbackURL: req.CallbackURL},
		CustomData: custom,
	}})
	if err != nil {
		return nil, c.t.Invalid(op, "PayinRequest", "is not valid UTF-8")
	}
	return &transport.Call{
		Op: op, Method: http.MethodPost, Route: kind.route,
		Body: body, Policy: transport.Write, Reference: req.TransactionID,
		Sensitive: []string{req.Phone, req.Email, req.OTP, req.FirstName, req.LastName},
	}, nil
}

// customData builds the object that carries the reference.
func (c *Client) customData(op, orderID string, more map[string]string) (map[string]string, error) {
	data := make(map[string]string, 1+len(more))
	if orderID != "" {
		if fault := request.ID(orderID); fault != "" {
			return nil, c.t.Invalid(op, "TransactionID", fault)
		}
		data[transactionID] = orderID
	}
	field := "CustomData"
	if op == "CreatePayment" {
		field = "Metadata"
	}
	folded := make(map[string]bool, len(more))
	for key, value := range more {
		fault := request.ID(key)
		if fault == "" {
			fault = request.Text(value)
		}
		// Two keys that differ by case alone would make the plain-object shape
		// of every answer about this payment unreadable.
		same := strings.ToLower(strings.ToUpper(key))
		if slices.Contains(reservedKeys, same) || folded[same] {
			fault = "a key is reserved, or there twice in another case"
		}
		if fault != "" {
			return nil, c.t.Invalid(op, field, fault)
		}
		folded[same] = true
		data[key] = value
	}
	return data, nil
}

// wire checks an item and fills in its total.
func (i Item) wire() (w itemWire, fault string) {
	w = itemWire(i)
	switch {
	case request.ID(i.Name) != "":
		return w, "Name " + request.ID(i.Name)
	case request.Text(i.Description) != "":
		return w, "Description " + request.Text(i.Description)
	case i.Quantity <= 0:
		return w, "Quantity must be above 0"
	case i.UnitPrice < 0 || i.TotalPrice < 0:
		return w, "prices must not be below 0"
	case i.UnitPrice > math.MaxInt64/i.Quantity:
		return w, "the total is too large"
	}
	if w.TotalPrice == 0 {
		w.TotalPrice = i.Quantity * i.UnitPrice
	}
	return w, ""
}

// createPayin does a call that is answered with a new token.
func (c *Client) createPayin(ctx context.Context, call *transport.Call) (*Payin, *transport.Answer, error) {
	w, answer, err := c.create(ctx, call, payinCodes)
	if err != nil {
		return nil, answer, err
	}
	return &Payin{
		Envelope: w.envelope(), Token: string(w.Token), CheckoutURL: c.t.CheckoutURL(string(w.ResponseText)),
		CustomData: w.customData(), Raw: withoutBOM(answer.Body),
	}, answer, nil
}

// create does a call whose success is response_code 00 and a token. Anything
// else is a refusal by its code, or an answer that leaves open what happened.
func (c *Client) create(ctx context.Context, call *transport.Call, codes subCodes) (*envelopeWire, *transport.Answer, error) {
	var w envelopeWire
	call.Decode = func(a *transport.Answer) error {
		if err := decode(a.Body, &w); err != nil {
			return err
		}
		// Whoever holds the token can look at the payment: no error shows it.
		call.Sensitive = append(call.Sensitive, string(w.Token))
		switch {
		case w.ResponseCode == "":
			return errNoResponseCode
		case w.ResponseCode != accepted || tokenFault(string(w.Token)) != "":
			return codes.refuse(&w, a)
		}
		// The customer would pay somebody else's order on the page, or the money
		// of another payout would be followed.
		if of := w.customData().Get(transactionID); of != "" && call.Reference != "" && of != call.Reference {
			return errOtherOrder
		}
		return nil
	}
	call.Refusal = func(a *transport.Answer) *guichet.Error {
		var w envelopeWire
		if decode(a.Body, &w) == nil {
			call.Sensitive = append(call.Sensitive, string(w.Token))
		}
		return codes.refusal(a)
	}
	answer, err := c.t.Do(ctx, call)
	return &w, answer, err
}

func (c *Client) confirmPayin(ctx context.Context, op, token string) (*PayinStatus, error) {
	route, parameter := "/pay/v01/redirect/checkout-invoice/confirm/", "invoiceToken"
	if c.confirmByToken {
		route, parameter = "/pay/v01/redirect/checkout-invoice/confirm", "token"
	}
	w, raw, err := c.confirm(ctx, op, route, parameter, token)
	if err != nil {
		return nil, err
	}
	return &PayinStatus{
		Envelope: w.Envelope.envelope(), Status: w.status(), ProviderStatus: string(w.Status),
		Amount: w.amount(), Currency: w.currency(), OperatorID: string(w.OperatorID), OperatorName: string(w.OperatorName),
		OperatorReference: string(w.Reference), Customer: string(w.Customer), CustomerDetails: CustomerDetails(w.CustomerDetails),
		Date: w.Date, RequestID: string(w.RequestID), Token: string(w.Envelope.Token),
		TransactionID: string(w.TransactionID), ExternalID: string(w.ExternalID),
		CustomData: w.Envelope.customData(), Raw: raw,
	}, nil
}

// confirm asks for the state behind a token.
func (c *Client) confirm(ctx context.Context, op, route, parameter, token string) (*statusWire, json.RawMessage, error) {
	if fault := tokenFault(token); fault != "" {
		return nil, nil, c.t.Invalid(op, "token", fault)
	}
	var w *statusWire
	call := &transport.Call{
		Op: op, Method: http.MethodGet, Route: route, Query: url.Values{parameter: {token}},
		Sensitive: []string{token},
		Refusal:   confirmCodes.refusal,
		Decode: func(a *transport.Answer) (err error) {
			w, err = confirmCodes.readStatus(a)
			return err
		},
	}
	answer, err := c.t.Do(ctx, call)
	if err != nil && answer != nil && saysFailed(answer.Status) {
		if failed, readErr := confirmCodes.readStatus(answer); readErr == nil && failed.status() == guichet.StatusFailed {
			w, err = failed, nil
		}
	}
	if err != nil {
		return nil, nil, err
	}
	return w, withoutBOM(answer.Body), nil
}

const maxToken = 4096

// tokenFault says why s cannot be a token. It travels in the query, escaped.
func tokenFault(s string) string {
	switch {
	case s == "":
		return "must not be empty"
	case s == "." || s == "..":
		return "must not be a path step"
	case len(s) > maxToken:
		return "is too long"
	case !utf8.ValidString(s):
		return "is not valid UTF-8"
	case strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) }):
		return "must not hold blanks or control characters"
	}
	return ""
}

func amountFault(francs int64) string { return unless(francs > 0, "must be above 0 francs") }

// unless returns the fault of a field that is not fine.
func unless(fine bool, fault string) string {
	if fine {
		return ""
	}
	return fault
}

func (c *Client) firstFault(op string, faults []request.Setting) error {
	for _, f := range faults {
		if f.Fault != "" {
			return c.t.Invalid(op, f.Field, f.Fault)
		}
	}
	return nil
}
