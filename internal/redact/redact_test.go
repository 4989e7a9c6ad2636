package redact

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	key   = "sk_live_4f9c2e7b+/=&<é>"
	phone = "+22890000000"
)

// config is used as the real ones are: all printers call the package.
type config struct {
	APIKey   string   `json:"api_key" redact:"true"`
	ShopName string   `json:"shop_name,omitempty"`
	Secrets  []string `json:"secrets,omitzero" redact:"true"`
	Limit    int      `json:"limit"`
	PIN      int      `json:"-" redact:"true"`
	Timeout  time.Duration
	hidden   string
}

func (c config) Format(s fmt.State, verb rune) { Format(s, verb, c) }
func (c config) LogValue() slog.Value          { return LogValue(c) }
func (c config) MarshalJSON() ([]byte, error)  { return JSON(c) }

var full = config{APIKey: key, ShopName: "Mon Magasin", Secrets: []string{key}, Limit: 3, PIN: 84521, Timeout: time.Second, hidden: key}

// order is a plain struct that holds tagged ones in every way there is.
type customer struct {
	Name  string
	Phone string `redact:"true"`
}

// careless has methods that print everything.
type careless struct {
	Token string `redact:"true"`
}

func (c careless) String() string               { return c.Token }
func (c careless) LogValue() slog.Value         { return slog.StringValue(c.Token) }
func (c careless) MarshalJSON() ([]byte, error) { return json.Marshal(c.Token) }
func (c careless) MarshalText() ([]byte, error) { return []byte(c.Token), nil }

type order struct {
	OrderID  string
	Customer customer
	Ptr      *customer
	List     []customer
	Ptrs     []*customer
	Array    [1]customer
	Map      map[string]customer
	Any      any
	Anys     []any
	Careless careless
	CPtr     *careless
	CList    []careless
	customer customer
}

func secretRequest() order {
	c := customer{"Awa", phone}
	return order{"o-1", c, &c, []customer{c}, []*customer{&c, nil}, [1]customer{c}, map[string]customer{"k": c},
		c, []any{c, &c, careless{key}}, careless{key}, &careless{key}, []careless{{key}}, c}
}

var verbs = []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%e", "%08.3f", "%U", "%c", "%!", "%z", "% x", "%20s"}

// leaks lists the spellings in which a secret would give itself away.
func leaks(t *testing.T, out string) {
	t.Helper()
	for _, secret := range []string{key, phone, "84521"} {
		for _, n := range appendSpellings(nil, secret) {
			assert.NotContains(t, out, n.text)
		}
	}
	assert.NotContains(t, out, "90000000")
	assert.NotContains(t, out, "4f9c2e7b")
}

func TestFormatShowsTheSameForEveryVerb(t *testing.T) {
	want := `redact.config{APIKey:[redacted] ShopName:"Mon Magasin" Secrets:[redacted] Limit:3 PIN:[redacted] Timeout:1s}`
	for _, verb := range verbs {
		for _, v := range []any{full, &full} {
			assert.Equal(t, want, fmt.Sprintf(verb, v), verb)
		}
		// A struct around it, and one that fmt reaches in an unexported field
		// of a slice of interfaces.
		leaks(t, fmt.Sprintf(verb, struct{ C config }{full}))
		leaks(t, fmt.Sprintf(verb, []any{full, map[string]any{"c": full}}))
	}
	leaks(t, fmt.Sprint(full)+fmt.Sprintln(&full)+fmt.Errorf("%w", errors.New(fmt.Sprint(full))).Error())
}

func TestFormatShowsThatASecretIsNotSet(t *testing.T) {
	assert.Equal(t, `redact.config{APIKey:"" ShopName:"" Secrets:[] Limit:0 PIN:0 Timeout:0s}`, fmt.Sprint(config{}))
	assert.Equal(t, `redact.config{APIKey:"" ShopName:"" Secrets:[] Limit:0 PIN:0 Timeout:0s}`, fmt.Sprint(config{Secrets: []string{}}))
}

func TestAMisspeltTagStillHides(t *testing.T) {
	type misspelt struct {
		Key string `redact:"yes"`
	}
	assert.Equal(t, `redact.misspelt{Key:[redacted]}`, render("%v", misspelt{key}))
}

type formatter struct{ v any }

func (f formatter) Format(s fmt.State, verb rune) { Format(s, verb, f.v) }

func render(verb string, v any) string { return fmt.Sprintf(verb, formatter{v}) }

