package reference

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// Needs returns the stores that a document names, in its order.
func Needs(d *manifest.Document) []Need {
	var needs []Need
	switch d.Object.Group() {
	case groupVSO:
		needs = needsVSO(d)
	case groupESO:
		needs = needsESO(d)
	}
	if p := podOf(d); p != nil {
		for _, n := range mountedClasses(p) {
			needs = append(needs, Need{Dialect: CSI, Store: StoreName{kindProviderClass, d.Object.Namespace, n.Text}, Place: Place{Node: n, At: n.Place()}})
		}
	}
	for i := range needs {
		needs[i].Object = d.Object
		if needs[i].Namespace == "" && d.Object.Kind != "ClusterExternalSecret" && d.Object.Kind != "ClusterPushSecret" {
			needs[i].Namespace = d.Object.Namespace
		}
	}
	locate(d.Root, places(needs, func(n *Need) *Place { return &n.Place }))
	return needs
}

// StoresOf returns what a document is to those that name stores: none, or one; what
// installs a chart may be several, which stand in the values.
func StoresOf(d *manifest.Document) []Store {
	var stores []Store
	switch d.Object.Group() {
	case groupVSO:
		stores = storesVSO(d)
	case groupESO, groupGenerators:
		stores = storesESO(d)
	case groupCSI:
		if p := providerClassOf(d); p != nil {
			s := Store{Dialect: CSI, StoreName: StoreName{kindProviderClass, d.Object.Namespace, d.Object.Name}, Backend: p.provider}
			s.place(d.Root.Lookup("spec", "provider"))
			stores = []Store{s}
		}
	default:
		stores = storesInValues(d)
	}
	for i := range stores {
		stores[i].Address = withoutUser(stores[i].Address)
		if stores[i].Node == nil {
			stores[i].At = d.At()
		}
	}
	locate(d.Root, places(stores, func(s *Store) *Place { return &s.Place }))
	return stores
}

// isClusterKind tells the kinds of stores that have no namespace.
func isClusterKind(kind string) bool { return kind == kindClusterStore || kind == kindClusterGenerator }

// Resolve looks for the stores that are needed, among those of an environment and those
// that are known to stand outside. Where it finds none of the kind and nothing is known,
// it says nothing: the stores stand elsewhere then. Only a store that is there and does
// not admit the namespace is certain; that none is there may come of a chart or of
// another repository. A namespace that is not told is any.
func Resolve(needs []Need, stores []Store, o Options) []Fault {
	byName := map[[2]string][]*Store{}
	kinds := map[string]bool{}
	var listed []StoreName
	var patterns []StoreName
	for i := range stores {
		s := &stores[i]
		key := [2]string{s.Kind, s.Name}
		byName[key] = append(byName[key], s)
		kinds[s.Kind] = true
		if isHole(s.Name) {
			patterns = append(patterns, StoreName{Kind: s.Kind, Name: pattern(s.Name)})
		} else {
			listed = append(listed, s.StoreName)
		}
	}
	var generators []StoreName
	for i := range stores {
		if stores[i].Backend == "generator" {
			generators = append(generators, stores[i].StoreName)
		}
	}
	r := resolver{generators: generators, byName: byName, kinds: kinds, patterns: patterns, listed: listed, options: o}
	var list []Fault
	for i := range needs {
		if f, ok := r.resolve(&needs[i]); ok {
			f.Index = i
			list = append(list, f)
		}
	}
	return list
}

type resolver struct {
	byName   map[[2]string][]*Store
	kinds    map[string]bool // of which the environment holds a store
	patterns []StoreName     // of names with a part that is filled in
	listed   []StoreName

	generators []StoreName
	options    Options

	suggested int
}

func (r *resolver) resolve(n *Need) (Fault, bool) {
	if isHole(n.Store.Name) || isHole(n.Store.Namespace) || isHole(n.Store.Kind) || !isName(n.Store.Name) || r.isKnown(n) {
		return Fault{}, false
	}
	named := r.byName[[2]string{n.Store.Kind, n.Store.Name}]
	var elsewhere, denied *Store
	for _, s := range named {
		switch {
		case !isClusterKind(s.Kind) && differ(s.Namespace, n.Store.Namespace):
			elsewhere = s
		case !s.admits(n.Namespace):
			denied = s
		default:
			return Fault{}, false
		}
	}
	at := func(f Fault) (Fault, bool) {
		f.Place = n.Place
		return f, true
	}
	switch {
	case denied != nil:
		return at(fault(onStoreDenies, nil, "the %s %s is not for the namespace %s", n.Store.Kind, n.Store.Name, n.Namespace))
	case slices.ContainsFunc(r.patterns, func(s StoreName) bool { return s.Kind == n.Store.Kind && matches(s.Name, n.Store.Name) }):
		return Fault{}, false
	case elsewhere != nil:
		return at(fault(onStoreElsewhere, nil, "the %s %s is one of the namespace %s, and it is looked for in %s", n.Store.Kind, n.Store.Name, elsewhere.Namespace, n.Store.Namespace))
	}
	hint := r.hint(n)
	if hint == "" && !r.kinds[n.Store.Kind] && !r.knowsAny(n) {
		return Fault{}, false
	}
	return at(fault(onStoreMissing, nil, "there is no %s %s%s", n.Store.Kind, n.Store.Name, hint))
}

