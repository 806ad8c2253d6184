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
	check      checks.Check   // without a function
	on         bool           // it runs by default
	inventory  bool           // it looks at all objects of a tree
	parameters []string       // the names of its parameters
	asWritten  string         // they and their values, with their comments
	example    *manifest.Node // what its examples are judged with
	given      string         // the same as it is written

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
	}
	d.asWritten = asWritten(head, "parameters")
	d.example, d.given = custom.Get("example"), asWritten(head, "example")
	return d, true
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
	return config.Policy{Check: d.check, Parameters: d.parameters, Open: len(d.parameters) == 0}
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
		list = append(list, declaration{check: p.Check, on: p.On, inventory: p.Inventory, parameters: p.Parameters, shelved: p})
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

// What package policies makes of a policy that looks at all objects, and of one that
// compares an object with what it was. As checks of single objects, the former would
// find everything missing, and the latter are told as not run.
const (
	treesAreJudged       = false
	transitionsAreJudged = true
)

// kind is what the check of a policy sees.
func (d declaration) kind() string {
	switch {
	case d.inventory && treesAreJudged:
		return "tree"
	case slices.Contains(d.check.Needs, checks.NeedOldObject) && transitionsAreJudged:
		return "transition"
	}
	return "document"
}

// runs tells whether a policy of the library runs under a configuration.
func (d declaration) runs(c config.Policies) bool {
	if d.inventory && !treesAreJudged {
		return false
	}
	return (c.UsesLibrary() && d.on || slices.Contains(c.Enable, d.check.ID)) && !slices.Contains(c.Disable, d.check.ID)
}

// libraryChecks are the policies of the library that run under a configuration. Those
// that look at the whole tree are compiled when the first of them has an object to
// judge; the others were compiled with Gatehouse.
func libraryChecks(all []declaration, settings config.Settings, objects *policies.Objects) []checks.Check {
	c := settings.Config.PolicySettings()
	var running []declaration
	var shelved []*policies.Shelved
	for _, d := range all {
		if !d.runs(c) {
			continue
		}
		running = append(running, d)
		if d.kind() != "tree" {
			shelved = append(shelved, d.shelved)
		}
	}
	load := sync.OnceValues(func() (map[string]checks.Check, error) { return loadLibrary(running, settings) })
	ready, err := fromShelf(objects, shelved, parametersFor(running, settings))
	var list []checks.Check
	for _, d := range running {
		switch check, ok := ready[d.check.ID]; {
		case d.kind() == "tree":
			list = append(list, d.lazy(load))
		case ok && err == nil:
			list = append(list, check)
		default:
			list = append(list, d.declared())
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
func (d declaration) declared() checks.Check {
	return d.lazy(func() (map[string]checks.Check, error) { return nil, errNotLoaded })
}

// lazy is the check of a policy that is loaded when it is asked.
func (d declaration) lazy(load func() (map[string]checks.Check, error)) checks.Check {
	check := d.check
	loaded := func() (checks.Check, error) {
		all, err := load()
		if err != nil {
			return checks.Check{}, err
		}
		c, ok := all[d.check.ID]
		if !ok || c.Kind() != check.Kind() {
			return checks.Check{}, errNotLoaded
		}
		return c, nil
	}
	switch d.kind() {
	case "tree":
		check.Facts = func(doc *manifest.Document) []checks.Fact {
			if c, err := loaded(); err == nil {
				return c.Facts(doc)
			}
			return nil // Tree tells of it
		}
		check.Tree = func(p *checks.Pass, t checks.Tree) error {
			c, err := loaded()
			if err != nil {
				return err
			}
			return c.Tree(p, t)
		}
	case "transition":
		check.Transition = func(p *checks.Pass, t checks.Transition) error {
			c, err := loaded()
			if err != nil {
				return err
			}
			return c.Transition(p, t)
		}
	default:
		check.Document = func(p *checks.Pass, doc *manifest.Document) error {
			c, err := loaded()
			if err != nil {
				return err
			}
			return c.Document(p, doc)
		}
	}
	return check
}

// loadLibrary compiles policies of the library, with the parameters that a
// configuration gives them.
func loadLibrary(running []declaration, settings config.Settings) (map[string]checks.Check, error) {
	wanted := map[string]bool{}
	for _, d := range running {
		wanted[d.check.ID] = true
	}
	s := policies.Source{Parameters: parametersFor(running, settings)}
	for name, text := range library.Files() {
		if dir, _, _ := strings.Cut(name, "/"); dir == "lib" || wanted[dir] {
			s.Policies = append(s.Policies, policies.File{Path: name, Data: text})
		}
	}
	set, faults := policies.Load(s)
	if len(faults) > 0 {
		return nil, faults[0]
	}
	return byID(policies.Checks(set)), nil
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
