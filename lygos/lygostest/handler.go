package lygostest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/guichetpay/guichet/internal/fake"
	"github.com/guichetpay/guichet/lygos"
)

// gateway is one gateway as it is answered. The texts that may be null come back
// as they were sent, null included.
type gateway struct {
	ID          string         `json:"id"`
	Amount      int64          `json:"amount"`
	Currency    string         `json:"currency"`
	ShopName    string         `json:"shop_name"`
	Message     *string        `json:"message"`
	UserID      string         `json:"user_id,omitempty"`
	UserCountry *lygos.Country `json:"user_country,omitempty"`
	Created     string         `json:"creation_date"`
	Link        string         `json:"link"`
	OrderID     string         `json:"order_id"`
	SuccessURL  *string        `json:"success_url"`
	FailureURL  *string        `json:"failure_url"`

	operation string // of the webhooks
}

const userID = "5f0c2d6e-0000-4000-8000-000000000001"

// byOrder returns the newest gateway of an order: Lygos seems to take an order
// id twice. The caller holds the lock.
func (s *Server) byOrder(orderID string) *gateway {
	for i := len(s.gateways) - 1; i >= 0; i-- {
		if s.gateways[i].OrderID == orderID {
			return s.gateways[i]
		}
	}
	return nil
}

// slashes are collapsed, because clients in the field send /v1//gateway.
var slashes = regexp.MustCompile(`//+`)

func cleanPath(r *http.Request) string { return slashes.ReplaceAllString(r.URL.Path, "/") }

func isAPI(r *http.Request) bool {
	path := cleanPath(r)
	return path == "/v1" || strings.HasPrefix(path, "/v1/")
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	if !isAPI(r) {
		s.checkout(w, r)
		return
	}
	s.mu.Lock() // the request has been read, and its answer is gathered in memory
	defer s.mu.Unlock()
	if len(s.answers) > 0 {
		next := s.answers[0]
		s.answers = s.answers[1:]
		next.write(w)
		return
	}
	// An escaped slash is decoded before routing.
	path := strings.TrimSuffix(strings.TrimPrefix(cleanPath(r), "/v1"), "/")
	order, isPayin := strings.CutPrefix(path, "/gateway/payin/")
	id, isOne := strings.CutPrefix(path, "/gateway/")
	switch {
	case path == "/gateway":
		s.route(w, r, true, methods{http.MethodGet: s.list, http.MethodPost: s.create})
	case isPayin && !strings.Contains(order, "/"):
		s.route(w, r, true, methods{http.MethodGet: func(w http.ResponseWriter, _ *http.Request) { s.payin(w, order) }})
	case isOne && !strings.Contains(id, "/"):
		// No key is shown for the single gateway, so none is asked for.
		s.route(w, r, r.Method != http.MethodGet, methods{
			http.MethodGet:    s.one(id, s.get),
			http.MethodPut:    s.one(id, s.update),
			http.MethodDelete: s.one(id, s.remove),
		})
	default:
		RouteNotFound.write(w)
	}
}

type methods map[string]http.HandlerFunc

// route checks the method and the key.
func (s *Server) route(w http.ResponseWriter, r *http.Request, needsKey bool, m methods) {
	handler, ok := m[r.Method]
	keys := r.Header.Values("api-key")
	switch {
	case !ok:
		Answer{http.StatusMethodNotAllowed, `{"detail":"Method Not Allowed"}`}.write(w)
	case needsKey && len(keys) == 0:
		NoAPIKey.write(w)
	case needsKey && (len(keys) > 1 || keys[0] != apiKey):
		UnknownAPIKey.write(w)
	default:
		handler(w, r)
	}
}

func (a Answer) write(w http.ResponseWriter) {
	if a.Body != "" {
		w.Header().Set("Content-Type", "application/json")
	}
	w.WriteHeader(a.Status)
	io.WriteString(w, a.Body)
}

func (s *Server) list(w http.ResponseWriter, _ *http.Request) {
	all := append([]*gateway{}, s.gateways...)
	fake.JSON(w, http.StatusOK, all)
}

