package transport

import (
	"net"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
)

// A connection that has served one call and dies on the next is where net/http
// sends a request again by itself.
func TestWarmConnectionThatDies(t *testing.T) {
	deaths := map[string]func(net.Conn) bool{
		"reset":       reset,
		"clean close": func(net.Conn) bool { return drop },
	}
	acting := func() *Call {
		return &Call{Op: "SendCode", Method: http.MethodGet, Route: "/acting/code", Policy: Write}
	}
	remove := func() *Call {
		return &Call{Op: "Delete", Method: http.MethodDelete, Route: "/payments/{id}", Args: []string{"pay_1"}, Policy: Write}
	}
	post := func() *Call {
		return &Call{Op: "Expire", Method: http.MethodPost, Route: "/payments/{id}/expire", Args: []string{"pay_1"}, Policy: Write}
	}
	stray := func() *Call { // a key on a call that is not protected by it
		call := writeCall()
		call.Header = http.Header{"Idempotency-Key": {"k"}}
		return call
	}
	for name, call := range map[string]func() *Call{
		"create": writeCall, "GET that acts": acting, "DELETE": remove, "POST without a body": post, "create with a stray key header": stray,
	} {
		for death, die := range deaths {
			t.Run(name+", "+death, func(t *testing.T) {
				t.Parallel()
				w := listen(t, func(n int, c net.Conn, _ sent) bool {
					if n == 1 {
						write(c, good(okBody))
						return keep
					}
					if n == 2 {
						return die(c)
					}
					write(c, good(okBody))
					return keep
				})
				c := open(t, fakepay(w.URL))
				_, err := c.Do(background(t), readCall())
				require.NoError(t, err)

				_, err = c.Do(background(t), call())
				e := asError(t, err)
				require.Len(t, w.sends(), 2, "the provider must see it once")
				require.Equal(t, 1, w.sends()[1].Conn, "the connection must have been warm, or this proves nothing")
				require.ErrorIs(t, e, guichet.ErrUnknownOutcome)
				require.ErrorIs(t, e, guichet.ErrUnavailable)
			})
		}
	}
	for death, die := range deaths {
		t.Run("keyed create, "+death, func(t *testing.T) {
			t.Parallel()
			w := listen(t, func(n int, c net.Conn, _ sent) bool {
				if n == 2 {
					return die(c)
				}
				write(c, good(okBody))
				return keep
			})
			c := open(t, fakepay(w.URL), guichet.WithMaxRetries(1))
			_, err := c.Do(background(t), readCall())
			require.NoError(t, err)
			_, err = c.Do(background(t), keyedCall())
			require.NoError(t, err)

			got := w.sends()
			require.Len(t, got, 3)
			require.Equal(t, got[1].Header, got[2].Header)
			require.Equal(t, got[1].Body, got[2].Body)
			require.Equal(t, "CMD-1", got[2].Header.Get(keyField))
		})
		t.Run("keyed create without retries, "+death, func(t *testing.T) {
			t.Parallel()
			w := listen(t, func(n int, c net.Conn, _ sent) bool {
				if n == 2 {
					return die(c)
				}
				write(c, good(okBody))
				return keep
			})
			c := open(t, fakepay(w.URL), guichet.WithMaxRetries(0))
			_, err := c.Do(background(t), readCall())
			require.NoError(t, err)
			_, err = c.Do(background(t), keyedCall())
			require.ErrorIs(t, err, guichet.ErrUnknownOutcome)
			require.Len(t, w.sends(), 2, "no attempt that nobody counted")
		})
	}
}
