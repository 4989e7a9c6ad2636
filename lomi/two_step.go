package lomi

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/request"
	"github.com/guichetpay/guichet/internal/strictjson"
	"github.com/guichetpay/guichet/internal/transport"
)

var errNoToken = errors.New("the answer asks for a confirmation without a token")

// question is what lomi. answers to a refund or payout that it has not made and
// wants to be asked for once more.
type question struct {
	Token     string            `json:"confirmation_token"`
	ExpiresAt guichet.Timestamp `json:"expires_at"`
	Preview   json.RawMessage   `json:"preview"`
}

var readQuestion = strictjson.Deciding[question]("confirmation_token")

// twoStep does the first or, with a token, the second step of a refund or payout.
// Either an object is read, or what lomi. asked instead of acting.
func twoStep[T any](ctx context.Context, c *Client, call *transport.Call, token string, k *kind[T]) (made *T, asked *question, answer *transport.Answer, err error) {
	call.Sensitive = append(call.Sensitive, token)
	object := new(T)
	call.Decode = func(a *transport.Answer) error {
		*object, made, asked = *new(T), nil, nil
		l, err := k.open(a)
		if err != nil {
			return err
		}
		if asksToConfirm(l) || token == "" && previews(l) {
			asked = new(question)
			return asked.read(l)
		}
		made = object
		return k.decodeOpened(a, l, object, []condition[T]{k.hasID})
	}
	answer, err = c.t.Do(ctx, call)
	if err != nil {
		return nil, nil, answer, err
	}
	return made, asked, answer, nil
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

// asksToConfirm takes any doubt for yes: a preview must never pass for money that
// has moved.
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

// confirmProblems checks what makes a second step the same call as the first.
func confirmProblems(op, token, key string) error {
	problem := request.Text(token)
	if token == "" {
		problem = "must not be empty"
	}
	return check(op,
		request.Field{Name: "Token", Problem: problem},
		request.Field{Name: "IdempotencyKey", Problem: request.ID(key)},
	)
}
