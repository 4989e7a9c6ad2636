package ligdicash_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/ligdicash"
	"github.com/guichetpay/guichet/ligdicash/ligdicashtest"
)

const receiver = "https://monapp.com/api/callback/ligdicash"

func mediaType(value string) http.Header { return http.Header{"Content-Type": {value}} }

func bodyOf(t *testing.T, r *http.Request) []byte {
	t.Helper()
	body, err := r.GetBody()
	require.NoError(t, err)
	data, err := io.ReadAll(body)
	require.NoError(t, err)
	return data
}

func TestTwins(t *testing.T) {
	body := fixture(t, "payin.json")
	client, m := silent(t)
	want, err := client.ParseWebhook(t.Context(), mediaType("application/json"), []byte(body))
	require.NoError(t, err)
	assert.Equal(t, &guichet.Event{ID: "ART5A7044E5:P2777636082026:completed", Reference: "ART5A7044E5", Raw: []byte(body)}, want,
		"not verified, no payment id, and no type to decide on")
	wantWebhook, err := ligdicash.DecodeWebhook([]byte(body))
	require.NoError(t, err)
	assert.Equal(t, guichet.Number("4200"), wantWebhook.Amount)
	assert.Equal(t, "completed", wantWebhook.ProviderStatus)
	assert.Equal(t, "11", wantWebhook.OperatorID)
	assert.Equal(t, time.Date(2026, 5, 9, 7, 20, 23, 0, time.UTC), wantWebhook.Date.Time)

	for name, encoding := range map[string]ligdicashtest.FormEncoding{
		"T32: custom_data as one JSON text": ligdicashtest.FormJSON,
		"T32: custom_data by key":           ligdicashtest.FormKeys,
		"T32: custom_data as PHP records":   ligdicashtest.FormRecords,
	} {
		t.Run(name, func(t *testing.T) {
			asJSON, asForm, err := ligdicashtest.Twins(receiver, []byte(body), encoding)
			require.NoError(t, err)
			assert.Equal(t, body, string(bodyOf(t, asJSON)))
			form := bodyOf(t, asForm)
			got, err := client.ParseWebhook(t.Context(), asForm.Header, form)
			require.NoError(t, err)
			assert.Equal(t, form, got.Raw)
			got.Raw = want.Raw
			assert.Equal(t, want, got)

			webhook, err := ligdicash.DecodeWebhook(form)
			require.NoError(t, err)
			assert.Equal(t, wantWebhook.CustomData.Get("hash"), webhook.CustomData.Get("hash"))
			if encoding == ligdicashtest.FormKeys { // which has no dates, and no order
				webhook.CustomData = wantWebhook.CustomData
			}
			assert.Equal(t, wantWebhook, webhook)
		})
	}
	assert.Empty(t, m.All(), "parsing asks nobody")
}

func TestPayoutCallback(t *testing.T) {
	t.Run("T33: a payout", func(t *testing.T) {
		body := []byte(fixture(t, "payout_callback.json"))
		client, _ := silent(t)
		event, err := client.ParseWebhook(t.Context(), mediaType("application/json"), body)
		require.NoError(t, err)
		assert.Equal(t, "0123456789abcdef0123456789abcdef", event.Reference)
		assert.Empty(t, event.PaymentID)
		assert.False(t, event.Verified)
		assert.Equal(t, "0123456789abcdef0123456789abcdef::completed", event.ID)
		webhook, err := ligdicash.DecodeWebhook(body)
		require.NoError(t, err)
		assert.Equal(t, guichet.Number("100"), webhook.Amount)
		assert.Equal(t, "12", webhook.OperatorID)
		asText, err := webhook.Amount.MarshalJSON()
		require.NoError(t, err)
		assert.Equal(t, "100", string(asText))
	})
}

