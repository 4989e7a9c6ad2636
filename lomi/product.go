package lomi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/request"
	"github.com/guichetpay/guichet/internal/strictjson"
	"github.com/guichetpay/guichet/internal/transport"
)

// ProductType says how a product is paid. It is an open set.
type ProductType string

// The types that lomi. names.
const (
	ProductOneTime    ProductType = "one_time"
	ProductRecurring  ProductType = "recurring"
	ProductUsageBased ProductType = "usage_based"
)

// ProductRequest creates a product. Empty strings and nil are not sent.
type ProductRequest struct {
	Name        string         `json:"name"`         // required
	Type        ProductType    `json:"product_type"` // required
	Prices      []PriceRequest `json:"prices"`       // one at least
	Description string         `json:"description,omitempty"`
	Images      []string       `json:"images,omitempty"` // URLs
}

// PriceRequest is a price of a product. Empty strings, 0 and nil are not sent.
type PriceRequest struct {
	Amount          int64            `json:"amount"`        // minor units: 15000 is 15,000 XOF, 150.00 EUR; required
	CurrencyCode    guichet.Currency `json:"currency_code"` // XOF, USD or EUR; required
	BillingInterval string           `json:"billing_interval,omitempty"`
	PricingModel    string           `json:"pricing_model,omitempty"`
	MinimumAmount   int64            `json:"minimum_amount,omitzero"` // minor units
	MaximumAmount   int64            `json:"maximum_amount,omitzero"` // minor units
	IsDefault       *bool            `json:"is_default,omitzero"`
	Metadata        map[string]any   `json:"metadata,omitempty"`
}

// ProductUpdate changes a product; nil leaves a field as it is, and at least one
// must be set.
type ProductUpdate struct {
	Name        *string  `json:"name,omitzero"`
	Description *string  `json:"description,omitzero"`
	Images      []string `json:"images,omitzero"` // URLs, in place of all; empty but not nil: none
}

// Product is a product of the merchant's catalogue. Every member may be missing
// from an answer. Its members about trials, usage and fees are in Raw.
type Product struct {
	ID             string            `json:"product_id" also:"id"`
	Name           string            `json:"name"`
	Description    string            `json:"description"`
	Type           ProductType       `json:"product_type"`
	Images         json.RawMessage   `json:"images"` // verbatim
	Prices         []Price           `json:"prices"`
	IsActive       *bool             `json:"is_active"` // nil: lomi. did not say
	OrganizationID string            `json:"organization_id"`
	Environment    string            `json:"environment"` // "test" or "live"
	CreatedAt      guichet.Timestamp `json:"created_at"`
	UpdatedAt      guichet.Timestamp `json:"updated_at"`
	Raw            json.RawMessage   `json:"-"` // the product as it came, unwrapped
}

// Price is one price of a product.
type Price struct {
	ID              string           `json:"price_id"`
	Amount          guichet.Number   `json:"amount"` // minor units of CurrencyCode
	CurrencyCode    guichet.Currency `json:"currency_code"`
	BillingInterval string           `json:"billing_interval"`
	PricingModel    string           `json:"pricing_model"`
	MinimumAmount   guichet.Number   `json:"minimum_amount"` // minor units
	MaximumAmount   guichet.Number   `json:"maximum_amount"` // minor units
	IsActive        *bool            `json:"is_active"`      // nil: lomi. did not say
	IsDefault       *bool            `json:"is_default"`     // nil: lomi. did not say
}

// Money returns the price. ok is false when lomi. did not say, or when it is not
// a whole number of minor units of a known currency.
func (p *Price) Money() (amount guichet.Money, ok bool) {
	return p.Amount.Minor(p.CurrencyCode)
}

func (p *Product) finish(_ layers, raw json.RawMessage) error {
	p.Raw = raw
	return nil
}

// PriceResult is the answer to a change of a product's prices. lomi. does not
// describe it: it has the product, the price, or both.
type PriceResult struct {
	Product *Product        // nil: not in the answer
	Price   *Price          // nil: not in the answer by itself
	Raw     json.RawMessage // the answer as it came, unwrapped
}

// ProductFilter chooses the products of [Client.ListProducts].
type ProductFilter struct {
	IsActive *bool  // nil: both
	Limit    int    // 1 to 100; 0: lomi.'s default
	Cursor   string // Page.Next of the page before; empty: the first page
}

