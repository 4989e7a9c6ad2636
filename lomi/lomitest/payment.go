package lomitest

import (
	"fmt"
	"maps"
	"net/http"
	"strings"
	"time"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/fake"
)

// The kinds of object that a payment is made of.
const (
	links        = "payment link"
	sessions     = "checkout session"
	transactions = "transaction"
)

// The words of a session.
const (
	wordOpen      = "open"
	wordCompleted = "completed"
	wordExpired   = "expired"
)

// formFields are the members that links and sessions share.
var formFields = schema{
	"description": {kind: isText}, "amount": {kind: isNumber, positive: true},
	"product_id": {kind: isText}, "price_id": {kind: isText},
	"allow_coupon_code": {kind: isBool}, "allow_quantity": {kind: isBool}, "require_billing_address": {kind: isBool},
	"require_email": {kind: isBool}, "require_phone": {kind: isBool}, "require_name": {kind: isBool}, "fields": {kind: isList},
	"success_url": {kind: isText}, "cancel_url": {kind: isText}, "metadata": {kind: isObject},
}

// with returns the members of both.
func (fields schema) with(more schema) schema {
	all := maps.Clone(fields)
	maps.Copy(all, more)
	return all
}

var linkFields = formFields.with(schema{
	"link_type": {kind: isText, required: true, oneOf: []string{"product", "instant"}},
	"title":     {kind: isText, required: true}, "currency_code": currencyCode, "expires_at": {kind: isText},
})

var linkPatchFields = formFields.with(schema{"title": {kind: isText}, "is_active": {kind: isBool}, "expires_at": {kind: isText}})

var sessionFields = formFields.with(schema{
	"currency_code": currencyCode, "title": {kind: isText},
	"customer_id": {kind: isText}, "customer_email": {kind: isText}, "customer_name": {kind: isText}, "customer_phone": {kind: isText},
	"customer_city": {kind: isText}, "customer_country": {kind: isText}, "customer_address": {kind: isText}, "customer_postal_code": {kind: isText},
	"subscription_id": {kind: isText}, "quantity": {kind: isNumber, positive: true}, "payment_link_id": {kind: isText},
	"line_items": {kind: isList, inside: schema{
		"price_id": {kind: isText, required: true}, "quantity": {kind: isNumber, positive: true}, "metadata": {kind: isObject},
	}},
	"application_fee_amount": {kind: isNumber, positive: true}, "transfer_group": {kind: isText},
	"transfer_data": {kind: isObject, inside: schema{"destination": {kind: isText, required: true}, "amount": {kind: isNumber, positive: true}}},
})

func (s *Server) paymentRoutes(mux *http.ServeMux) {
	mux.HandleFunc("POST /payment-links", s.endpoint(keySwitched, linkFields, createLink))
	mux.HandleFunc("GET /payment-links", s.endpoint(noKey, nil, listLinks))
	mux.HandleFunc("GET /payment-links/{id}", s.endpoint(noKey, nil, one(links, "Payment link")))
	mux.HandleFunc("PATCH /payment-links/{id}", s.endpoint(noKey, linkPatchFields, only(September2026, patch(links, "Payment link"))))
	mux.HandleFunc("DELETE /payment-links/{id}", s.endpoint(noKey, nil, only(September2026, archiveLink)))
	mux.HandleFunc("POST /checkout-sessions", s.endpoint(keyOptional, sessionFields, createSession))
	mux.HandleFunc("GET /checkout-sessions", s.endpoint(noKey, nil, listSessions))
	mux.HandleFunc("GET /checkout-sessions/{id}", s.endpoint(noKey, nil, one(sessions, "Checkout session")))
}

func createLink(c *call) Answer {
	if c.body.text("link_type") == "instant" && c.body["amount"] == nil {
		return badRequest(c, "amount is required for instant links")
	}
	link := object{"is_active": true, "quantity": nil, "created_by": nil}
	maps.Copy(link, c.body)
	link.fill("description", "amount", "product_id", "price_id", "success_url", "cancel_url", "expires_at", "metadata")
	for _, name := range []string{"allow_coupon_code", "allow_quantity"} {
		link.otherwise(name, false)
	}
	link.otherwise("require_billing_address", c.s.generation == June2026)
	if c.s.generation == June2026 {
		link["metadata"] = nil // not stored
	}
	c.s.add(links, "link_id", link)
	link["url"] = c.origin + pagesPrefix + "link/" + link.text("link_id")
	return answerJSON(http.StatusCreated, link)
}

// otherwise sets a member that the body left out.
func (o object) otherwise(name string, value any) {
	if o[name] == nil {
		o[name] = value
	}
}

