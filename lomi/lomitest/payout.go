package lomitest

import (
	"encoding/json"
	"maps"
	"net/http"
	"reflect"
	"time"
)

// Kinds of object around money that goes back or out, and that is asked for.
const (
	refunds         = "refund"
	payouts         = "payout"
	paymentRequests = "payment request"
	payoutMethods   = "payout method"
	previews        = "preview" // what a confirmation token stands for
)

var refundFields = schema{
	"transaction_id": {kind: isText, required: true}, "amount": {kind: isNumber, required: true}, "reason": {kind: isText},
	"refund_type": {kind: isText, oneOf: []string{"full", "partial"}}, "subscription_action": {kind: isText, oneOf: []string{"default", "cancel", "pause", "none"}},
	"confirmation_token": {kind: isText}, "reverse_transfer": {kind: isBool}, "refund_application_fee": {kind: isBool},
}

var payoutFields = schema{
	"destination": {kind: isText, required: true, oneOf: []string{"self", "beneficiary"}},
	"rail":        {kind: isText, required: true, oneOf: []string{"wave", "bank", "mtn", "spi", "stellar"}},
	"amount":      {kind: isNumber, required: true, positive: true}, "currency_code": currencyCode,
	"payout_method_id": {kind: isText}, "recipient": {kind: isObject, inside: schema{"name": {kind: isText}, "phone": {kind: isText}}},
	"reason": {kind: isText}, "metadata": {kind: isObject}, "confirmation_token": {kind: isText},
}

var payoutMethodFields = schema{
	"payout_method_type": {kind: isText, required: true}, "account_name": {kind: isText}, "account_number": {kind: isText}, "bank_name": {kind: isText},
	"bank_code": {kind: isText}, "branch_code": {kind: isText}, "country": {kind: isText}, "is_default": {kind: isBool},
}

var paymentRequestFields = schema{
	"amount": {kind: isNumber, required: true, positive: true}, "currency_code": currencyCode, "expiry_date": {kind: isText, required: true},
	"description": {kind: isText}, "customer_id": {kind: isText}, "payment_reference": {kind: isText}, "metadata": {kind: isObject},
}

func (s *Server) payoutRoutes(mux *http.ServeMux) {
	mux.HandleFunc("POST /refunds", s.endpoint(keyRequired, refundFields, confirmed(checkRefund, makeRefund)))
	mux.HandleFunc("GET /refunds", s.endpoint(noKey, nil, func(c *call) Answer {
		return c.page(successArray, "", c.s.where(refunds, c.filter(map[string]string{"status": "status"})))
	}))
	mux.HandleFunc("GET /refunds/{id}", s.endpoint(noKey, nil, wrappedInJune(one(refunds, "Refund"))))
	mux.HandleFunc("POST /payouts", s.endpoint(keyRequired, payoutFields, confirmed(checkPayout, makePayout)))
	mux.HandleFunc("GET /payouts", s.endpoint(noKey, nil, func(c *call) Answer {
		return c.page(successArray, "", c.s.where(payouts, c.filter(map[string]string{"status": "status"})))
	}))
	mux.HandleFunc("GET /payouts/{id}", s.endpoint(noKey, nil, wrappedInJune(one(payouts, "Payout"))))
	mux.HandleFunc("POST /payout-methods", s.endpoint(noKey, payoutMethodFields, only(September2026, createPayoutMethod)))
	mux.HandleFunc("GET /payout-methods", s.endpoint(noKey, nil, only(September2026, func(c *call) Answer {
		return c.page(bareArray, "", c.s.where(payoutMethods, nil))
	})))
	mux.HandleFunc("POST /payment-requests", s.endpoint(keyRequired, paymentRequestFields, createPaymentRequest))
	mux.HandleFunc("GET /payment-requests", s.endpoint(noKey, nil, func(c *call) Answer {
		return c.page(offsetEnvelope, "", c.s.where(paymentRequests, c.filter(map[string]string{"status": "status", "customerId": "customer_id"})))
	}))
	mux.HandleFunc("GET /payment-requests/{id}", s.endpoint(noKey, nil, one(paymentRequests, "Payment request")))
}

// wrappedInJune puts a good answer into {success, data}.
func wrappedInJune(h handler) handler {
	return func(c *call) Answer {
		answer := h(c)
		if c.s.generation == June2026 && answer.Status < 300 {
			return answerJSON(answer.Status, object{"success": true, "data": json.RawMessage(answer.Body)})
		}
		return answer
	}
}

// confirmed puts a preview before what make does, where two steps are asked for.
// check says what speaks against it, with the preview.
func confirmed(check func(c *call) (preview object, refused *Answer), make handler) handler {
	return func(c *call) Answer {
		twoSteps := c.s.generation == September2026
		if c.s.switches.twoSteps != nil {
			twoSteps = *c.s.switches.twoSteps
		}
		token := c.body.text("confirmation_token")
		delete(c.body, "confirmation_token")
		preview, refused := check(c)
		switch {
		case refused != nil:
			return *refused
		case !twoSteps:
			return make(c)
		case token != "":
			kept := c.s.find(previews, token)
			if kept == nil || kept["route"] != c.r.URL.Path || !reflect.DeepEqual(kept["body"], c.body) {
				return badRequest(c, "confirmation_token is not valid for this body")
			}
			return make(c)
		}
		kept := c.s.add(previews, "confirmation_token", object{"route": c.r.URL.Path, "body": c.body})
		return answerJSON(http.StatusOK, object{
			"requires_confirmation": true, "confirmation_token": kept["confirmation_token"],
			"expires_at": time.Now().Add(10 * time.Minute).UTC().Format(time.RFC3339), "preview": preview,
		})
	}
}