func TestFormatRedactsWhateverIsNested(t *testing.T) {
	out := render("%v", secretRequest())
	c := `{Name:"Awa" Phone:[redacted]}`
	assert.Equal(t, `redact.order{OrderID:"o-1" Customer:`+c+` Ptr:`+c+` List:[`+c+`] Ptrs:[`+c+` <nil>] Array:[`+c+`] Map:map["k":`+c+`]`+
		` Any:`+c+` Anys:[`+c+` `+c+` {Token:[redacted]}] Careless:{Token:[redacted]} CPtr:{Token:[redacted]} CList:[{Token:[redacted]}]}`, out)
	leaks(t, out)
	for _, v := range []any{[]customer{{"Awa", phone}}, map[string]any{"c": &careless{key}}, &[]any{careless{key}}, careless{key}} {
		leaks(t, render("%v", v))
	}
}

// Their methods are promised nothing about tags further down.
type (
	carelessMap     map[string]customer
	carelessKeys    map[customer]int
	carelessSlice   []*customer
	carelessOutside struct{ Inside struct{ C customer } }
)

func (m carelessMap) String() string     { return m["c"].Phone }
func (m carelessSlice) String() string   { return m[0].Phone }
func (o carelessOutside) String() string { return o.Inside.C.Phone }
func (m carelessKeys) String() (s string) {
	for c := range m {
		s = c.Phone
	}
	return s
}

func TestMethodsAreNotAskedWhereATagIsFurtherDown(t *testing.T) {
	c := customer{"Awa", phone}
	o := carelessOutside{}
	o.Inside.C = c
	for _, v := range []any{carelessMap{"c": c}, carelessKeys{c: 1}, carelessSlice{&c}, o, &o} {
		holder := struct{ X any }{v}
		out := render("%v", holder)
		leaks(t, out)
		assert.Contains(t, out, Marker)
		leaks(t, fmt.Sprint(LogValue(holder)))
	}
}

func TestPointersToTaggedStructsAreGroups(t *testing.T) {
	g := LogValue(struct{ P *customer }{&customer{"Awa", phone}}).Group()
	require.Equal(t, slog.KindGroup, g[0].Value.Kind())
	assert.Equal(t, []slog.Attr{slog.String("Name", "Awa"), slog.String("Phone", Marker)}, g[0].Value.Group())
}

func TestNilsAreFine(t *testing.T) {
	assert.Equal(t, "<nil>", render("%v", nil))
	assert.Equal(t, "<nil>", render("%v", (*config)(nil)))
	assert.NotPanics(t, func() {
		_ = fmt.Sprintf("%v", (*config)(nil))
		_ = render("%+v", order{})
		_ = render("%+v", &order{})
		_ = LogValue(nil)
		_ = LogValue((*config)(nil))
		_ = LogValue(order{})
		_, err := JSON(nil)
		assert.NoError(t, err)
		_, err = JSON(order{})
		assert.NoError(t, err)
	})
	out, err := JSON((*config)(nil))
	assert.NoError(t, err)
	assert.Equal(t, "null", string(out))
}

type money struct {
	Minor    int64
	Currency string
}

func (m money) String() string { return fmt.Sprint(m.Minor, " ", m.Currency) }

type broken struct{}

func (broken) String() string { panic("no") }

func TestOtherValuesStayReadable(t *testing.T) {
	type settings struct {
		Amount  money
		At      time.Time
		Err     error
		Text    string
		Raw     []byte
		Map     map[string]string
		Plain   struct{ A, B int }
		Client  *http.Client
		Number  *int
		Now     func() time.Time
		Nothing func()
		Lines   fmt.Stringer
		Broken  broken
		F       float64
		B       bool
	}
	n := 7
	v := settings{money{500, "XOF"}, time.Date(2026, 1, 15, 9, 30, 0, 0, time.UTC), errors.New("bad"), "a\nb", []byte(`{"a":1}`),
		map[string]string{"b": "2", "a": "1"}, struct{ A, B int }{1, 2}, http.DefaultClient, &n, time.Now, nil, &lines{}, broken{}, 1.5, true}
	out := render("%v", v)
	assert.Equal(t, `redact.settings{Amount:500 XOF At:2026-01-15 09:30:00 +0000 UTC Err:bad Text:"a\nb" Raw:"{\"a\":1}" Map:map["a":"1" "b":"2"]`+
		` Plain:{A:1 B:2} Client:*http.Client Number:7 Now:func() time.Time Nothing:<nil> Lines:"a\nb" Broken:%!v(PANIC=String method: no) F:1.5 B:true}`, out)
}

type lines struct{}

func (*lines) String() string { return "a\nb" }

type loop struct {
	Self *loop
	Any  any
	Key  string `redact:"true"`
}

func TestAValueThatContainsItselfEnds(t *testing.T) {
	l := &loop{Key: key}
	l.Self, l.Any = l, l
	// Two ways down at each level: 2^16 lines at most.
	l.Any = nil
	leaks(t, render("%v", l))
	leaks(t, fmt.Sprint(LogValue(l)))
	_, err := JSON(l)
	assert.Error(t, err)
}

