package sops

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestFormats encrypts files of every format and with every kind of rule. The real
// sops decrypts them, and we get back what there was, to the byte.
func TestFormats(t *testing.T) {
	alice := newPerson(t)
	c := realSOPS(t, alice)
	selection := func(field, text string) Rule {
		r := dataRule(alice)
		r.Selection.Field, r.Selection.Text = field, text
		return r
	}
	all := Rule{Groups: dataRule(alice).Groups}
	onlyOwn := dataRule(alice)
	onlyOwn.MACOnlyEncrypted = true
	tests := []struct {
		what, name, in string
		rule           Rule
		clear          []string // that still stand there
		gone           []string
	}{
		{"YAML", "a.yaml", secretYAML, all, []string{"stringData:", "password: \"ENC["}, []string{"admin", "hunter22", "5432", "team a", "the database", "AAAA"}},
		{"YAML by expression", "a.yml", secretYAML, dataRule(alice), []string{"# team a", "name: web"}, []string{"admin", "hunter22", "the database", "not secret"}},
		{"the MAC over the encrypted alone", "a.yaml", secretYAML, onlyOwn, []string{"# team a", "name: web", "mac_only_encrypted: true"}, []string{"admin"}},
		{"by suffix", "a.yaml", "a_secret: x1234\nb: y1234\n", selection("encrypted_suffix", "_secret"), []string{"b: y1234"}, []string{"x1234"}},
		{"by suffix that stays", "a.yaml", "a_clear: x1234\nb: y1234\n", selection("unencrypted_suffix", "_clear"), []string{"a_clear: x1234"}, []string{"y1234"}},
		{"by expression that stays", "a.yaml", "a: {x: x1234}\nb: y1234\n", selection("unencrypted_regex", "^a$"), []string{"a: {x: x1234}"}, []string{"y1234"}},
		{"by comment", "a.yaml", "a: x1234\n# encrypt this\nb: y1234\nc: z1234 # encrypt\n", selection("encrypted_comment_regex", "encrypt"), []string{"a: x1234", "# encrypt this", "# encrypt\n"}, []string{"y1234", "z1234"}},
		{"by comment that stays", "a.yaml", "a: x1234\n# plain: this\nb: y1234\n", selection("unencrypted_comment_regex", "plain:"), []string{"b: y1234", "# plain: this"}, []string{"x1234"}},
		{"documents", "a.yaml", "---\nkind: Secret\ndata: {a: x1234}\n---\nkind: ConfigMap\nmetadata: {name: x}\n---\nkind: Secret\ndata:\n  b: y1234\n", dataRule(alice), []string{"kind: ConfigMap\nmetadata: {name: x}\n---\n"}, []string{"x1234", "y1234"}},
		{"an alias of what stays", "a.yaml", "metadata:\n  labels: &l {a: b1234}\n  also: *l\ndata: {a: x1234}\n", dataRule(alice), []string{"also: *l"}, []string{"x1234"}},
		{"an alias beside its anchor", "a.yaml", "data:\n  l:\n    - &x x1234\n    - *x\n", dataRule(alice), []string{"- *x"}, []string{"x1234"}},
		{"a merge of what stays", "a.yaml", "base: &b {a: b1234}\nmetadata:\n  <<: *b\n  c: d\ndata: {a: x1234}\n", dataRule(alice), []string{"<<: *b"}, []string{"x1234"}},
		{"indented documents", "a.yaml", "  data:\n    a: x1234\n  b: c\n", dataRule(alice), []string{"  sops:\n"}, []string{"x1234"}},
		{"without a line break at the end", "a.yaml", "data:\n  a: x1234", dataRule(alice), nil, []string{"x1234"}},
		{"lists at the left", "a.yaml", "data:\n- x1234\n- a: y1234\n  b: |\n    z1234\n", dataRule(alice), nil, []string{"x1234", "y1234", "z1234"}},
		{"JSON", "a.json", "{\n\t\"data\": {\"a\": \"x1234\", \"n\": 12, \"f\": 1.5, \"t\": true, \"z\": null, \"e\": \"\"},\n\t\"b\": [1e3, 12345678901234567890]\n}\n", dataRule(alice), []string{"[1e3, 12345678901234567890]"}, []string{"x1234", "1.5"}},
		{"JSON on one line", "a.json", `{"data":{"a":"x1234"}}`, dataRule(alice), nil, []string{"x1234"}},
		{"JSON in a file of YAML", "a.yaml", "{\"data\": {\"a\": \"x1234\"}, \"kind\": \"Secret\"}\n", dataRule(alice), []string{`"kind": "Secret"`}, []string{"x1234"}},
		{"dotenv", "a.env", "# c1234\nA=x1234\nB=\"q\\nz1234\"\n\nC=\nexport D=y1234", all, []string{"C=\n", "export D=ENC["}, []string{"c1234", "x1234", "z1234", "y1234"}},
		{"dotenv by expression", "a.env", "A=x1234\nB=y1234\n", selection("encrypted_regex", "^A$"), []string{"B=y1234"}, []string{"x1234"}},
		{"dotenv of Windows", "a.env", "A=x1234\r\nB=y1234\r\n", selection("encrypted_regex", "^A$"), []string{"B=y1234\r\n"}, []string{"x1234"}},
		{"INI", "a.ini", "; c1234\n# d1234\ntop=x1234\n\n[s]\n# e1234\n# f1234\na = \"y1234 z\"\nb : it1234\nc=`a#b1234`\nd = \"\"\"x1234\ny\"\"\"\nempty =\n", all, []string{"[s]", "empty ="}, []string{"x1234", "y1234", "b1234", "c1234", "d1234", "e1234", "f1234", "it1234"}},
		{"INI by expression", "a.ini", "[keep]\na = b ; x\n[secret]\na = x1234\n", selection("encrypted_regex", "^secret$"), []string{"a = b ; x"}, []string{"x1234"}},
		{"INI of Windows", "a.ini", "[s]\r\na = x1234\r\n", all, []string{"[s]\r\n"}, []string{"x1234"}},
		{"binary", "a.bin", "x1234\x00\xff\n", dataRule(alice), nil, []string{"x1234"}},
		{"a key", "id_rsa", "-----BEGIN PRIVATE KEY-----\nx1234\n", dataRule(alice), nil, []string{"x1234"}},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			o := Options{Rule: tt.rule, Keys: alice.keys(), Now: testTime}
			sealed := mustEncrypt(t, tt.name, tt.in, o)
			for _, s := range tt.clear {
				if !bytes.Contains(sealed, []byte(s)) {
					t.Errorf("%q is gone from\n%s", s, sealed)
				}
			}
			for _, s := range tt.gone {
				if bytes.Contains(sealed, []byte(s)) {
					t.Errorf("%q stands in\n%s", s, sealed)
				}
			}
			if diff := cmp.Diff(tt.in, mustDecrypt(t, tt.name, sealed, alice.keys())); diff != "" {
				t.Errorf("decrypted (-want +got):\n%s", diff)
			}
			opened := c.decrypt(t, tt.name, sealed)
			if bytes.Contains(opened, []byte("ENC[")) && tt.name != "a.ini" {
				t.Errorf("sops leaves something encrypted:\n%s", opened)
			}
			for _, s := range tt.gone {
				if tt.name != "a.ini" && !bytes.Contains(opened, []byte(s)) {
					t.Errorf("sops does not give %q:\n%s", s, opened)
				}
			}
			again, err := Encrypt(tt.name, sealed, o)
			if err != nil || again.Changed || len(again.Notes) != 1 {
				t.Errorf("encrypted again: %v, changed %v, notes %v", err, again.Changed, again.Notes)
			}
			edited, err := Edit(tt.name, sealed, []byte(strings.Replace(tt.in, "x1234", "changed1", 1)), o)
			if err != nil {
				t.Fatal(err)
			}
			if want := strings.Contains(tt.in, "x1234"); edited.Changed != want {
				t.Errorf("edited: changed %v, want %v", edited.Changed, want)
			}
			if got := c.decrypt(t, tt.name, edited.Text); edited.Changed && !bytes.Contains(got, []byte("changed1")) {
				t.Errorf("edited, sops gives\n%s", got)
			}
		})
	}
}

