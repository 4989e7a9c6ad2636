package main

import (
	"context"
	"encoding/binary"
	"errors"
	"time"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/config"
)

// errLedger is what a ledger says that is down, or whose answer was lost.
var errLedger = errors.New("the database cannot be reached")

// store is the shop's database: the attempts, and what Deliver wrote beside them.
type store struct {
	s          *shop
	inner      guichet.Ledger
	rows       []guichet.Attempt // the newest version of each, in the order of Begin
	place      map[string]int
	delivering map[string]bool
	skew       time.Duration // of its clock
	jumps      int
}

func newStore(s *shop) *store {
	return &store{s: s, inner: guichet.NewMemoryLedger(), place: map[string]int{}, delivering: map[string]bool{}}
}

// clock is the database's time.
func (st *store) clock() time.Time { return epoch.Add(st.s.now + st.skew) }

// jump sets the clock wrong, or right again.
func (st *store) jump(skew time.Duration) {
	st.s.say("the database's clock is wrong by %v", skew)
	st.skew = skew
	st.jumps++
}

// due is the true time at which the next attempt is due.
func (st *store) due() (first time.Duration, ok bool) {
	for i := range st.rows {
		if at := st.rows[i].DueAt; !at.IsZero() {
			if d := at.Sub(epoch) - st.skew; !ok || d < first {
				first, ok = d, true
			}
		}
	}
	return first, ok
}

func (st *store) keep(a guichet.Attempt) {
	i, known := st.place[a.Reference]
	if !known {
		st.place[a.Reference] = len(st.rows)
		st.rows = append(st.rows, a)
	} else {
		st.s.checkAlone(st.rows[i], a)
		if o := st.s.order(a.OrderID); o != nil && !a.CreatedAt.Equal(st.rows[i].CreatedAt) {
			o.repaired = true
		}
		st.rows[i] = a
	}
	st.s.say("row %s: %s status=%q due=%v troubles=%v version=%d id=%q", a.Reference, a.State, a.Status, a.DueAt.Sub(epoch), a.Troubles, a.Version, a.PaymentID)
	st.s.markText(string(a.State))
	st.s.checkRow(a)
}

func (st *store) row(reference string) (guichet.Attempt, bool) {
	i, known := st.place[reference]
	if !known {
		return guichet.Attempt{}, false
	}
	return st.rows[i], true
}

// books is one process's connection to the store.
type books struct {
	*store
	p *process
}

// World gives the cashier the simulation's time and chance.
func (b *books) World() config.World {
	s := b.s
	return config.World{
		Now: func() time.Time { return epoch.Add(s.now) },
		Random: func(p []byte) {
			var word [8]byte
			for len(p) > 0 {
				binary.LittleEndian.PutUint64(word[:], s.rng.Uint64())
				p = p[copy(p, word[:]):]
			}
		},
		Wait: func(ctx context.Context, signal <-chan struct{}, d time.Duration) (bool, error) {
			if len(signal) == 0 || s.current.killed {
				s.pause(ctx, signal, d)
			}
			switch err := ctx.Err(); {
			case err != nil:
				return false, err
			case len(signal) > 0:
				<-signal
				return true, nil
			}
			return false, nil
		},
		Timeout: func(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
			l := s.until(ctx, s.now+d, context.DeadlineExceeded)
			return l, l.cancel
		},
		Go: func(work func()) { s.spawn(b.p.name+" run", b.p, work) },
	}
}

// reach is the way to the database: a step of its own, which may fail.
func (b *books) reach(ctx context.Context, op string) error {
	s := b.s
	d := time.Duration(0)
	switch {
	case s.chance(s.plan.slowLedger):
		d = s.between(0, 30*time.Second)
	case s.chance(0.5):
		d = s.between(0, 20*time.Millisecond)
	}
	s.pause(ctx, nil, d)
	if err := ctx.Err(); err != nil {
		return err
	}
	if s.chance(s.plan.ledgerFails) {
		s.say("%s fails", op)
		return errLedger
	}
	return nil
}

