package webhook

import (
	"bytes"
	"encoding/base64"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/strictjson"
)

// separate has the time in a header of its own, of one family or the other, and combined
// has it in the signature's.
var (
	separate = &Scheme{
		Provider:  "toy",
		Signature: []string{"X-Mac", "X-Old-Mac"}, Timestamp: []string{"X-Time", "X-Old-Time"},
		Read: HexOrBase64, Form: "hex or base64", Time: UnixSeconds, TimeForm: "a number of Unix seconds",
		Signed: TimeDotBody, Tolerance: 5 * time.Minute,
	}
	combined = &Scheme{
		Provider: "toy", Signature: []string{"X-V1"},
		Read: TimeAndV1, Form: "t=<seconds>,v1=<hex>", Time: UnixSeconds, TimeForm: "a number of Unix seconds",
		Signed: TimeDotBody,
	}
	untimed = &Scheme{Provider: "toy", Signature: []string{"X-Mac"}, Read: OneHex, Form: "hex", Signed: Body}
)

const secretNow, secretBefore = "whsec_now", "whsec_before"

var hookBody = []byte(`{"id":"p1"}`)

func atTime(t *testing.T, offset time.Duration, test func(stamp string)) {
	t.Helper()
	synctest.Test(t, func(*testing.T) {
		now := time.Date(2026, 1, 15, 9, 30, 0, 0, time.UTC)
		time.Sleep(time.Until(now.Add(offset)))
		test(strconv.FormatInt(now.Unix(), 10))
	})
}

func mac(secret, stamp string) string { return Sign(secret, []byte(stamp+"."), hookBody) }

func TestCheckTrusts(t *testing.T) {
	verifier := NewVerifier(secretNow, secretBefore, 0)
	atTime(t, 0, func(stamp string) {
		good := mac(secretNow, stamp)
		raw, _ := Hex(good)
		for name, row := range map[string]struct {
			scheme *Scheme
			header http.Header
		}{
			"hex":                       {separate, http.Header{"X-Mac": {good}, "X-Time": {stamp}}},
			"base64":                    {separate, http.Header{"X-Mac": {base64.StdEncoding.EncodeToString(raw)}, "X-Time": {stamp}}},
			"the previous secret":       {separate, http.Header{"X-Mac": {mac(secretBefore, stamp)}, "X-Time": {stamp}}},
			"the older headers":         {separate, http.Header{"X-Old-Mac": {good}, "X-Old-Time": {stamp}}},
			"the time of the other":     {separate, http.Header{"X-Old-Mac": {good}, "X-Time": {stamp}}},
			"and the other way":         {separate, http.Header{"X-Mac": {good}, "X-Old-Time": {stamp}}},
			"its own time comes first":  {separate, http.Header{"X-Old-Mac": {good}, "X-Time": {"1"}, "X-Old-Time": {stamp}}},
			"an empty one is not there": {separate, http.Header{"X-Mac": {""}, "X-Old-Mac": {good}, "X-Old-Time": {stamp}}},
			"t and v1":                  {combined, http.Header{"X-V1": {"t=" + stamp + ", v1=" + good}}},
			"any order, other schemes":  {combined, http.Header{"x-v1": {"v0=1,v1=" + mac("other", stamp) + ",v1=" + good + ",t=" + stamp}}},
			"the body alone":            {untimed, http.Header{"X-Mac": {"sha256=" + Sign(secretNow, hookBody)}}},
		} {
			assert.NoError(t, verifier.Check(row.scheme, "ParseWebhook", row.header, hookBody), name)
		}
	})
}

