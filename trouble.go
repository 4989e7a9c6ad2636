package guichet

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"
)

// report notes a trouble that nobody has been told of, in the save that brings it about,
// and makes the attempt due, so that Run tells it (rule 9). One that is noted already is
// not told again.
func report(a *Attempt, kind TroubleKind, now time.Time) {
	if _, noted := a.Troubles[kind]; !noted {
		reportAgain(a, kind, now)
	}
}

// reportAgain is report for a trouble that has grown.
func reportAgain(a *Attempt, kind TroubleKind, now time.Time) {
	if a.Troubles == nil {
		a.Troubles = map[TroubleKind]bool{}
	}
	a.Troubles[kind] = false
	sooner(a, now)
}

// untold reports whether there is a trouble that Run has to tell.
func untold(a Attempt) bool {
	for _, told := range a.Troubles {
		if !told {
			return true
		}
	}
	return false
}

// finding is what a trouble says beside the attempt. The ledger does not keep it: it is
// lost with the process, and then found again where it can be.
type finding struct {
	other string // the reference of the other attempt
	paid  Money
	err   error
}

// mostFindings bounds what is remembered; another process may have told the troubles.
const mostFindings = 1000

func (c *Cashier) keep(a Attempt, f finding) {
	if !untold(a) || f == (finding{}) {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.findings) >= mostFindings {
		clear(c.findings)
	}
	c.findings[a.Reference] = f
}

// tell calls the hook for each trouble of the attempt that it was not told of. The
// attempt's DueAt is moved first, so that of many machines only one calls; it comes back
// when the hook returns an error, or the process dies.
func (c *Cashier) tell(ctx context.Context, row Attempt) (Attempt, error) {
	mine := false
	row, err := c.change(ctx, row, func(_ context.Context, a *Attempt, now time.Time) (bool, error) {
		mine = untold(*a) && dueNow(*a, now)
		a.DueAt = now.Add(swapTime)
		return mine, nil
	})
	if err != nil || !mine {
		return row, err
	}
	told, swapped := map[TroubleKind]bool{}, row.DueAt
	for _, kind := range row.troubleKinds() {
		if row.Troubles[kind] {
			continue
		}
		if hookErr := c.callTrouble(ctx, c.trouble(ctx, row, kind)); hookErr != nil {
			err = both(err, hookErr)
			continue
		}
		told[kind] = true
	}
	captures := row.Captures
	saved, saveErr := c.change(ctx, row, func(_ context.Context, a *Attempt, now time.Time) (bool, error) {
		for kind := range told {
			if _, noted := a.Troubles[kind]; noted && (kind != TroubleSecondPayment || a.Captures == captures) {
				a.Troubles[kind] = true
			}
		}
		rung := !a.DueAt.IsZero() && !a.DueAt.Equal(swapped)
		next := c.nextQuestion(*a, now)
		switch {
		case untold(*a):
			next = now.Add(tellAgain)
		case a.State == AttemptPaid && a.Failures > 0:
			pause, _ := deliverAgain(a.Failures)
			next = now.Add(pause)
		case a.State == AttemptCreating && !leaseRuns(*a, now):
			next = time.Time{} // a prompt whose answer was lost: a person, a webhook or Pay goes on
		case next.IsZero() && a.PaymentID != "" && askedWithin(*a, now, settledEvery):
			next = a.AskedAt.Add(settledEvery) // a ring that came with the trouble is not dropped (rule 6)
		}
		if !rung || (!next.IsZero() && next.Before(a.DueAt)) {
			a.DueAt = next
		}
		return true, nil
	})
	if !untold(saved) {
		c.mu.Lock()
		delete(c.findings, saved.Reference)
		c.mu.Unlock()
	}
	return saved, both(err, saveErr)
}

// trouble is what the hook is told. What this process did not find itself is looked up.
func (c *Cashier) trouble(ctx context.Context, a Attempt, kind TroubleKind) Trouble {
	c.mu.Lock()
	found := c.findings[a.Reference]
	c.mu.Unlock()
	t := Trouble{Kind: kind, Attempt: a}
	switch kind {
	case TroubleSecondPayment, TroublePaymentIDTaken:
		if t.Other = found.other; t.Other == "" && a.State == AttemptExtra {
			t.Other = c.payer(ctx, a)
		}
	case TroubleOtherAmount:
		t.Other, t.Paid, t.Err = found.other, found.paid, found.err
		if t.Paid == (Money{}) {
			t.Paid = c.paidNow(ctx, a)
		}
	case TroubleDeliveryFails:
		t.Err = found.err
	}
	return t
}