func TestCallbackOrder(t *testing.T) {
	client, _ := silent(t)
	for name, test := range map[string]struct{ body, order string }{
		"custom_data first, root second": {`{"transaction_id":"ROOT","custom_data":{"transaction_id":"CUSTOM"}}`, "CUSTOM"},
		"root alone":                     {`{"transaction_id":"ROOT","custom_data":[]}`, "ROOT"},
		"a number":                       {`{"transaction_id":7}`, "7"},
		"a byte order mark":              {"\ufeff" + `{"transaction_id":"ROOT"}`, "ROOT"},
	} {
		t.Run(name, func(t *testing.T) {
			event, err := client.ParseWebhook(t.Context(), mediaType("application/json"), []byte(test.body))
			require.NoError(t, err)
			assert.Equal(t, test.order, event.Reference)
		})
	}
	t.Run("no part of an event's id reaches into the next", func(t *testing.T) {
		ids := map[string]bool{}
		for _, body := range []string{
			`{"transaction_id":"a:b","request_id":"c","status":"d"}`, `{"transaction_id":"a","request_id":"b:c","status":"d"}`,
			`{"transaction_id":"a","request_id":"b","status":"c:d"}`, `{"transaction_id":"a%3Ab","request_id":"c","status":"d"}`,
		} {
			event, err := client.ParseWebhook(t.Context(), mediaType("application/json"), []byte(body))
			require.NoError(t, err)
			ids[event.ID] = true
		}
		assert.Len(t, ids, 4)
	})
}

