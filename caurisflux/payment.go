package caurisflux

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"

	"github.com/guichetpay/guichet"
	strictjson "github.com/guichetpay/guichet/internal/oldjson"
	"github.com/guichetpay/guichet/internal/redact"
	"github.com/guichetpay/guichet/internal/request"
	"github.com/guichetpay/guichet/internal/transport"
)

// The two types of payment
// (https://docs.caurisflux.com/api-reference/payments/initiate).
const (
	TypeCheckout = "checkout" // a hosted page
	TypeDirect   = "direct"   // a prompt on the customer's phone
)

// InitiateRequest is what Initiate sends. Empty optional fields are left out.
type InitiateRequest struct {
	Type              string           // TypeCheckout or TypeDirect; required
	Amount            guichet.Number   // in major units, above 0: "5000" is 5,000 XOF; required
	Currency          guichet.Currency // empty: XOF
	ExternalReference string           // the merchant's reference; required

	Provider      string // operator code, such as "wave"; required for TypeDirect
	Country       string // alpha-2, such as "SN"; required for TypeDirect
	CustomerPhone string `redact:"true"` // E.164 with +, sent as it is; required for TypeDirect
	CustomerName  string `redact:"true"`
	CustomerEmail string `redact:"true"`
	Description   string

	CallbackURL string `redact:"true"` // where the webhooks of this payment go
	ReturnURL   string `redact:"true"` // where the customer goes after paying
	CancelURL   string `redact:"true"` // where the customer goes after giving up

	// Metadata is any JSON object. An exact number is a guichet.Number; a
	// json.Number would be sent as text.
	Metadata map[string]any `redact:"true"`

	// Extra holds members that CaurisFlux does not document, such as an
	// operator's one-time code. It cannot replace a field that is set.
	Extra map[string]any `json:"-" redact:"true"`

	// IdempotencyKey makes repeating the call safe for 24 hours; the reference is
	// advised. It is a header, at most 255 bytes. Empty: the call is sent once.
	IdempotencyKey string
}

// Format prints the request without personal data, URLs, Metadata and Extra.
func (r InitiateRequest) Format(s fmt.State, verb rune) { redact.Format(s, verb, r) }

// LogValue is what slog shows of the request: no personal data.
func (r InitiateRequest) LogValue() slog.Value { return redact.LogValue(r) }

// Payment is one payment as CaurisFlux reports it. CaurisFlux may leave out any
// field. Its printed forms (fmt, slog) leave out RedirectURL, DeepLinks and Raw.
type Payment struct {
	ID                string           // transactionId, else providerTransactionId
	ExternalReference string           // the merchant's reference; usually empty: the pages do not show it in answers
	Status            guichet.Status   // StatusUnknown for a word that is not known
	ProviderStatus    string           // verbatim, such as "success"
	Amount            guichet.Number   // in major units, as written; empty: not said
	Currency          guichet.Currency // empty: not said
	RedirectURL       string           `redact:"true"` // redirectUrl, else checkoutUrl, else paymentUrl; verbatim
	DeepLinks         json.RawMessage  `redact:"true"` // links into the operators' apps, of undocumented form
	CreatedAt         guichet.Timestamp
	ExpiresAt         guichet.Timestamp
	RateLimit         *RateLimit      // nil: not said, and always in a list
	Raw               json.RawMessage `json:"-" redact:"true"` // the object as it came, without its envelope
}

// Format prints the payment without its links.
func (p Payment) Format(s fmt.State, verb rune) { redact.Format(s, verb, p) }

// LogValue is what slog shows of the payment: no links.
func (p Payment) LogValue() slog.Value { return redact.LogValue(p) }

// Initiate creates a payment (POST /payments/initiate). Without an idempotency
// key it is sent once. A checkout whose answer has no URL is not an error here,
// and neither is an answer that names another amount.
//
// The errors are those of CreatePayment: ErrInvalidRequest naming the field
// before anything is sent, or as CaurisFlux refuses it; ErrDeclined for balance
// and limits; ErrUnknownOutcome beside ErrUnavailable and ErrBadResponse.
// (https://docs.caurisflux.com/api-reference/payments/initiate)
func (c *Client) Initiate(ctx context.Context, req InitiateRequest) (*Payment, error) {
	call, err := c.initiateCall("Initiate", req)
	if err != nil {
		return nil, err
	}
	payment, _, err := c.payment(ctx, call)
	return payment, err
}

