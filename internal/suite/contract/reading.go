package contract

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/guichetpay/guichet"
)

func checkAuth(h Harness, r *report) {
	ctx := context.Background()
	n := h.perfect(h.order())
	c := h.client(r, n)
	p, err := c.CreatePayment(ctx, h.request())
	if !r.expect(err == nil && p != nil, "CreatePayment: %v", err) {
		return
	}
	c.GetStatus(ctx, p.ID)
	c.List(ctx, guichet.ListParams{})
	for _, q := range n.requests() {
		for name := range h.Auth {
			got, want := q.Header.Values(name), h.Auth.Values(name)
			r.expect(strings.Join(got, "|") == strings.Join(want, "|"), "%s: header %s is %d values, not the key", q.Method, name, len(got))
		}
		for _, name := range []string{"Authorization", "Api-Key", "X-Api-Key", "Apikey", "Cookie"} {
			r.expect(h.Auth.Get(name) != "" || q.Header.Get(name) == "", "%s: header %s is sent, and is not documented", q.Method, name)
		}
		r.expect(q.Header.Get("Accept") == "application/json", "%s: Accept is %q", q.Method, q.Header.Get("Accept"))
		r.expect(!strings.Contains(q.Header.Get("User-Agent"), "resty") && q.Header.Get("User-Agent") != "", "%s: User-Agent is %q", q.Method, q.Header.Get("User-Agent"))
		r.expect(q.Body == "" || strings.HasPrefix(q.Header.Get("Content-Type"), "application/json"), "a body without its Content-Type")
		for _, secret := range h.Secrets {
			r.expect(!strings.Contains(q.URL, secret) && !strings.Contains(q.Body, secret), "%s: a key is in the URL or body", q.Method)
		}
	}
}

func checkUnknownStatus(h Harness, r *report) {
	id := h.id(r)
	for _, word := range []string{"zz_never_seen", "SUCCEEDED?", ""} {
		o := h.order()
		o.Word = word
		p, err := h.client(r, h.perfect(o)).GetStatus(context.Background(), id)
		if err != nil { // an answer that lacks its status may also be refused
			r.expect(errors.Is(err, guichet.ErrBadResponse), "word %q: %v", word, err)
			continue
		}
		r.expect(p.Status == guichet.StatusUnknown && !p.Status.Final(), "word %q is %q", word, p.Status)
		r.expect(h.Derived || p.ProviderStatus == word, "word %q is kept as %q", word, p.ProviderStatus)
		r.expect(p.Confirms(h.expected(p)) != nil, "word %q confirms", word)
	}
}

func checkStatusWords(h Harness, r *report) {
	id := h.id(r)
	r.expect(len(h.Words) > 0, "the harness names no status word")
	for word, want := range h.Words {
		o := h.order()
		o.Word = word
		p, err := h.client(r, h.perfect(o)).GetStatus(context.Background(), id)
		if !r.expect(err == nil && p != nil, "word %q: %v", word, err) {
			continue
		}
		r.expect(p.Status == want, "word %q is %q, not %q", word, p.Status, want)
		r.expect(h.Derived || p.ProviderStatus == word, "word %q is kept as %q", word, p.ProviderStatus)
	}
}

func checkAmountForms(h Harness, r *report) {
	caps, id := h.capabilities(), h.id(r)
	for _, form := range h.GoodAmount {
		o := h.order()
		o.AmountJSON = form
		p, err := h.client(r, h.perfect(o)).CreatePayment(context.Background(), h.request())
		r.expect(err == nil && p != nil, "create answered with amount %s: %v", form, err)
		if !caps.StatusAmount {
			continue
		}
		p, err = h.client(r, h.perfect(o)).GetStatus(context.Background(), id)
		r.expect(err == nil && p != nil && p.Amount == o.Amount, "amount %s is read as %v, %v", form, p, err)
	}
	for _, form := range h.BadAmount {
		o := h.order()
		o.AmountJSON = form
		for word, status := range h.Words {
			if status == guichet.StatusSucceeded {
				o.Word = word
			}
		}
		p, err := h.client(r, h.perfect(o)).GetStatus(context.Background(), id)
		switch {
		case err != nil:
			r.expect(errors.Is(err, guichet.ErrBadResponse), "amount %s: %v", form, err)
		case caps.StatusAmount:
			r.expect(p.Amount == guichet.Money{}, "amount %s is read as %v", form, p.Amount)
			r.expect(p.Confirms(h.expected(p)) != nil, "amount %s confirms", form)
		}
	}
}

