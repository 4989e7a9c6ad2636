package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/caurisflux"
	"github.com/guichetpay/guichet/ligdicash"
	"github.com/guichetpay/guichet/lomi"
	"github.com/guichetpay/guichet/lygos"
)

const shopName, shopURL = "guichet checkout", "https://shop.example"

// account is how one provider's client is made from the environment.
type account struct {
	variables []string
	connect   func(value map[string]string, opts ...guichet.Option) (guichet.Client, error)
}

// A real shop imports one provider; this program shows all four.
var accounts = map[string]account{
	"lygos": {[]string{"LYGOS_API_KEY"}, func(v map[string]string, opts ...guichet.Option) (guichet.Client, error) {
		return lygos.New(lygos.Config{APIKey: v["LYGOS_API_KEY"], ShopName: shopName}, opts...)
	}},
	"lomi": {[]string{"LOMI_API_KEY"}, func(v map[string]string, opts ...guichet.Option) (guichet.Client, error) {
		return lomi.New(lomi.Config{APIKey: v["LOMI_API_KEY"]}, opts...)
	}},
	"ligdicash": {[]string{"LIGDICASH_API_KEY", "LIGDICASH_API_TOKEN"}, func(v map[string]string, opts ...guichet.Option) (guichet.Client, error) {
		return ligdicash.New(ligdicash.Config{
			APIKey: v["LIGDICASH_API_KEY"], AuthToken: v["LIGDICASH_API_TOKEN"], StoreName: shopName, StoreURL: shopURL,
		}, opts...)
	}},
	"caurisflux": {[]string{"CAURISFLUX_PUBLIC_KEY", "CAURISFLUX_SECRET_KEY"}, func(v map[string]string, opts ...guichet.Option) (guichet.Client, error) {
		return caurisflux.New(caurisflux.Config{PublicKey: v["CAURISFLUX_PUBLIC_KEY"], SecretKey: v["CAURISFLUX_SECRET_KEY"]}, opts...)
	}},
}

// live takes one payment with a real account.
func live(ctx context.Context, s settings, getenv func(string) string, stdout, stderr io.Writer, opts ...guichet.Option) int {
	client, req, err := prepare(s, getenv, opts...)
	if err != nil {
		fmt.Fprintln(stderr, "checkout:", err)
		return exitUsage
	}
	ctx, cancel := context.WithTimeout(ctx, s.wait)
	defer cancel()
	fmt.Fprintf(stdout, "%s: order %s, %v\n", s.provider, req.Reference, req.Amount)
	start := time.Now()
	payment, err := pay(ctx, watched{client, stdout, start}, req, guichet.Poll{}, func(p *guichet.Payment) {
		fmt.Fprintln(stdout, "payment", short(p.ID))
		if p.CheckoutURL != "" {
			fmt.Fprintln(stdout, "open this page and pay:", p.CheckoutURL)
		} else {
			fmt.Fprintln(stdout, "approve the request on the phone")
		}
	})
	fmt.Fprintln(stdout)
	sent := new(guichet.Error)
	switch {
	case err == nil:
		fmt.Fprintf(stdout, "paid: deliver order %s (%s)\n", req.Reference, checked(client, req, payment))
		return exitOK
	case errors.Is(err, guichet.ErrUnknownOutcome):
		fmt.Fprintf(stderr, "checkout: %v\nNobody knows whether the payment exists: look order %s up with the provider before anything else.\n", err, req.Reference)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		fmt.Fprintf(stderr, "checkout: stopped waiting; the customer may still pay order %s: ask for its status later\n", req.Reference)
	case errors.Is(err, guichet.ErrMismatch) && payment != nil && payment.Status != guichet.StatusSucceeded:
		fmt.Fprintf(stderr, "checkout: the payment is %s: do not deliver\n", payment.Status)
	case errors.As(err, &sent) && sent.HTTPStatus == 0 &&
		(errors.Is(err, guichet.ErrInvalidRequest) || errors.Is(err, guichet.ErrUnsupported)):
		fmt.Fprintln(stderr, "checkout:", err)
		return exitUsage
	default:
		fmt.Fprintln(stderr, "checkout:", err)
	}
	return exitError
}

// prepare reads flags and environment; whatever is wrong with them is said
// before anything is sent.
func prepare(s settings, getenv func(string) string, opts ...guichet.Option) (guichet.Client, guichet.PaymentRequest, error) {
	req := guichet.PaymentRequest{Reference: s.order, Description: "Commande de démonstration"}
	account, ok := accounts[s.provider]
	if !ok {
		return nil, req, fmt.Errorf("-provider must be lygos, lomi, ligdicash or caurisflux")
	}
	values := map[string]string{}
	for _, name := range account.variables {
		if values[name] = getenv(name); values[name] == "" {
			return nil, req, fmt.Errorf("%s is not set in the environment", name)
		}
	}
	amount, err := guichet.ParseMoney(s.amount, guichet.Currency(s.currency))
	if err != nil {
		return nil, req, fmt.Errorf("-amount %q -currency %q is not an amount, such as 500 XOF or 12.50 EUR", s.amount, s.currency)
	}
	req.Amount = amount
	if s.order == "" {
		req.Reference = newOrder()
	}
	if s.phone != "" {
		req.MobileMoney = &guichet.MobileMoney{Phone: s.phone, Operator: s.operator, Country: s.country}
	} else if s.operator != "" || s.country != "" {
		return nil, req, fmt.Errorf("-operator and -country go with -phone")
	} else {
		req.SuccessURL, req.CancelURL = shopURL+"/paid", shopURL+"/canceled"
	}
	client, err := account.connect(values, opts...)
	return client, req, err
}

// checked says which of the two comparisons Confirms made.
func checked(client guichet.Client, req guichet.PaymentRequest, payment *guichet.Payment) string {
	order, amount := expected(client, req, payment)
	switch {
	case order == "":
		return "amount checked; this provider's status does not name the order"
	case amount == guichet.Money{}:
		return "order checked; this provider's status does not name the amount"
	}
	return "order and amount checked"
}

// watched shows a progress line at each question.
type watched struct {
	guichet.Client
	out   io.Writer
	start time.Time
}

func (w watched) GetStatus(ctx context.Context, id string) (*guichet.Payment, error) {
	p, err := w.Client.GetStatus(ctx, id)
	state := "no answer yet"
	if err == nil {
		if state = string(p.Status); p.Status == guichet.StatusUnknown {
			state = fmt.Sprintf("unknown (%q)", p.ProviderStatus)
		}
	}
	fmt.Fprintf(w.out, "\rwaiting %3ds: %-24s", int(time.Since(w.start).Seconds()), state)
	return p, err
}

// Capabilities are the provider's own.
func (w watched) Capabilities() guichet.Capabilities {
	if d, ok := w.Client.(guichet.Describer); ok {
		return d.Capabilities()
	}
	return guichet.Capabilities{}
}
