package guichet_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
)

func TestAttemptStates(t *testing.T) {
	for state, holds := range map[guichet.AttemptState]bool{
		guichet.AttemptCreating: true, guichet.AttemptOpen: true, guichet.AttemptPaid: true, guichet.AttemptDelivered: true,
		guichet.AttemptReleased: false, guichet.AttemptClosed: false, guichet.AttemptHeld: false, guichet.AttemptExtra: false,
	} {
		assert.True(t, state.Known(), state)
		assert.Equal(t, holds, state.Holds(), state)
	}
	for _, state := range []guichet.AttemptState{"", "Paid", "paid ", "escrow"} {
		assert.False(t, state.Known(), state)
		assert.False(t, state.Holds(), state)
	}
}

// fullAttempt has something private in every field that could hold it.
func fullAttempt() guichet.Attempt {
	at := time.Date(2026, 11, 29, 12, 0, 0, 123456000, time.UTC)
	return guichet.Attempt{
		Reference: "CMD-1-ABC", OrderID: "CMD-1", Provider: "lomi", Number: 2, Amount: guichet.NewMoney(5000, guichet.XOF), State: guichet.AttemptCreating,
		Holds: true, PaymentID: "private-id", CheckoutURL: "https://pay.example/private-page", Status: guichet.StatusPending, ProviderStatus: "private-word",
		Phone: "+221770000001", OTP: true, Instruction: guichet.Instruction{FR: "private-fr", EN: "private-en"},
		Request: &guichet.PaymentRequest{Reference: "CMD-1-ABC", Amount: guichet.NewMoney(5000, guichet.XOF), Customer: guichet.Customer{FirstName: "private-name"},
			MobileMoney: &guichet.MobileMoney{Phone: "+221770000002", OTP: "private-code"}, Metadata: map[string]string{"a": "private-metadata"}},
		Asked: 3, Failures: 4, Captures: 5, Outdated: true, Refunded: true,
		Troubles:  map[guichet.TroubleKind]bool{guichet.TroubleRefunded: true, guichet.TroubleOtherAmount: false},
		CreatedAt: at, LeaseUntil: at.Add(time.Minute), AskedAt: at.Add(time.Hour), DueAt: at.Add(2 * time.Hour), ExpiresAt: at.Add(3 * time.Hour), Version: 6,
	}
}

// Who reads a log must not be able to pay, look at a payment, or call the customer.
func TestAttemptsPrintNothingPrivate(t *testing.T) {
	a := fullAttempt()
	o := guichet.Order{ID: "CMD-1", Request: *a.Request, Replace: true}
	trouble := guichet.Trouble{Kind: guichet.TroubleOtherAmount, Attempt: a, Other: "CMD-1-DEF", Paid: guichet.NewMoney(4000, guichet.XOF), Err: errors.New("the save failed")}
	for name, value := range map[string]any{"attempt": a, "pointer": &a, "order": o, "trouble": trouble, "slice": []guichet.Attempt{a}, "field": struct{ Inner guichet.Attempt }{a}} {
		var printed bytes.Buffer
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
			fmt.Fprintf(&printed, verb+"\n", value)
		}
		slog.New(slog.NewTextHandler(&printed, nil)).Info("x", "value", value)
		if name != "slice" && name != "field" { // see Attempt.LogValue
			slog.New(slog.NewJSONHandler(&printed, nil)).Info("x", "value", value)
		}
		assert.NotContains(t, printed.String(), "private", name)
		assert.NotContains(t, printed.String(), "+22177", name)
		assert.Contains(t, printed.String(), "CMD-1", name)
	}
	assert.Equal(t, `Attempt{Reference:"CMD-1-ABC" OrderID:"CMD-1" Number:2 Provider:"lomi" State:"creating" Status:"pending" Amount:5000 XOF Troubles:[other_amount refunded] Version:6}`, fmt.Sprint(a))
	assert.Equal(t, `Trouble{Kind:"other_amount" Attempt:`+fmt.Sprint(a)+` Other:"CMD-1-DEF" Paid:4000 XOF Err:the save failed}`, fmt.Sprint(trouble))
	var logged bytes.Buffer
	slog.New(slog.NewTextHandler(&logged, nil)).Info("x", "t", trouble)
	for _, part := range []string{"t.kind=other_amount", "t.attempt.reference=CMD-1-ABC", "t.attempt.state=creating", "t.attempt.version=6", "t.other=CMD-1-DEF", `t.paid="4000 XOF"`, `t.error="the save failed"`} {
		assert.Contains(t, logged.String(), part)
	}
}

// JSON of an attempt is faithful but for the one-time code, and leaves the fields of a
// struct that embeds it alone.
func TestAttemptJSON(t *testing.T) {
	a := fullAttempt()
	text, err := json.Marshal(a)
	require.NoError(t, err)
	assert.NotContains(t, string(text), "private-code")
	var back guichet.Attempt
	require.NoError(t, json.Unmarshal(text, &back))
	want := fullAttempt()
	want.Request.MobileMoney.OTP = ""
	assert.Equal(t, want, back)

	type row struct {
		guichet.Attempt
		Shop string `json:"shop"`
	}
	text, err = json.Marshal(row{a, "Dakar"})
	require.NoError(t, err)
	var outer row
	require.NoError(t, json.Unmarshal(text, &outer))
	assert.Equal(t, row{want, "Dakar"}, outer)

	type sale struct {
		guichet.Order
		Shop string `json:"shop"`
	}
	text, err = json.Marshal(sale{guichet.Order{ID: "CMD-1", Request: guichet.PaymentRequest{Amount: guichet.NewMoney(1, guichet.XOF)}, Replace: true}, "Dakar"})
	require.NoError(t, err)
	var sold sale
	require.NoError(t, json.Unmarshal(text, &sold))
	assert.Equal(t, sale{guichet.Order{ID: "CMD-1", Request: guichet.PaymentRequest{Amount: guichet.NewMoney(1, guichet.XOF)}, Replace: true}, "Dakar"}, sold)

	text, err = json.Marshal(guichet.Attempt{Reference: "R", OrderID: "O", Provider: "lomi", Number: 1, Amount: guichet.NewMoney(1, guichet.XOF), State: guichet.AttemptClosed, Version: 1})
	require.NoError(t, err)
	assert.JSONEq(t, `{"reference":"R","order_id":"O","provider":"lomi","number":1,"amount":{"minor":1,"currency":"XOF"},"state":"closed","version":1}`, string(text))
}
