package guichet

import (
	"cmp"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"
)

// sqlColumn is one column of guichet_attempts and the field it holds.
type sqlColumn struct {
	name  string
	fixed bool // written by Begin alone
	field sqlField
}

// sqlField reads and writes a field. Its errors repeat no value, which may be a
// customer's.
type sqlField interface {
	sql.Scanner
	driver.Valuer
}

// sqlColumns lists the columns with pointers into a. The reference is the first, so
// that it is known of a row in which another column cannot be read.
func sqlColumns(a *Attempt) []sqlColumn {
	return []sqlColumn{
		{"reference", true, (*sqlText)(&a.Reference)},
		{"order_id", true, (*sqlText)(&a.OrderID)},
		{"provider", true, (*sqlText)(&a.Provider)},
		{"number", true, (*sqlCount)(&a.Number)},
		{"amount", true, (*sqlInt)(&a.Amount.Minor)},
		{"currency", true, (*sqlText)(&a.Amount.Currency)},
		{"state", false, (*sqlText)(&a.State)},
		{"holds", false, (*sqlBool)(&a.Holds)},
		{"payment_id", false, (*sqlText)(&a.PaymentID)},
		{"checkout_url", false, (*sqlText)(&a.CheckoutURL)},
		{"status", false, (*sqlText)(&a.Status)},
		{"provider_status", false, (*sqlText)(&a.ProviderStatus)},
		{"phone", false, (*sqlText)(&a.Phone)},
		{"otp", false, (*sqlBool)(&a.OTP)},
		{"instruction_fr", false, (*sqlText)(&a.Instruction.FR)},
		{"instruction_en", false, (*sqlText)(&a.Instruction.EN)},
		{"request", false, sqlJSON[*PaymentRequest]{&a.Request}},
		{"asked", false, (*sqlCount)(&a.Asked)},
		{"failures", false, (*sqlCount)(&a.Failures)},
		{"captures", false, (*sqlCount)(&a.Captures)},
		{"outdated", false, (*sqlBool)(&a.Outdated)},
		{"refunded", false, (*sqlBool)(&a.Refunded)},
		{"troubles", false, sqlJSON[map[TroubleKind]bool]{&a.Troubles}},
		{"created_at", false, (*sqlTime)(&a.CreatedAt)},
		{"lease_until", false, (*sqlTime)(&a.LeaseUntil)},
		{"asked_at", false, (*sqlTime)(&a.AskedAt)},
		{"due_at", false, (*sqlTime)(&a.DueAt)},
		{"expires_at", false, (*sqlTime)(&a.ExpiresAt)},
		{"version", false, (*sqlInt)(&a.Version)},
	}
}

// sqlValues returns what a statement writes into the columns.
func sqlValues(columns []sqlColumn) []any {
	all := make([]any, len(columns))
	for i, column := range columns {
		all[i] = column.field
	}
	return all
}

// changing returns the columns that Save writes, but for the version, which it counts.
func changing(columns []sqlColumn) []sqlColumn {
	var some []sqlColumn
	for _, column := range columns {
		if !column.fixed && column.name != "version" {
			some = append(some, column)
		}
	}
	return some
}

func columnNames(columns []sqlColumn) []string {
	names := make([]string, len(columns))
	for i, column := range columns {
		names[i] = column.name
	}
	return names
}

// readRow reads one row. What it holds is checked like an attempt that is to be saved: a
// row that was changed by hand, by a broken disk or by a newer version must not pass for
// a sound one. With ErrUnreadable comes what could be read, to find the row by.
func readRow(op string, scan func(...any) error) (Attempt, error) {
	var a Attempt
	columns := sqlColumns(&a)
	values, pointers := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		pointers[i] = &values[i]
	}
	if err := scan(pointers...); err != nil {
		return Attempt{}, sqlError(op, "", err)
	}
	problem := ""
	for i, column := range columns {
		if err := column.field.Scan(values[i]); err != nil {
			problem = cmp.Or(problem, "column "+column.name+" "+err.Error())
		}
	}
	if problem = cmp.Or(problem, rowProblem(a)); problem != "" {
		return a, ledgerError(op, ErrUnreadable, a.Reference, fmt.Sprintf("the row of attempt %q in guichet_attempts: %s", a.Reference, problem), nil)
	}
	if len(a.Troubles) == 0 {
		a.Troubles = nil
	}
	return a, nil
}

// rowProblem says what is wrong with a row that was read; empty: nothing.
func rowProblem(a Attempt) string {
	switch {
	case a.Number < 1:
		return "number is below 1"
	case a.Version < 1:
		return "version is below 1"
	case a.Version == math.MaxInt64:
		return "version can grow no more"
	}
	return attemptProblem(a)
}

// What a column can hold instead of what it should.
var (
	errNotText  = errors.New("is not text")
	errNotInt   = errors.New("is not a whole number")
	errNotCount = errors.New("is not a count")
	errNotBool  = errors.New("is neither true nor false")
	errNotTime  = errors.New("is not a time")
	errNotJSON  = errors.New("is not the JSON that this library writes")
)

type sqlText string

func (t *sqlText) Scan(value any) error {
	switch value := value.(type) {
	case string:
		*t = sqlText(value)
	case []byte:
		*t = sqlText(value)
	default:
		return errNotText
	}
	return nil
}

func (t *sqlText) Value() (driver.Value, error) { return string(*t), nil }

type sqlInt int64

func (n *sqlInt) Scan(value any) error {
	number, ok := value.(int64)
	if !ok {
		return errNotInt
	}
	*n = sqlInt(number)
	return nil
}

func (n *sqlInt) Value() (driver.Value, error) { return int64(*n), nil }

type sqlCount int

func (n *sqlCount) Scan(value any) error {
	number, ok := value.(int64)
	if !ok || number < 0 || number > math.MaxInt {
		return errNotCount
	}
	*n = sqlCount(number)
	return nil
}

func (n *sqlCount) Value() (driver.Value, error) { return int64(*n), nil }

// sqlBool is written as what it is, and read also as the 0 and 1 of SQLite.
type sqlBool bool

func (b *sqlBool) Scan(value any) error {
	switch value {
	case true, int64(1):
		*b = true
	case false, int64(0):
		*b = false
	default:
		return errNotBool
	}
	return nil
}

func (b *sqlBool) Value() (driver.Value, error) { return bool(*b), nil }

// sqlTime is microseconds since 1970; NULL is the zero time.
type sqlTime time.Time

func (t *sqlTime) Scan(value any) error {
	switch value := value.(type) {
	case nil:
		*t = sqlTime{}
	case int64:
		*t = sqlTime(time.UnixMicro(value).UTC())
	default:
		return errNotTime
	}
	return nil
}

func (t *sqlTime) Value() (driver.Value, error) {
	at := time.Time(*t)
	if at.IsZero() {
		return nil, nil
	}
	return at.UnixMicro(), nil
}

// sqlJSON is JSON text; empty is the zero value.
type sqlJSON[T any] struct{ value *T }

func (j sqlJSON[T]) Scan(value any) error {
	var text sqlText
	if err := text.Scan(value); err != nil {
		return err
	}
	var fresh T
	if text != "" {
		if err := json.Unmarshal([]byte(text), &fresh); err != nil {
			return errNotJSON
		}
	}
	*j.value = fresh
	return nil
}

func (j sqlJSON[T]) Value() (driver.Value, error) {
	text, err := json.Marshal(*j.value)
	if err != nil {
		return nil, err
	}
	if string(text) == "null" {
		return "", nil
	}
	return string(text), nil
}
