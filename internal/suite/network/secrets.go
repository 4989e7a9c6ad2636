package network

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
)

// renderings are the ways in which a program may print a value.
func renderings(v any) []string {
	var all []string
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		all = append(all, fmt.Sprintf(verb, v))
	}
	for _, handler := range []func(b *strings.Builder) slog.Handler{
		func(b *strings.Builder) slog.Handler { return slog.NewTextHandler(b, nil) },
		func(b *strings.Builder) slog.Handler { return slog.NewJSONHandler(b, nil) },
	} {
		var b strings.Builder
		slog.New(handler(&b)).Info("x", "v", v)
		all = append(all, b.String())
	}
	if data, err := json.Marshal(v); err == nil {
		all = append(all, string(data))
	}
	return all
}

// spellings are the forms in which a secret may show up.
func spellings(secret string) []string {
	if secret == "" {
		return nil
	}
	b := []byte(secret)
	return []string{
		secret, url.QueryEscape(secret), url.PathEscape(secret),
		base64.StdEncoding.EncodeToString(b), base64.RawURLEncoding.EncodeToString(b),
		hex.EncodeToString(b), strings.ToUpper(hex.EncodeToString(b)),
	}
}

// leaks looks for the secrets in every printed form of an error and of all that
// it wraps, and in what it keeps of the answer. private is not to be printed, but
// an answer may hold it. leaks returns what it found, and how many forms it looked
// at.
func leaks(err error, secrets []string, private string) (found []string, looked int) {
	for _, node := range chain(err) {
		if _, isURL := node.(*url.Error); isURL {
			found = append(found, "the chain of the error holds a *url.Error")
		}
		forms := renderings(node)
		looked += len(forms)
		if text := strings.Join(forms, "\n"); private != "" && strings.Contains(text, private) {
			found = append(found, fmt.Sprintf("a printed form of %T shows the payment's id", node))
		}
		if e, ok := node.(interface{ Raw() []byte }); ok {
			forms = append(forms, string(e.Raw()))
		}
		for _, form := range forms {
			for _, secret := range secrets {
				if shows(form, secret) {
					found = append(found, fmt.Sprintf("a printed form of %T shows a secret", node))
				}
			}
		}
	}
	return found, looked
}

// shows reports whether the text holds the secret in any spelling.
func shows(text, secret string) bool {
	for _, spelling := range spellings(secret) {
		if strings.Contains(text, spelling) {
			return true
		}
	}
	return false
}

// chain returns err and everything it wraps.
func chain(err error) []error {
	if err == nil {
		return nil
	}
	all := []error{err}
	var many interface{ Unwrap() []error }
	switch u := err.(type) {
	case interface{ Unwrap() []error }:
		many = u
	default:
		return append(all, chain(errors.Unwrap(err))...)
	}
	for _, e := range many.Unwrap() {
		all = append(all, chain(e)...)
	}
	return all
}
