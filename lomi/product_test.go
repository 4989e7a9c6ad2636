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

func createProduct(change func(*lomi.ProductRequest)) run {
	req := product
	req.Prices = []lomi.PriceRequest{price}
	change(&req)
	return func(ctx context.Context, c *lomi.Client) error { return discard(c.CreateProduct(ctx, req)) }
}

func updateProduct(update lomi.ProductUpdate) run {
	return func(ctx context.Context, c *lomi.Client) error {
		return discard(c.UpdateProduct(ctx, "prod_1", update))
	}
}

func addPrice(change func(*lomi.PriceRequest)) run {
	req := price
	change(&req)
	return func(ctx context.Context, c *lomi.Client) error { return discard(c.AddPrice(ctx, "prod_1", req)) }
}

func TestProductRequests(t *testing.T) {
	everything := func(r *lomi.PriceRequest) {
		r.BillingInterval, r.PricingModel, r.MinimumAmount, r.MaximumAmount = "month", "pay_what_you_want", 100, 900
		r.IsDefault, r.Metadata = ptr(false), map[string]any{"a": 1}
	}
	const priceBody = `{"amount":500,"currency_code":"XOF","billing_interval":"month","pricing_model":"pay_what_you_want","minimum_amount":100,"maximum_amount":900,` +
		`"is_default":false,"metadata":{"a":1}}`
	onTheWire(t, []wire{
		{"create", createProduct(func(*lomi.ProductRequest) {}), productAnswer, "POST", "/products",
			`{"name":"Pro","product_type":"one_time","prices":[{"amount":500,"currency_code":"XOF"}]}`, ""},
		{"create with everything", createProduct(func(r *lomi.ProductRequest) {
			everything(&r.Prices[0])
			r.Prices = append(r.Prices, lomi.PriceRequest{Amount: 199, CurrencyCode: guichet.EUR})
			r.Description, r.Images = "D", []string{"https://shop.example/1.png"}
		}), productAnswer, "POST", "/products", `{"name":"Pro","product_type":"one_time","prices":[` + priceBody + `,{"amount":199,"currency_code":"EUR"}],` +
			`"description":"D","images":["https://shop.example/1.png"]}`, ""},
		{"get", do(func(ctx context.Context, c *lomi.Client) (any, error) { return c.GetProduct(ctx, "prod_1") }), productAnswer, "GET", "/products/prod_1", "", ""},
		{"list", do(func(ctx context.Context, c *lomi.Client) (any, error) {
			return c.ListProducts(ctx, lomi.ProductFilter{IsActive: ptr(false), Limit: 5, Cursor: "c2"})
		}), anyList, "GET", "/products?cursor=c2&isActive=false&limit=5", "", ""},
		{"list of all", do(func(ctx context.Context, c *lomi.Client) (any, error) {
			return c.ListProducts(ctx, lomi.ProductFilter{})
		}), anyList, "GET", "/products", "", ""},
		{"update", updateProduct(lomi.ProductUpdate{Name: ptr("P"), Description: ptr(""), Images: []string{}}), productAnswer, "PATCH", "/products/prod_1",
			`{"name":"P","description":"","images":[]}`, ""},
		{"update of one", updateProduct(lomi.ProductUpdate{Description: ptr("D")}), productAnswer, "PATCH", "/products/prod_1", `{"description":"D"}`, ""},
		{"delete", do(func(ctx context.Context, c *lomi.Client) (any, error) { return nil, c.DeleteProduct(ctx, "prod_1") }), "", "DELETE", "/products/prod_1", "", ""},
		{"add a price", addPrice(everything), productAnswer, "POST", "/products/prod_1/prices", priceBody, ""},
		{"set the default price", do(func(ctx context.Context, c *lomi.Client) (any, error) {
			return c.SetDefaultPrice(ctx, "prod_1", "price_1")
		}), productAnswer,
			"POST", "/products/prod_1/prices/price_1/default", "", ""},
	})
	refused(t, []faulty{
		{"no name", createProduct(func(r *lomi.ProductRequest) { r.Name = "" }), "Name"},
		{"no type", createProduct(func(r *lomi.ProductRequest) { r.Type = "" }), "Type"},
		{"no price", createProduct(func(r *lomi.ProductRequest) { r.Prices = nil }), "Prices"},
		{"a second price of nothing", createProduct(func(r *lomi.ProductRequest) {
			r.Prices = append(r.Prices, lomi.PriceRequest{CurrencyCode: guichet.XOF})
		}), "Prices[1].Amount"},
		{"a price in no currency", createProduct(func(r *lomi.ProductRequest) { r.Prices[0].CurrencyCode = "" }), "Prices[0].CurrencyCode"},
		{"an image", createProduct(func(r *lomi.ProductRequest) { r.Images = []string{"https://shop.example/1.png", "x"} }), "Images[1]"},
		{"text that is none", createProduct(func(r *lomi.ProductRequest) { r.Description = "\xff" }), "Description"},
		{"price of nothing", addPrice(func(r *lomi.PriceRequest) { r.Amount = 0 }), "Amount"},
		{"price of less than nothing", addPrice(func(r *lomi.PriceRequest) { r.Amount = -1 }), "Amount"},
		{"price in cedis", addPrice(func(r *lomi.PriceRequest) { r.CurrencyCode = guichet.GHS }), "CurrencyCode"},
		{"minimum", addPrice(func(r *lomi.PriceRequest) { r.MinimumAmount = -1 }), "MinimumAmount"},
		{"maximum", addPrice(func(r *lomi.PriceRequest) { r.MaximumAmount = -1 }), "MaximumAmount"},
		{"maximum below minimum", addPrice(func(r *lomi.PriceRequest) { r.MinimumAmount, r.MaximumAmount = 2, 1 }), "MaximumAmount"},
		{"price that is no JSON", addPrice(func(r *lomi.PriceRequest) { r.Metadata = map[string]any{"f": func() {}} }), "the request"},
		{"update of nothing", updateProduct(lomi.ProductUpdate{}), "the update"},
		{"update to no name", updateProduct(lomi.ProductUpdate{Name: ptr("")}), "Name"},
		{"update of the images", updateProduct(lomi.ProductUpdate{Images: []string{""}}), "Images[0]"},
	})
}

