package vault

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// Question asks for one secret, or one key of it.
type Question struct {
	// Namespace is that of Vault Enterprise; "": that of the Target.
	Namespace string
	// Mount is where the engine is mounted. "": the engine is found from Path, which
	// then begins with it.
	Mount string
	// Path is that of the secret below the mount, as `vault kv get` takes it.
	Path string
	// API says that Path is that of the HTTP API, as the Vault Agent, the CSI
	// provider and argocd-vault-plugin take it: with data/ after a mount of KV v2.
	API bool
	// Key is a key of the secret; "" asks for the secret alone. Where there is no key
	// of that very name, dots stand between the names of nested keys, and \. for a dot
	// in a name.
	Key string
	// Metadata says that Key is one of the custom metadata of the secret.
	Metadata bool
	// Version is that of the secret; 0: the current one.
	Version int
	// KVVersion is that of the engine at Mount where a configuration is to be
	// believed; 0: Vault is asked. It counts only with a Mount.
	KVVersion int
}

// Outcome is the answer to a Question, in one word for machines.
type Outcome string

const (
	Exists           Outcome = "exists"
	KeyMissing       Outcome = "key-missing"
	VersionDeleted   Outcome = "version-deleted"   // it can be undeleted
	VersionDestroyed Outcome = "version-destroyed" // it is gone for good
	VersionMissing   Outcome = "version-missing"   // never written, or no longer kept
	PathMissing      Outcome = "path-missing"
	// MountUnknown says that nothing is mounted there or that the token has no right
	// to it. Vault answers the same for both, so that neither is proven.
	MountUnknown Outcome = "mount-unknown-or-forbidden"
	// NotChecked says that it is not known; never to be taken for any of the others.
	NotChecked Outcome = "not-checked"
)

// Answer is what Vault says to a Question.
type Answer struct {
	Outcome Outcome
	Reason  Reason   // why it was not checked or the mount is not known; else ""
	Place   Place    // what was looked at; zero where it was not found out
	Version int      // of the secret that was looked at; 0 where that is not known
	Nearest []string // names of keys or secrets that may have been meant, best first
	What    string   // the answer as a sentence without a full stop, for people
	Next    string   // what a person can do; "" where nothing is wrong
}

// Verify answers each question, in their order. What cannot be asked is NotChecked.
// It asks once for each secret, however many questions are about it, and stops
// asking where Vault is down, sealed or does not take the token.
func (c *Connection) Verify(ctx context.Context, questions []Question) []Answer {
	ctx, cancel := context.WithTimeout(ctx, c.limits.Total)
	defer cancel()
	r := &run{connection: c, depths: map[Question]int{}}
	var order, again []int // of questions; those about a secret that was asked for before come last, and do not wait
	for i, q := range questions {
		about := q.secret()
		if _, before := r.depths[about]; before {
			again = append(again, i)
		} else {
			order = append(order, i)
		}
		r.depths[about] = max(r.depths[about], len(splitKey(q.Key)))
	}
	order = append(order, again...)
	answers := make([]Answer, len(questions))
	inParallel(len(questions), c.limits.Parallel, func(i int) { answers[order[i]] = r.answer(ctx, questions[order[i]]) })
	return answers
}

// secret is the question without its key: what is looked at.
func (q Question) secret() Question {
	q.Key, q.Metadata = "", false
	return q
}

