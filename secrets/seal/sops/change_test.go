package sops

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// coveredLeaves lists the values of an encrypted file that are encrypted and that a
// path names.
func coveredLeaves(t testing.TB, name string, text []byte) []visited {
	t.Helper()
	f, err := read(name, text, Options{}.withDefaults(name))
	if err != nil {
		t.Fatal(err)
	}
	_, sel, err := f.metadataOf()
	if err != nil {
		t.Fatal(err)
	}
	var list []visited
	w := walker{selector: sel, visit: func(v visited) error {
		if v.shape == isLeaf && v.covered && isCiphertext(v.value.text) && v.alias == 0 {
			list = append(list, v)
		}
		return nil
	}}
	if err := w.walk(f.docs); err != nil {
		t.Fatal(err)
	}
	return list
}

// placeOf is the place of a value.
func placeOf(v visited) Place {
	p := Place{Document: v.document}
	for t := v.trail; t != nil; t = t.above {
		if t.isKey {
			p.Path = append(p.Path, t.key)
		} else {
			p.Path = append(p.Path, fmt.Sprint(t.index))
		}
	}
	slices.Reverse(p.Path)
	return p
}

// changedLines lists the lines that are others, without those of the MAC and its time.
// ok is false where there are more or fewer lines.
func changedLines(before, after []byte) (list []int, ok bool) {
	a, b := bytes.Split(before, []byte("\n")), bytes.Split(after, []byte("\n"))
	if len(a) != len(b) {
		return nil, false
	}
	for i := range a {
		bare := strings.TrimLeft(string(b[i]), " \t\"")
		if !bytes.Equal(a[i], b[i]) && !strings.Contains(bare, `"sops": {"`) && !strings.HasPrefix(bare, "mac") && !strings.HasPrefix(bare, "lastmodified") && !strings.HasPrefix(bare, "sops_mac") && !strings.HasPrefix(bare, "sops_lastmodified") {
			list = append(list, i+1)
		}
	}
	return list, true
}

// oneBlock tells lines that are the header and the line of one block: a folded one may
// become a literal one.
func oneBlock(lines []int) bool { return len(lines) == 2 && lines[0]+1 == lines[1] }

// TestSetGenerated sets one value of generated files: only its lines become others,
// setting it again changes nothing, and it holds what was set.
func TestSetGenerated(t *testing.T) {
	alice := newPerson(t)
	for seed := range rounds(150) {
		name, source, o := generatedFile(seed, alice)
		sealed, err := Encrypt(name, source, o)
		if err != nil {
			continue
		}
		leaves := coveredLeaves(t, name, sealed.Text)
		r := rand.New(rand.NewPCG(uint64(seed), 9))
		v := leaves[r.IntN(len(leaves))]
		content := []string{"new " + mark, "two\nlines", "'\"\\", "yes", "12", "ünï", " lead", "ENC[x", "-----BEGIN\nX\n", "\x01"}[r.IntN(10)]
		set := func(text []byte) Result {
			r, err := Set(name, text, placeOf(v), []byte(content), Options{Keys: alice.keys()})
			if err != nil {
				t.Fatalf("seed %d: set %s: %v\n%s", seed, v.path(), err, text)
			}
			return r
		}
		after := set(sealed.Text)
		lines, ok := changedLines(sealed.Text, after.Text)
		if !ok || len(lines) > 1 {
			t.Errorf("set %s: changed lines %v", v.path(), lines)
		}
		if again := set(after.Text); again.Changed {
			t.Errorf("set %s twice: changed", v.path())
		}
		plain, err := Decrypt(name, after.Text, Options{Keys: alice.keys()})
		if err != nil {
			t.Errorf("decrypt: %v", err)
		}
		if got := valueAt(t, name, plain, placeOf(v)); got != content {
			t.Errorf("set %s to %q: got %q", v.path(), content, got)
		}
		if t.Failed() {
			t.Fatalf("seed %d\n%s\n--- after:\n%s\n--- plain:\n%s", seed, sealed.Text, after.Text, plain)
		}
	}
}

