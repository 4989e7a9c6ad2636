package guichet

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/guichetpay/guichet/internal/config"
)

// CashierConfig is what NewCashier takes. Ledger, Providers, Deliver and Trouble are
// required.
type CashierConfig struct {
	// Ledger keeps the attempts: NewSQLLedger in production, NewMemoryLedger in tests.
	Ledger Ledger

	// Providers are the merchant's accounts by a name of the merchant's, of 1 to 32
	// characters a to z, 0 to 9 and "-". A name is stored with each attempt: it stays
	// configured as long as attempts of it may be paid (30 days), and is never used
	// again for another account, because the answers of that account would be taken for
	// those of the first.
	Providers map[string]Provider

	// Deliver gives the customer what he paid for. It is called inside the ledger's
	// transaction: what it writes through SQLTx(ctx) happens exactly once. Effects
	// outside that database, such as an e-mail, happen at least once, so they are keyed
	// by Attempt.OrderID. It has 10 seconds. With a database of one connection, every
	// statement goes through SQLTx: beside it there is no connection left.
	//
	// An error, or a panic, undoes the transaction, and Deliver is called again, after
	// 10 s first, later every 10 minutes. ErrMismatch means that the order has changed
	// and what was paid no longer fits: the attempt is held for a person.
	Deliver func(ctx context.Context, a Attempt) error

	// Trouble tells a person about something that the cashier must not decide. It is
	// called by Run until it returns nil, once for each attempt and kind; again only
	// where a crash fell between the call and the note that it was made, so it must bear
	// a repetition. Only TroubleUnsettled is told at once, by the call that met it,
	// because there the ledger could not be written.
	Trouble func(ctx context.Context, t Trouble) error

	// Logger gets one line for each transition, without personal data; nil: silent.
	Logger *slog.Logger
}

// Cashier takes payments for orders. It writes every attempt into a Ledger before it
// asks a provider, so that no crash, lost answer, double click, forged or missing
// callback charges twice, delivers unpaid, or leaves a paid order undelivered.
//
// A shop calls Pay when the customer wants to pay, RefreshOrder on the page to which
// the customer returns, serves Webhook for each provider, and runs Run on every
// machine. Deliver is called when an order is paid in full, and Trouble when a person
// has to look.
//
// A Cashier is safe for many goroutines, and many processes may share one ledger.
type Cashier struct {
	cfg    CashierConfig
	ledger Ledger
	can    map[string]Capabilities
	gates  map[string]*gate
	world  config.World
	logger *slog.Logger

	runs   atomic.Int32 // how many Run are running
	warned atomic.Bool  // that none is

	mu         sync.Mutex
	findings   map[string]finding // by reference: what a trouble has to say beside the attempt
	unsettled  []Trouble          // not told yet, and not in the ledger
	unreadable map[string]bool    // rows that Trouble was told of
}

// NewCashier makes a cashier. ErrInvalidRequest names what is missing or malformed in cfg.
// The ledger is not asked.
func NewCashier(cfg CashierConfig) (*Cashier, error) {
	problem := ""
	switch {
	case cfg.Ledger == nil:
		problem = "CashierConfig.Ledger: required, such as NewSQLLedger or, in tests, NewMemoryLedger"
	case len(cfg.Providers) == 0:
		problem = "CashierConfig.Providers: required, at least one provider's client by name"
	case cfg.Deliver == nil:
		problem = "CashierConfig.Deliver: required, it gives the customer what he paid for"
	case cfg.Trouble == nil:
		problem = "CashierConfig.Trouble: required, without it nobody learns of a second payment or a wrong amount"
	}
	for name, p := range cfg.Providers {
		switch {
		case !validProviderName(name):
			problem = "CashierConfig.Providers: a name must have 1 to 32 characters a to z, 0 to 9 and -"
		case p == nil:
			problem = "CashierConfig.Providers: the client of " + name + " is nil"
		}
	}
	if problem != "" {
		return nil, &Error{Op: "NewCashier", Kind: ErrInvalidRequest, Message: problem}
	}
	c := &Cashier{
		cfg:        cfg,
		ledger:     cfg.Ledger,
		can:        map[string]Capabilities{},
		gates:      map[string]*gate{},
		world:      realWorld,
		logger:     cfg.Logger,
		findings:   map[string]finding{},
		unreadable: map[string]bool{},
	}
	c.cfg.Providers = map[string]Provider{}
	for name, p := range cfg.Providers {
		c.cfg.Providers[name], c.can[name], c.gates[name] = p, p.Capabilities(), newGate()
	}
	if c.logger == nil {
		c.logger = slog.New(slog.DiscardHandler)
	}
	if other, ok := cfg.Ledger.(interface{ World() config.World }); ok {
		c.world = other.World()
	}
	return c, nil
}

func validProviderName(name string) bool {
	for i := range len(name) {
		if ch := name[i]; (ch < 'a' || ch > 'z') && (ch < '0' || ch > '9') && ch != '-' {
			return false
		}
	}
	return name != "" && len(name) <= 32
}

// Attempts returns all attempts of an order, the first one first, none for an order that
// nobody tried to pay. It asks the ledger only.
func (c *Cashier) Attempts(ctx context.Context, orderID string) ([]Attempt, error) {
	return c.ledger.ByOrder(ctx, orderID)
}

// realWorld is what a cashier uses outside simulations.
var realWorld = config.World{
	Now:    time.Now,
	Random: func(p []byte) { rand.Read(p) },
	Wait: func(ctx context.Context, signal <-chan struct{}, d time.Duration) (came bool, err error) {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case <-signal:
			return true, nil
		case <-timer.C:
			return false, nil
		}
	},
	Timeout: context.WithTimeout,
	Go:      func(work func()) { go work() },
}

// sleep waits for d; the error is the context's, if that ends first.
func (c *Cashier) sleep(ctx context.Context, d time.Duration) error {
	_, err := c.world.Wait(ctx, nil, d)
	return err
}

// random returns a number from 0 to n-1.
func (c *Cashier) random(n int64) int64 {
	var b [8]byte
	c.world.Random(b[:])
	var x uint64
	for _, v := range b {
		x = x<<8 | uint64(v)
	}
	return int64(x % uint64(n))
}

// detached is for what must be finished although the caller has gone: a customer who
// closes the page must not leave an answer unsaved.
func (c *Cashier) detached(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	return c.world.Timeout(context.WithoutCancel(ctx), d)
}

// both returns the errors that there are.
func both(a, b error) error {
	switch {
	case b == nil:
		return a
	case a == nil:
		return b
	}
	return errors.Join(a, b)
}

func cashierError(op string, a Attempt, kind, cause error, message string) error {
	return &Error{Provider: a.Provider, Op: op, Kind: kind, Reference: a.Reference, Message: message, Err: cause}
}
