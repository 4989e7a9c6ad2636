package guichet

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// SQLLedger is a Ledger in a database of the merchant's. Many goroutines, processes and
// machines may use the same tables at once. See NewSQLLedger.
type SQLLedger struct {
	db         *sql.DB
	dialect    sqlDialect
	name       Dialect
	statements sqlStatements
	checked    atomic.Pointer[time.Time] // when the schema was last found to be one that can be used; nil: not yet
}

var _ Ledger = (*SQLLedger)(nil)

// NewSQLLedger returns a ledger in the tables guichet_attempts and guichet_schema of db,
// which any driver may have opened. It asks the database nothing: call Migrate once
// before the ledger is used, best at each start of the program.
//
// SQLite wants a busy timeout, transactions that begin with the lock, and, because money
// is at stake, synchronous=FULL. For modernc.org/sqlite, which is pure Go:
//
//	db, err := sql.Open("sqlite", "file:shop.db?_txlock=immediate&_pragma=busy_timeout(10000)"+
//		"&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)")
//	db.SetMaxOpenConns(1)
//
// With one connection Deliver's transaction has it: what deliver writes goes through
// SQLTx, and a call of db itself would wait for ever.
//
// ErrInvalidRequest: db is nil, or the dialect is none.
func NewSQLLedger(db *sql.DB, dialect Dialect) (*SQLLedger, error) {
	if db == nil {
		return nil, &Error{Op: "NewSQLLedger", Kind: ErrInvalidRequest, Message: "the database is nil"}
	}
	known, ok := sqlDialects[dialect]
	if !ok {
		return nil, &Error{Op: "NewSQLLedger", Kind: ErrInvalidRequest, Message: "the dialect must be guichet.SQLite or guichet.PostgreSQL"}
	}
	return &SQLLedger{db: db, dialect: known, name: dialect, statements: newSQLStatements(known)}, nil
}

// sqlStatements are written once.
type sqlStatements struct {
	begin, get, find, byOrder, blocking, holder, owner, save, deliver string
}

// sqlKnownStates lists the states that this version knows.
var sqlKnownStates = func() string {
	states := slices.Sorted(maps.Keys(attemptStates))
	quoted := make([]string, len(states))
	for i, state := range states {
		quoted[i] = "'" + string(state) + "'"
	}
	return strings.Join(quoted, ", ")
}()

func newSQLStatements(d sqlDialect) sqlStatements {
	var a Attempt
	all := columnNames(sqlColumns(&a))
	row := `SELECT ` + strings.Join(all, ", ") + ` FROM guichet_attempts WHERE `
	update := `UPDATE guichet_attempts SET ` + strings.Join(columnNames(changing(sqlColumns(&a))), " = ?, ") + ` = ?, version = version + 1
		WHERE reference = ? AND version = ? AND state `
	const fixed = ` RETURNING order_id, provider, number, amount, currency`
	values := make([]string, len(all))
	for i, name := range all {
		values[i] = "?"
		if name == "number" {
			values[i] = `(SELECT COALESCE(MAX(number), 0) + 1 FROM guichet_attempts WHERE order_id = ?)`
		}
	}
	return sqlStatements{
		// One statement, so that there is no moment between looking and storing. What two
		// processes do at the same moment is decided by the unique indexes.
		begin: d.write(`INSERT INTO guichet_attempts (` + strings.Join(all, ", ") + `)
			SELECT ` + strings.Join(values, ", ") + `
			WHERE NOT EXISTS (SELECT 1 FROM guichet_attempts WHERE order_id = ? AND (holds OR state = '` + string(AttemptHeld) + `'))
			ON CONFLICT DO NOTHING RETURNING number`),
		get:      d.write(row + `reference = ?`),
		find:     d.write(row + `provider = ? AND payment_id = ? AND payment_id <> ''`),
		byOrder:  d.write(row + `order_id = ? ORDER BY number`),
		blocking: d.write(row + `order_id = ? AND (holds OR state = '` + string(AttemptHeld) + `') ORDER BY number`),
		holder:   d.write(`SELECT reference FROM guichet_attempts WHERE holds AND reference <> ? AND order_id = (SELECT order_id FROM guichet_attempts WHERE reference = ?)`),
		owner:    d.write(`SELECT reference FROM guichet_attempts WHERE payment_id = ? AND payment_id <> '' AND reference <> ? AND provider = ?`),
		save:     d.write(update + `IN (` + sqlKnownStates + `)` + fixed),
		deliver:  d.write(update + `= '` + string(AttemptPaid) + `'` + fixed),
	}
}

