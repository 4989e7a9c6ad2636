package guichet_test

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/caurisflux"
	"github.com/guichetpay/guichet/caurisflux/caurisfluxtest"
	"github.com/guichetpay/guichet/internal/fake"
	"github.com/guichetpay/guichet/ligdicash"
	"github.com/guichetpay/guichet/ligdicash/ligdicashtest"
	"github.com/guichetpay/guichet/lomi"
	"github.com/guichetpay/guichet/lomi/lomitest"
	"github.com/guichetpay/guichet/lygos"
	"github.com/guichetpay/guichet/lygos/lygostest"
)

// readmes are the READMEs, each with the words of its table.
var readmes = map[string]struct{ yes, account string }{
	"README.md":    {"yes", "the account's"},
	"README.fr.md": {"oui", "celles du compte"},
}

func readReadme(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	require.NoError(t, err)
	return string(text)
}

// snippet returns the Go code of a README that begins with start.
func snippet(t *testing.T, readme, start string) string {
	t.Helper()
	for _, match := range goSnippets.FindAllStringSubmatch(readReadme(t, readme), -1) {
		if strings.HasPrefix(match[1], start) {
			return match[1]
		}
	}
	require.FailNow(t, "no snippet", "%s shows none that begins with %q", readme, start)
	return ""
}

var goSnippets = regexp.MustCompile("(?s)```go\n(.*?)```")

// merchantPrograms writes files into a merchant's module and returns its folder.
func merchantPrograms(t *testing.T, sources map[string]string) string {
	t.Helper()
	dir := merchantModule(t)
	for name, source := range sources {
		file := filepath.Join(dir, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o700))
		require.NoError(t, os.WriteFile(file, []byte(source), 0o600))
	}
	return dir
}

func merchantGo(t *testing.T, dir string, args ...string) {
	t.Helper()
	c := exec.Command("go", args...)
	c.Dir, c.Env = dir, append(os.Environ(), "GOFLAGS=-mod=mod", "GOPROXY=off", "GOWORK=off")
	out, err := c.CombinedOutput()
	require.NoError(t, err, "go %v: %s", args, out)
}

// fragment is what surrounds the snippets that are not whole programs.
const fragment = `package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/caurisflux"
)

var (
	ctx    context.Context
	w      http.ResponseWriter
	ledger guichet.Ledger
	client  guichet.Provider
	cashier *guichet.Cashier
	order   guichet.Order
	err     error
	_       = errors.Is
	_       = fmt.Print
	_       = log.Print
	_       = os.Getenv
	_       = caurisflux.New
)

type attempt struct {
	OrderID, Reference, PaymentID string
	Amount                        guichet.Money
	Delivered                     bool
}

func deliver(context.Context, guichet.Attempt) error                   { return nil }
func tell(context.Context, guichet.Trouble) error                      { return nil }
func findAttempt(context.Context, *guichet.Event) (*attempt, error)    { return nil, nil }
func deliverOnce(_ context.Context, orderID string) error              { return nil }
func tellAPerson(_ context.Context, orderID string, err error) error   { return nil }

func main() {
SNIPPET
	UNUSED
}
`

// TestReadmeCompiles checks every Go snippet of the READMEs in a module of its own, as a
// merchant would.
func TestReadmeCompiles(t *testing.T) {
	declared := regexp.MustCompile(`(?m)^(\w+), err := `)
	sources := map[string]string{}
	for readme := range readmes {
		found := goSnippets.FindAllStringSubmatch(readReadme(t, readme), -1)
		require.Greater(t, len(found), 6, "%s shows no code", readme)
		for i, match := range found {
			source := match[1]
			if !strings.HasPrefix(source, "package ") {
				unused := "_ = err" // a snippet may leave what it made to the reader
				for _, name := range declared.FindAllStringSubmatch(source, -1) {
					unused += "; _ = " + name[1]
				}
				source = strings.NewReplacer("SNIPPET", source, "UNUSED", unused).Replace(fragment)
			}
			sources[fmt.Sprintf("%s/snippet%d/main.go", strings.ReplaceAll(readme, ".", ""), i)] = source
		}
	}
	merchantGo(t, merchantPrograms(t, sources), "vet", "./...")
}

