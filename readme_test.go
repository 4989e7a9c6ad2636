package guichet_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// fragment is what surrounds the snippets that are not whole programs.
const fragment = `package main

import (
	"context"
	"errors"
	"net/http"

	"github.com/guichetpay/guichet"
)

var (
	client interface {
		guichet.Client
		guichet.Describer
		guichet.WebhookParser
	}
	payment *guichet.Payment
	err     error
	_       = errors.Is
	_       = context.Background
)

type order struct {
	ID, PaymentID string
	Price         guichet.Money
}

func findOrder(context.Context, string) (*order, error)          { return nil, nil }
func deliverOnce(_ context.Context, orderID string) error          { return nil }

func main() {
	_ = http.Handle
`

// TestReadmeCompiles builds every Go snippet of the READMEs in a module of its
// own, as a merchant would.
func TestReadmeCompiles(t *testing.T) {
	snippet := regexp.MustCompile("(?s)```go\n(.*?)```")
	for _, readme := range []string{"README.md", "README.fr.md"} {
		text, err := os.ReadFile(readme)
		require.NoError(t, err)
		found := snippet.FindAllStringSubmatch(string(text), -1)
		require.NotEmpty(t, found, "%s shows no code", readme)
		for _, match := range found {
			source := match[1]
			if !strings.HasPrefix(source, "package ") {
				source = fragment + source + "}\n"
			}
			dir := merchantModule(t)
			require.NoError(t, os.WriteFile(filepath.Join(dir, "main.go"), []byte(source), 0o600))
			build := exec.Command("go", "vet", ".")
			build.Dir, build.Env = dir, append(os.Environ(), "GOFLAGS=-mod=mod", "GOPROXY=off", "GOWORK=off")
			out, err := build.CombinedOutput()
			require.NoError(t, err, "%s: %s\n%s", readme, out, source)
		}
	}
}

// cases runs the switch of "When it fails" with what CreatePayment can return;
// each case says its comment.
const cases = `package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/guichetpay/guichet"
)

func main() {
	made := &guichet.Payment{ID: "TX1"}
	unknown := func(kind error) error { return &guichet.Error{Kind: kind, OutcomeUnknown: true} }
	for _, row := range []struct {
		payment *guichet.Payment
		err     error
	}{
		{made, &guichet.Error{Kind: guichet.ErrMismatch}},
		{made, unknown(guichet.ErrBadResponse)},
		{nil, unknown(guichet.ErrUnavailable)},
		{nil, &guichet.Error{Kind: guichet.ErrInvalidRequest}},
		{nil, &guichet.Error{Kind: guichet.ErrUnsupported}},
		{nil, &guichet.Error{Kind: guichet.ErrUnavailable}},
		{nil, &guichet.Error{Kind: guichet.ErrRateLimited}},
		{nil, &guichet.Error{Kind: guichet.ErrUnauthorized}},
		{nil, &guichet.Error{Kind: guichet.ErrNotFound}},
		{nil, &guichet.Error{Kind: guichet.ErrConflict}},
		{nil, &guichet.Error{Kind: guichet.ErrDeclined}},
		{nil, &guichet.Error{Err: context.Canceled}},
		{made, nil},
	} {
		payment, err := row.payment, row.err
		_ = payment
SNIPPET
		fmt.Println()
	}
}
`

// TestReadmeFailures holds that the switch leaves nothing out. A create can fail
// and yet have made a payment, for another amount say, with the customer's phone
// asking already: a shop whose switch passes that by keeps no id, tries once more,
// and the customer pays twice.
func TestReadmeFailures(t *testing.T) {
	snippet := regexp.MustCompile("(?s)```go\n(switch.*?)```")
	comment := regexp.MustCompile(`(?m)^\t// (.*)$`)
	for _, readme := range []string{"README.md", "README.fr.md"} {
		text, err := os.ReadFile(readme)
		require.NoError(t, err)
		found := snippet.FindSubmatch(text)
		require.NotNil(t, found, "%s shows no switch", readme)
		dir := merchantModule(t)
		loud := comment.ReplaceAllString(string(found[1]), "\tfmt.Print(`$1`)")
		require.NoError(t, os.WriteFile(filepath.Join(dir, "main.go"), []byte(strings.Replace(cases, "SNIPPET", loud, 1)), 0o600))
		run := exec.Command("go", "run", ".")
		run.Dir, run.Env = dir, append(os.Environ(), "GOFLAGS=-mod=mod", "GOPROXY=off", "GOWORK=off")
		out, err := run.CombinedOutput()
		require.NoError(t, err, "%s: %s", readme, out)
		said := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
		for i, line := range said {
			assert.NotEmpty(t, line, "%s: row %d passes the switch by", readme, i)
		}
		assert.Contains(t, said[0], "payment.ID", readme)
		assert.Equal(t, said[0], said[1], "%s: a payment beside an error, whatever the error", readme)
		assert.NotContains(t, said[1:len(said)-1], said[len(said)-1], "%s: only a create without an error is one", readme)
	}
}

