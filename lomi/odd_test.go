package lomi_test

import (
	"context"
	"fmt"
	"net/http"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/suite/input"
	"github.com/guichetpay/guichet/internal/webhook"
	"github.com/guichetpay/guichet/lomi"
)

var sessionDecides = []string{"checkout_session_id", "checkout_url", "status", "amount", "currency_code", "metadata", "metadata.order_id"}

var linkDecides = []string{"link_id", "url", "amount", "currency_code"}

// in prefixes the members of an object inside another.
func in(prefix string, members []string, more ...string) []string {
	for _, member := range members {
		more = append(more, prefix+member)
	}
	return more
}

// TestOddMembers: what decides nothing may hold anything.
func TestOddMembers(t *testing.T) {
	reading := func(cfg lomi.Config, call func(context.Context, *lomi.Client) (*guichet.Payment, error)) func(*testing.T, string) ([]input.Reading, error) {
		return func(t *testing.T, body string) ([]input.Reading, error) {
			client, _ := newMock(t, cfg, httpmock.NewStringResponder(200, body))
			payment, err := call(t.Context(), client)
			if payment == nil {
				return nil, err
			}
			return []input.Reading{input.Of(payment)}, err
		}
	}
	listing := func(cfg lomi.Config) func(*testing.T, string) ([]input.Reading, error) {
		return func(t *testing.T, body string) (read []input.Reading, err error) {
			client, _ := newMock(t, cfg, httpmock.NewStringResponder(200, body))
			page, err := client.List(t.Context(), guichet.ListParams{})
			if page != nil {
				for _, payment := range page.Payments {
					read = append(read, input.Of(payment))
				}
			}
			return read, err
		}
	}
	linkStatus := func(t *testing.T, body string) ([]input.Reading, error) {
		client, _ := newMock(t, viaLink(), func(r *http.Request) (*http.Response, error) {
			if strings.HasPrefix(r.URL.Path, "/payment-links/") {
				return httpmock.NewStringResponse(200, body), nil
			}
			return httpmock.NewStringResponse(200, anyList), nil
		})
		payment, err := client.GetStatus(t.Context(), linkID)
		if payment == nil {
			return nil, err
		}
		return []input.Reading{input.Of(payment)}, err
	}
	walk := func(t *testing.T, body string) ([]input.Reading, error) {
		client, _ := newMock(t, viaLink(), func(r *http.Request) (*http.Response, error) {
			if strings.HasPrefix(r.URL.Path, "/payment-links/") {
				return httpmock.NewStringResponse(200, `{"link_id":"plink_123","is_active":false}`), nil
			}
			return httpmock.NewStringResponse(200, body), nil
		})
		payment, err := client.GetStatus(t.Context(), linkID)
		if payment == nil {
			return nil, err
		}
		assert.False(t, payment.Status.Final() && payment.Status != guichet.StatusSucceeded, "a final word: %s", body)
		return []input.Reading{input.Of(payment)}, err
	}
	status := func(ctx context.Context, c *lomi.Client) (*guichet.Payment, error) {
		return c.GetStatus(ctx, sessionID)
	}
	create := func(ctx context.Context, c *lomi.Client) (*guichet.Payment, error) {
		return c.CreatePayment(ctx, francs(15000))
	}
	session, link := fixture(t, "session.json"), fixture(t, "link.json")
	list := func(items ...string) string {
		return `{"object":"list","data":[` + strings.Join(items, ",") + `],"has_more":false,"next_cursor":null,"limit":20,"total_count":` + strconv.Itoa(len(items)) + `}`
	}
	other := func(object, id string) string {
		return strings.NewReplacer(sessionID, id, linkID, id).Replace(object)
	}
	ofLink := func(session string) string {
		return strings.Replace(session, `"payment_link_id": null`, `"payment_link_id":"plink_123"`, 1)
	}
	for _, a := range []input.Answer{
		{Name: "session, status", Body: session, Read: reading(config(), status), Decides: sessionDecides, Loose: []string{"metadata.order_id"}},
		{Name: "session, wrapped", Body: `{"success":true,"message":"m","data":` + session + `}`, Read: reading(config(), status),
			Decides: in("data.", sessionDecides, "success", "data"), Loose: []string{"data.metadata.order_id"}},
		{Name: "session, the other names", Body: `{"id":"` + sessionID + `","url":"https://checkout.lomi.africa/cs_1","status":"completed","amount":5,"currency_code":"EUR","metadata":{"order_id":"A"}}`,
			Read: reading(config(), status), Decides: []string{"id", "url", "status", "amount", "currency_code", "metadata", "metadata.order_id"}, Loose: []string{"metadata.order_id"}},
		{Name: "session, create", Body: session, Read: reading(config(), create), Decides: sessionDecides, Loose: []string{"metadata.order_id"}},
		{Name: "link, create", Body: link, Read: reading(viaLink(), create), Decides: linkDecides},
		{Name: "link, status", Body: strings.Replace(link, `"is_active":true,`, "", 1), Read: linkStatus, Decides: linkDecides},
		{Name: "sessions", Body: list(session, other(session, "b")), Read: listing(config()),
			Decides: in("data.[].", sessionDecides, "data", "has_more", "next_cursor", "total_count"), Loose: []string{"data.[].metadata.order_id"}},
		{Name: "links", Body: list(link, other(link, "b")), Read: listing(viaLink()), Decides: in("data.[].", linkDecides, "data", "has_more", "next_cursor", "total_count")},
		{Name: "links, by offset", Body: `{"data":[` + link + `,` + other(link, "b") + `],"total":2,"limit":20,"offset":0}`, Read: listing(viaLink()),
			Decides: in("data.[].", linkDecides, "data", "total", "limit")},
		{Name: "sessions of a link", Body: list(ofLink(other(session, "cs_1")), ofLink(other(session, "cs_2"))),
			Read: walk, Decides: in("data.[].", append(sessionDecides, "payment_link_id"), "data", "has_more", "next_cursor", "total_count"), Loose: []string{"data.[].metadata.order_id"}},
		{Name: "event", Body: fixture(t, "webhook.json"), Read: func(t *testing.T, body string) ([]input.Reading, error) {
			event, err := parse(t, config(), nil, body)
			if err != nil {
				return nil, err
			}
			return []input.Reading{input.OfEvent(event)}, nil
		}, Decides: []string{"id", "event", "data", "data.metadata", "data.metadata.order_id", "data.checkout_session_id"}, Loose: []string{"data.metadata.order_id"}},
	} {
		t.Run(a.Name, func(t *testing.T) {
			if a.Name == "event" {
				// Without an id the body is the event's id.
				read := a.Read
				a.Read = func(t *testing.T, body string) ([]input.Reading, error) {
					events, err := read(t, body)
					for i := range events {
						if strings.HasPrefix(events[i].ID, "sha256:") {
							events[i].ID = ""
						}
					}
					return events, err
				}
			}
			input.Members(t, a)
		})
	}
}

