package guichet

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"
)

// ruleTime is how long one rule may take before the ledger counts as stuck.
const ruleTime = time.Minute

// CheckLedger tests whether an implementation of Ledger keeps the contract, rule by rule,
// and returns one error that names each rule that is broken, nil for none. Call it in a
// test of the implementation:
//
//	if err := guichet.CheckLedger(t.Context(), open); err != nil {
//		t.Fatal(err)
//	}
//
// open returns a ledger that is ready for use; it is called once for each rule, and may
// return the same one each time. The ledger may have attempts in it already, and those
// that the check makes stay in it, with orders, references and providers that begin with
// "check-": use a database for tests.
//
// What a method does when its process dies is not tested.
func CheckLedger(ctx context.Context, open func() (Ledger, error)) error {
	if ctx == nil || open == nil {
		return &Error{Op: "CheckLedger", Kind: ErrInvalidRequest, Message: "the context or open is nil"}
	}
	var broken []error
	for _, rule := range ledgerRules {
		if err := checkRule(ctx, rule, open); err != nil {
			broken = append(broken, fmt.Errorf("%s: %w", rule.name, err))
		}
	}
	return errors.Join(broken...)
}

type ledgerRule struct {
	name  string
	check func(*ledgerProbe)
}

// checkRule runs one rule. The rule goes on by itself when the ledger is stuck.
func checkRule(ctx context.Context, rule ledgerRule, open func() (Ledger, error)) error {
	ctx, cancel := context.WithTimeout(ctx, ruleTime)
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		var err error
		defer func() {
			switch failure := recover().(type) {
			case nil:
			case ruleBroken:
				err = errors.New(string(failure))
			default:
				err = fmt.Errorf("panic: %v", failure)
			}
			ended <- err
		}()
		ledger, openErr := open()
		switch {
		case openErr != nil:
			err = fmt.Errorf("open: %w", openErr)
		case ledger == nil:
			err = errors.New("open returned no ledger")
		default:
			rule.check(&ledgerProbe{ledger: ledger, ctx: ctx, id: "check-" + strings.ToLower(rand.Text())})
		}
	}()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	select { // a ledger that honours the context needs a moment to return
	case err := <-ended:
		return err
	case <-time.After(time.Second):
		return fmt.Errorf("the ledger is stuck: %w", ctx.Err())
	}
}

// ruleBroken ends a rule.
type ruleBroken string

// ledgerProbe is what a rule works with. Its methods end the rule when the ledger does
// not do what every rule needs.
type ledgerProbe struct {
	ledger Ledger
	ctx    context.Context
	id     string // begins everything that the rule stores
	made   int
}

func (p *ledgerProbe) fail(format string, args ...any) {
	panic(ruleBroken(fmt.Sprintf(format, args...)))
}

// want ends the rule unless ok.
func (p *ledgerProbe) want(ok bool, format string, args ...any) {
	if !ok {
		p.fail(format, args...)
	}
}

// refused ends the rule unless err is of the kind.
func (p *ledgerProbe) refused(err, kind error, what string) {
	p.want(errors.Is(err, kind), "%s: want the error %q, got %v", what, kind, err)
}

// attempt returns an attempt of a new order that can begin.
func (p *ledgerProbe) attempt() Attempt {
	p.made++
	return p.again(fmt.Sprintf("%s order %d", p.id, p.made))
}

// again returns another attempt of an order.
func (p *ledgerProbe) again(orderID string) Attempt {
	p.made++
	return Attempt{
		Reference: fmt.Sprintf("%s-%d", p.id, p.made), OrderID: orderID, Provider: "check-provider",
		Amount: NewMoney(5000, XOF), State: AttemptCreating,
	}
}

func (p *ledgerProbe) begin(a Attempt) Attempt {
	row, begun, err := p.ledger.Begin(p.ctx, a)
	p.want(err == nil && begun, "Begin of a new attempt: begun %t, error %v", begun, err)
	return row
}

func (p *ledgerProbe) save(a Attempt) Attempt {
	row, err := p.ledger.Save(p.ctx, a)
	p.want(err == nil, "Save as %s: %v", a.State, err)
	return row
}

func (p *ledgerProbe) get(reference string) Attempt {
	row, err := p.ledger.Get(p.ctx, reference)
	p.want(err == nil, "Get: %v", err)
	return row
}

