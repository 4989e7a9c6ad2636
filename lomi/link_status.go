package lomi

import (
	"context"
	"net/url"
	"time"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/transport"
)

// linkStatus tells the state of a link from the checkout sessions that were
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
		found, whole, err := c.walkSessions(ctx, op, link.ID, word)
		switch {
		case err != nil:
			return nil, err
		case found != nil:
			session := found.payment(c)
			payment.Status, payment.ProviderStatus = session.Status, session.ProviderStatus
			if session.Status != guichet.StatusSucceeded {
				payment.Status = guichet.StatusPending
				return payment, nil
			}
			payment.Amount, payment.Raw = session.Amount, session.Raw
			if payment.Reference == "" {
				payment.Reference = session.Reference
			}
			return payment, nil
		case link.IsActive == nil:
			return payment, nil
		case *link.IsActive && !lapsed:
			payment.Status = guichet.StatusPending
			return payment, nil
		case !whole:
			return payment, nil
		}
	}
	payment.Status = guichet.StatusCanceled
	if lapsed {
		payment.Status = guichet.StatusExpired
	}
	return payment, nil
}

// walkSessions looks for a session of the link among those with the given status
// word: a paid one, else one that can still be paid. whole is false when there are
// sessions that were not read.
func (c *Client) walkSessions(ctx context.Context, op, linkID, word string) (found *sessionPayment, whole bool, err error) {
	asked := listQuery{Limit: maxLimit}
	whole = true
	for range c.walkPages {
		call := &transport.Call{Op: op, Route: "/checkout-sessions", Query: url.Values{"status": {word}}}
		p, err := listPage(ctx, c, call, &linkSessions, sessionsKey, asked, false)
		if p == nil {
			return nil, false, err
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
				return session, true, nil
			case guichet.StatusPending, guichet.StatusUnknown:
				found = session
			}
		}
		if p.next == "" {
			return found, whole, nil
		}
		asked.Cursor = p.next
	}
	return found, false, nil
}
