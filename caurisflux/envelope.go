package caurisflux

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"

	"github.com/guichetpay/guichet"
	strictjson "github.com/guichetpay/guichet/internal/oldjson"
	"github.com/guichetpay/guichet/internal/transport"
)

// envelope is what may be around a result: {"success":true,"data":…},
// {"data":[…],"meta":…}, or nothing.
type envelope struct {
	Success    json.RawMessage `json:"success"`
	StatusCode json.RawMessage `json:"statusCode"` // only errors are shown with one
	Data       json.RawMessage `json:"data"`       // nil: there is none, and the object is the result
	Meta       json.RawMessage `json:"meta"`       // only lists have one
}

// refuses reports whether an object says that the call failed: anything but true
// for its success, or the statusCode of an error.
func (e envelope) refuses() bool {
	said := present(e.Success)
	return said != nil && string(said) != "true" || isErrorCode(e.StatusCode)
}

// open takes the result out of its envelope. Neither an envelope nor what is in it
// may say that the call failed, whatever the HTTP status and whatever else is
// there: it is returned as the refusal it is.
func open(status int, body []byte) (result, meta json.RawMessage, err error) {
	body = bytes.TrimSpace(body)
	if !isObject(body) {
		if err = strictjson.Check(body); err == nil && present(body) == nil {
			err = errNothing
		}
		return body, nil, err
	}
	var e envelope
	if err := strictjson.Unmarshal(body, &e); err != nil {
		return nil, nil, err
	}
	if e.refuses() {
		return nil, nil, refusalIn(status, body, e.StatusCode)
	}
	if e.Data == nil {
		return body, e.Meta, nil
	}
	var inner envelope
	if isObject(e.Data) && strictjson.Unmarshal(e.Data, &inner) == nil && inner.refuses() {
		return nil, nil, refusalIn(status, e.Data, inner.StatusCode)
	}
	return e.Data, e.Meta, nil
}

// refusalIn reads a refusal that came with a status of success.
func refusalIn(status int, body, statusCode json.RawMessage) *guichet.Error {
	refusal := readRefusal(status, body)
	if refusal.Kind != nil {
		return refusal
	}
	refusal.Kind = guichet.ErrBadResponse
	if said, ok := number(statusCode).Int64(); ok && said <= 599 {
		refusal.Kind = transport.KindOf(int(said))
	}
	return refusal
}

// isErrorCode reports whether a statusCode, as a number or in quotes, says that
// the call failed.
func isErrorCode(raw json.RawMessage) bool {
	n := number(raw)
	said, whole := n.Int64()
	return n != "" && (!whole || said >= 400)
}

// number returns a JSON number, or one in quotes; "" for anything else.
func number(raw json.RawMessage) (n guichet.Number) {
	_ = strictjson.Unmarshal(raw, &n) // zero when it fails
	return n
}

// refused returns the refusal in a 2xx answer, for calls that do not read it.
func refused(_ string, a *transport.Answer) error {
	refusal := new(guichet.Error)
	if _, _, err := open(a.Status, a.Body); errors.As(err, &refusal) {
		return refusal
	}
	return nil
}

var errNothing = errors.New("the answer holds nothing")

// isObject looks at the first byte of a value that is known to be JSON.
func isObject(raw []byte) bool { return len(raw) > 0 && raw[0] == '{' }

// present returns nil for null.
func present(raw json.RawMessage) json.RawMessage {
	if string(raw) == "null" {
		return nil
	}
	return raw
}

// object does a call that is answered with one object, in an envelope or not.
func (c *Client) object(ctx context.Context, call *transport.Call, read func(object json.RawMessage) error) (*transport.Answer, error) {
	call.Decode = func(a *transport.Answer) error {
		object, _, err := open(a.Status, a.Body)
		if err == nil && !isObject(object) {
			err = strictjson.ErrNotObject
		}
		if err != nil {
			return err
		}
		return read(object)
	}
	return c.t.Do(ctx, call)
}

// parseList reads a page of payments: an array in one envelope, in two, or bare.
func parseList(a *transport.Answer) (*PaymentList, error) {
	result, meta, err := open(a.Status, a.Body)
	if err != nil {
		return nil, err
	}
	if isObject(result) {
		outer := meta
		if result, meta, err = open(a.Status, result); err != nil {
			return nil, err
		}
		if meta == nil {
			meta = outer
		}
	}
	var items []json.RawMessage
	if err := strictjson.Unmarshal(result, &items); err != nil {
		return nil, err
	}
	list := &PaymentList{Payments: make([]*Payment, len(items))}
	if list.Meta, err = parseMeta(meta); err != nil {
		return nil, err
	}
	for i, item := range items {
		if !isObject(item) {
			return nil, strictjson.ErrNotObject
		}
		var e envelope
		var w paymentWire
		if err := strictjson.Unmarshal(item, &e); err != nil {
			return nil, err
		}
		if e.refuses() { // whatever its status says, it is no payment
			return nil, errors.New("an item of the list says that it is none")
		}
		if err := strictjson.Unmarshal(item, &w); err != nil {
			return nil, err
		}
		list.Payments[i] = w.payment(item)
	}
	return list, nil
}

// document does a call whose answer is not described.
func (c *Client) document(ctx context.Context, call *transport.Call) (*Document, error) {
	var document *Document
	call.Decode = func(a *transport.Answer) error {
		result, _, err := open(a.Status, a.Body)
		if err == nil && present(result) == nil {
			err = errNothing
		}
		document = &Document{Raw: result, RateLimit: rateLimit(a.Header)}
		return err
	}
	if _, err := c.t.Do(ctx, call); err != nil {
		return nil, err
	}
	return document, nil
}
