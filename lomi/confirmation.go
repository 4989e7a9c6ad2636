package lomi

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"github.com/guichetpay/guichet"
	strictjson "github.com/guichetpay/guichet/internal/oldjson"
	"github.com/guichetpay/guichet/internal/request"
	"github.com/guichetpay/guichet/internal/transport"
)

// question is what lomi. answers to a refund or payout that it has not made and
// wants to be asked for once more.
type question struct {
	Token     string            `json:"confirmation_token"`
	ExpiresAt guichet.Timestamp `json:"expires_at"`
	Preview   json.RawMessage   `json:"preview"`
}

var errNoToken = errors.New("the answer asks for a confirmation without a token")

// step does the first or, with a token, the second step of a refund or payout.
// Either dst is read, or asked is what lomi. asked instead of acting; see done
// for needed.
func (c *Client) step(ctx context.Context, call *transport.Call, token string, dst any, needed ...*string) (asked *question, answer *transport.Answer, err error) {
	call.Sensitive = append(call.Sensitive, token)
	answer, err = c.act(ctx, call, func(found []members) (err error) {
		asked, err = readStep(found, token == "", dst, needed...)
		return err
	})
	return asked, answer, err
}

func readStep(found []members, first bool, dst any, needed ...*string) (*question, error) {
	if !slices.ContainsFunc(found, asksToConfirm) && (!first || !slices.ContainsFunc(found, previews)) {
		return nil, done(found, dst, needed...)
	}
	object, err := merged(found)
	if err != nil {
		return nil, err
	}
	asked := &question{}
	if err := strictjson.Unmarshal(object, asked); err != nil {
		return nil, err
	}
	if asked.Token == "" {
		return nil, errNoToken
	}
	return asked, nil
}

// asksToConfirm takes any doubt for yes: a preview must never pass for money
// that has moved.
func asksToConfirm(layer members) bool {
	switch string(layer["requires_confirmation"]) {
	case "", "null", "false":
		return false
	}
	return true
}

// previews reports whether a layer holds what only a question holds. In the
// answer to a second step it may be what was asked before.
func previews(layer members) bool {
	for _, name := range []string{"confirmation_token", "preview"} {
		switch string(layer[name]) {
		case "", "null", "false", `""`:
		default:
			return true
		}
	}
	return false
}

// confirmFaults checks what makes a second step the same call as the first.
func confirmFaults(op, token, key string) error {
	fault := request.Text(token)
	if token == "" {
		fault = "must not be empty"
	}
	return check(op,
		request.Setting{Field: "Token", Fault: fault},
		request.Setting{Field: "IdempotencyKey", Fault: request.ID(key)},
	)
}
