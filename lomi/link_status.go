package lomi

import (
	"context"
	"net/url"
	"time"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/transport"
)

// linkStatus derives the state of a link from the checkout sessions that were
// opened through it.
//
// Succeeded and pending need one session, or a link that can still be paid. The
// final words expired and canceled need proof that no session is paid and none
// can be: every session read, the completed ones a second time after the open
// ones, because a customer may pay between the two.
func (c *Client) linkStatus(ctx context.Context, op, id string) (*guichet.Payment, error) {
	link, err := getOne(ctx, c, getLink(op, id), &linkPayments)
	if err != nil {
		return nil, err
	}
	payment := link.payment(c)
	payment.ID = id
	lapsed := !link.ExpiresAt.Time.IsZero() && !time.Now().Before(link.ExpiresAt.Time)
	for _, word := range []string{"completed", "open", "completed"} {
		walk, err := c.walkSessions(ctx, op, link.ID, word)
		switch {
		case err != nil:
			return nil, err
		case walk.paid > 0:
			session := walk.found.payment(c)
			payment.Status, payment.ProviderStatus = session.Status, session.ProviderStatus
			payment.Amount, payment.Raw = session.Amount, session.Raw
			payment.Captures = walk.paid
			if payment.Reference == "" {
				payment.Reference = session.Reference
			}
			return payment, nil
		case walk.found != nil:
			payment.Status, payment.ProviderStatus = guichet.StatusPending, walk.found.Status
			return payment, nil
		case link.IsActive == nil:
			return payment, nil
		case *link.IsActive && !lapsed:
			payment.Status = guichet.StatusPending
			return payment, nil
		case !walk.whole:
			return payment, nil
		}
	}
	payment.Status = guichet.StatusCanceled
	if lapsed {
		payment.Status = guichet.StatusExpired
	}
	return payment, nil
}

// sessionWalk is what was found of a link among the sessions.
type sessionWalk struct {
	found *sessionPayment // the first that is paid, else one that can still be paid
	paid  int             // how many are paid, of those that were read
	whole bool            // every session was read
}

// walkSessions looks for the sessions of a link among those with the given status word,
// and counts those that are paid. A failure after a paid one only ends the count: that
// the link was paid is known.
func (c *Client) walkSessions(ctx context.Context, op, linkID, word string) (walk sessionWalk, err error) {
	asked := listQuery{Limit: maxLimit}
	paid := map[string]bool{} // by id: a session can slide from one page to the next
	whole := true
	for range c.walkPages {
		call := &transport.Call{Op: op, Route: "/checkout-sessions", Query: url.Values{"status": {word}}}
		p, err := listPage(ctx, c, call, &linkSessions, sessionsKey, asked, false)
		if p == nil && walk.paid > 0 {
			return walk, nil
		}
		if p == nil {
			return sessionWalk{}, err
		}
		whole = whole && p.Skipped == 0 && !p.cut
		for i := range p.Items {
			session := &p.Items[i]
			if session.LinkID != linkID {
				continue
			}
			// The word is asked for, and still read: a server may ignore the filter.
			switch statusIn(sessionWords, session.Status) {
			case guichet.StatusSucceeded:
				if walk.paid == 0 {
					walk.found = session
				}
				paid[session.ID] = true
				walk.paid = len(paid)
			case guichet.StatusPending, guichet.StatusUnknown:
				if walk.paid == 0 {
					walk.found = session
				}
			}
		}
		if p.next == "" {
			walk.whole = whole
			return walk, nil
		}
		asked.Cursor = p.next
	}
	return walk, nil
}
