package lygos_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/suite/contract"
	"github.com/guichetpay/guichet/lygos"
)

func TestErrorBodies(t *testing.T) {
	unauthorized, notFound, invalid, conflict := guichet.ErrUnauthorized, guichet.ErrNotFound, guichet.ErrInvalidRequest, guichet.ErrConflict
	noKey, wrongKey := fixture(t, "error_no_api_key.json"), fixture(t, "error_api_key_not_found.json")
	tests := []struct {
		name          string
		status        int
		body          string
		kind          error
		code, message string
	}{
		{"R14: key missing", 401, noKey, unauthorized, "NO_API_KEY_PROVIDED", "No API Key."},
		{"R14: key missing, as the page of the status shows it", 404, noKey, unauthorized, "NO_API_KEY_PROVIDED", "No API Key."},
		{"R14: key wrong", 404, wrongKey, unauthorized, "API_KEY_NOT_FOUND", "API Key not found"},
		{"R14: key wrong, as the table has it", 401, wrongKey, unauthorized, "API_KEY_NOT_FOUND", "API Key not found"},
		{"R14: another type about the key", 404, `{"detail":{"message":"m","type":"API_KEY_REVOKED"}}`, unauthorized, "API_KEY_REVOKED", "m"},
		{"R14: no text beside the type", 404, `{"detail":{"message":{},"type":"API_KEY_NOT_FOUND"}}`, unauthorized, "API_KEY_NOT_FOUND", ""},
		{"R15: no such gateway", 404, fixture(t, "error_gateway_not_found.json"), notFound, "GATEWAY_NOT_FOUND", "Payment Gateway Not found"},
		{"R15: the type decides before the status", 400, fixture(t, "error_gateway_not_found.json"), notFound, "GATEWAY_NOT_FOUND", "Payment Gateway Not found"},
		{"R16: account inactive", 400, fixture(t, "error_user_not_found.json"), invalid, "GATEWAY_USER_NOT_FOUND", "User not found or inactive"},
		{"R18: no such route", 404, fixture(t, "error_route_not_found.json"), notFound, "", "Not Found"},
		{"R19: a field is missing", 422, fixture(t, "error_field_required.json"), invalid, "", "body.amount: Field required"},
		{"R19: the same as 402", 402, fixture(t, "error_field_required.json"), invalid, "", "body.amount: Field required"},
		{"R19: two fields, a position, extra keys", 422,
			`{"detail":[{"loc":["body","items",0,"amount"],"msg":"a","type":"t","input":null,"ctx":{},"url":"u"},{"loc":["query"],"msg":"b","type":"t"}]}`,
			invalid, "", "body.items.0.amount: a; query: b"},
		{"R19: no field named", 422, `{"detail":[]}`, invalid, "", ""},
		{"R19: empty object", 422, `{"detail":{}}`, invalid, "", ""},
		{"R19: entry without place", 422, `{"detail":[{"msg":"a"}]}`, invalid, "", "a"},
		{"R19: entry without text", 422, `{"detail":[{"loc":["body"]}]}`, invalid, "", "body"},
		{"R19: entries of other types", 422, `{"detail":[null,1,"x",[]]}`, invalid, "", ""},
		{"R19: place of another type", 422, `{"detail":[{"loc":"body","msg":"a"}]}`, invalid, "", "a"},
		{"R19: detail of another type", 422, `{"detail":1}`, invalid, "", ""},
		{"R20: conflict", 409, "", conflict, "", "the answer is empty"},
		{"R20: forbidden", 403, "", unauthorized, "", "the answer is empty"},
		{"R20: another 4xx", 418, "", invalid, "", "the answer is empty"},
		{"R22: root message", 500, `{"message":"x"}`, guichet.ErrUnavailable, "", "x"},
		{"R22: root error", 500, `{"error":"y"}`, guichet.ErrUnavailable, "", "y"},
		{"R22: detail null", 500, `{"detail":null,"message":"x"}`, guichet.ErrUnavailable, "", "x"},
		{"R22: detail silences the root", 500, `{"detail":"d","message":"x","error":"y"}`, guichet.ErrUnavailable, "", "d"},
		{"R22: root of another type", 500, `{"message":{"a":1},"error":[]}`, guichet.ErrUnavailable, "", ""},
		{"R22: the text never decides", 500, `{"message":"API Key not found"}`, guichet.ErrUnavailable, "", "API Key not found"},
		{"R22: control characters do not reach a log", 500, `{"message":"a\nb\u202ec"}`, guichet.ErrUnavailable, "", "a b c"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			calls := map[string]native{
				"list": list, "create": create(lygos.GatewayRequest{Amount: 5000, OrderID: order}), "get": get(gatewayID),
				"update": update(gatewayID, lygos.GatewayUpdate{Message: ptr("x")}), "delete": remove(gatewayID), "payin": payin(order),
				"portable create": portable(francs(5000)),
			}
			client, err := lygos.New(config(), guichet.WithMaxRetries(0), guichet.WithHTTPClient(&http.Client{Transport: responding(test.status, test.body)}))
			require.NoError(t, err)
			for name, call := range calls {
				err := call(t.Context(), client)
				require.ErrorIs(t, err, test.kind, name)
				e := errorOf(t, err)
				assert.Equal(t, test.kind, e.Kind, name)
				assert.Equal(t, test.status, e.HTTPStatus, name)
				assert.Equal(t, test.code, e.ProviderCode, name)
				assert.Equal(t, test.message, e.Message, name)
				assert.Equal(t, test.body, string(e.Raw()), name)
			}
		})
	}
}

