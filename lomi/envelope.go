package lomi

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/guichetpay/guichet"
	strictjson "github.com/guichetpay/guichet/internal/oldjson"
	"github.com/guichetpay/guichet/internal/redact"
	"github.com/guichetpay/guichet/internal/request"
	"github.com/guichetpay/guichet/internal/transport"
)

// Page is one page of a native list.
type Page[T any] struct {
	Items []T
	Next  string // the Cursor of the next page, opaque; empty: this is the last
	Total int64  // as lomi. counts, often only this page; 0: not said
	Cut   bool   // there is more, and lomi. gives no way to it: what is not here may exist all the same
}

// Format prints the page without what its items hide.
func (p Page[T]) Format(s fmt.State, verb rune) { redact.Format(s, verb, p) }

// LogValue is what slog shows; see Format.
func (p Page[T]) LogValue() slog.Value { return redact.LogValue(p) }

// decoded is implemented by native types that keep the object they were read
// from, or that lomi. writes under several names.
type decoded interface {
	// decoded is called once the members are read. raw is theirs to keep.
	decoded(raw json.RawMessage)
}

// The errors of an answer that is well-formed JSON and still no answer.
var (
	errNoObject = errors.New("the answer holds no object")
	errNoList   = errors.New("the answer holds no list")
	errNoID     = errors.New("the answer has no id")
)

// maxWraps is {data:[{…}]}; more is not an envelope but a riddle.
const maxWraps = 2

// split takes an answer apart into the objects that it is made of, from the
// outside in: bare, in data, in data beside other members, or as the only
// element of an array. innermost is the last of them as it came; nil when what
// stands inside is no object, or an empty one.
func split(answer []byte) (found []members, innermost json.RawMessage, err error) {
	if err := strictjson.Check(answer); err != nil {
		return nil, nil, err
	}
	raw := json.RawMessage(answer)
	for wraps := 0; ; wraps++ {
		if isArray(raw) {
			var list []json.RawMessage
			if strictjson.Unmarshal(raw, &list) != nil || len(list) != 1 || wraps == maxWraps {
				return found, nil, nil
			}
			raw = list[0]
			continue
		}
		layer := membersOf(raw)
		if len(layer) == 0 {
			return found, nil, nil
		}
		found = append(found, layer)
		data, wrapped := layer["data"]
		if !wrapped || wraps == maxWraps {
			return found, bytes.Clone(bytes.TrimSpace(raw)), nil
		}
		raw = data
	}
}

// harmless are the members by which a 2xx can say that it was no success, with
// the values that do not say so. Anything else does: a word of refusal that was
// overlooked would make a payment of it.
var harmless = map[string][]string{
	"success":          {"null", "true"},
	"error":            {"null"},
	"payment_required": {"null", "false"},
}

var errNoSuccess = errors.New("the answer says that it was no success")

// denied is the error of a 2xx of which one of the objects says that it was no
// success. An unpaid invoice is read first: it is the one that has a name, and
// whatever stands beside it was not made.
func denied(found ...members) error {
	if invoice := readUnpaid(found); invoice != nil {
		return &guichet.Error{
			Kind: guichet.ErrDeclined, ProviderCode: cmp.Or(invoice.Reason, unpaidInvoice),
			Message: "the customer has to pay an invoice first",
		}
	}
	for _, layer := range found {
		for name, values := range harmless {
			if said, ok := layer[name]; ok && !slices.Contains(values, string(said)) {
				return errNoSuccess
			}
		}
	}
	return nil
}

// refused returns the refusal in a 2xx answer to a call that acts and whose answer
// nobody may look at: a subscription that was not cancelled is charged again. What
// is only read may be a log, and its success is of something else.
func refused(method string, a *transport.Answer) error {
	if method == http.MethodGet {
		return nil
	}
	found, _, err := split(a.Body)
	if err != nil { // whoever reads the answer is told
		return nil
	}
	return denied(found...)
}

// reporter is implemented by native types whose own members are called as those
// by which an answer says that it was no success.
type reporter interface{ reports() }

