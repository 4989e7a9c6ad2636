package ligdicash

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/redact"
	"github.com/guichetpay/guichet/internal/request"
	"github.com/guichetpay/guichet/internal/strictjson"
	"github.com/guichetpay/guichet/internal/transport"
)

// TopUpWallet says where the money of CreateCustomerPayout ends up. The zero
// value is refused, so that nobody sends money by leaving it out.
//
// Warning: LigdiCash's present pages and its older ones give top_up_wallet the
// opposite meanings. The constants follow the present ones. Before relying on
// it, make one small payout of each kind and look where the money went; see U-7
// in UNVERIFIED.md.
type TopUpWallet int

const (
	StayInWallet         TopUpWallet = iota + 1 // top_up_wallet 1: the money stays in the recipient's LigdiCash wallet
	ForwardToMobileMoney                        // top_up_wallet 0: it goes on to the recipient's mobile money
)

var topUpOnWire = map[TopUpWallet]int{StayInWallet: 1, ForwardToMobileMoney: 0}

// PayoutRequest is what the two payouts take. The currency is XOF.
//
// Payouts must be enabled for the project, the caller's IP address allowed (three at
// most), and the sub-account of the recipient's operator funded.
type PayoutRequest struct {
	TransactionID string // the merchant's own reference, in custom_data; required, unique
	Amount        int64  // whole francs, above 0; required
	Phone         string `redact:"true"` // the recipient, E.164 with +; required
	Description   string

	// CallbackURL is where LigdiCash announces the result. Which id such a
	// callback carries is not settled, so give each payout its own address; see
	// U-17 in UNVERIFIED.md.
	CallbackURL string
	CustomData  map[string]string `redact:"true"` // further keys, 900 at most; "transaction_id", "hash" and "logfile" are taken
}

// Format prints the request without the recipient's number.
func (r PayoutRequest) Format(s fmt.State, verb rune) { redact.Format(s, verb, r) }

// LogValue is what slog shows of the request: not the recipient's number.
func (r PayoutRequest) LogValue() slog.Value { return redact.LogValue(r) }

// Payout is a payout that LigdiCash accepted to make. It may take days.
type Payout struct {
	Envelope
	Token      string          `redact:"true"` // what [Client.PayoutStatus] takes: store it, 1,024 characters or more wide
	CustomData CustomData      // usually empty
	Raw        json.RawMessage `json:"-" redact:"true"` // the answer as it came
}

// Format prints the payout without its token.
func (p Payout) Format(s fmt.State, verb rune) { redact.Format(s, verb, p) }

// LogValue is what slog shows of the payout: not its token.
func (p Payout) LogValue() slog.Value { return redact.LogValue(p) }

// PayoutStatus is the state of a payout. LigdiCash has not been seen to name the
// amount or the order in it.
type PayoutStatus struct {
	Envelope
	Status         guichet.Status // StatusSucceeded: the recipient was paid
	ProviderStatus string         // verbatim
	Amount         guichet.Number // whole francs, as written; empty: not said
	OperatorID     string         // see OperatorByID
	OperatorName   string
	Token          string `redact:"true"` // as answered: keep using the stored one
	CustomData     CustomData
	Raw            json.RawMessage `json:"-" redact:"true"` // the answer as it came
}

// Format prints the state without the token.
func (s PayoutStatus) Format(f fmt.State, verb rune) { redact.Format(f, verb, s) }

// LogValue is what slog shows of the state: not the token.
func (s PayoutStatus) LogValue() slog.Value { return redact.LogValue(s) }

// CreateCustomerPayout sends money to the owner of a LigdiCash account, to stay
// in the wallet or to go on to mobile money (POST /pay/v01/withdrawal/create).
// ErrNotFound means that the recipient has no such account: CreateMerchantPayout
// needs none. ErrConflict means that the TransactionID was used before, or that
// the recipient was paid within 24 hours; ErrDeclined that the merchant's balance
// is too low.
//
// It is sent once. LigdiCash's own code says that a used TransactionID is
// refused, which nobody has confirmed: after an unknown outcome ask its support
// before repeating, and never repeat under another TransactionID.
func (c *Client) CreateCustomerPayout(ctx context.Context, req PayoutRequest, to TopUpWallet) (*Payout, error) {
	const op = "CreateCustomerPayout"
	if err := c.ready(op); err != nil {
		return nil, err
	}
	onWire, ok := topUpOnWire[to]
	if !ok {
		return nil, c.t.Invalid(op, "TopUpWallet", "must be StayInWallet or ForwardToMobileMoney")
	}
	return c.createPayout(ctx, op, "/pay/v01/withdrawal/create", customerPayoutCodes, req, &onWire)
}

