package lomi_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
)

// session is a checkout session in a list.
func session(id, status, link string) string {
	return fmt.Sprintf(`{"checkout_session_id":%q,"status":%q,"payment_link_id":%q,"amount":15000,"currency_code":"XOF","metadata":{"order_id":"INV-001"}}`, id, status, link)
}

// linkServer answers for one link, and with pages of one session each. Sessions
// are by the status that is asked for.
func linkServer(link string, sessions map[string][]string) httpmock.Responder {
	return func(r *http.Request) (*http.Response, error) {
		if strings.HasPrefix(r.URL.Path, "/payment-links/") {
			return httpmock.NewStringResponse(200, link), nil
		}
		all := sessions[r.URL.Query().Get("status")]
		at, _ := strconv.Atoi(r.URL.Query().Get("cursor"))
		if at >= len(all) {
			return httpmock.NewStringResponse(200, anyList), nil
		}
		more := at+1 < len(all)
		return httpmock.NewStringResponse(200, fmt.Sprintf(`{"object":"list","data":[%s],"has_more":%t,"next_cursor":"%d","limit":100}`, all[at], more, at+1)), nil
	}
}

func TestStatusOfALink(t *testing.T) {
	const (
		active   = `{"link_id":"plink_123","url":"https://pay.lomi.africa/A","amount":20000,"currency_code":"XOF","is_active":true,"expires_at":null}`
		future   = `{"link_id":"plink_123","is_active":true,"expires_at":"2026-01-01T01:00:00Z"}`
		past     = `{"link_id":"plink_123","is_active":true,"expires_at":"2025-12-31T23:59:59Z"}`
		inactive = `{"link_id":"plink_123","is_active":false,"expires_at":null}`
		silent   = `{"link_id":"plink_123"}`
		garbled  = `{"link_id":"plink_123","is_active":true,"expires_at":"soon"}`
	)
	paid, open, expired := session("cs_1", "completed", linkID), session("cs_2", "open", linkID), session("cs_3", "expired", linkID)
	other := session("cs_9", "completed", "plink_9")
	many := make([]string, 11) // pages of other links' sessions, one more than the bound
	for i := range many {
		many[i] = other
	}
	with := func(sessions ...string) map[string][]string { return map[string][]string{"completed": sessions} }
	francs15 := guichet.NewMoney(15000, guichet.XOF)
	tests := []struct {
		name     string
		link     string
		sessions map[string][]string
		want     guichet.Status
		word     string
		amount   guichet.Money
		requests int
	}{
		{"T31: active, no session", active, nil, guichet.StatusPending, "", guichet.NewMoney(20000, guichet.XOF), 2},
		{"T31: completed session with its id", active, with(other, paid), guichet.StatusSucceeded, "completed", francs15, 3},
		{"T31: completed sessions of other links", active, with(other, other), guichet.StatusPending, "", guichet.NewMoney(20000, guichet.XOF), 3},
		{"T31: past its expiry", past, nil, guichet.StatusExpired, "", guichet.Money{}, 4},
		{"T31: inactive", inactive, nil, guichet.StatusCanceled, "", guichet.Money{}, 4},
		{"T31: past its expiry with an open session", past, map[string][]string{"open": {open}}, guichet.StatusPending, "open", guichet.Money{}, 3},
		{"T31: inactive with an open session", inactive, map[string][]string{"open": {open}}, guichet.StatusPending, "open", guichet.Money{}, 3},
		{"T31: inactive and walk cut short", inactive, with(many...), guichet.StatusUnknown, "", guichet.Money{}, 11},
		{"T31: active and walk cut short", active, with(many...), guichet.StatusPending, "", guichet.NewMoney(20000, guichet.XOF), 11},
		{"T31: past its expiry and the open walk cut short", past, map[string][]string{"open": many}, guichet.StatusUnknown, "", guichet.Money{}, 12},
		{"the last page within the bound", inactive, with(append(many[:9:9], paid)...), guichet.StatusSucceeded, "completed", francs15, 11},
		{"paid, and then made inactive", inactive, with(paid), guichet.StatusSucceeded, "completed", francs15, 2},
		{"paid before it expired", past, with(paid), guichet.StatusSucceeded, "completed", francs15, 2},
		{"paid twice", active, with(paid, session("cs_4", "completed", linkID)), guichet.StatusSucceeded, "completed", francs15, 3},
		{"expires later", future, nil, guichet.StatusPending, "", guichet.Money{}, 2},
		{"expires at a time that cannot be read", garbled, nil, guichet.StatusPending, "", guichet.Money{}, 2},
		{"is_active missing", silent, nil, guichet.StatusUnknown, "", guichet.Money{}, 2},
		{"is_active missing, paid", silent, with(paid), guichet.StatusSucceeded, "completed", francs15, 2},
		{"a word in other case", active, with(session("cs_1", "COMPLETED", linkID)), guichet.StatusSucceeded, "COMPLETED", francs15, 2},
		{"an id in other case is another link", active, with(session("cs_1", "completed", "PLINK_123")), guichet.StatusPending, "", guichet.NewMoney(20000, guichet.XOF), 2},
		{"a server that ignores the filter: expired session", inactive, with(expired), guichet.StatusCanceled, "", guichet.Money{}, 4},
		{"a server that ignores the filter: open session", inactive, with(open), guichet.StatusPending, "open", guichet.Money{}, 2},
		{"a server that ignores the filter: open, then paid", inactive, with(open, paid), guichet.StatusSucceeded, "completed", francs15, 3},
		{"a session word that is not known may still be paid", inactive, with(session("cs_1", "frozen", linkID)), guichet.StatusPending, "frozen", guichet.Money{}, 2},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(time.Until(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)))
				client, lomiMock := newMock(t, viaLink(), linkServer(test.link, test.sessions))
				payment, err := client.GetStatus(t.Context(), linkID)
				require.NoError(t, err)
				assert.Equal(t, linkID, payment.ID)
				assert.Equal(t, test.want, payment.Status)
				assert.Equal(t, test.word, payment.ProviderStatus)
				assert.Equal(t, test.amount, payment.Amount)
				assert.Len(t, lomiMock.All(), test.requests)
				if test.want == guichet.StatusSucceeded {
					assert.NoError(t, payment.Confirms(order, francs15))
					assert.Equal(t, order, payment.Reference, "of the session, where the link has none")
				}
			})
		})
	}

	t.Run("how often it was paid", func(t *testing.T) {
		again, slid := session("cs_4", "completed", linkID), paid
		for name, test := range map[string]struct {
			link     string
			sessions map[string][]string
			pages    int
			want     int
		}{
			"never":                                  {active, with(other), 0, 0},
			"once":                                   {active, with(other, paid, other), 0, 1},
			"twice, on two pages":                    {active, with(paid, other, again), 0, 2},
			"once, on two pages":                     {active, with(paid, other, slid), 0, 1},
			"and open once more":                     {active, with(paid, open), 0, 1},
			"a walk that is cut counts what is seen": {active, with(paid, other, again), 2, 1},
			"a walk that is cut before any":          {active, with(other, other, paid), 2, 0},
			"only open":                              {inactive, map[string][]string{"open": {open}}, 0, 0},
		} {
			cfg := viaLink()
			cfg.LinkWalkPages = test.pages
			client, _ := newMock(t, cfg, linkServer(test.link, test.sessions))
			payment, err := client.GetStatus(t.Context(), linkID)
			require.NoError(t, err)
			assert.Equal(t, test.want, payment.Captures, name)
			assert.Equal(t, test.want > 0, payment.Status == guichet.StatusSucceeded, name)
		}
	})
	t.Run("a failure after a paid session only ends the count", func(t *testing.T) {
		server := linkServer(active, with(paid, other))
		client, _ := newMock(t, viaLink(), func(r *http.Request) (*http.Response, error) {
			if r.URL.Query().Get("cursor") != "" {
				return httpmock.NewStringResponse(404, ""), nil
			}
			return server(r)
		})
		payment, err := client.GetStatus(t.Context(), linkID)
		require.NoError(t, err)
		assert.Equal(t, guichet.StatusSucceeded, payment.Status)
		assert.Equal(t, 1, payment.Captures)
	})
	t.Run("paid between the look at the completed and the look at the open sessions", func(t *testing.T) {
		sessions := map[string][]string{}
		server := linkServer(inactive, sessions)
		client, _ := newMock(t, viaLink(), func(r *http.Request) (*http.Response, error) {
			if r.URL.Query().Get("status") == "open" {
				sessions["completed"] = []string{paid}
			}
			return server(r)
		})
		payment, err := client.GetStatus(t.Context(), linkID)
		require.NoError(t, err)
		assert.Equal(t, guichet.StatusSucceeded, payment.Status)
	})
	t.Run("more sessions than can be reached are not all sessions", func(t *testing.T) {
		for name, page := range map[string]string{
			"no cursor":       `{"object":"list","data":[` + other + `],"has_more":true,"next_cursor":null}`,
			"the same cursor": `{"object":"list","data":[` + other + `],"has_more":true,"next_cursor":"c"}`,
			"the same page":   `{"data":[` + other + `],"total":1,"limit":1,"offset":0}`,
		} {
			client, _ := newMock(t, viaLink(), linkServer(inactive, nil))
			payment, err := client.GetStatus(t.Context(), linkID)
			require.NoError(t, err)
			assert.Equal(t, guichet.StatusCanceled, payment.Status)

			client, _ = newMock(t, viaLink(), func(r *http.Request) (*http.Response, error) {
				if strings.HasPrefix(r.URL.Path, "/payment-links/") {
					return httpmock.NewStringResponse(200, inactive), nil
				}
				return httpmock.NewStringResponse(200, page), nil
			})
			payment, err = client.GetStatus(t.Context(), linkID)
			require.NoError(t, err)
			assert.Equal(t, guichet.StatusUnknown, payment.Status, name)
		}
	})
	t.Run("a limit that is not heeded hides no payment", func(t *testing.T) {
		others := strings.Repeat(other+",", 20)
		for name, test := range map[string]struct {
			offset string // of the page that holds the paid session
			want   guichet.Status
		}{"reached by offset": {"20", guichet.StatusSucceeded}, "not reached": {"none", guichet.StatusUnknown}} {
			client, _ := newMock(t, viaLink(), func(r *http.Request) (*http.Response, error) {
				q := r.URL.Query()
				switch {
				case strings.HasPrefix(r.URL.Path, "/payment-links/"):
					return httpmock.NewStringResponse(200, inactive), nil
				case q.Get("status") == "open":
					return httpmock.NewStringResponse(200, `[]`), nil
				case q.Get("offset") == test.offset:
					return httpmock.NewStringResponse(200, `[`+paid+`]`), nil
				}
				return httpmock.NewStringResponse(200, `[`+strings.TrimSuffix(others, ",")+`]`), nil
			})
			payment, err := client.GetStatus(t.Context(), linkID)
			require.NoError(t, err)
			assert.Equal(t, test.want, payment.Status, name)
		}
	})
	t.Run("the bound can be set", func(t *testing.T) {
		cfg := viaLink()
		cfg.LinkWalkPages = 2
		client, lomiMock := newMock(t, cfg, linkServer(inactive, with(other, other, paid)))
		payment, err := client.GetStatus(t.Context(), linkID)
		require.NoError(t, err)
		assert.Equal(t, guichet.StatusUnknown, payment.Status)
		assert.Len(t, lomiMock.All(), 3)
	})
	t.Run("the walk asks for pages of 100", func(t *testing.T) {
		client, lomiMock := newMock(t, viaLink(), linkServer(inactive, nil))
		_, err := client.GetStatus(t.Context(), linkID)
		require.NoError(t, err)
		var asked []string
		for _, r := range lomiMock.All() {
			asked = append(asked, r.URL.RequestURI())
		}
		assert.Equal(t, []string{"/payment-links/plink_123", "/checkout-sessions?limit=100&status=completed", "/checkout-sessions?limit=100&status=open", "/checkout-sessions?limit=100&status=completed"}, asked)
	})
	t.Run("a walk that fails is no status", func(t *testing.T) {
		client, _ := newMock(t, viaLink(), httpmock.NewStringResponder(200, inactive), httpmock.NewStringResponder(404, ""))
		payment, err := client.GetStatus(t.Context(), linkID)
		assert.Nil(t, payment)
		assert.ErrorIs(t, err, guichet.ErrNotFound)
	})
	t.Run("another link's answer is no status", func(t *testing.T) {
		client, _ := newMock(t, viaLink(), linkServer(`{"link_id":"plink_9","is_active":true}`, with(paid)))
		_, err := client.GetStatus(t.Context(), linkID)
		assert.ErrorIs(t, err, guichet.ErrBadResponse)
	})
	t.Run("the order of the link goes before that of the session", func(t *testing.T) {
		client, _ := newMock(t, viaLink(), linkServer(`{"link_id":"plink_123","is_active":true,"metadata":{"order_id":"INV-002"}}`, with(paid)))
		payment, err := client.GetStatus(t.Context(), linkID)
		require.NoError(t, err)
		assert.Equal(t, "INV-002", payment.Reference)
	})
}

func TestStatusOfASession(t *testing.T) {
	words := map[string]guichet.Status{
		"open": guichet.StatusPending, "pending": guichet.StatusPending, "completed": guichet.StatusSucceeded, "expired": guichet.StatusExpired,
		"COMPLETED": guichet.StatusSucceeded, " Open ": guichet.StatusPending,
		"frozen": guichet.StatusUnknown, "": guichet.StatusUnknown, "complete": guichet.StatusUnknown, "succeeded": guichet.StatusUnknown, "failed": guichet.StatusUnknown,
	}
	for word, want := range words {
		client, _ := answering(t, 200, session("cs_1", word, ""))
		payment, err := client.GetStatus(t.Context(), "cs_1")
		require.NoError(t, err)
		assert.Equal(t, want, payment.Status, word)
		assert.Equal(t, word, payment.ProviderStatus)
	}
}
