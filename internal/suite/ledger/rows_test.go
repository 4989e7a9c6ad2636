package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
)

var longAgo = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// due begins an attempt that has long been due.
func due(t testing.TB, l guichet.Ledger, orderID string) guichet.Attempt {
	t.Helper()
	a := attempt(orderID)
	a.DueAt, a.PaymentID, a.Phone = longAgo, "payment-of-"+orderID, "+221770000000"
	a.Request = &guichet.PaymentRequest{Reference: a.Reference, Amount: a.Amount, Customer: guichet.Customer{FirstName: "Awa"}}
	a.Troubles = map[guichet.TroubleKind]bool{guichet.TroubleUnknownPrompt: true}
	return begun(t, l, a)
}

// set changes columns behind the ledger's back.
func set(t testing.TB, d database, db *sql.DB, reference, assignments string, args ...any) {
	t.Helper()
	_, err := db.ExecContext(t.Context(), d.placeholders(`UPDATE guichet_attempts SET `+assignments+` WHERE reference = ?`), append(args, reference)...)
	require.NoError(t, err)
}

// unreadableRows are changes after which a row cannot be believed. "secret" stands for
// what a customer would not want to see in a log.
var unreadableRows = []struct{ name, assignments, says string }{
	{"the request is no JSON", `request = '{"secret'`, "column request is not the JSON"},
	{"the request is other JSON", `request = '["secret"]'`, "column request is not the JSON"},
	{"the request has an amount of the wrong kind", `request = '{"amount":"secret"}'`, "column request is not the JSON"},
	{"the request has something behind it", `request = '{} secret'`, "column request is not the JSON"},
	{"the troubles are no JSON", `troubles = 'secret'`, "column troubles is not the JSON"},
	{"the troubles are other JSON", `troubles = '{"a":"secret"}'`, "column troubles is not the JSON"},
	{"a version below 0", `version = -1`, "version is below 1"},
	{"the last version", `version = 9223372036854775807`, "version can grow no more"},
	{"no version", `version = 0`, "version is below 1"},
	{"no number", `number = 0`, "number is below 1"},
	{"a number below 0", `number = -3`, "column number is not a count"},
	{"a count below 0", `failures = -1`, "column failures is not a count"},
	{"no amount", `amount = 0`, "Amount is not above 0"},
	{"an amount below 0", `amount = -5000`, "Amount is not above 0"},
	{"a currency that is not known", `currency = 'secret'`, "currency"},
	{"a currency in small letters", `currency = 'xof'`, "currency"},
	{"no currency", `currency = ''`, "currency"},
	{"no provider", `provider = ''`, "Provider is empty"},
	{"no order", `order_id = ''`, "OrderID is empty"},
	{"a time beyond all calendars", `asked_at = 9223372036854775807`, "AskedAt"},
	{"a time before all calendars", `created_at = -9223372036854775808`, "CreatedAt"},
}

// A row that cannot be read is an error that names the attempt and the column, and
// repeats no value.
func TestUnreadableRows(t *testing.T) {
	eachDatabase(t, func(t *testing.T, d database) {
		l, db := d.ledger(t)
		for _, c := range unreadableRows {
			t.Run(c.name, func(t *testing.T) {
				a := due(t, l, c.name)
				set(t, d, db, a.Reference, c.assignments)
				unreadable := func(err error) {
					t.Helper()
					assert.ErrorIs(t, err, guichet.ErrUnreadable)
					assert.ErrorContains(t, err, a.Reference)
					assert.ErrorContains(t, err, c.says)
					assert.NotContains(t, fmt.Sprintf("%v %+v", err, err), "secret")
					failure := new(guichet.Error)
					require.True(t, errors.As(err, &failure))
					assert.Equal(t, a.Reference, failure.Reference)
				}
				got, err := l.Get(t.Context(), a.Reference)
				unreadable(err)
				assert.Equal(t, guichet.Attempt{}, got, "half an attempt is worse than none")
				if !strings.HasPrefix(c.assignments, "provider") {
					_, err = l.Find(t.Context(), a.Provider, a.PaymentID)
					unreadable(err)
				}
				_, err = l.Due(t.Context(), guichet.DueQuery{Now: longAgo})
				assert.ErrorIs(t, err, guichet.ErrUnreadable)
				if strings.HasPrefix(c.assignments, "order_id") {
					return
				}
				all, err := l.ByOrder(t.Context(), a.OrderID)
				unreadable(err)
				assert.Empty(t, all)
				// It still holds its order.
				_, begun, err := l.Begin(t.Context(), attempt(a.OrderID))
				assert.False(t, begun)
				unreadable(err)
			})
		}
	})
}

