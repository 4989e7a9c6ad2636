package lomi

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/redact"
	"github.com/guichetpay/guichet/internal/request"
	"github.com/guichetpay/guichet/internal/transport"
)

// CustomerRequest creates a customer. Empty strings and nil are not sent.
type CustomerRequest struct {
	Name           string         `json:"name" redact:"true"` // required
	Email          string         `json:"email,omitempty" redact:"true"`
	PhoneNumber    string         `json:"phone_number,omitempty" redact:"true"`    // E.164 with +
	WhatsAppNumber string         `json:"whatsapp_number,omitempty" redact:"true"` // E.164 with +
	Country        string         `json:"country,omitempty"`
	City           string         `json:"city,omitempty" redact:"true"`
	Address        string         `json:"address,omitempty" redact:"true"`
	PostalCode     string         `json:"postal_code,omitempty" redact:"true"`
	IsBusiness     *bool          `json:"is_business,omitzero"`
	Metadata       map[string]any `json:"metadata,omitempty" redact:"true"`
}

// Format prints the request without personal data.
func (r CustomerRequest) Format(s fmt.State, verb rune) { redact.Format(s, verb, r) }

// LogValue is what slog shows of the request: no personal data.
func (r CustomerRequest) LogValue() slog.Value { return redact.LogValue(r) }

// CustomerUpdate changes a customer; nil leaves a field as it is, and at least
// one must be set.
type CustomerUpdate struct {
	Name           *string        `json:"name,omitzero" redact:"true"`
	Email          *string        `json:"email,omitzero" redact:"true"`
	PhoneNumber    *string        `json:"phone_number,omitzero" redact:"true"`    // E.164 with +
	WhatsAppNumber *string        `json:"whatsapp_number,omitzero" redact:"true"` // E.164 with +
	Country        *string        `json:"country,omitzero"`
	City           *string        `json:"city,omitzero" redact:"true"`
	Address        *string        `json:"address,omitzero" redact:"true"`
	PostalCode     *string        `json:"postal_code,omitzero" redact:"true"`
	IsBusiness     *bool          `json:"is_business,omitzero"`
	Metadata       map[string]any `json:"metadata,omitzero" redact:"true"`
}

// Format prints the update without personal data.
func (u CustomerUpdate) Format(s fmt.State, verb rune) { redact.Format(s, verb, u) }

// LogValue is what slog shows of the update: no personal data.
func (u CustomerUpdate) LogValue() slog.Value { return redact.LogValue(u) }

// Customer is a customer of the merchant. Every member may be missing from an
// answer. Printed forms show no personal data.
type Customer struct {
	ID             string            `json:"customer_id" also:"id"`
	Name           string            `json:"name" redact:"true"`
	Email          string            `json:"email" redact:"true"`
	PhoneNumber    string            `json:"phone_number" redact:"true"`
	WhatsAppNumber string            `json:"whatsapp_number" redact:"true"`
	Country        string            `json:"country"`
	City           string            `json:"city" redact:"true"`
	Address        string            `json:"address" redact:"true"`
	PostalCode     string            `json:"postal_code" redact:"true"`
	IsBusiness     *bool             `json:"is_business"`            // nil: lomi. did not say
	Metadata       json.RawMessage   `json:"metadata" redact:"true"` // verbatim; nil or null: none
	OrganizationID string            `json:"organization_id"`
	Environment    string            `json:"environment"` // "test" or "live"
	CreatedAt      guichet.Timestamp `json:"created_at"`
	UpdatedAt      guichet.Timestamp `json:"updated_at"`
	Raw            json.RawMessage   `json:"-" redact:"true"` // the customer as it came, unwrapped
}

func (c *Customer) finish(_ layers, raw json.RawMessage) error {
	c.Raw = raw
	return nil
}

// Format prints the customer without personal data.
func (c Customer) Format(s fmt.State, verb rune) { redact.Format(s, verb, c) }

// LogValue is what slog shows of the customer: no personal data.
func (c Customer) LogValue() slog.Value { return redact.LogValue(c) }

// Words of CustomerFilter.
const (
	CustomersAll        = "all" // for either field
	CustomersBusiness   = "business"
	CustomersIndividual = "individual"
	CustomersActive     = "active"
	CustomersInactive   = "inactive"
)

// CustomerFilter chooses the customers of [Client.ListCustomers]; the zero value leaves
// the choice to lomi.
type CustomerFilter struct {
	Search string `redact:"true"` // a part of a name, phone or e-mail; empty: all
	Type   string // CustomersBusiness, CustomersIndividual or CustomersAll; empty: not sent
	Status string // CustomersActive, CustomersInactive or CustomersAll; empty: not sent
	Limit  int    // 1 to 100; 0: lomi.'s default
	Cursor string // Page.Next of the page before; empty: the first page
}

