package guichet_test

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
)

// wrongLedger is a memory ledger with some methods replaced.
type wrongLedger struct {
	guichet.Ledger
	now     func() (time.Time, error)
	begin   func(ctx context.Context, a guichet.Attempt) (guichet.Attempt, bool, error)
	get     func(ctx context.Context, reference string) (guichet.Attempt, error)
	find    func(ctx context.Context, provider, id string) (guichet.Attempt, error)
	byOrder func(ctx context.Context, orderID string) ([]guichet.Attempt, error)
	due     func(ctx context.Context, q guichet.DueQuery) ([]guichet.Attempt, error)
	save    func(ctx context.Context, a guichet.Attempt) (guichet.Attempt, error)
	deliver func(ctx context.Context, a guichet.Attempt, deliver func(context.Context) error) (guichet.Attempt, error)
}

func (w *wrongLedger) Now(ctx context.Context) (time.Time, error) {
	if w.now != nil {
		return w.now()
	}
	return w.Ledger.Now(ctx)
}

func (w *wrongLedger) Begin(ctx context.Context, a guichet.Attempt) (guichet.Attempt, bool, error) {
	if w.begin != nil {
		return w.begin(ctx, a)
	}
	return w.Ledger.Begin(ctx, a)
}

func (w *wrongLedger) Get(ctx context.Context, reference string) (guichet.Attempt, error) {
	if w.get != nil {
		return w.get(ctx, reference)
	}
	return w.Ledger.Get(ctx, reference)
}

func (w *wrongLedger) Find(ctx context.Context, provider, id string) (guichet.Attempt, error) {
	if w.find != nil {
		return w.find(ctx, provider, id)
	}
	return w.Ledger.Find(ctx, provider, id)
}

func (w *wrongLedger) ByOrder(ctx context.Context, orderID string) ([]guichet.Attempt, error) {
	if w.byOrder != nil {
		return w.byOrder(ctx, orderID)
	}
	return w.Ledger.ByOrder(ctx, orderID)
}

func (w *wrongLedger) Due(ctx context.Context, q guichet.DueQuery) ([]guichet.Attempt, error) {
	if w.due != nil {
		return w.due(ctx, q)
	}
	return w.Ledger.Due(ctx, q)
}

func (w *wrongLedger) Save(ctx context.Context, a guichet.Attempt) (guichet.Attempt, error) {
	if w.save != nil {
		return w.save(ctx, a)
	}
	return w.Ledger.Save(ctx, a)
}

func (w *wrongLedger) Deliver(ctx context.Context, a guichet.Attempt, deliver func(context.Context) error) (guichet.Attempt, error) {
	if w.deliver != nil {
		return w.deliver(ctx, a, deliver)
	}
	return w.Ledger.Deliver(ctx, a, deliver)
}

