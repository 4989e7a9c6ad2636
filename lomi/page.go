package lomi

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strconv"
	"strings"

	"github.com/guichetpay/guichet/internal/redact"
	"github.com/guichetpay/guichet/internal/request"
	"github.com/guichetpay/guichet/internal/strictjson"
)

// Page is one page of a native list.
type Page[T any] struct {
	Items   []T
	Next    string // the Cursor of the next page, opaque; empty: this is the last
	Total   int64  // as lomi. counts, often only this page; 0: not said
	Cut     bool   // there is more, and lomi. gives no way to it: what is not here may exist all the same
	Skipped int    // items left out because they could not be read; above 0 ErrBadResponse comes beside the page

	id func(*T) *string
}

// idOf returns the id of an item; "" if it is not known.
func (p *Page[T]) idOf(item *T) string {
	if p.id == nil {
		return ""
	}
	return *p.id(item)
}

// Format prints the page without what its items hide.
func (p Page[T]) Format(s fmt.State, verb rune) { redact.Format(s, verb, p) }

// LogValue is what slog shows; see Format.
func (p Page[T]) LogValue() slog.Value { return redact.LogValue(p) }

const (
	maxLimit     = 100
	defaultLimit = 20 // what lomi. sends without a limit
)

// listQuery is the part of a list's query that says which page. Cursor is what
// the page before gave as Next.
type listQuery struct {
	Limit  int // 0: lomi.'s default
	Cursor string
}

// position is a Cursor taken apart. lomi. continues by a cursor of its own, by
// an offset or by a page number, depending on endpoint and generation, and only
// the answer says which.
type position struct {
	cursor string
	seen   int64 // items before a cursor; counts only with total
	total  int64 // the least that the pages so far have counted, for a cursor; 0: not said
	offset int64
	page   int64
	size   int64  // of a page, for a page number
	first  string // digest of the first item of the page before: a server that ignores offset sends it again
}

// The forms of Next. A cursor of lomi.'s own goes as it is, unless it looks like
// one of the others.
const (
	cursorForm = "cursor:" // cursor:<lomi.'s own>
	seenForm   = "seen:"   // seen:<items seen>:<total>:<lomi.'s own>
	offsetForm = "offset:" // offset:<items seen>:<first>
	pageForm   = "page:"   // page:<number>:<size>:<first>
)

var errCursor = errors.New("is not the Next of a page")

// form splits a Next into its form and the rest.
func form(next string) (kind, rest string) {
	for _, kind := range []string{cursorForm, seenForm, offsetForm, pageForm} {
		if rest, ok := strings.CutPrefix(next, kind); ok {
			return kind, rest
		}
	}
	return "", next
}

// next writes the position as Page.Next.
func (p position) next() string {
	numbers := func(form string, a, b int64) string {
		return form + strconv.FormatInt(a, 10) + ":" + strconv.FormatInt(b, 10) + ":"
	}
	switch {
	case p.offset > 0:
		return offsetForm + strconv.FormatInt(p.offset, 10) + ":" + p.first
	case p.page > 0:
		return numbers(pageForm, p.page, p.size) + p.first
	case p.seen > 0 && p.total > 0:
		return numbers(seenForm, p.seen, p.total) + p.cursor
	}
	if kind, _ := form(p.cursor); kind != "" {
		return cursorForm + p.cursor
	}
	return p.cursor
}

// position reads what next wrote.
func (q listQuery) position() (p position, err error) {
	kind, rest := form(q.Cursor)
	parts := strings.SplitN(rest, ":", 3)
	number := func(i int) (n int64) {
		var e error
		if n, e = strconv.ParseInt(parts[i], 10, 64); e != nil || n <= 0 || n > 2*maxCount {
			err = errCursor
		}
		return n
	}
	switch {
	case kind == "" || kind == cursorForm:
		p.cursor = rest
	case kind == seenForm && len(parts) == 3:
		p.seen, p.total, p.cursor = number(0), number(1), parts[2]
	case kind == offsetForm && len(parts) == 2:
		p.offset, p.first = number(0), parts[1]
	case kind == pageForm && len(parts) == 3:
		p.page, p.size, p.first = number(0), number(1), parts[2]
	default:
		err = errCursor
	}
	return p, err
}

// problems are those of the page that is asked for.
func (q listQuery) problems() []request.Field {
	limit, cursor := "", request.Text(q.Cursor)
	if q.Limit < 0 || q.Limit > maxLimit {
		limit = "must be 0 to 100"
	}
	if _, err := q.position(); err != nil && cursor == "" {
		cursor = err.Error()
	}
	return []request.Field{{Name: "Limit", Problem: limit}, {Name: "Cursor", Problem: cursor}}
}

