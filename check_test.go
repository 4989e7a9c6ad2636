package guichet_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
)

// answering is a Provider whose GetStatus gives one answer.
type answering struct {
	payment *guichet.Payment
	err     error
	can     guichet.Capabilities
	asked   []string
}

func (a *answering) GetStatus(_ context.Context, id string) (*guichet.Payment, error) {
	a.asked = append(a.asked, id)
	return a.payment, a.err
}
func (a *answering) CreatePayment(context.Context, guichet.PaymentRequest) (*guichet.Payment, error) {
	panic("created")
}
func (a *answering) List(context.Context, guichet.ListParams) (*guichet.Page, error) { panic("listed") }
func (a *answering) Capabilities() guichet.Capabilities                              { return a.can }
func (a *answering) ParseWebhook(context.Context, http.Header, []byte) (*guichet.Event, error) {
	panic("parsed")
}

func TestCheck(t *testing.T) {
	price := guichet.NewMoney(50, guichet.XOF)
	want := guichet.Expected{PaymentID: "pay-1", Reference: "Z", Amount: price}
	paid := guichet.Payment{ID: "pay-1", Reference: "Z", Provider: "lomi", Status: guichet.StatusSucceeded, Amount: price}
	both := guichet.Capabilities{StatusReference: true, StatusAmount: true}
	rows := []struct {
		name   string
		can    guichet.Capabilities
		change func(*guichet.Payment)
		kind   error
	}{
		{"as expected", both, func(*guichet.Payment) {}, nil},
		{"no reference: the stored id stands for it", both, func(p *guichet.Payment) { p.Reference = "" }, nil},
		{"no amount, and none is promised", guichet.Capabilities{}, func(p *guichet.Payment) { p.Amount = guichet.Money{} }, nil},
		{"no amount, although it is promised", both, func(p *guichet.Payment) { p.Amount = guichet.Money{} }, guichet.ErrBadResponse},
		{"another amount", both, func(p *guichet.Payment) { p.Amount.Minor = 49 }, guichet.ErrMismatch},
		{"more than the price", both, func(p *guichet.Payment) { p.Amount.Minor = 51 }, guichet.ErrMismatch},
		{"zero of the currency", both, func(p *guichet.Payment) { p.Amount.Minor = 0 }, guichet.ErrMismatch},
		{"another currency", both, func(p *guichet.Payment) { p.Amount.Currency = guichet.XAF }, guichet.ErrMismatch},
		{"another amount, although none is promised", guichet.Capabilities{}, func(p *guichet.Payment) { p.Amount.Minor = 49 }, guichet.ErrMismatch},
		{"another reference", both, func(p *guichet.Payment) { p.Reference = "Y" }, guichet.ErrMismatch},
		{"another reference, although none is promised", guichet.Capabilities{}, func(p *guichet.Payment) { p.Reference = "Y" }, guichet.ErrMismatch},
		{"another id", both, func(p *guichet.Payment) { p.ID = "pay-2" }, guichet.ErrMismatch},
		{"no id", both, func(p *guichet.Payment) { p.ID = "" }, guichet.ErrMismatch},
		{"pending", both, func(p *guichet.Payment) { p.Status = guichet.StatusPending }, guichet.ErrNotPaid},
		{"failed", both, func(p *guichet.Payment) { p.Status = guichet.StatusFailed }, guichet.ErrNotPaid},
		{"refunded", both, func(p *guichet.Payment) { p.Status = guichet.StatusRefunded }, guichet.ErrNotPaid},
		{"an unknown word", both, func(p *guichet.Payment) { p.Status = guichet.StatusUnknown }, guichet.ErrNotPaid},
		{"a word of nobody's", both, func(p *guichet.Payment) { p.Status = "paid" }, guichet.ErrNotPaid},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			p := paid
			row.change(&p)
			provider := &answering{payment: &p, can: row.can}
			got, err := guichet.Check(t.Context(), provider, want)
			assert.Same(t, &p, got, "the payment comes back beside the error")
			assert.Equal(t, []string{"pay-1"}, provider.asked)
			if row.kind == nil {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, row.kind)
			e, ok := err.(*guichet.Error)
			require.True(t, ok)
			assert.Equal(t, [3]string{"Check", "Z", "lomi"}, [3]string{e.Op, e.Reference, e.Provider})
		})
	}

	t.Run("the provider's error comes back as it is", func(t *testing.T) {
		failure := &guichet.Error{Kind: guichet.ErrUnavailable}
		got, err := guichet.Check(t.Context(), &answering{err: failure}, want)
		assert.Nil(t, got)
		assert.Same(t, failure, err)
	})
	t.Run("neither a payment nor an error", func(t *testing.T) {
		_, err := guichet.Check(t.Context(), &answering{}, want)
		assert.ErrorIs(t, err, guichet.ErrBadResponse)
	})
	t.Run("what is missing is refused before anything is asked", func(t *testing.T) {
		for _, field := range []string{"PaymentID", "Reference", "Amount"} {
			for _, missing := range []guichet.Expected{
				{Reference: "Z", Amount: price}, {PaymentID: "pay-1", Amount: price}, {PaymentID: "pay-1", Reference: "Z"},
				{PaymentID: "pay-1", Reference: "Z", Amount: guichet.NewMoney(-50, guichet.XOF)}, {PaymentID: "pay-1", Reference: "Z", Amount: guichet.NewMoney(50, "")},
			} {
				provider := &answering{payment: &paid, can: both}
				_, err := guichet.Check(t.Context(), provider, missing)
				require.ErrorIs(t, err, guichet.ErrInvalidRequest)
				assert.Empty(t, provider.asked)
				empty := map[string]bool{"PaymentID": missing.PaymentID == "", "Reference": missing.Reference == "", "Amount": missing.Amount != price}
				if empty[field] {
					assert.ErrorContains(t, err, "Expected."+field)
				}
			}
		}
		_, err := guichet.Check(t.Context(), nil, want)
		assert.ErrorIs(t, err, guichet.ErrInvalidRequest)
	})
	t.Run("the id is not printed", func(t *testing.T) {
		for form, text := range printed(guichet.Expected{PaymentID: "pay_SECRET_ID", Reference: "Z", Amount: price}) {
			assert.NotContains(t, text, "pay_SECRET_ID", form)
		}
	})
}