// wrongLedgers each break one rule at least, as an implementation might.
var wrongLedgers = []struct {
	rule, mistake string
	spoil         func(w *wrongLedger, good guichet.Ledger)
}{
	{"Now tells a time", "forgets to", func(w *wrongLedger, good guichet.Ledger) {
		w.now = func() (time.Time, error) { return time.Time{}, nil }
	}},
	{"Now tells a time", "is finer than what is stored", func(w *wrongLedger, good guichet.Ledger) {
		w.now = func() (time.Time, error) { return time.Unix(1, 1), nil }
	}},
	{"Begin stores every field", "forgets a column", func(w *wrongLedger, good guichet.Ledger) {
		w.begin = func(ctx context.Context, a guichet.Attempt) (guichet.Attempt, bool, error) {
			a.Troubles = nil
			return good.Begin(ctx, a)
		}
	}},
	{"Begin stores every field", "keeps whole seconds", func(w *wrongLedger, good guichet.Ledger) {
		w.begin = func(ctx context.Context, a guichet.Attempt) (guichet.Attempt, bool, error) {
			a.CreatedAt = a.CreatedAt.Truncate(time.Second)
			return good.Begin(ctx, a)
		}
	}},
	{"Begin numbers the attempts of an order", "does not count", func(w *wrongLedger, good guichet.Ledger) {
		w.begin = func(ctx context.Context, a guichet.Attempt) (guichet.Attempt, bool, error) {
			row, begun, err := good.Begin(ctx, a)
			row.Number = 1
			return row, begun, err
		}
	}},
	{"Begin stores nothing while an attempt holds the order", "forgets the attempts that are held", func(w *wrongLedger, good guichet.Ledger) {
		w.begin = func(ctx context.Context, a guichet.Attempt) (guichet.Attempt, bool, error) {
			row, begun, err := good.Begin(ctx, a)
			if row.State == guichet.AttemptHeld {
				a.OrderID += "#" // so that there is nothing in the way
				return good.Begin(ctx, a)
			}
			return row, begun, err
		}
	}},
	{"Begin stores nothing while an attempt holds the order", "thinks that a delivered order can be paid again", func(w *wrongLedger, good guichet.Ledger) {
		w.begin = func(ctx context.Context, a guichet.Attempt) (guichet.Attempt, bool, error) {
			row, begun, err := good.Begin(ctx, a)
			if row.State == guichet.AttemptDelivered {
				a.OrderID += "#"
				return good.Begin(ctx, a)
			}
			return row, begun, err
		}
	}},
	{"Begin stores an attempt when none holds the order", "lets every attempt hold it", func(w *wrongLedger, good guichet.Ledger) {
		w.begin = func(ctx context.Context, a guichet.Attempt) (guichet.Attempt, bool, error) {
			if all, _ := good.ByOrder(ctx, a.OrderID); len(all) > 0 {
				return all[0], false, nil
			}
			return good.Begin(ctx, a)
		}
	}},
	{"Begin returns what outweighs the rest", "returns any that is in the way", func(w *wrongLedger, good guichet.Ledger) {
		w.begin = func(ctx context.Context, a guichet.Attempt) (guichet.Attempt, bool, error) {
			row, begun, err := good.Begin(ctx, a)
			if !begun && err == nil {
				all, _ := good.ByOrder(ctx, a.OrderID)
				for _, row = range all {
					if row.Holds {
						break
					}
				}
			}
			return row, begun, err
		}
	}},
	{"Begin can be repeated when its answer was lost", "refuses the reference the second time", func(w *wrongLedger, good guichet.Ledger) {
		w.begin = func(ctx context.Context, a guichet.Attempt) (guichet.Attempt, bool, error) {
			if _, err := good.Get(ctx, a.Reference); err == nil {
				return guichet.Attempt{}, false, guichet.ErrConflict
			}
			return good.Begin(ctx, a)
		}
	}},
	{"Begin can be repeated when its answer was lost", "lets it begin again after others have worked on it", func(w *wrongLedger, good guichet.Ledger) {
		w.begin = func(ctx context.Context, a guichet.Attempt) (guichet.Attempt, bool, error) {
			if row, err := good.Get(ctx, a.Reference); err == nil && row.OrderID == a.OrderID {
				return row, true, nil
			}
			return good.Begin(ctx, a)
		}
	}},
	{"Begin refuses the reference of another order", "returns the other order's attempt", func(w *wrongLedger, good guichet.Ledger) {
		w.begin = func(ctx context.Context, a guichet.Attempt) (guichet.Attempt, bool, error) {
			if row, err := good.Get(ctx, a.Reference); err == nil && row.Version == 1 {
				return row, true, nil
			}
			return good.Begin(ctx, a)
		}
	}},
	{"Begin lets one of many through", "takes each attempt that has just begun for its caller's own", func(w *wrongLedger, good guichet.Ledger) {
		w.begin = func(ctx context.Context, a guichet.Attempt) (guichet.Attempt, bool, error) {
			row, begun, err := good.Begin(ctx, a)
			return row, begun || row.State == guichet.AttemptCreating && row.Version == 1, err
		}
	}},
	{"Begin and Save refuse what cannot be stored", "stores nothing and says nothing", func(w *wrongLedger, good guichet.Ledger) {
		w.begin = func(ctx context.Context, a guichet.Attempt) (guichet.Attempt, bool, error) {
			row, begun, err := good.Begin(ctx, a)
			if errors.Is(err, guichet.ErrInvalidRequest) {
				return a, true, nil
			}
			return row, begun, err
		}
	}},
	{"Begin and Save refuse what cannot be stored", "saves an unknown state as closed", func(w *wrongLedger, good guichet.Ledger) {
		w.save = func(ctx context.Context, a guichet.Attempt) (guichet.Attempt, error) {
			if !a.State.Known() {
				a.State = guichet.AttemptClosed
			}
			return good.Save(ctx, a)
		}
	}},
	{"any text is an order id", "compares without case", func(w *wrongLedger, good guichet.Ledger) {
		w.begin = func(ctx context.Context, a guichet.Attempt) (guichet.Attempt, bool, error) {
			a.OrderID = strings.ToLower(a.OrderID)
			return good.Begin(ctx, a)
		}
	}},
	{"any text is an order id", "drops blanks at the end", func(w *wrongLedger, good guichet.Ledger) {
		w.begin = func(ctx context.Context, a guichet.Attempt) (guichet.Attempt, bool, error) {
			a.OrderID = strings.TrimRight(a.OrderID, " ")
			return good.Begin(ctx, a)
		}
	}},
	{"large numbers are kept", "keeps amounts as floating point", func(w *wrongLedger, good guichet.Ledger) {
		w.begin = func(ctx context.Context, a guichet.Attempt) (guichet.Attempt, bool, error) {
			if a.Amount.Minor > 1<<53 {
				a.Amount.Minor &^= 1<<11 - 1
			}
			return good.Begin(ctx, a)
		}
	}},
	{"Get and Find say that there is none", "returns an empty attempt", func(w *wrongLedger, good guichet.Ledger) {
		w.get = func(ctx context.Context, reference string) (guichet.Attempt, error) {
			row, err := good.Get(ctx, reference)
			if errors.Is(err, guichet.ErrNotFound) {
				err = nil
			}
			return row, err
		}
	}},
	{"Get and Find say that there is none", "finds an attempt that has no payment id", func(w *wrongLedger, good guichet.Ledger) {
		w.find = func(ctx context.Context, provider, id string) (guichet.Attempt, error) {
			if id == "" {
				return guichet.Attempt{Provider: provider}, nil
			}
			return good.Find(ctx, provider, id)
		}
	}},
	{"Find tells payment ids and providers apart", "does not look at the provider", func(w *wrongLedger, good guichet.Ledger) {
		w.find = func(ctx context.Context, provider, id string) (guichet.Attempt, error) {
			row, err := good.Find(ctx, "check-a", id)
			if err != nil {
				return good.Find(ctx, provider, id)
			}
			return row, nil
		}
	}},
	{"Find knows a payment id while an attempt has it", "remembers ids that were replaced", func(w *wrongLedger, good guichet.Ledger) {
		var mu sync.Mutex
		owners := map[string]string{}
		w.save = func(ctx context.Context, a guichet.Attempt) (guichet.Attempt, error) {
			mu.Lock()
			defer mu.Unlock()
			owners[a.Provider+a.PaymentID] = a.Reference
			return good.Save(ctx, a)
		}
		w.find = func(ctx context.Context, provider, id string) (guichet.Attempt, error) {
			mu.Lock()
			defer mu.Unlock()
			if reference := owners[provider+id]; reference != "" && id != "" {
				return good.Get(ctx, reference)
			}
			return good.Find(ctx, provider, id)
		}
	}},
	{"ByOrder returns all attempts by number", "sorts by reference", func(w *wrongLedger, good guichet.Ledger) {
		w.byOrder = func(ctx context.Context, orderID string) ([]guichet.Attempt, error) {
			all, err := good.ByOrder(ctx, orderID)
			slices.SortFunc(all, func(a, b guichet.Attempt) int { return cmp.Compare(a.Reference, b.Reference) })
			return all, err
		}
	}},
	{"Save stores every field", "forgets a column", func(w *wrongLedger, good guichet.Ledger) {
		w.save = func(ctx context.Context, a guichet.Attempt) (guichet.Attempt, error) {
			row, _ := good.Get(ctx, a.Reference)
			a.ExpiresAt = row.ExpiresAt
			return good.Save(ctx, a)
		}
	}},
	{"Save stores every field", "leaves a column as it was when the field is empty", func(w *wrongLedger, good guichet.Ledger) {
		w.save = func(ctx context.Context, a guichet.Attempt) (guichet.Attempt, error) {
			row, _ := good.Get(ctx, a.Reference)
			a.CheckoutURL = cmp.Or(a.CheckoutURL, row.CheckoutURL)
			return good.Save(ctx, a)
		}
	}},
	{"Save refuses an old version", "lets the last writer win", func(w *wrongLedger, good guichet.Ledger) {
		w.save = func(ctx context.Context, a guichet.Attempt) (guichet.Attempt, error) {
			row, _ := good.Get(ctx, a.Reference)
			a.Version = row.Version
			return good.Save(ctx, a)
		}
	}},
	{"Save lets one of many through", "compares before it locks", func(w *wrongLedger, good guichet.Ledger) {
		w.save = func(ctx context.Context, a guichet.Attempt) (guichet.Attempt, error) {
			row, err := good.Get(ctx, a.Reference)
			if err != nil || row.Version != a.Version {
				return good.Save(ctx, a)
			}
			time.Sleep(time.Millisecond)
			saved, err := good.Save(ctx, a)
			for errors.Is(err, guichet.ErrStale) {
				row, _ := good.Get(ctx, a.Reference)
				a.Version = row.Version
				saved, err = good.Save(ctx, a)
			}
			return saved, err
		}
	}},
	{"Save says that there is no such attempt", "makes one", func(w *wrongLedger, good guichet.Ledger) {
		w.save = func(ctx context.Context, a guichet.Attempt) (guichet.Attempt, error) {
			row, err := good.Save(ctx, a)
			if errors.Is(err, guichet.ErrNotFound) {
				row, _, err = good.Begin(ctx, a)
			}
			return row, err
		}
	}},
	{"Save never changes what the attempt is about", "returns the amount that it was given", func(w *wrongLedger, good guichet.Ledger) {
		w.save = func(ctx context.Context, a guichet.Attempt) (guichet.Attempt, error) {
			row, err := good.Save(ctx, a)
			row.Amount = a.Amount
			return row, err
		}
	}},
	{"Save lets one attempt hold an order", "says that all is well", func(w *wrongLedger, good guichet.Ledger) {
		w.save = func(ctx context.Context, a guichet.Attempt) (guichet.Attempt, error) {
			row, err := good.Save(ctx, a)
			if errors.Is(err, guichet.ErrOrderHeld) {
				return a, nil
			}
			return row, err
		}
	}},
	{"Save gives a payment id to one attempt", "returns the driver's error", func(w *wrongLedger, good guichet.Ledger) {
		w.save = func(ctx context.Context, a guichet.Attempt) (guichet.Attempt, error) {
			row, err := good.Save(ctx, a)
			if errors.Is(err, guichet.ErrPaymentTaken) {
				err = errors.New("UNIQUE constraint failed")
			}
			return row, err
		}
	}},
	{"Save gives a payment id to one attempt", "makes ids unique across providers", func(w *wrongLedger, good guichet.Ledger) {
		w.save = func(ctx context.Context, a guichet.Attempt) (guichet.Attempt, error) {
			if row, err := good.Find(ctx, "check-provider", a.PaymentID); err == nil && row.Reference != a.Reference {
				return guichet.Attempt{}, guichet.ErrPaymentTaken
			}
			return good.Save(ctx, a)
		}
	}},
	{"Save returns ErrStale before anything else", "looks at the holder first", func(w *wrongLedger, good guichet.Ledger) {
		w.save = func(ctx context.Context, a guichet.Attempt) (guichet.Attempt, error) {
			all, _ := good.ByOrder(ctx, a.OrderID)
			for _, other := range all {
				if other.Reference != a.Reference && other.Holds && a.State.Holds() {
					return guichet.Attempt{}, guichet.ErrOrderHeld
				}
			}
			return good.Save(ctx, a)
		}
	}},
	{"personal data are kept as long as they are needed", "keeps the request", func(w *wrongLedger, good guichet.Ledger) {
		w.save = func(ctx context.Context, a guichet.Attempt) (guichet.Attempt, error) {
			row, err := good.Save(ctx, a)
			row.Request = a.Request
			return row, err
		}
	}},
	{"personal data are kept as long as they are needed", "takes the one-time code out of the caller's request", func(w *wrongLedger, good guichet.Ledger) {
		w.begin = func(ctx context.Context, a guichet.Attempt) (guichet.Attempt, bool, error) {
			if a.Request != nil && a.Request.MobileMoney != nil {
				a.Request.MobileMoney.OTP = ""
			}
			return good.Begin(ctx, a)
		}
	}},
	{"the ledger shares no memory with its caller", "hands out one row twice", func(w *wrongLedger, good guichet.Ledger) {
		var mu sync.Mutex
		rows := map[string]guichet.Attempt{}
		w.get = func(ctx context.Context, reference string) (guichet.Attempt, error) {
			mu.Lock()
			defer mu.Unlock()
			row, err := good.Get(ctx, reference)
			if known, ok := rows[reference]; ok && known.Version == row.Version {
				return known, nil
			}
			rows[reference] = row
			return row, err
		}
	}},
	{"Due returns what is due, oldest first", "returns the newest first", func(w *wrongLedger, good guichet.Ledger) {
		w.due = func(ctx context.Context, q guichet.DueQuery) ([]guichet.Attempt, error) {
			all, err := good.Due(ctx, q)
			slices.Reverse(all)
			return all, err
		}
	}},
	{"Due returns what is due, oldest first", "takes now for later", func(w *wrongLedger, good guichet.Ledger) {
		w.due = func(ctx context.Context, q guichet.DueQuery) ([]guichet.Attempt, error) {
			q.Now = q.Now.Add(-time.Microsecond)
			return good.Due(ctx, q)
		}
	}},
	{"Due returns what is due, oldest first", "forgets the horizon", func(w *wrongLedger, good guichet.Ledger) {
		w.due = func(ctx context.Context, q guichet.DueQuery) ([]guichet.Attempt, error) {
			q.Horizon = time.Time{}
			return good.Due(ctx, q)
		}
	}},
	{"Due returns what is due, oldest first", "skips the first provider only", func(w *wrongLedger, good guichet.Ledger) {
		w.due = func(ctx context.Context, q guichet.DueQuery) ([]guichet.Attempt, error) {
			q.Skip = q.Skip[:min(1, len(q.Skip))]
			return good.Due(ctx, q)
		}
	}},
	{"Due returns what is due, oldest first", "has no limit", func(w *wrongLedger, good guichet.Ledger) {
		w.due = func(ctx context.Context, q guichet.DueQuery) ([]guichet.Attempt, error) {
			q.Limit = 1000
			return good.Due(ctx, q)
		}
	}},
	{"Deliver delivers once", "tries twice", func(w *wrongLedger, good guichet.Ledger) {
		w.deliver = func(ctx context.Context, a guichet.Attempt, deliver func(context.Context) error) (guichet.Attempt, error) {
			return good.Deliver(ctx, a, func(ctx context.Context) error { return errors.Join(deliver(ctx), deliver(ctx)) })
		}
	}},
	{"Deliver saves what the attempt says", "changes the state alone", func(w *wrongLedger, good guichet.Ledger) {
		w.deliver = func(ctx context.Context, a guichet.Attempt, deliver func(context.Context) error) (guichet.Attempt, error) {
			row, err := good.Get(ctx, a.Reference)
			if err != nil || row.Version != a.Version || row.State != a.State {
				return good.Deliver(ctx, a, deliver)
			}
			return good.Deliver(ctx, row, deliver)
		}
	}},
	{"Deliver rolls back on an error", "marks it as delivered first", func(w *wrongLedger, good guichet.Ledger) {
		w.deliver = func(ctx context.Context, a guichet.Attempt, deliver func(context.Context) error) (guichet.Attempt, error) {
			var failed error
			row, err := good.Deliver(ctx, a, func(ctx context.Context) error { failed = deliver(ctx); return nil })
			return row, errors.Join(err, failed)
		}
	}},
	{"Deliver rolls back on an error", "loses the error", func(w *wrongLedger, good guichet.Ledger) {
		w.deliver = func(ctx context.Context, a guichet.Attempt, deliver func(context.Context) error) (guichet.Attempt, error) {
			row, err := good.Deliver(ctx, a, func(ctx context.Context) error {
				if deliver(ctx) != nil {
					return errors.New("rolled back")
				}
				return nil
			})
			return row, err
		}
	}},
	{"Deliver rolls back on a panic", "goes on after it", func(w *wrongLedger, good guichet.Ledger) {
		w.deliver = func(ctx context.Context, a guichet.Attempt, deliver func(context.Context) error) (guichet.Attempt, error) {
			return good.Deliver(ctx, a, func(ctx context.Context) error {
				defer func() { recover() }()
				return deliver(ctx)
			})
		}
	}},
	{"Deliver rolls back when the context ends", "does not hand the context on", func(w *wrongLedger, good guichet.Ledger) {
		w.deliver = func(ctx context.Context, a guichet.Attempt, deliver func(context.Context) error) (guichet.Attempt, error) {
			return good.Deliver(context.WithoutCancel(ctx), a, deliver)
		}
	}},
	{"Deliver rolls back when the context ends", "commits in spite of it", func(w *wrongLedger, good guichet.Ledger) {
		w.deliver = func(ctx context.Context, a guichet.Attempt, deliver func(context.Context) error) (guichet.Attempt, error) {
			return good.Deliver(context.WithoutCancel(ctx), a, func(context.Context) error { return deliver(ctx) })
		}
	}},
	{"Deliver refuses what is not paid", "believes the caller", func(w *wrongLedger, good guichet.Ledger) {
		w.deliver = func(ctx context.Context, a guichet.Attempt, deliver func(context.Context) error) (guichet.Attempt, error) {
			if row, err := good.Get(ctx, a.Reference); err == nil && row.Version == a.Version && a.State == guichet.AttemptPaid && !row.Holds {
				a, _ = good.Save(ctx, a)
			}
			return good.Deliver(ctx, a, deliver)
		}
	}},
	{"Deliver lets one of many through", "delivers before it locks", func(w *wrongLedger, good guichet.Ledger) {
		w.deliver = func(ctx context.Context, a guichet.Attempt, deliver func(context.Context) error) (guichet.Attempt, error) {
			if row, err := good.Get(ctx, a.Reference); err != nil || row.Version != a.Version || row.State != guichet.AttemptPaid || a.State != guichet.AttemptPaid {
				return good.Deliver(ctx, a, deliver)
			}
			time.Sleep(time.Millisecond)
			if err := deliver(ctx); err != nil {
				return guichet.Attempt{}, err
			}
			return good.Deliver(ctx, a, func(context.Context) error { return nil })
		}
	}},
	{"Deliver keeps the row from being saved", "locks the row for the commit alone", func(w *wrongLedger, good guichet.Ledger) {
		w.deliver = func(ctx context.Context, a guichet.Attempt, deliver func(context.Context) error) (guichet.Attempt, error) {
			if row, err := good.Get(ctx, a.Reference); err != nil || row.Version != a.Version || row.State != guichet.AttemptPaid || a.State != guichet.AttemptPaid {
				return good.Deliver(ctx, a, deliver)
			}
			if err := deliver(ctx); err != nil {
				return guichet.Attempt{}, err
			}
			return good.Deliver(ctx, a, func(context.Context) error { return nil })
		}
	}},
}

