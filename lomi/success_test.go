package lomi_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/lomi"
	"github.com/guichetpay/guichet/lomi/lomitest"
)

// refusals are the ways in which an object of a 2xx says that it was no success.
var refusals = []string{
	`"success":false`, `"success":"false"`, `"success":0`, `"success":"0"`, `"success":""`, `"success":"no"`, `"success":2`, `"success":{}`, `"success":[]`,
	`"error":{"code":"x","message":"m"}`, `"error":"m"`, `"error":true`, `"error":1`, `"error":"true"`, `"error":{}`, `"error":[]`, `"payment_required":"true"`, `"payment_required":1`,
}

// refusedForms are a refusal in an answer about object, at every layer.
func refusedForms(object, refusal string) map[string]string {
	inner := `{` + refusal + `,` + strings.TrimPrefix(object, `{`)
	return map[string]string{
		"bare":                inner,
		"in data":             `{"data":` + inner + `}`,
		"beside data":         `{` + refusal + `,"data":` + object + `}`,
		"beside data, inside": `{"success":true,"data":{` + refusal + `,"data":` + object + `}}`,
		"in an array":         `[` + inner + `]`,
		"in an array in data": `{"success":true,"data":[` + inner + `]}`,
	}
}

func TestNoSuccessIsNoAnswer(t *testing.T) {
	const (
		session = `{"checkout_session_id":"cs_1","checkout_url":"https://checkout.lomi.africa/cs_1","status":"completed","amount":1,"currency_code":"XOF","is_active":true}`
		link    = `{"link_id":"plink_123","url":"https://pay.lomi.africa/A","is_active":true,"amount":1,"currency_code":"XOF"}`
	)
	portableStatus := func(id string) run {
		return func(ctx context.Context, c *lomi.Client) error { return discard(c.GetStatus(ctx, id)) }
	}
	list := func(ctx context.Context, c *lomi.Client) error { return discard(c.List(ctx, guichet.ListParams{})) }
	calls := []struct {
		name   string
		cfg    lomi.Config
		call   run
		object string
	}{
		{"CreatePayment, session", config(), portable(francs(1)), session},
		{"GetStatus, session", config(), portableStatus("cs_1"), session},
		{"List, sessions", config(), list, session},
		{"CreatePayment, link", viaLink(), portable(francs(1)), link},
		{"GetStatus, link", viaLink(), portableStatus(linkID), link},
		{"List, links", viaLink(), list, link},
		{"GetPaymentLink", config(), func(ctx context.Context, c *lomi.Client) error { return discard(c.GetPaymentLink(ctx, linkID)) }, link},
		{"UpdatePaymentLink", config(), func(ctx context.Context, c *lomi.Client) error {
			return discard(c.UpdatePaymentLink(ctx, linkID, lomi.PaymentLinkUpdate{Title: ptr("T")}))
		}, link},
		{"ArchivePaymentLink", config(), func(ctx context.Context, c *lomi.Client) error { return c.ArchivePaymentLink(ctx, linkID) }, link},
		{"GetCheckoutSession", config(), func(ctx context.Context, c *lomi.Client) error { return discard(c.GetCheckoutSession(ctx, "cs_1")) }, session},
	}
	for _, ds := range [][]deed{keyed, once, looks} {
		for _, d := range ds {
			if strings.HasPrefix(d.answer, "[") || d.answer == anyList || d.answer == `{}` || d.name == "TestWebhookEndpoint" || d.name == "GetWebhookDelivery" {
				continue // lists are below; the others report of a delivery
			}
			call := func(ctx context.Context, c *lomi.Client) error { _, err := d.call(ctx, c, ""); return err }
			calls = append(calls, struct {
				name   string
				cfg    lomi.Config
				call   run
				object string
			}{d.name, config(), call, strings.Replace(d.answer, `"success":true,`, "", 1)})
		}
	}
	for _, call := range calls {
		for _, refusal := range refusals {
			for form, body := range refusedForms(call.object, refusal) {
				client, _ := newMock(t, call.cfg, httpmock.NewStringResponder(200, body))
				assert.ErrorIs(t, call.call(t.Context(), client), guichet.ErrBadResponse, "%s, %s: %s", call.name, form, body)
			}
		}
	}
}

func TestNoSuccessIsNoList(t *testing.T) {
	for _, d := range looks {
		if d.answer != anyList && d.answer != `[]` {
			continue
		}
		for _, refusal := range refusals {
			for _, body := range []string{`{` + refusal + `,"data":[]}`, `{"data":{` + refusal + `,"data":[]}}`, `{` + refusal + `,"data":{"data":[]}}`} {
				client, _ := answering(t, 200, body)
				_, err := d.call(t.Context(), client, "")
				assert.ErrorIs(t, err, guichet.ErrBadResponse, "%s: %s", d.name, body)
			}
		}
	}
}

