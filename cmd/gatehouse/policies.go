package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/builtin"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/config"
	"github.com/gatehouse-dev/gatehouse/policies"
	"github.com/gatehouse-dev/gatehouse/policies/inventory"
	"github.com/gatehouse-dev/gatehouse/policies/library"
)

// The limits of the policies of one repository.
const (
	mostPolicyFiles = 10_000
	mostPolicyBytes = 64 << 20
)

// policyLimits is the part of the table of limits that is about policies.
func policyLimits() [][3]string {
	return [][3]string{
		{"policy-files", fmt.Sprint(mostPolicyFiles), "files of policies and their data in one repository"},
		{"policy-bytes", fmt.Sprintf("%d MiB", mostPolicyBytes>>20), "size of all of them together"},
		{"policy-tree-placements", fmt.Sprint(inventory.MostPlaced), "objects in all places where kustomize and agents bring them, as policies over trees see them"},
		{"policy-tree-objects", fmt.Sprint(policies.MostQuick), "objects of a tree that policies judge at a commit; a larger one is judged by the other gates"},
	}
}

// policySet is the policies of one side: those that lie in the repository, and those
// that come with Gatehouse. Nothing of it is compiled before it is asked for.
type policySet struct {
	place    place
	settings config.Settings
	host     *builtin.Host // what the host of the repository says; nil where it is not asked
	vault    *verification // asks the Vault of the settings; nil where it is not asked
	// untrusted tells that nobody has agreed to the policies that lie there, so that
	// they are not run.
	untrusted bool

	objects     *policies.Objects
	files, data []policies.File
	library     func() []declaration // the policies that come with Gatehouse
	load        func() ownPolicies
}

// ownPolicies are the policies of a repository, compiled.
type ownPolicies struct {
	set     *policies.Set
	checks  []checks.Check
	faults  []policies.Fault
	notices []policies.Fault
}

// openPolicies reads the configuration of a side, and the files of its policies.
func openPolicies(pl place, untrusted bool) (*policySet, error) {
	s := &policySet{place: pl, untrusted: untrusted, objects: policies.NewObjects(), library: sync.OnceValue(libraryDeclarations)}
	settings, err := config.LoadWithPolicies(pl.read, version(), knownChecks(), s.catalogue)
	if err != nil {
		return nil, err
	}
	c := settings.Config.PolicySettings()
	if s.files, s.data, err = readPolicies(pl, c); err != nil {
		return nil, err
	}
	s.settings = settings
	if digest := s.digest(); digest != "" {
		sum := sha256.Sum256([]byte(settings.Digest + digest))
		s.settings.Digest = "sha256:" + hex.EncodeToString(sum[:])
	}
	s.load = sync.OnceValue(func() ownPolicies {
		if s.untrusted {
			return ownPolicies{}
		}
		return loadOwn(s.objects, s.files, s.data, s.settings)
	})
	return s, nil
}

// digest is of the policies that lie in the repository; "" where there are none.
func (s *policySet) digest() string {
	h := sha256.New()
	for i, list := range [][]policies.File{s.files, s.data} {
		for _, f := range list {
			fmt.Fprintf(h, "%d %q %x\n", i, f.Path, sha256.Sum256(f.Data))
		}
	}
	if len(s.files)+len(s.data) == 0 {
		return ""
	}
	return hex.EncodeToString(h.Sum(nil))
}

// identity changes with all that the verdict of a policy depends on besides the
// object and the program.
func (s *policySet) identity() string {
	if s == nil {
		return ""
	}
	var given strings.Builder
	c := s.settings.Config.PolicySettings()
	fmt.Fprintf(&given, "%v %q %q %q %x", c.UsesLibrary(), c.Enable, c.Disable, c.TargetVersion, s.settings.Config.GivesChecks())
	for _, id := range slices.Sorted(maps.Keys(s.settings.Parameters)) {
		fmt.Fprintf(&given, " %q %v", id, s.settings.Parameters[id].Value())
	}
	for _, c := range s.given().Certificates {
		fmt.Fprintf(&given, " %q %x", c.Path, sha256.Sum256(c.PEM))
	}
	sum := sha256.Sum256([]byte(s.digest() + given.String()))
	return hex.EncodeToString(sum[:])
}