// nativeAnswers are documented answers of native calls, with the members of them that
// decide.
var nativeAnswers = []struct {
	call, body string
	decides    []string
}{
	{"GetTransaction", `{"transaction_id":"t1","public_id":"txn_1","transaction_type":"payment","status":"completed","quantity":1,"metadata":{"a":1},"gross_amount":1,"fee_amount":1,"net_amount":1,"currency_code":"XOF","provider_code":"MTN","is_bnpl":false,"spi_account_number":"a","created_at":"2026-03-02T08:15:30Z"}`,
		[]string{"transaction_id", "status", "gross_amount", "currency_code"}},
	{"ChargeWave", `{"transactionId":"t1","wave_launch_url":"https://pay.wave.com/c/1","status":"pending","external_id":"e","reference_id":"r","next_action":{"type":"redirect","url":"https://pay.wave.com/c/1","status":"pending"},"waveSession":{"id":"w","amount":"1000","currency":"XOF","checkout_status":"open","payment_status":"p"}}`,
		[]string{"transactionId", "wave_launch_url", "status", "next_action.url", "waveSession.amount", "waveSession.currency"}},
	{"ChargeMTN", `{"success":true,"data":{"transaction_id":"t1","external_id":"e","reference_id":null,"status":"PENDING"},"next_action":{"type":"await_webhook","status":"pending"}}`,
		[]string{"success", "data", "data.transaction_id", "data.status"}},
	{"ChargeCard", `{"success":true,"data":{"id":"pi_1","client_secret":"s","amount":152,"currency":"eur","original_amount":10000,"original_currency":"XOF","status":"requires_action","appearance":{"theme":"flat"},"amount_capturable":1,"capture_before":"2026-03-02T08:15:30Z"}}`,
		[]string{"success", "data", "data.id", "data.amount", "data.currency", "data.original_amount", "data.original_currency", "data.status"}},
	{"GetRefund", `{"refund_id":"r1","transaction_id":"t1","amount":100,"refunded_amount":95,"fee_amount":5,"reason":"R","status":"completed","message":"M","created_at":"2026-03-02T08:15:30Z"}`,
		[]string{"refund_id", "transaction_id", "amount", "refunded_amount", "status"}},
	{"CreateRefund", `{"success":true,"refund_id":"r1","transaction_id":"t1","refunded_amount":100,"status":"completed","message":"M","subscription_action":"none"}`,
		[]string{"success", "refund_id", "transaction_id", "refunded_amount", "status"}},
	{"GetPayout", `{"success":true,"data":{"payout_id":"p1","kind":"withdrawal","status":"pending","message":"m","amount":1,"currency_code":"XOF","created_at":"2026-03-02T08:15:30Z"}}`,
		[]string{"success", "data", "data.payout_id", "data.kind", "data.status", "data.amount", "data.currency_code"}},
	{"CreatePayoutMethod", `{"payout_method_id":"pm_1","payout_method_type":"bank","account_name":"A","account_number":"****1234","bank_name":"B","is_default":true,"is_valid":true,"created_at":"2026-03-02T08:15:30Z"}`,
		[]string{"payout_method_id"}},
	{"GetPaymentRequest", `{"request_id":"pr1","payment_link":"https://pay.lomi.africa/r/1","status":"pending","amount":15000,"currency_code":"XOF","expiry_date":"2026-03-02T08:15:30Z","description":"D","customer_id":"c","payment_reference":"A","metadata":{"a":1}}`,
		[]string{"request_id", "payment_link", "status", "amount", "currency_code"}},
	{"GetCustomer", `{"customer_id":"c1","name":"Awa Diop","email":"a","phone_number":"1","is_business":false,"metadata":{"a":1},"created_at":"2026-03-02T08:15:30Z"}`, []string{"customer_id"}},
	{"GetProduct", `{"product_id":"prod_1","name":"N","product_type":"one_time","images":["a"],"is_active":true,"prices":[{"price_id":"p","amount":1,"currency_code":"XOF","billing_interval":"m","is_active":true}]}`,
		[]string{"product_id", "prices.[].price_id", "prices.[].amount", "prices.[].currency_code"}},
	{"OpenCustomerPortal", portalAnswer, []string{"launch_url"}},
	{"GetWebhookEndpoint", `{"webhook_id":"w1","url":"https://e.com/h","authorized_events":["A"],"is_active":true,"description":"D","metadata":{"a":1},"created_at":"2026-03-02T08:15:30Z"}`, []string{"webhook_id"}},
	{"GetWebhookDelivery", `{"log_id":"d1","webhook_id":"w1","event_type":"A","success":false,"response_status":500,"attempt_number":2,"created_at":"2026-03-02T08:15:30Z"}`, []string{"log_id"}},
	{"CheckBalance", `{"has_sufficient_balance":true,"available_balance":"1"}`, []string{"has_sufficient_balance", "available_balance"}},
	{"Me", `{"merchant_id":"m","organization_id":"o","organization_name":"N","environment":"test"}`, []string{"merchant_id", "organization_id"}},
	{"TransactionReceipt", `{"hosted_url":"https://lomi.africa/r","download_url":"https://lomi.africa/d","filename":"f","expires_at":"2026-03-02T08:15:30Z"}`, []string{"hosted_url", "download_url"}},
}

