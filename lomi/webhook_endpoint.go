package lomi

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/redact"
	"github.com/guichetpay/guichet/internal/request"
	"github.com/guichetpay/guichet/internal/strictjson"
	"github.com/guichetpay/guichet/internal/transport"
)

// The types of event that a webhook endpoint can ask for, and Event.Type has. They
// are an open set: the USAGE_ and NETWORK_ families are not listed.
const (
	EventPaymentCreated   = "PAYMENT_CREATED"
	EventPaymentSucceeded = "PAYMENT_SUCCEEDED"
	EventPaymentFailed    = "PAYMENT_FAILED"

	EventRefundCreated   = "REFUND_CREATED"
	EventRefundCompleted = "REFUND_COMPLETED"
	EventRefundFailed    = "REFUND_FAILED"

	EventSubscriptionCreated   = "SUBSCRIPTION_CREATED"
	EventSubscriptionUpdated   = "SUBSCRIPTION_UPDATED"
	EventSubscriptionRenewed   = "SUBSCRIPTION_RENEWED"
	EventSubscriptionCancelled = "SUBSCRIPTION_CANCELLED"

	EventPayoutCreated   = "PAYOUT_CREATED"
	EventPayoutCompleted = "PAYOUT_COMPLETED"
	EventPayoutFailed    = "PAYOUT_FAILED"

	EventDisputeCreated = "DISPUTE_CREATED"
	EventDisputeUpdated = "DISPUTE_UPDATED"
	EventDisputeClosed  = "DISPUTE_CLOSED"
)

// WebhookEndpointRequest registers an address for webhooks. Empty strings and nil
// are not sent.
type WebhookEndpointRequest struct {
	URL         string         `json:"url"`               // where lomi. delivers; required
	Events      []string       `json:"authorized_events"` // such as EventPaymentSucceeded; one at least
	Description string         `json:"description,omitempty"`
	Metadata    map[string]any `json:"metadata,omitempty"`
}

// WebhookEndpointUpdate changes an endpoint; nil leaves a field as it is, and at
// least one must be set.
type WebhookEndpointUpdate struct {
	URL      *string        `json:"url,omitzero"`
	IsActive *bool          `json:"is_active,omitzero"`
	Events   []string       `json:"authorized_events,omitzero"` // in place of all; must not be empty
	Metadata map[string]any `json:"metadata,omitzero"`
}

// WebhookEndpoint is an address that lomi. delivers webhooks to. lomi. writes
// several members twice, under two names; each is read once here.
//
// Printed forms and JSON show no secret.
type WebhookEndpoint struct {
	ID          string            `json:"webhook_id" also:"id"`
	Secret      string            `json:"-" redact:"true"` // whsec_…, for Config.WebhookSecret; only in CreateWebhookEndpoint's answer
	URL         string            `json:"url"`
	Events      []string          `json:"-"`
	IsActive    *bool             `json:"is_active" also:"active"` // nil: lomi. did not say
	Description string            `json:"description"`
	Metadata    json.RawMessage   `json:"metadata"` // verbatim; nil or null: none
	Environment string            `json:"environment"`
	CreatedAt   guichet.Timestamp `json:"created_at"`
	UpdatedAt   guichet.Timestamp `json:"updated_at"`
	Raw         json.RawMessage   `json:"-" redact:"true"` // the answer, or the item of a list, as it came; may hold the secret
}

// Format prints the endpoint without its secret.
func (w WebhookEndpoint) Format(s fmt.State, verb rune) { redact.Format(s, verb, w) }

// LogValue is what slog shows of the endpoint; see Format.
func (w WebhookEndpoint) LogValue() slog.Value { return redact.LogValue(w) }

func (w *WebhookEndpoint) finish(answer layers, raw json.RawMessage) error {
	w.Secret = answer.member("secret").Text()
	if w.Events = eventsIn(answer.member("authorized_events")); w.Events == nil {
		w.Events = eventsIn(answer.member("events"))
	}
	w.Raw = raw
	return nil
}

// eventsIn reads a list of texts, or one text that holds them: separated by
// commas, or in the form that the database of lomi. prints, {A,B}. nil: none.
func eventsIn(v strictjson.Value) (events []string) {
	said := []string{v.Text()}
	for element := range v.All() {
		said = append(said, element.Text())
	}
	for _, s := range said {
		events = append(events, strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(`{}[]", `, r) })...)
	}
	return events
}

