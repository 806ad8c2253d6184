// Package config reads what a repository says to Gatehouse: the two files of the
// folder .gatehouse, config.yaml and waivers.yaml, and the rules of a
// .gitleaks.toml. It also writes waivers.
//
// Both files are read strictly. A key that has no effect, a check that does not
// exist and a glob that can match nothing are errors with their place, all of
// them at once, since a rule that is silently ignored is a gate left open.
//
// The package takes bytes and gives values. It does not know where the bytes come
// from (a work tree, a revision of git), who may change them, or what a finding
// weighs in the end.
package config

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strconv"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/suggest"
)

// Config is the file .gatehouse/config.yaml. Its zero value, with which a
// repository without that file is judged, changes nothing.
type Config struct {
	Version         int                 `json:"version" enum:"1" doc:"Version of this file's format; always 1."`
	MinimumVersion  string              `json:"minimumVersion,omitempty" doc:"The oldest Gatehouse that may judge this repository, such as \"1.4.0\". An older one refuses to."`
	Repository      string              `json:"repository,omitempty" doc:"Name of this repository in fingerprints of findings, such as \"example/platform\". Set it before you rename or move the repository, so that findings keep their identity."`
	FailOn          Threshold           `json:"failOn,omitempty" doc:"The severity from which new findings make a check fail: none, error (the default) or warning. The command line wins over it."`
	RequireComplete bool                `json:"requireComplete,omitempty" doc:"Whether anything that lies outside the tree, such as a remote base, makes the verdict incomplete even where it is not new."`
	Certificate     string              `json:"certificate,omitempty" doc:"The file, from the root of the repository, with the certificate of the sealed-secrets controller that gatehouse seal seals for. --cert and SEALED_SECRETS_CERT win over it."`
	Environments    []Environment       `json:"environments,omitempty" doc:"The places to which parts of the tree are deployed. A file belongs to the first environment with a matching path."`
	Exclude         []string            `json:"exclude,omitempty" doc:"Globs of files that are left out of a check, written as those of environments."`
	Severities      map[string]Severity `json:"severities,omitempty" doc:"The severity of checks in the whole tree, by check ID or category. A check ID wins over its category."`
	Overrides       []Override          `json:"overrides,omitempty" doc:"The severity of checks under some paths. They win over severities; of several that match, the last wins."`
	Secrets         *Secrets            `json:"secrets,omitempty" doc:"What this repository adds to the search for secrets."`
	Policies        *Policies           `json:"policies,omitempty" doc:"Which policies in Rego run, where they lie, and what they are given."`
	Owners          *Owners             `json:"owners,omitempty" doc:"How CODEOWNERS is read, and what must have an owner."`
	Seal            *Seal               `json:"seal,omitempty" doc:"How gatehouse seal seals where an environment says nothing of its own."`
	References      *References         `json:"references,omitempty" doc:"What references to secrets may point to."`
}

// Environment is a part of the tree that is deployed to one place.
type Environment struct {
	Name  string   `json:"name" min:"1" doc:"Name of the environment, such as \"production\". Each stands once."`
	Paths []string `json:"paths" min:"1" doc:"Globs of its files, from the root of the repository: * and ? stand for anything but a slash, ** for any number of folders; a folder covers everything below it; a glob without a slash matches at any depth."`

	Owners      *EnvironmentOwners `json:"owners,omitempty" doc:"Who must own the files of this environment in CODEOWNERS."`
	Seal        *Seal              `json:"seal,omitempty" doc:"How gatehouse seal seals for this environment."`
	PodSecurity PodSecurityLevel   `json:"podSecurity,omitempty" doc:"The level of the Pod Security Standards that every pod of this environment must meet: privileged, baseline or restricted. Without it none is asked for."`
}

// Override sets the severity of checks under some paths.
type Override struct {
	Paths    []string `json:"paths" min:"1" doc:"Globs of the files, written as those of environments."`
	Checks   []string `json:"checks" min:"1" doc:"Check IDs or categories."`
	Severity Severity `json:"severity" doc:"The severity of their findings there: error, warning or notice."`
}

// Severity is the name of a severity in the file.
type Severity string

// Threshold is the name of a severity from which a check fails, or none.
type Threshold string