// judge refuses what split found in the answer to a call for dst, when one of the
// layers says that it was no success, or when there is none.
func judge(found []members, innermost json.RawMessage, dst any) error {
	outer := found
	if _, ok := dst.(reporter); ok && innermost != nil {
		outer = found[:len(found)-1]
	}
	if err := denied(outer...); err != nil {
		return err
	}
	if len(found) == 0 {
		return errNoObject
	}
	return nil
}

// layers are the objects of an answer of which none says that it was no success.
func layers(answer []byte) ([]members, error) {
	found, innermost, err := split(answer)
	if err != nil {
		return nil, err
	}
	return found, judge(found, innermost, nil)
}

// merged is the one object that the layers are about, for answers whose members
// stand in data and beside it; inner members win, unless they are null.
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

// decodeObject reads the innermost object of the answer to a call for one. null
// and {} are errors, also inside.
func decodeObject(answer []byte, dst any) error {
	_, err := unwrapInto(answer, dst)
	return err
}

// unwrapInto is decodeObject, and returns a copy of the object itself.
func unwrapInto(answer []byte, dst any) (json.RawMessage, error) {
	found, innermost, err := split(answer)
	if err != nil {
		return nil, err
	}
	if err := judge(found, innermost, dst); err != nil {
		return nil, err
	}
	if innermost == nil {
		return nil, errNoObject
	}
	return innermost, decodeItem(innermost, dst)
}

func isArray(body []byte) bool { return bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("[")) }

// decodeItem reads one unwrapped object.
func decodeItem(raw json.RawMessage, dst any) error {
	if err := strictjson.Object(raw); err != nil {
		return err
	}
	if _, ok := dst.(reporter); !ok {
		if err := denied(membersOf(raw)); err != nil {
			return err
		}
	}
	if err := strictjson.Unmarshal(raw, dst); err != nil {
		return err
	}
	if d, ok := dst.(decoded); ok {
		d.decoded(bytes.Clone(raw))
	}
	return nil
}

// listQuery is the part of a list's query that says which page. Cursor is what
// the page before gave as Next.
type listQuery struct {
	Limit  int // 0: lomi.'s default
	Cursor string
}

const (
	maxLimit     = 100
	defaultLimit = 20 // what lomi. sends without a limit
)

// position is a Cursor taken apart. lomi. continues by a cursor of its own, by
// an offset or by a page number, depending on endpoint and generation, and only
// the answer tells which.
type position struct {
	cursor string
	offset int64
	page   int64
	size   int64  // of a page, for a page number
	first  string // digest of the first item of the page before: a server that ignores offset sends it again
}

// The forms of Next. A cursor of lomi.'s own goes as it is, unless it looks like
// one of the others.
const (
	cursorForm = "cursor:"
	offsetForm = "offset:" // offset:<items seen>:<first>
	pageForm   = "page:"   // page:<number>:<size>:<first>
)

var errCursor = errors.New("is not the Next of a page")

// form splits a Next into its form and the rest.
func form(next string) (kind, rest string) {
	for _, kind := range []string{cursorForm, offsetForm, pageForm} {
		if rest, ok := strings.CutPrefix(next, kind); ok {
			return kind, rest
		}
	}
	return "", next
}

func (p position) next() string {
	switch {
	case p.offset > 0:
		return offsetForm + strconv.FormatInt(p.offset, 10) + ":" + p.first
	case p.page > 0:
		return pageForm + strconv.FormatInt(p.page, 10) + ":" + strconv.FormatInt(p.size, 10) + ":" + p.first
	}
	if kind, _ := form(p.cursor); kind != "" {
		return cursorForm + p.cursor
	}
	return p.cursor
}