// receiver runs the webhook snippet against one fake provider and prints how
// often the order was shipped. deliverOnce is as strict as a unique constraint on
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

type order struct {
	ID, PaymentID string
	Price         guichet.Money
}

var (
	the     order
	shipped = map[string]bool{}
)

func findOrder(_ context.Context, id string) (*order, error) {
	if id != the.ID {
		return nil, errors.New("no such order")
	}
	return &the, nil
}

func deliverOnce(_ context.Context, key ...string) error {
	shipped[strings.Join(key, " ")] = true
	return nil
}

func main() {
	var client interface {
		guichet.Client
		guichet.Describer
		guichet.WebhookParser
	}
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
	the = order{ID: "CMD-1", Price: guichet.NewMoney(5000, guichet.XOF)}
	payment, err := client.CreatePayment(context.Background(), guichet.PaymentRequest{
		Reference: the.ID, Amount: the.Price, SuccessURL: "https://shop.example/paid", CancelURL: "https://shop.example/canceled",
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
// event ships as often as anybody announces the one payment.
func TestReadmeReceiver(t *testing.T) {
	snippet := regexp.MustCompile("(?s)```go\n(http\\.Handle.*?)```")
	for _, readme := range []string{"README.md", "README.fr.md"} {
		text, err := os.ReadFile(readme)
		require.NoError(t, err)
		found := snippet.FindSubmatch(text)
		require.NotNil(t, found, "%s shows no receiver", readme)
		dir := merchantModule(t)
		source := strings.Replace(receiver, "SNIPPET", string(found[1]), 1)
		require.NoError(t, os.WriteFile(filepath.Join(dir, "main.go"), []byte(source), 0o600))
		run := func(name string, args ...string) string {
			command := exec.Command(name, args...)
			command.Dir, command.Env = dir, append(os.Environ(), "GOFLAGS=-mod=mod", "GOPROXY=off", "GOWORK=off")
			out, err := command.CombinedOutput()
			require.NoError(t, err, "%s: %s", readme, out)
			return string(out)
		}
		run("go", "build", "-o", "receiver", ".")
		for _, provider := range []string{"lygos", "lomi", "ligdicash", "caurisflux"} {
			assert.Equal(t, "0 1", run("./receiver", provider), "%s: %s: shipments before and after the payment", readme, provider)
		}
	}
}

// TestExamplesDeliverByOrder holds that what pkg.go.dev shows of a webhook asks
// Confirms before it delivers, and does not count by event: a payment that is
// announced as accepted and as completed would be shipped twice, and one whose
// first announcement came before the status changed never.
func TestExamplesDeliverByOrder(t *testing.T) {
	for _, provider := range []string{"lygos", "lomi", "ligdicash", "caurisflux"} {
		text, err := os.ReadFile(filepath.Join(provider, "example_test.go"))
		require.NoError(t, err)
		_, after, found := strings.Cut(string(text), "func ExampleClient_ParseWebhook() {")
		require.True(t, found, provider)
		example, _, _ := strings.Cut(after, "\n}\n")
		assert.Contains(t, example, "payment.Confirms(", provider)
		assert.NotContains(t, example, "event.ID", provider)
		assert.NotContains(t, example, "GetStatus(ctx, event.", provider) // the stored id, never the event's
	}
}

// TestReadmeCommands keeps the two commands of the README the first code in it.
func TestReadmeCommands(t *testing.T) {
	for _, readme := range []string{"README.md", "README.fr.md"} {
		text, err := os.ReadFile(readme)
		require.NoError(t, err)
		_, after, _ := strings.Cut(string(text), "```sh\n")
		commands, _, _ := strings.Cut(after, "```")
		require.Equal(t, "go run ./examples/checkout\ngo test -race -shuffle=on ./...\n", commands, readme)
	}
	ci, err := os.ReadFile(filepath.Join(".ci", "run"))
	require.NoError(t, err)
	require.Contains(t, string(ci), "go test -race -shuffle=on ./...")
}
