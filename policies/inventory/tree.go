package inventory

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// An Object is one object of the tree as its file has it, or one that a generator makes.
type Object struct {
	manifest.Object
	Where checks.Location

	number int
	words  []string // see objectFact
	node   *manifest.Node
}

// Root is what is kept of the object. It must not be changed.
func (o *Object) Root() *manifest.Node {
	if o.node == nil && len(o.words) > 0 && o.words[0] != "" {
		o.node = unpack(o.words[0])
	}
	if o.node == nil {
		o.node = o.identity()
	}
	return o.node
}

// Kept tells whether more is kept of the object than its name.
func (o *Object) Kept() bool { return len(o.words) > 0 && o.words[0] != "" }

// Made tells that the object stands in no file: a generator makes it.
func (o *Object) Made() bool { return o.number < 0 }

// identity is an object of which nothing but its name is known.
func (o *Object) identity() *manifest.Node {
	text := func(key, value string) manifest.Node {
		return manifest.Node{Key: key, Kind: manifest.String, Text: value, KeyAt: o.Where.At}
	}
	meta := manifest.Node{Key: "metadata", Kind: manifest.Map, KeyAt: o.Where.At, Items: []manifest.Node{text("name", o.Name)}}
	if o.Namespace != "" {
		meta.Items = append(meta.Items, text("namespace", o.Namespace))
	}
	return &manifest.Node{Kind: manifest.Map, At: o.Where.At, Items: []manifest.Node{text("apiVersion", o.APIVersion), text("kind", o.Kind), meta}}
}

// At is the object as it is applied: with the name and the namespace that it has there,
// and nothing else where it is touched.
func (p Placed) At() *manifest.Node {
	if p.Touched {
		o := *p.Object
		o.Name, o.Object.Namespace = p.As, p.Namespace
		return o.identity()
	}
	root := p.Root()
	meta := root.Get("metadata")
	if meta.Get("namespace").Str() == p.Namespace && meta.Get("name").Str() == p.As {
		return root
	}
	placed := *root
	placed.Items = slices.Clone(root.Items)
	for i := range placed.Items {
		if item := &placed.Items[i]; item.Key == "metadata" {
			item.Items = slices.DeleteFunc(slices.Clone(item.Items), func(n manifest.Node) bool { return n.Key == "name" || n.Key == "namespace" })
			item.Items = append(item.Items, manifest.Node{Key: "name", Kind: manifest.String, Text: p.As})
			if p.Namespace != "" {
				item.Items = append(item.Items, manifest.Node{Key: "namespace", Kind: manifest.String, Text: p.Namespace})
			}
		}
	}
	return &placed
}

// Placed is an object where it is applied.
type Placed struct {
	*Object
	Namespace string // "" where nothing tells it
	As        string // the name that it has there
	// Touched tells that something changes it that is no part of its file, so that what
	// the file says of others may not hold.
	Touched bool
}

// Names are the names of all objects of a tree and of what its generators make, as
// kind/name, applied or not.
func Names(facts []checks.Fact) map[string]bool {
	names := map[string]bool{}
	for _, f := range facts {
		switch f.Kind {
		case objectFact:
			names[f.Where.Object.Kind+"/"+f.Where.Object.Name] = true
		case buildFact:
			s := settingsOf(f.Values)
			for _, name := range s.configMaps {
				names["ConfigMap/"+name] = true
			}
		}
	}
	return names
}

// Together tells whether what belongs to two units is certainly applied to one place: to
// one environment, and no part of it.
func Together(a, b *Unit) bool {
	if a == b {
		return true
	}
	if a.Environment == "" || a.Environment != b.Environment {
		return false
	}
	return a.part() == b.part()
}

// part is the part of an environment in which a unit lies: what its folder is called
// below that of the environment, or "".
func (u *Unit) part() string {
	parts := strings.Split(strings.ToLower(u.Dir), "/")
	for i, part := range parts {
		if (i > 0 && holdsEnvironments(parts[i-1]) || isEnvironmentName(part)) && i+1 < len(parts) {
			return parts[i+1]
		}
	}
	return ""
}

// A Unit is what is applied together: what kustomize builds in a folder, what an agent
// applies, or a folder of plain files.
type Unit struct {
	Dir         string
	Environment string // by its folder, or ""
	Objects     []Placed
	Labels      []string // keys that are added to what it holds
	// Open tells that more comes about than the tree shows, in namespaces that nothing
	// tells. Spaces are namespaces of which it is told.
	Open   bool
	Spaces []string
	// Anywhere tells that something comes about in namespaces that are filled in later.
	Anywhere bool
	// Loose tells that nothing in the tree says that the files are applied, nor
	// together; Example that they lie among examples or tests.
	Loose, Example bool
}