// Format prints the filter without what is searched for.
func (f CustomerFilter) Format(s fmt.State, verb rune) { redact.Format(s, verb, f) }

// LogValue is what slog shows of the filter; see Format.
func (f CustomerFilter) LogValue() slog.Value { return redact.LogValue(f) }

// CreateCustomer creates a customer (POST /customers). lomi. honours no idempotency key
// here, so it is sent once: after an unknown outcome, search with
// [Client.ListCustomers].
func (c *Client) CreateCustomer(ctx context.Context, req CustomerRequest) (*Customer, error) {
	call := &transport.Call{
		Op: "CreateCustomer", Method: http.MethodPost, Route: "/customers", Policy: transport.Write,
		Sensitive: []string{req.Name, req.Email, req.PhoneNumber, req.WhatsAppNumber, req.City, req.Address, req.PostalCode},
	}
	err := c.check(call.Op,
		request.Field{Name: "Name", Problem: nameProblem(req.Name)},
		request.Field{Name: "Email", Problem: request.Optional(req.Email, request.ID)},
		request.Field{Name: "PhoneNumber", Problem: request.Optional(req.PhoneNumber, request.Phone)},
		request.Field{Name: "WhatsAppNumber", Problem: request.Optional(req.WhatsAppNumber, request.Phone)},
	)
	if err != nil {
		return nil, err
	}
	if err := setBody(call, req); err != nil {
		return nil, err
	}
	return createOne(ctx, c, call, &customers)
}

// GetCustomer returns one customer (GET /customers/{id}).
func (c *Client) GetCustomer(ctx context.Context, id string) (*Customer, error) {
	call := &transport.Call{Op: "GetCustomer", Route: "/customers/{customer_id}", Args: []string{id}}
	return getOne(ctx, c, call, &customers)
}

// ListCustomers returns one page of customers (GET /customers).
func (c *Client) ListCustomers(ctx context.Context, filter CustomerFilter) (*Page[Customer], error) {
	call := &transport.Call{
		Op: "ListCustomers", Route: "/customers", Query: url.Values{},
		Sensitive: []string{filter.Search},
	}
	err := c.check(call.Op,
		request.Field{Name: "Search", Problem: request.Optional(filter.Search, request.ID)},
		request.Field{Name: "Type", Problem: request.Optional(filter.Type, wordProblem)},
		request.Field{Name: "Status", Problem: request.Optional(filter.Status, wordProblem)},
	)
	if err != nil {
		return nil, err
	}
	setQuery(call.Query, "search", filter.Search)
	setQuery(call.Query, "type", filter.Type)
	setQuery(call.Query, "status", filter.Status)
	return nativePage(ctx, c, call, &customers, "customers", filter.Limit, filter.Cursor)
}

// UpdateCustomer changes a customer (PATCH /customers/{id}). It is sent once.
func (c *Client) UpdateCustomer(ctx context.Context, id string, update CustomerUpdate) (*Customer, error) {
	call := &transport.Call{
		Op: "UpdateCustomer", Route: "/customers/{customer_id}", Args: []string{id},
		Sensitive: []string{
			value(update.Name), value(update.Email), value(update.PhoneNumber), value(update.WhatsAppNumber),
			value(update.City), value(update.Address), value(update.PostalCode),
		},
	}
	name := ""
	if update.Name != nil {
		name = nameProblem(*update.Name)
	}
	err := c.check(call.Op,
		request.Field{Name: "Name", Problem: name},
		request.Field{Name: "Email", Problem: request.Optional(value(update.Email), request.ID)},
		request.Field{Name: "PhoneNumber", Problem: request.Optional(value(update.PhoneNumber), request.Phone)},
		request.Field{Name: "WhatsAppNumber", Problem: request.Optional(value(update.WhatsAppNumber), request.Phone)},
	)
	if err != nil {
		return nil, err
	}
	if err := setChanges(call, "the update", update); err != nil {
		return nil, err
	}
	return updateOne(ctx, c, call, &customers)
}

// value is what p points to; "" for nil.
func value(p *string) string {
	if p == nil {
		return ""
	}
	return *p
}

// DeleteCustomer removes a customer (DELETE /customers/{id}). It is sent once.
func (c *Client) DeleteCustomer(ctx context.Context, id string) error {
	return c.acknowledge(ctx, &transport.Call{
		Op: "DeleteCustomer", Method: http.MethodDelete, Route: "/customers/{customer_id}", Args: []string{id},
	})
}

// PortalEvent is one entry of what a customer did in the portal. lomi. does not
// describe the entries: what is not among the fields is in Raw.
type PortalEvent struct {
	ID        string            `json:"id"`
	Type      string            `json:"event_type"`
	CreatedAt guichet.Timestamp `json:"created_at"`
	Raw       json.RawMessage   `json:"-" redact:"true"` // the entry as it came
}

