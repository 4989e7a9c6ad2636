package lomitest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/guichetpay/guichet"
)

// cards are the charges of cards; those of Wave and MTN are transactions from
// the start.
const cards = "card charge"

// transferFields are the members of marketplaces.
var transferFields = schema{
	"application_fee_amount": {kind: isNumber, positive: true}, "transfer_group": {kind: isText},
	"transfer_data": {kind: isObject, inside: schema{"destination": {kind: isText, required: true}, "amount": {kind: isNumber, positive: true}}},
}

var waveFields = transferFields.with(schema{
	"amount": {kind: isNumber, required: true, positive: true}, "currency": {kind: isText, required: true, oneOf: []string{"XOF"}},
	"customer": {kind: isObject, required: true, inside: schema{
		"name": {kind: isText, required: true}, "phoneNumber": {kind: isText, required: true}, "email": {kind: isText},
	}},
	"description": {kind: isText}, "successUrl": {kind: isText}, "errorUrl": {kind: isText}, "environment": {kind: isText},
})

var mtnFields = waveFields.with(schema{
	"countryCode": {kind: isText}, "productId": {kind: isText}, "subscriptionId": {kind: isText}, "quantity": {kind: isNumber, positive: true},
})

var cardFields = transferFields.with(schema{
	"amount":        {kind: isNumber, required: true, positive: true},
	"currency_code": {kind: isText, oneOf: currencyCode.oneOf}, "currency": {kind: isText, oneOf: currencyCode.oneOf},
	"customer_id": {kind: isText}, "customer_email": {kind: isText}, "customer_name": {kind: isText}, "customer_phone": {kind: isText},
	"description": {kind: isText}, "payment_reference": {kind: isText}, "product_id": {kind: isText}, "subscription_id": {kind: isText},
	"quantity": {kind: isNumber, positive: true}, "metadata": {kind: isObject}, "hold": {kind: isBool},
	"appearance_theme": {kind: isText, oneOf: []string{"light", "dark", "flat"}}, "appearance_border_radius": {kind: isNumber},
	"appearance_billing_address": {kind: isText, oneOf: []string{"auto", "never"}},
})

var holdFields = schema{"amount": {kind: isNumber, positive: true}}

func (s *Server) chargeRoutes(mux *http.ServeMux) {
	mux.HandleFunc("POST /charge/wave", s.endpoint(keyRequired, waveFields, chargeWave))
	mux.HandleFunc("POST /charge/mtn", s.endpoint(keyRequired, mtnFields, chargeMTN))
	mux.HandleFunc("POST /charge/card", s.endpoint(keyRequired, cardFields, chargeCard))
	mux.HandleFunc("GET /charge/card/{id}", s.endpoint(noKey, nil, getCard))
	mux.HandleFunc("POST /charge/card/{id}/cancel", s.endpoint(keyOptional, nil, cardStep("canceled", "")))
	mux.HandleFunc("POST /charge/card/{id}/capture", s.endpoint(keyOptional, holdFields, cardStep("succeeded", "requires_capture")))
	mux.HandleFunc("POST /charge/card/{id}/increment", s.endpoint(keyOptional, holdFields, cardStep("requires_capture", "requires_capture")))
	mux.HandleFunc("GET /transactions", s.endpoint(noKey, nil, listTransactions))
	mux.HandleFunc("GET /transactions/{id}", s.endpoint(noKey, nil, one(transactions, "Transaction")))
	mux.HandleFunc("GET /transactions/{id}/receipt.pdf", s.endpoint(noKey, nil, receipt))
	mux.HandleFunc("GET /customers/{id}/transactions", s.endpoint(noKey, nil, func(c *call) Answer {
		return c.page(bareArray, "", c.s.where(transactions, func(o object) bool { return o.text("customer_id") == c.id() }))
	}))
}

// newTransaction fills in the members that all of them have.
func (s *Server) newTransaction(o object) object {
	o.otherwise("transaction_type", "payment")
	o.otherwise("quantity", 1)
	o.otherwise("discount_amount", 0)
	o.otherwise("fee_amount", 0)
	o.otherwise("net_amount", o["gross_amount"])
	o.otherwise("is_bnpl", false)
	o.otherwise("is_pos", false)
	o.fill("customer_id", "product_id", "subscription_id", "price_id", "description", "metadata", "spi_tx_id",
		"spi_account_number", "spi_payment_category", "spi_payment_status", "spi_date_envoi", "spi_date_irrevocabilite")
	s.add(transactions, "transaction_id", o)
	if s.generation == September2026 {
		o["public_id"] = "txn_" + strconv.Itoa(s.last)
		o["refunded_amount"] = 0
		if o.text("currency_code") == "XOF" {
			o["gross_amount_xof"] = o["gross_amount"]
		}
	}
	return o
}

