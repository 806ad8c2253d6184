package sops

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var aValue = regexp.MustCompile(`ENC\[AES256_GCM,[^]]*\]`)

// valuesSealed lists the ciphertexts of a file but the MAC.
func valuesSealed(text []byte) []string {
	var list []string
	for _, row := range strings.Split(string(text), "\n") {
		if !strings.Contains(row, "mac") {
			list = append(list, aValue.FindAllString(row, -1)...)
		}
	}
	return list
}

func TestUpdateRecipients(t *testing.T) {
	alice, bob, carol := newPerson(t), newPerson(t), newPerson(t)
	c := realSOPS(t, bob)
	o := Options{Rule: dataRule(alice, carol), Keys: alice.keys(), Now: testTime}
	for name, in := range map[string]string{"a.yaml": secretYAML, "a.json": `{"data": {"a": "x1234"}}`, "b.yaml": "data: {a: x1234}\n---\ndata:\n  b: y1234 # z1234\n"} {
		sealed := mustEncrypt(t, name, in, o)

		same, err := UpdateRecipients(name, sealed, o)
		if err != nil || same.Changed {
			t.Errorf("%s: without a change: %v, changed %v", name, err, same.Changed)
		}

		added := o
		added.Rule = dataRule(alice, carol, bob)
		more, err := UpdateRecipients(name, sealed, added)
		if err != nil {
			t.Fatal(err)
		}
		if more.Rotated != "" || cmp.Diff(valuesSealed(sealed), valuesSealed(more.Text)) != "" {
			t.Errorf("%s: to add a recipient changed the values: %q", name, more.Rotated)
		}
		if lines, ok := changedLines(sealed, more.Text); ok && len(lines) > 1 {
			t.Errorf("%s: changed lines %v", name, lines)
		}
		c.decrypt(t, name, more.Text)
		mustDecrypt(t, name, more.Text, carol.keys())

		removed := o
		removed.Rule = dataRule(alice, bob)
		less, err := UpdateRecipients(name, more.Text, removed)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(less.Rotated, carol.recipient().ID) {
			t.Errorf("%s: the reason for a new data key is %q", name, less.Rotated)
		}
		for _, old := range valuesSealed(more.Text) {
			if bytes.Contains(less.Text, []byte(old)) {
				t.Errorf("%s: %s is still there", name, old)
			}
		}
		if got := mustDecrypt(t, name, less.Text, bob.keys()); got != in {
			t.Errorf("%s: got\n%s", name, got)
		}
		c.decrypt(t, name, less.Text)
		if _, err := Decrypt(name, less.Text, Options{Keys: carol.keys()}); causeOf(err) != NoKey {
			t.Errorf("%s: who was removed: %v", name, err)
		}

		if _, err := UpdateRecipients(name, sealed, Options{Rule: removed.Rule, Keys: bob.keys()}); causeOf(err) != NoKey {
			t.Errorf("%s: without a key: %v", name, err)
		}
	}
}

// TestUpdateToGroups turns one group into two, and back.
func TestUpdateToGroups(t *testing.T) {
	alice, bob := newPerson(t), newPerson(t)
	sealed := mustEncrypt(t, "a.yaml", secretYAML, Options{Rule: dataRule(alice), Now: testTime})
	two := dataRule(alice)
	two.Groups = append(two.Groups, Group{bob.recipient()})
	both := alice.keys()
	both.Age = append(both.Age, bob.identity)
	split, err := UpdateRecipients("a.yaml", sealed, Options{Rule: two, Keys: alice.keys()})
	if err != nil || split.Rotated == "" {
		t.Fatalf("%v, rotated %q", err, split.Rotated)
	}
	realSOPS(t, alice, bob).decrypt(t, "a.yaml", split.Text)
	if _, err := Decrypt("a.yaml", split.Text, Options{Keys: alice.keys()}); causeOf(err) != NoKey {
		t.Errorf("one of two: %v", err)
	}
	back, err := UpdateRecipients("a.yaml", split.Text, Options{Rule: dataRule(alice), Keys: both})
	if err != nil || mustDecrypt(t, "a.yaml", back.Text, alice.keys()) != secretYAML {
		t.Errorf("back: %v", err)
	}
}

