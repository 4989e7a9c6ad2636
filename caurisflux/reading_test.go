package caurisflux_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/caurisflux"
	"github.com/guichetpay/guichet/internal/suite/input"
	"github.com/guichetpay/guichet/internal/webhook"
)

// deciding returns the members of a documented object that decide, below prefix.
func deciding(t *testing.T, object, prefix string, decides func(string) bool) (names []string) {
	t.Helper()
	var members map[string]json.RawMessage
	require.NoError(t, json.Unmarshal([]byte(object), &members))
	for _, name := range slices.Sorted(maps.Keys(members)) {
		if decides(name) {
			names = append(names, prefix+name)
		}
	}
	require.NotEmpty(t, names)
	return names
}

const wholePayment = `{"transactionId":"TX000007272","externalReference":"ORDER-001","type":"direct","status":"success","amount":5000,"currency":"XOF",` +
	`"redirectUrl":"https://pay.wave.com/c/sn/~abc123","deepLinks":{"wave":"wave://x"},"createdAt":"2024-01-15T10:30:00Z","expiresAt":"2024-01-15T11:00:00.250Z",` +
	`"provider":"wave","country":"SN","customerPhone":"+221771234567","customerName":"Awa","metadata":{"panier":7},"fees":100}`

func TestEveryMember(t *testing.T) {
	one := func(read func(*caurisflux.Client) (*guichet.Payment, error)) func(*testing.T, string) ([]input.Reading, error) {
		return func(t *testing.T, body string) ([]input.Reading, error) {
			client, _ := newMock(t, config(), once, httpmock.NewStringResponder(200, body))
			p, err := read(client)
			if p == nil {
				return nil, err
			}
			return []input.Reading{input.Of(p)}, err
		}
	}
	create := one(func(c *caurisflux.Client) (*guichet.Payment, error) {
		return c.CreatePayment(t.Context(), francs(5000))
	})
	onPhone := one(func(c *caurisflux.Client) (*guichet.Payment, error) {
		req := francs(5000)
		req.MobileMoney = &guichet.MobileMoney{Phone: phone, Country: "SN", Operator: "wave"}
		return c.CreatePayment(t.Context(), req)
	})
	status := one(func(c *caurisflux.Client) (*guichet.Payment, error) { return c.GetStatus(t.Context(), id) })

	inData := append(deciding(t, wholePayment, "data.", caurisflux.PaymentDecides), "data.redirectUrl", "data", "success")
	bare := append(deciding(t, wholePayment, "", caurisflux.PaymentDecides), "redirectUrl")
	enveloped := `{"success":true,"message":"ok","data":` + wholePayment + `}`
	for name, read := range map[string]func(*testing.T, string) ([]input.Reading, error){"a create": create, "a direct create": onPhone, "a status": status} {
		input.Members(t, input.Answer{Name: name + ", in its envelope", Body: enveloped, Read: read, Decides: inData, Loose: []string{"data.externalReference"}})
		input.Members(t, input.Answer{Name: name + ", bare", Body: wholePayment, Read: read, Decides: bare, Loose: []string{"externalReference"}})
	}

	const meta = `{"total":2,"page":1,"limit":20,"totalPages":1}`
	rows := `[` + wholePayment + `,` + strings.Replace(wholePayment, id, "TX2", 1) + `]`
	inList := append(deciding(t, wholePayment, "data.[].", caurisflux.PaymentDecides), "data", "data.[].redirectUrl", "meta")
	inList = append(inList, deciding(t, meta, "meta.", caurisflux.MetaDecides)...)
	input.Members(t, input.Answer{Name: "a list", Body: `{"data":` + rows + `,"meta":` + meta + `}`, Decides: inList, Loose: []string{"data.[].externalReference"},
		Read: func(t *testing.T, body string) ([]input.Reading, error) {
			client, _ := answering(t, 200, body)
			page, err := client.List(t.Context(), guichet.ListParams{})
			if page == nil {
				return nil, err
			}
			var of []input.Reading
			for _, p := range page.Payments {
				of = append(of, input.Of(p))
			}
			return of, err
		}})

	cfg := config()
	cfg.WebhookTolerance = -1
	for _, file := range []string{"webhook_success.json", "webhook_failed.json", "webhook_cancelled.json"} {
		input.Members(t, input.Answer{Name: file, Body: fixture(t, file),
			Decides: []string{"event", "data", "data.transactionId", "data.externalReference"},
			Loose:   []string{"data.transactionId", "data.externalReference"},
			Read: func(t *testing.T, body string) ([]input.Reading, error) {
				client, _ := newMock(t, cfg, nil)
				event, err := client.ParseWebhook(t.Context(), signed(body).header, []byte(body))
				if err != nil {
					return nil, err
				}
				of := input.OfEvent(event)
				of.ID = "" // a hash of the body
				return []input.Reading{of}, nil
			}})
	}

	for _, file := range []string{"payout_pending.json", "payout_failed.json"} {
		body := fixture(t, file)
		input.Members(t, input.Answer{Name: file, Body: body, Decides: deciding(t, body, "", caurisflux.PayoutDecides), Loose: []string{"externalReference"},
			Read: func(t *testing.T, body string) ([]input.Reading, error) {
				client, _ := answering(t, 200, body)
				p, err := client.PayoutStatus(t.Context(), "9F3K2M7Q1X8Z4B6D")
				if err != nil {
					return nil, err
				}
				amount, _ := p.Amount.Major(p.Currency)
				return []input.Reading{{ID: p.ID, Reference: p.ExternalReference, Status: p.Status, Amount: amount}}, nil
			}})
	}
}

