package survey

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/config"
)

const someManifest = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: web\n"

// repo is the content of files by path.
type repo map[string]string

func (r repo) look(name string) Survey {
	var paths []string
	for p := range r {
		paths = append(paths, p)
	}
	return Look(name, paths, r.read)
}

func (r repo) read(p string) ([]byte, error) {
	text, ok := r[p]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return []byte(text), nil
}

// files makes a repository of paths. A YAML or JSON file holds a manifest, unless
// "= plain" stands behind it or its name says otherwise.
func files(list string) repo {
	r := repo{}
	for line := range strings.Lines(list) {
		p, what, _ := strings.Cut(strings.TrimSpace(line), " = ")
		switch {
		case p == "":
		case what == "plain" || isValuesName(p):
			r[p] = "replicas: 1\n"
		case isDataName(p):
			r[p] = someManifest
		default:
			r[p] = "text\n"
		}
	}
	return r
}

func TestShapes(t *testing.T) {
	names, err := filepath.Glob("testdata/shapes/*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatalf("no shapes: %v", err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			part := map[string]string{}
			for _, f := range archive.Files {
				part[f.Name] = string(f.Data)
			}
			r := files(part["paths"])
			s := r.look(strings.TrimSpace(part["repository"]))
			if diff := cmp.Diff(part["want"], listed(s.Environments)); diff != "" {
				t.Errorf("environments (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(strings.Fields(part["doubts"]), s.Doubts.Paths, cmpEmpty()); diff != "" {
				t.Errorf("doubts (-want +got):\n%s", diff)
			}
			checkProposal(t, r, s)
		})
	}
}

func cmpEmpty() cmp.Option {
	return cmp.Transformer("list", func(list []string) string { return strings.Join(list, "\n") })
}

func listed(envs []checks.Environment) string {
	var b strings.Builder
	for _, e := range envs {
		fmt.Fprintln(&b, e.Name)
		for _, glob := range e.Paths {
			fmt.Fprintln(&b, " ", glob)
		}
	}
	return b.String()
}

// checkProposal holds a survey to what must be true of every one.
func checkProposal(t *testing.T, r repo, s Survey) {
	t.Helper()
	got, err := config.ReadConfig(config.ConfigPath, []byte(s.Config()), "1.0.0", nil)
	if err != nil {
		t.Fatalf("the proposed configuration cannot be read: %v\n%s", err, s.Config())
	}
	if diff := cmp.Diff(s.Environments, got.Layout().Environments); diff != "" {
		t.Errorf("the configuration reads as others (-proposed +read):\n%s", diff)
	}
	for p := range r {
		var matched []string
		for _, e := range s.Environments {
			if slices.ContainsFunc(e.Paths, func(glob string) bool { return checks.MatchPath(glob, p) }) {
				matched = append(matched, e.Name)
			}
		}
		if len(matched) > 1 {
			t.Errorf("%q belongs to %q", p, matched)
		}
		if len(matched) == 1 && !s.WholeRepository && !saysEnvironment(p) {
			t.Errorf("%q belongs to %q", p, matched)
		}
	}
	for _, e := range s.Environments {
		for _, glob := range e.Paths {
			if !slices.ContainsFunc(keys(r), func(p string) bool { return checks.MatchPath(glob, p) }) {
				t.Errorf("glob %q of %s matches nothing", glob, e.Name)
			}
		}
	}
	for line := range strings.Lines(s.Summary()) {
		if strings.ContainsFunc(strings.TrimSuffix(line, "\n"), func(r rune) bool { return r < ' ' || r == 0x7f }) {
			t.Errorf("a control character in the summary: %q", line)
		}
	}
}

// saysEnvironment tells whether some part of a path has a word for an environment
// in it.
func saysEnvironment(p string) bool {
	return slices.ContainsFunc(checks.EnvironmentNames(), func(word string) bool { return strings.Contains(strings.ToLower(p), word) })
}

func keys(r repo) []string {
	var list []string
	for p := range r {
		list = append(list, p)
	}
	slices.Sort(list)
	return list
}

func TestEnvironmentNamesAreAllKnown(t *testing.T) {
	words := newVocabulary()
	for _, name := range checks.EnvironmentNames() {
		s := files("clusters/" + name + "/web.yaml").look("")
		want := []checks.Environment{{Name: name, Paths: []string{"clusters/" + name}}}
		if diff := cmp.Diff(want, s.Environments); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		l, _ := words.read(name)
		if _, ok := words.order[l.place]; !ok {
			t.Errorf("%s has no place in a promotion", name)
		}
	}
}

