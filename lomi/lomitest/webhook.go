package lomitest

import (
	"bytes"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/guichetpay/guichet/internal/fake"
	"github.com/guichetpay/guichet/internal/webhook"
	"github.com/guichetpay/guichet/lomi"
)

// Signing says which signatures a webhook carries.
type Signing int

const (
	SignBase Signing = iota // X-Lomi-Signature
	SignV1                  // X-Lomi-Signature-V1
	SignBoth
)

// eventPrefixes and eventSuffixes make the type of an event, by what it is about
// and the status word of that.
var eventPrefixes = map[string]string{
	sessions: "PAYMENT_", links: "PAYMENT_", transactions: "PAYMENT_", refunds: "REFUND_", payouts: "PAYOUT_",
}

var eventSuffixes = map[string]string{
	"open": "CREATED", "pending": "CREATED", "processing": "CREATED", "held": "CREATED",
	"completed": "COMPLETED", "expired": "FAILED", "failed": "FAILED",
}

func eventType(kind, word string) string {
	suffix := eventSuffixes[word]
	if kind != refunds && kind != payouts && suffix == "COMPLETED" {
		suffix = "SUCCEEDED"
	}
	return eventPrefixes[kind] + suffix
}

// SendWebhook posts a webhook about the present state of a session, link,
// transaction, refund or payout to url, signed with Config().WebhookSecret as
// SignWith says. Deliveries of one state share their id. An answer that is not
// 2xx is an error, as is an unknown id.
func (s *Server) SendWebhook(url, id string) error {
	s.mu.Lock()
	body, err := s.event(id)
	signing := s.switches.signing
	s.mu.Unlock()
	if err != nil {
		return err
	}
	return deliver(url, webhookSecret, body, signing)
}

// SendTestWebhook posts the delivery that the dashboard sends on request; its
// envelope is unlike that of the events.
func (s *Server) SendTestWebhook(url string) error {
	s.mu.Lock()
	body := s.testEvent("webhook")
	signing := s.switches.signing
	s.mu.Unlock()
	return deliver(url, webhookSecret, body, signing)
}

func deliver(url, secret string, body []byte, signing Signing) error {
	req, err := SignedRequest(url, secret, body, time.Now(), signing)
	if err != nil {
		return err
	}
	return fake.Deliver(req, 4*time.Second)
}

// event is the body about an object. The caller holds the lock.
func (s *Server) event(id string) ([]byte, error) {
	var kind string
	var about object
	for name := range eventPrefixes {
		if o := s.find(name, id); o != nil {
			kind, about = name, o
		}
	}
	if about == nil {
		return nil, fmt.Errorf("lomitest: nothing that has webhooks has the id %q", id)
	}
	word, data := about.text("status"), about
	switch kind {
	case links:
		word, data = s.linkEvent(about)
	case sessions:
		data = s.sessionEvent(about)
	}
	eventID := s.events[id+" "+word]
	if eventID == "" {
		eventID = s.newID()
		s.events[id+" "+word] = eventID
	}
	return compact(object{
		"id": eventID, "event": eventType(kind, word), "timestamp": now(), "data": data, "lomi_environment": "production",
	}), nil
}

// sessionEvent is the data about a session: far less than the API has.
func (s *Server) sessionEvent(session object) object {
	return object{
		"transaction_id": s.paid[session.text("checkout_session_id")], "gross_amount": session["amount"], "currency_code": session["currency_code"],
		"transaction_type": "payment", "status": session["status"], "checkout_session_id": session["checkout_session_id"],
		"payment_link_id": session["payment_link_id"], "metadata": session["metadata"], "environment": "test",
	}
}

// linkEvent is the data about a link's last paid session, else about the link.
func (s *Server) linkEvent(link object) (word string, data object) {
	paid := s.where(sessions, func(o object) bool {
		return o.text("payment_link_id") == link.text("link_id") && o.text("status") == wordCompleted
	})
	if len(paid) > 0 {
		return wordCompleted, s.sessionEvent(paid[0])
	}
	word = wordOpen
	if !usable(link) {
		word = wordExpired
	}
	return word, object{
		"gross_amount": link["amount"], "currency_code": link["currency_code"], "status": word,
		"payment_link_id": link["link_id"], "metadata": link["metadata"], "environment": "test",
	}
}

// testEvent is the body of a test delivery. The caller holds the lock.
func (s *Server) testEvent(webhookID string) []byte {
	return compact(object{
		"id": "evt_test_" + s.newID(), "type": lomi.TestEvent, "created": time.Now().Unix(), "livemode": false, "webhook_id": webhookID,
		"data": object{"object": object{"amount": 10000, "currency": "XOF", "status": "completed", "metadata": object{"test": true}}},
	})
}

func compact(o object) []byte { return []byte(bytes.TrimSpace([]byte(answerJSON(0, o).Body))) }

// SignedRequest returns a webhook delivery with this body, signed with the
// secret, for testing a receiver: send it, or hand its Header and the body to
// ParseWebhook. The base signature covers no time.
func SignedRequest(url, secret string, body []byte, at time.Time, signing Signing) (*http.Request, error) {
	req, err := http.NewRequest(http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "Lomi-Webhook/1.0")
	req.Header.Set("X-Lomi-Timestamp", at.UTC().Format("2006-01-02T15:04:05.000Z"))
	if event, err := lomi.DecodeWebhook(body); err == nil {
		req.Header.Set(lomi.EventHeader, event.Type)
	}
	if signing == SignBase || signing == SignBoth {
		req.Header.Set(lomi.SignatureHeader, webhook.Sign(secret, body))
	}
	if signing == SignV1 || signing == SignBoth {
		stamp := strconv.FormatInt(at.Unix(), 10)
		req.Header.Set(lomi.SignatureV1Header, "t="+stamp+",v1="+webhook.Sign(secret, []byte(stamp), []byte("."), body))
	}
	return req, nil
}
