package guichet

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"time"
	"unicode/utf8"
)

// stored returns what a ledger keeps of an attempt, as a copy that shares no memory
// with it: times cut to the microsecond, in UTC; Holds by the state; personal data only
// as long as they are needed. Texts that decide nothing lose what PostgreSQL refuses, so
// that an odd word of a provider does not keep the rest from being saved.
func stored(a Attempt) Attempt {
	a.Holds = a.State.Holds()
	for _, at := range []*time.Time{&a.CreatedAt, &a.LeaseUntil, &a.AskedAt, &a.DueAt, &a.ExpiresAt} {
		*at = storedTime(*at)
	}
	if a.State != AttemptCreating {
		a.Request = nil
	}
	if a.State != AttemptCreating && a.State != AttemptOpen {
		a.Phone, a.Instruction = "", Instruction{}
	}
	status := string(a.Status)
	for _, text := range []*string{&status, &a.ProviderStatus, &a.CheckoutURL, &a.Phone, &a.Instruction.FR, &a.Instruction.EN} {
		*text = storedText(*text)
	}
	a.Status = Status(status)
	return a.clone()
}

// storedTime is the time as every ledger can keep it, also without the reading of the
// machine's monotonic clock, which means nothing to another process.
func storedTime(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return time.UnixMicro(t.UnixMicro()).UTC()
}

func storedText(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "")
}

// clone returns a copy that shares no memory with a, without a one-time code.
func (a Attempt) clone() Attempt {
	a.Troubles = maps.Clone(a.Troubles)
	if len(a.Troubles) == 0 {
		a.Troubles = nil
	}
	if a.Request != nil {
		request := *a.Request
		request.Metadata = maps.Clone(request.Metadata)
		if request.MobileMoney != nil {
			mobile := *request.MobileMoney
			mobile.OTP = ""
			request.MobileMoney = &mobile
		}
		a.Request = &request
	}
	return a
}

// idLimits are the longest identifiers in bytes. An index row of PostgreSQL has room
// for 2,700, and two of them have to share one.
const (
	maxReference = 255
	maxProvider  = 64
	maxLedgerID  = 2000
)

// attemptProblem says what is wrong with an attempt that is to be stored, or that was
// read; empty: nothing. It repeats no value.
func attemptProblem(a Attempt) string {
	for _, id := range []struct {
		name, value string
		most        int
		optional    bool
	}{
		{"Reference", a.Reference, maxReference, false},
		{"OrderID", a.OrderID, maxLedgerID, false},
		{"Provider", a.Provider, maxProvider, false},
		{"PaymentID", a.PaymentID, maxLedgerID, true},
	} {
		switch {
		case id.value == "" && !id.optional:
			return id.name + " is empty"
		case len(id.value) > id.most:
			return id.name + " is too long"
		case !utf8.ValidString(id.value) || strings.Contains(id.value, "\x00"):
			return id.name + " is not text: it must be valid UTF-8 without a zero byte"
		}
	}
	if a.Amount.Minor <= 0 {
		return "Amount is not above 0"
	}
	if _, known := a.Amount.Currency.Exponent(); !known {
		return "Amount has a currency whose decimals are not known"
	}
	if a.State == "" {
		return "State is empty"
	}
	for _, count := range []struct {
		name  string
		value int
	}{{"Number", a.Number}, {"Asked", a.Asked}, {"Failures", a.Failures}, {"Captures", a.Captures}} {
		if count.value < 0 {
			return count.name + " is below 0"
		}
	}
	if a.Version < 0 {
		return "Version is below 0"
	}
	for _, at := range []struct {
		name  string
		value time.Time
	}{{"CreatedAt", a.CreatedAt}, {"LeaseUntil", a.LeaseUntil}, {"AskedAt", a.AskedAt}, {"DueAt", a.DueAt}, {"ExpiresAt", a.ExpiresAt}} {
		if year := at.value.UTC().Year(); year < 1 || year > 9999 {
			return at.name + " is not between the years 1 and 9999"
		}
	}
	return ""
}

