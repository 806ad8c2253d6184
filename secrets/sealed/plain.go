package sealed

import (
	"bytes"
	"encoding/base64"
	"path"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// plain reads a file without metadata of SOPS as a tree, as far as it is one.
func plain(f *manifest.File) *sopsFile {
	switch {
	case f == nil:
		return &sopsFile{docs: []sopsDoc{{root: &manifest.Node{}}}}
	case strings.HasSuffix(f.Path, ".env"):
		if s := openDotenv(f); s != nil {
			return s
		}
	case strings.HasSuffix(f.Path, ".ini"):
		sections, flat, _ := readINI(f.Text)
		root := manifest.Node{Kind: manifest.Map, Items: sections, At: manifest.Pos{Line: 1, Column: 1}}
		return flatFile(f, root, flat, "#;")
	}
	s := treeOf(f.Documents)
	s.comments = readComments(f.Text, "#")
	if len(s.docs) == 0 {
		s.docs = []sopsDoc{{root: &manifest.Node{At: manifest.Pos{Line: 1, Column: 1}}}}
	}
	return s
}

// aim is how exactly a rule means a file.
type aim int

const (
	byFolder aim = iota // it matches everything of its kind there
	byName              // it matches the name of the file
	bySOPS              // the name says that it is encrypted
)

// demanded judges a file without metadata that a rule matches. A rule says how a new
// file is encrypted and not that every file is: one without an expression means none,
// and one that matches every name in the folder means the Secrets there.
func (j *sopsJudge) demanded(f *manifest.File) {
	if j.rule.PathRegex == "" || j.rule.invalid || j.rule.path == nil || IsConfig(f.Path) || len(f.Templated) > 0 || isSample(f.Path) {
		return
	}
	if recognised, ok := Recognise(f.Text); ok && recognised.Scheme != EYAML {
		return
	}
	if isBinaryName(f.Path) {
		if at := bytes.Index(f.Text, []byte("PRIVATE KEY-----")); at >= 0 && bytes.Contains(f.Text[:at], []byte("-----BEGIN ")) {
			one := fault(onPlainFile, nil, "the creation rule with %q names this file, and the private key in it is not encrypted", j.rule.PathRegex)
			one.At = manifest.Pos{Line: uint32(1 + bytes.Count(f.Text[:at], []byte("\n"))), Column: 1}
			j.found(one)
		} else if j.rule.asksWhole(f.Path) && len(bytes.TrimSpace(f.Text)) > 0 {
			one := fault(onPlainFile, nil, "the creation rule with %q names this file, and it is not encrypted", j.rule.PathRegex)
			one.At = manifest.Pos{Line: 1, Column: 1}
			j.found(one)
		}
		return
	}
	how := j.rule.aimAt(f.Path)
	for i := range j.file.docs {
		j.doc = i
		d := &j.file.docs[i]
		if n := j.clearIn(d, how); n != nil {
			one := fault(onPlainFile, n, "the creation rule with %q names this file, and it is not encrypted", j.rule.PathRegex)
			one.Certain = how == bySOPS || isSecret(d.object)
			j.found(one)
		}
	}
}

// aimAt tells how exactly a rule means a file: it does by name if the rule would not
// match the files that every folder has.
func (r *Rule) aimAt(name string) aim {
	for _, word := range baseWords(name) {
		switch word {
		case "sops", "enc", "encrypted":
			return bySOPS
		}
	}
	if r.matchesAll(name) {
		return byFolder
	}
	return byName
}

// matchesAll tells whether a rule matches the files that every folder has, if they end
// like this one.
func (r *Rule) matchesAll(name string) bool {
	dir, ext := path.Dir(name), path.Ext(name)
	for _, base := range [...]string{"kustomization", "deployment", "values", "x"} {
		relative, _ := Config{Path: path.Join(r.dir, ".sops.yaml")}.relative(path.Join(dir, base+ext))
		if !r.path.MatchString(relative) {
			return false
		}
	}
	return true
}

// asksWhole tells whether a rule means a file that SOPS encrypts whole: the name says so
// right before its end (notes.sops.txt, and not secret.sops.yaml.j2), and so does the rule.
func (r *Rule) asksWhole(name string) bool {
	words := strings.Split(strings.ToLower(path.Base(name)), ".")
	if len(words) < 3 || r.matchesAll(name) {
		return false
	}
	switch words[len(words)-1] {
	case "j2", "jinja", "jinja2", "tmpl", "tpl", "gotmpl", "template", "erb", "mustache", "md", "example", "sample", "dist", "bak":
		return false
	}
	switch words[len(words)-2] {
	case "sops", "enc", "encrypted":
		return true
	}
	return false
}

// Names tells whether a rule means a file by its name, and not only with all that lies
// in its folder: then the file must be encrypted, whatever it holds.
func (r *Rule) Names(name string) bool {
	return r.PathRegex != "" && !r.invalid && r.path != nil && r.aimAt(name) != byFolder
}

// clearIn returns the first value of a document that must be encrypted and is not.
func (j *sopsJudge) clearIn(d *sopsDoc, how aim) *manifest.Node {
	secret := isSecret(d.object)
	switch {
	case secret, how == bySOPS:
	case how == byFolder, d.object.Kind != "", isKustomization(d.root):
		return nil
	}
	var first *manifest.Node
	w := j.walker(Selection{}, j.rule.Selection)
	w.visit = func(l leaf) bool {
		if l.rule && !l.isEmpty() && !l.encrypted && (!secret || l.named) && !isReference(l.node.Text) && !isReference(decoded(l.node.Text)) {
			first = l.node
		}
		return first == nil
	}
	w.walk(d.root)
	return first
}

func isSecret(o manifest.Object) bool { return o.Kind == "Secret" && o.Group() == "" }

func isKustomization(root *manifest.Node) bool {
	return root.Get("resources") != nil || root.Get("secretGenerator") != nil || root.Get("configMapGenerator") != nil
}

// decoded returns what a base64 text holds, or "".
func decoded(text string) string {
	raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	if err != nil {
		return ""
	}
	return string(raw)
}

// isReference tells a text that stands for a value elsewhere, or for one that is still
// to come.
func isReference(text string) bool {
	for _, prefix := range [...]string{"ref+", "secretref+", "vault:", ">>vault:", "op://"} {
		if strings.HasPrefix(text, prefix) {
			return true
		}
	}
	return text != "" && (isHole(text) || looksUnfinished(text))
}

// isBinaryName tells a name that SOPS takes for a binary file
// (cmd/sops/formats/formats.go).
func isBinaryName(name string) bool {
	switch path.Ext(name) {
	case ".yaml", ".yml", ".json", ".env", ".ini":
		return false
	}
	return true
}

// isSample tells a file that shows what another looks like.
func isSample(name string) bool {
	for _, word := range baseWords(name) {
		switch word {
		case "example", "examples", "sample", "samples", "template", "templates", "tmpl", "tpl", "dist", "schema", "test":
			return true
		}
	}
	return false
}

// decrypted finds values that were encrypted before the change and are not now, at the
// same place.
func (j *sopsJudge) decrypted() {
	if j.before == nil {
		return
	}
	was := map[pathID]bool{}
	for i := range j.before.docs {
		w := leafWalker{visit: func(l leaf) bool {
			if l.encrypted {
				was[l.path] = true
			}
			return true
		}}
		w.walk(j.before.docs[i].root)
	}
	for i := range j.file.docs {
		j.doc = i
		w := leafWalker{}
		w.visit = func(l leaf) bool {
			if was[l.path] && !l.encrypted && !l.isEmpty() && !isReference(l.node.Text) {
				j.found(fault(onDecrypted, l.node, "this value was encrypted, and stands in the clear now"))
			}
			return !j.full()
		}
		w.walk(j.file.docs[i].root)
	}
}