func (s *Server) create(w http.ResponseWriter, r *http.Request) {
	f, ok := readFields(w, r)
	if !ok {
		return
	}
	g := &gateway{
		Amount:     *f.integer("amount", required),
		ShopName:   *f.text("shop_name", required),
		OrderID:    *f.text("order_id", required),
		Message:    f.text("message", nullable),
		SuccessURL: f.text("success_url", nullable),
		FailureURL: f.text("failure_url", nullable),
	}
	if f.refuse(w) {
		return
	}
	s.last++
	g.ID, g.operation = fake.NewID(2*s.last), fake.NewID(2*s.last+1)
	g.UserID, g.Currency = userID, s.currency
	g.Created = time.Now().UTC().Format(time.RFC3339)
	g.Link = r.Host + "/checkout/" + g.ID
	if !s.schemeless {
		scheme := "http://"
		if r.TLS != nil {
			scheme = "https://"
		}
		g.Link = scheme + g.Link
	}
	s.gateways = append(s.gateways, g)
	fake.JSON(w, http.StatusOK, g)
}

func (s *Server) payin(w http.ResponseWriter, orderID string) {
	word, ok := s.payins[orderID]
	if !ok {
		TransactionNotFound.write(w)
		return
	}
	fake.JSON(w, http.StatusOK, map[string]string{"order_id": orderID, "status": word})
}