func checkNulls(h Harness, r *report) {
	o := h.order()
	id := h.id(r)
	o.Nulls = true
	ctx := context.Background()
	p, err := h.client(r, h.perfect(o)).GetStatus(ctx, id)
	r.expect(err == nil && p != nil && p.Status == guichet.StatusPending, "a status with nulls: %v, %v", p, err)
	p, err = h.client(r, h.perfect(o)).CreatePayment(ctx, h.request())
	r.expect(err == nil && p != nil && p.CheckoutURL != "", "a create answered with nulls: %v, %v", p, err)
}

func checkErrors(h Harness, r *report) {
	id := h.id(r)
	r.expect(len(h.Errors) > 0, "the harness names no error")
	for _, c := range h.Errors {
		n := always(c.Status, c.Body)
		p, err := h.client(r, n, guichet.WithMaxRetries(0)).GetStatus(context.Background(), id)
		r.expect(p == nil, "%s: a payment comes back", c.Name)
		e := failure(r, c.Name, err)
		r.expect(e.Kind == c.Kind, "%s: kind is %v, not %v", c.Name, e.Kind, c.Kind)
		r.expect(e.ProviderCode == c.Code, "%s: code is %q, not %q", c.Name, e.ProviderCode, c.Code)
		r.expect(e.HTTPStatus == c.Status, "%s: HTTP status is %d", c.Name, e.HTTPStatus)
		r.expect(!e.OutcomeUnknown, "%s: a read has an unknown outcome", c.Name)
		r.expect(e.Op != "" && e.Provider != "" && strings.HasPrefix(e.Error(), e.Provider), "%s: the text is %q", c.Name, e.Error())
	}
	// A proxy answers in HTML, or not at all; then the status decides.
	for status, kind := range map[int]error{
		400: guichet.ErrInvalidRequest, 401: guichet.ErrUnauthorized, 403: guichet.ErrUnauthorized, 409: guichet.ErrConflict,
		429: guichet.ErrRateLimited, 500: guichet.ErrUnavailable, 502: guichet.ErrUnavailable, 503: guichet.ErrUnavailable, 504: guichet.ErrUnavailable,
	} {
		if other, ok := h.ByStatus[status]; ok {
			kind = other
		}
		for name, body := range map[string]string{"HTML": "<html><h1>no</h1></html>", "empty": "", "cut": `{"error":{"co`} {
			_, err := h.client(r, always(status, body), guichet.WithMaxRetries(0)).GetStatus(context.Background(), id)
			e := failure(r, fmt.Sprint(status, name), err)
			r.expect(e.Kind == kind, "%d %s: kind is %v, not %v", status, name, e.Kind, kind)
		}
	}
}

// unreadable are bodies that must never become a payment, made from a good one about o.
func unreadable(good string, o Order) map[string]string {
	deep := strings.Repeat(`{"a":`, 40) + "1" + strings.Repeat("}", 40)
	bad := map[string]string{
		"empty":            "",
		"null":             "null",
		"empty object":     "{}",
		"a number":         "7",
		"HTML":             "<!doctype html><title>Connexion</title>",
		"truncated":        good[:len(good)-1],
		"trailing data":    good + good,
		"invalid UTF-8":    spoiled(good, o, "\xff"),
		"lone surrogate":   spoiled(good, o, `\ud800`),
		"nested too deep":  strings.Replace(good, "{", `{"x":`+deep+`,`, 1),
		"duplicate member": strings.Replace(good, "{", `{"x":1,"x":2,`, 1),
		"folded duplicate": strings.Replace(good, "{", `{"x":1,"X":2,`, 1),
	}
	return bad
}

