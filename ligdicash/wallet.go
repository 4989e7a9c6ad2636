package ligdicash

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/e164"
	"github.com/guichetpay/guichet/internal/request"
	"github.com/guichetpay/guichet/internal/transport"
)

// routeOTP begins the path of a GET that sends an SMS.
const routeOTP = "/pay/v02/debitotp"

var wallet = &payinKind{route: "/pay/v02/debitwallet/withotp", needPhone: true, takesOTP: true, needOTP: true}

// SendWalletOTP has LigdiCash send a one-time code by SMS to the owner of a
// LigdiCash wallet, for a payment of amount whole francs (GET
// /pay/v02/debitotp/{phone_number}/{amount}). phone is E.164 with +.
//
// Though a GET, it is sent once: each one is another SMS. LigdiCash's refusal is
// ErrDeclined; an answer that does not say whether the code was sent is
// ErrBadResponse.
func (c *Client) SendWalletOTP(ctx context.Context, phone string, amount int64) error {
	const op = "SendWalletOTP"
	if err := c.firstFault(op, []request.Setting{
		{Field: "phone", Fault: request.Phone(phone)},
		{Field: "amount", Fault: amountFault(amount)},
	}); err != nil {
		return err
	}
	_, err := c.t.Do(ctx, &transport.Call{
		Op: op, Method: http.MethodGet, Route: routeOTP + "/{phone_number}/{amount}",
		Args:      []string{e164.Digits(phone), strconv.FormatInt(amount, 10)},
		Policy:    transport.Write,
		Sensitive: []string{phone},
		Refusal:   otpRefusal,
		Decode: func(a *transport.Answer) error {
			w, err := readOTP(a)
			if err != nil {
				return err
			}
			return w.refusal(a)
		},
	})
	return err
}

// CreateWalletPayin debits a LigdiCash wallet with the one-time code that
// SendWalletOTP had sent (POST /pay/v02/debitwallet/withotp). Phone and OTP are
// required. It is sent once. A wrong or expired code is ErrDeclined; Code15 has
// also been seen for a right one when the number has no funded wallet.
func (c *Client) CreateWalletPayin(ctx context.Context, req PayinRequest) (*Payin, error) {
	call, err := c.payinCall("CreateWalletPayin", wallet, req)
	if err != nil {
		return nil, err
	}
	payin, _, err := c.createPayin(ctx, call)
	return payin, err
}

// otpWire is the envelope of debitotp, and the usual one, in case it answers
// with that.
type otpWire struct {
	Envelope envelopeWire    `json:",inline"`
	Error    json.RawMessage `json:"error"`
	Message  text            `json:"message"`
}

func readOTP(a *transport.Answer) (*otpWire, error) {
	w := new(otpWire)
	return w, decode(a.Body, w)
}

var errOTP = errors.New("the answer does not say whether the code was sent")

// refusal is nil only for error: false and nothing that contradicts it.
func (w *otpWire) refusal(a *transport.Answer) error {
	switch said := string(w.Error); {
	case w.Envelope.ResponseCode != "":
		return payinCodes.refuse(&w.Envelope, a)
	case said == "true":
		e := &guichet.Error{Message: string(w.Message)}
		if a.OK() || transport.KindOf(a.Status) == guichet.ErrInvalidRequest {
			e.Kind = guichet.ErrDeclined
		}
		return e
	case said == "false":
		return nil
	}
	return errOTP
}

// otpRefusal reads an answer that is not 2xx.
func otpRefusal(a *transport.Answer) *guichet.Error {
	var e *guichet.Error
	if w, err := readOTP(a); err == nil && errors.As(w.refusal(a), &e) {
		return e
	}
	return notOurs(a)
}
