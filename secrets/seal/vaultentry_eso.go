package seal

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// external is an ExternalSecret: what spec.data lists, and what spec.dataFrom fetches as
// a whole.
type external struct {
	*entering
	spec *manifest.Node
}

// item is the entry of a key in spec.data.
func (e external) item(key string) *manifest.Node {
	data := e.spec.Get("data")
	if data == nil {
		return nil
	}
	for i := range data.Items {
		if data.Items[i].Get("secretKey").Str() == key {
			return &data.Items[i]
		}
	}
	return nil
}

// from notes the store; SecretStore is what the operator takes for granted.
func (e external) from() {
	ref := e.spec.Get("secretStoreRef")
	e.entry.Store, e.entry.StoreKind = ref.Get("name").Str(), cmp.Or(ref.Get("kind").Str(), "SecretStore")
}

func (e external) set(key string, binary bool) error {
	e.from()
	item := e.item(key)
	if item == nil {
		return e.add(key, binary)
	}
	if err := e.at(item); err != nil {
		return err
	}
	remote := item.Get("remoteRef")
	if err := e.pinned(remote.Get("version")); err != nil {
		return err
	}
	return e.encoded(remote.Get("decodingStrategy"), item, binary)
}

// at says where an entry leads.
func (e external) at(item *manifest.Node) error {
	remote := item.Get("remoteRef")
	e.entry.Path, e.entry.Key = remote.Get("key").Str(), remote.Get("property").Str()
	key := item.Get("secretKey").Str()
	switch {
	case item.Get("sourceRef") != nil:
		return e.refuse(e.doc, item.Get("sourceRef").Place(), "write the value with vault kv patch", "the key %q comes from a store or generator of its own", key)
	case e.entry.Path == "":
		return e.refuse(e.doc, item.Place(), "write it as remoteRef.key", "the key %q does not say where its value is", key)
	case e.entry.Key == "":
		return e.refuse(e.doc, item.Place(), "name the key in Vault as remoteRef.property", "the key %q is the whole secret in Vault, and no one key of it", key)
	case strings.ContainsAny(e.entry.Key, "|#@*?"):
		return e.refuse(e.doc, item.Place(), "write the value with vault kv patch", "remoteRef.property of %q is a path into a value, and no one key", key)
	}
	return nil
}

// encoded tells whether a value is kept in base64, as the strategy of an entry says.
func (e external) encoded(strategy, item *manifest.Node, binary bool) error {
	switch strategy.Str() {
	case "Base64":
		e.entry.Encoded = true
	case "Auto":
		e.entry.Encoded = binary
	case "", "None":
		if binary {
			return e.refuse(e.doc, item.Place(), "write remoteRef.decodingStrategy: Base64", "the value is no text, and Vault keeps text alone")
		}
	default:
		return e.refuse(e.doc, strategy.Place(), "write the value with vault kv patch", "values are not written for the decoding strategy %q", strategy.Str())
	}
	return nil
}

// add lists a key as the last one, where the others are kept.
func (e external) add(key string, binary bool) error {
	data, from := e.spec.Get("data"), e.spec.Get("dataFrom")
	if data == nil || len(data.Items) == 0 {
		return e.extracted(key, from, binary)
	}
	beside := data.Items[len(data.Items)-1]
	for i := range data.Items {
		if err := e.at(&data.Items[i]); err != nil {
			return err
		}
		if data.Items[i].Lookup("remoteRef", "key").Str() != beside.Lookup("remoteRef", "key").Str() {
			return e.refuse(e.doc, data.Items[i].Place(), "add it to spec.data with its remoteRef, and set it then", "its keys are kept at several paths in Vault, and nothing says at which %q belongs", key)
		}
	}
	if err := e.pinned(beside.Lookup("remoteRef", "version")); err != nil {
		return err
	}
	e.entry.Key, e.entry.Encoded = key, binary
	made := put(manifest.Node{Kind: beside.Kind, Items: beside.Items}, text("", key), last, "secretKey")
	made = put(made, text("", key), last, "remoteRef", "property")
	made = take(made, "remoteRef", "decodingStrategy")
	if binary {
		made = put(made, text("", "Base64"), last, "remoteRef", "decodingStrategy")
	}
	more := *data
	more.Items = append(slices.Clone(data.Items), made)
	e.want = put(e.want, more, last, "spec", "data")
	e.remarkTemplate(key)
	return nil
}

// remarkTemplate notes that a template of the Secret decides which keys it has.
func (e external) remarkTemplate(key string) {
	template := e.spec.Lookup("target", "template")
	data := template.Get("data")
	if data != nil && len(data.Items) > 0 && data.Get(key) == nil && template.Get("mergePolicy").Str() != "Merge" {
		e.note(data.Place(), "spec.target.template.data says which keys the Secret has, and %q is not among them", key)
	}
}

// extracted is where a key is kept that is fetched with all others of one path.
func (e external) extracted(key string, from *manifest.Node, binary bool) error {
	if from == nil || len(from.Items) != 1 || from.Items[0].Lookup("extract", "key").Str() == "" {
		return e.refuse(e.doc, e.doc.At(), "add it to spec.data with its remoteRef, and set it then", "it has no key %q, and nothing says where its value would be kept", key)
	}
	extract := from.Items[0].Get("extract")
	if err := e.pinned(extract.Get("version")); err != nil {
		return err
	}
	e.entry.Path, e.entry.Key = extract.Get("key").Str(), key
	if n := extract.Get("property"); n.Str() != "" {
		return e.refuse(e.doc, n.Place(), "write the value with vault kv patch", "its keys are those of one value in Vault")
	}
	if n := from.Items[0].Get("rewrite"); n != nil && len(n.Items) > 0 {
		e.note(n.Place(), "spec.dataFrom renames keys, and %q is the name in Vault", key)
	}
	return e.encoded(extract.Get("decodingStrategy"), &from.Items[0], binary)
}

func (e external) unset(key string) error {
	e.from()
	item := e.item(key)
	data := e.spec.Get("data")
	switch {
	case item == nil && data != nil && len(data.Items) > 0:
		return e.refuse(e.doc, data.Place(), fmt.Sprintf("it has %q", e.keys()), "it has no key %q", key)
	case item == nil:
		return e.extracted(key, e.spec.Get("dataFrom"), false)
	case len(data.Items) == 1 && e.spec.Get("dataFrom") == nil:
		return e.refuse(e.doc, item.Place(), "delete the ExternalSecret instead", "%q is its last key", key)
	}
	if err := e.at(item); err != nil {
		return err
	}
	fewer := *data
	fewer.Items = nil
	for _, other := range data.Items {
		name, remote := other.Get("secretKey").Str(), other.Get("remoteRef")
		if name == key {
			continue
		}
		fewer.Items = append(fewer.Items, other)
		if remote.Get("key").Str() == e.entry.Path && (remote.Get("property").Str() == e.entry.Key || remote.Get("property").Str() == "") {
			e.entry.Others = append(e.entry.Others, name)
		}
	}
	if len(fewer.Items) == 0 {
		e.want = take(e.want, "spec", "data")
		return nil
	}
	e.want = put(e.want, fewer, last, "spec", "data")
	return nil
}

// keys are those that spec.data lists.
func (e external) keys() (keys []string) {
	data := e.spec.Get("data")
	for i := range data.Items {
		keys = append(keys, data.Items[i].Get("secretKey").Str())
	}
	return keys
}
