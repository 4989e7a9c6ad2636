package lygos_test

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/suite/input"
	"github.com/guichetpay/guichet/lygos"
)

// with is the fixture of a gateway with one member's value replaced; the value "" takes
// the member out.
func with(t testing.TB, name, value string) string {
	t.Helper()
	body := fixture(t, "gateway.json")
	member := regexp.MustCompile(`\n *"` + name + `": [^\n]*?(,?)\n`)
	require.Regexp(t, member, body)
	if value == "" {
		return member.ReplaceAllString(body, "\n")
	}
	return member.ReplaceAllLiteralString(body, "\n"+quoted(name)+":"+value+map[bool]string{true: ","}[!strings.HasSuffix(member.FindString(body), "\"\n")]+"\n")
}

// decisive are the members of a gateway that decide; see the table in answer.go.
var decisive = []string{"id", "amount", "currency", "link", "order_id"}

func prefixed(prefix string, names []string) []string {
	var out []string
	for _, name := range names {
		out = append(out, prefix+name)
	}
	return out
}

func TestEveryMember(t *testing.T) {
	gateway := func(g *lygos.Gateway) input.Reading {
		link, _ := g.LinkURL()
		r := input.Reading{ID: g.ID, Reference: g.OrderID, CheckoutURL: link}
		if g.Amount > 0 {
			r.Amount = guichet.NewMoney(g.Amount, g.Currency)
		}
		return r
	}
	one := func(r input.Reading, err error) ([]input.Reading, error) {
		if err != nil {
			return nil, err
		}
		return []input.Reading{r}, nil
	}
	for _, file := range []string{"gateway.json", "gateway_detail.json"} {
		input.Members(t, input.Answer{
			Name: "CreatePayment: " + file, Body: fixture(t, file), Decides: decisive, Loose: []string{"order_id"},
			Read: func(t *testing.T, body string) ([]input.Reading, error) {
				client, _ := answering(t, 200, body)
				p, err := client.CreatePayment(t.Context(), francs(5000))
				if err != nil {
					return nil, err
				}
				return one(input.Of(p), nil)
			},
		})
		input.Members(t, input.Answer{
			Name: "CreateGateway: " + file, Body: fixture(t, file), Decides: decisive, Loose: []string{"order_id"},
			Read: func(t *testing.T, body string) ([]input.Reading, error) {
				client, _ := answering(t, 200, body)
				g, err := client.CreateGateway(t.Context(), lygos.GatewayRequest{Amount: 5000, OrderID: order})
				if err != nil {
					return nil, err
				}
				return one(gateway(g), nil)
			},
		})
		input.Members(t, input.Answer{
			Name: "GetGateway: " + file, Body: fixture(t, file), Decides: decisive, Loose: []string{"order_id"},
			Read: func(t *testing.T, body string) ([]input.Reading, error) {
				client, _ := answering(t, 200, body)
				g, err := client.GetGateway(t.Context(), gatewayID)
				if err != nil {
					return nil, err
				}
				return one(gateway(g), nil)
			},
		})
	}

	// All members are there, and none is null.
	list := "[" + fixture(t, "gateway.json") + "," + strings.Replace(fixture(t, "gateway.json"), order, "CMD-2024-002", 1) + "]"
	input.Members(t, input.Answer{
		Name: "List", Body: list, Decides: prefixed("[].", decisive), Loose: []string{"[].order_id"},
		Read: func(t *testing.T, body string) (all []input.Reading, err error) {
			client, _ := answering(t, 200, body)
			page, err := client.List(t.Context(), guichet.ListParams{})
			if page != nil {
				for _, p := range page.Payments {
					all = append(all, input.Of(p))
				}
			}
			return all, err
		},
	})
	input.Members(t, input.Answer{
		Name: "ListGateways", Body: list, Decides: prefixed("[].", decisive), Loose: []string{"[].order_id"},
		Read: func(t *testing.T, body string) (all []input.Reading, err error) {
			client, _ := answering(t, 200, body)
			gateways, err := client.ListGateways(t.Context())
			for _, g := range gateways {
				all = append(all, gateway(g))
			}
			return all, err
		},
	})

	for _, body := range []string{fixture(t, "payin.json"), `{"order_id":"CMD-2024-001","status":"success","orderId":"CMD-2024-001","message":"x","amount":5000}`} {
		decides := []string{"order_id", "status"}
		if strings.Contains(body, "orderId") {
			decides = append(decides, "orderId")
		}
		input.Members(t, input.Answer{
			Name: "GetStatus", Body: body, Decides: decides, Loose: []string{"order_id", "orderId"},
			Read: func(t *testing.T, body string) ([]input.Reading, error) {
				client, _ := answering(t, 200, body)
				p, err := client.GetStatus(t.Context(), order)
				if err != nil {
					return nil, err
				}
				return one(input.Of(p), nil)
			},
		})
		input.Members(t, input.Answer{
			Name: "PayinStatus", Body: body, Decides: decides, Loose: []string{"order_id", "orderId"},
			Read: func(t *testing.T, body string) ([]input.Reading, error) {
				client, _ := answering(t, 200, body)
				p, err := client.PayinStatus(t.Context(), order)
				if err != nil {
					return nil, err
				}
				return one(input.Reading{Reference: p.OrderID, Status: p.Status}, nil)
			},
		})
	}

	for _, body := range []string{fixture(t, "webhook.json"), `{"order_id":"CMD-2024-001","orderId":"CMD-2024-001","transaction_id":"T","gateway_id":"G","currency":"XOF","buyer":{"email":"a@b.c"}}`} {
		decides := []string{"orderId"}
		if strings.Contains(body, "order_id") {
			decides = append(decides, "order_id")
		}
		input.Members(t, input.Answer{
			Name: "ParseWebhook", Body: body, Decides: decides, Loose: []string{"order_id", "orderId"},
			Read: func(t *testing.T, body string) (all []input.Reading, err error) {
				at(t, hookTime, func(t *testing.T) {
					var e *guichet.Event
					if e, err = hookClient(t).ParseWebhook(t.Context(), signed(body), []byte(body)); err == nil {
						assert.NotEmpty(t, e.ID)
						all = []input.Reading{{Reference: e.Reference, CheckoutURL: e.PaymentID}}
					}
				})
				return all, err
			},
		})
	}
}

