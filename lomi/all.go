package lomi

import (
	"fmt"
	"iter"

	"github.com/guichetpay/guichet"
)

// Bounds of a walk through a list that does not end.
const (
	maxPages = 100_000
	maxStale = 3   // pages in a row that hold only items of the page before them
	maxEmpty = 100 // pages in a row without any item
)

// All walks every item of a native list, page after page. list asks for the page at a
// cursor, which is "" for the first one:
//
//	lomi.All(func(cursor string) (*lomi.Page[lomi.Refund], error) {
//		return client.ListRefunds(ctx, lomi.RefundFilter{Status: "pending", Cursor: cursor})
//	})
//
// A failure is yielded once, with a nil item, says at which page it happened, and ends
// the walk; breaking out of the loop ends it too. Where items are missing, because they
// could not be read ([Page.Skipped]) or cannot be reached ([Page.Cut]), the others are
// yielded, and one [guichet.ErrBadResponse] comes at the end: an item that was not
// yielded may exist all the same. An item that slides from one page to the next is
// yielded once. A list that does not end is [guichet.ErrBadResponse].
func All[T any](list func(cursor string) (*Page[T], error)) iter.Seq2[*T, error] {
	return func(yield func(*T, error) bool) {
		if list == nil {
			yield(nil, &guichet.Error{Provider: provider, Op: "All", Kind: guichet.ErrInvalidRequest, Message: "list: is nil"})
			return
		}
		var missing error
		var previous map[string]bool // ids of the page before
		asked := map[string]bool{}   // digests of the cursors
		stale, empty := 0, 0
		cursor := ""
		for number := 1; ; number++ {
			p, err := list(cursor)
			switch {
			case err != nil && (p == nil || p.Skipped == 0):
				yield(nil, fmt.Errorf("page %d: %w", number, err))
				return
			case p == nil:
				yield(nil, walkError(number, "no page and no error"))
				return
			case missing != nil:
			case err != nil:
				missing = fmt.Errorf("page %d: %w", number, err)
			case p.Cut:
				missing = walkError(number, "there are more items, and lomi. gives no way to them")
			}
			ids := make(map[string]bool, len(p.Items))
			fresh := false
			for i := range p.Items {
				item := &p.Items[i]
				id := p.idOf(item)
				if ids[id] = true; id != "" && previous[id] {
					continue
				}
				fresh = true
				if !yield(item, nil) {
					return
				}
			}
			if p.Next == "" {
				if missing != nil {
					yield(nil, missing)
				}
				return
			}
			switch {
			case len(p.Items) == 0:
				empty++
			case !fresh:
				stale++
			default:
				stale, empty = 0, 0
			}
			next := digest([]byte(p.Next))
			if asked[next] || stale == maxStale || empty == maxEmpty || number == maxPages {
				yield(nil, walkError(number, "the list does not end"))
				return
			}
			asked[next] = true
			cursor, previous = p.Next, ids
		}
	}
}

func walkError(page int, message string) error {
	return &guichet.Error{Provider: provider, Op: "All", Kind: guichet.ErrBadResponse, Message: fmt.Sprintf("page %d: %s", page, message)}
}
