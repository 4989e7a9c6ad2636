package strictjson

import "fmt"

const (
	// MaxRows is how many items one page of a list may have. No provider sends more.
	MaxRows = 100
	// MaxSkipped is how many items that cannot be read are left out before the whole
	// list is given up.
	MaxSkipped = 100
)

// Rows gathers the items of a list. One odd item must not lose the others, and must
// not go unsaid either: whoever concludes that a payment does not exist needs
// Skipped to be 0.
type Rows[T any] struct {
	Most    int // items at most; 0: MaxRows
	Items   []T
	Skipped int

	first error // that an item gave
}

// Add adds what reading one item came to. Its own error ends the list: there are too
// many items, or too many that cannot be read.
func (r *Rows[T]) Add(item T, err error) error {
	most := r.Most
	if most == 0 {
		most = MaxRows
	}
	if len(r.Items)+r.Skipped == most {
		return ErrManyItems
	}
	if err == nil {
		r.Items = append(r.Items, item)
		return nil
	}
	if r.first == nil {
		r.first = err
	}
	if r.Skipped++; r.Skipped > MaxSkipped {
		return ErrBadRows
	}
	return nil
}

// Err is nil when every item was read.
func (r *Rows[T]) Err() error {
	if r.Skipped == 0 {
		return nil
	}
	return fmt.Errorf("%d of the list's %d items cannot be read and are left out; the first of them: %s",
		r.Skipped, len(r.Items)+r.Skipped, Sentence("it", r.first))
}
