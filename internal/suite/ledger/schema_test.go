package ledger

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
)

// methods calls every method of a ledger but Migrate.
func methods(ctx context.Context, l guichet.Ledger) map[string]error {
	a := attempt("methods")
	a.Number, a.Version = 1, 1
	paid := a
	paid.State = guichet.AttemptPaid
	errs := map[string]error{}
	_, errs["Now"] = l.Now(ctx)
	_, _, errs["Begin"] = l.Begin(ctx, a)
	_, errs["Get"] = l.Get(ctx, "none")
	_, errs["Find"] = l.Find(ctx, "lomi", "none")
	_, errs["ByOrder"] = l.ByOrder(ctx, "none")
	_, errs["Due"] = l.Due(ctx, guichet.DueQuery{})
	_, errs["Save"] = l.Save(ctx, a)
	_, errs["Deliver"] = l.Deliver(ctx, paid, func(context.Context) error { panic("never") })
	return errs
}

func TestNewSQLLedgerAsksTheDatabaseNothing(t *testing.T) {
	db, err := sql.Open("pgx", "postgres://127.0.0.1:1/none")
	require.NoError(t, err)
	defer db.Close()
	l, err := guichet.NewSQLLedger(db, guichet.PostgreSQL)
	require.NoError(t, err)
	assert.Zero(t, db.Stats().OpenConnections)
	for method, err := range methods(t.Context(), l) {
		assert.ErrorIs(t, err, guichet.ErrUnavailable, method)
	}
	assert.ErrorIs(t, l.Migrate(t.Context()), guichet.ErrUnavailable)

	_, err = guichet.NewSQLLedger(nil, guichet.SQLite)
	assert.ErrorIs(t, err, guichet.ErrInvalidRequest)
	for _, dialect := range []guichet.Dialect{"", "mysql", "SQLite"} {
		_, err = guichet.NewSQLLedger(db, dialect)
		assert.ErrorIs(t, err, guichet.ErrInvalidRequest, dialect)
		assert.ErrorContains(t, err, "guichet.SQLite or guichet.PostgreSQL")
	}
}

func TestBeforeMigrate(t *testing.T) {
	eachDatabase(t, func(t *testing.T, d database) {
		l, err := guichet.NewSQLLedger(d.open(t), d.dialect)
		require.NoError(t, err)
		for method, err := range methods(t.Context(), l) {
			assert.ErrorIs(t, err, guichet.ErrInvalidRequest, method)
			assert.ErrorContains(t, err, "the database has no tables of the ledger: call Migrate first", method)
		}
		require.NoError(t, l.Migrate(t.Context()))
		row := begun(t, l, attempt("migrated"))
		require.NoError(t, l.Migrate(t.Context()), "a second time")
		kept, err := l.Get(t.Context(), row.Reference)
		require.NoError(t, err)
		assert.Equal(t, row, kept)
	})
}

// A schema that is older is named as such, a newer one is used unless it says that it
// cannot be.
func TestSchemaVersions(t *testing.T) {
	eachDatabase(t, func(t *testing.T, d database) {
		_, db := d.ledger(t)
		fresh := func(version, oldest int) *guichet.SQLLedger {
			_, err := db.ExecContext(t.Context(), d.placeholders(`UPDATE guichet_schema SET version = ?, oldest = ?`), version, oldest)
			require.NoError(t, err)
			l, err := guichet.NewSQLLedger(db, d.dialect)
			require.NoError(t, err)
			return l
		}
		for method, err := range methods(t.Context(), fresh(0, 0)) {
			assert.ErrorContains(t, err, "call Migrate", method)
		}
		for method, err := range methods(t.Context(), fresh(99, 50)) {
			assert.ErrorIs(t, err, guichet.ErrUnsupported, method)
			assert.ErrorContains(t, err, "update github.com/guichetpay/guichet to one made for 50 or newer", method)
		}
		assert.ErrorIs(t, fresh(99, 50).Migrate(t.Context()), guichet.ErrUnsupported)

		// A newer version that has added a column.
		newer := fresh(99, 1)
		_, err := db.ExecContext(t.Context(), `ALTER TABLE guichet_attempts ADD COLUMN loyalty TEXT NOT NULL DEFAULT 'gold'`)
		require.NoError(t, err)
		require.NoError(t, newer.Migrate(t.Context()))
		assert.NoError(t, guichet.CheckLedger(t.Context(), func() (guichet.Ledger, error) { return newer, nil }))
		var version, other int
		require.NoError(t, db.QueryRowContext(t.Context(), `SELECT version FROM guichet_schema`).Scan(&version))
		assert.Equal(t, 99, version, "Migrate takes nothing back")
		require.NoError(t, db.QueryRowContext(t.Context(), `SELECT count(*) FROM guichet_attempts WHERE loyalty <> 'gold'`).Scan(&other))
		assert.Zero(t, other, "columns that are not known are left alone")
	})
}

