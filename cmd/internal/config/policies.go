package config

import (
	"reflect"
	"regexp"
	"slices"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/suggest"
)

// PoliciesPath is the folder whose policies always run, from the root of a
// repository.
const PoliciesPath = Folder + "/policies"

// Policies is what a repository says of policies that are written in Rego.
type Policies struct {
	Library       *bool                     `json:"library,omitempty" doc:"Whether the policies run that come with Gatehouse; true is the default. Of those, the ones that differ from team to team, or that may be wrong, run only where enable names them."`
	Enable        []string                  `json:"enable,omitempty" min:"1" doc:"IDs of policies that come with Gatehouse and run here, whatever library says."`
	Disable       []string                  `json:"disable,omitempty" min:"1" doc:"IDs of policies that do not run here."`
	Paths         []string                  `json:"paths,omitempty" min:"1" doc:"Folders of policies besides .gatehouse/policies, from the root of the repository: Rego for conftest, templates and constraints of Gatekeeper, policies of Gatehouse."`
	Data          []string                  `json:"data,omitempty" min:"1" doc:"JSON and YAML files, or folders of them, that policies read under data. A file below a folder of them stands under the names of the folders between."`
	Parameters    map[string]map[string]any `json:"parameters,omitempty" doc:"Parameters of policies, by policy ID and name. What is not given has the value that the policy itself gives."`
	TargetVersion string                    `json:"targetVersion,omitempty" pattern:"^1\\.[0-9]{1,3}$" doc:"The version of Kubernetes that the objects are meant for, such as \"1.34\". It is given to every policy that has a parameter of this name."`
}

// UsesLibrary tells whether the policies that come with Gatehouse run.
func (p Policies) UsesLibrary() bool { return p.Library == nil || *p.Library }

// Folders lists the folders of policies.
func (p Policies) Folders() []string { return append([]string{PoliciesPath}, p.Paths...) }

// PolicySettings gives what the file says of policies; its zero value where that is
// nothing.
func (c Config) PolicySettings() Policies {
	if c.Policies == nil {
		return Policies{}
	}
	return *c.Policies
}

// normalPolicies is p for a digest: nil where it says nothing.
func normalPolicies(p *Policies) *Policies {
	if p == nil {
		return nil
	}
	out := *p
	if out.UsesLibrary() {
		out.Library = nil
	}
	if len(out.Parameters) == 0 {
		out.Parameters = nil
	}
	if reflect.DeepEqual(out, Policies{}) {
		return nil
	}
	return &out
}

// Policy is what a configuration must know of a policy to speak of it.
type Policy struct {
	Check      checks.Check
	Parameters []string // their names
	// Kinds is what the standard value of each is. One of another kind is refused, but
	// for null, which stands for anything.
	Kinds map[string]manifest.Kind
	// Open tells that it takes parameters of any name.
	Open bool
}

// Catalogue gives the policies that there are by what a configuration says of where
// they lie: those that are known at little cost and, where all is set, every one.
// complete is false where some could not be read, so that a name which is not among
// them may still be right.
type Catalogue func(p Policies, all bool) (list []Policy, complete bool)

// names are what may be called a check in the files of a side. Policies are looked
// for only where a name is none of the known checks.
type names struct {
	known     []checks.Check
	catalogue Catalogue // nil where there are no policies
	policies  Policies

	few, all []Policy
	complete bool
	asked    int // 1 for few, 2 for all
}

// check finds a check or a policy. sure is false where an unknown name may be that
// of a policy that could not be read.
func (n *names) check(id string) (c checks.Check, found, sure bool) {
	if c, ok := checkByID(n.known, id); ok {
		return c, true, true
	}
	p, found, sure := n.policy(id)
	return p.Check, found, sure
}

func (n *names) policy(id string) (p Policy, found, sure bool) {
	if n.catalogue == nil {
		return Policy{}, false, true
	}
	named := func(p Policy) bool { return p.Check.ID == id }
	if n.asked == 0 {
		n.few, _ = n.catalogue(n.policies, false)
		n.asked = 1
	}
	if i := slices.IndexFunc(n.few, named); i >= 0 {
		return n.few[i], true, true
	}
	if n.asked == 1 {
		n.all, n.complete = n.catalogue(n.policies, true)
		n.asked = 2
	}
	if i := slices.IndexFunc(n.all, named); i >= 0 {
		return n.all[i], true, true
	}
	return Policy{}, false, n.complete
}

// ids lists what may be named, for a suggestion.
func (n *names) ids() []string { return append(idsOf(n.known), n.policyIDs()...) }