// payer is the attempt that paid the order of a, empty where it cannot be told.
func (c *Cashier) payer(ctx context.Context, a Attempt) string {
	rows, err := c.ledger.ByOrder(ctx, a.OrderID)
	if err != nil {
		return ""
	}
	for _, row := range rows {
		if row.Holds && row.Reference != a.Reference {
			return row.Reference
		}
	}
	return ""
}

// paidNow is what the provider says was paid, zero where it does not say.
func (c *Cashier) paidNow(ctx context.Context, a Attempt) Money {
	p := c.cfg.Providers[a.Provider]
	if p == nil || a.PaymentID == "" {
		return Money{}
	}
	ctx, cancel := c.world.Timeout(ctx, tellTime)
	defer cancel()
	if payment, err := p.GetStatus(ctx, a.PaymentID); err == nil && payment != nil {
		return payment.Amount
	}
	return Money{}
}

// callTrouble calls the hook; a panic is an error.
func (c *Cashier) callTrouble(ctx context.Context, t Trouble) (err error) {
	ctx, cancel := c.detached(ctx, tellTime)
	defer cancel()
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("Trouble panicked: %v", cause)
		}
		if err != nil {
			c.logger.LogAttrs(ctx, slog.LevelError, "Trouble could not be told", slog.Any("trouble", t), slog.String("error", err.Error()))
		}
	}()
	return c.cfg.Trouble(ctx, t)
}

// tellUnsettled tells at once what cannot be noted, because the ledger cannot be written;
// Run tries again where the hook fails.
func (c *Cashier) tellUnsettled(ctx context.Context, t Trouble) {
	if c.callTrouble(ctx, t) == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.unsettled) < mostFindings {
		c.unsettled = append(c.unsettled, t)
	}
}

// tellRest tells the troubles that belong to no attempt of the ledger: what could not be
// saved, refused keys (once an hour for each provider), and rows that cannot be read.
func (c *Cashier) tellRest(ctx context.Context, now time.Time, due error) {
	c.mu.Lock()
	waiting := c.unsettled
	c.unsettled = nil
	c.mu.Unlock()
	for _, t := range waiting {
		c.tellUnsettled(ctx, t)
	}
	names := make([]string, 0, len(c.gates))
	for name := range c.gates {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		g := c.gates[name]
		g.mu.Lock()
		keysErr := g.keysErr
		tell := keysErr != nil && (g.keysTold.IsZero() || reached(g.keysTold.Add(keysEvery), now, keysEvery))
		g.mu.Unlock()
		if tell && c.callTrouble(ctx, Trouble{Kind: TroubleKeysRefused, Attempt: Attempt{Provider: name}, Err: keysErr}) == nil {
			g.mu.Lock()
			g.keysTold = now
			g.mu.Unlock()
		}
	}
	for _, failure := range unreadableRows(due) {
		c.mu.Lock()
		told := c.unreadable[failure.Reference]
		c.mu.Unlock()
		if !told && c.callTrouble(ctx, Trouble{Kind: TroubleUnreadableRow, Attempt: Attempt{Reference: failure.Reference}, Err: failure}) == nil {
			c.mu.Lock()
			c.unreadable[failure.Reference] = true
			c.mu.Unlock()
		}
	}
}

// unreadableRows lists the rows that an error of Ledger.Due names.
func unreadableRows(err error) (rows []*Error) {
	switch e := err.(type) {
	case nil:
	case *Error:
		if errors.Is(e, ErrUnreadable) {
			rows = append(rows, e)
		}
	case interface{ Unwrap() []error }:
		for _, inner := range e.Unwrap() {
			rows = append(rows, unreadableRows(inner)...)
		}
	case interface{ Unwrap() error }:
		rows = unreadableRows(e.Unwrap())
	}
	return rows
}