// Status asks for one payment (GET /payments/status/{id}, as CaurisFlux's
// WooCommerce plug-in does). ErrBadResponse if the answer is about something else.
// One that names no transaction passes when it has a status and an amount, even
// one that says paid, which GetStatus refuses.
func (c *Client) Status(ctx context.Context, id string) (*Payment, error) {
	call, err := c.statusCall("Status", id)
	if err != nil {
		return nil, err
	}
	payment, _, err := c.payment(ctx, call)
	return payment, err
}

// ListRequest chooses one page of ListPayments.
type ListRequest struct {
	Page  int        // from 1 on; 0: not sent, which is the first
	Limit int        // payments per page, at most 100; 0: not sent, which is 20
	Query url.Values `redact:"true"` // anything else, such as filters, which are not documented
}

// Format prints the request without Query, which may hold a phone.
func (r ListRequest) Format(s fmt.State, verb rune) { redact.Format(s, verb, r) }

// LogValue is what slog shows of the request; see Format.
func (r ListRequest) LogValue() slog.Value { return redact.LogValue(r) }

// PaymentList is one page of payments. Its printed forms (fmt, slog) leave out what
// those of Payment do.
type PaymentList struct {
	Payments  []*Payment // never nil
	Meta      *Meta      // nil: not said
	RateLimit *RateLimit // nil: not said
}

// Format prints the page without the links of its payments.
func (l PaymentList) Format(s fmt.State, verb rune) { redact.Format(s, verb, l) }

// LogValue is what slog shows of the page: no links.
func (l PaymentList) LogValue() slog.Value { return redact.LogValue(l) }

// Meta says where a page stands in its list.
type Meta struct {
	Total      int64 // payments in all
	Page       int64
	Limit      int64 // payments per page
	TotalPages int64
}

// next is the number of the page after asked; "" if there is none.
func (l *PaymentList) next(asked int) string {
	if l.Meta == nil || len(l.Payments) == 0 {
		return ""
	}
	// A list that stays on one page must not look as if it went on.
	page := cmp.Or(l.Meta.Page, int64(asked), 1)
	if page < 1 || page >= l.Meta.TotalPages {
		return ""
	}
	return strconv.FormatInt(page+1, 10)
}

// ListPayments returns one page of payments (GET /payments, unless Config.ListPath
// says otherwise). No page of CaurisFlux's names the path, and ErrNotFound may mean
// that it is another.
func (c *Client) ListPayments(ctx context.Context, req ListRequest) (*PaymentList, error) {
	return c.list(ctx, "ListPayments", req)
}

// initiateCall checks and marshals a new payment.
func (c *Client) initiateCall(op string, req InitiateRequest) (*transport.Call, error) {
	if err := c.needKeys(op); err != nil {
		return nil, err
	}
	direct := req.Type == TypeDirect
	if !direct && req.Type != TypeCheckout {
		return nil, invalid(op, "Type", `must be "checkout" or "direct"`)
	}
	currency := cmp.Or(req.Currency, guichet.XOF)
	amount, amountFault := wireAmount(req.Amount, currency)
	err := firstFault(op, []fault{
		{"Amount", amountFault},
		{"ExternalReference", request.ID(req.ExternalReference)},
		{"Provider", check(req.Provider, direct, request.ID)},
		{"Country", check(req.Country, direct, request.Country)},
		{"CustomerPhone", check(req.CustomerPhone, direct, request.Phone)},
		{"CustomerName", request.Text(req.CustomerName)},
		{"CustomerEmail", request.Optional(req.CustomerEmail, request.ID)},
		{"Description", request.Text(req.Description)},
		{"CallbackURL", request.Optional(req.CallbackURL, request.URL)},
		{"ReturnURL", request.Optional(req.ReturnURL, request.URL)},
		{"CancelURL", request.Optional(req.CancelURL, request.URL)},
		{"IdempotencyKey", request.Optional(req.IdempotencyKey, request.ID)},
	})
	if err != nil {
		return nil, err
	}
	body, err := marshal(op, "Metadata or Extra", initiateWire{
		Type: req.Type, Provider: req.Provider, Amount: amount, Currency: currency, Country: req.Country,
		CustomerPhone: req.CustomerPhone, ExternalReference: req.ExternalReference,
		CustomerName: req.CustomerName, CustomerEmail: req.CustomerEmail, Description: req.Description,
		CallbackURL: req.CallbackURL, ReturnURL: req.ReturnURL, CancelURL: req.CancelURL,
		Metadata: req.Metadata, Extra: req.Extra,
	})
	if err != nil {
		return nil, err
	}
	call := &transport.Call{
		Op: op, Method: http.MethodPost, Route: "/payments/initiate",
		Body: body, Policy: transport.Write, Reference: req.ExternalReference,
		Sensitive: append(leaves(req.Extra), req.CustomerPhone, req.CustomerEmail, req.CustomerName, req.CallbackURL, req.ReturnURL, req.CancelURL),
	}
	if req.IdempotencyKey != "" {
		call.Policy, call.IdempotencyKey = transport.Keyed, req.IdempotencyKey
	}
	return call, nil
}

