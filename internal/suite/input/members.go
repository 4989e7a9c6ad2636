package input

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/suite/scripted"
)

// What comes in is held to a promise too: whatever a provider answers, no member that
// decides is guessed, and no other loses a payment.

// Answer is one documented answer, and how it is read.
type Answer struct {
	Name string
	Body string // as the provider's page has it

	// Read reads body as the client does, through the public API. It returns what was
	// read: a payment, a list's payments in their order, or an event.
	Read func(t *testing.T, body string) ([]Reading, error)

	// Decides lists the members that decide, as paths: "data.status", "[].amount".
	// Every other member is decorative.
	Decides []string
	// Loose lists the members that are texts and may come as numbers.
	Loose []string
}

// Reading is what decides of one payment or event.
type Reading struct {
	ID, Reference, CheckoutURL string
	Status                     guichet.Status
	Amount                     guichet.Money
}

// Of is the reading of a payment.
func Of(p *guichet.Payment) Reading {
	return Reading{ID: p.ID, Reference: p.Reference, CheckoutURL: p.CheckoutURL, Status: p.Status, Amount: p.Amount}
}

// OfEvent is the reading of an event, which has no status and no amount.
func OfEvent(e *guichet.Event) Reading {
	return Reading{ID: e.ID, Reference: e.Reference, CheckoutURL: e.PaymentID}
}

// replacements are what each member in turn becomes; absent is its absence.
var replacements = []string{`7`, `"seven"`, `[]`, `["seven"]`, `{}`, `{"a":7}`, `true`, `false`, `null`, `""`, `"\ud800"`, absent}

const absent = "absent"

// Members replaces each member of the answer in turn by every other kind of value.
// Of a decorative member nothing may change. Of one that decides the reading must be
// the same, have that value empty, or be an error: never another value.
func Members(t *testing.T, a Answer) {
	t.Helper()
	a.check(t, scripted.Of(t))
}

func (a Answer) check(tt *testing.T, t scripted.T) {
	t.Helper()
	var document any
	if err := json.Unmarshal([]byte(a.Body), &document); err != nil {
		t.Fatalf("%s: %v", a.Name, err)
	}
	good, err := a.Read(tt, a.Body)
	if err != nil || len(good) == 0 {
		t.Fatalf("%s, as documented: %v, %d readings", a.Name, err, len(good))
	}
	paths := membersOf(document, nil)
	if len(paths) == 0 {
		t.Fatalf("%s has no members", a.Name)
	}
	for _, decides := range a.Decides {
		if !slices.ContainsFunc(paths, func(p []any) bool { return name(p) == decides }) {
			t.Errorf("%s has no member %s", a.Name, decides)
		}
	}
	for _, path := range paths {
		member := name(path)
		for _, value := range replacements {
			body := changed(document, path, value)
			got, err := a.Read(tt, body)
			what := fmt.Sprintf("%s: %s is %s", a.Name, member, value)
			if !slices.Contains(a.Decides, member) {
				if err != nil {
					t.Errorf("%s: %v", what, err)
				} else if !slices.Equal(got, good) {
					t.Errorf("%s: read as %+v, not %+v", what, got, good)
				}
				continue
			}
			if err == nil && len(got) != len(good) {
				t.Errorf("%s: %d readings of %d, and no error", what, len(got), len(good))
			}
			a.compare(t, what, member, value, kindAt(document, path), got, good)
		}
	}
}

func (a Answer) compare(t scripted.T, what, member, value, kind string, got, good []Reading) {
	t.Helper()
	// A row that was left out is not another value.
	for _, g := range got {
		if slices.ContainsFunc(good, func(want Reading) bool { return sameOrEmpty(g, want) }) {
			continue
		}
		// Another text in the place of a text is another answer, not a misread one.
		if kind == "text" && value == `"seven"` || slices.Contains(a.Loose, member) && value == `7` {
			continue
		}
		// So is another number in the place of an amount.
		if kind == "number" && value == `7` {
			continue
		}
		t.Errorf("%s: read as %+v, not %+v", what, g, good)
	}
}

// sameOrEmpty reports whether got has no value that want does not have.
func sameOrEmpty(got, want Reading) bool {
	return (got.ID == want.ID || got.ID == "") && (got.Reference == want.Reference || got.Reference == "") &&
		(got.CheckoutURL == want.CheckoutURL || got.CheckoutURL == "") &&
		(got.Status == want.Status || got.Status == guichet.StatusUnknown || got.Status == guichet.StatusPending && want.Status == guichet.StatusUnknown) &&
		(got.Amount == want.Amount || got.Amount == guichet.Money{})
}

// membersOf returns the path to each member, of the first element of every array.
func membersOf(v any, path []any) (paths [][]any) {
	switch v := v.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			at := append(slices.Clone(path), name)
			paths = append(append(paths, at), membersOf(v[name], at)...)
		}
	case []any:
		if len(v) > 0 {
			paths = membersOf(v[0], append(slices.Clone(path), 0))
		}
	}
	return paths
}

// name writes a path as Answer.Decides does.
func name(path []any) string {
	var parts []string
	for _, step := range path {
		if s, ok := step.(string); ok {
			parts = append(parts, s)
		} else {
			parts = append(parts, "[]")
		}
	}
	return strings.Join(parts, ".")
}

func kindAt(v any, path []any) string {
	for _, step := range path {
		if s, ok := step.(string); ok {
			v = v.(map[string]any)[s]
		} else {
			v = v.([]any)[0]
		}
	}
	switch v.(type) {
	case string:
		return "text"
	case float64:
		return "number"
	}
	return "other"
}

// changed writes the document with one member changed. Values are written by hand,
// because encoding/json would mend what must stay broken.
func changed(v any, path []any, value string) string {
	if len(path) == 0 {
		return value
	}
	switch v := v.(type) {
	case map[string]any:
		var parts []string
		for _, name := range slices.Sorted(maps.Keys(v)) {
			inner := written(v[name])
			if name == path[0] {
				if inner = changed(v[name], path[1:], value); inner == absent {
					continue
				}
			}
			parts = append(parts, written(name)+":"+inner)
		}
		return "{" + strings.Join(parts, ",") + "}"
	case []any:
		var parts []string
		for i, element := range v {
			if i == 0 {
				parts = append(parts, changed(element, path[1:], value))
			} else {
				parts = append(parts, written(element))
			}
		}
		return "[" + strings.Join(parts, ",") + "]"
	}
	panic("a member inside a value that has none")
}

func written(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}
