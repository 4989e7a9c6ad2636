package guichet_test

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/caurisflux"
	"github.com/guichetpay/guichet/caurisflux/caurisfluxtest"
	"github.com/guichetpay/guichet/ligdicash"
	"github.com/guichetpay/guichet/ligdicash/ligdicashtest"
	"github.com/guichetpay/guichet/lomi"
	"github.com/guichetpay/guichet/lomi/lomitest"
	"github.com/guichetpay/guichet/lygos"
	"github.com/guichetpay/guichet/lygos/lygostest"
)

// .ci/run tests the two lines of Go that are supported: the one that go.mod asks for,
// in a release that a merchant can have, and the next.
func TestToolchainLines(t *testing.T) {
	mod, err := os.ReadFile("go.mod")
	require.NoError(t, err)
	asked := regexp.MustCompile(`(?m)^go 1\.(\d+)\.0$`).FindSubmatch(mod)
	require.NotNil(t, asked, "go.mod asks for the first release of a line, so that no merchant has to change his")
	assert.NotRegexp(t, `(?m)^toolchain `, string(mod))

	run, err := os.ReadFile(".ci/run")
	require.NoError(t, err)
	lines := regexp.MustCompile(`(?m)^export GOTOOLCHAIN=(go1\.(\d+)\.\d+)$`).FindAllSubmatch(run, -1)
	require.Len(t, lines, 2)
	older, err := strconv.Atoi(string(asked[1]))
	require.NoError(t, err)
	assert.Equal(t, strconv.Itoa(older), string(lines[0][2]))
	assert.Equal(t, strconv.Itoa(older+1), string(lines[1][2]))
	assert.Regexp(t, `(?m)^step \.ci/dependencies `+regexp.QuoteMeta(string(lines[0][1])+" "+string(lines[1][1]))+`$`, string(run))
}

// brokenText is written by a method, which no version of encoding/json looks into.
type brokenText struct{}

func (brokenText) MarshalText() ([]byte, error) { return []byte("Awa\xff"), nil }

// A body that is not valid UTF-8 is refused by our own check before a socket opens:
// Go 1.27 would pass it on where Go 1.26 puts another sign in its place.
func TestToolchainDoRefusesBrokenText(t *testing.T) {
	type doer interface {
		Do(ctx context.Context, method, path string, body, dst any) error
	}
	s1, s2, s3, s4 := lygostest.NewServer(), lomitest.NewServer(), ligdicashtest.NewServer(), caurisfluxtest.NewServer()
	for _, s := range []interface{ Close() }{s1, s2, s3, s4} {
		t.Cleanup(s.Close)
	}
	c1, err1 := lygos.New(s1.Config(), s1.Options()...)
	c2, err2 := lomi.New(s2.Config(), s2.Options()...)
	c3, err3 := ligdicash.New(s3.Config(), s3.Options()...)
	c4, err4 := caurisflux.New(s4.Config(), s4.Options()...)
	for _, err := range []error{err1, err2, err3, err4} {
		require.NoError(t, err)
	}
	for name, p := range map[string]struct {
		client doer
		seen   func() int
	}{
		"lygos":      {c1, func() int { return len(s1.Requests()) }},
		"lomi":       {c2, func() int { return len(s2.Requests()) }},
		"ligdicash":  {c3, func() int { return len(s3.Requests()) }},
		"caurisflux": {c4, func() int { return len(s4.Requests()) }},
	} {
		for what, body := range map[string]any{
			"a text": "Awa\xff", "a member": map[string]any{"name": "Awa\xff"}, "a name": map[string]any{"Awa\xff": 1}, "deep inside": []any{map[string][]string{"a": {"é", "\xc3"}}},
			"a field": struct{ Name string }{"\xe2\x82"}, "half of a surrogate pair": map[string]string{"a": "\xed\xa0\x80"},
			"raw JSON": json.RawMessage("{\"name\":\"Awa\xff\"}"), "raw JSON inside": map[string]any{"a": json.RawMessage("\"\xff\"")},
			"half of a pair in raw JSON": json.RawMessage(`{"name":"\ud800"}`), "a method": brokenText{}, "a method inside": map[string]any{"a": []any{brokenText{}}},
		} {
			for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
				err := p.client.Do(t.Context(), method, "/x", body, nil)
				e := new(guichet.Error)
				require.ErrorAs(t, err, &e, "%s: %s", name, what)
				assert.ErrorIs(t, err, guichet.ErrInvalidRequest, "%s: %s", name, what)
				assert.False(t, e.OutcomeUnknown)
				assert.Zero(t, p.seen(), "%s: %s was sent", name, what)
			}
		}
		// What is valid is sent, whatever it looks like.
		e := new(guichet.Error)
		require.ErrorAs(t, p.client.Do(t.Context(), http.MethodPost, "/x", map[string]string{"name": "Aïssata \ufffd 😀 \u2028"}, nil), &e)
		assert.NotZero(t, e.HTTPStatus, "%s: %v", name, e)
	}
}