func (e *PortalEvent) finish(_ layers, raw json.RawMessage) error {
	e.Raw = raw
	return nil
}

// Format prints the entry without Raw.
func (e PortalEvent) Format(s fmt.State, verb rune) { redact.Format(s, verb, e) }

// LogValue is what slog shows of the entry; see Format.
func (e PortalEvent) LogValue() slog.Value { return redact.LogValue(e) }

// PortalAuditFilter chooses the entries of [Client.CustomerPortalAudit]; the zero value
// chooses all.
type PortalAuditFilter struct {
	EventType string // empty: all
	Limit     int    // 1 to 100; 0: lomi.'s default
	Cursor    string // Page.Next of the page before; empty: the first page
}

// CustomerPortalAudit returns one page of what a customer did in the portal (GET
// /customers/{id}/portal-audit).
func (c *Client) CustomerPortalAudit(ctx context.Context, id string, filter PortalAuditFilter) (*Page[PortalEvent], error) {
	call := &transport.Call{
		Op: "CustomerPortalAudit", Route: "/customers/{customer_id}/portal-audit", Args: []string{id}, Query: url.Values{},
	}
	if err := c.check(call.Op, request.Field{Name: "EventType", Problem: request.Optional(filter.EventType, wordProblem)}); err != nil {
		return nil, err
	}
	setQuery(call.Query, "eventType", filter.EventType)
	return nativePage(ctx, c, call, &portalEvents, "events", filter.Limit, filter.Cursor)
}

// PortalFlow is what the portal opens with. It is an open set.
type PortalFlow string

// The flows that lomi. names.
const (
	PortalHome               PortalFlow = "portal_home"
	PortalSubscriptionCancel PortalFlow = "subscription_cancel"
	PortalSubscriptionManage PortalFlow = "subscription_manage"
)

// PortalRequest opens the customer portal. Empty strings are not sent.
type PortalRequest struct {
	ReturnURL          string     `json:"return_url,omitempty"`
	FlowType           PortalFlow `json:"flow_type,omitempty"`
	SubscriptionID     string     `json:"flow_subscription_id,omitempty"`
	AfterCompletionURL string     `json:"flow_after_completion_url,omitempty"`
}

// PortalSession lets anyone who holds it act as the customer for a while: printed
// forms and JSON show neither URL nor token.
type PortalSession struct {
	LaunchURL        string          `json:"-" redact:"true"`    // where to send the customer
	LaunchToken      string          `json:"-" redact:"true"`    // empty: lomi. did not say
	ExpiresInSeconds guichet.Number  `json:"expires_in_seconds"` // 900 usually
	Raw              json.RawMessage `json:"-" redact:"true"`    // the session as it came, unwrapped
}

func (p *PortalSession) finish(answer layers, raw json.RawMessage) error {
	object := answer.object()
	p.LaunchURL, p.LaunchToken, p.Raw = object.Get("launch_url").Text(), object.Get("launch_token").Text(), raw
	return nil
}

// Format prints the session without URL and token.
func (p PortalSession) Format(s fmt.State, verb rune) { redact.Format(s, verb, p) }

// LogValue is what slog shows of the session; see Format.
func (p PortalSession) LogValue() slog.Value { return redact.LogValue(p) }

// OpenCustomerPortal makes a link that signs a customer in to lomi.'s portal (POST
// /customers/{id}/portal, or /customers/{id}/portal-launch-session in API 1.1.0). It is
// sent once; a link that got lost does no harm, so ask for another one. A link that no
// customer can be sent to is [guichet.ErrBadResponse].
func (c *Client) OpenCustomerPortal(ctx context.Context, id string, req PortalRequest) (*PortalSession, error) {
	call := &transport.Call{
		Op: "OpenCustomerPortal", Method: http.MethodPost, Policy: transport.Write,
		Route: c.route("/customers/{customer_id}/portal", "/customers/{customer_id}/portal-launch-session"), Args: []string{id},
	}
	err := c.check(call.Op,
		request.Field{Name: "ReturnURL", Problem: request.Optional(req.ReturnURL, request.URL)},
		request.Field{Name: "AfterCompletionURL", Problem: request.Optional(req.AfterCompletionURL, request.URL)},
	)
	if err != nil {
		return nil, err
	}
	if err := setBody(call, req); err != nil {
		return nil, err
	}
	return doOne(ctx, c, call, &portalSessions, func(s *PortalSession, _ layers) error {
		if s.LaunchURL = c.t.CheckoutURL(s.LaunchURL); s.LaunchURL == "" {
			return errNoURL
		}
		return nil
	})
}
