package main

// The ledgers' mutations are noticed with SQLite, and with PostgreSQL where
// GUICHET_POSTGRES is set.
func init() { mutations = append(mutations, ledgerMutations...) }

const ledgerSuite = "./internal/suite/ledger"

var ledgerMutations = []mutation{
	{"ledger: a closed attempt holds its order", ".", `	AttemptClosed:    false,`, `	AttemptClosed:    true,`, ledgerSuite},
	{"ledger: a delivered attempt does not hold its order", ".", `	AttemptDelivered: true,`, `	AttemptDelivered: false,`, ledgerSuite},
	{"ledger: a held attempt lets another begin", ".", `WHERE order_id = ? AND (holds OR state = '` + "` + string(AttemptHeld) + `" + `'))`, `WHERE order_id = ? AND (holds OR state = 'x'))`, ledgerSuite},
	{"ledger: Begin does not look for the attempt that it made before", ".", `		if begunOnly(earlier) {`, `		if false {`, ledgerSuite},
	{"ledger: Begin takes another order's attempt for its own", ".", `row.OrderID == a.OrderID && row.Provider == a.Provider`, `true`, ledgerSuite},
	{"ledger: Begin begins an attempt again that has changed since", ".", `row.State == AttemptCreating && row.Version == 1`, `true`, ledgerSuite},
	{"ledger: any attempt in the way is returned", ".", `		case a.State == AttemptHeld, a.Holds && found < 0:`, `		case found < 0:`, ledgerSuite},
	{"ledger: two attempts may hold an order", ".", `CREATE UNIQUE INDEX guichet_attempts_holder`, `CREATE INDEX guichet_attempts_holder`, ledgerSuite},
	{"ledger: two attempts may have one payment id", ".", `CREATE UNIQUE INDEX guichet_attempts_payment`, `CREATE INDEX guichet_attempts_payment`, ledgerSuite},
	{"ledger: Save does not compare the version", ".", `WHERE reference = ? AND version = ? AND state `, `WHERE reference = ? AND version >= 0 * ? AND state `, ledgerSuite},
	{"ledger: Save overwrites a newer version's state", ".", `d.write(update + ` + "`IN (` + sqlKnownStates + `)`" + ` + fixed)`, `d.write(update + ` + "`<> ''`" + ` + fixed)`, ledgerSuite},
	{"ledger: an unknown state is saved", ".", `problem == "" && !a.State.Known()`, `problem == "" && a.State == "x"`, ledgerSuite},
	{"ledger: Save changes the amount", ".", `{"amount", true,`, `{"amount", false,`, ledgerSuite},
	{"ledger: Deliver delivers what is not paid", ".", `d.write(update + ` + "`= '` + string(AttemptPaid) + `'`" + ` + fixed)`, `d.write(update + ` + "`<> 'delivered'`" + ` + fixed)`, ledgerSuite},
	{"ledger: Deliver commits in spite of an error", ".", `			return Attempt{}, ledgerError("Deliver", nil, a.Reference, err.Error()+" ("+hint+")", err)
		}
		return Attempt{}, err`, `			return Attempt{}, ledgerError("Deliver", nil, a.Reference, err.Error()+" ("+hint+")", err)
		}
		tx.Commit()
		return Attempt{}, err`, ledgerSuite},
	{"ledger: a panic leaves the transaction open", ".", `	defer tx.Rollback() // also when deliver panics`, ``, ledgerSuite},
	{"ledger: what deliver writes is outside the transaction", ".", `	if err := deliver(context.WithValue(ctx, sqlTxKey{}, sqlTransaction{tx, l.db})); err != nil {`, `	beside, _ := l.db.BeginTx(ctx, nil)
	tx.Commit()
	if err := deliver(context.WithValue(ctx, sqlTxKey{}, sqlTransaction{beside, l.db})); err != nil {`, ledgerSuite},
	{"ledger: a context that ended is taken for a transaction that deliver ended", ".", `case done && ctx.Err() != nil:`, `case done && false:`, ledgerSuite},
	{"ledger: one connection that waits for itself is not explained", ".", `stats.WaitCount > waited`, `stats.WaitCount < 0`, ledgerSuite},
	{"ledger: the ledger waits for itself within Deliver", ".", `!ok || inside.db != l.db ||`, `true || !ok || inside.db != l.db ||`, ledgerSuite},
	{"ledger: a machine without power keeps its row locked", ".", `!ok || l.dialect.endIdle == ""`, `true || !ok || l.dialect.endIdle == ""`, ledgerSuite},
	{"ledger: a missing schema is the driver's error", ".", `	case version == 0:`, `	case version == -1:`, ledgerSuite},
	{"ledger: a schema that this version cannot use is used", ".", `	case oldest > sqlVersion:`, `	case oldest > 1000:`, ledgerSuite},
	{"ledger: the schema is looked at once", ".", `time.Since(*at) < schemaRecheck`, `at != nil`, ledgerSuite},
	{"ledger: Due stops at rows that it cannot read", ".", `	case err == nil:
		p.attempts, p.room = append(p.attempts, a), p.room-1`, `	case err == nil:
		p.attempts, p.room = append(p.attempts, a), p.room-1
	case true:
		p.errs, p.room = append(p.errs, err), p.room-1`, ledgerSuite},
	{"ledger: Due returns a newer version's states", ".", ` AND state IN (`, ` AND state NOT IN ('x',`, ledgerSuite},
	{"ledger: Due does not look beyond the horizon", ".", `err == nil && !ahead.IsZero()`, `false && !ahead.IsZero()`, ledgerSuite},
	{"ledger: a horizon before now gives an attempt twice", ".", `			ahead = q.Now`, `			ahead = q.Horizon`, ledgerSuite},
	{"ledger: Due does not skip", ".", `len(p.skip) > 0`, `len(p.skip) > 1000`, ledgerSuite},
	{"ledger: a row that cannot be read is half an attempt", ".", `		a, err := readRow(op, rows.Scan)
		if err != nil {`, `		a, err := readRow(op, rows.Scan)
		if err != nil && a.Reference == "" {`, ledgerSuite},
	{"ledger: a version below 1 is read", ".", `	case a.Version < 1:`, `	case a.Version < -100:`, ledgerSuite},
	{"ledger: an unknown currency is read", ".", `_, known := a.Amount.Currency.Exponent(); !known`, `_, known := a.Amount.Currency.Exponent(); false && !known`, ledgerSuite},
	{"ledger: the request is kept beyond creating", ".", `		a.Request = nil`, ``, ledgerSuite},
	{"ledger: the phone is kept beyond open", ".", `		a.Phone, a.Instruction = "", Instruction{}`, `		a.Instruction = Instruction{}`, ledgerSuite},
	{"ledger: a one-time code is kept", ".", `			mobile.OTP = ""`, ``, ledgerSuite},
	{"ledger: odd texts of a provider cannot be saved", ".", `strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "")`, `text`, ledgerSuite},
	{"ledger: memory: two attempts may hold an order", ".", `other != row && other.attempt.Holds`, `false && other.attempt.Holds`, ledgerSuite},
	{"ledger: memory: Save does not compare the version", ".", `	if a.Version != before.Version {`, `	if false {`, ledgerSuite},
	{"ledger: memory: a delivery keeps nobody from the row", ".", `	defer row.unlock()
	a.State = AttemptDelivered`, `	row.unlock()
	a.State = AttemptDelivered`, ledgerSuite},
	{"ledger: memory: the rows are shared with the caller", ".", `	a.Troubles = maps.Clone(a.Troubles)
`, ``, ledgerSuite},
}