func TestComplete(t *testing.T) {
	alice := newPerson(t)
	c := realSOPS(t, alice)
	o := Options{Rule: dataRule(alice), Keys: alice.keys(), Now: testTime}
	tests := []struct {
		what, name, in string
		add            func(text string) string
		want           string
	}{
		{"YAML", "a.yaml", secretYAML,
			func(s string) string {
				return strings.Replace(s, "stringData:\n", "stringData:\n  # by hand\n  token: t0ps3cret # mine\n", 1)
			},
			strings.Replace(secretYAML, "stringData:\n", "stringData:\n  # by hand\n  token: t0ps3cret # mine\n", 1)},
		{"another document", "a.yaml", "data: {a: x}\n",
			func(s string) string { return s + "---\ndata: {b: t0ps3cret}\n" },
			"data: {a: x}\n---\ndata: {b: t0ps3cret}\n"},
		{"JSON", "a.json", "{\"data\": {\"a\": \"x\"}}\n",
			func(s string) string { return strings.Replace(s, `{"a"`, `{"b": "t0ps3cret", "n": 12, "a"`, 1) },
			"{\"data\": {\"b\": \"t0ps3cret\", \"n\": 12, \"a\": \"x\"}}\n"},
		{"dotenv", "a.env", "A=1\n", func(s string) string { return "B=t0ps3cret\n" + s }, "B=t0ps3cret\nA=1\n"},
		{"INI", "a.ini", "[s]\na = 1\n", func(s string) string { return strings.Replace(s, "[s]\n", "[s]\nb = t0ps3cret\n", 1) }, "[s]\nb = t0ps3cret\na = 1\n"},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			o := o
			if tt.name == "a.env" || tt.name == "a.ini" {
				o.Rule = Rule{Groups: o.Rule.Groups}
			}
			sealed := mustEncrypt(t, tt.name, tt.in, o)
			half := []byte(tt.add(string(sealed)))
			if _, err := Encrypt(tt.name, half, o); causeOf(err) != HalfSealed && tt.what != "another document" {
				t.Errorf("encrypt: %v", err)
			}
			if _, err := Decrypt(tt.name, half, o); causeOf(err) != HalfSealed {
				t.Errorf("decrypt: %v", err)
			}
			r, err := Complete(tt.name, half, o)
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Contains(r.Text, []byte("t0ps3cret")) {
				t.Errorf("still in the clear:\n%s", r.Text)
			}
			for _, old := range valuesSealed(sealed) {
				if !bytes.Contains(r.Text, []byte(old)) {
					t.Errorf("%s is gone", old)
				}
			}
			if diff := cmp.Diff(tt.want, mustDecrypt(t, tt.name, r.Text, alice.keys())); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			c.decrypt(t, tt.name, r.Text)
			again, err := Complete(tt.name, r.Text, o)
			if err != nil || again.Changed {
				t.Errorf("again: %v, changed %v", err, again.Changed)
			}
			if _, err := Complete(tt.name, half, Options{}); causeOf(err) != NoKey {
				t.Errorf("without a key: %v", err)
			}
		})
	}
}