// readPolicies reads the files of policies and those of their data.
func readPolicies(pl place, c config.Policies) (files, data []policies.File, err error) {
	budget := policyBudget{place: pl}
	for i, folder := range c.Folders() {
		list, err := budget.below(strings.TrimSuffix(folder, "/"), ".rego", ".yaml", ".yml", ".json")
		if err != nil {
			return nil, nil, err
		}
		if i > 0 && len(list) == 0 {
			return nil, nil, fmt.Errorf("%s: policies.paths names the folder %s, and there is no policy in it", config.ConfigPath, folder)
		}
		files = append(files, list...)
		data = append(data, dataBeside(list, strings.TrimSuffix(folder, "/"))...)
	}
	for _, name := range c.Data {
		name = strings.TrimSuffix(name, "/")
		list, err := budget.below(name, ".yaml", ".yml", ".json")
		if err != nil {
			return nil, nil, err
		}
		if len(list) == 0 {
			return nil, nil, fmt.Errorf("%s: policies.data names %s, and there is no JSON or YAML file", config.ConfigPath, name)
		}
		for _, f := range list {
			data = append(data, policies.File{Path: pathOfData(f.Path, name), Data: f.Data})
		}
	}
	return files, data, nil
}

// dataBeside are the files of data that lie beside modules, as OPA names them in a
// bundle: data.json and data.yaml. Their folders below that of the policies say where
// in data they stand.
func dataBeside(files []policies.File, folder string) []policies.File {
	modules := map[string]bool{}
	for _, f := range files {
		if path.Ext(f.Path) == ".rego" {
			modules[path.Dir(f.Path)] = true
		}
	}
	var data []policies.File
	for _, f := range files {
		switch path.Base(f.Path) {
		case "data.json", "data.yaml", "data.yml":
			if modules[path.Dir(f.Path)] {
				data = append(data, policies.File{Path: pathOfData(f.Path, folder), Data: f.Data})
			}
		}
	}
	return data
}

// pathOfData is the path of a file of data below what the configuration names,
// which says where in data it stands.
func pathOfData(file, named string) string {
	if file == named {
		return path.Base(file)
	}
	return strings.TrimPrefix(file, named+"/")
}

// policyBudget reads files of policies within the limits.
type policyBudget struct {
	place
	seen  map[string]bool
	files int
	bytes int
}

// below reads the files with one of the endings at a path or below it, each once.
func (b *policyBudget) below(folder string, endings ...string) ([]policies.File, error) {
	names, err := b.list(folder)
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", folder, err)
	}
	if b.seen == nil {
		b.seen = map[string]bool{}
	}
	var files []policies.File
	for _, name := range names {
		if b.seen[name] || !slices.Contains(endings, path.Ext(name)) {
			continue
		}
		b.seen[name] = true
		data, err := b.read(name)
		if err != nil {
			return nil, fmt.Errorf("read the policy %s: %w", name, unpathed(err))
		}
		b.files++
		b.bytes += len(data)
		if b.files > mostPolicyFiles || b.bytes > mostPolicyBytes {
			return nil, fmt.Errorf("the policies have more than %d files or %d MiB", mostPolicyFiles, mostPolicyBytes>>20)
		}
		files = append(files, policies.File{Path: name, Data: data})
	}
	return files, nil
}

