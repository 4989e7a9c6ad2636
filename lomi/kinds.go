package lomi

import (
	"encoding/json"

	"github.com/guichetpay/guichet/internal/strictjson"
)

// kind is how the answers about one type of object are read.
type kind[T any] struct {
	// read knows which members decide.
	read *strictjson.Reader[T]
	// ids are the names under which the object may have its id, id is where it is then.
	ids []string
	id  func(*T) *string
	// finish fills in what no tag says. raw is a copy that it may keep.
	finish func(t *T, answer layers, raw json.RawMessage) error
	// keyed fills in the idempotency key that was sent and whether lomi. answered from
	// its store; nil: the type has no place for them.
	keyed func(t *T, key string, replayed bool)

	// around reads the layers around the one that has the id, for types whose members
	// stand in data and beside it; nil: those layers are not read. The id and status of
	// such a layer are not the object's: ownOnly gives dst those of own.
	around  *strictjson.Reader[T]
	ownOnly func(dst, own *T)

	mayOmitID  func(*T) bool // the object is known although the answer does not repeat its id
	rowsHaveID bool          // an item of a list without an id is none
	outerID    bool          // the outermost of several layers has the id of the HTTP request under the same name
	reports    bool          // members of the object are called like those that say that a call was no success
	rawIsAll   bool          // Raw is the whole answer to a call that acts, not the object inside
}

