package sops

import (
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/secrets/sealed"
)

// NewRule makes a Rule of a creation rule. config is the .sops.yaml in which it
// stands; what sealed.Rule does not keep of a key in AWS is read from there. A result
// that is encrypted by the rule is judged by it, too.
func NewRule(config *manifest.File, r sealed.Rule) Rule {
	rule := Rule{Selection: r.Selection, MACOnlyEncrypted: r.MACOnlyEncrypted, judged: &r}
	if len(r.Groups) > 1 {
		rule.Threshold = r.Threshold
	}
	amazon := amazonKeys(ruleNode(config, r.Index))
	for _, g := range r.Groups {
		var group Group
		for _, one := range g {
			own := Recipient{Type: one.Type, ID: one.ID}
			if own.Type == "kms" {
				if known, ok := amazon[own.ID]; ok {
					own = known
				}
			}
			group = append(group, own)
		}
		rule.Groups = append(rule.Groups, group)
	}
	return rule
}

func ruleNode(config *manifest.File, index int) *manifest.Node {
	if config == nil || len(config.Documents) == 0 {
		return nil
	}
	rules := config.Documents[0].Root.Get("creation_rules")
	if rules == nil || index < 0 || index >= len(rules.Items) {
		return nil
	}
	return &rules.Items[index]
}

// amazonKeys reads the keys of AWS that a rule names, by ARN (sops config/config.go,
// kms/keysource.go).
func amazonKeys(rule *manifest.Node) map[string]Recipient {
	found := map[string]Recipient{}
	if rule == nil {
		return found
	}
	profile := rule.Get("aws_profile").Str()
	for _, text := range textsOf(rule.Get("kms")) {
		arn, role, _ := strings.Cut(strings.ReplaceAll(text, " ", ""), "+arn:")
		if role != "" {
			role = "arn:" + role
		}
		found[arn] = Recipient{Type: "kms", ID: arn, Role: role, Profile: profile}
	}
	if groups := rule.Get("key_groups"); groups != nil {
		for i := range groups.Items {
			amazonGroup(&groups.Items[i], found, 0)
		}
	}
	return found
}

// deepestMerge bounds how deep groups may be merged.
const deepestMerge = 20

func amazonGroup(group *manifest.Node, found map[string]Recipient, depth int) {
	if merge := group.Get("merge"); merge != nil && depth < deepestMerge {
		for i := range merge.Items {
			amazonGroup(&merge.Items[i], found, depth+1)
		}
	}
	keys := group.Get("kms")
	if keys == nil {
		return
	}
	for i := range keys.Items {
		n := &keys.Items[i]
		r := Recipient{Type: "kms", ID: strings.TrimSpace(n.Get("arn").Str()), Role: n.Get("role").Str(), Profile: n.Get("aws_profile").Str()}
		if context := n.Get("context"); context != nil && context.Kind == manifest.Map {
			r.Context = map[string]string{}
			for j := range context.Items {
				r.Context[context.Items[j].Key] = context.Items[j].Text
			}
		}
		found[r.ID] = r
	}
}

// textsOf are the entries of a text with commas, or of a list of texts.
func textsOf(n *manifest.Node) []string {
	if n == nil {
		return nil
	}
	texts := []string{n.Str()}
	if n.Kind == manifest.List {
		texts = nil
		for i := range n.Items {
			texts = append(texts, n.Items[i].Str())
		}
	}
	var list []string
	for _, text := range texts {
		list = append(list, strings.Split(text, ",")...)
	}
	return list
}
