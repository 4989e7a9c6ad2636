package toy

import (
	"context"
	"net/http"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/config"
	"github.com/guichetpay/guichet/internal/suite/contract"
)

// Wrong is the toy with one promise broken: each func replaces a method.
type Wrong struct {
	*Client
	Create func(ctx context.Context, req guichet.PaymentRequest) (*guichet.Payment, error)
	Status func(ctx context.Context, id string) (*guichet.Payment, error)
	Page   func(ctx context.Context, params guichet.ListParams) (*guichet.Page, error)
	Parse  func(ctx context.Context, header http.Header, body []byte) (*guichet.Event, error)
	Raw    func(ctx context.Context, method, path string, body, dst any) error
	Link   func(ctx context.Context, req LinkRequest) (*Link, error)
	Can    func(guichet.Capabilities) guichet.Capabilities
}

// CreatePayment is the toy's, or another.
func (w *Wrong) CreatePayment(ctx context.Context, req guichet.PaymentRequest) (*guichet.Payment, error) {
	if w.Create != nil {
		return w.Create(ctx, req)
	}
	return w.Client.CreatePayment(ctx, req)
}

// GetStatus is the toy's, or another.
func (w *Wrong) GetStatus(ctx context.Context, id string) (*guichet.Payment, error) {
	if w.Status != nil {
		return w.Status(ctx, id)
	}
	return w.Client.GetStatus(ctx, id)
}

// List is the toy's, or another.
func (w *Wrong) List(ctx context.Context, params guichet.ListParams) (*guichet.Page, error) {
	if w.Page != nil {
		return w.Page(ctx, params)
	}
	return w.Client.List(ctx, params)
}

// ParseWebhook is the toy's, or another.
func (w *Wrong) ParseWebhook(ctx context.Context, header http.Header, body []byte) (*guichet.Event, error) {
	if w.Parse != nil {
		return w.Parse(ctx, header, body)
	}
	return w.Client.ParseWebhook(ctx, header, body)
}

// Do is the toy's, or another.
func (w *Wrong) Do(ctx context.Context, method, path string, body, dst any) error {
	if w.Raw != nil {
		return w.Raw(ctx, method, path, body, dst)
	}
	return w.Client.Do(ctx, method, path, body, dst)
}

// SendLink is the toy's, or another.
func (w *Wrong) SendLink(ctx context.Context, req LinkRequest) (*Link, error) {
	if w.Link != nil {
		return w.Link(ctx, req)
	}
	return w.Client.SendLink(ctx, req)
}

// Capabilities are the toy's, or others.
func (w *Wrong) Capabilities() guichet.Capabilities {
	if w.Can != nil {
		return w.Can(w.Client.Capabilities())
	}
	return w.Client.Capabilities()
}

// Flaw breaks one promise.
type Flaw struct {
	Keyed  bool
	Breaks func(w *Wrong)
	Wire   func(next http.RoundTripper) http.RoundTripper // broken below the client
	HTTP   func(hc *http.Client)                          // New changes the caller's
	// New replaces the toy's; nil: it is not broken.
	New func(cfg Config, opts ...guichet.Option) (*Client, error)
}

// Harness is the toy's, with the flaw in it.
func (f Flaw) Harness() contract.Harness {
	h := Harness(f.Keyed)
	from := New
	if f.New != nil {
		from = f.New
	}
	h.From = func(cfg any, opts ...guichet.Option) (guichet.Client, error) {
		if f.Wire != nil || f.HTTP != nil {
			settings := config.New()
			for _, option := range opts {
				if option == nil {
					continue // New refuses it
				}
				if err := config.Apply(option, &settings); err != nil {
					return nil, err
				}
			}
			hc := settings.HTTPClient
			if hc == nil {
				hc = &http.Client{Transport: &http.Transport{}}
			}
			if f.HTTP != nil {
				f.HTTP(hc)
			} else {
				opts = append(opts, guichet.WithHTTPClient(&http.Client{Transport: f.Wire(hc.Transport)}))
			}
		}
		c, err := from(cfg.(Config), opts...)
		if err != nil {
			return nil, err
		}
		w := &Wrong{Client: c}
		if f.Breaks != nil {
			f.Breaks(w)
		}
		return w, nil
	}
	h.New = func(opts ...guichet.Option) (guichet.Client, error) { return h.From(h.Config, opts...) }
	return h
}

// RoundTripper is a func that is one.
type RoundTripper func(*http.Request) (*http.Response, error)

// RoundTrip calls it.
func (f RoundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// OnStatus changes what GetStatus returns.
func OnStatus(change func(p *guichet.Payment, err error) (*guichet.Payment, error)) func(*Wrong) {
	return func(w *Wrong) {
		w.Status = func(ctx context.Context, id string) (*guichet.Payment, error) {
			return change(w.Client.GetStatus(ctx, id))
		}
	}
}

// OnCreate changes what CreatePayment returns.
func OnCreate(change func(p *guichet.Payment, err error) (*guichet.Payment, error)) func(*Wrong) {
	return func(w *Wrong) {
		w.Create = func(ctx context.Context, req guichet.PaymentRequest) (*guichet.Payment, error) {
			return change(w.Client.CreatePayment(ctx, req))
		}
	}
}

// OnWire changes each answer.
func OnWire(change func(*http.Response)) func(http.RoundTripper) http.RoundTripper {
	return func(next http.RoundTripper) http.RoundTripper {
		return RoundTripper(func(r *http.Request) (*http.Response, error) {
			res, err := next.RoundTrip(r)
			if res != nil {
				change(res)
			}
			return res, err
		})
	}
}
