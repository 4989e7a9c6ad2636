package ledger

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
)

// One order from the first write to its delivery: Begin, Save twice, Deliver with a row
// of the shop's.
func BenchmarkOrder(b *testing.B) {
	b.Run("memory", func(b *testing.B) { sellOne(b, guichet.NewMemoryLedger(), nil) })
	for _, synchronous := range []string{"NORMAL", "FULL"} {
		b.Run("SQLite/"+synchronous, func(b *testing.B) { sellFrom(b, sqliteFile(b, synchronous)) })
	}
	b.Run("PostgreSQL", func(b *testing.B) { sellFrom(b, postgresSchema(b)) })
}

func sellFrom(b *testing.B, d database) {
	l, db := d.ledger(b)
	_, err := db.ExecContext(b.Context(), `CREATE TABLE shop (order_id TEXT NOT NULL)`)
	require.NoError(b, err)
	sellOne(b, l, ship)
}

func sellOne(b *testing.B, l guichet.Ledger, deliver func(context.Context) error) {
	if deliver == nil {
		deliver = func(context.Context) error { return nil }
	}
	b.ReportAllocs()
	for b.Loop() {
		a := attempt("order")
		a.OrderID = a.Reference
		row, _, err := l.Begin(b.Context(), a)
		if err != nil {
			b.Fatal(err)
		}
		row.State, row.PaymentID = guichet.AttemptOpen, "payment-"+row.Reference
		if row, err = l.Save(b.Context(), row); err != nil {
			b.Fatal(err)
		}
		row.State = guichet.AttemptPaid
		if row, err = l.Save(b.Context(), row); err != nil {
			b.Fatal(err)
		}
		if _, err = l.Deliver(b.Context(), row, deliver); err != nil {
			b.Fatal(err)
		}
	}
}