// Each rule is broken by a ledger that keeps the others in the main, and the check says
// which.
func TestCheckLedgerCatches(t *testing.T) {
	every := guichet.CheckLedger(t.Context(), func() (guichet.Ledger, error) { return nil, errors.New("no ledger") })
	require.Error(t, every)
	uncovered := map[string]bool{}
	for line := range strings.Lines(every.Error()) {
		rule, ok := strings.CutSuffix(strings.TrimSpace(line), ": open: no ledger")
		require.True(t, ok, line)
		uncovered[rule] = true
	}
	total := len(uncovered)
	require.Greater(t, total, 25)
	for _, wrong := range wrongLedgers {
		t.Run(wrong.rule+"/"+wrong.mistake, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				err := guichet.CheckLedger(t.Context(), func() (guichet.Ledger, error) {
					good := guichet.NewMemoryLedger()
					w := &wrongLedger{Ledger: good}
					wrong.spoil(w, good)
					return w, nil
				})
				require.Error(t, err)
				assert.Contains(t, "\n"+err.Error(), "\n"+wrong.rule+": ")
				assert.Less(t, strings.Count(err.Error(), "\n"), total/2, "so many rules are broken that it proves nothing of this one")
			})
		})
		delete(uncovered, wrong.rule)
	}
	assert.Empty(t, uncovered, "rules that no wrong ledger has broken")
}

// A ledger that never answers is an error too, and so is one that panics.
func TestCheckLedgerEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		err := guichet.CheckLedger(t.Context(), func() (guichet.Ledger, error) {
			return &wrongLedger{Ledger: guichet.NewMemoryLedger(), save: func(context.Context, guichet.Attempt) (guichet.Attempt, error) {
				<-release
				return guichet.Attempt{}, nil
			}}, nil
		})
		close(release)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Contains(t, err.Error(), "Save stores every field: the ledger is stuck")
		assert.NotContains(t, err.Error(), "Begin stores every field", "a rule that does not save is not touched by it")
		synctest.Wait()
	})
	err := guichet.CheckLedger(t.Context(), func() (guichet.Ledger, error) {
		return &wrongLedger{Ledger: guichet.NewMemoryLedger(), now: func() (time.Time, error) { panic("no clock") }}, nil
	})
	require.Error(t, err)
	assert.Equal(t, "Now tells a time: panic: no clock", err.Error())
	assert.Error(t, guichet.CheckLedger(t.Context(), func() (guichet.Ledger, error) { return nil, nil }))
	assert.ErrorIs(t, guichet.CheckLedger(t.Context(), nil), guichet.ErrInvalidRequest)
}
