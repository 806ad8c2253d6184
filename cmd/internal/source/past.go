package source

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/gatehouse-dev/gatehouse/checks"
)

// past tells where the content of files has been before. It asks git only once a
// finding needs to know.
type past struct {
	repo   *Repo
	ctx    context.Context
	limit  int64
	pushed bool // the caller knows head to be on a remote

	once  sync.Once
	err   error
	head  string          // "" before the first commit
	tips  []string        // commits on remotes, and all that they hold
	local map[string]bool // commits of head that were not pushed
	roots map[string]bool // those of them without a parent
}

// past is that of head, a commit, or of HEAD for "".
func (r *Repo) past(ctx context.Context, head string, opts Options) checks.Past {
	p := &past{repo: r, ctx: ctx, limit: opts.maxBytes(), head: head, pushed: opts.OnRemote}
	return checks.Past{Versions: p.versions, Commit: p.commit}
}

// know asks git once for what every question needs.
func (p *past) know() error {
	p.once.Do(func() { p.err = p.ask() })
	return p.err
}

func (p *past) ask() (err error) {
	if p.head == "" {
		if p.head, err = p.repo.Head(p.ctx); err != nil {
			return err
		}
	}
	if p.tips, err = p.repo.remoteTips(p.ctx); err != nil || p.head == "" || p.pushed {
		return err
	}
	if p.local, err = p.unpushed(); err != nil || len(p.local) == 0 {
		return err
	}
	p.roots, err = p.unpushed("--max-parents=0")
	return err
}

// noPast is that of files which no git repository keeps: nothing is known of them.
func noPast() checks.Past {
	return checks.Past{Versions: func([]string, bool) ([]checks.Version, bool) { return nil, false }}
}

// unpushed lists the commits of head that no remote has.
func (p *past) unpushed(which ...string) (map[string]bool, error) {
	reply, err := p.repo.git.feed(p.ctx, without(p.head, p.tips), append([]string{"rev-list", "--ignore-missing", "--stdin"}, which...)...)
	if err != nil {
		return nil, err
	}
	commits := map[string]bool{}
	for id := range strings.FieldsSeq(string(reply.out)) {
		commits[id] = true
	}
	return commits, nil
}

// without writes, for the standard input of git rev-list, a commit without those
// that others hold.
func without(commit string, others []string) []byte {
	var b strings.Builder
	b.WriteString(commit + "\n")
	for _, id := range others {
		b.WriteString("^" + id + "\n")
	}
	return []byte(b.String())
}

// maxFetched is the size in bytes of the largest FETCH_HEAD that is read.
const maxFetched = 1 << 20

// remoteTips are the commits that this clone saw on remotes: those of the branches
// that it follows, and what the last fetch brought, which jobs of continuous
// integration often check out without a branch.
func (r *Repo) remoteTips(ctx context.Context) ([]string, error) {
	reply, err := r.git.run(ctx, "for-each-ref", "--format=%(objectname)", "refs/remotes/")
	if err != nil {
		return nil, err
	}
	tips := strings.Fields(string(reply.out))
	reply, err = r.git.run(ctx, "rev-parse", "--git-path", "FETCH_HEAD")
	if err != nil {
		return nil, err
	}
	name := strings.TrimSuffix(string(reply.out), "\n")
	if !filepath.IsAbs(name) {
		name = filepath.Join(r.git.dir, name)
	}
	tips = append(tips, fetched(name)...)
	slices.Sort(tips)
	return slices.Compact(tips), nil
}

// fetched reads the IDs in a FETCH_HEAD: "ID", a tab, "not-for-merge" or nothing, a
// tab, and from where; "." is the repository itself. A file that cannot be read
// names none.
func fetched(name string) []string {
	data, err := readFile(name, maxFetched)
	if err != nil {
		return nil
	}
	var ids []string
	for line := range strings.Lines(string(data)) {
		line = strings.TrimRight(line, "\r\n")
		id, rest, _ := strings.Cut(line, "\t")
		if isID(id) && !strings.HasSuffix(rest, " of .") {
			ids = append(ids, id)
		}
	}
	return ids
}

// commit tells what is known of a commit of head.
func (p *past) commit(id string) checks.Commit {
	switch {
	case p.know() != nil:
		return checks.Commit{ID: id}
	case !p.local[id]:
		return checks.Commit{ID: id, Exposure: checks.Pushed}
	}
	return checks.Commit{ID: id, Exposure: checks.Committed, Last: id == p.head, Root: p.roots[id]}
}

// versions gives what commits put at some paths, see checks.Past.
func (p *past) versions(paths []string, far bool) (list []checks.Version, complete bool) {
	if p.know() != nil {
		return nil, false
	}
	v := versions{repo: p.repo, ctx: p.ctx, limit: p.limit, wanted: wantedPaths(paths), seen: map[pair]bool{}, complete: true}
	look := p.near
	if far {
		look = p.far
	}
	for some := range someLiterals(paths) {
		if err := look(&v, some); err != nil {
			return nil, false
		}
	}
	for _, one := range v.list {
		commit := checks.Commit{Exposure: checks.Pushed}
		if one.Commit != someCommit {
			commit = p.commit(one.Commit)
		}
		list = append(list, checks.Version{Path: one.Path, Commit: commit, Load: one.Load})
	}
	return list, v.complete
}

// near adds what commits that were not pushed put at some paths, and what else
// stands there at head, which came with others.
func (p *past) near(v *versions, patterns []string) error {
	if p.head == "" {
		return nil
	}
	if len(p.local) > 0 {
		if err := v.ofCommits(without(p.head, p.tips), patterns); err != nil {
			return err
		}
	}
	reply, err := p.repo.git.run(p.ctx, append([]string{"ls-tree", "-r", "-z", "--full-tree", p.head, "--"}, patterns...)...)
	if err != nil {
		return err
	}
	entries, err := parseTree(reply.out)
	if err != nil {
		return err
	}
	for _, e := range entries {
		v.add(e, someCommit)
	}
	return nil
}

// someCommit stands for one that was pushed, whichever it is.
const someCommit = "a commit that was pushed"

// far adds everything that pushed commits put at some paths.
func (p *past) far(v *versions, patterns []string) error {
	shallow, err := p.repo.git.run(p.ctx, "rev-parse", "--is-shallow-repository")
	if err != nil {
		return err
	}
	if strings.TrimSpace(string(shallow.out)) == "true" {
		v.complete = false
	}
	from := p.tips
	if p.pushed && p.head != "" {
		from = append(slices.Clip(from), p.head)
	}
	if len(from) == 0 {
		return nil
	}
	return v.ofCommits([]byte(strings.Join(from, "\n")+"\n"), patterns)
}

func wantedPaths(paths []string) map[string]bool {
	wanted := make(map[string]bool, len(paths))
	for _, path := range paths {
		wanted[path] = true
	}
	return wanted
}

// MessageFiles are the messages of the range as files that checks.Run judges.
func (r *Range) MessageFiles(opts Options) []checks.File {
	files := make([]checks.File, 0, len(r.Messages))
	for _, m := range r.Messages {
		load := func() ([]byte, error) {
			if int64(len(m.Text)) > opts.maxBytes() {
				return nil, checks.ErrTooLarge
			}
			return []byte(m.Text), nil
		}
		files = append(files, checks.File{Path: checks.MessagePath, Commit: m.Commit, Message: true, Load: load})
	}
	return files
}
