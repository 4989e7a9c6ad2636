package benchmark

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/caurisflux"
	"github.com/guichetpay/guichet/ligdicash"
	"github.com/guichetpay/guichet/lomi"
	"github.com/guichetpay/guichet/lygos"
)

// The answers that the cells are measured with are the documented ones of testdata.
const (
	sessionID = "9f1b3572-19ea-4d1c-8b3e-5a7c00d19e01"
	rows      = 100
)

// token is as long as LigdiCash's are.
var token = "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9." + strings.Repeat("eyJpZF9pbnZvaWNl", 12) + ".x"

func fixture(t testing.TB, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "..", "testdata", filepath.FromSlash(name)))
	require.NoError(t, err)
	return strings.ReplaceAll(strings.TrimSpace(string(data)), "eyJ0eXAiOiJKV1Qi...", token)
}

// list repeats one item, with an id of its own each time.
func list(item, id string) string {
	items := make([]string, rows)
	for i := range items {
		items[i] = strings.ReplaceAll(item, id, fmt.Sprintf("%s%02d", id[:len(id)-2], i))
	}
	return "[" + strings.Join(items, ",") + "]"
}

// provider is one client, and the client by hand beside it.
type provider struct {
	name string
	new  func(t testing.TB, opts ...guichet.Option) guichet.Provider
	hand hand

	id                            string
	created, got, refused, listed string // answers; listed "" where there is no list
	refusedStatus                 int
	create                        func(h *hand) func(context.Context, guichet.PaymentRequest) (*guichet.Payment, error)
	get                           func(h *hand) func(context.Context, string) (*guichet.Payment, error)
	list                          func(h *hand) func(context.Context) (*guichet.Page, error)
	listLimit                     int
}

func opened[C guichet.Provider](t testing.TB, c C, err error) guichet.Provider {
	t.Helper()
	require.NoError(t, err)
	if closer, ok := any(c).(interface{ CloseIdleConnections() }); ok {
		t.Cleanup(closer.CloseIdleConnections)
	}
	return c
}

func providers(t testing.TB) []provider {
	gateway := fixture(t, "lygos/gateway.json")
	session := fixture(t, "lomi/session.json")
	created := strings.ReplaceAll(strings.ReplaceAll(session, "15000", "5000"), "INV-001", "CMD-2024-001")
	row := `{"transactionId":"TX000007272","status":"success","amount":5000,"currency":"XOF","redirectUrl":null,"createdAt":"2024-01-15T10:30:00Z"}`
	return []provider{{
		name: "Lygos", id: "CMD-2024-001", refusedStatus: 404, listLimit: 0,
		new: func(t testing.TB, opts ...guichet.Option) guichet.Provider {
			c, err := lygos.New(lygos.Config{APIKey: "lygos-key", ShopName: "Mon Magasin", WebhookSecret: secret}, opts...)
			return opened(t, c, err)
		},
		hand:    hand{base: lygos.BaseURL, header: [][2]string{{"Api-Key", "lygos-key"}}},
		created: strings.ReplaceAll(gateway, "XAF", "XOF"), got: fixture(t, "lygos/payin.json"), refused: fixture(t, "lygos/error_api_key_not_found.json"),
		listed: list(gateway, "3c90c3cc-0d44-4b50-8888-8dd25736052a"),
		create: func(h *hand) func(context.Context, guichet.PaymentRequest) (*guichet.Payment, error) {
			return h.lygosCreate
		},
		get:  func(h *hand) func(context.Context, string) (*guichet.Payment, error) { return h.lygosGet },
		list: func(h *hand) func(context.Context) (*guichet.Page, error) { return h.lygosList },
	}, {
		name: "lomi. session", id: sessionID, refusedStatus: 404, listLimit: rows,
		new: func(t testing.TB, opts ...guichet.Option) guichet.Provider {
			c, err := lomi.New(lomi.Config{APIKey: "lomi_sk_test_abc", WebhookSecret: secret}, opts...)
			return opened(t, c, err)
		},
		hand:    hand{base: "https://sandbox.api.lomi.africa", header: [][2]string{{"X-Api-Key", "lomi_sk_test_abc"}}},
		created: created, got: session, refused: fixture(t, "lomi/error_not_found.json"),
		listed: `{"object":"list","data":` + list(session, sessionID) + `,"has_more":true,"next_cursor":"c1"}`,
		create: func(h *hand) func(context.Context, guichet.PaymentRequest) (*guichet.Payment, error) {
			return h.lomiCreate
		},
		get:  func(h *hand) func(context.Context, string) (*guichet.Payment, error) { return h.lomiGet },
		list: func(h *hand) func(context.Context) (*guichet.Page, error) { return h.lomiList },
	}, {
		name: "LigdiCash", id: token, refusedStatus: 200,
		new: func(t testing.TB, opts ...guichet.Option) guichet.Provider {
			c, err := ligdicash.New(ligdicash.Config{APIKey: "LIGDICASHTESTKEY0001", AuthToken: "ligdicash.test.token-0001", StoreName: "MonApp", StoreURL: "https://monapp.com"}, opts...)
			return opened(t, c, err)
		},
		hand:    hand{base: "https://app.ligdicash.com", header: [][2]string{{"Apikey", "LIGDICASHTESTKEY0001"}, {"Authorization", "Bearer ligdicash.test.token-0001"}}},
		created: fixture(t, "ligdicash/hosted_created.json"), got: fixture(t, "ligdicash/payin.json"), refused: fixture(t, "ligdicash/error_not_found.json"),
		create: func(h *hand) func(context.Context, guichet.PaymentRequest) (*guichet.Payment, error) {
			return h.ligdicashCreate
		},
		get: func(h *hand) func(context.Context, string) (*guichet.Payment, error) { return h.ligdicashGet },
	}, {
		name: "CaurisFlux", id: "TX000007272", refusedStatus: 400, listLimit: rows,
		new: func(t testing.TB, opts ...guichet.Option) guichet.Provider {
			c, err := caurisflux.New(caurisflux.Config{PublicKey: "pk_test_abc", SecretKey: "sk_test_def", WebhookSecret: secret}, opts...)
			return opened(t, c, err)
		},
		hand:    hand{base: "https://sandbox-api.caurisflux.com/api/v1", header: [][2]string{{"X-Api-Key", "pk_test_abc:sk_test_def"}}},
		created: fixture(t, "caurisflux/payment.json"), got: fixture(t, "caurisflux/payment.json"), refused: fixture(t, "caurisflux/error_amount.json"),
		listed: `{"data":` + list(row, "TX000007272") + `,"meta":{"total":150,"page":1,"limit":100,"totalPages":2}}`,
		create: func(h *hand) func(context.Context, guichet.PaymentRequest) (*guichet.Payment, error) {
			return h.caurisfluxCreate
		},
		get:  func(h *hand) func(context.Context, string) (*guichet.Payment, error) { return h.caurisfluxGet },
		list: func(h *hand) func(context.Context) (*guichet.Page, error) { return h.caurisfluxList },
	}}
}

