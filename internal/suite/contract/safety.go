package contract

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"sync"
	"time"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/suite/scripted"
)

func checkConcurrency(h Harness, r *report) {
	f := h.NewFake()
	defer f.Close()
	c, err := h.New(f.Options()...)
	if !r.expect(err == nil, "New: %v", err) {
		return
	}
	defer scripted.CloseIdle(c)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var wg sync.WaitGroup
	errs := make(chan error, 200)
	for i := range 200 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			req := h.Request()
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
		status, body := h.Respond(q, h.Order())
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
			c.CreatePayment(ctx, h.Request())
			cancel()
		}
		scripted.CloseIdle(c)
	}
	s.Close()
	left := Left(before)
	r.expect(left == "", "goroutines are left:\n%s", left)
}

func checkCallerClient(h Harness, r *report) {
	jar, _ := cookiejar.New(nil)
	redirects := 0
	n := scripted.Func(func(_ int, q *http.Request) (*http.Response, error) {
		res, err := scripted.Reply(h.Respond(q, h.Order()))
		res.Header.Set("Set-Cookie", "session=merchant-a; Path=/")
		return res, err
	})
	hc := &http.Client{Transport: n, Jar: jar, Timeout: time.Hour, CheckRedirect: func(*http.Request, []*http.Request) error {
		redirects++
		return nil
	}}
	c, err := h.New(guichet.WithHTTPClient(hc), guichet.WithBaseURL(h.Base))
	if !r.expect(err == nil, "New: %v", err) {
		return
	}
	for range 2 {
		c.CreatePayment(context.Background(), h.Request())
	}
	for _, q := range n.All() {
		r.expect(q.Header.Get("Cookie") == "", "a cookie is sent")
	}
	u, _ := url.Parse(h.Base)
	r.expect(len(jar.Cookies(u)) == 0, "the caller's jar is filled")
	r.expect(hc.Transport == http.RoundTripper(n) && hc.Jar == http.CookieJar(jar) && hc.Timeout == time.Hour && hc.CheckRedirect != nil && redirects == 0, "the caller's client is changed")
}