// TestOddMembersOfNativeAnswers: a native call is not lost over one either, and gives
// no object where a member that decides is of another kind.
func TestOddMembersOfNativeAnswers(t *testing.T) {
	calls := map[string]deed{}
	for _, d := range slices.Concat(keyed, once, looks) {
		calls[d.name] = d
	}
	for _, answer := range nativeAnswers {
		t.Run(answer.call, func(t *testing.T) {
			input.Members(t, input.Answer{Name: answer.call, Body: answer.body, Decides: answer.decides, Read: func(t *testing.T, body string) ([]input.Reading, error) {
				client, _ := answering(t, 200, body)
				if _, err := calls[answer.call].call(t.Context(), client, ""); err != nil {
					return nil, err
				}
				return []input.Reading{{}}, nil
			}})
		})
	}
	for _, test := range []struct{ call, body, member string }{
		{"GetTransaction", `{"transaction_id":"t1","status":7}`, "status is not a text"},
		{"GetTransaction", `{"transaction_id":"t1","gross_amount":{}}`, "gross_amount is not a number"},
		{"GetTransaction", `{"transaction_id":"t1","id":7}`, "transaction_id is not a text"},
		{"GetTransaction", "{\"transaction_id\":\"t1\",\"currency_code\":\"\xff\"}", "currency_code is not valid UTF-8"},
		{"ChargeCard", `{"data":{"id":"pi_1","original_amount":true}}`, "original_amount is not a number"},
		{"ChargeCard", `{"original_amount":[],"data":{"id":"pi_1"}}`, "original_amount is not a number"},
		{"ChargeWave", `{"transaction_id":"t1","checkout_url":{}}`, "checkout_url is not a text"},
		{"CreateRefund", `{"refund_id":"r1","data":{"amount":{}}}`, "amount is not a number"},
		{"CreatePayout", `{"payout_id":"p1","kind":7}`, "kind is not a text"},
	} {
		client, _ := answering(t, 200, test.body)
		_, err := calls[test.call].call(t.Context(), client, "")
		require.ErrorIs(t, err, guichet.ErrBadResponse, test.body)
		assert.Equal(t, test.member, errorOf(t, err).Message, test.body)
	}
}

