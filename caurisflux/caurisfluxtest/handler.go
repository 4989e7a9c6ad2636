package caurisfluxtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/fake"
	"github.com/guichetpay/guichet/internal/request"
	"github.com/guichetpay/guichet/internal/strictjson"
)

const base = "/api/v1"

func isAPI(r *http.Request) bool {
	return r.URL.Path == base || strings.HasPrefix(r.URL.Path, base+"/")
}

// payment is one payment as it is answered.
type payment struct {
	ID          string          `json:"transactionId"`
	Reference   string          `json:"externalReference,omitempty"`
	Status      string          `json:"status"`
	Amount      guichet.Number  `json:"amount"`
	Currency    string          `json:"currency"`
	RedirectURL string          `json:"redirectUrl"`
	DeepLinks   json.RawMessage `json:"deepLinks"`
	CreatedAt   string          `json:"createdAt"`
	ExpiresAt   string          `json:"expiresAt"`

	operator, returnURL, cancelURL string
}

// payout is one payout; it is answered in two ways.
type payout struct {
	ID, Reference, Status                string
	Phone, FirstName, LastName           string
	Amount, Fees, Net                    guichet.Number
	Created, Updated, Completed          string
	ErrorCode, ErrorMessage, ProviderRef any // null while there is none
}

// replay is the first answer under an idempotency key.
type replay struct {
	body   []byte
	answer any
}

// call is one API request on its way through the fake. The server's lock is held.
type call struct {
	*Server
	w    http.ResponseWriter
	r    *http.Request
	body []byte
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !isAPI(r) {
		s.checkout(w, r)
		return
	}
	body, _ := io.ReadAll(r.Body)
	c := &call{Server: s, w: w, r: r, body: body}
	if rate := s.settings.rate; rate.Limit != "" {
		w.Header().Set("X-RateLimit-Limit", rate.Limit)
		w.Header().Set("X-RateLimit-Remaining", rate.Remaining)
		w.Header().Set("X-RateLimit-Reset", rate.Reset)
	}
	if len(s.refusals) > 0 {
		next := s.refusals[0]
		s.refusals = s.refusals[1:]
		c.refuse(next)
		return
	}
	path := strings.TrimPrefix(r.URL.EscapedPath(), base)
	if path == s.settings.listPath {
		path = "LIST"
	}
	route := r.Method + " " + path
	if r.Method == http.MethodGet && strings.HasPrefix(path, statusPath) {
		route = "GET " + statusPath
	}
	handle, known := routes[route]
	switch {
	case !known:
		c.refuse(Refusal{404, "", "Cannot " + r.Method + " " + r.URL.Path})
	case !handle.public && !c.authorized():
		c.refuse(Refusal{401, "UNAUTHORIZED", "Clés API manquantes ou invalides"})
	default:
		handle.serve(c)
	}
}

const statusPath = "/payments/status/"

var routes = map[string]struct {
	public bool
	serve  func(*call)
}{
	"POST /payments/initiate": {false, (*call).initiate},
	"GET " + statusPath:       {false, (*call).status},
	"GET LIST":                {false, (*call).list},
	"GET /payments/balance":   {false, (*call).balance},
	"GET /payments/providers": {true, (*call).providers},
	"GET /countries/active":   {true, (*call).countries},
	"GET /health":             {true, (*call).health},
	"POST /payouts/quote":     {false, (*call).quote},
	"POST /payouts/initiate":  {false, (*call).initiatePayout},
}

// authorized accepts both forms, and the pair in one of them only.
func (c *call) authorized() bool {
	const pair = publicKey + ":" + secretKey
	keys, bearer := c.r.Header.Values("X-API-Key"), c.r.Header.Values("Authorization")
	switch {
	case len(keys) == 1 && len(bearer) == 0:
		return keys[0] == pair
	case len(keys) == 0 && len(bearer) == 1:
		return bearer[0] == "Bearer "+pair
	}
	return false
}

// refuse answers with an error body.
func (c *call) refuse(r Refusal) {
	object := map[string]any{"message": r.Message}
	if c.settings.listMessages {
		object["message"] = []string{r.Message}
	}
	if r.Status >= 200 && r.Status <= 299 {
		object["success"] = false
	} else {
		object["statusCode"], object["error"] = r.Status, http.StatusText(r.Status)
	}
	switch c.settings.code {
	case CodeInCode:
		object["code"] = r.Code
	case CodeInErrorCode:
		object["errorCode"] = r.Code
	case CodeInError:
		if r.Code != "" {
			object["error"] = r.Code
		}
	}
	fake.JSON(c.w, r.Status, object)
}

