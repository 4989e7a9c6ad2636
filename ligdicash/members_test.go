package ligdicash_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/suite/input"
	"github.com/guichetpay/guichet/internal/suite/scripted"
	"github.com/guichetpay/guichet/ligdicash"
)

// clientFor is a client of a LigdiCash that always answers body.
func clientFor(t *testing.T, body string) *ligdicash.Client {
	t.Helper()
	client, err := ligdicash.New(config(), guichet.WithHTTPClient(&http.Client{Transport: scripted.New(httpmock.NewStringResponder(200, body))}))
	require.NoError(t, err)
	return client
}

// What decides in each answer. Every other member of it may be anything.
var (
	decidesConfirm = []string{"response_code", "status", "amount", "montant", "custom_data", "custom_data.[].keyof_customdata", "custom_data.[].valueof_customdata"}
	decidesPending = []string{"response_code", "status", "amount", "montant"}
	decidesPage    = []string{"response_code", "token", "response_text"}
	decidesPrompt  = []string{"response_code", "token"}            // and a payout
	reference      = []string{"custom_data.[].valueof_customdata"} // which may come as a number
)

func TestMembers(t *testing.T) {
	payments := func(p *guichet.Payment, err error) ([]input.Reading, error) {
		if p == nil {
			return nil, err
		}
		return []input.Reading{input.Of(p)}, err
	}
	getStatus := func(t *testing.T, body string) ([]input.Reading, error) {
		return payments(clientFor(t, body).GetStatus(t.Context(), token))
	}
	confirmPayin := func(t *testing.T, body string) ([]input.Reading, error) {
		s, err := clientFor(t, body).PayinStatus(t.Context(), token)
		if s == nil {
			return nil, err
		}
		amount, _ := s.Amount.Major(s.Currency)
		return []input.Reading{{ID: token, Reference: s.OrderID(), Status: s.Status, Amount: amount}}, err
	}
	confirmPayout := func(t *testing.T, body string) ([]input.Reading, error) {
		s, err := clientFor(t, body).PayoutStatus(t.Context(), token)
		if s == nil {
			return nil, err
		}
		amount, _ := s.Amount.Major(guichet.XOF)
		return []input.Reading{{ID: token, Status: s.Status, Amount: amount}}, err
	}
	hosted := func(t *testing.T, body string) ([]input.Reading, error) {
		return payments(clientFor(t, body).CreatePayment(t.Context(), francs(5000)))
	}
	push := func(t *testing.T, body string) ([]input.Reading, error) {
		_, req := yas()
		return payments(clientFor(t, body).CreatePayment(t.Context(), req))
	}
	payin := func(p *ligdicash.Payin, err error) ([]input.Reading, error) {
		if p == nil {
			return nil, err
		}
		return []input.Reading{{ID: p.Token, CheckoutURL: p.CheckoutURL}}, err
	}
	invoice := func(t *testing.T, body string) ([]input.Reading, error) {
		return payin(clientFor(t, body).CreateInvoice(t.Context(), ligdicash.PayinRequest{TransactionID: order, Amount: 5000}))
	}
	direct := func(t *testing.T, body string) ([]input.Reading, error) {
		native, _ := yas()
		return payin(clientFor(t, body).CreateDirect(t.Context(), native))
	}
	wallet := func(t *testing.T, body string) ([]input.Reading, error) {
		native, _ := yas()
		native.OTP = "012345"
		return payin(clientFor(t, body).CreateWalletPayin(t.Context(), native))
	}
	payout := ligdicash.PayoutRequest{TransactionID: order, Amount: 100, Phone: "+22670000000"}
	paidOut := func(p *ligdicash.Payout, err error) ([]input.Reading, error) {
		if p == nil {
			return nil, err
		}
		return []input.Reading{{ID: p.Token}}, err
	}
	merchantPayout := func(t *testing.T, body string) ([]input.Reading, error) {
		return paidOut(clientFor(t, body).CreateMerchantPayout(t.Context(), payout))
	}
	customerPayout := func(t *testing.T, body string) ([]input.Reading, error) {
		return paidOut(clientFor(t, body).CreateCustomerPayout(t.Context(), payout, ligdicash.StayInWallet))
	}
	codeSent := func(t *testing.T, body string) ([]input.Reading, error) {
		if err := clientFor(t, body).SendWalletOTP(t.Context(), "+22670000000", 5000); err != nil {
			return nil, err
		}
		return []input.Reading{{ID: "sent"}}, nil
	}
	// The id of an event is made of the status word and the request id too, which
	// decide nothing.
	callback := func(t *testing.T, body string) ([]input.Reading, error) {
		event, err := clientFor(t, "").ParseWebhook(t.Context(), nil, []byte(body))
		if err != nil {
			return nil, err
		}
		return []input.Reading{{Reference: event.Reference}}, nil
	}
	failed := strings.Replace(fixture(t, "payin.json"), `"completed"`, `"notcompleted"`, 1)
	inAllShapes := `{"response_code":"00","status":"completed","amount":"4200","montant":4200,"devise":"XOF","transaction_id":"A","token":"t",` +
		`"custom_data":{"transaction_id":"A","logfile":"l"},"customer_details":"{\"email\":\"a@b.c\"}","response_text":"","wiki":"w"}`
	rootOnly := `{"response_code":"00","status":"completed","amount":4200,"montant":4200,"custom_data":[],"transaction_id":"A"}`
	withGaps := `{"response_code":"00","status":"completed","amount":4200,"custom_data":{"2":{"keyof_customdata":"transaction_id","valueof_customdata":"A","datecreation_customdata":"x"}}}`
	refusedFailed := `{"response_code":"01","response_text":"Echec (Code02)","status":"notcompleted","amount":4200,"montant":4200,"token":"","wiki":""}`

	answers := []input.Answer{
		{Name: "payin, GetStatus", Body: fixture(t, "payin.json"), Read: getStatus, Decides: decidesConfirm, Loose: reference},
		{Name: "payin, PayinStatus", Body: fixture(t, "payin.json"), Read: confirmPayin, Decides: decidesConfirm, Loose: reference},
		{Name: "failed payin, GetStatus", Body: failed, Read: getStatus, Decides: decidesConfirm, Loose: reference},
		{Name: "pending, GetStatus", Body: fixture(t, "confirm_pending.json"), Read: getStatus, Decides: decidesPending},
		{Name: "pending, PayinStatus", Body: fixture(t, "confirm_pending.json"), Read: confirmPayin, Decides: decidesPending},
		{Name: "other shapes, GetStatus", Body: inAllShapes, Read: getStatus, Loose: []string{"custom_data.transaction_id"},
			Decides: append([]string{"devise", "transaction_id", "custom_data", "custom_data.transaction_id"}, decidesPending...)},
		{Name: "a reference at the root", Body: rootOnly, Read: getStatus, Loose: []string{"transaction_id"},
			Decides: append([]string{"transaction_id"}, decidesPending...)},
		{Name: "a list with gaps", Body: withGaps, Read: getStatus, Loose: []string{"custom_data.2.valueof_customdata"},
			Decides: []string{"response_code", "status", "amount", "custom_data", "custom_data.2", "custom_data.2.keyof_customdata", "custom_data.2.valueof_customdata"}},
		{Name: "failed and refused, GetStatus", Body: refusedFailed, Read: getStatus, Decides: decidesPending},
		{Name: "payout, PayoutStatus", Body: fixture(t, "payout_confirmed.json"), Read: confirmPayout, Decides: []string{"response_code", "status"}},
		{Name: "hosted, CreatePayment", Body: fixture(t, "hosted_created.json"), Read: hosted, Decides: decidesPage},
		{Name: "hosted, the other host", Body: fixture(t, "hosted_created_client.json"), Read: hosted, Decides: decidesPage},
		{Name: "hosted, CreateInvoice", Body: fixture(t, "hosted_created.json"), Read: invoice, Decides: decidesPage},
		{Name: "direct, CreatePayment", Body: fixture(t, "direct_created.json"), Read: push, Decides: decidesPrompt},
		{Name: "direct with a page, CreatePayment", Body: fixture(t, "direct_created_redirect.json"), Read: push, Decides: decidesPage},
		{Name: "direct with a page, CreateDirect", Body: fixture(t, "direct_created_redirect.json"), Read: direct, Decides: decidesPage},
		{Name: "CreateWalletPayin", Body: fixture(t, "direct_created.json"), Read: wallet, Decides: decidesPrompt},
		{Name: "CreateMerchantPayout", Body: fixture(t, "payout_created_straight.json"), Read: merchantPayout, Decides: decidesPrompt},
		{Name: "CreateCustomerPayout", Body: fixture(t, "payout_created.json"), Read: customerPayout, Decides: decidesPrompt},
		{Name: "SendWalletOTP", Body: fixture(t, "otp_sent.json"), Read: codeSent, Decides: []string{"error"}},
		{Name: "callback of a payin", Body: fixture(t, "payin.json"), Read: callback, Loose: reference,
			Decides: []string{"custom_data", "custom_data.[].keyof_customdata", "custom_data.[].valueof_customdata"}},
		{Name: "callback of a payout", Body: fixture(t, "payout_callback.json"), Read: callback, Loose: []string{"transaction_id"}, Decides: []string{"transaction_id"}},
	}
	for _, answer := range answers {
		t.Run(answer.Name, func(t *testing.T) { input.Members(t, answer) })
	}
}