func TestCheckSaysWhatIsWrong(t *testing.T) {
	const mismatch = "the signature does not match: the body was changed on the way, or another secret than Config.WebhookSecret signed it"
	verifier := NewVerifier(secretNow, "", 0)
	atTime(t, 0, func(stamp string) {
		good := mac(secretNow, stamp)
		signed := http.Header{"X-Mac": {good}, "X-Time": {stamp}}
		for name, row := range map[string]struct {
			verifier *Verifier
			scheme   *Scheme
			header   http.Header
			body     []byte
			message  string
		}{
			"no secret":             {NewVerifier("", "", 0), separate, signed, hookBody, "no webhook secret is set: Config.WebhookSecret"},
			"no secret, no header":  {NewVerifier("", "", 0), separate, nil, nil, "no webhook secret is set: Config.WebhookSecret"},
			"a nil client":          {nil, separate, signed, hookBody, "the client was not made by New"},
			"the zero client":       {new(Verifier), separate, signed, hookBody, "the client was not made by New"},
			"no header":             {verifier, separate, nil, hookBody, "the header X-Mac is missing"},
			"no time":               {verifier, separate, http.Header{"X-Old-Mac": {good}}, hookBody, "the header X-Old-Time is missing"},
			"two signatures":        {verifier, separate, http.Header{"X-Mac": {good}, "x-mac": {good}, "X-Time": {stamp}}, hookBody, "the header X-Mac is there more than once"},
			"two older signatures":  {verifier, separate, http.Header{"X-Old-Mac": {good, good}, "X-Time": {stamp}}, hookBody, "the header X-Old-Mac is there more than once"},
			"two times":             {verifier, separate, http.Header{"X-Mac": {good}, "X-Time": {stamp, stamp}}, hookBody, "the header X-Time is there more than once"},
			"another form":          {verifier, separate, http.Header{"X-Mac": {"zz"}, "X-Time": {stamp}}, hookBody, "the header X-Mac is not hex or base64"},
			"no number":             {verifier, separate, http.Header{"X-Mac": {good}, "X-Time": {"noon"}}, hookBody, "the time in the header X-Time is not a number of Unix seconds"},
			"no number, in one":     {verifier, combined, http.Header{"X-V1": {"t=noon,v1=" + good}}, hookBody, "the time in the header X-V1 is not a number of Unix seconds"},
			"two times in one":      {verifier, combined, http.Header{"X-V1": {"t=" + stamp + ",t=1,v1=" + good}}, hookBody, "the header X-V1 is not t=<seconds>,v1=<hex>"},
			"too many in one":       {verifier, combined, http.Header{"X-V1": {"t=" + stamp + strings.Repeat(",v1="+good, 9)}}, hookBody, "the header X-V1 is not t=<seconds>,v1=<hex>"},
			"another body":          {verifier, separate, signed, []byte(`{"id":"p2"}`), mismatch},
			"another time":          {verifier, separate, http.Header{"X-Mac": {good}, "X-Time": {stamp[:9] + "9"}}, hookBody, mismatch},
			"the body alone":        {verifier, separate, http.Header{"X-Mac": {Sign(secretNow, hookBody)}, "X-Time": {stamp}}, hookBody, mismatch},
			"another secret":        {verifier, untimed, http.Header{"X-Mac": {Sign("other", hookBody)}}, hookBody, mismatch},
			"the previous, not set": {verifier, untimed, http.Header{"X-Mac": {Sign("", hookBody)}}, hookBody, mismatch},
		} {
			err := row.verifier.Check(row.scheme, "ParseWebhook", row.header, row.body)
			require.ErrorIs(t, err, guichet.ErrUntrusted, name)
			assert.Equal(t, &guichet.Error{Provider: "toy", Op: "ParseWebhook", Kind: guichet.ErrUntrusted, Message: row.message}, err, name)
		}
	})
}