// cases runs the switch of "When it fails" with what Pay can return; each case says its
// comment. Pay is the snippet's own call.
const cases = `package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/guichetpay/guichet"
)

type till struct {
	attempt guichet.Attempt
	err     error
}

func (t till) Pay(context.Context, guichet.Order, string) (guichet.Attempt, error) { return t.attempt, t.err }

func main() {
	kind := func(k error) error { return &guichet.Error{Kind: k} }
	in := func(s guichet.AttemptState) guichet.Attempt { return guichet.Attempt{State: s} }
	ctx, order := context.Background(), guichet.Order{}
	for _, cashier := range []till{
		{in(guichet.AttemptOpen), nil},
		{in(guichet.AttemptPaid), kind(guichet.ErrAlreadyPaid)},
		{in(guichet.AttemptCreating), &guichet.Error{Kind: guichet.ErrUnavailable, OutcomeUnknown: true}},
		{in(guichet.AttemptCreating), kind(guichet.ErrInProgress)},
		{in(guichet.AttemptOpen), kind(guichet.ErrConflict)},
		{in(guichet.AttemptHeld), kind(guichet.ErrConflict)},
		{in(guichet.AttemptClosed), kind(guichet.ErrUnsupported)},
		{in(guichet.AttemptClosed), kind(guichet.ErrDeclined)},
		{in(guichet.AttemptOpen), kind(guichet.ErrMismatch)},
		{in(guichet.AttemptReleased), &guichet.Error{Kind: guichet.ErrBadResponse, OutcomeUnknown: true}},
		{in(guichet.AttemptReleased), kind(guichet.ErrDeclined)},
		{guichet.Attempt{}, kind(guichet.ErrInvalidRequest)},
		{guichet.Attempt{}, errors.New("the database is down")},
	} {
SNIPPET
		fmt.Println()
	}
}
`

// TestReadmeFailures holds that the switch leaves nothing out, and tells apart what a
// shop must tell apart: only a nil error is a page to pay, and only a closed attempt lets
// another provider be tried.
func TestReadmeFailures(t *testing.T) {
	comment := regexp.MustCompile(`(?m)^\t// (.*)$`)
	for readme := range readmes {
		loud := comment.ReplaceAllString(snippet(t, readme, `attempt, err := cashier.Pay(ctx, order, "lygos")`+"\nswitch"), "\tfmt.Print(`$1`)")
		dir := merchantPrograms(t, map[string]string{"cases/main.go": strings.Replace(cases, "SNIPPET", loud, 1)})
		merchantGo(t, dir, "build", "-o", "said", "./cases")
		out, err := exec.Command(filepath.Join(dir, "said")).Output()
		require.NoError(t, err)
		said := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
		require.Len(t, said, 13)
		for i, group := range []int{0, 1, 2, 2, 3, 3, 4, 4, 5, 2, 5, 5, 5} { // rows of one group say the same
			assert.NotEmpty(t, said[i], "%s: row %d passes the switch by", readme, i)
			for j, other := range []int{0, 1, 2, 2, 3, 3, 4, 4, 5, 2, 5, 5, 5} {
				assert.Equal(t, group == other, said[i] == said[j], "%s: rows %d and %d: %q and %q", readme, i, j, said[i], said[j])
			}
		}
		assert.Contains(t, said[0], "CheckoutURL", readme)
	}
}

