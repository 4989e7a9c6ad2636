// Package request checks what a merchant hands to a provider, before anything is
// sent: a refusal names the field and never its value.
package request

import (
	"fmt"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/guichetpay/guichet"
)

const (
	// maxID is where lomi. cuts an idempotency key, and the default key is the
	// reference: two longer ones that begin alike would be one payment.
	maxID   = 255
	maxURL  = 2048
	maxText = 4096
)

// Rules are what a provider accepts in a PaymentRequest.
type Rules struct {
	Provider     string
	Capabilities guichet.Capabilities
	AcceptKey    bool // IdempotencyKey is accepted, honoured or not
	AcceptOTP    bool // MobileMoney.OTP has a slot
}

// Payment checks a request against the rules; nil if it may be sent. The error
// is ErrInvalidRequest, or ErrUnsupported for a field without a slot.
func (r Rules) Payment(req guichet.PaymentRequest) error {
	const op = "CreatePayment"
	unsupported := []struct {
		field string
		set   bool
	}{
		{"MobileMoney", req.MobileMoney != nil && !r.Capabilities.Direct},
		{"MobileMoney.OTP", req.MobileMoney != nil && req.MobileMoney.OTP != "" && !r.AcceptOTP},
		{"IdempotencyKey", req.IdempotencyKey != "" && !r.AcceptKey},
		{"CallbackURL", req.CallbackURL != "" && !r.Capabilities.Callback},
		{"Metadata", len(req.Metadata) > 0 && !r.Capabilities.Metadata},
	}
	for _, u := range unsupported {
		if u.set {
			return r.err(op, guichet.ErrUnsupported, u.field, r.Provider+" has no slot for it")
		}
	}

	fields := []Field{
		{"Reference", ID(req.Reference)},
		{"Amount", Amount(req.Amount)},
		{"SuccessURL", Optional(req.SuccessURL, URL)},
		{"CancelURL", Optional(req.CancelURL, URL)},
		{"CallbackURL", Optional(req.CallbackURL, URL)},
		{"IdempotencyKey", Optional(req.IdempotencyKey, ID)},
		{"Description", Text(req.Description)},
		{"Customer.FirstName", Text(req.Customer.FirstName)},
		{"Customer.LastName", Text(req.Customer.LastName)},
		{"Customer.Email", Optional(req.Customer.Email, ID)},
		{"Customer.Phone", Optional(req.Customer.Phone, Phone)},
	}
	if mm := req.MobileMoney; mm != nil {
		fields = append(fields, []Field{
			{"MobileMoney.Phone", Phone(mm.Phone)},
			{"MobileMoney.Country", Optional(mm.Country, Country)},
			{"MobileMoney.Operator", Optional(mm.Operator, ID)},
			{"MobileMoney.OTP", Optional(mm.OTP, ID)},
		}...)
	}
	folded := make(map[string]bool, len(req.Metadata))
	for key, value := range req.Metadata {
		problem := ID(key)
		if problem == "" {
			problem = Text(value)
		}
		// Answers that repeat them could not be read: which of the two is meant?
		same := strings.ToLower(strings.ToUpper(key))
		if problem == "" && folded[same] {
			problem = "two keys differ by case alone"
		}
		folded[same] = true
		fields = append(fields, Field{"Metadata", problem})
	}
	if err := Check(r.Provider, op, fields...); err != nil {
		return err
	}
	if allowed := r.Capabilities.Currencies; allowed != nil && !slices.Contains(allowed, req.Amount.Currency) {
		return r.err(op, guichet.ErrUnsupported, "Amount.Currency", fmt.Sprintf("%s takes %v only", r.Provider, allowed))
	}
	return nil
}

// List checks the page that is asked for.
func (r Rules) List(params guichet.ListParams) error {
	if params.Limit < 0 || params.Limit > 100 {
		return r.err("List", guichet.ErrInvalidRequest, "Limit", "must be 0 to 100")
	}
	if problem := Optional(params.Cursor, Text); problem != "" {
		return r.err("List", guichet.ErrInvalidRequest, "Cursor", problem)
	}
	return nil
}

func (r Rules) err(op string, kind error, field, problem string) error {
	return &guichet.Error{Provider: r.Provider, Op: op, Kind: kind, Message: field + ": " + problem}
}

// Optional is check for a field that may be empty.
func Optional(s string, check func(string) string) string {
	if s == "" {
		return ""
	}
	return check(s)
}

// Amount says why m cannot be asked for.
func Amount(m guichet.Money) string {
	if m.Minor <= 0 {
		return "must be above 0"
	}
	if _, ok := m.Currency.Exponent(); !ok {
		return "the currency is not an ISO 4217 code with known decimals"
	}
	return ""
}

// ID says why s cannot be a reference, a key, an operator code.
func ID(s string) string {
	switch {
	case s == "":
		return "must not be empty"
	case len(s) > maxID:
		return "is longer than 255 bytes"
	case strings.TrimSpace(s) != s:
		return "must not begin or end with a blank"
	}
	return controlFault(s)
}

// Text says why s cannot be free text.
func Text(s string) string {
	if len(s) > maxText {
		return "is longer than 4096 bytes"
	}
	if !utf8.ValidString(s) {
		return "is not valid UTF-8"
	}
	if strings.ContainsRune(s, 0) {
		return "must not hold a NUL"
	}
	return ""
}

