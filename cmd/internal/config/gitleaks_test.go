package config

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

// hits gives what the rules of settings find, as "rule=secret".
func hits(s Settings, path, text string) []string {
	var list []string
	found, _ := s.SecretRules.Find(path, []byte(text))
	for _, h := range found {
		list = append(list, h.Rule.ID+"="+text[h.Start:h.End])
	}
	return list
}

const gitleaksRules = `
[[rules]]
id = "Cid"
regex = '''cid-(\d+)'''
[allowlist]
paths = ['''.*''']
`

func TestLoadReadsTheRulesOfSecrets(t *testing.T) {
	s := load(t, map[string]string{ConfigPath: string(testdata(t, "config.yaml")), GitleaksPath: gitleaksRules})
	want := []string{"Cid=77", "acme-deploy-token=0123456789abcdef"}
	if diff := gocmp.Diff(want, hits(s, "a.yaml", "cid-77 ACME_0123456789abcdef")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := gocmp.Diff([]string{"keystore="}, hits(s, "a.jks", "")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(s.SecretRules.Allowlists) != 1 {
		t.Errorf("the allowlists are %v", s.SecretRules.Allowlists)
	}
	alone := load(t, map[string]string{GitleaksPath: gitleaksRules})
	if got := hits(alone, "a.yaml", "cid-77"); len(got) != 1 || alone.Found {
		t.Errorf("a .gitleaks.toml alone finds %q, and is the configuration of Gatehouse: %v", got, alone.Found)
	}
}

func TestDigestIsOfTheRulesOfSecrets(t *testing.T) {
	seen := map[string]string{}
	for name, files := range map[string]map[string]string{
		"nothing":             nil,
		"a rule":              {ConfigPath: "version: 1\nsecrets: {rules: [{id: a, regex: abc}]}\n"},
		"another regex":       {ConfigPath: "version: 1\nsecrets: {rules: [{id: a, regex: abd}]}\n"},
		"an entropy":          {ConfigPath: "version: 1\nsecrets: {rules: [{id: a, regex: abc, entropy: 1.5}]}\n"},
		"Gitleaks":            {GitleaksPath: gitleaksRules},
		"Gitleaks, a comment": {GitleaksPath: gitleaksRules + "#"},
		"Gitleaks, empty":     {GitleaksPath: ""},
		"Gitleaks upon more":  {GitleaksPath: "[extend]\npath = 'base.toml'\n", "base.toml": gitleaksRules},
		"Gitleaks upon other": {GitleaksPath: "[extend]\npath = 'base.toml'\n", "base.toml": gitleaksRules + "#"},
	} {
		digest := load(t, files).Digest
		if other, ok := seen[digest]; ok {
			t.Errorf("%s has the digest of %s", name, other)
		}
		seen[digest] = name
	}
	if load(t, map[string]string{ConfigPath: "version: 1\nsecrets: {rules: []}\n"}).Digest != load(t, nil).Digest {
		t.Error("a list without rules has another digest than no file")
	}
}

func TestGitleaksBuildsOnOtherFiles(t *testing.T) {
	files := map[string]string{
		GitleaksPath:     "[extend]\npath = './ci/base.toml'\ndisabledRules = ['b']\n[[rules]]\nid = 'a'\nentropy = 2\n",
		"ci/base.toml":   "[extend]\npath = 'ci\\deeper.toml'\n[[rules]]\nid = 'a'\nregex = 'a=(\\w+)'\n[[rules]]\nid = 'b'\nregex = 'b=\\w+'\n",
		"ci/deeper.toml": "[extend]\npath = 'ci/deepest.toml'\n[[rules]]\nid = 'c'\nregex = 'c=\\w+'\n",
	}
	s := load(t, files)
	want := []string{"a=abcdef", "c=c=x"}
	if diff := gocmp.Diff(want, hits(s, "f", "a=aaa a=abcdef b=x c=x")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if notes := fmt.Sprint(s.SecretRules.Notes); !strings.Contains(notes, "extend.path names a file that is not in the repository, or one too deep") {
		t.Errorf("the notes are %s", notes)
	}
	for _, outside := range []string{"../base.toml", "/etc/base.toml", "..", "nowhere.toml"} {
		read := []string{}
		s, err := Load(func(name string) ([]byte, error) {
			read = append(read, name)
			if name == GitleaksPath {
				return []byte("[extend]\npath = '" + outside + "'\n" + gitleaksRules), nil
			}
			return nil, fs.ErrNotExist
		}, running, known())
		if err != nil || len(hits(s, "f", "cid-1")) != 1 || len(s.SecretRules.Notes) != 1 {
			t.Errorf("%s: %v, %v", outside, s.SecretRules.Notes, err)
		}
		if last := read[len(read)-1]; strings.HasPrefix(last, "..") || strings.HasPrefix(last, "/") {
			t.Errorf("%s: %s was read", outside, last)
		}
	}
}

func TestLoadTellsTheFaultsOfGitleaks(t *testing.T) {
	const canary = "hunter2canary"
	const hint = "; it is read as Gitleaks v8.30.1 reads it"
	tests := []struct{ name, text, want string }{
		{"no TOML", "title = 'é' " + canary + "\n", ".gitleaks.toml:1:12: the file is not valid TOML from here on" + hint},
		{"a regex", "[[rules]]\nid = 'my-rule'\nregex = '(" + canary + "'\n", ".gitleaks.toml:3:1: rule \"my-rule\": regex does not compile: missing closing )" + hint},
		{"a file below", "[extend]\npath = 'base.toml'\n", "base.toml:2:1: rule \"b\": regex does not compile: missing closing )" + hint},
		{"put together", "[extend]\npath = 'good.toml'\n[[rules]]\nid = 'b'\nsecretGroup = 4\n", "good.toml:1:1: rule \"b\": secretGroup is 4, and the regex has 0 groups" + hint},
	}
	for _, test := range tests {
		files := map[string]string{GitleaksPath: test.text, "base.toml": "[[rules]]\nregex = '(" + canary + "'\nid = 'b'\n", "good.toml": "[[rules]]\nregex = 'b'\nid = 'b'\n"}
		_, err := Load(tree(files), running, known())
		var list Errors
		if !errors.As(err, &list) || err.Error() != test.want || strings.Contains(err.Error(), canary) {
			t.Errorf("%s: the error is\n%v\nwant\n%s", test.name, err, test.want)
		}
	}
	_, err := Load(tree(map[string]string{ConfigPath: "version: 1\nx: 1\n", GitleaksPath: "= 1\n"}), running, known())
	want := ConfigPath + ":2:1: unknown key \"x\"\n.gitleaks.toml:1:1: the file is not valid TOML from here on" + hint
	if err == nil || err.Error() != want {
		t.Errorf("the error is\n%v\nwant\n%s", err, want)
	}
}

func TestTooManyRulesOfSecrets(t *testing.T) {
	file := func(rules int) []byte {
		var b strings.Builder
		b.WriteString("version: 1\nsecrets:\n  rules:\n")
		for i := range rules {
			fmt.Fprintf(&b, "    - {id: r%d, path: a}\n", i)
		}
		return []byte(b.String())
	}
	if _, err := ReadConfig("f", file(200), running, known()); err != nil {
		t.Error(err)
	}
	_, err := ReadConfig("f", file(201), running, known())
	if err == nil || err.Error() != "f:3:3: there are 201 rules, and 200 are the most; put several into one regex, as in a|b" {
		t.Errorf("the error is %v", err)
	}
	_, err = ReadConfig("f", []byte("version: 1\nsecrets: {rules: [{id: a, regex: "+strings.Repeat("a", 1_001)+"}]}\n"), running, known())
	if err == nil || err.Error() != "f:2:27: secrets.rules[0].regex is longer than 1000 bytes; make two rules of it" {
		t.Errorf("the error is %v", err)
	}
}