func (n *names) policyIDs() []string {
	var ids []string
	for _, p := range append(slices.Clone(n.few), n.all...) {
		ids = append(ids, p.Check.ID)
	}
	return ids
}

var targetVersion = regexp.MustCompile(`^1\.[0-9]{1,3}$`)

// policies checks what the types of Policies do not say.
func (r configReader) policies(p *Policies) {
	if p == nil {
		return
	}
	node := r.root.Get("policies")
	r.paths(p.Paths, "policies.paths", node.Get("paths"))
	r.paths(p.Data, "policies.data", node.Get("data"))
	if at := node.Get("targetVersion"); p.TargetVersion != "" && !targetVersion.MatchString(p.TargetVersion) {
		r.faults.add("policies.targetVersion", at.Place(), "targetVersion must be a version of Kubernetes such as 1.34", "")
	}
	for i, id := range p.Enable {
		at, path := &node.Get("enable").Items[i], itemPath("policies.enable", i)
		if j := slices.Index(p.Disable, id); j >= 0 && id != "" {
			r.faults.add(path, at.Place(), "the policy "+quote(id)+" is disabled, too", "remove it from one of both")
		}
		r.policy(id, path, at)
	}
	for i, id := range p.Disable {
		r.policy(id, itemPath("policies.disable", i), &node.Get("disable").Items[i])
	}
	r.parameters(node.Get("parameters"))
}

func (r configReader) paths(list []string, path string, n *manifest.Node) {
	for i, p := range list {
		if p == "" {
			continue // told by the decoder
		}
		if message, hint := outsidePath(p); message != "" {
			r.faults.add(itemPath(path, i), n.Items[i].Place(), message, hint)
		}
	}
}

// policy refuses a word that is no policy.
func (r configReader) policy(id, path string, n *manifest.Node) (p Policy, ok bool) {
	if id == "" || r.names.catalogue == nil {
		return Policy{}, false
	}
	p, ok, sure := r.names.policy(id)
	if ok || !sure {
		return p, ok
	}
	hint := ""
	if !r.faults.full() {
		hint = didYouMean(suggest.Nearest(id, r.names.policyIDs()))
	}
	message := "unknown policy " + quote(id)
	if _, check := checkByID(r.names.known, id); check {
		message, hint = quote(id)+" is a check and no policy", "give it another severity under severities"
	}
	r.faults.add(path, n.Place(), message, hint)
	return Policy{}, false
}

// parameters refuses parameters that no policy has.
func (r configReader) parameters(n *manifest.Node) {
	if n == nil || n.Kind != manifest.Map {
		return
	}
	for i := range n.Items {
		of := &n.Items[i]
		path := manifest.JoinField("policies.parameters", shorten(of.Key))
		p, ok := r.policy(of.Key, path, of)
		if !ok || of.Kind != manifest.Map || p.Open {
			continue
		}
		for j := range of.Items {
			item := &of.Items[j]
			if slices.Contains(p.Parameters, item.Key) {
				r.parameterKind(p, item, path)
				continue
			}
			hint := didYouMean(suggest.Nearest(item.Key, p.Parameters))
			switch {
			case hint != "":
			case len(p.Parameters) == 0:
				hint = "it has none"
			default:
				hint = "it has " + andList(p.Parameters)
			}
			r.faults.add(manifest.JoinField(path, shorten(item.Key)), item.Place(), "the policy "+quote(of.Key)+" has no parameter "+quote(item.Key), hint)
		}
	}
}

// parameterKind refuses a parameter of another kind than the policy itself gives it: the
// policy would compare it in vain and find nothing.
func (r configReader) parameterKind(p Policy, item *manifest.Node, path string) {
	must := p.Kinds[item.Key]
	if must == manifest.Null || item.Kind == must {
		return
	}
	hint := ""
	if must == manifest.String && (item.Kind == manifest.Number || item.Kind == manifest.Bool) {
		hint = "write it in quotes"
	}
	r.faults.add(manifest.JoinField(path, item.Key), item.Place(), "the parameter "+quote(item.Key)+" must be "+withArticle(must)+", and is "+withArticle(item.Kind), hint)
}

func withArticle(k manifest.Kind) string {
	if k == manifest.Null {
		return k.String()
	}
	return "a " + k.String()
}

// parametersOf gives the parameters of each policy as they are written.
func parametersOf(root *manifest.Node) map[string]*manifest.Node {
	n := root.Lookup("policies", "parameters")
	if n == nil || len(n.Items) == 0 {
		return nil
	}
	out := map[string]*manifest.Node{}
	for i := range n.Items {
		out[n.Items[i].Key] = &n.Items[i]
	}
	return out
}
