package lomitest

import (
	"maps"
	"net"
	"net/http"
	"net/url"
)

// Kinds of object around webhooks.
const (
	webhooks   = "webhook"
	deliveries = "delivery"
)

var webhookPatchFields = schema{
	"url": {kind: isText}, "authorized_events": {kind: isList}, "is_active": {kind: isBool}, "description": {kind: isText}, "metadata": {kind: isObject},
}

var webhookFields = webhookPatchFields.with(schema{"url": {kind: isText, required: true}, "authorized_events": {kind: isList, required: true}})

func (s *Server) webhookRoutes(mux *http.ServeMux) {
	mux.HandleFunc("POST /webhooks", s.endpoint(noKey, webhookFields, createWebhook))
	mux.HandleFunc("GET /webhooks", s.endpoint(noKey, nil, func(c *call) Answer { return c.page(bareArray, "", c.s.where(webhooks, nil)) }))
	mux.HandleFunc("GET /webhooks/{id}", s.endpoint(noKey, nil, one(webhooks, "Webhook")))
	mux.HandleFunc("PATCH /webhooks/{id}", s.endpoint(noKey, webhookPatchFields, patchWebhook))
	mux.HandleFunc("DELETE /webhooks/{id}", s.endpoint(noKey, nil, remove(webhooks, "Webhook")))
	mux.HandleFunc("POST /webhooks/{id}/test", s.endpoint(noKey, nil, testWebhook))

	mux.HandleFunc("GET /webhooks/deliveries", s.endpoint(noKey, nil, only(September2026, listDeliveries)))
	mux.HandleFunc("GET /webhooks/deliveries/{id}", s.endpoint(noKey, nil, only(September2026, one(deliveries, "Delivery"))))
	mux.HandleFunc("POST /webhooks/{id}/deliveries/{delivery}/retry", s.endpoint(noKey, nil, only(September2026, retryDelivery)))
	mux.HandleFunc("GET /webhook-delivery-logs", s.endpoint(noKey, nil, only(June2026, listDeliveries)))
	mux.HandleFunc("GET /webhook-delivery-logs/{id}", s.endpoint(noKey, nil, only(June2026, one(deliveries, "Delivery"))))
	mux.HandleFunc("POST /webhooks/{id}/logs/{delivery}/retry", s.endpoint(noKey, nil, only(June2026, retryDelivery)))
}

// double writes the members that lomi. answers under two names.
func double(webhook object) {
	for name, other := range map[string]string{"webhook_id": "id", "authorized_events": "events", "is_active": "active"} {
		webhook[other] = webhook[name]
	}
}

func createWebhook(c *call) Answer {
	webhook := maps.Clone(c.body)
	webhook.otherwise("is_active", true)
	webhook.fill("description", "metadata")
	c.s.add(webhooks, "webhook_id", webhook)
	double(webhook)
	if c.s.generation == June2026 {
		return answerJSON(http.StatusCreated, object{"data": webhook, "secret": webhookSecret})
	}
	flat := maps.Clone(webhook) // the secret is shown here and never again
	flat["secret"] = webhookSecret
	return answerJSON(http.StatusCreated, flat)
}

func patchWebhook(c *call) Answer {
	answer := patch(webhooks, "Webhook")(c)
	webhook := c.s.find(webhooks, c.id())
	if webhook == nil {
		return answer
	}
	double(webhook)
	return answerJSON(http.StatusOK, webhook)
}

func testWebhook(c *call) Answer {
	webhook := c.s.find(webhooks, c.id())
	if webhook == nil {
		return notFound(c, "Webhook", c.id())
	}
	delivery := c.s.send(webhook, "test.webhook", c.s.testEvent(c.id()))
	if delivery["success"] != true {
		return refuse(c, http.StatusBadRequest, "bad_request", "The receiver did not accept the test", delivery["response_body"])
	}
	return answerJSON(http.StatusOK, object{
		"success": true, "status": delivery["response_status"], "response": delivery["response_body"],
		"delivered_url": webhook["url"], "log_id": delivery["log_id"],
	})
}

// send delivers a body to an endpoint and keeps a record of it. Only loopback is
// reached: to other hosts the delivery is taken as accepted.
func (s *Server) send(webhook object, event string, body []byte) object {
	target := webhook.text("url")
	status, text := http.StatusOK, "OK"
	if isLoopback(target) {
		signing := s.switches.signing
		s.mu.Unlock() // the receiver may ask this server
		err := deliver(target, webhookSecret, body, signing)
		s.mu.Lock()
		if err != nil {
			status, text = http.StatusInternalServerError, err.Error()
		}
	}
	delivery := s.add(deliveries, "log_id", object{
		"webhook_id": webhook["webhook_id"], "event_type": event, "payload": string(body), "attempt_number": 1,
		"success": status == http.StatusOK, "response_status": status, "response_body": text,
	})
	delivery["id"] = delivery["log_id"]
	return delivery
}

func isLoopback(target string) bool {
	u, err := url.Parse(target)
	if err != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || (ip != nil && ip.IsLoopback())
}

func listDeliveries(c *call) Answer {
	q := c.r.URL.Query()
	if q.Get("webhookId") == "" {
		return badRequest(c, "webhookId should not be empty")
	}
	return c.page(bareArray, "", c.s.where(deliveries, func(o object) bool {
		ok := o["success"] == true
		return o.text("webhook_id") == q.Get("webhookId") && (ok || q.Get("successOnly") != "true") && (!ok || q.Get("failedOnly") != "true")
	}))
}

func retryDelivery(c *call) Answer {
	webhook, before := c.s.find(webhooks, c.id()), c.s.find(deliveries, c.r.PathValue("delivery"))
	if webhook == nil || before == nil {
		return notFound(c, "Delivery", c.r.PathValue("delivery"))
	}
	again := c.s.send(webhook, before.text("event_type"), []byte(before.text("payload")))
	return answerJSON(http.StatusOK, object{"success": again["success"], "status": again["response_status"], "log_id": again["log_id"]})
}
