package ligdicash

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/guichetpay/guichet"
)

// Mode is how the customer of an operator confirms a direct payment
// (https://developers.ligdicash.com/en/payment-api/direct-payin/validation-modes).
type Mode string

const (
	ModeUSSDPush      Mode = "ussd_push"          // a request appears on the phone
	ModeUSSDOTP       Mode = "ussd_otp"           // the customer dials for a code before the create, which carries it
	ModeGuidedUSSD    Mode = "guided_ussd"        // an SMS names what to dial
	ModeSMSOTP        Mode = "sms_otp"            // LigdiCash wallet: SendWalletOTP, then CreateWalletPayin
	ModeLigdiCashPage Mode = "ligdicash_redirect" // Payin.CheckoutURL is a page of LigdiCash
	ModeOperatorPage  Mode = "operator_redirect"  // Payin.CheckoutURL is the operator's page; the browser may not come back
)

// Operator is one row of LigdiCash's list of operators
// (https://developers.ligdicash.com/en/reference/supported-operators). Empty and
// 0 mean that no value is documented.
type Operator struct {
	Country      string // ISO 3166 alpha-2; empty: any
	Brand        string // as customers know it: "Orange Money"
	ID           string // operator_id, as LigdiCash's answers have it
	Name         string // operator_name, as LigdiCash's answers have it
	DialCode     string // "+228"; empty: any
	NumberFormat string // as documented, X for a digit. Lengths are known to be off: see U-15 in UNVERIFIED.md
	Mode         Mode
	Fallback     Mode   // what the operator falls back to; empty: nothing
	Dial         string // what the customer dials in ModeUSSDOTP and ModeGuidedUSSD
	PIN          string // how the operator calls its code
	Min, Max     int64  // of one payment, in whole francs
	Observed     bool   // seen by integrators, not on LigdiCash's list, and undated
}

