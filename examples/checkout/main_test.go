package main

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/caurisflux"
	"github.com/guichetpay/guichet/caurisflux/caurisfluxtest"
	"github.com/guichetpay/guichet/internal/fake"
	"github.com/guichetpay/guichet/ligdicash"
	"github.com/guichetpay/guichet/ligdicash/ligdicashtest"
	"github.com/guichetpay/guichet/lomi/lomitest"
	"github.com/guichetpay/guichet/lygos/lygostest"
)

func TestDemo(t *testing.T) {
	var out, errs bytes.Buffer
	require.Equal(t, exitOK, run(t.Context(), nil, noEnv, &out, &errs), errs.String())
	assert.Empty(t, errs.String())
	_, table, found := strings.Cut(out.String(), "DELIVERED\n")
	require.True(t, found)
	rows := strings.Split(table, "\n")
	for i, want := range [][]string{
		{"CMD-1", "lygos", "http://127.0.0.1:", "pays", "delivered", "5000 XOF"},
		{"CMD-2", "lomi", "http://127.0.0.1:", "pays", "delivered", "5000 XOF"},
		{"CMD-3", "ligdicash", "http://127.0.0.1:", "pays", "delivered", "5000 XOF"},
		{"CMD-4", "caurisflux", "http://127.0.0.1:", "pays", "delivered", "5000 XOF"},
		{"CMD-5", "ligdicash", "on the phone", "pays", "delivered", "5000 XOF"},
		{"CMD-6", "caurisflux", "declines", "released", " no"},
		{"CMD-6", "lygos", "pays", "delivered", "5000 XOF"},
		{"CMD-7", "caurisflux", "pays", "delivered", "5000 XAF"},
	} {
		for _, text := range want {
			assert.Contains(t, rows[i], text)
		}
	}
	assert.Contains(t, out.String(), "ligdicash refused it, so caurisflux was tried")
	assert.Contains(t, out.String(), "CMD-1 cannot be paid a second time")
}

func TestHelp(t *testing.T) {
	for _, flag := range []string{"-h", "-help", "--help"} {
		var out, errs bytes.Buffer
		assert.Equal(t, exitOK, run(t.Context(), []string{flag}, noEnv, &out, &errs))
		assert.Empty(t, errs.String())
		for _, start := range simulators {
			sim, env := start()
			sim.Close()
			for name := range env {
				assert.Contains(t, out.String(), name)
			}
		}
		assert.Contains(t, out.String(), "-operator")
	}
}

// A lost answer proves nothing: the next provider is not tried, or the customer could pay
// both.
func TestTheNextProviderOnlyAfterARefusal(t *testing.T) {
	for fault, want := range map[string][]string{"refuses": {"ligdicash", "caurisflux"}, "answer lost": {"ligdicash"}} {
		s3, s4 := ligdicashtest.NewServer(), caurisfluxtest.NewServer()
		defer s3.Close()
		defer s4.Close()
		c3, err := ligdicash.New(s3.Config(), s3.Options()...)
		require.NoError(t, err)
		c4, err := caurisflux.New(s4.Config(), s4.Options()...)
		require.NoError(t, err)
		shop, err := newShop(map[string]guichet.Provider{"ligdicash": c3, "caurisflux": c4})
		require.NoError(t, err)
		price := guichet.NewMoney(5000, guichet.XAF) // LigdiCash takes XOF only
		if fault != "refuses" {
			price.Currency = guichet.XOF
			s3.FailNext(ligdicashtest.CommitThen500)
		}
		attempt, err := shop.payWithFirst(t.Context(), hosted("A", price), "ligdicash", "caurisflux")
		assert.Equal(t, fault != "refuses", errors.Is(err, guichet.ErrUnknownOutcome), "%v", err)
		assert.Equal(t, want[len(want)-1], attempt.Provider)
		tried, err := shop.cashier.Attempts(t.Context(), "A")
		require.NoError(t, err)
		assert.Len(t, tried, len(want))
	}
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

// screen is a stdout on which the customer acts when the page is shown.
type screen struct {
	bytes.Buffer
	act func(page, reference string)
}

func (c *screen) Write(p []byte) (int, error) {
	c.Buffer.Write(p)
	if _, page, ok := strings.Cut(string(p), "open this page and pay: "); ok {
		_, reference, _ := strings.Cut(c.String(), "reference: ")
		reference, _, _ = strings.Cut(reference, "\n")
		c.act(strings.TrimSpace(page), reference)
	}
	return len(p), nil
}

func TestLive(t *testing.T) {
	for name, start := range simulators {
		t.Run(name, func(t *testing.T) {
			sim, env := start()
			defer sim.Close()
			live := func(ctx context.Context, order string, act func(page, reference string)) (code int, out, errs string) {
				stdout, stderr := &screen{act: act}, new(bytes.Buffer)
				code = run(ctx, []string{"-provider", name, "-amount", "2500", "-order", order}, func(k string) string { return env[k] }, stdout, stderr, sim.Options()...)
				for _, secret := range env {
					assert.NotContains(t, stdout.String()+stderr.String(), secret)
				}
				return code, stdout.String(), stderr.String()
			}
			byID := func(act func(string) error) func(page, reference string) {
				return func(page, reference string) {
					id := strings.TrimPrefix(page[strings.LastIndex(page, "/")+1:], "~")
					if name == "lygos" {
						id = reference // its payments are asked for by reference
					}
					require.NoError(t, act(id))
				}
			}

			code, out, errs := live(t.Context(), "LIVE-1", byID(sim.Pay))
			assert.Equal(t, exitOK, code, errs)
			assert.Contains(t, out, "paid: deliver order LIVE-1")
			assert.Contains(t, out, "waiting ")

			code, _, errs = live(t.Context(), "LIVE-2", byID(sim.Fail))
			assert.Equal(t, exitError, code)
			assert.Contains(t, errs, "do not deliver")

			ctx, interrupt := context.WithCancel(t.Context())
			code, _, errs = live(ctx, "LIVE-3", func(string, string) { interrupt() })
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