// in begins an attempt and brings it to a state.
func (p *ledgerProbe) in(state AttemptState, a Attempt) Attempt {
	row := p.begin(a)
	switch state {
	case AttemptCreating:
		return row
	case AttemptDelivered:
		row.State = AttemptPaid
		row, err := p.ledger.Deliver(p.ctx, p.save(row), func(context.Context) error { return nil })
		p.want(err == nil, "Deliver: %v", err)
		return row
	}
	row.State = state
	return p.save(row)
}

// same ends the rule unless the stored row is as it was.
func (p *ledgerProbe) same(before Attempt, after string) {
	now := p.get(before.Reference)
	p.want(reflect.DeepEqual(before, now), "the row has changed after %s: it was %+v, it is %+v (%s)", after, before, now, differing(before, now))
}

// differing names the fields in which two attempts differ; their values may be private.
func differing(a, b Attempt) string {
	var names []string
	for i, field := range reflect.VisibleFields(reflect.TypeFor[Attempt]()) {
		if !reflect.DeepEqual(reflect.ValueOf(a).Field(i).Interface(), reflect.ValueOf(b).Field(i).Interface()) {
			names = append(names, field.Name)
		}
	}
	return strings.Join(names, ", ")
}

// together calls f at the same time from n goroutines, and returns when all have.
func together(n int, f func(i int)) {
	var all sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		all.Go(func() { <-start; f(i) })
	}
	close(start)
	all.Wait()
}

// checkTime is a time with more digits than a ledger keeps, in a zone of its own.
func checkTime(day int) time.Time {
	return time.Date(2024, 2, day, 12, 30, 15, 123456789, time.FixedZone("", 3600))
}

// filledAttempt sets every field of a that an attempt has in its state.
func (p *ledgerProbe) filled(a Attempt) Attempt {
	a.PaymentID, a.CheckoutURL = a.Reference+"'\"%\\é→", "https://pay.example/é?a=1&b=<2>"
	a.Status, a.ProviderStatus, a.Phone = StatusPending, "EN ATTENTE ⏳", "+221770000000"
	a.OTP, a.Outdated, a.Refunded = true, true, true
	a.Asked, a.Failures, a.Captures = 3, 4, 5
	a.Instruction = Instruction{FR: "Composez #144#", EN: "Dial #144#"}
	a.Troubles = map[TroubleKind]bool{TroubleSecondPayment: true, TroubleRefunded: false, "of a newer version": true}
	a.CreatedAt, a.LeaseUntil, a.AskedAt, a.DueAt, a.ExpiresAt = checkTime(1), checkTime(2), checkTime(3), checkTime(4), checkTime(5)
	if a.State == AttemptCreating {
		a.Request = &PaymentRequest{
			Reference: a.Reference, Amount: a.Amount, Description: "Sac <à main> & \"clé\"", SuccessURL: "https://shop.example/ok",
			Customer:    Customer{FirstName: "Awa", Phone: "+221770000000"},
			MobileMoney: &MobileMoney{Phone: "+221770000000", Country: "SN", Operator: "orange"},
			Metadata:    map[string]string{"clé": "valeur"}, IdempotencyKey: a.Reference,
		}
	}
	return a
}

// asStored is what a ledger returns for a filled attempt.
func asStored(a Attempt, number int, version int64) Attempt {
	a.Number, a.Version, a.Holds = number, version, a.State.Holds()
	for _, at := range []*time.Time{&a.CreatedAt, &a.LeaseUntil, &a.AskedAt, &a.DueAt, &a.ExpiresAt} {
		*at = at.UTC().Truncate(time.Microsecond)
	}
	return a
}

var errCheck = errors.New("deliver failed on purpose")

