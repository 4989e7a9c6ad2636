package guichet

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// sqlMigration brings the schema from the version before to its own. It only adds, so
// that programs with an older version of the library go on while the machines of a shop
// are updated one after the other.
type sqlMigration struct {
	oldest     int // the oldest version of the schema whose programs can use this one
	statements []string
}

// sqlMigrations are the versions of the schema, the first is version 1. A migration that
// has been released is never changed: a later one is added.
var sqlMigrations = []sqlMigration{
	{oldest: 1, statements: []string{
		`CREATE TABLE guichet_attempts (
			reference {text} NOT NULL PRIMARY KEY,
			order_id {text} NOT NULL,
			provider {text} NOT NULL,
			number {int} NOT NULL,
			amount {int} NOT NULL,
			currency {text} NOT NULL,
			state {text} NOT NULL,
			holds {bool} NOT NULL,
			payment_id {text} NOT NULL,
			checkout_url {text} NOT NULL,
			status {text} NOT NULL,
			provider_status {text} NOT NULL,
			phone {text} NOT NULL,
			otp {bool} NOT NULL,
			instruction_fr {text} NOT NULL,
			instruction_en {text} NOT NULL,
			request {text} NOT NULL,
			asked {int} NOT NULL,
			failures {int} NOT NULL,
			captures {int} NOT NULL,
			outdated {bool} NOT NULL,
			refunded {bool} NOT NULL,
			troubles {text} NOT NULL,
			created_at {int},
			lease_until {int},
			asked_at {int},
			due_at {int},
			expires_at {int},
			version {int} NOT NULL
		){strict}`,
		// The three unique indexes are what keeps two processes from charging one order,
		// or from counting one payment for two.
		`CREATE UNIQUE INDEX guichet_attempts_holder ON guichet_attempts (order_id) WHERE holds`,
		`CREATE UNIQUE INDEX guichet_attempts_payment ON guichet_attempts (provider, payment_id) WHERE payment_id <> ''`,
		`CREATE UNIQUE INDEX guichet_attempts_number ON guichet_attempts (order_id, number)`,
		`CREATE INDEX guichet_attempts_due ON guichet_attempts (due_at)`,
	}},
}

const sqlSchemaTable = `CREATE TABLE IF NOT EXISTS guichet_schema (
	id {int} NOT NULL PRIMARY KEY,
	version {int} NOT NULL,
	oldest {int} NOT NULL
){strict}`

// sqlVersion is the version of the schema that this version of the library wants.
var sqlVersion = len(sqlMigrations)

// schemaRecheck is how long the version of the schema is taken for what it was. A program
// that runs for months learns within this time that a newer one has made a schema which
// it must not use.
const schemaRecheck = time.Minute

// Migrate creates the tables guichet_attempts and guichet_schema, or brings them to the
// version of the schema that this version of the library wants, in one transaction. It
// only adds, does nothing where nothing is to be done, and may run on all machines at
// once. ErrUnsupported: the schema is of a newer version which says that this one cannot
// use it.
func (l *SQLLedger) Migrate(ctx context.Context) (err error) {
	if err := ledgerContext(ctx, "Migrate"); err != nil {
		return err
	}
	tx, err := l.db.BeginTx(ctx, nil)
	if err != nil {
		return sqlError("Migrate", "", err)
	}
	defer tx.Rollback()
	version, err := l.migrate(ctx, tx)
	if err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return sqlError("Migrate", "", fmt.Errorf("schema version %d: %w", version, err))
	}
	l.checked.Store(nil)
	return nil
}

func (l *SQLLedger) migrate(ctx context.Context, tx *sql.Tx) (version int, err error) {
	exec := func(statement string, args ...any) {
		if err == nil && statement != "" {
			_, err = tx.ExecContext(ctx, l.dialect.write(l.dialect.types.Replace(statement)), args...)
		}
	}
	exec(l.dialect.lockMigration)
	exec(sqlSchemaTable)
	exec(`INSERT INTO guichet_schema (id, version, oldest) SELECT 1, 0, 0 WHERE NOT EXISTS (SELECT 1 FROM guichet_schema)`)
	if err != nil {
		return 0, sqlError("Migrate", "", err)
	}
	var oldest int
	if err := tx.QueryRowContext(ctx, sqlReadVersion).Scan(&version, &oldest); err != nil {
		return 0, sqlError("Migrate", "", err)
	}
	if version >= sqlVersion {
		return version, schemaProblem("Migrate", version, oldest)
	}
	for _, migration := range sqlMigrations[version:] {
		version, oldest = version+1, migration.oldest
		for _, statement := range migration.statements {
			exec(statement)
		}
	}
	exec(`UPDATE guichet_schema SET version = ?, oldest = ? WHERE id = 1`, version, oldest)
	if err != nil {
		return version, sqlError("Migrate", "", fmt.Errorf("to schema version %d: %w", version, err))
	}
	return version, nil
}

const sqlReadVersion = `SELECT version, oldest FROM guichet_schema WHERE id = 1`

// ready returns nil when the schema is one that this version can use. A missing table
// would otherwise be an error of the driver, in words that name no next step.
func (l *SQLLedger) ready(ctx context.Context, op string) error {
	if err := ledgerContext(ctx, op); err != nil {
		return err
	}
	if err := l.nestedCall(ctx, op); err != nil {
		return err
	}
	if at := l.checked.Load(); at != nil && time.Since(*at) < schemaRecheck {
		return nil
	}
	var tables, version, oldest int
	if err := l.db.QueryRowContext(ctx, l.dialect.tableExists).Scan(&tables); err != nil {
		return sqlError(op, "", err)
	}
	if tables > 0 {
		if err := l.db.QueryRowContext(ctx, sqlReadVersion).Scan(&version, &oldest); err != nil {
			return sqlError(op, "", fmt.Errorf("the version of the schema, in table guichet_schema: %w", err))
		}
	}
	if err := schemaProblem(op, version, oldest); err != nil {
		return err
	}
	now := time.Now()
	l.checked.Store(&now)
	return nil
}

// schemaProblem says why a schema cannot be used; version 0 is none at all.
func schemaProblem(op string, version, oldest int) error {
	switch {
	case version == 0:
		return ledgerError(op, ErrInvalidRequest, "", "the database has no tables of the ledger: call Migrate first", nil)
	case version < sqlVersion:
		return ledgerError(op, ErrInvalidRequest, "", fmt.Sprintf("the tables of the ledger are of version %d, this library wants %d: call Migrate first", version, sqlVersion), nil)
	case oldest > sqlVersion:
		return ledgerError(op, ErrUnsupported, "", fmt.Sprintf("the tables of the ledger are of version %d, which this library, made for %d, cannot use: update github.com/guichetpay/guichet to one made for %d or newer", version, sqlVersion, oldest), nil)
	}
	return nil
}
