package main

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/guichetpay/guichet"
)

// wrong is a cashier that does not keep one of the thirteen rules. The rule is broken
// from outside, by a ledger, a provider or a webhook that does what the cashier is
// written not to do, so that the cashier itself needs no switch.
type wrong struct {
	rule     int
	name     string
	plan     func(*plan)                                           // makes what the rule is for more frequent
	ledger   func(*books) guichet.Ledger                           // between the cashier and its ledger
	created  func(*wire, guichet.PaymentRequest, *guichet.Payment) // sees what a create gave
	answered func(*wire, *guichet.Payment)                         // changes an answer
	rung     func(p *process, account string, e guichet.Event)     // before the cashier sees a webhook
}

var wrongs = []*wrong{
	{rule: 1, name: "the row is written after the provider was asked", ledger: func(b *books) guichet.Ledger { return lateBooks{b} }},
	{rule: 2, name: "the page is shown before it is saved", created: showAtOnce},
	{rule: 3, name: "a create has no lease", ledger: func(b *books) guichet.Ledger { return noLease{b} }},
	{rule: 4, name: "a stale save overwrites what others have learned", ledger: func(b *books) guichet.Ledger { return overwrites{b} }},
	{rule: 5, name: "Deliver writes outside the ledger's transaction", ledger: func(b *books) guichet.Ledger { return twoTransactions{b} }},
	{rule: 6, name: "a webhook is believed", rung: believe},
	{rule: 7, name: "no next question", ledger: func(b *books) guichet.Ledger { return neverAgain{b} }},
	{rule: 8, name: "a time far ahead is waited for", plan: func(p *plan) { p.clock = 1 }, ledger: func(b *books) guichet.Ledger { return noHorizon{b} }},
	{rule: 9, name: "Trouble is kept in memory", ledger: func(b *books) guichet.Ledger { return forgetsTrouble{b} }},
	{rule: 10, name: "captures are not counted", answered: func(_ *wire, p *guichet.Payment) { p.Captures = 0 }},
	{rule: 11, name: "two attempts may have one payment", plan: func(p *plan) { p.sameID = 0.3 }, ledger: func(b *books) guichet.Ledger { return sharesIDs{b} }},
	{rule: 12, name: "the request is kept", ledger: func(b *books) guichet.Ledger { return keepsAll{b} }},
	{rule: 13, name: "attempts of an unknown provider are skipped", ledger: func(b *books) guichet.Ledger { return skipsUnknown{b} }},
}

// lateBooks writes a new attempt with its first save.
type lateBooks struct{ *books }

func (l lateBooks) Begin(ctx context.Context, a guichet.Attempt) (guichet.Attempt, bool, error) {
	rows, err := l.books.ByOrder(ctx, a.OrderID)
	if err != nil {
		return a, false, err
	}
	for _, row := range rows {
		if row.Holds || row.State == guichet.AttemptHeld {
			return row, false, nil
		}
	}
	a.Number, a.Version, a.Holds = len(rows)+1, 1, true
	l.p.begins[a.Reference] = a
	l.s.orderOf[a.Reference] = a.OrderID
	return a, true, nil
}

func (l lateBooks) Get(ctx context.Context, reference string) (guichet.Attempt, error) {
	if a, ok := l.p.begins[reference]; ok {
		return a, nil
	}
	return l.books.Get(ctx, reference)
}

func (l lateBooks) Save(ctx context.Context, a guichet.Attempt) (guichet.Attempt, error) {
	if begun, ok := l.p.begins[a.Reference]; ok {
		row, mine, err := l.books.Begin(ctx, begun)
		if err != nil {
			return row, err
		}
		delete(l.p.begins, a.Reference)
		if !mine {
			return row, guichet.ErrOrderHeld
		}
	}
	return l.books.Save(ctx, a)
}

// showAtOnce sends the customer to the page as soon as the provider has answered.
func showAtOnce(w *wire, req guichet.PaymentRequest, p *guichet.Payment) {
	s := w.a.s
	o := s.order(s.orderOf[req.Reference])
	if o == nil || p.CheckoutURL == "" {
		return
	}
	for _, b := range w.a.bills {
		if b.url() == p.CheckoutURL && !b.shown && b.order == o.id {
			s.shows(o, b, false)
			s.onPage(o, b)
		}
	}
}

// noLease stores leases that are over.
type noLease struct{ *books }

func (l noLease) Begin(ctx context.Context, a guichet.Attempt) (guichet.Attempt, bool, error) {
	a.LeaseUntil = a.CreatedAt
	a.DueAt = a.CreatedAt
	return l.books.Begin(ctx, a)
}

// overwrites saves over whatever another process has saved meanwhile.
type overwrites struct{ *books }

func (l overwrites) Save(ctx context.Context, a guichet.Attempt) (guichet.Attempt, error) {
	row, err := l.books.Save(ctx, a)
	if !errors.Is(err, guichet.ErrStale) {
		return row, err
	}
	now, err := l.books.Get(ctx, a.Reference)
	if err != nil {
		return row, err
	}
	a.Version = now.Version
	return l.books.Save(ctx, a)
}

// twoTransactions calls deliver, and notes afterwards that it did.
type twoTransactions struct{ *books }

func (l twoTransactions) Deliver(ctx context.Context, a guichet.Attempt, deliver func(context.Context) error) (guichet.Attempt, error) {
	if err := deliver(ctx); err != nil {
		return guichet.Attempt{}, err
	}
	return l.books.Deliver(ctx, a, func(context.Context) error { return nil })
}