// What decides and cannot be read is named, and its value is not repeated.
func TestProblemsAreNamed(t *testing.T) {
	for member, problem := range map[string]string{
		"transactionId": "is not a text", "providerTransactionId": "is not a text", "externalReference": "is not a text", "type": "is not a text",
		"status": "is not a text", "amount": "is not a number", "currency": "is not a currency",
	} {
		client, _ := answering(t, 200, `{"success":true,"data":{"`+member+`":["zz9"]}}`)
		_, err := client.GetStatus(t.Context(), id)
		require.ErrorIs(t, err, guichet.ErrBadResponse, member)
		assert.Equal(t, member+" "+problem, errorOf(t, err).Message)
	}
	for body, message := range map[string]string{
		`{"success":"yes","data":{}}`:                      "success is not true or false",
		`{"success":false}`:                                "success is false",
		`{"statusCode":{}}`:                                "statusCode is not a number",
		`{"statusCode":"OK"}`:                              "statusCode is not a number",
		`{"data":{"statusCode":true,"status":"paid"}}`:     "statusCode is not a number",
		`{"transactionId":"TX000007272","Status":1,"ſ":2}`: "",
		`{"transactionId":"a","transactionId":"b"}`:        "the answer has a member twice",
		`<html>`: "the answer is an HTML page, not the API's JSON",
		``:       "the answer is empty",
		`null`:   "the answer holds nothing",
		`{`:      "the answer is cut short",
		`7`:      "the answer is not a JSON object",
	} {
		client, _ := answering(t, 200, body)
		_, err := client.GetStatus(t.Context(), id)
		if message == "" {
			require.NoError(t, err, body)
			continue
		}
		require.ErrorIs(t, err, guichet.ErrBadResponse, body)
		assert.Equal(t, message, errorOf(t, err).Message, body)
	}
	for body, message := range map[string]string{
		`{"data":{}}`:                                    "the answer is not a JSON array",
		`{"data":[],"meta":[]}`:                          "meta is not an object",
		`{"data":[],"meta":{"limit":true}}`:              "meta.limit is not a number",
		`{"data":[],"meta":{"total":-1}}`:                "meta.total is not a whole number of 0 or more",
		`{"data":[],"meta":{"page":1.5}}`:                "meta.page is not a whole number of 0 or more",
		`{"data":[],"meta":{"total":1e30}}`:              "meta.total is not a whole number of 0 or more",
		`{"data":[{"transactionId":"A","amount":true}]}`: "1 of the list's 1 items cannot be read and are left out; the first of them: amount is not a number",
		`{"data":["A"]}`:                                 "1 of the list's 1 items cannot be read and are left out; the first of them: it is not a JSON object",
	} {
		client, _ := answering(t, 200, body)
		page, err := client.List(t.Context(), guichet.ListParams{})
		assert.Nil(t, page, body)
		require.ErrorIs(t, err, guichet.ErrBadResponse, body)
		assert.Equal(t, message, errorOf(t, err).Message, body)
	}
}

// D2, D4, D5: nothing of this decides, so that none of it loses a payment.
func TestOddStatusIsRead(t *testing.T) {
	paid := `{"transactionId":"TX000007272","externalReference":"ORDER-001","status":"success","amount":5000,"currency":"XOF"`
	for name, body := range map[string]string{
		"D2: redirectUrl is an object":   paid + `,"redirectUrl":{}}`,
		"D2: redirectUrl is a list":      paid + `,"redirectUrl":[],"checkoutUrl":7,"paymentUrl":false}`,
		"D2: dates, links and a phone":   paid + `,"createdAt":1705312800,"expiresAt":{},"deepLinks":"none","customerPhone":221771234567}`,
		"D2: half a character in a link": paid + `,"redirectUrl":"https://a.example/\ud800"}`,
		"D4: currency in small letters":  strings.Replace(paid, `"XOF"`, `"xof"`, 1) + `}`,
		"D4: currency with a blank":      strings.Replace(paid, `"XOF"`, `" Xof\n"`, 1) + `}`,
		"D5: a byte order mark":          "\ufeff" + paid + `}`,
		"D5: and blanks":                 "\ufeff \r\n" + paid + `}` + "\n",
		"amount in quotes":               strings.Replace(paid, `5000`, `"5000.00"`, 1) + `}`,
		"the type is null":               paid + `,"type":null}`,
		"a type of payment":              paid + `,"type":"Payment"}`,
	} {
		client, _ := answering(t, 200, body)
		payment, err := client.GetStatus(t.Context(), id)
		require.NoError(t, err, name)
		require.NoError(t, payment.Confirms(order, guichet.NewMoney(5000, guichet.XOF)), name)
		assert.Equal(t, strings.TrimSpace(strings.TrimPrefix(body, "\ufeff")), string(payment.Raw), name)
		native, err := client.Status(t.Context(), id)
		require.NoError(t, err, name)
		assert.Equal(t, guichet.XOF, native.Currency)
		assert.Empty(t, native.RedirectURL)
	}

	t.Run("D2: a numeric reference is a text", func(t *testing.T) {
		for written, want := range map[string]string{`1001`: "1001", `"1001"`: "1001", `12345678901234567890`: "12345678901234567890"} {
			client, _ := answering(t, 200, strings.Replace(paid, `"ORDER-001"`, written, 1)+`}`)
			payment, err := client.GetStatus(t.Context(), id)
			require.NoError(t, err)
			require.NoError(t, payment.Confirms(want, guichet.NewMoney(5000, guichet.XOF)))
			req := francs(5000)
			req.Reference = want
			client, _ = answering(t, 201, strings.Replace(paid, `"ORDER-001"`, written, 1)+`,"redirectUrl":"https://pay.example"}`)
			_, err = client.CreatePayment(t.Context(), req)
			require.NoError(t, err)
			_, err = client.CreatePayment(t.Context(), francs(5000))
			require.ErrorIs(t, err, guichet.ErrBadResponse, "another reference")
		}
	})

	t.Run("D4, D5: a create", func(t *testing.T) {
		for _, body := range []string{
			strings.Replace(fixture(t, "payment.json"), "XOF", "xof", 1),
			strings.Replace(fixture(t, "payment.json"), "XOF", "XOF ", 1),
			"\ufeff" + fixture(t, "payment.json"),
		} {
			client, _ := answering(t, 200, body)
			payment, err := client.CreatePayment(t.Context(), francs(5000))
			require.NoError(t, err)
			assert.Equal(t, guichet.NewMoney(5000, guichet.XOF), payment.Amount)
		}
		client, _ := answering(t, 200, strings.Replace(fixture(t, "payment.json"), "XOF", "X OF", 1))
		_, err := client.CreatePayment(t.Context(), francs(5000))
		require.ErrorIs(t, err, guichet.ErrMismatch)
	})

	t.Run("an address of a create that is none", func(t *testing.T) {
		for name, members := range map[string]string{
			"redirectUrl": `"redirectUrl":{},"checkoutUrl":"https://b.example"`,
			"checkoutUrl": `"redirectUrl":null,"checkoutUrl":7,"paymentUrl":"https://c.example"`,
			"paymentUrl":  `"redirectUrl":"https://a.example","paymentUrl":["https://c.example"]`,
		} {
			client, _ := answering(t, 201, paid+`,`+members+`}`)
			payment, err := client.CreatePayment(t.Context(), francs(5000))
			require.ErrorIs(t, err, guichet.ErrBadResponse)
			require.ErrorIs(t, err, guichet.ErrUnknownOutcome)
			assert.Equal(t, name+" is not a text: the customer cannot be sent there", errorOf(t, err).Message)
			require.NotNil(t, payment, "it exists, and can be asked about")
			assert.Equal(t, id, payment.ID)
			assert.Empty(t, payment.CheckoutURL)

			req := francs(5000)
			req.MobileMoney = &guichet.MobileMoney{Phone: phone, Country: "SN", Operator: "wave"}
			_, err = client.CreatePayment(t.Context(), req)
			require.NoError(t, err, "a prompt needs none")
		}
	})

	t.Run("payouts alike", func(t *testing.T) {
		client, _ := answering(t, 200, "\ufeff"+`{"transactionId":"P","externalReference":7,"type":" PAYOUT ","status":"completed","amount":"10000","currency":"xof","fees":{},
			"recipient":"Awa","recipientPhone":221770000000,"mobileWallet":[],"providerReference":4711,"errorCode":17,"message":["a"],"createdAt":false,"metadata":7}`)
		p, err := client.PayoutStatus(t.Context(), "P")
		require.NoError(t, err)
		p.Raw = nil
		assert.Equal(t, &caurisflux.Payout{ID: "P", ExternalReference: "7", Type: " PAYOUT ", Status: guichet.StatusSucceeded, ProviderStatus: "completed",
			Amount: "10000", Currency: "XOF", Recipient: caurisflux.Recipient{Phone: "221770000000"}, ProviderReference: "4711", ErrorCode: "17",
			Metadata: json.RawMessage("7")}, p)
	})
}

