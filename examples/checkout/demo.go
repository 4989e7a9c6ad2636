package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/caurisflux"
	"github.com/guichetpay/guichet/caurisflux/caurisfluxtest"
	"github.com/guichetpay/guichet/ligdicash"
	"github.com/guichetpay/guichet/ligdicash/ligdicashtest"
	"github.com/guichetpay/guichet/lomi"
	"github.com/guichetpay/guichet/lomi/lomitest"
	"github.com/guichetpay/guichet/lygos"
	"github.com/guichetpay/guichet/lygos/lygostest"
)

// customer is the fake provider with which the customer pays or declines.
type customer interface {
	Pay(id string) error
	Fail(id string) error
	Close()
}

// open starts the four fakes and a client for each, as a shop would make it.
func open() (map[string]customer, map[string]guichet.Provider, error) {
	s1, s2, s3, s4 := lygostest.NewServer(), lomitest.NewServer(), ligdicashtest.NewServer(), caurisfluxtest.NewServer()
	c1, err1 := lygos.New(s1.Config(), s1.Options()...)
	c2, err2 := lomi.New(s2.Config(), s2.Options()...)
	c3, err3 := ligdicash.New(s3.Config(), s3.Options()...)
	c4, err4 := caurisflux.New(s4.Config(), s4.Options()...)
	return map[string]customer{"lygos": s1, "lomi": s2, "ligdicash": s3, "caurisflux": s4},
		map[string]guichet.Provider{"lygos": c1, "lomi": c2, "ligdicash": c3, "caurisflux": c4},
		errors.Join(err1, err2, err3, err4)
}

// demo plays shop and customers.
func demo(ctx context.Context, stdout io.Writer) error {
	customers, providers, err := open()
	for _, c := range customers {
		defer c.Close()
	}
	if err != nil {
		return err
	}
	shop, err := newShop(providers)
	if err != nil {
		return err
	}
	fmt.Fprint(stdout, "Four providers, all faked inside this program: no account, no key, no money.\n\n")
	table := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ORDER\tPROVIDER\tREFERENCE\tWHERE THE CUSTOMER PAYS\tTHE CUSTOMER\tATTEMPT\tDELIVERED")
	// row has a customer pay an order, or decline it.
	row := func(order guichet.Order, declines bool, providers ...string) error {
		attempt, err := shop.payWithFirst(ctx, order, providers...)
		if err != nil {
			return fmt.Errorf("order %s: %w", order.ID, err)
		}
		where := fit(attempt.CheckoutURL)
		if where == "" {
			where = "on the phone"
		}
		act, did := customers[attempt.Provider].Pay, "pays"
		if declines {
			act, did = customers[attempt.Provider].Fail, "declines"
		}
		if err := act(attempt.PaymentID); err != nil {
			return err
		}
		// What the page calls to which the customer returns. Run and webhooks come to the same.
		if attempt, err = shop.cashier.RefreshOrder(ctx, order.ID); err != nil {
			return err
		}
		delivered := "no"
		if amount, ok := shop.delivered[order.ID]; ok {
			delivered = amount.String()
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", order.ID, attempt.Provider, short(attempt.Reference), where, did, attempt.State, delivered)
		return nil
	}
	pagne := func(id string) guichet.Order { return hosted(id, guichet.NewMoney(5000, guichet.XOF)) }
	prompt := pagne("CMD-5")
	prompt.Request.MobileMoney = &guichet.MobileMoney{Phone: "+22890000000", Country: "TG", Operator: "3"}
	prompt.Request.SuccessURL, prompt.Request.CancelURL = "", ""
	for _, step := range []struct {
		order     guichet.Order
		declines  bool
		providers []string
	}{
		{pagne("CMD-1"), false, []string{"lygos"}},
		{pagne("CMD-2"), false, []string{"lomi"}},
		{pagne("CMD-3"), false, []string{"ligdicash"}},
		{pagne("CMD-4"), false, []string{"caurisflux"}},
		{prompt, false, []string{"ligdicash"}},
		{pagne("CMD-6"), true, []string{"caurisflux"}},
		{pagne("CMD-6"), false, []string{"lygos"}},
		{hosted("CMD-7", guichet.NewMoney(5000, guichet.XAF)), false, []string{"ligdicash", "caurisflux"}},
	} {
		if err := row(step.order, step.declines, step.providers...); err != nil {
			return err
		}
	}
	table.Flush()

	fmt.Fprint(stdout, "\nThe customer of CMD-6 declined, came back and paid with another provider.\n")
	tried, err := shop.cashier.Attempts(ctx, "CMD-7")
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "CMD-7 is in %s: %s refused it, so %s was tried.\n", tried[0].Amount.Currency, tried[0].Provider, tried[1].Provider)
	if _, err := shop.cashier.Pay(ctx, pagne("CMD-1"), "lomi"); errors.Is(err, guichet.ErrAlreadyPaid) {
		fmt.Fprintln(stdout, "CMD-1 cannot be paid a second time.")
	}
	return nil
}

// hosted is an order that is paid on the provider's page.
func hosted(id string, price guichet.Money) guichet.Order {
	return guichet.Order{ID: id, Request: guichet.PaymentRequest{
		Amount: price, Description: "Pagne 6 yards",
		SuccessURL: shopURL + "/orders/" + id, CancelURL: shopURL + "/orders/" + id,
	}}
}

// fit keeps the table narrow; a shop passes the URL on whole.
func fit(page string) string {
	if len(page) <= 40 {
		return page
	}
	return page[:39] + "…"
}