func TestOddAnswersAreRead(t *testing.T) {
	const paid = `"checkout_session_id":"cs_1","status":"completed","amount":15000`
	want := guichet.NewMoney(15000, guichet.XOF)
	for name, body := range map[string]string{
		"D2: a phone that is a number":           `{` + paid + `,"currency_code":"XOF","metadata":{"order_id":"1001"},"customer_phone":2250700111111,"created_by":{},"title":[],"quantity":"two","is_pos":"no","expires_at":{}}`,
		"D4: a currency in small letters":        `{` + paid + `,"currency_code":"xof","metadata":{"order_id":"1001"}}`,
		"D4: a currency with blanks":             `{` + paid + `,"currency_code":" XoF ","metadata":{"order_id":"1001"}}`,
		"D5: a byte order mark":                  "\ufeff" + `{` + paid + `,"currency_code":"XOF","metadata":{"order_id":"1001"}}`,
		"D14: metadata as text":                  `{` + paid + `,"currency_code":"XOF","metadata":"{\"order_id\":\"1001\"}"}`,
		"D14: metadata as text, with a number":   `{` + paid + `,"currency_code":"XOF","metadata":" {\"order_id\":1001} "}`,
		"D14: an order id that is a number":      `{` + paid + `,"currency_code":"XOF","metadata":{"order_id":1001}}`,
		"D18: error false":                       `{"error":false,` + paid + `,"currency_code":"XOF","metadata":{"order_id":"1001"}}`,
		"D18: error empty":                       `{"error":"","data":{` + paid + `,"currency_code":"XOF","metadata":{"order_id":"1001"}}}`,
		"D18: success 1":                         `{"success":1,"data":{` + paid + `,"currency_code":"XOF","metadata":{"order_id":"1001"}}}`,
		"D18: success as text":                   `{"success":"true","data":{` + paid + `,"currency_code":"XOF","metadata":{"order_id":"1001"}}}`,
		"the id of an envelope is not the one":   `{"id":"req_1","url":"https://lomi.africa/docs","status":7,"data":{"id":"cs_1","status":"completed","amount":15000,"currency_code":"XOF","metadata":{"order_id":"1001"}}}`,
		"broken text in what decides nothing":    `{` + paid + `,"currency_code":"XOF","title":"\ud800","metadata":{"order_id":"1001","\ud800":1}}`,
		"an object whose data holds no object":   `{` + paid + `,"currency_code":"XOF","metadata":{"order_id":"1001"},"data":[]}`,
		"an amount in quotes, without a decimal": `{"checkout_session_id":"cs_1","status":"completed","amount":"15000.00","currency_code":"XOF","metadata":{"order_id":"1001"}}`,
	} {
		t.Run(name, func(t *testing.T) {
			client, _ := answering(t, 200, body)
			payment, err := client.GetStatus(t.Context(), "cs_1")
			require.NoError(t, err)
			assert.NoError(t, payment.Confirms("1001", want))
			_, err = client.GetCheckoutSession(t.Context(), "cs_1")
			assert.NoError(t, err)
		})
	}
	for name, test := range map[string]struct{ body, message string }{
		"a status that is a number":  {`{"checkout_session_id":"cs_1","status":7}`, "status is not a text"},
		"an amount that is an array": {`{"checkout_session_id":"cs_1","amount":[15000]}`, "amount is not a number"},
		"a currency that is none":    {`{"checkout_session_id":"cs_1","currency_code":952}`, "currency_code is not a currency"},
		"an order id that is true":   {`{"checkout_session_id":"cs_1","metadata":{"order_id":true}}`, "metadata.order_id is not a text"},
		"an order id twice":          {`{"checkout_session_id":"cs_1","metadata":"{\"order_id\":\"A\",\"Order_ID\":\"B\"}"}`, "the answer has metadata in which order_id cannot be read"},
		"an order id in a list":      {`{"checkout_session_id":"cs_1","metadata":"{\"order_id\":[\"A\"]}"}`, "the answer has metadata in which order_id cannot be read"},
		"a page":                     {`<html>`, "the answer is an HTML page, not the API's JSON"},
		"another URL beside it":      {`{"checkout_session_id":"cs_1","checkout_url":"https://a.b/c","url":{}}`, "checkout_url is not a text"},
	} {
		t.Run(name, func(t *testing.T) {
			client, _ := answering(t, 200, test.body)
			payment, err := client.GetStatus(t.Context(), "cs_1")
			assert.Nil(t, payment)
			require.ErrorIs(t, err, guichet.ErrBadResponse)
			assert.Equal(t, test.message, errorOf(t, err).Message)
		})
	}
	t.Run("D4: an echo in small letters is no other currency", func(t *testing.T) {
		client, _ := answering(t, 201, `{"checkout_session_id":"cs_1","checkout_url":"https://checkout.lomi.africa/cs_1","status":"open","amount":15000,"currency_code":"xof "}`)
		_, err := client.CreatePayment(t.Context(), francs(15000))
		require.NoError(t, err)
		_, err = client.CreateCheckoutSession(t.Context(), lomi.CheckoutSessionRequest{Amount: 15000, CurrencyCode: guichet.XOF})
		require.NoError(t, err)
	})
	t.Run("D14: an event", func(t *testing.T) {
		for _, metadata := range []string{`{"order_id":1001}`, `"{\"order_id\":\"1001\"}"`, `"{\"order_id\":1001}"`} {
			event, err := parse(t, config(), nil, `{"id":"e","event":"PAYMENT_SUCCEEDED","data":{"metadata":`+metadata+`}}`)
			require.NoError(t, err)
			assert.Equal(t, "1001", event.Reference)
		}
	})
}

