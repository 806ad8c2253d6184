package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/gatehouse-dev/gatehouse/cmd/internal/source"
	"github.com/gatehouse-dev/gatehouse/codeowners"
)

// changeSides are the CODEOWNERS files that a change is judged by.
type changeSides struct {
	*source.Changed
	baseTip    ownersSide // by which the host asks
	base, head ownersSide // between which the change stands
	unread     string     // why CODEOWNERS of the head cannot be read
}

// ownersSide is a revision with its CODEOWNERS file.
type ownersSide struct {
	file  ownersFile
	paths []string
}

func (p program) ownersOfChange(c *cli.Context, call ownersCall) error {
	repo, err := source.Open(c.Context, ".")
	if err != nil {
		return sourceExitOf(err)
	}
	defer repo.Close()
	sides, err := openSides(c.Context, repo, call)
	if err != nil {
		return err
	}
	asked := sides.whoApproves(nil, people{})
	if c.Bool("live") {
		name, err := repo.Name(c.Context)
		if err != nil {
			return sourceExitOf(err)
		}
		l, err := p.askHost(c, name, sides.Head)
		if err != nil {
			return err
		}
		if asked, err = sides.whoApprovesLive(l); err != nil {
			return err
		}
	}
	p.warn(asked.ownersHead, call.verbose)
	for _, skipped := range asked.HeadSkipped {
		fmt.Fprintf(p.stderr, "warning: after the change, %s\n", skipped.text(asked.HeadFile))
	}
	err = p.write(c, textOrJSON(), func(format string) (string, error) {
		if format == "json" {
			return asJSON(asked)
		}
		return asked.text(call, sides), nil
	})
	if err = cmp.Or(err, asked.uncertain()); err == nil && len(asked.NotJudged) > 0 {
		return exit{code: exitIncomplete, message: asked.NotJudged[0].Reason, hint: asked.NotJudged[0].Mend}
	}
	return err
}

// openSides reads both revisions. How CODEOWNERS is read, the base says, so that a
// change cannot choose the reading that suits it.
func openSides(ctx context.Context, repo *source.Repo, call ownersCall) (s changeSides, err error) {
	if s.Changed, err = repo.Changed(ctx, call.base, call.head); err != nil {
		return s, sourceExitOf(err)
	}
	policies, err := openPolicies(revisionPlace(ctx, repo, s.Base), false)
	if _, ok := errors.AsType[*source.Incomplete](err); ok {
		return s, sourceExitOf(err)
	}
	if err != nil {
		return s, configExit(err)
	}
	configured := policies.settings.Config.Owners
	paths, err := pathsAt(ctx, repo, s.Base)
	if err != nil {
		return s, err
	}
	d, because := chooseDialect(call.dialect, configured, paths)
	side := func(rev string) (ownersSide, error) {
		paths, err := pathsAt(ctx, repo, rev)
		if err != nil {
			return ownersSide{}, err
		}
		f, err := hostsFile(d, paths, func(name string) ([]byte, error) { return repo.ReadAt(ctx, rev, name, source.Options{}) })
		f.because, f.fallback = because, fallbackOf(configured)
		return ownersSide{f, paths}, err
	}
	if s.baseTip, err = side(s.Base); err != nil {
		return s, err
	}
	s.base = s.baseTip
	if s.MergeBase != s.Base {
		if s.base, err = side(s.MergeBase); err != nil {
			return s, err
		}
	}
	s.head, err = side(s.Head)
	if e, ok := errors.AsType[exit](err); ok && e.code == exitIncomplete && s.head.file.name != "" {
		s.unread, err = "after the change, "+e.message, nil
	}
	return s, err
}

func pathsAt(ctx context.Context, repo *source.Repo, rev string) ([]string, error) {
	files, err := repo.ListAt(ctx, rev, "", source.Options{})
	if err != nil {
		return nil, sourceExitOf(err)
	}
	paths := make([]string, len(files))
	for i, f := range files {
		paths[i] = f.Path
	}
	return paths, nil
}

// same tells whether two sides have the same CODEOWNERS file.
func (s ownersSide) same(other ownersSide) bool {
	return s.file.name == other.file.name && bytes.Equal(s.file.data, other.file.data)
}

// approvalNeed is one approval that a change needs: of any of the owners. All of a
// list are needed.
type approvalNeed struct {
	Owners    []string `json:"owners"`
	Approvals int      `json:"approvals"`
	Section   string   `json:"section,omitempty"`
	Lines     []int    `json:"lines"` // of CODEOWNERS on the base
	Paths     []string `json:"paths"`
}

