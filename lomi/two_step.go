package lomi

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/request"
	"github.com/guichetpay/guichet/internal/strictjson"
	"github.com/guichetpay/guichet/internal/transport"
)

// step is what came of one step of a refund or payout: either it was made, or lomi.
// asks for approval.
type step[T any] struct {
	made     *T        // nil: lomi. asks
	asked    *question // nil: it was made
	key      string    // that was sent
	replayed bool
}

// question is what lomi. answers to a refund or payout that it has not made and
// wants to be asked for once more.
type question struct {
	Token     string            `json:"confirmation_token"`
	ExpiresAt guichet.Timestamp `json:"expires_at"`
	Preview   json.RawMessage   `json:"preview"`
}

var readQuestion = strictjson.Deciding[question]("confirmation_token")

var errNoToken = errors.New("the answer asks for a confirmation without a token")

// twoStep does the first or, with a token, the second step of a refund or payout. Both
// have the same body and key; the second has the token as well. The conditions are for
// what was made.
func twoStep[T any](ctx context.Context, c *Client, call *transport.Call, body any, key, token string, k *kind[T], conditions ...condition[T]) (*step[T], error) {
	if err := setKeyedBody(call, key, body); err != nil {
		return nil, err
	}
	if token != "" {
		addMember(call, "confirmation_token", token)
	}
	call.Method = http.MethodPost
	call.Sensitive = append(call.Sensitive, token)
	conditions = append([]condition[T]{k.hasID}, conditions...)
	s := new(step[T])
	return send(ctx, c, call, s, func(a *transport.Answer) error {
		*s = step[T]{key: call.IdempotencyKey, replayed: replayed(a)}
		l, err := k.open(a)
		if err != nil {
			return err
		}
		if asksToConfirm(l) || token == "" && previews(l) {
			s.asked = new(question)
			return s.asked.read(l)
		}
		s.made = new(T)
		return k.decodeOpened(a, l, s.made, conditions)
	})
}

// addMember adds a last member to the body of a call, which has others.
func addMember(call *transport.Call, name, value string) {
	member, _ := json.Marshal(map[string]string{name: value}) // texts cannot fail
	call.Body = append(append(call.Body[:len(call.Body)-1:len(call.Body)-1], ','), member[1:]...)
}

func (q *question) read(answer layers) error {
	for _, layer := range answer.found {
		if err := readQuestion.Read(layer, q); err != nil {
			return err
		}
	}
	if q.Token == "" {
		return errNoToken
	}
	return nil
}

// asksToConfirm takes every value of requires_confirmation but false and null for yes,
// so that a preview never passes for money that has moved.
func asksToConfirm(answer layers) bool {
	return slices.ContainsFunc(answer.found, func(layer strictjson.Value) bool {
		asks := layer.Get("requires_confirmation")
		return asks.Present() && asks.Kind() != strictjson.False
	})
}

// previews reports whether an answer holds what only a question holds. In the answer
// to a second step it may be what was asked before.
func previews(answer layers) bool {
	return slices.ContainsFunc(answer.found, func(layer strictjson.Value) bool {
		for _, name := range []string{"confirmation_token", "preview"} {
			if v := layer.Get(name); v.Present() && v.Kind() != strictjson.False && string(v.Raw()) != `""` {
				return true
			}
		}
		return false
	})
}

// checkApproval checks what makes a second step the same call as the first.
func (c *Client) checkApproval(op, token, key string) error {
	problem := request.Text(token)
	if token == "" {
		problem = "must not be empty"
	}
	return c.check(op,
		request.Field{Name: "Token", Problem: problem},
		request.Field{Name: "IdempotencyKey", Problem: request.ID(key)},
	)
}