// row is one session or link of a list.
func sessionRow(i int) string {
	return fmt.Sprintf(`{"checkout_session_id":"cs_%d","link_id":"l_%d","status":"open"}`, i, i)
}

func rowsOf(n int, row func(int) string) string {
	var all []string
	for i := range n {
		all = append(all, row(i))
	}
	return strings.Join(all, ",")
}

func TestOddRows(t *testing.T) {
	good, bad := sessionRow(1), `{"checkout_session_id":7,"link_id":7}`
	for name, cfg := range map[string]lomi.Config{"sessions": config(), "links": viaLink()} {
		for i, odd := range []string{bad, `null`, `7`, `"x"`, `[]`, `{}`, `{"status":"open"}`, `{"success":false,"checkout_session_id":"a","link_id":"a"}`,
			`{"checkout_session_id":"a","link_id":"a","amount":{}}`, `{"checkout_session_id":"\ud800","link_id":"\ud800"}`, `{"payment_required":true}`} {
			t.Run(fmt.Sprintf("%s, E: one odd row does not lose the others, %d", name, i), func(t *testing.T) {
				client, _ := newMock(t, cfg, httpmock.NewStringResponder(200, `{"object":"list","data":[`+odd+`,`+good+`],"has_more":true,"next_cursor":"n"}`))
				page, err := client.List(t.Context(), guichet.ListParams{})
				require.ErrorIs(t, err, guichet.ErrBadResponse)
				require.NotNil(t, page)
				assert.Len(t, page.Payments, 1)
				assert.Equal(t, 1, page.Skipped)
				assert.Equal(t, "n", page.Next)
				assert.Contains(t, errorOf(t, err).Message, "1 of the list's 2 items cannot be read")

				native, err := client.ListCheckoutSessions(t.Context(), lomi.CheckoutSessionFilter{})
				require.ErrorIs(t, err, guichet.ErrBadResponse)
				require.NotNil(t, native)
				assert.Len(t, native.Items, 1)
				assert.Equal(t, 1, native.Skipped)
				assert.Equal(t, "n", native.Next)

				client, _ = newMock(t, cfg, httpmock.NewStringResponder(200, `[`+odd+`]`))
				page, err = client.List(t.Context(), guichet.ListParams{})
				require.ErrorIs(t, err, guichet.ErrBadResponse)
				assert.Nil(t, page, "no readable row")
			})
		}
		for name2, test := range map[string]struct {
			rows    string
			read    int
			skipped int
		}{
			"100 rows":              {rowsOf(100, sessionRow), 100, 0},
			"101 rows":              {rowsOf(101, sessionRow), 0, 0},
			"99 odd rows of 100":    {sessionRow(0) + "," + rowsOf(99, func(int) string { return bad }), 1, 99},
			"1 MiB of odd rows":     {strings.TrimSuffix(strings.Repeat("{},", 300_000), ","), 0, 0},
			"60,000 odd rows":       {strings.TrimSuffix(strings.Repeat("{},", 60_000), ","), 0, 0},
			"odd rows behind a few": {sessionRow(0) + "," + strings.TrimSuffix(strings.Repeat("7,", 60_000), ","), 0, 0},
		} {
			t.Run(name+", B2: "+name2, func(t *testing.T) {
				client, _ := newMock(t, cfg, httpmock.NewStringResponder(200, `{"data":[`+test.rows+`],"has_more":false}`))
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				page, err := client.List(t.Context(), guichet.ListParams{})
				runtime.ReadMemStats(&after)
				assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(20<<20), "16 MiB, and what the race detector adds")
				if test.read == 0 {
					assert.Nil(t, page)
					assert.ErrorIs(t, err, guichet.ErrBadResponse)
					return
				}
				assert.Len(t, page.Payments, test.read)
				assert.Equal(t, test.skipped, page.Skipped)
				assert.Equal(t, test.skipped > 0, err != nil)
			})
		}
	}
	t.Run("balances", func(t *testing.T) {
		client, _ := answering(t, 200, `[{"currency_code":"XOF","balance":1},{"currency_code":"EUR","balance":{}}]`)
		balances, err := client.Balances(t.Context(), "")
		require.ErrorIs(t, err, guichet.ErrBadResponse)
		assert.Len(t, balances, 1)
		client, _ = answering(t, 200, `[{"currency_code":"EUR","balance":{}}]`)
		balances, err = client.Balances(t.Context(), "")
		require.ErrorIs(t, err, guichet.ErrBadResponse)
		assert.Empty(t, balances)
	})
	t.Run("All walks on", func(t *testing.T) {
		client, _ := newMock(t, config(), httpmock.NewStringResponder(200, `{"data":[`+bad+`,`+good+`],"has_more":true,"next_cursor":"n"}`),
			httpmock.NewStringResponder(200, `{"data":[`+sessionRow(2)+`],"has_more":false}`))
		var ids []string
		var failure error
		for payment, err := range guichet.All(t.Context(), client, guichet.ListParams{}) {
			if err != nil {
				failure = err
				continue
			}
			ids = append(ids, payment.ID)
		}
		assert.Equal(t, []string{"cs_1", "cs_2"}, ids)
		assert.ErrorIs(t, failure, guichet.ErrBadResponse)
	})
}