func TestCallbacksThatAreRefused(t *testing.T) {
	good := fixture(t, "payin.json")
	const form = "application/x-www-form-urlencoded"
	tests := []struct {
		name  string
		media string
		body  string
	}{
		{"T34: more than 64 KiB", "application/json", good + strings.Repeat(" ", 64<<10+1-len(good))},
		{"T34: more than 64 KiB of form", form, "transaction_id=A&x=" + strings.Repeat("h", 64<<10+1-19)},
		{"T34: 2 MB", "application/json", strings.Replace(good, `"h"`, `"`+strings.Repeat("h", 2<<20)+`"`, 1)},
		{"T34: 2 MB of form", form, "transaction_id=A&x=" + strings.Repeat("h", 2<<20)},
		{"T34: cut JSON", "application/json", `{`},
		{"T34: cut JSON that names the order", "application/json", `{"transaction_id":"A"`},
		{"T34: JSON that goes on", "application/json", `{"transaction_id":"A"}{}`},
		{"T34: empty", "application/json", ``},
		{"T34: an empty form", form, ``},
		{"T34: blanks", form, " \r\n"},
		{"T34: no id", "application/json", strings.Replace(good, `"transaction_id"`, `"autre"`, 1)},
		{"T34: no id in the form", form, `status=completed&external_id=A`},
		{"T34: an empty id", form, `transaction_id=&status=completed`},
		{"T34: an id in another case", form, `TRANSACTION_ID=A`},
		{"an id that is no text", "application/json", `{"transaction_id":{"a":1}}`},
		{"an id that is not UTF-8", "application/json", `{"transaction_id":"\ud800"}`},
		{"an array", "application/json", `[` + good + `]`},
		{"an array with a form in it", "application/json", `["&transaction_id=A&"]`},
		{"a page", "text/html", `<a href="?&transaction_id=A&">`},
		{"multipart", "multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"transaction_id\"\r\n\r\nA\r\n--x--\r\n"},
		{"null", "application/json", `null`},
		{"too deep", "application/json", `{"transaction_id":"A","x":` + strings.Repeat("[", 32) + strings.Repeat("]", 32) + `}`},
		{"a member twice", "application/json", `{"transaction_id":"A","Transaction_id":"B"}`},
		{"another member twice", "application/json", `{"transaction_id":"A","x":1,"x":2}`},
		{"a form field twice", form, `transaction_id=A&transaction_id=B`},
		{"a form field twice, by case", form, `transaction_id=A&TRANSACTION_ID=B`},
		{"a form field twice, by an escape", form, `transaction_id=A&%74ransaction_id=B`},
		{"another form field twice", form, `transaction_id=A&x=1&x=2`},
		{"a form field in two shapes", form, `transaction_id=A&custom_data=x&custom_data[a]=b`},
		{"a form field in two shapes, the other way round", form, `transaction_id=A&custom_data[a]=b&custom_data=x`},
		{"a form record in two shapes", form, `transaction_id=A&custom_data[0]=x&custom_data[0][a]=b`},
		{"a form record with a key twice", form, `transaction_id=A&custom_data[0][a]=x&custom_data[0][a]=b`},
		{"a form with a broken escape in its id", form, `transaction_id=%zz`},
		{"a form that is not UTF-8 in its id", form, `transaction_id=%ff`},
		{"a form with more fields than are looked at", form, "transaction_id=A" + strings.Repeat("&", 4096)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			client, m := silent(t)
			for range 3 {
				event, err := client.ParseWebhook(t.Context(), mediaType(test.media), []byte(test.body))
				require.Nil(t, event)
				e := errorOf(t, err)
				require.Equal(t, guichet.ErrBadResponse, e.Kind)
				require.Equal(t, "ParseWebhook", e.Op)
			}
			assert.Empty(t, m.All())
		})
	}
	t.Run("T34: the native reader has the same limit", func(t *testing.T) {
		_, err := ligdicash.DecodeWebhook(bytes.Repeat([]byte(" "), 64<<10+1))
		assert.ErrorIs(t, err, guichet.ErrBadResponse)
		assert.Equal(t, "DecodeWebhook", errorOf(t, err).Op)
		_, err = ligdicash.DecodeWebhook([]byte("{"))
		assert.Equal(t, "DecodeWebhook", errorOf(t, err).Op)
	})
	t.Run("an event keeps a body of its own", func(t *testing.T) {
		client, _ := silent(t)
		body := []byte(good)
		event, err := client.ParseWebhook(t.Context(), mediaType("application/json"), body)
		require.NoError(t, err)
		clear(body)
		assert.Equal(t, good, string(event.Raw))
	})
	t.Run("T34: GET", func(t *testing.T) {
		client, m := silent(t)
		handler := guichet.WebhookHandler(client, func(context.Context, *guichet.Event) error { return errors.New("must not be reached") })
		for method, want := range map[string]int{http.MethodGet: 405, http.MethodPut: 405, http.MethodPost: 400} {
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, httptest.NewRequest(method, receiver, strings.NewReader("{")))
			assert.Equal(t, want, w.Code, method)
		}
		assert.Empty(t, m.All())
	})
}

// JSON is told from a form by the body: an unsigned event is a doorbell only.
func TestMediaTypeOfACallback(t *testing.T) {
	client, _ := silent(t)
	body := fixture(t, "payin.json")
	for _, media := range []string{
		"application/json", "application/json; charset=utf-8", "Application/JSON", "application/x-www-form-urlencoded", "text/plain", "text/xml", "text/html",
		"multipart/form-data; boundary=x", "application/octet-stream", ";", "",
	} {
		for name, sent := range map[string]string{
			"JSON": body, "JSON with blanks before it": "\r\n " + body, "JSON with a byte order mark": "\ufeff" + body, "JSON with a line behind it": body + "\r\n",
			"form": "custom_data[transaction_id]=ART5A7044E5&request_id=P2777636082026&status=completed",
		} {
			event, err := client.ParseWebhook(t.Context(), mediaType(media), []byte(sent))
			require.NoError(t, err, "%s as %q", name, media)
			assert.Equal(t, &guichet.Event{ID: "ART5A7044E5:P2777636082026:completed", Reference: "ART5A7044E5", Raw: []byte(sent)}, event, "%s as %q", name, media)
		}
	}
	for name, header := range map[string]http.Header{
		"none": nil, "an empty one": {"Content-Type": {}}, "two": {"Content-Type": {"text/xml", "application/json"}},
	} {
		event, err := client.ParseWebhook(t.Context(), header, []byte(body))
		require.NoError(t, err, name)
		assert.Equal(t, "ART5A7044E5", event.Reference, name)
	}
}