func TestAMemberThatDecidesIsNamed(t *testing.T) {
	for member, message := range map[string]string{
		"id": "id is not a text", "amount": "amount is not a number", "currency": "currency is not a currency",
		"link": "link is not a text", "order_id": "order_id is not a text",
	} {
		t.Run(member, func(t *testing.T) {
			client, _ := answering(t, 200, with(t, member, `{"secret":"s3cret"}`))
			p, err := client.CreatePayment(t.Context(), francs(5000))
			require.ErrorIs(t, err, guichet.ErrBadResponse)
			require.ErrorIs(t, err, guichet.ErrUnknownOutcome)
			assert.Nil(t, p)
			assert.Equal(t, message, errorOf(t, err).Message)
		})
	}
	for body, message := range map[string]string{
		with(t, "amount", "5000.5"):               "amount is not a whole number",
		with(t, "amount", `"5000.5"`):             "amount is not a whole number",
		with(t, "amount", "9223372036854775808"):  "amount is not a whole number",
		with(t, "amount", "null"):                 "the answer lacks id, amount or currency",
		with(t, "order_id", "\"\xff\""):           "order_id is not valid UTF-8",
		"<!doctype html><title>Connexion</title>": htmlPage,
		" \n<html>":                       htmlPage,
		"":                                "the answer is empty",
		"Gateway created":                 "the answer is not valid JSON",
		"[]":                              "the answer is not a JSON object",
		fixture(t, "gateway.json")[:100]:  "the answer is cut short",
		fixture(t, "gateway.json") + "{}": "the answer goes on after its end",
		`{"id":"a","ID":"b"}`:             "the answer has a member twice",
		strings.Repeat(`{"a":`, 33) + strings.Repeat("}", 33): "the answer is nested too deep",
	} {
		t.Run(message, func(t *testing.T) {
			client, _ := answering(t, 200, body)
			_, err := client.CreatePayment(t.Context(), francs(5000))
			require.ErrorIs(t, err, guichet.ErrBadResponse)
			assert.Equal(t, message, errorOf(t, err).Message)
		})
	}
	for _, body := range []string{"<html>", "", "not json", "null", "{}", "[{},{}]", `[`, "[[]]"} {
		client, _ := answering(t, 200, body)
		_, err := client.List(t.Context(), guichet.ListParams{})
		require.ErrorIs(t, err, guichet.ErrBadResponse, body)
		assert.NotContains(t, err.Error(), "strictjson")
		assert.NotEmpty(t, errorOf(t, err).Message, body)
	}
}