// TestCutOff opens a file whose last line break somebody has cut off: a block before the
// metadata keeps its own.
func TestCutOff(t *testing.T) {
	alice := newPerson(t)
	const in = "data: {a: x}\nb: |\n  c\n"
	sealed := bytes.TrimRight(mustEncrypt(t, "a.yaml", in, Options{Rule: dataRule(alice)}), "\n")
	if got := mustDecrypt(t, "a.yaml", sealed, alice.keys()); got != in {
		t.Errorf("got %q", got)
	}
}

// TestFilesOfSOPS edits what the real sops has encrypted, and has it decrypt the
// result.
func TestFilesOfSOPS(t *testing.T) {
	alice := newPerson(t)
	c := realSOPS(t, alice)
	files := []struct {
		name, in string
		set      Place
		args     []string
	}{
		{"a.yaml", secretYAML, Place{Path: []string{"stringData", "password"}}, []string{"--encrypted-regex", "^(data|stringData)$"}},
		{"b.yaml", secretYAML, Place{Path: []string{"stringData", "user"}}, nil},
		{"c.yaml", "l:\n  # head\n  - a # in\n  - b\n  # foot\nm: 2001-01-01\nw: yes\n", Place{Path: []string{"l", "1"}}, nil},
		{"d.yaml", "a: x\n---\nb: y\n", Place{Document: 1, Path: []string{"b"}}, nil},
		{"a.json", `{"a": {"b": "x", "n": 1.0}, "l": [1, "two"]}`, Place{Path: []string{"a", "b"}}, nil},
		{"a.env", "# c\nA=1\nB=two\\nlines\n", Place{Path: []string{"A"}}, nil},
		{"a.ini", "; c\n[s]\n# d\na = x\nb = ` y`\n", Place{Path: []string{"s", "a"}}, nil},
	}
	for _, tt := range files {
		t.Run(tt.name, func(t *testing.T) {
			args := append([]string{"encrypt", "--age", alice.recipient().ID}, append(tt.args, "FILE")...)
			sealed, _, err := c.run(t, tt.name, []byte(tt.in), args...)
			if err != nil {
				t.Fatal("sops does not encrypt")
			}
			o := Options{Keys: alice.keys()}
			plain := mustDecrypt(t, tt.name, sealed, alice.keys())
			same, err := Edit(tt.name, sealed, []byte(plain), o)
			if err != nil || same.Changed {
				t.Errorf("edited without a change: %v, changed %v", err, same.Changed)
			}
			if diff := cmp.Diff(valuesIn(t, tt.name, c.decrypt(t, tt.name, sealed)), valuesIn(t, tt.name, []byte(plain))); diff != "" {
				t.Errorf("(-sops +we):\n%s", diff)
			}
			set, err := Set(tt.name, sealed, tt.set, []byte("changed"), o)
			if err != nil {
				t.Fatal(err)
			}
			if lines, ok := changedLines(sealed, set.Text); !ok || len(lines) != 1 {
				t.Errorf("set: changed lines %v", lines)
			}
			if got := valueAt(t, tt.name, c.decrypt(t, tt.name, set.Text), tt.set); got != "changed" {
				t.Errorf("sops gives %q", got)
			}
			edited, err := Edit(tt.name, set.Text, []byte(strings.ReplaceAll(mustDecrypt(t, tt.name, set.Text, alice.keys()), "changed", "edited")), o)
			if err != nil {
				t.Fatal(err)
			}
			if lines, ok := changedLines(sealed, edited.Text); !ok || len(lines) != 1 {
				t.Errorf("edited: changed lines %v\n%s", lines, cmp.Diff(string(sealed), string(edited.Text)))
			}
			if got := valueAt(t, tt.name, c.decrypt(t, tt.name, edited.Text), tt.set); got != "edited" {
				t.Errorf("sops gives %q", got)
			}
		})
	}
}

// valuesIn lists all values of a plain file.
func valuesIn(t testing.TB, name string, text []byte) []string {
	t.Helper()
	f, err := read(name, text, Options{}.withDefaults(name))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	var list []string
	for _, s := range f.spellings() {
		list = append(list, s.path+"="+s.value.text)
	}
	return list
}
