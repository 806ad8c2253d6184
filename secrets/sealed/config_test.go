package sealed_test

import (
	"strings"
	"testing"

	"github.com/gatehouse-dev/gatehouse/secrets/sealed"
	"github.com/google/go-cmp/cmp"
)

func config(t testing.TB, name, text string) (sealed.Config, []sealed.Fault) {
	t.Helper()
	return sealed.ReadConfig(read(t, name, text))
}

func TestConfigFaults(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want []string
		says string
	}{
		"sound": {"keys:\n  - &alice " + alice + "\ncreation_rules:\n  - path_regex: a\n    age: *alice\n  - key_groups:\n      - age: [*alice]\n        pgp: [85D77543B3D624B63CEA9E6DBC17301B491B3F21]\n" +
			"        kms: [{arn: 'arn:aws:kms:us-east-1:1:key/x', role: r, context: {a: b}}]\n        azure_keyvault: [{vaultUrl: 'https://v', key: k, version: x}]\n" +
			"      - hc_vault: ['https://vault/v1/sops/keys/k']\n    shamir_threshold: 2\nstores: {json: {indent: 2}}\n", nil, ""},
		"empty":                 {"{}\n", nil, ""},
		"a hyphen":              {"creation_rules:\n  - path_regex: a\n    unencrypted-regex: ^b$\n", []string{"sops-config creation_rules[0].unencrypted-regex"}, `"unencrypted_regex"`},
		"a letter":              {"creation_rules:\n  - path_regexp: a\n", []string{"sops-config creation_rules[0].path_regexp"}, `"path_regex"`},
		"the name of SOPS 2":    {"creation_rules:\n  - filename_regex: a\n", []string{"sops-config creation_rules[0].filename_regex"}, "path_regex"},
		"a name of a file":      {"creation_rules:\n  - azure_kv: a\n", []string{"sops-config creation_rules[0].azure_kv"}, `"azure_keyvault"`},
		"nothing like it":       {"creation_rules:\n  - comment: a\n", []string{"sops-config creation_rules[0].comment"}, "skips it"},
		"in a group":            {"creation_rules:\n  - key_groups:\n      - ages: [x]\n", []string{"sops-config creation_rules[0].key_groups[0].ages"}, `"age"`},
		"at the top":            {"creation_rule:\n  - path_regex: a\n", []string{"sops-config creation_rule"}, `"creation_rules"`},
		"in stores":             {"stores: {yml: {indent: 2}}\n", []string{"sops-config stores.yml"}, `"yaml"`},
		"in destinations":       {"destination_rules:\n  - s3-bucket: a\n    recreation_rule: {pgg: x}\n", []string{"sops-config destination_rules[0].s3-bucket", "sops-config destination_rules[0].recreation_rule.pgg"}, ""},
		"no map":                {"- a\n", []string{"sops-config"}, ""},
		"rules that are a map":  {"creation_rules: {a: b}\n", []string{"sops-config creation_rules"}, ""},
		"a rule that is a text": {"creation_rules: [a]\n", []string{"sops-config creation_rules[0]"}, ""},
		"two rules of coverage": {"creation_rules:\n  - encrypted_regex: a\n    encrypted_suffix: b\n", []string{"sops-config creation_rules[0].encrypted_regex"}, "together"},
		"a bad expression":      {"creation_rules:\n  - encrypted_regex: a(\n", []string{"sops-bad-expression creation_rules[0].encrypted_regex"}, ""},
		"a bad path":            {"creation_rules:\n  - path_regex: a(\n", []string{"sops-config creation_rules[0].path_regex"}, "no rule from here on"},
		"a rule out of reach":   {"creation_rules:\n  - age: " + alice + "\n  - path_regex: a\n", []string{"sops-config"}, "never count"},
		"a key twice":           {"creation_rules:\n  - path_regex: a\n    path_regex: b\n", []string{"sops-config creation_rules[0].path_regex"}, "twice"},
		"a recipient mistyped":  {"creation_rules:\n  - age: " + strings.Replace(alice, "yt3", "yt4", 1) + "\n", []string{"sops-recipient-invalid creation_rules[0].age"}, "checksum"},
		"a number as recipient": {"creation_rules:\n  - age: [12]\n", []string{"sops-config creation_rules[0].age[0]"}, ""},
		"a threshold too high":  {"creation_rules:\n  - shamir_threshold: 3\n    key_groups: [{age: [" + alice + "]}, {age: [" + bob + "]}]\n", []string{"sops-shamir creation_rules[0].shamir_threshold"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, got := config(t, ".sops.yaml", c.text)
			if diff := cmp.Diff(c.want, rules(got)); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
			if c.says != "" && (len(got) == 0 || !strings.Contains(got[0].Reason, c.says)) {
				t.Errorf("it does not say %q: %v", c.says, got)
			}
			mustNotQuote(t, got)
		})
	}
}

