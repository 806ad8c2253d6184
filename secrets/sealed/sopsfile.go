package sealed

import (
	"bytes"
	"path"
	"strconv"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// sopsFile is a file as SOPS reads it.
type sopsFile struct {
	docs     []sopsDoc
	comments comments
	// binary tells a file that is one value, whatever it holds: SOPS encrypts it whole,
	// and no creation rule says which part or what its MAC is over
	// (cmd/sops/main.go, IsSingleValueStore).
	binary bool
}

// sopsDoc is one document of it.
type sopsDoc struct {
	index    int
	root     *manifest.Node
	meta     *manifest.Node // its metadata, or nil
	object   manifest.Object
	shadowed []manifest.Duplicate
}

// openSOPS reads a file that has the metadata of SOPS somewhere, else returns nil.
// The name decides on the format as it does for SOPS (cmd/sops/formats); a file of
// another name is tried as each.
func openSOPS(f *manifest.File) *sopsFile {
	if f == nil || !bytes.Contains(f.Text, []byte("sops")) {
		return nil
	}
	for _, read := range []func(*manifest.File) *sopsFile{openTree, openDotenv, openINI} {
		if s := read(f); s != nil && s.hasMetadata() {
			return s
		}
	}
	return nil
}

// IsSOPS tells whether a file has the metadata of SOPS.
func IsSOPS(f *manifest.File) bool { return openSOPS(f) != nil }

func (s *sopsFile) hasMetadata() bool {
	for _, d := range s.docs {
		if d.meta != nil {
			return true
		}
	}
	return false
}

// openTree reads YAML and JSON. What SOPS calls binary is JSON, whatever its name.
func openTree(f *manifest.File) *sopsFile {
	if strings.HasSuffix(f.Path, ".env") || strings.HasSuffix(f.Path, ".ini") {
		return nil
	}
	name := f.Path
	if len(f.Documents) == 0 && len(f.Templated) == 0 {
		as := "x.yaml"
		if text := bytes.TrimSpace(f.Text); len(text) > 0 && text[0] == '{' {
			as = "x.json"
		} else if !bytes.Contains(f.Text, []byte("\nsops:")) && !bytes.HasPrefix(f.Text, []byte("sops:")) {
			return nil
		}
		if f = manifest.Read(as, f.Text, manifest.DefaultLimits()); len(f.Broken) > 0 {
			return nil // a text that only quotes such a file
		}
	}
	s := treeOf(f.Documents)
	if !s.hasMetadata() {
		if list := openList(f); list != nil {
			s = list
		}
	}
	s.comments = readComments(f.Text, "#")
	s.binary = isBinaryName(name) && len(s.docs) == 1 && isOneValue(s.docs[0].root)
	return s
}

// isOneValue tells a tree that is a text and its metadata.
func isOneValue(root *manifest.Node) bool {
	return len(root.Items) == 2 && root.Get("sops") != nil && root.Get("data") != nil && root.Get("data").Kind == manifest.String
}

func treeOf(documents []*manifest.Document) *sopsFile {
	s := &sopsFile{}
	for _, d := range documents {
		if d.Templated || d.Item != "" && d.Root.Get("sops") == nil {
			continue
		}
		one := sopsDoc{index: d.Index, root: d.Root, object: d.Object, shadowed: d.Duplicates}
		if meta := d.Root.Get("sops"); isMetadata(meta) {
			one.meta = meta
		}
		s.docs = append(s.docs, one)
	}
	return s
}

// openList reads a List, whose metadata stand beside its items. The reader of
// manifests gives the items alone, unless their key is another one; its length stays,
// so that places do.
func openList(f *manifest.File) *sopsFile {
	if !bytes.Contains(f.Text, []byte("items")) || !bytes.Contains(f.Text, []byte("List")) {
		return nil
	}
	text := bytes.ReplaceAll(f.Text, []byte("\nitems:"), []byte("\n"+maskedItems+":"))
	text = bytes.ReplaceAll(text, []byte("\n  \"items\":"), []byte("\n  \""+maskedItems+"\":"))
	text = bytes.ReplaceAll(text, []byte("\n\t\"items\":"), []byte("\n\t\""+maskedItems+"\":"))
	text = bytes.ReplaceAll(text, []byte("\n    \"items\":"), []byte("\n    \""+maskedItems+"\":"))
	s := treeOf(manifest.Read(f.Path, text, manifest.DefaultLimits()).Documents)
	if !s.hasMetadata() {
		return nil
	}
	for i := range s.docs {
		s.docs[i].root = unmaskItems(s.docs[i].root)
	}
	return s
}

const maskedItems = "item_"

func unmaskItems(root *manifest.Node) *manifest.Node {
	named := *root
	named.Items = append([]manifest.Node(nil), root.Items...)
	for i := range named.Items {
		if named.Items[i].Key == maskedItems {
			named.Items[i].Key = "items"
		}
	}
	return &named
}

// isMetadata tells the metadata of SOPS, also where a part of them was taken away.
func isMetadata(n *manifest.Node) bool {
	if n == nil || n.Kind != manifest.Map {
		return false
	}
	if n.Get("mac") != nil || n.Get("lastmodified") != nil && n.Get("version") != nil {
		return true
	}
	if n.Get("lastmodified") == nil && n.Get("version") == nil {
		return false
	}
	for _, field := range recipientFields {
		if list := n.Get(field.name); list != nil && list.Kind == manifest.List && len(list.Items) > 0 {
			return true
		}
	}
	return false
}

// openDotenv reads lines KEY=VALUE; the metadata are those with the prefix sops_
// (stores/dotenv/store.go).
func openDotenv(f *manifest.File) *sopsFile {
	named := strings.HasSuffix(f.Path, ".env")
	if !named && !bytes.Contains(f.Text, []byte("sops_version=")) && !bytes.Contains(f.Text, []byte("sops_mac=")) {
		return nil
	}
	root := manifest.Node{Kind: manifest.Map, At: manifest.Pos{Line: 1, Column: 1}}
	var flat []manifest.Node
	line := uint32(0)
	for row := range bytes.Lines(f.Text) {
		line++
		key, value, found := strings.Cut(strings.TrimRight(string(row), "\r\n"), "=")
		if !found && strings.TrimSpace(key) != "" && key[0] != '#' && !named {
			return nil
		}
		if !found || strings.HasPrefix(key, "#") || key == "" {
			continue
		}
		n := textNode(key, strings.ReplaceAll(value, `\n`, "\n"), line)
		if name, ok := strings.CutPrefix(key, "sops_"); ok {
			n.Key = name
			flat = append(flat, n)
			continue
		}
		root.Items = append(root.Items, n)
	}
	return flatFile(f, root, flat, "#")
}

// openINI reads sections of key = value; the metadata are the section sops
// (stores/ini/store.go). A key before the first section is in DEFAULT.
func openINI(f *manifest.File) *sopsFile {
	if !bytes.Contains(f.Text, []byte("[sops]")) {
		return nil
	}
	sections, flat, odd := readINI(f.Text)
	if odd && !strings.HasSuffix(f.Path, ".ini") {
		return nil
	}
	root := manifest.Node{Kind: manifest.Map, At: manifest.Pos{Line: 1, Column: 1}, Items: sections}
	return flatFile(f, root, flat, "#;")
}

// readINI returns the sections, the lines of the section sops, and whether a line is
// none of INI.
func readINI(text []byte) (sections, flat []manifest.Node, odd bool) {
	current := manifest.Node{Key: "DEFAULT", Kind: manifest.Map}
	keep := func() {
		switch {
		case current.Key == "sops":
			flat = append(flat, current.Items...)
		case len(current.Items) > 0:
			sections = append(sections, current)
		}
	}
	line := uint32(0)
	for row := range bytes.Lines(text) {
		line++
		body := strings.TrimSpace(string(row))
		if body == "" || body[0] == '#' || body[0] == ';' {
			continue
		}
		if body[0] == '[' && body[len(body)-1] == ']' {
			keep()
			at := manifest.Pos{Line: line, Column: 1}
			current = manifest.Node{Key: strings.TrimSpace(body[1 : len(body)-1]), Kind: manifest.Map, KeyAt: at, At: at}
			continue
		}
		i := strings.IndexAny(body, "=:")
		odd = odd || i <= 0
		if i > 0 {
			value := strings.ReplaceAll(unquoteINI(strings.TrimSpace(body[i+1:])), `\n`, "\n")
			current.Items = append(current.Items, textNode(strings.Trim(strings.TrimSpace(body[:i]), "\"`"), value, line))
		}
	}
	keep()
	return sections, flat, odd
}

// unquoteINI takes off the quotes that the writer of INI puts around some values.
func unquoteINI(value string) string {
	for _, quote := range [...]string{`"""`, "`", `"`, `'`} {
		if len(value) >= 2*len(quote) && strings.HasPrefix(value, quote) && strings.HasSuffix(value, quote) {
			return value[len(quote) : len(value)-len(quote)]
		}
	}
	return value
}

func textNode(key, value string, line uint32) manifest.Node {
	at := manifest.Pos{Line: line, Column: 1}
	return manifest.Node{Key: key, Kind: manifest.String, Text: value, KeyAt: at, At: at}
}

func flatFile(f *manifest.File, root manifest.Node, flat []manifest.Node, signs string) *sopsFile {
	meta := unflatten(flat)
	d := sopsDoc{root: &root}
	if isMetadata(&meta) {
		d.meta = &meta
	}
	return &sopsFile{docs: []sopsDoc{d}, comments: readComments(f.Text, signs)}
}

// The separators with which SOPS writes a tree as one line each
// (stores/flatten.go).
const (
	mapSeparator  = "__map_"
	listSeparator = "__list_"
)

// Limits of metadata that are written as lines: the deepest is
// key_groups__list_0__map_age__list_0__map_recipient, and a list is as long as there
// are lines.
const deepestFlat = 8

// unflatten makes a tree of lines.
func unflatten(flat []manifest.Node) manifest.Node {
	root := manifest.Node{Kind: manifest.Map}
	if len(flat) > 0 {
		root.KeyAt, root.At = flat[0].KeyAt, flat[0].At
	}
	trees := map[string]*branch{}
	top := &branch{}
	for i := range flat {
		place(top, trees, flat[i])
	}
	root.Items = top.nodes(manifest.Map)
	return root
}

// branch is a map or a list while it is put together.
type branch struct {
	key   string
	isMap bool // what is in it is named, else numbered
	leaf  *manifest.Node
	at    manifest.Pos
	kids  []*branch
}

func place(top *branch, known map[string]*branch, n manifest.Node) {
	at, rest, full := top, n.Key, ""
	isMap := true
	for depth := 0; depth <= deepestFlat; depth++ {
		name, separator, after := nextSeparator(rest)
		full += separator + "\x00" + name
		kid := known[full]
		if kid == nil {
			kid = &branch{key: name, at: n.At}
			known[full] = kid
			at.isMap = isMap
			at.kids = append(at.kids, kid)
		}
		if separator == "" {
			kid.leaf = &n
			return
		}
		at, rest, isMap = kid, after, separator == mapSeparator
		full += separator
	}
}

// nextSeparator cuts a name at its first separator.
func nextSeparator(text string) (name, separator, rest string) {
	m, l := strings.Index(text, mapSeparator), strings.Index(text, listSeparator)
	switch {
	case m < 0 && l < 0:
		return text, "", ""
	case l < 0 || m >= 0 && m < l:
		return text[:m], mapSeparator, text[m+len(mapSeparator):]
	}
	return text[:l], listSeparator, text[l+len(listSeparator):]
}

func (b *branch) nodes(kind manifest.Kind) []manifest.Node {
	var list []manifest.Node
	for _, kid := range b.kids {
		n := manifest.Node{At: kid.at, KeyAt: kid.at}
		switch {
		case len(kid.kids) == 0 && kid.leaf != nil:
			n = *kid.leaf
		case kid.isMap:
			n.Kind, n.Items = manifest.Map, kid.nodes(manifest.Map)
		default:
			n.Kind, n.Items = manifest.List, kid.nodes(manifest.List)
		}
		if kind == manifest.Map {
			n.Key = kid.key
		}
		list = append(list, n)
	}
	return list
}

// baseWords are the words of the name of a file.
func baseWords(name string) []string {
	return strings.FieldsFunc(strings.ToLower(path.Base(name)), func(r rune) bool { return r == '.' || r == '-' || r == '_' || r == ' ' })
}

// number reads an integer of metadata, which some formats write as text.
func number(n *manifest.Node) (int, bool) {
	if n == nil || n.Kind != manifest.Number && n.Kind != manifest.String {
		return 0, false
	}
	i, err := strconv.Atoi(n.Text)
	return i, err == nil
}
