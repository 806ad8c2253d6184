package seal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// TestVault replaces the Secrets of testdata/vault. The comment of an archive is the
// VaultTarget, "NAME: VALUE" for each field. "payload" is what goes to Vault. Every file
// is changed as it stands, with the line ends of Windows, a byte-order mark, and without
// its last line break; a second time nothing changes.
func TestVault(t *testing.T) {
	files, err := filepath.Glob("testdata/vault/*.txtar")
	if err != nil || len(files) < 10 {
		t.Fatalf("found %d files (%v)", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			name, in, want := "", []byte(nil), []txtar.File(nil)
			for _, f := range archive.Files {
				if n, ok := strings.CutPrefix(f.Name, "in/"); ok {
					name, in = n, f.Data
					continue
				}
				want = append(want, f)
			}
			target := parseTarget(t, string(archive.Comment))
			got := runVault(t, name, in, target)
			if os.Getenv("UPDATE") != "" {
				archive.Files = append([]txtar.File{{Name: "in/" + name, Data: in}}, got...)
				if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(show(want), show(got)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			text := fileNamed(want, "want")
			for _, v := range variants {
				if text == nil {
					break // it is refused
				}
				if got := fileNamed(runVault(t, name, v.change(in), target), "want"); !bytes.Equal(v.change(text), got) {
					t.Errorf("%s (-want +got):\n%s", v.name, cmp.Diff(string(v.change(text)), string(got)))
				}
			}
		})
	}
}

func parseTarget(t *testing.T, comment string) VaultTarget {
	t.Helper()
	target := VaultTarget{Mount: "secret"}
	for line := range strings.Lines(comment) {
		word, rest, _ := strings.Cut(strings.TrimSpace(line), ":")
		rest = strings.TrimSpace(rest)
		switch word {
		case "form":
			target.Form = VaultForm(rest)
		case "mount":
			target.Mount = rest
		case "version":
			target.Version = int(rest[0] - '0')
		case "path":
			target.Path = rest
		case "env":
			target.Env = rest
		case "namespace":
			target.Namespace = rest
		case "store":
			target.Store, target.StoreKind, _ = strings.Cut(rest, " ")
		case "keyHasMount":
			target.KeyHasMount = true
		case "auth":
			target.Auth = rest
		case "refresh":
			target.Refresh = rest
		default:
			t.Fatalf("no field %q", word)
		}
	}
	return target
}

func runVault(t *testing.T, name string, in []byte, target VaultTarget) []txtar.File {
	t.Helper()
	before := bytes.Clone(in)
	result, err := VaultManifest(name, in, target)
	if !bytes.Equal(before, in) {
		t.Error("the text that was passed in has changed")
	}
	var refused *Error
	if errors.As(err, &refused) {
		text := refused.Error() + "\n"
		if refused.Fix != "" {
			text += "fix: " + refused.Fix + "\n"
		}
		return []txtar.File{{Name: "error", Data: []byte(text)}}
	}
	if err != nil {
		t.Fatal(err)
	}
	files := []txtar.File{{Name: "want", Data: result.Text}}
	var notes, payload strings.Builder
	for _, n := range append(result.Left, result.Notes...) {
		fmt.Fprintf(&notes, "%d: %s: %s\n", n.Line, n.Object, n.Text)
	}
	if notes.Len() > 0 {
		files = append(files, txtar.File{Name: "notes", Data: []byte(notes.String())})
	}
	for _, o := range result.Replaced {
		fmt.Fprintf(&payload, "%s %s v%d\n", o.Mount, o.Path, o.Version)
		o.Payload.Each(func(key string, value []byte) { fmt.Fprintf(&payload, "  %s=%q\n", key, value) })
		if !strings.Contains(string(result.Text), "kind: "+o.Kind) && !strings.Contains(string(result.Text), o.Kind) {
			t.Errorf("%s is not in the text", o.Object)
		}
	}
	files = append(files, txtar.File{Name: "payload", Data: []byte(payload.String())})
	again, err := VaultManifest(name, result.Text, target)
	if err != nil || !bytes.Equal(again.Text, result.Text) || len(again.Replaced) > 0 {
		t.Errorf("a second time: %v, %d replaced", err, len(again.Replaced))
	}
	result.Wipe()
	for _, o := range result.Replaced {
		o.Payload.Each(func(key string, value []byte) {
			if len(bytes.Trim(value, "\x00")) > 0 {
				t.Errorf("the value of %s is left", key)
			}
		})
	}
	return files
}

func TestPayloadShowsNothing(t *testing.T) {
	result, err := VaultManifest("a.yaml", []byte(head+"stringData:\n  p: "+canary+"\n"), VaultTarget{Form: ExternalSecret, Mount: "secret", Store: "vault"})
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := json.Marshal(result)
	if err != nil {
		t.Fatal(err)
	}
	for _, shown := range []string{fmt.Sprintf("%v", result), fmt.Sprintf("%+v", result), fmt.Sprintf("%#v", result), fmt.Sprintf("%s", result.Replaced[0].Payload),
		fmt.Sprintf("%x", result.Replaced[0].Payload), fmt.Sprint(result.Replaced[0].Payload), string(encoded), string(result.Text)} {
		if strings.Contains(shown, canary) || strings.Contains(shown, fmt.Sprintf("%x", canary)) {
			t.Errorf("the value is shown: %s", shown)
		}
	}
	found := false
	result.Replaced[0].Payload.Each(func(key string, value []byte) { found = key == "p" && string(value) == canary })
	if !found {
		t.Error("the payload does not have the value")
	}
	if got := result.Values.In("a.yaml", []byte(head+"stringData:\n  p: "+canary+"\n")); len(got) != 1 {
		t.Errorf("the value is found again in %v", got)
	}
}

func TestVaultTargetsAreChecked(t *testing.T) {
	good := VaultTarget{Form: ExternalSecret, Mount: "secret", Store: "vault"}
	text := []byte(head + "stringData:\n  p: " + canary + "\n")
	for want, change := range map[string]func(*VaultTarget){
		`"Pod" is no form`:                     func(t *VaultTarget) { t.Form = "Pod" },
		"there is no version 3":                func(t *VaultTarget) { t.Version = 3 },
		`the mount "secret/": a part of it is`: func(t *VaultTarget) { t.Mount = "secret/" },
		`the mount "": a part of it is empty`:  func(t *VaultTarget) { t.Mount = "" },
		"needs a store":                        func(t *VaultTarget) { t.Store = "" },
		`"Store" is no kind of a store`:        func(t *VaultTarget) { t.StoreKind = "Store" },
		`"soon" is no duration`:                func(t *VaultTarget) { t.Refresh = "soon" },
		`"a/b/c" names no VaultAuth`:           func(t *VaultTarget) { t.Auth = "a/b/c" },
		"has {cluster} in it":                  func(t *VaultTarget) { t.Path = "{cluster}/{name}" },
		"no environment is known":              func(t *VaultTarget) { t.Path = "{env}/{name}" },
		"it leads elsewhere":                   func(t *VaultTarget) { t.Path = "../{name}" },
		"a part of it is empty":                func(t *VaultTarget) { t.Path = "/{name}" },
		"begins with data/":                    func(t *VaultTarget) { t.Path = "data/{name}" },
		"begins with the mount":                func(t *VaultTarget) { t.Path = "secret/{name}" },
		"a path with the part data":            func(t *VaultTarget) { t.Path, t.KeyHasMount = "a/data/{name}", true },
		"may have letters, digits":             func(t *VaultTarget) { t.Path, t.Env = "{env}/{name}", "a b" },
	} {
		target := good
		change(&target)
		r, err := VaultManifest("a.yaml", text, target)
		if err == nil || !strings.Contains(err.Error(), want) || r.Replaced != nil || r.Text != nil {
			t.Errorf("%s: got %v", want, err)
		}
		if err != nil && strings.Contains(err.Error(), canary) {
			t.Errorf("the error holds the value: %v", err)
		}
	}
	if _, err := VaultManifest("a.yaml", text, good); err != nil {
		t.Error(err)
	}
}

// secretOf is the Secret that an operator makes of what Vault has, as a map of the
// fields that count.
func secretOf(t *testing.T, d *manifest.Document, stored map[string]string) map[string]any {
	t.Helper()
	out := map[string]any{"namespace": d.Object.Namespace, "type": "Opaque", "labels": nil, "annotations": nil, "immutable": false}
	data := map[string]string{}
	spec := d.Root.Get("spec")
	value := func(n *manifest.Node) any {
		if n == nil {
			return nil
		}
		return n.Value()
	}
	switch d.Object.Kind {
	case "ExternalSecret":
		target := spec.Get("target")
		out["name"], out["type"] = target.Get("name").Str(), target.Lookup("template", "type").Str()
		out["labels"], out["annotations"] = value(target.Lookup("template", "metadata", "labels")), value(target.Lookup("template", "metadata", "annotations"))
		if n := target.Get("immutable"); n != nil {
			out["immutable"] = n.Value()
		}
		for _, item := range spec.Get("data").Items {
			ref := item.Get("remoteRef")
			got, ok := stored[ref.Get("key").Str()+"#"+ref.Get("property").Str()]
			if !ok {
				t.Errorf("%s fetches what is not there: %s#%s", d.Object, ref.Get("key").Str(), ref.Get("property").Str())
			}
			if ref.Get("decodingStrategy").Str() == "Base64" {
				got = string(decoded(got))
			}
			data[item.Get("secretKey").Str()] = got
		}
	case "VaultStaticSecret":
		to := spec.Get("destination")
		out["name"], out["type"] = to.Get("name").Str(), to.Get("type").Str()
		out["labels"], out["annotations"] = value(to.Get("labels")), value(to.Get("annotations"))
		for at, got := range stored {
			if key, ok := strings.CutPrefix(at, spec.Get("path").Str()+"#"); ok {
				if to.Lookup("transformation", "templates", key) != nil {
					got = string(decoded(got))
				}
				data[key] = got
			}
		}
	}
	out["data"] = data
	return out
}
