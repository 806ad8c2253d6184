package manifest

import (
	"strings"
	"sync"
)

// Object names a Kubernetes object. Namespace is "" where the manifest gives
// none; Name is the generateName where the API server makes up the name.
type Object struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Namespace  string `json:"namespace"`
	Name       string `json:"name"`
}

// IsZero tells whether o names nothing.
func (o Object) IsZero() bool { return o == Object{} }

// String writes o as "Kind namespace/name", for people.
func (o Object) String() string {
	if o.IsZero() {
		return ""
	}
	name := o.Name
	if o.Namespace != "" {
		name = o.Namespace + "/" + name
	}
	return strings.TrimSpace(o.Kind + " " + name)
}

// Group returns the API group of o: "" for the core group.
func (o Object) Group() string {
	group, _, found := strings.Cut(o.APIVersion, "/")
	if !found {
		return ""
	}
	return group
}

// Version returns the API version of o without its group.
func (o Object) Version() string {
	_, version, found := strings.Cut(o.APIVersion, "/")
	if !found {
		return o.APIVersion
	}
	return version
}

// A Document is one object of a file, or one YAML or JSON document that is no
// Kubernetes object. The items of a List are Documents of their own.
type Document struct {
	File       string // path of the file
	Index      int    // which document of the file, from 0
	Item       string // where the object stands in its List ("items[2]"), else ""
	Root       *Node  // never nil
	Object     Object // zero for a document that is no Kubernetes object
	Duplicates []Duplicate
	// Templated tells that the document is part of a template: its actions are left
	// out, and a value that holds one is "{{ . }}".
	Templated bool

	canonical func() *Node
}

// NewDocument makes a Document of a tree, as the reader of files does. It is how
// an object that comes from elsewhere (an AdmissionReview) enters.
func NewDocument(file string, index int, item string, root *Node) *Document {
	d := &Document{File: file, Index: index, Item: item, Root: root, Object: objectOf(root)}
	d.canonical = sync.OnceValue(func() *Node { return Canonical(d.Root) })
	return d
}

// IsObject tells whether d is a Kubernetes object: it has an apiVersion and a kind.
func (d *Document) IsObject() bool { return d.Object.Kind != "" && d.Object.APIVersion != "" }

// Canonical returns the canonical form of d (see the function Canonical). It is
// computed once; the result must not be changed.
func (d *Document) Canonical() *Node { return d.canonical() }

// At returns where d begins.
func (d *Document) At() Pos {
	if len(d.Root.Items) > 0 {
		return d.Root.Items[0].Place()
	}
	return d.Root.At
}

func objectOf(root *Node) Object {
	apiVersion, kind := root.Get("apiVersion").Str(), root.Get("kind").Str()
	if apiVersion == "" || kind == "" {
		return Object{}
	}
	meta := root.Get("metadata")
	return Object{
		APIVersion: apiVersion,
		Kind:       kind,
		Namespace:  meta.Get("namespace").Str(),
		Name:       objectName(meta),
	}
}

// objectName returns the name, or the generateName where the name is made from it.
func objectName(meta *Node) string {
	name, prefix := meta.Get("name").Str(), meta.Get("generateName").Str()
	if prefix != "" && (name == "" || isGenerated(name, prefix)) {
		return prefix
	}
	return name
}

// generatedSuffix is the length of the suffix that the API server appends to a
// generateName (k8s.io/apiserver/pkg/storage/names).
const generatedSuffix = 5

func isGenerated(name, prefix string) bool {
	return strings.HasPrefix(name, prefix) && len(name) == len(prefix)+generatedSuffix
}

// documents makes Documents of a parsed tree: one, or one for each item where it
// is a List. As for kubectl, everything with a kind and a list "items" at its top
// counts as a List, and items without a kind take theirs from a list such as
// SecretList.
// One whose kind does not end in List is a Document besides its items, and so is
// one that has duplicate keys of its own.
func documents(file string, index int, p *parsed) []*Document {
	u := unpacker{file: file, index: index}
	u.unpack(&p.root, "")
	u.assign(p)
	return u.docs
}

type unpacker struct {
	file  string
	index int
	docs  []*Document
}

func (u *unpacker) unpack(root *Node, item string) {
	items, kind := root.Get("items"), root.Get("kind").Str()
	isList := items != nil && items.Kind == List && kind != ""
	if !isList || !strings.HasSuffix(kind, "List") {
		u.docs = append(u.docs, NewDocument(u.file, u.index, item, root))
	}
	if !isList {
		return
	}
	for i := range items.Items {
		if child := withListType(root, &items.Items[i]); child.Kind == Map {
			u.unpack(child, JoinField(item, "items")+indexed(i))
		}
	}
}

// withListType gives an item of a typed list (SecretList) its apiVersion and
// kind where it has neither, as the decoder of unstructured lists does; for it an
// item that is null is an empty map.
func withListType(list, item *Node) *Node {
	kind := strings.TrimSuffix(list.Get("kind").Str(), "List")
	if kind == "" || item.Kind != Map && item.Kind != Null || item.Get("kind").Str() != "" || item.Get("apiVersion").Str() != "" {
		return item
	}
	typed := *item
	typed.Kind = Map
	typed.Items = append([]Node{
		{Key: "apiVersion", Kind: String, Text: list.Get("apiVersion").Str(), At: item.At},
		{Key: "kind", Kind: String, Text: kind, At: item.At},
	}, without(item.Items, "apiVersion", "kind")...)
	return &typed
}

// assign gives each Document the duplicates that lie in it. Those that lie in a
// List and in none of its items make a Document of the List.
func (u *unpacker) assign(p *parsed) {
	if len(p.duplicates) == 0 {
		return
	}
	byItem := make(map[string]*Document, len(u.docs))
	for _, d := range u.docs {
		byItem[d.Item] = d
	}
	names := itemNames{}
	for _, dup := range p.duplicates {
		d, n := ownerOf(dup, byItem)
		if d == nil {
			d = NewDocument(u.file, u.index, "", &p.root)
			byItem[""] = d
			u.docs = append([]*Document{d}, u.docs...)
		}
		dup.Path = names.path(dup.node(n), dup.steps[n:])
		d.Duplicates = append(d.Duplicates, dup)
	}
}

// ownerOf returns the innermost Document in which a duplicate lies, and how many
// steps lead to it; nil where it lies in none.
func ownerOf(dup Duplicate, byItem map[string]*Document) (owner *Document, steps int) {
	owner = byItem[""]
	item := ""
	for n := 0; n+1 < len(dup.steps) && dup.steps[n].key == "items" && dup.steps[n+1].index >= 0; n += 2 {
		item = JoinField(item, "items") + indexed(dup.steps[n+1].index)
		if d := byItem[item]; d != nil {
			owner, steps = d, n+2
		}
	}
	return owner, steps
}
