package guichet

import "encoding/base32"

const (
	referencePrefix = 20 // characters of the order's id that are kept for people
	referenceRandom = 10 // random bytes: 16 characters of base32, which nobody guesses
)

// newReference makes the reference of an attempt: letters, digits and "-" of the order's
// id, so that people recognise it, "-" and 16 random characters. It is at most 37 ASCII
// characters, so that it is also an idempotency key as it is. Two shops on one account
// with the same order ids never share one, and nobody can guess it to ring for it.
func (c *Cashier) newReference(orderID string) string {
	kept := make([]byte, 0, referencePrefix)
	for i := 0; i < len(orderID) && len(kept) < referencePrefix; i++ {
		switch ch := orderID[i]; {
		case ch >= 'a' && ch <= 'z', ch >= 'A' && ch <= 'Z', ch >= '0' && ch <= '9', ch == '-':
			kept = append(kept, ch)
		}
	}
	var b [referenceRandom]byte
	c.world.Random(b[:])
	return string(kept) + "-" + base32.StdEncoding.EncodeToString(b[:])
}
