package lygos

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/redact"
	"github.com/guichetpay/guichet/internal/request"
	"github.com/guichetpay/guichet/internal/strictjson"
	"github.com/guichetpay/guichet/internal/transport"
)

// GatewayRequest creates a gateway. The shop name comes from Config, and the
// currency is the account's own.
type GatewayRequest struct {
	Amount     int64  // whole units, not minor units, above 0; required
	OrderID    string // the merchant's reference, without slash or control characters; required
	Message    string // empty: not sent
	SuccessURL string // empty: not sent
	FailureURL string // empty: not sent
}

// GatewayUpdate changes a gateway; nil leaves a field as it is, and at least one
// must be set. The order id cannot be changed.
type GatewayUpdate struct {
	Amount     *int64  `json:"amount,omitzero"` // whole units, above 0
	ShopName   *string `json:"shop_name,omitzero"`
	Message    *string `json:"message,omitzero"`
	SuccessURL *string `json:"success_url,omitzero"`
	FailureURL *string `json:"failure_url,omitzero"`
}

// Gateway is one hosted payment page.
type Gateway struct {
	ID          string // UUID
	Amount      int64  // whole units of Currency, not minor units; 0 in a list: Lygos did not say
	Currency    guichet.Currency
	ShopName    string
	Message     string
	UserID      string   // empty in GetGateway's answer
	UserCountry *Country // only in GetGateway's answer, and there it may be nil
	CreatedAt   guichet.Timestamp
	Link        string `redact:"true"` // verbatim: it may lack its scheme, see [Gateway.LinkURL]
	OrderID     string // empty: Lygos did not say
	SuccessURL  string
	FailureURL  string
	Raw         json.RawMessage `json:"-" redact:"true"` // the answer as it came
}

// Format prints the gateway without its link, by which anyone could pay it.
func (g Gateway) Format(s fmt.State, verb rune) { redact.Format(s, verb, g) }

// LogValue is what slog shows of the gateway; see Format.
func (g Gateway) LogValue() slog.Value { return redact.LogValue(g) }

// Country is the country of the account.
type Country struct {
	Name    string `json:"name"`     // "Cameroon"
	ISOCode string `json:"iso_code"` // alpha-3: "CMR"
}

// LinkURL returns where to send the customer. Where Lygos left out the scheme, as has
// been seen, it is https. A link that is empty or not an absolute https address, or
// that holds a user name or blanks, is an error: nothing else is changed in it, and it is
// never built from the id.
//
// A fake on this machine answers with http, which LinkURL refuses: use the CheckoutURL of
// [Client.CreatePayment].
func (g *Gateway) LinkURL() (string, error) {
	if strings.TrimSpace(g.Link) == "" {
		return "", errors.New("lygos: the gateway has no link")
	}
	// The rule of Payment.CheckoutURL, without a base URL that is on this machine.
	link := (*transport.Client)(nil).CheckoutURL(withScheme(g.Link))
	if link == "" {
		return "", errors.New("lygos: the gateway's link is not an https address to send a customer to")
	}
	return link, nil
}

// withScheme puts https before a link that lacks its scheme. It returns "" for one
// that begins with no domain, such as a path or "tel:7". What it returns is still to
// be checked.
func withScheme(link string) string {
	scheme, _, found := strings.Cut(link, "://")
	if found && !strings.ContainsAny(scheme, "/?#") { // else it belongs to an address in the query
		return link
	}
	link = strings.TrimPrefix(link, "//")
	host := link
	if end := strings.IndexAny(link, "/?#:"); end >= 0 {
		host = link[:end]
	}
	if !strings.Contains(strings.Trim(host, "."), ".") {
		return ""
	}
	return "https://" + link
}

// ListGateways returns every gateway of the account (GET /gateway). Lygos does
// not page: an answer of up to 32 MiB and 100,000 gateways is read as it arrives, a
// larger one is ErrBadResponse.
//
// A gateway that cannot be read is left out: the others come beside ErrBadResponse,
// which says how many are missing. Where none can be read, or more than 100 cannot,
// only the error comes.
func (c *Client) ListGateways(ctx context.Context) ([]*Gateway, error) {
	const op = "ListGateways"
	if err := c.ready(op); err != nil {
		return nil, err
	}
	rows, err := list(ctx, c, op, new(detailMembers).gateway)
	if len(rows.Items) == 0 && err != nil {
		return nil, err
	}
	return rows.Items, err
}