func TestEmptyLists(t *testing.T) {
	for _, body := range []string{
		`{"object":"list","data":null,"has_more":false}`, `{"data":null}`, `{"success":true,"data":null,"total":0}`, `{"data":{"data":null}}`, `[]`, `{"data":[]}`,
		`{"checkout_sessions":null,"payment_links":null}`, "\ufeff[]",
	} {
		for _, cfg := range []lomi.Config{config(), viaLink()} {
			client, _ := newMock(t, cfg, httpmock.NewStringResponder(200, body))
			page, err := client.List(t.Context(), guichet.ListParams{})
			require.NoError(t, err, body)
			assert.Empty(t, page.Payments)
			assert.Empty(t, page.Next)
		}
	}
	for _, body := range []string{
		`{"data":null,"total":3}`, `{"data":[],"total_count":3}`, `{"data":null,"has_more":true}`, `{"data":null,"has_more":false,"total_count":"3"}`,
		`{"data":[],"has_more":"true"}`, `{"data":[],"has_more":[]}`, `{"data":[],"next_cursor":{}}`, `{"data":[],"pagination":{"page":1,"totalPages":3}}`,
	} {
		client, _ := answering(t, 200, body)
		_, err := client.List(t.Context(), guichet.ListParams{})
		require.ErrorIs(t, err, guichet.ErrBadResponse, body)
		native, err := client.ListCheckoutSessions(t.Context(), lomi.CheckoutSessionFilter{})
		require.NoError(t, err)
		assert.True(t, native.Cut, body)
	}
}

// TestListsAreNeverSilentlyShort: C6.
func TestListsAreNeverSilentlyShort(t *testing.T) {
	ten := rowsOf(10, sessionRow)
	for _, said := range []string{`"total":45`, `"total_count":45`, `"total":"45"`, `"total":45,"limit":20,"offset":0`, `"pagination":{"totalCount":45}`,
		`"pagination":{"page":1,"pageSize":10,"totalCount":45,"totalPages":0}`, `"pagination":{"page":1,"pageSize":10,"totalCount":45,"totalPages":null}`} {
		client, lomiMock := answering(t, 200, `{"data":[`+ten+`],`+said+`}`)
		n := 0
		var failure error
		for _, err := range guichet.All(t.Context(), client, guichet.ListParams{}) {
			if failure = err; err == nil {
				n++
			}
		}
		assert.Equal(t, 10, n, said)
		assert.ErrorIs(t, failure, guichet.ErrBadResponse, said)
		assert.Len(t, lomiMock.All(), 2, "the list is walked on: %s", said)
	}
	for _, said := range []string{`"has_more":false,"total_count":45`, `"has_more":false,"next_cursor":null,"total":45`, `"has_more":true,"total_count":45`, `"has_more":true,"next_cursor":null`} {
		client, _ := answering(t, 200, `{"data":[`+ten+`],`+said+`}`)
		page, err := client.List(t.Context(), guichet.ListParams{})
		require.ErrorIs(t, err, guichet.ErrBadResponse, said)
		assert.Len(t, page.Payments, 10, "what there is comes beside the error")
		assert.Empty(t, page.Next)
	}
	t.Run("a list that grows while it is walked is whole", func(t *testing.T) {
		client, _ := newMock(t, config(), httpmock.NewStringResponder(200, `{"data":[`+sessionRow(0)+`],"has_more":true,"next_cursor":"a:b","total_count":2}`),
			httpmock.NewStringResponder(200, `{"data":[`+sessionRow(1)+`],"has_more":false,"total_count":3}`))
		for _, err := range guichet.All(t.Context(), client, guichet.ListParams{}) {
			require.NoError(t, err)
		}
	})
	t.Run("a total that is the length of the page ends nothing", func(t *testing.T) {
		client, lomiMock := newMock(t, config(), func(r *http.Request) (*http.Response, error) {
			from, _ := strconv.Atoi(r.URL.Query().Get("offset"))
			n := min(20, 45-from)
			return httpmock.NewStringResponse(200, fmt.Sprintf(`{"data":[%s],"total":%d,"limit":20,"offset":%d}`, rowsOf(n, func(i int) string { return sessionRow(from + i) }), n, from)), nil
		})
		n := 0
		for _, err := range guichet.All(t.Context(), client, guichet.ListParams{}) {
			require.NoError(t, err)
			n++
		}
		assert.Equal(t, 45, n)
		assert.Len(t, lomiMock.All(), 3)
	})
}