func listLinks(c *call) Answer {
	q := c.r.URL.Query()
	rows := c.s.where(links, func(o object) bool {
		active, _ := o["is_active"].(bool)
		return (q.Get("linkType") == "" || q.Get("linkType") == o.text("link_type")) &&
			(q.Get("isActive") == "" || (q.Get("isActive") == "true") == active)
	})
	return c.page(offsetEnvelope, "", rows)
}

func archiveLink(c *call) Answer {
	link := c.s.find(links, c.id())
	if link == nil {
		return notFound(c, "Payment link", c.id())
	}
	link["is_active"] = false
	return answerJSON(http.StatusOK, object{})
}

// sessionLife is how long a session is open.
const sessionLife = time.Hour

func createSession(c *call) Answer {
	if c.body["amount"] == nil && c.body["price_id"] == nil && c.body["line_items"] == nil && c.body["product_id"] == nil {
		return badRequest(c, "amount is required without a price")
	}
	session := c.s.newSession(c.body, c.origin)
	return answerJSON(http.StatusCreated, session)
}

func (s *Server) newSession(from object, origin string) object {
	session := object{
		"status": wordOpen, "expires_at": time.Now().Add(sessionLife).UTC().Format("2006-01-02T15:04:05.000Z"),
		"is_pos": false, "is_spi": false,
	}
	maps.Copy(session, from)
	session.fill("amount", "title", "description", "customer_id", "customer_email", "customer_name", "customer_phone",
		"product_id", "price_id", "subscription_id", "quantity", "success_url", "cancel_url", "payment_link_id",
		"payment_request_id", "installment_plan_id", "qr_code_type", "qr_code_data", "spi_account_number", "spi_qr_code_id",
		"metadata", "created_by")
	for _, name := range []string{"allow_coupon_code", "allow_quantity", "require_billing_address"} {
		session.otherwise(name, false)
	}
	s.add(sessions, "checkout_session_id", session)
	session["checkout_url"] = origin + pagesPrefix + "session/" + session.text("checkout_session_id")
	return session
}

func listSessions(c *call) Answer {
	status := c.r.URL.Query().Get("status")
	return c.page(bareArray, "", c.s.where(sessions, func(o object) bool { return status == "" || status == o.text("status") }))
}

// open makes a session of a link, as opening its page does.
func (s *Server) open(link object) object {
	from := object{"payment_link_id": link.text("link_id")}
	for _, name := range []string{"amount", "currency_code", "title", "description", "product_id", "price_id", "success_url", "cancel_url", "metadata"} {
		from[name] = link[name]
	}
	return s.newSession(from, originOf(link.text("url")))
}

// originOf is where a page of this server is.
func originOf(page string) string {
	origin, _, _ := strings.Cut(page, pagesPrefix)
	return origin
}

// complete has the customer pay a session; it makes the transaction.
func (s *Server) complete(session object) {
	session["status"] = wordCompleted
	session["updated_at"] = now()
	transaction := s.newTransaction(object{
		"status": "completed", "gross_amount": session["amount"], "currency_code": session["currency_code"],
		"provider_code": "WAVE", "payment_method_code": "MOBILE_MONEY", "metadata": session["metadata"],
		"customer_id": session["customer_id"], "product_id": session["product_id"], "price_id": session["price_id"],
		"subscription_id": session["subscription_id"], "description": session["description"],
	})
	s.paid[session.text("checkout_session_id")] = transaction.text("transaction_id")
	if request := s.find(paymentRequests, session.text("payment_request_id")); request != nil {
		request["status"] = wordCompleted
	}
	if link := s.find(links, session.text("payment_link_id")); link != nil && s.switches.linkPaidOff {
		link["is_active"] = false
	}
}

// Pay has the customer pay: an open session becomes completed, and a link or a
// payment request gets a completed session, a link each time. Charges, refunds
// and payouts that are under way succeed. An unknown id is an error.
func (s *Server) Pay(id string) error {
	return s.change(id, map[string]func(object){
		sessions:        s.complete,
		links:           func(link object) { s.complete(s.open(link)) },
		paymentRequests: func(request object) { s.complete(s.openRequest(request, originOf(request.text("payment_link")))) },
		cards:           s.payCard,
		transactions:    func(tx object) { tx["status"] = wordCompleted },
		refunds:         func(refund object) { refund["status"] = wordCompleted },
		payouts:         func(payout object) { payout["status"] = wordCompleted },
	})
}

// Fail ends a payment without money: a session expires, because lomi. has no
// failed session, and a link is deactivated. Everything else fails.
func (s *Server) Fail(id string) error {
	failed := func(o object) { o["status"] = "failed" }
	return s.change(id, map[string]func(object){
		sessions:        func(session object) { session["status"] = wordExpired },
		links:           func(link object) { link["is_active"] = false },
		paymentRequests: failed, cards: failed, transactions: failed, refunds: failed, payouts: failed,
	})
}

