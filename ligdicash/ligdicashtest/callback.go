package ligdicashtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/guichetpay/guichet/internal/fake"
)

// FormEncoding is how the form twin of a callback writes what is nested. Which
// one LigdiCash uses is not settled; a receiver should read all three.
type FormEncoding int

const (
	FormJSON    FormEncoding = iota // custom_data={"…"} or [{…}] as one JSON text
	FormKeys                        // custom_data[transaction_id]=…
	FormRecords                     // custom_data[0][keyof_customdata]=…&custom_data[0][valueof_customdata]=…
)

// SendWebhook posts both callbacks about the present state of a payment or
// payout to receiver, the JSON and its form twin, one after the other. An answer that
// is not 2xx is an error, as is an unknown id; the second is sent all the same.
// LigdiCash signs neither.
func (s *Server) SendWebhook(receiver, id string) error {
	s.mu.Lock()
	body := s.callback(id)
	encoding, formFirst := s.encoding, s.formFirst
	s.mu.Unlock()
	if body == nil {
		return errUnknown
	}
	first, second, err := Twins(receiver, body, encoding)
	if err != nil {
		return err
	}
	if formFirst {
		first, second = second, first
	}
	return errors.Join(fake.Deliver(first, 10*time.Second), fake.Deliver(second, 10*time.Second))
}

// callback is the JSON body about a payment or payout, nil if there is none.
// The caller holds the lock.
func (s *Server) callback(id string) []byte {
	p := s.byToken(id)
	if p == nil {
		return nil
	}
	fields := p.answer()
	fields["token"] = s.callbackToken(p.token)
	if p.payout {
		fields = p.payoutAnswer()
		amount := strconv.FormatInt(p.amount, 10)
		operator, _ := strconv.Atoi(fmt.Sprint(fields["operator_id"]))
		fields["operator_id"], fields["amount"], fields["montant"] = operator, amount, amount
		fields["url"], fields["url_method"] = p.callbackURL, ""
		fields["transaction_id"], fields["external_id"] = p.hex(), p.hex()
	}
	body, err := json.Marshal(fields)
	if err != nil {
		panic(err) // only strings and integers are in there
	}
	return body
}

// Twins returns the two deliveries of a callback with this JSON body: send them,
// or hand header and body to ParseWebhook.
func Twins(receiver string, body []byte, encoding FormEncoding) (asJSON, asForm *http.Request, err error) {
	form, err := encode(body, encoding)
	if err != nil {
		return nil, nil, err
	}
	if asJSON, err = post(receiver, "application/json", body); err != nil {
		return nil, nil, err
	}
	asForm, err = post(receiver, "application/x-www-form-urlencoded", []byte(form.Encode()))
	return asJSON, asForm, err
}

func post(receiver, mediaType string, body []byte) (*http.Request, error) {
	req, err := http.NewRequest(http.MethodPost, receiver, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", mediaType)
	return req, nil
}

// encode writes a JSON object as a form.
func encode(body []byte, encoding FormEncoding) (url.Values, error) {
	var object map[string]json.RawMessage
	if err := json.Unmarshal(body, &object); err != nil {
		return nil, err
	}
	form := url.Values{}
	for name, raw := range object {
		switch {
		case raw[0] != '{' && raw[0] != '[' || encoding == FormJSON:
			form.Set(name, scalar(raw))
		case encoding == FormKeys && raw[0] == '[':
			var records []record
			if err := json.Unmarshal(raw, &records); err != nil {
				return nil, err
			}
			for _, r := range records {
				form.Set(name+"["+r.Key+"]", r.Value)
			}
		case raw[0] == '[':
			var records []map[string]json.RawMessage
			if err := json.Unmarshal(raw, &records); err != nil {
				return nil, err
			}
			for i, r := range records {
				for key, value := range r {
					form.Set(fmt.Sprintf("%s[%d][%s]", name, i, key), scalar(value))
				}
			}
		default:
			var members map[string]json.RawMessage
			if err := json.Unmarshal(raw, &members); err != nil {
				return nil, err
			}
			for key, value := range members {
				form.Set(name+"["+key+"]", scalar(value))
			}
		}
	}
	return form, nil
}

// scalar writes a value as a form does: all text, null empty.
func scalar(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil { // null leaves it empty
		return s
	}
	return strings.TrimSpace(string(raw))
}
