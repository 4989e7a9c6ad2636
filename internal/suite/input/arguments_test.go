package input

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/guichetpay/guichet"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type item struct {
	Name  string
	Price guichet.Number
}

type shopRequest struct {
	Phone    string                `redact:"true"`
	Customer struct{ City string } `redact:"true"`
	Email    *string
	Currency guichet.Currency
	Amount   int64
	Quantity int64
	At       time.Time
	Items    []item
	Metadata map[string]any
	Tags     map[string]string
	Raw      json.RawMessage
	OTP      string
	Via      string
	again    *shopRequest
}

type shop struct{ got shopRequest }

func (*shop) CreatePayment(context.Context, shopRequest) error { return errors.New("portable") }
func (*shop) Plain(string) error                               { return errors.New("no context") }
func (*shop) Quiet(context.Context, string)                    {}
func (s *shop) Sell(_ context.Context, id string, req *shopRequest, limit int) (*item, error) {
	switch {
	case id == "" || limit != 1:
		return nil, errors.New("not filled")
	case req.OTP != "":
		return nil, &guichet.Error{Kind: guichet.ErrInvalidRequest, Message: "OTP: not here"}
	case req.Via != "":
		return nil, &guichet.Error{Kind: guichet.ErrUnsupported, Message: "shopRequest.Via: no slot"}
	}
	s.got = *req
	return nil, &guichet.Error{Kind: guichet.ErrInvalidRequest, HTTPStatus: 400, Message: "Amount: the provider says so"}
}
func (*shop) Closed(context.Context, item) error {
	return &guichet.Error{Kind: guichet.ErrInvalidRequest, Message: "Name: never"}
}

func TestMethodsAreFilledUntilTheyAccept(t *testing.T) {
	s := &shop{}
	methods := Methods(s)
	require.Len(t, methods, 2)
	closed, sell := methods[0], methods[1]
	require.Equal(t, "Closed", closed.Name)
	_, err := closed.Accepted(t.Context())
	require.ErrorContains(t, err, "never")

	omit, err := sell.Accepted(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []string{"OTP", "Via"}, omit)
	require.Len(t, sell.Results, 1)
	assert.Equal(t, "+22670000007", s.got.Phone)
	assert.Equal(t, "mark7q@example.com", *s.got.Email)
	assert.EqualValues(t, 5000, s.got.Amount)
	assert.EqualValues(t, 1, s.got.Quantity)
	assert.Equal(t, []item{{UUID, "5000"}}, s.got.Items)
	assert.Equal(t, map[string]any{"panier": UUID}, s.got.Metadata)
	assert.Equal(t, map[string]string{"panier": UUID}, s.got.Tags)
	assert.JSONEq(t, `{"x":"`+UUID+`"}`, string(s.got.Raw))
	assert.False(t, s.got.At.IsZero())
	assert.Nil(t, s.got.again)

	secret := map[string]bool{}
	for _, l := range sell.Leaves(omit...) {
		secret[l.Path] = l.Secret
	}
	assert.Equal(t, map[string]bool{
		"string": false, "shopRequest.Phone": true, "shopRequest.Customer.City": true, "shopRequest.Email": false, "shopRequest.Currency": false,
		"shopRequest.Items.Name": false, "shopRequest.Items.Price": false, "shopRequest.Metadata": false, "shopRequest.Tags": false, "shopRequest.Raw": false,
	}, secret)
}
