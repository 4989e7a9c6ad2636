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
// a package and a test in it, a check of its suite, or a row of the fault matrix. A
// number that is missing is kept for a promise that the code does not make yet.
var promises = []struct {
	id, promise string
	proofs      []string
}{
	{"P1", "every failed call returns a *Error, and its fields say what happened",
		[]string{". TestErrorKinds", "internal/transport TestDecisions", "internal/suite/network F01", "internal/suite/network F63"}},
	{"P2", "what is called not sent, or canceled, was not seen by the provider",
		[]string{"internal/suite/network Chaos", "internal/suite/network F09", "internal/suite/network F60", "internal/transport TestNothingSentIsSaid"}},
	{"P3", "a create without a readable answer is an unknown outcome, and names the order",
		[]string{"internal/suite/network Chaos", "internal/suite/network F11", "internal/suite/network F18", "internal/suite/network F16"}},
	{"P4", "a success is complete and about what was asked for; an unknown word is neither final nor paid",
		[]string{"internal/suite/network F55", "internal/transport TestCreated", "internal/suite/contract checkEcho", "internal/suite/contract checkUnknownStatus"}},
	{"P5", "a create that no documented key protects reaches the provider once at most",
		[]string{"internal/suite/network Chaos", "internal/suite/network F13", "internal/suite/network H14", "internal/suite/network TestTheMatrixNotices"}},
	{"P6", "what was not sent is tried again, but for a certificate that does not verify; reads are repeated",
		[]string{"internal/suite/network F01", "internal/suite/network F03", "internal/transport TestDecisions", "internal/suite/network F29", "internal/suite/network F32"}},
	{"P7", "a protected create repeats its key and its bytes, and a refusal does not settle a lost attempt",
		[]string{"internal/suite/network F11", "internal/suite/network F22c", "internal/suite/network checkRequests", "internal/transport TestSequences"}},
	{"P8", "an idempotency header is sent only where the provider documents one",
		[]string{"internal/transport TestKeyHeader", "internal/suite/network checkRequests", "internal/suite/network F11"}},
	{"P9", "a pause that the provider asks for is kept in full, or the call returns at once and says it",
		[]string{"internal/suite/network F27", "internal/suite/network F28", "internal/suite/network F30", "internal/suite/network F31b", "internal/transport TestRetryAfterHeader", "internal/transport TestPauses"}},
	{"P10", "pauses grow, are spread and capped, and a client whose calls mostly fail stops repeating them",
		[]string{"internal/transport TestBackoff", "internal/transport TestBudget"}},
	{"P11", "every call ends with its deadline; a nil context is an error",
		[]string{"internal/suite/network F07b", "internal/suite/network F09b", "internal/suite/network F16b", "internal/suite/network F17b", "internal/transport TestTimeouts", "internal/transport TestCancel"}},
	{"P12", "cancelling ends a call at every stage",
		[]string{"internal/suite/network F60", "internal/suite/network F61", "internal/suite/network F62", "internal/suite/network F62b", "internal/suite/network F63", "internal/transport TestP12CancelWhileWriting", ". TestWaitCancelled"}},
	{"P13", "no redirect is followed",
		[]string{"internal/suite/network F36", "internal/suite/network F37", "internal/suite/network F38", "internal/suite/network H36", "internal/transport TestRedirects"}},
	{"P14", "https only, but for loopback; certificates are verified, and no option turns that off",
		[]string{". TestBaseURL", "internal/transport TestTransportThatSkipsVerification", "internal/transport TestCallersClientIsUnchanged", "internal/suite/network F03b", "internal/suite/network F04", "internal/suite/network F05", "internal/suite/network F06b"}},
	{"P15", "no cookie is kept or sent; nothing goes to an address that an answer names",
		[]string{"internal/transport TestNoCookies", "internal/suite/contract checkCallerClient", "internal/suite/network H36"}},
	{"P16", "keys, tokens and the customer's data appear in no printed form, in no encoding",
		[]string{"internal/suite/network F22", "internal/suite/network F23b", "internal/suite/leaks Run", "internal/transport TestNoSecretInErrors", "internal/redact TestTextRemovesEverySpelling"}},
	{"P17", "nothing is written to stdout or stderr; the caller's logger learns nothing that is private",
		[]string{"internal/suite/leaks checkWritten", "internal/transport TestSilence", "internal/transport TestLogger", "internal/suite/network F23"}},
	{"P18", "New refuses empty and malformed keys without repeating them",
		[]string{"internal/request TestKey", "lygos TestSettings", "lomi TestSettingsThatAreRefused", "ligdicash TestNewRefuses", "caurisflux TestNewRefuses"}},
	{"P19", "answers that are too large, too deep or ambiguous are refused, and cost little memory",
		[]string{"internal/suite/network F40", "internal/suite/network F41", "internal/suite/network F43", "internal/suite/network F51", "internal/suite/network F52", "internal/suite/network F53", "internal/suite/network F54", "internal/strictjson TestMemoryOfAStreamIsBoundedByTheItem"}},
	{"P20", "amounts are whole minor units; no float, no rounding, no overflow",
		[]string{". TestP20NoFloats", ". TestParseMoneyRefuses", ". TestNumberAmounts", "internal/suite/input checkAmounts", "internal/suite/contract checkAmountForms"}},
	{"P21", "no value of the caller's changes path, host, headers or the structure of the JSON",
		[]string{"internal/transport TestIDsStayInTheirSegment", "internal/transport TestQueryIsEscaped", "internal/suite/input checkRefusedIDs", "internal/suite/input checkFields", "lygos TestInput"}},
	{"P22", "a checkout URL is https, and nothing that a browser would run",
		[]string{"internal/transport TestCheckoutURL", "internal/transport TestCreated"}},
	{"P23", "a webhook is verified over its raw bytes before it is read",
		[]string{"internal/suite/input checkWebhooks", "internal/suite/contract checkWebhooks", "internal/webhook TestVerifyRefusesAnyChange", "internal/webhook TestFreshIsInclusiveBothWays", "internal/webhook TestHeaderRepeated", "internal/webhook TestEmptySecretNeverMatches"}},
	{"P24", "a weaker signature is refused where there is a better one, and a split that could be moved is checked",
		[]string{"caurisflux TestBodyOnlySignature", "lomi TestWebhookTolerance", "lygos TestWebhook"}},
	{"P25", "copies of one delivery share one event id, and forgeries do not reach the handler",
		[]string{"internal/suite/contract checkWebhooks", ". TestWebhookHandlerDuplicates", "ligdicash TestTwins", "examples/webhook TestDeliveredOnceAndOnlyWhenPaid"}},
	{"P26", "an unsigned callback is a hint, and nothing is delivered before the status is read",
		[]string{"ligdicash TestCallbackOrder", "ligdicash TestBothTwinsAtOnce", "examples/webhook TestDeliveredOnceAndOnlyWhenPaid"}},
	{"P27", "which states are final is said, and a late event takes nothing back",
		[]string{". TestStatus", ". TestConfirms", "examples/webhook TestALateFailureTakesNothingBack"}},
	{"P28", "a client may be used by many goroutines, and two clients share nothing",
		[]string{"internal/transport TestConcurrentCalls", "internal/transport TestP28ClientsShareNothing", "internal/suite/contract checkConcurrency"}},
	{"P29", "nothing is left when the calls have ended, also when they were cancelled",
		[]string{"internal/transport TestP29CancelledCallsLeaveNoConnection", "internal/suite/network Chaos", "internal/suite/contract checkGoroutines"}},
	{"P30", "no input and no answer makes a call panic",
		[]string{"lygos FuzzDecode", "lomi FuzzDecode", "ligdicash FuzzDecode", "caurisflux FuzzDecode", "lygos FuzzParseWebhook", "internal/redact FuzzFormat", ". FuzzParseMoney", "internal/transport TestCancel"}},
	{"P31", "the same program behaves the same on both lines of Go and with every version of a dependency",
		[]string{". TestToolchainLines", ". TestToolchainDoRefusesBrokenText", "internal/strictjson TestToolchainRoundTrip", "internal/suite/roundtrip TestRun"}},
	{"P32", "what an answer costs is bounded, and reading and decoding look at the context",
		[]string{"internal/transport TestReadingLooksAtTheContext", "internal/transport TestDecodingLooksAtTheContext", "internal/transport TestErrorsOfLongRefusalsCostLittle", "internal/redact TestOverlappingSecretsCostLittle", "internal/strictjson TestHostileTextsCostLittleMemory", ". TestAllMemory"}},
	{"P33", "a member that does not decide loses nothing, and one that decides is never guessed",
		[]string{"internal/suite/input Members", "internal/suite/input TestMembersNotices", "lygos TestEveryMember", "lomi TestOddMembers", "ligdicash TestMembers", "caurisflux TestEveryMember"}},
	{"P36", "what a list leaves out is said",
		[]string{". TestAllSkippedRows", "lomi TestListsAreNeverSilentlyShort", "caurisflux TestListsAreNeverShort", "lygos TestOddRows"}},
	{"P37", "no walk ends silently short, and none goes on without new ids",
		[]string{". TestAllCircles", ". TestAllWithoutNewPayments", "internal/suite/network checkPages", "lomi TestWalksEnd"}},
}

// Every promise has a proof, and every proof is there: a test that is renamed or
// removed does not go unnoticed.
func TestPromises(t *testing.T) {
	require.Len(t, promises, 35)
	sources := map[string]string{}
	for _, p := range promises {
		t.Run(p.id+": "+p.promise, func(t *testing.T) {
			require.NotEmpty(t, p.proofs)
			for _, proof := range p.proofs {
				dir, name, _ := strings.Cut(proof, " ")
				if _, ok := sources[dir]; !ok {
					sources[dir] = source(t, dir)
				}
				function := regexp.MustCompile(`(?m)^func (\([^)]*\) )?` + name + `\(`)
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
	for _, dir := range append([]string{".", "internal/*"}, providers(t)...) {
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
