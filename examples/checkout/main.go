// Command checkout takes payments with a guichet.Cashier, from the click on "Pay" to
// the delivery.
//
// Without arguments it starts the four fake providers inside this process and plays the
// customers as well: no account, no key, no money.
//
//	go run ./examples/checkout
//
// With -provider and that provider's keys in the environment the same code takes a real
// payment, in the provider's sandbox or in production, as the keys say:
//
//	LYGOS_API_KEY=… go run ./examples/checkout -provider lygos -amount 500 -currency XAF
//
// shop.go is the part to copy. The ledger is in memory here, so that no database is
// needed: it ends with the process. A shop uses guichet.NewSQLLedger, and goes on with
// every payment after it was killed; the README has such a shop whole.
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
	"strings"
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
	provider                      string
	amount, currency, order       string
	phone, operator, country, otp string
	wait                          time.Duration
}

// run is main without the process around it; opts let the tests aim the live
// path at a fake.
func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer, opts ...guichet.Option) int {
	var s settings
	flags := flag.NewFlagSet("checkout", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&s.provider, "provider", "", "lygos, lomi, ligdicash or caurisflux; empty: all four, faked")
	flags.StringVar(&s.amount, "amount", "500", "in major units: 500, or 12.50 for EUR")
	flags.StringVar(&s.currency, "currency", "XOF", "ISO 4217 code")
	flags.StringVar(&s.order, "order", "", "your order's id; empty: a random one")
	flags.StringVar(&s.phone, "phone", "", "prompt this phone instead of a hosted page, such as +22890000000")
	flags.StringVar(&s.operator, "operator", "", "the provider's code of the phone's operator")
	flags.StringVar(&s.country, "country", "", "the phone's country, such as TG")
	flags.StringVar(&s.otp, "otp", "", "the customer's one-time code, where the operator wants one")
	flags.DurationVar(&s.wait, "wait", 15*time.Minute, "how long to wait for the customer")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		help(flags, stdout)
		return exitOK
	case err != nil:
		fmt.Fprintf(stderr, "checkout: %v (-h lists the flags)\n", err)
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

// help names the flags and the environment variables.
func help(flags *flag.FlagSet, w io.Writer) {
	fmt.Fprintf(w, "Without flags: a demonstration with four fake providers, no account, no key, no money.\nWith -provider: one payment with your account.\n\n")
	flags.SetOutput(w)
	flags.PrintDefaults()
	fmt.Fprintf(w, "\nKeys come from the environment:\n")
	for _, a := range accounts {
		fmt.Fprintf(w, "  -provider %-10s  %s\n", a.name, strings.Join(a.variables, ", "))
	}
}

// newOrder is a random order id.
func newOrder() string { return "CMD-" + rand.Text()[:12] }

// short shows enough of an id to recognise it, not enough to use it.
func short(id string) string {
	if len(id) <= 12 {
		return id
	}
	return id[:8] + "…"
}