// C4: what went out is not what came in.
func TestMoneyThatWentOut(t *testing.T) {
	payment := `{"transactionId":"TX1","externalReference":"PAY-8","status":"completed","amount":5000,"currency":"XOF"}`
	out := map[string]string{"C4": `{"transactionId":"PO1","externalReference":"PAY-9","type":"payout","status":"completed","amount":5000,"currency":"XOF"}`}
	for _, of := range []string{"Payout", "PAYOUT", " payout ", "payouts", "pay_out", "pay-out", "bank_payout", "refund", "REFUND", "refunds", "refund.completed"} {
		out[strconv.Quote(of)] = `{"transactionId":"PO1","type":` + strconv.Quote(of) + `,"status":"completed","amount":5000,"currency":"XOF"}`
	}
	out["Type"] = `{"transactionId":"PO1","Type":"Payout","status":"completed","amount":5000,"currency":"XOF"}`
	out["an id that cannot be read"] = `{"transactionId":7,"type":"payout","status":["completed"]}`
	out["no id"] = `{"type":"payout","status":"completed","amount":5000,"currency":"XOF"}`
	out["the shape of a create"] = fixture(t, "payout.json")
	out["the shape of a status"] = strings.Replace(fixture(t, "payout_pending.json"), `"type":"payout",`, "", 1)
	out["a blank type"] = strings.Replace(fixture(t, "payout_pending.json"), `"payout"`, `" "`, 1)
	out["that was refused"] = `{"success":false,"type":"payout","status":"failed"}`
	for name, item := range out {
		t.Run(name, func(t *testing.T) {
			client, _ := answering(t, 200, `{"data":[`+item+`,`+payment+`],"meta":{"total":45,"limit":20}}`)
			page, err := client.List(t.Context(), guichet.ListParams{})
			require.NoError(t, err)
			require.Len(t, page.Payments, 1)
			assert.Equal(t, "TX1", page.Payments[0].ID)
			assert.Zero(t, page.Skipped)
			assert.Equal(t, "2", page.Next)
			list, err := client.ListPayments(t.Context(), caurisflux.ListRequest{})
			require.NoError(t, err)
			assert.Len(t, list.Payments, 1)
			assert.Zero(t, list.Skipped)

			client, _ = answering(t, 200, `{"data":[`+item+`],"meta":{"total":45,"limit":20,"totalPages":3}}`)
			page, err = client.List(t.Context(), guichet.ListParams{})
			require.NoError(t, err)
			assert.Empty(t, page.Payments)
			assert.NotNil(t, page.Payments)
			assert.Equal(t, "2", page.Next, "a page of payouts is not the last")

			client, _ = answering(t, 200, `{"success":true,"data":`+item+`}`)
			_, err = client.GetStatus(t.Context(), "PO1")
			require.ErrorIs(t, err, guichet.ErrBadResponse)
			_, err = client.CreatePayment(t.Context(), francs(5000))
			require.ErrorIs(t, err, guichet.ErrUnknownOutcome)
		})
	}

	t.Run("every type of payment received is read", func(t *testing.T) {
		for _, of := range []string{"payment", "direct", "checkout", "collection", "mobile_money", "bank_transfer", "", " "} {
			client, _ := answering(t, 200, `{"data":[{"type":`+strconv.Quote(of)+`,`+payment[1:]+`]}`)
			page, err := client.List(t.Context(), guichet.ListParams{})
			require.NoError(t, err, of)
			assert.Len(t, page.Payments, 1, of)
		}
		client, _ := answering(t, 200, `{"data":[{"type":"payment","recipientName":"Mon Magasin",`+payment[1:]+`]}`)
		page, err := client.List(t.Context(), guichet.ListParams{})
		require.NoError(t, err)
		assert.Len(t, page.Payments, 1)
	})

	t.Run("a type that cannot be read may be any", func(t *testing.T) {
		client, _ := answering(t, 200, `{"data":[{"type":7,`+payment[1:]+`,`+strings.Replace(payment, "TX1", "TX2", 1)+`]}`)
		page, err := client.List(t.Context(), guichet.ListParams{})
		require.ErrorIs(t, err, guichet.ErrBadResponse)
		assert.Contains(t, err.Error(), "type is not a text")
		assert.Equal(t, 1, page.Skipped)
	})
}

// items are n payments of a list.
func items(from, n int) string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf(`{"transactionId":"TX%d","status":"success","amount":5000,"currency":"XOF"}`, from+i))
	}
	return strings.Join(all, ",")
}

