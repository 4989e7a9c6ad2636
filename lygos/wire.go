package lygos

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/guichetpay/guichet"
	strictjson "github.com/guichetpay/guichet/internal/oldjson"
	"github.com/guichetpay/guichet/internal/transport"
)

// maxList caps the answer of the list, which has no paging: a busy merchant has
// tens of thousands of gateways.
const maxList = 32 << 20

// statusWords maps Lygos's words, lower-cased and without the "deposit_" of the
// webhooks. Only "pending", success and failure are named by its pages, in
// prose; UNVERIFIED.md says where each comes from.
var statusWords = map[string]guichet.Status{
	"completed": guichet.StatusSucceeded, "success": guichet.StatusSucceeded, "successful": guichet.StatusSucceeded,
	"succeeded": guichet.StatusSucceeded, "paid": guichet.StatusSucceeded, "confirmed": guichet.StatusSucceeded,
	"pending": guichet.StatusPending, "accepted": guichet.StatusPending, "submitted": guichet.StatusPending,
	"processing": guichet.StatusPending, "created": guichet.StatusPending, "initiated": guichet.StatusPending,
	"requested": guichet.StatusPending,
	"failed":    guichet.StatusFailed, "failure": guichet.StatusFailed, "error": guichet.StatusFailed,
	"declined": guichet.StatusFailed, "rejected": guichet.StatusFailed,
	"cancelled": guichet.StatusCanceled, "canceled": guichet.StatusCanceled,
	"expired": guichet.StatusExpired,
}

// codeKinds maps detail.type, which decides before the HTTP status; see kindOf.
var codeKinds = map[string]error{
	"GATEWAY_NOT_FOUND":      guichet.ErrNotFound,
	"GATEWAY_USER_NOT_FOUND": guichet.ErrInvalidRequest,
	"TRANSACTION_NOT_FOUND":  guichet.ErrNotFound,
}

type createWire struct {
	Amount     int64  `json:"amount"`
	ShopName   string `json:"shop_name"`
	OrderID    string `json:"order_id"`
	Message    string `json:"message,omitempty"`
	SuccessURL string `json:"success_url,omitempty"`
	FailureURL string `json:"failure_url,omitempty"`
}

type gatewayWire struct {
	ID          string            `json:"id"`
	Amount      wholeNumber       `json:"amount"`
	Currency    string            `json:"currency"`
	ShopName    string            `json:"shop_name"`
	Message     string            `json:"message"`
	UserID      string            `json:"user_id"`
	UserCountry *Country          `json:"user_country"`
	CreatedAt   guichet.Timestamp `json:"creation_date"`
	Link        string            `json:"link"`
	OrderID     string            `json:"order_id"`
	SuccessURL  string            `json:"success_url"`
	FailureURL  string            `json:"failure_url"`
}

type payinWire struct {
	OrderID      string `json:"order_id"`
	OrderIDCamel string `json:"orderId"` // as the webhooks have been seen to write it
	Status       string `json:"status"`
}

// check says whether the answer is about the order that was asked for. One that
// names no order is taken for it, as long as nothing stands beside its word: in
// {"status":"success","data":{"status":"pending"}} success is the call's, and
// an order would be delivered because somebody asked for it.
func (w payinWire) check(orderID string, body []byte) error {
	for _, of := range []string{w.OrderID, w.OrderIDCamel} {
		if of != "" && of != orderID {
			return errors.New("the answer is about another order")
		}
	}
	if w.OrderID != "" || w.OrderIDCamel != "" || !statusOf(w.Status).Final() {
		return nil
	}
	var members map[string]json.RawMessage
	if err := strictjson.Unmarshal(body, &members); err != nil {
		return err
	}
	for _, member := range members {
		if member[0] == '{' || member[0] == '[' {
			return errors.New("the status may be the call's and not the payment's: the answer names no order, and nests more")
		}
	}
	return nil
}

// wholeNumber is an amount as the contract has it: an integer, also written
// 5000.0, never in quotes.
type wholeNumber int64

func (n *wholeNumber) UnmarshalJSON(data []byte) error {
	var number guichet.Number
	if err := number.UnmarshalJSON(data); err != nil || data[0] == '"' {
		return errors.New("not an integer")
	}
	whole, ok := number.Int64()
	if !ok {
		return errors.New("not an integer")
	}
	*n = wholeNumber(whole)
	return nil
}