// unpathed takes the path out of an error, which stands before it already.
func unpathed(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// catalogue finds the policies that a configuration may name. Those that say in
// their head what they are cost little; for rules of conftest and constraints, all
// have to be loaded.
func (s *policySet) catalogue(c config.Policies, all bool) (list []config.Policy, complete bool) {
	for _, d := range s.library() {
		list = append(list, d.policy())
	}
	files, data, err := readPolicies(s.place, c)
	if err != nil {
		return list, false // it is told when they are read to be run
	}
	for _, d := range ownDeclarations(files) {
		list = append(list, d.policy())
	}
	if !all || s.untrusted {
		return list, false
	}
	own := loadOwn(s.objects, files, data, config.Settings{})
	for _, check := range own.checks {
		list = append(list, config.Policy{Check: check})
	}
	return list, len(own.faults) == 0
}

// ownDeclarations lists the Gatehouse policies among files.
func ownDeclarations(files []policies.File) []declaration {
	var list []declaration
	for _, f := range files {
		if path.Base(f.Path) != policyFile {
			continue
		}
		if d, ok := declarationOf(f.Path, f.Data); ok {
			list = append(list, d)
		}
	}
	return list
}

// loadOwn compiles the policies of a repository.
func loadOwn(objects *policies.Objects, files, data []policies.File, settings config.Settings) ownPolicies {
	if len(files) == 0 {
		return ownPolicies{}
	}
	set, faults := compiled(files, data, parametersFor(ownDeclarations(files), settings))
	own := ownPolicies{set: set, faults: faults, notices: set.Notices}
	taken := map[string]bool{}
	for _, c := range declaredChecks() {
		taken[c.ID] = true
	}
	disabled := settings.Config.PolicySettings().Disable
	places := placesOf(set)
	for _, c := range objects.Checks(set) {
		at := places[c.ID]
		switch {
		case !policyID.MatchString(c.ID):
			own.faults = append(own.faults, policies.Fault{File: at.File, Line: at.Line, Message: fmt.Sprintf("%q is no ID: words in lower case with dashes between them", c.ID)})
		case taken[c.ID]:
			own.faults = append(own.faults, policies.Fault{File: at.File, Line: at.Line, Message: clash(c.ID, at.File)})
		case !slices.Contains(disabled, c.ID):
			own.checks = append(own.checks, c)
		}
		taken[c.ID] = true
	}
	return own
}

// clash says that an ID is taken. Where it is made of the name of an object, that name
// is to be changed.
func clash(id, file string) string {
	mend := "give this one another name"
	if path.Ext(file) == ".rego" {
		mend = "give this one an ID of its own under custom in its METADATA"
	}
	return fmt.Sprintf("there is another check with the ID %q: %s", id, mend)
}

// compiled loads policies with what they use of the library.
func compiled(files, data []policies.File, parameters map[string]*manifest.Node) (*policies.Set, []policies.Fault) {
	return policies.Load(policies.Source{
		Policies: append(slices.Clone(files), usedLibraries(files)...), Data: data, Parameters: parameters,
	})
}

// sharedLibrary is a module of the library that policies share.
var sharedLibrary = regexp.MustCompile(`data\.gatehouse\.lib\.[a-z0-9_]+`)

// sharedPrefix stands before the names of the library's modules where users' own
// policies use them.
const sharedPrefix = "gatehouse/"

var policyID = regexp.MustCompile(`^[\p{Ll}\p{N}]+(-[\p{Ll}\p{N}]+)*$`)

// usedLibraries are the modules of the library that policies use.
func usedLibraries(files []policies.File) []policies.File {
	if !slices.ContainsFunc(files, func(f policies.File) bool { return sharedLibrary.Match(f.Data) }) {
		return nil
	}
	own := map[string]bool{}
	for _, f := range files {
		own[packageOf(f.Data)] = true
	}
	var out []policies.File
	for name, text := range library.Files() {
		if strings.HasPrefix(name, "lib/") && !own[packageOf(text)] {
			out = append(out, policies.File{Path: sharedPrefix + name, Data: text})
		}
	}
	return out
}

var packageLine = regexp.MustCompile(`(?m)^package[ \t]+([^\s#]+)`)

// packageOf is the package of a module, "" for what is none.
func packageOf(text []byte) string {
	m := packageLine.FindSubmatch(text)
	if m == nil {
		return ""
	}
	return string(m[1])
}

// placesOf tells where the policies of a set stand, by the ID of their checks.
func placesOf(set *policies.Set) map[string]policies.Fault {
	places := map[string]policies.Fault{}
	for _, o := range set.Own {
		places[o.ID] = policies.Fault{File: o.Namespace.Rules[0].File, Line: max(o.Metadata.Line, 1)}
	}
	for _, n := range set.Namespaces {
		for _, r := range n.Rules {
			id := r.Metadata.String("id")
			if id == "" {
				id = policies.Kebab(n.Name()) + "-" + policies.Kebab(r.Name)
			}
			places[id] = policies.Fault{File: r.File, Line: r.Line}
		}
	}
	for _, c := range set.Constraints {
		places[policies.ConstraintID(c.Kind, c.Name)] = policies.Fault{File: c.File, Line: c.Line}
	}
	for _, p := range set.Admission.Policies {
		places[policies.AdmissionID(p.Name)] = policies.Fault{File: p.File, Line: p.Line}
	}
	return places
}

// declaredChecks are all checks that come with Gatehouse.
func declaredChecks() []checks.Check {
	list := knownChecks()
	for _, d := range libraryDeclarations() {
		list = append(list, d.exemplified().declared())
	}
	return list
}

// known are all checks that there are on this side.
func (s *policySet) known() []checks.Check {
	list := declaredChecks()
	if s != nil {
		list = append(list, s.load().checks...)
	}
	return list
}

// checks are the policies that judge here. They do not judge the folder of the
// configuration and the files of policies: an example of a fault would be one.
func (s *policySet) checks() []checks.Check {
	if s == nil {
		return nil
	}
	folders := append(s.settings.Config.PolicySettings().Folders(), config.Folder)
	list := append(libraryChecks(s.library(), s.settings, s.objects), s.load().checks...)
	for i := range list {
		list[i] = outside(folders, list[i])
	}
	return list
}

// outside is a check that does not look into some folders.
func outside(folders []string, c checks.Check) checks.Check {
	in := func(d *manifest.Document) bool {
		return slices.ContainsFunc(folders, func(f string) bool { return isBelow(d.File, strings.TrimSuffix(f, "/")) })
	}
	if judge := c.Document; judge != nil {
		c.Document = func(p *checks.Pass, d *manifest.Document) error {
			if in(d) {
				return nil
			}
			return judge(p, d)
		}
	}
	if judge := c.Transition; judge != nil {
		c.Transition = func(p *checks.Pass, t checks.Transition) error {
			if t.Before != nil && in(t.Before) || t.Now != nil && in(t.Now) {
				return nil
			}
			return judge(p, t)
		}
	}
	if facts := c.Facts; facts != nil {
		c.Facts = func(d *manifest.Document) []checks.Fact {
			if in(d) {
				return nil
			}
			return facts(d)
		}
	}
	return c
}

// meant tells whether the words of --only and --skip can mean a policy, so that
// policies have to be loaded. None of --only means everything.
func (s *policySet) meant(only, skip []string) bool {
	if s == nil {
		return false
	}
	if len(only) == 0 {
		return true
	}
	known := builtin.All()
	for _, word := range append(slices.Clone(only), skip...) {
		_, isCheck := checkNamed(known, word)
		isCategory := slices.Contains(checks.Categories(), checks.Category(word))
		if !isCheck && !isCategory {
			return true
		}
	}
	return slices.ContainsFunc(only, func(word string) bool {
		category := checks.Category(word)
		return category == checks.Policy || slices.ContainsFunc(append(slices.Clone(s.library()), ownDeclarations(s.files)...),
			func(d declaration) bool { return d.check.Category == category })
	})
}

// checks lists the checks that can run on a subject, and which of them its own
// policies are. Policies are left out where the words of --only and --skip cannot
// mean one.
func (s subject) checks(only, skip []string) ([]checks.Check, ownPolicies) {
	all := s.policies.builtin()
	if !s.policies.meant(only, skip) {
		return all, ownPolicies{}
	}
	return append(all, s.policies.checks()...), s.policies.load()
}

func (o ownPolicies) ids() []string {
	var ids []string
	for _, c := range o.checks {
		ids = append(ids, c.ID)
	}
	return ids
}

// policyFaults are why policies of the user's own cannot be used.
type policyFaults []policies.Fault

func (f policyFaults) Error() string { return "some policies cannot be used:\n" + faultsText(f) }

func (f policyFaults) exit() error { return exit{code: exitUsage, message: f.Error()} }

// faultsText lists faults, one a line.
func faultsText(faults []policies.Fault) string {
	var lines []string
	for _, f := range faults {
		lines = append(lines, printable(f.Error()))
	}
	return strings.Join(lines, "\n")
}

// notUsed tells of each policy that cannot be used: what it would have judged is
// not judged.
func notUsed(faults []policies.Fault) []checks.NotJudged {
	var list []checks.NotJudged
	for _, f := range faults {
		list = append(list, checks.NotJudged{File: f.File, Line: uint32(max(f.Line, 1)), Reason: "the policy cannot be used: " + f.Message, New: true})
	}
	return list
}
