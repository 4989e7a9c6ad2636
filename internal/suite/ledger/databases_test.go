package ledger

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"

	"github.com/guichetpay/guichet"
)

// postgresServer names the server on which the tests create a database of their own.
const postgresServer = "GUICHET_POSTGRES"

// database is one that a test has for itself.
type database struct {
	dialect guichet.Dialect
	driver  string
	source  string
	setting string // of a connection's own, for the name of a benchmark
}

func (d database) open(t testing.TB) *sql.DB {
	t.Helper()
	db, err := d.connect()
	require.NoError(t, err)
	t.Cleanup(func() { db.Close() })
	return db
}

func (d database) connect() (*sql.DB, error) {
	db, err := sql.Open(d.driver, d.source)
	if err != nil {
		return nil, err
	}
	if d.dialect == guichet.SQLite {
		db.SetMaxOpenConns(1)
	} else {
		db.SetMaxOpenConns(8)
		db.SetMaxIdleConns(8)
	}
	return db, nil
}

// ledger opens the database, and migrates it.
func (d database) ledger(t testing.TB) (*guichet.SQLLedger, *sql.DB) {
	t.Helper()
	db := d.open(t)
	l, err := guichet.NewSQLLedger(db, d.dialect)
	require.NoError(t, err)
	require.NoError(t, l.Migrate(t.Context()))
	return l, db
}

// placeholders writes a statement with a ? for each parameter in the dialect's form.
func (d database) placeholders(statement string) string {
	if d.dialect == guichet.SQLite {
		return statement
	}
	var b strings.Builder
	for i, part := range strings.Split(statement, "?") {
		if i > 0 {
			fmt.Fprintf(&b, "$%d", i)
		}
		b.WriteString(part)
	}
	return b.String()
}

// sqliteFile is a new file; synchronous is FULL, as a shop has it, or NORMAL, which a
// killed process survives too, but not a power cut.
func sqliteFile(t testing.TB, synchronous string) database {
	t.Helper()
	return database{guichet.SQLite, "sqlite", "file:" + filepath.Join(t.TempDir(), "shop.db") +
		"?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(" + synchronous + ")&_txlock=immediate", synchronous}
}

// One database for the package, made when it is first asked for; each test has a schema
// of its own in it.
var (
	postgresOnce sync.Once
	postgresURL  *url.URL
	postgresErr  error
	postgresName = fmt.Sprintf("guichet_ledger_%d_%d", os.Getpid(), time.Now().UnixNano())
	schemas      atomic.Int64
)

// postgresSchema is an empty schema of the package's database, which is the only one on
// its search path.
func postgresSchema(t testing.TB) database {
	t.Helper()
	if os.Getenv(postgresServer) == "" {
		t.Skip("not tested with PostgreSQL: set " + postgresServer + " to the URL of a server for tests, or run . .ci/postgres first")
	}
	postgresOnce.Do(func() {
		if postgresURL, postgresErr = url.Parse(os.Getenv(postgresServer)); postgresErr != nil {
			return
		}
		postgresErr = onServer(`CREATE DATABASE ` + postgresName)
		postgresURL.Path = "/" + postgresName
	})
	require.NoError(t, postgresErr)
	schema := fmt.Sprintf("test_%d", schemas.Add(1))
	db, err := sql.Open("pgx", postgresURL.String())
	require.NoError(t, err)
	defer db.Close()
	_, err = db.ExecContext(t.Context(), `CREATE SCHEMA `+schema)
	require.NoError(t, err)
	own := *postgresURL
	query := own.Query()
	query.Set("search_path", schema)
	own.RawQuery = query.Encode()
	return database{guichet.PostgreSQL, "pgx", own.String(), ""}
}

func onServer(statement string) error {
	db, err := sql.Open("pgx", os.Getenv(postgresServer))
	if err != nil {
		return err
	}
	defer db.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	_, err = db.ExecContext(ctx, statement)
	return err
}

// dropPostgres removes the package's database, if there is one.
func dropPostgres() error {
	if postgresURL == nil || postgresErr != nil {
		return nil
	}
	return onServer(`DROP DATABASE ` + postgresName + ` WITH (FORCE)`)
}

// eachDatabase runs a test on SQLite and on PostgreSQL.
func eachDatabase(t *testing.T, test func(t *testing.T, d database)) {
	t.Run("SQLite", func(t *testing.T) { test(t, sqliteFile(t, "NORMAL")) })
	t.Run("PostgreSQL", func(t *testing.T) { test(t, postgresSchema(t)) })
}
