package input

import (
	"context"
	"net/url"
	"reflect"
	"strings"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/request"
)

// field is one text that a merchant hands over.
type field struct {
	name    string
	names   []string // by which an error may call it
	kinds   []kind
	good    string // a harmless value, found nowhere else in what is sent
	prefill bool   // it only fills in a form
	needed  bool   // every provider has a place for it

	required bool // empty is refused
	call     func(ctx context.Context, value string) error

	mark string                    // what of good is sent; empty: all
	fill func(value string) string // what of a value is sent; nil: all

	// expand makes the values of a kind out of what the table has; nil: they are
	// as they are.
	expand func(value string) string
}

func (f field) values() []string {
	var all []string
	for _, k := range f.kinds {
		for _, value := range values[k] {
			if f.expand != nil && k == aKey {
				value = f.expand(value)
			}
			all = append(all, value)
		}
	}
	return all
}

const (
	goodID    = "MARK-7q"
	goodText  = "Mark 7q"
	goodPhone = "+22870000007"
	goodEmail = "mark7q@example.com"
	goodURL   = "https://shop.example/mark7q"
)

var anything = []kind{anID, aText}

func (s *suite) fields() []field {
	fields := append(s.requestFields(), s.settings()...)
	return append(fields,
		field{
			name: "payment id", names: []string{"id", "order id", "order_id", "token"}, kinds: []kind{anID}, good: goodID, needed: true, required: true,
			call: func(ctx context.Context, value string) error {
				_, err := s.client.GetStatus(ctx, value)
				return err
			},
		},
		field{
			name: "cursor", names: []string{"Cursor", "LigdiCash has no list"}, kinds: anything, good: "8675309",
			call: func(ctx context.Context, value string) error {
				_, err := s.client.List(ctx, guichet.ListParams{Cursor: value})
				return err
			},
		},
	)
}

// requestFields are those of a PaymentRequest.
func (s *suite) requestFields() []field {
	create := func(change func(req *guichet.PaymentRequest, value string)) func(context.Context, string) error {
		return func(ctx context.Context, value string) error {
			req := s.request()
			change(&req, value)
			_, err := s.client.CreatePayment(ctx, req)
			return err
		}
	}
	direct := func(change func(mm *guichet.MobileMoney, value string)) func(context.Context, string) error {
		return create(func(req *guichet.PaymentRequest, value string) {
			mm := guichet.MobileMoney{Phone: goodPhone, Country: "TG"}
			if s.h.MobileMoney != nil {
				mm = *s.h.MobileMoney
			}
			change(&mm, value)
			req.MobileMoney = &mm
		})
	}
	return []field{
		{
			name: "Reference", kinds: []kind{anID}, good: goodID, needed: true, required: true, names: []string{"Reference"},
			call: create(func(req *guichet.PaymentRequest, value string) { req.Reference = value }),
		},
		{
			name: "IdempotencyKey", kinds: []kind{anID}, good: goodID, names: []string{"IdempotencyKey"},
			call: create(func(req *guichet.PaymentRequest, value string) { req.IdempotencyKey = value }),
		},
		{
			name: "Description", kinds: anything, good: goodText, prefill: true, needed: true, names: []string{"Description"},
			call: create(func(req *guichet.PaymentRequest, value string) { req.Description = value }),
		},
		{
			name: "Customer.FirstName", kinds: anything, good: goodText, prefill: true, names: []string{"Customer.FirstName"},
			call: create(func(req *guichet.PaymentRequest, value string) { req.Customer.FirstName = value }),
		},
		{
			name: "Customer.FirstName beside a last name", kinds: anything, good: goodText, prefill: true, names: []string{"Customer.FirstName", "CustomerName"},
			call: create(func(req *guichet.PaymentRequest, value string) {
				req.Customer = guichet.Customer{FirstName: value, LastName: "Diop"}
			}),
		},
		{
			name: "Customer.LastName", kinds: anything, good: goodText, prefill: true, names: []string{"Customer.LastName"},
			call: create(func(req *guichet.PaymentRequest, value string) { req.Customer.LastName = value }),
		},
		{
			name: "Customer.LastName beside a first name", kinds: anything, good: goodText, prefill: true, names: []string{"Customer.LastName", "CustomerName"},
			call: create(func(req *guichet.PaymentRequest, value string) {
				req.Customer = guichet.Customer{FirstName: "Awa", LastName: value}
			}),
		},
		{
			name: "Customer.Email", kinds: anything, good: goodEmail, prefill: true, names: []string{"Customer.Email"},
			call: create(func(req *guichet.PaymentRequest, value string) { req.Customer.Email = value }),
		},
		{
			name: "Customer.Phone", kinds: []kind{aPhone, anID}, good: goodPhone, prefill: true, names: []string{"Customer.Phone"},
			mark: request.PhoneDigits(goodPhone), fill: request.PhoneDigits,
			call: create(func(req *guichet.PaymentRequest, value string) { req.Customer.Phone = value }),
		},
		{
			name: "SuccessURL", kinds: []kind{aURL, anID}, good: goodURL, needed: true, names: []string{"SuccessURL"},
			call: create(func(req *guichet.PaymentRequest, value string) { req.SuccessURL = value }),
		},
		{
			name: "CancelURL", kinds: []kind{aURL, anID}, good: goodURL, needed: true, names: []string{"CancelURL"},
			call: create(func(req *guichet.PaymentRequest, value string) { req.CancelURL = value }),
		},
		{
			name: "CallbackURL", kinds: []kind{aURL, anID}, good: goodURL, names: []string{"CallbackURL"},
			call: create(func(req *guichet.PaymentRequest, value string) { req.CallbackURL = value }),
		},
		{
			name: "a value of Metadata", kinds: anything, good: goodText, names: []string{"Metadata"},
			call: create(func(req *guichet.PaymentRequest, value string) { req.Metadata = map[string]string{"panier": value} }),
		},
		{
			name: "a key of Metadata", kinds: []kind{anID, aName, aText}, good: goodID, names: []string{"Metadata"},
			call: create(func(req *guichet.PaymentRequest, value string) { req.Metadata = map[string]string{value: "panier"} }),
		},
		{
			name: "MobileMoney.Phone", required: true, kinds: []kind{aPhone, anID}, good: goodPhone, names: []string{"MobileMoney"},
			mark: request.PhoneDigits(goodPhone), fill: request.PhoneDigits,
			call: direct(func(mm *guichet.MobileMoney, value string) { mm.Phone = value }),
		},
		{
			name: "MobileMoney.Phone without an operator", required: true, kinds: []kind{aPhone, anID}, good: goodPhone, names: []string{"MobileMoney"},
			mark: request.PhoneDigits(goodPhone), fill: request.PhoneDigits,
			call: direct(func(mm *guichet.MobileMoney, value string) { *mm = guichet.MobileMoney{Phone: value} }),
		},
		{
			name: "MobileMoney.Country", kinds: anything, good: "ZZ", names: []string{"MobileMoney"},
			call: direct(func(mm *guichet.MobileMoney, value string) { mm.Country = value }),
		},
		{
			name: "MobileMoney.Operator", kinds: anything, good: goodID, names: []string{"MobileMoney"},
			call: direct(func(mm *guichet.MobileMoney, value string) { mm.Operator = value }),
		},
		{
			name: "MobileMoney.OTP", kinds: anything, good: goodID, names: []string{"MobileMoney"},
			call: direct(func(mm *guichet.MobileMoney, value string) { mm.Operator, mm.Country, mm.OTP = "", "", value }),
		},
	}
}

