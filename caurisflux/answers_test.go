package caurisflux_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/caurisflux"
)

var created = time.Date(2024, 1, 15, 10, 30, 0, 0, time.UTC)

func TestPaymentAnswers(t *testing.T) {
	bare := fixture(t, "payment_bare.json")
	forms := map[string]struct {
		status int
		body   string
	}{
		"R1: 200 in its envelope":       {200, fixture(t, "payment.json")},
		"R2: 201 bare":                  {201, bare},
		"data without success":          {200, `{"data":` + bare + `}`},
		"success null":                  {200, `{"success":null,"data":` + bare + `}`},
		"any 2xx":                       {202, "\n " + fixture(t, "payment.json") + "\n"},
		"an envelope with more members": {200, `{"success":true,"message":"ok","meta":"v1","data":` + bare + `}`},
	}
	for name, form := range forms {
		t.Run(name, func(t *testing.T) {
			client, _ := answering(t, form.status, form.body)
			native, err := client.Initiate(t.Context(), direct())
			require.NoError(t, err)
			assert.Equal(t, &caurisflux.Payment{
				ID: id, Status: guichet.StatusPending, ProviderStatus: "pending", Amount: "5000", Currency: "XOF",
				RedirectURL: "https://pay.wave.com/c/sn/~abc123",
				CreatedAt:   guichet.Timestamp{Time: created, Text: "2024-01-15T10:30:00Z"},
				Raw:         []byte(bare),
			}, native)

			want := &guichet.Payment{
				ID: id, Provider: "caurisflux", Status: guichet.StatusPending, ProviderStatus: "pending",
				Amount: guichet.NewMoney(5000, guichet.XOF), CheckoutURL: "https://pay.wave.com/c/sn/~abc123",
				CreatedAt: created, Raw: []byte(bare),
			}
			asked, err := client.GetStatus(t.Context(), id)
			require.NoError(t, err)
			assert.Equal(t, want, asked)

			payment, err := client.CreatePayment(t.Context(), francs(5000))
			require.NoError(t, err)
			want.Reference = order
			assert.Equal(t, want, payment)
		})
	}

	t.Run("R3: no URL, a quoted amount, unknown members", func(t *testing.T) {
		client, _ := answering(t, 200, fixture(t, "payment_sparse.json"))
		native, err := client.Initiate(t.Context(), direct())
		require.NoError(t, err)
		assert.Empty(t, native.RedirectURL)
		assert.Equal(t, "{}", string(native.DeepLinks))
		assert.Equal(t, guichet.Number("5000"), native.Amount)
		assert.Equal(t, time.Date(2024, 1, 15, 11, 0, 0, 250e6, time.UTC), native.ExpiresAt.Time)

		payment, err := client.CreatePayment(t.Context(), francs(5000))
		require.ErrorIs(t, err, guichet.ErrBadResponse, "a hosted page without an address")
		require.ErrorIs(t, err, guichet.ErrUnknownOutcome)
		require.NotNil(t, payment)
		assert.Equal(t, id, payment.ID)
		assert.Equal(t, order, errorOf(t, err).IdempotencyKey)

		req := francs(5000)
		req.MobileMoney = &guichet.MobileMoney{Phone: phone, Country: "SN", Operator: "wave"}
		payment, err = client.CreatePayment(t.Context(), req)
		require.NoError(t, err, "a prompt needs none")
		assert.Equal(t, guichet.NewMoney(5000, guichet.XOF), payment.Amount)
	})

	t.Run("other names of URL and id", func(t *testing.T) {
		for answer, want := range map[string]string{
			`{"transactionId":"T","redirectUrl":"https://a.example","checkoutUrl":"https://b.example"}`:            "https://a.example",
			`{"transactionId":"T","redirectUrl":null,"checkoutUrl":"https://b.example","paymentUrl":"https://c/"}`: "https://b.example",
			`{"transactionId":null,"providerTransactionId":"T","paymentUrl":"https://c.example"}`:                  "https://c.example",
		} {
			client, _ := answering(t, 200, answer)
			payment, err := client.CreatePayment(t.Context(), francs(5000))
			require.NoError(t, err)
			assert.Equal(t, "T", payment.ID)
			assert.Equal(t, want, payment.CheckoutURL)
			assert.Equal(t, guichet.StatusUnknown, payment.Status, "the answer says none")
			assert.Zero(t, payment.Amount)
			assert.Zero(t, payment.CreatedAt)
		}
	})

	t.Run("a URL that no customer may be sent to", func(t *testing.T) {
		for _, url := range []string{"javascript:alert(1)", "http://pay.example/x", "//pay.example", "https://u:p@pay.example"} {
			client, _ := answering(t, 200, `{"transactionId":"T","redirectUrl":"`+url+`"}`)
			payment, err := client.CreatePayment(t.Context(), francs(5000))
			require.ErrorIs(t, err, guichet.ErrBadResponse, url)
			assert.Empty(t, payment.CheckoutURL)
		}
	})

	mismatches := map[string]struct {
		answer string
		want   guichet.Money
	}{
		"another amount":               {strings.Replace(bare, "5000", "4999", 1), guichet.NewMoney(5000, "XOF")},
		"another currency":             {strings.Replace(bare, "XOF", "XAF", 1), guichet.NewMoney(5000, "XOF")},
		"an amount without currency":   {strings.Replace(bare, `5000,"currency":"XOF"`, `4999`, 1), guichet.NewMoney(5000, "XOF")},
		"a fraction of a franc":        {strings.Replace(bare, "5000", "5000.5", 1), guichet.NewMoney(5000, "XOF")},
		"an amount of 0":               {strings.Replace(bare, "5000", "0", 1), guichet.NewMoney(5000, "XOF")},
		"minor units":                  {strings.NewReplacer("5000", "1250", "XOF", "EUR").Replace(bare), guichet.NewMoney(1250, "EUR")},
		"an amount beyond int64":       {strings.Replace(bare, "5000", "92233720368547758070", 1), guichet.NewMoney(5000, "XOF")},
		"a currency of unknown digits": {strings.Replace(bare, "XOF", "XYZ", 1), guichet.NewMoney(5000, "XOF")},
	}
	for name, c := range mismatches {
		t.Run("echo: "+name, func(t *testing.T) {
			client, _ := answering(t, 200, c.answer)
			payment, err := client.CreatePayment(t.Context(), guichet.PaymentRequest{Reference: order, Amount: c.want})
			require.ErrorIs(t, err, guichet.ErrMismatch)
			require.NotNil(t, payment)
			assert.Equal(t, id, payment.ID)
			assert.NotEqual(t, c.want, payment.Amount)
		})
	}

	t.Run("an amount without currency is in the one asked for", func(t *testing.T) {
		client, _ := answering(t, 200, strings.Replace(bare, `,"currency":"XOF"`, "", 1))
		payment, err := client.CreatePayment(t.Context(), francs(5000))
		require.NoError(t, err)
		assert.Equal(t, guichet.NewMoney(5000, guichet.XOF), payment.Amount)

		payment, err = client.GetStatus(t.Context(), id)
		require.NoError(t, err)
		assert.Zero(t, payment.Amount, "a status was not asked for in any")
	})

	t.Run("answers about another order", func(t *testing.T) {
		client, _ := answering(t, 200, strings.Replace(bare, "{", `{"externalReference":"ORDER-002",`, 1))
		_, err := client.CreatePayment(t.Context(), francs(5000))
		require.ErrorIs(t, err, guichet.ErrBadResponse)
		require.ErrorIs(t, err, guichet.ErrUnknownOutcome)
		_, err = client.Initiate(t.Context(), direct())
		require.ErrorIs(t, err, guichet.ErrBadResponse)
	})

	t.Run("the order of a status is read when it is there", func(t *testing.T) {
		client, _ := answering(t, 200, strings.Replace(bare, "{", `{"externalReference":"ORDER-001",`, 1))
		payment, err := client.GetStatus(t.Context(), id)
		require.NoError(t, err)
		assert.Equal(t, order, payment.Reference)
	})

	t.Run("a status about something else", func(t *testing.T) {
		for name, answer := range map[string]string{
			"another payment": strings.Replace(bare, id, "TX000009999", 1),
			"nothing at all":  `{}`,
			"a greeting":      `{"status":"success"}`,
			"another by name": `{"providerTransactionId":"P-2","status":"paid","amount":5000,"currency":"XOF"}`,
			"a payout":        strings.Replace(fixture(t, "payout_pending.json"), "9F3K2M7Q1X8Z4B6D", id, 1),
		} {
			client, _ := answering(t, 200, answer)
			_, err := client.GetStatus(t.Context(), id)
			require.ErrorIs(t, err, guichet.ErrBadResponse, name)
		}
		for _, word := range []string{"success", "completed", "paid"} {
			client, _ := answering(t, 200, `{"success":true,"data":{"status":"`+word+`","amount":5000,"currency":"XOF"}}`)
			payment, err := client.GetStatus(t.Context(), id)
			assert.Nil(t, payment, "it would confirm any id")
			require.ErrorIs(t, err, guichet.ErrBadResponse)
			assert.Equal(t, "GetStatus", errorOf(t, err).Op)
			assert.Equal(t, 200, errorOf(t, err).HTTPStatus)
			native, err := client.Status(t.Context(), id)
			require.NoError(t, err)
			assert.Equal(t, guichet.StatusSucceeded, native.Status)
		}
		for _, word := range []string{"pending", "failed", "expired", "on_hold"} {
			client, _ := answering(t, 200, `{"status":"`+word+`","amount":5000,"currency":"XOF"}`)
			payment, err := client.GetStatus(t.Context(), id)
			require.NoError(t, err, "the id may be missing")
			require.Error(t, payment.Confirms("", guichet.NewMoney(5000, guichet.XOF)))
		}
		client, _ := answering(t, 200, `{"externalReference":"ORDER-001","status":"paid","amount":5000,"currency":"XOF"}`)
		payment, err := client.GetStatus(t.Context(), id)
		require.NoError(t, err, "the order is named")
		require.NoError(t, payment.Confirms(order, guichet.NewMoney(5000, guichet.XOF)))
		client, _ = answering(t, 200, `{"transactionId":"INTERNAL-1","providerTransactionId":"TX000007272","status":"paid"}`)
		payment, err = client.GetStatus(t.Context(), id)
		require.NoError(t, err, "asked by the other of its two ids")
		assert.Equal(t, id, payment.ID)
	})

	for name, number := range map[string]string{"a float's worth of digits": "12345678901.23", "an exponent": "1234567890123e-2", "quoted": `"12345678901.23"`} {
		t.Run("exact: "+name, func(t *testing.T) {
			client, _ := answering(t, 200, strings.NewReplacer("5000", number, "XOF", "EUR").Replace(bare))
			payment, err := client.GetStatus(t.Context(), id)
			require.NoError(t, err)
			assert.Equal(t, guichet.NewMoney(1234567890123, guichet.EUR), payment.Amount)
		})
	}

	t.Run("a date that cannot be read loses no payment", func(t *testing.T) {
		client, _ := answering(t, 200, strings.Replace(bare, "2024-01-15T10:30:00Z", "hier", 1))
		native, err := client.Status(t.Context(), id)
		require.NoError(t, err)
		assert.Equal(t, "hier", native.CreatedAt.Text)
		assert.Zero(t, native.CreatedAt.Time)
	})
}

