package contract

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/guichetpay/guichet"
)

func contains(s, part string) bool { return strings.Contains(s, part) }

// printed renders a value in every way that a program may.
func printed(v any) string {
	var b strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&b, verb+"\n", v)
	}
	slog.New(slog.NewTextHandler(&b, nil)).Info("x", "v", v)
	slog.New(slog.NewJSONHandler(&b, nil)).Info("x", "v", v)
	if data, err := json.Marshal(v); err == nil {
		b.Write(data)
	}
	return b.String()
}

func checkSecrets(h Harness, r *report) {
	ctx := context.Background()
	secrets := append([]string{h.Webhook.Secret, h.Webhook.PreviousSecret}, h.Secrets...)
	id := h.id(r)
	show := func(what string, v any, private ...string) {
		text := printed(v)
		for _, secret := range append(private, secrets...) {
			r.expect(secret == "" || !contains(text, secret), "%s shows a secret", what)
		}
	}
	personal := []string{"awa@example.com", "+22890000000", "22890000000"}
	var all strings.Builder
	for _, secret := range append(personal, secrets...) {
		all.WriteString(secret + " " + url.QueryEscape(secret) + " ")
	}
	echo := `{"error":{"code":"x","message":"bad key ` + all.String() + `"},"message":"bad key ` + all.String() + `","detail":"` + all.String() + `","response_code":"01","response_text":"Echec (Code00) ` + all.String() + `"}`

	req := h.request()
	req.Customer = guichet.Customer{FirstName: "Awa", Email: personal[0], Phone: personal[1]}
	for name, n := range map[string]*network{
		"an echoed key": always(401, echo), "an echoed key on 200": always(200, echo), "a 500": always(500, echo),
		"a reset": {answer: func(int, *http.Request) (*http.Response, error) { return nil, errReset }},
		"a hang":  {answer: func(_ int, q *http.Request) (*http.Response, error) { return hang(q) }},
	} {
		c := h.client(r, n)
		show("the client", c)
		_, err := c.CreatePayment(ctx, req)
		show("create: "+name, err, personal...)
		e := failure(r, name, err)
		show("its value: "+name, *e, personal...)
		for _, secret := range secrets {
			r.expect(secret == "" || !bytes.Contains(e.Raw(), []byte(secret)), "Raw of %s shows a secret", name)
		}
		for err := range chain(err) {
			show("its chain: "+name, err, personal...)
			_, isURL := err.(*url.Error)
			r.expect(!isURL, "the chain of %s holds a *url.Error", name)
		}
		_, err = c.GetStatus(ctx, id)
		private := id
		if h.capabilities().StatusByReference { // an order id is no secret
			private = ""
		}
		show("status: "+name, err, private)
	}
	p, _ := h.client(r, h.perfect(h.order())).CreatePayment(ctx, req)
	if p != nil {
		text := fmt.Sprintf("%v %+v %#v %s", p, *p, p, *p)
		r.expect(!contains(text, p.CheckoutURL), "a printed payment shows its checkout URL")
		r.expect(h.capabilities().StatusByReference || !contains(text, p.ID), "a printed payment shows its ID")
		stored, err := json.Marshal(p)
		var back guichet.Payment
		r.expect(err == nil && json.Unmarshal(stored, &back) == nil && back.ID == p.ID && back.CheckoutURL == p.CheckoutURL, "a payment does not survive storage")
	}
}

// chain yields err and everything it wraps.
func chain(err error) func(func(error) bool) {
	return func(yield func(error) bool) { walk(err, yield) }
}

func walk(err error, yield func(error) bool) bool {
	if err == nil {
		return true
	}
	if !yield(err) {
		return false
	}
	switch u := err.(type) {
	case interface{ Unwrap() error }:
		return walk(u.Unwrap(), yield)
	case interface{ Unwrap() []error }:
		for _, e := range u.Unwrap() {
			if !walk(e, yield) {
				return false
			}
		}
	}
	return true
}

func checkSilence(h Harness, r *report) {
	file, err := os.CreateTemp("", "conformance")
	if !r.expect(err == nil, "no temporary file: %v", err) {
		return
	}
	defer os.Remove(file.Name())
	stdout, stderr := os.Stdout, os.Stderr
	os.Stdout, os.Stderr = file, file
	id := h.id(r)
	for _, n := range []*network{
		always(500, "x"), always(401, ""), always(200, "<html>"),
		{answer: func(int, *http.Request) (*http.Response, error) { return nil, errReset }},
	} {
		c := h.client(r, n)
		c.CreatePayment(context.Background(), h.request())
		c.GetStatus(context.Background(), id)
	}
	os.Stdout, os.Stderr = stdout, stderr
	file.Seek(0, io.SeekStart)
	text, _ := io.ReadAll(file)
	file.Close()
	r.expect(len(text) == 0, "the client writes %d bytes to stdout or stderr", len(text))
}