func checkRefund(c *call) (object, *Answer) {
	fail := func(a Answer) (object, *Answer) { return nil, &a }
	tx := c.s.find(transactions, c.body.text("transaction_id"))
	if tx == nil {
		return fail(notFound(c, "Transaction", c.body.text("transaction_id")))
	}
	amount := minor(c.body["amount"])
	if tx.text("status") != "completed" {
		return fail(badRequest(c, "Only completed transactions can be refunded"))
	}
	if amount <= 0 || amount > minor(tx["gross_amount"])-c.s.refunded[tx.text("transaction_id")] {
		return fail(badRequest(c, "amount must be positive and at most the amount that is left"))
	}
	return object{"transaction_id": tx["transaction_id"], "amount": c.body["amount"], "currency_code": tx["currency_code"]}, nil
}

func makeRefund(c *call) Answer {
	tx := c.s.find(transactions, c.body.text("transaction_id"))
	id, amount := tx.text("transaction_id"), minor(c.body["amount"])
	c.s.refunded[id] += amount
	if _, shown := tx["refunded_amount"]; shown {
		tx["refunded_amount"] = c.s.refunded[id]
	}
	if c.s.refunded[id] == minor(tx["gross_amount"]) {
		tx["status"] = "refunded"
	}
	refund := c.s.add(refunds, "refund_id", object{
		"transaction_id": id, "amount": amount, "refunded_amount": amount, "fee_amount": 0,
		"reason": c.body["reason"], "status": "completed",
	})
	if c.s.generation == June2026 {
		return answerJSON(http.StatusCreated, wrapped(refund))
	}
	answer := object{"success": true, "message": "Refund processed", "subscription_action": c.body["subscription_action"]}
	for _, name := range []string{"refund_id", "transaction_id", "refunded_amount", "status"} {
		answer[name] = refund[name]
	}
	return answerJSON(http.StatusCreated, answer)
}

func checkPayout(c *call) (object, *Answer) {
	var problem string
	rail := c.body.text("rail")
	switch {
	case c.body.text("destination") == "self" && c.body["payout_method_id"] == nil:
		problem = "payout_method_id should not be empty"
	case c.body.text("destination") == "beneficiary" && c.body["recipient"] == nil:
		problem = "recipient should not be empty"
	case c.s.generation == June2026 && (rail == "wave" || rail == "mtn"):
		problem = "This rail is not available with a test key"
	}
	if problem != "" {
		a := badRequest(c, problem)
		return nil, &a
	}
	return object{"amount": c.body["amount"], "currency_code": c.body["currency_code"], "rail": rail, "fee_amount": 0}, nil
}

// createPayoutMethod keeps the account with its number masked, as lomi. shows it.
func createPayoutMethod(c *call) Answer {
	method := maps.Clone(c.body)
	if number := method.text("account_number"); number != "" {
		method["account_number"] = "****" + number[max(len(number)-4, 0):]
	}
	method.otherwise("is_default", len(c.s.where(payoutMethods, nil)) == 0)
	method["is_valid"] = true
	method.fill("account_name", "account_number", "bank_name", "bank_code", "branch_code", "country")
	return answerJSON(http.StatusCreated, c.s.add(payoutMethods, "payout_method_id", method))
}

func makePayout(c *call) Answer {
	payout := object{"kind": "withdrawal", "status": "processing"}
	if c.body.text("destination") == "beneficiary" {
		payout["kind"] = "beneficiary"
	}
	maps.Copy(payout, c.body)
	c.s.add(payouts, "payout_id", payout)
	return answerJSON(http.StatusCreated, object{
		"success": true, "payout_id": payout["payout_id"], "kind": payout["kind"], "status": payout["status"], "message": "Payout initiated",
	})
}

func createPaymentRequest(c *call) Answer {
	request := object{"status": "pending"}
	maps.Copy(request, c.body)
	request.fill("description", "customer_id", "payment_reference", "metadata", "spi_qr_code_id", "created_by")
	c.s.add(paymentRequests, "request_id", request)
	request["payment_link"] = c.origin + pagesPrefix + "request/" + request.text("request_id")
	return answerJSON(http.StatusCreated, request)
}

// openRequest makes the session of a payment request, as opening its page does.
func (s *Server) openRequest(request object, origin string) object {
	return s.newSession(object{
		"amount": request["amount"], "currency_code": request["currency_code"], "description": request["description"],
		"customer_id": request["customer_id"], "metadata": request["metadata"], "payment_request_id": request["request_id"],
	}, origin)
}