func TestStatusWords(t *testing.T) {
	for row, words := range map[string]map[string]guichet.Status{
		"R12": {"success": guichet.StatusSucceeded, "completed": guichet.StatusSucceeded, "paid": guichet.StatusSucceeded,
			"SUCCESS": guichet.StatusSucceeded, " Paid\t": guichet.StatusSucceeded},
		"R13": {"failed": guichet.StatusFailed, "expired": guichet.StatusExpired, "cancelled": guichet.StatusCanceled, "canceled": guichet.StatusCanceled},
		"R14": {"on_hold": guichet.StatusUnknown, "processing": guichet.StatusUnknown, "": guichet.StatusUnknown, "unpaid": guichet.StatusUnknown,
			"success!": guichet.StatusUnknown, "refund": guichet.StatusUnknown},
		"D16":     {"refunded": guichet.StatusRefunded, " Refunded ": guichet.StatusRefunded},
		"pending": {"pending": guichet.StatusPending},
	} {
		for word, want := range words {
			t.Run(fmt.Sprintf("%s: %q", row, word), func(t *testing.T) {
				client, _ := answering(t, 200, strings.Replace(fixture(t, "payment.json"), `"pending"`, strconv.Quote(word), 1))
				payment, err := client.GetStatus(t.Context(), id)
				require.NoError(t, err)
				assert.Equal(t, want, payment.Status)
				assert.Equal(t, word, payment.ProviderStatus, "kept")
				assert.Equal(t, row == "R12" || row == "R13" || row == "D16", payment.Status.Final())
				assert.Equal(t, row == "R12", payment.Confirms("", guichet.NewMoney(5000, guichet.XOF)) == nil)
			})
		}
	}
}

