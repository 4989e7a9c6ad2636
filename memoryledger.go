package guichet

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"
)

// memoryLedger keeps the attempts in maps. The mutex guards everything and is never
// held while the merchant's code runs; each row's own lock is held while the row is
// saved or delivered, so that a long delivery keeps nobody from the other rows.
type memoryLedger struct {
	mu       sync.Mutex
	rows     map[string]*memoryRow     // by reference
	orders   map[string][]*memoryRow   // by order, in the order of Number
	payments map[paymentKey]*memoryRow // by provider and payment id
}

type memoryRow struct {
	lock    chan struct{} // full: somebody changes the row; taken before the mutex
	attempt Attempt       // guarded by the ledger's mutex
}

type paymentKey struct{ provider, id string }

// NewMemoryLedger returns a ledger that forgets everything with the process: for tests,
// and for trying the library out. A shop that takes money needs NewSQLLedger: a payment
// that is made while the process is down would be lost. Many goroutines may use it.
//
// Its clock is time.Now. SQLTx finds no transaction within Deliver, and what deliver
// does cannot be rolled back.
func NewMemoryLedger() Ledger {
	return &memoryLedger{
		rows:     make(map[string]*memoryRow),
		orders:   make(map[string][]*memoryRow),
		payments: make(map[paymentKey]*memoryRow),
	}
}

func (l *memoryLedger) Now(ctx context.Context) (time.Time, error) {
	if err := ledgerContext(ctx, "Now"); err != nil {
		return time.Time{}, err
	}
	return storedTime(time.Now()), nil
}

