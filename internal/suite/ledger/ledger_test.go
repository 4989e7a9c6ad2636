package ledger

import (
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/guichetpay/guichet"
)

func TestMain(m *testing.M) {
	if task, err := runTask(); task {
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
