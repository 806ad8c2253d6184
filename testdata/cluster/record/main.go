// Command record asks a real API server which fields it fills in, and writes them as the table of defaults that the
// canonical form is made with:
//
//	go run ./testdata/cluster/record
//
// It shows the API server thousands of objects made from its own schemas, with every struct present but empty and every
// enumerated value, and those of objects.yaml, and notes what comes back. Then it applies the table to every one of
// them and writes nothing unless the same comes out. It refuses to know a default itself: declared.go only says on
// which fields one depends. What else the API server sets goes to allocated.json beside this file. The tests of this
// package do the same with the tables that are there.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"

	"github.com/gatehouse-dev/gatehouse/testdata/cluster"
)

// maxProblems bounds how many differences are printed.
const maxProblems = 50

func main() {
	defaults := flag.String("defaults", "checks/manifest/defaults.json", "where to write the table of defaults")
	allocated := flag.String("allocated", "testdata/cluster/record/allocated.json", "where to write what else the API server sets")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *defaults, *allocated); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, defaults, allocated string) error {
	t, err := recordDefaults(ctx)
	if err != nil {
		return err
	}
	content, err := t.encode()
	if err != nil {
		return err
	}
	if err := os.WriteFile(defaults, content, 0o644); err != nil {
		return err
	}
	if content, err = recordAllocations(ctx, t); err != nil {
		return err
	}
	return os.WriteFile(allocated, content, 0o644)
}

// recordDefaults records the table and proves it.
func recordDefaults(ctx context.Context) (t table, err error) {
	c, err := cluster.Up(ctx, withoutFillers())
	if err != nil {
		return table{}, err
	}
	defer func() { err = errors.Join(err, c.Down()) }()
	r, err := newRecorder(ctx, c)
	if err != nil {
		return table{}, err
	}
	defer r.close()
	if t, err = r.record(ctx, nil); err != nil {
		return table{}, err
	}
	proof := proof{table: t}
	if _, err := r.record(ctx, proof.see); err != nil {
		return table{}, err
	}
	return t, proof.err()
}

func recordAllocations(ctx context.Context, t table) (content []byte, err error) {
	c, err := cluster.Up(ctx, cluster.Options{ServiceAccountAdmission: true})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, c.Down()) }()
	all, err := allocations(ctx, c, t)
	if err != nil {
		return nil, err
	}
	return encodeAllocations(all)
}

// proof applies a table to every probe and remembers where it fails.
type proof struct {
	table    table
	probes   int
	failures int
	problems []error
}

func (p *proof) see(s shown, of *shape) {
	p.probes++
	err := p.table.check(s, of)
	if err == nil {
		return
	}
	p.failures++
	if len(p.problems) < maxProblems {
		p.problems = append(p.problems, fmt.Errorf("%s, %s: %w", apiKindOf(s.written), s.purpose, err))
	}
}

func (p *proof) err() error {
	if p.failures == 0 {
		return nil
	}
	return fmt.Errorf("the table fails for %d of %d objects:\n%w", p.failures, p.probes, errors.Join(p.problems...))
}
