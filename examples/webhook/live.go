package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/caurisflux"
	"github.com/guichetpay/guichet/ligdicash"
	"github.com/guichetpay/guichet/lomi"
	"github.com/guichetpay/guichet/lygos"
)

// accounts make a provider's client from the environment. A real shop imports
// one of them.
var accounts = map[string]func(env func(string) string, opts ...guichet.Option) (client, error){
	"lygos": func(env func(string) string, opts ...guichet.Option) (client, error) {
		return lygos.New(lygos.Config{APIKey: env("LYGOS_API_KEY"), ShopName: "guichet webhook", WebhookSecret: env("LYGOS_WEBHOOK_SECRET")}, opts...)
	},
	"lomi": func(env func(string) string, opts ...guichet.Option) (client, error) {
		return lomi.New(lomi.Config{APIKey: env("LOMI_API_KEY"), WebhookSecret: env("LOMI_WEBHOOK_SECRET")}, opts...)
	},
	"ligdicash": func(env func(string) string, opts ...guichet.Option) (client, error) {
		return ligdicash.New(ligdicash.Config{
			APIKey: env("LIGDICASH_API_KEY"), AuthToken: env("LIGDICASH_API_TOKEN"),
			StoreName: "guichet webhook", StoreURL: "https://shop.example",
		}, opts...)
	},
	"caurisflux": func(env func(string) string, opts ...guichet.Option) (client, error) {
		return caurisflux.New(caurisflux.Config{
			PublicKey: env("CAURISFLUX_PUBLIC_KEY"), SecretKey: env("CAURISFLUX_SECRET_KEY"), WebhookSecret: env("CAURISFLUX_WEBHOOK_SECRET"),
		}, opts...)
	},
}

var errUsage = errors.New("usage")

// listen receives the webhooks of a real account about one order, until ctx ends.
// ready is told the address.
func listen(ctx context.Context, args []string, env func(string) string, stdout, stderr io.Writer, ready func(string), opts ...guichet.Option) error {
	flags := flag.NewFlagSet("webhook", flag.ContinueOnError)
	flags.SetOutput(stderr)
	name := flags.String("provider", "", "lygos, lomi, ligdicash or caurisflux")
	address := flags.String("listen", "127.0.0.1:8080", "where to listen; providers need https in front of it")
	id := flags.String("order", "", "the order that is waited for")
	payment := flags.String("payment", "", "the Payment.ID that was stored with it")
	amount := flags.String("amount", "500", "its price in major units")
	currency := flags.String("currency", "XOF", "ISO 4217 code")
	if err := flags.Parse(args); err != nil {
		return errUsage
	}
	connect, ok := accounts[*name]
	switch {
	case !ok:
		return fmt.Errorf("%w: -provider must be lygos, lomi, ligdicash or caurisflux", errUsage)
	case *id == "" || *payment == "" || flags.NArg() > 0:
		return fmt.Errorf("%w: -order and -payment are needed, and nothing without a flag", errUsage)
	}
	price, err := guichet.ParseMoney(*amount, guichet.Currency(*currency))
	if err != nil {
		return fmt.Errorf("%w: -amount and -currency must be an amount, such as 500 XOF", errUsage)
	}
	client, err := connect(env, opts...)
	if err != nil {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	shop := newShop(func(format string, args ...any) { fmt.Fprintf(stdout, format+"\n", args...) })
	shop.add(order{ID: *id, PaymentID: *payment, Price: price})
	listener, err := net.Listen("tcp", *address)
	if err != nil {
		return fmt.Errorf("cannot listen on %s: is the port taken?", *address)
	}
	server := &http.Server{Handler: guichet.WebhookHandler(client, shop.handler(client)), ReadHeaderTimeout: 10 * time.Second}
	stop := context.AfterFunc(ctx, func() { server.Close() })
	defer stop()
	fmt.Fprintf(stdout, "waiting for %s on http://%s\n", *name, listener.Addr())
	ready("http://" + listener.Addr().String())
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
