package lygos

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/strictjson"
	"github.com/guichetpay/guichet/internal/transport"
)

// This file is the only place that reads what Lygos answers. The members named here
// decide: an object in which one of them is of an unexpected kind is refused. Any
// other member of an unexpected kind is left empty, and stays in Raw.
var (
	readPayment = strictjson.Deciding[paymentMembers]("id", "amount", "currency", "link", "order_id")
	readDetails = strictjson.Deciding[detailMembers]()
	readPayin   = strictjson.Deciding[payinMembers]("status", "order_id", "orderId")
	readWebhook = strictjson.Deciding[webhookMembers]("orderId", "order_id")
)

// paymentMembers is what a payment takes of a gateway.
type paymentMembers struct {
	ID        string            `json:"id"`
	Amount    guichet.Number    `json:"amount"` // whole units, also in quotes
	Currency  guichet.Currency  `json:"currency"`
	Link      string            `json:"link"`
	OrderID   strictjson.Loose  `json:"order_id"`
	CreatedAt guichet.Timestamp `json:"creation_date"`
}

// detailMembers is what a gateway has beside paymentMembers.
type detailMembers struct {
	ShopName    string   `json:"shop_name"`
	Message     string   `json:"message"`
	UserID      string   `json:"user_id"`
	UserCountry *Country `json:"user_country"`
	SuccessURL  string   `json:"success_url"`
	FailureURL  string   `json:"failure_url"`
}

// payinMembers is the state of a payment. The order id stands under either name,
// the second of them as the webhooks have been seen to write it.
type payinMembers struct {
	Status       string           `json:"status"`
	OrderID      strictjson.Loose `json:"order_id"`
	OrderIDCamel strictjson.Loose `json:"orderId"`
}

// webhookMembers is the body of a webhook, in the spellings that have been seen.
type webhookMembers struct {
	OperationID string           `json:"operationId" also:"transaction_id"`
	OrderID     strictjson.Loose `json:"orderId" also:"order_id"`
	GatewayID   string           `json:"gateway_id"`
	Amount      guichet.Number   `json:"amount"`
	Currency    guichet.Currency `json:"currency"`
	Status      string           `json:"status"`
	Buyer       Buyer            `json:"buyer"`
}

// whole returns the amount in whole units, 0 where there is none.
func (p *paymentMembers) whole() (int64, error) {
	if p.Amount == "" {
		return 0, nil
	}
	amount, ok := p.Amount.Int64()
	if !ok {
		return 0, errors.New("amount is not a whole number")
	}
	return amount, nil
}

// checkOne says whether a gateway is a whole answer, about the gateway or the order
// that was asked for; an empty id or orderID asked for none.
func (p *paymentMembers) checkOne(id, orderID string, amount int64) error {
	switch {
	case p.ID == "" || p.Currency == "" || amount <= 0:
		return errors.New("the answer lacks id, amount or currency")
	case id != "" && !strings.EqualFold(p.ID, id):
		return errors.New("the answer is about another gateway")
	case orderID != "" && p.OrderID != "" && string(p.OrderID) != orderID:
		return errors.New("the answer is about another order")
	}
	return nil
}

// readRow reads a gateway of the list, whose amount may be missing.
func (p *paymentMembers) readRow(v strictjson.Value) (amount int64, err error) {
	if err := readPayment.Read(v, p); err != nil {
		return 0, err
	}
	if p.ID == "" || p.Currency == "" {
		return 0, errors.New("id or currency is missing")
	}
	return p.whole()
}

// payment returns the portable form of a gateway. Its status is unknown: Lygos says
// it elsewhere.
func (c *Client) payment(p *paymentMembers, amount int64, raw json.RawMessage) *guichet.Payment {
	payment := &guichet.Payment{
		ID: string(p.OrderID), Reference: string(p.OrderID), Provider: provider,
		CreatedAt: p.CreatedAt.Time,
		Raw:       raw,
	}
	if link := withScheme(p.Link); link != "" {
		payment.CheckoutURL = c.t.CheckoutURL(link)
	}
	if amount > 0 { // one that is missing is not zero francs
		payment.Amount, _ = guichet.Int(amount).Major(p.Currency)
	}
	return payment
}

// gateway returns the native form of a gateway. d is overwritten, and serves all the
// rows of a list: a list of small rows must not cost a multiple of its size.
func (d *detailMembers) gateway(v strictjson.Value, p *paymentMembers, amount int64) *Gateway {
	*d = detailMembers{}
	_ = readDetails.Read(v, d) // v is an object, and none of these decides
	return &Gateway{
		ID: p.ID, Amount: amount, Currency: p.Currency, ShopName: d.ShopName, Message: d.Message,
		UserID: d.UserID, UserCountry: d.UserCountry, CreatedAt: p.CreatedAt, Link: p.Link, OrderID: string(p.OrderID),
		SuccessURL: d.SuccessURL, FailureURL: d.FailureURL, Raw: v.Copy(),
	}
}

// readOne reads an answer that is one gateway; see checkOne.
func readOne(a *transport.Answer, id, orderID string) (v strictjson.Value, p paymentMembers, amount int64, err error) {
	if v, err = a.JSON(); err != nil {
		return v, p, 0, err
	}
	if err = readPayment.Read(v, &p); err != nil {
		return v, p, 0, err
	}
	if amount, err = p.whole(); err != nil {
		return v, p, 0, err
	}
	if v.Refuses() {
		return v, p, 0, errRefuses
	}
	return v, p, amount, p.checkOne(id, orderID, amount)
}

var errRefuses = errors.New("the answer says that the call was no success, and holds a result")

