package lygos

import (
	"net/http"
	"strings"

	"github.com/guichetpay/guichet/internal/request"
	"github.com/guichetpay/guichet/internal/strictjson"
	"github.com/guichetpay/guichet/internal/transport"
)

type createBody struct {
	Amount     int64  `json:"amount"`
	ShopName   string `json:"shop_name"`
	OrderID    string `json:"order_id"`
	Message    string `json:"message,omitempty"`
	SuccessURL string `json:"success_url,omitempty"`
	FailureURL string `json:"failure_url,omitempty"`
}

// createCall writes the request for a new gateway. req has been checked.
func (c *Client) createCall(op string, req GatewayRequest) (*transport.Call, error) {
	body, err := strictjson.Marshal(createBody{
		Amount: req.Amount, ShopName: c.shopName, OrderID: req.OrderID,
		Message: req.Message, SuccessURL: req.SuccessURL, FailureURL: req.FailureURL,
	})
	if err != nil {
		return nil, c.t.Invalid(op, request.BadText(req), "is not valid UTF-8")
	}
	return &transport.Call{
		Op: op, Method: http.MethodPost, Route: "/gateway",
		Body: body, Reference: req.OrderID,
	}, nil
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

// orderIDProblem says why s cannot be an order id. A slash is decoded before Lygos
// routes the request, so even escaped it would ask something else.
func orderIDProblem(s string) string {
	switch {
	case s == "." || s == "..":
		return "must not be a path step"
	case strings.Contains(s, "/"):
		return "must not hold a slash"
	}
	return request.ID(s)
}
