package seal

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	refs "github.com/gatehouse-dev/gatehouse/secrets/reference"
)

// VaultEntry is one key of a Secret that an object makes of what Vault keeps: an
// ExternalSecret, a VaultStaticSecret, or a Secret with placeholders of
// argocd-vault-plugin.
type VaultEntry struct {
	manifest.Object
	Line, EndLine uint32 // where the object stands in Text
	// Mount is that of the engine; "" where the store of an ExternalSecret says it, whose
	// name and kind those are.
	Mount, Store, StoreKind string
	// Path and Key are where Vault keeps the value, as the object writes them: below a
	// Store, Path may begin with the mount.
	Path, Key string
	// Encoded tells that the value stands there in base64.
	Encoded bool
	// Text is the whole file: with the key where it must be listed, or without it. Changed
	// tells whether it is another than before.
	Text    []byte
	Changed bool
	// Others are other keys of the Secret that are made of the same value.
	Others []string
	Notes  []Note
}

// RefersToVault tells whether a document is an object whose keys SetVaultEntry and
// UnsetVaultEntry know.
func RefersToVault(d *manifest.Document) bool {
	switch {
	case d.Object.Kind == "ExternalSecret":
		return d.Object.Group() == "external-secrets.io"
	case d.Object.Kind == "VaultStaticSecret":
		return d.Object.Group() == "secrets.hashicorp.com"
	}
	return isSecret(d) && !isSOPS(d) && len(placeholdersOf(d)) > 0
}

// SetVaultEntry tells where a value of a key is to be written, and lists the key in the
// object where it does not have it yet, as the keys beside it are listed. binary tells
// that the value is no text, which Vault keeps in base64. The error is an *Error.
func SetVaultEntry(name string, text []byte, object Selector, key string, binary bool, o Options) (VaultEntry, error) {
	return changeVaultEntry(name, text, object, o, func(v *entering) error {
		if reason := badKey(key); reason != "" {
			return v.refuse(v.doc, v.doc.At(), "name it otherwise", "a Secret cannot have the key %q: %s", key, reason)
		}
		return v.form().set(key, binary)
	})
}

// UnsetVaultEntry tells where the value of a key is kept, and takes the key out of the
// object. The error is an *Error.
func UnsetVaultEntry(name string, text []byte, object Selector, key string, o Options) (VaultEntry, error) {
	return changeVaultEntry(name, text, object, o, func(v *entering) error { return v.form().unset(key) })
}

func changeVaultEntry(name string, text []byte, object Selector, o Options, change func(*entering) error) (VaultEntry, error) {
	r, err := open(name, text, o)
	if err != nil {
		return VaultEntry{}, err
	}
	v := &entering{rewriter: r}
	if v.doc, err = r.chooseReference(object); err != nil {
		return VaultEntry{}, err
	}
	if err := r.single(v.doc); err != nil {
		return VaultEntry{}, err
	}
	v.want = *v.doc.Root
	if err := change(v); err != nil {
		return VaultEntry{}, err
	}
	return v.finished(text)
}

