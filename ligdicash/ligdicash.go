// Package ligdicash takes payments with LigdiCash (https://developers.ligdicash.com):
// hosted pages, and prompts on a customer's phone in the countries of [Operators].
// It pays out too, to LigdiCash wallets and to mobile money.
//
// [New] makes a client. [Client.CreatePayment] makes a page to send the customer to, or
// a prompt on a phone; [Client.GetStatus] asks whether it was paid, and
// [guichet.Payment.Confirms] says whether it is safe to deliver. [Client.ParseWebhook]
// tells which order to ask about. All amounts are whole CFA francs (XOF has no minor
// unit).
//
// # What to know before the first payment
//
//   - Payment.ID is the token of the creation. Nothing else finds a payment again:
//     there is no list and no question by reference, so store it, 1,024 characters
//     or more wide, before doing anything else.
//   - Nothing makes a create safe to repeat. It is sent once. After an unknown
//     outcome a hosted page may be made again, because nobody holds the lost
//     link; a prompt on a phone may not, because the customer may approve both.
//   - Callbacks are not signed: anyone can send one. ParseWebhook tells which
//     order to look at; only GetStatus with the stored token tells what happened.
//   - LigdiCash asks for at most one question about a token in 3 seconds, which
//     is the pace of [guichet.Wait].
//   - There is no sandbox: a new account is a temporary one on the same host.
//
// # Errors
//
// LigdiCash refuses with "Echec (CodeNN)", mostly on HTTP 200. NN is in
// [guichet.Error].ProviderCode, such as [CodePayinAmount], and decides the kind by a
// table per endpoint. HelpURL is LigdiCash's own page about it. For payments:
//
//   - ErrUnauthorized: keys (00), payments not activated (01), IP address (03),
//     operator not enabled (07), and 10, 11, 13.
//   - ErrInvalidRequest: the amount (02), the input (08), the method (12).
//   - ErrDeclined: wallet credentials and one-time codes (14, 15, 16).
//   - ErrUnavailable, with an unknown outcome: failures on the way to the
//     operator (04, 05, 06, 09). A malformed item is a 04 too.
//   - ErrBadResponse, with an unknown outcome: a code that no table has, and
//     whatever cannot be read.
//
// Package ligdicashtest is a fake LigdiCash for tests. What LigdiCash's own pages do not
// confirm is listed in UNVERIFIED.md, with the call that would settle it.
package ligdicash

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/redact"
	"github.com/guichetpay/guichet/internal/request"
	"github.com/guichetpay/guichet/internal/transport"
)

var (
	_ guichet.Client        = (*Client)(nil)
	_ guichet.Describer     = (*Client)(nil)
	_ guichet.WebhookParser = (*Client)(nil)
)

// BaseURL is LigdiCash's only environment.
const BaseURL = "https://app.ligdicash.com"

const provider = "ligdicash"

// Config is what LigdiCash needs to know about the merchant.
type Config struct {
	APIKey    string `redact:"true"` // required; sent as the header Apikey
	AuthToken string `redact:"true"` // required; the API_TOKEN of the dashboard, sent as a bearer token

	StoreName string // required; shown to the customer
	StoreURL  string // required; the shop's own address, http or https

	// StatusByToken asks for the state of a payment at /confirm?token=, as one page
	// of LigdiCash has it, instead of /confirm/?invoiceToken=, as its own code
	// and integrators do. See U-1 in UNVERIFIED.md.
	StatusByToken bool
}

// Format prints the settings without the secrets.
func (c Config) Format(s fmt.State, verb rune) { redact.Format(s, verb, c) }

// LogValue is what slog shows of the settings: no secret.
func (c Config) LogValue() slog.Value { return redact.LogValue(c) }

// MarshalJSON writes the settings without the secrets.
func (c Config) MarshalJSON() ([]byte, error) { return redact.JSON(c) }

// Client takes payments with one LigdiCash project. It is safe for use by many
// goroutines.
type Client struct {
	t             *transport.Client
	store         storeWire
	statusByToken bool
}

// ready is what every method begins with: the error of op for a client that New did not
// make, such as the nil that it returns beside an error.
func (c *Client) ready(op string) error {
	if c == nil || c.t == nil {
		return transport.Unmade(op)
	}
	return nil
}

var rules = request.Rules{
	Provider: provider,
	Capabilities: guichet.Capabilities{
		Direct:          true,
		StatusReference: true,
		StatusAmount:    true,
		Callback:        true,
		Metadata:        true,
		Currencies:      []guichet.Currency{guichet.XOF},
		AskEvery:        3 * time.Second,
	},
	AcceptOTP: true,
}

// New returns a client. It fails with ErrInvalidRequest, without repeating any
// value, when a key or the store is missing or malformed.
func New(cfg Config, opts ...guichet.Option) (*Client, error) {
	if err := rules.Config(
		request.Field{Name: "APIKey", Problem: request.Key(cfg.APIKey)},
		request.Field{Name: "AuthToken", Problem: request.Key(cfg.AuthToken)},
		request.Field{Name: "StoreName", Problem: request.ID(cfg.StoreName)},
		request.Field{Name: "StoreURL", Problem: request.URL(cfg.StoreURL)},
	); err != nil {
		return nil, err
	}
	t, err := transport.New(transport.Config{
		Provider: provider,
		BaseURL:  BaseURL,
		Authorize: func(h http.Header) {
			h.Set("Apikey", cfg.APIKey)
			h.Set("Authorization", "Bearer "+cfg.AuthToken)
			h.Set("Content-Type", "application/json") // on a GET too: a missing header is answered like a wrong key
		},
		Secrets: []string{cfg.APIKey, cfg.AuthToken},
		Refusal: payinCodes.refusal,
		Refused: refused,
		Once:    []string{routeOTP},
	}, opts...)
	if err != nil {
		return nil, err
	}
	return &Client{
		t:             t,
		store:         storeWire{Name: cfg.StoreName, WebsiteURL: cfg.StoreURL},
		statusByToken: cfg.StatusByToken,
	}, nil
}

