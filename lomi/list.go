package lomi

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/strictjson"
	"github.com/guichetpay/guichet/internal/transport"
)

// findRows finds the array of a list in whichever envelope it comes; key is its name
// besides "data". rows is null where the list says that it has none.
func findRows(answer strictjson.Value, key string) (rows strictjson.Value, around layers, err error) {
	for wraps := 0; ; wraps++ {
		if answer.Kind() == strictjson.Array {
			return answer, around, nil
		}
		if answer.Kind() != strictjson.Object {
			return rows, around, errNoList
		}
		around.found = append(around.found, answer)
		if err := denied(around.found[wraps:]); err != nil {
			return rows, around, err
		}
		if answer.EnvelopeRefuses() {
			return rows, around, noSuccess(answer)
		}
		data, named := answer.Get("data"), answer.Get(key)
		switch {
		case data.Kind() == strictjson.Array:
			answer = data
		case named.Kind() == strictjson.Array:
			answer = named
		case wraps == maxWraps:
			return rows, around, errNoList
		case data.Kind() == strictjson.Object: // {success, data: {data: [], …}}
			answer = data
		case named.Kind() == strictjson.Object:
			answer = named
		case data.Kind() == strictjson.Null:
			return data, around, nil
		case named.Kind() == strictjson.Null:
			return named, around, nil
		default:
			return rows, around, errNoList
		}
	}
}

// decodeList reads the answer to a call for a list. asked is the query that was sent.
// A page comes back beside an error where only some of the rows could not be read.
func (k *kind[T]) decodeList(a *transport.Answer, key string, asked listQuery) (*page[T], error) {
	answer, err := a.JSON()
	if err != nil {
		return nil, err
	}
	rows, around, err := findRows(answer, key)
	if err != nil {
		return nil, err
	}
	p := &page[T]{}
	p.Items = []T{}
	first := ""
	for row := range rows.All() {
		var item T
		err := k.decodeRow(row, &item)
		if len(p.Items)+p.Skipped == 0 {
			first = k.rowID(row)
		}
		if err := p.Add(item, err); err != nil {
			return nil, err
		}
	}
	if len(p.Items) == 0 && p.Skipped > 0 {
		return nil, p.Err()
	}
	p.follow(rows, around, first, asked)
	return p, p.Err()
}

func (k *kind[T]) decodeRow(row strictjson.Value, dst *T) error {
	if row.Kind() != strictjson.Object || row.Len() == 0 {
		return errNoObject
	}
	l := layers{found: []strictjson.Value{row}, whole: true}
	if !k.reports {
		if err := denied(l.found); err != nil {
			return errors.New("it says that it was no success")
		}
	}
	if err := k.fill(l, row.Copy(), dst); err != nil {
		return err
	}
	if k.rowsHaveID && *k.id(dst) == "" {
		return errNoID
	}
	return nil
}

// rowID is the same for the same row, and different for different ones.
func (k *kind[T]) rowID(row strictjson.Value) string {
	for _, name := range k.ids {
		if id := row.Get(name); id.Present() {
			return digest(id.Raw())
		}
	}
	return digest(row.Raw())
}

// listPage does a call that is answered with a list. The query of the call is
// completed with the page that is asked for. Where whole is set, a page after which
// items are missing is an error beside it.
func listPage[T any](ctx context.Context, c *Client, call *transport.Call, k *kind[T], key string, asked listQuery, whole bool) (p *page[T], err error) {
	call.Method, call.Policy = http.MethodGet, transport.Read
	if call.Query == nil {
		call.Query = url.Values{}
	}
	if err := c.check(call.Op, asked.problems()...); err != nil {
		return nil, err
	}
	asked.apply(call.Query)
	call.Decode = func(a *transport.Answer) (err error) {
		p, err = k.decodeList(a, key, asked)
		if err == nil && whole && p.missing {
			return errMissing
		}
		return err
	}
	_, err = c.sender().Do(ctx, call)
	return p, err
}

// nativePage is listPage for the native methods, whose Page.Cut says that items are
// missing.
func nativePage[T any](ctx context.Context, c *Client, call *transport.Call, k *kind[T], key string, limit int, cursor string) (*Page[T], error) {
	p, err := listPage(ctx, c, call, k, key, listQuery{limit, cursor}, false)
	if p == nil {
		return nil, err
	}
	return p.native(k), err
}

// doRows does a call that is answered with one object or a list of them, where
// either is a fair answer. Rows come back beside an error where others could not be
// read.
func doRows[T any](ctx context.Context, c *Client, call *transport.Call, k *kind[T], key string) (items []T, err error) {
	call.Decode = func(a *transport.Answer) error {
		items = nil
		p, err := k.decodeList(a, key, listQuery{})
		if err != errNoList {
			if p != nil {
				items = p.Items
			}
			return err
		}
		var item T
		if err := k.decode(a, &item, nil); err != nil {
			return err
		}
		items = []T{item}
		return nil
	}
	_, err = c.sender().Do(ctx, call)
	return items, err
}

// page is one page of a list as it was read.
type page[T any] struct {
	strictjson.Rows[T]
	next  string
	total int64
	// cut: nothing proves that the list ends here, and there is no way on.
	cut bool
	// missing: the answer itself says that items are missing. It is cut, but where a
	// total counts no more items than have been seen.
	missing bool
}

// errMissing is the error of a portable list, whose page has no other way to say it.
var errMissing = errors.New("the answer says that there are more payments, and gives no way to them")

// native is the page as the native methods return it.
func (p *page[T]) native(k *kind[T]) *Page[T] {
	return &Page[T]{Items: p.Items, Next: p.next, Total: p.total, Cut: p.cut, Skipped: p.Skipped, id: k.id}
}

// portable is the page as List returns it.
func portable[T any](p *page[T], err error, payment func(*T) *guichet.Payment) (*guichet.Page, error) {
	if p == nil {
		return nil, err
	}
	result := &guichet.Page{Payments: make([]*guichet.Payment, len(p.Items)), Next: p.next, Skipped: p.Skipped}
	for i := range p.Items {
		result.Payments[i] = payment(&p.Items[i])
	}
	return result, err
}