// SetStatus sets the status word of whatever has one: a session, transaction,
// card charge, payment request, refund or payout.
func (s *Server) SetStatus(id, word string) error {
	set := func(o object) { o["status"] = word }
	return s.change(id, map[string]func(object){
		sessions: set, transactions: set, cards: set, paymentRequests: set, refunds: set, payouts: set,
	})
}

// Expire lets the time of a session or a link run out.
func (s *Server) Expire(id string) error {
	past := time.Now().Add(-time.Minute).UTC().Format(time.RFC3339)
	return s.change(id, map[string]func(object){
		sessions: func(session object) { session["status"], session["expires_at"] = wordExpired, past },
		links:    func(link object) { link["expires_at"] = past },
	})
}

// Open opens a link's page, as a customer who has not paid yet, and returns the
// id of the session that this makes.
func (s *Server) Open(linkID string) (sessionID string, err error) {
	err = s.change(linkID, map[string]func(object){
		links: func(link object) { sessionID = s.open(link).text("checkout_session_id") },
	})
	return sessionID, err
}

// change applies what is to be done to the object with the id, by its kind.
func (s *Server) change(id string, todo map[string]func(object)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for kind, do := range todo {
		if o := s.find(kind, id); o != nil {
			do(o)
			return nil
		}
	}
	return fmt.Errorf("lomitest: nothing has the id %q", id)
}

// pages are what a customer sees: a link and a payment request open a session,
// a session and a charge are paid. The caller holds the lock.
func (s *Server) pages(w http.ResponseWriter, r *http.Request) {
	what, id, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, pagesPrefix), "/")
	opened := object(nil)
	switch {
	case r.Method != http.MethodGet && r.Method != http.MethodPost:
		http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
		return
	case what == "link" && r.Method == http.MethodGet:
		if link := s.find(links, id); link != nil && usable(link) {
			opened = s.open(link)
		}
	case what == "request" && r.Method == http.MethodGet:
		if request := s.find(paymentRequests, id); request != nil && request.text("status") == "pending" {
			opened = s.openRequest(request, origin(r))
		}
	case what == "session" && s.find(sessions, id) != nil:
		session := s.find(sessions, id)
		s.checkout(w, r, session, wordOpen, s.complete, func(o object) { o["status"] = wordExpired })
		return
	case what == "charge" && s.find(transactions, id) != nil:
		s.checkout(w, r, s.find(transactions, id), "pending", func(o object) { o["status"] = wordCompleted }, func(o object) { o["status"] = "failed" })
		return
	}
	if opened == nil {
		http.Error(w, "Cette page n’est pas ou plus disponible.", http.StatusNotFound)
		return
	}
	http.Redirect(w, r, pagesPrefix+"session/"+opened.text("checkout_session_id"), http.StatusSeeOther)
}

// checkout shows the page of what is to be paid, and takes the two buttons while
// its status is waiting.
func (s *Server) checkout(w http.ResponseWriter, r *http.Request, o object, waiting string, pay, refuse func(object)) {
	if r.Method == http.MethodPost && o.text("status") == waiting {
		switch r.PostFormValue("choix") {
		case "payer":
			pay(o)
		case "refuser":
			refuse(o)
		default:
			http.Error(w, "choix : payer ou refuser", http.StatusBadRequest)
			return
		}
	}
	checkoutPage(o, waiting, r.URL.Path).Show(w)
}

// usable reports whether customers can still pay at a link.
func usable(link object) bool {
	at := guichet.ParseTimestamp(link.text("expires_at")).Time
	return link["is_active"] == true && (at.IsZero() || time.Now().Before(at))
}

func checkoutPage(session object, waiting, path string) fake.Page {
	order := session.text("title")
	if metadata, ok := session["metadata"].(map[string]any); ok {
		if id, ok := metadata["order_id"].(string); ok {
			order = id
		}
	}
	page := fake.Page{
		Provider: "lomi.", Shop: session.text("description"), Order: order,
		Amount: amountText(session), Action: path,
	}
	id := session.text("checkout_session_id")
	back := func(name string) string {
		return strings.NewReplacer("{{CHECKOUT_SESSION_ID}}", id, "{CHECKOUT_SESSION_ID}", id).Replace(session.text(name))
	}
	switch session.text("status") {
	case waiting:
	case wordCompleted:
		page.Done, page.Back = "Paiement réussi", back("success_url")
	default:
		page.Done, page.Back = "Paiement refusé", back("cancel_url")
	}
	return page
}

func amountText(o object) string {
	amount := o["amount"]
	if amount == nil {
		amount = o["gross_amount"]
	}
	if amount == nil {
		return "" // of a price in the catalogue
	}
	return guichet.NewMoney(minor(amount), guichet.Currency(o.text("currency_code"))).String()
}
