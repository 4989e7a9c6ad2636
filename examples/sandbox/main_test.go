package main

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// freePorts returns the first of four ports in a row that were free a moment ago.
func freePorts(t *testing.T) int {
	t.Helper()
	for port := 21000; port < 60000; port += 4 {
		var listeners []net.Listener
		for i := range 4 {
			if l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port + i}); err == nil {
				listeners = append(listeners, l)
			}
		}
		for _, l := range listeners {
			l.Close()
		}
		if len(listeners) == 4 {
			return port
		}
	}
	t.Fatal("no four free ports")
	return 0
}

var (
	curlLine   = regexp.MustCompile(`^curl -X (\w+) '([^']+)'(.*)$`)
	curlHeader = regexp.MustCompile(`-H '([^:]+): ([^']*)'`)
	curlBody   = regexp.MustCompile(`-d '(.*)'$`)
)

// TestEveryCurlLineWorks does what the printed lines say.
func TestEveryCurlLineWorks(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	var out bytes.Buffer
	err := run(ctx, freePorts(t), &out, func() {
		defer stop()
		text := out.String()
		for _, want := range []string{"Lygos", "lomi.", "LigdiCash", "CaurisFlux", "WEBHOOK SECRET"} {
			assert.Contains(t, text, want)
		}
		calls := 0
		for _, line := range strings.Split(text, "\n") {
			m := curlLine.FindStringSubmatch(line)
			if m == nil {
				continue
			}
			var body io.Reader
			if data := curlBody.FindStringSubmatch(m[3]); data != nil {
				body = strings.NewReader(data[1])
			}
			req, err := http.NewRequest(m[1], m[2], body)
			require.NoError(t, err, line)
			for _, h := range curlHeader.FindAllStringSubmatch(m[3], -1) {
				req.Header.Set(h[1], h[2])
			}
			res, err := http.DefaultClient.Do(req)
			require.NoError(t, err, line)
			answer, _ := io.ReadAll(res.Body)
			res.Body.Close()
			assert.NotContains(t, []int{401, 403, 405, 500}, res.StatusCode, "%s\n%s", line, answer)
			if m[1] == http.MethodPost {
				assert.Less(t, res.StatusCode, 300, "%s\n%s", line, answer)
				assert.NotContains(t, string(answer), "Echec", line)
			}
			calls++
		}
		assert.Equal(t, 8, calls)
		http.DefaultClient.CloseIdleConnections()
	})
	require.NoError(t, err)
}

func TestATakenPortIsSaid(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	port := l.Addr().(*net.TCPAddr).Port
	err = run(t.Context(), port, io.Discard, func() { t.Error("it started all the same") })
	require.Error(t, err)
	assert.Contains(t, err.Error(), "is the port taken?")
}
