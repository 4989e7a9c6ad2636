package network

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/suite/contract"
	"github.com/guichetpay/guichet/internal/suite/scripted"
)

// laterPages are what may happen to the second page of a list.
var laterPages = []struct {
	name   string
	answer answer
}{
	{"reset after the request", resetAfter},
	{"body shorter than its Content-Length", shortBody},
	{"truncated JSON", rewritten(truncated)},
	{"500", echo(500, false)},
	{"302 to another host", elsewhere(302)},
	{"an empty object", fixed(200, "{}")},
}

// circle is the row of a list that gives the same page again and again.
const circle = "L00"

// checkPages breaks a list after its first page: what was read before is not
// taken for all of it, the error says where it ended, and a list that goes round
// in circles ends too.
func (m *matrix) checkPages(t *testing.T) {
	if m.h.ListPage == nil {
		return
	}
	t.Run("a later page", func(t *testing.T) {
		for _, later := range laterPages {
			t.Run(later.name, func(t *testing.T) { m.laterPage(t, later.answer) })
		}
		t.Run(circle+" the same page again and again", func(t *testing.T) { m.laterPage(t, nil) })
	})
}

// laterPage breaks the second page; a nil answer is the first page once more.
func (m *matrix) laterPage(t *testing.T, broken answer) {
	c := &cell{matrix: m, op: List, scale: 1}
	orders := make([]contract.Order, 5)
	for i := range orders {
		orders[i] = m.order()
		orders[i].ID = fmt.Sprintf("3c90c3cc-0d44-4b50-8888-8dd25736052%d", i)
		orders[i].Reference = fmt.Sprintf("ORDER-%d", i)
	}
	var first string
	var s *server
	s = &server{answer: func(x *exchange) bool {
		if x.n == 0 {
			code, body := m.h.ListPage(x.request(), orders)
			first = body
			s.arm()
			return x.reply(code, body)
		}
		if broken == nil {
			return x.reply(200, first)
		}
		return broken(c, x)
	}}
	s.start()
	defer s.close()
	defer func() {
		if c.host != nil {
			c.host.close()
		}
	}()
	client, err := c.client(s.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer scripted.CloseIdle(client)

	var ids []string
	var failure error
	for p, err := range guichet.All(context.Background(), client, guichet.ListParams{}) {
		if err != nil {
			failure = err
			break
		}
		ids = append(ids, p.ID)
	}
	if asked := len(s.requests()); asked == 0 { // everything is on one page
		if failure != nil || len(ids) != len(orders) {
			t.Errorf("one page of %d payments gives %d, %v", len(orders), len(ids), failure)
		}
		return
	} else if asked > 4 {
		t.Errorf("%d pages were asked for", asked)
	}
	if failure == nil && broken == nil && slices.ContainsFunc(m.exceptions, func(e Exception) bool { return e.Fault == circle && e.Class == OK }) {
		return
	}
	if failure == nil {
		t.Errorf("a list that broke after its first page ends well, with %d of %d payments", len(ids), len(orders))
		return
	}
	if e := new(guichet.Error); !errors.As(failure, &e) {
		t.Errorf("the error is %T", failure)
	}
	if !strings.Contains(failure.Error(), "page ") {
		t.Errorf("the error does not say at which page: %v", failure)
	}
	if c.host != nil && len(c.host.requests()) > 0 {
		t.Error("another host was asked")
	}
	found, _ := leaks(failure, c.secrets(), "")
	for _, leak := range found {
		t.Error(leak)
	}
}
