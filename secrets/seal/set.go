package seal

import (
	"fmt"
	"slices"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/secrets"
	"github.com/gatehouse-dev/gatehouse/secrets/sealed"
)

// Set seals one value and writes it under a key of a SealedSecret of a file, in the
// place of the one that is there, or as a new one: in order where the keys are sorted,
// else behind the last. Only the lines of that key change, and the record of the
// certificate where there is one that would be wrong. The value is sealed for the scope
// that the SealedSecret has. It is its owner's to overwrite. The error is as of File; a
// plaintext Secret is refused, since File is to seal the rest of it.
func Set(name string, text []byte, object Selector, key string, plain []byte, o Options) (Result, error) {
	r, err := open(name, text, o)
	if err != nil {
		return Result{}, err
	}
	d, err := r.choose(object)
	if err != nil {
		return Result{}, err
	}
	if err := r.ready(); err != nil {
		return Result{}, err
	}
	w, err := r.set(d, key, plain)
	if err != nil {
		return Result{}, err
	}
	return r.finished([]*written{w}, text)
}

// set says how a value is written.
func (r *rewriter) set(d *manifest.Document, key string, plain []byte) (*written, error) {
	id, err := r.settable(d, key, plain)
	if err != nil {
		return nil, err
	}
	v := value{key: key, plain: plain, at: d.At(), class: secrets.Classify(key, string(plain), secrets.Held).Class}
	if n := d.Root.Lookup(append(slices.Clone(encryptedData), key)...); n != nil {
		v.at = n.Place()
	}
	r.remarkValue(d, v)
	ciphertexts, err := r.encrypt(d, id, []value{v})
	if err != nil {
		return nil, err
	}
	root := putSealed(*d.Root, key, ciphertexts[key])
	w := &written{doc: d, values: []value{v}, scope: id.scope, keys: []string{key}}
	return w, r.amended(w, r.recorded(root, w.keys, false))
}

// putSealed writes a ciphertext into encryptedData, which is the first field of spec.
func putSealed(root manifest.Node, key, ciphertext string) manifest.Node {
	if root.Lookup(encryptedData...) == nil {
		root = put(root, fields(""), first, encryptedData...)
	}
	return put(root, text("", ciphertext), inOrder, append(slices.Clone(encryptedData), key)...)
}

// settable refuses a value that cannot be set, and reads what it is bound to.
func (r *rewriter) settable(d *manifest.Document, key string, plain []byte) (identity, error) {
	if reason := badKey(key); reason != "" {
		return identity{}, r.refuse(d, d.At(), "name it otherwise", "a Secret cannot have the key %q: %s", key, reason)
	}
	if len(plain) == 0 && !r.options.AllowEmpty {
		return identity{}, r.refuse(d, d.At(), "give a value, or say that an empty one is meant", "the value of %q is empty", key)
	}
	if err := r.single(d); err != nil {
		return identity{}, err
	}
	for _, path := range [][]string{{"spec"}, encryptedData} {
		if n := d.Root.Lookup(path...); n != nil && n.Kind != manifest.Map && n.Kind != manifest.Null {
			return identity{}, r.refuse(d, n.Place(), "write it as a map", "%s is a %s and must be a map", path[len(path)-1], n.Kind)
		}
	}
	if n := d.Root.Lookup("spec", "data"); n.Str() != "" {
		return identity{}, r.refuse(d, n.Place(), "create it again with gatehouse seal create", "its values are sealed as one (spec.data), which the controller no longer takes")
	}
	size := len(plain)
	eachField(d.Root, encryptedData, func(n *manifest.Node) {
		if c, ok := sealed.ReadCiphertext(n.Str()); ok && n.Key != key {
			size += c.Length
		}
	})
	if size > maxSecret {
		return identity{}, r.refuse(d, d.At(), "split it", "its values would have %d bytes together, and Kubernetes takes up to %d", size, maxSecret)
	}
	return r.identify(d)
}

// remarkValue notes what a person should know of a value.
func (r *rewriter) remarkValue(d *manifest.Document, v value) {
	note := func(format string, args ...any) {
		r.result.Notes = append(r.result.Notes, noteOf(d, v.at, format, args...))
	}
	switch {
	case isFilled(v.class, string(v.plain)):
		note("the value of %q reads like a %s, and was sealed as it stands", v.key, wordFor(v.class))
	case v.class == secrets.Placeholder:
		note("the value of %q reads like a placeholder, and was sealed as it stands", v.key)
	}
	if n := d.Root.Lookup("spec", "template", "data", v.key); n != nil {
		note("spec.template.data has the key %q, too, and controllers up to v0.36 take what it makes instead of the sealed value", v.key)
	}
}

// Unset takes a key and its value out of a SealedSecret of a file: the lines of the key
// go, and all else stays. The last key, and one that the type of the Secret demands, are
// refused. The error is as of File.
func Unset(name string, text []byte, object Selector, key string, o Options) (Result, error) {
	r, err := open(name, text, o)
	if err != nil {
		return Result{}, err
	}
	d, err := r.choose(object)
	if err != nil {
		return Result{}, err
	}
	if err := r.writable(); err != nil {
		return Result{}, err
	}
	if err := r.removable(d, key); err != nil {
		return Result{}, err
	}
	for _, template := range usersOf(d, key) {
		r.result.Notes = append(r.result.Notes, noteOf(d, template.Place(), "spec.template.data[%q] refers to %q, which is no longer there", template.Key, key))
	}
	w := &written{doc: d, scope: annotatedScope(d.Root.Lookup("metadata", "annotations")), keys: []string{key}}
	root := take(*d.Root, append(slices.Clone(encryptedData), key)...)
	if err := r.amended(w, record(root, false, func(_, before string) string { return before })); err != nil {
		return Result{}, err
	}
	return r.finished([]*written{w}, text)
}

// removable refuses a key that cannot be taken away.
func (r *rewriter) removable(d *manifest.Document, key string) error {
	if err := r.single(d); err != nil {
		return err
	}
	data := d.Root.Lookup(encryptedData...)
	n := data.Get(key)
	var keys []string
	eachField(d.Root, encryptedData, func(n *manifest.Node) { keys = append(keys, n.Key) })
	switch {
	case n == nil && len(keys) == 0:
		return r.refuse(d, d.At(), "", "it has no sealed values")
	case n == nil:
		return r.refuse(d, d.At(), fmt.Sprintf("it has %q", keys), "it has no key %q", key)
	case len(keys) == 1:
		return r.refuse(d, n.Place(), "delete the SealedSecret instead", "%q is its last key, and a SealedSecret without values makes an empty Secret", key)
	}
	kind := d.Root.Lookup("spec", "template", "type").Str()
	if slices.Contains(demandedBy(kind), key) && d.Root.Lookup("spec", "template", "data", key) == nil {
		return r.refuse(d, n.Place(), "replace the value with gatehouse seal set, or delete the SealedSecret", "a Secret of the type %s must have the key %q", kind, key)
	}
	return nil
}