// A program that runs for months learns that the schema has become one it must not use.
func TestSchemaIsLookedAtAgain(t *testing.T) {
	d := sqliteFile(t, "NORMAL")
	synctest.Test(t, func(t *testing.T) {
		db, err := d.connect()
		require.NoError(t, err)
		defer db.Close()
		l, err := guichet.NewSQLLedger(db, d.dialect)
		require.NoError(t, err)
		require.NoError(t, l.Migrate(t.Context()))
		_, err = l.Now(t.Context())
		require.NoError(t, err)
		_, err = db.ExecContext(t.Context(), `UPDATE guichet_schema SET version = 99, oldest = 99`)
		require.NoError(t, err)
		time.Sleep(time.Minute)
		_, err = l.Now(t.Context())
		assert.ErrorIs(t, err, guichet.ErrUnsupported)
	})
}

// All machines of a shop start at once.
func TestMigrateTogether(t *testing.T) {
	eachDatabase(t, func(t *testing.T, d database) {
		var all sync.WaitGroup
		errs := make([]error, 8)
		for i := range errs {
			db := d.open(t)
			all.Go(func() {
				l, err := guichet.NewSQLLedger(db, d.dialect)
				if err == nil {
					err = l.Migrate(t.Context())
				}
				if err == nil {
					_, err = l.Now(t.Context())
				}
				errs[i] = err
			})
		}
		all.Wait()
		for _, err := range errs {
			assert.NoError(t, err)
		}
	})
}

// A migration that fails half way leaves nothing.
func TestMigrateIsOneTransaction(t *testing.T) {
	eachDatabase(t, func(t *testing.T, d database) {
		db := d.open(t)
		_, err := db.ExecContext(t.Context(), `CREATE TABLE guichet_attempts_due (id INTEGER)`) // the name of the last index
		require.NoError(t, err)
		l, err := guichet.NewSQLLedger(db, d.dialect)
		require.NoError(t, err)
		assert.ErrorIs(t, l.Migrate(t.Context()), guichet.ErrUnavailable)
		_, err = db.ExecContext(t.Context(), `SELECT * FROM guichet_attempts`)
		assert.Error(t, err)
		_, err = db.ExecContext(t.Context(), `DROP TABLE guichet_attempts_due`)
		require.NoError(t, err)
		require.NoError(t, l.Migrate(t.Context()))
	})
}

// The ledger's clock is the database's, not this machine's.
func TestNowIsTheDatabasesClock(t *testing.T) {
	eachDatabase(t, func(t *testing.T, d database) {
		l, db := d.ledger(t)
		clock := `SELECT julianday('now') * 86400.0 - 2440587.5 * 86400.0`
		if d.dialect == guichet.PostgreSQL {
			clock = `SELECT CAST(extract(epoch FROM clock_timestamp()) AS DOUBLE PRECISION)`
		}
		var before, after float64
		require.NoError(t, db.QueryRowContext(t.Context(), clock).Scan(&before))
		now, err := l.Now(t.Context())
		require.NoError(t, err)
		require.NoError(t, db.QueryRowContext(t.Context(), clock).Scan(&after))
		at := float64(now.UnixMicro()) / 1e6
		assert.GreaterOrEqual(t, at, before-0.002)
		assert.LessOrEqual(t, at, after+0.002)
		assert.Equal(t, time.UTC, now.Location())
	})
}

// A context that is nil or has ended is an error of every method, also of the ledger in
// memory.
func TestContexts(t *testing.T) {
	check := func(t *testing.T, l guichet.Ledger) {
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		for method, err := range methods(ended, l) {
			assert.ErrorIs(t, err, context.Canceled, method)
		}
		var none context.Context
		for method, err := range methods(none, l) {
			assert.ErrorIs(t, err, guichet.ErrInvalidRequest, method)
		}
	}
	check(t, guichet.NewMemoryLedger())
	eachDatabase(t, func(t *testing.T, d database) {
		l, _ := d.ledger(t)
		check(t, l)
		failure := new(guichet.Error)
		_, err := l.Get(t.Context(), "none")
		require.True(t, errors.As(err, &failure))
		assert.Equal(t, "Ledger.Get", failure.Op)
	})
}