// inParallel does n things, so many at the same time.
func inParallel(n, width int, do func(int)) {
	next := make(chan int)
	var workers sync.WaitGroup
	for range min(n, width) {
		workers.Go(func() {
			for i := range next {
				do(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	workers.Wait()
}

// answer answers one question.
func (r *run) answer(ctx context.Context, q Question) Answer {
	place, err := r.locate(ctx, q)
	if err != nil {
		return r.unknown(place, err)
	}
	switch place.Mount.KVVersion {
	case 1:
		return r.answerUnversioned(ctx, q, place)
	case 2:
		return r.answerVersioned(ctx, q, place)
	}
	return r.unknown(place, &Error{
		Reason: NotKV, What: fmt.Sprintf("the engine at %s is of the type %s, which makes what is read", shownPath(place.Mount.Path), shown(place.Mount.Type)),
	})
}

// unknown is the answer where Vault could not be asked.
func (r *run) unknown(place Place, err error) Answer {
	var failed *Error
	if !errors.As(err, &failed) {
		failed = &Error{Reason: BadAnswer}
	}
	a := Answer{Outcome: NotChecked, Reason: failed.Reason, Place: place}
	if failed.Reason == MountMissing {
		a.Outcome = MountUnknown
	}
	a.What, a.Next = failed.Words()
	return a
}

// locate finds the engine of a question and the path below it.
func (r *run) locate(ctx context.Context, q Question) (Place, error) {
	place := Place{Namespace: q.Namespace, Path: q.Path}
	path, ok := cleanPath(q.Path)
	switch {
	case !ok:
		return place, &Error{Reason: BadQuestion, What: "the path of the secret is none that Vault takes"}
	case q.Version < 0, q.KVVersion < 0, q.KVVersion > 2:
		return place, &Error{Reason: BadQuestion, What: "there are no such versions", Next: "versions of a secret begin with 1; those of the engine are 1 and 2"}
	}
	if _, ok := cleanPath(q.Namespace); !ok && q.Namespace != "" {
		return place, &Error{Reason: BadQuestion, What: "the namespace of Vault is none that it takes"}
	}
	place.Path = path
	if q.Mount == "" {
		mount, err := r.detect(ctx, q.Namespace, path)
		if err != nil {
			return place, err
		}
		rest, below := strings.CutPrefix(path, mount.Path+"/")
		if place.Mount = mount; !below {
			return place, &Error{Reason: BadQuestion, What: shownPath(path) + " is an engine, and no secret in it is named", Next: "add the path of the secret"}
		}
		place.Path = rest
		return place, nil
	}
	path, ok = cleanPath(q.Mount)
	if !ok {
		return place, &Error{Reason: BadQuestion, What: "the path of the engine is none that Vault takes"}
	}
	if q.KVVersion != 0 && !q.hasDataPart(path, place.Path) {
		place.Mount = Configured(path, q.KVVersion)
		return place, nil
	}
	mount, err := r.detect(ctx, q.Namespace, path)
	if err != nil {
		place.Mount = Mount{Path: path}
		return place, err
	}
	place.Mount = mount
	if mount.Path != path {
		return place, &Error{
			Reason: MountMissing, What: fmt.Sprintf("nothing is mounted at %s", shownPath(path)),
			Next: fmt.Sprintf("the engine is mounted at %s: the rest belongs to the path of the secret", shownPath(mount.Path)),
		}
	}
	return place, nil
}

// hasDataPart tells whether what will be asked for has a part "data", which the guard
// lets through only where Vault itself has told the mount.
func (q Question) hasDataPart(mount, path string) bool {
	if q.API {
		path = strings.TrimPrefix(path, "data/")
	}
	return slices.Contains(strings.Split(mount+"/"+path, "/"), "data")
}

// answerVersioned answers for KV v2.
func (r *run) answerVersioned(ctx context.Context, q Question, place Place) Answer {
	if q.API {
		rest, ok := strings.CutPrefix(place.Path, "data/")
		if !ok {
			return r.withoutData(ctx, q, place)
		}
		place.Path = rest
	}
	seen, err := r.look(ctx, place, q.Version, r.depths[q.secret()])
	if err != nil {
		return r.byVersions(ctx, q, place, err)
	}
	a := Answer{Place: place, Version: seen.Version}
	switch seen.State {
	case Absent:
		return r.absent(ctx, q, place)
	case Present:
		if q.Metadata {
			return a.ofKey(q.Key, described(seen.Metadata))
		}
		return a.ofKey(q.Key, seen.keys)
	}
	return a.gone(seen)
}

// described are the names of custom metadata, which do not nest.
func described(metadata map[string]string) tree {
	names := tree{}
	for name := range metadata {
		names[name] = nil
	}
	return names
}

// gone answers for a version that was deleted or destroyed.
func (a Answer) gone(seen Seen) Answer {
	since := ""
	if !seen.Deleted.IsZero() {
		since = " on " + seen.Deleted.UTC().Format("2006-01-02")
	}
	if seen.State == Destroyed {
		a.Outcome = VersionDestroyed
		a.What = fmt.Sprintf("version %d of %s was destroyed", seen.Version, a.Place)
		a.Next = "write the secret anew, or refer to another version"
		return a
	}
	a.Outcome = VersionDeleted
	a.What = fmt.Sprintf("version %d of %s was deleted%s", seen.Version, a.Place, since)
	a.Next = "undelete it, write the secret anew, or refer to another version"
	return a
}

// absent answers where there is no such secret or version, and finds out which.
func (r *run) absent(ctx context.Context, q Question, place Place) Answer {
	a := Answer{Outcome: PathMissing, Place: place, What: fmt.Sprintf("there is no secret %s", place), Next: "write the secret, or correct the path"}
	if q.Version > 0 {
		current, err := r.look(ctx, place, 0, 1)
		if err != nil {
			return r.unknown(place, err)
		}
		if current.State != Absent {
			a.Outcome, a.Version = VersionMissing, current.Version
			a.What = fmt.Sprintf("%s has no version %d; the current one is %d", place, q.Version, current.Version)
			a.Next = "refer to a version that is kept, or to none"
			return a
		}
	}
	// The most frequent fault of all: data/ where the one who reads adds it.
	if rest, ok := strings.CutPrefix(place.Path, "data/"); ok {
		other := Place{Namespace: place.Namespace, Mount: place.Mount, Path: rest}
		if seen, err := r.look(ctx, other, 0, 1); err == nil && seen.State != Absent {
			a.Nearest = []string{rest}
			a.What = fmt.Sprintf("there is no secret %s, but %s: data/ is added by whoever reads it", place, other)
			a.Next = "leave data/ out"
			return a
		}
	}
	return a.suggest(r.names(ctx, place))
}

// withoutData answers for a path of the API that lacks data/ after a mount of KV v2.
// Vault finds nothing there, whatever there is.
func (r *run) withoutData(ctx context.Context, q Question, place Place) Answer {
	right := place.Mount.Path + "/data/" + place.Path
	a := Answer{
		Outcome: PathMissing, Place: place, Next: "write it as " + shownPath(right),
		What: fmt.Sprintf("nothing is read at %s: the engine is KV v2, which takes data/ after the mount", place),
	}
	if seen, err := r.look(ctx, place, q.Version, r.depths[q.secret()]); err == nil && seen.State != Absent {
		a.Nearest, a.Version = []string{right}, seen.Version
	}
	return a
}

// byVersions answers where the keys cannot be seen: what metadata/ says tells whether
// there is a secret, and no more.
func (r *run) byVersions(ctx context.Context, q Question, place Place, why error) Answer {
	a := r.unknown(place, why)
	if a.Reason != Forbidden && a.Reason != Unsupported {
		return a
	}
	kept, err := r.history(ctx, place)
	if err != nil {
		return a
	}
	seen := kept.at(q.Version)
	a.Version = seen.Version
	switch {
	case seen.State == Absent:
		return absentByVersions(q, place, kept)
	case seen.State != Present:
		a.Reason = ""
		return a.gone(seen)
	case q.Key == "":
		return Answer{Outcome: Exists, Place: place, Version: seen.Version, What: fmt.Sprintf("%s exists", place)}
	}
	a.What = fmt.Sprintf("%s exists, but whether it has the key %s could not be checked: %s", place, shown(q.Key), a.What)
	if a.Reason == Forbidden {
		a.Next = "give the token read on " + shownPath(place.Mount.Path+"/subkeys/*")
	}
	return a
}

func absentByVersions(q Question, place Place, kept history) Answer {
	if kept.current == 0 {
		return Answer{Outcome: PathMissing, Place: place, What: fmt.Sprintf("there is no secret %s", place), Next: "write the secret, or correct the path"}
	}
	return Answer{
		Outcome: VersionMissing, Place: place, Version: kept.current, Next: "refer to a version that is kept, or to none",
		What: fmt.Sprintf("%s has no version %d; the current one is %d", place, q.Version, kept.current),
	}
}

// answerUnversioned answers for KV v1, of which only the names of secrets can be seen.
func (r *run) answerUnversioned(ctx context.Context, q Question, place Place) Answer {
	folder, name := splitFolder(place.Path)
	names, err := r.list(ctx, Place{Namespace: place.Namespace, Mount: place.Mount, Path: folder})
	if err != nil {
		return r.unknown(place, err)
	}
	a := Answer{Place: place}
	switch {
	case !slices.Contains(names, name):
		a.Outcome, a.What, a.Next = PathMissing, fmt.Sprintf("there is no secret %s", place), "write the secret, or correct the path"
		return a.suggest(names)
	case q.Key == "" && q.Version == 0:
		a.Outcome, a.What = Exists, fmt.Sprintf("%s exists", place)
		return a
	}
	a.Outcome, a.Reason = NotChecked, KVVersion1
	_, a.Next = KVVersion1.words()
	a.What = fmt.Sprintf("%s exists, but it lies in KV v1, which has no versions and shows its keys only with their values", place)
	return a
}

// suggest adds the names of secrets in the same folder that may have been meant.
func (a Answer) suggest(names []string) Answer {
	folder, name := splitFolder(a.Place.Path)
	names = slices.DeleteFunc(slices.Clone(names), func(n string) bool { return strings.HasSuffix(n, "/") })
	for _, n := range nearest(name, names) {
		a.Nearest = append(a.Nearest, strings.TrimPrefix(folder+"/"+n, "/"))
	}
	return a.meant()
}

// meant adds what may have been meant to the sentence.
func (a Answer) meant() Answer {
	if len(a.Nearest) > 0 {
		a.What += fmt.Sprintf(" (did you mean %s?)", listed(a.Nearest))
	}
	return a
}

// splitFolder splits a path into its folder and the name in it.
func splitFolder(path string) (folder, name string) {
	if i := strings.LastIndexByte(path, '/'); i >= 0 {
		return path[:i], path[i+1:]
	}
	return "", path
}