func TestListAnswers(t *testing.T) {
	list := fixture(t, "list.json")
	bareItem := `{"transactionId":"TX000007272","status":"success","amount":5000,"currency":"XOF","redirectUrl":null,"createdAt":"2024-01-15T10:30:00Z"}`
	meta := `"meta":{"total":150,"page":1,"limit":20,"totalPages":8}`

	for name, body := range map[string]string{
		"R10: documented":              list,
		"with success":                 strings.Replace(list, "{", `{"success":true,`, 1),
		"nested":                       `{"success":true,"data":` + list + `}`,
		"nested, meta outside":         `{"success":true,"data":{"data":[` + bareItem + `]},` + meta + `}`,
		"counts in quotes":             strings.NewReplacer("150", `"150"`, `:8`, `:"8"`).Replace(list),
		"more in meta than documented": strings.Replace(list, `"total":`, `"hasNext":true,"total":`, 1),
	} {
		t.Run(name, func(t *testing.T) {
			client, _ := answering(t, 200, body)
			native, err := client.ListPayments(t.Context(), caurisflux.ListRequest{})
			require.NoError(t, err)
			assert.Equal(t, &caurisflux.Meta{Total: 150, Page: 1, Limit: 20, TotalPages: 8}, native.Meta)
			require.Len(t, native.Payments, 1)
			assert.Equal(t, bareItem, string(native.Payments[0].Raw))

			page, err := client.List(t.Context(), guichet.ListParams{})
			require.NoError(t, err)
			assert.Equal(t, "2", page.Next)
			require.Len(t, page.Payments, 1)
			assert.Equal(t, &guichet.Payment{
				ID: id, Provider: "caurisflux", Status: guichet.StatusSucceeded, ProviderStatus: "success",
				Amount: guichet.NewMoney(5000, guichet.XOF), CreatedAt: created, Raw: []byte(bareItem),
			}, page.Payments[0])
		})
	}

	t.Run("R10: page 8 is the last", func(t *testing.T) {
		client, _ := answering(t, 200, strings.Replace(list, `"page":1`, `"page":8`, 1))
		page, err := client.List(t.Context(), guichet.ListParams{Cursor: "8"})
		require.NoError(t, err)
		assert.Empty(t, page.Next)
	})

	for name, body := range map[string]string{
		"R11: no items":              `{"data":[],"meta":{"total":0,"page":1,"limit":20,"totalPages":0}}`,
		"R11: data null":             `{"data":null}`,
		"R11: nested data null":      `{"success":true,"data":{"data":null}}`,
		"R11: a page after the last": `{"data":[],"meta":{"total":150,"page":9,"limit":20,"totalPages":8}}`,
		"R11: a bare array, empty":   `[]`,
		"R11: no items, meta null":   `{"data":[],"meta":null}`,
	} {
		t.Run(name, func(t *testing.T) {
			client, m := answering(t, 200, body)
			native, err := client.ListPayments(t.Context(), caurisflux.ListRequest{})
			require.NoError(t, err)
			assert.NotNil(t, native.Payments)
			assert.Empty(t, native.Payments)
			page, err := client.List(t.Context(), guichet.ListParams{})
			require.NoError(t, err)
			assert.NotNil(t, page.Payments)
			assert.Empty(t, page.Next)
			before := len(m.All())
			for range guichet.All(t.Context(), client, guichet.ListParams{}) {
				t.Error("a payment of an empty list")
			}
			assert.Len(t, m.All(), before+1, "the iteration ends")
		})
	}

	for name, body := range map[string]string{
		"R11: no meta":     `{"data":[` + bareItem + `]}`,
		"R11: bare array":  `[` + bareItem + `]`,
		"R11: meta null":   `{"data":[` + bareItem + `],"meta":null}`,
		"R11: empty meta":  `{"data":[` + bareItem + `],"meta":{}}`,
		"one page in meta": `{"data":[` + bareItem + `],"meta":{"page":1,"totalPages":1}}`,
	} {
		t.Run(name, func(t *testing.T) {
			client, _ := answering(t, 200, body)
			page, err := client.List(t.Context(), guichet.ListParams{})
			require.NoError(t, err)
			assert.Len(t, page.Payments, 1)
			assert.Empty(t, page.Next)
		})
	}

	t.Run("a meta without page counts from the page asked for", func(t *testing.T) {
		client, _ := answering(t, 200, strings.Replace(list, `"page":1,`, "", 1))
		page, err := client.List(t.Context(), guichet.ListParams{Cursor: "3"})
		require.NoError(t, err)
		assert.Equal(t, "4", page.Next)
	})

	t.Run("a server that ignores the page is noticed", func(t *testing.T) {
		client, m := answering(t, 200, list)
		var last error
		for _, err := range guichet.All(t.Context(), client, guichet.ListParams{}) {
			last = err
		}
		require.ErrorIs(t, last, guichet.ErrBadResponse)
		assert.Len(t, m.All(), 2)
	})

	for name, body := range map[string]string{
		"no list":            `{"success":true,"data":{"transactionId":"T"}}`,
		"a text":             `{"data":"none"}`,
		"an item of null":    `{"data":[null]}`,
		"an item of text":    `{"data":["TX000007272"]}`,
		"a meta of text":     `{"data":[],"meta":"x"}`,
		"counts of text":     `{"data":[],"meta":{"total":"many"}}`,
		"nested three times": `{"data":{"data":{"data":[]}}}`,
		"an object":          `{}`,
		"null":               `null`,
		"refused inside":     `{"data":{"success":false,"data":[]}}`,
		"an item refused":    `{"data":[{"success":false,"transactionId":"T","status":"paid"}]}`,
		"an item with a 404": `{"data":[{"statusCode":404,"transactionId":"T","status":"paid"}]}`,
	} {
		t.Run("not a list: "+name, func(t *testing.T) {
			client, _ := answering(t, 200, body)
			page, err := client.List(t.Context(), guichet.ListParams{})
			require.ErrorIs(t, err, guichet.ErrBadResponse)
			assert.Nil(t, page)
		})
	}

	t.Run("404 says that the path is unconfirmed", func(t *testing.T) {
		client, _ := answering(t, 404, `{"statusCode":404,"message":"Cannot GET /api/v1/payments","error":"Not Found"}`)
		_, err := client.List(t.Context(), guichet.ListParams{})
		require.ErrorIs(t, err, guichet.ErrNotFound)
		assert.Contains(t, err.Error(), "the list path /payments is not confirmed")
		assert.Contains(t, err.Error(), "Cannot GET")
	})
}