// scenario is what X-Scenario-Key asks for; "" for none.
func scenario(c *call) string { return strings.ToLower(c.r.Header.Get("X-Scenario-Key")) }

// mobileCharge makes the transaction of a charge on a phone.
func mobileCharge(c *call, rail, word string) (object, *Answer) {
	if minor(c.body["amount"]) < 100 {
		a := badRequest(c, "amount must not be less than 100")
		return nil, &a
	}
	switch scenario(c) {
	case "failed":
		a := refuse(c, http.StatusBadRequest, "charge_failed", "The charge failed (simulated)", nil)
		return nil, &a
	case "pending":
		word = "pending"
	}
	return c.s.newTransaction(object{
		"status": word, "gross_amount": c.body["amount"], "currency_code": c.body["currency"],
		"provider_code": rail, "payment_method_code": "MOBILE_MONEY", "description": c.body["description"],
	}), nil
}

func chargeWave(c *call) Answer {
	tx, refused := mobileCharge(c, "WAVE", "pending")
	if refused != nil {
		return *refused
	}
	id := tx.text("transaction_id")
	url := c.origin + pagesPrefix + "charge/" + id
	if c.s.generation == September2026 {
		return answerJSON(http.StatusCreated, object{
			"transaction_id": id, "status": tx["status"], "checkout_url": url, "next_action": object{"type": "redirect", "url": url},
		})
	}
	return answerJSON(http.StatusCreated, object{
		"success": true, "transactionId": id, "wave_launch_url": url,
		"waveSession": object{
			"id": "cos-" + id, "amount": tx["gross_amount"].(json.Number).String(), "checkout_status": "open",
			"payment_status": "processing", "currency": "XOF",
		},
	})
}

func chargeMTN(c *call) Answer {
	// A test key pays at once.
	tx, refused := mobileCharge(c, "MTN", "completed")
	if refused != nil {
		return *refused
	}
	word := tx.text("status")
	if word == "pending" {
		word = "PENDING"
	}
	answer := object{"success": true, "data": object{
		"transaction_id": tx["transaction_id"], "external_id": "ext-" + tx.text("transaction_id"), "reference_id": nil, "status": word,
	}}
	if c.s.generation == September2026 {
		answer["next_action"] = object{"type": "await_webhook", "status": word}
	}
	return answerJSON(http.StatusCreated, answer)
}

// eurosOf is the processor's pair: it charges francs in cents of a euro.
func eurosOf(amount int64, currency string) (int64, string) {
	if currency == "XOF" {
		return amount * 100000 / 655957, "eur"
	}
	return amount, strings.ToLower(currency)
}

func chargeCard(c *call) Answer {
	currency := c.body.text("currency_code")
	if currency == "" {
		currency = c.body.text("currency")
	}
	switch {
	case currency == "":
		return badRequest(c, "currency_code should not be empty")
	case c.body["customer_id"] == nil && (c.body["customer_email"] == nil || c.body["customer_name"] == nil):
		return badRequest(c, "customer_id or customer_email and customer_name are required")
	}
	charge := object{
		"status": "requires_payment_method", "hold": c.body["hold"], "metadata": c.body["metadata"],
		"original_amount": c.body["amount"], "original_currency": currency, "customer_id": c.body["customer_id"],
	}
	charge["amount"], charge["currency"] = eurosOf(minor(c.body["amount"]), currency)
	c.s.add(cards, "id", charge)
	charge["client_secret"] = charge.text("id") + "_secret_fake"
	return answerJSON(http.StatusCreated, wrapped(cardAnswer(c.s, charge)))
}

func wrapped(o object) object { return object{"success": true, "data": o} }

// cardAnswer is a charge as it is answered.
func cardAnswer(s *Server, charge object) object {
	answer := object{}
	for _, name := range []string{"id", "client_secret", "amount", "currency", "original_amount", "original_currency", "status"} {
		answer[name] = charge[name]
	}
	if charge["hold"] == true {
		answer["amount_capturable"], answer["capture_before"] = charge["amount_capturable"], charge["capture_before"]
	}
	if tx := s.find(transactions, s.paid[charge.text("id")]); tx != nil {
		answer["transaction"] = object{"transaction_id": tx["transaction_id"], "status": tx["status"]}
	}
	return answer
}

