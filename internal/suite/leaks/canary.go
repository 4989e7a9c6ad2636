package leaks

import "github.com/guichetpay/guichet/internal/suite/scripted"

// class says where a canary may be seen.
type class int

const (
	aKey    class = 1 << iota // the client's own keys and webhook secrets: nowhere at all
	aCode                     // a one-time code: nowhere but in the request itself
	aToken                    // who holds it may look at the payment
	aPage                     // who holds it may pay
	aPerson                   // phone, e-mail, names
	private                   // whatever else the merchant sent along
)

// faithful is what JSON of the portable types shows, so that they can be stored.
const faithful = aToken | aPage | aPerson | private

// canary is a text that is found nowhere unless something showed it.
type canary struct {
	name, value string
	class       class
}

func newCanary(name, value string, c class) *canary {
	return &canary{name: name, value: value, class: c}
}

// shown reports whether the text holds the canary in any spelling.
func (c *canary) shown(text string) bool {
	return scripted.Shows(text, c.value)
}
