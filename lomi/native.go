package lomi

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/guichetpay/guichet"
	strictjson "github.com/guichetpay/guichet/internal/oldjson"
	"github.com/guichetpay/guichet/internal/request"
	"github.com/guichetpay/guichet/internal/transport"
)

// check returns the first fault of a request as an error of op.
func check(op string, faults ...request.Setting) error {
	for _, f := range faults {
		if f.Fault != "" {
			return invalid(op, f.Field, f.Fault)
		}
	}
	return nil
}

// wordFault says why s cannot be a word of an open set, such as a status in a
// filter, where a comma would make two of it.
func wordFault(s string) string {
	if strings.Contains(s, ",") {
		return "must not hold a comma"
	}
	return request.ID(s)
}

// setQuery leaves out what is empty.
func setQuery(query url.Values, name, value string) {
	if value != "" {
		query.Set(name, value)
	}
}

// dateTime writes a time as lomi. does; "" for the zero time.
func dateTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// get reads the object that the last argument of the call names into dst; id is
// where its own id then stands. Another object's answer is an error: its status
// or amount would be taken for this one's.
func (c *Client) get(ctx context.Context, call *transport.Call, dst any, id *string) error {
	call.Method, call.Policy = http.MethodGet, transport.Read
	answer, err := c.one(ctx, call, dst)
	if err != nil {
		return err
	}
	return c.sameObject(call, answer, *id)
}

// sameObject refuses an answer about another object.
func (c *Client) sameObject(call *transport.Call, a *transport.Answer, id string) error {
	if !about(call.Args[len(call.Args)-1], id, a.Body) {
		return c.t.Fail(call, a, guichet.ErrBadResponse, "the answer is about another object")
	}
	return nil
}

// about reports whether an object is the one that was asked for; id is its own.
// The newer API gives objects a second id, public_id, and takes either. Ids are
// opaque: two that differ in case are two.
func about(asked, id string, object json.RawMessage) bool {
	other := membersOf(object)
	return asked == cmp.Or(id, other.text("id")) || asked == other.text("public_id")
}

// membersOf opens an object for the members that lomi. writes under several
// names.
func membersOf(object json.RawMessage) members {
	var m members
	_ = strictjson.Unmarshal(object, &m)
	return m
}

// listed does a call that is answered with a list, and returns one page of it.
func listed[T any](ctx context.Context, c *Client, call *transport.Call, key string, limit int, cursor string) (*Page[T], error) {
	call.Method, call.Policy = http.MethodGet, transport.Read
	page, err := list[T](ctx, c, call, key, listQuery{limit, cursor})
	if err != nil {
		return nil, err
	}
	return page.native(), nil
}

// body marshals the body of a call.
func body(call *transport.Call, v any) (err error) {
	call.Body, err = marshal(call.Op, "the request", v)
	return err
}

// acknowledge does a call that is answered with nothing of use: no body, or any
// JSON but a failure. A web page is not an acknowledgement.
func (c *Client) acknowledge(ctx context.Context, call *transport.Call) error {
	call.Decode = func(a *transport.Answer) error {
		if len(a.Body) == 0 {
			return nil
		}
		found, _, err := split(a.Body)
		if err != nil {
			return err
		}
		return denied(found...)
	}
	_, err := c.t.Do(ctx, call)
	return err
}

// act does a call that makes something, and has read take the layers of its
// answer.
func (c *Client) act(ctx context.Context, call *transport.Call, read func(found []members) error) (*transport.Answer, error) {
	call.Decode = func(a *transport.Answer) error {
		found, err := layers(a.Body)
		if err != nil {
			return err
		}
		return read(found)
	}
	return c.t.Do(ctx, call)
}

// done reads the layers of an answer into dst. needed is where the members then
// stand of which the answer must have one.
func done(found []members, dst any, needed ...*string) error {
	object, err := merged(ownStatus(found, dst))
	if err != nil {
		return err
	}
	if err := decodeItem(object, dst); err != nil {
		return err
	}
	for _, member := range needed {
		if *member != "" {
			return nil
		}
	}
	return errNoID
}

// stated is implemented by native types whose status must come from the layer
// that has one of their ids.
type stated interface{ idNames() []string }

// ownStatus leaves the status only to the innermost layer with the object's id,
// and where none has one to the innermost: an envelope may have a status of its
// own, and its "completed" is not money.
func ownStatus(found []members, dst any) []members {
	s, ok := dst.(stated)
	if !ok {
		return found
	}
	own := len(found) - 1
	for i, layer := range found {
		if slices.ContainsFunc(s.idNames(), func(name string) bool { return layer.text(name) != "" }) {
			own = i
		}
	}
	found = slices.Clone(found)
	for i := range found {
		if i != own {
			found[i] = maps.Clone(found[i])
			delete(found[i], "status")
		}
	}
	return found
}

// update does a PATCH that must change something, and reads the object if lomi.
// answers with it; id is where the object's id then stands.
func (c *Client) update(ctx context.Context, call *transport.Call, changes, dst any, id *string) error {
	if err := body(call, changes); err != nil {
		return err
	}
	if string(call.Body) == "{}" {
		return invalid(call.Op, "the update", "no field is set")
	}
	var object json.RawMessage
	call.Decode = func(a *transport.Answer) (err error) {
		if a.Status == http.StatusNoContent && len(a.Body) == 0 {
			return nil
		}
		object, err = unwrapInto(a.Body, dst)
		return err
	}
	answer, err := c.t.Do(ctx, call)
	if err != nil {
		return err
	}
	answer.Body = object
	if *id == "" { // a mere message, or nothing
		*id = call.Args[0]
	}
	return c.sameObject(call, answer, *id)
}
