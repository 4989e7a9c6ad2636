package transport

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
)

// What an error costs does not depend on how long the provider's message is, and only
// a little on how many values the call holds.
func TestErrorsOfLongRefusalsCostLittle(t *testing.T) {
	values := make([]string, 1000)
	leaves := map[string]string{}
	for i := range values {
		values[i] = fmt.Sprintf("value-%d/é", i)
		leaves[fmt.Sprint(i)] = values[i]
	}
	body := `{"message":"` + strings.Repeat("value-1 ", 100_000) + `value-7/é","code":"c"}`
	for name, row := range map[string]struct {
		do      func(c *Client) error
		message string
	}{
		"50 metadata entries": {func(c *Client) error {
			call := writeCall()
			call.Sensitive = values[:50]
			_, err := c.Do(background(t), call)
			return err
		}, strings.Repeat("value-1 ", 32)},
		"Do with 1,000 leaves": {func(c *Client) error {
			return c.Raw(background(t), http.MethodPost, "/x", leaves, nil)
		}, tooManyValues},
	} {
		c := open(t, fakepay("https://api.example.com"), script(reply(400, body)).option())
		var e *guichet.Error
		cost := testing.AllocsPerRun(1, func() { e = asError(t, row.do(c)) })
		assert.Equal(t, row.message, e.Message, name)
		assert.Equal(t, 400, e.HTTPStatus, name)
		assert.ErrorIs(t, e, guichet.ErrInvalidRequest, name)
		assert.Less(t, cost, 8000.0, name) // of which the leaves of the body are 5,000
		assert.Contains(t, string(e.Raw()), `{"message":"value-1 value-1`, name)
	}
}

// What this package says of an answer holds no value, so it is said however many the
// call has. What the provider says is left out, its codes too.
func TestManyValuesLeaveOutTheProvidersTextAlone(t *testing.T) {
	leaves := make([]string, maxInMessage+1)
	for i := range leaves {
		leaves[i] = fmt.Sprintf("v%d", i)
	}
	for body, want := range map[string]guichet.Error{
		`{"code":"v12","message":"v13","request_id":"v14"}`: {Message: tooManyValues},
		`{"message":"v12","code":"v13"}`:                    {Message: tooManyValues},
		``:                                                  {Message: "the answer is empty"},
	} {
		c := open(t, fakepay("https://api.example.com"), script(reply(400, body, "X-Request-Id", "v15")).option())
		e := asError(t, c.Raw(background(t), http.MethodPost, "/x", leaves, nil))
		assert.Equal(t, want.Message, e.Message)
		assert.Empty(t, e.ProviderCode)
		assert.Empty(t, e.RequestID)
		for _, value := range []string{"v12", "v13", "v14"} {
			assert.NotContains(t, string(e.Raw()), value)
		}
	}
	c := open(t, fakepay("https://api.example.com"), script(reply(200, "<html>")).option())
	e := asError(t, c.Raw(background(t), http.MethodPost, "/x", leaves, new(any)))
	assert.Equal(t, "the answer is an HTML page, not the API's JSON", e.Message)

	c = open(t, fakepay("https://api.example.com"), script(reply(400, `{"message":"v12"}`)).option())
	e = asError(t, c.Raw(background(t), http.MethodPost, "/x", leaves[:maxInMessage], nil))
	assert.Equal(t, "[redacted]", e.Message)

	many := make([]int, maxInRaw+1)
	e = asError(t, c.Raw(background(t), http.MethodPost, "/x", many, nil))
	assert.Empty(t, e.Raw())
}

// streamed is a body that calls each with the number of the reading.
type streamed func(n int, p []byte) (int, error)

func (s streamed) reply(status int) step {
	return func(r *http.Request) (*http.Response, error) {
		res, _ := reply(status, "")(r)
		n := 0
		res.ContentLength = -1
		res.Body = io.NopCloser(readFunc(func(p []byte) (int, error) { n++; return s(n, p) }))
		return res, nil
	}
}

// A body that has arrived, or comes without end, is not read on when time is up.
func TestReadingLooksAtTheContext(t *testing.T) {
	for name, call := range map[string]*Call{
		"an answer": readCall(),
		"a stream": {Op: "List", Method: http.MethodGet, Route: "/list", MaxStream: 1 << 40, Stream: func(_ *Answer, body *Body) error {
			_, err := io.Copy(io.Discard, body)
			return err
		}},
	} {
		for _, status := range []int{200, 400} {
			ctx, cancel := context.WithCancel(context.Background())
			reads := 0
			endless := streamed(func(n int, p []byte) (int, error) {
				reads = n
				if n == 3 {
					cancel()
				}
				return copy(p, " "), nil
			})
			c := open(t, fakepay("https://api.example.com"), script(endless.reply(status)).option())
			_, err := c.Do(ctx, call)
			assert.ErrorIs(t, err, context.Canceled, name)
			assert.ErrorIs(t, err, guichet.ErrUnavailable, name)
			assert.Equal(t, 3, reads, name)
		}
	}
}

