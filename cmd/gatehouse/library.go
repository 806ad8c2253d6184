package main

import (
	"cmp"
	"errors"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/config"
	"github.com/gatehouse-dev/gatehouse/policies"
	"github.com/gatehouse-dev/gatehouse/policies/library"
)

// declaration is what a Gatehouse policy says of itself in the comment at its head.
// It is read without Rego, which costs a run that judges no object nothing.
type declaration struct {
	check      checks.Check             // without a function
	on         bool                     // it runs by default
	inventory  bool                     // it looks at all objects of a tree
	parameters []string                 // the names of its parameters
	kinds      map[string]manifest.Kind // what each of them is
	asWritten  string                   // they and their values, with their comments
	example    *manifest.Node           // what its examples are judged with
	given      string                   // the same as it is written

	shelved *policies.Shelved // nil for a policy of the user's own
}

// metadataLine begins the annotations of a Rego module
// (https://www.openpolicyagent.org/docs/policy-language#metadata).
const metadataLine = "# METADATA"

// declarationOf reads the head of a policy; ok is false where it has no ID.
func declarationOf(file string, text []byte) (d declaration, ok bool) {
	head := metadataOf(string(text))
	read := manifest.Read("metadata.yaml", []byte(head), manifest.DefaultLimits())
	if len(read.Documents) != 1 {
		return declaration{}, false
	}
	root := read.Documents[0].Root
	custom := root.Get("custom")
	id := custom.Get("id").Str()
	if id == "" {
		return declaration{}, false
	}
	d.check = checks.Check{
		ID: id, Title: cmp.Or(root.Get("title").Str(), id), Severity: checks.Warning,
		Category: cmp.Or(checks.Category(custom.Get("category").Str()), checks.Policy),
		Why:      cmp.Or(custom.Get("why").Str(), root.Get("description").Str()), Fix: custom.Get("fix").Str(),
	}
	if severity := custom.Get("severity").Str(); d.check.Severity.UnmarshalText([]byte(severity)) != nil {
		d.check.Severity = checks.Warning
	}
	on := custom.Get("default_on")
	d.on = on == nil || on.Text != "false"
	if parameters := custom.Get("parameters"); parameters != nil {
		for i := range parameters.Items {
			d.parameters = append(d.parameters, parameters.Items[i].Key)
		}
		d.kinds = kindsOf(parameters)
	}
	d.asWritten = asWritten(head, "parameters")
	d.example, d.given = custom.Get("example"), asWritten(head, "example")
	return d, true
}

// kindsOf tells what each field of a map is.
func kindsOf(n *manifest.Node) map[string]manifest.Kind {
	kinds := map[string]manifest.Kind{}
	for i := range n.Items {
		kinds[n.Items[i].Key] = n.Items[i].Kind
	}
	return kinds
}

// metadataOf gives the annotations of a module as YAML.
func metadataOf(text string) string {
	_, after, found := strings.Cut("\n"+text, "\n"+metadataLine+"\n")
	if !found {
		return ""
	}
	var b strings.Builder
	for line := range strings.Lines(after) {
		line, ok := strings.CutPrefix(strings.TrimRight(line, "\r\n"), "#")
		if !ok {
			break
		}
		b.WriteString(strings.TrimPrefix(line, " ") + "\n")
	}
	return b.String()
}

// asWritten cuts the lines below a key of custom out of the annotations.
func asWritten(head, key string) string {
	_, after, found := strings.Cut("\n"+head, "\n  "+key+":\n")
	if !found {
		return ""
	}
	var b strings.Builder
	for line := range strings.Lines(after) {
		if !strings.HasPrefix(line, "    ") && strings.TrimSpace(line) != "" {
			break
		}
		b.WriteString(strings.TrimPrefix(line, "    "))
	}
	return b.String()
}

func (d declaration) policy() config.Policy {
	return config.Policy{Check: d.check, Parameters: d.parameters, Kinds: d.kinds, Open: len(d.parameters) == 0}
}

// The files of a Gatehouse policy.
const (
	policyFile = "policy.rego"
	testFile   = "policy_test.rego"
	badFile    = "bad.yaml"
	goodFile   = "good.yaml"
)

// shelf is the policies that come with Gatehouse, compiled. A test holds that it can be
// read.
var shelf = sync.OnceValues(func() (*policies.Shelf, error) { return policies.ReadShelf(library.Compiled()) })

