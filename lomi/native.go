package lomi

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/request"
	"github.com/guichetpay/guichet/internal/strictjson"
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
	return c.sound(call, answer, *id)
}

// sound refuses an answer without success, or about another object.
func (c *Client) sound(call *transport.Call, a *transport.Answer, id string) error {
	if failed(a.Body) {
		return c.t.Fail(call, a, guichet.ErrBadResponse, errNoSuccess.Error())
	}
	return c.sameObject(call, a, id)
}

func (c *Client) sameObject(call *transport.Call, a *transport.Answer, id string) error {
	if !about(call.Args[len(call.Args)-1], id, a.Body) {
		return c.t.Fail(call, a, guichet.ErrBadResponse, "the answer is about another object")
	}
	return nil
}

// about reports whether an object is the one that was asked for. The newer API
// gives objects a second id, and takes either.
func about(asked, id string, object json.RawMessage) bool {
	other := membersOf(object)
	return strings.EqualFold(asked, id) || strings.EqualFold(asked, other.text("id")) || strings.EqualFold(asked, other.text("public_id"))
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
		if failed(a.Body) {
			return errNoSuccess
		}
		return strictjson.Check(a.Body)
	}
	_, err := c.t.Do(ctx, call)
	return err
}

// layers returns the objects that an answer is made of, from the outside in:
// members of one thing may stand in data, and beside it.
func layers(answer []byte) ([]members, error) {
	if err := strictjson.Check(answer); err != nil {
		return nil, err
	}
	var found []members
	raw := json.RawMessage(answer)
	for range maxWraps + 1 {
		if isArray(raw) {
			var list []json.RawMessage
			if strictjson.Unmarshal(raw, &list) != nil || len(list) != 1 {
				break
			}
			raw = list[0]
			continue
		}
		layer := membersOf(raw)
		if len(layer) == 0 {
			break
		}
		found = append(found, layer)
		data, wrapped := layer["data"]
		if !wrapped {
			break
		}
		raw = data
	}
	if len(found) == 0 {
		return nil, errNoObject
	}
	return found, nil
}

// merged is the one object that the layers are about; inner members win, unless
// they are null.
func merged(found []members) (json.RawMessage, error) {
	all := members{}
	for _, layer := range found {
		for name, value := range layer {
			if _, outside := all[name]; name != "data" && (!outside || string(value) != "null") {
				all[name] = value
			}
		}
	}
	return strictjson.Marshal(all)
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

var errNoSuccess = errors.New("the answer says that it was no success")

// failed reports whether a 2xx says that it was no success all the same.
func failed(object json.RawMessage) bool { return string(membersOf(object)["success"]) == "false" }

// done reads the layers of an answer into dst. needed is where the
// members then stand of which the answer must have one.
//
// An answer that says success:false, or anything but true, did not do what was
// asked for, whatever else it holds.
func done(found []members, dst any, needed ...*string) error {
	for _, layer := range found {
		switch string(layer["success"]) {
		case "", "null", "true":
		default:
			return errNoSuccess
		}
	}
	object, err := merged(found)
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

// hide keeps a secret that lomi. has made out of the error, should its answer end
// up in one.
func hide(call *transport.Call, found []members, name string) {
	for _, layer := range found {
		call.Sensitive = append(call.Sensitive, layer.text(name))
	}
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
	answer, err := c.one(ctx, call, dst)
	if err != nil {
		return err
	}
	if *id == "" { // a mere message
		*id = call.Args[0]
	}
	return c.sound(call, answer, *id)
}
