package guichet_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
)

// client is a Client made of functions; a nil one must not be called.
type client struct {
	status func(ctx context.Context, id string) (*guichet.Payment, error)
	list   func(ctx context.Context, params guichet.ListParams) (*guichet.Page, error)
}

func (client) CreatePayment(context.Context, guichet.PaymentRequest) (*guichet.Payment, error) {
	panic("not called")
}

func (c client) GetStatus(ctx context.Context, id string) (*guichet.Payment, error) {
	return c.status(ctx, id)
}

func (c client) List(ctx context.Context, params guichet.ListParams) (*guichet.Page, error) {
	return c.list(ctx, params)
}

// pages is a client that lists by cursor. "" is the first page.
func pages(of map[string]*guichet.Page, asked *[]guichet.ListParams) client {
	return client{list: func(_ context.Context, params guichet.ListParams) (*guichet.Page, error) {
		if asked != nil {
			*asked = append(*asked, params)
		}
		if page, ok := of[params.Cursor]; ok {
			return page, nil
		}
		return nil, &guichet.Error{Provider: "lomi", Op: "List", Kind: guichet.ErrUnavailable}
	}}
}

func page(next string, ids ...string) *guichet.Page {
	p := &guichet.Page{Next: next}
	for _, id := range ids {
		p.Payments = append(p.Payments, &guichet.Payment{ID: id})
	}
	return p
}

// collect walks and returns the ids and the error, which must come last and once.
func collect(t *testing.T, c guichet.Client, params guichet.ListParams) ([]string, error) {
	t.Helper()
	var ids []string
	var failure error
	for p, err := range guichet.All(t.Context(), c, params) {
		require.NoError(t, failure, "nothing comes after an error")
		if err != nil {
			require.Nil(t, p)
			failure = err
			continue
		}
		ids = append(ids, p.ID)
	}
	return ids, failure
}

func TestAllPages(t *testing.T) {
	var asked []guichet.ListParams
	c := pages(map[string]*guichet.Page{"": page("2", "a", "b"), "2": page("3"), "3": page("", "c")}, &asked)
	ids, err := collect(t, c, guichet.ListParams{Limit: 7})
	require.NoError(t, err)
	assert.Equal(t, []string{"a", "b", "c"}, ids)
	assert.Equal(t, []guichet.ListParams{{Limit: 7}, {Limit: 7, Cursor: "2"}, {Limit: 7, Cursor: "3"}}, asked)

	ids, err = collect(t, c, guichet.ListParams{Cursor: "3"})
	require.NoError(t, err)
	assert.Equal(t, []string{"c"}, ids)

	ids, err = collect(t, pages(map[string]*guichet.Page{"": page("")}, nil), guichet.ListParams{})
	require.NoError(t, err)
	assert.Empty(t, ids)
}

func TestAllCanBeWalkedAgain(t *testing.T) {
	walk := guichet.All(t.Context(), pages(map[string]*guichet.Page{"": page("2", "a"), "2": page("", "b")}, nil), guichet.ListParams{})
	for range 2 {
		var ids []string
		for p, err := range walk {
			require.NoError(t, err)
			ids = append(ids, p.ID)
		}
		assert.Equal(t, []string{"a", "b"}, ids)
	}
}

func TestAllBreak(t *testing.T) {
	var asked []guichet.ListParams
	c := pages(map[string]*guichet.Page{"": page("2", "a", "b"), "2": page("", "c")}, &asked)
	for p, err := range guichet.All(t.Context(), c, guichet.ListParams{}) {
		require.NoError(t, err)
		if p.ID == "b" {
			break
		}
	}
	assert.Len(t, asked, 1, "a page that nobody wants is not fetched")
}