// TestNoFinalWordFromAnIncompleteWalk: C5.
func TestNoFinalWordFromAnIncompleteWalk(t *testing.T) {
	const ended = `{"link_id":"plink_123","is_active":false,"expires_at":"2020-01-01T00:00:00Z"}`
	others := rowsOf(50, func(i int) string { return session(fmt.Sprintf("cs_%d", i), "completed", "plink_9") })
	status := func(answer func(r *http.Request) string) *guichet.Payment {
		client, _ := newMock(t, viaLink(), func(r *http.Request) (*http.Response, error) {
			if strings.HasPrefix(r.URL.Path, "/payment-links/") {
				return httpmock.NewStringResponse(200, ended), nil
			}
			return httpmock.NewStringResponse(200, answer(r)), nil
		})
		payment, err := client.GetStatus(t.Context(), linkID)
		require.NoError(t, err)
		return payment
	}
	for _, said := range []string{`"total":61`, `"total_count":61`, `"limit":50`, `"limit":50,"total":50`, `"has_more":false,"total_count":61`, `"has_more":true`, `"has_more":"yes"`, `"next_cursor":[]`, `"pagination":{"totalCount":61}`, `"pagination":7`} {
		assert.Equal(t, guichet.StatusUnknown, status(func(*http.Request) string { return `{"data":[` + others + `],` + said + `}` }).Status, said)
	}
	assert.Equal(t, guichet.StatusSucceeded, status(func(r *http.Request) string {
		if r.URL.Query().Get("offset") == "50" {
			return `{"data":[` + session("cs_61", "completed", linkID) + `],"total":61}`
		}
		return `{"data":[` + others + `],"total":61}`
	}).Status, "the 61st session is found")
	for name, odd := range map[string]string{
		"a session that cannot be read":   `{"checkout_session_id":"cs_61","status":7,"payment_link_id":"plink_123"}`,
		"a session of an unreadable link": `{"checkout_session_id":"cs_61","status":"completed","payment_link_id":7}`,
	} {
		assert.Equal(t, guichet.StatusUnknown, status(func(*http.Request) string { return `{"data":[` + others + `,` + odd + `],"has_more":false}` }).Status, name)
	}
	for _, active := range []string{`7`, `"yes"`, `[]`, `null`, `"false"`} {
		client, _ := newMock(t, viaLink(), linkServer(`{"link_id":"plink_123","is_active":`+active+`}`, nil))
		payment, err := client.GetStatus(t.Context(), linkID)
		require.NoError(t, err)
		assert.Equal(t, guichet.StatusUnknown, payment.Status, active)
	}
	assert.Equal(t, guichet.StatusExpired, status(func(*http.Request) string { return `{"data":[` + others + `],"has_more":false,"total_count":50}` }).Status, "a whole walk")
}

// TestV1Forms: D12.
func TestV1Forms(t *testing.T) {
	const stamp = "1772439331"
	body := fixture(t, "webhook.json")
	mac := webhook.Sign(secret, []byte(stamp+"."), []byte(body))
	other := webhook.Sign("whsec_other", []byte(stamp+"."), []byte(body))
	for value, good := range map[string]bool{
		"t=" + stamp + ", v1=" + mac:                                  true,
		" t=" + stamp + " ,\tv1=" + mac + " ":                         true,
		"v1=" + mac + ",t=" + stamp:                                   true,
		"t=" + stamp + ",v1=" + other + ",v1=" + mac:                  true,
		"t=" + stamp + ",v1=" + mac + ",v1=" + other:                  true,
		"t=" + stamp + ",v1=" + mac + ",v1=" + mac:                    true,
		"t=" + stamp + ",v1=xx,v1=" + mac:                             true,
		"t=" + stamp + ",v0=abc,v1=" + mac + ",v2=x,alg":              true,
		"t=" + stamp + ",v1=" + mac + ",":                             true,
		"t=" + stamp + ",v1=" + strings.ToUpper(mac):                  true,
		"t=" + stamp + ",v0=" + mac:                                   false,
		"t=" + stamp + ",v1=" + other:                                 false,
		"t=" + stamp + ",v1=" + other + ",v0=" + mac:                  false,
		"t=" + stamp + ",t=" + stamp + ",v1=" + mac:                   false,
		"t=1,v1=" + mac + ",t=" + stamp:                               false,
		"t=" + stamp + ",t=,v1=" + mac:                                false,
		"v1=" + mac:                                                   false,
		"t =" + stamp + ",v1=" + mac:                                  false,
		"t=" + stamp + ";v1=" + mac:                                   false,
		"t=" + stamp + strings.Repeat(",v1="+other, 8) + ",v1=" + mac: false,
		",": false,
	} {
		header := http.Header{}
		header.Set(lomi.SignatureV1Header, value)
		header.Set(lomi.SignatureHeader, macE) // never fallen back to
		event, err := receiver(t, secret, "").ParseWebhook(t.Context(), header, []byte(body))
		if good {
			require.NoError(t, err, value)
			assert.True(t, event.Verified)
			continue
		}
		assert.ErrorIs(t, err, guichet.ErrUntrusted, value)
		assert.Nil(t, event)
	}
}

