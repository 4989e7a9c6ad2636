package ligdicash

import (
	"fmt"
	"log/slog"
	"maps"
	"slices"

	"github.com/guichetpay/guichet"
	strictjson "github.com/guichetpay/guichet/internal/oldjson"
	"github.com/guichetpay/guichet/internal/redact"
)

// CustomData is what the merchant sent along with a payment, as LigdiCash gives
// it back, with keys of LigdiCash's own added. The order of the fields means
// nothing, and a key may occur twice.
type CustomData []CustomField

// Format prints the keys without their values, which are whatever the merchant sent.
func (d CustomData) Format(s fmt.State, verb rune) { redact.Format(s, verb, d) }

// LogValue is what slog shows of the data; see Format.
func (d CustomData) LogValue() slog.Value { return redact.LogValue(d) }

// CustomField is one key and its value. A value that LigdiCash writes as another
// JSON type is kept as its JSON text; null is empty.
type CustomField struct {
	Key       string
	Value     string            `redact:"true"`
	CreatedAt guichet.Timestamp // zero: not said
}

// Format prints the key without its value, which is whatever the merchant sent.
func (f CustomField) Format(s fmt.State, verb rune) { redact.Format(s, verb, f) }

// LogValue is what slog shows of the field; see Format.
func (f CustomField) LogValue() slog.Value { return redact.LogValue(f) }

// Get returns the value of the first field with this key, "" if there is none.
func (d CustomData) Get(key string) string {
	for _, f := range d {
		if f.Key == key {
			return f.Value
		}
	}
	return ""
}

// customWire is CustomData as LigdiCash writes it.
type customWire CustomData

type customRecord struct {
	Key       text              `json:"keyof_customdata"`
	Value     text              `json:"valueof_customdata"`
	CreatedAt guichet.Timestamp `json:"datecreation_customdata"`
}

// UnmarshalJSON reads every shape that LigdiCash has been seen to send: an array
// of records, a plain object, either of them inside a string, "", [] and null.
// Anything else leaves it empty, because a payment must not be lost over it; an
// reference that was not read confirms nothing.
func (d *customWire) UnmarshalJSON(data []byte) error {
	*d = nil
	switch data[0] {
	case '[':
		var records []customRecord
		if strictjson.Unmarshal(data, &records) == nil {
			for _, r := range records {
				*d = append(*d, CustomField{Key: string(r.Key), Value: string(r.Value), CreatedAt: r.CreatedAt})
			}
		}
	case '{':
		var object map[string]text
		if strictjson.Unmarshal(data, &object) == nil {
			for _, key := range slices.Sorted(maps.Keys(object)) {
				*d = append(*d, CustomField{Key: key, Value: string(object[key])})
			}
		}
	case '"':
		var inner string
		if strictjson.Unmarshal(data, &inner) == nil && len(inner) > 0 && (inner[0] == '[' || inner[0] == '{') {
			return d.UnmarshalJSON([]byte(inner))
		}
	}
	return nil
}

// customerWire is an object, inside a string in a form, and null, "" or [] when
// there is nothing. What it says decides nothing, so no shape is an error.
type customerWire CustomerDetails

func (c *customerWire) UnmarshalJSON(data []byte) error {
	*c = customerWire{}
	switch data[0] {
	case '{':
		var w struct {
			FirstName text `json:"firstname"`
			LastName  text `json:"lastname"`
			Email     text `json:"email"`
			Phone     text `json:"phone"`
			Details   text `json:"details"`
		}
		if strictjson.Unmarshal(data, &w) == nil {
			*c = customerWire{string(w.FirstName), string(w.LastName), string(w.Email), string(w.Phone), string(w.Details)}
		}
	case '"':
		var inner string
		if strictjson.Unmarshal(data, &inner) == nil && len(inner) > 0 && inner[0] == '{' {
			return c.UnmarshalJSON([]byte(inner))
		}
	}
	return nil
}
