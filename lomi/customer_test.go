package lomi_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/lomi"
)

func createCustomer(change func(*lomi.CustomerRequest)) run {
	req := somebody
	change(&req)
	return func(ctx context.Context, c *lomi.Client) error { return discard(c.CreateCustomer(ctx, req)) }
}

func updateCustomer(update lomi.CustomerUpdate) run {
	return func(ctx context.Context, c *lomi.Client) error { return discard(c.UpdateCustomer(ctx, "c1", update)) }
}

func listCustomers(f lomi.CustomerFilter) run {
	return func(ctx context.Context, c *lomi.Client) error { return discard(c.ListCustomers(ctx, f)) }
}

func openPortal(req lomi.PortalRequest) run {
	return func(ctx context.Context, c *lomi.Client) error { return discard(c.OpenCustomerPortal(ctx, "c1", req)) }
}

func portalAudit(f lomi.PortalAuditFilter) run {
	return func(ctx context.Context, c *lomi.Client) error { return discard(c.CustomerPortalAudit(ctx, "c1", f)) }
}

func TestCustomerRequests(t *testing.T) {
	onTheWire(t, []wire{
		{"create", createCustomer(func(r *lomi.CustomerRequest) { *r = lomi.CustomerRequest{Name: "Awa Diop"} }), customerAnswer, "POST", "/customers", `{"name":"Awa Diop"}`, ""},
		{"create with everything", createCustomer(func(r *lomi.CustomerRequest) {
			r.Country, r.City, r.Address, r.PostalCode, r.IsBusiness, r.Metadata = "CI", "Abidjan", "Rue 12", "00225", ptr(false), map[string]any{"a": 1}
		}), customerAnswer, "POST", "/customers", `{"name":"Awa Diop","email":"awa@shop.example","phone_number":"+2250700111111","whatsapp_number":"+2250700222222",` +
			`"country":"CI","city":"Abidjan","address":"Rue 12","postal_code":"00225","is_business":false,"metadata":{"a":1}}`, ""},
		{"get", do(func(ctx context.Context, c *lomi.Client) (any, error) { return c.GetCustomer(ctx, "c1") }), customerAnswer, "GET", "/customers/c1", "", ""},
		{"list", listCustomers(lomi.CustomerFilter{Search: awaEmail, Type: lomi.CustomersBusiness, Status: lomi.CustomersActive, Limit: 5, Cursor: "c2"}), anyList, "GET",
			"/customers?cursor=c2&limit=5&search=awa%40shop.example&status=active&type=business", "", ""},
		{"update of the city", updateCustomer(lomi.CustomerUpdate{City: ptr("")}), customerAnswer, "PATCH", "/customers/c1", `{"city":""}`, ""},
		{"update of everything", updateCustomer(lomi.CustomerUpdate{
			Name: ptr("Awa"), Email: ptr(awaEmail), PhoneNumber: ptr(awaPhone), WhatsAppNumber: ptr(""), Country: ptr("CI"), City: ptr("A"), Address: ptr("R"),
			PostalCode: ptr("0"), IsBusiness: ptr(true), Metadata: map[string]any{},
		}), customerAnswer, "PATCH", "/customers/c1", `{"name":"Awa","email":"awa@shop.example","phone_number":"+2250700111111","whatsapp_number":"","country":"CI","city":"A",` +
			`"address":"R","postal_code":"0","is_business":true,"metadata":{}}`, ""},
		{"delete, answered with a message", do(func(ctx context.Context, c *lomi.Client) (any, error) { return nil, c.DeleteCustomer(ctx, "c1") }),
			`{"message":"deleted"}`, "DELETE", "/customers/c1", "", ""},
		{"delete, answered with nothing", do(func(ctx context.Context, c *lomi.Client) (any, error) { return nil, c.DeleteCustomer(ctx, "c1") }), "", "DELETE", "/customers/c1", "", ""},
		{"portal audit", portalAudit(lomi.PortalAuditFilter{EventType: "login", Limit: 5, Cursor: "c2"}), anyList, "GET", "/customers/c1/portal-audit?cursor=c2&eventType=login&limit=5", "", ""},
		{"portal", openPortal(lomi.PortalRequest{}), portalAnswer, "POST", "/customers/c1/portal", `{}`, ""},
		{"portal with everything", openPortal(lomi.PortalRequest{
			ReturnURL: "https://shop.example/a", FlowType: lomi.PortalSubscriptionCancel, SubscriptionID: "s", AfterCompletionURL: "https://shop.example/b",
		}), portalAnswer, "POST", "/customers/c1/portal", `{"return_url":"https://shop.example/a","flow_type":"subscription_cancel","flow_subscription_id":"s",` +
			`"flow_after_completion_url":"https://shop.example/b"}`, ""},
	})
	refused(t, []faulty{
		{"no name", createCustomer(func(r *lomi.CustomerRequest) { r.Name = "  " }), "Name"},
		{"e-mail", createCustomer(func(r *lomi.CustomerRequest) { r.Email = "a\nb" }), "Email"},
		{"phone", createCustomer(func(r *lomi.CustomerRequest) { r.PhoneNumber = "0700111111" }), "PhoneNumber"},
		{"WhatsApp", createCustomer(func(r *lomi.CustomerRequest) { r.WhatsAppNumber = "+0" }), "WhatsAppNumber"},
		{"text that is none", createCustomer(func(r *lomi.CustomerRequest) { r.City = "\xff" }), "City"},
		{"update of nothing", updateCustomer(lomi.CustomerUpdate{}), "the update"},
		{"update to no name", updateCustomer(lomi.CustomerUpdate{Name: ptr("")}), "Name"},
		{"update of the e-mail", updateCustomer(lomi.CustomerUpdate{Email: ptr(" a")}), "Email"},
		{"update of the phone", updateCustomer(lomi.CustomerUpdate{PhoneNumber: ptr("1")}), "PhoneNumber"},
		{"update of WhatsApp", updateCustomer(lomi.CustomerUpdate{WhatsAppNumber: ptr("1")}), "WhatsAppNumber"},
		{"update that is no JSON", updateCustomer(lomi.CustomerUpdate{Metadata: map[string]any{"f": func() {}}}), "the request"},
		{"search", listCustomers(lomi.CustomerFilter{Search: "a\nb"}), "Search"},
		{"type", listCustomers(lomi.CustomerFilter{Type: "a,b"}), "Type"},
		{"status", listCustomers(lomi.CustomerFilter{Status: "a,b"}), "Status"},
		{"event type", portalAudit(lomi.PortalAuditFilter{EventType: "a,b"}), "EventType"},
		{"return URL", openPortal(lomi.PortalRequest{ReturnURL: "javascript:1"}), "ReturnURL"},
		{"URL after completion", openPortal(lomi.PortalRequest{AfterCompletionURL: "x"}), "AfterCompletionURL"},
		{"portal text that is none", openPortal(lomi.PortalRequest{SubscriptionID: "\xff"}), "SubscriptionID"},
	})
}

