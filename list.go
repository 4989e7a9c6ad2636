package guichet

import (
	"context"
	"fmt"
	"iter"
	"log/slog"
)

// ListParams chooses one page of List.
type ListParams struct {
	Limit  int    // payments per page, 1 to 100; 0: the provider's default; else ErrInvalidRequest
	Cursor string // Page.Next of the page before; empty: the first page
}

// Page is one page of payments.
type Page struct {
	Payments []*Payment
	Next     string // the cursor of the next page, opaque; empty: this is the last
	Skipped  int    // rows left out because they could not be read; above 0 List returns ErrBadResponse beside the page
}

// Format prints how many payments there are, and none of them.
func (p Page) Format(s fmt.State, _ rune) {
	fmt.Fprintf(s, "Page{Payments:%d Skipped:%d Last:%t}", len(p.Payments), p.Skipped, p.Next == "")
}

// LogValue is what slog shows of the page; see Format. A slice of payments has no
// such guard: slog's JSON handler writes its payments whole, ids and links too.
func (p Page) LogValue() slog.Value {
	return slog.GroupValue(slog.Int("payments", len(p.Payments)), slog.Int("skipped", p.Skipped), slog.Bool("last", p.Next == ""))
}

// maxPages ends a walk through a list that never does.
const maxPages = 1_000_000

const (
	mostStale = 3   // pages of payments that have all been seen
	mostEmpty = 100 // pages in a row without any: payouts may fill some, and are no payments
)

// All walks every payment from params.Cursor on, fetching page after page. A
// failure is yielded once, with a nil payment, says at which page it happened,
// and ends the walk; breaking out of the loop ends it too.
//
// Rows that could not be read do not end it: the others are yielded, and one
// ErrBadResponse comes at the end. Until that is known not to come, no payment may
// be called missing.
//
// A payment that slides from one page to the next while the walk goes on is
// yielded once. A list that comes back to a cursor it has given before, or that goes
// on without a new payment, ends with ErrBadResponse. Memory is bounded by three
// pages, whatever the length.
func All(ctx context.Context, c Client, params ListParams) iter.Seq2[*Payment, error] {
	return func(yield func(*Payment, error) bool) {
		if c == nil {
			yield(nil, &Error{Op: "All", Kind: ErrInvalidRequest, Message: "the client is nil"})
			return
		}
		params := params // the walk may be made again, from the start
		var skipped error
		var previous, marked map[string]bool // ids of the page before, and of page 2^n
		var mark string                      // the cursor of page 2^n, for Brent's cycle detection
		stale, empty := 0, 0
		for page, nextMark := 1, 1; ; page++ {
			got, err := c.List(ctx, params)
			switch {
			case err != nil && (got == nil || got.Skipped == 0):
				yield(nil, fmt.Errorf("page %d: %w", page, err))
				return
			case err != nil && skipped == nil:
				skipped = fmt.Errorf("page %d: %w", page, err)
			case got == nil:
				yield(nil, listError(page, "no page and no error"))
				return
			}
			seen := make(map[string]bool, len(got.Payments))
			fresh := false
			for _, p := range got.Payments {
				if p == nil {
					continue
				}
				seen[p.ID] = true // also when it is skipped: it may slide on
				if p.ID != "" && previous[p.ID] {
					continue
				}
				fresh = fresh || !marked[p.ID]
				if !yield(p, nil) {
					return
				}
			}
			if got.Next == "" {
				if skipped != nil {
					yield(nil, skipped)
				}
				return
			}
			switch {
			case len(seen) == 0:
				empty++
			case !fresh:
				stale++
			default:
				empty = 0
			}
			if got.Next == params.Cursor || got.Next == mark || stale == mostStale || empty == mostEmpty || page == maxPages {
				yield(nil, listError(page, "the list does not end"))
				return
			}
			if page == nextMark {
				mark, marked, nextMark = got.Next, seen, 2*nextMark
			}
			previous, params.Cursor = seen, got.Next
		}
	}
}

func listError(page int, message string) error {
	return &Error{Op: "All", Kind: ErrBadResponse, Message: fmt.Sprintf("page %d: %s", page, message)}
}