func TestPayoutAnswers(t *testing.T) {
	const payoutID = "9F3K2M7Q1X8Z4B6D"
	at := func(text string) guichet.Timestamp { return guichet.ParseTimestamp(text) }

	for name, body := range map[string]string{
		"bare, as documented": fixture(t, "payout.json"),
		"in an envelope":      `{"success":true,"data":` + fixture(t, "payout.json") + `}`,
	} {
		t.Run("create: "+name, func(t *testing.T) {
			client, _ := answering(t, 201, body)
			payout, err := client.InitiatePayout(t.Context(), payoutRequest())
			require.NoError(t, err)
			assert.Equal(t, &caurisflux.Payout{
				ID: payoutID, ExternalReference: "PAYOUT-001", Status: guichet.StatusPending, ProviderStatus: "pending",
				Amount: "10000", Fees: "100", NetAmount: "9900", Currency: "XOF", Method: "mobile_money", MobileProvider: "wave",
				Recipient: caurisflux.Recipient{Name: "Awa Essai", FirstName: "Awa", LastName: "Essai", Phone: "+221770000000"},
				CreatedAt: at("2024-01-15T10:30:00.000Z"), UpdatedAt: at("2024-01-15T10:30:00.000Z"),
				Raw: []byte(fixture(t, "payout.json")),
			}, payout)
		})
	}

	t.Run("R15: nulls, and no providerReference", func(t *testing.T) {
		client, m := answering(t, 200, fixture(t, "payout_pending.json"))
		payout, err := client.PayoutStatus(t.Context(), payoutID)
		require.NoError(t, err)
		assert.Equal(t, "/api/v1/payments/status/"+payoutID, m.One(t).URL.Path)
		assert.Equal(t, &caurisflux.Payout{
			ID: payoutID, ExternalReference: "PAYOUT-001", Type: "payout", Status: guichet.StatusPending, ProviderStatus: "pending",
			Amount: "10000", Currency: "XOF", Method: "mobile_money", MobileProvider: "wave",
			Recipient: caurisflux.Recipient{Name: "Awa Essai", Phone: "+221770000000"}, Message: "Retrait en cours",
			CreatedAt: at("2024-01-15T10:30:00.000Z"), UpdatedAt: at("2024-01-15T10:30:05.000Z"),
			Raw: []byte(fixture(t, "payout_pending.json")),
		}, payout)
	})

	t.Run("a payout that failed is a result", func(t *testing.T) {
		client, _ := answering(t, 200, fixture(t, "payout_failed.json"))
		payout, err := client.PayoutStatus(t.Context(), payoutID)
		require.NoError(t, err)
		assert.Equal(t, guichet.StatusFailed, payout.Status)
		assert.Equal(t, "provider_error", payout.ErrorCode)
		assert.Equal(t, "Le compte ne peut pas recevoir", payout.ErrorMessage)
		assert.Equal(t, "W-4711", payout.ProviderReference)
		assert.Equal(t, created.Add(9*time.Second), payout.CompletedAt.Time)
		assert.JSONEq(t, `{"batch":7}`, string(payout.Metadata))
	})

	t.Run("an answer that could be about any payout is about none", func(t *testing.T) {
		for _, word := range []string{"completed", "failed", "pending"} {
			client, _ := answering(t, 200, `{"success":true,"data":{"status":"`+word+`","amount":10000,"currency":"XOF"}}`)
			payout, err := client.PayoutStatus(t.Context(), "9F3K2M7Q1X8Z4B6D")
			assert.Nil(t, payout, word)
			require.ErrorIs(t, err, guichet.ErrBadResponse, word)
		}
	})
	t.Run("the status of a payment is not that of a payout", func(t *testing.T) {
		client, _ := answering(t, 200, `{"transactionId":"9F3K2M7Q1X8Z4B6D","type":"payment","status":"success"}`)
		_, err := client.PayoutStatus(t.Context(), payoutID)
		require.ErrorIs(t, err, guichet.ErrBadResponse)
	})

	t.Run("an answer without id or about another reference is unknown", func(t *testing.T) {
		for _, body := range []string{`{"status":"pending"}`, strings.Replace(fixture(t, "payout.json"), "PAYOUT-001", "PAYOUT-002", 1)} {
			client, m := answering(t, 201, body)
			_, err := client.InitiatePayout(t.Context(), payoutRequest())
			require.ErrorIs(t, err, guichet.ErrBadResponse)
			require.ErrorIs(t, err, guichet.ErrUnknownOutcome)
			assert.Equal(t, "PAYOUT-001", errorOf(t, err).Reference)
			m.One(t)
		}
	})
}