// enums lists the words of the types that have few.
func enums() map[reflect.Type][]string {
	return map[reflect.Type][]string{
		reflect.TypeFor[Severity]():  {"error", "warning", "notice"},
		reflect.TypeFor[Threshold](): {"none", "error", "warning"},

		reflect.TypeFor[Host]():             hosts(),
		reflect.TypeFor[Method]():           {"sealed-secrets", "sops", "vault"},
		reflect.TypeFor[SealScope]():        {"strict", "namespace-wide", "cluster-wide"},
		reflect.TypeFor[VaultObject]():      {string(ObjectExternalSecret), string(ObjectVaultStaticSecret), string(ObjectAnnotation), string(ObjectPlaceholder)},
		reflect.TypeFor[StoreKind]():        {"SecretStore", "ClusterSecretStore"},
		reflect.TypeFor[AuthMethod]():       {"token", "approle", "kubernetes", "jwt"},
		reflect.TypeFor[PodSecurityLevel](): {"privileged", "baseline", "restricted"},
	}
}

// ReadConfig reads a config.yaml. file is its name in errors, version the version
// of the running program, known the checks that it has. A version that is not a
// semantic one, as that of a build from a work tree, counts as new enough for the
// file. The error is an Errors with every fault of the file; where the file wants
// a newer Gatehouse, that is the only one, since the others may come from it.
func ReadConfig(file string, data []byte, version string, known []checks.Check) (Config, error) {
	read := readConfig(file, data, version, &names{known: known})
	return read.config, read.faults.asError()
}

// configRead is what came of a config.yaml.
type configRead struct {
	config     Config
	faults     Errors
	wantsOther bool // the file is for another Gatehouse
	parameters map[string]*manifest.Node
}

// readConfig is ReadConfig with the names of policies.
func readConfig(file string, data []byte, version string, known *names) configRead {
	f := &faults{file: file}
	doc := open(data, f)
	switch {
	case doc == nil:
		return configRead{faults: f.sorted()}
	case !checkVersion(doc.Root, f) || !checkMinimum(doc.Root, version, f):
		return configRead{faults: f.list[len(f.list)-1:], wantsOther: true}
	}
	var c Config
	newDecoder(f).decode(doc.Root, &c)
	known.policies = c.PolicySettings()
	r := configReader{root: doc.Root, words: wordsOf(known.known), names: known, faults: f}
	r.environments(c.Environments)
	r.globs(c.Exclude, "exclude", doc.Root.Get("exclude"))
	r.severities()
	r.overrides(c.Overrides)
	r.secretRules(c.Secrets)
	r.policies(c.Policies)
	r.owners(c.Owners)
	r.seal(c.Seal, "seal", doc.Root.Get("seal"))
	if list := f.sorted(); len(list) > 0 {
		return configRead{faults: list}
	}
	return configRead{config: c, parameters: parametersOf(doc.Root)}
}

// wordsOf lists what stands for checks: their IDs, and the categories.
func wordsOf(known []checks.Check) []string {
	var words []string
	for _, c := range known {
		words = append(words, c.ID)
	}
	for _, c := range checks.Categories() {
		words = append(words, string(c))
	}
	return words
}

// configReader checks what the types of a Config do not say. It looks at each
// value with its Node beside it; a value that could not be decoded is zero, and
// what is told of it then is dropped by faults.
type configReader struct {
	root   *manifest.Node
	words  []string
	names  *names
	faults *faults
}

func (r configReader) environments(list []Environment) {
	node := r.root.Get("environments")
	first := map[string]uint32{}
	for i, env := range list {
		n, path := &node.Items[i], itemPath("environments", i)
		name := n.Get("name")
		if line, ok := first[env.Name]; ok && env.Name != "" {
			r.faults.add(path+".name", name.Place(), "environment "+quote(env.Name)+" stands twice", "put all its paths into the one on line "+strconv.Itoa(int(line)))
		} else if name != nil {
			first[env.Name] = name.Place().Line
		}
		r.globs(env.Paths, path+".paths", n.Get("paths"))
		r.seal(env.Seal, path+".seal", n.Get("seal"))
	}
}