// responding answers every request alike.
func responding(status int, body string) http.RoundTripper {
	transport := httpmock.NewMockTransport()
	transport.RegisterNoResponder(httpmock.NewStringResponder(status, body))
	return transport
}

func TestPayinNotFound(t *testing.T) {
	tests := []struct {
		name   string
		status int
		body   string
		native error
		code   string
		port   error // nil: pending
	}{
		{"R17: nobody has started to pay", 404, fixture(t, "error_transaction_not_found.json"), guichet.ErrNotFound, "TRANSACTION_NOT_FOUND", nil},
		{"R17: another type", 404, `{"detail":{"message":"m","type":"PAYIN_NOT_FOUND"}}`, guichet.ErrNotFound, "PAYIN_NOT_FOUND", nil},
		{"R17: a text of its own", 404, `{"detail":"Transaction not found"}`, guichet.ErrNotFound, "", nil},
		{"R17: empty detail", 404, `{"detail":{}}`, guichet.ErrNotFound, "", nil},
		{"R17: the key is missing", 404, fixture(t, "error_no_api_key.json"), guichet.ErrUnauthorized, "NO_API_KEY_PROVIDED", guichet.ErrUnauthorized},
		{"R17: the key is wrong", 404, fixture(t, "error_api_key_not_found.json"), guichet.ErrUnauthorized, "API_KEY_NOT_FOUND", guichet.ErrUnauthorized},
		{"R17: the key is wrong in a new way", 404, `{"detail":{"type":"API_KEY_REVOKED"}}`, guichet.ErrUnauthorized, "API_KEY_REVOKED", guichet.ErrUnauthorized},
		{"R17: a type, but not a 404", 400, fixture(t, "error_transaction_not_found.json"), guichet.ErrNotFound, "TRANSACTION_NOT_FOUND", guichet.ErrNotFound},
		{"R18: no such route", 404, fixture(t, "error_route_not_found.json"), guichet.ErrNotFound, "", guichet.ErrNotFound},
		{"R18: no detail", 404, `{"message":"no"}`, guichet.ErrNotFound, "", guichet.ErrNotFound},
		{"R18: detail null", 404, `{"detail":null}`, guichet.ErrNotFound, "", guichet.ErrNotFound},
		{"R18: HTML", 404, "<html>404</html>", guichet.ErrNotFound, "", guichet.ErrNotFound},
		{"R18: nothing", 404, "", guichet.ErrNotFound, "", guichet.ErrNotFound},
		{"R18: not an object", 404, `["Not Found"]`, guichet.ErrNotFound, "", guichet.ErrNotFound},
		{"R18: detail twice", 404, `{"detail":"a","detail":"b"}`, guichet.ErrNotFound, "", guichet.ErrNotFound},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			client, _ := answering(t, test.status, test.body)
			status, err := client.PayinStatus(t.Context(), order)
			require.ErrorIs(t, err, test.native)
			assert.Nil(t, status)
			assert.Equal(t, test.status, errorOf(t, err).HTTPStatus)
			assert.Equal(t, test.code, errorOf(t, err).ProviderCode)

			payment, err := client.GetStatus(t.Context(), order)
			if test.port != nil {
				require.ErrorIs(t, err, test.port)
				assert.Nil(t, payment)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, &guichet.Payment{
				ID: order, Reference: order, Provider: "lygos", Status: guichet.StatusPending, Raw: []byte(test.body),
			}, payment)
		})
	}
}

