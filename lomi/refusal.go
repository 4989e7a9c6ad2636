package lomi

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/strictjson"
	"github.com/guichetpay/guichet/internal/transport"
)

// denied is the error of a 2xx of which one of the objects says that it was no
// success. An unpaid invoice is read first: it is the one that has a name, and
// whatever stands beside it was not made.
func denied(found []strictjson.Value) error {
	if invoice := readUnpaid(found); invoice != nil {
		return &guichet.Error{
			Kind: guichet.ErrDeclined, ProviderCode: cmp.Or(invoice.reason, CodeInvoicePaymentRequired),
			Message: "the customer has to pay an invoice first",
		}
	}
	for _, layer := range found {
		if layer.Refuses() || !layer.Get("payment_required").Empty() {
			return noSuccess(layer)
		}
	}
	return nil
}

func noSuccess(layer strictjson.Value) *guichet.Error {
	e := readRefusal(layer)
	e.Kind, e.Message = guichet.ErrBadResponse, strings.TrimSuffix("the answer says that it was no success: "+e.Message, ": ")
	return e
}

// deniedCall returns the refusal in a 2xx answer to a call of Do that acts. Its caller may
// not look at the answer, and a subscription that was not cancelled would go on to be
// charged. The answer to a GET may be a log, where success is of something else.
func deniedCall(method string, a *transport.Answer) error {
	if method == http.MethodGet {
		return nil
	}
	answer, err := a.JSON()
	if err != nil { // reading the answer into dst is the error then
		return nil
	}
	return denied(unwrap(answer).found)
}

// rawOf reads what an error keeps of an answer; nil if that is not JSON.
func rawOf(err error) *strictjson.Document {
	e := new(guichet.Error)
	if !errors.As(err, &e) {
		return nil
	}
	doc, err := strictjson.Parse(e.Raw())
	if err != nil {
		return nil
	}
	return doc
}

// refusal reads an answer that is not 2xx.
func refusal(a *transport.Answer) *guichet.Error {
	answer, err := a.JSON()
	if err != nil {
		return &guichet.Error{} // the transport says what came in its place
	}
	e := readRefusal(answer)
	code := strings.ToLower(strings.TrimSpace(e.ProviderCode))
	e.Kind = codeKinds[code]
	e.OutcomeUnknown = code == CodeIdempotencyInProgress // whether that call acts is not known yet
	if a.Status == http.StatusTooManyRequests && a.Header.Get("Retry-After") == "" {
		n := count(answer.Get("error").Get("details").Get("retry_after_seconds"))
		e.RetryAfter = time.Duration(min(n, 3600)) * time.Second
	}
	return e
}

// readRefusal takes every form of error body apart: lomi.'s own, {error: {code,
// message}}, and those of frameworks, {message, error}, {errors: […]}, {detail}.
// What is missing stays empty.
func readRefusal(body strictjson.Value) *guichet.Error {
	inner := body.Get("error")
	e := &guichet.Error{
		ProviderCode: cmp.Or(inner.Get("code").Text(), body.Get("code").Text()),
		RequestID:    body.Get("request_id").Text(),
	}
	for listed := range body.Get("errors").All() {
		e.ProviderCode = cmp.Or(e.ProviderCode, listed.Get("code").Text())
	}
	var said []string
	for _, v := range []strictjson.Value{inner.Get("message"), body.Get("message"), body.Get("detail")} {
		if said = sentences(v); said != nil {
			break
		}
	}
	for _, sentence := range sentences(body.Get("errors")) {
		if !slices.Contains(said, sentence) {
			said = append(said, sentence)
		}
	}
	if said == nil {
		said = sentences(inner)
	}
	e.Message = strings.Join(said, "; ")
	return e
}

// maxSentences bounds what is repeated of a list of errors.
const maxSentences = 20

// sentences returns what a member says to people: a text, the texts of a list, or
// the message of an object, which validators put into its constraints. nil: nothing.
func sentences(v strictjson.Value) (said []string) {
	switch v.Kind() {
	case strictjson.Text:
		if s := v.Text(); s != "" {
			said = []string{s}
		}
	case strictjson.Array:
		for element := range v.All() {
			if said = append(said, sentences(element)...); len(said) >= maxSentences {
				return said[:maxSentences]
			}
		}
	case strictjson.Object:
		for _, name := range []string{"message", "detail", "constraints"} {
			inner := v.Get(name)
			if name == "constraints" && inner.Kind() == strictjson.Object {
				for constraint := range inner.All() {
					said = append(said, sentences(constraint)...)
				}
			} else {
				said = sentences(inner)
			}
			if said != nil {
				break
			}
		}
	}
	return said
}

// ErrorDetails returns what lomi. adds to the message of a refusal, such as "amount must
// not be less than 1" for each faulty field; nil when it adds nothing readable, or when
// err is not a refusal of lomi.'s. It reads [guichet.Error.Raw], so nothing beyond the
// first 4 KiB of an answer is found. It is for people: never decide on it.
func ErrorDetails(err error) []string {
	doc := rawOf(err)
	if doc == nil {
		return nil
	}
	defer doc.Release()
	details := doc.Root().Get("error").Get("details")
	if details.Kind() == strictjson.Object {
		return []string{string(details.Raw())}
	}
	return sentences(details)
}
