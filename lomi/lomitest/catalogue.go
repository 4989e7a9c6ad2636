package lomitest

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/guichetpay/guichet/internal/fake"
)

// Kinds of object that a merchant keeps with lomi.
const (
	customers = "customer"
	products  = "product"
)

var customerPatchFields = schema{
	"name": {kind: isText}, "email": {kind: isText}, "phone_number": {kind: isText}, "whatsapp_number": {kind: isText}, "country": {kind: isText},
	"city": {kind: isText}, "address": {kind: isText}, "postal_code": {kind: isText}, "is_business": {kind: isBool}, "metadata": {kind: isObject},
}

var customerFields = customerPatchFields.with(schema{"name": {kind: isText, required: true}})

var portalFields = schema{
	"return_url": {kind: isText}, "flow_type": {kind: isText, oneOf: []string{"portal_home", "subscription_cancel", "subscription_manage"}},
	"flow_subscription_id": {kind: isText}, "flow_after_completion_url": {kind: isText},
}

var priceFields = schema{
	"amount": {kind: isNumber, required: true}, "currency_code": currencyCode, "billing_interval": {kind: isText}, "pricing_model": {kind: isText},
	"minimum_amount": {kind: isNumber}, "maximum_amount": {kind: isNumber}, "is_default": {kind: isBool}, "metadata": {kind: isObject},
}

var productPatchFields = schema{
	"name": {kind: isText}, "description": {kind: isText}, "images": {kind: isList}, "is_active": {kind: isBool}, "metadata": {kind: isObject},
}

var productFields = productPatchFields.with(schema{
	"name": {kind: isText, required: true}, "product_type": {kind: isText, required: true, oneOf: []string{"one_time", "recurring", "usage_based"}},
	"prices": {kind: isList, required: true, inside: priceFields},
})

func (s *Server) catalogueRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /customers", s.endpoint(noKey, nil, listCustomers))
	mux.HandleFunc("POST /customers", s.endpoint(noKey, customerFields, createCustomer))
	mux.HandleFunc("GET /customers/{id}", s.endpoint(noKey, nil, one(customers, "Customer")))
	mux.HandleFunc("PATCH /customers/{id}", s.endpoint(noKey, customerPatchFields, patch(customers, "Customer")))
	mux.HandleFunc("DELETE /customers/{id}", s.endpoint(noKey, nil, remove(customers, "Customer")))
	mux.HandleFunc("GET /customers/{id}/portal-audit", s.endpoint(noKey, nil, func(c *call) Answer { return c.page(bareArray, "", nil) }))
	mux.HandleFunc("POST /customers/{id}/portal-launch-session", s.endpoint(noKey, portalFields, only(June2026, launchPortal)))
	mux.HandleFunc("POST /customers/{id}/portal", s.endpoint(noKey, portalFields, only(September2026, launchPortal)))

	mux.HandleFunc("GET /products", s.endpoint(noKey, nil, func(c *call) Answer {
		active := c.r.URL.Query().Get("isActive")
		return c.page(bareArray, "", c.s.where(products, func(o object) bool { return active == "" || (active == "true") == (o["is_active"] == true) }))
	}))
	mux.HandleFunc("POST /products", s.endpoint(noKey, productFields, createProduct))
	mux.HandleFunc("GET /products/{id}", s.endpoint(noKey, nil, one(products, "Product")))
	mux.HandleFunc("PATCH /products/{id}", s.endpoint(noKey, productPatchFields, only(September2026, patch(products, "Product"))))
	mux.HandleFunc("DELETE /products/{id}", s.endpoint(noKey, nil, only(September2026, remove(products, "Product"))))
	mux.HandleFunc("POST /products/{id}/prices", s.endpoint(noKey, priceFields, addPrice))
	mux.HandleFunc("POST /products/{id}/prices/{price}/set-default", s.endpoint(noKey, nil, only(June2026, setDefault)))
	mux.HandleFunc("POST /products/{id}/prices/{price}/default", s.endpoint(noKey, nil, only(September2026, setDefault)))

	mux.HandleFunc("GET /accounts/balance", s.endpoint(noKey, nil, balances))
	mux.HandleFunc("GET /accounts/balance/breakdown", s.endpoint(noKey, nil, breakdown))
	mux.HandleFunc("GET /accounts/balance/check/{currency}", s.endpoint(noKey, nil, only(June2026, checkBalance)))
	mux.HandleFunc("GET /accounts/balance/{currency}", s.endpoint(noKey, nil, only(September2026, checkBalance)))
	mux.HandleFunc("GET /me", s.endpoint(noKey, nil, func(*call) Answer {
		return answerJSON(http.StatusOK, object{
			"merchant_id": fake.NewID(0), "organization_id": organizationID, "organization_name": "Mon Magasin", "environment": "test",
		})
	}))
}

func createCustomer(c *call) Answer {
	customer := maps.Clone(c.body)
	customer.otherwise("is_business", false)
	customer.fill("email", "phone_number", "whatsapp_number", "country", "city", "address", "postal_code", "metadata")
	return answerJSON(http.StatusCreated, c.s.add(customers, "customer_id", customer))
}

