package sealed_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/secrets/sealed"
	"github.com/google/go-cmp/cmp"
)

// flat writes metadata as lines, as SOPS does for formats without a tree.
func (e *encryption) flat(prefix string) string {
	var b strings.Builder
	for i, recipient := range e.file.age {
		enc := strings.ReplaceAll(ageFile("X25519"), "\n", `\n`)
		fmt.Fprintf(&b, "%sage__list_%d__map_enc=%s\n%sage__list_%d__map_recipient=%s\n", prefix, i, enc, prefix, i, recipient)
	}
	fmt.Fprintf(&b, "%slastmodified=%s\n%smac=%s\n%sunencrypted_suffix=_unencrypted\n%sversion=3.13.0\n", prefix, e.file.modified, prefix, e.sum(), prefix, prefix)
	return b.String()
}

func dotenv(t tree) string {
	f := newFile(t)
	f.rule = ""
	e := f.encryption()
	var b strings.Builder
	b.WriteString("# a comment\n")
	for _, field := range t {
		fmt.Fprintf(&b, "%s=%s\n", field.key, strings.Trim(e.value([]string{field.key}, field.value), `"`))
	}
	return b.String() + e.flat("sops_")
}

func ini(t tree) string {
	f := newFile(t)
	f.rule = ""
	e := f.encryption()
	var b strings.Builder
	for _, section := range t {
		fmt.Fprintf(&b, "[%s]\n; a comment\n", section.key)
		for _, field := range section.value.(tree) {
			fmt.Fprintf(&b, "%s = %s\n", field.key, strings.Trim(e.value([]string{section.key, field.key}, field.value), `"`))
		}
		b.WriteString("\n")
	}
	return b.String() + "[sops]\n" + e.flat("")
}

