package caurisflux

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/redact"
	"github.com/guichetpay/guichet/internal/transport"
)

const (
	balanceRoute   = "/payments/balance"
	providersRoute = "/payments/providers"
	countriesRoute = "/countries/active"
	healthRoute    = "/health"
)

// Document is an answer whose form CaurisFlux does not describe.
type Document struct {
	Raw       json.RawMessage `redact:"true"` // the JSON without its envelope; never null
	RateLimit *RateLimit      // nil: not said
}

// Format prints the document without its content.
func (d Document) Format(s fmt.State, verb rune) { redact.Format(s, verb, d) }

// LogValue is what slog shows of the document: no content.
func (d Document) LogValue() slog.Value { return redact.LogValue(d) }

// Decode reads the document into what dst points to, by the rules of
// encoding/json. The error is ErrBadResponse when it does not fit.
func (d *Document) Decode(dst any) error {
	if json.Unmarshal(d.Raw, dst) != nil { // its text may repeat a value
		return &guichet.Error{Provider: provider, Op: "Decode", Kind: guichet.ErrBadResponse,
			Message: "the answer does not fit the destination"}
	}
	return nil
}

// Balance returns what the account holds (GET /payments/balance). The answer is
// not documented.
func (c *Client) Balance(ctx context.Context) (*Document, error) {
	const op = "Balance"
	if err := c.needKeys(op); err != nil {
		return nil, err
	}
	return c.document(ctx, &transport.Call{Op: op, Method: http.MethodGet, Route: balanceRoute})
}

// Providers returns the operators (GET /payments/providers), also without keys.
// Neither the answer nor any filter in the query is documented; a nil query sends
// none.
func (c *Client) Providers(ctx context.Context, query url.Values) (*Document, error) {
	const op = "Providers"
	if err := c.ready(op); err != nil {
		return nil, err
	}
	return c.document(ctx, &transport.Call{Op: op, Method: http.MethodGet, Route: providersRoute, Query: query, Sensitive: queryValues(query)})
}

// Countries returns the countries that are served (GET /countries/active), also
// without keys. The answer is not documented.
func (c *Client) Countries(ctx context.Context) (*Document, error) {
	const op = "Countries"
	if err := c.ready(op); err != nil {
		return nil, err
	}
	return c.document(ctx, &transport.Call{Op: op, Method: http.MethodGet, Route: countriesRoute})
}

// document does a call whose answer is not described.
func (c *Client) document(ctx context.Context, call *transport.Call) (*Document, error) {
	var document *Document
	call.Decode = func(a *transport.Answer) (err error) {
		document, err = readDocument(a)
		return err
	}
	if _, err := c.t.Do(ctx, call); err != nil {
		return nil, err
	}
	return document, nil
}

// Health returns nil when CaurisFlux is up (GET /health), also without keys. Any
// answer from 200 to 399 counts, whatever its body, as in CaurisFlux's
// WooCommerce plug-in.
func (c *Client) Health(ctx context.Context) error {
	const op = "Health"
	if err := c.ready(op); err != nil {
		return err
	}
	answer, err := c.t.Do(ctx, &transport.Call{
		Op: op, Method: http.MethodGet, Route: healthRoute,
		Stream: func(*transport.Answer, *transport.Body) error { return nil },
	})
	if answer != nil && answer.Status >= 200 && answer.Status <= 399 {
		return nil
	}
	return err
}