// Rows that cannot be read stay due for ever. They keep no other from being asked about,
// however many they are.
func TestDueReadsOnBeyondUnreadableRows(t *testing.T) {
	eachDatabase(t, func(t *testing.T, d database) {
		l, db := d.ledger(t)
		var bad, good []string
		for i := range 130 {
			a := due(t, l, fmt.Sprintf("bad-%d", i))
			set(t, d, db, a.Reference, `version = -1`)
			bad = append(bad, a.Reference)
		}
		for i := range 5 {
			a := due(t, l, fmt.Sprintf("good-%d", i))
			set(t, d, db, a.Reference, `due_at = ?`, longAgo.Add(time.Duration(i+1)*time.Second).UnixMicro())
			good = append(good, a.Reference)
		}
		for _, limit := range []int{1, 2, 3, 5, 100, 1000} {
			all, err := l.Due(t.Context(), guichet.DueQuery{Now: longAgo.Add(time.Hour), Limit: limit})
			require.ErrorIs(t, err, guichet.ErrUnreadable)
			var got []string
			for _, a := range all {
				got = append(got, a.Reference)
			}
			assert.Equal(t, good[:min(limit, len(good))], got, "limit %d", limit)
			named := 0
			for _, reference := range bad {
				if strings.Contains(err.Error(), reference) {
					named++
				}
			}
			assert.Equal(t, 100, named)
			assert.ErrorContains(t, err, "and 30 more")
		}
		// Beyond the horizon too.
		set(t, d, db, good[0], `due_at = ?, version = 0`, longAgo.AddDate(100, 0, 0).UnixMicro())
		set(t, d, db, good[1], `due_at = ?`, longAgo.AddDate(101, 0, 0).UnixMicro())
		all, err := l.Due(t.Context(), guichet.DueQuery{Now: longAgo.Add(-time.Hour), Horizon: longAgo.AddDate(50, 0, 0), Limit: 1})
		require.ErrorIs(t, err, guichet.ErrUnreadable)
		require.Len(t, all, 1)
		assert.Equal(t, good[1], all[0].Reference)
	})
}

// A horizon before now returns no attempt twice.
func TestHorizonBeforeNow(t *testing.T) {
	check := func(t *testing.T, l guichet.Ledger) {
		due(t, l, "order")
		all, err := l.Due(t.Context(), guichet.DueQuery{Now: longAgo.Add(time.Hour), Horizon: longAgo.Add(-time.Hour)})
		require.NoError(t, err)
		assert.Len(t, all, 1)
	}
	t.Run("memory", func(t *testing.T) { check(t, guichet.NewMemoryLedger()) })
	eachDatabase(t, func(t *testing.T, d database) {
		l, _ := d.ledger(t)
		check(t, l)
	})
}

// A newer version has states that this one does not know. It leaves such rows alone, and
// obeys what they say about the order.
func TestStatesOfANewerVersion(t *testing.T) {
	eachDatabase(t, func(t *testing.T, d database) {
		l, db := d.ledger(t)
		for _, holds := range []bool{true, false} {
			orderID := fmt.Sprintf("order-%t", holds)
			row := due(t, l, orderID)
			set(t, d, db, row.Reference, `state = 'escrow', holds = ?, version = version + 1`, holds)
			kept, err := l.Get(t.Context(), row.Reference)
			require.NoError(t, err)
			assert.Equal(t, guichet.AttemptState("escrow"), kept.State)
			assert.False(t, kept.State.Known())
			assert.Equal(t, holds, kept.Holds)

			other, begun, err := l.Begin(t.Context(), attempt(orderID))
			require.NoError(t, err)
			assert.Equal(t, !holds, begun)
			if holds {
				assert.Equal(t, kept, other)
			}
			_, err = l.Save(t.Context(), kept)
			assert.ErrorIs(t, err, guichet.ErrInvalidRequest, "an unknown state is never saved")
			change := kept
			change.State = guichet.AttemptClosed
			_, err = l.Save(t.Context(), change)
			assert.ErrorIs(t, err, guichet.ErrUnsupported, "and never overwritten")
			assert.ErrorContains(t, err, "update github.com/guichetpay/guichet")
			change.State = guichet.AttemptPaid
			_, err = l.Deliver(t.Context(), change, func(context.Context) error { panic("never") })
			assert.ErrorIs(t, err, guichet.ErrUnsupported)
			now, err := l.Get(t.Context(), row.Reference)
			require.NoError(t, err)
			assert.Equal(t, kept, now)

			all, err := l.Due(t.Context(), guichet.DueQuery{Now: longAgo})
			require.NoError(t, err)
			assert.Empty(t, all, "this version does not know what to do with it")
		}
	})
}

