// Package config holds the settings that the options of package guichet write
// and that internal/transport reads. It exists so that an option can be a plain
// function while the settings stay out of the public API.
package config

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// Defaults of every client.
const (
	DefaultTimeout    = 30 * time.Second
	DefaultMaxRetries = 2
)

// Client is what the options of one provider client add up to.
type Client struct {
	HTTPClient *http.Client // nil: the SDK's own
	BaseURL    string       // empty: the provider's own
	Logger     *slog.Logger // nil: silent
	MaxRetries int
	Timeout    time.Duration // of one attempt
	Limiter    interface {
		Wait(ctx context.Context) error
	} // nil: no limit
}

// New returns the defaults.
func New() Client {
	return Client{MaxRetries: DefaultMaxRetries, Timeout: DefaultTimeout}
}

// Loopback reports whether host is this machine. It is exact:
// "localhost.evil.example" and "127.0.0.1.evil.example" are other people's.
func Loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || (ip != nil && ip.IsLoopback())
}

// World is what a cashier takes from the machine that it runs on, beside its ledger: all
// its chance, its time, and every point where it waits. A simulation gives it another
// one, so that a seed decides everything: its ledger has a method World() World.
type World struct {
	Now    func() time.Time // the machine's clock, only ever compared with itself
	Random func(p []byte)   // fills p
	// Wait waits for d, or until a value comes from signal, which it takes; a nil signal
	// never comes. The error is the context's, if that ends first.
	Wait    func(ctx context.Context, signal <-chan struct{}, d time.Duration) (came bool, err error)
	Timeout func(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) // as context.WithTimeout
	Go      func(work func())                                                                // runs work beside the caller
}