// fakeLygos stands in for package lygos in the README's shop: the same names, any of the
// four providers, a port of the system's choosing.
const fakeLygos = `package lygos

import (
	"database/sql"
	"fmt"
	"net"
	"net/http"
	"os"

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

type Config struct{ APIKey, WebhookSecret, ShopName string }

func New(Config) (guichet.Provider, error) {
	at := guichet.WithBaseURL(os.Getenv("TEST_BASE"))
	switch os.Getenv("TEST_PROVIDER") {
	case "lygos":
		s := lygostest.NewServer()
		defer s.Close()
		return lygos.New(s.Config(), at)
	case "lomi":
		s := lomitest.NewServer()
		defer s.Close()
		return lomi.New(s.Config(), at)
	case "ligdicash":
		s := ligdicashtest.NewServer()
		defer s.Close()
		return ligdicash.New(s.Config(), at)
	}
	s := caurisfluxtest.NewServer()
	defer s.Close()
	return caurisflux.New(s.Config(), at)
}

// Serve listens, and counts what is written.
func Serve(db *sql.DB) error {
	for _, statement := range []string{
		"CREATE TABLE IF NOT EXISTS orders (id TEXT PRIMARY KEY, price INTEGER, paid INTEGER)",
		"CREATE TABLE IF NOT EXISTS written (id TEXT)",
		"CREATE TRIGGER IF NOT EXISTS counted AFTER UPDATE ON orders BEGIN INSERT INTO written VALUES (new.id); END",
		"INSERT INTO orders VALUES ('CMD-1', 5000, 0), ('CMD-2', 5000, 0) ON CONFLICT DO NOTHING",
	} {
		if _, err := db.Exec(statement); err != nil {
			return err
		}
	}
	http.HandleFunc("GET /written", func(w http.ResponseWriter, r *http.Request) {
		var first, second int
		err := db.QueryRow("SELECT (SELECT COUNT(*) FROM written WHERE id = 'CMD-1'), (SELECT COUNT(*) FROM written WHERE id = 'CMD-2')").Scan(&first, &second)
		fmt.Fprint(w, first, second, err)
	})
	http.HandleFunc("GET /payment/{order}", func(w http.ResponseWriter, r *http.Request) {
		var id string
		err := db.QueryRow("SELECT payment_id FROM guichet_attempts WHERE order_id = ?", r.PathValue("order")).Scan(&id)
		fmt.Fprint(w, id)
		if err != nil {
			fmt.Fprint(w, err)
		}
	})
	http.HandleFunc("POST /raise", func(w http.ResponseWriter, r *http.Request) {
		_, err := db.Exec("UPDATE orders SET price = 50000 WHERE id = 'CMD-2'; DELETE FROM written")
		fmt.Fprint(w, err)
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println("http://" + listener.Addr().String())
	return http.Serve(listener, nil)
}
`

// simulated is a fake provider outside the shop's process, which it survives.
type simulated struct {
	base string
	fake interface {
		Pay(id string) error
		SendWebhook(url, id string) error
		Close()
	}
	creates func() int
}

func simulate(provider string) simulated {
	switch provider {
	case "lygos":
		s := lygostest.NewServer()
		return simulated{s.URL + "/v1", s, func() int { return posts(s.Requests()) }}
	case "lomi":
		s := lomitest.NewServer()
		return simulated{s.URL, s, func() int { return posts(s.Requests()) }}
	case "ligdicash":
		s := ligdicashtest.NewServer()
		return simulated{s.URL, s, func() int { return posts(s.Requests()) }}
	}
	s := caurisfluxtest.NewServer()
	return simulated{s.URL + "/api/v1", s, func() int { return posts(s.Requests()) }}
}

func posts(requests []fake.Request) (n int) {
	for _, r := range requests {
		if r.Method == http.MethodPost {
			n++
		}
	}
	return n
}

// process is the README's shop while it runs.
type process struct {
	t    *testing.T
	url  string
	kill func()
}

