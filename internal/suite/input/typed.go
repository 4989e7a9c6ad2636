package input

import (
	"context"
	"math/big"
	"slices"
	"strings"

	"github.com/guichetpay/guichet/internal/request"
	"github.com/guichetpay/guichet/internal/suite/scripted"
)

// checkTyped gives every text of every typed method of the provider's own the
// same values.
func (s *suite) checkTyped(t scripted.T) {
	for _, m := range Methods(s.client) {
		omit, err := m.Accepted(context.Background())
		s.network.take()
		if err != nil {
			t.Errorf("%s: nothing is accepted: %v", m.Name, err)
			continue
		}
		for i, leaf := range m.Leaves(omit...) {
			s.checkLeaf(t, m, omit, i, leaf)
		}
	}
}

// longest is enough for the typed methods: some send whatever they are given.
const longest = 20_000

// thinned is by how much fewer values each text is given, unless scripted.Long asks
// for all.
const thinned = 3

// leftOut reports whether the ith value is not given to the text of this number. Each
// value is given to every third text of a method.
func leftOut(text, i int) bool { return !scripted.Long() && (text+i)%thinned != 0 }

// marked is another text than all others that the field is likely to take.
func marked(l Leaf) string {
	good := Good(l)
	for _, pair := range [][2]string{
		{UUID, "b2c4d6e8-1a3b-4c5d-8e7f-9a0b1c2d3e4f"}, {"+22670000007", "+22670000008"}, {"mark7q@example.com", "mark8q@example.com"},
		{"https://shop.example/mark7q", "https://shop.example/mark8q"}, {"XOF", "USD"}, {"BF", "TG"}, {"5000", "7919"},
	} {
		if good == pair[0] {
			return pair[1]
		}
	}
	return good
}

func (s *suite) checkLeaf(t scripted.T, m Method, omit []string, index int, leaf Leaf) {
	call := func(value string) ([]sent, error) {
		return s.try(t, m.Name+" with "+leaf.Path+" "+short(value), func() error {
			n := -1
			return m.Call(context.Background(), m.Args(func(l Leaf) string {
				if n++; n == index {
					return value
				}
				return Good(l)
			}, omit...))
		})
	}
	mark := marked(leaf)
	template, err := call(mark)
	if len(template) == 0 { // one of a few words, and this was not one
		mark = Good(leaf)
		template, err = call(mark)
	}
	if len(template) == 0 {
		t.Errorf("%s with %s %q: nothing is sent: %v", m.Name, leaf.Path, mark, err)
		return
	}
	// What changes by itself from one call to the next: a key that is made up.
	made := []string{}
	if again, _ := call(mark); len(again) == len(template) {
		for place, value := range template[0] {
			if again[0][place] != value {
				made = append(made, place)
			}
		}
	}
	settle := func(r sent) sent {
		for _, place := range made {
			delete(r, place)
		}
		return r
	}
	settle(template[0])
	kinds, fill := []kind{anID}, func(value string) string { return value }
	isNumeric := Good(leaf) == "5000"
	switch {
	case isNumeric:
		kinds = nil
	case strings.HasPrefix(mark, "+226"):
		kinds, mark, fill = []kind{aPhone}, request.PhoneDigits(mark), request.PhoneDigits
	case strings.HasPrefix(mark, "https:"):
		kinds = []kind{aURL}
	}
	table := slices.Clone(amounts)
	if Good(leaf) == "XOF" {
		table = slices.Clone(currencies)
	} else if !isNumeric {
		table = nil
	}
	for _, k := range kinds {
		table = append(table, values[k]...)
	}
	for i, value := range table {
		if len(value) > longest || leftOut(index, i) {
			continue
		}
		what := m.Name + " with " + leaf.Path + " " + short(value)
		seen, err := call(value)
		e, refused := asRefusal(err)
		if refused {
			s.refused++
			// A text that is an argument itself has no name that could be read here.
			if !strings.Contains(strings.ToLower(e.Message), strings.ToLower(leaf.Name)) || !strings.Contains(e.Message, ": ") {
				t.Errorf("%s: %q does not name the field", what, e.Message)
			}
			checkSilent(t, what, err, value)
			if len(seen) > 0 {
				t.Errorf("%s: refused, and sent all the same", what)
			}
			continue
		}
		s.transmitted++
		switch {
		case len(seen) == 0:
			t.Errorf("%s: neither refused nor sent: %v", what, err)
		case value == "": // not set
		case isNumeric:
			s.checkNumber(t, what, settle(seen[0]), template[0], mark, value)
		default:
			want := template[0].with(mark, fill(value))
			if diff := settle(seen[0]).differs(want); diff != "" {
				t.Errorf("%s: neither refused nor transmitted: %s", what, diff)
			}
		}
	}
}

// checkNumber takes another spelling of one number for the same.
func (s *suite) checkNumber(t scripted.T, what string, got, template sent, mark, value string) {
	want := sent{}
	for place, text := range template {
		if text == isNumber+mark {
			digits := strings.TrimPrefix(got[place], isNumber)
			number, ok := new(big.Rat).SetString(digits)
			wanted, isOne := new(big.Rat).SetString(value)
			if !ok || !isOne || number.Cmp(wanted) != 0 || strings.Trim(digits, "0123456789.") != "" {
				t.Errorf("%s: %s is sent", what, short(got[place]))
			}
			text = got[place]
		}
		want[place] = text
	}
	if diff := got.differs(want); diff != "" {
		t.Errorf("%s: %s", what, diff)
	}
}
