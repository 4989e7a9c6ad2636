// Command checkout takes a payment from the first call to the decision to
// deliver.
//
// Without arguments it starts the four fake providers inside this process and
// plays the customer as well: no account, no key, no money.
//
//	go run ./examples/checkout
//
// With -provider and that provider's keys in the environment the same code takes
// a real payment, in the provider's sandbox or in production, as the keys say:
//
//	LYGOS_API_KEY=… go run ./examples/checkout -provider lygos -amount 500 -currency XAF
package main

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/guichetpay/guichet"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr))
}

// Exit codes.
const (
	exitOK    = 0
	exitError = 1 // the payment did not go through
	exitUsage = 2 // nothing was sent
)

// settings are the flags.
type settings struct {
	provider                 string
	amount, currency, order  string
	phone, operator, country string
	wait                     time.Duration
}

// run is main without the process around it; opts let the tests aim the live
// path at a fake.
func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer, opts ...guichet.Option) int {
	var s settings
	flags := flag.NewFlagSet("checkout", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&s.provider, "provider", "", "lygos, lomi, ligdicash or caurisflux; empty: all four, faked")
	flags.StringVar(&s.amount, "amount", "500", "in major units: 500, or 12.50 for EUR")
	flags.StringVar(&s.currency, "currency", "XOF", "ISO 4217 code")
	flags.StringVar(&s.order, "order", "", "your reference; empty: a random one")
	flags.StringVar(&s.phone, "phone", "", "prompt this phone instead of a hosted page, such as +22890000000")
	flags.StringVar(&s.operator, "operator", "", "the provider's code of the phone's operator")
	flags.StringVar(&s.country, "country", "", "the phone's country, such as TG")
	flags.DurationVar(&s.wait, "wait", 15*time.Minute, "how long to wait for the customer")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return exitOK
	case err != nil:
		return exitUsage
	case flags.NArg() > 0:
		fmt.Fprintln(stderr, "checkout: arguments without a flag are not understood")
		return exitUsage
	}
	if s.provider == "" {
		if flags.NFlag() > 0 {
			fmt.Fprintln(stderr, "checkout: the flags need -provider; without it the demonstration runs on fakes")
			return exitUsage
		}
		if err := demo(ctx, stdout); err != nil {
			fmt.Fprintln(stderr, "checkout:", err)
			return exitError
		}
		return exitOK
	}
	return live(ctx, s, getenv, stdout, stderr, opts...)
}

// pay is what a merchant's backend does: create, send the customer to pay, wait,
// and ask whether to deliver. created is called as soon as the payment exists:
// that is where a shop stores payment.ID with the order. It is not called for a
// payment that comes back beside an error: that one exists, but not as asked, and a
// phone may be asking for it already. A shop keeps its ID for a person and does not
// try again, or the customer pays twice.
func pay(ctx context.Context, client guichet.Client, req guichet.PaymentRequest, poll guichet.Poll, created func(*guichet.Payment)) (*guichet.Payment, error) {
	payment, err := client.CreatePayment(ctx, req)
	if err != nil {
		return payment, err
	}
	created(payment)
	payment, err = guichet.Wait(ctx, client, payment.ID, poll)
	if err != nil {
		return payment, err
	}
	order, amount := expected(client, req, payment)
	return payment, payment.Confirms(order, amount)
}

// expected is what Confirms compares with. A provider whose status does not name
// the order or the amount leaves only the other check, visibly. What this status
// does name counts, promised or not: one that names another order is somebody
// else's payment.
func expected(client guichet.Client, req guichet.PaymentRequest, payment *guichet.Payment) (string, guichet.Money) {
	order, amount := req.Reference, req.Amount
	if d, ok := client.(guichet.Describer); ok {
		if !d.Capabilities().StatusReference && payment.Reference == "" {
			order = ""
		}
		if !d.Capabilities().StatusAmount && payment.Amount == (guichet.Money{}) {
			amount = guichet.Money{}
		}
	}
	return order, amount
}

// newOrder is unguessable, because whoever knows a reference can ask about it.
func newOrder() string { return "CMD-" + rand.Text()[:12] }

// short shows enough of an id to recognise it, not enough to use it.
func short(id string) string {
	if len(id) <= 12 {
		return id
	}
	return id[:8] + "…"
}