func startShop(t *testing.T, program, dir, provider, base string) *process {
	t.Helper()
	c := exec.Command(program)
	c.Dir, c.Env = dir, append(os.Environ(), "TEST_PROVIDER="+provider, "TEST_BASE="+base)
	var said strings.Builder
	c.Stderr = &said
	stdout, err := c.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, c.Start())
	kill := sync.OnceFunc(func() {
		c.Process.Kill() // no time to tidy up
		c.Wait()
	})
	t.Cleanup(kill)
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		kill()
		require.NoError(t, err, said.String())
	}
	return &process{t, strings.TrimSpace(line), kill}
}

// do makes a request without following a redirect.
func (p *process) do(method, path string) (status int, location, body string) {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), method, p.url+path, nil)
	require.NoError(p.t, err)
	res, err := http.DefaultTransport.RoundTrip(r)
	require.NoError(p.t, err)
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	require.NoError(p.t, err)
	return res.StatusCode, res.Header.Get("Location"), string(text)
}

// TestReadmeShop runs the README's shop with each provider, clicks twice, kills it between
// the page and the payment, and starts it again: one payment is made, the same page is
// shown, the order is delivered once, and a changed order is not.
func TestReadmeShop(t *testing.T) {
	t.Cleanup(http.DefaultTransport.(*http.Transport).CloseIdleConnections)
	sources := map[string]string{"lygos/lygos.go": fakeLygos}
	for readme := range readmes {
		source := snippet(t, readme, "package main")
		serve := `http.ListenAndServe(":8080", nil)`
		require.Contains(t, source, serve)
		sources[strings.ReplaceAll(readme, ".", "")+"/main.go"] = strings.NewReplacer(
			"github.com/guichetpay/guichet/lygos", "shop.example/backend/lygos", serve, "lygos.Serve(db)").Replace(source)
	}
	dir := merchantPrograms(t, sources)
	merchantGo(t, dir, "build", "-o", "bin/", "./...")
	for readme := range readmes {
		program := filepath.Join(dir, "bin", strings.ReplaceAll(readme, ".", ""))
		for _, provider := range []string{"lygos", "lomi", "ligdicash", "caurisflux"} {
			t.Run(readme+" "+provider, func(t *testing.T) {
				t.Parallel()
				sim, home := simulate(provider), t.TempDir()
				defer sim.fake.Close()
				shop := startShop(t, program, home, provider, sim.base)
				pay := func(order string) string {
					status, page, body := shop.do("POST", "/orders/"+order+"/pay")
					require.Equal(t, http.StatusSeeOther, status, body)
					require.NotEmpty(t, page)
					return page
				}
				var clicks sync.WaitGroup
				pages := make([]string, 2)
				for i := range pages {
					clicks.Go(func() { pages[i] = pay("CMD-1") })
				}
				clicks.Wait()
				assert.Equal(t, pages[0], pages[1], "a double click opens one page")
				assert.Equal(t, 1, sim.creates())

				shop.kill()
				shop = startShop(t, program, home, provider, sim.base)
				assert.Equal(t, pages[0], pay("CMD-1"), "the page is still known")
				assert.Equal(t, 1, sim.creates())
				_, _, body := shop.do("GET", "/orders/CMD-1")
				assert.Contains(t, body, "open")

				_, _, id := shop.do("GET", "/payment/CMD-1")
				require.NoError(t, sim.fake.Pay(id))
				for range 2 {
					require.NoError(t, sim.fake.SendWebhook(shop.url+"/webhooks/lygos", id))
				}
				shop.until("/orders/CMD-1", "delivered")
				_, _, body = shop.do("GET", "/written")
				assert.Equal(t, "1 0 <nil>", body)
				assert.Equal(t, "https://shop.example/orders/CMD-1", pay("CMD-1"), "a paid order cannot be paid again")
				assert.Equal(t, 1, sim.creates())

				pay("CMD-2")
				_, _, body = shop.do("POST", "/raise")
				require.Equal(t, "<nil>", body)
				_, _, id = shop.do("GET", "/payment/CMD-2")
				require.NoError(t, sim.fake.Pay(id))
				require.NoError(t, sim.fake.SendWebhook(shop.url+"/webhooks/lygos", id))
				shop.until("/orders/CMD-2", "held")
				_, _, body = shop.do("GET", "/written")
				assert.Equal(t, "0 0 <nil>", body, "5,000 do not pay for 50,000")
			})
		}
	}
}

