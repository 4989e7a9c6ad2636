package lygos

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/guichetpay/guichet"
	strictjson "github.com/guichetpay/guichet/internal/oldjson"
	"github.com/guichetpay/guichet/internal/redact"
	"github.com/guichetpay/guichet/internal/request"
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
	Amount      int64  // whole units of Currency, not minor units
	Currency    string
	ShopName    string
	Message     string
	UserID      string   // empty in GetGateway's answer
	UserCountry *Country // only in GetGateway's answer, and there it may be nil
	CreatedAt   time.Time
	Link        string `redact:"true"` // verbatim: it may lack its scheme, see LinkURL
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

// LinkURL returns where to send the customer. Lygos has been seen to leave out
// the scheme; it is always https. An empty link is an error: a link is never
// built from the id.
func (g *Gateway) LinkURL() (string, error) {
	if strings.TrimSpace(g.Link) == "" {
		return "", errors.New("lygos: the gateway has no link")
	}
	scheme, _, found := strings.Cut(g.Link, "://")
	if found && !strings.ContainsAny(scheme, "/?#") { // else it belongs to an address in the query
		return g.Link, nil
	}
	return "https://" + strings.TrimPrefix(g.Link, "//"), nil
}

// PayinStatus is the state of the payment of an order. It names no amount.
type PayinStatus struct {
	OrderID        string          // empty: Lygos did not say
	Status         guichet.Status  // StatusUnknown for a word that is not known
	ProviderStatus string          // Lygos's own word, verbatim; empty: missing
	Raw            json.RawMessage `json:"-" redact:"true"` // the answer as it came
}

// Format prints the status without the answer.
func (p PayinStatus) Format(s fmt.State, verb rune) { redact.Format(s, verb, p) }

// LogValue is what slog shows of the status; see Format.
func (p PayinStatus) LogValue() slog.Value { return redact.LogValue(p) }

// ListGateways returns every gateway of the account (GET /gateway). Lygos does
// not page: an answer of up to 32 MiB is read as it arrives, a larger one is
// ErrBadResponse.
func (c *Client) ListGateways(ctx context.Context) ([]*Gateway, error) {
	return c.list(ctx, "ListGateways")
}

// CreateGateway creates a gateway (POST /gateway). It is sent once; see
// CreatePayment for what ErrUnknownOutcome means. Unlike CreatePayment it leaves
// it to the caller to compare the answered amount and currency.
func (c *Client) CreateGateway(ctx context.Context, req GatewayRequest) (*Gateway, error) {
	const op = "CreateGateway"
	if req.Amount <= 0 {
		return nil, c.t.Invalid(op, "Amount", "must be above 0")
	}
	if fault := orderIDFault(req.OrderID); fault != "" {
		return nil, c.t.Invalid(op, "OrderID", fault)
	}
	call, err := c.createCall(op, req)
	if err != nil {
		return nil, err
	}
	gateway, _, err := c.gateway(ctx, call, "")
	return gateway, err
}

// GetGateway returns one gateway (GET /gateway/{gateway_id}); id is Gateway.ID, a
// UUID, and not the order id. One that Lygos does not know is ErrNotFound.
func (c *Client) GetGateway(ctx context.Context, id string) (*Gateway, error) {
	call := &transport.Call{Op: "GetGateway", Method: http.MethodGet, Route: "/gateway/{gateway_id}", Args: []string{id}}
	if err := c.checkUUID(call.Op, id); err != nil {
		return nil, err
	}
	gateway, _, err := c.gateway(ctx, call, id)
	return gateway, err
}

// UpdateGateway changes a gateway (PUT /gateway/{gateway_id}); id is Gateway.ID.
// Lygos's answer is not described and is ignored. It is sent once. One that Lygos
// does not know is ErrNotFound.
func (c *Client) UpdateGateway(ctx context.Context, id string, update GatewayUpdate) error {
	const op = "UpdateGateway"
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
		Body: body, Policy: transport.Write,
	})
	return err
}

// DeleteGateway removes a gateway (DELETE /gateway/{gateway_id}); id is Gateway.ID.
// It is sent once. One that Lygos does not know is ErrNotFound.
func (c *Client) DeleteGateway(ctx context.Context, id string) error {
	const op = "DeleteGateway"
	if err := c.checkUUID(op, id); err != nil {
		return err
	}
	_, err := c.t.Do(ctx, &transport.Call{
		Op: op, Method: http.MethodDelete, Route: "/gateway/{gateway_id}", Args: []string{id},
		Policy: transport.Write,
	})
	return err
}