// One member that cannot be read must not lose the order that a callback names.
func TestCallbackWithAnOddMember(t *testing.T) {
	client, _ := silent(t)
	for name, body := range map[string]string{
		"two amounts":                        `{"transaction_id":"A","amount":4200,"montant":4284}`,
		"an amount with blanks":              `{"transaction_id":"A","amount":"4 200"}`,
		"an amount with a comma":             `{"transaction_id":"A","amount":"4200,00"}`,
		"an amount that is false":            `{"transaction_id":"A","amount":false,"montant":[]}`,
		"an amount below zero":               `{"transaction_id":"A","amount":-1}`,
		"half a franc":                       `{"transaction_id":"A","amount":0.5}`,
		"an amount without end":              `{"transaction_id":"A","amount":` + strings.Repeat("9", 1000) + `}`,
		"a text that is not UTF-8":           `{"transaction_id":"A","description":"` + "\xff" + `"}`,
		"half of a surrogate pair":           `{"transaction_id":"A","description":"\ud800"}`,
		"a name that is not UTF-8":           `{"transaction_id":"A","` + "\xff" + `":1}`,
		"members of other kinds":             `{"transaction_id":"A","date":{},"customer":[],"customer_details":7,"operator_id":{},"operator_name":true,"token":{},"wiki":[],"response_code":7,"external_id":{}}`,
		"a reference that is no text":        `{"transaction_id":"A","custom_data":{"transaction_id":{}}}`,
		"a reference that is not UTF-8":      `{"transaction_id":"A","custom_data":{"transaction_id":"\ud800"}}`,
		"custom data that is broken":         `{"transaction_id":"A","custom_data":"{"}`,
		"custom data with a key twice":       `{"transaction_id":"A","custom_data":"{\"transaction_id\":\"B\",\"transaction_id\":\"C\"}"}`,
		"the reference before 1,000 records": `{"custom_data":[{"keyof_customdata":"transaction_id","valueof_customdata":"A"}` + strings.Repeat(",{}", 2000) + `]}`,
		"64 KiB":                             `{"transaction_id":"A"}` + strings.Repeat(" ", 64<<10-22),

		"form: two amounts":                  `transaction_id=A&amount=4200&montant=4284`,
		"form: an amount that is a text":     `transaction_id=A&amount=beaucoup`,
		"form: an amount with blanks":        `transaction_id=A&amount=4+200`,
		"form: a semicolon":                  `description=a;b&transaction_id=A`,
		"form: a semicolon behind the order": `transaction_id=A&description=a;b;c`,
		"form: a percent sign":               `description=100%&transaction_id=A`,
		"form: a percent sign in the middle": `description=100% de remise&transaction_id=A`,
		"form: a broken escape":              `description=%zz&transaction_id=A`,
		"form: a broken escape in a name":    `%zz=x&transaction_id=A`,
		"form: a text that is not UTF-8":     `description=%ff&transaction_id=A`,
		"form: a name that is not UTF-8":     `transaction_id=A&%ff=1`,
		"form: two broken fields alike":      `%ff=1&%ff=2&transaction_id=A`,
		"form: a broken bracket":             `transaction_id=A&custom_data[0=x`,
		"form: an empty bracket":             `transaction_id=A&x[]=1&x[]=2`,
		"form: something behind a bracket":   `transaction_id=A&x[0]y=1`,
		"form: deeper than a record":         `transaction_id=A&x[a][b][c]=1`,
		"form: a field without a name":       `=x&transaction_id=A&=y`,
		"form: a field without a value":      `x&transaction_id=A&y`,
		"form: nothing between two signs":    `&&transaction_id=A&&`,
		"form: a line at its end":            "transaction_id=A\r\n",
		"form: a newline at its end":         "status=completed&transaction_id=A\n",
		"form: a line before it":             "\r\ntransaction_id=A",
		"form: a line after each field":      "status=completed&\r\ntransaction_id=A\r\n&amount=1\r\n",
		"form: a byte order mark":            "\ufefftransaction_id=A",
		"form: 64 KiB":                       "transaction_id=A&x=" + strings.Repeat("h", 64<<10-19),
		"form: records from 1":               `custom_data[1][keyof_customdata]=transaction_id&custom_data[1][valueof_customdata]=A&custom_data[2][keyof_customdata]=hash&custom_data[2][valueof_customdata]=h`,
		"form: records with gaps":            `custom_data[7][valueof_customdata]=A&custom_data[7][keyof_customdata]=transaction_id&custom_data[3][keyof_customdata]=hash`,
		"form: a record that is none":        `custom_data[0]=x&custom_data[1][keyof_customdata]=transaction_id&custom_data[1][valueof_customdata]=A`,
		"form: two references, by number":    `custom_data[10][keyof_customdata]=transaction_id&custom_data[10][valueof_customdata]=B&custom_data[9][keyof_customdata]=transaction_id&custom_data[9][valueof_customdata]=A`,
		"form: custom data as a list":        `custom_data=[{"keyof_customdata":"transaction_id","valueof_customdata":"A"}]`,
		"form: custom data as an object":     `custom_data=%7B%22transaction_id%22%3A%22A%22%7D`,
		"form: custom data with gaps":        `custom_data={"2":{"keyof_customdata":"transaction_id","valueof_customdata":"A"}}`,
		"form: custom data that is broken":   `custom_data={"transaction_id&transaction_id=A`,
		"form: the old spelling":             `customdata[transaction_id]=A`,
	} {
		t.Run(name, func(t *testing.T) {
			event, err := client.ParseWebhook(t.Context(), nil, []byte(body))
			require.NoError(t, err)
			assert.Equal(t, "A", event.Reference)
			webhook, err := ligdicash.DecodeWebhook([]byte(body))
			require.NoError(t, err)
			assert.Equal(t, "A", webhook.OrderID)
		})
	}
}