func (r configReader) globs(globs []string, path string, n *manifest.Node) {
	for i, glob := range globs {
		if glob == "" {
			continue // told by the decoder
		}
		if message, hint := globFault(glob); message != "" {
			r.faults.add(itemPath(path, i), n.Items[i].Place(), message, hint)
		}
	}
}

func (r configReader) severities() {
	node := r.root.Get("severities")
	if node == nil || node.Kind != manifest.Map {
		return
	}
	for i := range node.Items {
		r.check(node.Items[i].Key, "severities", &node.Items[i])
	}
}

func (r configReader) overrides(list []Override) {
	node := r.root.Get("overrides")
	for i, o := range list {
		n, path := &node.Items[i], itemPath("overrides", i)
		r.globs(o.Paths, path+".paths", n.Get("paths"))
		for j, word := range o.Checks {
			if word != "" {
				r.check(word, itemPath(path+".checks", j), &n.Get("checks").Items[j])
			}
		}
	}
}

// check refuses a word that is neither a check nor a category. The word is its
// own fault, besides one of the severity that stands behind it.
func (r configReader) check(word, path string, n *manifest.Node) {
	if slices.Contains(r.words, word) {
		return
	}
	if _, found, sure := r.names.policy(word); found || !sure {
		return
	}
	hint := ""
	if !r.faults.full() {
		hint = didYouMean(suggest.Nearest(word, append(slices.Clone(r.words), r.names.policyIDs()...)))
	}
	if hint == "" {
		hint = `"gatehouse explain" lists all checks`
	}
	r.faults.add(path+` "`+shorten(word)+`"`, n.Place(), "unknown check or category "+quote(word), hint)
}

// FailsOn gives the severity from which findings make a verdict fail: that of the
// file, or error where it has none.
func (c Config) FailsOn() checks.FailOn {
	if c.FailOn == "" {
		return checks.FailOn(checks.Error)
	}
	f, _ := checks.ParseFailOn(string(c.FailOn)) // ReadConfig has checked the word
	return f
}

// Layout gives the layout that the file describes, without the build roots that
// only the files of a tree show.
func (c Config) Layout() checks.Layout {
	l := checks.Layout{Repository: c.Repository}
	for _, e := range c.Environments {
		l.Environments = append(l.Environments, checks.Environment{Name: e.Name, Paths: e.Paths})
	}
	return l
}

// SeverityOverrides gives severities and overrides in the order in which later
// ones win: categories, then checks, then the overrides of the file in its order.
func (c Config) SeverityOverrides() []checks.Override {
	var categories, ids []checks.Override
	for _, word := range slices.Sorted(maps.Keys(c.Severities)) {
		o := checks.Override{Checks: []string{word}, Severity: severityOf(c.Severities[word])}
		if slices.Contains(checks.Categories(), checks.Category(word)) {
			categories = append(categories, o)
		} else {
			ids = append(ids, o)
		}
	}
	list := append(categories, ids...)
	for _, o := range c.Overrides {
		list = append(list, checks.Override{Paths: o.Paths, Checks: o.Checks, Severity: severityOf(o.Severity)})
	}
	return list
}

func severityOf(word Severity) checks.Severity {
	var s checks.Severity
	_ = s.UnmarshalText([]byte(word)) // ReadConfig has checked the word
	return s
}

// GivesChecks identifies what of the file the built-in checks are given, besides
// the severity of their findings.
func (c Config) GivesChecks() []byte {
	given, err := json.Marshal(Config{Environments: c.Environments, Owners: c.Owners, Seal: c.Seal, References: c.References, Certificate: c.Certificate})
	if err != nil {
		return nil // strings, numbers and lists of them: nothing that JSON has no form for
	}
	return given
}

// normal gives the one form of a configuration for its digest: without comments,
// order of keys, and what is written out though it is the default.
func (c Config) normal() ([]byte, error) {
	c.Version = theVersion
	if c.FailsOn() == checks.FailOn(checks.Error) {
		c.FailOn = ""
	}
	if c.Secrets != nil && len(c.Secrets.Rules) == 0 {
		c.Secrets = nil
	}
	c.Policies = normalPolicies(c.Policies)
	return json.Marshal(c)
}
