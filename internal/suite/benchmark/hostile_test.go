package benchmark

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/suite/scripted"
)

// mostMemory is what one hostile answer may cost.
const mostMemory = 16 << 20

// size is that of a hostile answer.
const size = 1 << 20

// hostileValues are of nearly 1 MiB each.
var hostileValues = map[string]string{
	"objects":        "[" + repeat("{}", ",") + "]",
	"empty arrays":   "[" + repeat("[]", ",") + "]",
	"numbers":        "[" + repeat("1", ",") + "]",
	"texts":          "[" + repeat(`""`, ",") + "]",
	"a long text":    `"` + repeat("a", "") + `"`,
	"escapes":        `"` + repeat(`\u0061`, "") + `"`,
	"invalid UTF-8":  `"` + repeat("\xff", "") + `"`,
	"unique names":   unique(),
	"the same names": "{" + repeat(`"a":1`, ",") + "}",
	"blanks":         "[" + repeat(" ", "") + "]",
	"depth":          repeat("[", ""),
	"a long number":  repeat("1", ""),
}

// room is what stands around a hostile value.
const room = 8 << 10

func repeat(s, separator string) string {
	n := (size - room) / (len(s) + len(separator))
	return strings.Repeat(s+separator, n-1) + s
}

func unique() string {
	var b strings.Builder
	b.WriteString(`{"n":0`)
	for i := 0; b.Len() < size-room; i++ {
		fmt.Fprintf(&b, `,"%x":0`, i)
	}
	b.WriteByte('}')
	return b.String()
}

// hostileBodies puts a value where an answer, good in every other respect, has one.
func hostileBodies(good, value string) map[string]string {
	bodies := map[string]string{
		"alone": value, "as data": `{"data":` + value + `}`, "as a message": `{"message":` + value + `,"error":` + value[:min(len(value), 100)] + `}`,
	}
	if strings.HasPrefix(good, "{") {
		bodies["beside a payment"] = `{"x":` + value + `,` + good[1:]
		bodies["as metadata"] = `{"metadata":` + value + `,"custom_data":[],` + good[1:]
	}
	return bodies
}

// TestHostileAnswers has each operation answered with 1 MiB of everything. Memory is
// bounded; the time of the slowest is printed with the report.
func TestHostileAnswers(t *testing.T) {
	for _, p := range providers(t) {
		t.Run(p.name, func(t *testing.T) {
			var slowest, largest struct {
				what  string
				took  time.Duration
				bytes uint64
			}
			source := &memory{header: http.Header{}}
			client := p.new(t, guichet.WithHTTPClient(&http.Client{Transport: source}), guichet.WithMaxRetries(0),
				guichet.WithLogger(slog.New(slog.NewTextHandler(io.Discard, nil))))
			ctx := context.Background()
			ops := map[string]func() error{
				"create": func() error { _, err := client.CreatePayment(ctx, requestTo(p.name)); return err },
				"get":    func() error { _, err := client.GetStatus(ctx, p.id); return err },
				"list":   func() error { _, err := client.List(ctx, guichet.ListParams{}); return err },
			}
			tried := 0
			for name, value := range hostileValues {
				for place, body := range hostileBodies(p.got, value) {
					for op, call := range ops {
						for _, status := range []int{200, 400} {
							if tried++; tried%4 != 0 && !scripted.Long() && !*report {
								continue // every kind is met by some operation
							}
							what := fmt.Sprintf("%s, %s, %d: %s", op, place, status, name)
							source.status, source.body = status, []byte(body)
							var before, after runtime.MemStats
							runtime.ReadMemStats(&before)
							start := time.Now()
							err := call()
							took := time.Since(start)
							runtime.ReadMemStats(&after)
							bytes := after.TotalAlloc - before.TotalAlloc
							if bytes > mostMemory {
								t.Errorf("%s: %d KiB: %v", what, bytes>>10, err)
							}
							if took > slowest.took {
								slowest.what, slowest.took = what, took
							}
							if bytes > largest.bytes {
								largest.what, largest.bytes = what, bytes
							}
						}
					}
				}
			}
			if *report {
				t.Logf("slowest: %v (%s); largest: %d KiB (%s)", slowest.took.Round(time.Millisecond/10), slowest.what, largest.bytes>>10, largest.what)
			}
		})
	}
}