func TestDecodingLooksAtTheContext(t *testing.T) {
	for _, status := range []int{200, 400} {
		ctx, cancel := context.WithCancel(context.Background())
		last := streamed(func(_ int, p []byte) (int, error) {
			cancel()
			return copy(p, okBody), io.EOF
		})
		cfg := fakepay("https://api.example.com")
		cfg.Refusal = func(*Answer) *guichet.Error { t.Error("a refusal was read"); return &guichet.Error{} }
		call := writeCall()
		call.Decode = func(*Answer) error { t.Error("an answer was read"); return nil }
		_, err := open(t, cfg, script(last.reply(status)).option()).Do(ctx, call)
		assert.ErrorIs(t, err, context.Canceled)
		assert.ErrorIs(t, err, guichet.ErrUnknownOutcome)
	}
}

// An answer is gone when Do returns, and does not look empty then. Its memory serves
// the next one, unless it is large.
func TestAnswersAreGoneAfterDo(t *testing.T) {
	large := `{"id":"` + pad(2*mostPooled) + `"}`
	for name, answer := range map[string]step{
		"read": reply(200, okBody), "refused": reply(400, `{"message":"no"}`), "unreadable": reply(200, "{"),
		"large": reply(200, large), "large, of unknown length": func(r *http.Request) (*http.Response, error) {
			res, err := reply(200, large)(r)
			res.ContentLength = -1
			return res, err
		},
	} {
		call := writeCall()
		call.Decode = func(a *Answer) (err error) {
			_, err = a.JSON()
			return err
		}
		answer, err := open(t, fakepay("https://api.example.com"), script(answer).option()).Do(background(t), call)
		assert.Empty(t, answer.Body, name)
		_, gone := answer.JSON()
		assert.ErrorIs(t, gone, errGone, name)
		if err != nil {
			assert.NotEmpty(t, asError(t, err).Raw(), name)
		}
	}
	for range 100 {
		assert.LessOrEqual(t, cap(*rooms.Get().(*[]byte)), mostPooled)
	}
}

// Answers that are read at the same time do not mix, whether they are kept, refused
// or too long for the memory that they are lent.
func TestAnswersDoNotMix(t *testing.T) {
	echo := func(r *http.Request) (*http.Response, error) {
		body, _ := io.ReadAll(r.Body)
		status := 200
		if len(body)%2 == 0 {
			status = 400
		}
		return reply(status, `{"id":"`+string(body)+`","message":"`+string(body)+`"}`)(r)
	}
	c := open(t, fakepay("https://api.example.com"), guichet.WithHTTPClient(&http.Client{Transport: roundTrip(echo)}))
	var running sync.WaitGroup
	for i := range 300 {
		running.Go(func() {
			text := strings.Repeat(fmt.Sprint(i, "."), 1+i)
			var id string
			call := writeCall()
			call.Body = []byte(text)
			call.Decode = func(a *Answer) error {
				v, err := a.JSON()
				id = v.Get("id").Text()
				return err
			}
			_, err := c.Do(context.Background(), call)
			if err != nil {
				assert.Contains(t, string(asError(t, err).Raw()), text[:min(len(text), 4000)])
				assert.Equal(t, text[:min(len(text), 256)], asError(t, err).Message)
				return
			}
			assert.Equal(t, text, id)
		})
	}
	running.Wait()
}

type roundTrip func(r *http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// rude is a RoundTripper that writes to the headers it is given.
type rude struct{ http.RoundTripper }

func (r rude) RoundTrip(req *http.Request) (*http.Response, error) {
	for name := range req.Header {
		req.Header[name][0] = "other"
		req.Header.Add(name, "more")
	}
	req.Header.Set("X-Trace", "1")
	return r.RoundTripper.RoundTrip(req)
}

// What every request is made from is shared, and no request shows what was done to
// another one.
func TestRequestsShareNothing(t *testing.T) {
	s := script(reply(200, okBody))
	seen := script(reply(200, okBody))
	c := open(t, fakepay("https://api.example.com"), guichet.WithHTTPClient(&http.Client{Transport: both{seen, rude{s}}}))
	var running sync.WaitGroup
	for range 50 {
		running.Go(func() {
			_, err := c.Do(context.Background(), readCall())
			assert.NoError(t, err)
			_, err = c.Do(context.Background(), keyedCall())
			assert.NoError(t, err)
		})
	}
	running.Wait()
	for _, sent := range seen.sends() {
		want := http.Header{"Accept": {"application/json"}, "User-Agent": {"guichet-go/fakepay"}, "X-Api-Key": {apiKey}}
		if sent.Method == http.MethodPost {
			want["Content-Type"] = []string{"application/json"}
			want[keyField] = []string{"CMD-1"}
			assert.Equal(t, `{"amount":5000}`, sent.Body)
		}
		require.Equal(t, want, sent.Header)
	}
	assert.Len(t, c.template.Header, 1, "resty adds no header of its own to what all requests share")
}

// both has the first RoundTripper look at a copy, and the second answer.
type both struct{ first, second http.RoundTripper }

func (b both) RoundTrip(r *http.Request) (*http.Response, error) {
	look := r.Clone(r.Context())
	var text []byte
	if r.Body != nil {
		text, _ = io.ReadAll(r.Body)
		look.Body = io.NopCloser(strings.NewReader(string(text)))
		r.Body = io.NopCloser(strings.NewReader(string(text)))
	}
	if _, err := b.first.RoundTrip(look); err != nil {
		return nil, err
	}
	return b.second.RoundTrip(r)
}
