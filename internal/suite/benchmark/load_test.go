package benchmark

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/guichetpay/guichet"
)

// TestReportThroughput prints how many calls a second many goroutines make over
// loopback, from a server that takes 2 ms, beside the same by hand, and how many
// connections are opened for 1,000 calls.
func TestReportThroughput(t *testing.T) {
	needReport(t)
	p := providers(t)[0]
	var opened atomic.Int64
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(2 * time.Millisecond)
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, p.got)
	}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	server.Start()
	defer server.Close()

	load := func(goroutines int, call func() error) (perSecond, connections float64) {
		const length = time.Second
		before := opened.Load()
		var calls, failed atomic.Int64
		var running sync.WaitGroup
		start := time.Now()
		for range goroutines {
			running.Go(func() {
				for time.Since(start) < length {
					if call() != nil {
						failed.Add(1)
					}
					calls.Add(1)
				}
			})
		}
		running.Wait()
		if failed.Load() > 0 {
			t.Errorf("%d calls failed", failed.Load())
		}
		return float64(calls.Load()) / time.Since(start).Seconds(), 1000 * float64(opened.Load()-before) / float64(calls.Load())
	}

	var b strings.Builder
	b.WriteString("| goroutines | calls a second beside by hand | connections for 1,000 calls | by hand |\n|---|---|---|---|\n")
	for _, goroutines := range []int{1, 16, 64, 256} {
		var ratios, ours, hands []float64
		for range 5 {
			pool := tuned()
			byHand := p.hand
			byHand.http, byHand.base = &http.Client{Transport: pool}, server.URL
			client := p.new(t, guichet.WithBaseURL(server.URL))
			get := p.get(&byHand)
			handSpeed, handOpened := load(goroutines, func() error { _, err := get(context.Background(), p.id); return err })
			speed, opened := load(goroutines, func() error { _, err := client.GetStatus(context.Background(), p.id); return err })
			pool.CloseIdleConnections()
			client.(interface{ CloseIdleConnections() }).CloseIdleConnections()
			ratios, ours, hands = append(ratios, speed/handSpeed), append(ours, opened), append(hands, handOpened)
		}
		fmt.Fprintf(&b, "| %d | %.2f | %.1f | %.1f |\n", goroutines, median(ratios), median(ours), median(hands))
	}
	t.Log("\n" + b.String())
}

func median(of []float64) float64 {
	slices.Sort(of)
	return of[len(of)/2]
}