// believe marks an attempt as paid because an event says so.
func believe(p *process, account string, e guichet.Event) {
	ctx := context.Background()
	row, err := p.s.store.inner.Get(ctx, e.Reference)
	if err != nil || row.Provider != account || row.State != guichet.AttemptOpen {
		return
	}
	row.State, row.AskedAt, row.DueAt = guichet.AttemptPaid, p.s.store.clock(), p.s.store.clock()
	if row, err = p.s.store.inner.Save(ctx, row); err == nil {
		p.s.store.keep(row)
	}
}

// neverAgain forgets when the next question comes.
type neverAgain struct{ *books }

func (l neverAgain) Save(ctx context.Context, a guichet.Attempt) (guichet.Attempt, error) {
	if (a.State == guichet.AttemptOpen || a.State == guichet.AttemptReleased) && a.Asked > 0 {
		a.DueAt = a.DueAt.AddDate(1, 0, 0)
	}
	return l.books.Save(ctx, a)
}

func (l neverAgain) Due(ctx context.Context, q guichet.DueQuery) ([]guichet.Attempt, error) {
	q.Horizon = q.Horizon.AddDate(2, 0, 0)
	return l.books.Due(ctx, q)
}

// noHorizon waits for every DueAt, however far ahead.
type noHorizon struct{ *books }

func (l noHorizon) Due(ctx context.Context, q guichet.DueQuery) ([]guichet.Attempt, error) {
	q.Horizon = q.Horizon.AddDate(100, 0, 0)
	return l.books.Due(ctx, q)
}

// forgetsTrouble keeps troubles in the process that met them.
type forgetsTrouble struct{ *books }

func (l forgetsTrouble) with(a guichet.Attempt) guichet.Attempt {
	a.Troubles = maps.Clone(l.p.memory[a.Reference])
	return a
}

func (l forgetsTrouble) Get(ctx context.Context, reference string) (guichet.Attempt, error) {
	a, err := l.books.Get(ctx, reference)
	return l.with(a), err
}

func (l forgetsTrouble) ByOrder(ctx context.Context, id string) ([]guichet.Attempt, error) {
	rows, err := l.books.ByOrder(ctx, id)
	for i := range rows {
		rows[i] = l.with(rows[i])
	}
	return rows, err
}

func (l forgetsTrouble) Due(ctx context.Context, q guichet.DueQuery) ([]guichet.Attempt, error) {
	rows, err := l.books.Due(ctx, q)
	for i := range rows {
		rows[i] = l.with(rows[i])
	}
	return rows, err
}

func (l forgetsTrouble) Save(ctx context.Context, a guichet.Attempt) (guichet.Attempt, error) {
	troubles := maps.Clone(a.Troubles)
	a.Troubles = nil
	row, err := l.books.Save(ctx, a)
	if err == nil {
		l.p.memory[a.Reference] = troubles
	}
	return l.with(row), err
}

// sharesIDs lets two attempts have the id of one payment.
type sharesIDs struct{ *books }

const beside = "~beside~"

func own(a guichet.Attempt) guichet.Attempt {
	a.PaymentID, _, _ = strings.Cut(a.PaymentID, beside)
	return a
}

func (l sharesIDs) Get(ctx context.Context, reference string) (guichet.Attempt, error) {
	a, err := l.books.Get(ctx, reference)
	return own(a), err
}

func (l sharesIDs) Begin(ctx context.Context, a guichet.Attempt) (guichet.Attempt, bool, error) {
	a, begun, err := l.books.Begin(ctx, a)
	return own(a), begun, err
}

func (l sharesIDs) ByOrder(ctx context.Context, id string) ([]guichet.Attempt, error) {
	rows, err := l.books.ByOrder(ctx, id)
	for i := range rows {
		rows[i] = own(rows[i])
	}
	return rows, err
}

func (l sharesIDs) Due(ctx context.Context, q guichet.DueQuery) ([]guichet.Attempt, error) {
	rows, err := l.books.Due(ctx, q)
	for i := range rows {
		rows[i] = own(rows[i])
	}
	return rows, err
}

func (l sharesIDs) Save(ctx context.Context, a guichet.Attempt) (guichet.Attempt, error) {
	if a.PaymentID != "" {
		a.PaymentID += beside + a.Reference
	}
	row, err := l.books.Save(ctx, a)
	return own(row), err
}

func (l sharesIDs) Deliver(ctx context.Context, a guichet.Attempt, deliver func(context.Context) error) (guichet.Attempt, error) {
	a.PaymentID += beside + a.Reference
	row, err := l.books.Deliver(ctx, a, deliver)
	return own(row), err
}

// keepsAll keeps the request and the phone of every attempt.
type keepsAll struct{ *books }

func (l keepsAll) Save(ctx context.Context, a guichet.Attempt) (guichet.Attempt, error) {
	before, known := l.store.row(a.Reference)
	row, err := l.books.Save(ctx, a)
	if err == nil && known {
		kept := row
		kept.Request, kept.Phone = before.Request, before.Phone
		l.s.checkRow(kept)
	}
	return row, err
}

// skipsUnknown asks for no attempt whose provider is not configured.
type skipsUnknown struct{ *books }

func (l skipsUnknown) Due(ctx context.Context, q guichet.DueQuery) ([]guichet.Attempt, error) {
	if l.p.missing != "" {
		q.Skip = append(slices.Clone(q.Skip), l.p.missing)
	}
	return l.books.Due(ctx, q)
}