func TestNames(t *testing.T) {
	for _, test := range []struct {
		name string
		want label // zero for no environment
	}{
		{"prod", label{"prod", "", "prod", true}},
		{"Production", label{"prod", "", "production", true}},
		{"production-eu", label{"prod", "eu", "production-eu", true}},
		{"prod1", label{"prod", "1", "prod1", true}},
		{"eu.prod", label{"prod", "eu", "eu.prod", true}},
		{"pre-prod", label{"pre", "", "pre-prod", true}},
		{"preprod-2", label{"pre", "2", "preprod-2", true}},
		{"pre", label{"pre", "", "pre", false}},
		{"non-prod", label{"non-prod", "", "non-prod", true}},
		{"nonprod", label{"non-prod", "", "nonprod", true}},
		{"int-test", label{"test", "int", "int-test", false}},
		{"test-int", label{"test", "int", "test-int", false}},
		{"product", label{}},
		{"tests", label{}},
		{"development-kit", label{"dev", "kit", "development-kit", false}},
		{"letsencrypt-prod", label{}},
		{"prod eu", label{}},
		{"prod-\x1b", label{}},
		{"prod-é", label{}},
		{"", label{}},
		{"---", label{}},
		{strings.Repeat("a", longestName) + "-prod", label{}},
	} {
		got, ok := newVocabulary().read(test.name)
		if !ok {
			got = label{}
		}
		if got != test.want {
			t.Errorf("%q: got %+v, want %+v", test.name, got, test.want)
		}
	}
}