// Now returns the database's clock.
func (l *SQLLedger) Now(ctx context.Context) (time.Time, error) {
	if err := l.ready(ctx, "Now"); err != nil {
		return time.Time{}, err
	}
	var micros int64
	if err := l.db.QueryRowContext(ctx, l.dialect.now).Scan(&micros); err != nil {
		return time.Time{}, sqlError("Now", "", err)
	}
	return time.UnixMicro(micros).UTC(), nil
}

// mostBegins is how often Begin looks again when the attempt that was in its way has
// gone. Each time takes another process that ends an attempt at that very moment.
const mostBegins = 20

// Begin stores a new attempt; see Ledger.
func (l *SQLLedger) Begin(ctx context.Context, a Attempt) (Attempt, bool, error) {
	if err := l.ready(ctx, "Begin"); err != nil {
		return Attempt{}, false, err
	}
	if err := checkBegin(a); err != nil {
		return Attempt{}, false, err
	}
	row := stored(a)
	row.Version = 1
	var args []any
	for _, column := range sqlColumns(&row) {
		if column.name == "number" {
			args = append(args, row.OrderID) // whose highest number is looked for
			continue
		}
		args = append(args, column.field)
	}
	args = append(args, row.OrderID)
	for range mostBegins {
		found, err := queryOne(ctx, l.db, l.statements.begin, args, &row.Number)
		if err != nil {
			return Attempt{}, false, sqlError("Begin", a.Reference, err)
		}
		if found {
			return row, true, nil
		}
		row, begun, err := l.inTheWay(ctx, a)
		if err != nil || row.Reference != "" {
			return row, begun, err
		}
	}
	return Attempt{}, false, ledgerError("Begin", ErrUnavailable, a.Reference, "attempts of the order begin and end faster than one can be begun: try again", nil)
}

// inTheWay finds out why a could not be stored. Neither row nor error: what was in the
// way has gone.
func (l *SQLLedger) inTheWay(ctx context.Context, a Attempt) (row Attempt, begun bool, err error) {
	earlier, err := l.one(ctx, "Begin", l.statements.get, a.Reference)
	there := err == nil
	switch {
	case errors.Is(err, ErrNotFound):
	case err != nil:
		return Attempt{}, false, err
	default:
		if err := sameAttempt(earlier, a); err != nil {
			return Attempt{}, false, err
		}
		if begunOnly(earlier) {
			return earlier, true, nil
		}
	}
	attempts, err := l.all(ctx, "Begin", l.statements.blocking, a.OrderID)
	if err != nil {
		return Attempt{}, false, err
	}
	if i := blocking(attempts); i >= 0 {
		return attempts[i], false, nil
	}
	if there {
		return Attempt{}, false, changedSince(a)
	}
	return Attempt{}, false, l.taken(ctx, "Begin", a)
}

// Get returns one attempt; see Ledger.
func (l *SQLLedger) Get(ctx context.Context, reference string) (Attempt, error) {
	if err := l.ready(ctx, "Get"); err != nil {
		return Attempt{}, err
	}
	return l.one(ctx, "Get", l.statements.get, reference)
}

// Find returns the attempt with a payment id; see Ledger.
func (l *SQLLedger) Find(ctx context.Context, provider, paymentID string) (Attempt, error) {
	if err := l.ready(ctx, "Find"); err != nil {
		return Attempt{}, err
	}
	return l.one(ctx, "Find", l.statements.find, provider, paymentID)
}

// ByOrder returns the attempts of an order; see Ledger. When one of them cannot be read
// it returns none: who decides about an order has to know all of them.
func (l *SQLLedger) ByOrder(ctx context.Context, orderID string) ([]Attempt, error) {
	if err := l.ready(ctx, "ByOrder"); err != nil {
		return nil, err
	}
	return l.all(ctx, "ByOrder", l.statements.byOrder, orderID)
}

// Save stores a changed attempt; see Ledger.
func (l *SQLLedger) Save(ctx context.Context, a Attempt) (Attempt, error) {
	if err := l.ready(ctx, "Save"); err != nil {
		return Attempt{}, err
	}
	if err := checkSave("Save", a); err != nil {
		return Attempt{}, err
	}
	row := stored(a)
	saved, err := l.update(ctx, l.db, l.statements.save, &row)
	if err != nil || !saved {
		return Attempt{}, l.notSaved(ctx, "Save", a, err)
	}
	return row, nil
}