// valueAt reads a value of a plain file.
func valueAt(t testing.TB, name string, text []byte, at Place) string {
	t.Helper()
	f, err := read(name, text, Options{}.withDefaults(name))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	e := &envelope{file: f}
	_, found, _, err := e.lookup(at)
	if err != nil || found == nil {
		t.Fatalf("nothing at %s: %v\n%s", at, err, text)
	}
	return found.value.text
}

// TestEditGenerated changes generated files by hand: what did not change keeps its
// line.
func TestEditGenerated(t *testing.T) {
	alice := newPerson(t)
	for seed := range rounds(150) {
		name, source, o := generatedFile(seed, alice)
		sealed, err := Encrypt(name, source, o)
		if err != nil {
			continue
		}
		plain, err := Decrypt(name, sealed.Text, Options{Keys: alice.keys()})
		if err != nil {
			t.Fatal(err)
		}
		edited := bytes.Replace(plain, []byte(mark), []byte("3DIT3D"), 1)
		r, err := Edit(name, sealed.Text, edited, Options{Keys: alice.keys()})
		if err != nil {
			t.Fatalf("seed %d: %v\n%s", seed, err, edited)
		}
		lines, ok := changedLines(sealed.Text, r.Text)
		if !ok || len(lines) > 1 && !oneBlock(lines) {
			t.Errorf("changed lines %v\n%s", lines, cmp.Diff(string(sealed.Text), string(r.Text)))
		}
		back, err := Decrypt(name, r.Text, Options{Keys: alice.keys()})
		if err != nil || !bytes.Equal(back, edited) {
			t.Errorf("decrypted: %v\n%s", err, cmp.Diff(string(edited), string(back)))
		}
		undone, err := Edit(name, r.Text, plain, Options{Keys: alice.keys()})
		if err != nil {
			t.Fatal(err)
		}
		if lines, ok := changedLines(sealed.Text, undone.Text); !ok || len(lines) > 1 && !oneBlock(lines) {
			t.Errorf("undone: changed lines %v", lines)
		}
		if t.Failed() {
			t.Fatalf("seed %d\n%s", seed, sealed.Text)
		}
	}
}

const secretYAML = `# team a
apiVersion: v1
kind: Secret
metadata:
  name: web
stringData:
  # the database
  user: admin # not secret
  password: "hunter22"
  port: 5432
  cert: |
    -----BEGIN X-----
    AAAA
    -----END X-----
`

func dataRule(people ...person) Rule {
	r := Rule{Groups: []Group{nil}}
	r.Selection.Field, r.Selection.Text = "encrypted_regex", "^(data|stringData)$"
	for _, p := range people {
		r.Groups[0] = append(r.Groups[0], p.recipient())
	}
	return r
}

func mustEncrypt(t testing.TB, name, source string, o Options) []byte {
	t.Helper()
	r, err := Encrypt(name, []byte(source), o)
	if err != nil {
		t.Fatalf("encrypt %s: %v", name, err)
	}
	return r.Text
}

func mustDecrypt(t testing.TB, name string, text []byte, k Keys) string {
	t.Helper()
	plain, err := Decrypt(name, text, Options{Keys: k})
	if err != nil {
		t.Fatalf("decrypt %s: %v\n%s", name, err, text)
	}
	return string(plain)
}

