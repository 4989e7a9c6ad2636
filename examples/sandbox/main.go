// Command sandbox runs the four fake providers on fixed loopback ports, so that a
// program in any language can be pointed at them: no account, no key, no money.
//
//	go run ./examples/sandbox
//
// It prints the base URLs, the keys and curl lines to try, and runs until
// interrupted. Pay or decline on the checkout page, in a browser.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/guichetpay/guichet/caurisflux/caurisfluxtest"
	"github.com/guichetpay/guichet/ligdicash/ligdicashtest"
	"github.com/guichetpay/guichet/lomi/lomitest"
	"github.com/guichetpay/guichet/lygos/lygostest"
)

// defaultPort is Lygos's; the others follow it.
const defaultPort = 4101

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	port := flag.Int("port", defaultPort, "the first of four ports on 127.0.0.1")
	flag.Parse()
	if err := run(ctx, *port, os.Stdout, func() {}); err != nil {
		fmt.Fprintln(os.Stderr, "sandbox:", err)
		os.Exit(1)
	}
}

// simulator is one fake provider and how to talk to it.
type simulator struct {
	name    string
	base    string // path below the host
	handler interface {
		http.Handler
		Close()
	}
	headers []string // what authenticates
	secret  string   // of its webhooks; "" where there is none
	curls   []string // method, path and body of the calls to try
}

func simulators() []simulator {
	s1, s2, s3, s4 := lygostest.NewServer(), lomitest.NewServer(), ligdicashtest.NewServer(), caurisfluxtest.NewServer()
	c1, c2, c3, c4 := s1.Config(), s2.Config(), s3.Config(), s4.Config()
	return []simulator{
		{"Lygos", "/v1", s1, []string{"api-key: " + c1.APIKey}, c1.WebhookSecret, []string{
			`POST /gateway {"amount":5000,"shop_name":"Mon Magasin","order_id":"CMD-1"}`,
			`GET /gateway/payin/CMD-1`,
		}},
		{"lomi.", "", s2, []string{"X-API-KEY: " + c2.APIKey}, c2.WebhookSecret, []string{
			`POST /checkout-sessions {"amount":5000,"currency_code":"XOF","metadata":{"order_id":"CMD-1"}}`,
			`GET /checkout-sessions`,
		}},
		{"LigdiCash", "", s3, []string{"Apikey: " + c3.APIKey, "Authorization: Bearer " + c3.AuthToken, "Accept: application/json", "Content-Type: application/json"}, "", []string{
			`POST /pay/v01/redirect/checkout-invoice/create {"commande":{"invoice":{"items":[],"total_amount":5000,"devise":"XOF","description":"CMD-1","customer":"","customer_firstname":"","customer_lastname":"","customer_email":"","external_id":"","otp":""},"store":{"name":"Mon Magasin","website_url":"https://shop.example"},"actions":{"cancel_url":"","return_url":"","callback_url":""},"custom_data":{"transaction_id":"CMD-1"}}}`,
			`GET /pay/v01/redirect/checkout-invoice/confirm/?invoiceToken=TOKEN`,
		}},
		{"CaurisFlux", "/api/v1", s4, []string{"X-API-Key: " + c4.PublicKey + ":" + c4.SecretKey}, c4.WebhookSecret, []string{
			`POST /payments/initiate {"type":"checkout","amount":5000,"currency":"XOF","externalReference":"CMD-1"}`,
			`GET /payments/status/TX000007272`,
		}},
	}
}

// run serves until ctx ends; ready is called when all four answer.
func run(ctx context.Context, port int, stdout io.Writer, ready func()) error {
	all := simulators()
	for _, s := range all {
		defer s.handler.Close()
	}
	failed := make(chan error, len(all))
	for i, s := range all {
		address := net.JoinHostPort("127.0.0.1", strconv.Itoa(port+i))
		listener, err := net.Listen("tcp", address)
		if err != nil {
			return fmt.Errorf("%s cannot listen on %s: is the port taken? Choose others with -port", s.name, address)
		}
		server := &http.Server{Handler: s.handler, ReadHeaderTimeout: 10 * time.Second}
		defer server.Close()
		go func() { failed <- server.Serve(listener) }()
	}
	describe(stdout, all, port)
	ready()
	select {
	case <-ctx.Done():
		fmt.Fprintln(stdout, "\nstopped")
		return nil
	case err := <-failed:
		return errors.Join(errors.New("a server stopped"), err)
	}
}

func describe(w io.Writer, all []simulator, port int) {
	fmt.Fprint(w, "Four fake providers on this machine. No account, no key, no money. Stop with Ctrl-C.\n\n")
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "PROVIDER\tBASE URL\tSEND\tWEBHOOK SECRET")
	for i, s := range all {
		for j, header := range s.headers {
			name, base, secret := s.name, baseURL(s, port+i), s.secret
			if secret == "" {
				secret = "unsigned"
			}
			if j > 0 {
				name, base, secret = "", "", ""
			}
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", name, base, header, secret)
		}
	}
	table.Flush()
	fmt.Fprintln(w, "\nTry:")
	for i, s := range all {
		fmt.Fprintf(w, "\n# %s\n", s.name)
		for _, call := range s.curls {
			fmt.Fprintln(w, curl(s, port+i, call))
		}
	}
}

func baseURL(s simulator, port int) string { return fmt.Sprintf("http://127.0.0.1:%d%s", port, s.base) }

// curl writes a call as a line for the shell.
func curl(s simulator, port int, call string) string {
	method, rest, _ := strings.Cut(call, " ")
	path, body, _ := strings.Cut(rest, " ")
	line := fmt.Sprintf("curl -X %s '%s%s'", method, baseURL(s, port), path)
	for _, header := range s.headers {
		line += " -H '" + header + "'"
	}
	if body != "" && !strings.Contains(line, "Content-Type") {
		line += " -H 'Content-Type: application/json'"
	}
	if body != "" {
		line += " -d '" + body + "'"
	}
	return line
}
