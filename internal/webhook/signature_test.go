package webhook

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"math"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestHeaderReturnsTheOnlyValue(t *testing.T) {
	for _, h := range []http.Header{
		{"X-Webhook-Signature": {"abc"}},
		{"x-webhook-signature": {"abc"}},
		{"X-WEBHOOK-signature": {"abc"}, "X-Webhook": {"no"}, "X-Webhook-Signature": nil},
	} {
		for _, name := range []string{"X-Webhook-Signature", "x-webhook-signature"} {
			got, err := Header(h, name)
			require.NoError(t, err)
			assert.Equal(t, "abc", got)
		}
	}
	// A list in one value is one value.
	got, err := Header(http.Header{"X-S": {"a, b"}}, "X-S")
	require.NoError(t, err)
	assert.Equal(t, "a, b", got)
}

func TestHeaderMissing(t *testing.T) {
	for _, h := range []http.Header{nil, {}, {"X-S": nil}, {"X-S": {}}, {"X-S": {""}}, {"X-Sig": {"a"}}} {
		_, err := Header(h, "X-S")
		assert.ErrorIs(t, err, ErrMissingHeader)
	}
}

func TestHeaderRepeated(t *testing.T) {
	for _, h := range []http.Header{
		{"X-S": {"a", "b"}}, {"X-S": {"a", "a"}}, {"X-S": {"", "a"}}, {"X-S": {"a", ""}}, {"X-S": {"", ""}},
		{"X-S": {"a"}, "x-s": {"b"}}, {"x-S": {"a"}, "x-s": {"a"}},
	} {
		_, err := Header(h, "X-S")
		assert.ErrorIs(t, err, ErrRepeatedHeader)
	}
}