// D1 and others of its kind: a paid or made payment is not lost over what does not
// decide.
func TestDecorativeMembers(t *testing.T) {
	for member, values := range map[string][]string{
		"creation_date": {"1699335116", `"02/01/2026 03:04"`, `"2026-01-02T03:04"`, "{}", "[]", "true", "null", `""`, `"\ud800"`, "\"\xff\"", ""},
		"user_id":       {"7", "{}", "[]", "true", "null", "\"\xff\"", ""},
		"message":       {"7", "{}", `["a"]`, "false", "null", "\"\xff\"", ""},
		"shop_name":     {"7", "{}", "[]", "true", "null", ""},
		"success_url":   {"7", "{}", "[]", "true", "null"},
		"failure_url":   {"7", "{}", "[]", "true", "null"},
	} {
		for _, value := range values {
			t.Run(fmt.Sprintf("D1: %s is %q", member, value), func(t *testing.T) {
				body := with(t, member, value)
				client, _ := answering(t, 200, body)
				payment, err := client.CreatePayment(t.Context(), francs(5000))
				require.NoError(t, err)
				assert.Equal(t, guichet.NewMoney(5000, guichet.XAF), payment.Amount)
				assert.Equal(t, body, string(payment.Raw))
				gateway, err := client.GetGateway(t.Context(), gatewayID)
				require.NoError(t, err)
				assert.Equal(t, body, string(gateway.Raw))
				if member == "creation_date" {
					assert.True(t, payment.CreatedAt.IsZero())
					assert.True(t, gateway.CreatedAt.Time.IsZero())
				}

				client, _ = answering(t, 200, "["+body+"]")
				page, err := client.List(t.Context(), guichet.ListParams{})
				require.NoError(t, err)
				require.Len(t, page.Payments, 1)
				assert.Equal(t, order, page.Payments[0].ID)
				assert.Equal(t, body, string(page.Payments[0].Raw))
				gateways, err := client.ListGateways(t.Context())
				require.NoError(t, err)
				assert.Len(t, gateways, 1)
			})
		}
	}
	for _, country := range []string{`"CMR"`, "7", "[]", "true", "null"} {
		t.Run("D1: user_country is "+country, func(t *testing.T) {
			client, _ := answering(t, 200, strings.Replace(with(t, "message", `""`), `"user_id"`, `"user_country":`+country+`,"user_id"`, 1))
			gateway, err := client.GetGateway(t.Context(), gatewayID)
			require.NoError(t, err)
			assert.Nil(t, gateway.UserCountry)
			assert.Equal(t, gatewayID, gateway.UserID)
		})
	}
	t.Run("D1: half of user_country", func(t *testing.T) {
		client, _ := answering(t, 200, strings.Replace(fixture(t, "gateway.json"), `"user_id"`, `"user_country":{"name":7,"iso_code":"CMR"},"user_id"`, 1))
		gateway, err := client.GetGateway(t.Context(), gatewayID)
		require.NoError(t, err)
		assert.Equal(t, &lygos.Country{ISOCode: "CMR"}, gateway.UserCountry)
	})
	for _, amount := range []string{`"5000"`, `"5000.0"`, "5000.00", "5e3", `"5e3"`} {
		t.Run("D1: amount "+amount, func(t *testing.T) {
			body := with(t, "amount", amount)
			client, _ := answering(t, 200, body)
			gateway, err := client.CreateGateway(t.Context(), lygos.GatewayRequest{Amount: 5000, OrderID: order})
			require.NoError(t, err)
			assert.Equal(t, int64(5000), gateway.Amount)
			payment, err := client.CreatePayment(t.Context(), francs(5000))
			require.NoError(t, err)
			assert.Equal(t, guichet.NewMoney(5000, guichet.XAF), payment.Amount)
			client, _ = answering(t, 200, "["+body+"]")
			page, err := client.List(t.Context(), guichet.ListParams{})
			require.NoError(t, err)
			assert.Equal(t, guichet.NewMoney(5000, guichet.XAF), page.Payments[0].Amount)
		})
	}
	for _, currency := range []string{"xaf", "XAF ", " Xaf", "\tXAF\n"} {
		t.Run(fmt.Sprintf("D4: currency %q", currency), func(t *testing.T) {
			client, _ := answering(t, 200, with(t, "currency", quoted(currency)))
			payment, err := client.CreatePayment(t.Context(), francs(5000))
			require.NoError(t, err)
			assert.Equal(t, guichet.NewMoney(5000, guichet.XAF), payment.Amount)
			gateway, err := client.GetGateway(t.Context(), gatewayID)
			require.NoError(t, err)
			assert.Equal(t, guichet.XAF, gateway.Currency)
		})
	}
	t.Run("D5: a byte order mark", func(t *testing.T) {
		body := fixture(t, "gateway.json")
		client, _ := answering(t, 200, "\ufeff"+body)
		payment, err := client.CreatePayment(t.Context(), francs(5000))
		require.NoError(t, err)
		assert.Equal(t, body, string(payment.Raw), "what is stored is JSON")
		client, _ = answering(t, 200, "\ufeff["+body+"]")
		page, err := client.List(t.Context(), guichet.ListParams{})
		require.NoError(t, err)
		assert.Len(t, page.Payments, 1)
		client, _ = answering(t, 200, "\ufeff"+fixture(t, "payin.json"))
		_, err = client.GetStatus(t.Context(), order)
		require.NoError(t, err)
		client, _ = answering(t, 404, "\ufeff"+fixture(t, "error_transaction_not_found.json"))
		payment, err = client.GetStatus(t.Context(), order)
		require.NoError(t, err)
		assert.Equal(t, guichet.StatusPending, payment.Status)
		at(t, hookTime, func(t *testing.T) {
			body := "\ufeff" + fixture(t, "webhook.json")
			event, err := hookClient(t).ParseWebhook(t.Context(), signed(body), []byte(body))
			require.NoError(t, err)
			assert.Equal(t, order, event.Reference)
		})
	})
	t.Run("D13: an order id that is a number", func(t *testing.T) {
		client, _ := answering(t, 200, `{"order_id":12345,"status":"success"}`)
		payment, err := client.GetStatus(t.Context(), "12345")
		require.NoError(t, err)
		require.NoError(t, payment.Confirms("12345", guichet.Money{}))
		status, err := client.PayinStatus(t.Context(), "12345")
		require.NoError(t, err)
		assert.Equal(t, "12345", status.OrderID)
		for _, other := range []string{"1234", "12345.0", "012345"} {
			_, err = client.GetStatus(t.Context(), other)
			require.ErrorIs(t, err, guichet.ErrBadResponse, other)
		}

		client, _ = answering(t, 200, with(t, "order_id", "12345"))
		req := francs(5000)
		req.Reference = "12345"
		payment, err = client.CreatePayment(t.Context(), req)
		require.NoError(t, err)
		assert.Equal(t, "12345", payment.ID)
		client, _ = answering(t, 200, "["+with(t, "order_id", "12345")+"]")
		page, err := client.List(t.Context(), guichet.ListParams{})
		require.NoError(t, err)
		assert.Equal(t, "12345", page.Payments[0].Reference)
		for _, name := range []string{"orderId", "order_id"} {
			webhook, err := lygos.DecodeWebhook([]byte(`{"` + name + `":12345}`))
			require.NoError(t, err)
			assert.Equal(t, "12345", webhook.OrderID)
		}
	})
	t.Run("a refusal with odd members", func(t *testing.T) {
		client, _ := answering(t, 404, `{"detail":{"message":["m"],"type":"API_KEY_NOT_FOUND","x":"`+"\xff"+`"}}`)
		_, err := client.GetStatus(t.Context(), order)
		require.ErrorIs(t, err, guichet.ErrUnauthorized)
	})
}

