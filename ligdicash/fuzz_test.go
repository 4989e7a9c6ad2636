package ligdicash_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/ligdicash"
)

// answerWith is a LigdiCash that always says the same.
type answerWith struct {
	status int
	body   string
}

func (a *answerWith) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: a.status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(a.body))}, nil
}

func addFixtures(f *testing.F, pattern string, add func(string)) {
	names, err := filepath.Glob(filepath.Join("..", "testdata", "ligdicash", pattern))
	if err != nil || len(names) == 0 {
		f.Fatal("no fixture")
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		add(string(data))
	}
}

// FuzzDecode: no answer panics, none that is not a success becomes one, and
// every failure is a guichet.Error without the key.
func FuzzDecode(f *testing.F) {
	addFixtures(f, "*.json", func(body string) { f.Add(200, body) })
	f.Add(404, `{"response_code":"01","status":"notcompleted"}`)
	f.Add(200, `{"response_code":"00","status":"completed","amount":1,"custom_data":{"0":{"keyof_customdata":"transaction_id","valueof_customdata":1001},"7":[]}}`)
	f.Add(400, `{"response_code":"01","response_text":"ÉCHEC ( code 03A )","token":[]}`)
	f.Add(200, "\ufeff"+`{"response_code":"00","custom_data":"[{\"keyof_customdata\":1}]","customer_details":[]}`)
	network := &answerWith{}
	client, err := ligdicash.New(config(), guichet.WithHTTPClient(&http.Client{Transport: network}), guichet.WithMaxRetries(0))
	if err != nil {
		f.Fatal(err)
	}
	calls := everyCall()
	f.Fuzz(func(t *testing.T, status int, body string) {
		if status < 100 || status > 999 {
			status = 200
		}
		network.status, network.body = status, body
		var envelope struct {
			ResponseCode any `json:"response_code"`
			Error        any `json:"error"`
		}
		_ = json.Unmarshal([]byte(strings.TrimPrefix(body, "\ufeff")), &envelope)
		for op, call := range calls {
			err := call(context.Background(), client)
			var e *guichet.Error
			switch {
			case err == nil && op == "SendWalletOTP":
				if envelope.Error != false || envelope.ResponseCode != nil && envelope.ResponseCode != "" {
					t.Errorf("%s: no error although the answer does not say so", op)
				}
			case err == nil && !isRead(op):
				if status < 200 || status > 299 || envelope.ResponseCode != "00" {
					t.Errorf("%s: a success on HTTP %d, response_code %v", op, status, envelope.ResponseCode)
				}
			case err == nil:
			case !errors.As(err, &e) || e.Kind == nil:
				t.Errorf("%s: %v is no guichet.Error", op, err)
			case strings.Contains(e.Error(), testKey) || strings.Contains(e.Error(), testToken):
				t.Errorf("%s: a key is in the error", op)
			}
		}
		p, err := client.GetStatus(context.Background(), "t")
		if err != nil {
			return
		}
		if p.Status == guichet.StatusSucceeded && (status < 200 || status > 299 || envelope.ResponseCode != "00" || p.ProviderStatus != "completed") {
			t.Errorf("paid, on HTTP %d with response_code %v and %q", status, envelope.ResponseCode, p.ProviderStatus)
		}
		if _, err := json.Marshal(p); err != nil {
			t.Errorf("a payment that cannot be stored: %v", err)
		}
	})
}

// FuzzParseWebhook: no callback panics, none is verified or names a payment, the
// native reader agrees, and reading twice gives the same.
func FuzzParseWebhook(f *testing.F) {
	for _, media := range []string{"application/json", "application/x-www-form-urlencoded", "text/xml", ""} {
		addFixtures(f, "*.json", func(body string) { f.Add(media, []byte(body)) })
	}
	for _, form := range []string{
		`transaction_id=A&amount=100&status=completed`, `custom_data={"transaction_id":"A"}`, `custom_data[transaction_id]=A&custom_data[x]=y`,
		`custom_data%5B0%5D%5Bkeyof_customdata%5D=transaction_id&custom_data%5B0%5D%5Bvalueof_customdata%5D=A`, `a[b][c][d]=e&[]=&[=&]=`,
		`custom_data[1][a]=b&custom_data[01][a]=b&custom_data[x][a]=b`, "description=a;b&x=100%&transaction_id=A\r\n",
		`custom_data[2][keyof_customdata]=transaction_id&custom_data[2][valueof_customdata]=A&custom_data[1]=x`,
		`custom_data={"2":{"keyof_customdata":"transaction_id","valueof_customdata":"A"},"0":7}&customer_details={}`,
		`{"transaction_id":"A","amount":"4 200","montant":false,"custom_data":"[{},[],{\"keyof_customdata\":1}]"}`,
	} {
		f.Add("application/x-www-form-urlencoded", []byte(form))
	}
	client, err := ligdicash.New(config())
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, media string, body []byte) {
		header := http.Header{"Content-Type": {media}}
		event, err := client.ParseWebhook(context.Background(), header, body)
		if err != nil {
			if event != nil || !errors.Is(err, guichet.ErrBadResponse) {
				t.Fatalf("%v, %v", event, err)
			}
			return
		}
		if event.Verified || event.PaymentID != "" || event.Reference == "" || event.ID == "" || string(event.Raw) != string(body) {
			t.Fatalf("%+v", event)
		}
		again, err := client.ParseWebhook(context.Background(), header, body)
		if err != nil || again.ID != event.ID || again.Reference != event.Reference {
			t.Fatalf("%v, then %v, %v", event, again, err)
		}
		webhook, err := ligdicash.DecodeWebhook(body)
		if err != nil || webhook.OrderID != event.Reference {
			t.Fatalf("the native reader says %v, %v", webhook, err)
		}
	})
}
