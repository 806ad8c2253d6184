package seal

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/secrets/sealed"
)

// edited is a generated file under change.
type edited struct {
	*testing.T
	*generator
	name, text string
	objects    []sealedObject
	known      *Known
	opens      int // values that the controller opened
}

func (e *edited) options() Options {
	return Options{Certificate: theKeys().certificate, AllowEmpty: true, Known: e.known}
}

// TestGeneratedEdits sets, replaces and takes away keys of generated SealedSecrets, one
// after the other: only the lines of the key change, no comment is lost, the controller
// opens what comes out, the gate has nothing against it, and to do it twice changes
// nothing.
func TestGeneratedEdits(t *testing.T) {
	rounds := 250
	if n, err := strconv.Atoi(os.Getenv("SEAL_TEST_ROUNDS")); err == nil {
		rounds = n
	}
	opens := 0
	for seed := range rounds {
		e := &edited{T: t, generator: &generator{Rand: rand.New(rand.NewPCG(uint64(seed), 7))}, name: "a.yaml", known: &Known{}}
		if seed%4 == 3 {
			e.name = "a.json"
			e.text, e.objects = e.sealedJSON()
		} else {
			e.text, e.objects = e.sealedFile()
		}
		before := e.text
		for range 3 {
			e.step()
		}
		opens += e.opens
		if t.Failed() {
			t.Fatalf("seed %d:\n%s\nbecame\n%s", seed, before, e.text)
		}
	}
	if opens < rounds*3 {
		t.Errorf("only %d values were opened", opens)
	}
}

// step makes one change.
func (e *edited) step() {
	o := &e.objects[e.IntN(len(e.objects))]
	before := e.text
	if len(o.keys) > 1 && e.chance(30) {
		key := o.keys[e.IntN(len(o.keys))]
		r, err := Unset(e.name, []byte(e.text), o.selector(), key, e.options())
		if err != nil {
			e.Errorf("unset %s: %v", key, err)
			return
		}
		e.text = string(r.Text)
		o.keys = slices.DeleteFunc(o.keys, func(k string) bool { return k == key })
		delete(o.values, key)
		e.sameBut(before, linesOf(e.T, e.name, before, *o, key), extent{}, true)
	} else {
		key, value := o.keys[e.IntN(len(o.keys))], e.pick("hunter3", "", "two\nlines\n", "\x00\xff", strings.Repeat("long ", 50))
		if e.chance(50) {
			e.next++
			key = e.pick("password", "Zed", "0", "token.") + strconv.Itoa(e.next)
		}
		r, err := Set(e.name, []byte(e.text), o.selector(), key, []byte(value), e.options())
		if err != nil {
			e.Errorf("set %s: %v", key, err)
			return
		}
		e.text = string(r.Text)
		old := extent{}
		if slices.Contains(o.keys, key) {
			old = linesOf(e.T, e.name, before, *o, key)
		} else {
			o.keys = append(o.keys, key)
		}
		o.values[key] = value
		e.sameBut(before, old, linesOf(e.T, e.name, e.text, *o, key), false)
		again, err := Set(e.name, r.Text, o.selector(), key, []byte(value), e.options())
		if err != nil || !bytes.Equal(again.Text, r.Text) {
			e.Errorf("set twice: %v\n%s", err, cmp.Diff(string(r.Text), string(again.Text)))
		}
		noFaults(e.T, e.name, r)
		if old.start == 0 {
			e.undone(before, *o, key)
		}
	}
	e.check()
}

// undone takes a new key away again, which leaves the text as it was, but for how the
// record says the same.
func (e *edited) undone(before string, o sealedObject, key string) {
	plain := func(text string) string {
		var lines []string
		for line := range strings.Lines(text) {
			if !strings.Contains(line, sealed.SealedWith) {
				lines = append(lines, line)
			}
		}
		return strings.Join(lines, "")
	}
	r, err := Unset(e.name, []byte(e.text), o.selector(), key, e.options())
	if err != nil {
		e.Errorf("unset what was set: %v", err)
	} else if diff := cmp.Diff(plain(before), plain(string(r.Text))); diff != "" {
		e.Errorf("set and taken away again (-before +after):\n%s", diff)
	}
}

