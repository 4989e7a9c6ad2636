package main

import (
	"context"
	"sync"

	"github.com/guichetpay/guichet"
)

// shop is a merchant with a guichet.Cashier, which keeps the four rules of shop.go and
// the rest.
type shop struct {
	cashier *guichet.Cashier

	mu        sync.Mutex
	delivered map[string]int // how often each order was
	log       func(format string, args ...any)
}

// newShop makes the cashier. The ledger is in memory, so it ends with this process; a
// shop gives guichet.NewSQLLedger here, and changes nothing else.
func newShop(providers map[string]guichet.Provider, log func(string, ...any)) (*shop, error) {
	s := &shop{delivered: map[string]int{}, log: log}
	var err error
	s.cashier, err = guichet.NewCashier(guichet.CashierConfig{
		Ledger:    guichet.NewMemoryLedger(),
		Providers: providers,
		Deliver: func(_ context.Context, a guichet.Attempt) error { // with a database: write through guichet.SQLTx
			s.mu.Lock()
			defer s.mu.Unlock()
			s.delivered[a.OrderID]++
			s.log("order %s: paid %v, DELIVERED", a.OrderID, a.Amount)
			return nil
		},
		Trouble: func(_ context.Context, t guichet.Trouble) error { // in production an e-mail
			s.log("order %s: a person has to look: %s", t.Attempt.OrderID, t.Kind)
			return nil
		},
	})
	return s, err
}
