package codeowners

import (
	"slices"
	"strings"
)

// Reviewers is a set of reviewers that meets requirements.
type Reviewers struct {
	// Names are people and, where no one says who is in them, teams, as owners
	// are written; sorted.
	Names []string
	// Exact is set where no smaller set exists. Otherwise AtLeast is the size
	// below which none does.
	Exact   bool
	AtLeast int
	// Unmet are requirements no one can meet: too few people are left for them.
	Unmet []Requirement
}

// searchBudget is how many steps [Smallest] takes before it settles for a set
// that may not be the smallest.
const searchBudget = 50_000

// Smallest is the smallest set of reviewers that meets all requirements. people
// says who is in a team, a role or a group, as "@user"; where it is nil or does
// not know, the owner itself stands in the result and counts for as many people
// as are asked for. not holds those who cannot approve, such as the author.
//
// It is exact for what changes look like and falls back to taking who meets most
// next. The same requirements give the same set.
func Smallest(requirements []Requirement, people func(Owner) (names []string, known bool), not OwnerSet) Reviewers {
	var result Reviewers
	var p coverProblem
	for _, r := range requirements {
		need := p.need(r, people, not)
		if need.possible() < r.Approvals {
			result.Unmet = append(result.Unmet, r)
			continue
		}
		p.needs = append(p.needs, need)
	}
	p.order()
	chosen, exact, bound := p.solve()
	for _, c := range chosen {
		result.Names = append(result.Names, p.names[c])
	}
	slices.Sort(result.Names)
	result.Exact, result.AtLeast = exact, bound
	return result
}

// coverProblem asks for as few candidates as possible, so many of each need.
type coverProblem struct {
	names     []string // of candidates
	unlimited []bool   // a team whose members no one named
	byKey     map[string]int
	needs     []need
	steps     int
}

type need struct {
	from      []int // candidates, in the order of names
	count     int
	unlimited bool // one candidate is enough, whatever the count
}

// possible is how many approvals the candidates can give.
func (n need) possible() int {
	if n.unlimited {
		return max(n.count, 1)
	}
	return len(n.from)
}

func (p *coverProblem) need(r Requirement, people func(Owner) ([]string, bool), not OwnerSet) need {
	n := need{count: r.Approvals}
	for _, o := range r.Owners {
		names, unlimited := []string{o.Text}, o.many()
		if people != nil {
			if members, known := people(o); known {
				names, unlimited = members, false
			}
		}
		for _, name := range names {
			if not[strings.ToLower(name)] {
				continue
			}
			n.from = append(n.from, p.candidate(name, unlimited))
			n.unlimited = n.unlimited || unlimited
		}
	}
	slices.Sort(n.from)
	n.from = slices.Compact(n.from)
	return n
}

func (p *coverProblem) candidate(name string, unlimited bool) int {
	key := strings.ToLower(name)
	if at, ok := p.byKey[key]; ok {
		return at
	}
	if p.byKey == nil {
		p.byKey = map[string]int{}
	}
	p.byKey[key] = len(p.names)
	p.names = append(p.names, name)
	p.unlimited = append(p.unlimited, unlimited)
	return len(p.names) - 1
}

// order makes the result independent of the order of requirements: candidates by
// name, needs with the fewest candidates first, and none that another implies.
func (p *coverProblem) order() {
	by := make([]int, len(p.names))
	for i := range by {
		by[i] = i
	}
	slices.SortFunc(by, func(a, b int) int { return strings.Compare(strings.ToLower(p.names[a]), strings.ToLower(p.names[b])) })
	place := make([]int, len(by))
	names, unlimited := make([]string, len(by)), make([]bool, len(by))
	for to, from := range by {
		place[from], names[to], unlimited[to] = to, p.names[from], p.unlimited[from]
	}
	p.names, p.unlimited = names, unlimited
	for _, n := range p.needs {
		for i, c := range n.from {
			n.from[i] = place[c]
		}
		slices.Sort(n.from)
	}
	slices.SortFunc(p.needs, func(a, b need) int {
		if len(a.from) != len(b.from) {
			return len(a.from) - len(b.from)
		}
		if c := slices.Compare(a.from, b.from); c != 0 {
			return c
		}
		return b.count - a.count
	})
	var kept []need
	for _, n := range p.needs {
		if !slices.ContainsFunc(kept, func(k need) bool { return k.implies(n) }) {
			kept = append(kept, n)
		}
	}
	p.needs = kept
}

// implies reports whether meeting k meets n.
func (k need) implies(n need) bool {
	if k.count < n.count {
		return false
	}
	at := 0
	for _, c := range k.from {
		for at < len(n.from) && n.from[at] < c {
			at++
		}
		if at == len(n.from) || n.from[at] != c {
			return false
		}
	}
	return true
}

func (p *coverProblem) solve() (chosen []int, exact bool, bound int) {
	bound = p.lowerBound()
	chosen = p.greedy()
	for size := bound; size < len(chosen); size++ {
		found, finished := p.search(nil, size)
		if found != nil {
			return found, true, size
		}
		if !finished {
			return chosen, false, size
		}
	}
	return chosen, true, len(chosen)
}

// lowerBound adds up needs that share no candidate.
func (p *coverProblem) lowerBound() int {
	taken := make([]bool, len(p.names))
	bound := 0
	for _, n := range p.needs {
		if slices.ContainsFunc(n.from, func(c int) bool { return taken[c] }) {
			continue
		}
		for _, c := range n.from {
			taken[c] = true
		}
		if n.unlimited {
			bound++
		} else {
			bound += n.count
		}
	}
	return bound
}

// left is how many approvals a need still lacks.
func (p *coverProblem) left(n need, chosen []int) int {
	left := n.count
	for _, c := range chosen {
		if _, in := slices.BinarySearch(n.from, c); in {
			if p.unlimited[c] {
				return 0
			}
			left--
		}
	}
	return max(left, 0)
}

func (p *coverProblem) greedy() []int {
	var chosen []int
	for {
		gain := make([]int, len(p.names))
		open := false
		for _, n := range p.needs {
			left := p.left(n, chosen)
			if left == 0 {
				continue
			}
			open = true
			for _, c := range n.from {
				if p.unlimited[c] {
					gain[c] += left
				} else if !slices.Contains(chosen, c) {
					gain[c]++
				}
			}
		}
		if !open {
			return chosen
		}
		best := 0
		for c := range gain {
			if gain[c] > gain[best] {
				best = c
			}
		}
		chosen = append(chosen, best)
	}
}

// search tries to finish a choice with so many candidates more. finished is
// false where the budget ran out before all was tried.
func (p *coverProblem) search(chosen []int, more int) (found []int, finished bool) {
	if p.steps++; p.steps > searchBudget {
		return nil, false
	}
	var open *need
	for i := range p.needs {
		n := &p.needs[i]
		left := p.left(*n, chosen)
		if left > more && !n.unlimited {
			return nil, true
		}
		if left > 0 && open == nil {
			open = n
		}
	}
	if open == nil {
		return append([]int{}, chosen...), true
	}
	if more == 0 {
		return nil, true
	}
	for _, c := range open.from {
		if slices.Contains(chosen, c) {
			continue
		}
		found, finished := p.search(append(chosen[:len(chosen):len(chosen)], c), more-1)
		if found != nil || !finished {
			return found, finished
		}
	}
	return nil, true
}
