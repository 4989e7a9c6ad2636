package lygos

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/redact"
	"github.com/guichetpay/guichet/internal/transport"
)

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

// PayinStatus asks for the payment of an order (GET /gateway/payin/{order_id}).
// ErrNotFound usually means that the customer has not started to pay; [Client.GetStatus]
// makes that StatusPending. An answer about another order is ErrBadResponse.
func (c *Client) PayinStatus(ctx context.Context, orderID string) (*PayinStatus, error) {
	const op = "PayinStatus"
	if err := c.ready(op); err != nil {
		return nil, err
	}
	if problem := orderIDProblem(orderID); problem != "" {
		return nil, c.t.Invalid(op, "order id", problem)
	}
	var status *PayinStatus
	call := payinCall(op, orderID)
	call.Decode = func(a *transport.Answer) error {
		v, p, err := parsePayin(a, orderID)
		if err != nil {
			return err
		}
		status = &PayinStatus{
			OrderID: string(cmp.Or(p.OrderID, p.OrderIDCamel)),
			Status:  statusOf(p.Status), ProviderStatus: p.Status,
			Raw: v.Copy(),
		}
		return nil
	}
	_, err := c.t.Do(ctx, call)
	return status, err
}

func payinCall(op, orderID string) *transport.Call {
	return &transport.Call{Op: op, Method: http.MethodGet, Route: "/gateway/payin/{order_id}", Args: []string{orderID}, Reference: orderID}
}