// answer wraps a result; natively is how the endpoint's own page shows it.
func (c *call) answer(status int, natively Envelope, result any) {
	envelope := c.settings.envelope
	if envelope == EnvelopeDocumented {
		envelope = natively
	}
	if envelope == EnvelopeSuccess || envelope == EnvelopeNested {
		result = map[string]any{"success": true, "data": result}
	}
	fake.JSON(c.w, status, result)
}

func (c *call) answerList(items any, meta map[string]int) {
	page := map[string]any{"data": items, "meta": meta}
	switch c.settings.envelope {
	case EnvelopeSuccess:
		page["success"] = true
	case EnvelopeBareArray:
		fake.JSON(c.w, http.StatusOK, items)
		return
	}
	c.answer(http.StatusOK, EnvelopeBare, page)
}

// shown is a payment as the switches let it be seen.
func (c *call) shown(p *payment) payment {
	seen := *p
	if !c.settings.echoReference {
		seen.Reference = ""
	}
	return seen
}

func (c *call) initiate() {
	in := c.read()
	p := &payment{
		Status:    "pending",
		Reference: in.text("externalReference", true),
		Amount:    in.amount("amount"),
		Currency:  in.text("currency", false),
		DeepLinks: json.RawMessage("{}"),
		returnURL: in.text("returnUrl", false),
		cancelURL: in.text("cancelUrl", false),
	}
	kind := in.text("type", true)
	direct := kind == "direct"
	p.operator = in.text("provider", direct)
	in.text("country", direct)
	if phone := in.text("customerPhone", direct); phone != "" && !request.ValidPhone(phone) {
		in.fault("invalid_phone", "Numéro de téléphone invalide")
	}
	for _, name := range []string{"customerName", "customerEmail", "description", "callbackUrl"} {
		in.text(name, false)
	}
	if kind != "" && !direct && kind != "checkout" {
		in.fault("VALIDATION_ERROR", "type must be one of: direct, checkout")
	}
	if p.Currency == "" {
		p.Currency = "XOF"
	}
	// The example error of the pages. What other currencies ask for is not known.
	if n, whole := p.Amount.Int64(); p.Currency == "XOF" && whole && n <= 100 {
		in.fault("invalid_amount", "Le montant doit être supérieur à 100 XOF")
	}
	if in.refused() {
		return
	}
	key := c.r.Header.Get("X-Idempotency-Key")
	if first, seen := c.replays[key]; key != "" && seen {
		if !bytes.Equal(first.body, c.body) {
			c.refuse(Refusal{409, "", "Clé d'idempotence déjà utilisée avec une autre requête"})
			return
		}
		c.answer(http.StatusOK, EnvelopeSuccess, first.answer)
		return
	}
	now := time.Now().UTC()
	p.ID = fmt.Sprintf("TX%09d", 7272+len(c.payments))
	p.CreatedAt = now.Format(time.RFC3339)
	p.ExpiresAt = now.Add(30 * time.Minute).Format("2006-01-02T15:04:05.000Z07:00")
	p.RedirectURL = origin(c.r) + checkoutPath + p.ID
	c.payments = append(c.payments, p)
	answer := c.shown(p)
	if key != "" {
		c.replays[key] = replay{c.body, answer}
	}
	c.answer(http.StatusOK, EnvelopeSuccess, answer)
}

// checkoutPath has the tilde that real links have been seen to hold.
const checkoutPath = "/c/~"

