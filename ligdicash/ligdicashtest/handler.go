package ligdicashtest

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/guichetpay/guichet/internal/fake"
	"github.com/guichetpay/guichet/ligdicash"
)

// payment is a payment or a payout.
type payment struct {
	token     string
	payout    bool
	amount    int64
	customer  string // digits
	customs   map[string]string
	created   time.Time
	requestID string
	wiki      string

	callbackURL, returnURL, cancelURL string

	word    string
	subCode string // non-empty: the confirmation is refused with it
	doomed  bool   // a wrong one-time code: pending once, failed then
	page    bool   // it is paid on a page
}

func (s *Server) byToken(token string) *payment {
	for _, p := range s.payments {
		if p.token == token {
			return p
		}
	}
	return nil
}

// newToken looks like the JWTs of LigdiCash; n makes it unique.
func newToken(n int) string {
	part := base64.RawURLEncoding.EncodeToString
	head, claims := part([]byte(`{"typ":"JWT","alg":"HS256"}`)), part(fmt.Appendf(nil, `{"id_invoice":%d}`, n))
	sum := sha256.Sum256([]byte(claims))
	return head + "." + claims + "." + part(sum[:])
}

const pages = "/pay/invoice/"

func isAPI(r *http.Request) bool {
	return strings.HasPrefix(r.URL.Path, "/pay/v01/") || strings.HasPrefix(r.URL.Path, "/pay/v02/")
}

// The pages that explain the sub-codes, by endpoint.
const (
	wikiInvoice        = "https://client.ligdicash.com/wiki/createInvoice"
	wikiConfirm        = "https://client.ligdicash.com/wiki/confirmInvoice"
	wikiCustomerPayout = "https://client.ligdicash.com/wiki/createWithdrawal"
	wikiMerchantPayout = "https://client.ligdicash.com/wiki/createStraightWithdrawal"
)

// endpoint is one method and path.
type endpoint struct {
	method, path string // without a slash at the end
	wiki         string
	bare         bool // its refusals have no description
	serve        func(s *Server, c *call)
}

var endpoints = []endpoint{
	{http.MethodPost, "/pay/v01/redirect/checkout-invoice/create", wikiInvoice, false, (*Server).createInvoice},
	{http.MethodPost, "/pay/v01/straight/checkout-invoice/create", wikiInvoice, true, (*Server).createDirect},
	{http.MethodPost, "/pay/v02/debitwallet/withotp", wikiInvoice, false, (*Server).createWallet},
	{http.MethodGet, "/pay/v01/redirect/checkout-invoice/confirm", wikiConfirm, false, (*Server).confirmPayin},
	{http.MethodPost, "/pay/v01/withdrawal/create", wikiCustomerPayout, false, (*Server).createCustomerPayout},
	{http.MethodPost, "/pay/v01/straight/payout", wikiMerchantPayout, false, (*Server).createMerchantPayout},
	{http.MethodGet, "/pay/v01/withdrawal/confirm", wikiConfirm, false, (*Server).confirmPayout},
}

// call is one request on its way through an endpoint.
type call struct {
	endpoint
	w http.ResponseWriter
	r *http.Request
}

// refuse answers as LigdiCash does, on HTTP 200.
func (c *call) refuse(code string) { c.refuseWith(http.StatusOK, code, "") }

func (c *call) refuseWith(status int, code, description string) {
	type refusal struct {
		ResponseCode string  `json:"response_code"`
		Token        string  `json:"token"`
		ResponseText string  `json:"response_text"`
		Description  *string `json:"description,omitempty"`
		Wiki         string  `json:"wiki"`
	}
	body := refusal{ResponseCode: "01", ResponseText: "Echec (Code" + code + ")", Wiki: c.wiki}
	if !c.bare || description != "" {
		body.Description = &description
	}
	fake.JSON(c.w, status, body)
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !isAPI(r) {
		s.page(w, r)
		return
	}
	if len(s.answers) > 0 {
		next := s.answers[0]
		s.answers = s.answers[1:]
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(next.Status)
		io.WriteString(w, next.Body)
		return
	}
	path := strings.TrimSuffix(r.URL.Path, "/")
	if rest, ok := strings.CutPrefix(path, "/pay/v02/debitotp/"); ok {
		s.sendOTP(&call{endpoint{http.MethodGet, path, wikiInvoice, false, nil}, w, r}, rest)
		return
	}
	for _, e := range endpoints {
		if e.path == path {
			c := &call{e, w, r}
			if s.admit(c) {
				e.serve(s, c)
			}
			return
		}
	}
	http.NotFound(w, r)
}