func TestCheckLooksAtTheClock(t *testing.T) {
	const day = 24 * time.Hour
	for _, row := range []struct {
		scheme    *Scheme
		tolerance time.Duration // of the Config
		offset    time.Duration // of the clock
		fresh     bool
	}{
		{separate, 0, 5 * time.Minute, true},
		{separate, 0, 5*time.Minute + time.Second, false},
		{separate, 0, -5*time.Minute - time.Second, false},
		{separate, time.Hour, 59 * time.Minute, true},
		{separate, time.Second, 2 * time.Second, false},
		{separate, -1, 1000 * day, true},
		{combined, 0, 1000 * day, true}, // its default is any time
		{combined, -1, 1000 * day, true},
		{combined, time.Minute, 61 * time.Second, false},
	} {
		atTime(t, row.offset, func(stamp string) {
			header := http.Header{"X-Mac": {mac(secretNow, stamp)}, "X-Time": {stamp}, "X-V1": {"t=" + stamp + ",v1=" + mac(secretNow, stamp)}}
			err := NewVerifier(secretNow, "", row.tolerance).Check(row.scheme, "ParseWebhook", header, hookBody)
			assert.Equal(t, row.fresh, err == nil, "%+v: %v", row, err)
			if !row.fresh {
				require.ErrorIs(t, err, guichet.ErrUntrusted)
				assert.ErrorContains(t, err, " from now: see Config.WebhookTolerance")
			}
		})
	}
}

func TestCheckOfTheBodyAlone(t *testing.T) {
	verifier := NewVerifier(secretNow, secretBefore, 0)
	verifier.BodyAlone = true
	alone := Sign(secretBefore, hookBody)
	atTime(t, 1000*time.Hour, func(stamp string) {
		for name, header := range map[string]http.Header{
			"no time": {"X-Mac": {alone}}, "an old time": {"X-Mac": {alone}, "X-Time": {stamp}}, "no number": {"X-Mac": {alone}, "X-Time": {"noon"}},
		} {
			assert.NoError(t, verifier.Check(separate, "ParseWebhook", header, hookBody), name)
		}
		for name, header := range map[string]http.Header{
			"two times":       {"X-Mac": {alone}, "X-Time": {stamp, stamp}},
			"another secret":  {"X-Mac": {Sign("other", hookBody)}},
			"a time, too old": {"X-Mac": {mac(secretNow, stamp)}, "X-Time": {stamp}},
		} {
			assert.ErrorIs(t, verifier.Check(separate, "ParseWebhook", header, hookBody), guichet.ErrUntrusted, name)
		}
	})
}

func TestSizeComesFirst(t *testing.T) {
	large := make([]byte, guichet.MaxWebhookBody+1)
	err := (*Verifier)(nil).Check(separate, "ParseWebhook", nil, large)
	assert.Equal(t, &guichet.Error{Provider: "toy", Op: "ParseWebhook", Kind: guichet.ErrBadResponse, Message: "the body is too large: more than 1 MiB"}, err)
	err = Size("toy", "DecodeWebhook", large, 64<<10)
	assert.Equal(t, &guichet.Error{Provider: "toy", Op: "DecodeWebhook", Kind: guichet.ErrBadResponse, Message: "the body is too large: more than 64 KiB"}, err)
	assert.NoError(t, Size("toy", "DecodeWebhook", large[1:], guichet.MaxWebhookBody))
}

func TestUnreadableAndID(t *testing.T) {
	for problem, message := range map[error]string{strictjson.ErrCut: "the body is cut short", errors.New("orderId is not a text"): "orderId is not a text"} {
		assert.Equal(t, &guichet.Error{Provider: "toy", Op: "DecodeWebhook", Kind: guichet.ErrBadResponse, Message: message}, Unreadable("toy", "DecodeWebhook", problem))
	}
	assert.Equal(t, "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", ID(nil))
	assert.NotEqual(t, ID(hookBody), ID(bytes.ToUpper(hookBody)))
}

func TestSent(t *testing.T) {
	assert.True(t, Sent(http.Header{"x-MAC": {""}}, "X-Mac"))
	assert.False(t, Sent(http.Header{"X-Mac": {}, "X-Macs": {"a"}}, "X-Mac"))
	assert.False(t, Sent(nil, "X-Mac"))
}
