package ligdicash

import (
	"context"
	"net/http"
	"strconv"

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
	if err := c.ready(op); err != nil {
		return err
	}
	if err := c.check(op, []request.Field{
		{Name: "phone", Problem: request.Phone(phone)},
		{Name: "amount", Problem: amountProblem(amount)},
	}); err != nil {
		return err
	}
	_, err := c.t.Do(ctx, &transport.Call{
		Op: op, Method: http.MethodGet, Route: routeOTP + "/{phone_number}/{amount}",
		Args:      []string{request.PhoneDigits(phone), strconv.FormatInt(amount, 10)},
		Policy:    transport.Write,
		Sensitive: []string{phone},
		Refusal:   otpRefusal,
		Decode:    codeSent,
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
	return c.createPayin(ctx, wallet, call)
}
