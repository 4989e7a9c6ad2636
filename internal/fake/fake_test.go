package fake

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const answer = `{"id":"pay_1","status":"pending"}`

// started is a fake that counts what was acted upon. Paths below /api are its API.
func started(t *testing.T) (s *Server, acted func() int) {
	t.Helper()
	var mu sync.Mutex
	n := 0
	s = Start(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		mu.Lock()
		n++
		mu.Unlock()
		w.Header().Set("X-Echo", string(body))
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, answer)
	}), func(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/api") })
	t.Cleanup(s.Close)
	return s, func() int {
		mu.Lock()
		defer mu.Unlock()
		return n
	}
}

// browser follows no redirect and keeps no connection.
func browser(t *testing.T) *http.Client {
	transport := &http.Transport{DisableKeepAlives: true}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

func post(t *testing.T, ctx context.Context, target, body string) (*http.Response, string, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, target, strings.NewReader(body))
	require.NoError(t, err)
	r.Header.Set("X-Api-Key", "k")
	res, err := browser(t).Do(r)
	if err != nil {
		return nil, "", err
	}
	defer res.Body.Close()
	read, err := io.ReadAll(res.Body)
	return res, string(read), err
}

func TestServerRecords(t *testing.T) {
	s, acted := started(t)
	res, body, err := post(t, t.Context(), s.URL+"/api/a%2Fb?x=1&y=%26", `{"n":1}`)
	require.NoError(t, err)
	assert.Equal(t, 201, res.StatusCode)
	assert.Equal(t, answer, body)
	assert.Equal(t, `{"n":1}`, res.Header.Get("X-Echo"), "the provider's handler sees the body as well")
	_, _, err = post(t, t.Context(), s.URL+"/page", "x")
	require.NoError(t, err)
	assert.Equal(t, 2, acted())

	got := s.Requests()
	require.Len(t, got, 1, "the customer's browser is not recorded")
	assert.Equal(t, "POST", got[0].Method)
	assert.Equal(t, "/api/a%2Fb", got[0].Path, "as on the wire")
	assert.Equal(t, "x=1&y=%26", got[0].RawQuery)
	assert.Equal(t, `{"n":1}`, string(got[0].Body))
	assert.Equal(t, "k", got[0].Header.Get("X-Api-Key"))
	got[0] = Request{}
	assert.Equal(t, "POST", s.Requests()[0].Method, "a copy")
}

func TestServerFaults(t *testing.T) {
	rows := []struct {
		name   string
		fault  Fault
		acted  int
		status int
		check  func(t *testing.T, res *http.Response, body string, err error)
	}{
		{"commit, then 500", CommitThen500, 1, 500, func(t *testing.T, _ *http.Response, body string, _ error) {
			assert.True(t, json.Valid([]byte(body)))
		}},
		{"commit, then 503", CommitThen503, 1, 503, func(t *testing.T, _ *http.Response, body string, _ error) { assert.Empty(t, body) }},
		{"commit, then cut", CommitThenCut, 1, 201, func(t *testing.T, _ *http.Response, body string, err error) {
			require.ErrorIs(t, err, io.ErrUnexpectedEOF)
			assert.Equal(t, answer[:len(answer)/2], body, "the answer stops in the middle")
		}},
		{"commit, oversized", Oversized, 1, 201, func(t *testing.T, _ *http.Response, body string, _ error) {
			assert.Greater(t, len(body), 1<<20)
			assert.Equal(t, answer, strings.TrimSpace(body), "good in every other respect")
		}},
		{"HTML 502", HTML502, 0, 502, func(t *testing.T, res *http.Response, body string, _ error) {
			assert.Contains(t, body, "<html>")
			assert.Equal(t, "text/html", res.Header.Get("Content-Type"))
		}},
		{"503", Status503, 0, 503, func(t *testing.T, _ *http.Response, body string, _ error) { assert.Empty(t, body) }},
		{"429", RateLimited, 0, 429, func(t *testing.T, res *http.Response, _ string, _ error) {
			assert.Equal(t, "1", res.Header.Get("Retry-After"))
		}},
		{"redirect", RedirectElsewhere, 0, 307, func(t *testing.T, res *http.Response, _ string, _ error) {
			assert.True(t, strings.HasSuffix(res.Header.Get("Location"), "/api/x?y=1"))
		}},
		{"empty 200", EmptyOK, 0, 200, func(t *testing.T, _ *http.Response, body string, _ error) { assert.Empty(t, body) }},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			s, acted := started(t)
			s.FailNext(row.fault)
			res, body, err := post(t, t.Context(), s.URL+"/api/x?y=1", "{}")
			require.NotNil(t, res, "%v", err)
			assert.Equal(t, row.status, res.StatusCode)
			row.check(t, res, body, err)
			assert.Equal(t, row.acted, acted())
			assert.Len(t, s.Requests(), 1, "recorded in any case")

			res, body, err = post(t, t.Context(), s.URL+"/api/x", "{}")
			require.NoError(t, err)
			assert.Equal(t, 201, res.StatusCode, "one fault, one answer")
			assert.Equal(t, answer, body)
		})
	}
	t.Run("commit, then hang", func(t *testing.T) {
		s, acted := started(t)
		s.FailNext(CommitThenHang)
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		_, _, err := post(t, ctx, s.URL+"/api/x", "{}")
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, 1, acted())
	})
	t.Run("in order, and never for the browser", func(t *testing.T) {
		s, _ := started(t)
		s.FailNext(Status503, HTML502)
		s.FailNext(CommitThen500)
		for _, want := range []struct {
			path   string
			status int
		}{{"/page", 201}, {"/api", 503}, {"/api", 502}, {"/page", 201}, {"/api", 500}, {"/api", 201}} {
			res, _, err := post(t, t.Context(), s.URL+want.path, "")
			require.NoError(t, err)
			assert.Equal(t, want.status, res.StatusCode)
		}
	})
}