func TestRateLimit(t *testing.T) {
	t.Run("R20: Retry-After: 5", func(t *testing.T) {
		answer := httpmock.NewStringResponder(429, "").HeaderSet(http.Header{"Retry-After": {"5"}})
		client, lygosMock := newMock(t, config(), answer)
		err := portable(francs(5000))(t.Context(), client)
		require.ErrorIs(t, err, guichet.ErrRateLimited)
		assert.Equal(t, 5*time.Second, errorOf(t, err).RetryAfter)
		lygosMock.One(t)
	})
}

// htmlPage is what an error says of one.
const htmlPage = "the answer is an HTML page, not the API's JSON"

func TestProxyAnswers(t *testing.T) {
	page := fixture(t, "error_bad_gateway.html")
	for name, answer := range map[string]struct {
		status        int
		body, message string
	}{
		"502 HTML": {502, page, htmlPage}, "504 empty": {504, "", "the answer is empty"}, "503 text": {503, "upstream", "the answer is not valid JSON"},
		"502 HTML of 100 KiB": {502, strings.Repeat(page, 700), htmlPage},
	} {
		t.Run("R21: "+name, func(t *testing.T) {
			client, _ := newMock(t, config(), httpmock.NewStringResponder(answer.status, answer.body))
			err := portable(francs(5000))(t.Context(), client)
			require.ErrorIs(t, err, guichet.ErrUnavailable)
			require.ErrorIs(t, err, guichet.ErrUnknownOutcome)
			e := errorOf(t, err)
			assert.Equal(t, answer.status, e.HTTPStatus)
			assert.Equal(t, answer.message, e.Message, "no markup")
			assert.Equal(t, answer.body[:min(len(answer.body), 4<<10)], string(e.Raw()), "capped")
		})
	}
	for _, status := range []int{301, 302, 303, 304, 307, 308} {
		t.Run(fmt.Sprintf("R21: a %d is not followed and is a bad response", status), func(t *testing.T) {
			answer := httpmock.NewStringResponder(status, fixture(t, "error_gateway_not_found.json")).
				HeaderSet(http.Header{"Location": {"https://evil.example/v1/gateway"}})
			client, lygosMock := newMock(t, config(), answer)
			err := portable(francs(5000))(t.Context(), client)
			require.ErrorIs(t, err, guichet.ErrBadResponse)
			require.ErrorIs(t, err, guichet.ErrUnknownOutcome)
			assert.NotContains(t, err.Error(), "evil.example")
			assert.Equal(t, "api.lygosapp.com", lygosMock.One(t).URL.Host)
		})
	}
}

