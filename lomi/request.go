package lomi

import (
	"crypto/rand"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/request"
	"github.com/guichetpay/guichet/internal/strictjson"
	"github.com/guichetpay/guichet/internal/transport"
)

// invalid is the error for a field that is wrong; nothing was sent.
func invalid(op, field, problem string) error {
	return &guichet.Error{Provider: provider, Op: op, Kind: guichet.ErrInvalidRequest, Message: field + ": " + problem}
}

// check returns the first problem of a request as an error of op. It comes first in
// every method, because a client that New did not make is a problem before all others.
func (c *Client) check(op string, fields ...request.Field) error {
	if c.sender() == nil {
		return transport.Unmade(op)
	}
	return request.Check(provider, op, fields...)
}

// marshal writes the body of a call. Names that differ in case only are refused:
// lomi. would send them back, and the answer could not be read.
func marshal(op, what string, v any) ([]byte, error) {
	body, err := strictjson.Marshal(v)
	if err != nil {
		if field := request.BadText(v); field != "" {
			return nil, invalid(op, field, "is not valid UTF-8")
		}
		return nil, invalid(op, what, "cannot be written as JSON")
	}
	if strictjson.Check(body) != nil {
		return nil, invalid(op, "Metadata", "has names that differ in case only, or is nested too deep")
	}
	return body, nil
}

// setBody writes v as the body of a call.
func setBody(call *transport.Call, v any) (err error) {
	call.Body, err = marshal(call.Op, "the request", v)
	return err
}

// setKey protects a create that lomi. documents an idempotency key for. Without a
// key of the caller's it gets one of its own, so that the retries of one call act once.
func setKey(call *transport.Call, key string) error {
	if key == "" {
		key = rand.Text()
	}
	if problem := request.ID(key); problem != "" {
		return invalid(call.Op, "IdempotencyKey", problem)
	}
	call.Policy, call.IdempotencyKey = transport.Keyed, key
	return nil
}

// setKeyedBody writes the body of a create that lomi. documents an idempotency key
// for, and gives it one.
func setKeyedBody(call *transport.Call, key string, v any) error {
	if err := setBody(call, v); err != nil {
		return err
	}
	return setKey(call, key)
}

// setChanges writes the body of an update, which must change something. what is the
// name of v in errors.
func setChanges(call *transport.Call, what string, v any) error {
	body, err := marshal(call.Op, "the request", v)
	if err != nil {
		return err
	}
	if string(body) == "{}" {
		return invalid(call.Op, what, "no field is set")
	}
	call.Body = body
	return nil
}

// setQuery leaves out what is empty.
func setQuery(query url.Values, name, value string) {
	if value != "" {
		query.Set(name, value)
	}
}

// dateTime writes a time as lomi. does; "" for the zero time.
func dateTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// wordProblem says why s cannot be a word of an open set, such as a status in a
// filter, where a comma would make two of it.
func wordProblem(s string) string {
	if strings.Contains(s, ",") {
		return "must not hold a comma"
	}
	return request.ID(s)
}

// nameProblem says why s cannot be a name that lomi. requires.
func nameProblem(s string) string { return request.ID(strings.TrimSpace(s)) }

func titleProblem(title string) string {
	if strings.TrimSpace(title) == "" {
		return "must not be empty"
	}
	return request.Text(title)
}

func headerProblem(value string) string { return request.Optional(value, request.Key) }

// amountProblem says why an amount in minor units cannot be sent.
func amountProblem(minor int64, required bool) string {
	if minor < 0 || (required && minor == 0) {
		return "must be above 0"
	}
	return ""
}

func currencyProblem(c guichet.Currency) string {
	if !slices.Contains(currencies, c) {
		return "must be XOF, USD or EUR"
	}
	return ""
}

// codeProblem says why c cannot be a currency in a path, where another word would name
// another endpoint.
func codeProblem(c guichet.Currency) string {
	if _, known := c.Exponent(); !known {
		return "is not an ISO 4217 code with known decimals"
	}
	return ""
}

func transferProblem(t *TransferData) request.Field {
	if t == nil {
		return request.Field{}
	}
	if problem := request.ID(t.Destination); problem != "" {
		return request.Field{Name: "TransferData.Destination", Problem: problem}
	}
	return request.Field{Name: "TransferData.Amount", Problem: amountProblem(t.Amount, false)}
}

func transferGroupProblem(group string) string {
	if len(group) > 128 {
		return "is longer than 128 bytes"
	}
	return ""
}