func TestSetAndUnset(t *testing.T) {
	alice := newPerson(t)
	c := realSOPS(t, alice)
	at := func(path ...string) Place { return Place{Path: path} }
	tests := []struct {
		what, name, in string
		rule           Rule
		change         func(text []byte, o Options) (Result, error)
		want           string
	}{
		{"a value", "a.yaml", secretYAML, dataRule(alice),
			func(text []byte, o Options) (Result, error) {
				return Set("a.yaml", text, at("stringData", "password"), []byte("n3w \"quoted\""), o)
			},
			strings.Replace(secretYAML, `"hunter22"`, `"n3w \"quoted\""`, 1)},
		{"a number stays one", "a.yaml", secretYAML, dataRule(alice),
			func(text []byte, o Options) (Result, error) {
				return Set("a.yaml", text, at("stringData", "port"), []byte("5433"), o)
			},
			strings.Replace(secretYAML, `5432`, `5433`, 1)},
		{"a number becomes a text", "a.yaml", secretYAML, dataRule(alice),
			func(text []byte, o Options) (Result, error) {
				return Set("a.yaml", text, at("stringData", "port"), []byte("054"), o)
			},
			strings.Replace(secretYAML, `5432`, `"054"`, 1)},
		{"a block", "a.yaml", secretYAML, dataRule(alice),
			func(text []byte, o Options) (Result, error) {
				return Set("a.yaml", text, at("stringData", "cert"), []byte("one\n  two\n\nthree"), o)
			},
			strings.Replace(secretYAML, "|\n    -----BEGIN X-----\n    AAAA\n    -----END X-----\n", "|-\n    one\n      two\n\n    three\n", 1)},
		{"a new key", "a.yaml", secretYAML, dataRule(alice),
			func(text []byte, o Options) (Result, error) {
				return Set("a.yaml", text, at("stringData", "tls.key"), []byte("k"), o)
			},
			secretYAML + "  tls.key: k\n"},
		{"a new section", "a.yaml", secretYAML, dataRule(alice),
			func(text []byte, o Options) (Result, error) {
				return Set("a.yaml", text, at("data", "x y"), []byte("aGk="), o)
			},
			secretYAML + "data:\n  x y: aGk=\n"},
		{"into nothing", "a.yaml", "data:\n  a: x\nstringData:\nkind: Secret\n", dataRule(alice),
			func(text []byte, o Options) (Result, error) {
				return Set("a.yaml", text, at("stringData", "a"), []byte("z"), o)
			},
			"data:\n  a: x\nstringData:\n  a: z\nkind: Secret\n"},
		{"into braces", "a.yaml", "data: {}\nstringData: {a: x}\n", dataRule(alice),
			func(text []byte, o Options) (Result, error) {
				return Set("a.yaml", text, at("data", "a"), []byte("y"), o)
			},
			"data: {a: \"y\"}\nstringData: {a: x}\n"},
		{"behind what stands in braces", "a.yaml", "data: {}\nstringData: {a: x}\n", dataRule(alice),
			func(text []byte, o Options) (Result, error) {
				return Set("a.yaml", text, at("stringData", "b"), []byte("y"), o)
			},
			"data: {}\nstringData: {a: x, b: \"y\"}\n"},
		{"an item of a list", "a.yaml", "data:\n  l:\n  - a\n  - b # c\n", dataRule(alice),
			func(text []byte, o Options) (Result, error) {
				return Set("a.yaml", text, at("data", "l", "1"), []byte("z"), o)
			},
			"data:\n  l:\n  - a\n  - z # c\n"},
		{"a null", "a.yaml", "data:\n  a: # why\n  b: x\n", dataRule(alice),
			func(text []byte, o Options) (Result, error) {
				return Set("a.yaml", text, at("data", "a"), []byte("z"), o)
			},
			"data:\n  a: z # why\n  b: x\n"},
		{"a key gone", "a.yaml", secretYAML, dataRule(alice),
			func(text []byte, o Options) (Result, error) {
				return Unset("a.yaml", text, at("stringData", "password"), o)
			},
			strings.Replace(secretYAML, "  password: \"hunter22\"\n", "", 1)},
		{"the last key gone", "a.yaml", "data:\n  a: x\nstringData:\n  b: z\n", dataRule(alice),
			func(text []byte, o Options) (Result, error) { return Unset("a.yaml", text, at("data", "a"), o) },
			"data:\n  {}\nstringData:\n  b: z\n"},
		{"a block gone", "a.yaml", secretYAML, dataRule(alice),
			func(text []byte, o Options) (Result, error) {
				return Unset("a.yaml", text, at("stringData", "cert"), o)
			},
			secretYAML[:strings.Index(secretYAML, "  cert")]},
		{"the first key behind a dash gone", "a.yaml", "data:\n  l:\n  - a: x\n    b: z\n", dataRule(alice),
			func(text []byte, o Options) (Result, error) {
				return Unset("a.yaml", text, at("data", "l", "0", "a"), o)
			},
			"data:\n  l:\n  - b: z\n"},
		{"JSON", "a.json", "{\n  \"data\": {\n    \"a\": \"x\"\n  }\n}\n", dataRule(alice),
			func(text []byte, o Options) (Result, error) {
				return Set("a.json", text, at("data", "b"), []byte("y\"z"), o)
			},
			"{\n  \"data\": {\n    \"a\": \"x\",\n    \"b\": \"y\\\"z\"\n  }\n}\n"},
		{"JSON gone", "a.json", `{"data":{"a":"x","b":1}}`, dataRule(alice),
			func(text []byte, o Options) (Result, error) { return Unset("a.json", text, at("data", "b"), o) },
			`{"data":{"a":"x"}}`},
		{"dotenv", "a.env", "# db\nA=1\nB=two\n", Rule{Groups: dataRule(alice).Groups},
			func(text []byte, o Options) (Result, error) { return Set("a.env", text, at("B"), []byte("x=\ny"), o) },
			"# db\nA=1\nB=x=\\ny\n"},
		{"a new line of dotenv", "a.env", "# db\nA=1\n", Rule{Groups: dataRule(alice).Groups},
			func(text []byte, o Options) (Result, error) { return Set("a.env", text, at("B"), []byte("2"), o) },
			"# db\nA=1\nB=2\n"},
		{"a line of dotenv gone", "a.env", "# db\nA=1\nB=2\n", Rule{Groups: dataRule(alice).Groups},
			func(text []byte, o Options) (Result, error) { return Unset("a.env", text, at("A"), o) },
			"# db\nB=2\n"},
		{"INI", "a.ini", "top = 1\n; why\n[s]\na = \"x\"\n", Rule{Groups: dataRule(alice).Groups},
			func(text []byte, o Options) (Result, error) {
				return Set("a.ini", text, at("s", "a"), []byte("y#z"), o)
			},
			"top = 1\n; why\n[s]\na = `y#z`\n"},
		{"a new line of INI", "a.ini", "[s]\na = x\n[t]\nb = y\n", Rule{Groups: dataRule(alice).Groups},
			func(text []byte, o Options) (Result, error) { return Set("a.ini", text, at("s", "n"), []byte("z"), o) },
			"[s]\na = x\nn = z\n[t]\nb = y\n"},
		{"a new section of INI", "a.ini", "[s]\na = x\n", Rule{Groups: dataRule(alice).Groups},
			func(text []byte, o Options) (Result, error) { return Set("a.ini", text, at("t", "n"), []byte("z"), o) },
			"[s]\na = x\n[t]\nn = z\n"},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			sealed := mustEncrypt(t, tt.name, tt.in, Options{Rule: tt.rule, Now: testTime})
			r, err := tt.change(sealed, Options{Keys: alice.keys(), Rule: tt.rule})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, mustDecrypt(t, tt.name, r.Text, alice.keys())); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			c.decrypt(t, tt.name, r.Text)
			again, err := tt.change(r.Text, Options{Keys: alice.keys(), Rule: tt.rule})
			var e *Error
			switch {
			case errors.As(err, &e) && e.Cause == Missing && strings.Contains(tt.what, "gone"):
			case strings.Contains(tt.what, "gone"): // another key is gone now
			case err != nil || again.Changed:
				t.Errorf("a second time: %v, changed %v", err, again.Changed)
			}
		})
	}
}