// CreateWebhookEndpoint registers an address (POST /webhooks). The secret of its
// signatures is in this answer and never again. lomi. honours no idempotency key here,
// so it is sent once: after an unknown outcome, look with [Client.ListWebhookEndpoints],
// and delete an endpoint whose secret was lost.
//
// [guichet.ErrBadResponse] beside an endpoint means that it exists and its secret was
// not in the answer.
func (c *Client) CreateWebhookEndpoint(ctx context.Context, req WebhookEndpointRequest) (*WebhookEndpoint, error) {
	call := &transport.Call{Op: "CreateWebhookEndpoint", Method: http.MethodPost, Route: "/webhooks", Policy: transport.Write}
	err := c.check(call.Op,
		request.Field{Name: "URL", Problem: request.URL(req.URL)},
		request.Field{Name: "Events", Problem: eventsProblem(req.Events)},
	)
	if err != nil {
		return nil, err
	}
	if err := setBody(call, req); err != nil {
		return nil, err
	}
	return createOne(ctx, c, call, &endpoints, func(endpoint *WebhookEndpoint, answer layers) error {
		if endpoint.Secret == "" {
			return c.besides(call, answer, guichet.ErrBadResponse, "the answer has no secret")
		}
		return nil
	})
}

func eventsProblem(events []string) string {
	if len(events) == 0 {
		return "must hold one event at least"
	}
	for _, event := range events {
		if problem := wordProblem(event); problem != "" {
			return problem
		}
	}
	return ""
}

// GetWebhookEndpoint returns one endpoint (GET /webhooks/{id}).
func (c *Client) GetWebhookEndpoint(ctx context.Context, id string) (*WebhookEndpoint, error) {
	call := &transport.Call{Op: "GetWebhookEndpoint", Route: "/webhooks/{webhook_id}", Args: []string{id}}
	return getOne(ctx, c, call, &endpoints)
}

// WebhookEndpointFilter chooses the page of [Client.ListWebhookEndpoints].
type WebhookEndpointFilter struct {
	Limit  int    // 1 to 100; 0: lomi.'s default
	Cursor string // Page.Next of the page before; empty: the first page
}

// ListWebhookEndpoints returns one page of endpoints (GET /webhooks).
func (c *Client) ListWebhookEndpoints(ctx context.Context, filter WebhookEndpointFilter) (*Page[WebhookEndpoint], error) {
	call := &transport.Call{Op: "ListWebhookEndpoints", Route: "/webhooks"}
	return nativePage(ctx, c, call, &endpoints, "webhooks", filter.Limit, filter.Cursor)
}

// UpdateWebhookEndpoint changes an endpoint (PATCH /webhooks/{id}). It is sent
// once.
func (c *Client) UpdateWebhookEndpoint(ctx context.Context, id string, update WebhookEndpointUpdate) (*WebhookEndpoint, error) {
	call := &transport.Call{
		Op: "UpdateWebhookEndpoint", Route: "/webhooks/{webhook_id}", Args: []string{id},
	}
	address, events := "", ""
	if update.URL != nil {
		address = request.URL(*update.URL)
	}
	if update.Events != nil {
		events = eventsProblem(update.Events)
	}
	err := c.check(call.Op, request.Field{Name: "URL", Problem: address}, request.Field{Name: "Events", Problem: events})
	if err != nil {
		return nil, err
	}
	if err := setChanges(call, "the update", update); err != nil {
		return nil, err
	}
	return updateOne(ctx, c, call, &endpoints)
}

// DeleteWebhookEndpoint removes an endpoint (DELETE /webhooks/{id}). It is sent
// once.
func (c *Client) DeleteWebhookEndpoint(ctx context.Context, id string) error {
	return c.acknowledge(ctx, &transport.Call{
		Op: "DeleteWebhookEndpoint", Method: http.MethodDelete, Route: "/webhooks/{webhook_id}", Args: []string{id},
	})
}

// WebhookTest is what came of a test delivery.
type WebhookTest struct {
	Success      *bool           `json:"success"`       // nil: lomi. did not say
	Status       guichet.Number  `json:"-"`             // HTTP status of the merchant's answer; empty: lomi. did not say
	Response     json.RawMessage `json:"response"`      // the merchant's answer, as lomi. puts it
	DeliveredURL string          `json:"delivered_url"` // where it went
	LogID        string          `json:"log_id"`        // of the delivery
	Raw          json.RawMessage `json:"-"`             // as it came, unwrapped
}

func (w *WebhookTest) finish(answer layers, raw json.RawMessage) error {
	w.Status, _ = answer.object().Get("status").Number()
	w.Raw = raw
	return nil
}

// TestWebhookEndpoint has lomi. send a delivery of type [TestEvent] to an endpoint (POST
// /webhooks/{id}/test). It is sent once. An endpoint that does not answer 2xx is
// [guichet.ErrInvalidRequest]: lomi. says 400.
func (c *Client) TestWebhookEndpoint(ctx context.Context, id string) (*WebhookTest, error) {
	return doOne(ctx, c, &transport.Call{
		Op: "TestWebhookEndpoint", Method: http.MethodPost, Route: "/webhooks/{webhook_id}/test", Args: []string{id},
		Policy: transport.Write,
	}, &webhookTests)
}

