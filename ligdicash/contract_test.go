package ligdicash_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/suite/contract"
	"github.com/guichetpay/guichet/ligdicash"
	"github.com/guichetpay/guichet/ligdicash/ligdicashtest"
)

func TestContract(t *testing.T) { contract.Run(t, harness()) }

func harness() contract.Harness {
	fake := ligdicashtest.NewServer()
	cfg := fake.Config()
	fake.Close()
	return contract.Harness{
		Name:   "ligdicash",
		New:    func(opts ...guichet.Option) (guichet.Client, error) { return ligdicash.New(cfg, opts...) },
		Config: cfg,
		From: func(cfg any, opts ...guichet.Option) (guichet.Client, error) {
			return ligdicash.New(cfg.(ligdicash.Config), opts...)
		},
		NewFake: func() contract.Fake { return ligdicashtest.NewServer() },
		Base:    "https://ligdicash.example",
		Auth:    http.Header{"Apikey": {cfg.APIKey}, "Authorization": {"Bearer " + cfg.AuthToken}, "Content-Type": {"application/json"}},
		Secrets: []string{cfg.APIKey, cfg.AuthToken},

		Currency:    guichet.XOF,
		MobileMoney: &guichet.MobileMoney{Phone: "+22890000000", Country: "TG", Operator: "3"},
		IsCreate:    func(r *http.Request) bool { return r.Method == http.MethodPost },
		IsList:      func(*http.Request) bool { return false },
		Respond: func(r *http.Request, o contract.Order) (int, string) {
			if r.Method == http.MethodPost {
				return 200, fmt.Sprintf(`{"response_code":"00","token":%q,"response_text":%q,"wiki":"https://client.ligdicash.com/wiki/createInvoice"}`, o.ID, o.CheckoutURL)
			}
			return 200, confirmJSON(o)
		},
		Words: map[string]guichet.Status{
			"pending": guichet.StatusPending, "completed": guichet.StatusSucceeded,
			"notcompleted": guichet.StatusFailed, "nocompleted": guichet.StatusFailed,
		},
		Pending:    "pending",
		GoodAmount: []string{"5000", `"5000"`, `"5000.00"`, "5000.0"},
		BadAmount:  []string{"5000.5", `"5000 F"`, "true", "{}", "1e400", "null"},
		Errors: []contract.ErrorCase{
			{Name: "keys", Status: 200, Body: `{"response_code":"01","token":"","response_text":"Echec (Code00)","description":"","wiki":"https://client.ligdicash.com/wiki/createInvoice"}`, Kind: guichet.ErrUnauthorized, Code: "00"},
			{Name: "keys, without description", Status: 401, Body: `{"response_code":"01","token":"","response_text":"Echec (Code00)","wiki":"https://client.ligdicash.com/wiki/createInvoice"}`, Kind: guichet.ErrUnauthorized, Code: "00"},
			{Name: "no such invoice", Status: 200, Body: `{"response_code":"01","response_text":"Echec (Code02)","wiki":"https://client.ligdicash.com/wiki/confirmInvoice"}`, Kind: guichet.ErrNotFound, Code: "02"},
			{Name: "processing", Status: 200, Body: `{"response_code":"01","response_text":"Echec (Code03)"}`, Kind: guichet.ErrUnavailable, Code: "03"},
			{Name: "unknown code", Status: 200, Body: `{"response_code":"01","response_text":"Echec (Code77)"}`, Kind: guichet.ErrBadResponse, Code: "77"},
			{Name: "no code", Status: 200, Body: `{"response_code":"01","response_text":null}`, Kind: guichet.ErrBadResponse},
		},
		ByStatus: map[int]error{400: guichet.ErrBadResponse, 409: guichet.ErrBadResponse, 422: guichet.ErrBadResponse},
		Webhook: contract.Webhook{
			Body: func(o contract.Order) []byte { return []byte(confirmJSON(o)) },
			Sign: func(string, time.Time, []byte) http.Header {
				return http.Header{"Content-Type": {"application/json; charset=utf-8"}}
			},
		},
	}
}

func confirmJSON(o contract.Order) string {
	amount := o.AmountJSON
	if amount == "" {
		amount = o.Amount.Decimal()
	}
	optional := `"customer":"22890000000","operator_id":3,"operator_name":"YAS TOGO","external_id":"x","date":"2026-05-09 07:20:23+00"`
	if o.Nulls {
		optional = `"customer":null,"operator_id":null,"operator_name":null,"external_id":null,"date":null,"customer_details":null`
	}
	return fmt.Sprintf(`{"response_code":"00","token":"","status":%q,"amount":%s,"montant":%s,"request_id":%q,`+
		`"custom_data":[{"keyof_customdata":"transaction_id","valueof_customdata":%q}],%s}`, o.Word, amount, amount, "P"+o.Reference, o.Reference, optional)
}