// C6: a list never ends before its end without an error.
func TestListsAreNeverShort(t *testing.T) {
	for name, c := range map[string]struct {
		meta        string
		asked, rows int
		next        string // "-": an error
	}{
		"C6: totalPages is missing":          {`{"total":45,"limit":20}`, 0, 20, "2"},
		"C6: totalPages is null":             {`{"total":45,"limit":20,"totalPages":null}`, 0, 20, "2"},
		"C6: totalPages is 0":                {`{"total":45,"limit":20,"totalPages":0}`, 0, 20, "2"},
		"C6: totalPages is an empty text":    {`{"total":45,"limit":20,"totalPages":""}`, 0, 20, "2"},
		"C6: in quotes":                      {`{"total":"45","limit":"20"}`, 0, 20, "2"},
		"C6: page 2":                         {`{"total":45,"page":2,"limit":20}`, 2, 20, "3"},
		"C6: page 2 by what was asked":       {`{"total":45,"limit":20}`, 2, 20, "3"},
		"C6: page 3 is the last":             {`{"total":45,"page":3,"limit":20}`, 3, 5, ""},
		"C6: page 3 by what was asked":       {`{"total":45,"limit":20,"totalPages":0}`, 3, 5, ""},
		"C6: exactly two pages":              {`{"total":40,"limit":20}`, 2, 20, ""},
		"C6: one item more":                  {`{"total":41,"limit":20}`, 2, 20, "3"},
		"C6: all on one page":                {`{"total":20,"limit":20}`, 0, 20, ""},
		"C6: limit is null":                  {`{"total":45,"limit":null,"totalPages":null}`, 0, 20, "2"},
		"C6: limit is 0":                     {`{"total":45,"limit":0,"totalPages":0}`, 0, 20, "2"},
		"C6: only the total, all there":      {`{"total":20}`, 0, 20, ""},
		"C6: only the total, page 2":         {`{"total":45}`, 2, 20, "3"},
		"C6: only the total, an empty page":  {`{"total":45}`, 4, 0, ""},
		"C6: only the total, nothing there":  {`{"total":45}`, 0, 0, "-"},
		"C6: neither total nor totalPages":   {`{"page":1,"limit":20}`, 0, 20, "2"},
		"C6: the same, an empty page":        {`{"page":3,"limit":20}`, 3, 0, ""},
		"C6: totalPages alone":               {`{"totalPages":3}`, 2, 20, "3"},
		"C6: totalPages alone, the last":     {`{"totalPages":3}`, 3, 20, ""},
		"C6: page 0 is not said":             {`{"page":0,"total":45,"limit":20}`, 2, 20, "3"},
		"C6: the largest figures":            {`{"total":9223372036854775807,"page":9223372036854775806,"limit":1}`, 0, 1, "9223372036854775807"},
		"nothing there, and no figure":       {`{}`, 0, 0, ""},
		"nothing in all":                     {`{"total":0,"page":1,"limit":20,"totalPages":0}`, 0, 0, ""},
		"nothing in all on one page":         {`{"total":0,"page":1,"limit":20,"totalPages":1}`, 0, 0, ""},
		"a total of 0 beside items":          {`{"total":0,"limit":20}`, 0, 3, "-"},
		"a total of 0 on many pages":         {`{"total":0,"totalPages":8}`, 0, 0, "-"},
		"too few pages for the total":        {`{"total":45,"page":1,"limit":20,"totalPages":1}`, 0, 20, "-"},
		"too many pages for the total":       {`{"total":45,"page":1,"limit":20,"totalPages":8}`, 0, 20, "-"},
		"more pages than payments":           {`{"total":3,"totalPages":8}`, 0, 3, "-"},
		"one page with less than the total":  {`{"total":45,"totalPages":1}`, 0, 20, "-"},
		"a page beyond the last with items":  {`{"page":9,"totalPages":8}`, 9, 20, "-"},
		"a page beyond the last without any": {`{"page":9,"totalPages":8}`, 9, 0, ""},
		"an empty page in the middle":        {`{"total":150,"page":1,"limit":20,"totalPages":8}`, 0, 0, "-"},
		"an empty page at the end":           {`{"total":45,"limit":20}`, 3, 0, "-"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, nested := range []bool{false, true} {
				body := `{"data":[` + items(1, c.rows) + `],"meta":` + c.meta + `}`
				if nested {
					body = `{"success":true,"data":` + body + `}`
				}
				client, _ := answering(t, 200, body)
				params := guichet.ListParams{}
				if c.asked > 0 {
					params.Cursor = strconv.Itoa(c.asked)
				}
				page, err := client.List(t.Context(), params)
				if c.next == "-" {
					require.ErrorIs(t, err, guichet.ErrBadResponse)
					assert.Nil(t, page)
					continue
				}
				require.NoError(t, err)
				assert.Equal(t, c.next, page.Next)
				assert.Len(t, page.Payments, c.rows)
			}
		})
	}

	t.Run("C6: all 45 are walked", func(t *testing.T) {
		client, m := newMock(t, config(), nil, func(r *http.Request) (*http.Response, error) {
			page := max(1, atoi(r.URL.Query().Get("page")))
			from := 20 * (page - 1)
			return httpmock.NewStringResponse(200, `{"data":[`+items(from, min(20, 45-from))+`],"meta":{"total":45,"limit":20}}`), nil
		})
		n := 0
		for _, err := range guichet.All(t.Context(), client, guichet.ListParams{}) {
			require.NoError(t, err)
			n++
		}
		assert.Equal(t, 45, n)
		assert.Len(t, m.All(), 3)
	})
}

func atoi(s string) int { n, _ := strconv.Atoi(s); return n }