// TestMismatch changes what stands in the clear by hand: nothing goes on without the
// word.
func TestMismatch(t *testing.T) {
	alice := newPerson(t)
	c := realSOPS(t, alice)
	o := Options{Rule: dataRule(alice), Keys: alice.keys(), Now: testTime}
	sealed := mustEncrypt(t, "a.yaml", secretYAML, o)
	changed := bytes.Replace(sealed, []byte("name: web"), []byte("name: db"), 1)
	at := Place{Path: []string{"stringData", "user"}}
	accept := o
	accept.AcceptMismatch = true
	for what, do := range map[string]func(o Options) ([]byte, error){
		"decrypt": func(o Options) ([]byte, error) { return Decrypt("a.yaml", changed, o) },
		"set": func(o Options) ([]byte, error) {
			r, err := Set("a.yaml", changed, at, []byte("x"), o)
			return r.Text, err
		},
		"unset": func(o Options) ([]byte, error) { r, err := Unset("a.yaml", changed, at, o); return r.Text, err },
		"edit": func(o Options) ([]byte, error) {
			r, err := Edit("a.yaml", changed, []byte(secretYAML), o)
			return r.Text, err
		},
		"complete": func(o Options) ([]byte, error) { r, err := Complete("a.yaml", changed, o); return r.Text, err },
	} {
		if _, err := do(o); causeOf(err) != Mismatch {
			t.Errorf("%s: %v", what, err)
		}
		out, err := do(accept)
		if err != nil {
			t.Errorf("%s, accepted: %v", what, err)
		} else if what != "decrypt" {
			c.decrypt(t, "a.yaml", out)
		}
	}
	half := bytes.Replace(changed, []byte("stringData:\n"), []byte("stringData:\n  token: x\n"), 1)
	if _, err := Complete("a.yaml", half, o); causeOf(err) != Mismatch {
		t.Errorf("half sealed and changed: %v", err)
	}
	if r, err := Complete("a.yaml", half, accept); err != nil {
		t.Errorf("half sealed and changed, accepted: %v", err)
	} else {
		c.decrypt(t, "a.yaml", r.Text)
	}
	swapped := swapValues(t, sealed)
	if _, err := Decrypt("a.yaml", swapped, accept); err == nil || !strings.Contains(err.Error(), "does not open") {
		t.Errorf("values moved: %v", err)
	}
}

// swapValues puts the first two values in each other's place.
func swapValues(t testing.TB, text []byte) []byte {
	t.Helper()
	leaves := coveredLeaves(t, "a.yaml", text)
	a, b := leaves[0].value.text, leaves[1].value.text
	s := strings.Replace(string(text), a, "\x00", 1)
	s = strings.Replace(s, b, a, 1)
	return []byte(strings.Replace(s, "\x00", b, 1))
}

// TestFilesOfSOPSKeepTheirForm adds a recipient to what the real sops has written: one
// entry more is all that changes, in its own style.
func TestFilesOfSOPSKeepTheirForm(t *testing.T) {
	alice, bob := newPerson(t), newPerson(t)
	c := realSOPS(t, alice)
	for name, in := range map[string]string{
		"a.yaml": "a:\n  b: x1234\n  l: [1]\n---\nkind: ConfigMap\n",
		"a.json": `{"a": {"b": "x1234"}}`,
		"a.env":  "A=x1234\n",
		"a.ini":  "[s]\na = x1234\n",
	} {
		sealed, _, err := c.run(t, name, []byte(in), "encrypt", "--age", alice.recipient().ID, "FILE")
		if err != nil {
			t.Fatal("sops does not encrypt")
		}
		o := Options{Keys: alice.keys()}
		o.Rule.Groups = []Group{{alice.recipient(), bob.recipient()}}
		more, err := UpdateRecipients(name, sealed, o)
		if err != nil {
			t.Fatal(err)
		}
		kept := 0
		for _, row := range strings.Split(string(sealed), "\n") {
			if strings.Contains("\n"+string(more.Text)+"\n", "\n"+row+"\n") {
				kept++
			} else if name != "a.ini" || strings.Contains(row, "x1234") { // whose columns SOPS aligns
				t.Errorf("%s: the line %q is gone", name, row)
			}
		}
		realSOPS(t, bob).decrypt(t, name, more.Text)

		plain := mustDecrypt(t, name, sealed, alice.keys())
		edited, err := Edit(name, sealed, []byte(strings.Replace(plain, "x1234", "y1234", 1)), o)
		if err != nil {
			t.Fatal(err)
		}
		if lines, ok := changedLines(sealed, edited.Text); !ok || len(lines) != 1 {
			t.Errorf("%s: edited: changed lines %v\n%s", name, lines, cmp.Diff(string(sealed), string(edited.Text)))
		}
	}
}