// operators is data about LigdiCash, not a rule of the SDK: an operator that is
// missing here can be paid with.
var operators = []Operator{
	{Country: "TG", Brand: "YAS (Mixx by Yas)", ID: "3", Name: "YAS TOGO", DialCode: "+228", NumberFormat: "228XXXXXXXX", Mode: ModeUSSDPush, PIN: "Mixx by Yas", Min: 100},
	{Country: "TG", Brand: "Moov Africa", DialCode: "+228", Mode: ModeUSSDPush, Min: 100, Observed: true},
	{Country: "BJ", Brand: "MTN MoMo", ID: "1", Name: "MTN BENIN", DialCode: "+229", Mode: ModeUSSDPush, Min: 100},
	{Country: "BJ", Brand: "Moov Africa", ID: "2", Name: "MOOV BENIN", DialCode: "+229", Mode: ModeUSSDPush, Min: 100},
	{Country: "BF", Brand: "Orange Money", ID: "11", Name: "ORANGE BURKINA", DialCode: "+226", NumberFormat: "22670XXXXXXX", Mode: ModeUSSDOTP, Dial: "*144*4*6#", Min: 10, Max: 2_000_000},
	{Country: "BF", Brand: "Moov Africa", ID: "12", Name: "MOOV AFRICA BURKINA", DialCode: "+226", NumberFormat: "226XXXXXXXXX", Mode: ModeUSSDPush, Fallback: ModeGuidedUSSD, Min: 100, Max: 2_000_000},
	{Country: "CI", Brand: "Moov Africa", ID: "14", Name: "MOOV CI", DialCode: "+225", NumberFormat: "225XXXXXXXXXX", Mode: ModeUSSDPush, Fallback: ModeGuidedUSSD, Dial: "*155*15#", Min: 100},
	{Country: "CI", Brand: "MTN MoMo", ID: "15", Name: "MTN CI", DialCode: "+225", NumberFormat: "225XXXXXXXXXX", Mode: ModeGuidedUSSD, Dial: "*133#", Min: 10},
	{Country: "CI", Brand: "Orange Money", ID: "16", Name: "ORANGE CI", DialCode: "+225", NumberFormat: "225XXXXXXXXXX", Mode: ModeOperatorPage, Min: 10},
	{Country: "ML", Brand: "Orange Money", ID: "18", Name: "ORANGE MALI", DialCode: "+223", NumberFormat: "223XXXXXXXX", Mode: ModeOperatorPage, Min: 100},
	{Country: "NE", Brand: "Airtel", ID: "27", Name: "AIRTEL NIGER", DialCode: "+227", Mode: ModeUSSDPush, Min: 10},
	{Country: "NE", Brand: "Zamani (ex-Orange)", ID: "28", Name: "ORANGE/ZAMANI NIGER", DialCode: "+227", NumberFormat: "22790XXXXXXX", Mode: ModeGuidedUSSD, Dial: "#146#", Min: 10},
	{Country: "NE", Brand: "Moov Africa", ID: "29", Name: "MOOV AFRICA NIGER", DialCode: "+227", Mode: ModeUSSDPush},
	{Country: "GN", Brand: "Orange Money", ID: "33", Name: "ORANGE GUINEE", DialCode: "+224", Mode: ModeLigdiCashPage, Min: 200},
	{Country: "GN", Brand: "MTN MoMo", ID: "51", Name: "MTN GUINEE", DialCode: "+224", Mode: ModeLigdiCashPage, Min: 200},
	{Country: "CD", Brand: "Orange Money", ID: "34", Name: "ORANGE RDC CONGO", DialCode: "+243", NumberFormat: "243XXXXXXXXX", Mode: ModeLigdiCashPage, Min: 10},
	{Country: "CD", Brand: "Africell", ID: "38", Name: "AFRICELL RDC CONGO", DialCode: "+243", NumberFormat: "243XXXXXXXXX", Mode: ModeUSSDPush, Min: 100},
	{Country: "CD", Brand: "Vodacom M-Pesa", DialCode: "+243", Mode: ModeUSSDPush, Min: 10, Observed: true},
	{Country: "CD", Brand: "Airtel", DialCode: "+243", Mode: ModeUSSDPush, Min: 10, Observed: true},
	{Country: "SN", Brand: "Wave", ID: "39", Name: "WAVE SENEGAL", DialCode: "+221", NumberFormat: "221XXXXXXXXX", Mode: ModeLigdiCashPage},
	{Country: "SN", Brand: "Orange Money", DialCode: "+221", Mode: ModeLigdiCashPage, Observed: true},
	{Country: "SN", Brand: "Free (now Yas)", DialCode: "+221", Mode: ModeLigdiCashPage, Observed: true},
	{Brand: "LigdiCash", Name: "LIGDICASH", Mode: ModeSMSOTP},
}

// Operators walks the operators that LigdiCash is known to reach.
func Operators() iter.Seq[Operator] { return slices.Values(operators) }

// OperatorsIn returns the operators of a country, ISO 3166 alpha-2 in capitals,
// without the LigdiCash wallet, which has none.
func OperatorsIn(country string) []Operator {
	var found []Operator
	for _, o := range operators {
		if o.Country == country && country != "" {
			found = append(found, o)
		}
	}
	return found
}

// OperatorByID finds the operator of an operator_id, such as "3".
func OperatorByID(id string) (Operator, bool) {
	return findOperator(id, func(o Operator) string { return o.ID })
}

// OperatorByName finds the operator of an operator_name, such as "YAS TOGO", in
// any case.
func OperatorByName(name string) (Operator, bool) {
	return findOperator(name, func(o Operator) string { return o.Name })
}

func findOperator(value string, field func(Operator) string) (Operator, bool) {
	for _, o := range operators {
		if value != "" && strings.EqualFold(field(o), value) {
			return o, true
		}
	}
	return Operator{}, false
}