// Every type that an answer is read into, and the members of it that decide: the id,
// the status, amounts with their currency, the merchant's reference, and where the
// customer pays, each under all the names that lomi. uses for it.
var (
	sessions = kind[CheckoutSession]{
		read:   strictjson.Deciding[CheckoutSession]("checkout_session_id", "checkout_url", "status", "amount", "currency_code"),
		ids:    []string{"checkout_session_id", "id"},
		id:     func(s *CheckoutSession) *string { return &s.ID },
		finish: (*CheckoutSession).finish, rowsHaveID: true,
		keyed: func(s *CheckoutSession, key string, replayed bool) { s.IdempotencyKey, s.Replayed = key, replayed },
	}
	links = kind[PaymentLink]{
		read:   strictjson.Deciding[PaymentLink]("link_id", "url", "amount", "currency_code"),
		ids:    []string{"link_id"},
		id:     func(l *PaymentLink) *string { return &l.ID },
		finish: (*PaymentLink).finish, rowsHaveID: true,
		keyed: func(l *PaymentLink, _ string, replayed bool) { l.Replayed = replayed },
	}

	// What the portable methods take from a session or a link.
	sessionPayments = kind[sessionPayment]{
		read:   strictjson.Deciding[sessionPayment]("checkout_session_id", "checkout_url", "status", "amount", "currency_code", "metadata.order_id"),
		ids:    sessions.ids,
		id:     func(s *sessionPayment) *string { return &s.ID },
		finish: (*sessionPayment).finish, rowsHaveID: true,
		keyed: func(s *sessionPayment, _ string, replayed bool) { s.replayed = replayed },
	}
	linkPayments = kind[linkPayment]{
		read:   strictjson.Deciding[linkPayment]("link_id", "url", "amount", "currency_code", "metadata.order_id"),
		ids:    links.ids,
		id:     func(l *linkPayment) *string { return &l.ID },
		finish: (*linkPayment).finish, rowsHaveID: true,
		keyed: func(l *linkPayment, _ string, replayed bool) { l.replayed = replayed },
	}
	// linkSessions are the sessions among which those of one link are looked for, so that
	// a link that cannot be read is an error.
	linkSessions = kind[sessionPayment]{
		read: strictjson.Deciding[sessionPayment]("checkout_session_id", "checkout_url", "status", "amount", "currency_code", "metadata.order_id", "payment_link_id"),
		ids:  sessions.ids, id: sessionPayments.id,
		finish: (*sessionPayment).finish, rowsHaveID: true,
	}

	transactions = kind[Transaction]{
		read:   strictjson.Deciding[Transaction]("transaction_id", "status", "gross_amount", "currency_code"),
		ids:    []string{"transaction_id", "id"},
		id:     func(t *Transaction) *string { return &t.ID },
		finish: (*Transaction).finish,
	}
	receipts = kind[Receipt]{
		read:   strictjson.Deciding[Receipt](),
		finish: (*Receipt).finish,
	}

	mobileCharges = kind[MobileCharge]{
		read:   strictjson.Deciding[MobileCharge]("transaction_id", "status", "wave_launch_url", "next_action.url", "waveSession.amount", "waveSession.currency"),
		around: strictjson.Deciding[MobileCharge]("wave_launch_url", "next_action.url", "waveSession.amount", "waveSession.currency"),
		ids:    []string{"transaction_id", "transactionId"},
		id:     func(m *MobileCharge) *string { return &m.TransactionID },
		ownOnly: func(dst, own *MobileCharge) {
			dst.TransactionID, dst.ProviderStatus = own.TransactionID, own.ProviderStatus
		},
		finish: (*MobileCharge).finish, rawIsAll: true,
		keyed: func(m *MobileCharge, key string, replayed bool) { m.IdempotencyKey, m.Replayed = key, replayed },
	}
	cardCharges = kind[CardCharge]{
		read:    strictjson.Deciding[CardCharge]("id", "status", "amount", "currency", "original_amount", "original_currency", "transaction.status"),
		around:  strictjson.Deciding[CardCharge]("amount", "currency", "original_amount", "original_currency", "transaction.status"),
		ids:     []string{"id"},
		id:      func(c *CardCharge) *string { return &c.ID },
		ownOnly: func(dst, own *CardCharge) { dst.ID, dst.ProviderStatus = own.ID, own.ProviderStatus },
		finish:  (*CardCharge).finish, rawIsAll: true,
		keyed: func(c *CardCharge, key string, replayed bool) { c.IdempotencyKey, c.Replayed = key, replayed },
	}
	refunds = kind[Refund]{
		read:    strictjson.Deciding[Refund]("refund_id", "transaction_id", "amount", "refunded_amount", "status"),
		around:  strictjson.Deciding[Refund]("transaction_id", "amount", "refunded_amount"),
		ids:     []string{"refund_id", "id"},
		id:      func(r *Refund) *string { return &r.ID },
		ownOnly: func(dst, own *Refund) { dst.ID, dst.ProviderStatus = own.ID, own.ProviderStatus },
		finish:  (*Refund).finish, rawIsAll: true,
	}
	payouts = kind[Payout]{
		read:    strictjson.Deciding[Payout]("payout_id", "kind", "status", "amount", "currency_code"),
		around:  strictjson.Deciding[Payout]("kind", "amount", "currency_code"),
		ids:     []string{"payout_id", "id"},
		id:      func(p *Payout) *string { return &p.ID },
		ownOnly: func(dst, own *Payout) { dst.ID, dst.ProviderStatus = own.ID, own.ProviderStatus },
		// lomi. may leave out the id, but never the kind. An answer with a status alone,
		// such as {"status":"completed"}, is no payout.
		mayOmitID: func(p *Payout) bool { return p.Kind != "" && p.ProviderStatus != "" },
		finish:    (*Payout).finish, rawIsAll: true,
	}
	payoutMethods = kind[PayoutMethod]{
		read:   strictjson.Deciding[PayoutMethod]("payout_method_id"),
		ids:    []string{"payout_method_id", "id"},
		id:     func(m *PayoutMethod) *string { return &m.ID },
		finish: (*PayoutMethod).finish, rowsHaveID: true,
	}
	paymentRequests = kind[PaymentRequest]{
		read:    strictjson.Deciding[PaymentRequest]("request_id", "payment_link", "status", "amount", "currency_code"),
		around:  strictjson.Deciding[PaymentRequest]("payment_link", "amount", "currency_code"),
		ids:     []string{"request_id"},
		id:      func(p *PaymentRequest) *string { return &p.ID },
		ownOnly: func(dst, own *PaymentRequest) { dst.ID, dst.ProviderStatus = own.ID, own.ProviderStatus },
		finish:  (*PaymentRequest).finish, rawIsAll: true, outerID: true,
		keyed: func(p *PaymentRequest, key string, replayed bool) { p.IdempotencyKey, p.Replayed = key, replayed },
	}

	customers = kind[Customer]{
		read:   strictjson.Deciding[Customer]("customer_id"),
		ids:    []string{"customer_id", "id"},
		id:     func(c *Customer) *string { return &c.ID },
		finish: (*Customer).finish,
	}
	portalEvents = kind[PortalEvent]{
		read:   strictjson.Deciding[PortalEvent]("id"),
		ids:    []string{"id"},
		id:     func(e *PortalEvent) *string { return &e.ID },
		finish: (*PortalEvent).finish, reports: true,
	}
	portalSessions = kind[PortalSession]{
		read:   strictjson.Deciding[PortalSession](),
		finish: (*PortalSession).finish,
	}

	products = kind[Product]{
		read:   strictjson.Deciding[Product]("product_id", "prices.price_id", "prices.amount", "prices.currency_code"),
		ids:    []string{"product_id", "id"},
		id:     func(p *Product) *string { return &p.ID },
		finish: (*Product).finish,
	}
	readPrice    = strictjson.Deciding[Price]("price_id", "amount", "currency_code")
	priceResults = kind[PriceResult]{
		read:   strictjson.Deciding[PriceResult](),
		finish: (*PriceResult).finish,
	}

	balances = kind[Balance]{
		read:   strictjson.Deciding[Balance]("currency_code", "balance"),
		finish: (*Balance).finish,
	}
	breakdowns = kind[BalanceBreakdown]{
		read:   strictjson.Deciding[BalanceBreakdown]("currency_code", "available_balance", "pending_balance", "total_balance"),
		finish: (*BalanceBreakdown).finish,
	}
	balanceChecks = kind[BalanceCheck]{
		read:   strictjson.Deciding[BalanceCheck]("has_sufficient_balance", "available_balance"),
		finish: (*BalanceCheck).finish,
	}
	accounts = kind[Account]{
		read:   strictjson.Deciding[Account]("merchant_id", "organization_id"),
		finish: (*Account).finish,
	}

	endpoints = kind[WebhookEndpoint]{
		read:    strictjson.Deciding[WebhookEndpoint]("webhook_id"),
		around:  strictjson.Deciding[WebhookEndpoint](),
		ids:     []string{"webhook_id", "id"},
		id:      func(w *WebhookEndpoint) *string { return &w.ID },
		ownOnly: func(dst, own *WebhookEndpoint) { dst.ID = own.ID },
		finish:  (*WebhookEndpoint).finish, rawIsAll: true,
	}
	webhookTests = kind[WebhookTest]{
		read:   strictjson.Deciding[WebhookTest](),
		finish: (*WebhookTest).finish, reports: true,
	}
	deliveries = kind[WebhookDelivery]{
		read: strictjson.Deciding[WebhookDelivery](),
		ids:  deliveryIDs,
		id:   func(d *WebhookDelivery) *string { return &d.ID },
		// The id may be under a name that lomi. does not document.
		mayOmitID: func(*WebhookDelivery) bool { return true },
		finish:    (*WebhookDelivery).finish, reports: true,
	}
)
