package transport

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/strictjson"
)

const (
	token = "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.pay/1+x="
	phone = "+22670123456"
	otp   = "048151"
)

// secretCall carries a secret in every place that a call has.
func secretCall(policy Policy) *Call {
	return &Call{
		Op: "CreatePayment", Method: http.MethodPost, Route: "/confirm/{token}", Args: []string{token},
		Query: url.Values{"invoiceToken": {token}}, Body: []byte(`{"customer":"` + phone + `","otp":"` + otp + `"}`),
		Policy: policy, Reference: "CMD-1", IdempotencyKey: "CMD-1", Sensitive: []string{token, phone, otp}, Decode: decodeID,
	}
}

// encodings are the forms in which a secret may leak.
func encodings(secret string) map[string]string {
	quoted, _ := json.Marshal(secret)
	return map[string]string{
		"plain": secret, "query": url.QueryEscape(secret), "path": url.PathEscape(secret),
		"base64": base64.StdEncoding.EncodeToString([]byte(secret)), "base64url": base64.RawURLEncoding.EncodeToString([]byte(secret)),
		"hex": hex.EncodeToString([]byte(secret)), "JSON": string(quoted[1 : len(quoted)-1]),
	}
}

// renderings are all the ways in which a value is printed.
func renderings(v any) map[string]string {
	out := map[string]string{}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T", "%10v", "%-10.3s", "%t"} {
		out[verb] = fmt.Sprintf(verb, v)
	}
	object, err := json.Marshal(v)
	out["json"] = fmt.Sprint(string(object), err)
	object, err = strictjson.Marshal(v)
	out["strictjson"] = fmt.Sprint(string(object), err)
	for name, handler := range map[string]func(io.Writer) slog.Handler{
		"slog text": func(w io.Writer) slog.Handler { return slog.NewTextHandler(w, nil) },
		"slog json": func(w io.Writer) slog.Handler { return slog.NewJSONHandler(w, nil) },
	} {
		var b bytes.Buffer
		slog.New(handler(&b)).Info("x", "value", v, slog.Group("g", "inner", v))
		out[name] = b.String()
	}
	return out
}

func assertNoSecret(t *testing.T, what, text string, secrets ...string) {
	t.Helper()
	for _, secret := range secrets {
		for form, spelt := range encodings(secret) {
			if strings.Contains(strings.ToLower(text), strings.ToLower(spelt)) {
				t.Errorf("%s holds a secret (%s): %s", what, form, text)
			}
		}
	}
}

// Nothing that a call is given, nor the key, is in any error, whatever the
// provider answers and wherever it fails.
func TestNoSecretInErrors(t *testing.T) {
	echo := apiKey + " " + token + " " + phone + " " + otp
	escaped, _ := json.Marshal(map[string]string{
		"code": "bad_" + apiKey, "message": "refused: " + echo + " " + url.QueryEscape(token) + " " + hex.EncodeToString([]byte(apiKey)) + "\r\nInjected: line\x1b[31m",
		"request_id": "req-" + token,
	})
	failures := map[string]step{
		"400 JSON":                 reply(400, string(escaped)),
		"401 HTML":                 reply(401, "<html>"+echo+"</html>", "X-Request-Id", echo),
		"409 JSON":                 reply(409, string(escaped)),
		"500 JSON":                 reply(500, string(escaped)),
		"302":                      reply(302, echo, "Location", "https://elsewhere.example/?k="+url.QueryEscape(apiKey)),
		"429":                      reply(429, string(escaped), "Retry-After", "900"),
		"200 that is no JSON":      reply(200, echo),
		"200 of another type":      reply(200, `{"id":{"`+apiKey+`":1}}`),
		"200 with a key twice":     reply(200, `{"`+apiKey+`":1,"`+apiKey+`":2}`),
		"lost":                     lose(&url.Error{Op: "Post", URL: "https://h/confirm/" + token, Err: errReset}),
		"lost with a text":         lose(errors.New(echo)),
		"refused":                  refuse(errRefused),
		"certificate":              refuse(errCertificate),
		"no such host":             refuse(errNoHost),
		"body lost with a text":    broken(200, okBody, errors.New(echo)),
		"long, the key at the cut": reply(400, strings.Repeat(apiKey, (8<<10)/len(apiKey)+3)),
		"a key over the cut":       reply(400, strings.Repeat("x", (4<<10)-5)+apiKey),
	}
	for name, answer := range failures {
		for _, policy := range []Policy{Read, Write, Keyed} {
			t.Run(fmt.Sprintf("%s, %d", name, policy), func(t *testing.T) {
				s := script(answer)
				c := open(t, fakepay("https://api.example.com"), s.option(), guichet.WithMaxRetries(0))
				_, err := c.Do(background(t), secretCall(policy))
				e := asError(t, err)
				require.Equal(t, apiKey, s.sends()[0].Header.Get("X-Api-Key"), "the secret must have been sent, or this proves nothing")
				assertOnlySafeCauses(t, err)
				texts := renderings(err)
				for node, cause := range chain(err) {
					texts[fmt.Sprintf("chain %d %T", node, cause)] = fmt.Sprintf("%v %+v %#v", cause, cause, cause)
				}
				texts["raw"] = string(e.Raw())
				for what, text := range texts {
					assertNoSecret(t, what, text, apiKey, token, phone, otp)
				}
				assert.NotContains(t, err.Error(), "\n")
				assert.NotContains(t, err.Error(), "\x1b")
				assert.LessOrEqual(t, len(e.Raw()), 4<<10)
				for n := len(apiKey) - 1; n > 5; n-- { // no part of it either
					assert.NotContains(t, string(e.Raw()), apiKey[:n])
				}
			})
		}
	}
}