// The server that a redirect points to counts who came.
func TestElsewhere(t *testing.T) {
	s, _ := started(t)
	s.FailNext(RedirectElsewhere, RedirectElsewhere)
	_, _, err := post(t, t.Context(), s.URL+"/api/x", "{}")
	require.NoError(t, err)
	assert.Zero(t, s.Elsewhere())

	following := browser(t)
	following.CheckRedirect = nil
	res, err := following.Post(s.URL+"/api/x", "application/json", strings.NewReader("{}"))
	require.NoError(t, err)
	res.Body.Close()
	assert.Equal(t, 1, s.Elsewhere())
}

func TestDelay(t *testing.T) {
	s, acted := started(t)
	s.Delay(time.Hour)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, _, err := post(t, ctx, s.URL+"/api/x", "{}")
	require.ErrorIs(t, err, context.DeadlineExceeded)
	assert.Zero(t, acted(), "not acted upon while it waits")
	_, _, err = post(t, t.Context(), s.URL+"/page", "")
	require.NoError(t, err, "the customer does not wait")
	s.Delay(0)
	_, _, err = post(t, t.Context(), s.URL+"/api/x", "{}")
	require.NoError(t, err)
	s.Delay(time.Millisecond)
	_, _, err = post(t, t.Context(), s.URL+"/api/x", "{}")
	require.NoError(t, err)
	assert.Equal(t, 3, acted())
}

// The fake also works when it is mounted in another server.
func TestMountedElsewhere(t *testing.T) {
	s, acted := started(t)
	mounted := httptest.NewServer(s)
	defer mounted.Close()
	s.FailNext(CommitThenCut)
	_, _, err := post(t, t.Context(), mounted.URL+"/api/x", "{}")
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	res, _, err := post(t, t.Context(), mounted.URL+"/api/x", "{}")
	require.NoError(t, err)
	assert.Equal(t, 201, res.StatusCode)
	assert.Equal(t, 2, acted())
}

func TestServerRefusesHugeBodies(t *testing.T) {
	s, acted := started(t)
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/api/x", strings.NewReader(strings.Repeat("x", 10<<20+1))))
	assert.Equal(t, http.StatusRequestEntityTooLarge, w.Code)
	assert.Zero(t, acted())
	assert.Empty(t, s.Requests())
}

func TestConcurrentUse(t *testing.T) {
	s, acted := started(t)
	var running sync.WaitGroup
	for range 100 {
		running.Go(func() {
			w := httptest.NewRecorder()
			s.FailNext(Status503)
			s.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/api/x", strings.NewReader("{}")))
			s.Delay(0)
			_ = s.Requests()
			_ = s.Elsewhere()
		})
	}
	running.Wait()
	assert.Len(t, s.Requests(), 100)
	assert.Zero(t, acted())
}

func TestCloseCutsConnections(t *testing.T) {
	acting := make(chan struct{})
	s := Start(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { close(acting) }), func(*http.Request) bool { return true })
	s.FailNext(CommitThenHang)
	failed := make(chan error)
	client := browser(t)
	go func() {
		res, err := client.Post(s.URL+"/api/x", "application/json", strings.NewReader("{}"))
		if err == nil {
			res.Body.Close()
		}
		failed <- err
	}()
	<-acting
	s.Close()
	require.Error(t, <-failed)
	_, _, err := post(t, t.Context(), s.URL+"/api/x", "{}")
	require.Error(t, err)
	s.Close() // a second time does no harm
}

func TestJSON(t *testing.T) {
	w := httptest.NewRecorder()
	JSON(w, http.StatusTeapot, map[string]string{"url": "https://pay.example/?a=1&b=<2>"})
	assert.Equal(t, http.StatusTeapot, w.Code)
	assert.Equal(t, "application/json; charset=utf-8", w.Header().Get("Content-Type"))
	assert.Equal(t, `{"url":"https://pay.example/?a=1&b=<2>"}`+"\n", w.Body.String())
}

func TestNewID(t *testing.T) {
	assert.Equal(t, "00000007-0000-4000-8000-000000000007", NewID(7))
	seen := map[string]bool{}
	for n := range 1000 {
		id := NewID(n)
		assert.Len(t, id, 36)
		assert.False(t, seen[id])
		seen[id] = true
	}
}

func TestPage(t *testing.T) {
	show := func(p Page) string {
		w := httptest.NewRecorder()
		p.Show(w)
		assert.Equal(t, "text/html; charset=utf-8", w.Header().Get("Content-Type"))
		return w.Body.String()
	}
	open := show(Page{Provider: "Lygos", Shop: "Chez <b>Awa</b>", Order: "CMD-1", Amount: "5000 XOF", Action: "/pay/1"})
	for _, part := range []string{`<html lang="fr">`, "Lygos", "Chez &lt;b&gt;Awa&lt;/b&gt;", "CMD-1", "5000 XOF", `action="/pay/1"`, `name="choix" value="payer">Payer<`, `name="choix" value="refuser">Refuser<`, "Aucun argent"} {
		assert.Contains(t, open, part)
	}
	done := show(Page{Provider: "Lygos", Done: "Payé", Back: "https://shop.example/ok?x=1"})
	assert.Contains(t, done, "Payé")
	assert.Contains(t, done, `href="https://shop.example/ok?x=1"`)
	assert.NotContains(t, done, "<form")
	assert.NotContains(t, show(Page{Done: "Payé"}), "href")
	assert.NotContains(t, show(Page{Done: "x", Back: "javascript:alert(1)"}), `href="javascript`)
}
