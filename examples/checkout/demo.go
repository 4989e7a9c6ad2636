package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

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

// shop is one provider of the demonstration: our client, and the fake provider
// with which the customer pays or declines.
type shop struct {
	name   string
	client guichet.Client
	fake   interface {
		Pay(id string) error
		Fail(id string) error
		Close()
	}
}

// open starts the four fakes and a client for each, as a shop would make it.
func open() ([]shop, error) {
	s1, s2, s3, s4 := lygostest.NewServer(), lomitest.NewServer(), ligdicashtest.NewServer(), caurisfluxtest.NewServer()
	c1, err1 := lygos.New(s1.Config(), s1.Options()...)
	c2, err2 := lomi.New(s2.Config(), s2.Options()...)
	c3, err3 := ligdicash.New(s3.Config(), s3.Options()...)
	c4, err4 := caurisflux.New(s4.Config(), s4.Options()...)
	return []shop{{"Lygos", c1, s1}, {"lomi.", c2, s2}, {"LigdiCash", c3, s3}, {"CaurisFlux", c4, s4}},
		errors.Join(err1, err2, err3, err4)
}

// demo plays shop and customer with each provider.
func demo(ctx context.Context, stdout io.Writer) error {
	shops, err := open()
	for _, s := range shops {
		defer s.fake.Close()
	}
	if err != nil {
		return err
	}
	fmt.Fprint(stdout, "Four providers, all faked inside this program: no account, no key, no money.\n\n")
	table := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "PROVIDER\tORDER\tID\tCHECKOUT PAGE\tSTATUS\tCONFIRMED")
	row := func(s shop, order string, customer func(id string) error) error {
		req := guichet.PaymentRequest{
			Reference: order, Amount: guichet.NewMoney(5000, guichet.XOF), Description: "Pagne 6 yards",
			SuccessURL: shopURL + "/paid", CancelURL: shopURL + "/canceled",
		}
		var page string
		var clicked error
		payment, err := pay(ctx, s.client, req, guichet.Poll{Min: 50 * time.Millisecond}, func(p *guichet.Payment) {
			page = p.CheckoutURL
			clicked = customer(p.ID)
		})
		if payment == nil || clicked != nil {
			return fmt.Errorf("%s: %w", s.name, errors.Join(err, clicked))
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", s.name, order, short(payment.ID), fit(page), payment.Status, confirmed(s.client, req, payment, err))
		return nil
	}
	for i, s := range shops {
		if err := row(s, fmt.Sprintf("CMD-%d", i+1), s.fake.Pay); err != nil {
			return err
		}
	}
	declining := shops[len(shops)-1]
	if err := row(declining, "CMD-5", declining.fake.Fail); err != nil {
		return err
	}
	table.Flush()

	fmt.Fprintf(stdout, "\nThe last customer declined. The payments of %s, newest state:\n", declining.name)
	for p, err := range guichet.All(ctx, declining.client, guichet.ListParams{}) {
		if err != nil {
			return err
		}
		fmt.Fprintf(stdout, "  %s  %s  %v\n", short(p.ID), p.Status, p.Amount)
	}
	return nil
}

// fit keeps the table narrow; a shop passes the URL on whole.
func fit(page string) string {
	if len(page) <= 48 {
		return page
	}
	return page[:47] + "…"
}

// confirmed is the last column: what may be delivered, and what was compared.
func confirmed(client guichet.Client, req guichet.PaymentRequest, payment *guichet.Payment, err error) string {
	if err != nil {
		return "no: do not deliver"
	}
	order, amount := expected(client, req, payment)
	switch {
	case amount == guichet.Money{}:
		return "order only: amount check waived, this status names none"
	case order == "":
		return amount.String() + " (order check waived, this status names none)"
	}
	return amount.String()
}