// checkBegin refuses an attempt that no ledger may begin with.
func checkBegin(a Attempt) error {
	problem := attemptProblem(a)
	if problem == "" && a.State != AttemptCreating {
		problem = "State must be AttemptCreating: the attempt is written before the provider is asked"
	}
	if problem != "" {
		return ledgerError("Begin", ErrInvalidRequest, a.Reference, problem, nil)
	}
	return nil
}

// checkSave refuses an attempt that no ledger may save.
func checkSave(op string, a Attempt) error {
	problem := attemptProblem(a)
	if problem == "" && !a.State.Known() {
		problem = "this version of the library does not know the State, so it does not save it"
	}
	if problem != "" {
		return ledgerError(op, ErrInvalidRequest, a.Reference, problem, nil)
	}
	return nil
}

// checkDeliver refuses what Save refuses, and an attempt that is not paid.
func checkDeliver(a Attempt, deliver func(context.Context) error) error {
	if deliver == nil {
		return ledgerError("Deliver", ErrInvalidRequest, a.Reference, "deliver is nil", nil)
	}
	if err := checkSave("Deliver", a); err != nil {
		return err
	}
	if a.State != AttemptPaid {
		return ledgerError("Deliver", ErrNotPaid, a.Reference, "only an attempt that is paid is delivered, and this one is "+string(a.State), nil)
	}
	return nil
}

// ledgerContext returns the error of a context that is nil or has ended.
func ledgerContext(ctx context.Context, op string) error {
	if ctx == nil {
		return ledgerError(op, ErrInvalidRequest, "", "the context is nil", nil)
	}
	if err := ctx.Err(); err != nil {
		return ledgerError(op, nil, "", "", err)
	}
	return nil
}

// ledgerError is the failure of a ledger's method. The methods' names are not those of
// a provider, so the operation says whose they are.
func ledgerError(op string, kind error, reference, message string, cause error) error {
	return &Error{Op: "Ledger." + op, Kind: kind, Reference: reference, Message: message, Err: cause}
}

func notFoundError(op, reference string) error {
	return ledgerError(op, ErrNotFound, reference, "the ledger has no such attempt", nil)
}

func staleError(op string, a Attempt, now int64) error {
	return ledgerError(op, ErrStale, a.Reference, fmt.Sprintf("the attempt is at version %d by now, not at %d: read it again", now, a.Version), nil)
}

func notPaidError(row Attempt) error {
	return ledgerError("Deliver", ErrNotPaid, row.Reference, "the stored attempt is "+string(row.State)+", and only one that is paid is delivered", nil)
}

func orderHeldError(op, reference, holder string) error {
	return ledgerError(op, ErrOrderHeld, reference, "attempt "+holder+" holds the order", nil)
}

func paymentTakenError(op, reference, owner string) error {
	return ledgerError(op, ErrPaymentTaken, reference, "attempt "+owner+" has this payment id", nil)
}

// blocking returns which of an order's attempts, by Number, keeps another from beginning,
// -1 when none does. A payment outweighs what a person has to look at, and that outweighs
// an attempt that is still going on.
func blocking(attempts []Attempt) int {
	found := -1
	for i, a := range attempts {
		switch {
		case a.Holds && (a.State == AttemptPaid || a.State == AttemptDelivered):
			return i
		case a.State == AttemptHeld, a.Holds && found < 0:
			found = i
		}
	}
	return found
}

// begunOnly reports whether nothing has happened to the row since Begin stored it.
func begunOnly(row Attempt) bool { return row.State == AttemptCreating && row.Version == 1 }

// sameAttempt refuses a reference that belongs to another attempt.
func sameAttempt(row, a Attempt) error {
	if row.OrderID == a.OrderID && row.Provider == a.Provider {
		return nil
	}
	return ledgerError("Begin", ErrConflict, a.Reference, "the reference belongs to an attempt of another order or provider: make a new one at random", nil)
}

func changedSince(a Attempt) error {
	return ledgerError("Begin", ErrStale, a.Reference, "the attempt was begun before and has changed since: begin one with a new reference", nil)
}
