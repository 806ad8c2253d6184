package rules

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
)

// The limits of a configuration of Gitleaks.
const (
	MostFileBytes  = 1 << 20
	MostRules      = 2_000
	MostAllowlists = 10_000
	mostNotes      = 50
)

// ReadGitleaks reads a .gitleaks.toml as Gitleaks v8.30.1 does (config.go): keys in
// any case, the older [allowlist] beside [[allowlists]], of two rules with one ID
// the last. What it builds on is not read; see Set.Extends and
// Set.ExtendsDefault.
//
// A key that Gitleaks does not know is told in Set.Notes, and so is what it knows
// and what has no effect here. The error is an *Error: the file is no TOML, or it
// has a rule that cannot work.
func ReadGitleaks(data []byte) (Set, error) {
	if len(data) > MostFileBytes {
		return Set{}, &Error{Line: 1, Column: 1, Message: fmt.Sprintf("the file is larger than %d MiB", MostFileBytes>>20)}
	}
	where, line := survey(data)
	if line > 0 {
		return Set{}, &Error{Line: line, Column: 1, Message: "the nesting is too deep"}
	}
	var root map[string]any
	if _, err := toml.Decode(string(data), &root); err != nil {
		return Set{}, tomlFault(err)
	}
	r := reader{where: where, at: map[string]int{}}
	if err := r.file(root); err != nil {
		return Set{}, err
	}
	return r.set.ready(), nil
}

// tomlFault keeps of an error of the parser its place alone: its text quotes the
// file.
func tomlFault(err error) *Error {
	e := &Error{Line: 1, Column: 1, Message: "the file is not valid TOML from here on"}
	var fault toml.ParseError
	if errors.As(err, &fault) {
		e.Line, e.Column = max(1, fault.Position.Line), max(1, fault.Position.Col)
	}
	return e
}

// reader fills a Set from a decoded file.
type reader struct {
	set   Set
	where places
	at    map[string]int // where in set.Rules a rule stands
	more  int            // notes that were left out
}

func (r *reader) note(format string, args ...any) {
	if len(r.set.Notes) < mostNotes {
		r.set.Notes = append(r.set.Notes, fmt.Sprintf(format, args...))
		return
	}
	r.more++
}

func (r *reader) file(root map[string]any) error {
	t := r.table("the file", root, "title", "description", "extend", "rules", "allowlist", "allowlists", "minversion")
	if err := r.extend(t); err != nil {
		return err
	}
	list, ok := tablesIn(t["rules"])
	switch {
	case !ok:
		return &Error{Line: 1, Column: 1, Field: "rules", Message: "are no tables"}
	case len(list) > MostRules:
		return &Error{Line: 1, Column: 1, Field: "rules", Message: fmt.Sprintf("are more than %d", MostRules)}
	case len(list) != len(r.where):
		r.where = nil // written in another form; nobody can say where
	}
	for i, entry := range list {
		if err := r.rule(i, entry); err != nil {
			return err
		}
	}
	r.checkRequired()
	for _, key := range []string{"allowlist", "allowlists"} {
		if err := r.allowlists("", key, t[key]); err != nil {
			return err
		}
	}
	if r.more > 0 {
		r.set.Notes = append(r.set.Notes, fmt.Sprintf("%d more keys and rules without effect", r.more))
	}
	return nil
}

func (r *reader) extend(t map[string]any) error {
	list, ok := tablesIn(t["extend"])
	if !ok {
		return &Error{Line: 1, Column: 1, Field: "extend", Message: "is no table"}
	}
	for _, entry := range list {
		e := values{table: r.table("extend", entry, "usedefault", "path", "url", "disabledrules")}
		r.set.ExtendsDefault = e.truth("usedefault")
		r.set.Extends = e.text("path")
		r.set.Disabled = e.texts("disabledrules")
		if e.text("url") != "" {
			r.note("extend.url is not read, by Gitleaks neither")
		}
		if e.fault != "" {
			return &Error{Line: 1, Column: 1, Field: "extend." + e.fault, Message: wrongType}
		}
	}
	return nil
}

const wrongType = "has a value of another type than it should"