// Amounts of a callback are kept as they are written, and never an error.
func TestCallbackAmount(t *testing.T) {
	for body, want := range map[string]guichet.Number{
		`{"amount":4200,"montant":4284}`:    "4200",
		`{"amount":"4 200","montant":4284}`: "4284",
		`{"amount":"4 200"}`:                "",
		`{"amount":"4200,00"}`:              "",
		`{"amount":false}`:                  "",
		`{"amount":null,"montant":"100"}`:   "100",
		`{"amount":"","montant":"100.00"}`:  "100.00",
		`{"amount":[4200]}`:                 "",
		`{}`:                                "",
		`amount=4200&montant=4284`:          "4200",
		`amount=4+200`:                      "",
		`amount=&montant=100`:               "100",
		`amount=4200%2C00&transaction_id=A`: "",
	} {
		webhook, err := ligdicash.DecodeWebhook([]byte(body))
		require.NoError(t, err, body)
		assert.Equal(t, want, webhook.Amount, body)
	}
}

// Anybody can send a callback to the merchant's own server: what 64 KiB cost is bounded.
func TestCallbackCostsLittle(t *testing.T) {
	fill := func(n int, field func(i int) string, separator, before, after string) string {
		var b strings.Builder
		b.WriteString(before)
		for i := range n {
			field := field(i)
			if b.Len()+len(separator)+len(field)+len(after) > 64<<10 {
				break
			}
			if i > 0 {
				b.WriteString(separator)
			}
			b.WriteString(field)
		}
		return b.String() + after
	}
	const many = 1 << 16
	for name, body := range map[string]string{
		"records":            fill(many, func(int) string { return "{}" }, ",", `{"custom_data":[`, "]}"),
		"records in a text":  fill(many, func(int) string { return "{}" }, ",", `{"custom_data":"[`, `]"}`),
		"keys":               fill(many, func(i int) string { return fmt.Sprintf(`"%d":0`, i) }, ",", `{"custom_data":{`, "}}"),
		"members":            fill(many, func(i int) string { return fmt.Sprintf(`"%d":0`, i) }, ",", `{`, "}"),
		"form fields":        fill(4096, func(i int) string { return fmt.Sprintf("%x", i) }, "&", "", ""),
		"form records":       fill(4096, func(i int) string { return fmt.Sprintf("custom_data[%x][a]=", i) }, "&", "", ""),
		"form, too many":     fill(many, func(i int) string { return fmt.Sprintf("%x", i) }, "&", "", ""),
		"form, a long path":  "custom_data" + strings.Repeat("[a]", 21_000) + "=x",
		"form, JSON records": fill(many, func(int) string { return "{}" }, ",", `custom_data=[`, "]"),
	} {
		t.Run(name, func(t *testing.T) {
			client, _ := silent(t)
			require.LessOrEqual(t, len(body), 64<<10)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, _ = client.ParseWebhook(t.Context(), nil, []byte(body))
			_, _ = ligdicash.DecodeWebhook([]byte(body))
			runtime.ReadMemStats(&after)
			assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(16<<20))
		})
	}
}

