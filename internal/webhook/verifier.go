// Package webhook checks the webhooks of the providers: how large the body is, who sent
// it, when, and which event it is. A provider package states its Scheme, and reads the
// body.
package webhook

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/strictjson"
)

// Scheme says how a provider signs its webhooks, as its pages have it.
type Scheme struct {
	Provider string // "lygos"

	// Signature names the headers of the signature, in the order in which they are
	// looked for. The first that is there counts, alone.
	Signature []string
	// Timestamp names the headers of the time, each at the place of the signature that it
	// belongs to. The time may stand in another than the signature's own, which comes
	// first. Nil: the time is part of the signature's header, or none is signed.
	Timestamp []string

	// Read reads a signature's header. It returns every HMAC in it, and the time where it
	// is part of it; false where the value has not the form that Form describes.
	Read func(value string) (macs [][]byte, stamp string, ok bool)
	Form string // "hex of an HMAC-SHA256"

	// Time reads the time; nil: none is signed.
	Time     func(stamp string) (time.Time, bool)
	TimeForm string // "a number of Unix seconds"

	Signed func(stamp, body []byte) [][]byte // what is signed, part after part

	// Tolerance is the provider's default for how far the time may be from now; 0: any
	// time passes.
	Tolerance time.Duration
}

// Verifier is what one client needs to check its webhooks.
type Verifier struct {
	// Secrets returns the current secret and the previous one; an empty one is not set. It
	// is a func so that no printer can reach them. Nil: New did not make the client.
	Secrets func() []string
	// Tolerance is Config.WebhookTolerance: 0 is the scheme's, below 0 any time passes.
	Tolerance time.Duration
	// BodyAlone says that a signature over the body alone counts as well. It covers no
	// time, so the time is not checked then.
	BodyAlone bool
}

// NewVerifier returns a verifier for these settings of a Config.
func NewVerifier(current, previous string, tolerance time.Duration) *Verifier {
	return &Verifier{Secrets: func() []string { return []string{current, previous} }, Tolerance: tolerance}
}

// Check returns nil where the body may be read and was sent by the provider: not
// larger than guichet.MaxWebhookBody, signed with one of the secrets, and not too far
// from now. Otherwise it returns the error of op, which is ErrBadResponse for the size
// and ErrUntrusted for anything else.
func (v *Verifier) Check(s *Scheme, op string, header http.Header, body []byte) error {
	if err := Size(s.Provider, op, body, guichet.MaxWebhookBody); err != nil {
		return err
	}
	if problem := v.problem(s, header, body); problem != "" {
		return newError(s.Provider, op, guichet.ErrUntrusted, problem)
	}
	return nil
}

// problem says why a delivery is not trusted; "" if it is.
func (v *Verifier) problem(s *Scheme, header http.Header, body []byte) string {
	switch {
	case v == nil || v.Secrets == nil:
		return "the client was not made by New"
	case !slices.ContainsFunc(v.Secrets(), func(secret string) bool { return secret != "" }):
		return "no webhook secret is set: Config.WebhookSecret"
	}
	value, place, err := first(header, s.Signature)
	if err != nil {
		return headerProblem(s.Signature[place], err)
	}
	macs, stamp, ok := s.Read(value)
	if !ok {
		return "the header " + s.Signature[place] + " is not " + s.Form
	}
	stampIn := s.Signature[place]
	if s.Timestamp != nil {
		// A sender that fills several headers may have signed at several times.
		names := slices.Concat(s.Timestamp[place:], s.Timestamp[:place])
		stamp, place, err = first(header, names)
		stampIn = names[place]
		if errors.Is(err, ErrRepeatedHeader) {
			return headerProblem(stampIn, err)
		}
	}
	if v.BodyAlone && v.matches(macs, body) {
		return ""
	}
	if err != nil {
		return headerProblem(stampIn, err)
	}
	var at time.Time
	if s.Time != nil {
		if at, ok = s.Time(stamp); !ok {
			return "the time in the header " + stampIn + " is not " + s.TimeForm
		}
	}
	if !v.matches(macs, s.Signed([]byte(stamp), body)...) {
		return "the signature does not match: the body was changed on the way, or another secret than Config.WebhookSecret signed it"
	}
	tolerance := v.Tolerance
	if tolerance == 0 {
		tolerance = s.Tolerance
	}
	if s.Time != nil && tolerance > 0 && !Fresh(at, time.Now(), tolerance) {
		return "the time of the webhook is more than " + tolerance.String() + " from now: see Config.WebhookTolerance"
	}
	return ""
}

