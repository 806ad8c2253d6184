package main

import (
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/gatehouse-dev/gatehouse/cmd/internal/admission"
	"github.com/gatehouse-dev/gatehouse/policies"
	"github.com/gatehouse-dev/gatehouse/policies/library"
)

// asked are the requests for which policies have to be asked, those that come with
// Gatehouse among them.
func (s *policySet) asked() []policies.Asked {
	var list []policies.Asked
	c := s.settings.Config.PolicySettings()
	for _, d := range s.library() {
		if d.runs(c) && d.shelved != nil && d.kind() != "tree" {
			list = append(list, policies.Asked{Check: d.check.ID, Kinds: d.shelved.Kinds(), Writing: true, Removal: mindsRemoval(d.check.ID)})
		}
	}
	if own := s.load(); own.set != nil {
		for _, a := range own.set.Asked() {
			if !slices.Contains(c.Disable, a.Check) {
				list = append(list, a)
			}
		}
	}
	return list
}

// mindsRemoval tells whether a policy of the library names the removal of an object.
func mindsRemoval(id string) bool {
	text, err := library.Read(id + "/" + policyFile)
	return err == nil && strings.Contains(string(text), `"DELETE"`)
}

// always are the resources for which the webhook is called in any case when they are
// made or changed.
var always = []string{
	"configmaps", "cronjobs", "daemonsets", "deployments", "jobs", "pods", "replicasets", "replicationcontrollers", "secrets", "statefulsets",
}

// calledFor words what policies ask for as rules of a webhook, and names those that look
// at objects of any kind.
func calledFor(list []policies.Asked) (rules []admission.Asked, open []string) {
	for _, operations := range [][]string{{"CREATE", "UPDATE"}, {"DELETE"}} {
		removal := operations[0] == "DELETE"
		byGroups := map[string]*admission.Asked{}
		for _, a := range list {
			if removal && !a.Removal || !removal && !a.Writing {
				continue
			}
			if a.Kinds == nil && a.Resources == nil && !slices.Contains(open, a.Check) {
				open = append(open, a.Check)
			}
			groups := a.Groups
			if groups == nil {
				groups = []string{"*"}
			}
			rule := byGroups[strings.Join(groups, " ")]
			if rule == nil {
				rule = &admission.Asked{Groups: groups, Operations: operations}
				byGroups[strings.Join(groups, " ")] = rule
			}
			resources := slices.Clone(a.Resources)
			for _, kind := range a.Kinds {
				resources = append(resources, resourceOf(kind))
			}
			for _, resource := range resources {
				if removal || !slices.Contains(always, resource) {
					rule.Resources = append(rule.Resources, resource)
				}
			}
		}
		for _, key := range slices.Sorted(maps.Keys(byGroups)) {
			rule := byGroups[key]
			slices.Sort(rule.Resources)
			if rule.Resources = slices.Compact(rule.Resources); len(rule.Resources) > 0 {
				rules = append(rules, *rule)
			}
		}
	}
	slices.Sort(open)
	return rules, open
}

// resourceOf is the name of the resource of a kind, by the rule that those who define
// resources keep to.
func resourceOf(kind string) string {
	plural, _ := meta.UnsafeGuessKindToResource(schema.GroupVersionKind{Kind: kind})
	return plural.Resource
}