// TestFormsOfRefusals: D17.
func TestFormsOfRefusals(t *testing.T) {
	for _, test := range []struct {
		status  int
		body    string
		kind    error
		code    string
		message string
		unknown bool
	}{
		{409, `{"statusCode":409,"code":"idempotency_in_progress"}`, guichet.ErrConflict, "idempotency_in_progress", "", true},
		{409, `{"error":{"code":"IDEMPOTENCY_IN_PROGRESS","message":"m"}}`, guichet.ErrConflict, "IDEMPOTENCY_IN_PROGRESS", "m", true},
		{400, `{"code":"Unauthorized","message":"m"}`, guichet.ErrUnauthorized, "Unauthorized", "m", false},
		{400, `{"errors":[{"code":"not_found","message":"a"},"b",7,null,{"field":"x"}]}`, guichet.ErrNotFound, "not_found", "a; b", false},
		{400, `{"message":"Validation failed","errors":["amount must be above 0","Validation failed"]}`, guichet.ErrInvalidRequest, "", "Validation failed; amount must be above 0", false},
		{400, `{"errors":"one text"}`, guichet.ErrInvalidRequest, "", "one text", false},
		{400, `{"title":"Bad Request","detail":"amount is missing"}`, guichet.ErrInvalidRequest, "", "amount is missing", false},
		{422, `{"detail":[{"loc":["amount"],"msg":"x","message":"too small"}]}`, guichet.ErrInvalidRequest, "", "too small", false},
		{400, `{"statusCode":400,"message":[{"property":"amount","constraints":{"min":"amount must not be less than 1"}},"b"],"error":"Bad Request"}`, guichet.ErrInvalidRequest, "", "amount must not be less than 1; b", false},
		{400, `{"error":"Bad Request"}`, guichet.ErrInvalidRequest, "", "Bad Request", false},
		{400, `{"error":{"code":7,"message":["a","b"]},"request_id":7}`, guichet.ErrInvalidRequest, "", "a; b", false},
		{400, "\ufeff" + `{"error":{"code":"conflict","message":"m"}}`, guichet.ErrConflict, "conflict", "m", false},
		{403, `<html>`, guichet.ErrUnauthorized, "", "the answer is an HTML page, not the API's JSON", false},
		{400, `[]`, guichet.ErrInvalidRequest, "", "", false},
		{400, `{"error":{"code":"conflict","message":"\ud800"}}`, guichet.ErrConflict, "conflict", "", false},
	} {
		client, _ := newMock(t, config(), httpmock.NewStringResponder(test.status, test.body))
		_, err := client.CreatePaymentLink(t.Context(), lomi.PaymentLinkRequest{LinkType: lomi.LinkInstant, Title: "T", CurrencyCode: guichet.XOF, Amount: 1})
		require.ErrorIs(t, err, test.kind, test.body)
		e := errorOf(t, err)
		assert.Equal(t, test.code, e.ProviderCode, test.body)
		assert.Equal(t, test.message, e.Message, test.body)
		assert.Equal(t, test.unknown, e.OutcomeUnknown, test.body)
	}
	client, _ := answering(t, 200, `{"success":false,"error":{"code":"provider_down","message":"try later"}}`)
	_, err := client.CreatePayment(t.Context(), francs(1))
	e := errorOf(t, err)
	require.ErrorIs(t, err, guichet.ErrUnknownOutcome)
	assert.Equal(t, "provider_down", e.ProviderCode)
	assert.Equal(t, "the answer says that it was no success: try later", e.Message)
}

func TestPaymentReferenceMayBeANumber(t *testing.T) {
	client, _ := answering(t, 200, `{"request_id":"pr1","payment_reference":1001}`)
	got, err := client.GetPaymentRequest(t.Context(), "pr1")
	require.NoError(t, err)
	assert.Equal(t, "1001", got.Reference)
}