// E: one odd row does not lose the others, and does not go unsaid.
func TestOddRows(t *testing.T) {
	good := fixture(t, "gateway.json")
	for name, odd := range map[string]string{
		"null": "null", "a text": `"x"`, "a number": "7", "a list": "[]", "an empty object": "{}", "an error": `{"detail":"x"}`,
		"no id": with(t, "id", ""), "id null": with(t, "id", "null"), "id empty": with(t, "id", `""`), "id a number": with(t, "id", "7"),
		"id an object": with(t, "id", "{}"), "id in invalid UTF-8": with(t, "id", `"\ud800"`),
		"no currency": with(t, "currency", ""), "currency a number": with(t, "currency", "952"),
		"amount a fraction": with(t, "amount", "700.5"), "amount a text": with(t, "amount", `"x"`), "amount with a blank": with(t, "amount", `"5 000"`),
		"amount an object": with(t, "amount", "{}"), "amount true": with(t, "amount", "true"), "amount over int64": with(t, "amount", "1e30"),
		"link an object": with(t, "link", "{}"), "order id an object": with(t, "order_id", "{}"), "order id true": with(t, "order_id", "true"),
		"order id in invalid UTF-8": with(t, "order_id", "\"\xff\""),
	} {
		t.Run("E: "+name, func(t *testing.T) {
			client, _ := answering(t, 200, "["+good+","+odd+","+good+"]")
			page, err := client.List(t.Context(), guichet.ListParams{})
			require.ErrorIs(t, err, guichet.ErrBadResponse)
			assert.NotErrorIs(t, err, guichet.ErrUnknownOutcome)
			require.NotNil(t, page)
			assert.Len(t, page.Payments, 2)
			assert.Equal(t, 1, page.Skipped)
			assert.Empty(t, page.Next)
			assert.Contains(t, errorOf(t, err).Message, "1 of the list's 3 items cannot be read and are left out; the first of them: ")
			gateways, err := client.ListGateways(t.Context())
			require.ErrorIs(t, err, guichet.ErrBadResponse)
			assert.Len(t, gateways, 2)

			var walked int
			var last error
			for payment, err := range guichet.All(t.Context(), client, guichet.ListParams{}) {
				if last = err; err == nil {
					walked++
					assert.Equal(t, order, payment.Reference)
				}
			}
			assert.Equal(t, 2, walked)
			require.ErrorIs(t, last, guichet.ErrBadResponse)

			client, _ = answering(t, 200, "["+odd+"]")
			page, err = client.List(t.Context(), guichet.ListParams{})
			require.ErrorIs(t, err, guichet.ErrBadResponse)
			assert.Nil(t, page, "no readable row")
			gateways, err = client.ListGateways(t.Context())
			require.ErrorIs(t, err, guichet.ErrBadResponse)
			assert.Nil(t, gateways)
		})
	}
	for bad, kept := range map[int]bool{100: true, 101: false} {
		t.Run(fmt.Sprintf("E: %d odd rows", bad), func(t *testing.T) {
			client, _ := answering(t, 200, "["+good+strings.Repeat(",{}", bad)+","+good+"]")
			page, err := client.List(t.Context(), guichet.ListParams{})
			require.ErrorIs(t, err, guichet.ErrBadResponse)
			assert.Equal(t, kept, page != nil)
			if kept {
				assert.Equal(t, 100, page.Skipped)
				assert.Len(t, page.Payments, 2)
			} else {
				assert.Equal(t, "the answer has too many items that cannot be read", errorOf(t, err).Message)
			}
		})
	}
	small := `{"id":"a","amount":1,"currency":"XOF","order_id":"A"}`
	for rows, kept := range map[int]bool{100_000: true, 100_001: false} {
		t.Run(fmt.Sprintf("E: %d rows", rows), func(t *testing.T) {
			client, _ := answering(t, 200, "["+small+strings.Repeat(","+small, rows-1)+"]")
			page, err := client.List(t.Context(), guichet.ListParams{})
			assert.Equal(t, kept, err == nil, err)
			assert.Equal(t, kept, page != nil)
			if !kept {
				require.ErrorIs(t, err, guichet.ErrBadResponse)
				assert.Equal(t, "the answer has too many items", errorOf(t, err).Message)
			}
		})
	}
}