// parseGateway reads one gateway strictly; the result keeps its own copy of data.
func parseGateway(data []byte) (*Gateway, error) {
	if err := strictjson.Object(data); err != nil {
		return nil, err
	}
	var w gatewayWire
	if err := strictjson.Unmarshal(data, &w); err != nil {
		return nil, err
	}
	if w.CreatedAt.Text != "" && w.CreatedAt.Time.IsZero() {
		return nil, errors.New("creation_date is not a date")
	}
	return &Gateway{
		ID: w.ID, Amount: int64(w.Amount), Currency: w.Currency, ShopName: w.ShopName, Message: w.Message,
		UserID: w.UserID, UserCountry: w.UserCountry, CreatedAt: w.CreatedAt.Time, Link: w.Link, OrderID: w.OrderID,
		SuccessURL: w.SuccessURL, FailureURL: w.FailureURL, Raw: bytes.Clone(data),
	}, nil
}

// check says whether the gateway is a whole answer, about the gateway or the
// order that was asked for; an empty id or orderID asked for none.
func (g *Gateway) check(id, orderID string) error {
	switch {
	case g.ID == "" || g.Currency == "" || g.Amount <= 0:
		return errors.New("the answer lacks id, amount or currency")
	case id != "" && !strings.EqualFold(g.ID, id):
		return errors.New("the answer is about another gateway")
	case orderID != "" && g.OrderID != "" && g.OrderID != orderID:
		return errors.New("the answer is about another order")
	}
	return nil
}

// errorWire is every error body that Lygos has been seen to send.
type errorWire struct {
	Detail  json.RawMessage `json:"detail"`
	Message json.RawMessage `json:"message"` // undocumented; read only without detail
	Error   json.RawMessage `json:"error"`   // undocumented; read only without detail
}

// refusal reads an error body: detail is an object, a list of faulty fields, or
// a text.
func refusal(a *transport.Answer) *guichet.Error {
	e := &guichet.Error{}
	if a.Status == http.StatusPaymentRequired { // one page prints 402 for 422
		e.Kind = guichet.ErrInvalidRequest
	}
	var w errorWire
	if strictjson.Unmarshal(a.Body, &w) != nil {
		return e
	}
	var object struct {
		Message json.RawMessage `json:"message"`
		Type    json.RawMessage `json:"type"`
	}
	var fields []fieldFault
	switch {
	case w.Detail == nil || string(w.Detail) == "null":
		if e.Message = text(w.Message); e.Message == "" {
			e.Message = text(w.Error)
		}
	case strictjson.Unmarshal(w.Detail, &object) == nil:
		e.Message, e.ProviderCode = text(object.Message), text(object.Type)
		if kind := kindOf(e.ProviderCode); kind != nil {
			e.Kind = kind
		}
	case strictjson.Unmarshal(w.Detail, &fields) == nil:
		var parts []string
		for _, f := range fields {
			parts = append(parts, f.String())
		}
		e.Message = strings.Join(parts, "; ")
	default:
		e.Message = text(w.Detail)
	}
	return e
}

// kindOf reads detail.type. A wrong key is a 404 (API_KEY_NOT_FOUND), and any
// type about the key counts, also one that is new to us: taken for the 404 of a
// payment, it would make every payment look pending for ever.
func kindOf(code string) error {
	if strings.Contains(strings.ToUpper(code), "API_KEY") {
		return guichet.ErrUnauthorized
	}
	return codeKinds[code]
}

// fieldFault is one entry of a 422.
type fieldFault struct {
	Loc []json.RawMessage `json:"loc"` // strings, and integers for list positions
	Msg string            `json:"msg"`
}

func (f fieldFault) String() string {
	var path []string
	for _, step := range f.Loc {
		if s := text(step); s != "" {
			path = append(path, s)
		} else {
			path = append(path, string(step))
		}
	}
	return strings.Trim(strings.Join(path, ".")+": "+f.Msg, ": ")
}

// text returns a JSON string's value, "" for anything else.
func text(raw json.RawMessage) string {
	var s string
	if strictjson.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

// knowsNoPayin tells the 404 of an order that nobody has started to pay from the
// 404 of a route that does not exist.
func knowsNoPayin(a *transport.Answer) bool {
	var w errorWire
	if a == nil || a.Status != http.StatusNotFound || strictjson.Unmarshal(a.Body, &w) != nil {
		return false
	}
	return w.Detail != nil && string(w.Detail) != "null" && text(w.Detail) != "Not Found"
}