func (q listQuery) position() (p position, err error) {
	kind, rest := form(q.Cursor)
	parts := strings.Split(rest, ":")
	number := func(i int) (n int64) {
		var e error
		if n, e = strconv.ParseInt(parts[i], 10, 64); e != nil || n <= 0 || n > 1<<40 {
			err = errCursor
		}
		return n
	}
	switch {
	case kind == "" || kind == cursorForm:
		p.cursor = rest
	case kind == offsetForm && len(parts) == 2:
		p.offset, p.first = number(0), parts[1]
	case kind == pageForm && len(parts) == 3:
		p.page, p.size, p.first = number(0), number(1), parts[2]
	default:
		err = errCursor
	}
	return p, err
}

// apply writes the page into the query of the call op.
func (q listQuery) apply(op string, v url.Values) error {
	if q.Limit < 0 || q.Limit > maxLimit {
		return invalid(op, "Limit", "must be 0 to 100")
	}
	if fault := request.Text(q.Cursor); fault != "" {
		return invalid(op, "Cursor", fault)
	}
	p, err := q.position()
	if err != nil {
		return invalid(op, "Cursor", err.Error())
	}
	set := func(name string, n int64) {
		if n > 0 {
			v.Set(name, strconv.FormatInt(n, 10))
		}
	}
	if p.page > 0 {
		set("page", p.page)
		set("pageSize", p.size)
		return nil
	}
	set("limit", int64(q.Limit))
	set("offset", p.offset)
	if p.cursor != "" {
		v.Set("cursor", p.cursor)
	}
	return nil
}

// page is one page of a list as it was read.
type page[T any] struct {
	Items []T
	Next  string
	Total int64
	cut   bool // there is more, and no way to it
}

// listWire is what the envelopes of lists say beside the items.
type listWire struct {
	HasMore    *bool          `json:"has_more"`
	NextCursor string         `json:"next_cursor"`
	Limit      guichet.Number `json:"limit"`
	Offset     guichet.Number `json:"offset"`
	Total      guichet.Number `json:"total"`
	TotalCount guichet.Number `json:"total_count"`
	Pagination *struct {
		Page       guichet.Number `json:"page"`
		PageSize   guichet.Number `json:"pageSize"`
		TotalCount guichet.Number `json:"totalCount"`
		TotalPages guichet.Number `json:"totalPages"`
	} `json:"pagination"`
}

// decodeList reads the answer to a call for a list, in whichever envelope it
// comes; key is the name of the array member besides "data". asked is the query
// that was sent.
func decodeList[T any](body []byte, key string, asked listQuery) (page[T], error) {
	raws, w, err := openList(body, key, 0)
	if err != nil {
		return page[T]{}, err
	}
	result := page[T]{Items: make([]T, len(raws))}
	for i, raw := range raws {
		if err := decodeItem(raw, &result.Items[i]); err != nil {
			return page[T]{}, err
		}
	}
	result.follow(raws, w, asked)
	return result, nil
}

func openList(body []byte, key string, wraps int) (items []json.RawMessage, w listWire, err error) {
	if err := strictjson.Check(body); err != nil {
		return nil, w, err
	}
	if isArray(body) {
		return items, w, strictjson.Unmarshal(body, &items)
	}
	var layer members
	if strictjson.Unmarshal(body, &layer) != nil {
		return nil, w, errNoList
	}
	if err := denied(layer); err != nil {
		return nil, w, err
	}
	for _, name := range []string{"data", key} {
		inner, ok := layer[name]
		switch {
		case !ok:
		case isArray(inner):
			if err := strictjson.Unmarshal(body, &w); err != nil {
				return nil, w, err
			}
			return items, w, strictjson.Unmarshal(inner, &items)
		case wraps < maxWraps: // {success, data: {data: [], …}}
			return openList(inner, key, wraps+1)
		}
	}
	return nil, w, errNoList
}