// settings are the texts of the provider's Config that are sent somewhere. Those
// that are not are webhook secrets; see checkWebhookSecrets.
func (s *suite) settings() []field {
	var fields []field
	original := reflect.ValueOf(s.h.Config)
	for _, f := range reflect.VisibleFields(original.Type()) {
		if f.Type.Kind() != reflect.String || strings.HasSuffix(f.Name, "WebhookSecret") {
			continue
		}
		setting := field{name: "Config." + f.Name, names: []string{"Config." + f.Name}, kinds: []kind{aKey, anID, aText, aURL}}
		old := original.FieldByIndex(f.Index).String()
		switch {
		case strings.HasSuffix(f.Name, "URL"):
			setting.good, setting.needed = goodURL, true
		case strings.HasSuffix(f.Name, "Path"):
			// A path, slashes and all.
			setting.good, setting.mark = "/mark7q", separator+"mark7q"
			setting.fill = func(value string) string { return strings.ReplaceAll(value, "/", separator) }
		case f.Tag.Get("redact") != "":
			setting.good, setting.needed, setting.required = old+goodID, true, true // a key says by its beginning what it is for
		default:
			setting.good, setting.needed = goodID, true
		}
		setting.expand = func(value string) string { return strings.Replace(value, "k", setting.good, 1) }
		setting.call = func(ctx context.Context, value string) error {
			client, err := s.from(s.with(f.Index, value))
			if err != nil {
				return err
			}
			_, err = client.CreatePayment(ctx, s.request())
			if err != nil {
				return err
			}
			_, _ = client.List(ctx, guichet.ListParams{}) // not every provider has one
			return nil
		}
		fields = append(fields, setting)
	}
	return fields
}

// with returns a copy of the Config with another text in one field.
func (s *suite) with(index []int, value string) any {
	changed := reflect.New(reflect.TypeOf(s.h.Config)).Elem()
	changed.Set(reflect.ValueOf(s.h.Config))
	changed.FieldByIndex(index).SetString(value)
	return changed.Interface()
}

func pathOf(base string) string {
	u, err := url.Parse(base)
	if err != nil {
		panic("input: the harness's base URL cannot be parsed")
	}
	return u.Path
}