// wireAmount writes an amount as CaurisFlux's pages do: 5000, not 5000.00.
func wireAmount(n guichet.Number, currency guichet.Currency) (guichet.Number, string) {
	if _, known := currency.Exponent(); !known {
		return "", "the currency is not an ISO 4217 code with known decimals"
	}
	amount, exact := n.Major(currency)
	if !exact {
		return "", "must be a number of major units that the currency can hold exactly"
	}
	if amount.Minor <= 0 {
		return "", "must be above 0"
	}
	return trimZeros(amount.Decimal()), ""
}

// statusCall asks for a payment or a payout: they share the endpoint.
func (c *Client) statusCall(op, id string) (*transport.Call, error) {
	if err := c.needKeys(op); err != nil {
		return nil, err
	}
	return &transport.Call{Op: op, Method: http.MethodGet, Route: "/payments/status/{id}", Args: []string{id}}, nil
}

// payment does a call that is answered with one payment.
func (c *Client) payment(ctx context.Context, call *transport.Call) (*Payment, *transport.Answer, error) {
	var payment *Payment
	answer, err := c.object(ctx, call, func(object json.RawMessage) error {
		var w paymentWire
		if err := strictjson.Unmarshal(object, &w); err != nil {
			return err
		}
		if w.Type == typePayout {
			return errors.New("the answer is about a payout")
		}
		payment = w.payment(object)
		return w.subject().check(call)
	})
	if err != nil {
		return nil, answer, err
	}
	payment.RateLimit = rateLimit(answer.Header)
	return payment, answer, nil
}

func (c *Client) list(ctx context.Context, op string, req ListRequest) (*PaymentList, error) {
	if err := c.needKeys(op); err != nil {
		return nil, err
	}
	if req.Page < 0 {
		return nil, invalid(op, "Page", "must not be below 0")
	}
	if req.Limit < 0 || req.Limit > 100 {
		return nil, invalid(op, "Limit", "must be 0 to 100")
	}
	query, err := cloneQuery(op, req.Query, "page", "limit")
	if err != nil {
		return nil, err
	}
	if req.Page > 0 {
		query.Set("page", strconv.Itoa(req.Page))
	}
	if req.Limit > 0 {
		query.Set("limit", strconv.Itoa(req.Limit))
	}
	var list *PaymentList
	call := &transport.Call{Op: op, Method: http.MethodGet, Route: c.listPath, Query: query, Sensitive: queryValues(req.Query)}
	call.Decode = func(a *transport.Answer) (err error) {
		list, err = parseList(a)
		return err
	}
	answer, err := c.t.Do(ctx, call)
	if e := new(guichet.Error); errors.As(err, &e) && e.Kind == guichet.ErrNotFound {
		e.Message = "the list path " + c.listPath + " is not confirmed by CaurisFlux's pages, see Config.ListPath: " + e.Message
	}
	if err != nil {
		return nil, err
	}
	list.RateLimit = rateLimit(answer.Header)
	return list, nil
}