// WebhookDelivery is one attempt to deliver a webhook. lomi. does not describe
// its members: what is not among the fields is in Raw.
type WebhookDelivery struct {
	ID             string            `json:"-"` // delivery_id, log_id or id
	WebhookID      string            `json:"webhook_id"`
	Event          string            `json:"-"`       // event_type or event
	Success        *bool             `json:"success"` // nil: lomi. did not say
	ResponseStatus guichet.Number    `json:"response_status"`
	Attempt        guichet.Number    `json:"attempt_number"`
	CreatedAt      guichet.Timestamp `json:"created_at"`
	Raw            json.RawMessage   `json:"-" redact:"true"` // the delivery as it came; may hold the customer's data
}

func (d *WebhookDelivery) finish(answer layers, raw json.RawMessage) error {
	object := answer.object()
	for _, name := range deliveryIDs {
		d.ID = cmp.Or(d.ID, object.Get(name).Text())
	}
	d.Event = cmp.Or(object.Get("event_type").Text(), object.Get("event").Text())
	d.Raw = raw
	return nil
}

// deliveryIDs are the names under which a delivery has been seen to have its id.
var deliveryIDs = []string{"delivery_id", "log_id", "id"}

// Format prints the delivery without Raw.
func (d WebhookDelivery) Format(s fmt.State, verb rune) { redact.Format(s, verb, d) }

// LogValue is what slog shows of the delivery; see Format.
func (d WebhookDelivery) LogValue() slog.Value { return redact.LogValue(d) }

// WebhookDeliveryFilter chooses the deliveries of [Client.ListWebhookDeliveries].
type WebhookDeliveryFilter struct {
	WebhookID   string // of which endpoint; required
	SuccessOnly bool   // not together with FailedOnly
	FailedOnly  bool
	Limit       int    // 1 to 100; 0: lomi.'s default
	Cursor      string // Page.Next of the page before; empty: the first page
}

// ListWebhookDeliveries returns one page of deliveries (GET /webhooks/deliveries, or
// /webhook-delivery-logs in API 1.1.0).
func (c *Client) ListWebhookDeliveries(ctx context.Context, filter WebhookDeliveryFilter) (*Page[WebhookDelivery], error) {
	call := &transport.Call{Op: "ListWebhookDeliveries", Route: c.route("/webhooks/deliveries", "/webhook-delivery-logs"), Query: url.Values{}}
	both := ""
	if filter.SuccessOnly && filter.FailedOnly {
		both = "contradicts SuccessOnly"
	}
	err := c.check(call.Op,
		request.Field{Name: "WebhookID", Problem: request.ID(filter.WebhookID)},
		request.Field{Name: "FailedOnly", Problem: both},
	)
	if err != nil {
		return nil, err
	}
	call.Query.Set("webhookId", filter.WebhookID)
	for name, set := range map[string]bool{"successOnly": filter.SuccessOnly, "failedOnly": filter.FailedOnly} {
		if set {
			call.Query.Set(name, strconv.FormatBool(set))
		}
	}
	return nativePage(ctx, c, call, &deliveries, "deliveries", filter.Limit, filter.Cursor)
}

// GetWebhookDelivery returns one delivery (GET /webhooks/deliveries/{id}, or
// /webhook-delivery-logs/{id} in API 1.1.0).
func (c *Client) GetWebhookDelivery(ctx context.Context, id string) (*WebhookDelivery, error) {
	call := &transport.Call{
		Op:    "GetWebhookDelivery",
		Route: c.route("/webhooks/deliveries/{delivery_id}", "/webhook-delivery-logs/{delivery_id}"), Args: []string{id},
	}
	return getOne(ctx, c, call, &deliveries)
}

// RetryWebhookDelivery has lomi. deliver once more (POST
// /webhooks/{webhookId}/deliveries/{deliveryId}/retry, or
// /webhooks/{webhookId}/logs/{logId}/retry in API 1.1.0). It is sent once; the receiver
// knows a repeated event by its id. lomi.'s answer is not described and is ignored.
func (c *Client) RetryWebhookDelivery(ctx context.Context, webhookID, deliveryID string) error {
	return c.acknowledge(ctx, &transport.Call{
		Op: "RetryWebhookDelivery", Method: http.MethodPost,
		Route: c.route("/webhooks/{webhook_id}/deliveries/{delivery_id}/retry", "/webhooks/{webhook_id}/logs/{delivery_id}/retry"),
		Args:  []string{webhookID, deliveryID},
	})
}
