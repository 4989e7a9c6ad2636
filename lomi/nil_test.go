package lomi_test

import (
	"context"
	"net/http"
	"reflect"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/lomi"
)

// TestAClientThatNewDidNotMake calls every exported method of a nil client and of a
// zero one. Whatever the arguments are, the client is what is wrong first.
func TestAClientThatNewDidNotMake(t *testing.T) {
	failure, ctx := reflect.TypeFor[error](), reflect.TypeFor[context.Context]()
	for name, client := range map[string]*lomi.Client{"nil": nil, "zero": {}} {
		v := reflect.ValueOf(client)
		failing := 0
		for i := range v.NumMethod() {
			method := v.Type().Method(i)
			var args []reflect.Value
			for n := range v.Method(i).Type().NumIn() {
				in := v.Method(i).Type().In(n)
				if in == ctx {
					args = append(args, reflect.ValueOf(t.Context()))
				} else {
					args = append(args, reflect.Zero(in))
				}
			}
			results := v.Method(i).Call(args)
			if len(results) == 0 || results[len(results)-1].Type() != failure {
				continue
			}
			failing++
			err, _ := results[len(results)-1].Interface().(error)
			if method.Name == "ParseWebhook" {
				assert.Error(t, err, name) // of a zero client: that no secret is set
				continue
			}
			assert.ErrorIs(t, err, guichet.ErrInvalidRequest, "%s: %s", name, method.Name)
			assert.ErrorContains(t, err, method.Name+": ", "%s: the error names the method", name)
			assert.ErrorContains(t, err, "the client was not made by New", "%s: %s", name, method.Name)
			for _, result := range results[:len(results)-1] {
				assert.True(t, result.IsZero(), "%s: %s", name, method.Name)
			}
		}
		assert.Greater(t, failing, 40, name)
		assert.Equal(t, guichet.Capabilities{}, client.Capabilities())
		client.CloseIdleConnections()
	}
	_, err := (*lomi.Client)(nil).ParseWebhook(t.Context(), http.Header{}, nil)
	assert.ErrorContains(t, err, "not made by New")
}