// TestBothTwinsAtOnce is how a merchant handles callbacks: a unique constraint
// on Event.ID, and the state from GetStatus with the stored token.
func TestBothTwinsAtOnce(t *testing.T) {
	t.Run("T35: both twins at once", func(t *testing.T) {
		server := ligdicashtest.NewServer()
		defer server.Close()
		client, err := ligdicash.New(server.Config(), server.Options()...)
		require.NoError(t, err)
		defer client.CloseIdleConnections()
		p, err := client.CreatePayment(t.Context(), francs(5000))
		require.NoError(t, err)
		require.NoError(t, server.Pay(p.ID))

		stored := map[string]string{order: p.ID}
		var seen sync.Map
		var mu sync.Mutex
		delivered := 0
		handler := guichet.WebhookHandler(client, func(ctx context.Context, event *guichet.Event) error {
			payment, err := client.GetStatus(ctx, stored[event.Reference])
			if err != nil {
				return err
			}
			if err := payment.Confirms(event.Reference, guichet.NewMoney(5000, guichet.XOF)); err != nil {
				return err
			}
			if _, twice := seen.LoadOrStore(event.ID, true); twice {
				return nil
			}
			mu.Lock()
			defer mu.Unlock()
			delivered++
			return nil
		})
		hook := httptest.NewServer(handler)
		defer hook.Close()
		// SendWebhook waits for each answer: 20 of them overlap.
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() { assert.NoError(t, server.SendWebhook(hook.URL, p.ID)) })
		}
		all.Wait()
		assert.Equal(t, 1, delivered)
		http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	})
	t.Run("a forged callback delivers nothing", func(t *testing.T) {
		server := ligdicashtest.NewServer()
		defer server.Close()
		client, err := ligdicash.New(server.Config(), server.Options()...)
		require.NoError(t, err)
		defer client.CloseIdleConnections()
		p, err := client.CreatePayment(t.Context(), francs(5000))
		require.NoError(t, err)
		forged := url.Values{"transaction_id": {order}, "status": {"completed"}, "amount": {"5000"}, "token": {"other"}}.Encode()
		event, err := client.ParseWebhook(t.Context(), mediaType("application/x-www-form-urlencoded"), []byte(forged))
		require.NoError(t, err)
		assert.False(t, event.Verified)
		got, err := client.GetStatus(t.Context(), p.ID)
		require.NoError(t, err)
		assert.ErrorIs(t, got.Confirms(event.Reference, guichet.NewMoney(5000, guichet.XOF)), guichet.ErrNotPaid)
	})
}