// Capabilities says what LigdiCash can do.
func (c *Client) Capabilities() guichet.Capabilities {
	caps := rules.Capabilities
	caps.Currencies = append([]guichet.Currency(nil), caps.Currencies...) // the caller's own
	return caps
}

// CloseIdleConnections closes connections that wait for a next call.
func (c *Client) CloseIdleConnections() {
	if c.ready("CloseIdleConnections") == nil {
		c.t.CloseIdleConnections()
	}
}

// Do calls an endpoint that has no typed method, with the same safety: path is
// below the base URL and already escaped, such as "/pay/v01/x?y=1". A GET may be
// repeated, anything else and the GET that sends an SMS goes once. A nil body
// sends none, a nil dst ignores the answer. Give every call a dst of its own: a
// member that the answer leaves out keeps the value that dst had.
//
// LigdiCash refuses with HTTP 200. To anything but a GET, an answer whose
// response_code is not "00" is ErrBadResponse, with the sub-code, because each
// endpoint has a table of its own. To a GET a nil error says that an answer came,
// and response_code in dst says what it is.
func (c *Client) Do(ctx context.Context, method, path string, body, dst any) error {
	if err := c.ready("Do"); err != nil {
		return err
	}
	return c.t.Raw(ctx, method, path, body, dst)
}

// CreatePayment asks for one payment: a hosted page (POST
// /pay/v01/redirect/checkout-invoice/create), or, with MobileMoney set, a prompt
// on that phone (POST /pay/v01/straight/checkout-invoice/create). Payment.ID is
// the token of the creation.
//
// The number alone decides the operator. MobileMoney.Operator (an id or a name
// of Operators) and Country are not sent: when set, they are compared with the
// number and the one-time code, and a contradiction is ErrInvalidRequest. After
// a direct create, Payment.CheckoutURL is set for operators that have the
// customer confirm on a page.
//
// Reference travels as custom_data.transaction_id and Metadata as further keys of
// custom_data, 900 at most; "transaction_id", "hash" and "logfile" are LigdiCash's own.
// Amounts outside 9 to 2,000,000 francs are refused by LigdiCash, not here.
//
// The call is sent once. See the package comment for what an unknown outcome
// allows.
func (c *Client) CreatePayment(ctx context.Context, req guichet.PaymentRequest) (*guichet.Payment, error) {
	const op = "CreatePayment"
	if err := c.ready(op); err != nil {
		return nil, err
	}
	if err := rules.Payment(req); err != nil {
		return nil, err
	}
	payin := PayinRequest{
		TransactionID: req.Reference,
		Amount:        req.Amount.Minor, // XOF: the minor unit is the franc
		Description:   req.Description,
		FirstName:     req.Customer.FirstName,
		LastName:      req.Customer.LastName,
		Email:         req.Customer.Email,
		ReturnURL:     req.SuccessURL,
		CancelURL:     req.CancelURL,
		CallbackURL:   req.CallbackURL,
		CustomData:    req.Metadata,
	}
	kind := hosted
	if mm := req.MobileMoney; mm != nil {
		if err := c.checkOperator(op, mm); err != nil {
			return nil, err
		}
		kind, payin.Phone, payin.OTP = direct, mm.Phone, mm.OTP
	}
	call, err := c.payinCall(op, kind, payin)
	if err != nil {
		return nil, err
	}
	call.Sensitive = append(append(call.Sensitive, req.Customer.Phone), request.Private(req)...)
	made, err := c.createPayin(ctx, kind, call)
	if made == nil {
		return nil, err
	}
	return &guichet.Payment{
		ID: made.Token, Reference: req.Reference, Provider: provider,
		Status:      guichet.StatusPending,
		CheckoutURL: made.CheckoutURL,
		Raw:         made.Raw,
	}, err
}

// GetStatus asks for the payment of a token (GET
// /pay/v01/redirect/checkout-invoice/confirm/); id is Payment.ID of the create,
// never a token that a callback brought.
//
// Reference is custom_data.transaction_id, else the member transaction_id; Amount is
// in XOF unless the answer names another currency in devise. A payment that LigdiCash
// calls completed while it refuses the call, or with two amounts that differ, or with
// a member that decides and cannot be read, is ErrBadResponse.
func (c *Client) GetStatus(ctx context.Context, id string) (*guichet.Payment, error) {
	state, err := c.payinState(ctx, "GetStatus", id, false)
	if err != nil {
		return nil, err
	}
	amount, _ := state.amount().Major(state.Currency)
	return &guichet.Payment{
		ID: id, Reference: state.reference, Provider: provider,
		Status: state.status(), ProviderStatus: state.Status,
		Amount:    amount,
		CreatedAt: state.Date.Time,
		Raw:       state.raw,
	}, nil
}

// List is ErrUnsupported: LigdiCash has no list.
func (c *Client) List(_ context.Context, params guichet.ListParams) (*guichet.Page, error) {
	if err := c.ready("List"); err != nil {
		return nil, err
	}
	if err := rules.List(params); err != nil {
		return nil, err
	}
	return nil, c.t.Unsupported("List", "LigdiCash has no list of payments; ask GetStatus with the stored id")
}
