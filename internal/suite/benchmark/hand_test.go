package benchmark

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/guichetpay/guichet"
)

// hand is the part of a client by hand that does not depend on the provider.
type hand struct {
	http   *http.Client
	base   string
	header [][2]string // names in the form of http.Header
}

// handError is the typed error of a client by hand.
type handError struct {
	Kind       error
	Status     int
	Code       string
	Message    string
	RetryAfter time.Duration
	Raw        []byte
}

func (e *handError) Error() string {
	return "HTTP " + strconv.Itoa(e.Status) + ": " + e.Code + ": " + e.Message
}

func (e *handError) Unwrap() error { return e.Kind }

// tuned is the pool of connections of a client by hand.
func tuned() *http.Transport {
	return &http.Transport{
		DialContext:            (&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 15 * time.Second}).DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    5 * time.Second,
		ResponseHeaderTimeout:  30 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
		MaxIdleConnsPerHost:    256,
		IdleConnTimeout:        30 * time.Second,
	}
}

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// call sends one request and reads its answer into dst, or into an error by refusal.
// It returns a copy of the answer, unless that is a list, of which each item has one.
func (h *hand) call(ctx context.Context, method, target, key string, body, dst any, refusal func(e *handError, body []byte)) (json.RawMessage, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	var upload io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		upload = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, target, upload)
	if err != nil {
		return nil, err
	}
	for _, header := range h.header {
		req.Header[header[0]] = []string{header[1]}
	}
	req.Header["Accept"] = []string{"application/json"}
	req.Header["User-Agent"] = []string{"shop/1.0"}
	if body != nil {
		req.Header["Content-Type"] = []string{"application/json"}
	}
	if key != "" {
		req.Header["Idempotency-Key"] = []string{key}
	}
	res, err := h.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	buffer := buffers.Get().(*bytes.Buffer)
	buffer.Reset()
	defer buffers.Put(buffer)
	if _, err := buffer.ReadFrom(io.LimitReader(res.Body, 1<<20)); err != nil {
		return nil, err
	}
	if res.StatusCode < 200 || res.StatusCode > 299 {
		e := &handError{Status: res.StatusCode, Kind: guichet.ErrInvalidRequest, Raw: bytes.Clone(buffer.Bytes())}
		switch res.StatusCode {
		case http.StatusUnauthorized:
			e.Kind = guichet.ErrUnauthorized
		case http.StatusNotFound:
			e.Kind = guichet.ErrNotFound
		case http.StatusTooManyRequests:
			seconds, _ := strconv.Atoi(res.Header.Get("Retry-After"))
			e.Kind, e.RetryAfter = guichet.ErrRateLimited, time.Duration(seconds)*time.Second
		}
		refusal(e, e.Raw)
		return nil, e
	}
	if err := json.Unmarshal(buffer.Bytes(), dst); err != nil {
		return nil, err
	}
	if _, isList := dst.(*[]json.RawMessage); isList {
		return nil, nil
	}
	return bytes.Clone(buffer.Bytes()), nil
}

// memory answers every request with the same bytes, without a socket.
type memory struct {
	status int
	body   []byte
	header http.Header
}

func (m *memory) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			return nil, err
		}
		r.Body.Close()
	}
	return &http.Response{
		StatusCode: m.status, ProtoMajor: 1, ProtoMinor: 1, Header: m.header,
		Body: io.NopCloser(bytes.NewReader(m.body)), ContentLength: int64(len(m.body)), Request: r,
	}, nil
}

func answering(status int, body string) *http.Client {
	return &http.Client{Transport: &memory{status, []byte(body), http.Header{"Content-Type": {"application/json"}}}}
}
