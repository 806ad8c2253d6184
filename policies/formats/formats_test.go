package formats

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

// TestAsConftest compares with what conftest v0.71.1 makes of files, recorded from
// its command parse.
func TestAsConftest(t *testing.T) {
	a, err := txtar.ParseFile("testdata/parsed.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(a.Files); i += 2 {
		name := strings.TrimSuffix(a.Files[i].Name, ".in")
		t.Run(name, func(t *testing.T) {
			var text string
			var want any
			if err := json.Unmarshal(a.Files[i].Data, &text); err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(a.Files[i+1].Data, &want); err != nil {
				t.Fatal(err)
			}
			got, err := Read(Of(name), name, []byte(text))
			if err != nil {
				t.Fatal(err)
			}
			encoded, err := json.Marshal(got.Value.Value())
			if err != nil {
				t.Fatal(err)
			}
			var value any
			if err := json.Unmarshal(encoded, &value); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, value); diff != "" {
				t.Errorf("(-conftest +here)\n%s", diff)
			}
			if len(got.More) > 0 {
				t.Errorf("%d objects that conftest does not see", len(got.More))
			}
		})
	}
}

// TestNumbers are written as messages of conftest show them.
func TestNumbers(t *testing.T) {
	for _, format := range []string{"yaml", "json"} {
		got, err := Read(format, "x", []byte(`{"a": 1000000, "b": 8080, "c": 1.0, "d": 12345678901234567890, "e": 123456789, "f": 1e-5}`))
		if err != nil {
			t.Fatal(err)
		}
		for key, want := range map[string]string{"a": "1e+06", "b": "8080", "c": "1", "d": "1.2345678901234567e+19", "e": "1.23456789e+08", "f": "1e-05"} {
			if n := got.Value.Get(key); n.Text != want {
				t.Errorf("%s: %s is %s, want %s", format, key, n.Text, want)
			}
		}
	}
}

// TestMore are the objects that conftest passes over.
func TestMore(t *testing.T) {
	for _, c := range []struct {
		name, text string
		documents  int
		more       []string // their kinds
	}{
		{"comment", "kind: A\n--- # c\nkind: B\n", 1, []string{"B"}},
		{"blank", "kind: A\n--- \nkind: B\n---\nkind: C\n", 2, []string{"B"}},
		{"mixed line ends", "kind: A\r\n---\nkind: B\n", 1, []string{"B"}},
		{"list", "kind: List\nitems:\n- kind: A\n- kind: BList\n  items:\n  - kind: B\n", 1, []string{"A", "BList", "B"}},
		{"no list", "kind: Values\nitems:\n- kind: A\n", 1, nil},
	} {
		got, err := Read("yaml", "x.yaml", []byte(c.text))
		if err != nil {
			t.Fatal(err)
		}
		var kinds []string
		for _, n := range got.More {
			kinds = append(kinds, n.Get("kind").Str())
		}
		if len(got.Documents()) != c.documents || !cmp.Equal(kinds, c.more) {
			t.Errorf("%s: %d documents and %q, want %d and %q", c.name, len(got.Documents()), kinds, c.documents, c.more)
		}
	}
}

// TestRefused: what cannot be read is an error that says where, and nothing of what
// stands there.
func TestRefused(t *testing.T) {
	for _, c := range []struct{ format, text, want string }{
		{"yaml", "a: 1\n---\nb: [sekrit\n", "line "},
		{"yaml", "a: {{ .Values.sekrit }}\n{{- end }}\n", "template"},
		{"yaml", "a: \x00sekrit", "no text"},
		{"json", `{"a": sekrit}`, "byte 7"},
		{"jsonc", `{"a": // sekrit`, "byte"},
		{"toml", "a = 1\nsekrit", "line 2"},
		{"dotenv", "A=\"sekrit", "quotes"},
		{"dotenv", "=sekrit", "no KEY=value"},
		{"properties", `a=\u12sekrit`, "four digits"},
		{"codeowners", "* sekrit", "line 1"},
		{"codeowners", "sek[rit @a", "line 1"},
		{"hcl2", "sekrit", "does not read the format hcl2"},
		{"sekret", "", "unknown parser"},
	} {
		_, err := Read(c.format, "x", []byte(c.text))
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "sekrit") {
			t.Errorf("%s %q: %v, want %q", c.format, c.text, err, c.want)
		}
	}
}

// TestOf tells formats by names.
func TestOf(t *testing.T) {
	for name, want := range map[string]string{
		"-": "yaml", "a/b.YML": "yaml", "x.json": "json", "Dockerfile": "dockerfile", "Dockerfile.dev": "dockerfile", "dev.dockerfile": "dockerfile",
		"main.tf": "hcl2", "x.tfvars": "hcl2", ".gitignore": "ignore", ".dockerignore": "ignore", ".env": "dotenv", ".env.prod": "dotenv", "a.env": "dotenv",
		"nginx.conf": "nginx", "hocon.conf": "", "Jenkinsfile": "groovy", "x.textpb": "textproto", "docs/CODEOWNERS": "codeowners", "x.toml": "toml",
		"x.go": "", "README": "", "x.xml": "xml", "x.rego": "",
	} {
		if got := Of(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

// FuzzRead: no text makes a reader panic, hang or give a value that has no form.
func FuzzRead(f *testing.F) {
	for _, text := range []string{"a: 1\n---\nb: |\n x", "[a]\nb = 1", "A=\"x\ny\"", "a=\\\n b", "{\"a\": /* */ 1}", "* @a # c", "\\ "} {
		for i := range Known() {
			f.Add(uint8(i), []byte(text))
		}
	}
	f.Fuzz(func(t *testing.T, format uint8, data []byte) {
		name := Known()[int(format)%len(Known())]
		got, err := Read(name, "x", data)
		if err != nil {
			return
		}
		for _, d := range got.Documents() {
			_ = d.Value()
		}
	})
}
