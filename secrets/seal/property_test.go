package seal

import (
	"bytes"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// TestGenerated seals generated files: what lies outside of the Secrets is the
// same to the byte, every comment is still there, every value opens to what was
// written under the strict label, and sealing twice changes nothing.
// SEAL_TEST_ROUNDS sets how many files there are.
func TestGenerated(t *testing.T) {
	rounds := 300
	if n, err := strconv.Atoi(os.Getenv("SEAL_TEST_ROUNDS")); err == nil {
		rounds = n
	}
	for seed := range rounds {
		g := &generator{Rand: rand.New(rand.NewPCG(uint64(seed), 1))}
		name, text := "a.yaml", ""
		if seed%5 == 4 {
			name, text = "a.json", g.jsonFile()
		} else {
			text = g.file()
		}
		checkGenerated(t, g, name, text)
		if t.Failed() {
			t.Fatalf("seed %d:\n%s", seed, text)
		}
	}
}

func checkGenerated(t *testing.T, g *generator, name, text string) {
	o := Options{Certificate: theKeys().certificate}
	r, err := File(name, []byte(text), o)
	if err != nil {
		t.Error(err)
		return
	}
	want := g.secrets
	if len(r.Sealed) != len(want) {
		t.Errorf("sealed %d Secrets of %d\n%s", len(r.Sealed), len(want), r.Text)
		return
	}
	if diff := cmp.Diff(outside(text), outside(string(r.Text))); diff != "" {
		t.Errorf("outside of the Secrets (-before +after):\n%s", diff)
	}
	for _, c := range g.comments {
		if n, want := bytes.Count(r.Text, []byte(c)), strings.Count(text, c); n != want {
			t.Errorf("the comment %q stands %d times instead of %d in\n%s", c, n, want, r.Text)
		}
	}
	checkValues(t, name, r, want)
	again, err := File(name, r.Text, o)
	if err != nil || !bytes.Equal(again.Text, r.Text) || again.Already != len(want) {
		t.Errorf("sealed again: %v, %d already, %d sealed", err, again.Already, len(again.Sealed))
	}
}

func checkValues(t *testing.T, name string, r Result, want []generated) {
	opened := make([]generated, len(want))
	for _, v := range sealedValues(t, name, r) {
		o := &opened[v.index]
		if o.values == nil {
			o.name, o.namespace, o.values = v.object.Name, v.object.Namespace, map[string]string{}
		}
		plain, ok := theKeys().open(t, v.text, v.object.Namespace+"/"+v.object.Name)
		if !ok {
			t.Errorf("%s of %s does not open under its strict label", v.key, v.object)
		}
		o.keys = append(o.keys, v.key)
		o.values[v.key] = plain
	}
	for i := range want {
		if want[i].keys == nil {
			opened[i].keys = nil
		}
		if diff := cmp.Diff(want[i].keys, opened[i].keys); diff != "" {
			t.Errorf("keys of %s (-want +got):\n%s", want[i].name, diff)
		}
		if want[i].name != opened[i].name || want[i].namespace != opened[i].namespace {
			t.Errorf("got %s in %s, want %s in %s", opened[i].name, opened[i].namespace, want[i].name, want[i].namespace)
		}
		for key, value := range want[i].values {
			if got := opened[i].values[key]; got != value && got != asText(value) {
				t.Errorf("%s of %s is %q, want %q", key, want[i].name, got, value)
			}
		}
	}
}

// outside is the text without what stands between "# begin" and "# end"; all of a
// JSON file is inside.
func outside(text string) string {
	var kept []string
	inside := strings.HasPrefix(text, "{")
	for line := range strings.SplitAfterSeq(text, "\n") {
		switch strings.TrimSpace(strings.TrimPrefix(line, "\uFEFF")) {
		case "# begin":
			inside = true
		case "# end":
			inside = false
		}
		if !inside {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "")
}

// FuzzFile seals texts of any kind. Whatever it makes of them, it does not fail,
// says no value, and gives a file in which no Secret is left that it says it
// sealed.
func FuzzFile(f *testing.F) {
	for seed := range 60 {
		g := &generator{Rand: rand.New(rand.NewPCG(uint64(seed), 2))}
		f.Add(g.file(), false)
		f.Add(g.jsonFile(), true)
		half, _ := g.sealedFile()
		f.Add(anyCiphertext.ReplaceAllString(half, "hunter2-Very!secret"), false)
	}
	for _, c := range refusals {
		if len(c.in) < 10_000 {
			f.Add(c.in, false)
		}
	}
	f.Fuzz(func(t *testing.T, text string, asJSON bool) {
		name := "a.yaml"
		if asJSON {
			name = "a.json"
		}
		o := Options{Certificate: theKeys().certificate, Namespace: "x"}
		r, err := File(name, []byte(text), o)
		if err != nil {
			noValueIn(t, name, text, err.Error())
			return
		}
		if len(r.Sealed) == 0 {
			if string(r.Text) != text {
				t.Error("nothing was sealed and the text has changed")
			}
			return
		}
		left := 0
		for _, n := range r.Left {
			if n.Object.Kind == "Secret" {
				left++
			}
		}
		before, after := secretsOf(name, text), secretsOf(name, string(r.Text))
		if len(after) < len(before)-len(r.Sealed) || len(after) != left {
			t.Errorf("%d Secrets before, %d objects sealed, %d left, %d after", len(before), len(r.Sealed), left, len(after))
		}
		again, err := File(name, r.Text, o)
		if err != nil || !bytes.Equal(again.Text, r.Text) {
			t.Errorf("sealed again: %v", err)
		}
		for _, n := range append(r.Notes, r.Left...) {
			noValueIn(t, name, text, n.Text)
		}
	})
}

// secretsOf lists the Secrets of a file that SOPS has not encrypted.
func secretsOf(name, text string) []*manifest.Document {
	var list []*manifest.Document
	for _, d := range manifest.Read(name, []byte(text), manifest.DefaultLimits()).Documents {
		if d.Object.Kind == "Secret" && d.Object.APIVersion == "v1" && !isSOPS(d) {
			list = append(list, d)
		}
	}
	return list
}

// noValueIn holds a message to not showing a value that stands once in the file,
// so that it is no name or key of it.
func noValueIn(t *testing.T, name, text, message string) {
	t.Helper()
	for _, d := range secretsOf(name, text) {
		for _, section := range []string{"data", "stringData"} {
			fields := d.Root.Get(section)
			if fields == nil {
				continue
			}
			for _, n := range fields.Items {
				if n.Kind == manifest.String && len(n.Text) >= 8 && strings.Count(text, n.Text) == 1 && strings.Contains(message, n.Text) {
					t.Errorf("the message %q shows the value of %q", message, n.Key)
				}
			}
		}
	}
}