func (r *reader) rule(i int, entry map[string]any) error {
	v := values{table: r.table("rules", entry, "id", "description", "path", "regex", "secretgroup", "entropy", "keywords", "tags",
		"allowlist", "allowlists", "required", "skipreport")}
	spec := Spec{
		ID: v.text("id"), Description: v.text("description"), Regex: v.text("regex"), Path: v.text("path"),
		Keywords: v.texts("keywords"), SecretGroup: max(0, v.whole("secretgroup")), Entropy: v.number("entropy"),
		Tags: v.texts("tags"), Unreported: v.truth("skipreport"),
	}
	fault := func(field, message string) *Error {
		return &Error{Line: r.where.line(i, field), Column: 1, Rule: ruleName(spec.ID, i+1), Field: field, Message: message}
	}
	if v.fault != "" {
		return fault(v.fault, wrongType)
	}
	var ok bool
	if spec.Required, ok = r.required(v.table["required"]); !ok {
		return fault("required", "does not name rules")
	}
	for _, key := range []string{"allowlist", "allowlists"} {
		if err := r.allowlists(spec.ID, key, v.table[key]); err != nil {
			return fault(key, "is no table")
		}
	}
	if spec.ID != "" && spec.Regex == "" && spec.Path == "" && (r.set.ExtendsDefault || r.set.Extends != "") {
		r.set.changes = append(r.set.changes, spec)
		r.note("%s has neither regex nor path: it changes a rule of what the file builds on", ruleName(spec.ID, i+1))
		return nil
	}
	rule, _, err := build(spec)
	var field *FieldError
	if errors.As(err, &field) {
		return fault(field.Field, field.Message)
	}
	if at, ok := r.at[spec.ID]; ok {
		r.note("%s stands twice; the last one counts", ruleName(spec.ID, i+1))
		r.set.Rules[at] = rule
		return nil
	}
	r.at[spec.ID] = len(r.set.Rules)
	r.set.Rules = append(r.set.Rules, rule)
	return nil
}

func (r *reader) required(value any) ([]Required, bool) {
	list, ok := tablesIn(value)
	if !ok {
		return nil, false
	}
	var out []Required
	for _, entry := range list {
		v := values{table: r.table("rules.required", entry, "id", "withinlines", "withincolumns")}
		q := Required{ID: v.text("id")}
		for key, into := range map[string]**int{"withinlines": &q.WithinLines, "withincolumns": &q.WithinColumns} {
			if _, ok := v.table[key]; ok {
				n := v.whole(key)
				*into = &n
			}
		}
		if q.ID == "" || v.fault != "" {
			return nil, false
		}
		out = append(out, q)
	}
	return out, true
}

// checkRequired leaves out what a rule requires and what is nowhere: with it, the
// rule would never match. Gitleaks refuses such a file.
func (r *reader) checkRequired() {
	for i := range r.set.Rules {
		rule := &r.set.Rules[i]
		rule.Required = slices.DeleteFunc(rule.Required, func(q Required) bool {
			_, ok := r.at[q.ID]
			if !ok {
				r.note("%s requires a rule that is not in the file; it is applied without", ruleName(rule.ID, i+1))
			}
			return !ok
		})
	}
}

func (r *reader) allowlists(rule, key string, value any) error {
	list, ok := tablesIn(value)
	if !ok || len(r.set.Allowlists)+len(list) > MostAllowlists {
		return &Error{Line: 1, Column: 1, Field: key, Message: fmt.Sprintf("are no tables, or more than %d", MostAllowlists)}
	}
	table := key
	if rule != "" {
		table = "rules." + key
	}
	for _, entry := range list {
		v := values{table: r.table(table, entry, "description", "condition", "commits", "paths", "regextarget", "regexes", "stopwords", "targetrules")}
		a := Allowlist{
			Description: v.text("description"), Paths: v.texts("paths"), Regexes: v.texts("regexes"), StopWords: v.texts("stopwords"),
			Commits: v.texts("commits"), RegexTarget: v.text("regextarget"), Condition: "OR", Rule: rule,
		}
		switch strings.ToUpper(v.text("condition")) {
		case "AND", "&&":
			a.Condition = "AND"
		}
		if a.RegexTarget == "" {
			a.RegexTarget = "secret"
		}
		targets := v.texts("targetrules")
		if v.fault != "" {
			r.note("%s has a value of another type than it should", keyName(table, v.fault))
		}
		if len(targets) == 0 || rule != "" {
			targets = []string{rule}
		}
		for _, id := range targets[:min(len(targets), MostRules)] {
			a.Rule = id
			r.set.Allowlists = append(r.set.Allowlists, a)
		}
	}
	return nil
}

// table gives the entries of a table by their keys in lower case, and notes those
// that are not known.
func (r *reader) table(name string, entries map[string]any, known ...string) map[string]any {
	out := map[string]any{}
	for _, key := range slices.Sorted(maps.Keys(entries)) {
		lower := strings.ToLower(key)
		if !slices.Contains(known, lower) {
			r.note("unknown key: %s", keyName(name, key))
			continue
		}
		out[lower] = entries[key]
	}
	return out
}
