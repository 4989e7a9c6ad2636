package ledger

import (
	"crypto/rand"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
)

// runTask is what a copy of this test program does instead of testing, where the system
// can kill and stop processes; see processTask.
var runTask = func() (was bool, err error) { return false, nil }

func TestMain(m *testing.M) {
	if was, err := runTask(); was {
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	code := m.Run()
	if err := dropPostgres(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func TestContract(t *testing.T) {
	t.Run("memory", func(t *testing.T) {
		assert.NoError(t, guichet.CheckLedger(t.Context(), func() (guichet.Ledger, error) { return guichet.NewMemoryLedger(), nil }))
	})
	eachDatabase(t, func(t *testing.T, d database) {
		l, _ := d.ledger(t)
		assert.NoError(t, guichet.CheckLedger(t.Context(), func() (guichet.Ledger, error) { return l, nil }))
	})
}

// As a shop opens SQLite: with the lock that waits for the disk.
func TestContractWithSynchronousFull(t *testing.T) {
	l, _ := sqliteFile(t, "FULL").ledger(t)
	assert.NoError(t, guichet.CheckLedger(t.Context(), func() (guichet.Ledger, error) { return l, nil }))
}

// Two processes see one table, each through a ledger of its own, with many connections.
func TestContractThroughSeveralLedgers(t *testing.T) {
	eachDatabase(t, func(t *testing.T, d database) {
		first, _ := d.ledger(t)
		db := d.open(t)
		db.SetMaxOpenConns(4)
		second, err := guichet.NewSQLLedger(db, d.dialect)
		assert.NoError(t, err)
		ledgers, next := []guichet.Ledger{first, second}, 0
		assert.NoError(t, guichet.CheckLedger(t.Context(), func() (guichet.Ledger, error) {
			next++
			return ledgers[next%2], nil
		}))
	})
}

// attempt is one that can begin.
func attempt(orderID string) guichet.Attempt {
	return guichet.Attempt{
		Reference: strings.Map(func(r rune) rune {
			if r < '0' || r > 'z' {
				return '-'
			}
			return r
		}, orderID) + "-" + rand.Text(),
		OrderID: orderID, Provider: "lomi", Amount: guichet.NewMoney(5000, guichet.XOF), State: guichet.AttemptCreating,
	}
}

func begun(t testing.TB, l guichet.Ledger, a guichet.Attempt) guichet.Attempt {
	t.Helper()
	row, ok, err := l.Begin(t.Context(), a)
	require.NoError(t, err)
	require.True(t, ok)
	return row
}
