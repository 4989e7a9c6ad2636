package strictjson

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
)

func TestRefusesAnAnswer(t *testing.T) {
	for body, want := range map[string]bool{
		`{}`: false, `[]`: false, `"x"`: false, `{"success":true}`: false, `{"success":null}`: false, `{"success":1}`: false,
		`{"success":"True"}`: false, `{"success":"1"}`: false, `{"error":null,"errors":null}`: false, `{"error":false}`: false,
		`{"error":""}`: false, `{"error":0,"errors":0}`: false, `{"error":"FALSE"}`: false, `{"errors":[]}`: false, `{"errors":{}}`: false,
		`{"statusCode":200}`: false, `{"statusCode":"201"}`: false, `{"statusCode":"x"}`: false, `{"data":{"success":false}}`: false,

		`{"success":false}`: true, `{"Success":false}`: true, `{"SUCCESS":"no"}`: true, `{"succe\u0073s":false}`: true, `{"ſucceſſ":false}`: true,
		`{"success":0}`: true, `{"success":"0"}`: true, `{"success":"false"}`: true, `{"success":""}`: true, `{"success":[]}`: true, `{"success":{}}`: true,
		`{"error":true}`: true, `{"error":"x"}`: true, `{"Error":{"code":"x"}}`: true, `{"error":{}}`: true, `{"error":[]}`: true, `{"error":7}`: true,
		`{"errors":["x"]}`: true, `{"errors":{"a":1}}`: true, `{"ERRORS":"x"}`: true, "{\"error\":\"\xff\"}": true,
		`{"statusCode":400}`: true, `{"statuscode":"500"}`: true,
	} {
		doc, err := Parse([]byte(body))
		require.NoError(t, err, body)
		assert.Equal(t, want, doc.Root().Refuses(), body)
		doc.Release()
	}
}

func TestEnvelopeRefuses(t *testing.T) {
	for body, want := range map[string]bool{
		`{"status":"success"}`: false, `{"status":"failed"}`: false, `{"status":500}`: false, `{}`: false, `null`: false,
		`{"status":"error"}`: true, `{"status":" ERROR"}`: true, `{"status":"fail"}`: true,
	} {
		doc, err := Parse([]byte(body))
		require.NoError(t, err, body)
		assert.Equal(t, want, doc.Root().EnvelopeRefuses(), body)
		doc.Release()
	}
}

// A text is what its escapes stand for, a number in quotes too.
func TestNumberWithEscapes(t *testing.T) {
	for body, want := range map[string]guichet.Number{
		`"50\u0030\u0030"`: "5000", `"\u0035e3"`: "5e3", `"5000\u0022"`: "", `"5\n"`: "", `"\ud800"`: "", `"5 000"`: "",
	} {
		doc, err := Parse([]byte(body))
		require.NoError(t, err, body)
		n, ok := doc.Root().Number()
		assert.Equal(t, want, n, body)
		assert.Equal(t, want != "", ok, body)
		doc.Release()
	}
}