// Of an answer that is not read to its end the last key may be cut, wherever that
// is, and the keys removed before it move the rest into what an error keeps.
func TestNoHalfSecretOfAnAnswerThatGoesOn(t *testing.T) {
	list := &Call{
		Op: "List", Method: http.MethodGet, Route: "/list", MaxStream: 1 << 20,
		Stream: func(_ *Answer, body *Body) error {
			return strictjson.Stream(body, func(strictjson.Value) error { return nil })
		},
	}
	long := strings.Repeat("k", 4000) + apiKey // few of these fill what is read, and fewer are left
	for name, row := range map[string]struct {
		status int
		key    string
		call   *Call
	}{
		"a list": {200, apiKey, list}, "an answer": {200, long, writeCall()}, "a refusal": {400, long, writeCall()},
	} {
		for shift := range len(apiKey) {
			cfg := fakepay("https://api.example.com")
			cfg.Secrets = []string{row.key}
			c := open(t, cfg, script(reply(row.status, pad(shift*len(row.key)/len(apiKey))+strings.Repeat(row.key, (2<<20)/len(row.key)))).option())
			_, err := c.Do(background(t), row.call)
			raw := string(asError(t, err).Raw())
			require.NotEmpty(t, raw, name)
			require.NotContains(t, raw, row.key[:6], name)
		}
	}
}

// chain lists every error that Unwrap reaches.
func chain(err error) []error {
	if err == nil {
		return nil
	}
	out := []error{err}
	switch x := err.(type) {
	case interface{ Unwrap() error }:
		out = append(out, chain(x.Unwrap())...)
	case interface{ Unwrap() []error }:
		for _, e := range x.Unwrap() {
			out = append(out, chain(e)...)
		}
	}
	return out
}

// What the provider says is kept, cleaned.
func TestProvidersWordsAreKept(t *testing.T) {
	s := script(reply(400, `{"code":"amount_too_low","message":"Montant trop bas (min. 100)","request_id":"req_9"}`))
	c := open(t, fakepay("https://api.example.com"), s.option())
	_, err := c.Do(background(t), writeCall())
	e := asError(t, err)
	assert.Equal(t, "amount_too_low", e.ProviderCode)
	assert.Equal(t, "Montant trop bas (min. 100)", e.Message)
	assert.Equal(t, "req_9", e.RequestID)
	assert.Equal(t, 400, e.HTTPStatus)
	assert.Equal(t, "CreatePayment", e.Op)
	assert.JSONEq(t, `{"code":"amount_too_low","message":"Montant trop bas (min. 100)","request_id":"req_9"}`, string(e.Raw()))
	assert.Empty(t, e.IdempotencyKey)
	assert.Equal(t, "fakepay: CreatePayment: invalid request: Montant trop bas (min. 100) (code amount_too_low, HTTP 400, request req_9)", err.Error())

	c = open(t, fakepay("https://api.example.com"), script(reply(401, "", "X-Request-Id", "req_10")).option())
	_, err = c.Do(background(t), keyedCall())
	e = asError(t, err)
	assert.Equal(t, "req_10", e.RequestID)
	assert.Equal(t, "CMD-1", e.IdempotencyKey)

	c = open(t, fakepay("https://api.example.com"), script(reply(400, `{"message":"`+strings.Repeat("é", 2000)+`"}`)).option())
	_, err = c.Do(background(t), writeCall())
	assert.Equal(t, 256, len([]rune(asError(t, err).Message)))
}

