package caurisflux_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/caurisflux"
	"github.com/guichetpay/guichet/internal/webhook"
)

// The vectors: signatures under webhookSecret at this time.
const (
	stamp = 1705312800

	macSuccess   = "2ca7033310548d811ffbbff797e08014518e250264aa5a226c6be32528e6f225"
	macCompleted = "e3e9ccd28973f9c1c9096a9b87e7a7a7350e1c2127a40c6e37f4df783cc646af"
	macFailed    = "eefbe49ce48e8de0bcd893c59099c88894e307aba474e6a9227dede531344c8a"
	macCancelled = "626a40a5059100fc0befae6ca0b9807048a5d26abb6fd2db02ed2621195aff66"
	macNoEvent   = "b377cb71c472da2fc3268ca3f5a930a6dc1b7d4bc2c1bfb993682dc6fc098301"
	macArray     = "43707c4f13c39dc0e709f3542933dc5dacd6feca594ddca938630fa1b8e31880"
	macObject    = "f07c5238d730cb67f0aeead305e4949cb07f03e2831dcaa13dd7d9ddab4984f1"
)

// delivery is a webhook as it arrives, and when.
type delivery struct {
	cfg    caurisflux.Config
	header http.Header
	body   string
	offset time.Duration // of our clock from the stamp
}

func delivered(mac, body string) delivery {
	return delivery{cfg: config(), body: body, header: http.Header{
		"X-Webhook-Signature": {mac}, "X-Webhook-Timestamp": {strconv.Itoa(stamp)},
	}}
}

// parse has the delivery parsed at its time.
func (d delivery) parse(t *testing.T) (event *guichet.Event, err error) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(time.Unix(stamp, 0).Add(d.offset)))
		client, _ := newMock(t, d.cfg, nil)
		event, err = client.ParseWebhook(t.Context(), d.header, []byte(d.body))
	})
	return event, err
}

// legacy moves the headers to the other family.
func (d delivery) legacy() delivery {
	header := http.Header{}
	for name, values := range d.header {
		header[strings.Replace(name, "X-Webhook-", "X-Cauris-", 1)] = values
	}
	d.header = header
	return d
}