func TestNetworkFailures(t *testing.T) {
	// serve answers every connection with these bytes, then cuts it.
	serve := func(t *testing.T, answer string) string {
		t.Helper()
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		t.Cleanup(func() { listener.Close() })
		go func() {
			for {
				conn, err := listener.Accept()
				if err != nil {
					return
				}
				buffer := make([]byte, 4096)
				conn.Read(buffer)
				io.WriteString(conn, answer)
				conn.(*net.TCPConn).SetLinger(0) // reset, not an orderly end
				conn.Close()
			}
		}()
		return "http://" + listener.Addr().String()
	}
	client := func(t *testing.T, base string, opts ...guichet.Option) *lygos.Client {
		t.Helper()
		opts = append([]guichet.Option{guichet.WithBaseURL(base), guichet.WithMaxRetries(0)}, opts...)
		c, err := lygos.New(config(), opts...)
		require.NoError(t, err)
		t.Cleanup(c.CloseIdleConnections)
		return c
	}
	check := func(t *testing.T, err error) *guichet.Error {
		t.Helper()
		require.ErrorIs(t, err, guichet.ErrUnavailable)
		var urlError *url.Error
		assert.False(t, errors.As(err, &urlError), "its text has the URL")
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
			assert.NotContains(t, fmt.Sprintf(verb, err), testKey)
		}
		return errorOf(t, err)
	}

	t.Run("R23: refused connection: nothing was sent", func(t *testing.T) {
		base, release := contract.Nobody()
		defer release()
		err := portable(francs(5000))(t.Context(), client(t, base))
		e := check(t, err)
		var op *net.OpError
		require.ErrorAs(t, err, &op)
		assert.Equal(t, "dial", op.Op)
		assert.False(t, e.OutcomeUnknown)
		assert.Zero(t, e.HTTPStatus)
	})
	t.Run("R23: reset in mid-body: outcome unknown", func(t *testing.T) {
		base := serve(t, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{\"id\":\"3c90")
		err := portable(francs(5000))(t.Context(), client(t, base))
		e := check(t, err)
		var op *net.OpError
		assert.True(t, errors.As(err, &op) || errors.Is(err, io.ErrUnexpectedEOF) || e.Err == nil)
		assert.True(t, e.OutcomeUnknown)
	})
	t.Run("R23: reset in the middle of a list: no partial result", func(t *testing.T) {
		full := fixture(t, "list.json")
		base := serve(t, fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(full), full[:len(full)-4]))
		gateways, err := client(t, base).ListGateways(t.Context())
		assert.Nil(t, gateways)
		assert.False(t, check(t, err).OutcomeUnknown, "a read changes nothing")
	})
	t.Run("R23: a list that is cut and asked for again has each gateway once", func(t *testing.T) {
		full := fixture(t, "list.json")
		synctest.Test(t, func(t *testing.T) {
			cut := func(*http.Request) (*http.Response, error) {
				body := io.MultiReader(strings.NewReader(full[:len(full)-4]), iotest.ErrReader(io.ErrUnexpectedEOF))
				return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(body)}, nil
			}
			client, lygosMock := newMock(t, config(), cut, httpmock.NewStringResponder(200, full))
			gateways, err := client.ListGateways(t.Context())
			require.NoError(t, err)
			assert.Len(t, gateways, 2)
			assert.Len(t, lygosMock.All(), 2)
		})
	})
	t.Run("R23: reset before an answer: outcome unknown", func(t *testing.T) {
		assert.True(t, check(t, portable(francs(5000))(t.Context(), client(t, serve(t, "")))).OutcomeUnknown)
	})
	t.Run("R23: timeout: outcome unknown", func(t *testing.T) {
		server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body)
			<-r.Context().Done()
		}))
		defer server.Close()
		err := portable(francs(5000))(t.Context(), client(t, server.URL, guichet.WithTimeout(20*time.Millisecond)))
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.True(t, check(t, err).OutcomeUnknown)
	})
	t.Run("R23: certificate that nobody vouches for: nothing was sent", func(t *testing.T) {
		server := httptest.NewUnstartedServer(http.NotFoundHandler())
		server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0)
		server.StartTLS()
		defer server.Close()
		err := portable(francs(5000))(t.Context(), client(t, server.URL))
		var certificate *tls.CertificateVerificationError
		require.ErrorAs(t, err, &certificate)
		assert.False(t, check(t, err).OutcomeUnknown)
	})
}

func TestOversizedAnswers(t *testing.T) {
	t.Run("R24: a gateway in 2 MiB", func(t *testing.T) {
		client, _ := answering(t, 200, fixture(t, "gateway.json")+strings.Repeat(" ", 2<<20))
		err := portable(francs(5000))(t.Context(), client)
		require.ErrorIs(t, err, guichet.ErrBadResponse)
		require.ErrorIs(t, err, guichet.ErrUnknownOutcome)
		assert.LessOrEqual(t, len(errorOf(t, err).Raw()), 4<<10)
	})
	t.Run("R24: a status in 2 MiB", func(t *testing.T) {
		client, _ := answering(t, 200, fixture(t, "payin.json")+strings.Repeat(" ", 2<<20))
		_, err := client.GetStatus(t.Context(), order)
		require.ErrorIs(t, err, guichet.ErrBadResponse)
	})
	t.Run("R24: an error in 2 MiB keeps its class", func(t *testing.T) {
		client, _ := answering(t, 404, strings.Repeat(" ", 2<<20))
		require.ErrorIs(t, get(gatewayID)(t.Context(), client), guichet.ErrNotFound)
	})
	t.Run("R24: a list without end stops at 32 MiB", func(t *testing.T) {
		endless := &endlessList{item: []byte(fixture(t, "gateway.json") + ",")}
		client, _ := newMock(t, config(), func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(endless)}, nil
		})
		gateways, err := client.ListGateways(t.Context())
		require.ErrorIs(t, err, guichet.ErrBadResponse)
		assert.Nil(t, gateways)
		assert.LessOrEqual(t, endless.read, 32<<20+64<<10)
	})
	t.Run("R24: a list of 10,000 gateways is read", func(t *testing.T) {
		item := fixture(t, "gateway.json")
		client, _ := answering(t, 200, "["+item+strings.Repeat(","+item, 9999)+"]")
		page, err := client.List(t.Context(), guichet.ListParams{})
		require.NoError(t, err)
		assert.Len(t, page.Payments, 10_000)
	})
}