func TestRateLimit(t *testing.T) {
	payment := fixture(t, "payment.json")
	rated := func(body, limit, remaining, reset string) httpmock.Responder {
		return headers(200, body, "X-RateLimit-Limit", limit, "X-RateLimit-Remaining", remaining, "X-RateLimit-Reset", reset)
	}
	want := &caurisflux.RateLimit{Limit: 100, Remaining: 95, Reset: time.Date(2024, 1, 15, 10, 0, 0, 0, time.UTC)}

	t.Run("every native result carries it", func(t *testing.T) {
		with := func(body string) *caurisflux.Client {
			client, _ := newMock(t, config(), nil, rated(body, "100", "95", "1705312800"))
			return client
		}
		p, err := with(payment).Initiate(t.Context(), direct())
		require.NoError(t, err)
		assert.Equal(t, want, p.RateLimit)
		p, err = with(payment).Status(t.Context(), id)
		require.NoError(t, err)
		assert.Equal(t, want, p.RateLimit)
		l, err := with(fixture(t, "list.json")).ListPayments(t.Context(), caurisflux.ListRequest{})
		require.NoError(t, err)
		assert.Equal(t, want, l.RateLimit)
		o, err := with(fixture(t, "payout.json")).InitiatePayout(t.Context(), payoutRequest())
		require.NoError(t, err)
		assert.Equal(t, want, o.RateLimit)
		d, err := with(`[]`).Providers(t.Context(), nil)
		require.NoError(t, err)
		assert.Equal(t, want, d.RateLimit)
	})

	for name, values := range map[string][3]string{
		"R7: absent":           {"", "", ""},
		"R7: unlimited":        {"unlimited", "unlimited", "0"},
		"R7: limit unlimited":  {"unlimited", "95", "1705312800"},
		"R7: reset is a date":  {"100", "95", "2024-01-15"},
		"R7: one is missing":   {"100", "", "1705312800"},
		"R7: below 0":          {"100", "-1", "1705312800"},
		"R7: reset below 0":    {"100", "95", "-1705312800"},
		"R7: beyond int64":     {"99999999999999999999", "95", "1705312800"},
		"R7: reset beyond all": {"100", "95", "9999999999999999"},
	} {
		t.Run(name, func(t *testing.T) {
			client, _ := newMock(t, config(), nil, rated(payment, values[0], values[1], values[2]))
			p, err := client.Status(t.Context(), id)
			require.NoError(t, err)
			assert.Nil(t, p.RateLimit)
		})
	}

	t.Run("R7: no such header", func(t *testing.T) {
		client, _ := answering(t, 200, payment)
		p, err := client.Status(t.Context(), id)
		require.NoError(t, err)
		assert.Nil(t, p.RateLimit)
	})
}
