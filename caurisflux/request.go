package caurisflux

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/request"
	"github.com/guichetpay/guichet/internal/strictjson"
	"github.com/guichetpay/guichet/internal/transport"
)

// initiateBody is what POST /payments/initiate takes.
type initiateBody struct {
	Type              string           `json:"type"`
	Provider          string           `json:"provider,omitempty"`
	Amount            json.Number      `json:"amount"`
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
}

// call is the create with this body and these members beside it. With an
// idempotency key it may be sent again.
func (b *initiateBody) call(op string, extra map[string]any, key string) (*transport.Call, error) {
	body, err := marshal(op, "Metadata or Extra", b, extra)
	if err != nil {
		return nil, err
	}
	call := &transport.Call{
		Op: op, Method: http.MethodPost, Route: "/payments/initiate",
		Body: body, Reference: b.ExternalReference,
		Sensitive: append(leaves(extra), b.CustomerPhone, b.CustomerEmail, b.CustomerName, b.CallbackURL, b.ReturnURL, b.CancelURL),
	}
	if key != "" {
		call.Policy, call.IdempotencyKey = transport.Keyed, key
	}
	return call, nil
}

// payoutBody is what POST /payouts/initiate takes.
type payoutBody struct {
	QuoteID           string    `json:"quoteId,omitempty"`
	ExternalReference string    `json:"externalReference"`
	Recipient         Recipient `json:"recipient,omitzero"`
	Description       string    `json:"description,omitempty"`
}

// marshal writes a body, and the members of extra after its own. Two members of one
// name would let CaurisFlux read another amount than was checked here.
func marshal(op, field string, body any, extra map[string]any) ([]byte, error) {
	written, err := strictjson.Marshal(body)
	if err == nil && len(extra) > 0 {
		var more []byte
		if more, err = strictjson.Marshal(extra); err == nil {
			written = append(append(written[:len(written)-1], ','), more[1:]...)
		}
	}
	if err == nil {
		err = strictjson.Check(written)
	}
	if err != nil {
		return nil, invalid(op, field, "cannot be written as JSON, or repeats a member that is already there")
	}
	return written, nil
}

// leaves returns every text and number in what the caller made up: which of them
// are secret cannot be told.
func leaves(members map[string]any) []string {
	if len(members) == 0 {
		return nil
	}
	written, err := strictjson.Marshal(members)
	if err != nil {
		return nil
	}
	return strictjson.Leaves(written)
}

// check says what is wrong with a field; an empty one only when it is required.
func check(value string, required bool, problem func(string) string) string {
	if required {
		return problem(value)
	}
	return request.Optional(value, problem)
}

// invalid is the error of a field that is wrong; see request.Check.
func invalid(op, field, problem string) error {
	return request.Check(provider, op, request.Field{Name: field, Problem: problem})
}

// wireAmount writes an amount as CaurisFlux's pages do: 5000, not 5000.00.
func wireAmount(n guichet.Number, currency guichet.Currency) (json.Number, string) {
	if _, known := currency.Exponent(); !known {
		return "", "the currency is not an ISO 4217 code with known decimals"
	}
	amount, exact := n.Major(currency)
	if !exact {
		return "", "must be a number of major units that the currency can hold exactly"
	}
	if amount.Minor <= 0 {
		return "", "must be above 0"
	}
	return trimZeros(amount.Decimal()), ""
}

// trimZeros writes a whole amount without decimals.
func trimZeros(decimal string) json.Number {
	whole, fraction, _ := strings.Cut(decimal, ".")
	if strings.Trim(fraction, "0") == "" {
		return json.Number(whole)
	}
	return json.Number(decimal)
}

// queryValues returns the values of a query that nobody has described: a phone may
// be among them, and CaurisFlux may repeat what it does not understand.
func queryValues(query url.Values) (values []string) {
	for _, more := range query {
		values = append(values, more...)
	}
	return values
}

// cloneQuery copies the caller's query. The reserved names have fields of their own.
func cloneQuery(op string, query url.Values, reserved ...string) (url.Values, error) {
	copied := make(url.Values, len(query)+len(reserved))
	for name, values := range query {
		copied[name] = append([]string(nil), values...)
	}
	for _, name := range reserved {
		if copied.Has(name) {
			return nil, invalid(op, "Query", name+" has a field of its own")
		}
	}
	return copied, nil
}