// until asks the shop until it says want.
func (p *process) until(path, want string) {
	p.t.Helper()
	require.Eventually(p.t, func() bool {
		_, _, body := p.do("GET", path)
		return strings.HasPrefix(body, want)
	}, 60*time.Second, 200*time.Millisecond, "%s is not %s", path, want)
}

// several runs the snippet about several providers; what the first provider gives is its
// argument. It prints the providers that were asked for a payment.
const several = `package main

import (
	"context"
	"fmt"
	"net/http"
	"os"

	"github.com/guichetpay/guichet"
)

type account struct {
	guichet.Client
	name string
	err  error
}

func (a account) CreatePayment(_ context.Context, r guichet.PaymentRequest) (*guichet.Payment, error) {
	fmt.Print(a.name, " ")
	if a.err != nil {
		return nil, a.err
	}
	return &guichet.Payment{ID: r.Reference, Status: guichet.StatusPending, CheckoutURL: "https://pay.example/1"}, nil
}
func (account) Capabilities() guichet.Capabilities { return guichet.Capabilities{} }
func (account) ParseWebhook(context.Context, http.Header, []byte) (*guichet.Event, error) { return nil, nil }

func main() {
	first := map[string]error{
		"works":   nil,
		"refuses": &guichet.Error{Kind: guichet.ErrDeclined},
		"unknown": &guichet.Error{Kind: guichet.ErrUnavailable, OutcomeUnknown: true},
	}[os.Args[1]]
	cashier, err := guichet.NewCashier(guichet.CashierConfig{
		Ledger:    guichet.NewMemoryLedger(),
		Providers: map[string]guichet.Provider{"lygos": account{name: "lygos", err: first}, "caurisflux": account{name: "caurisflux"}},
		Deliver:   func(context.Context, guichet.Attempt) error { return nil },
		Trouble:   func(context.Context, guichet.Trouble) error { return nil },
	})
	if err != nil {
		panic(err)
	}
	ctx, order := context.Background(), guichet.Order{ID: "CMD-1", Request: guichet.PaymentRequest{Amount: guichet.NewMoney(5000, guichet.XOF)}}
SNIPPET
	fmt.Print(err == nil)
}
`

// TestReadmeSeveral holds that the next provider is tried after a refusal only: after a
// lost answer the customer could pay twice.
func TestReadmeSeveral(t *testing.T) {
	for readme := range readmes {
		dir := merchantPrograms(t, map[string]string{"several/main.go": strings.Replace(several, "SNIPPET", snippet(t, readme, "var attempt guichet.Attempt"), 1)})
		merchantGo(t, dir, "build", "-o", "asked", "./several")
		for first, want := range map[string]string{"works": "lygos true", "refuses": "lygos caurisflux true", "unknown": "lygos false"} {
			out, err := exec.Command(filepath.Join(dir, "asked"), first).CombinedOutput()
			require.NoError(t, err, "%s", out)
			assert.Equal(t, want, string(out), "%s: the first provider %s", readme, first)
		}
	}
}