// C10: what the payment reports cannot be waived, and what it does not report cannot be
// compared; the error says what to pass instead.
func TestConfirmsWaivesOnlyWhatIsNotReported(t *testing.T) {
	price := guichet.NewMoney(50, guichet.XOF)
	full := guichet.Payment{Reference: "Z", Status: guichet.StatusSucceeded, Amount: price}
	noReference, noAmount, neither := full, full, full
	noReference.Reference, noAmount.Amount = "", guichet.Money{}
	neither.Reference, neither.Amount = "", guichet.Money{}
	for _, row := range []struct {
		payment   guichet.Payment
		reference string
		amount    guichet.Money
		says      string // empty: confirmed
	}{
		{full, "Z", price, ""},
		{full, "Z", guichet.Money{}, "this payment reports 50 XOF: pass the amount that the order costs"},
		{full, "", price, `this payment reports the reference "Z": pass the reference`},
		{full, "", guichet.Money{}, "both empty"},
		{noReference, "", price, ""},
		{noReference, "Z", price, `pass "" as the reference`},
		{noAmount, "Z", guichet.Money{}, ""},
		{noAmount, "Z", price, "pass Money{} as the amount"},
		{neither, "", guichet.Money{}, "both empty"},
		{neither, "Z", guichet.Money{}, "neither a reference nor an amount"},
		{neither, "", price, "neither a reference nor an amount"},
	} {
		for _, status := range []guichet.Status{guichet.StatusSucceeded, guichet.StatusPending} {
			row.payment.Status = status
			name := fmt.Sprintf("%v confirms %q %v", row.payment, row.reference, row.amount)
			err := row.payment.Confirms(row.reference, row.amount)
			switch {
			case row.says != "":
				assert.ErrorIs(t, err, guichet.ErrInvalidRequest, name)
				assert.ErrorContains(t, err, row.says, name)
			case status == guichet.StatusSucceeded:
				assert.NoError(t, err, name)
			default:
				assert.ErrorIs(t, err, guichet.ErrNotPaid, name)
			}
		}
	}
}
