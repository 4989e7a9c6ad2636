package contract

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/suite/scripted"
)

func checkAuth(h Harness, r *report) {
	ctx := context.Background()
	n := h.Perfect(h.Order())
	c := h.client(r, n)
	p, err := c.CreatePayment(ctx, h.Request())
	if !r.expect(err == nil && p != nil, "CreatePayment: %v", err) {
		return
	}
	c.GetStatus(ctx, p.ID)
	c.List(ctx, guichet.ListParams{})
	for _, q := range n.All() {
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
			r.expect(!strings.Contains(q.URL.String(), secret) && !strings.Contains(q.Body, secret), "%s: a key is in the URL or body", q.Method)
		}
	}
}

func checkUnknownStatus(h Harness, r *report) {
	id := h.id(r)
	for _, word := range []string{"zz_never_seen", "SUCCEEDED?", ""} {
		o := h.Order()
		o.Word = word
		p, err := h.client(r, h.Perfect(o)).GetStatus(context.Background(), id)
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
		o := h.Order()
		o.Word = word
		p, err := h.client(r, h.Perfect(o)).GetStatus(context.Background(), id)
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
		o := h.Order()
		o.AmountJSON = form
		p, err := h.client(r, h.Perfect(o)).CreatePayment(context.Background(), h.Request())
		r.expect(err == nil && p != nil, "create answered with amount %s: %v", form, err)
		if !caps.StatusAmount {
			continue
		}
		p, err = h.client(r, h.Perfect(o)).GetStatus(context.Background(), id)
		r.expect(err == nil && p != nil && p.Amount == o.Amount, "amount %s is read as %v, %v", form, p, err)
	}
	for _, form := range h.BadAmount {
		o := h.Paid()
		o.AmountJSON = form
		p, err := h.client(r, h.Perfect(o)).GetStatus(context.Background(), id)
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
	o := h.Order()
	id := h.id(r)
	o.Nulls = true
	ctx := context.Background()
	p, err := h.client(r, h.Perfect(o)).GetStatus(ctx, id)
	r.expect(err == nil && p != nil && p.Status == guichet.StatusPending, "a status with nulls: %v, %v", p, err)
	p, err = h.client(r, h.Perfect(o)).CreatePayment(ctx, h.Request())
	r.expect(err == nil && p != nil && p.CheckoutURL != "", "a create answered with nulls: %v, %v", p, err)
}

func checkErrors(h Harness, r *report) {
	id := h.id(r)
	r.expect(len(h.Errors) > 0, "the harness names no error")
	for _, c := range h.Errors {
		n := scripted.Always(c.Status, c.Body)
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
			_, err := h.client(r, scripted.Always(status, body), guichet.WithMaxRetries(0)).GetStatus(context.Background(), id)
			e := failure(r, fmt.Sprint(status, name), err)
			r.expect(e.Kind == kind, "%d %s: kind is %v, not %v", status, name, e.Kind, kind)
		}
	}
}

// unreadable are bodies that must never become a payment, made from a good one about
// o. Package network has more of them, on sockets.
func unreadable(good string, o Order) map[string]string {
	return map[string]string{
		"empty object":   "{}",
		"a number":       "7",
		"lone surrogate": strings.NewReplacer(o.ID, `\ud800`+o.ID, o.Reference, `\ud800`+o.Reference).Replace(good),
	}
}

// odd are answers that are read all the same: nothing is decided where they are odd.
var odd = map[string]func(good string) string{
	"a byte order mark":         func(good string) string { return "\ufeff" + good },
	"a lone surrogate":          func(good string) string { return strings.Replace(good, "{", `{"x":"\ud800",`, 1) },
	"a name with invalid UTF-8": func(good string) string { return strings.Replace(good, "{", "{\"\xff\":1,", 1) },
}

// answering is a perfect provider whose answers about one payment are changed; those
// to a list, by which a status may be looked up, are not.
func (h Harness) answering(o Order, change func(good string) string) *scripted.Provider {
	return scripted.Func(func(_ int, q *http.Request) (*http.Response, error) {
		status, body := h.Answer(q, o)
		if !h.IsList(q) || h.ListPage == nil {
			body = change(body)
		}
		return scripted.Reply(status, body)
	})
}

func checkUnreadable(h Harness, r *report) {
	ctx := context.Background()
	id, o := h.id(r), h.Paid()
	for name, change := range odd {
		n := h.answering(o, change)
		p, err := h.client(r, n).GetStatus(ctx, id)
		r.expect(err == nil && p != nil && p.Status == guichet.StatusSucceeded, "status: %s that nobody reads: %v, %v", name, p, err)
		p, err = h.client(r, n).CreatePayment(ctx, h.Request())
		r.expect(err == nil && p != nil, "create: %s that nobody reads: %v, %v", name, p, err)
	}
	var status, create string
	h.client(r, h.answering(o, func(good string) string { status = good; return good })).GetStatus(ctx, id)
	h.client(r, h.answering(o, func(good string) string { create = good; return good })).CreatePayment(ctx, h.Request())
	for name, bad := range unreadable(status, o) {
		p, err := h.client(r, scripted.Always(200, bad), guichet.WithMaxRetries(0)).GetStatus(ctx, id)
		if err == nil && name == "empty object" && p != nil && p.Status == guichet.StatusUnknown {
			continue // allowed: a status without its word is unknown, never paid
		}
		r.expect(p == nil, "status: %s becomes %v", name, p)
		e := failure(r, "status: "+name, err)
		r.expect(e.Kind == guichet.ErrBadResponse, "status: %s: kind is %v", name, e.Kind)
	}
	for name, bad := range unreadable(create, o) {
		p, err := h.client(r, scripted.Always(200, bad)).CreatePayment(ctx, h.Request())
		r.expect(p == nil, "create: %s becomes %v", name, p)
		e := failure(r, "create: "+name, err)
		r.expect(e.Kind == guichet.ErrBadResponse && e.OutcomeUnknown, "create: %s: %v", name, err)
	}
}
