package caurisflux

import (
	"cmp"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/guichetpay/guichet"
	strictjson "github.com/guichetpay/guichet/internal/oldjson"
	"github.com/guichetpay/guichet/internal/transport"
)

// statusWords maps CaurisFlux's words, trimmed and lower-cased. Two words for
// paid are documented, on different pages; UNVERIFIED.md says where each comes
// from. Any other word, such as "processing", is unknown.
var statusWords = map[string]guichet.Status{
	"pending": guichet.StatusPending,
	"success": guichet.StatusSucceeded, "completed": guichet.StatusSucceeded, "paid": guichet.StatusSucceeded,
	"failed":    guichet.StatusFailed,
	"expired":   guichet.StatusExpired,
	"cancelled": guichet.StatusCanceled, "canceled": guichet.StatusCanceled,
}

func statusOf(word string) guichet.Status {
	return statusWords[strings.ToLower(strings.TrimSpace(word))]
}

// codeKinds maps the documented error codes, lower-cased. They decide before the
// HTTP status does.
var codeKinds = map[string]error{
	"insufficient_funds":    guichet.ErrDeclined,
	"limit_exceeded":        guichet.ErrDeclined,
	"daily_limit_exceeded":  guichet.ErrDeclined,
	"invalid_phone":         guichet.ErrInvalidRequest,
	"invalid_amount":        guichet.ErrInvalidRequest,
	"validation_error":      guichet.ErrInvalidRequest,
	"refund_not_allowed":    guichet.ErrInvalidRequest,
	"invalid_refund_amount": guichet.ErrInvalidRequest,
	"provider_error":        guichet.ErrUnavailable, // the operator may have acted
	"unauthorized":          guichet.ErrUnauthorized,
	"forbidden":             guichet.ErrUnauthorized,
	"rate_limit_exceeded":   guichet.ErrRateLimited,
}

type initiateWire struct {
	Type              string           `json:"type"`
	Provider          string           `json:"provider,omitempty"`
	Amount            guichet.Number   `json:"amount"`
	Currency          guichet.Currency `json:"currency"`
	Country           string           `json:"country,omitempty"`
	CustomerPhone     string           `json:"customerPhone,omitempty"`
	ExternalReference string           `json:"externalReference"`
	CustomerName      string           `json:"customerName,omitempty"`
	CustomerEmail     string           `json:"customerEmail,omitempty"`
	Description       string           `json:"description,omitempty"`
	CallbackURL       string           `json:"callbackUrl,omitempty"`
	ReturnURL         string           `json:"returnUrl,omitempty"`
	CancelURL         string           `json:"cancelUrl,omitempty"`
	Metadata          map[string]any   `json:"metadata,omitempty"`
	Extra             map[string]any   `json:",inline"`
}

type paymentWire struct {
	TransactionID         string            `json:"transactionId"`
	ProviderTransactionID string            `json:"providerTransactionId"`
	ExternalReference     string            `json:"externalReference"`
	Type                  string            `json:"type"`
	Status                string            `json:"status"`
	Amount                guichet.Number    `json:"amount"`
	Currency              guichet.Currency  `json:"currency"`
	RedirectURL           string            `json:"redirectUrl"`
	CheckoutURL           string            `json:"checkoutUrl"`
	PaymentURL            string            `json:"paymentUrl"`
	DeepLinks             json.RawMessage   `json:"deepLinks"`
	CreatedAt             guichet.Timestamp `json:"createdAt"`
	ExpiresAt             guichet.Timestamp `json:"expiresAt"`
}

func (w *paymentWire) payment(raw json.RawMessage) *Payment {
	return &Payment{
		ID:                cmp.Or(w.TransactionID, w.ProviderTransactionID),
		ExternalReference: w.ExternalReference,
		Status:            statusOf(w.Status), ProviderStatus: w.Status,
		Amount: w.Amount, Currency: w.Currency,
		RedirectURL: cmp.Or(w.RedirectURL, w.CheckoutURL, w.PaymentURL),
		DeepLinks:   present(w.DeepLinks),
		CreatedAt:   w.CreatedAt, ExpiresAt: w.ExpiresAt,
		Raw: raw,
	}
}

func (w *paymentWire) subject() subject {
	return subject{w.TransactionID, w.ProviderTransactionID, w.ExternalReference, w.Status, w.Amount}
}

type payoutRequestWire struct {
	QuoteID           string         `json:"quoteId,omitempty"`
	ExternalReference string         `json:"externalReference"`
	Recipient         Recipient      `json:"recipient,omitzero"`
	Description       string         `json:"description,omitempty"`
	Extra             map[string]any `json:",inline"`
}

// payoutWire is what both endpoints answer: each leaves out what the other has.
type payoutWire struct {
	TransactionID     string           `json:"transactionId"`
	ExternalReference string           `json:"externalReference"`
	Type              string           `json:"type"`
	Status            string           `json:"status"`
	Amount            guichet.Number   `json:"amount"`
	Fees              guichet.Number   `json:"fees"`
	NetAmount         guichet.Number   `json:"netAmount"`
	Currency          guichet.Currency `json:"currency"`
	Method            string           `json:"method"`
	Recipient         Recipient        `json:"recipient"`
	RecipientPhone    string           `json:"recipientPhone"`
	RecipientName     string           `json:"recipientName"`
	MobileWallet      struct {
		Provider string `json:"provider"`
	} `json:"mobileWallet"`
	MobileProvider    string            `json:"mobileProvider"`
	ProviderReference string            `json:"providerReference"`
	Message           string            `json:"message"`
	ErrorCode         string            `json:"errorCode"`
	ErrorMessage      string            `json:"errorMessage"`
	CreatedAt         guichet.Timestamp `json:"createdAt"`
	UpdatedAt         guichet.Timestamp `json:"updatedAt"`
	CompletedAt       guichet.Timestamp `json:"completedAt"`
	Metadata          json.RawMessage   `json:"metadata"`
}