// libraryDeclarations lists the policies that come with Gatehouse, by ID, without their
// examples.
func libraryDeclarations() []declaration {
	s, err := shelf()
	if err != nil {
		return nil
	}
	var list []declaration
	for _, p := range s.Policies() {
		list = append(list, declaration{check: p.Check, on: p.On, inventory: p.Inventory, parameters: p.Parameters, kinds: p.ParameterKinds(), shelved: p})
	}
	slices.SortFunc(list, func(a, b declaration) int { return strings.Compare(a.check.ID, b.check.ID) })
	return list
}

// exemplified adds the examples of a policy that comes with Gatehouse.
func (d declaration) exemplified() declaration {
	d.check.Bad, d.check.Good = exampleOf(d.check.ID, badFile), exampleOf(d.check.ID, goodFile)
	return d
}

// asItIsWritten adds what the text of a policy that comes with Gatehouse says besides.
func (d declaration) asItIsWritten() declaration {
	text, err := library.Read(path.Join(d.check.ID, policyFile))
	if written, ok := declarationOf(policyFile, text); ok && err == nil {
		d.asWritten, d.example, d.given = written.asWritten, written.example, written.given
	}
	return d
}

func exampleOf(id, name string) []string {
	if text, err := library.Read(path.Join(id, name)); err == nil {
		return []string{string(text)}
	}
	return nil
}

// kind is what the check of a policy sees.
func (d declaration) kind() string {
	switch {
	case slices.Contains(d.check.Needs, checks.NeedOldObject):
		return "transition"
	case d.inventory:
		return "tree"
	}
	return "document"
}

// runs tells whether a policy of the library runs under a configuration.
func (d declaration) runs(c config.Policies) bool {
	return (c.UsesLibrary() && d.on || slices.Contains(c.Enable, d.check.ID)) && !slices.Contains(c.Disable, d.check.ID)
}

// libraryChecks are the policies of the library that run under a configuration.
func libraryChecks(all []declaration, settings config.Settings, objects *policies.Objects) []checks.Check {
	c := settings.Config.PolicySettings()
	var running []declaration
	var shelved []*policies.Shelved
	for _, d := range all {
		if d.runs(c) {
			running, shelved = append(running, d), append(shelved, d.shelved)
		}
	}
	ready, err := fromShelf(objects, shelved, parametersFor(running, settings))
	var list []checks.Check
	for _, d := range running {
		if check, ok := ready[d.check.ID]; ok && err == nil {
			list = append(list, check)
		} else {
			list = append(list, d.failing(cmp.Or(err, errNotLoaded)))
		}
	}
	return list
}

// fromShelf are policies of the library, by ID.
func fromShelf(objects *policies.Objects, running []*policies.Shelved, parameters map[string]*manifest.Node) (map[string]checks.Check, error) {
	s, err := shelf()
	if err != nil {
		return nil, err
	}
	list, err := objects.Shelved(s, running, parameters)
	return byID(list), err
}

func byID(list []checks.Check) map[string]checks.Check {
	out := make(map[string]checks.Check, len(list))
	for _, c := range list {
		out[c.ID] = c
	}
	return out
}

// errNotLoaded is a fault in Gatehouse: its tests load every policy of the library.
var errNotLoaded = errors.New("the policy could not be loaded")

// declared is the check of a policy with its kind, which judges nothing.
func (d declaration) declared() checks.Check { return d.failing(errNotLoaded) }

// failing is that check, which says why whenever it is asked.
func (d declaration) failing(why error) checks.Check {
	check := d.check
	switch d.kind() {
	case "tree":
		check.Tree = func(*checks.Pass, checks.Tree) error { return why }
	case "transition":
		check.Transition = func(*checks.Pass, checks.Transition) error { return why }
	default:
		check.Document = func(*checks.Pass, *manifest.Document) error { return why }
	}
	return check
}

// targetVersion is the parameter that one key of the configuration gives to all
// policies that have it.
const targetVersion = "targetVersion"

// parametersFor are the parameters of policies by a configuration.
func parametersFor(list []declaration, settings config.Settings) map[string]*manifest.Node {
	out := map[string]*manifest.Node{}
	version := settings.Config.PolicySettings().TargetVersion
	for _, d := range list {
		given := settings.Parameters[d.check.ID]
		if version != "" && slices.Contains(d.parameters, targetVersion) && given.Get(targetVersion) == nil {
			with := manifest.Node{Kind: manifest.Map}
			if given != nil {
				with.Items = slices.Clone(given.Items)
			}
			with.Items = append(with.Items, manifest.Node{Key: targetVersion, Kind: manifest.String, Text: version})
			given = &with
		}
		if given != nil {
			out[d.check.ID] = given
		}
	}
	return out
}
