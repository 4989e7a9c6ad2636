package contract

import (
	"context"
	"iter"
	"strings"
	"testing"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/transport"
)

// Clients that do something wrong when New did not make them.
type (
	goodNil    struct{}
	panicking  struct{ made bool }
	silent     struct{}
	anonymous  struct{}
	fieldFirst struct{}
	emptyList  struct{}
	noErrors   struct{}
)

func (c *goodNil) Get(context.Context, string) (*guichet.Payment, error) {
	return nil, transport.Unmade("Get")
}
func (c *goodNil) Delete(context.Context) error { return transport.Unmade("Delete") }
func (c *goodNil) Close()                       {}
func (c *goodNil) All(context.Context) iter.Seq2[*guichet.Payment, error] {
	return func(yield func(*guichet.Payment, error) bool) { yield(nil, transport.Unmade("All")) }
}

func (c *panicking) Get(context.Context) error {
	if c.made {
		return nil
	}
	return transport.Unmade("Get")
}
func (c *silent) Get(context.Context) error    { return nil }
func (c *anonymous) Get(context.Context) error { return transport.Unmade("") }
func (c *noErrors) Capabilities() int          { return 0 }
func (c *fieldFirst) Get(context.Context, int) error {
	return &guichet.Error{Op: "Get", Kind: guichet.ErrInvalidRequest, Message: "id: must not be empty"}
}
func (c *emptyList) All(context.Context) iter.Seq2[int, error] {
	return func(func(int, error) bool) {}
}

func TestNilClientCatches(t *testing.T) {
	NilClient(t, (*goodNil)(nil))
	for want, client := range map[string]any{
		"panic":                         (*panicking)(nil),
		"Get of a nil client: <nil>":    (*silent)(nil),
		`Op ""`:                         (*anonymous)(nil),
		"id: must not be empty":         (*fieldFirst)(nil),
		"All of the zero client: <nil>": (*emptyList)(nil),
		"returns an error":              (*noErrors)(nil),
	} {
		if got := strings.Join(nilClientProblems(client), "\n"); !strings.Contains(got, want) {
			t.Errorf("%T: %q is not among the problems: %q", client, want, got)
		}
	}
}
