package guichet_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/config"
)

var kinds = map[string]error{
	"invalid request": guichet.ErrInvalidRequest, "unsupported": guichet.ErrUnsupported, "unauthorized": guichet.ErrUnauthorized, "not found": guichet.ErrNotFound,
	"conflict": guichet.ErrConflict, "declined": guichet.ErrDeclined, "rate limited": guichet.ErrRateLimited, "unavailable": guichet.ErrUnavailable,
	"bad response": guichet.ErrBadResponse, "untrusted": guichet.ErrUntrusted, "mismatch": guichet.ErrMismatch, "outcome unknown": guichet.ErrUnknownOutcome,
	"not paid": guichet.ErrNotPaid, "already paid": guichet.ErrAlreadyPaid, "in progress": guichet.ErrInProgress,
	"stale": guichet.ErrStale, "order held": guichet.ErrOrderHeld, "payment id taken": guichet.ErrPaymentTaken, "unreadable row": guichet.ErrUnreadable,
}

func TestErrorKinds(t *testing.T) {
	for text, kind := range kinds {
		assert.Equal(t, text, kind.Error())
		err := error(&guichet.Error{Provider: "lomi", Op: "CreatePayment", Kind: kind, Err: context.Canceled})
		wrapped := fmt.Errorf("order: %w", errors.Join(errors.New("x"), err))
		for _, e := range []error{err, wrapped} {
			for other, target := range kinds {
				assert.Equal(t, target == kind, errors.Is(e, target), "%s is %s", text, other)
			}
			assert.ErrorIs(t, e, context.Canceled)
			assert.Equal(t, kind == guichet.ErrUnsupported, errors.Is(e, errors.ErrUnsupported), text)
			var found *guichet.Error
			require.ErrorAs(t, e, &found)
			assert.Same(t, err, found)
		}
		unknown := &guichet.Error{Kind: kind, OutcomeUnknown: true}
		assert.ErrorIs(t, unknown, guichet.ErrUnknownOutcome)
		assert.ErrorIs(t, unknown, kind)
		assert.Contains(t, unknown.Error(), "outcome unknown")
	}
	assert.NotErrorIs(t, guichet.ErrInvalidRequest, errors.New("invalid request"), "kinds are compared by identity")
}

func TestErrorWithoutKind(t *testing.T) {
	err := &guichet.Error{Provider: "lygos", Op: "GetStatus", Err: context.DeadlineExceeded}
	assert.ErrorIs(t, err, context.DeadlineExceeded)
	for text, kind := range kinds {
		assert.NotErrorIs(t, err, kind, text)
	}
	assert.Equal(t, "lygos: GetStatus: context deadline exceeded", err.Error())
	assert.Len(t, err.Unwrap(), 1)
	assert.Empty(t, (&guichet.Error{}).Unwrap())
	assert.Equal(t, "guichet", (&guichet.Error{}).Error())
}

func fullError() *guichet.Error {
	e := &guichet.Error{
		Provider: "lomi", Op: "CreatePayment", ProviderCode: "idempotency_in_progress", Message: "still at work", RequestID: "req_1", HelpURL: "https://api.example/help",
		Reference: "CMD-1", IdempotencyKey: "CMD-1", Kind: guichet.ErrConflict, HTTPStatus: 409, RetryAfter: 3 * time.Second, OutcomeUnknown: true,
		Err: &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("refused")},
	}
	config.SetRaw(e, func() []byte { return []byte(`{"raw":"SECRET_RAW"}`) })
	return e
}

func TestErrorPrinted(t *testing.T) {
	const line = "lomi: CreatePayment: conflict: still at work (code idempotency_in_progress, HTTP 409, request req_1, retry after 3s, outcome unknown)"
	e := fullError()
	assert.Equal(t, line, e.Error())
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d", "%x"} {
		assert.Equal(t, line, fmt.Sprintf(verb, e), verb)
		assert.Equal(t, line, fmt.Sprintf(verb, *e), verb)
	}
	assert.Equal(t, fmt.Sprintf("%q", line), fmt.Sprintf("%q", e))
	for _, v := range []any{e, *e, fmt.Errorf("x: %w", e), struct{ Err error }{e}} {
		for form, text := range printed(v) {
			assert.NotContains(t, text, "SECRET_RAW", form)
		}
	}
	assert.Contains(t, printed(e)["slog text"], `value.kind=conflict value.code=idempotency_in_progress value.message="still at work" value.cause="dial tcp: refused" value.http_status=409 value.request_id=req_1 value.help_url=https://api.example/help value.reference=CMD-1 value.idempotency_key=CMD-1 value.retry_after=3s value.outcome_unknown=true`)

	data, err := json.Marshal(e)
	require.NoError(t, err)
	assert.JSONEq(t, `{"provider":"lomi","op":"CreatePayment","kind":"conflict","code":"idempotency_in_progress","message":"still at work","cause":"dial tcp: refused",
		"http_status":409,"request_id":"req_1","help_url":"https://api.example/help","reference":"CMD-1","idempotency_key":"CMD-1","retry_after":"3s","outcome_unknown":true}`, string(data))
	data, err = json.Marshal(guichet.Error{})
	require.NoError(t, err)
	assert.Equal(t, "{}", string(data))
}

func TestErrorRaw(t *testing.T) {
	e := new(guichet.Error)
	assert.Nil(t, e.Raw())
	asked, answer := 0, []byte("abc")
	config.SetRaw(e, func() []byte { asked++; return answer })
	assert.Zero(t, asked, "only when Raw is")
	assert.Equal(t, "abc", string(e.Raw()))
	e.Raw()[0] = 'y'
	assert.Equal(t, "abc", string(e.Raw()), "given out as a copy")
	config.SetRaw(e, func() []byte { return []byte(strings.Repeat("a", 5000)) })
	assert.Len(t, e.Raw(), 4096)
}

func TestNilError(t *testing.T) {
	var e *guichet.Error
	assert.Equal(t, "<nil>", e.Error())
	assert.Nil(t, e.Unwrap())
	assert.Nil(t, e.Raw())
	assert.False(t, e.Is(guichet.ErrUnknownOutcome))
	assert.NotErrorIs(t, e, guichet.ErrInvalidRequest)
	assert.Equal(t, "<nil>", fmt.Sprint(e))
	data, err := json.Marshal(e)
	require.NoError(t, err)
	assert.Equal(t, "null", string(data))
}
