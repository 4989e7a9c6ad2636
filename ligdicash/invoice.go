package ligdicash

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math"
	"net/http"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/redact"
	"github.com/guichetpay/guichet/internal/request"
	"github.com/guichetpay/guichet/internal/strictjson"
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

	CustomData map[string]string `redact:"true"` // further keys, 900 at most; "transaction_id", "hash" and "logfile" are taken
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
	Token       string          `redact:"true"` // what [Client.PayinStatus] takes: store it, 1,024 characters or more wide
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
	TransactionID     string            // a member of older answers; the reference where CustomData has none

	// ExternalID joins the values of all custom keys that contain "id", such as
	// "A;B". It is not the reference, and as private as they are: "paid_by" is such
	// a key.
	ExternalID string `redact:"true"`
	CustomData CustomData
	Raw        json.RawMessage `json:"-" redact:"true"` // the answer as it came
}

// OrderID returns what was sent as PayinRequest.TransactionID: CustomData's
// transaction_id, else the member TransactionID; empty: the answer does not say.
func (s *PayinStatus) OrderID() string {
	return cmp.Or(s.CustomData.Get(transactionID), s.TransactionID)
}

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
	return c.createPayin(ctx, hosted, call)
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
	return c.createPayin(ctx, direct, call)
}

// PayinStatus asks for the state of a payment (GET
// /pay/v01/redirect/checkout-invoice/confirm/), whichever method created it. It moves
// no money, although LigdiCash calls the endpoint confirm. LigdiCash wants 3 seconds
// between two questions about one token. A token that it does not know is ErrNotFound.
func (c *Client) PayinStatus(ctx context.Context, token string) (*PayinStatus, error) {
	state, err := c.payinState(ctx, "PayinStatus", token, true)
	if err != nil {
		return nil, err
	}
	more := state.details
	return &PayinStatus{
		Envelope: state.envelope, Status: state.status(), ProviderStatus: state.Status,
		Amount: state.amount(), Currency: state.Currency,
		OperatorID: string(more.OperatorID), OperatorName: string(more.OperatorName),
		OperatorReference: string(more.OperatorReference), Customer: string(more.Customer), CustomerDetails: more.payer,
		Date: state.Date, RequestID: string(more.RequestID), Token: string(more.Token),
		TransactionID: string(state.TransactionID), ExternalID: string(more.ExternalID),
		CustomData: state.custom, Raw: state.raw,
	}, nil
}

// payinKind is one of the three endpoints that take the same body.
type payinKind struct {
	route     string
	needPhone bool
	takesOTP  bool
	needOTP   bool
	needPage  bool // the customer pays on a page, which the answer must name
}

var (
	hosted = &payinKind{route: "/pay/v01/redirect/checkout-invoice/create", needPage: true}
	direct = &payinKind{route: "/pay/v01/straight/checkout-invoice/create", needPhone: true, takesOTP: true}
)

// payinCall checks and marshals a new payment.
func (c *Client) payinCall(op string, kind *payinKind, req PayinRequest) (*transport.Call, error) {
	if err := c.ready(op); err != nil {
		return nil, err
	}
	custom, err := c.customData(op, req.TransactionID, req.CustomData)
	if err != nil {
		return nil, err
	}
	fields := []request.Field{
		{Name: "Amount", Problem: amountProblem(req.Amount)},
		{Name: "Description", Problem: request.Text(req.Description)},
		{Name: "Phone", Problem: unless(req.Phone == "" && !kind.needPhone, request.Phone(req.Phone))},
		{Name: "FirstName", Problem: request.Text(req.FirstName)},
		{Name: "LastName", Problem: request.Text(req.LastName)},
		{Name: "Email", Problem: request.Optional(req.Email, request.ID)},
		{Name: "OTP", Problem: unless(req.OTP == "" && !kind.needOTP, request.ID(req.OTP))},
		{Name: "OTP", Problem: unless(req.OTP == "" || kind.takesOTP, "a hosted page asks for the one-time code itself")},
		{Name: "ReturnURL", Problem: request.Optional(req.ReturnURL, request.URL)},
		{Name: "CancelURL", Problem: request.Optional(req.CancelURL, request.URL)},
		{Name: "CallbackURL", Problem: request.Optional(req.CallbackURL, request.URL)},
	}
	items := make([]itemWire, len(req.Items))
	for i, item := range req.Items {
		var problem string
		items[i], problem = item.wire()
		fields = append(fields, request.Field{Name: fmt.Sprintf("Items[%d]", i), Problem: problem})
	}
	if err := c.check(op, fields); err != nil {
		return nil, err
	}
	body, err := strictjson.Marshal(commandeWire[payinWire]{payinWire{
		Invoice: invoiceWire{
			Items: items, TotalAmount: req.Amount, Devise: string(guichet.XOF), Description: req.Description,
			Customer: request.PhoneDigits(req.Phone), FirstName: req.FirstName, LastName: req.LastName, Email: req.Email,
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
		Body: body, Reference: req.TransactionID,
		Sensitive: []string{req.Phone, req.Email, req.OTP, req.FirstName, req.LastName},
	}, nil
}

// wire checks an item and fills in its total.
func (i Item) wire() (w itemWire, problem string) {
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

// createPayin does a call that is answered with a new token; see Client.create.
func (c *Client) createPayin(ctx context.Context, kind *payinKind, call *transport.Call) (*Payin, error) {
	made, err := c.create(ctx, call, payinCodes, kind)
	if made == nil {
		return nil, err
	}
	return &Payin{
		Envelope: made.envelope.exported(), Token: made.Token, CheckoutURL: made.checkoutURL,
		CustomData: made.custom, Raw: made.raw,
	}, err
}

func (c *Client) payinState(ctx context.Context, op, token string, native bool) (*confirmation, error) {
	if err := c.ready(op); err != nil {
		return nil, err
	}
	route, parameter := "/pay/v01/redirect/checkout-invoice/confirm/", "invoiceToken"
	if c.statusByToken {
		route, parameter = "/pay/v01/redirect/checkout-invoice/confirm", "token"
	}
	return c.state(ctx, op, route, parameter, token, native)
}