// B2, C7, E: one odd row loses none of the others, and is not left out in silence.
func TestOddRows(t *testing.T) {
	const meta = `"meta":{"total":45,"page":1,"limit":20,"totalPages":3}`
	for name, row := range map[string]string{
		"C7: no id": `{"status":"success","amount":5000,"currency":"XOF"}`, "C7: an empty id": `{"transactionId":"","status":"success"}`,
		"C7: null for an id": `{"transactionId":null,"providerTransactionId":null}`, "C7: an id that is a number": `{"transactionId":7}`,
		"no object": `"TX"`, "null": `null`, "a list": `[]`, "nothing": `{}`,
		"an amount that is none": `{"transactionId":"T","amount":"5 000"}`, "a status that is none": `{"transactionId":"T","status":1}`,
		"a currency that is none": `{"transactionId":"T","currency":952}`, "a reference that is none": `{"transactionId":"T","externalReference":{}}`,
		"another id that is none": `{"transactionId":"T","providerTransactionId":[]}`, "an id that is half a text": `{"transactionId":"T\ud800"}`,
		"success is false": `{"transactionId":"T","success":false,"status":"success"}`, "success is odd": `{"transactionId":"T","success":1,"status":"failed"}`,
		"the status code of an error": `{"transactionId":"T","statusCode":404,"status":"failed"}`,
	} {
		t.Run(name, func(t *testing.T) {
			client, _ := answering(t, 200, `{"data":[`+items(1, 1)+`,`+row+`,`+items(2, 1)+`],`+meta+`}`)
			page, err := client.List(t.Context(), guichet.ListParams{})
			require.ErrorIs(t, err, guichet.ErrBadResponse)
			assert.Contains(t, err.Error(), "1 of the list's 3 items cannot be read")
			require.NotNil(t, page)
			require.Len(t, page.Payments, 2)
			assert.Equal(t, []string{"TX1", "TX2"}, []string{page.Payments[0].ID, page.Payments[1].ID})
			assert.Equal(t, 1, page.Skipped)
			assert.Equal(t, "2", page.Next, "the walk goes on")
			list, err := client.ListPayments(t.Context(), caurisflux.ListRequest{})
			require.ErrorIs(t, err, guichet.ErrBadResponse)
			assert.Len(t, list.Payments, 2)
			assert.Equal(t, 1, list.Skipped)
			assert.Equal(t, int64(3), list.Meta.TotalPages)

			client, _ = answering(t, 200, `{"data":[`+row+`,`+row+`],`+meta+`}`)
			page, err = client.List(t.Context(), guichet.ListParams{})
			require.ErrorIs(t, err, guichet.ErrBadResponse)
			assert.Nil(t, page, "no row can be read")
			list, err = client.ListPayments(t.Context(), caurisflux.ListRequest{})
			require.ErrorIs(t, err, guichet.ErrBadResponse)
			assert.Nil(t, list)
		})
	}

	t.Run("a row that failed, and says success:false, is a failed payment", func(t *testing.T) {
		client, _ := answering(t, 200, `{"data":[{"transactionId":"T","success":false,"status":"failed"}]}`)
		page, err := client.List(t.Context(), guichet.ListParams{})
		require.NoError(t, err)
		assert.Equal(t, guichet.StatusFailed, page.Payments[0].Status)
	})

	t.Run("All yields the others, and one error at the end", func(t *testing.T) {
		client, _ := newMock(t, config(), nil,
			httpmock.NewStringResponder(200, `{"data":[{},`+items(1, 1)+`],"meta":{"page":1,"totalPages":2}}`),
			httpmock.NewStringResponder(200, `{"data":[`+items(2, 1)+`],"meta":{"page":2,"totalPages":2}}`))
		var ids []string
		var last error
		for p, err := range guichet.All(t.Context(), client, guichet.ListParams{}) {
			if last = err; err == nil {
				ids = append(ids, p.ID)
			}
		}
		assert.Equal(t, []string{"TX1", "TX2"}, ids)
		require.ErrorIs(t, last, guichet.ErrBadResponse)
	})

	payout := `{"type":"payout","transactionId":"P"}`
	for name, body := range map[string]string{
		"B2: 1 MiB of empty objects": `{"data":[` + strings.TrimSuffix(strings.Repeat("{},", 1<<20/3-10), ",") + `]}`,
		"B2: 101 payments":           `{"data":[` + items(1, 101) + `]}`,
		"B2: 101 bad rows":           `{"data":[` + strings.TrimSuffix(strings.Repeat("{},", 101), ",") + `]}`,
		"B2: 101 of both":            `{"data":[` + strings.Repeat("{},", 51) + items(1, 50) + `]}`,
		"B2: 101 payouts":            `{"data":[` + strings.TrimSuffix(strings.Repeat(payout+",", 101), ",") + `]}`,
		"B2: 100 payouts and 1":      `{"data":[` + strings.Repeat(payout+",", 100) + items(1, 1) + `]}`,
		"B2: nested":                 `{"success":true,"data":{"data":[` + items(1, 101) + `]}}`,
	} {
		t.Run(name, func(t *testing.T) {
			client, m := answering(t, 200, body)
			page, err := client.List(t.Context(), guichet.ListParams{})
			require.ErrorIs(t, err, guichet.ErrBadResponse)
			assert.Nil(t, page)
			m.One(t)
		})
	}
	client, _ := answering(t, 200, `{"data":[`+items(1, 100)+`]}`)
	page, err := client.List(t.Context(), guichet.ListParams{Limit: 100})
	require.NoError(t, err)
	assert.Len(t, page.Payments, 100)
}