func (w *payoutWire) payout(raw json.RawMessage) *Payout {
	recipient := w.Recipient
	recipient.Phone = cmp.Or(recipient.Phone, w.RecipientPhone)
	recipient.Name = cmp.Or(recipient.Name, w.RecipientName)
	return &Payout{
		ID: w.TransactionID, ExternalReference: w.ExternalReference, Type: w.Type,
		Status: statusOf(w.Status), ProviderStatus: w.Status,
		Amount: w.Amount, Fees: w.Fees, NetAmount: w.NetAmount, Currency: w.Currency,
		Method: w.Method, MobileProvider: cmp.Or(w.MobileWallet.Provider, w.MobileProvider),
		Recipient:         recipient,
		ProviderReference: w.ProviderReference, Message: w.Message,
		ErrorCode: w.ErrorCode, ErrorMessage: w.ErrorMessage,
		CreatedAt: w.CreatedAt, UpdatedAt: w.UpdatedAt, CompletedAt: w.CompletedAt,
		Metadata: present(w.Metadata), Raw: raw,
	}
}

func (w *payoutWire) subject() subject {
	return subject{w.TransactionID, "", w.ExternalReference, w.Status, w.Amount}
}

// subject is what an answer says it is about.
type subject struct {
	id, providerID, reference, status string
	amount                            guichet.Number
}

// check refuses a create that cannot be asked about later, and an answer about
// something else than the call: the id is all that binds a status to its order.
func (s subject) check(call *transport.Call) error {
	anonymous := s.id == "" && s.providerID == ""
	if len(call.Args) == 0 { // a create
		switch {
		case anonymous:
			return errors.New("the answer has no transaction id")
		case s.reference != "" && s.reference != call.Reference:
			return errors.New("the answer is about another order")
		}
		return nil
	}
	asked := call.Args[0]
	switch {
	case anonymous && (s.status == "" || s.amount == ""):
		// {"status":"success"} is what many a server says of itself.
		return errors.New("the answer names no transaction, and does not look like one")
	case !anonymous && s.id != asked && s.providerID != asked:
		return errors.New("the answer is about another transaction")
	}
	return nil
}

type metaWire struct {
	Total      guichet.Number `json:"total"`
	Page       guichet.Number `json:"page"`
	Limit      guichet.Number `json:"limit"`
	TotalPages guichet.Number `json:"totalPages"`
}

func parseMeta(raw json.RawMessage) (*Meta, error) {
	if present(raw) == nil {
		return nil, nil
	}
	var w metaWire
	if err := strictjson.Unmarshal(raw, &w); err != nil {
		return nil, err
	}
	whole := func(n guichet.Number) int64 {
		i, _ := n.Int64()
		return i
	}
	return &Meta{Total: whole(w.Total), Page: whole(w.Page), Limit: whole(w.Limit), TotalPages: whole(w.TotalPages)}, nil
}

// errorWire is an error body. Only the first three members are shown by
// CaurisFlux's pages; where a code sits is not, so all likely places are read.
type errorWire struct {
	StatusCode json.RawMessage `json:"statusCode"`
	Message    json.RawMessage `json:"message"` // a text, or a list of texts
	Error      json.RawMessage `json:"error"`   // the HTTP reason phrase, sometimes a code
	Code       json.RawMessage `json:"code"`
	ErrorCode  json.RawMessage `json:"errorCode"`
}

// refusal reads an answer that is not 2xx.
func refusal(a *transport.Answer) *guichet.Error {
	e := readRefusal(a.Status, a.Body)
	if a.Status == http.StatusTooManyRequests {
		if limit := rateLimit(a.Header); limit != nil {
			e.Err = &RateLimitError{*limit}
		}
	}
	return e
}

func readRefusal(status int, body []byte) *guichet.Error {
	e := &guichet.Error{}
	var w errorWire
	if strictjson.Unmarshal(body, &w) != nil {
		return e
	}
	reason := text(w.Error)
	statusCode := number(w.StatusCode)
	said, ok := statusCode.Int64()
	isPhrase := reason == http.StatusText(status) || ok && reason == http.StatusText(int(said))
	e.ProviderCode = cmp.Or(text(w.Code), text(w.ErrorCode))
	if e.ProviderCode == "" && !isPhrase && codeKinds[strings.ToLower(reason)] != nil {
		e.ProviderCode = reason
	}
	e.Kind = codeKinds[strings.ToLower(e.ProviderCode)]

	var messages []string
	if strictjson.Unmarshal(w.Message, &messages) == nil {
		e.Message = strings.Join(messages, ", ")
	}
	e.Message = cmp.Or(text(w.Message), e.Message, reason)
	if ok && said != int64(status) {
		e.Message = "statusCode " + string(statusCode) + " in the body: " + e.Message
	}
	return e
}

// text returns a JSON string's value, "" for anything else.
func text(raw json.RawMessage) string {
	var s string
	if strictjson.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}
