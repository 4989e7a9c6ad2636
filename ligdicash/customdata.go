package ligdicash

import (
	"errors"
	"fmt"
	"log/slog"
	"unicode/utf8"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/redact"
	"github.com/guichetpay/guichet/internal/strictjson"
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

const (
	// maxRecords is how many records of custom_data are looked at. Anybody can send a
	// callback, and each record costs memory.
	maxRecords = 1000
	// maxCustomText is how many bytes of a text are read as custom_data: reading it copies
	// and indexes it once more.
	maxCustomText = 256 << 10
	// maxCustomData is how many keys of the merchant's own are sent, so that an answer
	// which repeats them, with LigdiCash's own, can be read.
	maxCustomData = maxRecords - 100
)

var (
	errManyRecords     = errors.New("custom_data has too many records")
	errCustomSize      = errors.New("custom_data is too large")
	errCustomTwice     = errors.New("custom_data has a member twice")
	errReferenceKind   = errors.New("custom_data.transaction_id is not a text")
	errReferenceBroken = errors.New("custom_data.transaction_id is not valid UTF-8")
)

// customNames are the member and its old spelling, which is read where the first
// says nothing.
var customNames = []string{"custom_data", "customdata"}

// record is one entry of custom_data, still in the answer.
type record struct {
	key            string
	value, created strictjson.Value
}

// eachRecord gives found the entries of custom_data in their order, in every shape
// that LigdiCash has been seen to send: an array of records, the object with numbers
// for keys that PHP makes of an array with gaps, a plain object, either of them inside
// a text, "", [] and null. What is none of these has no entries, because a payment
// must not be lost over it: a reference that was not read confirms nothing.
//
// An error says that there are more entries than are looked at, or two of one name.
func eachRecord(v strictjson.Value, found func(record)) error {
	switch v.Kind() {
	case strictjson.Text:
		if len(v.Raw()) > maxCustomText {
			return errCustomSize
		}
		doc, err := v.Inner()
		switch err {
		case nil:
		case strictjson.ErrTwice:
			return errCustomTwice
		case strictjson.ErrTooMany:
			return errManyRecords
		default:
			return nil
		}
		defer doc.Release()
		if doc.Root().Kind() == strictjson.Text { // a text in a text in a text …
			return nil
		}
		return eachRecord(doc.Root(), found)
	case strictjson.Array, strictjson.Object:
	default:
		return nil
	}
	if isRecord(v) { // the only one, without its list
		found(recordOf(v))
		return nil
	}
	list := v.Kind() == strictjson.Array || numbered(v)
	seen := 0
	for member := range v.All() {
		if seen++; seen > maxRecords {
			return errManyRecords
		}
		entry := record{key: member.Name(), value: member}
		// PHP code that adds a key to a list makes an object with names and numbers.
		if list || isIndex(entry.key) && isRecord(member) {
			entry = recordOf(member)
		}
		if entry.key != "" { // nothing looks for a record without a key, or for one that is no object
			found(entry)
		}
	}
	return nil
}

func isRecord(v strictjson.Value) bool { return v.Get("keyof_customdata").Present() }

func recordOf(v strictjson.Value) record {
	return record{asText(v.Get("keyof_customdata")), v.Get("valueof_customdata"), v.Get("datecreation_customdata")}
}

// numbered reports whether an object is a list that PHP wrote with its indices: every
// name is a number, and there is a record.
func numbered(v strictjson.Value) bool {
	records := false
	for member := range v.All() {
		if !isIndex(member.Name()) {
			return false
		}
		records = records || member.Kind() == strictjson.Object
	}
	return records
}

func isIndex(name string) bool {
	for _, c := range []byte(name) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return name != ""
}

// asText is a text as it is, a number as it is written, null as nothing, and any other
// value as its JSON text.
func asText(v strictjson.Value) string {
	switch v.Kind() {
	case strictjson.Absent, strictjson.Null:
		return ""
	case strictjson.Text, strictjson.Number:
		return v.TextOrNumber()
	}
	if raw := v.Raw(); utf8.Valid(raw) {
		return string(raw)
	}
	return ""
}

// referenceIn returns the merchant's reference that the custom data of an answer
// names, "" where it names none, and keeps the data in keep, unless that is nil. The
// first of two references counts. A reference decides: one that is neither a text nor
// a number is an error, beside which stands what was read before it.
func referenceIn(v strictjson.Value, keep *CustomData) (reference string, err error) {
	for _, name := range customNames {
		named, problem := false, error(nil)
		err = eachRecord(v.Get(name), func(r record) {
			if keep != nil {
				*keep = append(*keep, CustomField{Key: r.key, Value: asText(r.value), CreatedAt: r.created.Timestamp()})
			}
			if r.key == transactionID && !named {
				named = true
				reference, problem = referenceOf(r.value)
			}
		})
		if err == nil {
			err = problem
		}
		if err != nil || named {
			break
		}
	}
	return reference, err
}

func referenceOf(v strictjson.Value) (string, error) {
	switch reference := v.TextOrNumber(); {
	case reference != "" || v.Kind() == strictjson.Null || v.Kind() == strictjson.Absent:
		return reference, nil
	case v.Kind() != strictjson.Text:
		return "", errReferenceKind
	case len(v.Raw()) > len(`""`):
		return "", errReferenceBroken
	}
	return "", nil
}
