package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/caurisflux"
	"github.com/guichetpay/guichet/ligdicash"
	"github.com/guichetpay/guichet/lomi"
	"github.com/guichetpay/guichet/lygos"
)

const shopName, shopURL = "guichet checkout", "https://shop.example"

// askEvery is how often the progress line is written; the cashier asks no more often.
const askEvery = 3 * time.Second

// account is how one provider's client is made from the environment.
type account struct {
	name      string
	variables []string
	connect   func(value map[string]string, opts ...guichet.Option) (guichet.Provider, error)
}

// A real shop imports one provider; this program shows all four.
var accounts = []account{
	{"lygos", []string{"LYGOS_API_KEY"}, func(v map[string]string, opts ...guichet.Option) (guichet.Provider, error) {
		return lygos.New(lygos.Config{APIKey: v["LYGOS_API_KEY"], ShopName: shopName}, opts...)
	}},
	{"lomi", []string{"LOMI_API_KEY"}, func(v map[string]string, opts ...guichet.Option) (guichet.Provider, error) {
		return lomi.New(lomi.Config{APIKey: v["LOMI_API_KEY"]}, opts...)
	}},
	{"ligdicash", []string{"LIGDICASH_API_KEY", "LIGDICASH_API_TOKEN"}, func(v map[string]string, opts ...guichet.Option) (guichet.Provider, error) {
		return ligdicash.New(ligdicash.Config{
			APIKey: v["LIGDICASH_API_KEY"], AuthToken: v["LIGDICASH_API_TOKEN"], StoreName: shopName, StoreURL: shopURL,
		}, opts...)
	}},
	{"caurisflux", []string{"CAURISFLUX_PUBLIC_KEY", "CAURISFLUX_SECRET_KEY"}, func(v map[string]string, opts ...guichet.Option) (guichet.Provider, error) {
		return caurisflux.New(caurisflux.Config{PublicKey: v["CAURISFLUX_PUBLIC_KEY"], SecretKey: v["CAURISFLUX_SECRET_KEY"]}, opts...)
	}},
}

// live takes one payment with a real account.
func live(ctx context.Context, s settings, getenv func(string) string, stdout, stderr io.Writer, opts ...guichet.Option) int {
	fail := func(format string, args ...any) int {
		fmt.Fprintf(stderr, "checkout: "+format+"\n", args...)
		return exitError
	}
	provider, order, err := prepare(s, getenv, opts...)
	var shop *shop
	if err == nil {
		shop, err = newShop(map[string]guichet.Provider{s.provider: provider})
	}
	if err != nil {
		fail("%v", err)
		return exitUsage
	}
	ctx, cancel := context.WithTimeout(ctx, s.wait)
	attempt, err := shop.cashier.Pay(ctx, order, s.provider)
	refused := new(guichet.Error)
	switch {
	case err == nil:
	case errors.Is(err, guichet.ErrUnknownOutcome):
		cancel()
		return fail("%v\nThe payment may exist: look for the reference %s in the provider's dashboard. In a shop, whose ledger outlives the process, the customer presses Pay again.", err, attempt.Reference)
	case errors.As(err, &refused) && refused.HTTPStatus == 0 && (errors.Is(err, guichet.ErrInvalidRequest) || errors.Is(err, guichet.ErrUnsupported)):
		cancel()
		fail("%v", err)
		return exitUsage
	default:
		cancel()
		return fail("%v", err)
	}
	var running sync.WaitGroup
	running.Go(func() { shop.cashier.Run(ctx) }) // tells troubles, and asks when nobody looks
	defer running.Wait()
	defer cancel()

	fmt.Fprintf(stdout, "%s: order %s, %v\n", s.provider, order.ID, attempt.Amount)
	fmt.Fprintln(stdout, "reference:", attempt.Reference)
	if attempt.CheckoutURL != "" {
		fmt.Fprintln(stdout, "open this page and pay:", attempt.CheckoutURL)
	} else {
		fmt.Fprintln(stdout, strings.TrimSpace("confirm on the phone. "+attempt.Instruction.EN))
	}
	for start := time.Now(); ; {
		attempt, err = shop.cashier.Refresh(ctx, attempt.Reference)
		if ctx.Err() == nil {
			fmt.Fprintf(stdout, "\rwaiting %3ds: %-24s", int(time.Since(start).Seconds()), progress(attempt, err))
		}
		switch attempt.State {
		case guichet.AttemptDelivered:
			fmt.Fprintf(stdout, "\npaid: deliver order %s, %v\n", order.ID, attempt.Amount)
			return exitOK
		case guichet.AttemptReleased, guichet.AttemptClosed:
			fmt.Fprintln(stdout)
			return fail("the payment is %s: do not deliver", word(attempt))
		case guichet.AttemptHeld:
			fmt.Fprintln(stdout)
			return fail("a person has to look: another amount was paid, or the money went back; do not deliver")
		}
		select {
		case <-ctx.Done():
			fmt.Fprintln(stdout)
			return fail("stopped waiting; the customer may still pay. This program's ledger ends with it, so nobody asks any more: look for the reference %s in the provider's dashboard", attempt.Reference)
		case <-time.After(askEvery):
		}
	}
}

// progress says what the last question found out.
func progress(a guichet.Attempt, err error) string {
	if err != nil {
		return "no answer yet"
	}
	return word(a)
}

func word(a guichet.Attempt) string {
	if a.Status == guichet.StatusUnknown {
		return fmt.Sprintf("unknown (%q)", a.ProviderStatus)
	}
	return string(a.Status)
}

// prepare reads flags and environment; whatever is wrong with them is said
// before anything is sent.
func prepare(s settings, getenv func(string) string, opts ...guichet.Option) (provider guichet.Provider, order guichet.Order, err error) {
	var chosen account
	for _, a := range accounts {
		if a.name == s.provider {
			chosen = a
		}
	}
	if chosen.name == "" {
		return nil, order, fmt.Errorf("-provider must be lygos, lomi, ligdicash or caurisflux")
	}
	values := map[string]string{}
	for _, name := range chosen.variables {
		if values[name] = getenv(name); values[name] == "" {
			return nil, order, fmt.Errorf("%s is not set in the environment", name)
		}
	}
	amount, err := guichet.ParseMoney(s.amount, guichet.Currency(s.currency))
	if err != nil {
		return nil, order, fmt.Errorf("-amount %q -currency %q is not an amount, such as 500 XOF or 12.50 EUR", s.amount, s.currency)
	}
	if s.order == "" {
		s.order = newOrder()
	}
	order = hosted(s.order, amount)
	if s.phone != "" {
		order.Request.MobileMoney = &guichet.MobileMoney{Phone: s.phone, Operator: s.operator, Country: s.country, OTP: s.otp}
		order.Request.SuccessURL, order.Request.CancelURL = "", ""
	} else if s.operator != "" || s.country != "" || s.otp != "" {
		return nil, order, fmt.Errorf("-operator, -country and -otp go with -phone")
	}
	provider, err = chosen.connect(values, opts...)
	return provider, order, err
}
