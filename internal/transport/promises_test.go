package transport

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
)

// TestP12CancelWhileWriting cancels a call whose body the server does not take:
// part of it has gone out, so that the outcome is unknown.
func TestP12CancelWhileWriting(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	ctx, cancel := context.WithCancel(background(t))
	taken := make(chan net.Conn, 1)
	go func() {
		c, err := l.Accept()
		if err != nil {
			close(taken)
			return
		}
		_, _ = io.ReadFull(c, make([]byte, 1024)) // the head and some of the body
		cancel()
		taken <- c
	}()
	c := open(t, fakepay("http://"+l.Addr().String()))
	call := writeCall()
	call.Body = []byte(strings.Repeat(" ", 64<<20)) // more than sockets hold
	start := time.Now()
	_, err = c.Do(ctx, call)
	assert.Less(t, time.Since(start), 10*time.Second)
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, err, guichet.ErrUnknownOutcome)
	if conn := <-taken; conn != nil {
		conn.Close()
	}
}

// TestP28ClientsShareNothing has two merchants of one provider call side by side:
// neither the keys nor the retries of the one are the other's.
func TestP28ClientsShareNothing(t *testing.T) {
	w := listen(t, func(_ int, c net.Conn, s sent) bool {
		write(c, good(`{"id":"`+s.Header.Get("X-Api-Key")+`"}`))
		return keep
	})
	merchant := func(key string) *Client {
		cfg := fakepay(w.URL)
		cfg.Authorize = func(h http.Header) { h.Set("X-Api-Key", key) }
		return open(t, cfg)
	}
	a, b := merchant("merchant-a"), merchant("merchant-b")
	var running sync.WaitGroup
	for range 100 {
		for key, c := range map[string]*Client{"merchant-a": a, "merchant-b": b} {
			running.Go(func() {
				call := readCall()
				body := copying(call)
				_, err := c.Do(background(t), call)
				if assert.NoError(t, err) {
					assert.Equal(t, `{"id":"`+key+`"}`, *body)
				}
			})
		}
	}
	running.Wait()

	for a.budget.spend(true) { // until a has none left
	}
	assert.True(t, b.budget.spend(true))
}

// TestP29CancelledCallsLeaveNoConnection cancels 5,000 calls at random moments.
// TestMain looks for goroutines; here no connection may be left.
func TestP29CancelledCallsLeaveNoConnection(t *testing.T) {
	var mu sync.Mutex
	open := map[net.Conn]bool{}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"id":"`)
		w.(http.Flusher).Flush()
		_, _ = io.WriteString(w, `pay_1"}`)
	}))
	server.Config.ConnState = func(c net.Conn, state http.ConnState) {
		mu.Lock()
		defer mu.Unlock()
		switch state {
		case http.StateNew:
			open[c] = true
		case http.StateClosed:
			delete(open, c)
		}
	}
	server.Start()
	defer server.Close()
	c, err := New(fakepay(server.URL))
	require.NoError(t, err)
	chance := rand.New(rand.NewPCG(1, 2))
	slots := make(chan struct{}, 100)
	var running sync.WaitGroup
	outcomes := map[string]int{}
	for i := range 5000 {
		after := time.Duration(chance.IntN(5000)) * time.Microsecond
		if i%100 == 0 { // some end well on the slowest machine too
			after = time.Minute
		}
		slots <- struct{}{}
		running.Go(func() {
			defer func() { <-slots }()
			ctx, cancel := context.WithTimeout(context.Background(), after)
			defer cancel()
			_, err := c.Do(ctx, keyedCall())
			mu.Lock()
			defer mu.Unlock()
			outcomes[fmt.Sprint(err == nil)]++
		})
	}
	running.Wait()
	c.CloseIdleConnections()
	left := func() int {
		mu.Lock()
		defer mu.Unlock()
		return len(open)
	}
	assert.Eventually(t, func() bool { return left() == 0 }, 10*time.Second, time.Millisecond, "connections are left")
	assert.Len(t, outcomes, 2, "some calls end well and some do not")
}