// weakenedOwners is one change of who is asked, over all paths that it shows in.
type weakenedOwners struct {
	Kind    codeowners.Shift `json:"kind"`
	Cause   codeowners.Cause `json:"cause"`
	Section string           `json:"section,omitempty"`
	Before  []string         `json:"before"`
	After   []string         `json:"after"`
	// BaseLine and HeadLine name these owners in CODEOWNERS before and after; 0 where
	// no line speaks.
	BaseLine   int  `json:"baseLine"`
	HeadLine   int  `json:"headLine"`
	ToFallback bool `json:"toFallback"`
	// Paths are those of the head. Renamed are the names before of
	// those that were moved. NewFiles are made-up names, of files yet to come.
	Paths    []string `json:"paths"`
	Renamed  []string `json:"renamed,omitempty"`
	NewFiles []string `json:"newFiles"`
}

// reviewerSet is a set of owners who can approve all that is asked for.
type reviewerSet struct {
	Names   []string `json:"names"`
	Exact   bool     `json:"exact"` // no smaller set can
	AtLeast int      `json:"atLeast"`
}

// notJudgedOwners is what could not be told of a change.
type notJudgedOwners struct {
	Reason string `json:"reason"`
	Mend   string `json:"mend"`
}

// changeApproval is the answer of --base.
type changeApproval struct {
	ownersHead
	HeadFile string `json:"headFile"` // that the host reads after the change
	// HeadSkipped are lines that it will skip then, and does not now.
	HeadSkipped []skippedLine `json:"headSkipped"`
	Base        string        `json:"base"`
	MergeBase   string        `json:"mergeBase"`
	Head        string        `json:"head"`
	Changed     []string      `json:"changed"` // both names of what was renamed
	// Required must be met before the host lets the change in, if it is told to
	// require reviews of owners; Suggested are asked and hold nothing up.
	Required  []approvalNeed `json:"required"`
	Suggested []approvalNeed `json:"suggested"`
	// Unowned are changed paths that nobody is asked about.
	Unowned []string `json:"unowned"`
	// Weakened is what the change takes from owners, and FormerOwners who must
	// therefore approve it; no host asks for that.
	Weakened     []weakenedOwners  `json:"weakened"`
	FormerOwners []approvalNeed    `json:"formerOwners"`
	Reviewers    reviewerSet       `json:"reviewers"`
	NotJudged    []notJudgedOwners `json:"notJudged"`
	// Live is what GitHub says; only with --live.
	Live *liveApproval `json:"live,omitempty"`
}

// whoApproves draws the approvals that a change needs from both sides.
// gone are owners who are known not to be able to.
func (s changeSides) whoApproves(gone codeowners.OwnerSet, p people) changeApproval {
	changes, names := s.changes()
	demand := s.baseTip.file.Required(changes, gone)
	differences := s.differences()
	former := codeowners.FormerOwners(differences, gone)
	asked := changeApproval{
		ownersHead: s.baseTip.file.head(s.baseTip.paths, names), HeadFile: uncredentialed(s.head.file.name),
		Base: s.Base, MergeBase: s.MergeBase, Head: s.Head, Changed: eachUncredentialed(names),
		Required: needsOf(demand.Requirements), Suggested: needsOf(demand.Suggested),
		Unowned: eachUncredentialed(slices.Concat(demand.Unowned, demand.Orphaned)), FormerOwners: needsOf(former),
		Weakened: []weakenedOwners{}, NotJudged: []notJudgedOwners{},
	}
	slices.Sort(asked.Unowned)
	asked.HeadSkipped = s.newlySkipped()
	for _, g := range codeowners.GroupDifferences(differences) {
		if g.Weakens() {
			asked.Weakened = append(asked.Weakened, s.weakened(g, s.renames()))
		}
	}
	author := codeowners.NewOwnerSet("@" + p.author)
	set := codeowners.Smallest(slices.Concat(demand.Requirements, former), p.members, author)
	if !s.baseTip.file.Dialect.Enforces() {
		set = codeowners.Smallest(slices.Concat(demand.Suggested, former), p.members, author)
	}
	asked.Reviewers = reviewerSet{append([]string{}, eachUncredentialed(set.Names)...), set.Exact, set.AtLeast}
	asked.NotJudged = append(asked.NotJudged, s.notJudged(set.Unmet)...)
	return asked
}

