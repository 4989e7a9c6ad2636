package leaks

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"time"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/suite/scripted"
)

// checkSettings makes New fail with a secret in every setting that can be wrong.
func (s *suite) checkSettings(t scripted.T) {
	cfg := reflect.ValueOf(s.config)
	with := func(index []int, value string) any {
		changed := reflect.New(cfg.Type()).Elem()
		changed.Set(cfg)
		changed.FieldByIndex(index).SetString(value)
		return changed.Interface()
	}
	made := func(what string, cfg any, opts ...guichet.Option) {
		var c guichet.Client
		err := s.try(t, what, func() (err error) {
			c, err = s.h.From(cfg, append(s.options(guichet.WithBaseURL(s.h.Base)), opts...)...)
			return err
		})
		s.lookAtError(t, what, err)
		s.lookAtAll(t, what+": the Config", cfg, 0)
		if err == nil {
			s.lookAtClient(t, what, c)
		}
	}
	for _, f := range reflect.VisibleFields(cfg.Type()) {
		if f.Type.Kind() != reflect.String {
			continue
		}
		// Any field may be given a key by mistake.
		for i, key := range s.keys {
			for j, value := range []string{
				key.value, key.value + "\n", key.value + " ", " " + key.value, key.value + "\x00", key.value + "é", key.value + "\r\nX-Evil: 1", key.value + ":" + key.value,
				"lomi_pk_" + key.value, "sk_test_" + key.value, "pk_live_" + key.value, "https://user:" + key.value + "@h/", strings.Repeat(key.value, 200),
			} {
				if leftOut(i, j) {
					continue
				}
				secret := false
				for _, known := range s.keys {
					secret = secret || known.name == "Config."+f.Name
				}
				if !secret && value == key.value { // where no secret belongs it is shown
					continue
				}
				what := "a Config whose " + f.Name + " is wrong"
				if !secret {
					err := s.try(t, what, func() error { _, err := s.h.From(with(f.Index, value), guichet.WithBaseURL(s.h.Base)); return err })
					s.lookAtError(t, what, err)
					continue
				}
				made(what, with(f.Index, value))
			}
		}
	}
	key := s.keys[0].value
	for _, base := range []string{
		"https://user:" + key + "@h/", "https://h/?key=" + key, "https://h/#" + key, "ftp://h/" + key, "http://" + key, "https://h/%zz" + key, "https://h:" + key + "/", key, "https://h/\n" + key, "https://[" + key,
	} {
		made("a base URL that is wrong", s.config, guichet.WithBaseURL(base))
	}
	made("no retries", s.config, guichet.WithMaxRetries(-1))
	made("all is well", s.config)
}

func (s *suite) lookAtClient(t scripted.T, what string, c guichet.Client) {
	t.Helper()
	s.lookAtAll(t, what+": the client", c, 0)
	s.lookAt(t, what+": the client itself", reflect.ValueOf(c).Elem().Interface(), 0)
	s.lookAt(t, what+": its capabilities", c.(guichet.Describer).Capabilities(), 0)
}

// checkValues prints everything that a program holds when all goes well.
func (s *suite) checkValues(t scripted.T) {
	s.lookAtAll(t, "the Config", s.config, 0)
	c := s.client(t, scripted.New(s.perfect))
	s.lookAtClient(t, "a client", c)

	requests := map[string]guichet.PaymentRequest{"a request": s.request()}
	for name, code := range map[string]bool{"a direct request": false, "a direct request with a code": true} {
		if req, ok := s.direct(code); ok {
			requests[name] = req
		}
	}
	full := s.request()
	full.MobileMoney = &guichet.MobileMoney{Phone: s.wallet.value, Country: "SN", Operator: "wave", OTP: s.otp.value}
	full.SuccessURL, full.CancelURL, full.CallbackURL = s.page.value, s.page.value, s.page.value
	full.Metadata = map[string]string{"panier": s.note.value}
	requests["a request with everything"] = full
	for name, req := range requests {
		s.lookAtAll(t, name, req, faithful)
		s.lookAtAll(t, name+"'s customer", req.Customer, faithful)
		if req.MobileMoney != nil {
			s.lookAtAll(t, name+"'s mobile money", *req.MobileMoney, faithful)
		}
	}

	for _, word := range s.words() {
		o := s.order()
		o.Word = word
		stated := s.client(t, s.h.Perfect(o))
		for _, op := range s.operations() {
			value, err := op.do(context.Background(), stated)
			if err != nil {
				s.lookAtError(t, op.name, err)
			}
			switch v := value.(type) {
			case *guichet.Payment:
				if v != nil {
					s.lookAtAll(t, op.name+"'s payment", *v, faithful)
					s.lookAtError(t, op.name+"'s Confirms", v.Confirms("another "+orderID, guichet.NewMoney(1, guichet.EUR)))
				}
			case *guichet.Page:
				s.lookAtAll(t, op.name+"'s page", *v, faithful)
			}
		}
	}
}