// Members that a newer version has added to the JSON columns are no reason not to read a
// row.
func TestJSONOfANewerVersion(t *testing.T) {
	eachDatabase(t, func(t *testing.T, d database) {
		l, db := d.ledger(t)
		row := due(t, l, "order")
		set(t, d, db, row.Reference, `request = '{"reference":"R","amount":{"minor":5000,"currency":"XOF"},"gift":true}', troubles = '{"of_a_newer_version":true}'`)
		got, err := l.Get(t.Context(), row.Reference)
		require.NoError(t, err)
		assert.Equal(t, &guichet.PaymentRequest{Reference: "R", Amount: guichet.NewMoney(5000, guichet.XOF)}, got.Request)
		got.State = guichet.AttemptOpen
		saved, err := l.Save(t.Context(), got)
		require.NoError(t, err)
		assert.Equal(t, map[guichet.TroubleKind]bool{"of_a_newer_version": true}, saved.Troubles)
	})
}

// Texts that decide nothing are saved without what PostgreSQL refuses: an odd word of a
// provider must not keep a payment from being recorded.
func TestOddTexts(t *testing.T) {
	check := func(t *testing.T, l guichet.Ledger) {
		row := begun(t, l, attempt("order"))
		row.State, row.ProviderStatus, row.Status, row.Instruction.FR = guichet.AttemptOpen, "PAY\x00É\xff", "succeeded\x00", "a\xffb"
		saved, err := l.Save(t.Context(), row)
		require.NoError(t, err)
		assert.Equal(t, "PAYÉ\uFFFD", saved.ProviderStatus)
		assert.Equal(t, guichet.Status("succeeded"), saved.Status)
		assert.Equal(t, "a\uFFFDb", saved.Instruction.FR)
		got, err := l.Get(t.Context(), row.Reference)
		require.NoError(t, err)
		assert.Equal(t, saved, got)
	}
	t.Run("memory", func(t *testing.T) { check(t, guichet.NewMemoryLedger()) })
	eachDatabase(t, func(t *testing.T, d database) {
		l, _ := d.ledger(t)
		check(t, l)
	})
}

// Whatever the columns hold, a row is an attempt that the ledger would save, or an error
// that names it.
func FuzzLedgerRow(f *testing.F) {
	f.Add("order", "lomi", "XOF", "creating", "payment", `{"reference":"R"}`, `{"refunded":true}`, int64(1), int64(5000), int64(0), int64(1), int64(1700000000000000), true)
	f.Add("", "", "xof", "", "", `{`, `[]`, int64(-1), int64(-1), int64(-1), int64(-1), int64(-1<<63), false)
	f.Add("o", "p", "BTC", "escrow", "", `null`, `{"a":1}`, int64(0), int64(1<<62), int64(1<<62), int64(1<<40), int64(1<<62), true)
	f.Add("o", "p", "EUR", "paid", "\xff", `{"amount":{"minor":1.5}}`, ``, int64(3), int64(1), int64(1), int64(1), int64(0), true)
	d := sqliteFile(f, "OFF")
	l, db := d.ledger(f)
	reference := due(f, l, "order").Reference
	f.Fuzz(func(t *testing.T, order, provider, currency, state, payment, request, troubles string, number, amount, asked, version, at int64, holds bool) {
		set(t, d, db, reference, `order_id = ?, provider = ?, currency = ?, state = ?, payment_id = ?, request = ?, troubles = ?,
			number = ?, amount = ?, asked = ?, version = ?, due_at = ?, holds = ?`,
			order, provider, currency, state, payment, request, troubles, number, amount, asked, version, at, holds)
		row, err := l.Get(t.Context(), reference)
		if err != nil {
			require.ErrorIs(t, err, guichet.ErrUnreadable)
			require.ErrorContains(t, err, reference)
			require.Equal(t, guichet.Attempt{}, row)
			return
		}
		require.Equal(t, reference, row.Reference)
		require.Positive(t, row.Amount.Minor)
		require.NotEmpty(t, row.Amount.Decimal(), "a currency whose decimals are known")
		require.Positive(t, row.Version)
		require.Positive(t, row.Number)
		require.GreaterOrEqual(t, row.Asked, 0)
		require.Equal(t, holds, row.Holds)
		saved, err := l.Save(t.Context(), row)
		if !row.State.Known() {
			require.ErrorIs(t, err, guichet.ErrInvalidRequest)
			return
		}
		require.NoError(t, err)
		require.Equal(t, row.Version+1, saved.Version)
		require.True(t, row.DueAt.Equal(saved.DueAt))
	})
}
