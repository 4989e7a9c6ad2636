package input

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/guichetpay/guichet/internal/strictjson"
	"github.com/guichetpay/guichet/internal/suite/contract"
)

// network is a provider on a loopback socket, so that what is looked at is what
// a server reads and not what a client meant, and the only way out: a dialer that
// goes nowhere else.
type network struct {
	URL  string
	http *http.Client

	server    *http.Server
	transport *http.Transport

	mu       sync.Mutex
	seen     []sent
	problems []string
}

// sent is one request as the server read it, taken apart: each place of it that
// can hold a value, and the value.
type sent map[string]string

// separator stands between the segments of a path, which cannot hold one: an
// escaped slash is a part of its segment.
const separator = "\x00"

// twoCases is set where two members of one object differ by case alone.
const twoCases = "names that differ by case alone"

func newNetwork(h contract.Harness) *network {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic("input: no loopback port: " + err.Error())
	}
	n := &network{URL: "http://" + l.Addr().String()}
	n.server = &http.Server{ErrorLog: log.New(io.Discard, "", 0), Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n.keep(r)
		w.Header().Set("Content-Type", "application/json")
		status, body := h.Answer(r, h.Order())
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	})}
	go func() { _ = n.server.Serve(l) }()
	n.transport = &http.Transport{DialContext: func(ctx context.Context, kind, address string) (net.Conn, error) {
		if address != l.Addr().String() {
			n.problem("a connection to " + strconv.Quote(address))
			return nil, errors.New("nothing else is reachable")
		}
		return new(net.Dialer).DialContext(ctx, kind, address)
	}}
	n.http = &http.Client{Transport: n.transport}
	return n
}

func (n *network) close() {
	n.transport.CloseIdleConnections()
	n.server.Close()
}

func (n *network) problem(text string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.problems = append(n.problems, text)
}

// take returns what was seen since the last call, and what went wrong.
func (n *network) take() (seen []sent, problems []string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	seen, problems = n.seen, n.problems
	n.seen, n.problems = nil, nil
	return seen, problems
}

func (n *network) keep(r *http.Request) {
	s, err := takeApart(r)
	if err != nil {
		n.problem(err.Error())
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.seen = append(n.seen, s)
}

// takeApart reads a request as a careful server does.
func takeApart(r *http.Request) (sent, error) {
	s := sent{"method": r.Method, "host": r.Host}

	path, query, _ := strings.Cut(r.RequestURI, "?")
	segments := strings.Split(path, "/")
	for i, escaped := range segments {
		plain, err := url.PathUnescape(escaped)
		if err != nil {
			return s, fmt.Errorf("the path %q is broken", r.RequestURI)
		}
		// Sent as it is, and still another address: a server takes it for a step.
		if plain == "." || plain == ".." || (plain == "" && i > 0 && i < len(segments)-1) {
			return s, fmt.Errorf("the path %q has a step in it", r.RequestURI)
		}
		segments[i] = plain
	}
	s["path"] = strings.Join(segments, separator)

	if query != "" {
		for pair := range strings.SplitSeq(query, "&") {
			name, value, _ := strings.Cut(pair, "=")
			name, nameErr := url.QueryUnescape(name)
			value, err := url.QueryUnescape(value)
			if err != nil || nameErr != nil {
				return s, fmt.Errorf("the query %q is broken", query)
			}
			s.put("query "+name, value)
		}
	}
	for name, all := range r.Header {
		if name == "Content-Length" { // follows from the body
			continue
		}
		for _, value := range all {
			s.put("header "+name, value)
		}
	}

	body, err := io.ReadAll(r.Body)
	if err != nil {
		return s, errors.New("the body breaks off")
	}
	if len(body) == 0 {
		return s, nil
	}
	if err := strictjson.Sendable(body); err != nil {
		return s, errors.New(strictjson.Sentence("the body", err))
	}
	if strictjson.Check(body) == strictjson.ErrTwice {
		s[twoCases] = "there"
	}
	var v any
	numbers := json.NewDecoder(strings.NewReader(string(body)))
	numbers.UseNumber()
	if err := numbers.Decode(&v); err != nil || numbers.More() {
		return s, errors.New("the body is not one JSON value")
	}
	s.members("body", v)
	return s, nil
}

// put keeps a value, and a second one under the same name beside it.
func (s sent) put(name, value string) {
	for i := 0; ; i++ {
		numbered := name
		if i > 0 {
			numbered += " again " + strconv.Itoa(i)
		}
		if _, taken := s[numbered]; !taken {
			s[numbered] = value
			return
		}
	}
}

// Kinds of JSON values; the rest of the text is the value itself.
const (
	isText   = "text "
	isNumber = "number "
)

func (s sent) members(at string, v any) {
	switch v := v.(type) {
	case map[string]any:
		s[at] = "object"
		for name, member := range v {
			s.members(at+separator+name, member)
		}
	case []any:
		s[at] = "array of " + strconv.Itoa(len(v))
		for i, item := range v {
			s.members(at+separator+strconv.Itoa(i), item)
		}
	case string:
		s[at] = isText + v
	case json.Number:
		s[at] = isNumber + string(v)
	default:
		s[at] = fmt.Sprint(v)
	}
}

// with returns the request as it is with another text in place of mark, in
// values and in names.
func (s sent) with(mark, text string) sent {
	other := make(sent, len(s))
	for place, value := range s {
		other[strings.ReplaceAll(place, mark, text)] = strings.ReplaceAll(value, mark, text)
	}
	return other
}

// holds reports whether mark is anywhere in the request.
func (s sent) holds(mark string) bool {
	for place, value := range s {
		if strings.Contains(place, mark) || strings.Contains(value, mark) {
			return true
		}
	}
	return false
}

// differs says where s is not what was wanted; "" if it is, byte for byte.
func (s sent) differs(want sent) string {
	places := maps.Clone(want)
	maps.Copy(places, s)
	for _, place := range slices.Sorted(maps.Keys(places)) {
		got, there := s[place]
		wanted, expected := want[place]
		switch {
		case !expected:
			return fmt.Sprintf("%s is new: %s", short(place), short(got))
		case !there:
			return fmt.Sprintf("%s is missing: %s", short(place), short(wanted))
		case got != wanted:
			return fmt.Sprintf("%s is %s, not %s", short(place), short(got), short(wanted))
		}
	}
	return ""
}

func short(text string) string {
	if len(text) > 80 {
		return fmt.Sprintf("%.80q and %d bytes more", text, len(text)-80)
	}
	return strconv.Quote(text)
}
