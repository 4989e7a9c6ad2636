package guichet

import (
	"context"
	"time"
)

// Ledger keeps the attempts to pay. NewMemoryLedger and NewSQLLedger make one;
// CheckLedger tests whether another implementation keeps the contract that is written
// here.
//
// A ledger is safe for many goroutines, and, unless it is in memory, for many
// processes. Every method needs a non-nil context and honours it. What a method
// returns is the caller's own copy, and what it was given is not kept.
//
// Stored times are UTC, cut to the microsecond. Texts are compared byte by byte: order
// "A" is not order "a". Reference, OrderID, Provider and PaymentID are valid UTF-8
// without a zero byte; Reference has at most 255 bytes, Provider 64, OrderID and
// PaymentID 2,000 each. An amount is above 0, in a currency whose decimals are known.
// Anything else is ErrInvalidRequest, and nothing is stored.
//
// Personal data are not kept longer than they are needed: Request only while the
// attempt is creating, and never with a one-time code; Phone and Instruction until the
// attempt leaves open.
//
// A failure that is none of the errors named below leaves open whether the change was
// made: read the row again.
type Ledger interface {
	// Now returns the ledger's clock. Every time that is stored, or compared with a
	// stored one, comes from it: the machines of a shop do not agree on the time.
	Now(ctx context.Context) (time.Time, error)

	// Begin stores a, with the order's highest Number + 1 and Version 1, and returns the
	// stored row and true; a.State is AttemptCreating. Numbers are not used again.
	//
	// Nothing is stored while an attempt holds the order, or is AttemptHeld: then Begin
	// returns that row and false. Where there are several: one that is paid or delivered,
	// else the newest that is held, else the one that holds the order.
	//
	// An attempt of the same order with a.Reference that is still creating at Version 1
	// is returned as it is stored, with true: so Begin can be repeated when its answer
	// was lost. ErrStale: that attempt has changed since; begin another reference.
	// ErrConflict: a.Reference belongs to another order or provider.
	Begin(ctx context.Context, a Attempt) (row Attempt, begun bool, err error)

	// Get returns one attempt. ErrNotFound: there is none.
	Get(ctx context.Context, reference string) (Attempt, error)

	// Find returns the attempt of a provider that has the payment id. ErrNotFound: there
	// is none, or paymentID is empty.
	Find(ctx context.Context, provider, paymentID string) (Attempt, error)

	// ByOrder returns all attempts of an order by Number, none for an order that has none.
	ByOrder(ctx context.Context, orderID string) ([]Attempt, error)

	// Due returns attempts whose time has come, oldest first; see DueQuery. An attempt
	// whose state this version does not know is left out.
	//
	// A row that cannot be read does not keep the others from being asked about: the
	// readable rows are returned, as many as q.Limit allows, together with an error that
	// names each of the others. errors.Is(err, ErrUnreadable) holds for it, and each
	// *Error in it has the Reference.
	Due(ctx context.Context, q DueQuery) ([]Attempt, error)

	// Save stores a if the stored row still has a.Version, and returns the stored row,
	// whose Version is one higher. Reference, OrderID, Provider, Number and Amount are
	// never changed, whatever a says.
	//
	// ErrNotFound: there is no such attempt. ErrStale: the row has another version; read
	// it again. ErrOrderHeld: a.State holds the order, and another attempt holds it.
	// ErrPaymentTaken: another attempt of the provider has a.PaymentID. ErrInvalidRequest:
	// this version does not know a.State. ErrUnsupported: the stored row is in a state of
	// a newer version, which this one must not overwrite. After each of them the row is
	// as it was.
	Save(ctx context.Context, a Attempt) (Attempt, error)

	// Deliver moves the attempt from paid to delivered and calls deliver, in one
	// transaction: it locks the row, saves a with AttemptDelivered as Save would, calls
	// deliver once, with a context that carries the transaction, and commits. When
	// deliver returns an error or panics, when the context ends before the commit, or
	// when the process dies, nothing has changed. The error of deliver is returned, a
	// panic goes on.
	//
	// deliver is not called, and nothing changes, when the stored row has another version
	// (ErrStale), when it or a is not paid (ErrNotPaid), or when it is not there
	// (ErrNotFound). While deliver runs nobody else can save or deliver the row.
	//
	// Give ctx a deadline: deliver holds a lock, and a connection where there is a database.
	Deliver(ctx context.Context, a Attempt, deliver func(context.Context) error) (Attempt, error)
}

// DueQuery says which attempts Ledger.Due returns: those whose DueAt is not after Now,
// or is after Horizon. An attempt without a DueAt is never due.
type DueQuery struct {
	Now     time.Time // from Ledger.Now
	Horizon time.Time // a DueAt after it was set by a clock that was wrong, and counts as past; zero: no such limit
	Skip    []string  // names of providers whose attempts are left out
	Limit   int       // at most so many attempts; 0 or less: 100
}

// defaultDueLimit is what a DueQuery without a limit gets.
const defaultDueLimit = 100

func (q DueQuery) limit() int {
	if q.Limit <= 0 {
		return defaultDueLimit
	}
	return q.Limit
}
