package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/config"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/source"
)

// door says through which door files come in.
type door struct {
	path       string // "-" is standard input
	stdinName  string
	staged     bool
	base, head string
	onRemote   bool     // what is judged is known to be on a remote
	mayBeEmpty bool     // a range without a commit is known to be what was asked for
	users      []string // who made the change; none where that is not known
	untrusted  bool     // nobody has agreed to the policies that lie there
}

func doorOf(c *cli.Context) (door, error) {
	d := door{path: ".", stdinName: c.String("stdin-name"), staged: c.Bool("staged"), base: c.String("base"), head: c.String("head"), users: c.StringSlice("author")}
	switch {
	case c.NArg() > 1:
		return d, usage("check takes one PATH, and %d were given", c.NArg())
	case c.NArg() == 1:
		d.path = c.Args().First()
	}
	switch {
	case d.staged && d.base != "":
		return d, usage("--staged and --base exclude each other")
	case d.head != "" && d.base == "":
		return d, usage("--head goes with --base")
	case d.path == "-" && (d.staged || d.base != ""):
		return d, usage("standard input has no history: leave out --staged and --base")
	case len(d.users) > 0 && !d.staged && d.base == "":
		return d, usage("--author goes with --staged or --base: only a change has one")
	case c.IsSet("base") && d.base == "":
		return d, usage("--base needs a revision")
	}
	return d, nil
}

// subject is what one run of a command judges, and by which settings.
type subject struct {
	set          source.Set
	settings     config.Settings
	policies     *policySet        // nil where nothing is judged
	rules        map[string][]byte // the files of policies to which nobody has agreed
	repo         *source.Repo      // nil outside a git repository
	commit, base string
	name         string             // of the repository, for fingerprints
	folder       string             // what is judged of the tree, from its root
	whole        bool               // all of the tree is judged
	doubts       []checks.NotJudged // what makes any verdict on it incomplete
	brought      counts             // by the head over the base
	users        []*manifest.Node   // who made the change; none where that is not known
}

func (s subject) close() {
	if s.repo != nil {
		// Closing ends a git process that only reads; there is nothing to lose.
		_ = s.repo.Close()
	}
}

// open finds what a door lets in, and the configuration that goes with it. The
// error is a *source.Incomplete where there is something to judge that cannot be
// seen.
func (p program) open(ctx context.Context, d door) (s subject, err error) {
	if d.path == "-" {
		s.set = source.Stdin(p.stdin, d.stdinName, 0)
		return s, s.load(nowhere())
	}
	if _, err := os.Lstat(d.path); err != nil {
		return s, usage("%s: there is no such file or folder", d.path)
	}
	s.repo, err = source.Open(ctx, d.path)
	switch {
	case errors.Is(err, source.ErrNotRepository) && (d.staged || d.base != ""):
		return s, usage("%s is not in a git repository, so nothing is staged and there is no base", d.path)
	case errors.Is(err, source.ErrNotRepository):
	case err != nil:
		return s, sourceExit(err)
	default:
		if err := s.describe(ctx); err != nil {
			return s, err
		}
	}
	for _, name := range d.users {
		s.users = append(s.users, usernamed(name))
	}
	switch {
	case d.staged:
		err = s.openStaged(ctx)
	case d.base != "":
		err = s.openRange(ctx, d)
	default:
		err = s.openTree(ctx, d)
	}
	if err == nil {
		err = configExit(config.RefuseFuture(s.settings.Waivers, p.now()))
	}
	return s, err
}

func (s *subject) describe(ctx context.Context) (err error) {
	if s.commit, err = s.repo.Head(ctx); err != nil {
		return sourceExit(err)
	}
	s.name, err = s.repo.Name(ctx)
	return sourceExit(err)
}

// openTree opens files as they lie there, with the settings beside them.
func (s *subject) openTree(ctx context.Context, d door) (err error) {
	if s.set, err = source.Tree(ctx, s.repo, d.path, source.Options{OnRemote: d.onRemote}); err != nil {
		return sourceExit(err)
	}
	if s.folder, err = below(s.set.Root, d.path); err != nil {
		return err
	}
	// A file by itself is no tree, though none is known around it.
	at, err := os.Stat(d.path)
	s.whole = s.folder == "" && err == nil && at.IsDir()
	return s.loadFrom(folderPlace(s.set.Root), d.untrusted)
}

