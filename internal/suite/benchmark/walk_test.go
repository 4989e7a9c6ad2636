package benchmark

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
)

// pages answers with one page after the other, each of new payments.
type pages struct {
	item, id  string
	page, all int
}

func (p *pages) RoundTrip(r *http.Request) (*http.Response, error) {
	p.page++
	items := make([]string, rows)
	for i := range items {
		items[i] = strings.Replace(p.item, p.id, fmt.Sprintf("TX%09d", p.page*rows+i), 1)
	}
	body := fmt.Sprintf(`{"data":[%s],"meta":{"total":%d,"page":%d,"limit":%d,"totalPages":%d}}`, strings.Join(items, ","), p.all*rows, p.page, rows, p.all)
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)), Request: r}, nil
}

// live returns what is in use.
func live() float64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC() // pools keep what they hold for one
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}

// TestReportWalk prints the most memory that is in use while All walks through
// 100,000 payments, beside what one page takes.
func TestReportWalk(t *testing.T) {
	needReport(t)
	p := providers(t)[3]
	row := `{"transactionId":"TX000007272","status":"success","amount":5000,"currency":"XOF","redirectUrl":null,"createdAt":"2024-01-15T10:30:00Z"}`
	var start, peak float64
	source := &pages{item: row, id: "TX000007272", all: 100_000 / rows}
	client := p.new(t, guichet.WithHTTPClient(&http.Client{Transport: source}))
	start = live()
	page, err := client.List(context.Background(), guichet.ListParams{Limit: rows})
	require.NoError(t, err)
	one := live() - start
	runtime.KeepAlive(page)
	page = nil

	source.page, start, peak = 0, live(), 0
	payments := 0
	for payment, err := range guichet.All(context.Background(), client, guichet.ListParams{Limit: rows}) {
		require.NoError(t, err)
		require.NotEmpty(t, payment.ID)
		if payments++; payments%(20*rows) == rows/2 {
			peak = max(peak, live()-start)
		}
	}
	require.Equal(t, 100_000, payments)
	t.Logf("\nAll over %d payments: at most %.0f KiB in use, a page takes %.0f KiB: %.1f times one page", payments, peak/1024, one/1024, peak/one)
}