// A 2xx that says nothing against it is a success.
func TestSuccessIsAnAnswer(t *testing.T) {
	for _, beside := range []string{`"success":true`, `"success":null`, `"success":1`, `"success":"true"`, `"success":"TRUE"`, `"success":"1"`,
		`"error":null`, `"error":false`, `"error":""`, `"error":"false"`, `"error":0`,
		`"payment_required":false`, `"payment_required":null`, `"payment_required":""`, `"payment_required":0`} {
		client, _ := answering(t, 200, `{`+beside+`,"data":{`+beside+`,"checkout_session_id":"cs_1","status":"completed"}}`)
		payment, err := client.GetStatus(t.Context(), "cs_1")
		require.NoError(t, err, beside)
		assert.Equal(t, guichet.StatusSucceeded, payment.Status)
	}
}

func TestPaymentRequiredIsReadFirst(t *testing.T) {
	const invoice = `"payment_required":true,"reason":"invoice_payment_required","blocking_invoice":{"invoice_id":"inv_1"}`
	const session = `"checkout_session_id":"cs_1","checkout_url":"https://checkout.lomi.africa/cs_1","status":"completed"`
	for _, body := range []string{
		`{` + invoice + `,` + session + `}`,
		`{` + invoice + `,"data":{` + session + `}}`,
		`{"success":true,"data":{` + invoice + `,` + session + `}}`,
		`{"success":false,` + invoice + `,"data":null}`,
		`{"success":false,"data":{` + invoice + `}}`,
		`{"error":"owes",` + invoice + `,` + session + `}`,
	} {
		client, _ := answering(t, 201, body)
		for name, call := range map[string]run{
			"create": portable(francs(1)),
			"get":    func(ctx context.Context, c *lomi.Client) error { return discard(c.GetStatus(ctx, "cs_1")) },
		} {
			err := call(t.Context(), client)
			require.ErrorIs(t, err, guichet.ErrDeclined, "%s: %s", name, body)
			assert.Equal(t, "invoice_payment_required", errorOf(t, err).ProviderCode)
			assert.Equal(t, &lomi.BlockingInvoice{ID: "inv_1"}, lomi.ErrorInvoice(err))
		}
	}
}

// An answer that refuses to list the sessions proves nothing about a link.
func TestNoFinalWordFromARefusedWalk(t *testing.T) {
	for _, page := range []string{
		`{"success":false,"data":[]}`, `{"success":"false","data":[]}`, `{"data":[],"error":{"code":"x"}}`, `{"success":true,"data":{"success":false,"data":[]}}`,
		`{"data":[{}],"has_more":false}`, `[{}]`, `{"data":[{"status":"completed","payment_link_id":"plink_123"}],"has_more":false}`,
		`{"data":[{"success":false,"checkout_session_id":"cs_1"}],"has_more":false}`,
	} {
		for _, link := range []string{`{"link_id":"plink_123","is_active":false}`, `{"link_id":"plink_123","is_active":true,"expires_at":"2020-01-01T00:00:00Z"}`, `{"link_id":"plink_123","is_active":true}`} {
			client, _ := newMock(t, viaLink(), func(r *http.Request) (*http.Response, error) {
				if strings.HasPrefix(r.URL.Path, "/payment-links/") {
					return httpmock.NewStringResponse(200, link), nil
				}
				return httpmock.NewStringResponse(200, page), nil
			})
			payment, err := client.GetStatus(t.Context(), linkID)
			assert.Nil(t, payment, page)
			assert.ErrorIs(t, err, guichet.ErrBadResponse, page)
		}
	}
}

// TestNoSuccessOfTheEscapeHatch: subscriptions have no typed method, and one that
// was not cancelled goes on taking money.
func TestNoSuccessOfTheEscapeHatch(t *testing.T) {
	const path = "/subscriptions/s1/cancel"
	for _, body := range []string{
		`{"success":false,"message":"M"}`, `{"success":true,"data":{"success":false}}`, `[{"success":false}]`, `{"error":{"code":"x"},"subscription_id":"s1"}`,
	} {
		for _, dst := range []any{nil, new(any)} {
			client, lomiMock := answering(t, 200, body)
			err := client.Do(t.Context(), http.MethodPost, path, nil, dst)
			require.ErrorIs(t, err, guichet.ErrBadResponse, body)
			require.ErrorIs(t, err, guichet.ErrUnknownOutcome, body)
			lomiMock.One(t)
		}
	}
	client, _ := answering(t, 201, lomitest.PaymentRequired.Body)
	err := client.Do(t.Context(), http.MethodPost, "/subscriptions/s1/change-plan", map[string]string{"price_id": "p"}, nil)
	require.ErrorIs(t, err, guichet.ErrDeclined)
	require.NotNil(t, lomi.ErrorInvoice(err))

	for _, body := range []string{``, `{}`, `[]`, `{"success":true}`, `{"subscription_id":"s1","error":null}`} {
		client, _ := answering(t, 200, body)
		require.NoError(t, client.Do(t.Context(), http.MethodPost, path, nil, nil), body)
	}
	client, _ = answering(t, 200, `{"log_id":"d1","success":false,"error":"timeout"}`)
	require.NoError(t, client.Do(t.Context(), http.MethodGet, "/webhook-delivery-logs/d1", nil, new(any)), "a log of what failed")
}
