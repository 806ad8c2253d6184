package policies

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/policies/rego"
)

// mostOverruns is how many evaluations of one policy may run into their deadline before
// it is not asked any more in a run: otherwise a policy that never ends would take its
// deadline for every object of a repository.
const mostOverruns = 3

// Limits is the part of the table of limits that is about the evaluation of policies.
func Limits() [][3]string {
	return [][3]string{
		{"policy-time", rego.DefaultDeadline.String(), "one evaluation of one policy"},
		{"policy-overruns", fmt.Sprint(mostOverruns), "evaluations over that time after which a policy is not asked any more in a run"},
	}
}

// errImpatient tells that a policy was not asked.
var errImpatient = errors.New("the policy took longer than allowed for other objects, and was not asked any more")

// patience counts evaluations that took too long, by policy.
type patience struct {
	lost  atomic.Bool
	count sync.Map // of *atomic.Int32
}

// try asks a policy, unless it has taken too long before. At admission every request is
// on its own.
func (t *patience) try(p *checks.Pass, policy any, ask func() error) error {
	if t.lost.Load() && !p.Applied {
		if n, ok := t.count.Load(policy); ok && n.(*atomic.Int32).Load() >= mostOverruns {
			return errImpatient
		}
	}
	err := ask()
	if errors.Is(err, rego.ErrDeadline) && p.Context.Err() == nil {
		n, _ := t.count.LoadOrStore(policy, new(atomic.Int32))
		n.(*atomic.Int32).Add(1)
		t.lost.Store(true)
	}
	return err
}