// tree is the facts of a tree by what they are looked up by.
type tree struct {
	layout  checks.Layout
	has     func(path string) bool
	objects []*Object
	byFile  map[string][]*Object
	builds  map[string]settings
	folders map[string]bool     // that hold a file with objects, or do below
	patches map[string]bool     // files of patches that touch what is kept
	unread  map[string]bool     // files
	used    map[string]bool     // folders of kustomizations that others take in
	reached map[string]bool     // files that a unit holds
	opened  map[string]*content // by folder
	plains  map[folderBy]*content
	placed  int // see exceeds

	files, dirs, built, broken paths               // of byFile, folders, builds and unread
	called                     map[string][]string // the folders by their names
}

// MostPlaced bounds what is brought together: folders that take each other in many times
// would hold more than there is.
const MostPlaced = 1_000_000

// content is what a folder holds in the end, before what takes it in changes it.
type content struct {
	objects []Placed
	labels  []string
	open    bool
	spaces  []string
}

// Units are the parts of a tree that are applied together, in the order of their
// folders.
//
// The error is ErrTooMany where there is more than is brought together. Nothing is known
// then.
func Units(t checks.Tree) ([]Unit, error) {
	b := index(t)
	var units []Unit
	meant := map[string]bool{}
	for _, a := range b.agents(t.Facts) {
		units, meant[a.dir] = append(units, b.applied(a)), true
		if b.exceeds(0) {
			return nil, ErrTooMany
		}
	}
	for _, dir := range b.built {
		if b.used[dir] || b.builds[dir].component || meant[dir] {
			continue
		}
		units = append(units, b.unit(dir, b.build(dir), ""))
	}
	units = append(units, b.loose()...)
	if b.exceeds(0) {
		return nil, ErrTooMany
	}
	slices.SortStableFunc(units, func(a, c Unit) int { return strings.Compare(a.Dir, c.Dir) })
	return units, nil
}

// ErrTooMany tells that folders take each other in, or agents apply them, so often that it
// is not known what is applied together.
var ErrTooMany = fmt.Errorf("the tree is over the limit policy-tree-placements: folders are applied so often that more than %d objects come together", MostPlaced)

func sorted[T any](m map[string]T) []string {
	list := make([]string, 0, len(m))
	for key := range m {
		list = append(list, key)
	}
	slices.Sort(list)
	return list
}

func index(t checks.Tree) *tree {
	b := &tree{
		layout: t.Layout, has: t.Has, byFile: map[string][]*Object{}, builds: map[string]settings{}, folders: map[string]bool{".": true},
		patches: map[string]bool{}, unread: map[string]bool{}, used: map[string]bool{}, reached: map[string]bool{}, opened: map[string]*content{}, plains: map[folderBy]*content{},
	}
	for i := range t.Facts {
		f := &t.Facts[i]
		switch f.Kind {
		case objectFact:
			o := &Object{Object: f.Where.Object, Where: f.Where, words: f.Values, number: len(b.objects)}
			b.objects = append(b.objects, o)
			b.byFile[f.Where.File] = append(b.byFile[f.Where.File], o)
			for dir := path.Dir(f.Where.File); !b.folders[dir]; dir = path.Dir(dir) {
				b.folders[dir] = true
			}
		case buildFact:
			b.builds[f.Key] = settingsOf(f.Values)
			for dir := f.Key; !b.folders[dir]; dir = path.Dir(dir) {
				b.folders[dir] = true
			}
		case patchFact:
			b.patches[f.Key] = true
		case unreadFact:
			b.unread[f.Key] = true
		}
	}
	b.order()
	for dir, s := range b.builds {
		for _, name := range slices.Concat(s.resources, s.components) {
			if at := path.Join(dir, name); at != dir {
				if _, ok := b.builds[at]; ok {
					b.used[at] = true
				}
			}
		}
	}
	return b
}

// remote holds for a resource of kustomize that is fetched.
var remote = regexp.MustCompile(`://|^(git@|[a-z0-9-]+(\.[a-z0-9-]+)*\.(com|org|io|net|dev)[:/])`)

// definitions are remote resources that bring nothing but kinds.
var definitions = regexp.MustCompile(`(?i)crd`)

// build is what kustomize builds in a folder.
func (b *tree) build(dir string) *content {
	if c, ok := b.opened[dir]; ok {
		return c
	}
	b.opened[dir] = &content{open: true} // for a circle of folders
	c := b.gather(dir, b.builds[dir])
	b.opened[dir] = c
	return c
}