// The idempotency header goes to a provider that documents it, and to no other.
func TestKeyHeader(t *testing.T) {
	s := script(reply(200, okBody))
	c := open(t, fakepay("https://api.example.com"), s.option())
	_, err := c.Do(background(t), keyedCall())
	require.NoError(t, err)
	assert.Equal(t, []string{"CMD-1"}, s.sends()[0].Header[keyField])

	s = script(reply(500, ""))
	cfg := fakepay("https://api.example.com")
	cfg.KeyHeader = ""
	c = open(t, cfg, s.option())
	call := keyedCall()
	call.Policy = Write
	_, err = c.Do(background(t), call)
	require.Len(t, s.sends(), 1)
	for name := range s.sends()[0].Header {
		assert.NotContains(t, strings.ToLower(name), "idempot")
	}
	assert.Len(t, s.sends()[0].Header, 4, "Accept, Content-Type, User-Agent, X-Api-Key")
	assert.Empty(t, asError(t, err).IdempotencyKey)
}

// The exact request.
func TestRequestOnTheWire(t *testing.T) {
	w := listen(t, func(_ int, c net.Conn, _ sent) bool { write(c, good(okBody)); return keep })
	c := open(t, fakepay(w.URL+"/v1"))
	_, err := c.Do(background(t), keyedCall())
	require.NoError(t, err)
	_, err = c.Do(background(t), readCall())
	require.NoError(t, err)
	_, err = c.Do(background(t), &Call{Op: "Delete", Method: http.MethodDelete, Route: "/payments/{id}", Args: []string{"p"}, Policy: Write, Body: []byte(`{}`)})
	require.NoError(t, err)
	_, err = c.Do(background(t), &Call{Op: "SendCode", Method: http.MethodGet, Route: "/acting/code", Policy: Write})
	require.NoError(t, err)
	got := w.sends()

	assert.Equal(t, "POST /v1/payments", got[0].Method+" "+got[0].Target)
	assert.Equal(t, `{"amount":5000}`, got[0].Body)
	assert.Equal(t, http.Header{
		"Accept": {"application/json"}, "Accept-Encoding": {"gzip"}, "Content-Type": {"application/json"}, "Content-Length": {"15"},
		"User-Agent": {"guichet-go/fakepay"}, "X-Api-Key": {apiKey}, keyField: {"CMD-1"},
	}, got[0].Header)
	assert.Equal(t, "GET /v1/payments/pay_1", got[1].Method+" "+got[1].Target)
	assert.Equal(t, http.Header{
		"Accept": {"application/json"}, "Accept-Encoding": {"gzip"}, "User-Agent": {"guichet-go/fakepay"}, "X-Api-Key": {apiKey},
	}, got[1].Header)
	assert.Equal(t, "{}", got[2].Body, "a body of DELETE must not be dropped")
	assert.Empty(t, got[3].Body)
	assert.Equal(t, got[1].Header, got[3].Header, "a GET that acts has no body on the wire, and says nothing of one")
}

// The logger gets the template and the class; no value of the call.
func TestLogger(t *testing.T) {
	var b bytes.Buffer
	s := script(reply(503, ""), reply(200, okBody))
	c := open(t, fakepay("https://api.example.com"), s.option(), guichet.WithLogger(debugLogger(&b)))
	_, err := c.Do(background(t), secretCall(Keyed))
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSpace(b.String()), "\n")
	require.Len(t, lines, 2)
	assert.Regexp(t, `level=DEBUG msg="guichet: attempt" provider=fakepay op=CreatePayment method=POST attempt=1 duration=\S+ route=/confirm/\{token\} status=503 class=unavailable outcome_unknown=true$`, lines[0])
	assert.Regexp(t, `attempt=2 duration=\S+ route=/confirm/\{token\} status=200$`, lines[1])
	assertNoSecret(t, "the log", b.String(), apiKey, token, phone, otp, "CMD-1", "api.example.com")

	b.Reset()
	c = open(t, fakepay("https://api.example.com"), script(lose(errors.New(apiKey))).option(), guichet.WithLogger(debugLogger(&b)))
	err = c.Raw(background(t), http.MethodPost, "/confirm/"+url.PathEscape(token)+"?invoiceToken="+url.QueryEscape(token), map[string]string{"otp": otp}, nil)
	require.Error(t, err)
	assert.Contains(t, b.String(), "op=Do")
	assertNoSecret(t, "the log of Do", b.String(), apiKey, token, phone, otp)

	b.Reset()
	quiet := slog.New(slog.NewTextHandler(&b, nil)) // info
	c = open(t, fakepay("https://api.example.com"), script(reply(200, okBody)).option(), guichet.WithLogger(quiet))
	_, err = c.Do(background(t), readCall())
	require.NoError(t, err)
	assert.Empty(t, b.String(), "only at debug level")
}