// queryer is a database or a transaction.
type queryer interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// update saves the row and completes it by what is never changed. saved is false when
// the row is not there in the version and state that the statement asks for.
func (l *SQLLedger) update(ctx context.Context, q queryer, statement string, row *Attempt) (saved bool, err error) {
	args := append(sqlValues(changing(sqlColumns(row))), row.Reference, row.Version)
	saved, err = queryOne(ctx, q, statement, args, &row.OrderID, &row.Provider, &row.Number, &row.Amount.Minor, &row.Amount.Currency)
	row.Version++
	return saved, err
}

// notSaved tells why the row of a was not changed. A driver would have to be imported to
// learn from its error that a unique index was violated, so the database is asked who
// holds the order or has the payment id; the error is returned when nobody is found.
func (l *SQLLedger) notSaved(ctx context.Context, op string, a Attempt, cause error) error {
	row, err := l.one(ctx, op, l.statements.get, a.Reference)
	switch {
	case err != nil && cause != nil:
		return sqlError(op, a.Reference, cause)
	case err != nil:
		return err
	case row.Version != a.Version:
		return staleError(op, a, row.Version)
	case !row.State.Known():
		return ledgerError(op, ErrUnsupported, a.Reference, fmt.Sprintf("the attempt is in state %q, which a newer version of this library wrote: update github.com/guichetpay/guichet", row.State), nil)
	case op == "Deliver" && row.State != AttemptPaid:
		return notPaidError(row)
	case cause == nil: // it has come back to where it was
		return staleError(op, a, row.Version)
	}
	if a.State.Holds() {
		if holder, err := l.reference(ctx, l.statements.holder, a.Reference, a.Reference); err == nil && holder != "" {
			return orderHeldError(op, a.Reference, holder)
		}
	}
	a.Provider = row.Provider
	if err := l.taken(ctx, op, a); errors.Is(err, ErrPaymentTaken) {
		return err
	}
	return sqlError(op, a.Reference, cause)
}

// taken returns ErrPaymentTaken when another attempt has the payment id.
func (l *SQLLedger) taken(ctx context.Context, op string, a Attempt) error {
	if a.PaymentID == "" {
		return nil
	}
	owner, err := l.reference(ctx, l.statements.owner, a.PaymentID, a.Reference, a.Provider)
	switch {
	case err != nil:
		return sqlError(op, a.Reference, err)
	case owner != "":
		return paymentTakenError(op, a.Reference, owner)
	}
	return nil
}

// reference returns the one reference that a statement selects, empty when there is none.
func (l *SQLLedger) reference(ctx context.Context, statement string, args ...any) (string, error) {
	var reference string
	_, err := queryOne(ctx, l.db, statement, args, &reference)
	return reference, err
}

// one returns the row that a statement selects, or ErrNotFound.
func (l *SQLLedger) one(ctx context.Context, op, statement string, args ...any) (Attempt, error) {
	attempts, err := l.all(ctx, op, statement, args...)
	if err != nil {
		return Attempt{}, err
	}
	if len(attempts) == 0 {
		return Attempt{}, notFoundError(op, "")
	}
	return attempts[0], nil
}

// all returns the rows that a statement selects, none of them when one cannot be read.
func (l *SQLLedger) all(ctx context.Context, op, statement string, args ...any) ([]Attempt, error) {
	rows, err := l.db.QueryContext(ctx, statement, args...)
	if err != nil {
		return nil, sqlError(op, "", err)
	}
	defer rows.Close()
	attempts := []Attempt{}
	for rows.Next() {
		a, err := readRow(op, rows.Scan)
		if err != nil {
			return nil, err
		}
		attempts = append(attempts, a)
	}
	if err := rows.Err(); err != nil {
		return nil, sqlError(op, "", err)
	}
	return attempts, nil
}

// queryOne reads the one row that a statement returns, to its end: SQLite commits a
// statement that writes when its last row is read, and that can fail.
func queryOne(ctx context.Context, q queryer, statement string, args []any, into ...any) (found bool, err error) {
	rows, err := q.QueryContext(ctx, statement, args...)
	if err != nil {
		return false, err
	}
	defer rows.Close()
	for rows.Next() {
		found = true
		if err := rows.Scan(into...); err != nil {
			return false, err
		}
	}
	return found && rows.Err() == nil, rows.Err()
}

// sqlError is a failure of the database.
func sqlError(op, reference string, err error) error {
	return ledgerError(op, ErrUnavailable, reference, "the database: "+err.Error(), err)
}