// endlessList is a list that never closes.
type endlessList struct {
	item    []byte
	pending []byte
	read    int
}

func (l *endlessList) Read(p []byte) (int, error) {
	if l.read == 0 {
		l.pending = append([]byte{'['}, l.item...)
	}
	if len(l.pending) == 0 {
		l.pending = l.item
	}
	n := copy(p, l.pending)
	l.pending = l.pending[n:]
	l.read += n
	return n, nil
}

func TestNoSecretIsPrinted(t *testing.T) {
	const secret, previous = "whsec_test_0123456789", "whsec_test_9876543210"
	cfg := lygos.Config{APIKey: testKey, ShopName: "Mon Magasin", WebhookSecret: secret, PreviousWebhookSecret: previous}
	var logged bytes.Buffer
	logger := slog.New(slog.NewJSONHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
	client, err := lygos.New(cfg, guichet.WithLogger(logger), guichet.WithMaxRetries(0),
		guichet.WithHTTPClient(&http.Client{Transport: responding(500, `{"message":"bad key `+testKey+` of awa@shop.example"}`)}))
	require.NoError(t, err)
	req := francs(5000)
	req.Customer = guichet.Customer{Email: "awa@shop.example", Phone: "+237655111111"}
	_, err = client.CreatePayment(t.Context(), req)
	require.Error(t, err)
	webhook, decodeErr := lygos.DecodeWebhook([]byte(fixture(t, "webhook.json")))
	require.NoError(t, decodeErr)

	var printed strings.Builder
	for _, value := range []any{cfg, &cfg, client, *client, err, *webhook, webhook, webhook.Buyer, &webhook.Buyer} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			fmt.Fprintf(&printed, verb+"\n", value)
		}
		logger.Info("value", "v", value)
		slog.New(slog.NewTextHandler(&printed, nil)).Info("value", "v", value)
	}
	for _, value := range []any{cfg, client, err} {
		encoded, err := json.Marshal(value)
		require.NoError(t, err)
		printed.Write(encoded)
	}
	printed.Write(logged.Bytes())
	printed.Write(errorOf(t, err).Raw())
	for _, hidden := range []string{testKey, secret, previous, "awa@shop.example", "655111111", "Awa", fmt.Sprintf("%x", testKey), fmt.Sprintf("%x", secret)} {
		assert.NotContains(t, printed.String(), hidden)
	}
	assert.Contains(t, printed.String(), "Mon Magasin", "what is not secret is shown")
	assert.Contains(t, logged.String(), `"op":"CreatePayment"`)
}

func TestAKeyTypeInAnyCaseIsUnauthorized(t *testing.T) {
	wire := httpmock.NewMockTransport()
	wire.RegisterNoResponder(httpmock.NewStringResponder(404, `{"detail":{"message":"x","type":"api_key_not_found"}}`))
	client, err := lygos.New(lygos.Config{APIKey: "lygosapp-test-key", ShopName: "Mon Magasin"}, guichet.WithHTTPClient(&http.Client{Transport: wire}))
	require.NoError(t, err)
	_, err = client.GetStatus(t.Context(), "CMD-2024-001")
	assert.ErrorIs(t, err, guichet.ErrUnauthorized, "else a wrong key would look like a payment that nobody has started")
}

func TestAPrintedGatewayShowsNoLink(t *testing.T) {
	g := lygos.Gateway{ID: "3c90c3cc-0d44-4b50-8888-8dd25736052a", Link: "https://pay.lygosapp.com/checkout/x", Raw: []byte(`{"link":"https://pay.lygosapp.com/checkout/x"}`)}
	p := lygos.PayinStatus{OrderID: "CMD-1", Status: guichet.StatusSucceeded, ProviderStatus: "success", Raw: []byte(`{"x":"checkout/x"}`)}
	for _, v := range []any{g, &g, p, &p} {
		text := fmt.Sprintf("%v %+v %#v %s", v, v, v, v)
		assert.NotContains(t, text, "checkout/x")
	}
	assert.Contains(t, fmt.Sprint(g), g.ID)
	assert.Contains(t, fmt.Sprint(p), "CMD-1")
}