func checkRedirects(h Harness, r *report) {
	id := h.id(r)
	good := h.order()
	for word, status := range h.Words {
		if status == guichet.StatusSucceeded {
			good.Word = word
		}
	}
	var mu sync.Mutex
	elsewhere := 0
	other := newSocketServer(func(w http.ResponseWriter, q *http.Request) {
		mu.Lock()
		elsewhere++
		mu.Unlock()
		status, body := h.Respond(q, good) // the other host answers perfectly
		w.WriteHeader(status)
		io.WriteString(w, body)
	})
	defer other.Close()
	for _, code := range []int{301, 302, 303, 307, 308} {
		for _, location := range []string{other.URL, "http://%zz"} {
			sent := 0
			s := newSocketServer(func(w http.ResponseWriter, q *http.Request) {
				sent++
				target := location
				if location == other.URL {
					target += q.URL.RequestURI()
				}
				w.Header()["Location"] = []string{target}
				w.WriteHeader(code)
			})
			base, _ := url.Parse(h.Base)
			c, err := h.New(guichet.WithBaseURL(s.URL + base.Path))
			if r.expect(err == nil, "New: %v", err) {
				p, err := c.CreatePayment(context.Background(), h.request())
				e := failure(r, fmt.Sprint("create answered ", code), err)
				r.expect(p == nil && e.Kind == guichet.ErrBadResponse && e.OutcomeUnknown, "create answered %d to %.10s: %v", code, location, err)
				r.expect(sent == 1, "create answered %d: sent %d times", code, sent)
				r.expect(err == nil || !contains(err.Error(), "zz"), "the error repeats the Location")
				p, err = c.GetStatus(context.Background(), id)
				r.expect(p == nil && errors.Is(err, guichet.ErrBadResponse), "status answered %d: %v, %v", code, p, err)
				closeIdle(c)
			}
			s.Close()
		}
	}
	mu.Lock()
	defer mu.Unlock()
	r.expect(elsewhere == 0, "%d requests followed a redirect to another host", elsewhere)
}

func closeIdle(c guichet.Client) {
	if closer, ok := c.(interface{ CloseIdleConnections() }); ok {
		closer.CloseIdleConnections()
	}
}

func checkSizeCaps(h Harness, r *report) {
	id := h.id(r)
	padding := strings.Repeat(" ", 2<<20)
	n := &network{answer: func(_ int, q *http.Request) (*http.Response, error) {
		status, body := h.Respond(q, h.order())
		return reply(status, body+padding)
	}}
	p, err := h.client(r, n).GetStatus(context.Background(), id)
	r.expect(p == nil && errors.Is(err, guichet.ErrBadResponse), "a status of 2 MiB: %v", err)
	p, err = h.client(r, n).CreatePayment(context.Background(), h.request())
	r.expect(p == nil && errors.Is(err, guichet.ErrBadResponse) && errors.Is(err, guichet.ErrUnknownOutcome), "a create of 2 MiB: %v", err)
	e := failure(r, "a 500 of 2 MiB", second(h.client(r, always(500, padding)).CreatePayment(context.Background(), h.request())))
	r.expect(e.Kind == guichet.ErrUnavailable && len(e.Raw()) <= 8<<10 && len(e.Error()) < 2048, "a 500 of 2 MiB: %d bytes kept", len(e.Raw()))
}

func second(_ *guichet.Payment, err error) error { return err }

func checkConcurrency(h Harness, r *report) {
	f := h.NewFake()
	defer f.Close()
	c, err := h.New(f.Options()...)
	if !r.expect(err == nil, "New: %v", err) {
		return
	}
	defer closeIdle(c)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var wg sync.WaitGroup
	errs := make(chan error, 200)
	for i := range 200 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			req := h.request()
			req.Reference = fmt.Sprintf("ORDER-%d", 1000+i)
			p, err := c.CreatePayment(ctx, req)
			if err == nil && p.Reference != req.Reference {
				err = fmt.Errorf("order %s came back as %s", req.Reference, p.Reference)
			}
			if err == nil {
				_, err = c.GetStatus(ctx, p.ID)
			}
			errs <- err
		}()
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		r.expect(err == nil, "%v", err)
	}
}

func checkGoroutines(h Harness, r *report) {
	before := Goroutines()
	s := newSocketServer(func(w http.ResponseWriter, q *http.Request) {
		status, body := h.Respond(q, h.order())
		w.WriteHeader(status)
		io.WriteString(w, body)
	})
	base, _ := url.Parse(h.Base)
	c, err := h.New(guichet.WithBaseURL(s.URL + base.Path))
	if r.expect(err == nil, "New: %v", err) {
		for i := range 50 {
			ctx, cancel := context.WithCancel(context.Background())
			if i%2 == 0 {
				time.AfterFunc(time.Duration(i)*20*time.Microsecond, cancel)
			}
			c.CreatePayment(ctx, h.request())
			cancel()
		}
		closeIdle(c)
	}
	s.Close()
	left := Left(before)
	r.expect(left == "", "goroutines are left:\n%s", left)
}

func checkCallerClient(h Harness, r *report) {
	jar, _ := cookiejar.New(nil)
	redirects := 0
	n := &network{answer: func(_ int, q *http.Request) (*http.Response, error) {
		res, err := reply(h.Respond(q, h.order()))
		res.Header.Set("Set-Cookie", "session=merchant-a; Path=/")
		return res, err
	}}
	hc := &http.Client{Transport: n, Jar: jar, Timeout: time.Hour, CheckRedirect: func(*http.Request, []*http.Request) error {
		redirects++
		return nil
	}}
	c, err := h.New(guichet.WithHTTPClient(hc), guichet.WithBaseURL(h.Base))
	if !r.expect(err == nil, "New: %v", err) {
		return
	}
	for range 2 {
		c.CreatePayment(context.Background(), h.request())
	}
	for _, q := range n.requests() {
		r.expect(q.Header.Get("Cookie") == "", "a cookie is sent")
	}
	u, _ := url.Parse(h.Base)
	r.expect(len(jar.Cookies(u)) == 0, "the caller's jar is filled")
	r.expect(hc.Transport == http.RoundTripper(n) && hc.Jar == http.CookieJar(jar) && hc.Timeout == time.Hour && hc.CheckRedirect != nil && redirects == 0, "the caller's client is changed")
}