// TestGeneratedHalves writes values of generated SealedSecrets in the clear: sealing the
// file seals those, leaves the others, and the controller opens them all.
func TestGeneratedHalves(t *testing.T) {
	sealedAgain := 0
	for seed := range 120 {
		e := &edited{T: t, generator: &generator{Rand: rand.New(rand.NewPCG(uint64(seed), 10))}, name: "a.yaml"}
		if seed%4 == 3 {
			e.name = "a.json"
			e.text, e.objects = e.sealedJSON()
		} else {
			e.text, e.objects = e.sealedFile()
		}
		changed := map[string]bool{}
		for _, d := range manifest.Read(e.name, []byte(e.text), manifest.DefaultLimits()).Documents {
			eachField(d.Root, encryptedData, func(n *manifest.Node) {
				if !e.chance(40) {
					return
				}
				plain := e.pick("hunter2-Very!secret", "Tr0ub4dor&3-horse", "p@ssw0rd-of-db1")
				e.text = strings.Replace(e.text, strings.TrimRight(n.Text, "\n"), plain, 1)
				if strings.HasSuffix(n.Text, "\n") { // of a literal
					plain += "\n"
				}
				for i := range e.objects {
					if e.objects[i].name == d.Object.Name {
						e.objects[i].values[n.Key] = plain
					}
				}
				changed[d.Object.Name] = true
				sealedAgain++
			})
		}
		before := e.text
		r, err := File(e.name, []byte(e.text), Options{Certificate: theKeys().certificate})
		if err != nil || len(r.Sealed) != len(changed) || r.Already != len(e.objects)-len(changed) {
			t.Fatalf("seed %d: %v, %d sealed of %d\n%s", seed, err, len(r.Sealed), len(changed), e.text)
		}
		e.text = string(r.Text)
		e.check()
		noFaults(t, e.name, r)
		for _, c := range e.comments {
			if n := strings.Count(e.text, c); n != strings.Count(before, c) {
				t.Errorf("the comment %q stands %d times", c, n)
			}
		}
		again, err := File(e.name, r.Text, Options{Certificate: theKeys().certificate})
		if err != nil || !bytes.Equal(again.Text, r.Text) || again.Already != len(e.objects) {
			t.Errorf("sealed again: %v", err)
		}
		if t.Failed() {
			t.Fatalf("seed %d:\n%s\nbecame\n%s", seed, before, e.text)
		}
	}
	if sealedAgain < 100 {
		t.Errorf("only %d values stood in the clear", sealedAgain)
	}
}

// linesOf are the lines on which a key is written, from the first up to the last.
func linesOf(t *testing.T, name, text string, o sealedObject, key string) extent {
	t.Helper()
	file := manifest.Read(name, []byte(text), manifest.DefaultLimits())
	s := newSurface(file.Text)
	for _, d := range file.Documents {
		if d.Object.Name != o.name || !sealed.IsSealedSecret(d) {
			continue
		}
		root, err := s.find(d.Root)
		if err != nil {
			t.Fatal(err)
		}
		f := root.field("spec").value.field("encryptedData").value.field(key)
		if f == nil {
			t.Fatalf("%s is not in\n%s", key, text)
		}
		return extent{int(s.line(f.key.start)), int(s.line(max(f.last()-1, 0)))}
	}
	t.Fatalf("%s is not in\n%s", o.name, text)
	return extent{}
}