// follow works out where the list goes on.
func (p *page[T]) follow(raws []json.RawMessage, w listWire, asked listQuery) {
	from, _ := asked.position() // apply has refused a bad one
	number := func(texts ...guichet.Number) int64 {
		for _, text := range texts {
			if n, ok := text.Int64(); ok && n > 0 {
				return n
			}
		}
		return 0
	}
	p.Total = number(w.TotalCount, w.Total)
	first := ""
	if len(raws) > 0 {
		sum := sha256.Sum256(raws[0])
		first = hex.EncodeToString(sum[:8])
	}
	again := first != "" && first == from.first

	switch {
	case w.Pagination != nil:
		at, pages := number(w.Pagination.Page), number(w.Pagination.TotalPages)
		p.Total = number(w.Pagination.TotalCount)
		more := at < pages && len(raws) > 0
		p.cut = more && again
		if more && !p.cut {
			size := max(number(w.Pagination.PageSize), int64(len(raws)))
			p.Next = position{page: max(at, from.page, 1) + 1, size: size, first: first}.next()
		}
	case w.HasMore != nil || w.NextCursor != "":
		more := w.HasMore == nil || *w.HasMore
		p.cut = more && (w.NextCursor == "" || w.NextCursor == from.cursor)
		if more && !p.cut {
			p.Next = position{cursor: w.NextCursor}.next()
		}
	default:
		size := number(w.Limit, guichet.Int(int64(asked.Limit)), guichet.Int(defaultLimit))
		// Just as many as come without a limit: it may not have been heeded. A paid
		// session that is missed for it would make its link expired.
		unheeded := number(w.Limit) == 0 && len(raws) == defaultLimit
		more := int64(len(raws)) >= size || unheeded
		p.cut = more && again
		if more && !p.cut {
			p.Next = position{offset: from.offset + int64(len(raws)), first: first}.next()
		}
	}
}

// one does a call that is answered with one object, and reads it into dst. The
// answer's Body is then the object itself, unwrapped.
func (c *Client) one(ctx context.Context, call *transport.Call, dst any) (*transport.Answer, error) {
	var object json.RawMessage
	call.Decode = func(a *transport.Answer) (err error) {
		object, err = unwrapInto(a.Body, dst)
		return err
	}
	answer, err := c.t.Do(ctx, call)
	if err != nil {
		return answer, err
	}
	answer.Body = object
	return answer, nil
}

// list does a call that is answered with a list. The query of the call is
// completed with the page that is asked for.
func list[T any](ctx context.Context, c *Client, call *transport.Call, key string, asked listQuery) (page[T], error) {
	var result page[T]
	if call.Query == nil {
		call.Query = url.Values{}
	}
	if err := asked.apply(call.Op, call.Query); err != nil {
		return result, err
	}
	call.Decode = func(a *transport.Answer) (err error) {
		result, err = decodeList[T](a.Body, key, asked)
		return err
	}
	_, err := c.t.Do(ctx, call)
	return result, err
}

// native is the page as the native methods return it.
func (p page[T]) native() *Page[T] {
	return &Page[T]{Items: p.Items, Next: p.Next, Total: p.Total, Cut: p.cut}
}

// keyed protects a create that lomi. documents an idempotency key for. Without a
// key of the caller's it gets one of its own, so that a repeat within the call
// cannot act twice.
func keyed(call *transport.Call, key string) error {
	if key == "" {
		key = rand.Text()
	}
	if fault := request.ID(key); fault != "" {
		return invalid(call.Op, "IdempotencyKey", fault)
	}
	call.Policy, call.IdempotencyKey = transport.Keyed, key
	return nil
}

// marshal writes the body of a call. Names that differ in case only are refused:
// lomi. would send them back, and the answer could not be read.
func marshal(op, what string, v any) ([]byte, error) {
	body, err := strictjson.Marshal(v)
	if err != nil {
		if field := request.BadText(v); field != "" {
			return nil, invalid(op, field, "is not valid UTF-8")
		}
		return nil, invalid(op, what, "cannot be written as JSON")
	}
	if strictjson.Check(body) != nil {
		return nil, invalid(op, "Metadata", "has names that differ in case only, or is nested too deep")
	}
	return body, nil
}

// invalid is the error for a field that is wrong; nothing was sent.
func invalid(op, field, fault string) error {
	return &guichet.Error{Provider: provider, Op: op, Kind: guichet.ErrInvalidRequest, Message: field + ": " + fault}
}