func TestParseWebhook(t *testing.T) {
	success, failed, cancelled := fixture(t, "webhook_success.json"), fixture(t, "webhook_failed.json"), fixture(t, "webhook_cancelled.json")
	require.Equal(t, []int{147, 186, 100}, []int{len(success), len(failed), len(cancelled)})
	completed := strings.Replace(success, "payment.success", "payment.completed", 1)
	require.Len(t, completed, 149)

	good := map[string]struct {
		d      delivery
		typ    string
		status guichet.Status
		reason string
	}{
		"W1: bare hex":               {delivered(macSuccess, success), "payment.success", guichet.StatusSucceeded, ""},
		"W1: hex after sha256=":      {delivered("sha256="+macSuccess, success), "payment.success", guichet.StatusSucceeded, ""},
		"W2: failed":                 {delivered(macFailed, failed), "payment.failed", guichet.StatusFailed, "insufficient_funds"},
		"W6: under the legacy names": {delivered(macSuccess, success).legacy(), "payment.success", guichet.StatusSucceeded, ""},
		"W9: payment.completed":      {delivered(macCompleted, completed), "payment.completed", guichet.StatusSucceeded, ""},
		"W9: cancelled":              {delivered(macCancelled, cancelled), "payment.cancelled", guichet.StatusCanceled, ""},
		"W4: 300 s late":             {at(delivered(macSuccess, success), 300*time.Second), "payment.success", guichet.StatusSucceeded, ""},
		"W4: 300 s early":            {at(delivered(macSuccess, success), -300*time.Second), "payment.success", guichet.StatusSucceeded, ""},
		"expired":                    {signed(`{"event":"payment.expired","data":{"transactionId":"T"}}`), "payment.expired", guichet.StatusExpired, ""},
		"a refund has no status":     {signed(`{"event":"refund.completed","data":{"reason":"double"}}`), "refund.completed", guichet.StatusUnknown, ""},
		"a refund that is planned":   {signed(`{"event":"refund.success","data":{"reason":"double"}}`), "refund.success", guichet.StatusUnknown, ""},
		"an event that is not known": {signed(`{"event":"payout.completed","data":{"transactionId":"T","new":[1]}}`), "payout.completed", guichet.StatusUnknown, ""},
		"an event in another case":   {signed(`{"event":"PAYMENT.SUCCESS","data":{"transactionId":"T"}}`), "PAYMENT.SUCCESS", guichet.StatusUnknown, ""},
		"a reason in the error code": {signed(`{"event":"payment.failed","data":{"failureReason":"","errorCode":"limit_exceeded"}}`), "payment.failed", guichet.StatusFailed, "limit_exceeded"},
		"an empty signature before": {func() delivery {
			d := delivered(macSuccess, success).legacy()
			d.header["X-Webhook-Signature"] = []string{""}
			return d
		}(), "payment.success", guichet.StatusSucceeded, ""},
		"header names in small":       {delivery{cfg: config(), body: success, header: http.Header{"x-webhook-signature": {macSuccess}, "x-webhook-timestamp": {"1705312800"}}}, "payment.success", guichet.StatusSucceeded, ""},
		"any time, by an opt-in":      {tolerating(at(delivered(macSuccess, success), 1000*time.Hour), -1), "payment.success", guichet.StatusSucceeded, ""},
		"a wider tolerance":           {tolerating(at(delivered(macSuccess, success), 3600*time.Second), time.Hour), "payment.success", guichet.StatusSucceeded, ""},
		"the secret before a change":  {rotating(delivered(macSuccess, success)), "payment.success", guichet.StatusSucceeded, ""},
		"upper-case hex is one value": {delivered(strings.ToUpper(macSuccess), success), "payment.success", guichet.StatusSucceeded, ""},
	}
	for name, c := range good {
		t.Run(name, func(t *testing.T) {
			event, err := c.d.parse(t)
			require.NoError(t, err)
			assert.Equal(t, c.typ, event.Type)
			assert.True(t, event.Verified)
			assert.Equal(t, c.d.body, string(event.Raw))
			sum := sha256.Sum256([]byte(c.d.body))
			assert.Equal(t, "sha256:"+hex.EncodeToString(sum[:]), event.ID)
			webhook, err := caurisflux.DecodeWebhook(event.Raw)
			require.NoError(t, err)
			assert.Equal(t, c.status, webhook.Status)
			assert.Equal(t, c.reason, webhook.Reason)
		})
	}

	edit := func(d delivery, change func(http.Header)) delivery { change(d.header); return d }
	bad := map[string]delivery{
		"W3: re-serialised":               delivered(macSuccess, strings.ReplaceAll(success, `":`, `": `)),
		"W3: a trailing newline":          delivered(macSuccess, success+"\n"),
		"W3: one byte changed":            delivered(macSuccess, strings.Replace(success, "5000", "5001", 1)),
		"W4: 301 s late":                  at(delivered(macSuccess, success), 301*time.Second),
		"W4: 301 s early":                 at(delivered(macSuccess, success), -301*time.Second),
		"W4: beyond a narrower tolerance": tolerating(at(delivered(macSuccess, success), 61*time.Second), time.Minute),
		"W5: signature missing":           edit(delivered("", success), func(h http.Header) { h.Del("X-Webhook-Signature") }),
		"W5: signature empty":             delivered("", success),
		"W5: only the prefix":             delivered("sha256=", success),
		"W5: timestamp missing":           edit(delivered(macSuccess, success), func(h http.Header) { h.Del("X-Webhook-Timestamp") }),
		"W5: timestamp abc":               stamped(success, "abc"),
		"W5: timestamp 0":                 stamped(success, "0"),
		"W5: timestamp below 0":           stamped(success, "-1705312800"),
		"W5: timestamp with a plus":       stamped(success, "+1705312800"),
		"W5: timestamp with a zero":       stamped(success, "01705312800"),
		"W5: timestamp with a blank":      stamped(success, " 1705312800"),
		"W5: timestamp in milliseconds":   stamped(success, "1705312800000"),
		"W5: timestamp with a fraction":   stamped(success, "1705312800.0"),
		"W5: timestamp beyond all":        stamped(success, "99999999999999999999"),
		"W5: no header at all":            {cfg: config(), body: success, header: http.Header{}},
		"W5: nil headers":                 {cfg: config(), body: success},
		"W5: signature twice":             edit(delivered(macSuccess, success), func(h http.Header) { h.Add("X-Webhook-Signature", macSuccess) }),
		"W5: signature twice, in cases":   edit(delivered(macSuccess, success), func(h http.Header) { h["x-webhook-signature"] = []string{macSuccess} }),
		"W5: timestamp twice":             edit(delivered(macSuccess, success), func(h http.Header) { h.Add("X-Webhook-Timestamp", "1705312800") }),
		"W6: a wrong signature is not made up for by the other family": edit(delivered(macFailed, success), func(h http.Header) {
			h.Set("X-Cauris-Signature", macSuccess)
			h.Set("X-Cauris-Timestamp", "1705312800")
		}),
		"W7: empty secret":               secret(delivered(macSuccess, success), ""),
		"W7: signed with an empty key":   secret(delivered(webhook.Sign("", []byte("1705312800."), []byte(success)), success), ""),
		"the API key is not the secret":  secret(delivered(macSuccess, success), secretKey),
		"body only, without the opt-in":  delivered(webhook.Sign(webhookSecret, []byte(success)), success),
		"body only, under legacy names":  delivered(webhook.Sign(webhookSecret, []byte(success)), success).legacy(),
		"half a signature":               delivered(macSuccess[:32], success),
		"another prefix":                 delivered("sha512="+macSuccess, success),
		"the prefix in capitals":         delivered("SHA256="+macSuccess, success),
		"signature in base64":            delivered("LKcDMxBUjYEf+7/3l+CAFFGOJQJkqlombGvjJSjm8iU=", success),
		"timestamp moved":                edit(delivered(macSuccess, success), func(h http.Header) { h.Set("X-Webhook-Timestamp", "1705312801") }),
		"timestamp moved into the body":  edit(delivered(macSuccess, "00."+success), func(h http.Header) { h.Set("X-Webhook-Timestamp", "17053128") }),
		"a body that is no JSON, forged": delivered(macFailed, "{"),
	}
	for name, d := range bad {
		t.Run(name, func(t *testing.T) {
			event, err := d.parse(t)
			assert.Nil(t, event)
			require.ErrorIs(t, err, guichet.ErrUntrusted)
			assert.Equal(t, "ParseWebhook", errorOf(t, err).Op)
			for _, secret := range []string{webhookSecret, macSuccess, order} {
				assert.NotContains(t, err.Error(), secret)
			}
		})
	}

	for name, d := range map[string]delivery{
		"W8: empty event":              delivered(macNoEvent, `{"event":"","data":{}}`),
		"W8: array":                    delivered(macArray, `[]`),
		"W8: empty object":             delivered(macObject, `{}`),
		"no data":                      signed(`{"event":"payment.success"}`),
		"empty data":                   signed(`{"event":"payment.success","data":{}}`),
		"empty data, with blanks":      signed("{\"event\":\"a\",\"data\":{ \n}}"),
		"data that is a text":          signed(`{"event":"a","data":"b"}`),
		"null":                         signed(`null`),
		"data null":                    signed(`{"event":"payment.success","data":null}`),
		"data that is a list":          signed(`{"event":"payment.success","data":[1]}`),
		"no event":                     signed(`{"data":{"transactionId":"T"}}`),
		"an event that is a number":    signed(`{"event":1,"data":{"transactionId":"T"}}`),
		"an empty body":                signed(``),
		"two objects":                  signed(`{"event":"a","data":{"b":1}}{}`),
		"two events":                   signed(`{"event":"payment.failed","event":"payment.success","data":{"b":1}}`),
		"two references, by case":      signed(`{"event":"a","data":{"externalReference":"A","ExternalReference":"B"}}`),
		"a body over the limit":        {cfg: config(), body: strings.Repeat(" ", guichet.MaxWebhookBody+1)},
		"an event that is not UTF-8":   signed("{\"event\":\"a\xff\",\"data\":{\"x\":1}}"),
		"a payment by half an id":      signed(`{"event":"a","data":{"transactionId":"T\ud800"}}`),
		"another id that is not UTF-8": signed("{\"event\":\"a\",\"data\":{\"providerTransactionId\":\"\xff\"}}"),
		"a reference that is no UTF-8": signed("{\"event\":\"a\",\"data\":{\"externalReference\":\"A\xff\"}}"),
		"a body nested beyond reason":  signed(`{"event":"a","data":{"x":` + strings.Repeat("[", 50) + strings.Repeat("]", 50) + `}}`),
	} {
		t.Run(name, func(t *testing.T) {
			event, err := d.parse(t)
			assert.Nil(t, event)
			require.ErrorIs(t, err, guichet.ErrBadResponse)
			require.NotErrorIs(t, err, guichet.ErrUntrusted)
			assert.Equal(t, "ParseWebhook", errorOf(t, err).Op)
			_, err = caurisflux.DecodeWebhook([]byte(d.body))
			require.ErrorIs(t, err, guichet.ErrBadResponse)
			assert.Equal(t, "DecodeWebhook", errorOf(t, err).Op)
		})
	}

	t.Run("a body of exactly the limit is read", func(t *testing.T) {
		body := success + strings.Repeat(" ", guichet.MaxWebhookBody-len(success))
		_, err := caurisflux.DecodeWebhook([]byte(body))
		require.NoError(t, err)
		_, err = caurisflux.DecodeWebhook([]byte(body + " "))
		require.ErrorIs(t, err, guichet.ErrBadResponse)
	})

	t.Run("an event keeps a body of its own", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			time.Sleep(time.Until(time.Unix(stamp, 0)))
			client, _ := newMock(t, config(), nil)
			body := []byte(success)
			event, err := client.ParseWebhook(t.Context(), delivered(macSuccess, success).header, body)
			require.NoError(t, err)
			clear(body)
			assert.Equal(t, success, string(event.Raw))
		})
	})

	t.Run("W7: an empty secret is allowed, a previous one alone is not", func(t *testing.T) {
		cfg := config()
		cfg.WebhookSecret = ""
		_, err := caurisflux.New(cfg)
		require.NoError(t, err)
		cfg.PreviousWebhookSecret = webhookSecret
		_, err = caurisflux.New(cfg)
		require.ErrorIs(t, err, guichet.ErrInvalidRequest)
	})

	t.Run("the hints of an event", func(t *testing.T) {
		event, err := delivered(macSuccess, success).parse(t)
		require.NoError(t, err)
		assert.Equal(t, order, event.Reference)
		assert.Equal(t, id, event.PaymentID)
		event, err = signed(`{"event":"payment.success","data":{"providerTransactionId":"P-1"}}`).parse(t)
		require.NoError(t, err)
		assert.Empty(t, event.Reference)
		assert.Equal(t, "P-1", event.PaymentID)
	})

	t.Run("a delivery stamped anew is the same event, another body is not", func(t *testing.T) {
		first, err := delivered(macSuccess, success).parse(t)
		require.NoError(t, err)
		again := delivered(webhook.Sign(webhookSecret, []byte("1705316400."), []byte(success)), success)
		again.header.Set("X-Webhook-Timestamp", "1705316400")
		again.header.Set("X-Webhook-Delivery-Id", "another")
		again.offset = time.Hour
		second, err := again.parse(t)
		require.NoError(t, err)
		assert.Equal(t, first.ID, second.ID)
		other, err := delivered(macCompleted, completed).parse(t)
		require.NoError(t, err)
		assert.NotEqual(t, first.ID, other.ID)
	})
}

