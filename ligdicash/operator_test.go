package ligdicash_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet/ligdicash"
)

func TestOperatorTable(t *testing.T) {
	dial := map[string]string{"TG": "+228", "BJ": "+229", "BF": "+226", "CI": "+225", "ML": "+223", "NE": "+227", "GN": "+224", "CD": "+243", "SN": "+221", "": ""}
	ids, names := map[string]bool{}, map[string]bool{}
	all := slices.Collect(ligdicash.Operators())
	assert.Len(t, all, 23)
	for _, o := range all {
		assert.Equal(t, dial[o.Country], o.DialCode, o.Brand)
		assert.True(t, strings.HasPrefix("+"+o.NumberFormat, o.DialCode) || o.NumberFormat == "", o.Name)
		assert.NotEmpty(t, o.Brand)
		assert.True(t, o.Max == 0 || o.Min < o.Max)
		assert.Equal(t, o.ID == "" && o.Country != "", o.Observed, "%s: what LigdiCash lists has an id", o.Brand)
		if o.Mode == ligdicash.ModeUSSDOTP {
			assert.NotEmpty(t, o.Dial)
		}
		if o.ID != "" {
			assert.False(t, ids[o.ID] || names[o.Name], "%s is there twice", o.Name)
			ids[o.ID], names[o.Name] = true, true
			byID, ok := ligdicash.OperatorByID(o.ID)
			assert.True(t, ok)
			assert.Equal(t, o, byID)
			byName, ok := ligdicash.OperatorByName(strings.ToLower(o.Name))
			assert.True(t, ok)
			assert.Equal(t, o, byName)
		}
		assert.Equal(t, o.Country != "", slices.Contains(ligdicash.OperatorsIn(o.Country), o))
		for _, l := range []ligdicash.Language{ligdicash.French, ligdicash.English} {
			text := o.Instructions(l)
			assert.NotEmpty(t, text)
			assert.NotContains(t, text, "%")
			assert.Equal(t, o.Dial != "" && o.Mode != ligdicash.ModeUSSDPush, strings.Contains(text, "#"), text)
		}
	}
	for _, empty := range []string{"", "?", "999"} {
		_, ok := ligdicash.OperatorByID(empty)
		assert.False(t, ok)
		_, ok = ligdicash.OperatorByName(empty)
		assert.False(t, ok)
		assert.Empty(t, ligdicash.OperatorsIn(empty))
	}
}

func TestInstructions(t *testing.T) {
	of := func(id string) ligdicash.Operator {
		o, ok := ligdicash.OperatorByID(id)
		require.True(t, ok)
		return o
	}
	assert.Equal(t, "Validez le paiement sur votre téléphone. Vous allez recevoir une demande USSD à approuver avec votre code PIN Mixx by Yas.", of("3").Instructions(ligdicash.French))
	assert.Equal(t, "Confirm the payment on your phone. A USSD request will appear: approve it with your Mixx by Yas PIN.", of("3").Instructions("xx"))
	assert.Contains(t, of("11").Instructions(ligdicash.French), "*144*4*6#")
	assert.Contains(t, of("15").Instructions(ligdicash.English), "*133#")
	assert.Contains(t, ligdicash.Operator{Mode: ligdicash.ModeGuidedUSSD}.Instructions(ligdicash.English), "the code named in the SMS")
	assert.Empty(t, ligdicash.Operator{}.Instructions(ligdicash.French))
}
