package reference

import (
	"bytes"
	"path"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// Mentions returns the names of the Secrets that something other than a manifest may make: a
// command that stands in a script, a workflow, a comment or a page, a resource of Terraform,
// a program that calls the API, an object inside a playbook. What it names need not be a
// Secret; it is enough that it may be one.
func Mentions(f *manifest.File) []Product {
	if len(f.Text) > mostMentionBytes || !bytes.Contains(f.Text, []byte("ecret")) || bytes.IndexByte(f.Text, 0) >= 0 {
		return nil
	}
	m := mentions{prose: !isStructured(f.Path), seen: map[string]bool{}}
	isManifest := slices.ContainsFunc(f.Documents, func(d *manifest.Document) bool { return d.IsObject() })
	for line := range strings.Lines(string(f.Text)) {
		switch {
		case strings.Contains(line, "create secret"), strings.Contains(line, "create -n") && strings.Contains(line, "secret"):
			m.words(line)
		case isManifest:
		case m.prose && strings.Contains(line, "ecret"), strings.Contains(line, "kind: Secret"):
			m.near = nearMention
			m.words(line)
		case m.near > 0 && strings.Contains(line, "name"):
			m.words(line)
		}
		m.near--
	}
	return m.list
}

const (
	mostMentionBytes = 1 << 20
	mostMentions     = 2000
	nearMention      = 8 // lines in which the name of an object follows its kind
)

// mentions gathers the names in one file.
type mentions struct {
	prose bool
	near  int
	seen  map[string]bool
	list  []Product
}

func (m *mentions) words(line string) {
	for _, name := range namesIn(mentionPunctuation.Replace(line)) {
		if m.seen[name] || len(m.list) >= mostMentions {
			continue
		}
		m.seen[name] = true
		m.list = append(m.list, Product{Name: name, Reach: Mentioned})
	}
}

// mentionPunctuation parts the words of programs and pages.
var mentionPunctuation = strings.NewReplacer("(", " ", ")", " ", "{", " ", "}", " ", "[", " ", "]", " ", "`", " ", ";", " ", "|", " ", "<", " ", ">", " ", "\t", " ", "*", " ")

// isStructured tells the formats of settings, in which a name beside the word secret is
// mostly that of one that is read.
func isStructured(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".yaml", ".yml", ".json", ".toml", ".ini", ".env", ".properties":
		return true
	}
	return false
}