// The vectors are RFC 4231's, cases 1, 2 and 6 (a key longer than a block).
var vectors = []struct{ secret, data, mac string }{
	{strings.Repeat("\x0b", 20), "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
	{"Jefe", "what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
	{strings.Repeat("\xaa", 131), "Test Using Larger Than Block-Size Key - Hash Key First",
		"60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
}

func some(secrets ...string) func() []string { return func() []string { return secrets } }

func TestKnownVectors(t *testing.T) {
	for _, v := range vectors {
		assert.Equal(t, v.mac, Sign(v.secret, []byte(v.data)))
		mac, ok := Hex(v.mac)
		require.True(t, ok)
		for cut := range len(v.data) + 1 {
			assert.True(t, Verify(mac, some(v.secret), []byte(v.data[:cut]), nil, []byte(v.data[cut:])))
		}
	}
	// Standard Webhooks' published example: base64, id.timestamp.body.
	key, err := base64.StdEncoding.DecodeString("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	require.NoError(t, err)
	mac, ok := Base64("g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
	require.True(t, ok)
	assert.True(t, Verify(mac, some(string(key)), []byte("msg_p5jXN8AQM9LWM0D4loKWxJek."), []byte("1614265330."), []byte(`{"test": 2432232314}`)))
}

func TestVerifyRefusesAnyChange(t *testing.T) {
	body := []byte(`{"id":"p1","amount":500}`)
	mac, _ := Hex(Sign("whsec", []byte("1700000000."), body))
	require.True(t, Verify(mac, some("whsec"), []byte("1700000000."), body))

	for i := range mac {
		changed := bytes.Clone(mac)
		changed[i] ^= 1
		assert.False(t, Verify(changed, some("whsec"), []byte("1700000000."), body), i)
	}
	for i := range body {
		changed := bytes.Clone(body)
		changed[i] ^= 1
		assert.False(t, Verify(mac, some("whsec"), []byte("1700000000."), changed), i)
	}
	assert.False(t, Verify(mac, some("whsec"), []byte("1700000001."), body))
	assert.False(t, Verify(mac, some("whsec"), body))
	assert.False(t, Verify(mac, some("whsec"), []byte("1700000000."), body, []byte(" ")))
	assert.False(t, Verify(mac, some("whsec "), []byte("1700000000."), body))
	assert.False(t, Verify(mac[:31], some("whsec"), []byte("1700000000."), body))
	assert.False(t, Verify(append(mac[:32:32], 0), some("whsec"), []byte("1700000000."), body))
	assert.False(t, Verify(nil, some("whsec"), []byte("1700000000."), body))
	assert.False(t, Verify([]byte{}, some("whsec"), []byte("1700000000."), body))
}

func TestAnySecretMayMatchDuringRotation(t *testing.T) {
	body := []byte("{}")
	mac, _ := Hex(Sign("old", body))
	for _, secrets := range [][]string{{"old"}, {"new", "old"}, {"old", "new"}, {"", "old"}, {"old", ""}, {"old", "old"}, {"a", "old", "old", "b"}} {
		assert.True(t, Verify(mac, some(secrets...), body), secrets)
	}
	assert.False(t, Verify(mac, some("new", "newer"), body))
}

func TestEmptySecretNeverMatches(t *testing.T) {
	body := []byte("{}")
	mac, _ := Hex(Sign("", body))
	assert.False(t, Verify(mac, some(""), body))
	assert.False(t, Verify(mac, some("", "whsec", ""), body))
	assert.False(t, Verify(mac, some(), body))
	assert.False(t, Verify(mac, nil, body))
}

// Work is counted, in allocations, rather than timed.
func TestEverySecretIsTriedAfterAMatch(t *testing.T) {
	body := []byte("{}")
	mac, _ := Hex(Sign("match", body))
	work := func(secrets ...string) float64 {
		list := some(secrets...)
		return testing.AllocsPerRun(50, func() { Verify(mac, list, body) })
	}
	assert.Equal(t, work("a", "b", "c", "d"), work("match", "b", "c", "d"))
	assert.Equal(t, work("a", "b", "c", "d"), work("a", "b", "c", "match"))
	assert.Greater(t, work("a", "b"), work("a"))
}

func TestVerifyDoesNotCopyTheBody(t *testing.T) {
	body := bytes.Repeat([]byte("x"), 8<<20)
	mac, _ := Hex(Sign("whsec", body))
	secrets := some("whsec")
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	ok := Verify(mac, secrets, body)
	runtime.ReadMemStats(&after)
	assert.True(t, ok)
	assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(64<<10))
}

func TestVerifyAllocatesLittle(t *testing.T) {
	body := []byte(`{"id":"p1"}`)
	mac, _ := Hex(Sign("whsec", body))
	secrets := some("whsec")
	assert.LessOrEqual(t, testing.AllocsPerRun(50, func() { Verify(mac, secrets, body) }), 10.0)
}

func TestHexTakesSixtyFourDigits(t *testing.T) {
	good := vectors[0].mac
	want, _ := hex.DecodeString(good)
	for _, s := range []string{good, strings.ToUpper(good), strings.ToUpper(good[:9]) + good[9:]} {
		got, ok := Hex(s)
		assert.True(t, ok)
		assert.Equal(t, want, got)
	}
	for _, s := range []string{"", good[:62], good[:63], good + "0", good + "00", " " + good[1:], good[:63] + "g", good[:63] + "\n", "0x" + good[2:], "sha256=" + good} {
		_, ok := Hex(s)
		assert.False(t, ok, s)
	}
}

func TestBase64TakesThirtyTwoPaddedBytes(t *testing.T) {
	want := bytes.Repeat([]byte{0xfb, 0xff}, 16)
	good := base64.StdEncoding.EncodeToString(want)
	got, ok := Base64(good)
	assert.True(t, ok)
	assert.Equal(t, want, got)
	for _, s := range []string{
		"", good[:43], good + "=", base64.URLEncoding.EncodeToString(want), " " + good, good + "\n",
		good[:20] + "\n" + good[21:], good[:42] + "==", good[:42] + "9=",
		base64.StdEncoding.EncodeToString(want[:31]), base64.StdEncoding.EncodeToString(append(want, 1)), strings.Repeat("\n", 44),
	} {
		_, ok := Base64(s)
		assert.False(t, ok, "%q", s)
	}
}

var badNumbers = []string{
	"", " ", "0", "00", "-1", "+1", "+1700000000", "-1700000000", " 1700000000", "1700000000 ", "1700000000\n", "01700000000",
	"1_700_000_000", "1700000000.0", "1.7e9", "0x65", "１７00000000", "٣", "9223372036854775808", "99999999999999999999999", "\x00", "1700000000\x00",
	"-1700000000000", "+170000000000", "0170000000000", " 170000000000", "170000000000 ", "1.70000000000",
}

func TestTimesAreStrictDecimals(t *testing.T) {
	for _, s := range badNumbers {
		_, ok := UnixSeconds(s)
		assert.False(t, ok, "%q", s)
		_, ok = UnixMillis(s)
		assert.False(t, ok, "%q", s)
	}
	got, ok := UnixSeconds("1700000000")
	assert.True(t, ok)
	assert.True(t, got.Equal(time.Date(2023, 11, 14, 22, 13, 20, 0, time.UTC)))
	got, ok = UnixSeconds("1")
	assert.True(t, ok)
	assert.True(t, got.Equal(time.Unix(1, 0)))

	got, ok = UnixMillis("1700000000123")
	assert.True(t, ok)
	assert.True(t, got.Equal(time.UnixMilli(1700000000123)))
	for _, s := range []string{"1700000000", "170000000000", "17000000000000", "1700000000000000"} {
		_, ok = UnixMillis(s)
		assert.False(t, ok, s)
	}
}

func TestSecondsThatWouldWrapAroundAreRefused(t *testing.T) {
	got, ok := UnixSeconds("253402300799")
	assert.True(t, ok)
	assert.Equal(t, 9999, got.UTC().Year())
	for _, s := range []string{"253402300800", "9223372036854775807", "9223372036854775000"} {
		_, ok := UnixSeconds(s)
		assert.False(t, ok, s)
	}
}

func TestFreshIsInclusiveBothWays(t *testing.T) {
	now := time.Date(2026, 1, 15, 9, 30, 0, 0, time.UTC)
	const tolerance = 5 * time.Minute
	for d, want := range map[time.Duration]bool{
		0: true, tolerance: true, -tolerance: true, tolerance - 1: true, 1 - tolerance: true,
		tolerance + 1: false, -tolerance - 1: false, 87600 * time.Hour: false, -87600 * time.Hour: false,
		math.MaxInt64: false, math.MinInt64: false,
	} {
		assert.Equal(t, want, Fresh(now.Add(d), now, tolerance), d)
	}
	assert.True(t, Fresh(now, now, 0))
	assert.False(t, Fresh(now.Add(1), now, 0))
	assert.False(t, Fresh(now, now, -1))
	assert.False(t, Fresh(now, now, math.MinInt64))
}

func TestFreshDoesNotOverflow(t *testing.T) {
	now := time.Date(2026, 1, 15, 9, 30, 0, 0, time.UTC)
	for _, absurd := range []time.Time{
		{}, time.Unix(0, 0), time.Unix(lastSecond, 0), time.Unix(math.MaxInt64, 0), time.Unix(math.MinInt64, 0),
		time.Unix(1<<62, 0), time.UnixMilli(math.MaxInt64), time.Date(300000, 1, 1, 0, 0, 0, 0, time.UTC),
		now.Add(math.MaxInt64).Add(math.MaxInt64), now.Add(math.MinInt64).Add(math.MinInt64),
	} {
		assert.False(t, Fresh(absurd, now, 5*time.Minute), absurd)
		assert.False(t, Fresh(absurd, now, 50*8766*time.Hour), absurd)
	}
}

func FuzzTimes(f *testing.F) {
	for _, s := range badNumbers {
		f.Add(s)
	}
	f.Add("1700000000")
	f.Add("1700000000123")
	f.Fuzz(func(t *testing.T, s string) {
		// A number has one spelling: the one strconv gives it.
		n, err := strconv.ParseInt(s, 10, 64)
		exact := err == nil && n > 0 && strconv.FormatInt(n, 10) == s
		if at, ok := UnixSeconds(s); ok != (exact && n <= lastSecond) || ok && at.Unix() != n {
			t.Fatalf("%q: seconds %v %v", s, at, ok)
		}
		if at, ok := UnixMillis(s); ok != (exact && len(s) == 13) || ok && at.UnixMilli() != n {
			t.Fatalf("%q: milliseconds %v %v", s, at, ok)
		}
	})
}

// FuzzMAC checks that a signature that is accepted has one spelling.
func FuzzMAC(f *testing.F) {
	f.Add(vectors[0].mac, []byte("body"))
	f.Add("g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", []byte(""))
	f.Fuzz(func(t *testing.T, s string, body []byte) {
		if b, ok := Hex(s); ok && hex.EncodeToString(b) != strings.ToLower(s) {
			t.Fatalf("hex %q", s)
		}
		b, ok := Base64(s)
		if ok && base64.StdEncoding.EncodeToString(b) != s {
			t.Fatalf("base64 %q", s)
		}
		if Verify([]byte(s), some("whsec"), body) || Verify(b, some("whsec"), body) {
			t.Fatalf("%q is no signature of %q", s, body)
		}
		mac, _ := Hex(Sign("whsec", body))
		if !Verify(mac, some("other", "whsec"), body) {
			t.Fatalf("%q", body)
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	body := bytes.Repeat([]byte("x"), 414)
	s := Sign("whsec", []byte("1700000000."), body)
	secrets := some("whsec")
	b.ReportAllocs()
	for b.Loop() {
		mac, _ := Hex(s)
		if !Verify(mac, secrets, []byte("1700000000."), body) {
			b.Fatal("refused")
		}
	}
}
