package guichet_test

import (
	"go/scanner"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// promises are what a merchant may rely on, and where each is proved. A proof is
// a package and a test in it, a check of its suite, or a row of the fault matrix.
var promises = []struct {
	id, promise string
	proofs      []string
}{
	{"P1", "every failed call returns a *Error, and its fields say what happened",
		[]string{". TestErrorKinds", "internal/transport TestDecisions", "internal/faults F01", "internal/faults F63"}},
	{"P2", "what is called not sent, or canceled, was not seen by the provider",
		[]string{"internal/faults Chaos", "internal/faults F09", "internal/faults F60", "internal/transport TestNothingSentIsSaid"}},
	{"P3", "a create without a readable answer is an unknown outcome, and names the order",
		[]string{"internal/faults Chaos", "internal/faults F11", "internal/faults F18", "internal/conformance checkUnknownOutcome"}},
	{"P4", "a success is complete and about what was asked for; an unknown word is neither final nor paid",
		[]string{"internal/faults F55", "internal/transport TestCreated", "internal/conformance checkEcho", "internal/conformance checkUnknownStatus"}},
	{"P5", "a create that no documented key protects reaches the provider once at most",
		[]string{"internal/faults Chaos", "internal/faults F13", "internal/faults H14", "internal/conformance checkCreatesOnce"}},
	{"P6", "what was not sent is tried again, but for a certificate that does not verify; reads are repeated",
		[]string{"internal/faults F01", "internal/faults F03", "internal/transport TestDecisions", "internal/conformance checkReadRetries"}},
	{"P7", "a protected create repeats its key and its bytes, and a refusal does not settle a lost attempt",
		[]string{"internal/faults F22c", "internal/conformance checkKeyedRetries", "internal/transport TestSequences"}},
	{"P8", "an idempotency header is sent only where the provider documents one",
		[]string{"internal/transport TestKeyHeader", "internal/conformance checkCreatesOnce", "internal/faults F11"}},
	{"P9", "a pause that the provider asks for is kept in full, or the call returns at once and says it",
		[]string{"internal/faults F27", "internal/faults F28", "internal/faults F30", "internal/faults F31b", "internal/transport TestRetryAfterHeader", "internal/transport TestPauses"}},
	{"P10", "pauses grow, are spread and capped, and a client whose calls mostly fail stops repeating them",
		[]string{"internal/transport TestBackoff", "internal/transport TestBudget"}},
	{"P11", "every call ends with its deadline; a nil context is an error",
		[]string{"internal/faults F07b", "internal/faults F09b", "internal/faults F16b", "internal/faults F17b", "internal/transport TestTimeouts", "internal/transport TestCancel"}},
	{"P12", "cancelling ends a call at every stage",
		[]string{"internal/faults F60", "internal/faults F61", "internal/faults F62", "internal/faults F62b", "internal/faults F63", "internal/transport TestP12CancelWhileWriting", ". TestWaitCancelled"}},
	{"P13", "no redirect is followed",
		[]string{"internal/faults F36", "internal/faults F37", "internal/faults F38", "internal/transport TestRedirects", "internal/conformance checkRedirects"}},
	{"P14", "https only, but for loopback; certificates are verified, and no option turns that off",
		[]string{". TestBaseURL", "internal/transport TestTransportThatSkipsVerification", "internal/transport TestCallersClientIsUnchanged", "internal/faults F03b", "internal/faults F04", "internal/faults F05", "internal/faults F06b"}},
	{"P15", "no cookie is kept or sent; nothing goes to an address that an answer names",
		[]string{"internal/transport TestNoCookies", "internal/conformance checkCallerClient", "internal/faults H36"}},
	{"P16", "keys, tokens and the customer's data appear in no printed form, in no encoding",
		[]string{"internal/faults F22", "internal/faults F23b", "internal/conformance checkSecrets", "internal/transport TestNoSecretInErrors", "internal/redact TestTextRemovesEverySpelling"}},
	{"P17", "nothing is written to stdout or stderr; the caller's logger learns nothing that is private",
		[]string{"internal/conformance checkSilence", "internal/transport TestSilence", "internal/transport TestLogger", "internal/faults F23"}},
	{"P18", "New refuses empty and malformed keys without repeating them",
		[]string{"internal/request TestKey", "lygos TestSettings", "lomi TestSettingsThatAreRefused", "ligdicash TestNewRefuses", "caurisflux TestNewRefuses"}},
	{"P19", "answers that are too large, too deep or ambiguous are refused, and cost little memory",
		[]string{"internal/faults F40", "internal/faults F41", "internal/faults F43", "internal/faults F51", "internal/faults F52", "internal/faults F53", "internal/faults F54", "internal/strictjson TestMemoryOfAStreamIsBoundedByTheItem"}},
	{"P20", "amounts are whole minor units; no float, no rounding, no overflow",
		[]string{". TestP20NoFloats", ". TestParseMoneyRefuses", ". TestNumberAmounts", "internal/conformance checkAmounts", "internal/conformance checkAmountForms"}},
	{"P21", "no value of the caller's changes path, host, headers or the structure of the JSON",
		[]string{"internal/transport TestIDsStayInTheirSegment", "internal/transport TestQueryIsEscaped", "internal/conformance checkHostileIDs", "lygos TestHostileInput"}},
	{"P22", "a checkout URL is https, and nothing that a browser would run",
		[]string{"internal/transport TestCheckoutURL", "internal/transport TestCreated"}},
	{"P23", "a webhook is verified over its raw bytes before it is read",
		[]string{"internal/conformance checkWebhooks", "internal/signature TestVerifyRefusesAnyChange", "internal/signature TestFreshIsInclusiveBothWays", "internal/signature TestHeaderRepeated", "internal/signature TestEmptySecretNeverMatches"}},
	{"P24", "a weaker signature is refused where there is a better one, and a split that could be moved is checked",
		[]string{"caurisflux TestBodyOnlySignature", "lomi TestWebhookTolerance", "lygos TestWebhook"}},
	{"P25", "copies of one delivery share one event id, and forgeries do not reach the handler",
		[]string{"internal/conformance checkWebhooks", ". TestWebhookHandlerDuplicates", "ligdicash TestTwins", "examples/webhook TestDeliveredOnceAndOnlyWhenPaid"}},
	{"P26", "an unsigned callback is a hint, and nothing is delivered before the status is read",
		[]string{"ligdicash TestCallbackOrder", "ligdicash TestBothTwinsAtOnce", "examples/webhook TestDeliveredOnceAndOnlyWhenPaid"}},
	{"P27", "which states are final is said, and a late event takes nothing back",
		[]string{". TestStatus", ". TestConfirms", "examples/webhook TestALateFailureTakesNothingBack"}},
	{"P28", "a client may be used by many goroutines, and two clients share nothing",
		[]string{"internal/transport TestConcurrentCalls", "internal/transport TestP28ClientsShareNothing", "internal/conformance checkConcurrency"}},
	{"P29", "nothing is left when the calls have ended, also when they were cancelled",
		[]string{"internal/transport TestP29CancelledCallsLeaveNoConnection", "internal/faults Chaos", "internal/conformance checkGoroutines"}},
	{"P30", "no input and no answer makes a call panic",
		[]string{"lygos FuzzDecode", "lomi FuzzDecode", "ligdicash FuzzDecode", "caurisflux FuzzDecode", "lygos FuzzParseWebhook", "internal/redact FuzzFormat", ". FuzzParseMoney", "internal/transport TestCancel"}},
}

// Every promise has a proof, and every proof is there: a test that is renamed or
// removed does not go unnoticed.
func TestPromises(t *testing.T) {
	require.Len(t, promises, 30)
	sources := map[string]string{}
	for _, p := range promises {
		t.Run(p.id+": "+p.promise, func(t *testing.T) {
			require.NotEmpty(t, p.proofs)
			for _, proof := range p.proofs {
				dir, name, _ := strings.Cut(proof, " ")
				if _, ok := sources[dir]; !ok {
					sources[dir] = source(t, dir)
				}
				function := regexp.MustCompile(`(?m)^func ` + name + `\(`)
				row := `id: "` + name + `"`
				assert.True(t, function.MatchString(sources[dir]) || strings.Contains(sources[dir], row), "%s has no %s", dir, name)
			}
		})
	}
}

// source is all Go code in a folder.
func source(t *testing.T, dir string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	require.NoError(t, err)
	require.NotEmpty(t, files, dir)
	var b strings.Builder
	for _, file := range files {
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		b.Write(data)
	}
	return b.String()
}

// TestP20NoFloats: the code that merchants run knows no floating-point number,
// neither as a type nor as a literal.
func TestP20NoFloats(t *testing.T) {
	read := 0
	for _, dir := range append([]string{".", "internal/*"}, providers...) {
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		require.NoError(t, err)
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			read++
			data, err := os.ReadFile(file)
			require.NoError(t, err)
			assert.Empty(t, floats(data), file)
		}
	}
	assert.Greater(t, read, 50, "the code was not found")
	assert.Len(t, floats([]byte("package x\nvar a float64 = 1.5\nvar b = float32(1e3)\n// float64\nconst c = `float64`\nvar d, _ = n.Float64()")), 5)
}

func floats(code []byte) (found []string) {
	var s scanner.Scanner
	set := token.NewFileSet()
	s.Init(set.AddFile("", -1, len(code)), code, nil, 0)
	for before := ""; ; {
		at, kind, text := s.Scan()
		switch {
		case kind == token.EOF:
			return found
		case kind == token.FLOAT, kind == token.IDENT && (text == "float64" || text == "float32" || text == "ParseFloat"),
			kind == token.LPAREN && before == "Float64": // the method of json.Number, not the kind of reflect
			found = append(found, set.Position(at).String()+" "+text)
		}
		before = text
	}
}