var uuid = regexp.MustCompile(`(?i)^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// one finds the gateway of the path.
func (s *Server) one(id string, handle func(http.ResponseWriter, *http.Request, int)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !uuid.MatchString(id) {
			refuse(w, fault{[]any{"path", "gateway_id"}, "Input should be a valid UUID", "uuid_parsing"})
			return
		}
		i := s.index(id)
		if i < 0 {
			GatewayNotFound.write(w)
			return
		}
		handle(w, r, i)
	}
}

// index finds a gateway by its id; -1 if there is none. The caller holds the lock.
func (s *Server) index(id string) int {
	return slices.IndexFunc(s.gateways, func(g *gateway) bool { return strings.EqualFold(g.ID, id) })
}

func (s *Server) get(w http.ResponseWriter, _ *http.Request, i int) {
	detail := *s.gateways[i]
	country := s.country
	detail.UserID, detail.UserCountry = "", &country
	for _, text := range []**string{&detail.Message, &detail.SuccessURL, &detail.FailureURL} {
		plain := deref(*text) // never null in this answer
		*text = &plain
	}
	fake.JSON(w, http.StatusOK, detail)
}

func (s *Server) update(w http.ResponseWriter, r *http.Request, i int) {
	f, ok := readFields(w, r)
	if !ok {
		return
	}
	amount := f.integer("amount", optional)
	shop := f.text("shop_name", optional)
	message := f.text("message", optional)
	success := f.text("success_url", optional)
	failure := f.text("failure_url", optional)
	if f.refuse(w) {
		return
	}
	g := s.gateways[i]
	if amount != nil {
		g.Amount = *amount
	}
	if shop != nil {
		g.ShopName = *shop
	}
	g.Message = cmp.Or(message, g.Message)
	g.SuccessURL = cmp.Or(success, g.SuccessURL)
	g.FailureURL = cmp.Or(failure, g.FailureURL)
	fake.JSON(w, http.StatusOK, g)
}

func (s *Server) remove(w http.ResponseWriter, _ *http.Request, i int) {
	s.gateways = slices.Delete(s.gateways, i, i+1)
	if s.deleted == http.StatusNoContent {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	fake.JSON(w, http.StatusOK, "Payment gateway deleted")
}

// choices are the buttons of the checkout page.
var choices = map[string]string{"payer": wordSucceeded, "refuser": wordFailed}

// checkout is the page behind a gateway's link. Opening it starts the payment.
func (s *Server) checkout(w http.ResponseWriter, r *http.Request) {
	id, isPage := strings.CutPrefix(r.URL.Path, "/checkout/")
	word := wordStarted
	switch r.Method {
	case http.MethodGet:
	case http.MethodPost:
		if word = choices[r.PostFormValue("choix")]; word == "" {
			http.Error(w, "choix : payer ou refuser", http.StatusBadRequest)
			return
		}
	default:
		http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
		return
	}
	page, ok := s.visit(id, word)
	if !isPage || !ok {
		http.NotFound(w, r)
		return
	}
	page.Action = r.URL.Path
	page.Show(w)
}

// visit has the customer do something on the page of a gateway. A payment that
// has ended stays as it is, and one that has begun does not begin again.
func (s *Server) visit(id, word string) (fake.Page, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.index(id)
	if i < 0 {
		return fake.Page{}, false
	}
	g := s.gateways[i]
	now := s.payins[g.OrderID]
	if now == "" || (now == wordStarted && word != wordStarted) {
		now = word
		s.payins[g.OrderID] = now
	}
	page := fake.Page{Provider: "Lygos", Shop: g.ShopName, Order: g.OrderID, Amount: fmt.Sprintf("%d %s", g.Amount, g.Currency)}
	switch now {
	case wordSucceeded:
		page.Done, page.Back = "Paiement réussi", deref(g.SuccessURL)
	case wordFailed:
		page.Done, page.Back = "Paiement refusé", deref(g.FailureURL)
	}
	return page, true
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// fault is one entry of a 422.
type fault struct {
	Loc  []any  `json:"loc"`
	Msg  string `json:"msg"`
	Type string `json:"type"`
}

func refuse(w http.ResponseWriter, faults ...fault) {
	fake.JSON(w, http.StatusUnprocessableEntity, map[string]any{"detail": faults})
}

// presence says what a field of a body may be.
type presence int

const (
	required presence = iota
	nullable          // may be null or absent; absent is ""
	optional          // may be absent; nil then
)

// fields reads a body and gathers what is wrong with it. Unknown fields are
// ignored.
type fields struct {
	body   map[string]json.RawMessage
	faults []fault
}

func readFields(w http.ResponseWriter, r *http.Request) (*fields, bool) {
	body, _ := io.ReadAll(r.Body)
	f := &fields{}
	switch {
	case len(body) == 0:
		refuse(w, fault{[]any{"body"}, "Field required", "missing"})
	case !json.Valid(body):
		refuse(w, fault{[]any{"body", 0}, "JSON decode error", "json_invalid"})
	case json.Unmarshal(body, &f.body) != nil || f.body == nil:
		refuse(w, fault{[]any{"body"}, "Input should be a valid dictionary", "dict_type"})
	default:
		return f, true
	}
	return nil, false
}

// refuse answers 422 if anything was wrong.
func (f *fields) refuse(w http.ResponseWriter) bool {
	if len(f.faults) == 0 {
		return false
	}
	refuse(w, f.faults...)
	return true
}

func (f *fields) fault(name, msg, kind string) {
	f.faults = append(f.faults, fault{[]any{"body", name}, msg, kind})
}

func (f *fields) text(name string, p presence) *string {
	raw, ok := f.body[name]
	text := ""
	switch {
	case !ok && p == optional, string(raw) == "null" && p == nullable:
		return nil
	case !ok && p == required:
		f.fault(name, "Field required", "missing")
	case ok && (raw[0] != '"' || json.Unmarshal(raw, &text) != nil):
		f.fault(name, "Input should be a valid string", "string_type")
	}
	return &text
}

func (f *fields) integer(name string, p presence) *int64 {
	raw, ok := f.body[name]
	if !ok && p == optional {
		return nil
	}
	var n int64
	switch {
	case !ok:
		f.fault(name, "Field required", "missing")
	case string(raw) == "null" || json.Unmarshal(raw, &n) != nil:
		f.fault(name, "Input should be a valid integer", "int_type")
	case n <= 0:
		f.fault(name, "Input should be greater than 0", "greater_than")
	}
	return &n
}