var request = guichet.PaymentRequest{
	Reference: "CMD-2024-001", Amount: guichet.NewMoney(5000, guichet.XOF), Description: "Commande 1", SuccessURL: "https://shop.example/ok",
}

// requestTo is request with what a provider wants besides.
func requestTo(name string) guichet.PaymentRequest {
	req := request
	if name == "LigdiCash" || name == "CaurisFlux" {
		req.CallbackURL = "https://shop.example/callback"
	}
	if name == "LigdiCash" {
		req.CancelURL = "https://shop.example/no"
	}
	return req
}

// cell is one operation of one provider, done by the client and by hand.
type cell struct {
	provider, op string
	ours, hand   func() error
}

func (p provider) cells(t testing.TB) (cells []cell) {
	ctx := context.Background()
	client := func(status int, body string) (guichet.Provider, *hand) {
		byHand := p.hand
		byHand.http = answering(status, body)
		return p.new(t, guichet.WithHTTPClient(answering(status, body)), guichet.WithMaxRetries(0)), &byHand
	}
	req := requestTo(p.name)

	creating, creatingHand := client(200, p.created)
	create := p.create(creatingHand)
	cells = append(cells, cell{p.name, "create",
		func() error { _, err := creating.CreatePayment(ctx, req); return err },
		func() error { _, err := create(ctx, req); return err },
	})
	getting, gettingHand := client(200, p.got)
	get := p.get(gettingHand)
	cells = append(cells, cell{p.name, "get",
		func() error { _, err := getting.GetStatus(ctx, p.id); return err },
		func() error { _, err := get(ctx, p.id); return err },
	})
	refused, refusedHand := client(p.refusedStatus, p.refused)
	refuse := p.get(refusedHand)
	cells = append(cells, cell{p.name, "error",
		func() error { _, err := refused.GetStatus(ctx, p.id); return wantRefusal(err) },
		func() error { _, err := refuse(ctx, p.id); return wantRefusal(err) },
	})
	if p.listed == "" {
		return cells
	}
	listing, listingHand := client(200, p.listed)
	listed := p.list(listingHand)
	count := func(page *guichet.Page, err error) error {
		if err == nil && len(page.Payments) != rows {
			err = fmt.Errorf("%d payments", len(page.Payments))
		}
		return err
	}
	return append(cells, cell{p.name, "list",
		func() error { return count(listing.List(ctx, guichet.ListParams{Limit: p.listLimit})) },
		func() error { return count(listed(ctx)) },
	})
}

