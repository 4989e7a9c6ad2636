package main

import (
	"bytes"
	"context"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/guichetpay/guichet"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Every provider of the repository is in the round trip, and two runs print the same.
func TestRun(t *testing.T) {
	var first, second bytes.Buffer
	require.NoError(t, run(t.Context(), &first))
	require.NoError(t, run(t.Context(), &second))
	assert.Equal(t, first.String(), second.String())

	fakes, err := filepath.Glob("../../../*/*test")
	require.NoError(t, err)
	found := 0
	for _, path := range fakes {
		name := filepath.Base(filepath.Dir(path))
		if filepath.Base(path) != name+"test" {
			continue
		}
		found++
		assert.True(t, slices.ContainsFunc(providers, func(p provider) bool { return p.name == name }), "no round trip for %s", name)
	}
	assert.GreaterOrEqual(t, found, 4)
	assert.Equal(t, len(providers), strings.Count(first.String(), ": succeeded ("), first.String())
}

// A payment that is read otherwise than it was made ends the run with an error.
func TestRunNoticesWhatIsReadWrongly(t *testing.T) {
	right := providers[1] // lomi: its status reports all that can be compared
	for name, spoil := range map[string]func(c client) client{
		"no id": func(c client) client { return wrong{client: c, status: func(p *guichet.Payment) { p.ID = "" }} },
		"not paid": func(c client) client {
			return wrong{client: c, status: func(p *guichet.Payment) { p.Status = guichet.StatusUnknown }}
		},
		"no reference":      func(c client) client { return wrong{client: c, status: func(p *guichet.Payment) { p.Reference = "" }} },
		"another reference": func(c client) client { return wrong{client: c, status: func(p *guichet.Payment) { p.Reference = "X" }} },
		"no amount": func(c client) client {
			return wrong{client: c, status: func(p *guichet.Payment) { p.Amount = guichet.Money{} }}
		},
		"another amount":      func(c client) client { return wrong{client: c, status: func(p *guichet.Payment) { p.Amount.Minor++ }} },
		"not listed":          func(c client) client { return wrong{client: c, list: func(p *guichet.Page) { p.Payments = nil }} },
		"an event of another": func(c client) client { return wrong{client: c, event: func(e *guichet.Event) { e.Reference = "X" }} },
		"an event of nothing": func(c client) client {
			return wrong{client: c, event: func(e *guichet.Event) { e.Reference, e.PaymentID = "", "" }}
		},
		"an unverified event": func(c client) client { return wrong{client: c, event: func(e *guichet.Event) { e.Verified = false }} },
	} {
		_, err := roundTrip(t.Context(), provider{"broken", func() (fake, func(...guichet.Option) (client, error)) {
			server, connect := right.open()
			return server, func(opts ...guichet.Option) (client, error) {
				c, err := connect(opts...)
				return spoil(c), err
			}
		}})
		assert.Error(t, err, name)
	}
}

// wrong changes what a client has read.
type wrong struct {
	client
	status func(*guichet.Payment)
	list   func(*guichet.Page)
	event  func(*guichet.Event)
}

func (w wrong) GetStatus(ctx context.Context, id string) (*guichet.Payment, error) {
	p, err := w.client.GetStatus(ctx, id)
	if err == nil && w.status != nil {
		w.status(p)
	}
	return p, err
}

func (w wrong) List(ctx context.Context, params guichet.ListParams) (*guichet.Page, error) {
	page, err := w.client.List(ctx, params)
	if err == nil && w.list != nil {
		w.list(page)
	}
	return page, err
}

func (w wrong) ParseWebhook(ctx context.Context, header http.Header, body []byte) (*guichet.Event, error) {
	e, err := w.client.ParseWebhook(ctx, header, body)
	if err == nil && w.event != nil {
		w.event(e)
	}
	return e, err
}
