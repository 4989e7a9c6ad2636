package fake

import (
	"html/template"
	"net/http"
)

// Page is the hosted checkout page of a fake: what a customer would see.
type Page struct {
	Provider string // "Lygos"
	Shop     string
	Order    string
	Amount   string // "5000 XOF"
	Action   string // the path that the two buttons post to, with choix=payer or choix=refuser
	Done     string // non-empty: the outcome, instead of the buttons
	Back     string // non-empty: where to go on to
}

var page = template.Must(template.New("page").Parse(`<!doctype html>
<html lang="fr">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Paiement {{.Provider}} (simulateur)</title></head>
<body style="font-family:sans-serif;max-width:28rem;margin:3rem auto">
<h1>{{.Provider}} <small>simulateur</small></h1>
<p>{{.Shop}}</p>
<p>Commande <b>{{.Order}}</b> : <b>{{.Amount}}</b></p>
{{if .Done}}<p><b>{{.Done}}</b></p>{{if .Back}}<p><a href="{{.Back}}">Retour à la boutique</a></p>{{end}}
{{else}}<form method="post" action="{{.Action}}">
<button name="choix" value="payer">Payer</button>
<button name="choix" value="refuser">Refuser</button>
</form>{{end}}
<p><small>Aucun argent n’est échangé.</small></p>
</body>
</html>
`))

// Show writes the page.
func (p Page) Show(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	page.Execute(w, p)
}