// list does the call that is answered with all gateways.
func list[T any](ctx context.Context, c *Client, op string, item func(v strictjson.Value, p *paymentMembers, amount int64) T) (rows strictjson.Rows[T], err error) {
	_, err = c.t.Do(ctx, &transport.Call{
		Op: op, Method: http.MethodGet, Route: "/gateway", MaxStream: maxList,
		Stream: func(_ *transport.Answer, body *transport.Body) (err error) {
			rows, err = readList(ctx, body, item)
			return err
		},
	})
	return rows, err
}

// CreateGateway creates a gateway (POST /gateway). It is sent once; see
// [Client.CreatePayment] for what ErrUnknownOutcome means. The caller has to compare the
// amount and the currency of the answer, which CreatePayment does by itself.
func (c *Client) CreateGateway(ctx context.Context, req GatewayRequest) (*Gateway, error) {
	const op = "CreateGateway"
	if err := c.ready(op); err != nil {
		return nil, err
	}
	if req.Amount <= 0 {
		return nil, c.t.Invalid(op, "Amount", "must be above 0")
	}
	if problem := orderIDProblem(req.OrderID); problem != "" {
		return nil, c.t.Invalid(op, "OrderID", problem)
	}
	call, err := c.createCall(op, req)
	if err != nil {
		return nil, err
	}
	return c.gateway(ctx, call, "")
}

// GetGateway returns one gateway (GET /gateway/{gateway_id}); id is Gateway.ID, a
// UUID, and not the order id. One that Lygos does not know is ErrNotFound.
func (c *Client) GetGateway(ctx context.Context, id string) (*Gateway, error) {
	const op = "GetGateway"
	if err := c.ready(op); err != nil {
		return nil, err
	}
	call := &transport.Call{Op: op, Method: http.MethodGet, Route: "/gateway/{gateway_id}", Args: []string{id}}
	if err := c.checkUUID(call.Op, id); err != nil {
		return nil, err
	}
	return c.gateway(ctx, call, id)
}

// gateway does a call that is answered with one gateway; id "" is any.
func (c *Client) gateway(ctx context.Context, call *transport.Call, id string) (*Gateway, error) {
	var gateway *Gateway
	call.Decode = func(a *transport.Answer) error {
		v, p, amount, err := readOne(a, id, call.Reference)
		if err != nil {
			return err
		}
		gateway = new(detailMembers).gateway(v, &p, amount)
		return nil
	}
	_, err := c.t.Do(ctx, call)
	return gateway, err
}

// UpdateGateway changes a gateway (PUT /gateway/{gateway_id}); id is Gateway.ID.
// Lygos's answer is not described and is ignored. It is sent once. One that Lygos
// does not know is ErrNotFound.
func (c *Client) UpdateGateway(ctx context.Context, id string, update GatewayUpdate) error {
	const op = "UpdateGateway"
	if err := c.ready(op); err != nil {
		return err
	}
	if err := c.checkUUID(op, id); err != nil {
		return err
	}
	if update == (GatewayUpdate{}) {
		return c.t.Invalid(op, "GatewayUpdate", "no field is set")
	}
	if update.Amount != nil && *update.Amount <= 0 {
		return c.t.Invalid(op, "Amount", "must be above 0")
	}
	body, err := strictjson.Marshal(update)
	if err != nil {
		return c.t.Invalid(op, request.BadText(update), "is not valid UTF-8")
	}
	_, err = c.t.Do(ctx, &transport.Call{
		Op: op, Method: http.MethodPut, Route: "/gateway/{gateway_id}", Args: []string{id},
		Body: body,
	})
	return err
}

// DeleteGateway removes a gateway (DELETE /gateway/{gateway_id}); id is Gateway.ID.
// It is sent once. One that Lygos does not know is ErrNotFound.
func (c *Client) DeleteGateway(ctx context.Context, id string) error {
	const op = "DeleteGateway"
	if err := c.ready(op); err != nil {
		return err
	}
	if err := c.checkUUID(op, id); err != nil {
		return err
	}
	_, err := c.t.Do(ctx, &transport.Call{
		Op: op, Method: http.MethodDelete, Route: "/gateway/{gateway_id}", Args: []string{id},
	})
	return err
}