// ledgerRules are the contract at Ledger, rule by rule.
var ledgerRules = []ledgerRule{
	{"Now tells a time", func(p *ledgerProbe) {
		now, err := p.ledger.Now(p.ctx)
		p.want(err == nil && !now.IsZero(), "got %v, %v", now, err)
		p.want(now.Equal(now.Truncate(time.Microsecond)), "%v is finer than the microsecond that is stored", now)
	}},

	{"Begin stores every field", func(p *ledgerProbe) {
		a := p.filled(p.attempt())
		row := p.begin(a)
		want := asStored(a, 1, 1)
		p.want(reflect.DeepEqual(row, want), "the row that Begin returned differs in %s", differing(row, want))
		p.same(row, "Begin")
	}},
	{"Begin numbers the attempts of an order", func(p *ledgerProbe) {
		first := p.in(AttemptClosed, p.attempt())
		second := p.in(AttemptClosed, p.again(first.OrderID))
		third := p.begin(p.again(first.OrderID))
		p.want(first.Number == 1 && second.Number == 2 && third.Number == 3, "numbers %d, %d, %d", first.Number, second.Number, third.Number)
		p.want(third.Version == 1, "a new attempt has Version %d", third.Version)
	}},
	{"Begin stores nothing while an attempt holds the order", func(p *ledgerProbe) {
		for _, state := range []AttemptState{AttemptCreating, AttemptOpen, AttemptPaid, AttemptDelivered, AttemptHeld} {
			held := p.in(state, p.attempt())
			other := p.again(held.OrderID)
			row, begun, err := p.ledger.Begin(p.ctx, other)
			p.want(err == nil && !begun, "beside %s: begun %t, error %v", state, begun, err)
			p.want(reflect.DeepEqual(row, held), "beside %s: Begin returned another row, %v", state, row)
			_, err = p.ledger.Get(p.ctx, other.Reference)
			p.refused(err, ErrNotFound, "Get of an attempt that did not begin beside "+string(state))
		}
	}},
	{"Begin stores an attempt when none holds the order", func(p *ledgerProbe) {
		for _, state := range []AttemptState{AttemptReleased, AttemptClosed, AttemptExtra} {
			before := p.in(state, p.attempt())
			p.begin(p.again(before.OrderID))
		}
	}},
	{"Begin returns what outweighs the rest", func(p *ledgerProbe) {
		released := p.in(AttemptReleased, p.attempt())
		open := p.in(AttemptOpen, p.again(released.OrderID))
		released.State = AttemptHeld
		held := p.save(released)
		row, begun, err := p.ledger.Begin(p.ctx, p.again(open.OrderID))
		p.want(err == nil && !begun && row.Reference == held.Reference, "an open and a held attempt: got %v, begun %t, error %v", row, begun, err)
		open.State = AttemptPaid
		paid := p.save(open)
		row, begun, err = p.ledger.Begin(p.ctx, p.again(open.OrderID))
		p.want(err == nil && !begun && row.Reference == paid.Reference, "a paid and a held attempt: got %v, begun %t, error %v", row, begun, err)
	}},
	{"Begin can be repeated when its answer was lost", func(p *ledgerProbe) {
		a := p.filled(p.attempt())
		row := p.begin(a)
		for range 2 {
			again, begun, err := p.ledger.Begin(p.ctx, a)
			p.want(err == nil && begun && reflect.DeepEqual(row, again), "repeated: begun %t, error %v, row %v", begun, err, again)
		}
		row = p.save(row)
		_, begun, err := p.ledger.Begin(p.ctx, a)
		p.want(err == nil && !begun, "repeated after a save: begun %t, error %v", begun, err)
		row.State = AttemptClosed
		closed := p.save(row)
		_, begun, err = p.ledger.Begin(p.ctx, a)
		p.want(!begun, "an attempt that was closed has begun again")
		p.refused(err, ErrStale, "Begin with the reference of a closed attempt")
		p.same(closed, "Begin with its reference")
	}},
	{"Begin refuses the reference of another order", func(p *ledgerProbe) {
		first := p.begin(p.attempt())
		other := p.attempt()
		other.Reference = first.Reference
		_, begun, err := p.ledger.Begin(p.ctx, other)
		p.want(!begun, "it has begun")
		p.refused(err, ErrConflict, "Begin")
		p.same(first, "Begin of another order with its reference")
	}},
	{"Begin lets one of many through", func(p *ledgerProbe) {
		for range 5 {
			orderID := p.attempt().OrderID
			attempts := make([]Attempt, 8)
			for i := range attempts {
				attempts[i] = p.again(orderID)
			}
			rows, begun, errs := make([]Attempt, len(attempts)), make([]bool, len(attempts)), make([]error, len(attempts))
			together(len(attempts), func(i int) { rows[i], begun[i], errs[i] = p.ledger.Begin(p.ctx, attempts[i]) })
			winners := 0
			for i := range attempts {
				p.want(errs[i] == nil, "Begin: %v", errs[i])
				if begun[i] {
					winners++
				}
				p.want(rows[i].Reference == rows[0].Reference, "two callers were given different rows")
			}
			p.want(winners == 1, "%d of %d began", winners, len(attempts))
			all, err := p.ledger.ByOrder(p.ctx, orderID)
			p.want(err == nil && len(all) == 1, "the order has %d attempts, error %v", len(all), err)
		}
	}},
	{"Begin and Save refuse what cannot be stored", func(p *ledgerProbe) {
		sound := p.begin(p.attempt())
		for _, wrong := range []struct {
			name   string
			change func(*Attempt)
		}{
			{"no reference", func(a *Attempt) { a.Reference = "" }},
			{"no order", func(a *Attempt) { a.OrderID = "" }},
			{"no provider", func(a *Attempt) { a.Provider = "" }},
			{"an order id that is not UTF-8", func(a *Attempt) { a.OrderID += "\xff" }},
			{"an order id with a zero byte", func(a *Attempt) { a.OrderID += "\x00" }},
			{"an order id that is too long", func(a *Attempt) { a.OrderID = strings.Repeat("x", maxLedgerID+1) }},
			{"a payment id with a zero byte", func(a *Attempt) { a.PaymentID = "a\x00" }},
			{"no amount", func(a *Attempt) { a.Amount = Money{} }},
			{"an amount below 0", func(a *Attempt) { a.Amount.Minor = -1 }},
			{"a currency that is not known", func(a *Attempt) { a.Amount.Currency = "BTC" }},
			{"no state", func(a *Attempt) { a.State = "" }},
			{"a state that is not known", func(a *Attempt) { a.State = "of a newer version" }},
		} {
			a := p.attempt()
			wrong.change(&a)
			_, begun, err := p.ledger.Begin(p.ctx, a)
			p.want(!begun, "it has begun with %s", wrong.name)
			p.refused(err, ErrInvalidRequest, "Begin with "+wrong.name)
			a = sound
			wrong.change(&a)
			if a.Reference == sound.Reference {
				_, err = p.ledger.Save(p.ctx, a)
				p.refused(err, ErrInvalidRequest, "Save with "+wrong.name)
				p.same(sound, "Save with "+wrong.name)
			}
		}
		a := p.attempt()
		a.State = AttemptPaid
		_, begun, err := p.ledger.Begin(p.ctx, a)
		p.want(!begun, "an attempt has begun as paid")
		p.refused(err, ErrInvalidRequest, "Begin as paid")
	}},
	{"any text is an order id", func(p *ledgerProbe) {
		base := p.attempt().OrderID
		for _, orderID := range []string{
			base + "A", base + "a", base + "a ", " " + base + "a", base + "é", base + "e\u0301", base + "%", base + "_", base + `\`, base + "'; --", base + `"`,
			base + "?", base + "$1", base + "\n", base + "\U0001F600", base + strings.Repeat("x", maxLedgerID-len(base)),
		} {
			row := p.begin(p.again(orderID))
			p.want(row.Number == 1, "order %q is taken for another", orderID)
			all, err := p.ledger.ByOrder(p.ctx, orderID)
			p.want(err == nil && len(all) == 1 && all[0].OrderID == orderID, "ByOrder(%q): %v, %v", orderID, all, err)
		}
	}},
	{"large numbers are kept", func(p *ledgerProbe) {
		a := p.attempt()
		a.Amount.Minor = 1<<63 - 1
		a.DueAt = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)
		a.AskedAt = time.Date(1, 1, 1, 0, 0, 1, 0, time.UTC)
		row := p.begin(a)
		got := p.get(a.Reference)
		p.want(reflect.DeepEqual(row, got) && got.Amount == a.Amount && got.DueAt.Equal(a.DueAt) && got.AskedAt.Equal(a.AskedAt), "got %v", got)
	}},

	{"Get and Find say that there is none", func(p *ledgerProbe) {
		p.begin(p.attempt()) // without a payment id
		_, err := p.ledger.Get(p.ctx, p.id+"-none")
		p.refused(err, ErrNotFound, "Get")
		_, err = p.ledger.Find(p.ctx, "check-provider", p.id+"-none")
		p.refused(err, ErrNotFound, "Find")
		_, err = p.ledger.Find(p.ctx, "check-provider", "")
		p.refused(err, ErrNotFound, "Find without a payment id")
		all, err := p.ledger.ByOrder(p.ctx, p.id+" none")
		p.want(err == nil && len(all) == 0, "ByOrder: %d attempts, error %v", len(all), err)
	}},
	{"Find tells payment ids and providers apart", func(p *ledgerProbe) {
		var rows []Attempt
		for _, of := range []struct{ provider, id string }{{"check-a", p.id}, {"check-b", p.id}, {"check-a", strings.ToUpper(p.id)}, {"check-a", p.id + " "}} {
			a := p.begin(p.attempt2(of.provider))
			a.State, a.PaymentID = AttemptOpen, of.id
			rows = append(rows, p.save(a))
		}
		for _, row := range rows {
			found, err := p.ledger.Find(p.ctx, row.Provider, row.PaymentID)
			p.want(err == nil && reflect.DeepEqual(found, row), "Find(%q): %v, %v", row.Provider, found, err)
		}
	}},
	{"Find knows a payment id while an attempt has it", func(p *ledgerProbe) {
		a := p.begin(p.attempt())
		a.PaymentID = p.id + "-old"
		a = p.save(a)
		a.PaymentID = p.id + "-new"
		a = p.save(a)
		_, err := p.ledger.Find(p.ctx, a.Provider, p.id+"-old")
		p.refused(err, ErrNotFound, "Find of a payment id that was replaced")
		other := p.begin(p.attempt())
		other.PaymentID = p.id + "-old"
		p.save(other)
	}},
	{"ByOrder returns all attempts by number", func(p *ledgerProbe) {
		var rows []Attempt
		orderID := p.attempt().OrderID
		for range 12 {
			rows = append(rows, p.in(AttemptClosed, p.again(orderID)))
		}
		rows[3].State = AttemptReleased
		rows[3] = p.save(rows[3])
		all, err := p.ledger.ByOrder(p.ctx, orderID)
		p.want(err == nil && reflect.DeepEqual(all, rows), "got %v, %v", all, err)
	}},

	{"Save stores every field", func(p *ledgerProbe) {
		row := p.begin(p.attempt())
		for _, state := range []AttemptState{AttemptCreating, AttemptOpen} {
			row.State = state
			row = p.filled(row)
			want := asStored(row, 1, row.Version+1)
			if state != AttemptCreating {
				want.Request = nil
			}
			row = p.save(row)
			p.want(reflect.DeepEqual(row, want), "the row that Save returned differs in %s", differing(row, want))
			p.same(row, "Save")
		}
		row.PaymentID, row.CheckoutURL, row.Status, row.ProviderStatus, row.Phone, row.Instruction = "", "", "", "", "", Instruction{}
		row.OTP, row.Outdated, row.Refunded, row.Asked, row.Failures, row.Captures, row.Troubles = false, false, false, 0, 0, 0, nil
		row.CreatedAt, row.LeaseUntil, row.AskedAt, row.DueAt, row.ExpiresAt = time.Time{}, time.Time{}, time.Time{}, time.Time{}, time.Time{}
		want := row
		want.Version++
		row = p.save(row)
		p.want(reflect.DeepEqual(row, want), "emptied, the row that Save returned differs in %s", differing(row, want))
		p.same(row, "a Save that empties it")
	}},
	{"Save refuses an old version", func(p *ledgerProbe) {
		first := p.begin(p.attempt())
		change := first
		change.State = AttemptOpen
		second := p.save(change)
		p.want(second.Version == 2, "the first save has Version %d", second.Version)
		change.State = AttemptReleased
		for _, version := range []int64{0, 1, 3} {
			change.Version = version
			_, err := p.ledger.Save(p.ctx, change)
			p.refused(err, ErrStale, fmt.Sprintf("Save with Version %d of a row at 2", version))
			p.same(second, "a stale Save")
		}
	}},
	{"Save lets one of many through", func(p *ledgerProbe) {
		row := p.begin(p.attempt())
		errs := make([]error, 8)
		together(len(errs), func(i int) {
			change := row
			change.Asked = i + 1
			_, errs[i] = p.ledger.Save(p.ctx, change)
		})
		saved := 0
		for i, err := range errs {
			if err == nil {
				saved++
				p.want(p.get(row.Reference).Asked == i+1, "what was saved is not what is stored")
				continue
			}
			p.refused(err, ErrStale, "Save beside another")
		}
		p.want(saved == 1, "%d of %d were saved on one version", saved, len(errs))
	}},
	{"Save says that there is no such attempt", func(p *ledgerProbe) {
		a := p.attempt()
		a.Version, a.Number = 1, 1
		_, err := p.ledger.Save(p.ctx, a)
		p.refused(err, ErrNotFound, "Save")
		_, err = p.ledger.Get(p.ctx, a.Reference)
		p.refused(err, ErrNotFound, "Get after it")
	}},
	{"Save never changes what the attempt is about", func(p *ledgerProbe) {
		row := p.begin(p.attempt())
		change := row
		change.OrderID, change.Provider, change.Number, change.Amount = p.attempt().OrderID, "check-other", 7, NewMoney(1, EUR)
		saved, err := p.ledger.Save(p.ctx, change)
		now := p.get(row.Reference)
		for _, got := range []Attempt{saved, now} {
			p.want(err != nil || got.OrderID == row.OrderID && got.Provider == row.Provider && got.Number == row.Number && got.Amount == row.Amount, "it became %v", got)
		}
		p.want(now.Amount == row.Amount && now.OrderID == row.OrderID, "it became %v", now)
	}},
	{"Save lets one attempt hold an order", func(p *ledgerProbe) {
		for _, state := range []AttemptState{AttemptCreating, AttemptOpen, AttemptPaid} {
			released := p.in(AttemptReleased, p.attempt())
			holder := p.in(AttemptOpen, p.again(released.OrderID))
			change := released
			change.State = state
			_, err := p.ledger.Save(p.ctx, change)
			p.refused(err, ErrOrderHeld, "Save as "+string(state)+" beside the holder")
			p.same(released, "a refused Save")
			holder.State = AttemptReleased
			p.save(holder)
			p.save(change)
		}
	}},
	{"Save gives a payment id to one attempt", func(p *ledgerProbe) {
		first := p.begin(p.attempt())
		first.State, first.PaymentID = AttemptOpen, p.id
		first = p.save(first)
		p.save(first) // its own id is no clash
		second := p.begin(p.attempt())
		change := second
		change.State, change.PaymentID = AttemptOpen, p.id
		_, err := p.ledger.Save(p.ctx, change)
		p.refused(err, ErrPaymentTaken, "Save with the payment id of another attempt")
		p.same(second, "a refused Save")
		elsewhere := p.begin(p.attempt2("check-elsewhere"))
		elsewhere.PaymentID = p.id
		p.save(elsewhere) // another provider counts by itself
	}},
	{"Save returns ErrStale before anything else", func(p *ledgerProbe) {
		released := p.in(AttemptReleased, p.attempt())
		p.in(AttemptOpen, p.again(released.OrderID))
		released.State, released.Version = AttemptPaid, released.Version-1
		_, err := p.ledger.Save(p.ctx, released)
		p.refused(err, ErrStale, "Save with an old version beside the holder")
	}},
	{"personal data are kept as long as they are needed", func(p *ledgerProbe) {
		a := p.filled(p.attempt())
		a.Request.MobileMoney.OTP = "123456"
		row := p.begin(a)
		p.want(a.Request.MobileMoney.OTP == "123456", "Begin has changed the caller's request")
		p.want(row.Request.MobileMoney.OTP == "" && p.get(row.Reference).Request.MobileMoney.OTP == "", "the one-time code was kept")
		row.State = AttemptOpen
		row = p.save(row)
		p.want(row.Request == nil && p.get(row.Reference).Request == nil, "the request was kept beyond creating")
		p.want(row.Phone != "", "the phone is gone while the attempt is open")
		row.State = AttemptPaid
		row = p.save(row)
		p.want(row.Phone == "" && p.get(row.Reference).Phone == "", "the phone was kept beyond open")
	}},
	{"the ledger shares no memory with its caller", func(p *ledgerProbe) {
		base := p.attempt()
		a, want := p.filled(base), asStored(p.filled(base), 1, 1)
		row := p.begin(a)
		disturb := func(a Attempt) {
			a.Troubles[TroubleRefunded], a.Troubles["another"] = true, true
			a.Request.Description, a.Request.Metadata["clé"], a.Request.MobileMoney.Phone = "another", "another", "another"
		}
		disturb(a)
		disturb(row)
		disturb(p.get(a.Reference))
		p.same(want, "changes of what was given and returned")
	}},

	{"Due returns what is due, oldest first", func(p *ledgerProbe) {
		now := time.Date(1981, 5, 1, 0, 0, 0, 0, time.UTC)
		due := func(provider string, at time.Time) Attempt {
			a := p.attempt2(provider)
			a.DueAt = at
			return p.begin(a)
		}
		third := due("check-a", now)
		second := due("check-b", now.Add(-time.Microsecond))
		first := due("check-a", now.Add(-time.Hour))
		later := due("check-a", now.Add(time.Microsecond))
		wrong := due("check-a", time.Date(2300, 1, 1, 0, 0, 0, 0, time.UTC))
		never := due("check-a", time.Time{})
		defer func() { // so that the next check of the same tables does not meet them
			for _, a := range []Attempt{first, second, third, later, wrong} {
				a.DueAt = time.Time{}
				p.ledger.Save(p.ctx, a)
			}
		}()
		ask := func(q DueQuery) (own []string) {
			all, err := p.ledger.Due(p.ctx, q)
			p.want(err == nil, "Due: %v", err)
			p.want(q.Limit == 0 || len(all) <= q.Limit, "Due returned %d attempts, the limit is %d", len(all), q.Limit)
			for _, a := range all {
				if strings.HasPrefix(a.Reference, p.id) {
					own = append(own, strings.TrimPrefix(a.Reference, p.id))
					p.want(reflect.DeepEqual(a, p.get(a.Reference)), "Due returned another row than Get")
				}
			}
			return own
		}
		refs := func(attempts ...Attempt) (all []string) {
			for _, a := range attempts {
				all = append(all, strings.TrimPrefix(a.Reference, p.id))
			}
			return all
		}
		for _, c := range []struct {
			name string
			q    DueQuery
			want []string
		}{
			{"up to now", DueQuery{Now: now, Limit: 1000}, refs(first, second, third)},
			{"with the usual limit", DueQuery{Now: now}, refs(first, second, third)},
			{"a moment before", DueQuery{Now: now.Add(-time.Microsecond), Limit: 1000}, refs(first, second)},
			{"a moment later", DueQuery{Now: now.Add(time.Microsecond), Limit: 1000}, refs(first, second, third, later)},
			{"without a provider", DueQuery{Now: now, Skip: []string{"check-b", "check-c"}, Limit: 1000}, refs(first, third)},
			{"without any provider", DueQuery{Now: now, Skip: []string{"check-b", "check-a"}, Limit: 1000}, nil},
			{"with a horizon", DueQuery{Now: now, Horizon: time.Date(2299, 1, 1, 0, 0, 0, 0, time.UTC), Skip: []string{"check-b"}, Limit: 1000}, refs(first, third, wrong)},
			{"a horizon skips providers too", DueQuery{Now: now, Horizon: time.Date(2299, 1, 1, 0, 0, 0, 0, time.UTC), Skip: []string{"check-a"}, Limit: 1000}, refs(second)},
		} {
			got := ask(c.q)
			p.want(slices.Equal(slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(c.want))), "%s: want %v, got %v (%v is never due)", c.name, c.want, got, refs(never))
			p.want(!c.q.Horizon.IsZero() || slices.Equal(got, c.want), "%s: not oldest first: %v, want %v", c.name, got, c.want)
		}
		ask(DueQuery{Now: now, Limit: 2})
		second.DueAt = now.Add(time.Hour)
		second = p.save(second)
		got := ask(DueQuery{Now: now, Limit: 1000})
		p.want(slices.Equal(got, refs(first, third)), "an attempt whose DueAt was moved: got %v", got)
	}},

	{"Deliver delivers once", func(p *ledgerProbe) {
		paid := p.in(AttemptPaid, p.attempt())
		calls := 0
		row, err := p.ledger.Deliver(p.ctx, paid, func(ctx context.Context) error {
			calls++
			p.want(ctx != nil, "deliver was called without a context")
			return nil
		})
		p.want(err == nil && calls == 1, "Deliver called %d times, error %v", calls, err)
		want := paid
		want.State, want.Version = AttemptDelivered, paid.Version+1
		p.want(reflect.DeepEqual(row, want), "the row that Deliver returned differs in %s", differing(row, want))
		p.same(row, "Deliver")
		_, err = p.ledger.Deliver(p.ctx, paid, func(context.Context) error { calls++; return nil })
		p.refused(err, ErrStale, "Deliver again")
		_, err = p.ledger.Deliver(p.ctx, row, func(context.Context) error { calls++; return nil })
		p.refused(err, ErrNotPaid, "Deliver of a delivered attempt")
		p.want(calls == 1, "it was delivered %d times", calls)
	}},
	{"Deliver saves what the attempt says", func(p *ledgerProbe) {
		paid := p.in(AttemptPaid, p.attempt())
		paid.Failures, paid.DueAt, paid.Troubles = 0, checkTime(9), map[TroubleKind]bool{TroubleDeliveryFails: true}
		row, err := p.ledger.Deliver(p.ctx, paid, func(context.Context) error { return nil })
		p.want(err == nil, "Deliver: %v", err)
		want := asStored(paid, 1, paid.Version+1)
		want.State, want.Holds = AttemptDelivered, true
		p.want(reflect.DeepEqual(row, want), "the row that Deliver returned differs in %s", differing(row, want))
		p.same(row, "Deliver")
	}},
	{"Deliver rolls back on an error", func(p *ledgerProbe) {
		paid := p.in(AttemptPaid, p.attempt())
		_, err := p.ledger.Deliver(p.ctx, paid, func(context.Context) error { return errCheck })
		p.refused(err, errCheck, "Deliver")
		p.same(paid, "a deliver that failed")
		_, err = p.ledger.Deliver(p.ctx, paid, func(context.Context) error { return nil })
		p.want(err == nil, "Deliver after it: %v", err)
	}},
	{"Deliver rolls back on a panic", func(p *ledgerProbe) {
		paid := p.in(AttemptPaid, p.attempt())
		var err error
		panicked := func() (value any) {
			defer func() { value = recover() }()
			_, err = p.ledger.Deliver(p.ctx, paid, func(context.Context) error { panic("deliver panics on purpose") })
			return nil
		}()
		p.want(panicked != nil || err != nil, "the panic was swallowed")
		p.same(paid, "a deliver that panicked")
		_, err = p.ledger.Deliver(p.ctx, paid, func(context.Context) error { return nil })
		p.want(err == nil, "Deliver after it: %v", err)
	}},
	{"Deliver rolls back when the context ends", func(p *ledgerProbe) {
		paid := p.in(AttemptPaid, p.attempt())
		ctx, cancel := context.WithCancel(p.ctx)
		defer cancel()
		_, err := p.ledger.Deliver(ctx, paid, func(ctx context.Context) error {
			cancel()
			select {
			case <-ctx.Done():
			case <-time.After(5 * time.Second):
				p.fail("the context of deliver does not end with the caller's")
			}
			return nil
		})
		p.want(err != nil, "no error")
		p.same(paid, "a context that ended within deliver")
	}},
	{"Deliver refuses what is not paid", func(p *ledgerProbe) {
		for _, state := range []AttemptState{AttemptCreating, AttemptOpen, AttemptReleased, AttemptClosed, AttemptHeld, AttemptExtra} {
			row := p.in(state, p.attempt())
			claim := row
			claim.State = AttemptPaid
			for _, a := range []Attempt{row, claim} {
				called := false
				_, err := p.ledger.Deliver(p.ctx, a, func(context.Context) error { called = true; return nil })
				p.want(!called, "deliver was called for an attempt that is %s", state)
				p.refused(err, ErrNotPaid, "Deliver of an attempt that is "+string(state))
				p.same(row, "a refused Deliver")
			}
		}
		a := p.attempt()
		a.State, a.Number, a.Version = AttemptPaid, 1, 1
		called := false
		_, err := p.ledger.Deliver(p.ctx, a, func(context.Context) error { called = true; return nil })
		p.want(!called, "deliver was called for an attempt that is not there")
		p.refused(err, ErrNotFound, "Deliver of an attempt that is not there")
	}},
	{"Deliver lets one of many through", func(p *ledgerProbe) {
		paid := p.in(AttemptPaid, p.attempt())
		var mu sync.Mutex
		calls := 0
		errs := make([]error, 8)
		together(len(errs), func(i int) {
			_, errs[i] = p.ledger.Deliver(p.ctx, paid, func(context.Context) error {
				mu.Lock()
				defer mu.Unlock()
				calls++
				return nil
			})
		})
		for _, err := range errs {
			p.want(err == nil || errors.Is(err, ErrStale), "Deliver beside another: %v", err)
		}
		p.want(calls == 1, "it was delivered %d times", calls)
		p.want(p.get(paid.Reference).State == AttemptDelivered, "it is not delivered")
	}},
	{"Deliver keeps the row from being saved", func(p *ledgerProbe) {
		for _, fails := range []error{nil, errCheck} {
			paid := p.in(AttemptPaid, p.attempt())
			change := paid
			change.State = AttemptHeld
			saved := make(chan error, 1)
			early := false
			_, err := p.ledger.Deliver(p.ctx, paid, func(context.Context) error {
				go func() { _, err := p.ledger.Save(p.ctx, change); saved <- err }()
				select {
				case err := <-saved:
					early = err == nil
					saved <- err
				case <-time.After(50 * time.Millisecond):
				}
				return fails
			})
			p.want(!early, "a row was saved while it was delivered")
			p.want(errors.Is(err, fails), "Deliver: %v", err)
			err = <-saved
			if fails == nil {
				p.refused(err, ErrStale, "the Save beside a Deliver")
				p.want(p.get(paid.Reference).State == AttemptDelivered, "the attempt is not delivered")
			}
		}
	}},
}

// attempt2 returns an attempt of a new order with a provider.
func (p *ledgerProbe) attempt2(provider string) Attempt {
	a := p.attempt()
	a.Provider = provider
	return a
}