func listCustomers(c *call) Answer {
	q := c.r.URL.Query()
	search, kind := strings.ToLower(q.Get("search")), q.Get("type")
	return c.page(numbered, "customers", c.s.where(customers, func(o object) bool {
		text := strings.ToLower(o.text("name") + " " + o.text("email") + " " + o.text("phone_number"))
		business := o["is_business"] == true
		return strings.Contains(text, search) && (kind == "" || kind == "all" || (kind == "business") == business)
	}))
}

// remove takes the object of the path away.
func remove(kind, name string) handler {
	return func(c *call) Answer {
		if c.s.find(kind, c.id()) == nil {
			return notFound(c, name, c.id())
		}
		t := c.s.tables[kind]
		t.rows = slices.DeleteFunc(t.rows, func(o object) bool { return strings.EqualFold(o.text(t.id), c.id()) })
		return answerJSON(http.StatusOK, object{"message": name + " deleted"})
	}
}

func launchPortal(c *call) Answer {
	if c.s.find(customers, c.id()) == nil {
		return notFound(c, "Customer", c.id())
	}
	token := c.s.newID()
	return answerJSON(http.StatusCreated, object{
		"launch_url": c.origin + pagesPrefix + "portal/" + token, "launch_token": token, "expires_in_seconds": 900,
	})
}

const maxPrices = 3 // active ones of a product

func createProduct(c *call) Answer {
	product := maps.Clone(c.body)
	list, _ := product["prices"].([]any)
	if len(list) == 0 || len(list) > maxPrices {
		return badRequest(c, "prices must contain 1 to 3 elements")
	}
	product["prices"] = []object{}
	product.otherwise("is_active", true)
	product.fill("description", "images")
	c.s.add(products, "product_id", product)
	for _, item := range list {
		fields, _ := item.(map[string]any)
		c.s.newPrice(product, fields)
	}
	return answerJSON(http.StatusCreated, product)
}

// newPrice adds a price. The first is the default until another one is.
func (s *Server) newPrice(product, fields object) object {
	price := object{"price_id": s.newID(), "is_active": true}
	maps.Copy(price, fields)
	price.otherwise("pricing_model", "standard")
	price.otherwise("is_default", false)
	price.fill("billing_interval", "minimum_amount", "maximum_amount", "metadata")
	prices := product["prices"].([]object)
	product["prices"] = append(prices, price)
	if len(prices) == 0 || price["is_default"] == true {
		makeDefault(product, price.text("price_id"))
	}
	return price
}

func makeDefault(product object, id string) (found bool) {
	prices := product["prices"].([]object)
	if !slices.ContainsFunc(prices, func(p object) bool { return p.text("price_id") == id }) {
		return false
	}
	for _, price := range prices {
		price["is_default"] = price.text("price_id") == id
	}
	return true
}

func addPrice(c *call) Answer {
	product := c.s.find(products, c.id())
	if product == nil {
		return notFound(c, "Product", c.id())
	}
	if len(product["prices"].([]object)) >= maxPrices {
		return badRequest(c, "A product can have at most 3 active prices")
	}
	c.s.newPrice(product, c.body)
	return answerJSON(http.StatusCreated, product)
}

func setDefault(c *call) Answer {
	product := c.s.find(products, c.id())
	if product == nil || !makeDefault(product, c.r.PathValue("price")) {
		return notFound(c, "Price", c.r.PathValue("price"))
	}
	return answerJSON(http.StatusOK, product)
}

// funds adds up what was paid, less what went back or out. There is an account
// in francs from the start, in other currencies once something was paid.
func (s *Server) funds() map[string]int64 {
	sums := map[string]int64{"XOF": 0}
	for _, tx := range s.where(transactions, nil) {
		if word := tx.text("status"); word == "completed" || word == "refunded" {
			sums[tx.text("currency_code")] += minor(tx["gross_amount"]) - s.refunded[tx.text("transaction_id")]
		}
	}
	for _, payout := range s.where(payouts, func(o object) bool { return o.text("status") != "failed" }) {
		sums[payout.text("currency_code")] -= minor(payout["amount"])
	}
	return sums
}

func balances(c *call) Answer {
	asked := c.r.URL.Query().Get("currency")
	sums := c.s.funds()
	var rows []object
	for _, currency := range slices.Sorted(maps.Keys(sums)) {
		if asked == "" || asked == currency {
			rows = append(rows, object{"currency_code": currency, "balance": sums[currency], "last_updated": now()})
		}
	}
	if len(rows) == 0 {
		return notFound(c, "Account", asked)
	}
	return c.page(bareArray, "", rows)
}

func breakdown(c *call) Answer {
	currency := cmp.Or(c.r.URL.Query().Get("target_currency"), "XOF")
	sum, ok := c.s.funds()[currency]
	if !ok {
		return notFound(c, "Account", currency)
	}
	return answerJSON(http.StatusOK, object{
		"currency_code": currency, "available_balance": sum, "pending_balance": 0, "total_balance": sum, "last_updated": time.Now().UTC().Format(time.RFC3339),
	})
}

func checkBalance(c *call) Answer {
	currency := c.r.PathValue("currency")
	sum, ok := c.s.funds()[currency]
	if !ok {
		return notFound(c, "Account", currency)
	}
	return answerJSON(http.StatusOK, object{
		"currency_code": currency, "available_balance": sum, "has_sufficient_balance": sum >= max(int64(c.number("amount", 1)), 1),
	})
}