// What was made must not be lost because its page cannot be read.
func TestPageThatCannotBeRead(t *testing.T) {
	_, push := yas()
	for text, message := range map[string]string{
		`7`: "response_text is not a text", `["https://app.ligdicash.com/pay"]`: "response_text is not a text", `{}`: "response_text is not a text",
		`false`: "response_text is not a text", `"\ud800"`: "response_text is not valid UTF-8", `null`: "no usable checkout URL", `""`: "no usable checkout URL",
	} {
		body := `{"response_code":"00","token":"` + secretToken + `","response_text":` + text + `}`
		p, err := clientFor(t, body).CreatePayment(t.Context(), francs(5000))
		e := errorOf(t, err)
		require.NotNil(t, p, text)
		require.Equal(t, secretToken, p.ID)
		require.Empty(t, p.CheckoutURL)
		require.Equal(t, guichet.ErrBadResponse, e.Kind)
		require.True(t, e.OutcomeUnknown)
		require.Contains(t, e.Message, message)
		require.NotContains(t, string(e.Raw()), secretToken)

		p, err = clientFor(t, body).CreatePayment(t.Context(), push)
		require.NoError(t, err, "a prompt needs no page: %s", text)
		require.Equal(t, secretToken, p.ID)
		require.Empty(t, p.CheckoutURL)
	}
}

