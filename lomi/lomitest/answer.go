package lomitest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// Answer is an answer that the fake can be told to give.
type Answer struct {
	Status int
	Header map[string]string
	Body   string
}

// The refusals of lomi.'s pages, for AnswerNext.
var (
	APIKeyMissing    = Answer{Status: 401, Body: `{"error":{"code":"unauthorized","message":"API Key is missing","details":"Unauthorized"},"request_id":"550e8400-e29b-41d4-a716-446655440000"}`}
	InvalidAPIKey    = Answer{Status: 401, Body: `{"error":{"code":"unauthorized","message":"Invalid API Key","details":"Unauthorized"},"request_id":"r"}`}
	Suspended        = Answer{Status: 403, Body: `{"error":{"code":"api_access_suspended","message":"API access is suspended","details":null},"request_id":"r"}`}
	LinkNotFound     = Answer{Status: 404, Body: `{"error":{"code":"not_found","message":"Payment link with ID plink_9 not found or access denied","details":"Not Found"},"request_id":"r"}`}
	ValidationFailed = Answer{Status: 400, Body: `{"error":{"code":"validation_failed","message":"Validation failed","details":["amount must not be less than 1"]},"request_id":"r"}`}
	FrameworkInvalid = Answer{Status: 400, Body: `{"statusCode":400,"message":["amount must be a number","title should not be empty"],"error":"Bad Request"}`}
	KeyReused        = Answer{Status: 409, Body: `{"error":{"code":"idempotency_key_reused","message":"Idempotency key was used with another body","details":null},"request_id":"r"}`}
	InProgress       = Answer{Status: 409, Body: `{"error":{"code":"idempotency_in_progress","message":"A request with this idempotency key is in progress","details":null},"request_id":"r"}`}
	InternalError    = Answer{Status: 500, Body: `{"error":{"code":"internal_error","message":"An unexpected error occurred","details":null},"request_id":"r"}`}
	Unavailable      = Answer{Status: 503, Body: `{"error":{"code":"service_unavailable","message":"This rail is not available","details":null},"request_id":"r"}`}
	PaymentRequired  = Answer{Status: 201, Body: `{"payment_required":true,"reason":"invoice_payment_required","blocking_invoice":{"invoice_id":"inv_1","invoice_number":"INV-0001","amount_remaining":2500,"currency_code":"XOF","checkout_url":"https://pay.lomi.africa/invoice/inv_1"}}`}
)

// AnswerNext gives these answers to the next API requests, one each, without
// acting on them.
func (s *Server) AnswerNext(answers ...Answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answers = append(s.answers, answers...)
}

// LimitNext refuses the next API request for its rate, asking to wait this long,
// rounded down to seconds.
func (s *Server) LimitNext(after time.Duration) {
	seconds := strconv.Itoa(int(after / time.Second))
	s.AnswerNext(Answer{
		Status: http.StatusTooManyRequests,
		Header: map[string]string{"Retry-After": seconds, "X-RateLimit-Limit": "5000", "X-RateLimit-Remaining": "0", "X-RateLimit-Window-Seconds": seconds},
		Body:   `{"error":{"code":"rate_limit_exceeded","message":"Too many requests","details":{"retry_after_seconds":` + seconds + `,"limit":5000}},"request_id":"r"}`,
	})
}

func (a Answer) write(w http.ResponseWriter) {
	for name, value := range a.Header {
		w.Header().Set(name, value)
	}
	if a.Body != "" {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
	}
	w.WriteHeader(a.Status)
	fmt.Fprint(w, a.Body)
}

// answerJSON is an answer with v as its body.
func answerJSON(status int, v any) Answer {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		panic(err) // nothing here is a value that JSON lacks
	}
	return Answer{Status: status, Body: b.String()}
}

// refuse is an error of lomi.'s own form.
func refuse(c *call, status int, code, message string, details any) Answer {
	return answerJSON(status, object{
		"error":      object{"code": code, "message": message, "details": details},
		"request_id": c.requestID,
	})
}

func notFound(c *call, what, id string) Answer {
	return refuse(c, http.StatusNotFound, "not_found", fmt.Sprintf("%s with ID %s not found or access denied", what, id), "Not Found")
}

// badRequest is a refusal by validation, whose code changed between generations.
func badRequest(c *call, problems ...string) Answer {
	if c.s.generation == June2026 {
		return refuse(c, http.StatusBadRequest, "bad_request", "Bad Request", problems)
	}
	return refuse(c, http.StatusBadRequest, "validation_failed", "Validation failed", problems)
}