// checkOperator compares what the merchant knows about the operator with the
// number and the one-time code: a contradiction means that one of them is wrong,
// and the number alone would decide whose account is debited.
func (c *Client) checkOperator(op string, mm *guichet.MobileMoney) error {
	if mm.Country != "" {
		known := OperatorsIn(mm.Country)
		if len(known) == 0 {
			return c.t.Invalid(op, "MobileMoney.Country", "no operator of LigdiCash is known there; leave it empty to let the number decide")
		}
		if !strings.HasPrefix(mm.Phone, known[0].DialCode) {
			return c.t.Invalid(op, "MobileMoney.Phone", "is not a number of MobileMoney.Country")
		}
	}
	if mm.Operator == "" {
		return nil
	}
	o, ok := OperatorByID(mm.Operator)
	if !ok {
		o, ok = OperatorByName(mm.Operator)
	}
	switch {
	case !ok:
		return c.t.Invalid(op, "MobileMoney.Operator", "is neither an id nor a name of Operators; leave it empty to let the number decide")
	case o.Mode == ModeSMSOTP:
		return c.t.Unsupported(op, "MobileMoney.Operator: the LigdiCash wallet takes two calls, SendWalletOTP and CreateWalletPayin")
	case !strings.HasPrefix(mm.Phone, o.DialCode):
		return c.t.Invalid(op, "MobileMoney.Phone", "is not a number of MobileMoney.Operator's country")
	case o.Mode == ModeUSSDOTP && mm.OTP == "":
		return c.t.Invalid(op, "MobileMoney.OTP", "the operator wants the code that the customer gets by dialling")
	case o.Mode != ModeUSSDOTP && mm.OTP != "":
		return c.t.Invalid(op, "MobileMoney.OTP", "the operator takes no one-time code")
	}
	return nil
}

// Language is one that Instructions are written in.
type Language string

const (
	French  Language = "fr"
	English Language = "en"
)

// instructions say what to tell the customer. %[1]s is the code to dial in
// words, %[2]s the PIN.
var instructions = map[Language]map[Mode]string{
	French: {
		ModeUSSDPush:      "Validez le paiement sur votre téléphone. Vous allez recevoir une demande USSD à approuver avec votre %[2]s.",
		ModeUSSDOTP:       "Composez %[1]s sur votre téléphone, puis saisissez ici le code reçu. Il n’est valable que peu de temps.",
		ModeGuidedUSSD:    "Composez %[1]s sur votre téléphone et confirmez avec votre %[2]s.",
		ModeSMSOTP:        "Un code vous est envoyé par SMS. Saisissez-le ici.",
		ModeLigdiCashPage: "Vous allez être dirigé vers une page LigdiCash, où votre numéro est déjà rempli. Confirmez-y le paiement.",
		ModeOperatorPage:  "Vous allez être dirigé vers la page de votre opérateur. Si vous n’êtes pas ramené ici après le paiement, le résultat nous parviendra quand même.",
	},
	English: {
		ModeUSSDPush:      "Confirm the payment on your phone. A USSD request will appear: approve it with your %[2]s.",
		ModeUSSDOTP:       "Dial %[1]s on your phone, then type the code you get here. It is valid for a short time only.",
		ModeGuidedUSSD:    "Dial %[1]s on your phone and confirm with your %[2]s.",
		ModeSMSOTP:        "A code is on its way to you by SMS. Type it here.",
		ModeLigdiCashPage: "You will be sent to a LigdiCash page where your number is filled in. Confirm the payment there.",
		ModeOperatorPage:  "You will be sent to your operator's page. If it does not bring you back after paying, we will get the result all the same.",
	},
}

// words that stand in an instruction: the PIN without and with the operator's
// name for it, and what to dial when only the SMS says it.
var words = map[Language]struct{ pin, pinOf, sms string }{
	French:  {"code PIN mobile money", "code PIN %s", "le code indiqué par le SMS que vous allez recevoir"},
	English: {"mobile-money PIN", "%s PIN", "the code named in the SMS you are about to get"},
}

// Instructions returns what to tell the customer while the payment is pending,
// or, in ModeUSSDOTP, before it is created. Keep a waiting state afterwards: the
// prompt comes within seconds, the result may take minutes. A language other than French is
// answered in English; a Mode that is not known gives "".
func (o Operator) Instructions(l Language) string {
	if l != French {
		l = English
	}
	template, ok := instructions[l][o.Mode]
	if !ok {
		return ""
	}
	w := words[l]
	dial, pin := o.Dial, w.pin
	if dial == "" {
		dial = w.sms
	}
	if o.PIN != "" {
		pin = fmt.Sprintf(w.pinOf, o.PIN)
	}
	return strings.NewReplacer("%[1]s", dial, "%[2]s", pin).Replace(template)
}
