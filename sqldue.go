package guichet

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// mostUnreadable is how many rows the error of Due names; the others are counted.
const mostUnreadable = 100

// Due returns the attempts whose time has come; see Ledger.
func (l *SQLLedger) Due(ctx context.Context, q DueQuery) ([]Attempt, error) {
	if err := l.ready(ctx, "Due"); err != nil {
		return nil, err
	}
	page := &duePage{ledger: l, skip: q.Skip, room: q.limit()}
	err := page.read(ctx, "due_at <= ?", sqlTime(q.Now))
	if ahead := q.Horizon; err == nil && !ahead.IsZero() {
		if ahead.Before(q.Now) { // those up to now have been read
			ahead = q.Now
		}
		err = page.read(ctx, "due_at > ?", sqlTime(ahead))
	}
	if err != nil {
		return nil, err
	}
	return page.attempts, page.unreadable()
}

// duePage collects the readable rows, as many as there is room for. Without reading on
// beyond those that cannot be read, a few of them, which stay due for ever, would keep
// every other attempt from being asked about.
type duePage struct {
	ledger   *SQLLedger
	skip     []string
	room     int
	attempts []Attempt
	errs     []error
	skipped  int // unreadable rows that errs does not name
}

// read adds the rows of one range of due_at. The two ranges are read one after the other
// because an OR of both would walk through everything that lies between them.
func (p *duePage) read(ctx context.Context, due string, limit sqlTime) error {
	var none Attempt
	statement := `SELECT ` + strings.Join(columnNames(sqlColumns(&none)), ", ") + ` FROM guichet_attempts
		WHERE ` + due + ` AND state IN (` + sqlKnownStates + `)`
	args := []any{&limit}
	if len(p.skip) > 0 {
		statement += ` AND provider NOT IN (` + questions(len(p.skip)) + `)`
		for _, name := range p.skip {
			args = append(args, name)
		}
	}
	from := "" // the row to go on behind
	for p.room > 0 {
		rows, err := p.ledger.db.QueryContext(ctx, p.ledger.dialect.write(statement+from+` ORDER BY due_at, reference LIMIT ?`), append(slices.Clip(args), p.room)...)
		if err != nil {
			return sqlError("Due", "", err)
		}
		asked, got := p.room, 0
		var last Attempt
		for rows.Next() {
			got++
			last, err = readRow("Due", rows.Scan)
			if err != nil && !errors.Is(err, ErrUnreadable) {
				rows.Close()
				return err
			}
			p.add(last, err)
		}
		rows.Close()
		if err := rows.Err(); err != nil {
			return sqlError("Due", "", err)
		}
		if got < asked {
			return nil
		}
		if from == "" {
			from = ` AND (due_at, reference) > (?, ?)`
			args = append(args, nil, nil)
		}
		at := sqlTime(last.DueAt)
		args[len(args)-2], args[len(args)-1] = &at, last.Reference
	}
	return nil
}

func (p *duePage) add(a Attempt, err error) {
	switch {
	case err == nil:
		p.attempts, p.room = append(p.attempts, a), p.room-1
	case len(p.errs) < mostUnreadable:
		p.errs = append(p.errs, err)
	default:
		p.skipped++
	}
}

// unreadable is nil when all rows were read.
func (p *duePage) unreadable() error {
	if p.skipped > 0 {
		p.errs = append(p.errs, fmt.Errorf("and %d more", p.skipped))
	}
	return errors.Join(p.errs...)
}

// questions is as many parameters as there are values.
func questions(n int) string { return strings.TrimSuffix(strings.Repeat("?, ", n), ", ") }