// admit checks the method and the headers. A missing one is answered like a
// wrong key.
func (s *Server) admit(c *call) bool {
	if c.r.Method != c.method {
		http.Error(c.w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
		return false
	}
	h := c.r.Header
	only := func(name, value string) bool { return slices.Equal(h.Values(name), []string{value}) }
	if !only("Apikey", apiKey) || !only("Authorization", "Bearer "+authToken) || !strings.Contains(h.Get("Accept"), "application/json") ||
		(c.method == http.MethodPost && !strings.HasPrefix(h.Get("Content-Type"), "application/json")) {
		c.refuseWith(s.keyStatus, "00", "")
		return false
	}
	return true
}

// fields reads the members of a body as LigdiCash's PHP would: a missing one is
// an undefined array key, one of the wrong type an invalid input.
type fields struct {
	missing string
	faulty  bool
}

func (f *fields) get(object map[string]json.RawMessage, key string, dst any) {
	raw, ok := object[key]
	switch {
	case !ok:
		if f.missing == "" && !f.faulty { // what follows a fault follows from it
			f.missing = key
		}
	case string(raw) == "null" || json.Unmarshal(raw, dst) != nil:
		f.faulty = true
	}
}

func (f *fields) object(object map[string]json.RawMessage, key string) map[string]json.RawMessage {
	var inner map[string]json.RawMessage
	f.get(object, key, &inner)
	return inner
}

func (f *fields) text(object map[string]json.RawMessage, key string) (s string) {
	f.get(object, key, &s)
	return s
}

func (f *fields) integer(object map[string]json.RawMessage, key string) (n int64) {
	f.get(object, key, &n)
	return n
}

// customData is an object of scalars, or the empty array of PHP.
func (f *fields) customData(object map[string]json.RawMessage) map[string]string {
	raw := object["custom_data"]
	if string(raw) == "[]" {
		return map[string]string{}
	}
	var values map[string]any
	f.get(object, "custom_data", &values)
	customs := make(map[string]string, len(values))
	for key, value := range values {
		customs[key] = fmt.Sprint(value)
	}
	return customs
}

// readCommande returns the root object of a body.
func readCommande(c *call, f *fields) map[string]json.RawMessage {
	var root map[string]json.RawMessage
	if json.NewDecoder(c.r.Body).Decode(&root) != nil {
		f.faulty = true
		return nil
	}
	return f.object(root, "commande")
}

func digits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// payinBody is what the three endpoints of a payment read.
type payinBody struct {
	amount   int64
	customer string
	otp      string
	customs  map[string]string

	callbackURL, returnURL, cancelURL string
}

// Limits of a payment, in francs.
const minPayin, maxPayin = 9, 2_000_000

// readPayin reads a body, or answers what is wrong with it.
func readPayin(c *call, needCustomer bool) (*payinBody, bool) {
	f := &fields{}
	commande := readCommande(c, f)
	invoice := f.object(commande, "invoice")
	store := f.object(commande, "store")
	actions := f.object(commande, "actions")
	b := &payinBody{
		amount:      f.integer(invoice, "total_amount"),
		customer:    f.text(invoice, "customer"),
		otp:         f.text(invoice, "otp"),
		customs:     f.customData(commande),
		callbackURL: f.text(actions, "callback_url"),
		returnURL:   f.text(actions, "return_url"),
		cancelURL:   f.text(actions, "cancel_url"),
	}
	devise := f.text(invoice, "devise")
	for _, key := range []string{"description", "customer_firstname", "customer_lastname", "customer_email", "external_id"} {
		f.text(invoice, key)
	}
	f.text(store, "name")
	f.text(store, "website_url")

	details := ""
	if raw, ok := invoice["items"]; ok && string(raw) == "null" {
		details = "foreach() argument must be of type array|object, null given"
	}
	var items []map[string]json.RawMessage
	f.get(invoice, "items", &items)
	for _, item := range items {
		f.text(item, "name")
		f.text(item, "description")
		f.integer(item, "quantity")
		f.integer(item, "unit_price")
		f.integer(item, "total_price")
	}
	if f.missing != "" {
		details = fmt.Sprintf("Undefined array key %q", f.missing)
	}
	switch {
	case details != "":
		fake.JSON(c.w, http.StatusOK, map[string]string{
			"response_code": "01", "response_text": "Echec (Code04)", "response_text_details": details,
		})
	case f.faulty || devise != "XOF" || (b.customer != "" || needCustomer) && !digits(b.customer):
		c.refuse("08")
	case b.amount < minPayin || b.amount > maxPayin:
		c.refuse("02")
	default:
		return b, true
	}
	return nil, false
}

// add remembers a new payment.
func (s *Server) add(p *payment) *payment {
	n := len(s.payments) + 1
	p.token, p.created, p.word = newToken(n), time.Now().UTC(), wordPending
	p.requestID = fmt.Sprintf("P%d%s", n, p.created.Format("02012006"))
	s.payments = append(s.payments, p)
	return p
}

func (s *Server) addPayin(b *payinBody) *payment {
	return s.add(&payment{
		amount: b.amount, customer: b.customer, customs: b.customs,
		callbackURL: b.callbackURL, returnURL: b.returnURL, cancelURL: b.cancelURL,
	})
}

// accept answers a create of a payment.
func (c *call) accept(p *payment, responseText string) {
	fake.JSON(c.w, http.StatusOK, map[string]string{
		"response_code": "00", "token": p.token, "response_text": responseText, "wiki": c.wiki,
	})
}

func pageURL(r *http.Request, p *payment) string {
	scheme := "http://"
	if r.TLS != nil {
		scheme = "https://"
	}
	return scheme + r.Host + pages + p.token
}

func (s *Server) createInvoice(c *call) {
	if b, ok := readPayin(c, false); ok {
		p := s.addPayin(b)
		p.page = true
		c.accept(p, pageURL(c.r, p))
	}
}

func (s *Server) createDirect(c *call) {
	b, ok := readPayin(c, true)
	if !ok {
		return
	}
	p := s.addPayin(b)
	p.doomed = b.otp != "" && b.otp != OTP
	if s.redirects {
		p.page = true
		c.accept(p, pageURL(c.r, p))
		return
	}
	c.accept(p, "Votre requête est en cours de traitement")
}

// sendOTP answers with an envelope of its own; rest is {phone}/{amount}.
func (s *Server) sendOTP(c *call, rest string) {
	if !s.admit(c) {
		return
	}
	phone, amount, _ := strings.Cut(rest, "/")
	n, err := strconv.ParseInt(amount, 10, 64)
	if !digits(phone) || err != nil || n < minPayin || n > maxPayin {
		fake.JSON(c.w, http.StatusOK, map[string]any{"error": true, "message": "Invalid phone number or amount."})
		return
	}
	s.codes[phone] = true
	fake.JSON(c.w, http.StatusOK, map[string]any{"error": false, "message": "OTP sent. Please check your phone."})
}

func (s *Server) createWallet(c *call) {
	b, ok := readPayin(c, true)
	switch {
	case !ok:
	case b.otp == "":
		c.refuseWith(http.StatusOK, "08", "Veuillez renseigner le code OTP")
	case b.otp == ExpiredOTP:
		c.refuse("16")
	case b.otp != OTP || !s.codes[b.customer]:
		c.refuse("15")
	default:
		delete(s.codes, b.customer) // a code works once
		c.accept(s.addPayin(b), "Votre requête est en cours de traitement")
	}
}

// Limits of a payout, in francs.
const minPayout, maxPayout = 20, 1_000_000

// payoutCodes are the sub-codes of the two payout endpoints for the same faults.
type payoutCodes struct{ amount, input string }

func (s *Server) readPayout(c *call, codes payoutCodes, topUp bool) (*payment, bool) {
	f := &fields{}
	commande := readCommande(c, f)
	p := &payment{
		payout: true, wiki: c.wiki,
		amount:      f.integer(commande, "amount"),
		customer:    f.text(commande, "customer"),
		customs:     f.customData(commande),
		callbackURL: f.text(commande, "callback_url"),
	}
	f.text(commande, "description")
	if topUp {
		if n := f.integer(commande, "top_up_wallet"); n != 0 && n != 1 {
			f.faulty = true
		}
	}
	switch {
	case f.missing != "" || f.faulty || !digits(p.customer) || p.customs["transaction_id"] == "":
		c.refuse(codes.input)
	case p.amount < minPayout || p.amount > maxPayout:
		c.refuse(codes.amount)
	default:
		return p, true
	}
	return nil, false
}

func (s *Server) createCustomerPayout(c *call) {
	p, ok := s.readPayout(c, payoutCodes{amount: "05", input: "09"}, true)
	if !ok {
		return
	}
	for _, other := range s.payments {
		if other.payout && other.wiki == p.wiki && other.customs["transaction_id"] == p.customs["transaction_id"] {
			c.refuse("07")
			return
		}
	}
	c.acceptPayout(s.add(p), []any{})
}

func (s *Server) createMerchantPayout(c *call) {
	if p, ok := s.readPayout(c, payoutCodes{amount: "02", input: "09"}, false); ok {
		c.acceptPayout(s.add(p), "")
	}
}

// acceptPayout answers a create of a payout, custom_data empty in the shape of
// its endpoint.
func (c *call) acceptPayout(p *payment, customs any) {
	fake.JSON(c.w, http.StatusOK, map[string]any{
		"response_code": "00", "token": p.token, "response_text": "", "description": "", "custom_data": customs, "wiki": c.wiki,
	})
}

// confirmed finds what a confirmation is about, under any of the names of its
// parameter.
func (s *Server) confirmed(c *call, payout bool) *payment {
	query := c.r.URL.Query()
	for _, name := range []string{"invoiceToken", "withdrawalToken", "token"} {
		if p := s.byToken(query.Get(name)); p != nil && p.payout == payout {
			return p
		}
	}
	c.refuse("02")
	return nil
}

func (s *Server) confirmPayin(c *call) {
	p := s.confirmed(c, false)
	if p == nil {
		return
	}
	answer := p.answer()
	answer["token"] = p.token
	if p.doomed { // the operator takes its time to say that the code was wrong
		p.doomed, p.word = false, wordFailed
	}
	fake.JSON(c.w, http.StatusOK, answer)
}

func (s *Server) confirmPayout(c *call) {
	if p := s.confirmed(c, true); p != nil {
		fake.JSON(c.w, http.StatusOK, p.payoutAnswer())
	}
}

// record is one entry of custom_data as it comes back.
type record struct {
	Key     string `json:"keyof_customdata"`
	Value   string `json:"valueof_customdata"`
	Created string `json:"datecreation_customdata"`
}

// records adds the two keys of LigdiCash's own.
func (p *payment) records() []record {
	created := p.created.Format("2006-01-02 15:04:05.000000")
	var all []record
	for _, key := range p.keys() {
		all = append(all, record{key, p.customs[key], created})
	}
	return append(all, record{"hash", p.hex(), created}, record{"logfile", "payin-" + p.requestID, created})
}

func (p *payment) keys() []string {
	keys := make([]string, 0, len(p.customs))
	for key := range p.customs {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

func (p *payment) hex() string {
	sum := sha256.Sum256([]byte(p.token))
	return hex.EncodeToString(sum[:16])
}

// externalID joins the values of all keys that contain "id".
func (p *payment) externalID() string {
	var values []string
	for _, key := range p.keys() {
		if strings.Contains(key, "id") {
			values = append(values, p.customs[key])
		}
	}
	return strings.Join(values, ";")
}

// operator is known only once the customer has acted.
func (p *payment) operator() (id, name string) {
	if p.word == wordPending {
		return "", ""
	}
	for o := range ligdicash.Operators() {
		if o.ID != "" && strings.HasPrefix("+"+p.customer, o.DialCode) {
			return o.ID, o.Name
		}
	}
	return "11", "ORANGE BURKINA"
}

func (p *payment) response() (code, text string) {
	if p.subCode != "" {
		return "01", "Echec (Code" + p.subCode + ")"
	}
	return "00", ""
}

// answer is a payment's confirmation, and, without the token, its callback.
func (p *payment) answer() map[string]any {
	code, text := p.response()
	id, name := p.operator()
	var customer any = p.customer
	if p.word == wordPending {
		customer = nil
	}
	return map[string]any{
		"response_code": code, "response_text": text, "description": "", "wiki": wikiConfirm,
		"date": p.created.Format("2006-01-02 15:04:05-07"), "token": "", "status": p.word,
		"amount": p.amount, "montant": p.amount,
		"customer": customer, "operator_id": id, "operator_name": name, "oreference": "",
		"request_id": p.requestID, "external_id": p.externalID(), "custom_data": p.records(),
		"customer_details": map[string]string{"firstname": "", "lastname": "", "email": "", "phone": "", "details": ""},
	}
}

func (p *payment) payoutAnswer() map[string]any {
	code, text := p.response()
	id, name := p.operator()
	return map[string]any{
		"response_code": code, "token": p.token, "response_text": text, "description": "", "custom_data": []any{},
		"status": p.word, "operator_id": id, "operator_name": name, "wiki": wikiMerchantPayout,
	}
}

// page is the hosted page of a payment.
func (s *Server) page(w http.ResponseWriter, r *http.Request) {
	token, _ := strings.CutPrefix(r.URL.Path, pages)
	p := s.byToken(token)
	if p == nil || !p.page {
		http.NotFound(w, r)
		return
	}
	switch r.Method {
	case http.MethodGet, http.MethodHead:
	case http.MethodPost:
		chosen, ok := map[string]string{"payer": wordSucceeded, "refuser": wordFailed}[r.PostFormValue("choix")]
		if !ok {
			http.Error(w, "choix: payer ou refuser", http.StatusBadRequest)
			return
		}
		if p.word == wordPending { // a payment that has ended stays as it is
			p.word = chosen
		}
	default:
		http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
		return
	}
	shown := fake.Page{
		Provider: "LigdiCash", Shop: storeName, Order: p.customs["transaction_id"],
		Amount: fmt.Sprintf("%d XOF", p.amount), Action: r.URL.Path,
	}
	switch p.word {
	case wordPending:
	case wordSucceeded:
		shown.Done, shown.Back = "Paiement réussi", p.returnURL
	default:
		shown.Done, shown.Back = "Paiement refusé", p.cancelURL
	}
	w.Header().Set("X-Frame-Options", "DENY") // as the real page refuses to be framed
	shown.Show(w)
}