// changes are the changed paths for the engine, and all their names.
func (s changeSides) changes() (changes []codeowners.Change, names []string) {
	for _, f := range s.Files {
		changes = append(changes, codeowners.Change{Path: f.Path, From: f.From})
		names = append(names, f.Path)
		if f.From != "" {
			names = append(names, f.From)
		}
	}
	slices.Sort(names)
	return changes, slices.Compact(names)
}

// renames are the names before of what was renamed.
func (s changeSides) renames() map[string]string {
	from := map[string]string{}
	for _, f := range s.Files {
		if f.From != "" {
			from[f.Path] = f.From
		}
	}
	return from
}

// differences are those that the change makes. Where it leaves CODEOWNERS alone,
// only what it renames can have other owners, by the file that holds on the base now.
func (s changeSides) differences() []codeowners.Difference {
	trees := codeowners.Trees{Renames: s.renames()}
	if s.base.same(s.head) || s.unread != "" {
		return codeowners.Compare(s.baseTip.file.File, s.baseTip.file.File, trees)
	}
	trees.Base, trees.Head = s.base.paths, s.head.paths
	trees.Probes = codeowners.Probes(slices.Concat(s.base.paths, s.head.paths), s.base.file.File, s.head.file.File)
	return codeowners.Compare(s.base.file.File, s.head.file.File, trees)
}

// newlySkipped are the lines that the change adds and the host skips.
func (s changeSides) newlySkipped() []skippedLine {
	list := []skippedLine{}
	if s.unread != "" || s.base.same(s.head) {
		return list
	}
	stood := map[string]bool{}
	for _, i := range s.base.file.IssuesWith(codeowners.Skipped) {
		stood[i.Source] = true
	}
	for _, c := range s.head.file.Consequences(s.head.paths) {
		if c.Issue.Effect == codeowners.Ignored || !stood[c.Issue.Source] {
			list = append(list, skippedLine{remarkOn(c.Issue), s.head.file.consequence(c), fallen(c.Falls)})
		}
	}
	return list
}

func needsOf(list []codeowners.Requirement) []approvalNeed {
	needs := []approvalNeed{}
	for _, r := range list {
		needs = append(needs, approvalNeed{eachUncredentialed(codeowners.Names(r.Owners)), r.Approvals, uncredentialed(r.Section), r.Lines, eachUncredentialed(r.Paths)})
	}
	return needs
}

// weakened words one group of differences.
func (s changeSides) weakened(g codeowners.DifferenceGroup, renames map[string]string) weakenedOwners {
	w := weakenedOwners{
		Kind: g.Shift, Cause: g.Cause, Section: uncredentialed(g.Section),
		Before: eachUncredentialed(codeowners.Names(g.Before)), After: eachUncredentialed(codeowners.Names(g.After)),
		BaseLine: g.BaseLine, HeadLine: g.HeadLine, ToFallback: g.ToFallback, Paths: []string{}, NewFiles: []string{},
	}
	for _, path := range g.Paths {
		if g.Cause == codeowners.Renamed {
			w.Renamed = append(w.Renamed, uncredentialed(renames[path]))
		}
		if _, there := slices.BinarySearch(s.head.paths, path); there {
			w.Paths = append(w.Paths, uncredentialed(path))
		} else {
			w.NewFiles = append(w.NewFiles, uncredentialed(path))
		}
	}
	return w
}

// notJudged lists what cannot be told of the change.
func (s changeSides) notJudged(unmet []codeowners.Requirement) []notJudgedOwners {
	var list []notJudgedOwners
	if s.unread != "" {
		return append(list, notJudgedOwners{Reason: s.unread})
	}
	for _, i := range s.head.file.IssuesWith(codeowners.Unjudged) {
		list = append(list, notJudgedOwners{Reason: "after the change, " + at(s.head.file.name, i.Line) + ": " + shown(i.Message)})
	}
	if !s.base.same(s.head) && !s.baseTip.same(s.base) {
		list = append(list, notJudgedOwners{
			Reason: "CODEOWNERS has changed on the base, too, since the change began, so what becomes of it after the merge was not judged",
			Mend:   "git merge " + s.Base,
		})
	}
	for _, r := range unmet {
		list = append(list, notJudgedOwners{Reason: "nobody is left who could give the approvals that " + nobodyOr(r.Owners) + " must give"})
	}
	return list
}