// D17: where the code and the texts of an error stand.
func TestPlacesOfAnError(t *testing.T) {
	for name, c := range map[string]struct {
		body, code, message string
		kind                error
	}{
		"D17: an error object":                {`{"success":false,"error":{"code":"provider_error","message":"m"}}`, "provider_error", "m", guichet.ErrUnavailable},
		"an error object of another code":     {`{"success":false,"error":{"code":"Insufficient_Funds","message":["a","b"]}}`, "Insufficient_Funds", "a, b", guichet.ErrDeclined},
		"code goes before it":                 {`{"success":false,"code":"invalid_phone","error":{"code":"x","message":"m"}}`, "invalid_phone", "m", guichet.ErrInvalidRequest},
		"message goes before it":              {`{"success":false,"message":"n","error":{"message":"m"}}`, "", "n", nil},
		"a blank code is none":                {`{"success":false,"code":" ","errorCode":"invalid_amount"}`, "invalid_amount", "", guichet.ErrInvalidRequest},
		"a code with blanks":                  {`{"success":false,"code":" invalid_amount "}`, " invalid_amount ", "", guichet.ErrInvalidRequest},
		"in the data":                         {`{"success":false,"message":"n","data":{"code":"invalid_phone","message":"m"}}`, "invalid_phone", "n", guichet.ErrInvalidRequest},
		"in an error of the data":             {`{"success":false,"data":{"error":{"code":"invalid_phone","message":"m"}}}`, "invalid_phone", "m", guichet.ErrInvalidRequest},
		"in data that refuses":                {`{"success":true,"data":{"success":false,"error":{"code":"limit_exceeded","message":"m"}}}`, "limit_exceeded", "m", guichet.ErrDeclined},
		"class-validator":                     {`{"success":false,"message":[{"property":"amount","value":"+221771234567","constraints":{"isPositive":"amount must be positive","max":"amount is too large"}}]}`, "", "amount must be positive, amount is too large", nil},
		"class-validator, nested":             {`{"success":false,"message":[{"property":"customer","children":[{"property":"phone","constraints":{"isPhone":"phone is not one"}}]},"and a text"]}`, "", "phone is not one, and a text", nil},
		"class-validator, alone":              {`{"success":false,"message":{"property":"amount","constraints":{"isPositive":"amount must be positive"}}}`, "", "amount must be positive", nil},
		"objects with a message":              {`{"success":false,"message":[{"field":"amount","message":"too small"},{"message":["b"]},7,null,{"a":1}]}`, "", "too small, b", nil},
		"a message object":                    {`{"success":false,"message":{"message":"m"}}`, "", "m", nil},
		"an error that is a list":             {`{"success":false,"error":["a",{"message":"b"}]}`, "", "a, b", nil},
		"errors":                              {`{"success":false,"errors":[{"message":"a"},"b"]}`, "", "a, b", nil},
		"a listed code in error":              {`{"success":false,"error":"PROVIDER_ERROR"}`, "PROVIDER_ERROR", "PROVIDER_ERROR", guichet.ErrUnavailable},
		"constraints that are none":           {`{"success":false,"message":[{"constraints":["a"]},{"constraints":"b"},{"constraints":{"c":1}}]}`, "", "a", nil},
		"a code in a message is read by none": {`{"success":false,"message":"limit_exceeded"}`, "", "limit_exceeded", nil},
	} {
		for _, status := range []int{200, 400} {
			t.Run(fmt.Sprintf("%s, on a %d", name, status), func(t *testing.T) {
				client, m := newMock(t, config(), once, httpmock.NewStringResponder(status, c.body))
				_, err := client.CreatePayment(t.Context(), francs(5000))
				e := errorOf(t, err)
				kind, message := c.kind, c.message
				if kind == nil {
					kind = map[int]error{200: guichet.ErrBadResponse, 400: guichet.ErrInvalidRequest}[status]
				}
				assert.Equal(t, kind, e.Kind)
				assert.Equal(t, strings.TrimSpace(c.code), strings.TrimSpace(e.ProviderCode))
				assert.Equal(t, message, e.Message)
				assert.Equal(t, kind == guichet.ErrUnavailable || kind == guichet.ErrBadResponse, e.OutcomeUnknown)
				assert.NotContains(t, err.Error(), phone)
				m.One(t)
			})
		}
	}

	t.Run("D17: provider_error is an unknown outcome wherever it stands on a create", func(t *testing.T) {
		for _, body := range []string{
			`{"code":"provider_error"}`, `{"errorCode":"Provider_Error"}`, `{"error":"provider_error"}`, `{"error":{"code":"provider_error"}}`,
			`{"code":"insufficient_funds","errorCode":"provider_error"}`, `{"code":"invalid_phone","error":" provider_error "}`,
			`{"code":"invalid_phone","error":{"code":"PROVIDER_ERROR"}}`, `{"message":{"code":"provider_error","message":"m"}}`,
			`{"message":[{"code":"provider_error"}]}`, `{"errors":[{"code":"provider_error"}]}`, `{"code":"invalid_phone","data":{"errorCode":"provider_error"}}`,
			`{"code":"invalid_phone","details":{"cause":["provider_error"]}}`,
		} {
			for _, status := range []int{200, 400, 422} {
				sent := body
				if status == 200 {
					sent = `{"success":false,` + body[1:]
				}
				client, m := answering(t, status, sent)
				_, err := client.CreatePayment(t.Context(), francs(5000))
				require.ErrorIs(t, err, guichet.ErrUnknownOutcome, "%d %s", status, sent)
				m.One(t)
				client, _ = answering(t, status, sent)
				_, err = client.InitiatePayout(t.Context(), payoutRequest())
				require.ErrorIs(t, err, guichet.ErrUnknownOutcome, sent)
				err = client.Do(t.Context(), http.MethodPost, "/refunds", nil, nil)
				require.ErrorIs(t, err, guichet.ErrUnknownOutcome, sent)
				_, err = client.GetStatus(t.Context(), id)
				require.NotErrorIs(t, err, guichet.ErrUnknownOutcome, "of a read")
			}
		}
		for _, body := range []string{`{"code":"insufficient_funds"}`, `{"code":"insufficient_funds","message":"no provider_error here"}`} {
			client, _ := answering(t, 400, body)
			_, err := client.CreatePayment(t.Context(), francs(5000))
			require.NotErrorIs(t, err, guichet.ErrUnknownOutcome)
		}
	})
}

