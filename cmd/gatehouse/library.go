package main

import (
	"bytes"
	"cmp"
	"errors"
	"path"
	"regexp"
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
	check      checks.Check // without a function
	on         bool         // it runs by default
	inventory  bool         // it looks at all objects of a tree
	parameters *manifest.Node
	asWritten  string         // its parameters, with their comments
	example    *manifest.Node // what its examples are judged with
	given      string         // the same as it is written
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
	d.parameters, d.asWritten = custom.Get("parameters"), asWritten(head, "parameters")
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
	p := config.Policy{Check: d.check, Open: d.parameters == nil || len(d.parameters.Items) == 0}
	if !p.Open {
		for i := range d.parameters.Items {
			p.Parameters = append(p.Parameters, d.parameters.Items[i].Key)
		}
	}
	return p
}

// The files of a Gatehouse policy.
const (
	policyFile = "policy.rego"
	testFile   = "policy_test.rego"
	badFile    = "bad.yaml"
	goodFile   = "good.yaml"
)

// libraryDeclarations lists the policies that come with Gatehouse, by ID.
func libraryDeclarations() []declaration {
	files := library.Files()
	all := looking{files, map[string]looks{}}
	var list []declaration
	for name, text := range files {
		if path.Base(name) != policyFile {
			continue
		}
		d, ok := declarationOf(name, text)
		if !ok {
			continue
		}
		dir := path.Dir(name)
		d.check.Bad, d.check.Good = exampleIn(files, dir, badFile), exampleIn(files, dir, goodFile)
		sees := all.at(name)
		d.inventory = sees.inventory
		if sees.oldObject {
			d.check.Needs = append(d.check.Needs, checks.NeedOldObject)
		}
		if sees.userInfo {
			d.check.Needs = append(d.check.Needs, checks.NeedUserInfo)
		}
		list = append(list, d)
	}
	slices.SortFunc(list, func(a, b declaration) int { return strings.Compare(a.check.ID, b.check.ID) })
	return list
}

func exampleIn(files map[string][]byte, dir, name string) []string {
	if text, ok := files[path.Join(dir, name)]; ok {
		return []string{string(text)}
	}
	return nil
}

// sharedLibrary is a module of the library that policies share.
var sharedLibrary = regexp.MustCompile(`data\.gatehouse\.lib\.([a-z0-9_]+)`)

// looks is what a module looks at.
type looks struct {
	inventory, oldObject, userInfo bool
}

func (l looks) or(other looks) looks {
	return looks{l.inventory || other.inventory, l.oldObject || other.oldObject, l.userInfo || other.userInfo}
}

// looking tells what the modules of the library look at, by themselves and through
// what they share.
type looking struct {
	files map[string][]byte
	known map[string]looks
}

func (l looking) at(name string) looks {
	if known, ok := l.known[name]; ok {
		return known
	}
	text := l.files[name]
	l.known[name] = looks{} // for modules that use one another
	found := looks{mentions(text, "data.inventory"), mentions(text, "input.oldObject"), mentions(text, "input.userInfo")}
	for _, used := range sharedLibrary.FindAllSubmatch(text, -1) {
		found = found.or(l.at("lib/" + string(used[1]) + ".rego"))
	}
	l.known[name] = found
	return found
}

// mentions tells whether a word stands in a module outside of its comments.
func mentions(module []byte, word string) bool {
	for {
		i := bytes.Index(module, []byte(word))
		if i < 0 {
			return false
		}
		line := module[bytes.LastIndexByte(module[:i], '\n')+1 : i]
		if !bytes.HasPrefix(bytes.TrimSpace(line), []byte("#")) {
			return true
		}
		module = module[i+len(word):]
	}
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

// libraryChecks are the policies of the library that run under a configuration.
// They are compiled when the first of them has an object to judge.
func libraryChecks(all []declaration, settings config.Settings) []checks.Check {
	c := settings.Config.PolicySettings()
	var list []checks.Check
	var running []declaration
	for _, d := range all {
		if d.runs(c) {
			running = append(running, d)
		}
	}
	load := sync.OnceValues(func() (map[string]checks.Check, error) { return loadLibrary(running, settings) })
	for _, d := range running {
		list = append(list, d.lazy(load))
	}
	return list
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
	byID := map[string]checks.Check{}
	for _, c := range policies.Checks(set) {
		byID[c.ID] = c
	}
	return byID, nil
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
		if version != "" && d.parameters.Get(targetVersion) != nil && given.Get(targetVersion) == nil {
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
