package guichet

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"
)

// sqlTxKey is where the context of Deliver carries its transaction.
type sqlTxKey struct{}

type sqlTransaction struct {
	tx *sql.Tx
	db *sql.DB
}

// SQLTx returns the transaction in which an SQLLedger delivers, within the function that
// its Deliver calls. What is written through it happens if and only if the attempt
// becomes delivered, so exactly once. false: the context is another one, or the ledger
// is not in a database.
//
// The transaction is the ledger's to end: neither Commit nor Rollback may be called.
func SQLTx(ctx context.Context) (*sql.Tx, bool) {
	if ctx == nil {
		return nil, false
	}
	inside, ok := ctx.Value(sqlTxKey{}).(sqlTransaction)
	return inside.tx, ok
}

// Deliver delivers in one transaction; see Ledger. Within deliver the merchant writes
// through SQLTx: a call of the database beside it uses another connection, and waits for
// ever where there is only one, which the error then says.
func (l *SQLLedger) Deliver(ctx context.Context, a Attempt, deliver func(context.Context) error) (Attempt, error) {
	if err := l.ready(ctx, "Deliver"); err != nil {
		return Attempt{}, err
	}
	if err := checkDeliver(a, deliver); err != nil {
		return Attempt{}, err
	}
	tx, err := l.db.BeginTx(ctx, nil)
	if err != nil {
		return Attempt{}, sqlError("Deliver", a.Reference, err)
	}
	defer tx.Rollback() // also when deliver panics
	a.State = AttemptDelivered
	row := stored(a)
	// The update comes first: it locks the row, and in SQLite it is what takes the lock.
	saved, err := l.update(ctx, tx, l.statements.deliver, &row)
	if err != nil || !saved {
		tx.Rollback() // gives the connection back, which the next question needs
		return Attempt{}, l.notSaved(ctx, "Deliver", a, err)
	}
	if err := l.endIdle(ctx, tx); err != nil {
		return Attempt{}, sqlError("Deliver", a.Reference, err)
	}
	waited := l.db.Stats().WaitCount
	if err := deliver(context.WithValue(ctx, sqlTxKey{}, sqlTransaction{tx, l.db})); err != nil {
		if hint := l.besideTransaction(err, waited); hint != "" {
			return Attempt{}, ledgerError("Deliver", nil, a.Reference, err.Error()+" ("+hint+")", err)
		}
		return Attempt{}, err
	}
	if err := tx.Commit(); err != nil {
		switch done := errors.Is(err, sql.ErrTxDone); {
		case done && ctx.Err() != nil: // database/sql has rolled it back by itself
			return Attempt{}, ledgerError("Deliver", nil, a.Reference, "the context ended before the commit, so nothing is delivered: "+ctx.Err().Error(), ctx.Err())
		case done:
			return Attempt{}, ledgerError("Deliver", ErrInvalidRequest, a.Reference, "deliver ended the transaction itself: it must call neither Commit nor Rollback of SQLTx", err)
		}
		return Attempt{}, sqlError("Deliver", a.Reference, err)
	}
	return row, nil
}

// idleBeyondDeadline is how much longer than the context's deadline a delivery may be
// silent.
const idleBeyondDeadline = 5 * time.Second

// endIdle has the database end the transaction some time after the context's deadline.
// A machine that has lost its power or its network closes no connection: the row would
// stay locked for hours, and the order undelivered.
func (l *SQLLedger) endIdle(ctx context.Context, tx *sql.Tx) error {
	deadline, ok := ctx.Deadline()
	if !ok || l.dialect.endIdle == "" {
		return nil
	}
	silent := max(0, time.Until(deadline)) + idleBeyondDeadline
	_, err := tx.ExecContext(ctx, l.dialect.write(l.dialect.endIdle), silent.Milliseconds())
	return err
}

const throughSQLTx = "what deliver writes must go through guichet.SQLTx(ctx)"

// besideTransaction says how a failed delivery looks like one that used the database
// beside its own transaction, and so waited for itself; empty: it does not.
func (l *SQLLedger) besideTransaction(err error, waited int64) string {
	stats := l.db.Stats()
	timedOut := errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
	switch {
	case timedOut && stats.MaxOpenConnections > 0 && stats.WaitCount > waited:
		return fmt.Sprintf("SetMaxOpenConns is %d, this delivery's transaction has one of these connections, and somebody waited for another; if it was deliver, it waited for itself: %s", stats.MaxOpenConnections, throughSQLTx)
	case l.name == SQLite && strings.Contains(err.Error(), "database is locked"):
		return "the lock of the database is this delivery's own: " + throughSQLTx
	}
	return ""
}

// nestedCall refuses a call of the ledger within its own Deliver when there is no second
// connection: it would wait until the context ends, which may be never.
func (l *SQLLedger) nestedCall(ctx context.Context, op string) error {
	inside, ok := ctx.Value(sqlTxKey{}).(sqlTransaction)
	if !ok || inside.db != l.db || l.db.Stats().MaxOpenConnections != 1 {
		return nil
	}
	return ledgerError(op, ErrInvalidRequest, "", "the ledger is called within Deliver, whose transaction has the only connection: call it before or after, or allow more with SetMaxOpenConns", nil)
}
