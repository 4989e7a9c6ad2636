package toy

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/fake"
	"github.com/guichetpay/guichet/internal/suite/contract"
)

// fakeToy keeps orders in memory.
type fakeToy struct {
	*fake.Server
	mu     sync.Mutex
	orders map[string]*contract.Order
}

func newFake() contract.Fake {
	f := &fakeToy{orders: map[string]*contract.Order{}}
	f.Server = fake.Start(http.HandlerFunc(f.serve), func(*http.Request) bool { return true })
	return f
}

func (f *fakeToy) Options() []guichet.Option {
	return []guichet.Option{guichet.WithBaseURL(f.URL + "/v1")}
}
func (f *fakeToy) Pay(id string) error  { return f.set(id, "paid") }
func (f *fakeToy) Fail(id string) error { return f.set(id, "refused") }

func (f *fakeToy) set(id, word string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.orders[id] == nil {
		return errors.New("unknown id")
	}
	f.orders[id].Word = word
	return nil
}

func (f *fakeToy) serve(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if r.Method == http.MethodPost {
		var body struct {
			Order    string
			Amount   json.Number
			Currency guichet.Currency
		}
		json.NewDecoder(r.Body).Decode(&body)
		amount, _ := guichet.ParseMoney(body.Amount.String(), body.Currency)
		o := &contract.Order{ID: fake.NewID(len(f.orders) + 1), Reference: body.Order, Amount: amount, Word: "open", CheckoutURL: "https://toy.example/checkout"}
		f.orders[o.ID] = o
		io.WriteString(w, JSON(*o))
		return
	}
	if o := f.orders[r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]]; o != nil {
		io.WriteString(w, JSON(*o))
		return
	}
	w.WriteHeader(http.StatusNotFound)
}