// D19: what failed for good is a result of asking, not a failure to ask.
func TestFailedPaymentIsAResult(t *testing.T) {
	for name, body := range map[string]string{
		"D19: beside the data":        `{"success":false,"data":{"transactionId":"TX000007272","status":"failed","amount":5000,"currency":"XOF"}}`,
		"D19: in the data":            `{"success":true,"data":{"success":false,"transactionId":"TX000007272","status":"failed"}}`,
		"D19: bare":                   `{"success":false,"transactionId":"TX000007272","status":"failed"}`,
		"D19: with a code":            `{"success":false,"code":"insufficient_funds","message":"m","data":{"transactionId":"TX000007272","status":"failed"}}`,
		"D19: with a code inside":     `{"success":false,"data":{"transactionId":"TX000007272","status":"failed","errorCode":"insufficient_funds"}}`,
		"D19: twice":                  `{"success":false,"data":{"success":false,"transactionId":"TX000007272","status":"FAILED "}}`,
		"D19: by its other id":        `{"success":false,"data":{"transactionId":"INTERNAL","providerTransactionId":"TX000007272","status":"failed"}}`,
		"D19: with a good statusCode": `{"success":false,"statusCode":200,"data":{"transactionId":"TX000007272","status":"failed"}}`,
		"D19: an operator's failure":  `{"success":false,"error":{"code":"provider_error"},"data":{"transactionId":"TX000007272","status":"failed"}}`,
	} {
		t.Run(name, func(t *testing.T) {
			for word, want := range map[string]guichet.Status{"failed": guichet.StatusFailed, "expired": guichet.StatusExpired, "cancelled": guichet.StatusCanceled, "canceled": guichet.StatusCanceled} {
				client, _ := answering(t, 200, strings.NewReplacer("failed", word, "FAILED", strings.ToUpper(word)).Replace(body))
				payment, err := client.GetStatus(t.Context(), id)
				require.NoError(t, err)
				assert.Equal(t, want, payment.Status)
				assert.Equal(t, id, payment.ID)
				native, err := client.Status(t.Context(), id)
				require.NoError(t, err)
				assert.Equal(t, want, native.Status)
				payout, err := client.PayoutStatus(t.Context(), id)
				if strings.Contains(name, "other id") { // payouts have one
					require.ErrorIs(t, err, guichet.ErrBadResponse)
				} else {
					require.NoError(t, err)
					assert.Equal(t, want, payout.Status)
				}
				_, err = client.CreatePayment(t.Context(), francs(5000))
				require.Error(t, err, "of a create it is the refusal")
			}
			// Any other word is no failure of the payment's.
			for _, word := range []string{"success", "pending", "refunded", "processing", ""} {
				client, _ := answering(t, 200, strings.NewReplacer("failed", word, "FAILED", word).Replace(body))
				payment, err := client.GetStatus(t.Context(), id)
				require.Error(t, err, word)
				assert.Nil(t, payment)
			}
		})
	}
	for name, body := range map[string]string{
		"about another transaction":   `{"success":false,"data":{"transactionId":"TX9","status":"failed","amount":5000,"currency":"XOF"}}`,
		"about nobody":                `{"success":false,"data":{"status":"failed","amount":5000,"currency":"XOF"}}`,
		"about the call":              `{"success":false,"status":"failed","message":"m"}`,
		"by an error's statusCode":    `{"success":false,"statusCode":404,"data":{"transactionId":"TX000007272","status":"failed"}}`,
		"by a statusCode inside":      `{"success":false,"data":{"statusCode":500,"transactionId":"TX000007272","status":"failed"}}`,
		"by a success that is odd":    `{"success":0,"data":{"transactionId":"TX000007272","status":"failed"}}`,
		"by an odd success inside":    `{"success":false,"data":{"success":"no","transactionId":"TX000007272","status":"failed"}}`,
		"an amount that is none":      `{"success":false,"data":{"transactionId":"TX000007272","status":"failed","amount":{}}}`,
		"two of its members the same": `{"success":false,"data":{"transactionId":"TX000007272","status":"failed","Status":"success"}}`,
	} {
		client, _ := newMock(t, config(), once, httpmock.NewStringResponder(200, body))
		payment, err := client.GetStatus(t.Context(), id)
		require.Error(t, err, name)
		assert.Nil(t, payment, name)
		require.NotErrorIs(t, err, guichet.ErrDeclined, name)
	}
}

// F8, as far as reading goes: the body's statusCode decides, and the headers say when
// the limit ends.
func TestLimitInTheBody(t *testing.T) {
	answer := headers(201, `{"statusCode":429,"message":"trop","error":"Too Many Requests"}`,
		"X-RateLimit-Limit", "100", "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", "1705312800")
	client, _ := newMock(t, config(), once, answer)
	for name, call := range map[string]func() error{
		"CreatePayment": func() error { _, err := client.CreatePayment(t.Context(), francs(5000)); return err },
		"List":          func() error { _, err := client.List(t.Context(), guichet.ListParams{}); return err },
		"Balance":       func() error { _, err := client.Balance(t.Context()); return err },
		"Do":            func() error { return client.Do(t.Context(), http.MethodGet, "/x", nil, nil) },
	} {
		err := call()
		require.ErrorIs(t, err, guichet.ErrRateLimited, name)
		require.NotErrorIs(t, err, guichet.ErrUnknownOutcome, name)
		var limit *caurisflux.RateLimitError
		require.ErrorAs(t, err, &limit, name)
		assert.Equal(t, int64(100), limit.Limit)
	}
}

func TestDocumentsAreNeverNull(t *testing.T) {
	for _, body := range []string{`null`, `{"success":true,"data":null}`, ` null `, "\ufeffnull", ``, `{"data":"` + "\xff" + `"}`} {
		client, _ := answering(t, 200, body)
		document, err := client.Balance(t.Context())
		assert.Nil(t, document, body)
		require.ErrorIs(t, err, guichet.ErrBadResponse, body)
	}
	for body, want := range map[string]string{
		"\ufeff{\"success\":true,\"data\": [1, 2] }": `[1, 2]`, `7`: `7`, `{"balance":{"data":1}}`: `{"balance":{"data":1}}`, `{"data":{"data":1}}`: `{"data":1}`,
		`{"success":true,"data":0}`: `0`, `"x"`: `"x"`, `{}`: `{}`, `{"success":true}`: `{"success":true}`,
	} {
		client, _ := answering(t, 200, body)
		document, err := client.Balance(t.Context())
		require.NoError(t, err, body)
		assert.Equal(t, want, string(document.Raw))
	}
}

// D10: an event is a doorbell, and no member of it is worth losing it.
func TestOddWebhooks(t *testing.T) {
	for body, want := range map[string]caurisflux.Webhook{
		`{"event":"payment.success","data":{"transactionId":"T","provider":{"code":"wave"},"externalReference":1001,"amount":"5 000","failureMessage":["a"]}}`: {
			Event: "payment.success", Status: guichet.StatusSucceeded, TransactionID: "T", ExternalReference: "1001"},
		`{"event":"payment.failed","data":{"transactionId":7272,"providerTransactionId":8,"provider":9,"amount":true,"currency":"xof ","failureReason":51,"failureMessage":17,"reason":3}}`: {
			Event: "payment.failed", Status: guichet.StatusFailed, TransactionID: "7272", ProviderTransactionID: "8", Provider: "9", Currency: "XOF", Reason: "51", Message: "17", RefundReason: "3"},
		`{"event":"payment.failed","data":{"transactionId":{},"externalReference":[],"amount":{},"currency":7,"failureReason":{},"errorCode":"limit_exceeded","failureMessage":null,"errorMessage":"m"}}`: {
			Event: "payment.failed", Status: guichet.StatusFailed, Reason: "limit_exceeded", Message: "m"},
		`{"event":"a","data":{"provider":"\ud800","x":"` + "\xff" + `","externalReference":"A"}}`: {Event: "a", ExternalReference: "A"},
		"\ufeff" + `{"event":"a","data":{"externalReference":"A"},"data2":[]}` + "\r\n":           {Event: "a", ExternalReference: "A"},
	} {
		event, err := signed(body).parse(t)
		require.NoError(t, err, body)
		assert.Equal(t, want.ExternalReference, event.Reference)
		assert.Equal(t, body, string(event.Raw))
		webhook, err := caurisflux.DecodeWebhook(event.Raw)
		require.NoError(t, err)
		assert.Equal(t, &want, webhook)
	}
	for body, message := range map[string]string{
		`{"event":7,"data":{"a":1}}`: "event is not a text", `{"event":"a","data":[1]}`: "data is not an object", `[]`: "the body is not a JSON object",
		`{"event":"a"}`: "the body lacks its event or its data", `<p>`: "the body is an HTML page, not the API's JSON", `{"event":"a","data":{"b":1}`: "the body is cut short",
		`{"event":"a","data":{"externalReference":"\ud800"}}`: "data.externalReference is not valid UTF-8",
	} {
		_, err := signed(body).parse(t)
		require.ErrorIs(t, err, guichet.ErrBadResponse, body)
		assert.Equal(t, message, errorOf(t, err).Message)
	}
}