// gather brings together what settings name, and does to it what they say.
func (b *tree) gather(dir string, s settings) *content {
	c := &content{open: s.open}
	for _, name := range slices.Concat(s.resources, s.components) {
		b.take(c, dir, name)
	}
	for _, made := range []struct {
		kind  string
		names []string
	}{{"ConfigMap", s.configMaps}, {"Secret", s.secrets}} {
		for _, name := range made.names {
			o := &Object{Object: manifest.Object{APIVersion: "v1", Kind: made.kind, Name: name}, number: -1}
			c.objects = append(c.objects, Placed{Object: o, As: name})
		}
	}
	return b.transform(c, dir, s)
}

// take adds one resource of a kustomization: a file, or what another folder builds.
func (b *tree) take(c *content, dir, name string) {
	if remote.MatchString(name) {
		c.open = c.open || !definitions.MatchString(name)
		return
	}
	at := path.Join(dir, name)
	switch _, isBuild := b.builds[at]; {
	case isBuild:
		below := b.build(at)
		c.objects = append(c.objects, below.objects...)
		c.labels = append(c.labels, below.labels...)
		c.spaces = append(c.spaces, below.spaces...)
		c.open = c.open || below.open
	case b.unread[at]:
		c.open, b.reached[at] = true, true
	case b.byFile[at] != nil:
		b.reached[at] = true
		for _, o := range b.byFile[at] {
			c.objects = append(c.objects, Placed{Object: o, Namespace: o.Namespace, As: o.Name})
		}
	default:
		c.open = true // it lies outside of the tree, or cannot be read
	}
}

// transform does to objects what a kustomization says.
func (b *tree) transform(c *content, dir string, s settings) *content {
	touches := make([]func(o *Object) bool, 0, len(s.patches))
	for _, p := range s.patches {
		touches = append(touches, b.touching(dir, p))
	}
	out := &content{labels: append(c.labels, s.labels...), spaces: c.spaces, open: c.open}
	if c.open && s.namespace != "" {
		out.spaces, out.open = append(out.spaces, s.namespace), false
	}
	if b.exceeds(len(c.objects)) {
		return &content{open: true}
	}
	seen := make(map[placement]bool, len(c.objects))
	for _, o := range c.objects {
		switch {
		case o.Kind == "Namespace" && s.namespace != "":
			o.As = s.namespace
		case s.namespace != "" && !clusterScoped(o.Object.Object):
			o.Namespace = s.namespace
		}
		if o.Kind != "Namespace" && o.Kind != "CustomResourceDefinition" {
			o.As = s.prefix + o.As + s.suffix
		}
		o.Touched = o.Touched || slices.ContainsFunc(touches, func(touched func(*Object) bool) bool { return touched(o.Object) })
		at := placement{o.Object, o.Namespace, o.As}
		if !seen[at] {
			seen[at] = true
			out.objects = append(out.objects, o)
		}
	}
	return out
}

// exceeds counts objects that are brought together, and tells whether there are too many.
func (b *tree) exceeds(more int) bool {
	b.placed += more
	return b.placed > MostPlaced
}

// placement is by what one place of an object is told from another.
type placement struct {
	object        *Object
	namespace, as string
}

// touching tells which objects a patch changes so that what is kept of them may not hold.
func (b *tree) touching(dir string, p patch) func(*Object) bool {
	file := path.Join(dir, p.file)
	touches, list := p.touches, []*Object(nil)
	if p.file != "" {
		touches = touches || b.patches[file] || b.unread[file] || b.has != nil && !b.has(file)
		for _, o := range b.byFile[file] {
			if root := o.Root(); root != nil && len(touchedBy(root)) > 0 {
				list = append(list, o)
			}
		}
	}
	if p.kind == "" && p.name == "" && len(list) > 0 && !touches {
		return func(o *Object) bool {
			return slices.ContainsFunc(list, func(other *Object) bool { return other.Kind == o.Kind && other.Name == o.Name })
		}
	}
	if !touches && len(list) == 0 {
		return func(*Object) bool { return false }
	}
	name, err := regexp.Compile("^(" + p.name + ")$")
	return func(o *Object) bool {
		return (p.kind == "" || p.kind == o.Kind) && (p.name == "" || err != nil || name.MatchString(o.Name))
	}
}

// clusterScoped knows the kinds that have no namespace.
func clusterScoped(o manifest.Object) bool {
	switch o.Kind {
	case "Namespace", "Node", "PersistentVolume", "ClusterRole", "ClusterRoleBinding", "CustomResourceDefinition", "StorageClass", "PriorityClass",
		"IngressClass", "RuntimeClass", "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration", "APIService", "ClusterIssuer",
		"ClusterSecretStore", "ClusterExternalSecret", "GatewayClass":
		return true
	}
	return false
}