// openStaged opens what the next commit will hold. The settings are those that it
// will hold, too: on a person's own machine they are no one else's to protect, and
// the gate of the pull request judges by its base.
func (s *subject) openStaged(ctx context.Context) (err error) {
	if s.set, err = s.repo.Staged(ctx, source.Options{}); err != nil {
		return sourceExit(err)
	}
	s.commit, s.whole = "", true
	return s.load(filesPlace(s.set.Files))
}

// openRange opens what a head brings over a base, its history included. The
// settings are those of the base, so that a change cannot loosen its own judge.
func (s *subject) openRange(ctx context.Context, d door) error {
	options := source.Options{OnRemote: d.onRemote}
	r, err := s.repo.Range(ctx, d.base, d.head, options)
	if err != nil {
		return sourceExit(err)
	}
	s.set, s.commit, s.base, s.whole = r.Set, r.Head, r.Base, true
	s.brought = counts{commits: r.Commits, files: r.Changed}
	s.set.Files = slices.Concat(s.set.Files, r.History, r.MessageFiles(options))
	if r.Commits == 0 && !d.mayBeEmpty {
		s.doubts = append(s.doubts, checks.NotJudged{New: true, Reason: emptyRange(d)})
	}
	err = s.load(revisionPlace(ctx, s.repo, r.Base))
	if err == nil {
		return nil
	}
	// The change that mends the base must be able to pass some day, so it is judged
	// by its own settings; but nobody has agreed to those yet. Its policies, which are
	// programs, run apart.
	if s.loadUntrusted(revisionPlace(ctx, s.repo, r.Head)) != nil {
		return err
	}
	s.doubts = append(s.doubts, checks.NotJudged{
		File: config.ConfigPath, Line: 1, New: true,
		Reason: "the configuration on the base has faults, so this was judged by the configuration of the change itself",
	})
	return nil
}

// emptyRange says that there was nothing to judge, which a wrong revision is more
// often the reason for than a change of nothing.
func emptyRange(d door) string {
	return fmt.Sprintf("the range %s..%s holds no commits, so no change was judged: name as base the revision that the change started from, "+
		"or leave --base out to judge the tree", printable(d.base), printable(cmp.Or(d.head, "HEAD")))
}

func (s *subject) load(pl place) error { return s.loadFrom(pl, false) }

func (s *subject) loadUntrusted(pl place) error { return s.loadFrom(pl, true) }

func (s *subject) loadFrom(pl place, untrusted bool) error {
	if untrusted {
		pl, s.rules = pl.recorded()
	}
	set, err := openPolicies(pl, untrusted)
	if err != nil {
		return configExit(err)
	}
	s.policies, s.settings = set, set.settings
	return nil
}

// layoutBy is the layout of a subject by a configuration.
func (s subject) layoutBy(c config.Config) checks.Layout {
	layout := c.Layout()
	layout.Repository, layout.Folder = cmp.Or(layout.Repository, s.name), s.folder
	return layout
}

// apartRequest asks a child to judge a subject by policies that nobody has agreed to.
func (s subject) apartRequest(at time.Time, jobs int) apartRequest {
	r := apartRequest{Rules: s.rules, Name: s.name, Folder: s.folder, HasOld: s.set.HasOld, At: at, Jobs: jobs}
	for _, user := range s.users {
		r.Users = append(r.Users, user.Get("username").Str())
	}
	return r
}

// configExit words an error of the configuration.
func configExit(err error) error {
	if err == nil {
		return nil
	}
	return exit{code: exitUsage, message: "the configuration has faults:\n" + err.Error()}
}

// readOf loads one file of a list, and leaves it to be loaded once more.
func readOf(files []checks.File, name string) ([]byte, error) {
	for i := range files {
		f := &files[i]
		if f.Path != name || f.Opaque != nil {
			continue
		}
		data, err := f.Load()
		f.Load = func() ([]byte, error) { return data, err }
		return data, err
	}
	return nil, fs.ErrNotExist
}

// sourceExit words an error of a source; that something cannot be seen stays what
// it is.
func sourceExit(err error) error {
	var incomplete *source.Incomplete
	if err == nil || errors.As(err, &incomplete) {
		return err
	}
	return exit{code: exitUsage, message: err.Error()}
}