// receiver runs the snippet for a shop without a cashier against one fake provider and
// prints how often the order was shipped, and a person told: while it is pending, when it
// is paid, when it costs more, when it is delivered. deliverOnce is as strict as a unique constraint on
// whatever the snippet hands it.
const receiver = `package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
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

type attempt struct {
	OrderID, Reference, PaymentID string
	Amount                        guichet.Money
	Delivered                     bool
}

var (
	the     attempt
	shipped = map[string]bool{}
	people  = map[string]bool{}
	_       = errors.Is
)

func findAttempt(_ context.Context, e *guichet.Event) (*attempt, error) {
	if e.Reference != the.Reference && e.PaymentID != the.PaymentID {
		return nil, nil
	}
	return &the, nil
}

func deliverOnce(_ context.Context, key ...string) error {
	shipped[strings.Join(key, " ")] = true
	return nil
}

func tellAPerson(_ context.Context, orderID string, _ error) error {
	people[orderID] = true // a provider can deliver an event twice
	return nil
}

func main() {
	var client guichet.Provider
	var err error
	var server interface {
		Pay(id string) error
		SendWebhook(url, id string) error
	}
	switch os.Args[1] {
	case "lygos":
		s := lygostest.NewServer()
		server = s
		client, err = lygos.New(s.Config(), s.Options()...)
	case "lomi":
		s := lomitest.NewServer()
		server = s
		client, err = lomi.New(s.Config(), s.Options()...)
	case "ligdicash":
		s := ligdicashtest.NewServer()
		server = s
		client, err = ligdicash.New(s.Config(), s.Options()...)
	case "caurisflux":
		s := caurisfluxtest.NewServer()
		server = s
		client, err = caurisflux.New(s.Config(), s.Options()...)
	}
	check(err)
	the = attempt{OrderID: "1", Reference: "CMD-1", Amount: guichet.NewMoney(5000, guichet.XOF)}
	payment, err := client.CreatePayment(context.Background(), guichet.PaymentRequest{
		Reference: the.Reference, Amount: the.Amount, SuccessURL: "https://shop.example/paid", CancelURL: "https://shop.example/canceled",
	})
	check(err)
	the.PaymentID = payment.ID
	shop := httptest.NewServer(http.DefaultServeMux)
	url := shop.URL + "/webhooks/pay"

SNIPPET
	check(server.SendWebhook(url, the.PaymentID)) // of a payment that is still pending
	fmt.Print(len(shipped), " ")
	check(server.Pay(the.PaymentID))
	check(server.SendWebhook(url, the.PaymentID))
	switch s := server.(type) {
	case *ligdicashtest.Server: // not signed: the customer who has paid once announces it twice more
		for _, request := range []string{"P1", "P2"} {
			post(url, nil, fmt.Sprintf("{\"response_code\":\"00\",\"status\":\"completed\",\"request_id\":%q,\"custom_data\":{\"transaction_id\":\"CMD-1\"}}", request))
		}
	case *caurisfluxtest.Server: // two words for one success
		for _, event := range []string{"payment.success", "payment.completed"} {
			body := fmt.Sprintf("{\"event\":%q,\"data\":{\"transactionId\":%q,\"externalReference\":\"CMD-1\"}}", event, the.PaymentID)
			now := fmt.Sprint(time.Now().Unix())
			mac := hmac.New(sha256.New, []byte(s.Config().WebhookSecret))
			mac.Write([]byte(now + "." + body))
			post(url, map[string]string{
				caurisflux.TimestampHeader: now, caurisflux.SignatureHeader: fmt.Sprintf("%x", mac.Sum(nil)),
			}, body)
		}
	}
	fmt.Print(len(shipped), len(people), " ")
	if client.Capabilities().StatusAmount { // Lygos's status names none
		shipped, the.Amount.Minor = map[string]bool{}, 50000
		check(server.SendWebhook(url, the.PaymentID))
		fmt.Print(len(shipped), len(people), " ")
	}
	shipped, the.Delivered = map[string]bool{}, true
	check(server.SendWebhook(url, the.PaymentID))
	fmt.Print(len(shipped))
}

func post(url string, header map[string]string, body string) {
	r, err := http.NewRequest("POST", url, strings.NewReader(body))
	check(err)
	r.Header.Set("Content-Type", "application/json")
	for name, value := range header {
		r.Header.Set(name, value)
	}
	res, err := http.DefaultClient.Do(r)
	check(err)
	res.Body.Close()
	if res.StatusCode != 200 {
		panic(res.Status)
	}
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
`

