package lomitest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// kind is what a member of a body has to be.
type kind string

const (
	isText   kind = "a string"
	isNumber kind = "a number"
	isBool   kind = "a boolean value"
	isObject kind = "an object"
	isList   kind = "an array"
)

// rule is what lomi. demands of one member.
type rule struct {
	kind     kind
	required bool
	oneOf    []string
	positive bool
	inside   schema // of an object, or of the objects of a list
}

// schema is the body of one call, by member.
type schema map[string]rule

var currencyCode = rule{kind: isText, required: true, oneOf: []string{"XOF", "USD", "EUR"}}

// check returns what is wrong, in a fixed order.
func (fields schema) check(body object, strict bool) (problems []string) {
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		r := fields[name]
		value, ok := body[name]
		if !ok || value == nil {
			if r.required {
				problems = append(problems, name+" should not be empty")
			}
			continue
		}
		problems = append(problems, r.check(name, value, strict)...)
	}
	if strict {
		for _, name := range slices.Sorted(maps.Keys(body)) {
			if _, ok := fields[name]; !ok {
				problems = append(problems, "property "+name+" should not exist")
			}
		}
	}
	return problems
}

func (r rule) check(name string, value any, strict bool) (problems []string) {
	fits := false
	switch v := value.(type) {
	case string:
		fits = r.kind == isText
		if fits && r.required && strings.TrimSpace(v) == "" {
			return []string{name + " should not be empty"}
		}
		if fits && r.oneOf != nil && !slices.Contains(r.oneOf, v) {
			return []string{fmt.Sprintf("%s must be one of the following values: %s", name, strings.Join(r.oneOf, ", "))}
		}
	case json.Number:
		fits = r.kind == isNumber
		if fits && r.positive && (strings.HasPrefix(v.String(), "-") || v == "0") {
			return []string{name + " must not be less than 1"}
		}
	case bool:
		fits = r.kind == isBool
	case map[string]any:
		fits = r.kind == isObject
		if fits && r.inside != nil {
			problems = r.inside.check(v, strict)
		}
	case []any:
		fits = r.kind == isList
		for _, item := range v {
			if inner, ok := item.(map[string]any); ok && r.inside != nil {
				problems = append(problems, r.inside.check(inner, strict)...)
			}
		}
	}
	if !fits {
		return []string{name + " must be " + string(r.kind)}
	}
	return problems
}