func (l *memoryLedger) Begin(ctx context.Context, a Attempt) (Attempt, bool, error) {
	if err := ledgerContext(ctx, "Begin"); err != nil {
		return Attempt{}, false, err
	}
	if err := checkBegin(a); err != nil {
		return Attempt{}, false, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if row := l.rows[a.Reference]; row != nil {
		if err := sameAttempt(row.attempt, a); err != nil {
			return Attempt{}, false, err
		}
		if begunOnly(row.attempt) {
			return row.attempt.clone(), true, nil
		}
	}
	attempts := l.byOrder(a.OrderID)
	if i := blocking(attempts); i >= 0 {
		return attempts[i], false, nil
	}
	if l.rows[a.Reference] != nil {
		return Attempt{}, false, changedSince(a)
	}
	a = stored(a)
	a.Number, a.Version = 1, 1
	if n := len(attempts); n > 0 {
		a.Number = attempts[n-1].Number + 1
	}
	if a.PaymentID != "" && l.payments[paymentKey{a.Provider, a.PaymentID}] != nil {
		return Attempt{}, false, paymentTakenError("Begin", a.Reference, l.payments[paymentKey{a.Provider, a.PaymentID}].attempt.Reference)
	}
	row := &memoryRow{lock: make(chan struct{}, 1), attempt: a}
	l.rows[a.Reference] = row
	l.orders[a.OrderID] = append(l.orders[a.OrderID], row)
	if a.PaymentID != "" {
		l.payments[paymentKey{a.Provider, a.PaymentID}] = row
	}
	return a.clone(), true, nil
}

func (l *memoryLedger) Get(ctx context.Context, reference string) (Attempt, error) {
	if err := ledgerContext(ctx, "Get"); err != nil {
		return Attempt{}, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	row := l.rows[reference]
	if row == nil {
		return Attempt{}, notFoundError("Get", reference)
	}
	return row.attempt.clone(), nil
}

func (l *memoryLedger) Find(ctx context.Context, provider, paymentID string) (Attempt, error) {
	if err := ledgerContext(ctx, "Find"); err != nil {
		return Attempt{}, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	row := l.payments[paymentKey{provider, paymentID}]
	if row == nil {
		return Attempt{}, notFoundError("Find", "")
	}
	return row.attempt.clone(), nil
}

func (l *memoryLedger) ByOrder(ctx context.Context, orderID string) ([]Attempt, error) {
	if err := ledgerContext(ctx, "ByOrder"); err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.byOrder(orderID), nil
}

// byOrder copies the attempts of an order; the caller has the mutex.
func (l *memoryLedger) byOrder(orderID string) []Attempt {
	attempts := make([]Attempt, 0, len(l.orders[orderID]))
	for _, row := range l.orders[orderID] {
		attempts = append(attempts, row.attempt.clone())
	}
	return attempts
}

func (l *memoryLedger) Due(ctx context.Context, q DueQuery) ([]Attempt, error) {
	if err := ledgerContext(ctx, "Due"); err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	var due []Attempt
	for _, row := range l.rows {
		a := &row.attempt
		ahead := !q.Horizon.IsZero() && a.DueAt.After(q.Horizon)
		if a.DueAt.IsZero() || a.DueAt.After(q.Now) && !ahead || slices.Contains(q.Skip, a.Provider) {
			continue
		}
		due = append(due, *a)
	}
	slices.SortFunc(due, func(a, b Attempt) int {
		return cmp.Or(a.DueAt.Compare(b.DueAt), cmp.Compare(a.Reference, b.Reference))
	})
	due = due[:min(len(due), q.limit())]
	for i := range due {
		due[i] = due[i].clone()
	}
	return due, nil
}

func (l *memoryLedger) Save(ctx context.Context, a Attempt) (Attempt, error) {
	if err := ledgerContext(ctx, "Save"); err != nil {
		return Attempt{}, err
	}
	if err := checkSave("Save", a); err != nil {
		return Attempt{}, err
	}
	row, err := l.lock(ctx, "Save", a.Reference)
	if err != nil {
		return Attempt{}, err
	}
	defer row.unlock()
	next, err := l.prepare("Save", row, a)
	if err != nil {
		return Attempt{}, err
	}
	l.commit(row, next)
	return next.clone(), nil
}

func (l *memoryLedger) Deliver(ctx context.Context, a Attempt, deliver func(context.Context) error) (Attempt, error) {
	if err := ledgerContext(ctx, "Deliver"); err != nil {
		return Attempt{}, err
	}
	if err := checkDeliver(a, deliver); err != nil {
		return Attempt{}, err
	}
	row, err := l.lock(ctx, "Deliver", a.Reference)
	if err != nil {
		return Attempt{}, err
	}
	defer row.unlock()
	a.State = AttemptDelivered
	next, err := l.prepare("Deliver", row, a)
	if err != nil {
		return Attempt{}, err
	}
	committed := false
	defer func() { // also when deliver panics
		if !committed {
			l.rollBack(row, next)
		}
	}()
	if err := deliver(ctx); err != nil {
		return Attempt{}, err
	}
	if err := ctx.Err(); err != nil {
		return Attempt{}, ledgerError("Deliver", nil, a.Reference, "the context ended before the commit, so nothing is delivered: "+err.Error(), err)
	}
	l.commit(row, next)
	committed = true
	return next.clone(), nil
}

// lock finds a row and takes its lock, for which it waits while the row is delivered.
func (l *memoryLedger) lock(ctx context.Context, op, reference string) (*memoryRow, error) {
	l.mu.Lock()
	row := l.rows[reference]
	l.mu.Unlock()
	if row == nil {
		return nil, notFoundError(op, reference)
	}
	select {
	case row.lock <- struct{}{}:
		return row, nil
	case <-ctx.Done():
		return nil, ledgerError(op, nil, reference, "the row is being delivered, and the context ended: "+ctx.Err().Error(), ctx.Err())
	}
}

func (r *memoryRow) unlock() { <-r.lock }

// prepare returns the row as it will be once a is saved, and reserves the payment id for
// it. The caller has the row's lock, and ends with commit or rollBack.
func (l *memoryLedger) prepare(op string, row *memoryRow, a Attempt) (Attempt, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	before := row.attempt
	next := stored(a)
	next.OrderID, next.Provider, next.Number, next.Amount = before.OrderID, before.Provider, before.Number, before.Amount
	if a.Version != before.Version {
		return Attempt{}, staleError(op, a, before.Version)
	}
	if op == "Deliver" && before.State != AttemptPaid {
		return Attempt{}, notPaidError(before)
	}
	if next.Holds {
		for _, other := range l.orders[next.OrderID] {
			if other != row && other.attempt.Holds {
				return Attempt{}, orderHeldError(op, a.Reference, other.attempt.Reference)
			}
		}
	}
	if next.PaymentID != "" {
		key := paymentKey{next.Provider, next.PaymentID}
		if other := l.payments[key]; other != nil && other != row {
			return Attempt{}, paymentTakenError(op, a.Reference, other.attempt.Reference)
		}
		l.payments[key] = row
	}
	next.Version++
	return next, nil
}

func (l *memoryLedger) commit(row *memoryRow, next Attempt) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if row.attempt.PaymentID != next.PaymentID {
		delete(l.payments, paymentKey{row.attempt.Provider, row.attempt.PaymentID})
	}
	row.attempt = next
}

func (l *memoryLedger) rollBack(row *memoryRow, next Attempt) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if row.attempt.PaymentID != next.PaymentID {
		delete(l.payments, paymentKey{next.Provider, next.PaymentID})
	}
}