// TestReadmeReceiver runs the webhook snippet with every provider. One that ships
// nothing keeps money for goods that stay on the shelf; one that ships once per
// event ships as often as anybody announces the one payment; one that swallows another
// amount tells nobody.
func TestReadmeReceiver(t *testing.T) {
	for readme := range readmes {
		source := strings.Replace(receiver, "SNIPPET", snippet(t, readme, "http.Handle"), 1)
		dir := merchantPrograms(t, map[string]string{"receiver/main.go": source})
		merchantGo(t, dir, "build", "-o", "receive", "./receiver")
		for _, provider := range []string{"lygos", "lomi", "ligdicash", "caurisflux"} {
			want := "0 1 0 0 1 0"
			if provider == "lygos" {
				want = "0 1 0 0"
			}
			out, err := exec.Command(filepath.Join(dir, "receive"), provider).CombinedOutput()
			require.NoError(t, err, "%s: %s: %s", readme, provider, out)
			assert.Equal(t, want, string(out), "%s: %s", readme, provider)
		}
	}
}

// tableRows are the rows of "What each provider can do", as Capabilities has them.
var tableRows = []func(c guichet.Capabilities, yes func(bool) string, account string) string{
	func(_ guichet.Capabilities, yes func(bool) string, _ string) string { return yes(true) }, // each has a page
	func(c guichet.Capabilities, yes func(bool) string, _ string) string { return yes(c.Direct) },
	func(c guichet.Capabilities, yes func(bool) string, _ string) string {
		return yes(c.List) + " / " + yes(c.ListStatus)
	},
	func(c guichet.Capabilities, yes func(bool) string, _ string) string {
		if !c.Idempotency {
			return yes(false)
		}
		return fmt.Sprintf("%d h", int(c.IdempotencyWindow.Hours()))
	},
	func(c guichet.Capabilities, yes func(bool) string, _ string) string { return yes(c.StatusByReference) },
	func(c guichet.Capabilities, yes func(bool) string, _ string) string {
		return yes(c.StatusReference) + " / " + yes(c.StatusAmount)
	},
	func(c guichet.Capabilities, yes func(bool) string, _ string) string { return yes(c.SignedEvents) },
	func(c guichet.Capabilities, yes func(bool) string, _ string) string {
		return yes(c.Callback) + " / " + yes(c.Metadata)
	},
	func(c guichet.Capabilities, yes func(bool) string, _ string) string { return yes(c.ReusablePage) },
	func(c guichet.Capabilities, _ func(bool) string, _ string) string {
		return fmt.Sprintf("%d s", int(c.AskEvery.Seconds()))
	},
	func(c guichet.Capabilities, _ func(bool) string, account string) string {
		if len(c.Currencies) == 0 {
			return account
		}
		return strings.Trim(fmt.Sprint(c.Currencies), "[]")
	},
}

// TestReadmeTable compares the table with what the clients say of themselves.
func TestReadmeTable(t *testing.T) {
	s1, s2, s3, s4 := lygostest.NewServer(), lomitest.NewServer(), ligdicashtest.NewServer(), caurisfluxtest.NewServer()
	for _, s := range []interface{ Close() }{s1, s2, s3, s4} {
		s.Close() // only their keys are needed
	}
	link := s2.Config()
	link.Via = lomi.ViaPaymentLink
	c1, err1 := lygos.New(s1.Config(), s1.Options()...)
	c2, err2 := lomi.New(s2.Config(), s2.Options()...)
	c3, err3 := lomi.New(link, s2.Options()...)
	c4, err4 := ligdicash.New(s3.Config(), s3.Options()...)
	c5, err5 := caurisflux.New(s4.Config(), s4.Options()...)
	for _, err := range []error{err1, err2, err3, err4, err5} {
		require.NoError(t, err)
	}
	for readme, words := range readmes {
		_, table, found := strings.Cut(readReadme(t, readme), "|---|---|---|---|---|---|\n")
		require.True(t, found, readme)
		rows := strings.Split(table[:strings.Index(table, "\n\n")], "\n")
		require.Len(t, rows, len(tableRows), readme)
		yes := func(b bool) string { return map[bool]string{true: words.yes, false: "–"}[b] }
		for i, row := range rows {
			cells := strings.Split(strings.Trim(row, "| "), " | ")
			require.Len(t, cells, 6, row)
			for j, client := range []guichet.Describer{c1, c2, c3, c4, c5} {
				assert.Equal(t, tableRows[i](client.Capabilities(), yes, words.account), cells[j+1], "%s: %s: column %d", readme, cells[0], j+1)
			}
		}
	}
}

