package leaks

import (
	"context"
	"fmt"
	"reflect"
	"strings"

	"github.com/guichetpay/guichet/internal/suite/input"
	"github.com/guichetpay/guichet/internal/suite/scripted"
)

// held returns the canary for a text of a typed argument or result; nil: it is no
// secret.
func (s *suite) held(l input.Leaf) *canary {
	has := func(part string) bool { return strings.Contains(l.Name, part) }
	switch {
	case has("Phone"), has("WhatsApp"), l.Name == "Customer" && l.Secret:
		return s.phone
	case has("Email"):
		return s.email
	case l.Name == "OTP", l.Name == "Extra": // where a code goes that has no slot
		return s.otp
	case l.Name == "" && l.Type.Kind() == reflect.Map:
		return s.wallet
	case l.Name == "Token":
		return s.id
	case has("FirstName"):
		return s.first
	case has("LastName"), has("Name") && l.Secret:
		return s.last
	case l.Name == "" && s.token:
		return s.id
	case has("Secret"), has("Token"), l.Secret && !has("URL"): // what a provider makes, tagged or not
		return s.note
	}
	return nil
}

func (s *suite) text(l input.Leaf) string {
	if c := s.held(l); c != nil {
		return c.value
	}
	return input.Good(l)
}

// checkTyped goes through the provider's own methods: what they take, what they
// return, and what they say when the provider repeats what it was sent.
func (s *suite) checkTyped(t scripted.T) {
	silent := s.client(t, scripted.New(s.perfect))
	for _, m := range input.Methods(silent) {
		omit, err := m.Accepted(context.Background())
		if err != nil {
			t.Errorf("%s: nothing is accepted: %v", m.Name, err)
			continue
		}
		sent := append([]*canary{}, s.keys...)
		args := m.Args(func(l input.Leaf) string {
			if c := s.held(l); c != nil && c != s.note {
				sent = append(sent, c)
			}
			return s.text(l)
		}, omit...)
		for i, arg := range args {
			if kind := reflect.TypeOf(arg).Kind(); kind != reflect.String && kind != reflect.Map { // they are what they are
				s.lookAtAll(t, fmt.Sprintf("argument %d of %s", i+1, m.Name), arg, faithful)
			}
		}
		for _, result := range m.Results {
			value := input.Fill(result, s.text)
			if value.Kind() == reflect.Slice {
				value = value.Index(0)
			}
			if value.Kind() == reflect.Pointer {
				value = value.Elem()
			}
			s.lookAtAll(t, "the result of "+m.Name, value.Interface(), faithful|aCode)
		}

		reached := 0
		for i, said := range said(unique(sent)) {
			shape := shapes[i%len(shapes)]
			status := statuses[i%len(statuses)]
			n := echoing(status, shape.body(said), said)
			for _, again := range input.Methods(s.client(t, n)) {
				if again.Name == m.Name {
					err := s.try(t, m.Name, func() error { return again.Call(context.Background(), args) })
					s.lookAtError(t, fmt.Sprintf("%s, %d, %s", m.Name, status, shape.name), err)
				}
			}
			reached += n.Count()
		}
		if reached == 0 {
			t.Errorf("%s with canaries sends nothing", m.Name)
		}
	}
}

func unique(all []*canary) []*canary {
	var once []*canary
	seen := map[*canary]bool{}
	for _, c := range all {
		if !seen[c] {
			seen[c] = true
			once = append(once, c)
		}
	}
	return once
}