// A member that decides and cannot be read is named, its value is not.
func TestErrorsNameTheMember(t *testing.T) {
	for body, message := range map[string]string{
		`{"response_code":0,"status":"completed"}`:                                      "response_code is not a text",
		`{"response_code":"\ud800","status":"completed"}`:                               "response_code is not valid UTF-8",
		`{"response_code":"00","status":["completed"]}`:                                 "status is not a text",
		`{"response_code":"00","status":"completed","amount":{"value":4200}}`:           "amount is not a number",
		`{"response_code":"00","status":"completed","amount":4200,"montant":"4 200 F"}`: "montant is not a number",
		`{"response_code":"00","status":"completed","amount":4200,"devise":952}`:        "devise is not a currency",
		`{"response_code":"00","status":"completed","transaction_id":true}`:             "transaction_id is not a text",
		`{"status":"completed"}`:                                                        "the answer has no response_code",
		`[]`:                                                                            "the answer is not a JSON object",
		`<html>`:                                                                        "the answer is an HTML page, not the API's JSON",
		``:                                                                              "the answer is empty",
		`{"response_code":`:                                                             "the answer is cut short",
	} {
		_, err := clientFor(t, body).GetStatus(t.Context(), token)
		e := errorOf(t, err)
		require.Equal(t, guichet.ErrBadResponse, e.Kind, body)
		require.Equal(t, message, e.Message, body)
	}
	for body, message := range map[string]string{
		`{"response_code":"00","token":7}`:                          "token is not a text",
		`{"response_code":"00","token":["t"]}`:                      "token is not a text",
		`{"response_code":"00","token":"\ud800"}`:                   "token is not valid UTF-8",
		`{"response_code":"00"}`:                                    "token must not be empty",
		`{"response_code":["00"],"token":"t"}`:                      "response_code is not a text",
		`{"response_code":"01","token":"","response_text":["Ech"]}`: "response_text is not a text",
	} {
		_, err := clientFor(t, body).CreatePayment(t.Context(), francs(5000))
		e := errorOf(t, err)
		require.Equal(t, guichet.ErrBadResponse, e.Kind, body)
		require.True(t, e.OutcomeUnknown, body)
		require.Equal(t, message, e.Message, body)
	}
}
