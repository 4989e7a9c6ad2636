//go:build unix

package ledger

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/suite/scripted"
)

// processTask is what a copy of this test program does instead of testing; its JSON is
// in the environment variable of this name.
type processTask struct {
	Dialect        guichet.Dialect
	Driver, Source string
	Orders         int
	Hang           string // a reference: deliver it, and stay within deliver for ever
}

const taskVariable = "GUICHET_LEDGER_TASK"

func init() { runTask = doTask }

// doTask does the task, if there is one, and reports whether there was.
func doTask() (bool, error) {
	text := os.Getenv(taskVariable)
	if text == "" {
		return false, nil
	}
	var task processTask
	if err := json.Unmarshal([]byte(text), &task); err != nil {
		return true, err
	}
	d := database{task.Dialect, task.Driver, task.Source, ""}
	db, err := d.connect()
	if err != nil {
		return true, err
	}
	defer db.Close()
	db.SetMaxOpenConns(1) // eight processes are many connections already
	l, err := guichet.NewSQLLedger(db, d.dialect)
	if err != nil {
		return true, err
	}
	if task.Hang != "" {
		return true, hang(l, task.Hang)
	}
	return true, (&shop{d, l}).sell(task.Orders)
}

// start runs a copy of this test program with a task.
func start(t *testing.T, d database, task processTask) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	task.Dialect, task.Driver, task.Source = d.dialect, d.driver, d.source
	text, err := json.Marshal(task)
	require.NoError(t, err)
	program, err := os.Executable()
	require.NoError(t, err)
	c := exec.Command(program)
	c.Env = append(os.Environ(), taskVariable+"="+string(text))
	out := new(bytes.Buffer)
	c.Stderr = out
	return c, out
}

// shop is one process of a shop: it takes every order from where it finds it to its
// delivery, beside others that do the same.
type shop struct {
	database database
	ledger   *guichet.SQLLedger
}

const leaseTime = 500 * time.Millisecond

func (s *shop) sell(orders int) error {
	open := mathrand.Perm(orders)
	failures := 0
	for len(open) > 0 {
		var left []int
		for _, order := range open {
			ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
			done, err := s.step(ctx, fmt.Sprintf("order-%d", order))
			cancel()
			switch {
			case err == nil, errors.Is(err, guichet.ErrStale), errors.Is(err, guichet.ErrOrderHeld), errors.Is(err, errShop):
				failures = 0
			default:
				if failures++; failures > 20 {
					return fmt.Errorf("order %d: %w", order, err)
				}
			}
			if !done {
				left = append(left, order)
			}
		}
		if open = left; len(open) > 0 {
			time.Sleep(10 * time.Millisecond) // for the leases of processes that were killed
		}
	}
	return nil
}

var errShop = errors.New("the shop's own failure")

// step takes an order as far as it can, and reports whether it is delivered.
func (s *shop) step(ctx context.Context, orderID string) (done bool, err error) {
	now, err := s.ledger.Now(ctx)
	if err != nil {
		return false, err
	}
	row, begun, err := s.ledger.Begin(ctx, guichet.Attempt{
		Reference: orderID + "-" + rand.Text(), OrderID: orderID, Provider: "lomi", State: guichet.AttemptCreating,
		Amount: guichet.NewMoney(5000, guichet.XOF), CreatedAt: now, LeaseUntil: now.Add(leaseTime), DueAt: now,
	})
	if err != nil {
		return false, err
	}
	if !begun && row.State == guichet.AttemptCreating {
		if now.After(row.LeaseUntil) { // whoever began it is dead
			row.State = guichet.AttemptClosed
			_, err = s.ledger.Save(ctx, row)
		}
		return false, err
	}
	if row.State == guichet.AttemptCreating {
		row.State, row.PaymentID = guichet.AttemptOpen, "payment-"+row.Reference
		if row, err = s.ledger.Save(ctx, row); err != nil {
			return false, err
		}
	}
	if row.State == guichet.AttemptOpen {
		row.State, row.Status = guichet.AttemptPaid, guichet.StatusSucceeded
		if row, err = s.ledger.Save(ctx, row); err != nil {
			return false, err
		}
	}
	if row.State == guichet.AttemptPaid {
		row, err = s.deliver(ctx, row)
	}
	return err == nil && row.State == guichet.AttemptDelivered, err
}

// deliver writes the shop's row; now and then it fails after that, or panics.
func (s *shop) deliver(ctx context.Context, row guichet.Attempt) (_ guichet.Attempt, err error) {
	defer func() {
		if recover() != nil {
			err = errShop
		}
	}()
	return s.ledger.Deliver(ctx, row, func(ctx context.Context) error {
		tx, ok := guichet.SQLTx(ctx)
		if !ok {
			return errors.New("no transaction")
		}
		if _, err := tx.ExecContext(ctx, s.database.placeholders(`INSERT INTO shop (order_id, reference) VALUES (?, ?)`), row.OrderID, row.Reference); err != nil {
			return err
		}
		switch mathrand.IntN(40) {
		case 0:
			return errShop
		case 1:
			panic(errShop)
		}
		return nil
	})
}