func TestCustomerAnswers(t *testing.T) {
	t.Run("every member", func(t *testing.T) {
		const body = `{"customer_id":"c1","name":"Awa Diop","email":"awa@shop.example","phone_number":"+2250700111111","whatsapp_number":"+2250700222222","country":"CI",` +
			`"city":"Abidjan","address":"Rue 12","postal_code":"00225","is_business":false,"metadata":{"a":1},"organization_id":"org_1","environment":"test",` +
			`"created_at":"2026-03-02T08:15:30Z","updated_at":"2026-03-02T08:15:30Z"}`
		client, _ := answering(t, 201, body)
		at := guichet.Timestamp{Time: time.Date(2026, 3, 2, 8, 15, 30, 0, time.UTC), Text: "2026-03-02T08:15:30Z"}
		want := &lomi.Customer{
			ID: "c1", Name: "Awa Diop", Email: awaEmail, PhoneNumber: awaPhone, WhatsAppNumber: "+2250700222222", Country: "CI", City: "Abidjan", Address: "Rue 12",
			PostalCode: "00225", IsBusiness: ptr(false), Metadata: json.RawMessage(`{"a":1}`), OrganizationID: "org_1", Environment: "test",
			CreatedAt: at, UpdatedAt: at, Raw: json.RawMessage(body),
		}
		created, err := client.CreateCustomer(t.Context(), somebody)
		require.NoError(t, err)
		assert.Equal(t, want, created)
		read, err := client.GetCustomer(t.Context(), "c1")
		require.NoError(t, err)
		assert.Equal(t, want, read)
		updated, err := client.UpdateCustomer(t.Context(), "c1", lomi.CustomerUpdate{Name: ptr("Awa Diop")})
		require.NoError(t, err)
		assert.Equal(t, want, updated)
	})
	t.Run("update answered with a message", func(t *testing.T) {
		client, _ := answering(t, 200, `{"message":"updated"}`)
		got, err := client.UpdateCustomer(t.Context(), "c1", lomi.CustomerUpdate{Name: ptr("Awa")})
		require.NoError(t, err)
		assert.Equal(t, "c1", got.ID)
	})
	t.Run("update answered with nothing", func(t *testing.T) {
		client, lomiMock := answering(t, 204, "")
		got, err := client.UpdateCustomer(t.Context(), "c1", lomi.CustomerUpdate{Name: ptr("Awa")})
		require.NoError(t, err)
		assert.Equal(t, "c1", got.ID)
		lomiMock.One(t)
	})
	t.Run("an address that is repeated", func(t *testing.T) {
		client, _ := answering(t, 400, `{"error":{"code":"bad_request","message":"no such place: Rue 12, 00225 Abidjan"}}`)
		_, created := client.CreateCustomer(t.Context(), lomi.CustomerRequest{Name: "Awa", City: "Abidjan", Address: "Rue 12", PostalCode: "00225"})
		_, updated := client.UpdateCustomer(t.Context(), "c1", lomi.CustomerUpdate{City: ptr("Abidjan"), Address: ptr("Rue 12"), PostalCode: ptr("00225")})
		_, opened := client.CreateCheckoutSession(t.Context(), lomi.CheckoutSessionRequest{
			Amount: 100, CurrencyCode: guichet.XOF, CustomerCity: "Abidjan", CustomerAddress: "Rue 12", CustomerPostalCode: "00225",
		})
		for _, err := range []error{created, updated, opened} {
			require.ErrorIs(t, err, guichet.ErrInvalidRequest)
			for _, private := range []string{"Rue 12", "00225", "Abidjan"} {
				assert.NotContains(t, err.Error()+string(errorOf(t, err).Raw()), private)
			}
		}
	})
	t.Run("T19: the customers envelope", func(t *testing.T) {
		client, lomiMock := newMock(t, config(), text(200, `{"customers":[{"customer_id":"c"}],"pagination":{"page":1,"pageSize":50,"totalCount":100,"totalPages":2}}`),
			text(200, `{"customers":[{"customer_id":"d"}],"pagination":{"page":2,"pageSize":50,"totalCount":100,"totalPages":2}}`))
		page, err := client.ListCustomers(t.Context(), lomi.CustomerFilter{})
		require.NoError(t, err)
		require.Len(t, page.Items, 1)
		assert.Equal(t, "c", page.Items[0].ID)
		assert.Equal(t, int64(100), page.Total)
		require.NotEmpty(t, page.Next)

		page, err = client.ListCustomers(t.Context(), lomi.CustomerFilter{Cursor: page.Next})
		require.NoError(t, err)
		assert.Equal(t, "d", page.Items[0].ID)
		assert.Empty(t, page.Next)
		assert.Equal(t, "page=2&pageSize=50", lomiMock.All()[1].URL.RawQuery)
	})
	t.Run("the portal audit", func(t *testing.T) {
		client, _ := answering(t, 200, `[{"id":"e1","event_type":"login","created_at":"2026-03-02T08:15:30Z","ip":"192.0.2.1"}]`)
		page, err := client.CustomerPortalAudit(t.Context(), "c1", lomi.PortalAuditFilter{})
		require.NoError(t, err)
		require.Len(t, page.Items, 1)
		assert.Equal(t, "e1", page.Items[0].ID)
		assert.Equal(t, "login", page.Items[0].Type)
		assert.Equal(t, time.Date(2026, 3, 2, 8, 15, 30, 0, time.UTC), page.Items[0].CreatedAt.Time)
		assert.Contains(t, string(page.Items[0].Raw), "192.0.2.1")
	})
	t.Run("the portal", func(t *testing.T) {
		client, _ := answering(t, 201, portalAnswer)
		got, err := client.OpenCustomerPortal(t.Context(), "c1", lomi.PortalRequest{})
		require.NoError(t, err)
		assert.Equal(t, &lomi.PortalSession{
			LaunchURL: "https://portal.lomi.africa/x", LaunchToken: "tok_secret_launch", ExpiresInSeconds: "900", Raw: json.RawMessage(portalAnswer),
		}, got)
	})
	t.Run("a portal that nobody can be sent to", func(t *testing.T) {
		client, _ := answering(t, 201, `{"launch_url":"http://portal.lomi.africa/x","launch_token":"t"}`)
		got, err := client.OpenCustomerPortal(t.Context(), "c1", lomi.PortalRequest{})
		require.ErrorIs(t, err, guichet.ErrBadResponse)
		assert.Nil(t, got)
	})
	t.Run("delete of somebody unknown", func(t *testing.T) {
		client, _ := answering(t, 404, `{"error":{"code":"not_found","message":"no such customer"},"request_id":"r"}`)
		err := client.DeleteCustomer(t.Context(), "c1")
		require.ErrorIs(t, err, guichet.ErrNotFound)
		assert.NotErrorIs(t, err, guichet.ErrUnknownOutcome)
	})
}