// matches reports whether one of the HMACs is that of the parts.
func (v *Verifier) matches(macs [][]byte, parts ...[]byte) bool {
	return slices.ContainsFunc(macs, func(mac []byte) bool { return Verify(mac, v.Secrets, parts...) })
}

// first returns the value of the first of the headers that is there, and its place among
// the names. Where none is there the place is 0.
func first(header http.Header, names []string) (value string, place int, err error) {
	for place, name := range names {
		if value, err = Header(header, name); !errors.Is(err, ErrMissingHeader) {
			return value, place, err
		}
	}
	return "", 0, err
}

func headerProblem(name string, err error) string { return "the header " + name + " " + err.Error() }

// OneHex reads one HMAC in hexadecimal, with or without "sha256=" before it.
func OneHex(value string) (macs [][]byte, stamp string, ok bool) {
	mac, ok := Hex(strings.TrimPrefix(value, "sha256="))
	return [][]byte{mac}, "", ok
}

// HexOrBase64 reads one HMAC in hexadecimal or in base64.
func HexOrBase64(value string) (macs [][]byte, stamp string, ok bool) {
	mac, ok := Hex(value)
	if !ok {
		mac, ok = Base64(value)
	}
	return [][]byte{mac}, "", ok
}

// mostV1 bounds how often the body is hashed for one header.
const mostV1 = 8

// TimeAndV1 reads t=<time>,v1=<hex>,v1=<hex> in any order, with blanks around the parts
// and signatures of other schemes among them: a provider signs with both secrets while one
// is being changed. Two times are refused: the signature could be checked with the one,
// and its age with the other.
func TimeAndV1(value string) (macs [][]byte, stamp string, ok bool) {
	times, signatures := 0, 0
	for part := range strings.SplitSeq(value, ",") {
		name, what, _ := strings.Cut(strings.Trim(part, " \t"), "=")
		switch name {
		case "t":
			times++
			stamp = what
		case "v1":
			signatures++
			if mac, isMAC := Hex(what); isMAC {
				macs = append(macs, mac)
			}
		}
	}
	return macs, stamp, times == 1 && signatures <= mostV1 && len(macs) > 0
}

// Body signs the body alone.
func Body(_, body []byte) [][]byte { return [][]byte{body} }

// BodyThenTime signs the body and the time, with nothing between them.
func BodyThenTime(stamp, body []byte) [][]byte { return [][]byte{body, stamp} }

// TimeDotBody signs the time, a full stop and the body.
func TimeDotBody(stamp, body []byte) [][]byte { return [][]byte{stamp, []byte("."), body} }

// ID identifies an event by the hash of its body, which is what the signature covers:
// two deliveries of one body are one event, whatever their headers say.
func ID(body []byte) string {
	sum := sha256.Sum256(body)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// Size returns an error of op where the body is larger than most bytes, a whole number of
// KiB: ErrBadResponse.
func Size(provider, op string, body []byte, most int) error {
	if len(body) > most {
		limit := strconv.Itoa(most>>10) + " KiB"
		if most >= 1<<20 {
			limit = strconv.Itoa(most>>20) + " MiB"
		}
		return newError(provider, op, guichet.ErrBadResponse, "the body is too large: more than "+limit)
	}
	return nil
}

// Unreadable is the error of op for a body that cannot be read: ErrBadResponse.
func Unreadable(provider, op string, problem error) error {
	return newError(provider, op, guichet.ErrBadResponse, strictjson.Sentence("the body", problem))
}

func newError(provider, op string, kind error, message string) error {
	return &guichet.Error{Provider: provider, Op: op, Kind: kind, Message: message}
}