func (s *suite) words() []string {
	words := []string{"zz_never_seen"}
	for word := range s.h.Words {
		words = append(words, word)
	}
	return words
}

// checkRefused prints the refusals of requests that are wrong in one field, which
// holds a canary.
func (s *suite) checkRefused(t scripted.T) {
	c := s.client(t, scripted.New(s.perfect))
	fields := map[string]func(req *guichet.PaymentRequest, value string){
		"Reference":          func(req *guichet.PaymentRequest, value string) { req.Reference = value },
		"Currency":           func(req *guichet.PaymentRequest, value string) { req.Amount.Currency = guichet.Currency(value) },
		"IdempotencyKey":     func(req *guichet.PaymentRequest, value string) { req.IdempotencyKey = value },
		"Description":        func(req *guichet.PaymentRequest, value string) { req.Description = value },
		"SuccessURL":         func(req *guichet.PaymentRequest, value string) { req.SuccessURL = value },
		"CancelURL":          func(req *guichet.PaymentRequest, value string) { req.CancelURL = value },
		"CallbackURL":        func(req *guichet.PaymentRequest, value string) { req.CallbackURL = value },
		"Customer.FirstName": func(req *guichet.PaymentRequest, value string) { req.Customer.FirstName = value },
		"Customer.LastName":  func(req *guichet.PaymentRequest, value string) { req.Customer.LastName = value },
		"Customer.Email":     func(req *guichet.PaymentRequest, value string) { req.Customer.Email = value },
		"Customer.Phone":     func(req *guichet.PaymentRequest, value string) { req.Customer.Phone = value },
		"a metadata key":     func(req *guichet.PaymentRequest, value string) { req.Metadata = map[string]string{value: "x"} },
		"a metadata value":   func(req *guichet.PaymentRequest, value string) { req.Metadata = map[string]string{"x": value} },
		"MobileMoney.Phone":  func(req *guichet.PaymentRequest, value string) { req.MobileMoney = &guichet.MobileMoney{Phone: value} },
		"MobileMoney.Country": func(req *guichet.PaymentRequest, value string) {
			req.MobileMoney = &guichet.MobileMoney{Phone: s.wallet.value, Country: value, Operator: "wave"}
		},
		"MobileMoney.Operator": func(req *guichet.PaymentRequest, value string) {
			req.MobileMoney = &guichet.MobileMoney{Phone: s.wallet.value, Country: "SN", Operator: value}
		},
		"MobileMoney.OTP": func(req *guichet.PaymentRequest, value string) {
			req.MobileMoney = &guichet.MobileMoney{Phone: s.wallet.value, Country: "SN", Operator: "wave", OTP: value}
		},
	}
	for name, change := range fields {
		for i, held := range s.canaries {
			for j, value := range []string{held.value + "\x00", held.value + "\xff", "https://" + held.value + "@h/", "javascript:" + held.value, strings.Repeat(held.value, 500), held.value + "\r\nX: 1"} {
				if leftOut(i, j) {
					continue
				}
				req := s.request()
				change(&req, value)
				_, err := c.CreatePayment(context.Background(), req)
				e, _ := err.(*guichet.Error)
				if e == nil || e.HTTPStatus != 0 || e.Kind == guichet.ErrBadResponse { // it was sent
					continue
				}
				s.lookAtError(t, name+" holds "+held.name, err)
			}
		}
	}
	for _, held := range s.canaries {
		for _, value := range []string{held.value + "\x00", held.value + "\xff", strings.Repeat(held.value, 1000), held.value + "\r\nX: 1"} {
			_, err := c.GetStatus(context.Background(), value)
			s.lookAtError(t, "an id holds "+held.name, err)
			_, err = c.List(context.Background(), guichet.ListParams{Cursor: value})
			if e, _ := err.(*guichet.Error); e != nil && e.HTTPStatus == 0 {
				s.lookAtError(t, "a cursor holds "+held.name, err)
			}
			_, err = guichet.ParseMoney(value, guichet.XOF)
			s.lookAtError(t, "an amount holds "+held.name, err)
			_, err = guichet.ParseMoney("1", guichet.Currency(value))
			s.lookAtError(t, "a currency holds "+held.name, err)
		}
	}
}