// counted counts what is read of a body.
type counted struct {
	io.Reader
	read int
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.read += n
	return n, err
}

func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

func TestAListOfNothing(t *testing.T) {
	t.Run("B1: 4 MiB of empty rows in gzip", func(t *testing.T) {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			io.WriteString(z, "[{}"+strings.Repeat(",{}", 4<<20/3)+"]")
			z.Close()
		}))
		defer server.Close()
		client, err := lygos.New(config(), guichet.WithBaseURL(server.URL+"/v1"), guichet.WithMaxRetries(0))
		require.NoError(t, err)
		defer client.CloseIdleConnections()
		_, _ = client.GetStatus(t.Context(), order) // the connection is there
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		before := allocated()
		page, err := client.List(ctx, guichet.ListParams{})
		took := allocated() - before
		require.ErrorIs(t, err, guichet.ErrBadResponse)
		assert.Equal(t, "the answer has too many items that cannot be read", errorOf(t, err).Message)
		assert.Nil(t, page)
		assert.Less(t, took, uint64(16<<20), "the server's half included")
	})
	t.Run("B1: given up at the 101st row that cannot be read", func(t *testing.T) {
		body := &counted{Reader: strings.NewReader("[{}" + strings.Repeat(",{}", 4<<20/3) + "]")}
		client, _ := newMock(t, config(), func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(body)}, nil
		})
		_, err := client.ListGateways(t.Context())
		require.ErrorIs(t, err, guichet.ErrBadResponse)
		assert.LessOrEqual(t, body.read, 64<<10)
	})
	t.Run("B1: a mebibyte of the smallest rows", func(t *testing.T) {
		for _, row := range []string{
			`{"id":"a","currency":"X"}`, `{"id":"aa","currency":"XO","order_id":"A1"}`, `{"id":"aa","currency":"XO","link":"a.b"}`,
			`{"id":"aa","currency":"XO","link":"\n://"}`, `{"id":"aa","currency":"XO","amount":12}`, `{"id":"aa","currency":"XO","creation_date":1}`,
			`{"id":"aa","currency":"XO","creation_date":"2026-99-99T"}`, `{"id":"aa","currency":"XO","creation_date":"2026-01-01T00:00:00+99"}`,
			`{"id":"aa","currency":"XO","user_country":{}}`, `{"id":"aa","currency":"XO","message":"\\"}`,
		} {
			body := "[" + row + strings.Repeat(","+row, (1<<20)/(len(row)+1)-1) + "]"
			client, _ := newMock(t, config(), func(*http.Request) (*http.Response, error) {
				return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}, nil
			})
			for name, list := range map[string]func() error{
				"List":         func() error { _, err := client.List(t.Context(), guichet.ListParams{}); return err },
				"ListGateways": func() error { _, err := client.ListGateways(t.Context()); return err },
			} {
				before := allocated()
				require.NoError(t, list())
				took := allocated() - before
				t.Logf("%s of %s: %d KiB", name, row, took>>10)
				assert.Less(t, took, uint64(16<<20), "%s of %s", name, row)
			}
		}
	})
	t.Run("B1: a context that ends while rows arrive", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		rows := &endlessList{item: []byte(fixture(t, "gateway.json") + ",")}
		body := &canceling{Reader: rows, cancel: cancel}
		client, _ := newMock(t, config(), func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(body)}, nil
		})
		page, err := client.List(ctx, guichet.ListParams{})
		require.ErrorIs(t, err, context.Canceled)
		require.ErrorIs(t, err, guichet.ErrUnavailable)
		assert.NotErrorIs(t, err, guichet.ErrBadResponse)
		assert.Nil(t, page)
		assert.LessOrEqual(t, rows.read, 1<<20)
	})
}

