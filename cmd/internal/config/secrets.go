package config

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/secrets/rules"
)

// Secrets is what a repository adds to the search for secrets.
type Secrets struct {
	Rules []SecretRule `json:"rules,omitempty" doc:"Secrets of a form that only this organization knows, searched for in the text of every file. At most 200."`
}

// SecretRule says what a secret looks like. It has a Regex, a Path, or both.
type SecretRule struct {
	ID          string   `json:"id" min:"1" pattern:"^[a-z][a-z0-9]*(-[a-z0-9]+)*$" doc:"Name of the rule, such as \"acme-deploy-token\": words in lower case with dashes between them. Each stands once."`
	Description string   `json:"description,omitempty" min:"1" doc:"What is found, for findings: \"an Acme deploy token\"."`
	Regex       string   `json:"regex,omitempty" min:"1" doc:"A regular expression that finds the secret, in the syntax of RE2; at most 1,000 bytes. A rule without one finds whole files by their path."`
	Path        string   `json:"path,omitempty" min:"1" doc:"A regular expression that finds something in the path of the files that are searched, from the root of the repository; at most 1,000 bytes. Without one every file is searched."`
	Keywords    []string `json:"keywords,omitempty" min:"1" doc:"Words in any case, of which a file that is searched holds at least one. They make a rule fast."`
	SecretGroup int      `json:"secretGroup,omitempty" min:"0" doc:"Number of the group of regex that is the secret. Without it that is the first group that is not empty or, where there is none, all that was found."`
	Entropy     float64  `json:"entropy,omitempty" min:"0" doc:"The Shannon entropy, in bits for each character, that the secret must exceed, such as 3.5. Without it every secret counts."`
}

// The limits of the rules in config.yaml.
const (
	mostSecretRules  = 200
	mostPatternBytes = 1_000
)

var ruleID = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

const aboutRE2 = "the syntax is that of RE2, which has no lookaround and no references to groups"

func (r SecretRule) spec() rules.Spec {
	return rules.Spec{
		ID: r.ID, Description: r.Description, Regex: r.Regex, Path: r.Path,
		Keywords: r.Keywords, SecretGroup: r.SecretGroup, Entropy: r.Entropy,
	}
}

// secretRules makes the rules of the file usable.
func (c Config) secretRules() rules.Set {
	if c.Secrets == nil {
		return rules.Set{}
	}
	var list []rules.Rule
	for _, r := range c.Secrets.Rules {
		rule, err := rules.New(r.spec())
		if err == nil { // ReadConfig has refused the file otherwise
			list = append(list, rule)
		}
	}
	return rules.NewSet(list)
}

func (r configReader) secretRules(s *Secrets) {
	if s == nil {
		return
	}
	node := r.root.Get("secrets").Get("rules")
	if len(s.Rules) > mostSecretRules {
		r.faults.add("secrets.rules", node.Place(), fmt.Sprintf("there are %d rules, and %d are the most", len(s.Rules), mostSecretRules), "put several into one regex, as in a|b")
		return
	}
	first := map[string]uint32{}
	for i, rule := range s.Rules {
		n, path := &node.Items[i], itemPath("secrets.rules", i)
		if n.Kind != manifest.Map {
			continue // told by the decoder
		}
		id := n.Get("id")
		if line, ok := first[rule.ID]; ok && rule.ID != "" {
			r.faults.add(path+".id", id.Place(), "rule "+quote(rule.ID)+" stands twice", "the first is on line "+strconv.Itoa(int(line)))
		} else if id != nil {
			first[rule.ID] = id.Place().Line
		}
		if rule.ID != "" && !ruleID.MatchString(rule.ID) {
			r.faults.add(path+".id", id.Place(), "the ID "+quote(rule.ID)+" is not of words in lower case with dashes between them", `write it as "acme-deploy-token"`)
		}
		r.secretRule(rule, path, n)
	}
}

// secretRule checks one rule, but for its ID.
func (r configReader) secretRule(rule SecretRule, path string, n *manifest.Node) {
	for field, pattern := range map[string]string{"regex": rule.Regex, "path": rule.Path} {
		if len(pattern) > mostPatternBytes {
			r.faults.add(path+"."+field, n.Get(field).Place(), fmt.Sprintf("%s.%s is longer than %d bytes", path, field, mostPatternBytes), "make two rules of it")
		}
	}
	if rule.ID == "" {
		rule.ID = "told" // by the decoder; the other fields have their own faults
	}
	_, err := rules.New(rule.spec())
	var fault *rules.FieldError
	if !errors.As(err, &fault) {
		return
	}
	at := n.Get(fault.Field)
	switch {
	case fault.Field == "regex" && at == nil && n.Get("path") == nil:
		r.faults.add(path+".regex", placeOf(n), "regex is missing, and so is path", "a rule has one of them or both")
	case at != nil:
		hint := ""
		if fault.Field == "regex" || fault.Field == "path" {
			hint = aboutRE2
		}
		r.faults.add(path+"."+fault.Field, at.Place(), path+"."+fault.Field+" "+fault.Message, hint)
	}
}
