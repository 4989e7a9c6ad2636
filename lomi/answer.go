package lomi

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/strictjson"
	"github.com/guichetpay/guichet/internal/transport"
)

// The problems of an answer that is well-formed JSON and cannot be used.
const (
	errNoObject = strictjson.Problem("holds no object")
	errNoList   = strictjson.Problem("holds no list")
	errNoID     = strictjson.Problem("has no id")
	errOther    = strictjson.Problem("is about another object")
	errNoURL    = strictjson.Problem("has no usable URL to send the customer to")
)

// layers are the objects that an answer is made of, from the outside in: it comes
// bare, in data, in data beside other members, or as the only element of an array.
type layers struct {
	found []strictjson.Value
	own   int  // the layer with the object's id, else the innermost
	named bool // own has an id
	whole bool // found ends with an object, not with a data that holds none

	of *transport.Answer // what they are the layers of
}

// maxWraps is {data:[{…}]}; what stands deeper is part of the object.
const maxWraps = 2

// unwrap takes an answer apart.
func unwrap(answer strictjson.Value) (l layers) {
	for wraps := 0; ; wraps++ {
		if answer.Kind() == strictjson.Array {
			if answer.Len() != 1 || wraps == maxWraps {
				return l
			}
			for element := range answer.All() {
				answer = element
			}
			continue
		}
		if answer.Kind() != strictjson.Object || answer.Len() == 0 {
			return l
		}
		l.found = append(l.found, answer)
		l.own = len(l.found) - 1
		data := answer.Get("data")
		if data.Kind() == strictjson.Absent || wraps == maxWraps {
			l.whole = true
			return l
		}
		answer = data
	}
}

// object is the layer that the object itself is.
func (l layers) object() strictjson.Value { return l.found[l.own] }

// member returns the innermost member of this name that is not null.
func (l layers) member(name string) strictjson.Value {
	for _, layer := range slices.Backward(l.found) {
		if v := layer.Get(name); v.Present() {
			return v
		}
	}
	return strictjson.Value{}
}

// open takes the answer to a call for one object apart, and finds the layer that the
// object is. null and {} are errors, also inside, and so is a member that says that the
// call was no success.
func (k *kind[T]) open(a *transport.Answer) (layers, error) {
	answer, err := a.JSON()
	if err != nil {
		return layers{}, err
	}
	l := unwrap(answer)
	l.of = a
	for i, layer := range l.found {
		if k.outerID && i == 0 && len(l.found) > 1 {
			continue
		}
		for _, name := range k.ids {
			if id := layer.Get(name); id.Present() && string(id.Raw()) != `""` {
				l.own, l.named = i, true
			}
		}
	}
	outer := l.found
	if k.reports && l.whole {
		outer = l.found[:l.own]
	}
	if err := denied(outer); err != nil {
		return l, err
	}
	for _, envelope := range l.found[:max(l.own, 0)] {
		if envelope.EnvelopeRefuses() {
			return l, noSuccess(envelope)
		}
	}
	if len(l.found) == 0 || !l.whole && !l.named {
		return l, errNoObject
	}
	return l, nil
}

// fill reads the object of an answer that was opened.
func (k *kind[T]) fill(l layers, raw json.RawMessage, dst *T) error {
	if k.around != nil {
		for _, layer := range l.found[:l.own] {
			if err := k.around.Read(layer, dst); err != nil {
				return err
			}
		}
		k.ownOnly(dst, new(T))
	}
	if err := k.read.Read(l.object(), dst); err != nil {
		return err
	}
	if k.around != nil && l.own+1 < len(l.found) {
		own := *dst
		for _, layer := range l.found[l.own+1:] {
			if err := k.around.Read(layer, dst); err != nil {
				return err
			}
		}
		k.ownOnly(dst, &own)
	}
	return k.finish(dst, l, raw)
}

// decode reads the answer to a call for one object into dst, which has to meet the
// conditions.
func (k *kind[T]) decode(a *transport.Answer, dst *T, conditions []condition[T]) error {
	*dst = *new(T)
	l, err := k.open(a)
	if err != nil {
		return err
	}
	return k.decodeOpened(a, l, dst, conditions)
}

func (k *kind[T]) decodeOpened(a *transport.Answer, l layers, dst *T, conditions []condition[T]) error {
	raw := l.object().Copy()
	if k.rawIsAll {
		raw = bytes.Clone(a.Body)
	}
	if err := k.fill(l, raw, dst); err != nil {
		return err
	}
	var late error
	for _, condition := range conditions {
		err := condition(dst, l)
		if _, ok := err.(beside); err != nil && !ok {
			return err
		}
		if late == nil {
			late = err
		}
	}
	return late
}

// condition looks at an object that was read. Its error refuses the object, unless it
// is a beside.
type condition[T any] func(t *T, answer layers) error

// beside is an error that the caller gets together with the object: lomi. has made it,
// and it is not what was asked for.
type beside struct{ error }

