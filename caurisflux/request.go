package caurisflux

import (
	"encoding/json"
	"net/url"
	"strings"

	"github.com/guichetpay/guichet"
	strictjson "github.com/guichetpay/guichet/internal/oldjson"
	"github.com/guichetpay/guichet/internal/request"
)

// fault is one field of a request and what is wrong with it.
type fault struct{ field, fault string }

func firstFault(op string, faults []fault) error {
	for _, f := range faults {
		if f.fault != "" {
			return invalid(op, f.field, f.fault)
		}
	}
	return nil
}

// check says what is wrong with a field; an empty one only when it is required.
func check(value string, required bool, fault func(string) string) string {
	if required {
		return fault(value)
	}
	return request.Optional(value, fault)
}

// marshal writes a body that holds values of the caller's own making. Two members
// of one name would let CaurisFlux read another amount than was checked here.
func marshal(op, field string, v any) ([]byte, error) {
	body, err := strictjson.Marshal(v)
	if err == nil {
		err = strictjson.Check(body)
	}
	if err != nil {
		return nil, invalid(op, field, "cannot be written as JSON, or repeats a member that is already there")
	}
	return body, nil
}

// leaves returns every text and number in a value of the caller's own making.
// Which of them are secret cannot be told.
func leaves(v any) []string {
	raw, err := strictjson.Marshal(v)
	if err != nil {
		return nil
	}
	return appendLeaves(nil, raw)
}

func appendLeaves(dst []string, raw json.RawMessage) []string {
	var object map[string]json.RawMessage
	var list []json.RawMessage
	var leaf string
	switch {
	case strictjson.Unmarshal(raw, &object) == nil:
		for _, member := range object {
			dst = appendLeaves(dst, member)
		}
	case strictjson.Unmarshal(raw, &list) == nil:
		for _, item := range list {
			dst = appendLeaves(dst, item)
		}
	case strictjson.Unmarshal(raw, &leaf) == nil:
		dst = append(dst, leaf)
	case string(raw) != "true" && string(raw) != "false":
		dst = append(dst, string(raw))
	}
	return dst
}

// trimZeros writes a whole amount without decimals.
func trimZeros(decimal string) guichet.Number {
	whole, fraction, _ := strings.Cut(decimal, ".")
	if strings.Trim(fraction, "0") == "" {
		return guichet.Number(whole)
	}
	return guichet.Number(decimal)
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
