package sealed

import (
	"path"
	"regexp"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// Config is a .sops.yaml: which files are encrypted, for whom, and what in them.
type Config struct {
	// Path is that of the file. Its rules hold for its folder and all below; of
	// several files the nearest above counts.
	Path  string
	Rules []Rule
}

// A Rule is a creation rule.
type Rule struct {
	// PathRegex is matched on the path from the folder of the config; "" matches all.
	PathRegex        string
	Selection        Selection
	MACOnlyEncrypted bool
	// Groups are the recipients; none where the rule names none.
	Groups []Group
	// Threshold is how many groups are needed, at least 1.
	Threshold int
	Index     int // which rule of the file, from 0
	At        manifest.Pos

	path    *regexp.Regexp
	dir     string
	invalid bool // the rule cannot be used as it is
}

// The fields of a .sops.yaml (sops v3.13, config/config.go), and in what they are
// lists of rules.
var (
	configFields = []string{"creation_rules", "destination_rules", "stores"}
	storeFields  = []string{"dotenv", "ini", "json", "json_binary", "yaml"}
	ruleFields   = []string{"path_regex", "kms", "aws_profile", "age", "pgp", "gcp_kms", "hckms", "azure_keyvault", "hc_vault_transit_uri", "key_groups",
		"shamir_threshold", "unencrypted_suffix", "encrypted_suffix", "unencrypted_regex", "encrypted_regex", "unencrypted_comment_regex",
		"encrypted_comment_regex", "mac_only_encrypted"}
	groupFields       = []string{"merge", "kms", "gcp_kms", "hckms", "azure_keyvault", "hc_vault", "age", "pgp"}
	destinationFields = []string{"path_regex", "s3_bucket", "s3_prefix", "gcs_bucket", "gcs_prefix", "vault_path", "vault_address",
		"vault_kv_mount_name", "vault_kv_version", "recreation_rule", "omit_extensions"}
)

// renamed returns the name of today of a field that other versions have or had, or "".
func renamed(key string) string {
	switch key {
	case "filename_regex": // SOPS 1 and 2
		return "path_regex"
	case "hc_vault_uris", "hc_vault":
		return "hc_vault_transit_uri"
	case "azure_kv":
		return "azure_keyvault"
	case "reencryption_rule": // SOPS 3.0
		return "recreation_rule"
	}
	return ""
}

// IsConfig tells whether SOPS takes a file of this name for its configuration. Others
// are not found by it.
func IsConfig(name string) bool { return path.Base(name) == ".sops.yaml" }

// ReadConfig reads a .sops.yaml strictly: what SOPS would skip without a word is a
// fault. The rules that can be used come back with the faults.
func ReadConfig(f *manifest.File) (Config, []Fault) {
	c := Config{Path: f.Path}
	r := configReader{dir: path.Dir(f.Path)}
	if len(f.Broken) > 0 {
		one := fault(onConfig, nil, "the file cannot be read: %s", f.Broken[0].Reason)
		one.At = f.Broken[0].At
		return c, []Fault{one}
	}
	if len(f.Documents) == 0 {
		return c, nil
	}
	root := f.Documents[0].Root
	if root.Kind != manifest.Map {
		r.refuse(root, "the file is a %s, and must be a map", root.Kind)
		return c, r.list
	}
	r.top(root)
	for _, d := range f.Documents[0].Duplicates {
		one := fault(onConfig, nil, "the key stands twice")
		one.At, one.Field = d.Again, d.Path
		r.add(one)
	}
	rules := root.Get("creation_rules")
	switch {
	case rules == nil || rules.Kind == manifest.Null:
	case rules.Kind != manifest.List:
		r.refuse(rules, "creation_rules is a %s, and must be a list", rules.Kind)
	default:
		for i := range rules.Items {
			rule := r.rule(&rules.Items[i])
			rule.Index = i
			c.Rules = append(c.Rules, rule)
		}
	}
	r.unreachable(c.Rules)
	locate(root, r.list)
	return c, r.list
}

// Rule returns the creation rule for a file, as SOPS chooses it: the first whose
// expression matches the path from the folder of the config. nil where none does, and
// for files outside the folder.
func (c Config) Rule(name string) *Rule {
	relative, inside := c.relative(name)
	if !inside {
		return nil
	}
	for i := range c.Rules {
		r := &c.Rules[i]
		if r.path == nil && r.PathRegex != "" {
			return nil // SOPS stops at an expression that does not compile
		}
		if r.path == nil || r.path.MatchString(relative) {
			return r
		}
	}
	return nil
}

// Nearest returns the configuration that counts for a file: of those above it the
// nearest, else nil. SOPS looks from the working directory upwards; where that is the
// folder of the file it finds the same.
func Nearest(configs []Config, name string) *Config {
	var best *Config
	for i := range configs {
		c := &configs[i]
		if _, inside := c.relative(name); inside && (best == nil || len(path.Dir(c.Path)) > len(path.Dir(best.Path))) {
			best = c
		}
	}
	return best
}

func (c Config) relative(name string) (string, bool) {
	dir := path.Dir(c.Path)
	if dir == "." || dir == "" {
		return name, true
	}
	return strings.CutPrefix(name, strings.TrimSuffix(dir, "/")+"/")
}

// configReader reads one file.
type configReader struct {
	faults
	dir string
}

func (r *configReader) refuse(n *manifest.Node, format string, args ...any) {
	r.add(fault(onConfig, n, format, args...))
}

// top judges the fields at the top. People put anchors under names of their own there,
// so that only a name that is nearly one of SOPS is a mistake.
func (r *configReader) top(root *manifest.Node) {
	for i := range root.Items {
		item := &root.Items[i]
		if meant := nearest(item.Key, configFields); !contains(configFields, item.Key) && meant != "" {
			r.refuse(item, "SOPS knows no field %q and skips it: did you mean %q?", item.Key, meant)
		}
	}
	if stores := root.Get("stores"); stores != nil && stores.Kind == manifest.Map {
		r.known(stores, storeFields)
	}
	if rules := root.Get("destination_rules"); rules != nil && rules.Kind == manifest.List {
		for i := range rules.Items {
			r.known(&rules.Items[i], destinationFields)
			if again := rules.Items[i].Get("recreation_rule"); again != nil && again.Kind == manifest.Map {
				r.known(again, ruleFields)
			}
		}
	}
}

// known refuses the fields of a map that SOPS does not have.
func (r *configReader) known(n *manifest.Node, fields []string) {
	for i := range n.Items {
		item := &n.Items[i]
		if n.Kind != manifest.Map || contains(fields, item.Key) {
			continue
		}
		switch meant := meant(item.Key, fields); {
		case item.Key == "filename_regex" && meant != "":
			r.refuse(item, "SOPS 3 knows no field \"filename_regex\" and skips it, so that the rule matches other files than meant: write \"path_regex\"")
		case meant != "":
			r.refuse(item, "SOPS knows no field %q and skips it: did you mean %q?", item.Key, meant)
		default:
			r.refuse(item, "SOPS knows no field %q and skips it", item.Key)
		}
	}
}

func meant(key string, fields []string) string {
	if other := renamed(key); other != "" && contains(fields, other) {
		return other
	}
	return nearest(key, fields)
}

// rule reads one creation rule.
func (r *configReader) rule(n *manifest.Node) Rule {
	rule := Rule{At: n.At, Threshold: 1, dir: r.dir}
	if n.Kind != manifest.Map {
		r.refuse(n, "a creation rule is a map, and this is a %s", n.Kind)
		rule.invalid = true
		return rule
	}
	r.known(n, ruleFields)
	rule.PathRegex = n.Get("path_regex").Str()
	if rule.PathRegex != "" {
		expression, err := compile(rule.PathRegex)
		if err != nil {
			r.refuse(n.Get("path_regex"), "%s: no rule from here on counts", err)
		}
		rule.path = expression.compiled
	}
	selection, list := readSelection(n, onConfig)
	for _, one := range list {
		r.add(one)
		rule.invalid = true
	}
	rule.Selection = selection
	only := n.Get("mac_only_encrypted")
	rule.MACOnlyEncrypted = only != nil && only.Text == "true"
	rule.Groups = r.groups(n)
	rule.Threshold = r.threshold(n, len(rule.Groups))
	return rule
}

func (r *configReader) threshold(n *manifest.Node, groups int) int {
	field := n.Get("shamir_threshold")
	needed, ok := number(field)
	switch {
	case field == nil || ok && needed == 0 || groups < 2:
		return max(1, groups)
	case !ok || needed < 2 || needed > groups:
		r.add(fault(onShamir, field, "shamir_threshold must be from 2 to the number of groups, which is %d", groups))
		return max(1, groups)
	}
	return needed
}

// groups reads the recipients of a rule: those of key_groups, else those of the rule.
func (r *configReader) groups(n *manifest.Node) []Group {
	if groups := n.Get("key_groups"); groups != nil && groups.Kind == manifest.List && len(groups.Items) > 0 {
		var all []Group
		for i := range groups.Items {
			all = append(all, r.group(&groups.Items[i], 0))
		}
		return all
	}
	var group Group
	for _, field := range [...][2]string{{"age", "age"}, {"pgp", "pgp"}, {"kms", "kms"}, {"gcp_kms", "gcp_kms"}, {"hckms", "hckms"},
		{"azure_keyvault", "azure_kv"}, {"hc_vault_transit_uri", "hc_vault"}} {
		group = r.recipients(group, n.Get(field[0]), field[1])
	}
	if len(group) == 0 {
		return nil
	}
	return []Group{group}
}

// deepestMerge bounds how deep groups may be merged.
const deepestMerge = 20

func (r *configReader) group(n *manifest.Node, depth int) Group {
	r.known(n, groupFields)
	var group Group
	if merge := n.Get("merge"); merge != nil && merge.Kind == manifest.List && depth < deepestMerge {
		for i := range merge.Items {
			group = append(group, r.group(&merge.Items[i], depth+1)...)
		}
	}
	for _, field := range [...][2]string{{"age", "age"}, {"pgp", "pgp"}, {"kms", "kms"}, {"gcp_kms", "gcp_kms"}, {"hckms", "hckms"},
		{"azure_keyvault", "azure_kv"}, {"hc_vault", "hc_vault"}} {
		group = r.recipients(group, n.Get(field[0]), field[1])
	}
	return group
}

// recipients adds those of one field to a group: a text with commas, or a list of
// texts or maps. One that is named twice counts once.
func (r *configReader) recipients(group Group, n *manifest.Node, kind string) Group {
	if n == nil {
		return group
	}
	switch n.Kind {
	case manifest.String:
		for _, id := range strings.Split(n.Text, ",") {
			group = r.recipient(group, n, kind, id)
		}
	case manifest.List:
		for i := range n.Items {
			item := &n.Items[i]
			switch item.Kind {
			case manifest.String:
				for _, id := range strings.Split(item.Text, ",") {
					group = r.recipient(group, item, kind, id)
				}
			case manifest.Map:
				group = r.recipient(group, item, kind, configID(item))
			default:
				r.refuse(item, "a recipient is a text or a map, and this is a %s", item.Kind)
			}
		}
	case manifest.Null:
	default:
		r.refuse(n, "recipients are a text with commas or a list, and this is a %s", n.Kind)
	}
	return group
}

// configID is what identifies the recipient that a map of a key group names.
func configID(n *manifest.Node) string {
	for _, field := range [...]string{"arn", "resource_id", "key_id"} {
		if id := n.Get(field).Str(); id != "" {
			return id
		}
	}
	return azureID(n.Get("vaultUrl").Str(), n.Get("key").Str(), n.Get("version").Str())
}

func (r *configReader) recipient(group Group, n *manifest.Node, kind, id string) Group {
	one := Recipient{Type: kind, ID: normalID(kind, id), At: n.Place(), node: n}
	if one.ID == "" || len(group) > mostRecipients {
		return group
	}
	if len(group) == mostRecipients {
		r.refuse(n, "there are more than %d recipients; the others were not judged", mostRecipients)
	}
	if kind == "age" {
		if reason := ageRecipientFault(one.ID); reason != "" {
			r.add(fault(onRecipient, n, "this is no recipient of age: %s", reason))
		}
	}
	for _, known := range group {
		if known.Type == one.Type && known.ID == one.ID {
			return group
		}
	}
	return append(group, one)
}

// unreachable finds rules below one that matches every path.
func (r *configReader) unreachable(rules []Rule) {
	for i, rule := range rules {
		if rule.PathRegex == "" && !rule.invalid && i+1 < len(rules) {
			one := fault(onConfig, nil, "the rule before this one has no path_regex and matches every file, so that this rule and those below never count")
			one.At = rules[i+1].At
			r.add(one)
			return
		}
	}
}

func contains(list []string, word string) bool {
	for _, w := range list {
		if w == word {
			return true
		}
	}
	return false
}
