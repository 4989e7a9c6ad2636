package guichet

import (
	"strconv"
	"strings"
)

// Dialect is the language of a database; see NewSQLLedger.
type Dialect string

// The dialects. A driver of the merchant's own choice speaks them: the library imports
// none.
const (
	SQLite     Dialect = "sqlite"     // 3.37 or newer
	PostgreSQL Dialect = "postgresql" // 12 or newer
)

// sqlDialect is what differs between the databases.
type sqlDialect struct {
	types         *strings.Replacer // the types of a column, in the migrations
	numbered      bool              // parameters are written $1, $2; false: ?
	now           string            // the database's clock, in microseconds since 1970
	tableExists   string            // whether the table of the schema's version is there
	lockMigration string            // lets one process migrate at a time; empty: writing does so
	endIdle       string            // ends the transaction when its program is silent for so many milliseconds; empty: not known
}

var sqlDialects = map[Dialect]sqlDialect{
	SQLite: {
		types: strings.NewReplacer("{int}", "INTEGER", "{bool}", "INTEGER", "{text}", "TEXT", "{strict}", " STRICT"),
		// A Julian day is the form of the time that every version has. It is exact to the
		// millisecond.
		now:         `SELECT CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER) * 1000`,
		tableExists: `SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'guichet_schema'`,
	},
	PostgreSQL: {
		types:         strings.NewReplacer("{int}", "BIGINT", "{bool}", "BOOLEAN", "{text}", "TEXT", "{strict}", ""),
		numbered:      true,
		now:           `SELECT CAST(floor(extract(epoch FROM clock_timestamp()) * 1000000) AS BIGINT)`,
		tableExists:   `SELECT count(*) FROM (SELECT to_regclass('guichet_schema') AS name) AS found WHERE name IS NOT NULL`,
		lockMigration: `SELECT pg_advisory_xact_lock(7237123446850545003)`, // any number that is always the same
		endIdle:       `SELECT set_config('idle_in_transaction_session_timeout', CAST(CAST(? AS BIGINT) AS TEXT), true)`,
	},
}

// write puts a statement, which has a ? for each parameter and no other, into the
// dialect's form.
func (d sqlDialect) write(statement string) string {
	if !d.numbered {
		return statement
	}
	var b strings.Builder
	for i, part := range strings.Split(statement, "?") {
		if i > 0 {
			b.WriteString("$" + strconv.Itoa(i))
		}
		b.WriteString(part)
	}
	return b.String()
}
