package fake

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestDeliver(t *testing.T) {
	release := make(chan struct{})
	bodies := make(chan string, 4)
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		bodies <- string(body)
		switch r.URL.Path {
		case "/redirect":
			http.Redirect(w, r, "/ok", http.StatusTemporaryRedirect)
		case "/failing":
			w.WriteHeader(http.StatusInternalServerError)
		case "/slow":
			<-release
		}
	}))
	defer receiver.Close()
	defer close(release)
	deliver := func(path string, patience time.Duration) error {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, receiver.URL+path, strings.NewReader("{}"))
		require.NoError(t, err)
		return Deliver(r, patience)
	}
	require.NoError(t, deliver("/ok", time.Minute))
	require.ErrorContains(t, deliver("/failing", time.Minute), "500")
	require.ErrorContains(t, deliver("/redirect", time.Minute), "307")
	assert.Len(t, bodies, 3, "once each, and no redirect is followed")
	for range 3 {
		assert.Equal(t, "{}", <-bodies)
	}
	require.Error(t, deliver("/slow", 50*time.Millisecond))
}
