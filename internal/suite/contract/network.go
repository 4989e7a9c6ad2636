package contract

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync"

	"github.com/guichetpay/guichet"
)

// network is a provider in memory: virtual time works with it, and it sees
// every request. answer gets the number of the request, from 0.
type network struct {
	answer func(n int, r *http.Request) (*http.Response, error)

	mu   sync.Mutex
	seen []sent
}

// sent is one request that reached the network.
type sent struct {
	Method, URL string
	Header      http.Header
	Body        string
}

var errReset = errors.New("connection reset")

func (n *network) RoundTrip(r *http.Request) (*http.Response, error) {
	s := sent{Method: r.Method, URL: r.URL.String(), Header: r.Header.Clone()}
	if r.Body != nil {
		b, _ := io.ReadAll(r.Body)
		r.Body.Close()
		s.Body = string(b)
		r.Body = io.NopCloser(bytes.NewReader(b))
	}
	n.mu.Lock()
	number := len(n.seen)
	n.seen = append(n.seen, s)
	n.mu.Unlock()
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	return n.answer(number, r)
}

func (n *network) requests() []sent {
	n.mu.Lock()
	defer n.mu.Unlock()
	return append([]sent(nil), n.seen...)
}

func (n *network) count() int { return len(n.requests()) }

// perfect answers every request as the provider should.
func (h Harness) perfect(o Order) *network {
	return &network{answer: func(_ int, r *http.Request) (*http.Response, error) {
		if h.IsList(r) && h.ListPage != nil {
			return reply(h.ListPage(r, []Order{o}))
		}
		return reply(h.Respond(r, o))
	}}
}

// always answers every request alike.
func always(status int, body string) *network {
	return &network{answer: func(int, *http.Request) (*http.Response, error) { return reply(status, body) }}
}

func reply(status int, body string) (*http.Response, error) {
	return &http.Response{
		StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:        http.Header{"Content-Type": {"application/json"}},
		Body:          io.NopCloser(strings.NewReader(body)),
		ContentLength: int64(len(body)),
	}, nil
}

// hang answers when the caller gives up.
func hang(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// refuseConnection fails as a dial does: a connection was asked for and never had.
func refuseConnection(r *http.Request) (*http.Response, error) {
	if trace := httptrace.ContextClientTrace(r.Context()); trace != nil && trace.GetConn != nil {
		trace.GetConn(r.URL.Host)
	}
	return nil, errReset
}

// cutBody is an answer whose connection breaks in the middle.
func cutBody(status int, body string) (*http.Response, error) {
	res, _ := reply(status, body)
	res.Body = io.NopCloser(io.MultiReader(strings.NewReader(body[:len(body)/2]), brokenReader{}))
	return res, nil
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, errReset }

// client makes a client over the network, reporting when it cannot.
func (h Harness) client(r *report, n http.RoundTripper, opts ...guichet.Option) guichet.Client {
	options := append([]guichet.Option{
		guichet.WithHTTPClient(&http.Client{Transport: n}),
		guichet.WithBaseURL(h.Base),
	}, opts...)
	c, err := h.New(options...)
	if err != nil {
		r.fault("New: %v", err)
		return broken{}
	}
	return c
}

// broken stands in for a client that could not be made, so that the rest of a
// behaviour reports too.
type broken struct{}

var errBroken = errors.New("no client")

func (broken) CreatePayment(context.Context, guichet.PaymentRequest) (*guichet.Payment, error) {
	return nil, errBroken
}
func (broken) GetStatus(context.Context, string) (*guichet.Payment, error) { return nil, errBroken }
func (broken) List(context.Context, guichet.ListParams) (*guichet.Page, error) {
	return nil, errBroken
}

// capabilities of the provider under test.
func (h Harness) capabilities() guichet.Capabilities {
	c, err := h.New(guichet.WithBaseURL(h.Base))
	if err != nil {
		return guichet.Capabilities{}
	}
	d, ok := c.(guichet.Describer)
	if !ok {
		return guichet.Capabilities{}
	}
	return d.Capabilities()
}

// order is a new payment of 5,000 francs.
func (h Harness) order() Order {
	return Order{
		ID:          "3c90c3cc-0d44-4b50-8888-8dd25736052a",
		Reference:   "ORDER-001",
		Amount:      guichet.NewMoney(5000, h.Currency),
		Word:        h.Pending,
		CheckoutURL: "https://pay.example/checkout/1",
	}
}

// request asks for that payment on a hosted page.
func (h Harness) request() guichet.PaymentRequest {
	o := h.order()
	return guichet.PaymentRequest{
		Reference: o.Reference, Amount: o.Amount, Description: "Commande 001",
		SuccessURL: "https://shop.example/ok", CancelURL: "https://shop.example/ko",
	}
}

// id creates the order on a perfect network and returns its payment's id.
func (h Harness) id(r *report) string {
	p, err := h.client(r, h.perfect(h.order())).CreatePayment(context.Background(), h.request())
	if err != nil || p == nil {
		r.fault("a good answer to a create: %v", err)
		return "unknown"
	}
	return p.ID
}

// failure returns err as the type that every failed call must return.
func failure(r *report, what string, err error) *guichet.Error {
	e := new(guichet.Error)
	if !errors.As(err, &e) {
		r.fault("%s: the error is %T (%v), not *guichet.Error", what, err, err)
		return new(guichet.Error)
	}
	return e
}