func TestAllErrors(t *testing.T) {
	ids, err := collect(t, pages(map[string]*guichet.Page{"": page("2", "a"), "2": page("3", "b")}, nil), guichet.ListParams{})
	assert.Equal(t, []string{"a", "b"}, ids)
	require.ErrorIs(t, err, guichet.ErrUnavailable)
	var e *guichet.Error
	require.ErrorAs(t, err, &e)
	assert.Equal(t, "List", e.Op)
	assert.Contains(t, err.Error(), "page 3")

	_, err = collect(t, nil, guichet.ListParams{})
	require.ErrorIs(t, err, guichet.ErrInvalidRequest)

	none := client{list: func(context.Context, guichet.ListParams) (*guichet.Page, error) { return nil, nil }}
	_, err = collect(t, none, guichet.ListParams{})
	require.ErrorIs(t, err, guichet.ErrBadResponse)
	assert.Contains(t, err.Error(), "page 1")

	both := client{list: func(context.Context, guichet.ListParams) (*guichet.Page, error) {
		return page("", "half"), errors.New("broken")
	}}
	ids, err = collect(t, both, guichet.ListParams{})
	require.Error(t, err)
	assert.Empty(t, ids, "no partial page")

	holes := client{list: func(context.Context, guichet.ListParams) (*guichet.Page, error) {
		return &guichet.Page{Payments: []*guichet.Payment{nil, {ID: "a"}, nil}}, nil
	}}
	ids, err = collect(t, holes, guichet.ListParams{})
	require.NoError(t, err)
	assert.Equal(t, []string{"a"}, ids)
}

// A list that never ends is ended, whatever the length of its circle.
func TestAllCircles(t *testing.T) {
	for _, lead := range []int{0, 1, 2, 5, 17} {
		for _, length := range []int{1, 2, 3, 4, 7, 16, 100} {
			asked := 0
			c := client{list: func(_ context.Context, params guichet.ListParams) (*guichet.Page, error) {
				asked++
				require.Less(t, asked, 10_000, "it does not end")
				at, _ := strconv.Atoi(params.Cursor)
				next := at + 1
				if next == lead+length+1 {
					next = lead + 1
				}
				return page(strconv.Itoa(next), "p"+params.Cursor), nil
			}}
			ids, err := collect(t, c, guichet.ListParams{})
			require.ErrorIs(t, err, guichet.ErrBadResponse, "lead %d, circle of %d", lead, length)
			assert.Contains(t, err.Error(), fmt.Sprintf("page %d", asked))
			assert.GreaterOrEqual(t, len(ids), lead+1)
			assert.LessOrEqual(t, asked, 4*(lead+length)+4, "lead %d, circle of %d", lead, length)
		}
	}
}

// A list that gives no new payment, though a new cursor each time, is ended after
// three such pages: one item for ever, items in a circle, pages with nothing.
func TestAllWithoutNewPayments(t *testing.T) {
	for name, ids := range map[string]func(page int) []string{
		"one item":      func(int) []string { return []string{"a"} },
		"nothing":       func(int) []string { return nil },
		"two in turn":   func(page int) []string { return []string{string(rune('a' + page%2))} },
		"seven in turn": func(page int) []string { return []string{string(rune('a' + page%7))} },
	} {
		asked := 0
		c := client{list: func(context.Context, guichet.ListParams) (*guichet.Page, error) {
			asked++
			require.Less(t, asked, 1000, "%s: it does not end", name)
			return page(fmt.Sprint("fresh", asked), ids(asked)...), nil
		}}
		_, err := collect(t, c, guichet.ListParams{})
		require.ErrorIs(t, err, guichet.ErrBadResponse, name)
		assert.LessOrEqual(t, asked, 100, name)
	}

	// Pages that hold payouts alone have no payment, and do not end the list.
	answers := map[string]*guichet.Page{"": page("1", "a")}
	for i := range 40 {
		answers[strconv.Itoa(i+1)] = page(strconv.Itoa(i + 2))
	}
	answers["41"] = page("", "b")
	ids, err := collect(t, pages(answers, nil), guichet.ListParams{})
	require.NoError(t, err)
	assert.Equal(t, []string{"a", "b"}, ids)
}