func TestRepositoryNames(t *testing.T) {
	for name, want := range map[string]string{
		"acme/shop-prod":         "prod",
		"acme/shop_staging.git":  "staging",
		"acme/shop-pre-prod/":    "pre-prod",
		"acme/shop-nonprod":      "nonprod",
		"production":             "production",
		"acme/test":              "",
		"acme/prod-shop":         "",
		"acme/shop":              "",
		"acme/reproduction":      "",
		"acme/shop-prod\n":       "",
		"":                       "",
		"git@host:acme/shop-dev": "dev",
	} {
		s := files("web.yaml").look(name)
		got := ""
		if len(s.Environments) > 0 {
			got = s.Environments[0].Name
		}
		if got != want || s.WholeRepository != (want != "") {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
}

func TestUncommentedExamplesAreRead(t *testing.T) {
	for _, s := range []Survey{files("README.md").look(""), files("prod/web.yaml").look("acme/\"odd\nname\"")} {
		var live strings.Builder
		for line := range strings.Lines(s.Config()) {
			if rest, ok := strings.CutPrefix(line, "#"); ok && !strings.HasPrefix(rest, " ") || strings.HasPrefix(line, "#  ") {
				line = rest
			}
			live.WriteString(line)
		}
		if _, err := config.ReadConfig(config.ConfigPath, []byte(live.String()), "1.0.0", nil); err != nil {
			t.Errorf("%v\n%s", err, live.String())
		}
	}
}

func TestHostilePaths(t *testing.T) {
	for p, glob := range map[string]string{ // "" for a path that is not looked at
		"a\nb: [/prod/web.yaml":   "a?b: ?/prod",
		"\x1b[31m/prod/web.yaml":  "??31m/prod",
		`q"'\/prod/web.yaml`:      `q"'?/prod`,
		"{x,y}/prod/web.yaml":     "?x,y?/prod",
		"!neg/prod/web.yaml":      "?neg/prod",
		"[ab/prod/web.yaml":       "?ab/prod",
		"\xff\xfe/prod/web.yaml":  "??/prod",
		"\u202e/prod/web.yaml":    "?/prod",
		" /prod/web.yaml":         " /prod",
		"# c/prod/web.yaml":       "# c/prod",
		"**/prod/web.yaml":        "??/prod",
		"::error::/prod/web.yaml": "::error::/prod",
		"yes/prod/web.yaml":       "yes/prod",
		"é/prod/web.yaml":         "é/prod",
		"../prod/web.yaml":        "",
		"/etc/prod/web.yaml":      "",
		"a//prod/web.yaml":        "",
		"./prod/web.yaml":         "",
		"":                        "",
		".":                       "",
		"..":                      "",
		strings.Repeat("a/", deepestPath) + "prod/web.yaml": "",
		strings.Repeat("a", longestPath) + "/prod/web.yaml": "",
	} {
		t.Run(fmt.Sprintf("%.20q", p), func(t *testing.T) {
			r := repo{p: someManifest, "b/staging/web.yaml": someManifest}
			s := r.look("acme/x\n- y")
			want := []checks.Environment{{Name: "staging", Paths: []string{"b/staging"}}, {Name: "prod", Paths: []string{glob}}}
			if glob == "" {
				want = want[:1]
			}
			if diff := cmp.Diff(want, s.Environments); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if s.Reading.Ignored != map[bool]int{true: 1}[glob == ""] {
				t.Errorf("%d paths ignored", s.Reading.Ignored)
			}
			checkProposal(t, r, s)
		})
	}
}

// A name with a sign of globs in it must not catch its neighbours.
func TestWildNamesCatchNoOthers(t *testing.T) {
	r := files("a?/prod/web.yaml\nab/prod/web.yaml\nstaging/prod*/web.yaml")
	r["ab/prod/web.yaml"] = "replicas: 1\n"
	r["ab/prod/docs/web.yaml"] = "text"
	s := r.look("")
	checkProposal(t, r, s)
	for _, e := range s.Environments {
		for _, glob := range e.Paths {
			if checks.MatchPath(glob, "ab/prod/web.yaml") {
				t.Errorf("glob %q of %s matches a neighbour", glob, e.Name)
			}
		}
	}
	if s.Doubts.MoreGlobs != 1 {
		t.Errorf("%d folders could not be named, want 1", s.Doubts.MoreGlobs)
	}
}

func TestSameForEveryOrder(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	parts := append(checks.EnvironmentNames(), "apps", "clusters", "overlays", "base", "prod-eu", "docs", "web", "a")
	for range 200 {
		r := repo{}
		for range 1 + random.IntN(40) {
			var dirs []string
			for range 1 + random.IntN(5) {
				dirs = append(dirs, parts[random.IntN(len(parts))])
			}
			base := []string{"web.yaml", "kustomization.yaml", "values-prod.yaml", "secrets.dev.yaml", "README.md", "prod.yaml"}[random.IntN(6)]
			r[path.Join(append(dirs, base)...)] = someManifest
		}
		s := r.look("acme/x")
		checkProposal(t, r, s)
		checkComplete(t, r, s)
		paths := keys(r)
		random.Shuffle(len(paths), func(i, j int) { paths[i], paths[j] = paths[j], paths[i] })
		again := Look("acme/x", append(paths, paths[0]), r.read)
		if diff := cmp.Diff(s, again, cmp.AllowUnexported(Survey{}, owners{}, silenced{}, silencedPath{}, ownersRule{})); diff != "" {
			t.Fatalf("another order gives another survey:\n%s", diff)
		}
		if t.Failed() {
			t.Fatalf("for %q", keys(r))
		}
	}
}

// checkComplete tells that folders right in a folder of environments are covered.
func checkComplete(t *testing.T, r repo, s Survey) {
	t.Helper()
	words := newVocabulary()
	l := checks.Layout{Environments: s.Environments}
	for p := range r {
		above, file, ok := strings.Cut("/"+p, "/clusters/")
		if !ok || strings.Contains(above, "docs") || strings.Contains(file, "docs/") || path.Base(p) == "README.md" {
			continue
		}
		first, _, isFolder := strings.Cut(file, "/")
		if name, ok := words.read(first); ok && name.rest == "" && isFolder && l.Environment(p) == "" {
			t.Errorf("%q belongs to no environment:\n%s", p, listed(s.Environments))
		}
	}
}

func TestLargeRepositories(t *testing.T) {
	for name, pathOf := range map[string]func(i int) string{
		"many clusters":      func(i int) string { return fmt.Sprintf("clusters/prod-%d/web.yaml", i) },
		"many common names":  func(i int) string { return fmt.Sprintf("apps/dev-%d/web-%d.yaml", i, i) },
		"many teams":         func(i int) string { return fmt.Sprintf("teams/t%d/overlays/prod/kustomization.yaml", i) },
		"every other depth":  func(i int) string { return fmt.Sprintf("%sx%d/prod/web.yaml", strings.Repeat("d/", i%50), i) },
		"all inexact":        func(i int) string { return fmt.Sprintf("a%d/b%d/%s/prod/web.yaml", i%7, i, []string{"c", "docs"}[i%2]) },
		"long names":         func(i int) string { return fmt.Sprintf("%s%d/prod/web.yaml", strings.Repeat("xxxxxxxx/", 55), i) },
		"wild names":         func(i int) string { return fmt.Sprintf("*%d/prod/web.yaml", i) },
		"split environments": func(i int) string { return fmt.Sprintf("uat/a%d/overlays/%s/web.yaml", i, []string{"prod", "x"}[i%2]) },
	} {
		t.Run(name, func(t *testing.T) {
			r := repo{}
			for i := range 15_000 {
				r[pathOf(i)] = someManifest
			}
			start := time.Now()
			s := r.look("")
			if took := time.Since(start); took > 20*time.Second {
				t.Errorf("took %v", took)
			}
			if len(s.Environments) > mostEnvironments {
				t.Errorf("%d environments", len(s.Environments))
			}
			for _, e := range s.Environments {
				if len(e.Paths) > mostGlobs {
					t.Errorf("%s: %d globs", e.Name, len(e.Paths))
				}
			}
			if len(s.Config()) > 1<<20 || len(s.Summary()) > 100_000 {
				t.Errorf("configuration of %d bytes, summary of %d", len(s.Config()), len(s.Summary()))
			}
			if _, err := config.ReadConfig(config.ConfigPath, []byte(s.Config()), "1.0.0", nil); err != nil {
				t.Error(err)
			}
			t.Logf("%v; %d environments, doubts %d, %+v", time.Since(start), len(s.Environments), s.Doubts.Count, s.Reading)
		})
	}
}

func TestReadingIsBounded(t *testing.T) {
	r := repo{}
	for i := range mostFilesRead + 500 {
		r[fmt.Sprintf("apps/a%d.yaml", i)] = someManifest
	}
	r["clusters/production/last.yaml"] = someManifest
	r["zz/constraint.yaml"] = "apiVersion: constraints.gatekeeper.sh/v1beta1\nkind: K8sRequired\nmetadata:\n  name: x\n"
	calls := map[string]int{}
	s := Look("", keys(r), func(p string) ([]byte, error) {
		calls[p]++
		return r.read(p)
	})
	if len(calls) != mostFilesRead || s.Reading.Read != mostFilesRead {
		t.Errorf("%d files read, and said to be %d", len(calls), s.Reading.Read)
	}
	for p, n := range calls {
		if n != 1 {
			t.Errorf("%s was read %d times", p, n)
		}
	}
	if listed(s.Environments) != "production\n  clusters/production\n" || !hasFind(s, Constraints) {
		t.Errorf("the limit leaves out what matters:\n%s", s.Summary())
	}
	if want := fmt.Sprintf("Read %d of %d YAML and JSON files", mostFilesRead, mostFilesRead+502); !strings.Contains(s.Summary(), want) {
		t.Errorf("the summary does not say %q:\n%s", want, s.Summary())
	}

	broken := Look("", []string{"prod/web.yaml", "prod/large.yaml"}, func(p string) ([]byte, error) {
		if p == "prod/web.yaml" {
			return nil, errors.New("no such blob")
		}
		return make([]byte, largestFileRead+1), nil
	})
	if broken.Reading.Unreadable != 2 || len(broken.Environments) != 0 || !strings.Contains(broken.Summary(), "2 files could not be read") {
		t.Errorf("got %+v\n%s", broken.Reading, broken.Summary())
	}
}

// What may be an environment is looked at before the rest of a large repository.
func TestReadingBeginsWhereEnvironmentsMayBe(t *testing.T) {
	r := repo{"clusters/staging/settings.yaml": "plain: true\n", "clusters/production/web.yaml": someManifest}
	for i := range mostFilesRead {
		r[fmt.Sprintf("apps/a%d/web.yaml", i)] = someManifest
	}
	if got := listed(r.look("").Environments); got != "production\n  clusters/production\n" {
		t.Errorf("got:\n%s", got)
	}
}

func hasFind(s Survey, tool Tool) bool {
	return slices.ContainsFunc(s.Finds, func(f Find) bool { return f.Tool == tool })
}

func FuzzLook(f *testing.F) {
	f.Add("acme/shop-prod", "clusters/prod/web.yaml\x00apps/*/dev/values-prod.yaml\x00.sops.yaml", "* @a\n/.gatehouse/ @b")
	f.Add("", "a\nb/prod/overlays/test/kustomization.yaml\x00uat/x\x00uat/overlays/live/Chart.yaml", "*")
	f.Fuzz(func(t *testing.T, name, paths, content string) {
		r := repo{}
		for p := range strings.SplitSeq(paths, "\x00") {
			r[p] = someManifest + content
		}
		r["CODEOWNERS"] = content
		s := r.look(name)
		checkProposal(t, r, s)
		for line := range strings.Lines(s.Owners()) {
			if !strings.HasPrefix(line, "#") && !strings.HasPrefix(line, "/") && !strings.HasPrefix(line, "CODEOWNERS ") || !strings.HasSuffix(line, "\n") {
				t.Errorf("odd line %q", line)
			}
		}
	})
}