// sameBut compares the text without some lines to the new one without others. The
// comma of the line above and the record of the certificate may change, and the lines
// of a map in braces on one line must be the same but for that key.
func (e *edited) sameBut(before string, old, now extent, dropped bool) {
	strip := func(text string, without extent) []string {
		var kept []string
		for i, line := range strings.Split(text, "\n") {
			if line = strings.TrimRight(line, "\r"); i+1 >= without.start && i < without.end && without.start > 0 {
				continue
			}
			bare, comment, _ := strings.Cut(line, "#")
			if !strings.Contains(line, sealed.SealedWith) {
				kept = append(kept, strings.TrimRight(bare, ", \t")+comment)
			}
		}
		return kept
	}
	onOneLine := (dropped || old.start == 0) && inBraces(before, old, now)
	if !onOneLine {
		if diff := cmp.Diff(strip(before, old), strip(e.text, now)); diff != "" {
			e.Errorf("other lines have changed (-before +after):\n%s", diff)
		}
	}
	for _, c := range e.comments {
		was, is := strings.Count(before, c), strings.Count(e.text, c)
		if is != was && !(dropped && is == was-1 && within(before, c, old)) {
			e.Errorf("the comment %q stands %d times instead of %d", c, is, was)
		}
	}
	if strings.Contains(before, "\r\n") && strings.Count(e.text, "\r\n") != strings.Count(e.text, "\n") {
		e.Errorf("a line has another end than the others")
	}
}

// inBraces tells a change in a map that stands in braces on one line.
func inBraces(before string, old, now extent) bool {
	at := max(old.start, now.start)
	lines := strings.Split(before, "\n")
	return at > 0 && at <= len(lines) && strings.Contains(lines[at-1], "{") && strings.Contains(lines[at-1], "}")
}

// within tells whether a text stands on some lines.
func within(text, part string, lines extent) bool {
	for i, line := range strings.Split(text, "\n") {
		if strings.Contains(line, part) {
			return i+1 >= lines.start && i < lines.end
		}
	}
	return false
}

// check lets the code of the controller open every SealedSecret.
func (e *edited) check() {
	codecs := serializer.NewCodecFactory(runtime.NewScheme())
	got := map[string]map[string]string{}
	for _, object := range objects(e.T, []byte(e.text)) {
		if object["kind"] != "SealedSecret" {
			continue
		}
		s := unseal(e.T, codecs, object)
		data := map[string]string{}
		for key, value := range s.Data {
			data[key] = string(value)
			e.opens++
		}
		got[s.Name] = data
	}
	want := map[string]map[string]string{}
	for _, o := range e.objects {
		want[o.name] = maps.Clone(o.values)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		e.Errorf("unsealed (-want +got):\n%s", diff)
	}
}

// TestGeneratedReseals seals generated files for another certificate, with the private
// key of the first, and opens them with that of the second.
func TestGeneratedReseals(t *testing.T) {
	old := must(ParsePrivateKeys(theKeys().privatePEM()))
	both := must(ParsePrivateKeys(slices.Concat(otherKeys().privatePEM(), theKeys().privatePEM())))
	o := Options{Certificate: otherKeys().certificate}
	for seed := range 60 {
		g := &generator{Rand: rand.New(rand.NewPCG(uint64(seed), 8))}
		text, objects := g.sealedFile()
		// What is recorded as sealed with the new certificate already is not.
		text = strings.ReplaceAll(text, otherKeys().certificate.Fingerprint, theKeys().certificate.Fingerprint)
		r, err := Reseal("a.yaml", []byte(text), Resealing{Keys: old}, o)
		if err != nil || len(r.Left) > 0 {
			t.Fatalf("seed %d: %v, left %v\n%s", seed, err, r.Left, text)
		}
		for _, c := range g.comments {
			if n := bytes.Count(r.Text, []byte(c)); n != strings.Count(text, c) {
				t.Errorf("the comment %q stands %d times", c, n)
			}
		}
		for _, v := range sealedValues(t, "a.yaml", r) {
			for _, object := range objects {
				if object.name != v.object.Name {
					continue
				}
				plain, err := both.Open(SealedValue{object.namespace, object.name, object.scope, v.key, decoded(v.text)})
				if _, isOld := theKeys().open(t, v.text, object.label()); err != nil || isOld || string(plain) != object.values[v.key] {
					t.Errorf("%s of %s opens to %q (%v), by the old key: %t", v.key, v.object, plain, err, isOld)
				}
			}
		}
		noFaults(t, "a.yaml", r)
		for how, again := range map[string]Resealing{"by the record": {}, "by the key": {Keys: both}} {
			twice, err := Reseal("a.yaml", r.Text, again, o)
			if err != nil || !bytes.Equal(twice.Text, r.Text) || twice.Already != len(objects) || len(twice.Left) > 0 {
				t.Errorf("a second time, %s: %v, %+v", how, err, twice.Left)
			}
		}
		if t.Failed() {
			t.Fatalf("seed %d:\n%s\nbecame\n%s", seed, text, r.Text)
		}
	}
}