func getCard(c *call) Answer {
	charge := c.s.find(cards, c.id())
	if charge == nil {
		return notFound(c, "Charge", c.id())
	}
	return answerJSON(http.StatusOK, wrapped(cardAnswer(c.s, charge)))
}

// cardStep moves a charge on; from "" is any state that is not final.
func cardStep(to, from string) handler {
	return func(c *call) Answer {
		charge := c.s.find(cards, c.id())
		if charge == nil {
			return notFound(c, "Charge", c.id())
		}
		word := charge.text("status")
		if (from != "" && word != from) || word == "succeeded" || word == "canceled" {
			return refuse(c, http.StatusConflict, "conflict", "The charge is "+word, nil)
		}
		amount := c.body["amount"]
		switch {
		case to == "succeeded":
			if amount != nil && minor(amount) > minor(charge["amount_capturable"]) {
				return badRequest(c, "amount must not be greater than amount_capturable")
			}
			charge["amount_capturable"] = 0
			c.s.chargePaid(charge)
		case to == "requires_capture" && amount == nil:
			return badRequest(c, "amount should not be empty")
		case to == "requires_capture":
			charge["amount"], charge["amount_capturable"] = amount, amount
		}
		charge["status"] = to
		return answerJSON(http.StatusOK, wrapped(cardAnswer(c.s, charge)))
	}
}

// payCard has the customer confirm a charge: it is paid, or held.
func (s *Server) payCard(charge object) {
	if charge["hold"] == true {
		charge["status"], charge["amount_capturable"] = "requires_capture", charge["amount"]
		charge["capture_before"] = time.Now().Add(7 * 24 * time.Hour).UTC().Format(time.RFC3339)
		return
	}
	charge["status"] = "succeeded"
	s.chargePaid(charge)
}

func (s *Server) chargePaid(charge object) {
	tx := s.newTransaction(object{
		"status": "completed", "gross_amount": charge["original_amount"], "currency_code": charge["original_currency"],
		"provider_code": "STRIPE", "payment_method_code": "CARDS", "customer_id": charge["customer_id"], "metadata": charge["metadata"],
	})
	s.paid[charge.text("id")] = tx.text("transaction_id")
}

// transactionFilters maps a parameter to the member that it compares.
var transactionFilters = map[string]string{
	"provider": "provider_code", "status": "status", "type": "transaction_type", "currency": "currency_code", "paymentMethod": "payment_method_code",
}

func listTransactions(c *call) Answer {
	return c.page(bareArray, "", c.s.where(transactions, c.filter(transactionFilters)))
}

// filter keeps the objects that the query asks for: comma-separated words
// without regard to case, and the dates of creation.
func (c *call) filter(members map[string]string) func(object) bool {
	q := c.r.URL.Query()
	from, until := guichet.ParseTimestamp(q.Get("startDate")).Time, guichet.ParseTimestamp(q.Get("endDate")).Time
	return func(o object) bool {
		for parameter, member := range members {
			words := strings.Split(strings.ToLower(q.Get(parameter)), ",")
			if q.Get(parameter) != "" && !slices.Contains(words, strings.ToLower(o.text(member))) {
				return false
			}
		}
		if isPOS := q.Get("isPos"); isPOS != "" && (isPOS == "true") != (o["is_pos"] == true) {
			return false
		}
		at := guichet.ParseTimestamp(o.text("created_at")).Time
		return (from.IsZero() || !at.Before(from)) && (until.IsZero() || !at.After(until))
	}
}

func receipt(c *call) Answer {
	tx := c.s.find(transactions, c.id())
	if tx == nil {
		return notFound(c, "Transaction", c.id())
	}
	url := c.origin + pagesPrefix + "receipt/" + tx.text("transaction_id")
	return answerJSON(http.StatusOK, object{
		"hosted_url": url, "download_url": url + ".pdf", "filename": "receipt-" + tx.text("transaction_id") + ".pdf",
		"mime_type": "application/pdf", "expires_at": time.Now().Add(time.Hour).UTC().Format(time.RFC3339),
	})
}

// minor reads an amount in minor units, as a body or a handler wrote it.
func minor(value any) int64 {
	switch v := value.(type) {
	case json.Number:
		n, _ := guichet.Number(v).Int64()
		return n
	case int64:
		return v
	case int:
		return int64(v)
	}
	return 0
}