// Rows that could not be read are said once, at the end, and lose no other.
func TestAllSkippedRows(t *testing.T) {
	skipped := &guichet.Error{Op: "List", Kind: guichet.ErrBadResponse, Message: "2 rows"}
	answers := map[string]*guichet.Page{"": page("2", "a"), "2": page("3", "b"), "3": page("", "c")}
	answers["2"].Skipped = 2
	c := client{list: func(_ context.Context, params guichet.ListParams) (*guichet.Page, error) {
		if got := answers[params.Cursor]; got.Skipped == 0 {
			return got, nil
		}
		return answers[params.Cursor], skipped
	}}
	ids, err := collect(t, c, guichet.ListParams{})
	assert.Equal(t, []string{"a", "b", "c"}, ids)
	require.ErrorIs(t, err, skipped)
	assert.Contains(t, err.Error(), "page 2")

	// A later failure is another matter: it ends the walk there.
	answers["3"] = nil
	c.list = func(_ context.Context, params guichet.ListParams) (*guichet.Page, error) {
		if params.Cursor == "3" {
			return nil, errors.New("away")
		}
		return answers[params.Cursor], map[bool]error{true: skipped}[params.Cursor == "2"]
	}
	ids, err = collect(t, c, guichet.ListParams{})
	assert.Equal(t, []string{"a", "b"}, ids)
	require.EqualError(t, err, "page 3: away")
}

// New payments push old ones to the next page while the walk goes on.
func TestAllYieldsASlidingPaymentOnce(t *testing.T) {
	c := pages(map[string]*guichet.Page{"": page("2", "a", "b"), "2": page("3", "b", "c"), "3": page("4", "c", "b"), "4": page("", "b", "c", "d")}, nil)
	ids, err := collect(t, c, guichet.ListParams{})
	require.NoError(t, err)
	assert.Equal(t, []string{"a", "b", "c", "d"}, ids)

	// Payments without an id cannot be told apart, and none is dropped.
	c = pages(map[string]*guichet.Page{"": page("2", "", ""), "2": page("", "")}, nil)
	ids, err = collect(t, c, guichet.ListParams{})
	require.NoError(t, err)
	assert.Len(t, ids, 3)

	// Two payments of one id on one page are the provider's word: both come.
	ids, err = collect(t, pages(map[string]*guichet.Page{"": page("", "a", "a")}, nil), guichet.ListParams{})
	require.NoError(t, err)
	assert.Equal(t, []string{"a", "a"}, ids)
}

// A long walk does not gather memory.
func TestAllMemory(t *testing.T) {
	const perPage, total = 100, 100_000
	c := client{list: func(_ context.Context, params guichet.ListParams) (*guichet.Page, error) {
		at, _ := strconv.Atoi(params.Cursor)
		p := &guichet.Page{Next: strconv.Itoa(at + perPage)}
		if at+perPage == total {
			p.Next = ""
		}
		for i := range perPage {
			p.Payments = append(p.Payments, &guichet.Payment{ID: "payment-" + strconv.Itoa(at+i), Raw: make([]byte, 1000)})
		}
		return p, nil
	}}
	live := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before, seen, most := live(), 0, uint64(0)
	for _, err := range guichet.All(t.Context(), c, guichet.ListParams{Limit: perPage}) {
		require.NoError(t, err)
		if seen++; seen%20_000 == 0 {
			most = max(most, live())
		}
	}
	assert.Equal(t, total, seen)
	assert.Less(t, most, before+4<<20, "100 MB went by")
}

func TestAPrintedPageShowsNoPayment(t *testing.T) {
	page := guichet.Page{Payments: []*guichet.Payment{{ID: "secret-id", CheckoutURL: "https://pay.example/secret"}}, Next: "2"}
	for _, v := range []any{page, &page} {
		var log strings.Builder
		slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "page", v)
		text := fmt.Sprintf("%v %+v %#v %s", v, v, v, v) + log.String()
		assert.NotContains(t, text, "secret")
		assert.Contains(t, text, "Payments:1")
	}
}