var errAccepted = errors.New("no refusal")

// wantRefusal is nil for a refusal. Which one it is, is another test's matter.
func wantRefusal(err error) error {
	if err == nil {
		return errAccepted
	}
	return nil
}

func allCells(t testing.TB) (cells []cell) {
	for _, p := range providers(t) {
		cells = append(cells, p.cells(t)...)
	}
	for _, c := range cells {
		require.NoError(t, c.ours(), "%s %s", c.provider, c.op)
		require.NoError(t, c.hand(), "%s %s by hand", c.provider, c.op)
	}
	return cells
}

// budget is how many allocations a call may make above the same by hand.
var budget = map[string]float64{"get": 10, "create": 14, "error": 16, "list": 0}

// above is what is known to go beyond, and why.
var above = map[string]float64{
	"LigdiCash/create": 2, // custom_data is a map, and the token is kept out of errors
	"LigdiCash/error":  1, // the code is found in a text
}

func TestAllocations(t *testing.T) {
	for _, c := range allCells(t) {
		t.Run(c.provider+"/"+c.op, func(t *testing.T) {
			calls := 200
			if !counted {
				return
			}
			ours, byHand := testing.AllocsPerRun(calls, func() { _ = c.ours() }), testing.AllocsPerRun(calls, func() { _ = c.hand() })
			if most := budget[c.op] + above[c.provider+"/"+c.op]; ours > byHand+most {
				t.Errorf("%.0f allocations, %.0f by hand: more than %.0f above", ours, byHand, most)
			}
		})
	}
}

// A client that cannot be told from the one before in what it does is no measure.
func TestTheClientsByHandReadTheSame(t *testing.T) {
	ctx := context.Background()
	for _, p := range providers(t) {
		byHand := p.hand
		byHand.http = answering(200, p.got)
		want, err := p.get(&byHand)(ctx, p.id)
		require.NoError(t, err, p.name)
		got, err := p.new(t, guichet.WithHTTPClient(answering(200, p.got))).GetStatus(ctx, p.id)
		require.NoError(t, err, p.name)
		require.Equal(t, want.Status, got.Status, p.name)
		require.Equal(t, want.ID, got.ID, p.name)
		require.Equal(t, want.Reference, got.Reference, p.name)
		require.Equal(t, want.Amount, got.Amount, p.name)
		require.JSONEq(t, p.got, string(want.Raw), p.name)

		byHand.http = answering(200, p.created)
		req := requestTo(p.name)
		want, err = p.create(&byHand)(ctx, req)
		require.NoError(t, err, p.name)
		got, err = p.new(t, guichet.WithHTTPClient(answering(200, p.created))).CreatePayment(ctx, req)
		require.NoError(t, err, p.name)
		require.Equal(t, want.ID, got.ID, p.name)
		require.Equal(t, want.CheckoutURL, got.CheckoutURL, p.name)
		require.Equal(t, want.Amount, got.Amount, p.name)

		if p.listed != "" {
			byHand.http = answering(200, p.listed)
			want, err := p.list(&byHand)(ctx)
			require.NoError(t, err, p.name)
			got, err := p.new(t, guichet.WithHTTPClient(answering(200, p.listed))).List(ctx, guichet.ListParams{Limit: p.listLimit})
			require.NoError(t, err, p.name)
			for i, payment := range got.Payments {
				require.Equal(t, want.Payments[i].Reference, payment.Reference, p.name)
				require.Equal(t, want.Payments[i].Amount, payment.Amount, p.name)
				require.JSONEq(t, string(want.Payments[i].Raw), string(payment.Raw), p.name)
			}
		}

		byHand.http = answering(p.refusedStatus, p.refused)
		_, err = p.get(&byHand)(ctx, p.id)
		var own *handError
		require.ErrorAs(t, err, &own, p.name)
		_, err = p.new(t, guichet.WithHTTPClient(answering(p.refusedStatus, p.refused))).GetStatus(ctx, p.id)
		require.ErrorIs(t, err, own.Kind, p.name)
		if p.refusedStatus != http.StatusOK {
			require.ErrorContains(t, err, own.Message, p.name)
		}
	}
}
