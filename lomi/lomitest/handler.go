package lomitest

import (
	"bytes"
	"crypto/subtle"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/guichetpay/guichet/internal/fake"
)

// object is one thing as it is answered.
type object map[string]any

func (o object) text(name string) string {
	s, _ := o[name].(string)
	return s
}

// fill adds null for the members that an answer has even when they are empty.
func (o object) fill(names ...string) object {
	for _, name := range names {
		if _, ok := o[name]; !ok {
			o[name] = nil
		}
	}
	return o
}

// table holds the objects of one kind, in order of creation.
type table struct {
	id   string // the member that holds the id
	rows []object
}

// call is one authorised API request. Its handler runs under the lock.
type call struct {
	s         *Server
	r         *http.Request
	body      object // of POST and PATCH
	raw       []byte
	requestID string
	origin    string // http://host, as the client sees the server
}

func (c *call) id() string { return c.r.PathValue("id") }

type handler func(c *call) Answer

// stored is the answer to a call with an idempotency key.
type stored struct {
	route  string
	body   []byte
	answer Answer
}

// pagesPrefix is where the pages for customers are; the rest is the API.
const pagesPrefix = "/pay/"

func isAPI(r *http.Request) bool { return !strings.HasPrefix(r.URL.Path, pagesPrefix) }

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock() // the request has been read, and its answer is gathered in memory
	defer s.mu.Unlock()
	if !isAPI(r) {
		s.pages(w, r)
		return
	}
	requestID := r.Header.Get("X-Request-Id")
	if requestID == "" {
		requestID = s.newID()
	}
	w.Header().Set("X-Request-Id", requestID)
	if len(s.answers) > 0 {
		next := s.answers[0]
		s.answers = s.answers[1:]
		next.write(w)
		return
	}
	c := &call{s: s, r: r, requestID: requestID, origin: origin(r)}
	if keys := r.Header.Values("X-API-KEY"); len(keys) == 0 {
		refuse(c, http.StatusUnauthorized, "unauthorized", "API Key is missing", "Unauthorized").write(w)
		return
	} else if len(keys) > 1 || subtle.ConstantTimeCompare([]byte(keys[0]), []byte(apiKey)) == 0 {
		refuse(c, http.StatusUnauthorized, "unauthorized", "Invalid API Key", "Unauthorized").write(w)
		return
	}
	s.mux.ServeHTTP(w, r)
}

func origin(r *http.Request) string {
	if r.TLS != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// keyUse says what an endpoint makes of an idempotency key.
type keyUse int

const (
	noKey       keyUse = iota // ignored
	keyOptional               // honoured
	keyRequired               // honoured, and asked for by September2026
	keySwitched               // honoured if HonourLinkKeys is on
)

// endpoint wraps a handler for the mux. fields is the schema of the body; nil
// where there is none.
func (s *Server) endpoint(use keyUse, fields schema, h handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c := &call{s: s, r: r, requestID: w.Header().Get("X-Request-Id"), origin: origin(r)}
		c.raw, _ = io.ReadAll(r.Body)
		key := strings.TrimSpace(r.Header.Get("Idempotency-Key"))
		key = key[:min(len(key), 255)]
		honoured := use == keyOptional || use == keyRequired || (use == keySwitched && s.switches.linkKeys)
		if key == "" && use == keyRequired && s.generation == September2026 {
			refuse(c, http.StatusBadRequest, "idempotency_key_required", "Idempotency-Key header is required", nil).write(w)
			return
		}
		if !honoured || key == "" {
			c.run(fields, h).write(w)
			return
		}
		route := r.Method + " " + r.URL.Path
		if confirms(c.raw) { // the second of two steps has the key of the first
			key += " confirmed"
		}
		before, ok := s.keys[key]
		switch {
		case !ok:
			before = stored{route, c.raw, c.run(fields, h)}
			s.keys[key] = before
		case before.route != route || !bytes.Equal(before.body, c.raw):
			refuse(c, http.StatusConflict, "idempotency_key_reused", "Idempotency key was used with another body", nil).write(w)
			return
		default:
			w.Header().Set("Idempotency-Cache-Hit", "true")
		}
		before.answer.write(w)
	}
}

func confirms(body []byte) bool {
	var w struct {
		Token string `json:"confirmation_token"`
	}
	return json.Unmarshal(body, &w) == nil && w.Token != ""
}

// run reads and checks the body and has h answer.
func (c *call) run(fields schema, h handler) Answer {
	if fields != nil {
		if problems := c.read(fields); problems != nil {
			return badRequest(c, problems...)
		}
	}
	return h(c)
}

func (c *call) read(fields schema) (problems []string) {
	decoder := json.NewDecoder(bytes.NewReader(c.raw))
	decoder.UseNumber() // amounts come back digit for digit
	if len(c.raw) == 0 {
		c.body = object{}
	} else if decoder.Decode(&c.body) != nil || c.body == nil || decoder.More() {
		return []string{"Unexpected token in JSON"}
	}
	return fields.check(c.body, c.s.switches.strictBodies)
}

func (s *Server) newID() string {
	s.last++
	return fake.NewID(s.last)
}

func now() string { return time.Now().UTC().Format("2006-01-02T15:04:05.000Z") }

// add gives o an id and the members that everything has, and keeps it.
func (s *Server) add(kind, idName string, o object) object {
	t := s.table(kind, idName)
	o[idName] = s.newID()
	o["environment"] = "test"
	o["organization_id"] = organizationID
	o["created_at"], o["updated_at"] = now(), now()
	t.rows = append(t.rows, o)
	return o
}

const organizationID = "5f0c2d6e-0000-4000-8000-000000000001"

func (s *Server) table(kind, idName string) *table {
	if s.tables[kind] == nil {
		s.tables[kind] = &table{id: idName}
	}
	return s.tables[kind]
}

// find returns an object of a kind; nil if there is none.
func (s *Server) find(kind, id string) object {
	t := s.tables[kind]
	if t == nil {
		return nil
	}
	i := slices.IndexFunc(t.rows, func(o object) bool { return strings.EqualFold(o.text(t.id), id) })
	if i < 0 {
		return nil
	}
	return t.rows[i]
}

// where returns the objects of a kind for which keep holds, newest first.
func (s *Server) where(kind string, keep func(object) bool) []object {
	var found []object
	if t := s.tables[kind]; t != nil {
		for _, o := range slices.Backward(t.rows) {
			if keep == nil || keep(o) {
				found = append(found, o)
			}
		}
	}
	return found
}

// one answers with the object of the path.
func one(kind, name string) handler {
	return func(c *call) Answer {
		if o := c.s.find(kind, c.id()); o != nil {
			return answerJSON(http.StatusOK, o)
		}
		return notFound(c, name, c.id())
	}
}

// patch writes the body over the object of the path.
func patch(kind, name string) handler {
	return func(c *call) Answer {
		o := c.s.find(kind, c.id())
		if o == nil {
			return notFound(c, name, c.id())
		}
		maps.Copy(o, c.body)
		o["updated_at"] = now()
		return answerJSON(http.StatusOK, o)
	}
}