// TestGeneratedVault puts references in the place of generated Secrets, and makes of
// what went to Vault what an operator would: the same Secrets.
func TestGeneratedVault(t *testing.T) {
	compared := 0
	for seed := range 200 {
		g := &generator{Rand: rand.New(rand.NewPCG(uint64(seed), 9))}
		name, text := "a.yaml", ""
		if seed%4 == 3 {
			name, text = "a.json", g.jsonFile()
		} else {
			text = g.file()
		}
		for _, form := range []VaultForm{ExternalSecret, VaultStaticSecret, PathPlaceholder, AnnotatedPlaceholder} {
			target := VaultTarget{Form: form, Mount: "secret", Store: "vault"}
			r, err := VaultManifest(name, []byte(text), target)
			if form == VaultStaticSecret && strings.Contains(text, "immutable: true") {
				if err == nil || !strings.Contains(err.Error(), "cannot make an immutable Secret") {
					t.Errorf("seed %d: an immutable Secret: %v", seed, err)
				}
				continue
			}
			if err != nil || len(r.Replaced) != len(g.secrets) {
				t.Fatalf("seed %d, %s: %v, %d replaced of %d\n%s", seed, form, err, len(r.Replaced), len(g.secrets), text)
			}
			compared += compareVault(t, name, text, r, form)
			if diff := cmp.Diff(outside(text), outside(string(r.Text))); diff != "" {
				t.Errorf("outside of the Secrets (-before +after):\n%s", diff)
			}
			for _, c := range g.comments {
				if n, want := bytes.Count(r.Text, []byte(c)), strings.Count(text, c); n != want && !(name == "a.yaml" && n == 0 && isDropped(text, c)) {
					t.Errorf("the comment %q stands %d times instead of %d", c, n, want)
				}
			}
			again, err := VaultManifest(name, r.Text, target)
			if err != nil || !bytes.Equal(again.Text, r.Text) {
				t.Errorf("a second time: %v", err)
			}
			if t.Failed() {
				t.Fatalf("seed %d, %s:\n%s\nbecame\n%s", seed, form, text, r.Text)
			}
		}
	}
	if compared < 300 {
		t.Errorf("only %d Secrets were compared", compared)
	}
}

// isDropped tells a comment on the line of something that must not stay.
func isDropped(text, comment string) bool {
	for line := range strings.Lines(text) {
		if strings.Contains(line, comment) {
			return strings.Contains(line, "annotations:") || strings.Contains(line, "uid:")
		}
	}
	return false
}

// compareVault compares the Secrets of a file with those that come of the new one and
// the payloads.
func compareVault(t *testing.T, name, text string, r VaultResult, form VaultForm) (compared int) {
	t.Helper()
	stored := map[string]string{}
	for _, o := range r.Replaced {
		o.Payload.Each(func(key string, value []byte) { stored[o.Path+"#"+key] = string(value) })
	}
	want := secretsOf(name, text)
	i := 0
	for _, d := range manifest.Read(name, r.Text, manifest.DefaultLimits()).Documents {
		if i == len(want) || d.Object != r.Replaced[i].Object || d.At().Line != r.Replaced[i].Line {
			continue
		}
		o, s := r.Replaced[i], asVaultSecret(t, want[i])
		i++
		if form == PathPlaceholder || form == AnnotatedPlaceholder {
			compared += comparePlaceholders(t, d, s, stored, o)
			continue
		}
		if diff := cmp.Diff(s, secretOf(t, d, stored)); diff != "" {
			t.Errorf("%s (-before +after):\n%s", o.Object, diff)
		}
		compared++
	}
	if i != len(want) {
		t.Errorf("%d objects of %d were found", i, len(want))
	}
	return compared
}