// canceling ends a context at the third read, and goes on as if it had not.
type canceling struct {
	io.Reader
	reads  int
	cancel func()
}

func (c *canceling) Read(p []byte) (int, error) {
	if c.reads++; c.reads == 3 {
		c.cancel()
	}
	return c.Reader.Read(p)
}

func TestAnswersAreTheCallersOwn(t *testing.T) {
	// A later answer must not write into an earlier one.
	bodies := []string{fixture(t, "gateway.json"), strings.ReplaceAll(fixture(t, "gateway.json"), "Mon Magasin", "Un Magasin!")}
	var got []*lygos.Gateway
	for _, body := range bodies {
		client, _ := answering(t, 200, body)
		gateway, err := client.GetGateway(t.Context(), gatewayID)
		require.NoError(t, err)
		got = append(got, gateway)
	}
	for i, body := range bodies {
		assert.Equal(t, body, string(got[i].Raw))
	}
}

// FuzzList reads any list in both ways. Neither may panic, and they must agree.
func FuzzList(f *testing.F) {
	for _, name := range []string{"list.json", "gateway.json", "gateway_detail.json"} {
		data, err := os.ReadFile(filepath.Join("..", "testdata", "lygos", name))
		require.NoError(f, err)
		f.Add(string(data))
		f.Add("[" + string(data) + ",{}]")
	}
	for _, body := range []string{"", "null", "[]", "[null]", "[{},7", "\ufeff[]", `[{"id":"a","currency":"xof","amount":"5","order_id":7}]`} {
		f.Add(body)
	}
	answer := &oneAnswer{status: 200}
	client, err := lygos.New(config(), guichet.WithMaxRetries(0), guichet.WithHTTPClient(&http.Client{Transport: answer}))
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, body string) {
		answer.body = body
		page, err := client.List(t.Context(), guichet.ListParams{})
		gateways, nativeErr := client.ListGateways(t.Context())
		if (err == nil) != (nativeErr == nil) {
			t.Fatalf("%v, and %v", err, nativeErr)
		}
		if err != nil && page != nil && page.Skipped == 0 {
			t.Fatal("a page beside an error, and nothing was left out")
		}
		if page == nil {
			if err == nil || gateways != nil {
				t.Fatal("no page and no error")
			}
			return
		}
		if len(page.Payments) != len(gateways) || len(page.Payments) == 0 && err != nil {
			t.Fatalf("%d payments of %d gateways: %v", len(page.Payments), len(gateways), err)
		}
		for i, p := range page.Payments {
			g := gateways[i]
			if p.Reference != g.OrderID || g.ID == "" || g.Currency == "" || string(p.Raw) != string(g.Raw) || p.Status != guichet.StatusUnknown {
				t.Fatalf("%v is not %v", p, g)
			}
		}
	})
}