// D11: the signature and its time may come under different families of names.
func TestWebhookFamilies(t *testing.T) {
	body := fixture(t, "webhook_success.json")
	const now, other = "1705312800", "1705312801"
	mac := func(stamp string) string { return webhook.Sign(webhookSecret, []byte(stamp+"."), []byte(body)) }
	for name, c := range map[string]struct {
		header  http.Header
		message string // empty: trusted
	}{
		"D11: legacy time":                    {http.Header{"X-Webhook-Signature": {macSuccess}, "X-Cauris-Timestamp": {now}}, ""},
		"D11: legacy signature":               {http.Header{"X-Cauris-Signature": {"sha256=" + macSuccess}, "X-Webhook-Timestamp": {now}}, ""},
		"D11: an empty time before":           {http.Header{"X-Webhook-Signature": {macSuccess}, "X-Webhook-Timestamp": {""}, "X-Cauris-Timestamp": {now}}, ""},
		"both times, signed with its own":     {http.Header{"X-Cauris-Signature": {mac(other)}, "X-Cauris-Timestamp": {other}, "X-Webhook-Timestamp": {now}}, ""},
		"both families":                       {http.Header{"X-Webhook-Signature": {macSuccess}, "X-Webhook-Timestamp": {now}, "X-Cauris-Signature": {mac(other)}, "X-Cauris-Timestamp": {other}}, ""},
		"both times, signed with the other's": {http.Header{"X-Webhook-Signature": {mac(other)}, "X-Webhook-Timestamp": {now}, "X-Cauris-Timestamp": {other}}, "the signature does not match: the body was changed on the way, or another secret than Config.WebhookSecret signed it"},
		"a time that is not covered":          {http.Header{"X-Webhook-Signature": {macSuccess}, "X-Cauris-Timestamp": {other}}, "the signature does not match: the body was changed on the way, or another secret than Config.WebhookSecret signed it"},
		"the legacy time twice":               {http.Header{"X-Webhook-Signature": {macSuccess}, "X-Cauris-Timestamp": {now, now}}, "the header X-Cauris-Timestamp is there more than once"},
		"the legacy signature twice":          {http.Header{"X-Cauris-Signature": {macSuccess, macSuccess}, "X-Webhook-Timestamp": {now}}, "the header X-Cauris-Signature is there more than once"},
		"no time at all":                      {http.Header{"X-Webhook-Signature": {macSuccess}}, "the header X-Webhook-Timestamp is missing"},
		"no signature at all":                 {http.Header{"X-Webhook-Timestamp": {now}}, "the header X-Webhook-Signature is missing"},
	} {
		t.Run(name, func(t *testing.T) {
			d := delivered("", body)
			d.header = c.header
			event, err := d.parse(t)
			if c.message == "" {
				require.NoError(t, err)
				assert.True(t, event.Verified)
				return
			}
			require.ErrorIs(t, err, guichet.ErrUntrusted)
			assert.Equal(t, c.message, errorOf(t, err).Message)
		})
	}
}

// What a caller adds goes into the body as it is, and replaces nothing.
func TestExtraMembers(t *testing.T) {
	client, m := answering(t, 200, fixture(t, "payment.json"))
	req := direct()
	req.Extra = map[string]any{"z": json.Number("0.10"), "a": []any{nil, true, "é<&>"}, "m": map[string]any{"type": "x"}}
	_, err := client.Initiate(t.Context(), req)
	require.NoError(t, err)
	assert.Equal(t, strings.TrimSuffix(`{"type":"direct","provider":"wave","amount":5000,"currency":"XOF","country":"SN","customerPhone":"+221771234567","externalReference":"ORDER-001"}`, "}")+
		`,"a":[null,true,"é<&>"],"m":{"type":"x"},"z":0.10}`, m.One(t).Body)

	req = direct()
	req.Description, req.Metadata = "un caractère \ufffd perdu", map[string]any{}
	_, err = client.Initiate(t.Context(), req)
	require.NoError(t, err, "it is valid text")
	assert.NotContains(t, m.All()[1].Body, "metadata")

	client, m = silent(t)
	for _, extra := range []map[string]any{
		{"amount": 1}, {"Amount": 1}, {"\u017ftatus": 1, "status": 2}, {"customerPhone": "x"}, {"type": "checkout"}, {"x": map[string]any{"a": 1, "A": 2}},
		{"x": "\xff"}, {"x\xff": 1}, {"x": func() {}}, {"x": json.RawMessage(`{"a":1,"a":2}`)}, {"x": json.Number("1,2")}, {"x": json.RawMessage("\"\xff\"")},
	} {
		req := direct()
		req.Extra = extra
		_, err := client.Initiate(t.Context(), req)
		require.ErrorIs(t, err, guichet.ErrInvalidRequest, "%q", extra)
		assert.True(t, strings.HasPrefix(errorOf(t, err).Message, "Metadata or Extra: "))
		payout := payoutRequest()
		if payout.Extra = extra; extra["amount"] == nil && extra["Amount"] == nil && extra["customerPhone"] == nil && extra["type"] == nil {
			_, err = client.InitiatePayout(t.Context(), payout)
			require.ErrorIs(t, err, guichet.ErrInvalidRequest, "%q", extra)
		}
	}
	for _, name := range []string{"quoteId", "externalReference", "Recipient"} {
		payout := payoutRequest()
		payout.Extra = map[string]any{name: "x"}
		_, err := client.InitiatePayout(t.Context(), payout)
		require.ErrorIs(t, err, guichet.ErrInvalidRequest, name)
	}
	assert.Empty(t, m.All())
}