// origin is where the client found the server.
func origin(r *http.Request) string {
	if r.TLS != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

func (c *call) status() {
	id := strings.TrimPrefix(c.r.URL.Path, base+statusPath)
	if p := c.payment(id); p != nil {
		c.answer(http.StatusOK, EnvelopeSuccess, c.shown(p))
		return
	}
	if p := c.payout(id); p != nil {
		c.answer(http.StatusOK, EnvelopeBare, p.asStatus())
		return
	}
	c.refuse(Refusal{404, "", "Transaction introuvable"})
}

func (c *call) list() {
	page, okPage := c.queryNumber("page", 1)
	limit, okLimit := c.queryNumber("limit", 20)
	if !okPage || !okLimit || limit > 100 {
		c.refuse(Refusal{400, "VALIDATION_ERROR", "page must be 1 or above, limit 1 to 100"})
		return
	}
	total := len(c.payments)
	pages := (total + limit - 1) / limit
	items := []payment{}
	if page <= pages {
		for _, p := range c.payments[(page-1)*limit : min(page*limit, total)] {
			items = append(items, c.shown(p))
		}
	}
	c.answerList(items, map[string]int{"total": total, "page": page, "limit": limit, "totalPages": pages})
}

func (c *call) queryNumber(name string, otherwise int) (int, bool) {
	text := c.r.URL.Query().Get(name)
	if text == "" {
		return otherwise, true
	}
	n, err := strconv.Atoi(text)
	return n, err == nil && n >= 1
}

func (c *call) balance() {
	c.answer(http.StatusOK, EnvelopeSuccess, map[string]any{"balance": 125000, "currency": "XOF"})
}

func (c *call) providers() {
	c.answer(http.StatusOK, EnvelopeSuccess, []map[string]any{
		{"code": "wave", "name": "Wave", "country": "SN"},
		{"code": "orange_money", "name": "Orange Money", "country": "SN"},
	})
}

func (c *call) countries() {
	c.answer(http.StatusOK, EnvelopeSuccess, []map[string]any{{"code": "SN", "name": "Sénégal"}, {"code": "CI", "name": "Côte d'Ivoire"}})
}

func (c *call) health() { fake.JSON(c.w, http.StatusOK, map[string]string{"status": "ok"}) }

func (c *call) quote() {
	in := c.read()
	if in.refused() {
		return
	}
	c.quotes++
	c.answer(http.StatusOK, EnvelopeBare, map[string]string{"quoteId": quoteID(c.quotes)})
}

func quoteID(n int) string { return "QT" + fmt.Sprintf("%06d", n) }

func (c *call) initiatePayout() {
	in := c.read()
	quote := in.text("quoteId", false)
	p := &payout{
		Reference: in.text("externalReference", true),
		Status:    "pending",
		Amount:    "10000", Fees: "100", Net: "9900",
	}
	in.text("description", false)
	if quote != "" {
		if !c.quoted(quote) {
			in.fault("VALIDATION_ERROR", "quoteId is unknown")
		}
		if _, set := in.members["amount"]; set {
			in.fault("VALIDATION_ERROR", "amount must be empty: the quote fixes it")
		}
		recipient := in.object("recipient")
		p.Phone = recipient.text("phone", true)
		p.FirstName, p.LastName = recipient.text("firstName", false), recipient.text("lastName", false)
		in.faults = append(in.faults, recipient.faults...)
	}
	if in.refused() {
		return
	}
	p.ID = fmt.Sprintf("PO%014d", len(c.payouts)+1)
	p.Created = time.Now().UTC().Format("2006-01-02T15:04:05.000Z07:00")
	p.Updated = p.Created
	c.payouts = append(c.payouts, p)
	c.answer(http.StatusCreated, EnvelopeBare, map[string]any{
		"transactionId": p.ID, "externalReference": p.Reference, "status": p.Status,
		"amount": p.Amount, "currency": "XOF", "fees": p.Fees, "netAmount": p.Net, "method": "mobile_money",
		"recipient": map[string]string{
			"name": p.name(), "firstName": p.FirstName, "lastName": p.LastName, "phone": p.Phone,
		},
		"mobileWallet": map[string]string{"provider": "wave"},
		"createdAt":    p.Created, "updatedAt": p.Updated,
	})
}

func (c *call) quoted(id string) bool {
	for n := 1; n <= c.quotes; n++ {
		if quoteID(n) == id {
			return true
		}
	}
	return false
}

func (p *payout) name() string { return strings.TrimSpace(p.FirstName + " " + p.LastName) }

// end moves a payout on.
func (p *payout) end(word string) {
	p.Status = word
	p.Updated = time.Now().UTC().Format("2006-01-02T15:04:05.000Z07:00")
	p.Completed, p.ProviderRef, p.ErrorCode, p.ErrorMessage = "", nil, nil, nil
	switch word {
	case "completed":
		p.Completed, p.ProviderRef = p.Updated, "REF-"+p.ID
	case "failed":
		p.ProviderRef, p.ErrorCode, p.ErrorMessage = "REF-"+p.ID, "provider_error", "Le fournisseur a refusé"
	}
}

func (p *payout) asStatus() map[string]any {
	object := map[string]any{
		"transactionId": p.ID, "externalReference": p.Reference, "type": "payout", "status": p.Status,
		"amount": p.Amount, "currency": "XOF", "method": "mobile_money", "mobileProvider": "wave",
		"recipientPhone": p.Phone, "recipientName": p.name(), "message": "Retrait " + p.Status,
		"createdAt": p.Created, "updatedAt": p.Updated,
		"errorCode": p.ErrorCode, "errorMessage": p.ErrorMessage, "completedAt": nil, "metadata": nil,
	}
	if p.Completed != "" {
		object["completedAt"] = p.Completed
	}
	if p.ProviderRef != nil { // absent while pending
		object["providerReference"] = p.ProviderRef
	}
	return object
}

// checkout is the page behind a payment's redirectUrl.
func (s *Server) checkout(w http.ResponseWriter, r *http.Request) {
	id, ok := strings.CutPrefix(r.URL.Path, checkoutPath)
	p := s.payment(id)
	if !ok || p == nil {
		http.NotFound(w, r)
		return
	}
	switch {
	case r.Method == http.MethodPost && p.Status != "pending":
		// A payment that has ended stays as it is.
	case r.Method == http.MethodPost:
		switch r.PostFormValue("choix") {
		case "payer":
			p.Status = s.settings.paidWord
		case "refuser":
			p.Status = "failed"
		default:
			http.Error(w, "choix: payer ou refuser", http.StatusBadRequest)
			return
		}
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
		return
	}
	page := fake.Page{
		Provider: "CaurisFlux", Shop: "Mon Magasin", Order: p.Reference,
		Amount: string(p.Amount) + " " + p.Currency, Action: r.URL.Path,
	}
	switch event := events[p.Status]; {
	case event == "payment.success":
		page.Done, page.Back = "Paiement réussi", p.returnURL
	case event != "":
		page.Done, page.Back = "Paiement refusé", p.cancelURL
	}
	page.Show(w)
}

// input reads a body and gathers what is wrong with it.
type input struct {
	c       *call
	members map[string]json.RawMessage
	faults  []Refusal
}

func (c *call) read() *input {
	in := &input{c: c}
	in.parse(c.body)
	return in
}

// parse is strict, so that a body with two amounts is noticed.
func (in *input) parse(raw []byte) {
	if strictjson.Check(raw) != nil || json.Unmarshal(raw, &in.members) != nil || in.members == nil {
		in.fault("VALIDATION_ERROR", "the body must be one JSON object")
	}
}

func (in *input) fault(code, message string) {
	in.faults = append(in.faults, Refusal{http.StatusBadRequest, code, message})
}

// refused answers with the first fault, if there is any.
func (in *input) refused() bool {
	if len(in.faults) == 0 {
		return false
	}
	in.c.refuse(in.faults[0])
	return true
}

// text reads a member that is a string. An empty or null one is a fault: it is
// left out instead.
func (in *input) text(name string, required bool) string {
	raw, set := in.members[name]
	if !set {
		if required {
			in.fault("VALIDATION_ERROR", name+" should not be empty")
		}
		return ""
	}
	var text string
	if len(raw) == 0 || raw[0] != '"' || json.Unmarshal(raw, &text) != nil || text == "" {
		in.fault("VALIDATION_ERROR", name+" must be a string and not empty")
	}
	return text
}

// amount reads a plain decimal number above 0.
func (in *input) amount(name string) guichet.Number {
	raw := in.members[name]
	var n guichet.Number
	if len(raw) == 0 || raw[0] < '0' || raw[0] > '9' || bytes.ContainsAny(raw, "eE") ||
		n.UnmarshalJSON(raw) != nil || len(bytes.Trim(raw, "0.")) == 0 {
		in.fault("invalid_amount", name+" must be a positive number")
	}
	return n
}

func (in *input) object(name string) *input {
	inner := &input{c: in.c}
	inner.parse(in.members[name])
	return inner
}