// checkWebhooks prints events, and the refusals of deliveries that hold every
// canary, and looks at what their sender is answered.
func (s *suite) checkWebhooks(t scripted.T) {
	c := s.client(t, scripted.New(s.perfect))
	parser := c.(guichet.WebhookParser)
	order := s.order()
	order.ID = "3c90c3cc-0d44-4b50-8888-8dd25736052a" // an event names it, in JSON
	good := string(s.h.Webhook.Body(order))
	everything := ""
	for _, held := range s.canaries {
		everything += " " + held.value
	}
	q := `"` + scripted.Quoted(everything) + `"`
	bodies := map[string]string{
		"good":            strings.Replace(good, "{", `{"held":`+q+`,"buyer":{"name":`+q+`,"phoneNumber":`+q+`},`, 1),
		"a member twice":  strings.Replace(good, "{", `{"x":`+q+`,"x":`+q+`,`, 1),
		"cut":             `{"held":` + q,
		"not JSON":        everything,
		"empty":           "",
		"every type":      strings.NewReplacer("5000", `{"x":`+q+`}`, `"XOF"`, "["+q+"]").Replace(good),
		"names":           `{` + q + `:1,` + q + `:2}`,
		"nested too deep": strings.Repeat(`{`+q+`:`, 40) + "1" + strings.Repeat("}", 40),
		"a number":        strings.Replace(good, "{", `{"x":1e`+q+`,`, 1),
	}
	for name, body := range bodies {
		signed := s.h.Webhook.Sign(s.webhookSecret, time.Now(), []byte(body))
		headers := map[string]http.Header{"signed": signed, "none": {}}
		for _, held := range s.canaries {
			forged := signed.Clone()
			for header := range forged {
				if header != "Content-Type" || s.h.Webhook.Signature == "" {
					forged[header] = []string{held.value}
				}
			}
			headers["forged with "+held.name] = forged
		}
		for how, header := range headers {
			what := "a webhook, " + name + ", " + how
			var event *guichet.Event
			err := s.try(t, what, func() (err error) {
				event, err = parser.ParseWebhook(context.Background(), header, []byte(body))
				return err
			})
			s.lookAtError(t, what, err)
			if event != nil {
				s.lookAtAll(t, what+": the event", *event, 0)
			}
			recorder := httptest.NewRecorder()
			r := httptest.NewRequest(http.MethodPost, "https://shop.example/webhooks", strings.NewReader(body))
			r.Header = header.Clone()
			guichet.WebhookHandler(parser, func(context.Context, *guichet.Event) error { return fmt.Errorf("cannot store%s", everything) }).ServeHTTP(recorder, r)
			s.look(t, what+": the answer", fmt.Sprint(recorder.Code, recorder.Header(), recorder.Body), 0)
		}
		if name == "good" {
			if _, err := parser.ParseWebhook(context.Background(), signed, []byte(body)); err != nil {
				t.Errorf("a good webhook is refused: %v", err)
			}
		}
	}
}
