package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/caurisflux"
	"github.com/guichetpay/guichet/ligdicash"
	"github.com/guichetpay/guichet/lomi"
	"github.com/guichetpay/guichet/lygos"
)

// account is how one provider's client is made from the environment.
type account struct {
	name      string
	variables []string
	connect   func(env func(string) string, opts ...guichet.Option) (guichet.Provider, error)
}

// A real shop imports one provider; this program shows all four.
var accounts = []account{
	{"lygos", []string{"LYGOS_API_KEY", "LYGOS_WEBHOOK_SECRET"}, func(env func(string) string, opts ...guichet.Option) (guichet.Provider, error) {
		return lygos.New(lygos.Config{APIKey: env("LYGOS_API_KEY"), ShopName: "guichet webhook", WebhookSecret: env("LYGOS_WEBHOOK_SECRET")}, opts...)
	}},
	{"lomi", []string{"LOMI_API_KEY", "LOMI_WEBHOOK_SECRET"}, func(env func(string) string, opts ...guichet.Option) (guichet.Provider, error) {
		return lomi.New(lomi.Config{APIKey: env("LOMI_API_KEY"), WebhookSecret: env("LOMI_WEBHOOK_SECRET")}, opts...)
	}},
	{"ligdicash", []string{"LIGDICASH_API_KEY", "LIGDICASH_API_TOKEN"}, func(env func(string) string, opts ...guichet.Option) (guichet.Provider, error) {
		return ligdicash.New(ligdicash.Config{
			APIKey: env("LIGDICASH_API_KEY"), AuthToken: env("LIGDICASH_API_TOKEN"),
			StoreName: "guichet webhook", StoreURL: "https://shop.example",
		}, opts...)
	}},
	{"caurisflux", []string{"CAURISFLUX_PUBLIC_KEY", "CAURISFLUX_SECRET_KEY", "CAURISFLUX_WEBHOOK_SECRET"}, func(env func(string) string, opts ...guichet.Option) (guichet.Provider, error) {
		return caurisflux.New(caurisflux.Config{
			PublicKey: env("CAURISFLUX_PUBLIC_KEY"), SecretKey: env("CAURISFLUX_SECRET_KEY"), WebhookSecret: env("CAURISFLUX_WEBHOOK_SECRET"),
		}, opts...)
	}},
}

// askEvery is how often the plain shop asks by itself.
const askEvery = 30 * time.Second

var errUsage = errors.New("usage")

func usage(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{errUsage}, args...)...)
}

// help names the flags and the environment variables.
func help(flags *flag.FlagSet, w io.Writer) {
	fmt.Fprint(w, "Without flags: a demonstration with four fake providers, no account, no key, no money.\nWith -provider: one payment with your account, and its webhooks.\n\n")
	flags.SetOutput(w)
	flags.PrintDefaults()
	fmt.Fprint(w, "\nKeys and webhook secrets come from the environment:\n")
	for _, a := range accounts {
		fmt.Fprintf(w, "  -provider %-10s  %s\n", a.name, strings.Join(a.variables, ", "))
	}
}

// listen takes one payment of a real account and receives its webhooks, until ctx ends.
// With -payment it goes on with a payment that exists. ready is told the address.
func listen(ctx context.Context, args []string, env func(string) string, stdout io.Writer, ready func(url string), opts ...guichet.Option) error {
	flags := flag.NewFlagSet("webhook", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	name := flags.String("provider", "", "lygos, lomi, ligdicash or caurisflux")
	address := flags.String("listen", "127.0.0.1:8080", "host and port to listen on; providers need https in front of it")
	order := flags.String("order", "", "your order's id; empty: a random one")
	amount := flags.String("amount", "500", "its price in major units")
	currency := flags.String("currency", "XOF", "ISO 4217 code")
	reference := flags.String("reference", "", "go on with a payment: the reference that was printed")
	payment := flags.String("payment", "", "go on with a payment: the id that was printed")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		help(flags, stdout)
		return err
	case err != nil:
		return usage("%w (-h lists the flags)", err)
	}
	var chosen account
	for _, a := range accounts {
		if a.name == *name {
			chosen = a
		}
	}
	switch _, _, err := net.SplitHostPort(*address); {
	case chosen.name == "":
		return usage("-provider must be lygos, lomi, ligdicash or caurisflux")
	case flags.NArg() > 0:
		return usage("arguments without a flag are not understood")
	case (*reference == "") != (*payment == ""):
		return usage("-reference and -payment go together")
	case err != nil:
		return usage("-listen %q: write a host and a port, such as 127.0.0.1:8080, or :8080 for every address of this machine", *address)
	}
	price, err := guichet.ParseMoney(*amount, guichet.Currency(*currency))
	if err != nil {
		return usage("-amount and -currency must be an amount, such as 500 XOF")
	}
	client, err := chosen.connect(env, opts...)
	if err != nil {
		return usage("%w", err)
	}
	listener, err := net.Listen("tcp", *address)
	if err != nil {
		return fmt.Errorf("cannot listen on %s: %w", *address, err)
	}
	defer listener.Close()

	ctx, done := context.WithCancel(ctx)
	var running sync.WaitGroup
	defer running.Wait()
	defer done()
	var mu sync.Mutex
	say := func(format string, args ...any) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintf(stdout, format+"\n", args...)
	}
	id := cmp.Or(*order, "CMD-"+rand.Text()[:12])
	var handler http.Handler
	if *payment != "" {
		shop := newPlainShop(say)
		shop.store(attempt{OrderID: id, Reference: *reference, PaymentID: *payment, Amount: price})
		handle := shop.handler(client)
		handler = guichet.WebhookHandler(client, handle)
		running.Go(func() { // webhooks get lost, and may have come while nobody listened
			for ctx.Err() == nil {
				if a, _ := shop.find(&guichet.Event{Reference: *reference}); a.Delivered {
					return
				}
				handle(ctx, &guichet.Event{Reference: *reference})
				select {
				case <-ctx.Done():
				case <-time.After(askEvery):
				}
			}
		})
	} else {
		shop, err := newShop(map[string]guichet.Provider{*name: client}, say)
		if err != nil {
			return err
		}
		req := request()
		req.Amount = price
		a, err := shop.cashier.Pay(ctx, guichet.Order{ID: id, Request: req}, *name)
		if err != nil {
			return err
		}
		say("order %s: open this page and pay: %s", id, a.CheckoutURL)
		say("to go on after this process has ended: -order %s -reference %s -payment %s", id, a.Reference, a.PaymentID)
		handler = shop.cashier.Webhook(*name)
		running.Go(func() { shop.cashier.Run(ctx) })
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	stop := context.AfterFunc(ctx, func() { server.Close() })
	defer stop()
	say("waiting for %s on http://%s", *name, listener.Addr())
	ready("http://" + listener.Addr().String())
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
