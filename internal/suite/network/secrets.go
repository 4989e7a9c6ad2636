package network

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/guichetpay/guichet/internal/suite/scripted"
)

// leaks looks for the secrets in every printed form of an error and of all that
// it wraps, and in what it keeps of the answer. private is not to be printed, but
// an answer may hold it. leaks returns what it found, and how many forms it looked
// at.
func leaks(err error, secrets []string, private string) (found []string, looked int) {
	for _, node := range scripted.Chain(err) {
		if _, isURL := node.(*url.Error); isURL {
			found = append(found, "the chain of the error holds a *url.Error")
		}
		var forms []string
		for _, p := range scripted.Printings(node, true) {
			forms = append(forms, p.Text)
		}
		looked += len(forms)
		if text := strings.Join(forms, "\n"); private != "" && strings.Contains(text, private) {
			found = append(found, fmt.Sprintf("a printed form of %T shows the payment's id", node))
		}
		if e, ok := node.(interface{ Raw() []byte }); ok {
			forms = append(forms, string(e.Raw()))
		}
		for _, form := range forms {
			for _, secret := range secrets {
				if scripted.Shows(form, secret) {
					found = append(found, fmt.Sprintf("a printed form of %T shows a secret", node))
				}
			}
		}
	}
	return found, looked
}