func TestProductAnswers(t *testing.T) {
	const body = `{"product_id":"prod_1","name":"Pro","description":null,"product_type":"recurring","images":["https://shop.example/1.png"],"prices":[{"price_id":"price_1",` +
		`"amount":"500","currency_code":"XOF","billing_interval":"month","pricing_model":"standard","minimum_amount":null,"maximum_amount":900,"is_active":true,"is_default":false}],` +
		`"is_active":true,"organization_id":"org_1","environment":"test","created_at":"2026-03-02T08:15:30Z","trial_period_days":7}`
	want := &lomi.Product{
		ID: "prod_1", Name: "Pro", Type: lomi.ProductRecurring, Images: json.RawMessage(`["https://shop.example/1.png"]`),
		Prices: []lomi.Price{{
			ID: "price_1", Amount: "500", CurrencyCode: "XOF", BillingInterval: "month", PricingModel: "standard", MaximumAmount: "900",
			IsActive: ptr(true), IsDefault: ptr(false),
		}},
		IsActive: ptr(true), OrganizationID: "org_1", Environment: "test",
		CreatedAt: guichet.Timestamp{Time: time.Date(2026, 3, 2, 8, 15, 30, 0, time.UTC), Text: "2026-03-02T08:15:30Z"}, Raw: json.RawMessage(body),
	}
	client, _ := answering(t, 201, body)
	created, err := client.CreateProduct(t.Context(), product)
	require.NoError(t, err)
	assert.Equal(t, want, created)
	read, err := client.GetProduct(t.Context(), "prod_1")
	require.NoError(t, err)
	assert.Equal(t, want, read)
	updated, err := client.UpdateProduct(t.Context(), "prod_1", lomi.ProductUpdate{Name: ptr("Pro")})
	require.NoError(t, err)
	assert.Equal(t, want, updated)
	added, err := client.AddPrice(t.Context(), "prod_1", price)
	require.NoError(t, err)
	assert.Equal(t, &lomi.PriceResult{Product: want, Raw: json.RawMessage(body)}, added)
	money, ok := read.Prices[0].Money()
	assert.True(t, ok)
	assert.Equal(t, guichet.NewMoney(500, guichet.XOF), money)

	t.Run("a price by itself", func(t *testing.T) {
		const body = `{"price_id":"price_1","product_id":"prod_1","amount":500,"currency_code":"XOF"}`
		client, _ := answering(t, 201, `{"data":`+body+`}`)
		got, err := client.SetDefaultPrice(t.Context(), "prod_1", "price_1")
		require.NoError(t, err)
		assert.Equal(t, &lomi.PriceResult{Price: &lomi.Price{ID: "price_1", Amount: "500", CurrencyCode: "XOF"}, Raw: json.RawMessage(body)}, got)
	})
	t.Run("another product or price than was asked for", func(t *testing.T) {
		add := func(c *lomi.Client) (bool, error) {
			got, err := c.AddPrice(t.Context(), "prod_1", price)
			return got != nil, err
		}
		choose := func(c *lomi.Client) (bool, error) {
			got, err := c.SetDefaultPrice(t.Context(), "prod_1", "price_1")
			return got != nil, err
		}
		create := func(c *lomi.Client) (bool, error) {
			req := product
			req.Prices = []lomi.PriceRequest{price}
			got, err := c.CreateProduct(t.Context(), req)
			return got != nil, err
		}
		const five, six = `{"price_id":"price_1","amount":500,"currency_code":"XOF","is_default":true}`, `{"price_id":"price_2","amount":600,"currency_code":"XOF","is_default":false}`
		for _, test := range []struct {
			call  func(*lomi.Client) (bool, error)
			body  string
			found bool
			want  error
		}{
			{add, `{"product_id":"prod_1","prices":[` + six + `,` + five + `]}`, true, nil},
			{add, `{"product_id":"prod_1","prices":[]}`, true, nil},
			{add, `{"product_id":"prod_1","prices":[` + six + `]}`, true, guichet.ErrMismatch},
			{add, `{"product_id":"prod_2","prices":[` + five + `]}`, false, guichet.ErrBadResponse},
			{add, `{"price_id":"p","amount":500.5}`, true, guichet.ErrMismatch},
			{add, `{"price_id":"p","amount":500,"currency_code":"EUR"}`, true, guichet.ErrMismatch},
			{add, `{"price_id":"p","product_id":"prod_2","amount":500}`, false, guichet.ErrBadResponse},
			// An id of the other form may be the same product's.
			{add, `{"price_id":"p","product_id":"3c90c3cc-0d44-4b50-8888-8dd25736052a","amount":500}`, true, nil},
			{choose, `{"price_id":"3c90c3cc-0d44-4b50-8888-8dd25736052a","public_id":"price_1","is_default":false}`, true, guichet.ErrMismatch},
			{choose, `{"product_id":"prod_1","prices":[` + six + `,` + five + `]}`, true, nil},
			{choose, `{"product_id":"prod_1","prices":[{"price_id":"price_1","is_default":false},{"price_id":"price_2","is_default":true}]}`, true, guichet.ErrMismatch},
			{choose, `{"product_id":"prod_2","prices":[` + five + `]}`, false, guichet.ErrBadResponse},
			{choose, six, false, guichet.ErrBadResponse},
			{choose, `{"price_id":"price_1","is_default":false}`, true, guichet.ErrMismatch},
			{create, `{"product_id":"prod_1","prices":[` + five + `]}`, true, nil},
			{create, `{"product_id":"prod_1"}`, true, nil},
			{create, `{"product_id":"prod_1","prices":[` + six + `]}`, true, guichet.ErrMismatch},
		} {
			client, lomiMock := answering(t, 201, test.body)
			found, err := test.call(client)
			assert.Equal(t, test.found, found, test.body)
			if test.want == nil {
				require.NoError(t, err, test.body)
			} else {
				require.ErrorIs(t, err, test.want, test.body)
			}
			lomiMock.One(t)
		}
	})
	t.Run("neither", func(t *testing.T) {
		client, _ := answering(t, 201, `{"message":"ok"}`)
		_, err := client.AddPrice(t.Context(), "prod_1", price)
		require.ErrorIs(t, err, guichet.ErrBadResponse)
		require.ErrorIs(t, err, guichet.ErrUnknownOutcome)
	})
	t.Run("list", func(t *testing.T) {
		client, _ := answering(t, 200, `[{"product_id":"a","prices":null},{"id":"b"}]`)
		page, err := client.ListProducts(t.Context(), lomi.ProductFilter{})
		require.NoError(t, err)
		require.Len(t, page.Items, 2)
		assert.Equal(t, "a", page.Items[0].ID)
		assert.Equal(t, "b", page.Items[1].ID)
	})
}
