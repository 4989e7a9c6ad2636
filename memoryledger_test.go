package guichet_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
)

func TestMemoryLedger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		assert.NoError(t, guichet.CheckLedger(t.Context(), func() (guichet.Ledger, error) { return guichet.NewMemoryLedger(), nil }))
		l := guichet.NewMemoryLedger()
		assert.NoError(t, guichet.CheckLedger(t.Context(), func() (guichet.Ledger, error) { return l, nil }), "one ledger for all rules")
	})
}

func TestMemoryLedgerTellsTheTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := guichet.NewMemoryLedger()
		first, err := l.Now(t.Context())
		require.NoError(t, err)
		time.Sleep(90*time.Minute + 1500*time.Nanosecond)
		second, err := l.Now(t.Context())
		require.NoError(t, err)
		assert.Equal(t, 90*time.Minute+time.Microsecond, second.Sub(first))
		assert.Equal(t, time.UTC, second.Location())
	})
}

// newAttempt is one that can begin.
func newAttempt(reference, orderID string) guichet.Attempt {
	return guichet.Attempt{Reference: reference, OrderID: orderID, Provider: "lomi", Amount: guichet.NewMoney(5000, guichet.XOF), State: guichet.AttemptCreating}
}

// paidAttempt is one that only has to be delivered.
func paidAttempt(t *testing.T, l guichet.Ledger, reference, orderID string) guichet.Attempt {
	t.Helper()
	row, begun, err := l.Begin(t.Context(), newAttempt(reference, orderID))
	require.NoError(t, err)
	require.True(t, begun)
	row.State = guichet.AttemptPaid
	row, err = l.Save(t.Context(), row)
	require.NoError(t, err)
	return row
}

// A delivery that takes long keeps nobody from the other rows; whoever wants its own row
// waits, and hears of the context's end.
func TestMemoryLedgerLocksOneRow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := guichet.NewMemoryLedger()
		slow, other := paidAttempt(t, l, "slow", "order-1"), paidAttempt(t, l, "other", "order-2")
		start := time.Now()
		var all sync.WaitGroup
		all.Go(func() {
			_, err := l.Deliver(t.Context(), slow, func(context.Context) error { time.Sleep(10 * time.Second); return nil })
			assert.NoError(t, err)
		})
		synctest.Wait()
		_, err := l.Deliver(t.Context(), other, func(context.Context) error { return nil })
		assert.NoError(t, err)
		_, err = l.Get(t.Context(), "slow")
		assert.NoError(t, err)
		assert.Zero(t, time.Since(start), "nobody has waited")

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err = l.Save(ctx, slow)
		assert.ErrorIs(t, err, context.DeadlineExceeded)
		assert.ErrorContains(t, err, "being delivered")
		_, err = l.Deliver(t.Context(), slow, func(context.Context) error { panic("never") })
		assert.ErrorIs(t, err, guichet.ErrStale)
		assert.Equal(t, 10*time.Second, time.Since(start))
		all.Wait()
	})
}

// A payment id that is given by a delivery is taken while the delivery runs, and free
// again when it has failed.
func TestMemoryLedgerReservesThePaymentID(t *testing.T) {
	l := guichet.NewMemoryLedger()
	row, other := paidAttempt(t, l, "first", "order-1"), paidAttempt(t, l, "second", "order-2")
	row.PaymentID, other.PaymentID = "payment", "payment"
	_, err := l.Deliver(t.Context(), row, func(context.Context) error {
		_, err := l.Save(t.Context(), other)
		return err
	})
	assert.ErrorIs(t, err, guichet.ErrPaymentTaken)
	_, err = l.Find(t.Context(), "lomi", "payment")
	assert.ErrorIs(t, err, guichet.ErrNotFound)
	_, err = l.Save(t.Context(), other)
	assert.NoError(t, err)
	_, err = l.Deliver(t.Context(), row, func(context.Context) error { panic("never") })
	assert.ErrorIs(t, err, guichet.ErrPaymentTaken)
}

// Many goroutines take one order after the other to its delivery.
func TestMemoryLedgerTogether(t *testing.T) {
	l := guichet.NewMemoryLedger()
	const orders = 50
	var mu sync.Mutex
	delivered := map[string]int{}
	var all sync.WaitGroup
	for worker := range 8 {
		all.Go(func() {
			for order := range orders {
				id := fmt.Sprintf("order-%d", order)
				row, begun, err := l.Begin(t.Context(), newAttempt(fmt.Sprintf("%s-%d", id, worker), id))
				if !assert.NoError(t, err) || !begun {
					continue
				}
				row.State = guichet.AttemptPaid
				if row, err = l.Save(t.Context(), row); !assert.NoError(t, err) {
					continue
				}
				_, err = l.Deliver(t.Context(), row, func(context.Context) error {
					mu.Lock()
					defer mu.Unlock()
					delivered[id]++
					return nil
				})
				assert.NoError(t, err)
			}
		})
	}
	all.Wait()
	assert.Len(t, delivered, orders)
	for id, times := range delivered {
		assert.Equal(t, 1, times, id)
	}
}