// spoiled breaks what a payment is known by.
func spoiled(good string, o Order, by string) string {
	return strings.NewReplacer(o.ID, by+o.ID, o.Reference, by+o.Reference).Replace(good)
}

// odd are answers that are read all the same: nothing is decided where they are odd.
var odd = map[string]func(good string) string{
	"a byte order mark":         func(good string) string { return "\ufeff" + good },
	"invalid UTF-8":             func(good string) string { return strings.Replace(good, "{", "{\"x\":\"\xff\",", 1) },
	"a lone surrogate":          func(good string) string { return strings.Replace(good, "{", `{"x":"\ud800",`, 1) },
	"a name with invalid UTF-8": func(good string) string { return strings.Replace(good, "{", "{\"\xff\":1,", 1) },
}

func checkOdd(h Harness, r *report, o Order, id string) {
	for name, change := range odd {
		n := &network{answer: func(_ int, q *http.Request) (*http.Response, error) {
			if h.IsList(q) && h.ListPage != nil {
				return reply(h.ListPage(q, []Order{o}))
			}
			status, body := h.Respond(q, o)
			return reply(status, change(body))
		}}
		p, err := h.client(r, n).GetStatus(context.Background(), id)
		r.expect(err == nil && p != nil && p.Status == guichet.StatusSucceeded, "status: %s that nobody reads: %v, %v", name, p, err)
		p, err = h.client(r, n).CreatePayment(context.Background(), h.request())
		r.expect(err == nil && p != nil, "create: %s that nobody reads: %v, %v", name, p, err)
	}
}

func checkUnreadable(h Harness, r *report) {
	ctx := context.Background()
	id := h.id(r)
	o := h.order()
	for word, status := range h.Words {
		if status == guichet.StatusSucceeded {
			o.Word = word
		}
	}
	body := func(create bool) string {
		n := h.perfect(o)
		var got string
		wrapped := &network{answer: func(i int, q *http.Request) (*http.Response, error) {
			if h.IsList(q) && h.ListPage != nil { // the helper look-ups of a status
				return reply(h.ListPage(q, []Order{o}))
			}
			_, got = h.Respond(q, o)
			return n.answer(i, q)
		}}
		if create {
			h.client(r, wrapped).CreatePayment(ctx, h.request())
		} else {
			h.client(r, wrapped).GetStatus(ctx, id)
		}
		return got
	}
	checkOdd(h, r, o, id)
	for name, bad := range unreadable(body(false), o) {
		p, err := h.client(r, always(200, bad), guichet.WithMaxRetries(0)).GetStatus(ctx, id)
		if err == nil && name == "empty object" && p != nil && p.Status == guichet.StatusUnknown {
			continue // allowed: a status without its word is unknown, never paid
		}
		r.expect(p == nil, "status: %s becomes %v", name, p)
		e := failure(r, "status: "+name, err)
		r.expect(e.Kind == guichet.ErrBadResponse, "status: %s: kind is %v", name, e.Kind)
		r.expect(!e.OutcomeUnknown, "status: %s: a read has an unknown outcome", name)
	}
	for name, bad := range unreadable(body(true), o) {
		n := always(200, bad)
		p, err := h.client(r, n).CreatePayment(ctx, h.request())
		r.expect(p == nil, "create: %s becomes %v", name, p)
		e := failure(r, "create: "+name, err)
		r.expect(e.Kind == guichet.ErrBadResponse, "create: %s: kind is %v", name, e.Kind)
		r.expect(e.OutcomeUnknown && errors.Is(err, guichet.ErrUnknownOutcome), "create: %s: the outcome is said to be known", name)
		r.expect(n.count() == 1, "create: %s: sent %d times", name, n.count())
	}
}