// asVaultSecret is a Secret as secretOf gives it.
func asVaultSecret(t *testing.T, d *manifest.Document) map[string]any {
	t.Helper()
	r := rewriter{file: &manifest.File{}, name: "a.yaml"}
	s, err := r.read(d, func(*secret) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]any{"name": d.Object.Name, "namespace": d.Object.Namespace, "type": "Opaque", "labels": nil, "annotations": nil, "immutable": false}
	if kind := d.Root.Get("type").Str(); kind != "" {
		out["type"] = kind
	}
	if n := d.Root.Get("immutable"); n != nil {
		out["immutable"] = n.Value()
	}
	if labels := s.metadata().Get("labels"); labels != nil {
		out["labels"] = labels.Value()
	}
	if kept := s.keptAnnotations(); len(kept.Items) > 0 {
		out["annotations"] = kept.Value()
	}
	data := map[string]string{}
	for _, v := range s.values {
		data[v.key] = string(v.plain)
	}
	out["data"] = data
	return out
}

// comparePlaceholders fills in the placeholders of a Secret as argocd-vault-plugin does.
func comparePlaceholders(t *testing.T, d *manifest.Document, want map[string]any, stored map[string]string, o VaultObject) int {
	t.Helper()
	data := map[string]string{}
	for _, section := range []string{"data", "stringData"} {
		eachField(d.Root, []string{section}, func(n *manifest.Node) {
			inner, modifier, _ := strings.Cut(strings.Trim(n.Text, "<>"), " | ")
			if at := d.Root.Lookup("metadata", "annotations", "avp.kubernetes.io/path").Str(); at != "" {
				inner = "path:" + at + "#" + inner
			}
			value, ok := stored[strings.TrimPrefix(inner, "path:secret/data/")]
			if !ok {
				t.Errorf("%s: the placeholder %q names what is not there", o.Object, n.Text)
			}
			if section == "data" && modifier == "" {
				value = string(decoded(value))
			}
			data[n.Key] = value
		})
	}
	if diff := cmp.Diff(want["data"], data); diff != "" {
		t.Errorf("%s (-before +after):\n%s", o.Object, diff)
	}
	return 1
}