// CreateMerchantPayout sends money straight to mobile money; the recipient needs
// no LigdiCash account (POST /pay/v01/straight/payout). ErrDeclined means that
// the merchant's balance is too low, ErrConflict that the recipient was paid
// within 24 hours.
//
// It is sent once. Nothing says that LigdiCash refuses a used TransactionID
// here: after an unknown outcome ask its support, do not repeat.
func (c *Client) CreateMerchantPayout(ctx context.Context, req PayoutRequest) (*Payout, error) {
	return c.createPayout(ctx, "CreateMerchantPayout", "/pay/v01/straight/payout", merchantPayoutCodes, req, nil)
}

// PayoutStatus asks for the state of a payout of either kind (GET
// /pay/v01/withdrawal/confirm/). It moves no money, although LigdiCash calls the endpoint
// confirm. LigdiCash suggests one question every 30 to 60 seconds.
func (c *Client) PayoutStatus(ctx context.Context, token string) (*PayoutStatus, error) {
	const op = "PayoutStatus"
	if err := c.ready(op); err != nil {
		return nil, err
	}
	state, err := c.state(ctx, op, "/pay/v01/withdrawal/confirm/", "withdrawalToken", token, true)
	if err != nil {
		return nil, err
	}
	more := state.details
	return &PayoutStatus{
		Envelope: state.envelope, Status: state.status(), ProviderStatus: state.Status,
		Amount: state.amount(), OperatorID: string(more.OperatorID), OperatorName: string(more.OperatorName),
		Token: string(more.Token), CustomData: state.custom, Raw: state.raw,
	}, nil
}

// payoutWire has no actions: the callback stands at the root of commande.
type payoutWire struct {
	Amount      int64             `json:"amount"`
	Description string            `json:"description"`
	Customer    string            `json:"customer"`
	CallbackURL string            `json:"callback_url"`
	CustomData  map[string]string `json:"custom_data"`
	// A pointer: 0 is a meaning of its own, and absent is the other endpoint's.
	TopUpWallet *int `json:"top_up_wallet,omitempty"`
}

func (c *Client) createPayout(ctx context.Context, op, route string, codes subCodes, req PayoutRequest, topUp *int) (*Payout, error) {
	if err := c.ready(op); err != nil {
		return nil, err
	}
	custom, err := c.customData(op, req.TransactionID, req.CustomData)
	if err != nil {
		return nil, err
	}
	if err := c.check(op, []request.Field{
		{Name: "TransactionID", Problem: request.ID(req.TransactionID)},
		{Name: "Amount", Problem: amountProblem(req.Amount)},
		{Name: "Phone", Problem: request.Phone(req.Phone)},
		{Name: "Description", Problem: request.Text(req.Description)},
		{Name: "CallbackURL", Problem: request.Optional(req.CallbackURL, request.URL)},
	}); err != nil {
		return nil, err
	}
	body, err := strictjson.Marshal(commandeWire[payoutWire]{payoutWire{
		Amount: req.Amount, Description: req.Description, Customer: request.PhoneDigits(req.Phone),
		CallbackURL: req.CallbackURL, CustomData: custom, TopUpWallet: topUp,
	}})
	if err != nil {
		return nil, c.t.Invalid(op, "PayoutRequest", "is not valid UTF-8")
	}
	made, err := c.create(ctx, &transport.Call{
		Op: op, Method: http.MethodPost, Route: route,
		Body: body, Reference: req.TransactionID,
		Sensitive: []string{req.Phone},
	}, codes, nil)
	if err != nil {
		return nil, err
	}
	return &Payout{
		Envelope: made.envelope.exported(), Token: made.Token, CustomData: made.custom, Raw: made.raw,
	}, nil
}
