// Package ledger holds the ledgers of the root package to their contract: in memory, in
// SQLite, and in PostgreSQL where the environment variable GUICHET_POSTGRES names a
// server. It consists of tests alone, so that the drivers of the databases reach no
// merchant's build.
package ledger
