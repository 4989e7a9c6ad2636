package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/caurisflux"
	"github.com/guichetpay/guichet/caurisflux/caurisfluxtest"
	"github.com/guichetpay/guichet/internal/fake"
	"github.com/guichetpay/guichet/ligdicash/ligdicashtest"
	"github.com/guichetpay/guichet/lomi/lomitest"
	"github.com/guichetpay/guichet/lygos/lygostest"
)

func TestDemo(t *testing.T) {
	var out, errs bytes.Buffer
	require.Equal(t, exitOK, run(t.Context(), nil, noEnv, &out, &errs), errs.String())
	assert.Empty(t, errs.String())
	rows := map[string]string{}
	for _, line := range strings.Split(out.String(), "\n") {
		for i := range 6 {
			if order := fmt.Sprintf(" CMD-%d ", i); strings.Contains(line, order) && rows[order] == "" {
				rows[order] = line
			}
		}
	}
	for order, want := range map[string][]string{
		" CMD-1 ": {"Lygos", "http://127.0.0.1:", "succeeded", "amount check waived"},
		" CMD-2 ": {"lomi.", "http://127.0.0.1:", "succeeded", "5000 XOF"},
		" CMD-3 ": {"LigdiCash", "http://127.0.0.1:", "succeeded", "5000 XOF"},
		" CMD-4 ": {"CaurisFlux", "http://127.0.0.1:", "succeeded", "5000 XOF", "order check waived"},
		" CMD-5 ": {"CaurisFlux", "failed", "do not deliver"},
	} {
		for _, text := range want {
			assert.Contains(t, rows[order], text, "row %s", order)
		}
	}
	_, list, found := strings.Cut(out.String(), "newest state:")
	require.True(t, found)
	assert.Contains(t, list, "succeeded")
	assert.Contains(t, list, "failed")
}

// simulator is what the live path needs of a fake.
type simulator interface {
	Options() []guichet.Option
	Requests() []fake.Request
	Pay(id string) error
	Fail(id string) error
	Close()
}

// simulators start each fake, with the environment that a merchant would set.
var simulators = map[string]func() (simulator, map[string]string){
	"lygos": func() (simulator, map[string]string) {
		s := lygostest.NewServer()
		return s, map[string]string{"LYGOS_API_KEY": s.Config().APIKey}
	},
	"lomi": func() (simulator, map[string]string) {
		s := lomitest.NewServer()
		return s, map[string]string{"LOMI_API_KEY": s.Config().APIKey}
	},
	"ligdicash": func() (simulator, map[string]string) {
		s := ligdicashtest.NewServer()
		return s, map[string]string{"LIGDICASH_API_KEY": s.Config().APIKey, "LIGDICASH_API_TOKEN": s.Config().AuthToken}
	},
	"caurisflux": func() (simulator, map[string]string) {
		s := caurisfluxtest.NewServer()
		return s, map[string]string{"CAURISFLUX_PUBLIC_KEY": s.Config().PublicKey, "CAURISFLUX_SECRET_KEY": s.Config().SecretKey}
	},
}

func noEnv(string) string { return "" }

// customer is a stdout that acts on the page it is shown.
type customer struct {
	bytes.Buffer
	act func(id string)
}

func (c *customer) Write(p []byte) (int, error) {
	if _, page, ok := strings.Cut(string(p), "open this page and pay: "); ok {
		page = strings.TrimSpace(page)
		c.act(strings.TrimPrefix(page[strings.LastIndex(page, "/")+1:], "~"))
	}
	return c.Buffer.Write(p)
}