// back is the way back, on which the answer may be lost.
func (b *books) back(op string) error {
	s := b.s
	if s.chance(0.3) {
		s.sleep(s.between(0, 10*time.Millisecond))
	}
	if s.chance(s.plan.ledgerLosesAnswer) {
		s.say("the answer of %s is lost", op)
		return errLedger
	}
	return nil
}

func (b *books) Now(ctx context.Context) (time.Time, error) {
	if b.s.chance(0.3) || b.s.current.killed {
		if err := b.reach(ctx, "Now"); err != nil {
			return time.Time{}, err
		}
	}
	return b.clock(), ctx.Err()
}

func (b *books) Begin(ctx context.Context, a guichet.Attempt) (guichet.Attempt, bool, error) {
	if err := b.reach(ctx, "Begin"); err != nil {
		return guichet.Attempt{}, false, err
	}
	row, begun, err := b.inner.Begin(ctx, a)
	if err == nil && begun {
		b.keep(row)
		b.s.begun(row)
	}
	if lost := b.back("Begin"); lost != nil {
		return guichet.Attempt{}, false, lost
	}
	return row, begun, err
}

func (b *books) Get(ctx context.Context, reference string) (guichet.Attempt, error) {
	if err := b.reach(ctx, "Get"); err != nil {
		return guichet.Attempt{}, err
	}
	return b.inner.Get(ctx, reference)
}

func (b *books) Find(ctx context.Context, provider, paymentID string) (guichet.Attempt, error) {
	if err := b.reach(ctx, "Find"); err != nil {
		return guichet.Attempt{}, err
	}
	return b.inner.Find(ctx, provider, paymentID)
}

func (b *books) ByOrder(ctx context.Context, orderID string) ([]guichet.Attempt, error) {
	if err := b.reach(ctx, "ByOrder"); err != nil {
		return nil, err
	}
	return b.inner.ByOrder(ctx, orderID)
}

func (b *books) Due(ctx context.Context, q guichet.DueQuery) ([]guichet.Attempt, error) {
	if err := b.reach(ctx, "Due"); err != nil {
		return nil, err
	}
	return b.inner.Due(ctx, q)
}

// lock waits while the row is being delivered, as a database does.
func (b *books) lock(ctx context.Context, reference string) error {
	for b.delivering[reference] {
		b.s.pause(ctx, nil, 5*time.Millisecond)
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}

func (b *books) Save(ctx context.Context, a guichet.Attempt) (guichet.Attempt, error) {
	if err := b.reach(ctx, "Save"); err != nil {
		return guichet.Attempt{}, err
	}
	if err := b.lock(ctx, a.Reference); err != nil {
		return guichet.Attempt{}, err
	}
	row, err := b.inner.Save(ctx, a)
	if err != nil {
		b.s.say("Save of %s refused: %v", a.Reference, err)
		return row, err
	}
	b.keep(row)
	if lost := b.back("Save"); lost != nil {
		return guichet.Attempt{}, lost
	}
	return row, nil
}

type txKey struct{}

// transaction collects what the merchant writes within Deliver.
type transaction struct{ writes []func() }

func (b *books) Deliver(ctx context.Context, a guichet.Attempt, deliver func(context.Context) error) (guichet.Attempt, error) {
	if err := b.reach(ctx, "Deliver"); err != nil {
		return guichet.Attempt{}, err
	}
	if err := b.lock(ctx, a.Reference); err != nil {
		return guichet.Attempt{}, err
	}
	b.delivering[a.Reference] = true
	defer delete(b.delivering, a.Reference)
	tx := &transaction{}
	row, err := b.inner.Deliver(ctx, a, func(ctx context.Context) error {
		if err := deliver(context.WithValue(ctx, txKey{}, tx)); err != nil {
			return err
		}
		return b.reach(ctx, "COMMIT")
	})
	if err != nil {
		b.s.say("Deliver of %s: %v", a.Reference, err)
		return row, err
	}
	b.keep(row)
	for _, write := range tx.writes {
		write()
	}
	if lost := b.back("Deliver"); lost != nil {
		return guichet.Attempt{}, lost
	}
	return row, nil
}