func TestBodyOnlySignature(t *testing.T) {
	success := fixture(t, "webhook_success.json")
	optIn := func(d delivery) delivery { d.cfg.AcceptBodyOnlySignature = true; return d }
	mac := webhook.Sign(webhookSecret, []byte(success))
	withoutTime := func(d delivery) delivery { d.header.Del("X-Webhook-Timestamp"); return d }

	for name, d := range map[string]delivery{
		"under the legacy name":          optIn(withoutTime(delivered(mac, success)).legacy()),
		"under the present name":         optIn(withoutTime(delivered("sha256="+mac, success))),
		"with a time it does not cover":  optIn(delivered(mac, success)),
		"years later":                    optIn(at(delivered(mac, success), 20000*time.Hour)),
		"the safe form still counts":     optIn(delivered(macSuccess, success)),
		"the safe form with the old key": optIn(rotating(delivered(macSuccess, success))),
	} {
		t.Run("accepted by the opt-in: "+name, func(t *testing.T) {
			event, err := d.parse(t)
			require.NoError(t, err)
			assert.True(t, event.Verified)
		})
	}
	for name, d := range map[string]delivery{
		"another body":            optIn(withoutTime(delivered(mac, success+" "))),
		"the safe form, stale":    optIn(at(delivered(macSuccess, success), 301*time.Second)),
		"an empty secret":         optIn(secret(delivered(webhook.Sign("", []byte(success)), success), "")),
		"a time repeated":         optIn(func() delivery { d := delivered(mac, success); d.header.Add("X-Webhook-Timestamp", "1"); return d }()),
		"no signature":            optIn(delivery{cfg: config(), body: success, header: http.Header{}}),
		"the safe form, unproven": optIn(withoutTime(delivered(macSuccess, success))),
	} {
		t.Run("refused all the same: "+name, func(t *testing.T) {
			_, err := d.parse(t)
			require.ErrorIs(t, err, guichet.ErrUntrusted)
		})
	}
	t.Run("a signed time cannot be moved into the body", func(t *testing.T) {
		_, err := optIn(withoutTime(delivered(macSuccess, "1705312800."+success))).parse(t)
		require.ErrorIs(t, err, guichet.ErrBadResponse)
	})
}