// differ tells whether two namespaces are told and not the same.
func differ(a, b string) bool { return a != "" && b != "" && a != b && !isHole(a) && !isHole(b) }

// hint says what may be meant.
func (r *resolver) hint(n *Need) string {
	for _, kind := range [...]string{kindSecretStore, kindClusterStore} {
		if kind != n.Store.Kind && len(r.byName[[2]string{kind, n.Store.Name}]) > 0 {
			return ", but there is a " + kind + " of this name"
		}
	}
	if n.Dialect == ESO && !isESOStore(n.Store.Kind) {
		for _, s := range r.generators {
			if s.Name == n.Store.Name && s.Kind != n.Store.Kind {
				return ", but there is a " + s.Kind + " of this name"
			}
		}
	}
	if r.suggested++; r.suggested > mostSuggestions {
		return ""
	}
	var names []string
	for _, s := range r.listed {
		if s.Kind == n.Store.Kind || isESOStore(s.Kind) && isESOStore(n.Store.Kind) {
			names = append(names, s.Name)
		}
	}
	return meant(n.Store.Name, names)
}

func isESOStore(kind string) bool { return kind == kindSecretStore || kind == kindClusterStore }

// isKnown tells whether a store is one of those that stand outside the tree.
func (r *resolver) isKnown(n *Need) bool {
	return slices.ContainsFunc(r.options.Known, func(k StoreName) bool {
		ok, err := path.Match(k.Name, n.Store.Name)
		return err == nil && ok && (k.Kind == "" || k.Kind == n.Store.Kind) && !differ(k.Namespace, n.Store.Namespace)
	})
}

// knowsAny tells whether any store of the kinds of a dialect is known outside the tree.
func (r *resolver) knowsAny(n *Need) bool {
	return slices.ContainsFunc(r.options.Known, func(k StoreName) bool { return k.Kind == "" || k.Kind == n.Store.Kind })
}

// admits tells whether a store may be for a namespace.
func (s *Store) admits(namespace string) bool {
	if !s.Limited || namespace == "" || isHole(namespace) || s.Selects || s.Dialect == VSO && s.Namespace == "" {
		return true
	}
	for _, n := range s.Namespaces {
		if n == "*" || n == namespace || isHole(n) {
			return true
		}
	}
	for _, text := range s.Expressions {
		if len(text) > mostExpressionBytes {
			return true
		}
		if e, err := regexp.Compile(text); err != nil || e.MatchString(namespace) {
			return true
		}
	}
	return false
}

// Locate fills in what the stores of an environment say about references: backend,
// address, mount, engine, and the path that Vault is asked for. It also judges what only
// all of them together show. A store that is not there leaves its references as they are.
// The faults are in the order of the references, those of one mount behind the others.
func Locate(references []Reference, stores []Store, o Options) ([]Reference, []Fault) {
	byName := map[StoreName]*Store{}
	for i := range stores {
		s := &stores[i]
		if byName[s.StoreName] == nil {
			byName[s.StoreName] = s
		}
	}
	out := slices.Clone(references)
	var list []Fault
	for i := range out {
		r := &out[i]
		s := find(byName, r.Store)
		if s == nil {
			continue
		}
		before := len(list)
		list = append(list, r.at(*s, byName)...)
		if r.Dialect == ESO {
			list = append(list, r.forbidden(o)...)
		}
		for k := before; k < len(list); k++ {
			list[k].Index, list[k].Document = i, r.Document
		}
	}
	return out, append(list, withoutSegment(out)...)
}

// withoutSegment finds the paths without a data/ segment below a mount that other
// references show to be KV version 2, in the dialects that put none in.
func withoutSegment(references []Reference) (list []Fault) {
	mounts := map[string]bool{}
	for _, r := range references {
		if r.Mount != "" && r.Engine == KV2 && r.Dialect != CSI && r.Dialect != AVP && r.Dialect != BankVaults {
			mounts[r.Mount] = true
		}
	}
	for i, r := range references {
		switch r.Dialect {
		case AVP, BankVaults, CSI:
		default:
			continue
		}
		mount, rest, _ := strings.Cut(r.Path, "/")
		if r.Engine != "" || !mounts[mount] || rest == "" || strings.HasPrefix(rest, "metadata/") || isHole(r.Path) || len(list) >= mostFaults {
			continue
		}
		f := fault(onDataMissing, nil, "other references here show that %s is an engine of KV version 2, and this path has no data/ segment behind it", mount)
		f.Index, f.Document, f.Place, f.Start, f.End = i, r.Document, r.Place, r.Start, r.End
		list = append(list, f)
	}
	return list
}