func TestLive(t *testing.T) {
	for name, start := range simulators {
		t.Run(name, func(t *testing.T) {
			sim, env := start()
			defer sim.Close()
			live := func(ctx context.Context, order string, act func(id string)) (code int, out, errs string) {
				stdout, stderr := &customer{act: act}, new(bytes.Buffer)
				code = run(ctx, []string{"-provider", name, "-amount", "2500", "-order", order}, func(k string) string { return env[k] }, stdout, stderr, sim.Options()...)
				for _, secret := range env {
					assert.NotContains(t, stdout.String()+stderr.String(), secret)
				}
				return code, stdout.String(), stderr.String()
			}
			byID := func(order string, act func(string) error) func(string) {
				return func(id string) {
					if name == "lygos" {
						id = order // its payments are asked for by order
					}
					require.NoError(t, act(id))
				}
			}

			code, out, errs := live(t.Context(), "LIVE-1", byID("LIVE-1", sim.Pay))
			assert.Equal(t, exitOK, code, errs)
			assert.Contains(t, out, "paid: deliver order LIVE-1")
			assert.Contains(t, out, "waiting ")

			code, _, errs = live(t.Context(), "LIVE-2", byID("LIVE-2", sim.Fail))
			assert.Equal(t, exitError, code)
			assert.Contains(t, errs, "do not deliver")

			ctx, interrupt := context.WithCancel(t.Context())
			code, _, errs = live(ctx, "LIVE-3", func(string) { interrupt() })
			assert.Equal(t, exitError, code)
			assert.Contains(t, errs, "stopped waiting")
		})
	}
}

func TestMistakesAreSaidAndNothingIsSent(t *testing.T) {
	for name, start := range simulators {
		sim, env := start()
		for _, c := range []struct {
			name string
			args []string
			env  map[string]string
			want string
		}{
			{"no key", nil, map[string]string{}, "is not set in the environment"},
			{"bad amount", []string{"-amount", "5 000"}, env, "-amount"},
			{"fraction of a franc", []string{"-amount", "12.50"}, env, "-amount"},
			{"zero", []string{"-amount", "0"}, env, "Amount"},
			{"bad currency", []string{"-currency", "FCFA"}, env, "-currency"},
			{"bad phone", []string{"-phone", "70 00 00 00"}, env, "MobileMoney"},
			{"bad order", []string{"-order", "a\nb"}, env, "Reference"},
			{"operator without phone", []string{"-operator", "wave"}, env, "-phone"},
			{"bad flag", []string{"-nonsense"}, env, "nonsense"},
			{"stray argument", []string{"500"}, env, "not understood"},
		} {
			t.Run(name+": "+c.name, func(t *testing.T) {
				var out, errs bytes.Buffer
				code := run(t.Context(), append([]string{"-provider", name}, c.args...), func(k string) string { return c.env[k] }, &out, &errs, sim.Options()...)
				assert.Equal(t, exitUsage, code)
				assert.Contains(t, errs.String(), c.want)
				assert.Empty(t, sim.Requests())
				for _, secret := range c.env {
					assert.NotContains(t, out.String()+errs.String(), secret)
				}
			})
		}
		sim.Close()
	}
	var out, errs bytes.Buffer
	assert.Equal(t, exitUsage, run(t.Context(), []string{"-provider", "wave"}, noEnv, &out, &errs))
	assert.Contains(t, errs.String(), "lygos, lomi, ligdicash or caurisflux")
	assert.Equal(t, exitUsage, run(t.Context(), []string{"-amount", "500"}, noEnv, &out, &errs))
}

// A status that names another order is somebody else's payment, also from a
// provider that does not promise to name one: the customer who has not paid would
// get the goods for the money of the one who has.
func TestAnotherOrderIsNotConfirmed(t *testing.T) {
	provider := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, `{"success":true,"data":{"status":"success","amount":5000,"currency":"XOF","externalReference":"CMD-2"}}`)
	}))
	defer provider.Close()
	client, err := caurisflux.New(caurisflux.Config{PublicKey: "pk_test_abc", SecretKey: "sk_test_def"}, guichet.WithBaseURL(provider.URL))
	require.NoError(t, err)
	defer client.CloseIdleConnections()
	payment, err := client.GetStatus(t.Context(), "TX1")
	require.NoError(t, err)
	price := guichet.NewMoney(5000, guichet.XOF)
	assert.ErrorIs(t, payment.Confirms(expected(client, guichet.PaymentRequest{Reference: "CMD-1", Amount: price}, payment)), guichet.ErrMismatch)
	assert.NoError(t, payment.Confirms(expected(client, guichet.PaymentRequest{Reference: "CMD-2", Amount: price}, payment)))
}
