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

// within is a context that ends in time for the test to say what is stuck.
func within(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// paid begins an attempt that only has to be delivered.
func paid(t testing.TB, l guichet.Ledger, orderID string) guichet.Attempt {
	t.Helper()
	row := begun(t, l, attempt(orderID))
	row.State = guichet.AttemptPaid
	row, err := l.Save(within(t), row)
	require.NoError(t, err)
	return row
}

// withShop is a migrated database with a table of the shop's.
func withShop(t *testing.T, d database) (l *guichet.SQLLedger, db *sql.DB, count func() int) {
	t.Helper()
	l, db = d.ledger(t)
	_, err := db.ExecContext(within(t), `CREATE TABLE shop (order_id TEXT NOT NULL)`)
	require.NoError(t, err)
	return l, db, func() (n int) {
		require.NoError(t, db.QueryRowContext(within(t), `SELECT count(*) FROM shop`).Scan(&n))
		return n
	}
}

func ship(ctx context.Context) error {
	tx, ok := guichet.SQLTx(ctx)
	if !ok {
		return errors.New("no transaction")
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO shop (order_id) VALUES ('x')`)
	return err
}

// What is written through SQLTx happens if and only if the attempt becomes delivered.
func TestSQLTx(t *testing.T) {
	eachDatabase(t, func(t *testing.T, d database) {
		l, _, count := withShop(t, d)
		row := paid(t, l, "order")
		failure := errors.New("the shop's own failure")
		_, err := l.Deliver(within(t), row, func(ctx context.Context) error { return errors.Join(ship(ctx), failure) })
		assert.ErrorIs(t, err, failure)
		assert.Zero(t, count(), "after an error")
		assert.PanicsWithValue(t, "the shop's own panic", func() {
			l.Deliver(within(t), row, func(ctx context.Context) error {
				require.NoError(t, ship(ctx))
				panic("the shop's own panic")
			})
		})
		assert.Zero(t, count(), "after a panic")
		ctx, cancel := context.WithCancel(within(t))
		_, err = l.Deliver(ctx, row, func(ctx context.Context) error {
			err := ship(ctx)
			cancel()
			return err
		})
		assert.ErrorIs(t, err, context.Canceled)
		assert.Zero(t, count(), "after the context ended")
		ctx, cancel = context.WithCancel(within(t))
		_, err = l.Deliver(ctx, row, func(ctx context.Context) error {
			err := ship(ctx)
			cancel()
			tx, _ := guichet.SQLTx(ctx)
			for { // until database/sql has rolled the transaction back by itself
				if _, err := tx.ExecContext(within(t), `SELECT 1`); errors.Is(err, sql.ErrTxDone) {
					break
				}
			}
			return err
		})
		assert.ErrorIs(t, err, context.Canceled)
		assert.NotErrorIs(t, err, guichet.ErrInvalidRequest)
		now, err := l.Get(within(t), row.Reference)
		require.NoError(t, err)
		assert.Equal(t, row, now)

		_, err = l.Deliver(within(t), row, ship)
		require.NoError(t, err)
		assert.Equal(t, 1, count())
	})
	_, ok := guichet.SQLTx(within(t))
	assert.False(t, ok)
	var none context.Context
	_, ok = guichet.SQLTx(none)
	assert.False(t, ok)
	memory := guichet.NewMemoryLedger()
	_, err := memory.Deliver(within(t), paid(t, memory, "order"), func(ctx context.Context) error {
		_, ok := guichet.SQLTx(ctx)
		assert.False(t, ok)
		return nil
	})
	assert.NoError(t, err)
}

// A failure that the shop does not look at keeps PostgreSQL from committing, and an
// attempt that was not delivered is not called so.
func TestAFailureThatTheShopOverlooks(t *testing.T) {
	d := postgresSchema(t)
	l, _, count := withShop(t, d)
	row := paid(t, l, "order")
	_, err := l.Deliver(within(t), row, func(ctx context.Context) error {
		tx, _ := guichet.SQLTx(ctx)
		tx.ExecContext(ctx, `INSERT INTO no_such_table VALUES (1)`)
		return nil
	})
	assert.ErrorIs(t, err, guichet.ErrUnavailable)
	now, err := l.Get(within(t), row.Reference)
	require.NoError(t, err)
	assert.Equal(t, row, now)
	assert.Zero(t, count())
}

// deliver must leave the end of the transaction to the ledger.
func TestDeliverEndsTheTransactionItself(t *testing.T) {
	eachDatabase(t, func(t *testing.T, d database) {
		l, _, _ := withShop(t, d)
		for name, end := range map[string]func(*sql.Tx) error{"Commit": (*sql.Tx).Commit, "Rollback": (*sql.Tx).Rollback} {
			_, err := l.Deliver(within(t), paid(t, l, name), func(ctx context.Context) error {
				tx, _ := guichet.SQLTx(ctx)
				return end(tx)
			})
			assert.ErrorIs(t, err, guichet.ErrInvalidRequest)
			assert.ErrorContains(t, err, "neither Commit nor Rollback")
		}
	})
}

// With one connection, a shop that uses the database beside its transaction waits for
// itself until the deadline. The error says what to do.
func TestOneConnectionDeadlocks(t *testing.T) {
	eachDatabase(t, func(t *testing.T, d database) {
		l, db, count := withShop(t, d)
		db.SetMaxOpenConns(1)
		row := paid(t, l, "order")
		ctx, cancel := context.WithTimeout(within(t), 100*time.Millisecond)
		defer cancel()
		_, err := l.Deliver(ctx, row, func(ctx context.Context) error {
			_, err := db.ExecContext(ctx, `INSERT INTO shop (order_id) VALUES ('x')`)
			return err
		})
		assert.ErrorIs(t, err, context.DeadlineExceeded)
		assert.ErrorContains(t, err, "what deliver writes must go through guichet.SQLTx(ctx)")
		assert.ErrorContains(t, err, "SetMaxOpenConns is 1")
		assert.Zero(t, count())

		ctx, cancel = context.WithTimeout(within(t), 100*time.Millisecond)
		defer cancel()
		_, err = l.Deliver(ctx, row, func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
		assert.ErrorIs(t, err, context.DeadlineExceeded)
		assert.NotContains(t, err.Error(), "SQLTx", "nobody waited for a connection")

		// The ledger itself, called within deliver, is refused at once, deadline or not.
		_, err = l.Deliver(within(t), row, func(ctx context.Context) error {
			for method, err := range methods(ctx, l) {
				assert.ErrorContains(t, err, "the ledger is called within Deliver", method)
			}
			return ship(ctx)
		})
		require.NoError(t, err)
		assert.Equal(t, 1, count())
	})
}

// With several connections SQLite's lock is in the way instead.
func TestSQLiteLockWithinDeliver(t *testing.T) {
	d := sqliteFile(t, "NORMAL")
	d.source = strings.Replace(d.source, "busy_timeout(10000)", "busy_timeout(50)", 1)
	l, db, count := withShop(t, d)
	db.SetMaxOpenConns(4)
	row := paid(t, l, "order")
	_, err := l.Deliver(within(t), row, func(ctx context.Context) error {
		if _, err := l.Get(ctx, row.Reference); err != nil { // reading is no trouble
			return err
		}
		_, err := db.ExecContext(ctx, `INSERT INTO shop (order_id) VALUES ('x')`)
		return err
	})
	require.Error(t, err)
	assert.ErrorContains(t, err, "the lock of the database is this delivery's own: what deliver writes must go through guichet.SQLTx(ctx)")
	assert.Zero(t, count())
}

// In PostgreSQL a long delivery keeps nobody from the other rows, and readers do not wait.
func TestDeliverLocksItsRowAlone(t *testing.T) {
	check := func(t *testing.T, l guichet.Ledger) {
		row, other := paid(t, l, "order"), paid(t, l, "another")
		_, err := l.Deliver(within(t), row, func(context.Context) error {
			ctx, cancel := context.WithTimeout(within(t), 10*time.Second)
			defer cancel()
			now, err := l.Get(ctx, row.Reference)
			assert.NoError(t, err)
			assert.Equal(t, row, now, "readers see what is committed")
			held, begun, err := l.Begin(ctx, attempt("order"))
			assert.NoError(t, err)
			assert.False(t, begun)
			assert.Equal(t, row, held)
			_, err = l.Deliver(ctx, other, func(context.Context) error { return nil })
			assert.NoError(t, err)
			_, _, err = l.Begin(ctx, attempt("a third"))
			assert.NoError(t, err)

			ctx, cancel = context.WithTimeout(within(t), 50*time.Millisecond)
			defer cancel()
			_, err = l.Save(ctx, row)
			assert.ErrorIs(t, err, context.DeadlineExceeded)
			return nil
		})
		assert.NoError(t, err)
	}
	t.Run("memory", func(t *testing.T) { check(t, guichet.NewMemoryLedger()) })
	t.Run("PostgreSQL", func(t *testing.T) {
		l, _ := postgresSchema(t).ledger(t)
		check(t, l)
	})
}

// Deliver goes on where the shop's table refers to the ledger's.
func TestForeignKeyToTheAttempt(t *testing.T) {
	eachDatabase(t, func(t *testing.T, d database) {
		l, db := d.ledger(t)
		_, err := db.ExecContext(within(t), `CREATE TABLE sold (reference TEXT NOT NULL REFERENCES guichet_attempts (reference))`)
		require.NoError(t, err)
		row := paid(t, l, "order")
		_, err = l.Deliver(within(t), row, func(ctx context.Context) error {
			tx, _ := guichet.SQLTx(ctx)
			_, err := tx.ExecContext(ctx, d.placeholders(`INSERT INTO sold (reference) VALUES (?)`), row.Reference)
			return err
		})
		require.NoError(t, err)
		delivered, err := l.Get(within(t), row.Reference)
		require.NoError(t, err)
		delivered.State, delivered.Refunded = guichet.AttemptDelivered, true
		_, err = l.Save(within(t), delivered)
		assert.NoError(t, err)
	})
}

// A unique index decides what no look beforehand can: many attempts are given one
// payment id, and many want to hold one order, at the same moment.
func TestUniqueIndexesDecide(t *testing.T) {
	check := func(t *testing.T, l guichet.Ledger) {
		for round := range 5 {
			rows := make([]guichet.Attempt, 8)
			for i := range rows {
				rows[i] = begun(t, l, attempt(fmt.Sprintf("pay-%d-%d", round, i)))
				rows[i].PaymentID = fmt.Sprintf("payment-%d", round)
			}
			assert.Equal(t, 1, oneWins(t, l, rows, guichet.ErrPaymentTaken))

			order := fmt.Sprintf("hold-%d", round)
			for i := range rows {
				rows[i] = begun(t, l, attempt(order))
				rows[i].State = guichet.AttemptReleased
				saved, err := l.Save(within(t), rows[i])
				require.NoError(t, err)
				rows[i] = saved
			}
			for i := range rows {
				rows[i].State = guichet.AttemptPaid
			}
			assert.Equal(t, 1, oneWins(t, l, rows, guichet.ErrOrderHeld))
		}
	}
	t.Run("memory", func(t *testing.T) { check(t, guichet.NewMemoryLedger()) })
	eachDatabase(t, func(t *testing.T, d database) {
		l, db := d.ledger(t)
		db.SetMaxOpenConns(8)
		check(t, l)
	})
}

// oneWins saves all rows at once, and returns how many were saved; the others must fail
// with the kind.
func oneWins(t *testing.T, l guichet.Ledger, rows []guichet.Attempt, kind error) (won int) {
	t.Helper()
	errs := make(chan error)
	for _, row := range rows {
		go func() {
			_, err := l.Save(within(t), row)
			errs <- err
		}()
	}
	for range rows {
		if err := <-errs; err == nil {
			won++
		} else {
			assert.ErrorIs(t, err, kind)
		}
	}
	return won
}