// chooseReference finds the one object that is meant.
func (r *rewriter) chooseReference(s Selector) (*manifest.Document, error) {
	var found []*manifest.Document
	for _, d := range r.file.Documents {
		if s.Matches(d.Object) && RefersToVault(d) {
			found = append(found, d)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return nil, &Error{File: r.name, Reason: "no object of this name in it refers to Vault", Fix: "gatehouse seal writes the values of a Secret to Vault"}
	}
	return nil, &Error{File: r.name, Reason: "several objects of it refer to Vault: " + choices(found), Fix: "name one of them with --object"}
}

// entering changes the keys of one object.
type entering struct {
	*rewriter
	doc   *manifest.Document
	want  manifest.Node
	entry VaultEntry
}

// entryForm is how the keys of a kind of object are written.
type entryForm interface {
	set(key string, binary bool) error
	unset(key string) error
}

func (v *entering) form() entryForm {
	switch v.doc.Object.Kind {
	case "ExternalSecret":
		return external{v, v.doc.Root.Get("spec")}
	case "VaultStaticSecret":
		return static{v, v.doc.Root.Get("spec")}
	}
	return placeheld{v, placeholdersOf(v.doc)}
}

// finished writes the object as it is wanted.
func (v *entering) finished(text []byte) (VaultEntry, error) {
	v.entry.Object, v.entry.Line, v.entry.EndLine = v.doc.Object, v.doc.At().Line, v.doc.Root.EndLine()
	v.entry.Text = text
	if says(v.doc.Root, &v.want) {
		return v.entry, nil
	}
	if err := v.writable(); err != nil {
		return VaultEntry{}, err
	}
	w := &written{doc: v.doc}
	if err := v.amended(w, v.want); err != nil {
		return VaultEntry{}, err
	}
	r, err := v.rewriter.finished([]*written{w}, text)
	if err != nil {
		return VaultEntry{}, err
	}
	v.entry.Text, v.entry.Changed = r.Text, true
	v.entry.Line, v.entry.EndLine = r.Sealed[0].Line, r.Sealed[0].EndLine
	return v.entry, nil
}

func (v *entering) note(at manifest.Pos, format string, args ...any) {
	v.entry.Notes = append(v.entry.Notes, noteOf(v.doc, at, format, args...))
}

// pinned refuses to write a value of which the object would keep reading an older
// version.
func (v *entering) pinned(n *manifest.Node) error {
	if n == nil || n.Text == "" {
		return nil
	}
	return v.refuse(v.doc, n.Place(), "take the version out", "it reads version %s for good, and would not see another value", n.Text)
}

// placeholdersOf are the references of a Secret for argocd-vault-plugin that stand where
// a value does.
func placeholdersOf(d *manifest.Document) (found []refs.Reference) {
	if !isSecret(d) {
		return nil
	}
	for _, r := range refs.Of(d) {
		if r.Dialect == refs.AVP && r.Node != nil && (d.Root.Lookup("data", r.Node.Key) == r.Node || d.Root.Lookup("stringData", r.Node.Key) == r.Node) {
			found = append(found, r)
		}
	}
	return found
}

// placeheld is a Secret with placeholders.
type placeheld struct {
	*entering
	list []refs.Reference
}

// find gives the reference that is the value of a key, and the section that it stands in.
func (p placeheld) find(key string) (r *refs.Reference, section string, err error) {
	for _, name := range []string{"data", "stringData"} { // the second wins
		n := p.doc.Root.Lookup(name, key)
		if n == nil {
			continue
		}
		i := slices.IndexFunc(p.list, func(r refs.Reference) bool { return r.Node == n })
		if i < 0 || p.list[i].Start != 0 || p.list[i].End != len(n.Text) {
			return nil, "", p.refuse(p.doc, n.Place(), "write the value with vault kv patch", "the value of %q is no placeholder alone", key)
		}
		r, section = &p.list[i], name
	}
	return r, section, nil
}

func (p placeheld) set(key string, binary bool) error {
	r, section, err := p.find(key)
	if err != nil {
		return err
	}
	if r == nil {
		return p.add(key, binary)
	}
	if r.Version != "" {
		return p.pinned(&manifest.Node{Kind: manifest.String, Text: r.Version, At: r.Node.Place()})
	}
	if err := p.at(r); err != nil {
		return err
	}
	modifiers := strings.Join(strings.FieldsFunc(r.Node.Text, func(c rune) bool { return c == ' ' || c == '>' }), " ")
	_, modifiers, _ = strings.Cut(modifiers, "|")
	switch modifiers = strings.TrimSpace(modifiers); {
	case section == "data" && modifiers == "", section == "stringData" && modifiers == "base64decode":
		p.entry.Encoded = true
	case section == "data" && modifiers == "base64encode" && !binary, section == "stringData" && modifiers == "" && !binary:
	case modifiers != "" && modifiers != "base64encode":
		return p.refuse(p.doc, r.Node.Place(), "write the value with vault kv patch", "the value of %q is made by %s of what Vault has", key, modifiers)
	default:
		return p.refuse(p.doc, r.Node.Place(), "write it under data as a placeholder without a modifier", "the value is no text, and as a placeholder of text it cannot be kept")
	}
	return nil
}

// at says where a reference leads.
func (p placeheld) at(r *refs.Reference) error {
	if r.Engine != refs.KV2 || r.Mount == "" || r.Path == "" {
		return p.refuse(p.doc, r.Node.Place(), "write the path as MOUNT/data/PATH", "it does not say where in a KV version 2 engine its values are")
	}
	p.entry.Mount, p.entry.Path, p.entry.Key = r.Mount, r.Path, r.Key
	return nil
}

// add lists a key beside others that are kept at one path.
func (p placeheld) add(key string, binary bool) error {
	if strings.ContainsAny(key, "#|<>") {
		return p.refuse(p.doc, p.doc.At(), "name the key otherwise", "a placeholder cannot name the key %q", key)
	}
	first := &p.list[0]
	for i := range p.list {
		if r := &p.list[i]; r.Mount != first.Mount || r.Path != first.Path {
			return p.refuse(p.doc, r.Node.Place(), "add it with its placeholder, and set it then", "its values are kept at several paths, and nothing says at which %q belongs", key)
		}
	}
	if err := p.at(first); err != nil {
		return err
	}
	if first.Version != "" {
		return p.pinned(&manifest.Node{Kind: manifest.String, Text: first.Version, At: first.Node.Place()})
	}
	p.entry.Key, p.entry.Encoded = key, binary
	section := "stringData"
	if binary || p.doc.Root.Get("stringData") == nil {
		section = "data"
	}
	inner := key
	if strings.HasPrefix(first.Node.Text, "<path:") {
		inner = "path:" + first.Mount + "/data/" + first.Path + "#" + key
	}
	if section == "data" && !binary {
		inner += " | base64encode"
	}
	p.want = put(p.want, text("", "<"+inner+">"), inOrder, section, key)
	return nil
}

func (p placeheld) unset(key string) error {
	r, _, err := p.find(key)
	if err != nil {
		return err
	}
	if r == nil {
		return p.refuse(p.doc, p.doc.At(), "", "it has no key %q", key)
	}
	if err := p.at(r); err != nil {
		return err
	}
	left := map[string]bool{}
	for _, other := range p.list {
		if other.Node.Key == key {
			continue
		}
		left[other.Node.Key] = true
		if other.Mount == r.Mount && other.Path == r.Path && other.Key == r.Key {
			p.entry.Others = append(p.entry.Others, other.Node.Key)
		}
	}
	if len(left) == 0 {
		return p.refuse(p.doc, r.Node.Place(), "delete the Secret instead", "%q is its last key", key)
	}
	for _, section := range []string{"data", "stringData"} {
		p.want = take(p.want, section, key)
	}
	return nil
}

// static is a VaultStaticSecret, which fetches all keys of its path.
type static struct {
	*entering
	spec *manifest.Node
}

func (s static) at(key string) error {
	s.entry.Mount, s.entry.Path, s.entry.Key = s.spec.Get("mount").Str(), s.spec.Get("path").Str(), key
	if s.entry.Mount == "" || s.entry.Path == "" || s.spec.Get("type").Str() == "kv-v1" {
		return s.refuse(s.doc, s.doc.At(), "write spec.type, spec.mount and spec.path", "it does not say where in a KV version 2 engine its values are")
	}
	return nil
}

var transformationOf = []string{"spec", "destination", "transformation"}

func (s static) set(key string, binary bool) error {
	if err := s.at(key); err != nil {
		return err
	}
	if err := s.pinned(s.spec.Get("version")); err != nil {
		return err
	}
	how := s.doc.Root.Lookup(transformationOf...)
	if n := matching(how.Get("excludes"), key); n != nil {
		return s.refuse(s.doc, n.Place(), "take it out, or name the key otherwise", "an expression of spec.destination.transformation.excludes leaves the key %q out", key)
	}
	if includes := how.Get("includes"); includes != nil && len(includes.Items) > 0 && matching(includes, key) == nil {
		more := *includes
		more.Items = append(slices.Clone(includes.Items), text("", "^"+regexp.QuoteMeta(key)+"$"))
		s.want = put(s.want, more, last, append(slices.Clone(transformationOf), "includes")...)
	}
	template := how.Lookup("templates", key, "text")
	s.entry.Encoded = binary || strings.Contains(template.Str(), "b64dec")
	if binary && template == nil {
		s.want = put(s.want, fields("", text("text", decoding(key))), inOrder, append(slices.Clone(transformationOf), "templates", key)...)
	}
	return nil
}

// decoding is the template of a value that Vault keeps in base64.
func decoding(key string) string { return fmt.Sprintf("{{ get .Secrets %q | b64dec }}", key) }

// matching is the item of a list of expressions that matches a key.
func matching(list *manifest.Node, key string) *manifest.Node {
	if list == nil {
		return nil
	}
	for i := range list.Items {
		if e, err := regexp.Compile(list.Items[i].Text); err == nil && e.MatchString(key) {
			return &list.Items[i]
		}
	}
	return nil
}

func (s static) unset(key string) error {
	if err := s.at(key); err != nil {
		return err
	}
	how := s.doc.Root.Lookup(transformationOf...)
	if templates := how.Get("templates"); templates != nil {
		for i := range templates.Items {
			if n := &templates.Items[i]; n.Key != key && strings.Contains(n.Get("text").Str(), fmt.Sprintf("%q", key)) {
				s.entry.Others = append(s.entry.Others, n.Key)
			}
		}
	}
	s.want = take(s.want, append(slices.Clone(transformationOf), "templates", key)...)
	own := "^" + regexp.QuoteMeta(key) + "$"
	includes := how.Get("includes")
	if includes == nil || len(includes.Items) < 2 {
		return nil
	}
	fewer := *includes
	fewer.Items = slices.DeleteFunc(slices.Clone(includes.Items), func(n manifest.Node) bool { return n.Text == own || n.Text == key })
	if len(fewer.Items) > 0 && len(fewer.Items) < len(includes.Items) {
		s.want = put(s.want, fewer, last, append(slices.Clone(transformationOf), "includes")...)
	}
	return nil
}