// The first rule that matches counts, on the path from the folder of the config.
func TestRuleOfAFile(t *testing.T) {
	c, faults := config(t, "clusters/.sops.yaml", "creation_rules:\n  - path_regex: ^prod/.*\\.yaml$\n    age: "+alice+"\n  - path_regex: secret\n    age: "+bob+"\n")
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	for name, want := range map[string]string{
		"clusters/prod/a.yaml": alice, "clusters/prod/secret.yaml": alice, "clusters/dev/secret.json": bob,
		"clusters/dev/a.yaml": "", "prod/a.yaml": "", "clusters2/prod/a.yaml": "",
	} {
		got := ""
		if r := c.Rule(name); r != nil {
			got = r.Groups[0][0].ID
		}
		if got != want {
			t.Errorf("%s: the rule of %q, want %q", name, got, want)
		}
	}
	all, _ := config(t, ".sops.yaml", "creation_rules:\n  - age: "+alice+"\n")
	if r := all.Rule("any/thing.txt"); r == nil || r.PathRegex != "" {
		t.Errorf("a rule without an expression matches all: %+v", r)
	}
	broken, _ := config(t, ".sops.yaml", "creation_rules:\n  - path_regex: a(\n  - age: "+alice+"\n")
	if r := broken.Rule("b"); r != nil {
		t.Errorf("SOPS stops at an expression that does not compile: %+v", r)
	}
}

func TestNearestConfig(t *testing.T) {
	configs := []sealed.Config{{Path: "a/.sops.yaml"}, {Path: ".sops.yaml"}, {Path: "a/b/.sops.yaml"}}
	for name, want := range map[string]string{"x.yaml": ".sops.yaml", "a/x.yaml": "a/.sops.yaml", "a/b/c/x.yaml": "a/b/.sops.yaml", "ab/x.yaml": ".sops.yaml"} {
		if got := sealed.Nearest(configs, name); got == nil || got.Path != want {
			t.Errorf("%s: %+v, want %s", name, got, want)
		}
	}
	if got := sealed.Nearest(configs[:1], "b/x.yaml"); got != nil {
		t.Errorf("a config of another folder: %+v", got)
	}
}

func TestFileAgainstItsRule(t *testing.T) {
	const usual = "creation_rules:\n  - encrypted_regex: ^(data|stringData)$\n    age: " + alice + "\n"
	for name, c := range map[string]struct {
		config string
		file   func(f *secretFile)
		want   []string
	}{
		"as it says":            {usual, nil, nil},
		"a list of recipients":  {"creation_rules:\n  - encrypted_regex: ^(data|stringData)$\n    age: [" + alice + "]\n", nil, nil},
		"groups of one":         {"creation_rules:\n  - encrypted_regex: ^(data|stringData)$\n    key_groups:\n      - merge: [{age: [" + alice + "]}]\n", nil, nil},
		"no recipients named":   {"creation_rules:\n  - encrypted_regex: ^(data|stringData)$\n", nil, nil},
		"another coverage":      {"creation_rules:\n  - encrypted_regex: ^(data|stringData|metadata)$\n", nil, []string{"sops-other-selection sops.encrypted_regex", "sops-clear-by-rule metadata.name", "sops-clear-by-rule metadata.namespace"}},
		"the default coverage":  {"creation_rules:\n  - age: " + alice + "\n", func(f *secretFile) { f.rule = "" }, nil},
		"another scope of MAC":  {"creation_rules:\n  - encrypted_regex: ^(data|stringData)$\n    mac_only_encrypted: true\n", nil, []string{"sops-other-mac-scope sops"}},
		"a lesser scope of MAC": {usual, func(f *secretFile) { f.macOnly = true }, []string{"sops-other-mac-scope sops.mac_only_encrypted"}},
		"the same keys":         {"creation_rules:\n  - encrypted_regex: ^(stringData|data)$\n", nil, nil},
		"one key less":          {"creation_rules:\n  - encrypted_regex: ^stringData$\n", nil, []string{"sops-other-selection sops.encrypted_regex"}},
		"a recipient too few":   {usual[:len(usual)-1] + "," + bob + "\n", nil, []string{"sops-recipient-missing sops"}},
		"a recipient too many":  {usual, func(f *secretFile) { f.age = []string{alice, carol} }, []string{"sops-recipient-additional sops.age[1]"}},
		"another recipient":     {usual, func(f *secretFile) { f.age = []string{bob} }, []string{"sops-recipient-missing sops", "sops-recipient-additional sops.age[0]"}},
		"groups that are split": {"creation_rules:\n  - encrypted_regex: ^(data|stringData)$\n    key_groups: [{age: [" + alice + "]}, {age: [" + bob + "]}]\n", nil, []string{"sops-shamir sops"}},
	} {
		t.Run(name, func(t *testing.T) {
			conf, faults := config(t, ".sops.yaml", c.config)
			if len(faults) > 0 {
				t.Fatal(faults)
			}
			f := newFile(secretTree())
			if c.file != nil {
				c.file(&f)
			}
			got := sealed.SOPS(read(t, "a.sops.yaml", f.yaml()), conf.Rule("a.sops.yaml"), nil)
			for _, one := range got {
				if guardsMore := name == "another scope of MAC"; one.Certain == guardsMore {
					t.Errorf("%s is certain: %v", one.Rule, one.Certain)
				}
			}
			if diff := cmp.Diff(c.want, rules(got)); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
			mustNotQuote(t, got, canary)
		})
	}
}