// Eight processes on one ledger are killed at random and started again. Every order is
// delivered once, with the shop's row written once, and no process is stuck.
func TestProcessesThatAreKilled(t *testing.T) {
	orders, processes, kills := 200, 4, 8
	if scripted.Long() {
		orders, processes, kills = 2000, 8, 60
	}
	eachDatabase(t, func(t *testing.T, d database) {
		l, db := d.ledger(t)
		_, err := db.ExecContext(t.Context(), `CREATE TABLE shop (order_id TEXT NOT NULL, reference TEXT NOT NULL)`)
		require.NoError(t, err)
		if d.dialect == guichet.SQLite {
			require.NoError(t, db.Close()) // the tests' own connection is out of the way
		}

		type ending struct {
			process int
			killed  bool
			err     error
			output  string
		}
		ended := make(chan ending)
		running := make([]*exec.Cmd, processes)
		run := func(process int) {
			c, out := start(t, d, processTask{Orders: orders})
			require.NoError(t, c.Start())
			running[process] = c
			go func() {
				err := c.Wait()
				status, _ := c.ProcessState.Sys().(syscall.WaitStatus)
				ended <- ending{process, status.Signaled() && status.Signal() == syscall.SIGKILL, err, out.String()}
			}()
		}
		for process := range processes {
			run(process)
		}
		alive, killed := processes, 0
		stuck := time.After(4 * time.Minute)
		for alive > 0 {
			var next <-chan time.Time
			if killed < kills {
				next = time.After(time.Duration(20+mathrand.IntN(80)) * time.Millisecond)
			}
			select {
			case <-next:
				if c := running[mathrand.IntN(processes)]; c != nil && c.Process.Kill() == nil {
					killed++
				}
			case end := <-ended:
				if end.killed {
					run(end.process)
					continue
				}
				running[end.process] = nil
				alive--
				assert.NoError(t, end.err, end.output)
			case <-stuck:
				for _, c := range running {
					if c != nil {
						c.Process.Kill()
					}
				}
				for range alive {
					<-ended
				}
				t.Fatalf("%d of %d processes are stuck", alive, processes)
			}
		}
		require.Greater(t, killed, kills/4, "too few processes were killed for this to prove anything")

		if d.dialect == guichet.SQLite {
			l, db = d.ledger(t)
		}
		written := map[string][]string{}
		rows, err := db.QueryContext(t.Context(), `SELECT order_id, reference FROM shop`)
		require.NoError(t, err)
		defer rows.Close()
		for rows.Next() {
			var order, reference string
			require.NoError(t, rows.Scan(&order, &reference))
			written[order] = append(written[order], reference)
		}
		require.NoError(t, rows.Err())
		rows.Close()
		require.Len(t, written, orders, "orders in the shop's table")
		attempts := 0
		for order := range orders {
			id := fmt.Sprintf("order-%d", order)
			all, err := l.ByOrder(t.Context(), id)
			require.NoError(t, err)
			var delivered []string
			for i, a := range all {
				require.Equal(t, i+1, a.Number)
				if a.State == guichet.AttemptDelivered {
					delivered = append(delivered, a.Reference)
				} else {
					require.Equal(t, guichet.AttemptClosed, a.State, "only an attempt whose process was killed is left, and closed")
				}
			}
			require.Len(t, delivered, 1, id)
			require.Equal(t, delivered, written[id], "what the shop wrote is what the ledger says")
			attempts += len(all)
		}
		t.Logf("%d orders, %d attempts, %d processes killed", orders, attempts, killed)
	})
}

// hang stays within deliver, and says on the standard output when it is there.
func hang(l guichet.Ledger, reference string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	row, err := l.Get(ctx, reference)
	if err != nil {
		return err
	}
	_, err = l.Deliver(ctx, row, func(context.Context) error {
		fmt.Println("inside")
		select {}
	})
	return err
}

// A process that stops in the middle of a delivery, like a machine without power, closes
// no connection. PostgreSQL ends its transaction a few seconds after its deadline, and
// another machine delivers.
func TestAStoppedProcessGivesItsRowBack(t *testing.T) {
	if !scripted.Long() {
		t.Skip("takes six seconds: GUICHET_LONG=1 runs it")
	}
	d := postgresSchema(t)
	l, _ := d.ledger(t)
	row := begun(t, l, attempt("stopped"))
	row.State = guichet.AttemptPaid
	row, err := l.Save(t.Context(), row)
	require.NoError(t, err)

	c, _ := start(t, d, processTask{Hang: row.Reference})
	pipe, err := c.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, c.Start())
	defer func() {
		c.Process.Kill()
		c.Wait()
	}()
	said := make([]byte, len("inside"))
	_, err = io.ReadFull(pipe, said)
	require.NoError(t, err)
	require.NoError(t, c.Process.Signal(syscall.SIGSTOP))

	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	delivered, err := l.Deliver(ctx, row, func(context.Context) error { return nil })
	require.NoError(t, err)
	assert.Equal(t, guichet.AttemptDelivered, delivered.State)
}
