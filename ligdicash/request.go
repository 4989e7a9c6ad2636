package ligdicash

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/guichetpay/guichet/internal/request"
)

// transactionID is the key of custom_data that carries the merchant's reference.
const transactionID = "transaction_id"

// reservedKeys of custom_data belong to the reference and to LigdiCash.
var reservedKeys = []string{transactionID, "hash", "logfile"}

// commandeWire is the root of every body that is sent.
type commandeWire[T any] struct {
	Commande T `json:"commande"`
}

// payinWire has no omitted member: LigdiCash wants every one of them present,
// empty or not.
type payinWire struct {
	Invoice    invoiceWire       `json:"invoice"`
	Store      storeWire         `json:"store"`
	Actions    actionsWire       `json:"actions"`
	CustomData map[string]string `json:"custom_data"`
}

type invoiceWire struct {
	Items       []itemWire `json:"items"`
	TotalAmount int64      `json:"total_amount"`
	Devise      string     `json:"devise"`
	Description string     `json:"description"`
	Customer    string     `json:"customer"`
	FirstName   string     `json:"customer_firstname"`
	LastName    string     `json:"customer_lastname"`
	Email       string     `json:"customer_email"`
	ExternalID  string     `json:"external_id"`
	OTP         string     `json:"otp"`
}

type itemWire struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	Quantity    int64  `json:"quantity"`
	UnitPrice   int64  `json:"unit_price"`
	TotalPrice  int64  `json:"total_price"`
}

type storeWire struct {
	Name       string `json:"name"`
	WebsiteURL string `json:"website_url"`
}

type actionsWire struct {
	CancelURL   string `json:"cancel_url"`
	ReturnURL   string `json:"return_url"`
	CallbackURL string `json:"callback_url"`
}

// customData builds the object that carries the reference.
func (c *Client) customData(op, orderID string, more map[string]string) (map[string]string, error) {
	data := make(map[string]string, 1+len(more))
	if orderID != "" {
		if problem := request.ID(orderID); problem != "" {
			return nil, c.t.Invalid(op, "TransactionID", problem)
		}
		data[transactionID] = orderID
	}
	field := "CustomData"
	if op == "CreatePayment" {
		field = "Metadata"
	}
	if len(more) > maxCustomData {
		return nil, c.t.Invalid(op, field, fmt.Sprintf("has more than %d keys", maxCustomData))
	}
	folded := make(map[string]bool, len(more))
	for key, value := range more {
		problem := request.ID(key)
		if problem == "" {
			problem = request.Text(value)
		}
		// Two keys that differ by case alone would make the plain-object shape
		// of every answer about this payment unreadable.
		same := strings.ToLower(strings.ToUpper(key))
		if slices.Contains(reservedKeys, same) || folded[same] {
			problem = "a key is reserved, or there twice in another case"
		}
		if problem != "" {
			return nil, c.t.Invalid(op, field, problem)
		}
		folded[same] = true
		data[key] = value
	}
	return data, nil
}

const maxToken = 4096

// tokenProblem says why s cannot be a token. It travels in the query, escaped.
func tokenProblem(s string) string {
	switch {
	case s == "":
		return "must not be empty"
	case s == "." || s == "..":
		return "must not be a path step"
	case len(s) > maxToken:
		return "is too long"
	case !utf8.ValidString(s):
		return "is not valid UTF-8"
	case strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) }):
		return "must not hold blanks or control characters"
	}
	return ""
}

func amountProblem(francs int64) string { return unless(francs > 0, "must be above 0 francs") }

// unless returns the problem of a field that is not fine.
func unless(fine bool, problem string) string {
	if fine {
		return ""
	}
	return problem
}

func (c *Client) check(op string, fields []request.Field) error {
	return request.Check(provider, op, fields...)
}
