package lomi_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/lomi"
)

// walk collects what All yields of a client's refunds.
func walk(t *testing.T, client *lomi.Client, most int) (ids []string, err error) {
	t.Helper()
	for refund, failure := range lomi.All(func(cursor string) (*lomi.Page[lomi.Refund], error) {
		return client.ListRefunds(t.Context(), lomi.RefundFilter{Cursor: cursor})
	}) {
		require.NoError(t, err, "an error is the last")
		if failure != nil {
			assert.Nil(t, refund)
			err = failure
			continue
		}
		if ids = append(ids, refund.ID); len(ids) == most {
			return ids, err
		}
	}
	return ids, err
}

func refundsPage(next string, ids ...string) string {
	rows := ""
	for _, id := range ids {
		rows += fmt.Sprintf(`,{"refund_id":%q}`, id)
	}
	if rows != "" {
		rows = rows[1:]
	}
	return fmt.Sprintf(`{"data":[%s],"has_more":%t,"next_cursor":%q}`, rows, next != "", next)
}

func TestAll(t *testing.T) {
	t.Run("page after page, and the walk again from the start", func(t *testing.T) {
		client, lomiMock := newMock(t, config(), text(200, refundsPage("n1", "a", "b")), text(200, refundsPage("n2")), text(200, refundsPage("", "c")),
			text(200, refundsPage("", "d")))
		refunds := lomi.All(func(cursor string) (*lomi.Page[lomi.Refund], error) {
			return client.ListRefunds(t.Context(), lomi.RefundFilter{Status: "pending", Cursor: cursor})
		})
		for _, want := range []string{"abc", "d"} {
			got := ""
			for refund, err := range refunds {
				require.NoError(t, err)
				got += refund.ID
			}
			assert.Equal(t, want, got)
		}
		assert.Equal(t, "/refunds?cursor=n2&status=pending", lomiMock.All()[2].URL.RequestURI())
		assert.Equal(t, "/refunds?status=pending", lomiMock.All()[3].URL.RequestURI())
	})
	t.Run("leaving the loop ends the walk", func(t *testing.T) {
		client, lomiMock := newMock(t, config(), text(200, refundsPage("n1", "a", "b")))
		ids, err := walk(t, client, 1)
		require.NoError(t, err)
		assert.Equal(t, []string{"a"}, ids)
		lomiMock.One(t)
	})
	t.Run("an item that slides to the next page comes once", func(t *testing.T) {
		client, _ := newMock(t, config(), text(200, refundsPage("n1", "a", "b")), text(200, refundsPage("", "b", "c")))
		ids, err := walk(t, client, 0)
		require.NoError(t, err)
		assert.Equal(t, []string{"a", "b", "c"}, ids)
	})
	t.Run("a failure names its page", func(t *testing.T) {
		client, _ := newMock(t, config(), text(200, refundsPage("n1", "a")), text(404, ""))
		ids, err := walk(t, client, 0)
		assert.Equal(t, []string{"a"}, ids)
		require.ErrorIs(t, err, guichet.ErrNotFound)
		assert.ErrorContains(t, err, "page 2: ")
	})
	for name, first := range map[string]string{
		"cannot be read":    `{"data":[{"refund_id":"a"},{"refund_id":7}],"has_more":true,"next_cursor":"n1"}`,
		"cannot be reached": `{"data":[{"refund_id":"a"}],"has_more":true}`,
	} {
		t.Run("items that "+name+" are said at the end", func(t *testing.T) {
			client, _ := newMock(t, config(), text(200, first), text(200, refundsPage("", "b")))
			ids, err := walk(t, client, 0)
			require.ErrorIs(t, err, guichet.ErrBadResponse)
			assert.ErrorContains(t, err, "page 1: ")
			assert.Contains(t, ids, "a")
			assert.Equal(t, name == "cannot be read", len(ids) == 2, "the walk goes on where it can")
		})
	}
	t.Run("a list that does not end", func(t *testing.T) {
		page, cursors := 0, []string{"x", "y"}
		for name, next := range map[string]func() (*lomi.Page[lomi.Refund], error){
			"the same cursor": func() (*lomi.Page[lomi.Refund], error) {
				return &lomi.Page[lomi.Refund]{Items: make([]lomi.Refund, 1), Next: "x"}, nil
			},
			"two cursors in turn": func() (*lomi.Page[lomi.Refund], error) {
				return &lomi.Page[lomi.Refund]{Items: make([]lomi.Refund, 1), Next: cursors[page%2]}, nil
			},
			"empty pages": func() (*lomi.Page[lomi.Refund], error) {
				return &lomi.Page[lomi.Refund]{Next: fmt.Sprint(page)}, nil
			},
		} {
			page = 0
			var last error
			for _, err := range lomi.All(func(string) (*lomi.Page[lomi.Refund], error) { page++; return next() }) {
				last = err
			}
			assert.ErrorIs(t, last, guichet.ErrBadResponse, name)
			assert.LessOrEqual(t, page, 100, name)
		}
	})
	t.Run("the same items under new cursors", func(t *testing.T) {
		client, lomiMock := newMock(t, config(), text(200, refundsPage("n1", "a")), text(200, refundsPage("n2", "a")), text(200, refundsPage("n3", "a")),
			text(200, refundsPage("n4", "a")), text(200, refundsPage("n5", "a")))
		ids, err := walk(t, client, 0)
		require.ErrorIs(t, err, guichet.ErrBadResponse)
		assert.Equal(t, []string{"a"}, ids)
		assert.Len(t, lomiMock.All(), 4)
	})
	t.Run("lists that are none", func(t *testing.T) {
		for _, err := range lomi.All[lomi.Refund](nil) {
			assert.ErrorIs(t, err, guichet.ErrInvalidRequest)
		}
		for _, err := range lomi.All(func(string) (*lomi.Page[lomi.Refund], error) { return nil, nil }) {
			assert.ErrorIs(t, err, guichet.ErrBadResponse)
		}
		odd := errors.New("odd")
		for _, err := range lomi.All(func(string) (*lomi.Page[lomi.Refund], error) { return nil, odd }) {
			assert.ErrorIs(t, err, odd)
		}
	})
}