const (
	// maxList caps the answer of the list, which has no paging: a busy merchant has
	// tens of thousands of gateways.
	maxList = 32 << 20
	// maxGateways caps their number.
	maxGateways = 100_000
)

// readList reads the list as it arrives, and makes an item of each row. A row that
// cannot be read is left out and counted; the error then comes with the rows.
func readList[T any](ctx context.Context, body io.Reader, item func(v strictjson.Value, p *paymentMembers, amount int64) T) (strictjson.Rows[T], error) {
	rows := strictjson.Rows[T]{Most: maxGateways, Items: []T{}}
	var p paymentMembers // one for all rows
	err := strictjson.Stream(body, func(v strictjson.Value) error {
		// Rows that have arrived already are read without asking the network, which
		// would tell that the context has ended.
		if ended := ctx.Err(); ended != nil {
			return &guichet.Error{Kind: guichet.ErrUnavailable, Err: ended, Message: "the context ended"}
		}
		p = paymentMembers{}
		amount, err := p.readRow(v)
		if err != nil {
			var none T
			return rows.Add(none, err)
		}
		return rows.Add(item(v, &p, amount), nil)
	})
	if err != nil {
		return strictjson.Rows[T]{}, err // half a list is no list
	}
	return rows, rows.Err()
}

// parsePayin reads the state of the payment of an order.
func parsePayin(a *transport.Answer, orderID string) (v strictjson.Value, p payinMembers, err error) {
	if v, err = a.JSON(); err != nil {
		return v, p, err
	}
	if err = readPayin.Read(v, &p); err != nil {
		return v, p, err
	}
	return v, p, p.check(v, orderID)
}

// ofAState reports whether a member may stand beside a final word when the answer
// names no order.
func ofAState(member strictjson.Value) bool {
	switch member.Name() {
	case "amount":
		_, isNumber := member.Number()
		return isNumber || !member.Present()
	case "status", "order_id", "currency":
		return member.Kind() == strictjson.Text || !member.Present()
	}
	return false
}

// check says whether the answer is about the order that was asked for. One that
// names no order is taken for it, but then a final word is believed only beside the
// members above: in {"status":"success","data":null} success may be the call's, and
// an order would be delivered because somebody asked for it.
func (p *payinMembers) check(v strictjson.Value, orderID string) error {
	if !v.Get("status").Present() {
		return errors.New("the answer has no status")
	}
	if statusOf(p.Status) == guichet.StatusSucceeded && v.Refuses() {
		return errRefuses
	}
	for _, of := range []strictjson.Loose{p.OrderID, p.OrderIDCamel} {
		if of != "" && string(of) != orderID {
			return errors.New("the answer is about another order")
		}
	}
	if p.OrderID != "" || p.OrderIDCamel != "" || !statusOf(p.Status).Final() {
		return nil
	}
	for member := range v.All() {
		if !ofAState(member) {
			return errors.New("the answer names no order, and holds more than a payment's state: its status may be the call's own")
		}
	}
	return nil
}

// readBody reads the body of a webhook.
func readBody(body []byte) (*Webhook, error) {
	doc, err := strictjson.Parse(body)
	if err != nil {
		return nil, err
	}
	defer doc.Release()
	var w webhookMembers
	if err := readWebhook.Read(doc.Root(), &w); err != nil {
		return nil, err
	}
	return &Webhook{
		OperationID: w.OperationID, OrderID: string(w.OrderID), GatewayID: w.GatewayID,
		Amount: w.Amount, Currency: w.Currency,
		Status: statusOf(w.Status), ProviderStatus: w.Status,
		Buyer: w.Buyer,
	}, nil
}

// refusal reads an error body: detail is an object, a list of invalid fields, or
// a text. The root's own message and error are undocumented, and read only without
// detail.
func refusal(a *transport.Answer) *guichet.Error {
	e := &guichet.Error{}
	if a.Status == http.StatusPaymentRequired { // one page prints 402 for 422
		e.Kind = guichet.ErrInvalidRequest
	}
	root, err := a.JSON()
	if err != nil { // a proxy's page, perhaps: the API has not been asked
		return e
	}
	switch detail := root.Get("detail"); detail.Kind() {
	case strictjson.Absent, strictjson.Null:
		e.Message = cmp.Or(root.Get("message").Text(), root.Get("error").Text())
	case strictjson.Object:
		e.Message, e.ProviderCode = detail.Get("message").Text(), detail.Get("type").Text()
		if kind := kindOf(e.ProviderCode); kind != nil {
			e.Kind = kind
		}
	case strictjson.Array:
		e.Message = invalidFields(detail)
	default:
		e.Message = detail.Text()
	}
	return e
}

// invalidFields writes the entries of a 422: "body.amount: Field required".
func invalidFields(detail strictjson.Value) string {
	var parts []string
	for entry := range detail.All() {
		var path []string
		for step := range entry.Get("loc").All() { // texts, and numbers for places in a list
			if s := step.TextOrNumber(); s != "" {
				path = append(path, s)
			}
		}
		if part := strings.Trim(strings.Join(path, ".")+": "+entry.Get("msg").Text(), ": "); part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, "; ")
}

// notStarted returns the 404 of an order that nobody has started to pay; nil for that
// of a route that does not exist, which has no detail, or the text "Not Found".
func notStarted(a *transport.Answer) json.RawMessage {
	root, err := a.JSON()
	if err != nil || a.Status != http.StatusNotFound {
		return nil
	}
	if detail := root.Get("detail"); !detail.Present() || detail.Text() == "Not Found" {
		return nil
	}
	return root.Copy()
}