// find returns a store by its name, also where it does not tell its namespace.
func find(byName map[StoreName]*Store, name StoreName) *Store {
	if name.Name == "" {
		return nil
	}
	if s := byName[name]; s != nil {
		return s
	}
	return byName[StoreName{Kind: name.Kind, Name: name.Name}]
}

// at writes to r what a store says, and judges the two together.
func (r *Reference) at(s Store, byName map[StoreName]*Store) []Fault {
	if next := find(byName, s.Next); next != nil {
		s.Address = next.Address
	}
	r.Address, r.VaultNamespace = or(r.Address, s.Address), or(r.VaultNamespace, s.VaultNamespace)
	if r.Auth == (Auth{}) {
		r.Auth = s.Auth
	}
	if r.Dialect != ESO {
		return nil
	}
	r.Backend = s.Backend
	if s.Backend != "vault" {
		return nil
	}
	key := r.Path
	if isHole(key) || isHole(s.Mount) || s.Engine == "" {
		return nil
	}
	r.Engine = s.Engine
	r.Mount, r.Path, r.Request = s.request(key)
	r.Mount, r.Request = trimSlashes(r.Mount), trimSlashes(r.Request)
	return r.storeFaults(s, key)
}

// storeFaults judges the key of a remoteRef by its store.
func (r *Reference) storeFaults(s Store, key string) (list []Fault) {
	report := func(g ground, format string, args ...any) {
		f := fault(g, nil, format, args...)
		f.Place, f.Start, f.End = r.Place, r.Start, r.End
		list = append(list, f)
	}
	_, _, hasData := splitData(key)
	switch {
	case s.Engine == KV2 && s.HasMount && strings.HasPrefix(r.Path, "data/"):
		report(onDataExtra, "data/ is put in behind the path of the store, so that %s is asked for", r.Request)
	case s.Engine == KV2 && !s.HasMount && !strings.Contains(key, "/"):
		report(onNoMount, "the store has no path and the key no slash, so that the key is taken for the mount")
	case s.Engine == KV1 && hasData:
		report(onDataExtra, "the store is one of KV version 1, whose paths have no data/")
	}
	if r.Metadata && s.Engine == KV1 {
		report(onMetadataV1, "metadataPolicy is Fetch, and the store is one of KV version 1, which has no metadata")
	}
	if r.Version != "" && !isHole(r.Version) && s.Engine == KV2 && !isDigits(r.Version) {
		report(onESOVersion, "the store is one of Vault, whose versions are whole numbers")
	}
	return list
}

// foreign judges the server that a reference names.
func (r Reference) foreign(o Options) []Fault {
	return foreign(r.Address, r.Place, r.Start, r.End, o)
}

func (s Store) foreign(o Options) []Fault { return foreign(s.Address, s.Place, 0, 0, o) }

func foreign(address string, at Place, start, end int, o Options) []Fault {
	if address == "" || len(o.Addresses) == 0 || isHole(address) {
		return nil
	}
	if slices.ContainsFunc(o.Addresses, func(a string) bool { return sameServer(a, address) }) {
		return nil
	}
	f := fault(onAddress, nil, "the server that is named is none of those that are allowed")
	f.Place, f.Start, f.End = at, start, end
	return []Fault{f}
}

// sameServer compares two addresses less what does not tell servers apart.
func sameServer(a, b string) bool {
	normal := func(text string) string { return strings.ToLower(strings.TrimRight(text, "/")) }
	return normal(a) == normal(b)
}

// forbidden judges the path of a reference by the rules for its namespace.
func (r Reference) forbidden(o Options) []Fault {
	namespace, where := r.Object.Namespace, path.Clean(r.logical())
	if len(o.Paths) == 0 || namespace == "" || where == "." || isHole(where) || isHole(namespace) || r.Engine == Transit {
		return nil
	}
	ruled := false
	for _, rule := range o.Paths {
		if !rule.names(namespace) {
			continue
		}
		ruled = true
		for _, prefix := range rule.Prefixes {
			prefix = trimSlashes(strings.ReplaceAll(prefix, "{namespace}", namespace))
			if where == prefix || strings.HasPrefix(where, prefix+"/") || prefix == "" {
				return nil
			}
		}
	}
	if !ruled {
		return nil
	}
	f := fault(onPathForbidden, nil, "the path is not for the namespace %s", namespace)
	f.Place, f.Start, f.End = r.Place, r.Start, r.End
	return []Fault{f}
}