// besides returns the error of an answer whose object the caller gets as well.
func (c *Client) besides(call *transport.Call, answer layers, kind error, message string) error {
	return beside{c.t.Fail(call, answer.of, kind, message)}
}

// hasID refuses an object without an id.
func (k *kind[T]) hasID(t *T, _ layers) error {
	if *k.id(t) == "" && (k.mayOmitID == nil || !k.mayOmitID(t)) {
		return errNoID
	}
	return nil
}

// isAsked refuses an answer about another object than the last argument of the call
// names, because its status or amount would be taken for this one's. The newer API gives
// objects a second id, public_id, and takes either. Ids are compared with their case.
func (k *kind[T]) isAsked(call *transport.Call) condition[T] {
	asked := call.Args[len(call.Args)-1]
	return func(t *T, answer layers) error {
		id := k.id(t)
		if *id == "" && k.mayOmitID != nil && k.mayOmitID(t) {
			*id = asked
		}
		return about(asked, *id, answer.object())
	}
}

func about(asked, id string, object strictjson.Value) error {
	if asked == id || asked == object.Get("public_id").Text() {
		return nil
	}
	return errOther
}

// send does a call. read is what reads its answer into dst.
func send[T any](ctx context.Context, c *Client, call *transport.Call, dst *T, read func(a *transport.Answer) error) (*T, error) {
	var late error
	call.Decode = func(a *transport.Answer) error {
		err := read(a)
		if late = nil; err == nil {
			return nil
		}
		if wrong, ok := err.(beside); ok {
			late = wrong.error
			return nil
		}
		return err
	}
	if _, err := c.sender().Do(ctx, call); err != nil {
		return nil, err
	}
	return dst, late
}

// doOne does a call that is answered with one object.
func doOne[T any](ctx context.Context, c *Client, call *transport.Call, k *kind[T], conditions ...condition[T]) (*T, error) {
	dst := new(T)
	return send(ctx, c, call, dst, func(a *transport.Answer) error {
		err := k.decode(a, dst, conditions)
		if k.keyed != nil {
			k.keyed(dst, call.IdempotencyKey, replayed(a))
		}
		return err
	})
}

// createOne does a call that makes an object. Its answer has to name the id.
func createOne[T any](ctx context.Context, c *Client, call *transport.Call, k *kind[T], conditions ...condition[T]) (*T, error) {
	return doOne(ctx, c, call, k, append([]condition[T]{k.hasID}, conditions...)...)
}

// getOne reads the object that the last argument of the call names.
func getOne[T any](ctx context.Context, c *Client, call *transport.Call, k *kind[T]) (*T, error) {
	call.Method, call.Policy = http.MethodGet, transport.Read
	unwrapped := *k
	unwrapped.rawIsAll = false
	return doOne(ctx, c, call, &unwrapped, k.isAsked(call))
}

// updateOne does a PATCH, and reads the object if lomi. answers with it. Else only
// its id is set.
func updateOne[T any](ctx context.Context, c *Client, call *transport.Call, k *kind[T], conditions ...condition[T]) (*T, error) {
	call.Method, call.Policy = http.MethodPatch, transport.Write
	dst := new(T)
	unwrapped := *k
	unwrapped.rawIsAll = false
	unwrapped.mayOmitID = func(*T) bool { return true } // the answer may be a mere message
	conditions = append([]condition[T]{unwrapped.isAsked(call)}, conditions...)
	return send(ctx, c, call, dst, func(a *transport.Answer) error {
		if a.Status == http.StatusNoContent && len(a.Body) == 0 {
			*k.id(dst) = call.Args[0]
			return nil
		}
		return unwrapped.decode(a, dst, conditions)
	})
}

// acknowledge does a call that is answered with nothing of use: no body, or any
// JSON but a refusal. A web page is not an acknowledgement.
func (c *Client) acknowledge(ctx context.Context, call *transport.Call) error {
	call.Policy = transport.Write
	call.Decode = func(a *transport.Answer) error {
		if len(a.Body) == 0 {
			return nil
		}
		answer, err := a.JSON()
		if err != nil {
			return err
		}
		return denied(unwrap(answer).found)
	}
	_, err := c.sender().Do(ctx, call)
	return err
}

// replayed reports whether lomi. answered from its store, because the same key
// and body had been sent before.
func replayed(a *transport.Answer) bool {
	return strings.EqualFold(strings.TrimSpace(a.Header.Get("Idempotency-Cache-Hit")), "true")
}

// echoed compares the amount and currency of an answer, where it has them, with
// what was asked for.
func (c *Client) echoed(call *transport.Call, answer layers, amount int64, currency guichet.Currency, gotAmount guichet.Number, gotCurrency guichet.Currency) error {
	minor, whole := gotAmount.Int64()
	if (gotAmount == "" || (whole && minor == amount)) && (gotCurrency == "" || gotCurrency == currency) {
		return nil
	}
	return c.besides(call, answer, guichet.ErrMismatch, "lomi. took another amount or currency than was asked for")
}