// Without a logger nothing is written anywhere.
func TestSilence(t *testing.T) {
	r, w, err := os.Pipe()
	require.NoError(t, err)
	stdout, stderr, logger := os.Stdout, os.Stderr, slog.Default()
	os.Stdout, os.Stderr = w, w
	slog.SetDefault(slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug})))
	for _, answer := range []step{reply(200, okBody), reply(500, apiKey), lose(errReset), refuse(errRefused), reply(302, "", "Location", "://")} {
		c := open(t, fakepay("https://api.example.com"), script(answer).option(), guichet.WithMaxRetries(1))
		_, _ = c.Do(background(t), secretCall(Keyed))
	}
	os.Stdout, os.Stderr = stdout, stderr
	slog.SetDefault(logger)
	log.SetOutput(stderr) // slog.SetDefault redirected it
	require.NoError(t, w.Close())
	written, err := io.ReadAll(r)
	require.NoError(t, err)
	assert.Empty(t, string(written))
}

// The client itself shows no secret.
func TestClientShowsNoSecret(t *testing.T) {
	s := script(reply(200, okBody))
	c := open(t, fakepay("https://api.example.com"), s.option())
	_, err := c.Do(background(t), readCall())
	require.NoError(t, err)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		assertNoSecret(t, verb, fmt.Sprintf(verb, c), apiKey)
		assertNoSecret(t, verb, fmt.Sprintf(verb, *c), apiKey)
	}
}

func TestNewRefuses(t *testing.T) {
	for name, opt := range map[string]guichet.Option{
		"nil option": nil, "nil client": guichet.WithHTTPClient(nil), "bad URL": guichet.WithBaseURL("https://u:" + apiKey + "@h"),
	} {
		_, err := New(fakepay("https://api.example.com"), opt)
		e := asError(t, err)
		assert.Equal(t, guichet.ErrInvalidRequest, e.Kind, name)
		assert.Equal(t, "fakepay", e.Provider, name)
		assert.NotContains(t, err.Error(), apiKey)
	}
	_, err := New(fakepay(""))
	require.ErrorIs(t, err, guichet.ErrInvalidRequest)
	_, err = New(fakepay(""), guichet.WithBaseURL("https://api.example.com"))
	require.NoError(t, err)
}

// A secret that the provider made is removed from wherever it stands, and text that
// only looks like one stays.
func TestSecretsThatTheProviderMade(t *testing.T) {
	cfg := fakepay("https://api.example.com")
	cfg.SecretMembers = []string{"secret", "launch_url"}
	for body, want := range map[string]string{
		`{"secret":"whsec_1","x":[{"Launch_URL" : "https:\/\/p\"q"}]}`: `{"secret":"[redacted]","x":[{"Launch_URL" : "[redacted]"}]}`,
		`<p>"secret":"whsec`:     `<p>"secret":"[redacted]`,
		`"secret":"a\`:           `"secret":"[redacted]`,
		`"secret":"a\\","b":"c"`: `"secret":"[redacted]","b":"c"`,
		`"secret"secret":"ab"`:   `"secret"secret":"[redacted]"`,
		`{"no secret":"x","secret":5,"secret":["a"],"secret" "x"`: `{"no secret":"x","secret":5,"secret":["a"],"secret" "x"`,
		`"secret"`: `"secret"`, `"secret":`: `"secret":`,
	} {
		c := open(t, cfg, script(reply(400, body)).option())
		_, err := c.Do(background(t), writeCall())
		require.Equal(t, want, string(asError(t, err).Raw()))
	}
}