// PayinStatus asks for the payment of an order (GET /gateway/payin/{order_id}).
// ErrNotFound usually means that the customer has not started to pay; GetStatus
// makes that StatusPending. An answer about another order is ErrBadResponse.
func (c *Client) PayinStatus(ctx context.Context, orderID string) (*PayinStatus, error) {
	status, _, err := c.payin(ctx, "PayinStatus", orderID)
	return status, err
}

func (c *Client) payin(ctx context.Context, op, orderID string) (*PayinStatus, *transport.Answer, error) {
	if fault := orderIDFault(orderID); fault != "" {
		return nil, nil, c.t.Invalid(op, "order id", fault)
	}
	var wire payinWire
	call := &transport.Call{
		Op: op, Method: http.MethodGet, Route: "/gateway/payin/{order_id}", Args: []string{orderID}, Reference: orderID,
		Decode: func(a *transport.Answer) error {
			if err := strictjson.Object(a.Body); err != nil {
				return err
			}
			if err := strictjson.Unmarshal(a.Body, &wire); err != nil {
				return err
			}
			return wire.check(orderID, a.Body)
		},
	}
	answer, err := c.t.Do(ctx, call)
	if err != nil {
		return nil, answer, err
	}
	return &PayinStatus{OrderID: cmp.Or(wire.OrderID, wire.OrderIDCamel), Status: statusOf(wire.Status), ProviderStatus: wire.Status, Raw: answer.Body}, answer, nil
}

func (c *Client) list(ctx context.Context, op string) ([]*Gateway, error) {
	var gateways []*Gateway
	_, err := c.t.Do(ctx, &transport.Call{
		Op: op, Method: http.MethodGet, Route: "/gateway", MaxStream: maxList,
		Stream: func(_ *transport.Answer, body *transport.Body) error {
			gateways = []*Gateway{} // a second attempt starts over
			return strictjson.Array(body, func(item []byte) error {
				gateway, err := parseGateway(item)
				if err == nil {
					gateways = append(gateways, gateway)
				}
				return err
			})
		},
	})
	if err != nil {
		return nil, err
	}
	return gateways, nil
}

// createCall checks and marshals a new gateway.
func (c *Client) createCall(op string, req GatewayRequest) (*transport.Call, error) {
	body, err := strictjson.Marshal(createWire{
		Amount: req.Amount, ShopName: c.shopName, OrderID: req.OrderID,
		Message: req.Message, SuccessURL: req.SuccessURL, FailureURL: req.FailureURL,
	})
	if err != nil {
		return nil, c.t.Invalid(op, request.BadText(req), "is not valid UTF-8")
	}
	return &transport.Call{
		Op: op, Method: http.MethodPost, Route: "/gateway",
		Body: body, Policy: transport.Write, Reference: req.OrderID,
	}, nil
}

// gateway does a call that is answered with one gateway; id "" is any.
func (c *Client) gateway(ctx context.Context, call *transport.Call, id string) (*Gateway, *transport.Answer, error) {
	var gateway *Gateway
	call.Decode = func(a *transport.Answer) (err error) {
		if gateway, err = parseGateway(a.Body); err != nil {
			return err
		}
		return gateway.check(id, call.Reference)
	}
	answer, err := c.t.Do(ctx, call)
	if err != nil {
		return nil, answer, err
	}
	return gateway, answer, nil
}

// checkUUID refuses what cannot be a gateway id, such as an order id that would
// reach another endpoint.
func (c *Client) checkUUID(op, id string) error {
	if len(id) != 36 {
		return c.t.Invalid(op, "gateway id", "must be a UUID")
	}
	for i := range len(id) {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		if dash != (id[i] == '-') || (!dash && !strings.ContainsRune("0123456789abcdefABCDEF", rune(id[i]))) {
			return c.t.Invalid(op, "gateway id", "must be a UUID")
		}
	}
	return nil
}

// orderIDFault says why s cannot be an order id. A slash is decoded before Lygos
// routes the request, so even escaped it would ask something else.
func orderIDFault(s string) string {
	switch {
	case s == "." || s == "..":
		return "must not be a path step"
	case strings.Contains(s, "/"):
		return "must not hold a slash"
	}
	return request.ID(s)
}