// BadText returns the name of the first field of a request, or of a field in it,
// that holds text which is not valid UTF-8; "" if there is none.
func BadText(request any) string {
	field, _ := badText(reflect.ValueOf(request), "", 0)
	return field
}

// deepest is where values that hold themselves are given up.
const deepest = 32

func badText(v reflect.Value, at string, depth int) (field string, found bool) {
	if depth > deepest {
		return "", false
	}
	switch v.Kind() {
	case reflect.String:
		return at, !utf8.ValidString(v.String())
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			return badText(v.Elem(), at, depth+1)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			f := v.Type().Field(i)
			if !f.IsExported() {
				continue
			}
			name := at
			if !f.Anonymous {
				name = strings.TrimPrefix(at+"."+f.Name, ".")
			}
			if field, found := badText(v.Field(i), name, depth+1); found {
				return field, true
			}
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			if field, found := badText(v.Index(i), at, depth+1); found {
				return field, true
			}
		}
	case reflect.Map:
		for key, value := range v.Seq2() {
			for _, part := range []reflect.Value{key, value} {
				if field, found := badText(part, at, depth+1); found {
					return field, true
				}
			}
		}
	}
	return "", false
}

func controlFault(s string) string {
	if !utf8.ValidString(s) {
		return "is not valid UTF-8"
	}
	if strings.ContainsFunc(s, unicode.IsControl) {
		return "must not hold control characters"
	}
	return ""
}

// shortestPrivate spares the words that errors are made of, such as "XOF" or "15".
const shortestPrivate = 6

// Private returns what no error may repeat of a request beside the customer: the
// metadata, where merchants keep a phone or a name for want of another slot, and
// the addresses, whose query may authorise whoever calls them.
func Private(req guichet.PaymentRequest) []string {
	private := []string{req.SuccessURL, req.CancelURL, req.CallbackURL}
	for _, value := range req.Metadata {
		if len(value) >= shortestPrivate {
			private = append(private, value)
		}
	}
	return private
}

// FullName joins the names of a customer as they are.
func FullName(c guichet.Customer) string {
	if c.FirstName == "" || c.LastName == "" {
		return c.FirstName + c.LastName
	}
	return c.FirstName + " " + c.LastName
}

// Phone says why s cannot be a phone number.
func Phone(s string) string {
	if !ValidPhone(s) {
		return "must be E.164: + and 7 to 15 digits, country code first"
	}
	return ""
}

// Country says why s cannot be a country.
func Country(s string) string {
	if len(s) != 2 || s[0] < 'A' || s[0] > 'Z' || s[1] < 'A' || s[1] > 'Z' {
		return "must be an ISO 3166 alpha-2 code in capitals"
	}
	return ""
}

// URL says why s cannot be an address for the customer's browser or for the
// provider to call.
func URL(s string) string {
	const problem = "must be an absolute http or https URL without user info"
	if len(s) > maxURL {
		return "is longer than 2048 bytes"
	}
	if controlFault(s) != "" || strings.ContainsAny(s, " \\\"<>") {
		return problem
	}
	u, err := url.Parse(s)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Hostname() == "" || u.User != nil || u.Opaque != "" {
		return problem
	}
	return ""
}

// Key says why s cannot be an API key, token or webhook secret. It goes into a
// header, where a line break would start another one.
func Key(s string) string {
	if s == "" {
		return "must not be empty"
	}
	if len(s) > maxText {
		return "is too long"
	}
	for i := range len(s) {
		if s[i] <= ' ' || s[i] >= 0x7f {
			return "must be printable ASCII without blanks"
		}
	}
	return ""
}

// Field is one field of what a merchant hands over, and what is wrong with it; ""
// where nothing is.
type Field struct{ Name, Problem string }

// Check returns the first problem as an error of op, nil where there is none. It names
// the field, and never its value. Nothing was sent.
func Check(provider, op string, fields ...Field) error {
	for _, f := range fields {
		if f.Problem != "" {
			return &guichet.Error{Provider: provider, Op: op, Kind: guichet.ErrInvalidRequest, Message: f.Name + ": " + f.Problem}
		}
	}
	return nil
}

// Config is Check for the fields of a provider's Config.
func (r Rules) Config(settings ...Field) error {
	for i := range settings {
		settings[i].Name = "Config." + settings[i].Name
	}
	return Check(r.Provider, "New", settings...)
}

// minSecret is short enough for any real webhook secret; below it guessing pays.
const minSecret = 8

// WebhookSecrets says what is wrong with the two secrets. Both may be empty:
// then no webhook is trusted.
func WebhookSecrets(current, previous string) []Field {
	problem := func(s string) string {
		if s != "" && len(s) < minSecret {
			return "is shorter than 8 bytes"
		}
		return Optional(s, Key)
	}
	missing := ""
	if previous != "" && current == "" {
		missing = "is empty while PreviousWebhookSecret is set"
	}
	return []Field{
		{"WebhookSecret", problem(current)},
		{"PreviousWebhookSecret", problem(previous)},
		{"WebhookSecret", missing},
	}
}
