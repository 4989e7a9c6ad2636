package caurisflux

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"

	"github.com/guichetpay/guichet"
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

// InitiateRequest is what [Client.Initiate] sends. Empty optional fields are left out.
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

	// Metadata is any JSON object. An exact number is a guichet.Number or a
	// json.Number.
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
// The errors are those of [Client.CreatePayment]: ErrInvalidRequest naming the field
// before anything is sent, or as CaurisFlux refuses it; ErrDeclined for balance
// and limits; ErrUnknownOutcome beside ErrUnavailable and ErrBadResponse.
// (https://docs.caurisflux.com/api-reference/payments/initiate)
func (c *Client) Initiate(ctx context.Context, req InitiateRequest) (*Payment, error) {
	call, err := c.initiateCall("Initiate", req)
	if err != nil {
		return nil, err
	}
	return c.payment(ctx, call)
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
	return c.payment(ctx, call)
}

// ListRequest chooses one page of [Client.ListPayments], or the first of [Client.AllPayments].
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
	Payments  []*Payment // those received: payouts and refunds are left out; never nil
	Meta      *Meta      // nil: not said
	Skipped   int        // payments left out because they could not be read
	RateLimit *RateLimit // nil: not said
}

// Format prints the page without the links of its payments.
func (l PaymentList) Format(s fmt.State, verb rune) { redact.Format(s, verb, l) }

// LogValue is what slog shows of the page: no links.
func (l PaymentList) LogValue() slog.Value { return redact.LogValue(l) }

// Meta says where a page stands in its list. A figure that is not said is 0.
type Meta struct {
	Total      int64 // payments in all, payouts included if CaurisFlux lists them
	Page       int64
	Limit      int64 // payments per page
	TotalPages int64
}

// ListPayments returns one page of payments (GET /payments, unless Config.ListPath
// says otherwise). No page of CaurisFlux's names the path, and ErrNotFound may mean
// that it is another.
//
// Where a payment cannot be read, the others come back beside ErrBadResponse, and
// Skipped counts what is left out. Do not conclude that a payment is missing while
// Skipped is above 0. [Client.AllPayments] walks all pages.
func (c *Client) ListPayments(ctx context.Context, req ListRequest) (*PaymentList, error) {
	var list *PaymentList
	err := c.list(ctx, "ListPayments", req, func(a *transport.Answer) error {
		page, err := readList(a, (*paymentAnswer).native)
		if page != nil {
			list = &PaymentList{Payments: page.all(), Meta: page.meta.native(), Skipped: page.Skipped, RateLimit: rateLimit(a.Header)}
		}
		return err
	})
	return list, err
}

// AllPayments walks every payment from req.Page on, fetching page after page, as
// [guichet.All] does: an error is yielded once, with a nil payment, and ends the walk. Rows
// that cannot be read do not end it: the others are yielded, and one ErrBadResponse comes at
// the end. Until that is known not to come, do not conclude that a payment is missing.
func (c *Client) AllPayments(ctx context.Context, req ListRequest) iter.Seq2[*Payment, error] {
	const op = "AllPayments"
	return func(yield func(*Payment, error) bool) {
		if err := c.needKeys(op); err != nil {
			yield(nil, err)
			return
		}
		pages := &nativePages{client: c, op: op, req: req, native: map[*guichet.Payment]*Payment{}}
		for payment, err := range guichet.All(ctx, pages, guichet.ListParams{}) {
			if e := new(guichet.Error); errors.As(err, &e) {
				e.Provider, e.Op = provider, op
			}
			if !yield(pages.native[payment], err) {
				return
			}
		}
	}
}

// nativePages gives guichet.All the ids of the native payments, so that it walks them and
// ends the walk where a list has no end.
type nativePages struct {
	guichet.Client // nil: only List is called
	client         *Client
	op             string
	req            ListRequest
	native         map[*guichet.Payment]*Payment // of the page that was read last
}