// TestCreated lets the code of the controller open what Create writes.
func TestCreated(t *testing.T) {
	codecs := serializer.NewCodecFactory(runtime.NewScheme())
	values := map[string][]byte{"b": []byte("two\nlines\n"), "a.crt": {0, 255}, "C": []byte("hunter2")}
	for _, scope := range []Scope{"", Strict, NamespaceWide, ClusterWide} {
		for _, namespace := range []string{"production", ""} {
			c := Creation{Name: "database", Namespace: namespace, Labels: map[string]string{"app.kubernetes.io/name": "x", "on": "yes"}, Values: values}
			text, err := Create(c, Options{Certificate: theKeys().certificate, Scope: scope})
			if namespace == "" && scope != ClusterWide {
				if err == nil || !strings.Contains(err.Error(), "names no namespace") {
					t.Errorf("%s without a namespace: %v", scope, err)
				}
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			s := unseal(t, codecs, objects(t, text)[0])
			if s.Name != "database" || s.Namespace != namespace || s.Type != "Opaque" || s.Labels["on"] != "yes" {
				t.Errorf("got %+v", s)
			}
			if diff := cmp.Diff(values, s.Data); diff != "" {
				t.Errorf("%s (-want +got):\n%s\n%s", scope, diff, text)
			}
			r, err := File("a.yaml", text, Options{Certificate: theKeys().certificate})
			if err != nil || r.Already != 1 || !bytes.Equal(r.Text, text) {
				t.Errorf("it is not sealed: %v\n%s", err, text)
			}
			if _, err := Set("a.yaml", text, Selector{}, "new", []byte("x"), Options{Certificate: theKeys().certificate}); err != nil {
				t.Errorf("it cannot be changed: %v\n%s", err, text)
			}
		}
	}
}

// FuzzSet changes texts of any kind. Whatever it makes of them, it does not fail, says
// no value, and changes the one key.
func FuzzSet(f *testing.F) {
	for seed := range 40 {
		g := &generator{Rand: rand.New(rand.NewPCG(uint64(seed), 11))}
		text, _ := g.sealedFile()
		f.Add(text, "password1", false)
		text, _ = g.sealedJSON()
		f.Add(text, "new", true)
	}
	f.Fuzz(func(t *testing.T, text, key string, asJSON bool) {
		name := "a.yaml"
		if asJSON {
			name = "a.json"
		}
		value := []byte(canary)
		o := Options{Certificate: theKeys().certificate, Namespace: "x", Known: &Known{}}
		r, err := Set(name, []byte(text), Selector{}, key, value, o)
		if string(value) != canary {
			t.Error("the value that was passed in has changed")
		}
		if err != nil {
			if strings.Contains(err.Error(), canary) && !strings.Contains(text, canary) && !strings.Contains(key, canary) {
				t.Errorf("the error holds the value: %v", err)
			}
			return
		}
		if strings.Contains(string(r.Text), canary) && !strings.Contains(text, canary) && !strings.Contains(key, canary) {
			t.Error("the value stands in the text")
		}
		again, err := Set(name, r.Text, Selector{}, key, value, o)
		if err != nil || !bytes.Equal(again.Text, r.Text) {
			t.Errorf("set twice: %v", err)
		}
		if _, err := Reseal(name, r.Text, Resealing{}, o); err != nil {
			t.Errorf("what was set cannot be sealed anew: %v", err)
		}
		out, err := Unset(name, r.Text, Selector{}, key, o)
		if err == nil && len(manifest.Read(name, out.Text, manifest.DefaultLimits()).Documents) == 0 {
			t.Error("the object is gone")
		}
	})
}

// FuzzVault puts references in the place of Secrets in texts of any kind.
func FuzzVault(f *testing.F) {
	for seed := range 40 {
		g := &generator{Rand: rand.New(rand.NewPCG(uint64(seed), 12))}
		f.Add(g.file(), uint8(seed))
		f.Add(g.jsonFile(), uint8(seed))
	}
	forms := []VaultForm{ExternalSecret, VaultStaticSecret, PathPlaceholder, AnnotatedPlaceholder}
	f.Fuzz(func(t *testing.T, text string, form uint8) {
		target := VaultTarget{Form: forms[int(form)%len(forms)], Mount: "secret", Store: "vault", Namespace: "x"}
		r, err := VaultManifest("a.yaml", []byte(text), target)
		if err != nil {
			noValueIn(t, "a.yaml", text, err.Error())
			return
		}
		if len(r.Replaced) == 0 && string(r.Text) != text {
			t.Error("nothing was replaced and the text has changed")
		}
		again, err := VaultManifest("a.yaml", r.Text, target)
		if err != nil || !bytes.Equal(again.Text, r.Text) {
			t.Errorf("a second time: %v", err)
		}
		for _, n := range append(r.Notes, r.Left...) {
			noValueIn(t, "a.yaml", text, n.Text)
		}
		for _, shown := range []string{fmt.Sprintf("%+v", r.Replaced), fmt.Sprintf("%#v", r.Values)} {
			noValueIn(t, "a.yaml", text, shown)
		}
	})
}
