package main

import (
	"context"
	"sync"

	"github.com/guichetpay/guichet"
)

// shop is the merchant's side: a cashier, and what it was told.
type shop struct {
	cashier *guichet.Cashier

	mu        sync.Mutex
	delivered map[string]guichet.Money // by order: in production a column of the orders' table
	troubles  []guichet.Trouble        // in production an e-mail to a person
}

// newShop makes the cashier. The ledger is in memory: a shop that must survive its own
// end gives guichet.NewSQLLedger here, and changes nothing else.
func newShop(providers map[string]guichet.Provider) (*shop, error) {
	s := &shop{delivered: map[string]guichet.Money{}}
	var err error
	s.cashier, err = guichet.NewCashier(guichet.CashierConfig{
		Ledger:    guichet.NewMemoryLedger(),
		Providers: providers,
		Deliver:   s.deliver,
		Trouble:   s.trouble,
	})
	return s, err
}

// deliver gives the customer what he paid for. With a ledger in a database it writes
// through guichet.SQLTx(ctx), and then what it writes happens exactly once.
func (s *shop) deliver(_ context.Context, a guichet.Attempt) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.delivered[a.OrderID] = a.Amount
	return nil
}

// trouble tells a person about what no program may decide.
func (s *shop) trouble(_ context.Context, t guichet.Trouble) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.troubles = append(s.troubles, t)
	return nil
}

// payWithFirst tries one provider after the other. Only a closed attempt lets the next
// one be tried: it proves that nothing exists at the provider. After a lost answer the
// payment may exist, and a second one beside it could be paid as well.
func (s *shop) payWithFirst(ctx context.Context, order guichet.Order, providers ...string) (attempt guichet.Attempt, err error) {
	for _, provider := range providers {
		attempt, err = s.cashier.Pay(ctx, order, provider)
		if err == nil || attempt.State != guichet.AttemptClosed {
			break
		}
	}
	return attempt, err
}