// inJSON writes the values and the metadata of an encrypted file as JSON.
func inJSON(t testing.TB, yaml string) string {
	t.Helper()
	out, err := json.MarshalIndent(read(t, "a.yaml", yaml).Documents[0].Root.Value(), "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func TestFormats(t *testing.T) {
	settings := tree{{"USER", "app"}, {"PASSWORD", canary}, {"MODE_unencrypted", "fast"}, {"EMPTY", ""}}
	sections := tree{{"db", tree{{"user", "app"}, {"password", canary}}}, {"app", tree{{"token", canary}, {"mode_unencrypted", "fast"}}}}
	all := newFile(tree{{"data", canary}})
	all.rule = "unencrypted_suffix: _unencrypted"
	list := newFile(tree{{"apiVersion", "v1"}, {"kind", "List"}, {"data", "x"}})
	listText := strings.Replace(list.yaml(), "sops:\n", "items:\n- apiVersion: v1\n  kind: Secret\n  metadata: {name: a}\n  stringData: {password: '"+encryptValue(list.key, canary, "str", "items:stringData:password:")+"'}\nsops:\n", 1)
	for name, text := range map[string]string{
		"a.json": inJSON(t, newFile(secretTree()).yaml()),
		"a.env":  dotenv(settings), "prod.env.enc": dotenv(settings),
		"a.ini": ini(sections), "conf.enc": ini(sections),
		"key.pem":         inJSON(t, all.yaml()),
		"secret.yaml.enc": newFile(secretTree()).yaml(),
		"list.yaml":       listText,
		"crlf.yaml":       strings.ReplaceAll(newFile(secretTree()).yaml(), "\n", "\r\n"),
		"flow.yaml":       strings.ReplaceAll(inJSON(t, newFile(secretTree()).yaml()), "\t", "  "),
	} {
		t.Run(name, func(t *testing.T) {
			f := read(t, name, text)
			if !sealed.IsSOPS(f) {
				t.Fatalf("it is not recognised\n%s", text)
			}
			if got := sealed.SOPS(f, nil, f); len(got) > 0 {
				t.Errorf("faults: %+v\n%s", got, text)
			}
			damaged := damage(text)
			got := sealed.SOPS(read(t, name, damaged), nil, f)
			if len(got) == 0 || got[0].Rule != "sops-clear-value" || got[0].At.Line == 0 || got[0].Field == "" {
				t.Errorf("a value in the clear is not found: %+v\n%s", got, damaged)
			}
			if !strings.Contains(strings.Join(rules(got), "\n"), "sops-mac-unchanged") {
				t.Errorf("the MAC has stayed and nothing is said: %v", rules(got))
			}
			mustNotQuote(t, got, canary)
		})
	}
}

// damage puts plaintext in the place of the first encrypted value that is not the MAC.
func damage(text string) string {
	var b strings.Builder
	done := false
	for line := range strings.Lines(text) {
		if start := strings.Index(line, "ENC["); start >= 0 && !done && !strings.Contains(line, "mac") {
			end := start + strings.IndexByte(line[start:], ']') + 1
			line, done = line[:start]+canary+line[end:], true
		}
		b.WriteString(line)
	}
	return b.String()
}

// SOPS takes neither selection nor scope of the MAC from the rule of a file that is one
// value.
func TestRuleOfAFileThatIsOneValue(t *testing.T) {
	conf, faults := config(t, ".sops.yaml", "creation_rules:\n  - encrypted_regex: ^(data|stringData)$\n    mac_only_encrypted: true\n    age: "+alice+"\n")
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	one := newFile(tree{{"data", canary}})
	one.rule = "unencrypted_suffix: _unencrypted"
	for name, want := range map[string]bool{"id_rsa": false, "notes.txt": false, "notes.json": true} {
		got := sealed.SOPS(read(t, name, inJSON(t, one.yaml())), conf.Rule(name), nil)
		if (len(got) > 0) != want {
			t.Errorf("%s: %v", name, rules(got))
		}
	}
	one.age = []string{bob}
	got := sealed.SOPS(read(t, "id_rsa", inJSON(t, one.yaml())), conf.Rule("id_rsa"), nil)
	if want := []string{"sops-recipient-missing sops", "sops-recipient-additional sops.age[0]"}; !cmp.Equal(want, rules(got)) {
		t.Errorf("recipients: %v, want %v", rules(got), want)
	}
}

// The reader of INI in SOPS takes off quotes of either kind (ini.v1, readValue).
func TestEmptyValuesInQuotes(t *testing.T) {
	text := ini(tree{{"db", tree{{"password", canary}}}})
	for value, want := range map[string]int{`""`: 0, "''": 0, "``": 0, `'x'`: 1, "'": 1} {
		got := sealed.SOPS(read(t, "a.ini", strings.Replace(text, "[db]\n", "[db]\nuser = "+value+"\n", 1)), nil, nil)
		if len(got) != want {
			t.Errorf("%s: %v", value, rules(got))
		}
	}
}

func TestFieldsOfFormats(t *testing.T) {
	text := dotenv(tree{{"USER", "app"}, {"PASSWORD", canary}})
	_, rest, _ := strings.Cut(text, "PASSWORD=ENC[")
	_, rest, _ = strings.Cut(rest, "\n")
	before, _, _ := strings.Cut(text, "PASSWORD=ENC[")
	got := sealed.SOPS(read(t, "a.env", before+"PASSWORD="+canary+"\n"+rest), nil, nil)
	if len(got) != 1 || got[0].Field != "PASSWORD" || got[0].Key != "PASSWORD" || got[0].At != (manifest.Pos{Line: 3, Column: 1}) || got[0].Node.Text != canary {
		t.Errorf("faults: %+v", got)
	}
}

// A text that only quotes a file of SOPS is none.
func TestTextsAboutSOPS(t *testing.T) {
	f := newFile(secretTree())
	for name, text := range map[string]string{
		"README.md":  "# How to\n\n```yaml\n" + f.yaml() + "```\n\nMore: [a](b) and: so on\n",
		"env.md":     "Write\n\n```\n" + dotenv(tree{{"A", "b"}}) + "```\n",
		"ini.md":     "Write\n\n" + ini(tree{{"a", tree{{"b", "c"}}}}) + "\nand no more\n",
		"values.yml": "sops:\n  enabled: true\n  age: []\n",
		"a.go":       "package a\n\nconst sops = `\nsops:\n  mac: x\n`\n",
	} {
		if got := read2(name, text); sealed.IsSOPS(got) {
			t.Errorf("%s is taken for a file of SOPS", name)
		}
	}
}

func read2(name, text string) *manifest.File {
	return manifest.Read(name, []byte(text), manifest.DefaultLimits())
}

func TestRulesByComment(t *testing.T) {
	const body = `# the name of it
name: %NAME%
db:
  # secret
  password: %PASSWORD%
  user: %USER%
`
	f := newFile(nil)
	enc := func(path string) string { return encryptValue(f.key, "x-value", "str", path) }
	file := func(rule, name, password, user string) string {
		f.rule = rule
		text := strings.NewReplacer("%NAME%", name, "%PASSWORD%", password, "%USER%", user).Replace(body)
		return text + f.yaml()
	}
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"encrypted as said":   {file("encrypted_comment_regex: ^ secret$", "a", enc("db:password:"), "b"), nil},
		"not encrypted":       {file("encrypted_comment_regex: ^ secret$", "a", canary, "b"), []string{"sops-clear-value db.password"}},
		"clear as said":       {file("unencrypted_comment_regex: the name", "a", enc("db:password:"), enc("db:user:")), nil},
		"clear and not said":  {file("unencrypted_comment_regex: the name", "a", canary, enc("db:user:")), []string{"sops-clear-value db.password"}},
		"a comment encrypted": {strings.Replace(file("unencrypted_comment_regex: the name", "a", enc("db:password:"), enc("db:user:")), "# secret", "#"+encryptValue(f.key, " secret", "comment", "db:"), 1), nil},
		"a comment broken":    {strings.Replace(file("unencrypted_comment_regex: the name", "a", enc("db:password:"), enc("db:user:")), "# secret", "#"+encryptValue(f.key, " secret", "comment", "db:")+" "+canary, 1), []string{"sops-grammar"}},
	} {
		t.Run(name, func(t *testing.T) {
			got := sealed.SOPS(read(t, "a.yaml", c.text), nil, nil)
			if diff := cmp.Diff(c.want, rules(got)); diff != "" {
				t.Errorf("faults (-want +got):\n%s%s", diff, c.text)
			}
			mustNotQuote(t, got, canary)
		})
	}
}

func TestDocumentsWithOtherMetadata(t *testing.T) {
	a, b := newFile(secretTree()), newFile(secretTree())
	got := sealed.SOPS(read(t, "a.yaml", a.yaml()+"---\n"+b.yaml()), nil, nil)
	if diff := cmp.Diff([]string{"sops-metadata-copies sops.mac"}, rules(got)); diff != "" {
		t.Error(diff)
	}
	if len(got) == 1 && (got[0].Document != 1 || got[0].Certain) {
		t.Errorf("fault: %+v", got[0])
	}
}