// TestReadmeTwins keeps the two READMEs alike: the same code but for its comments and
// texts, the same number of sections, the same state diagram.
func TestReadmeTwins(t *testing.T) {
	english, french := readReadme(t, "README.md"), readReadme(t, "README.fr.md")
	assert.Equal(t, strings.Count(english, "\n## "), strings.Count(french, "\n## "))
	said := regexp.MustCompile(`//.*|"[^"]*"|Instruction\.(EN|FR)`)
	plain := func(text string) (all []string) {
		for _, match := range goSnippets.FindAllStringSubmatch(text, -1) {
			all = append(all, strings.Join(strings.Fields(said.ReplaceAllString(match[1], "")), " "))
		}
		return all
	}
	assert.Equal(t, plain(english), plain(french))
	for state := range strings.FieldsSeq("creating open paid delivered released closed held extra") {
		for _, text := range []string{english, french} {
			_, diagram, _ := strings.Cut(text, "```text\n")
			diagram, _, _ = strings.Cut(diagram, "```")
			assert.Contains(t, diagram, state)
		}
	}
}

// TestReadmeSpeed keeps the command that prints the figures working.
func TestReadmeSpeed(t *testing.T) {
	doc, err := os.ReadFile(filepath.Join("internal", "suite", "benchmark", "doc.go"))
	require.NoError(t, err)
	const command = "go test ./internal/suite/benchmark -run Report -count 1 -v -report"
	require.Contains(t, string(doc), command)
	for readme := range readmes {
		assert.Contains(t, readReadme(t, readme), command)
	}
}

// TestExamplesDeliverByOrder holds that what pkg.go.dev shows of a webhook asks
// Check or Confirms before it delivers, and does not count by event: a payment that is
// announced as accepted and as completed would be shipped twice, and one whose
// first announcement came before the status changed never.
func TestExamplesDeliverByOrder(t *testing.T) {
	for _, provider := range []string{"lygos", "lomi", "ligdicash", "caurisflux"} {
		text, err := os.ReadFile(filepath.Join(provider, "example_test.go"))
		require.NoError(t, err)
		_, after, found := strings.Cut(string(text), "func ExampleClient_ParseWebhook() {")
		require.True(t, found, provider)
		example, _, _ := strings.Cut(after, "\n}\n")
		assert.Regexp(t, `payment\.Confirms\(|guichet\.Check\(`, example, provider)
		assert.NotContains(t, example, "event.ID", provider)
		assert.NotContains(t, example, "event.PaymentID", provider)
		assert.NotContains(t, example, "GetStatus(ctx, event.", provider) // the stored id, never the event's
	}
}

// TestReadmeCommands keeps the two commands of the README the first code in it.
func TestReadmeCommands(t *testing.T) {
	for readme := range readmes {
		_, after, _ := strings.Cut(readReadme(t, readme), "```sh\n")
		commands, _, _ := strings.Cut(after, "```")
		require.Equal(t, "go run ./examples/checkout\ngo test -race -shuffle=on ./...\n", commands, readme)
	}
	ci, err := os.ReadFile(filepath.Join(".ci", "run"))
	require.NoError(t, err)
	require.Contains(t, string(ci), "go test -race -shuffle=on ./...")
}