// apply writes the page into the query of a call; problems has found none.
func (q listQuery) apply(v url.Values) {
	p, _ := q.position()
	set := func(name string, n int64) {
		if n > 0 {
			v.Set(name, strconv.FormatInt(n, 10))
		}
	}
	if p.page > 0 {
		set("page", p.page)
		set("pageSize", p.size)
		return
	}
	set("limit", int64(q.Limit))
	set("offset", p.offset)
	setQuery(v, "cursor", p.cursor)
}

// maxCount is far above any list: a count above it is not believed.
const maxCount = 1 << 39

// count returns the first of the members that is a number above 0; 0 if none is.
func count(values ...strictjson.Value) int64 {
	for _, v := range values {
		number, _ := v.Number()
		if n, ok := number.Int64(); ok && n > 0 && n <= maxCount {
			return n
		}
	}
	return 0
}

// isFalse reports whether a member says no, in any of the forms in which it is
// written. What cannot be read does not.
func isFalse(v strictjson.Value) bool {
	switch strings.ToLower(string(v.Raw())) {
	case "false", `"false"`, "0", `"0"`, `""`:
		return true
	}
	return false
}

// counts reports whether an object beside a list says how far the list goes.
func counts(v strictjson.Value) bool {
	for _, name := range []string{"total", "total_count", "totalCount", "totalPages", "has_more", "next_cursor"} {
		if v.Get(name).Present() {
			return true
		}
	}
	return false
}

// follow works out where a list goes on after its rows. said are the layers around
// them. A member of theirs that cannot be read is taken to mean that there is more,
// because in a list that ends too early a paid session is missing.
func (p *page[T]) follow(rows strictjson.Value, said layers, first string, asked listQuery) {
	from, _ := asked.position() // a bad one was refused before the call
	n := int64(rows.Len())
	total := count(said.member("total_count"), said.member("total"))
	p.total = total
	// How many rows a full page has: what the answer says, else what was asked for.
	size := func(said int64) int64 { return cmp.Or(said, int64(asked.Limit), defaultLimit) }
	again := first != "" && first == from.first

	hasMore, nextCursor, pagination := said.member("has_more"), said.member("next_cursor"), said.member("pagination")
	if meta := said.member("meta"); !pagination.Present() && counts(meta) {
		pagination = meta
	}
	if more, cursor := pagination.Get("has_more"), pagination.Get("next_cursor"); more.Present() || cursor.Present() {
		hasMore, nextCursor = more, cursor
		total = cmp.Or(total, count(pagination.Get("total_count"), pagination.Get("total")))
		p.total, pagination = total, strictjson.Value{}
	}
	switch {
	case pagination.Kind() == strictjson.Object:
		at := max(count(pagination.Get("page")), from.page, 1)
		pageSize := count(pagination.Get("pageSize"), pagination.Get("limit"))
		most := max(pageSize, from.size, n)
		pages := count(pagination.Get("totalPages"))
		p.total = max(count(pagination.Get("totalCount"), pagination.Get("total_count"), pagination.Get("total")), total)
		more := at < pages || p.total > at*most || pages == 0 && p.total == 0 && n >= size(pageSize)
		p.cut = again || more && n == 0
		p.missing = p.cut
		if more && !p.cut {
			p.next = position{page: max(at, from.page) + 1, size: most, first: first}.next()
		}

	case hasMore.Present() || nextCursor.Present():
		cursor := nextCursor.TextOrNumber()
		more := !isFalse(hasMore)
		if !hasMore.Present() {
			more = cursor != "" || nextCursor.Kind() != strictjson.Text
		}
		seen := from.seen + n
		// Items may be added while the list is walked: those that were there at the
		// start are the ones that must have been seen.
		if from.total > 0 && (total == 0 || from.total < total) {
			total = from.total
		}
		counted := from.cursor == "" || from.seen > 0
		p.cut = more && (cursor == "" || cursor == from.cursor) || !more && counted && total > seen
		p.missing = p.cut
		if more && !p.cut {
			to := position{cursor: cursor}
			if counted {
				to.seen, to.total = seen, total
			}
			p.next = to.next()
		}

	default:
		limit := count(said.member("limit"))
		// As many rows as lomi. sends without a limit: the limit may have been ignored,
		// and a link whose paid session is on the next page would be called expired.
		unheeded := limit == 0 && n == defaultLimit
		more := n >= size(limit) || unheeded || total > from.offset+n || pagination.Present()
		p.cut = again || more && (n == 0 || pagination.Present())
		p.missing = p.cut && !(again && total > 0 && total <= from.offset)
		if more && !p.cut {
			p.next = position{offset: from.offset + n, first: first}.next()
		}
	}
}

// digest shortens a text that is only compared.
func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:8])
}