func TestDecodeWebhook(t *testing.T) {
	webhook, err := caurisflux.DecodeWebhook([]byte(fixture(t, "webhook_success.json")))
	require.NoError(t, err)
	assert.Equal(t, &caurisflux.Webhook{
		Event: "payment.success", Status: guichet.StatusSucceeded, TransactionID: id, ExternalReference: order,
		Provider: "wave", Amount: "5000", Currency: "XOF",
	}, webhook)
	webhook, err = caurisflux.DecodeWebhook([]byte(fixture(t, "webhook_failed.json")))
	require.NoError(t, err)
	assert.Equal(t, "Solde insuffisant — réessayez", webhook.Message)
	webhook, err = caurisflux.DecodeWebhook([]byte(`{"event":"refund.completed","data":{"reason":"double","errorMessage":"m","amount":"12.50","currency":null}}`))
	require.NoError(t, err)
	assert.Equal(t, &caurisflux.Webhook{Event: "refund.completed", RefundReason: "double", Message: "m", Amount: "12.50"}, webhook)
}

func at(d delivery, offset time.Duration) delivery { d.offset = offset; return d }

func tolerating(d delivery, tolerance time.Duration) delivery {
	d.cfg.WebhookTolerance = tolerance
	return d
}

func secret(d delivery, secret string) delivery { d.cfg.WebhookSecret = secret; return d }

// rotating makes the secret of the delivery the previous one.
func rotating(d delivery) delivery {
	d.cfg.PreviousWebhookSecret, d.cfg.WebhookSecret = d.cfg.WebhookSecret, "whsec_test_456"
	return d
}

// signed signs a body of which there is no vector.
func signed(body string) delivery { return stamped(body, fmt.Sprint(stamp)) }

// stamped signs a body at whatever time.
func stamped(body, stamp string) delivery {
	d := delivered(webhook.Sign(webhookSecret, []byte(stamp+"."), []byte(body)), body)
	d.header.Set("X-Webhook-Timestamp", stamp)
	return d
}

// What is written for people may name the customer, in a webhook as in an answer.
func TestWebhookPrintsNoMessage(t *testing.T) {
	hook := caurisflux.Webhook{Message: "le numéro 77 123 45 67 est refusé"}
	assert.NotContains(t, fmt.Sprintf("%+v", hook), "77 123")
	assert.NotContains(t, hook.LogValue().String(), "77 123")
}