// CreateProduct creates a product with its prices (POST /products). lomi. honours no
// idempotency key here, so it is sent once: after an unknown outcome, look for it with
// [Client.ListProducts]. [guichet.ErrMismatch] beside a product means that it is sold at
// another price than was asked for.
func (c *Client) CreateProduct(ctx context.Context, req ProductRequest) (*Product, error) {
	call := &transport.Call{Op: "CreateProduct", Method: http.MethodPost, Route: "/products", Policy: transport.Write}
	problems := []request.Field{
		{Name: "Name", Problem: nameProblem(req.Name)},
		{Name: "Type", Problem: request.ID(string(req.Type))},
	}
	if len(req.Prices) == 0 {
		problems = append(problems, request.Field{Name: "Prices", Problem: "must hold one price at least"})
	}
	for i, price := range req.Prices {
		problems = append(problems, priceProblems(fmt.Sprintf("Prices[%d].", i), price)...)
	}
	if err := c.check(call.Op, append(problems, imagesProblem(req.Images))...); err != nil {
		return nil, err
	}
	if err := setBody(call, req); err != nil {
		return nil, err
	}
	return createOne(ctx, c, call, &products, func(product *Product, answer layers) error {
		for _, price := range req.Prices {
			if err := c.echoedPrice(call, answer, price, product.Prices); err != nil {
				return err
			}
		}
		return nil
	})
}

// echoedPrice looks for a price among those of an answer, if it has any.
func (c *Client) echoedPrice(call *transport.Call, answer layers, want PriceRequest, prices []Price) (err error) {
	for _, p := range prices {
		if err = c.echoed(call, answer, want.Amount, want.CurrencyCode, p.Amount, p.CurrencyCode); err == nil {
			return nil
		}
	}
	return err
}

func priceProblems(prefix string, p PriceRequest) []request.Field {
	problems := []request.Field{
		{Name: prefix + "Amount", Problem: amountProblem(p.Amount, true)},
		{Name: prefix + "CurrencyCode", Problem: currencyProblem(p.CurrencyCode)},
		{Name: prefix + "MinimumAmount", Problem: amountProblem(p.MinimumAmount, false)},
		{Name: prefix + "MaximumAmount", Problem: amountProblem(p.MaximumAmount, false)},
	}
	if p.MaximumAmount != 0 && p.MaximumAmount < p.MinimumAmount {
		problems = append(problems, request.Field{Name: prefix + "MaximumAmount", Problem: "must not be below MinimumAmount"})
	}
	return problems
}

func imagesProblem(images []string) request.Field {
	for i, image := range images {
		if problem := request.URL(image); problem != "" {
			return request.Field{Name: fmt.Sprintf("Images[%d]", i), Problem: problem}
		}
	}
	return request.Field{}
}

// GetProduct returns one product (GET /products/{id}).
func (c *Client) GetProduct(ctx context.Context, id string) (*Product, error) {
	return getOne(ctx, c, &transport.Call{Op: "GetProduct", Route: "/products/{product_id}", Args: []string{id}}, &products)
}

// ListProducts returns one page of products (GET /products).
func (c *Client) ListProducts(ctx context.Context, filter ProductFilter) (*Page[Product], error) {
	call := &transport.Call{Op: "ListProducts", Route: "/products", Query: url.Values{}}
	if filter.IsActive != nil {
		call.Query.Set("isActive", strconv.FormatBool(*filter.IsActive))
	}
	return nativePage(ctx, c, call, &products, "products", filter.Limit, filter.Cursor)
}

// UpdateProduct changes a product (PATCH /products/{id}; API 1.2.0). It is sent
// once.
func (c *Client) UpdateProduct(ctx context.Context, id string, update ProductUpdate) (*Product, error) {
	call := &transport.Call{
		Op: "UpdateProduct", Route: "/products/{product_id}", Args: []string{id},
	}
	name := ""
	if update.Name != nil {
		name = nameProblem(*update.Name)
	}
	if err := c.check(call.Op, request.Field{Name: "Name", Problem: name}, imagesProblem(update.Images)); err != nil {
		return nil, err
	}
	if err := setChanges(call, "the update", update); err != nil {
		return nil, err
	}
	return updateOne(ctx, c, call, &products)
}