// A rule says how a new file is encrypted. That a file must be encrypted it says where
// it names the file, or the Secrets of a folder.
func TestPlainFilesThatARuleNames(t *testing.T) {
	const secret = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: a\nstringData:\n  password: " + canary + "\n"
	const values = "database:\n  password: " + canary + "\n"
	const configMap = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  mode: fast\n"
	for _, c := range []struct {
		what, expression, name, text string
		want                         bool
	}{
		{"a Secret by name", `secret.*\.yaml$`, "app/secret.yaml", secret, true},
		{"a Secret in a folder", `app/.*\.yaml$`, "app/db.yaml", secret, true},
		{"values by name", `secret.*\.yaml$`, "app/secret.yaml", values, true},
		{"values in a folder", `app/.*\.yaml$`, "app/db.yaml", values, false},
		{"a ConfigMap in a folder", `.*\.yaml$`, "app/cm.yaml", configMap, false},
		{"a ConfigMap that is called so", `.*\.sops\.yaml$`, "app/cm.sops.yaml", configMap, true},
		{"an ExternalSecret", `secret`, "app/external-secret.yaml", "apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: a}\nspec:\n  data:\n  - secretKey: a\n", false},
		{"a SealedSecret", `secret`, "app/sealed-secret.yaml", "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: a}\nspec:\n  encryptedData: {a: AgA=}\n", false},
		{"a kustomization", `secrets/`, "secrets/kustomization.yaml", "resources: [a.yaml]\n", false},
		{"a rule for all", ``, "app/secret.yaml", secret, false},
		{"another file", `other`, "app/secret.yaml", secret, false},
		{"a template", `secret`, "app/secret.yaml", "apiVersion: v1\nkind: Secret\nmetadata:\n  name: {{ .name }}\nstringData:\n  a: b\n", false},
		{"a sample", `secret`, "app/secret.example.yaml", secret, false},
		{"placeholders", `secret`, "app/secret.yaml", strings.Replace(secret, canary, "<path:secret/data/a#b>", 1), false},
		{"a variable", `secret`, "app/secret.yaml", strings.Replace(secret, canary, "${PASSWORD}", 1), false},
		{"a Secret without values", `secret`, "app/secret.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n", false},
		{"a private key", `keys/`, "keys/a.key", "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n", true},
		{"a public key", `keys/`, "keys/a.pub", "ssh-ed25519 AAAA\n", false},
		{"a page", `secret`, "docs/secret.md", "# secrets\n", false},
		{"notes that are called so", `\.sops\.(yaml|txt)$`, "app/notes.sops.txt", canary + "\n", true},
		{"notes without a word", `\.sops\.(yaml|txt)$`, "app/notes.sops.txt", "\n", false},
		{"a template that is called so", `\.sops\.ya?ml`, "app/secret.sops.yaml.j2", secret, false},
		{"a page that is called so", `\.sops\.`, "docs/keys.sops.md", "# keys\n", false},
		{"a script in a folder with a rule for all of it", `scripts/`, "scripts/rotate.sops.sh", "sops rotate\n", false},
		{"settings", `secret`, "app/secret.env", "PASSWORD=" + canary + "\n", true},
		{"sections", `secret`, "app/secret.ini", "[db]\npassword = " + canary + "\n", true},
		{"encrypted by something else", `secret`, "app/secret.yaml", "$ANSIBLE_VAULT;1.1;AES256\n6162\n", false},
		{"JSON", `secret`, "app/secret.json", `{"password": "` + canary + `"}`, true},
	} {
		t.Run(c.what, func(t *testing.T) {
			text := "creation_rules:\n  - path_regex: '" + c.expression + "'\n    unencrypted_regex: ^(apiVersion|kind|metadata)$\n"
			conf, faults := config(t, ".sops.yaml", text)
			if len(faults) > 0 {
				t.Fatal(faults)
			}
			rule := conf.Rule(c.name)
			got := sealed.SOPS(read(t, c.name, c.text), rule, nil)
			if (len(got) > 0) != c.want || c.want && got[0].Rule != "sops-plain-file" {
				t.Errorf("faults: %v, want one: %v", got, c.want)
			}
			mustNotQuote(t, got, canary)
		})
	}
}
