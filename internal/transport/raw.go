package transport

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"unicode"

	"github.com/guichetpay/guichet/internal/strictjson"
)

// Raw is the escape hatch behind every provider's Do: any endpoint below the
// base URL, with the same safety as the typed ones. A GET may be repeated, the
// rest goes once and carries no idempotency key.
//
// body is marshalled with encoding/json, nil sends none; dst is unmarshalled
// with encoding/json after the strict checks, nil ignores the answer.
func (c *Client) Raw(ctx context.Context, method, path string, body, dst any) error {
	const op = "Do"
	if c == nil {
		return Unmade(op)
	}
	call := &Call{Op: op, Method: method, literal: true}
	switch method {
	case http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete:
	default:
		return c.Invalid(op, "method", "is not GET, POST, PUT, PATCH or DELETE")
	}
	route, rawQuery, _ := strings.Cut(path, "?")
	query, err := url.ParseQuery(rawQuery)
	if problem := pathProblem(route); problem != "" || err != nil || strings.Contains(rawQuery, "#") {
		return c.Invalid(op, "path", "must be an escaped path below the base URL, with an optional query"+problem)
	}
	call.Route, call.Query = route, query
	plain, _ := url.PathUnescape(route) // pathProblem has checked it
	for _, prefix := range c.Once {
		if strings.HasPrefix(strings.ToLower(plain), strings.ToLower(prefix)) {
			call.Policy = Write
		}
	}
	if body != nil {
		if method == http.MethodGet {
			return c.Invalid(op, "body", "a GET carries none")
		}
		if call.Body, err = marshal(body); err != nil {
			return c.Invalid(op, "body", "cannot be marshalled without loss")
		}
	}
	// Which of the caller's values are secret cannot be told: none is repeated.
	call.Sensitive = strictjson.Leaves(call.Body)
	for _, values := range query {
		call.Sensitive = append(call.Sensitive, values...)
	}
	for _, segment := range strings.Split(plain, "/") {
		if len(segment) >= shortestID && strings.ContainsAny(segment, "0123456789") {
			call.Sensitive = append(call.Sensitive, segment)
		}
	}
	call.Decode = func(a *Answer) error {
		if c.Refused != nil {
			if err := c.Refused(method, a); err != nil {
				return err
			}
		}
		if dst == nil || len(a.Body) == 0 && a.Status == http.StatusNoContent {
			return nil
		}
		doc, err := a.document()
		if err != nil {
			return err
		}
		if !doc.ValidText() { // encoding/json would put another sign in its place
			return strictjson.ErrBadText
		}
		return unmarshal(doc.Root().Raw(), dst)
	}
	_, err = c.Do(ctx, call)
	return err
}

// shortestID tells an id, a phone or a token in a path from the name of an
// endpoint or a version.
const shortestID = 6

var errWrongType = errors.New("the answer does not fit the destination")

// marshal writes a body of the caller's making. A member that is there twice would
// let the provider read another one than the caller.
func marshal(v any) ([]byte, error) {
	body, err := strictjson.Marshal(v)
	if err != nil {
		return nil, err
	}
	return body, strictjson.Sendable(body)
}

// unmarshal is encoding/json's, without its error texts, which repeat the value,
// and without panics of the destination's methods: the answer has come, and what
// it came to has to be said.
func unmarshal(body []byte, dst any) (err error) {
	defer func() {
		if recover() != nil {
			err = errWrongType
		}
	}()
	if json.Unmarshal(body, dst) != nil {
		return errWrongType
	}
	return nil
}

// pathProblem refuses what would leave the base URL or mean something else than
// it looks like.
func pathProblem(path string) string {
	if !strings.HasPrefix(path, "/") {
		return ": it must start with a slash"
	}
	if strings.ContainsAny(path, "#\\{}") || strings.ContainsFunc(path, func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) || r > unicode.MaxASCII }) {
		return ": it holds a character that must be escaped"
	}
	for _, segment := range strings.Split(strings.TrimSuffix(path[1:], "/"), "/") {
		plain, err := url.PathUnescape(segment)
		if err != nil {
			return ": it holds a broken escape"
		}
		if plain == "" {
			return ": it holds an empty segment"
		}
		if strings.ContainsFunc(plain, unicode.IsControl) {
			return ": it holds a control character"
		}
		if holdsStep(segment) {
			return ": it holds a relative segment"
		}
	}
	return ""
}