// DeleteProduct removes a product (DELETE /products/{id}; API 1.2.0). It is sent
// once.
func (c *Client) DeleteProduct(ctx context.Context, id string) error {
	return c.acknowledge(ctx, &transport.Call{
		Op: "DeleteProduct", Method: http.MethodDelete, Route: "/products/{product_id}", Args: []string{id},
	})
}

// AddPrice gives a product another price, of which three at most are active (POST
// /products/{id}/prices). It is sent once. [guichet.ErrMismatch] beside a result means
// that lomi. took another amount or currency than was asked for.
func (c *Client) AddPrice(ctx context.Context, productID string, req PriceRequest) (*PriceResult, error) {
	call := &transport.Call{
		Op: "AddPrice", Method: http.MethodPost, Route: "/products/{product_id}/prices", Args: []string{productID},
		Policy: transport.Write,
	}
	if err := c.check(call.Op, priceProblems("", req)...); err != nil {
		return nil, err
	}
	if err := setBody(call, req); err != nil {
		return nil, err
	}
	return doOne(ctx, c, call, &priceResults, isOfProduct(productID), func(result *PriceResult, answer layers) error {
		return c.echoedPrice(call, answer, req, result.all())
	})
}

// SetDefaultPrice chooses the price that a product is sold at unless another is named
// (POST /products/{id}/prices/{priceId}/default, or …/set-default in API 1.1.0). It is
// sent once. [guichet.ErrMismatch] beside a result means that it is not the default all
// the same.
func (c *Client) SetDefaultPrice(ctx context.Context, productID, priceID string) (*PriceResult, error) {
	call := &transport.Call{
		Op: "SetDefaultPrice", Method: http.MethodPost, Policy: transport.Write,
		Route: c.route("/products/{product_id}/prices/{price_id}/default", "/products/{product_id}/prices/{price_id}/set-default"),
		Args:  []string{productID, priceID},
	}
	return doOne(ctx, c, call, &priceResults, isOfProduct(productID), func(r *PriceResult, answer layers) error {
		if r.Price != nil && about(priceID, r.Price.ID, answer.object()) != nil {
			return errOtherPrice
		}
		for _, price := range r.all() {
			if (price.ID == priceID || r.Price != nil) && price.IsDefault != nil && !*price.IsDefault {
				return c.besides(call, answer, guichet.ErrMismatch, "lomi. did not make the price the default")
			}
		}
		return nil
	})
}

var (
	errNoPrice      = errors.New("the answer holds neither a product nor a price")
	errOtherProduct = errors.New("the answer is about another product")
	errOtherPrice   = errors.New("the answer is about another price")
)

// all are the prices in the answer.
func (r *PriceResult) all() []Price {
	switch {
	case r.Price != nil:
		return []Price{*r.Price}
	case r.Product != nil:
		return r.Product.Prices
	}
	return nil
}

// sameForm reports whether two ids can be compared. lomi. has given an object both a
// UUID and an id such as prod_1, and a price names its product by one of them. Were a
// difference of form taken for another product, the caller would add the price twice.
func sameForm(a, b string) bool { return strings.Contains(a, "_") == strings.Contains(b, "_") }

func (r *PriceResult) finish(answer layers, raw json.RawMessage) error {
	r.Raw = raw
	object := answer.object()
	if id := object.Get("price_id"); id.Present() {
		r.Price = &Price{}
		if err := readPrice.Read(object, r.Price); err != nil {
			return err
		}
	}
	if object.Get("prices").Kind() != strictjson.Absent {
		r.Product = &Product{}
		if err := products.fill(answer, raw, r.Product); err != nil {
			return err
		}
	}
	if r.Price == nil && r.Product == nil {
		return errNoPrice
	}
	return nil
}

// isOfProduct refuses the answer about the prices of another product.
func isOfProduct(productID string) condition[PriceResult] {
	return func(_ *PriceResult, answer layers) error {
		id := answer.object().Get("product_id").Text()
		if id != "" && sameForm(productID, id) && about(productID, id, answer.object()) != nil {
			return errOtherProduct
		}
		return nil
	}
}