func TestLogValueIsAGroupWithoutSecrets(t *testing.T) {
	for name, handler := range map[string]func(*bytes.Buffer) slog.Handler{
		"text": func(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, nil) },
		"json": func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) },
	} {
		var b bytes.Buffer
		log := slog.New(handler(&b))
		log.Info("x", "c", full, "p", &full, "nested", struct{ C config }{full}, "list", []config{full})
		log.Info("x", "r", LogValue(secretRequest()), "p", LogValue(&full), "nil", (*config)(nil))
		leaks(t, b.String())
		assert.Contains(t, b.String(), Marker, name)
		assert.Contains(t, b.String(), "Mon Magasin")
		assert.NotContains(t, b.String(), "PANIC")
	}
	g := LogValue(full)
	require.Equal(t, slog.KindGroup, g.Kind())
	assert.Equal(t, []slog.Attr{
		slog.String("APIKey", Marker), slog.String("ShopName", "Mon Magasin"), slog.String("Secrets", Marker),
		slog.Int("Limit", 3), slog.String("PIN", Marker), slog.Duration("Timeout", time.Second),
	}, g.Group())
	leaks(t, fmt.Sprintf("%v %+v", LogValue(secretRequest()), LogValue(careless{key})))
}

func TestJSONUsesTheNamesOfTheTags(t *testing.T) {
	for name, marshal := range map[string]func(any) ([]byte, error){"json": json.Marshal, "ours": JSON} {
		got, err := marshal(full)
		require.NoError(t, err, name)
		assert.JSONEq(t, `{"api_key":"[redacted]","shop_name":"Mon Magasin","secrets":"[redacted]","limit":3,"Timeout":"1s"}`, string(got))
		got, err = marshal(&config{})
		require.NoError(t, err, name)
		assert.JSONEq(t, `{"api_key":"","limit":0,"Timeout":"0s"}`, string(got))
	}
}

func TestJSONRedactsWhateverIsNested(t *testing.T) {
	got, err := JSON(secretRequest())
	require.NoError(t, err)
	leaks(t, string(got))
	c := `{"Name":"Awa","Phone":"[redacted]"}`
	ca := `{"Token":"[redacted]"}`
	assert.Equal(t, `{"OrderID":"o-1","Customer":`+c+`,"Ptr":`+c+`,"List":[`+c+`],"Ptrs":[`+c+`,null],"Array":[`+c+`],"Map":{"k":`+c+`},"Any":`+c+
		`,"Anys":[`+c+`,`+c+`,`+ca+`],"Careless":`+ca+`,"CPtr":`+ca+`,"CList":[`+ca+`]}`, string(got))
}

func TestJSONOfOtherValues(t *testing.T) {
	type settings struct {
		Raw   json.RawMessage `json:"raw"`
		At    time.Time       `json:"at"`
		Map   map[int]string  `json:"map"`
		Skip  int             `json:"-"`
		Empty []int           `json:"empty,omitempty"`
		Zero  time.Time       `json:"zero,omitzero"`
		Now   func()          `json:"now"`
		Bytes []byte          `json:"bytes"`
		F     float64         `json:"f"`
	}
	got, err := JSON(settings{Raw: json.RawMessage(`{"a":1}`), At: time.Date(2026, 1, 15, 9, 30, 0, 0, time.UTC), Map: map[int]string{2: "b", 1: "a"}, Bytes: []byte("x"), F: 1.5})
	require.NoError(t, err)
	assert.Equal(t, `{"raw":{"a":1},"at":"2026-01-15T09:30:00Z","map":{"1":"a","2":"b"},"bytes":"eA==","f":1.5}`, string(got))

	for _, v := range []any{struct{ X any }{make(chan int)}, map[customer]int{{"Awa", phone}: 1}, struct{ S string }{"\xff" + key}} {
		_, err = JSON(v)
		require.Error(t, err)
		leaks(t, err.Error())
	}
}

func FuzzFormat(f *testing.F) {
	f.Add("+22890000000", "Awa", "%v")
	f.Add("sk", "sk", "%+q")
	f.Fuzz(func(t *testing.T, secret, name, verb string) {
		c := customer{name, secret}
		want := `redact.customer{Name:` + fmt.Sprintf("%q", name) + ` Phone:[redacted]}`
		if secret == "" {
			want = strings.Replace(want, Marker, `""`, 1)
		}
		if got := render(verbs[len(verb)%len(verbs)], c); got != want {
			t.Fatalf("%q, want %q", got, want)
		}
		_ = LogValue(c)
		_, _ = JSON(c)
	})
}