func (n *nativePages) List(ctx context.Context, params guichet.ListParams) (page *guichet.Page, err error) {
	asked := n.req
	if params.Cursor != "" {
		if asked.Page, err = strconv.Atoi(params.Cursor); err != nil {
			return nil, invalid(n.op, "Page", "is too large")
		}
	}
	err = n.client.list(ctx, n.op, asked, func(a *transport.Answer) error {
		read, err := readList(a, (*paymentAnswer).native)
		if read == nil {
			return err
		}
		next, problem := read.next(asked)
		if problem != nil {
			return problem
		}
		clear(n.native)
		page = &guichet.Page{Next: next, Skipped: read.Skipped}
		for _, payment := range read.Items {
			listed := &guichet.Payment{ID: payment.ID}
			n.native[listed] = payment
			page.Payments = append(page.Payments, listed)
		}
		return err
	})
	return page, err
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
	amount, amountProblem := wireAmount(req.Amount, currency)
	err := request.Check(provider, op,
		request.Field{Name: "Amount", Problem: amountProblem},
		request.Field{Name: "ExternalReference", Problem: request.ID(req.ExternalReference)},
		request.Field{Name: "Provider", Problem: check(req.Provider, direct, request.ID)},
		request.Field{Name: "Country", Problem: check(req.Country, direct, request.Country)},
		request.Field{Name: "CustomerPhone", Problem: check(req.CustomerPhone, direct, request.Phone)},
		request.Field{Name: "CustomerName", Problem: request.Text(req.CustomerName)},
		request.Field{Name: "CustomerEmail", Problem: request.Optional(req.CustomerEmail, request.ID)},
		request.Field{Name: "Description", Problem: request.Text(req.Description)},
		request.Field{Name: "CallbackURL", Problem: request.Optional(req.CallbackURL, request.URL)},
		request.Field{Name: "ReturnURL", Problem: request.Optional(req.ReturnURL, request.URL)},
		request.Field{Name: "CancelURL", Problem: request.Optional(req.CancelURL, request.URL)},
		request.Field{Name: "IdempotencyKey", Problem: request.Optional(req.IdempotencyKey, request.ID)},
	)
	if err != nil {
		return nil, err
	}
	body := initiateBody{
		Type: req.Type, Provider: req.Provider, Amount: amount, Currency: currency, Country: req.Country,
		CustomerPhone: req.CustomerPhone, ExternalReference: req.ExternalReference,
		CustomerName: req.CustomerName, CustomerEmail: req.CustomerEmail, Description: req.Description,
		CallbackURL: req.CallbackURL, ReturnURL: req.ReturnURL, CancelURL: req.CancelURL,
		Metadata: req.Metadata,
	}
	return body.call(op, req.Extra, req.IdempotencyKey)
}

// statusCall asks for a payment or a payout: they share the endpoint.
func (c *Client) statusCall(op, id string) (*transport.Call, error) {
	if err := c.needKeys(op); err != nil {
		return nil, err
	}
	return &transport.Call{Op: op, Method: http.MethodGet, Route: "/payments/status/{id}", Args: []string{id}}, nil
}

// list does a call for one page. Its answer is read by read.
func (c *Client) list(ctx context.Context, op string, req ListRequest, read func(*transport.Answer) error) error {
	if err := c.needKeys(op); err != nil {
		return err
	}
	if req.Page < 0 {
		return invalid(op, "Page", "must not be below 0")
	}
	if req.Limit < 0 || req.Limit > 100 {
		return invalid(op, "Limit", "must be 0 to 100")
	}
	query, err := cloneQuery(op, req.Query, "page", "limit")
	if err != nil {
		return err
	}
	if req.Page > 0 {
		query.Set("page", strconv.Itoa(req.Page))
	}
	if req.Limit > 0 {
		query.Set("limit", strconv.Itoa(req.Limit))
	}
	_, err = c.t.Do(ctx, &transport.Call{
		Op: op, Method: http.MethodGet, Route: c.listPath, Query: query, Sensitive: queryValues(req.Query), Decode: read,
	})
	if e := new(guichet.Error); errors.As(err, &e) && e.Kind == guichet.ErrNotFound {
		e.Message = "the list path " + c.listPath + " is not confirmed by CaurisFlux's pages, see Config.ListPath: " + e.Message
	}
	return err
}
