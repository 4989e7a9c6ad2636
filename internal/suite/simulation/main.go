// Command simulation plays shops that take payments: their processes, their database,
// their accounts at the providers, customers, a network, forgers, and clocks, one step at
// a time, with every choice taken from a seed. It counts the schedules in which an
// invariant of the cashier does not hold.
//
//	go run ./internal/suite/simulation -n 100000 -seed 1   # as many as asked for
//	go run ./internal/suite/simulation -n 1 -seed 4711 -log # one, with its step log
//	go run ./internal/suite/simulation -n 2000 -rule 3      # a cashier that breaks rule 3
//
// It exits with 1 when a schedule breaks an invariant, and prints its seed and log.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"sort"
	"strings"
	"sync"
	"time"
)

func main() {
	n := flag.Int("n", 1000, "how many schedules")
	seed := flag.Uint64("seed", 1, "the first seed; the others follow it")
	rule := flag.Int("rule", 0, "break this rule on purpose; 0: none")
	full := flag.Bool("log", false, "print the step log of every schedule")
	logs := flag.Int("logs", 3, "print at most so many step logs of schedules that break an invariant")
	workers := flag.Int("workers", runtime.GOMAXPROCS(0), "how many schedules at once")
	flag.Parse()
	start := time.Now()
	r := play(*seed, *n, *workers, wrongRule(*rule))
	r.print(os.Stdout, *logs, wrongRule(*rule))
	fmt.Printf("%v\n", time.Since(start).Round(time.Millisecond))
	if *full {
		for i := range *n {
			s := runSchedule(*seed+uint64(i), wrongRule(*rule), true)
			fmt.Println(strings.Join(s.log, "\n"))
		}
	}
	if len(r.broken) > 0 {
		os.Exit(1)
	}
}

// wrongRule is the cashier that breaks a rule; nil: the one that breaks none.
func wrongRule(rule int) *wrong {
	for _, w := range wrongs {
		if w.rule == rule {
			return w
		}
	}
	return nil
}

// report is what many schedules gave.
type report struct {
	schedules int
	steps     int
	broken    map[string][]uint64 // seeds by invariant
	seen      counts
}

// play plays n schedules from the given seed on.
func play(seed uint64, n, workers int, w *wrong) report {
	r := report{broken: map[string][]uint64{}}
	var mu sync.Mutex
	var wait sync.WaitGroup
	next := make(chan uint64)
	for range max(1, workers) {
		wait.Go(func() {
			for seed := range next {
				s := runSchedule(seed, w, false)
				mu.Lock()
				r.schedules++
				r.steps += s.steps
				r.seen.add(s.counts)
				if len(s.failed) > 0 { // the first says most
					invariant, _, _ := strings.Cut(s.failed[0], ":")
					r.broken[invariant] = append(r.broken[invariant], seed)
				}
				mu.Unlock()
			}
		})
	}
	for i := range n {
		next <- seed + uint64(i)
	}
	close(next)
	wait.Wait()
	for _, seeds := range r.broken {
		sort.Slice(seeds, func(i, j int) bool { return seeds[i] < seeds[j] })
	}
	return r
}

func (c *counts) add(o counts) {
	c.payments += o.payments
	c.captures += o.captures
	c.deliveries += o.deliveries
	c.troubles += o.troubles
	c.kills += o.kills
	c.webhooks += o.webhooks
	c.forged += o.forged
	c.jumps += o.jumps
	c.late += o.late
}

// violations is how many schedules broke an invariant.
func (r report) violations() (n int) {
	for _, seeds := range r.broken {
		n += len(seeds)
	}
	return n
}

func (r report) print(out io.Writer, logs int, w *wrong) {
	fmt.Fprintf(out, "%d schedules, %d steps: %d payments, %d captures, %d deliveries, %d troubles told, %d kills, %d webhooks, %d forged, %d clock jumps\n",
		r.schedules, r.steps, r.seen.payments, r.seen.captures, r.seen.deliveries, r.seen.troubles, r.seen.kills, r.seen.webhooks, r.seen.forged, r.seen.jumps)
	names := make([]string, 0, len(r.broken))
	for name := range r.broken {
		names = append(names, name)
	}
	sort.Strings(names)
	fmt.Fprintf(out, "%d break an invariant\n", r.violations())
	for _, name := range names {
		seeds := r.broken[name]
		fmt.Fprintf(out, "  %6d  %s: seeds %v\n", len(seeds), name, seeds[:min(len(seeds), 10)])
	}
	for _, name := range names {
		for _, seed := range r.broken[name] {
			if logs--; logs < 0 {
				return
			}
			s := runSchedule(seed, w, true)
			fmt.Fprintf(out, "\nseed %d: %s\n%s\n", seed, strings.Join(s.failed, "; "), strings.Join(s.log, "\n"))
		}
	}
}
