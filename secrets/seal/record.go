package seal

import (
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/secrets/sealed"
)

// recorded is a SealedSecret whose record says that the values of some keys are sealed
// with the certificate. One without a record stays without, unless anew.
func (r *rewriter) recorded(root manifest.Node, keys []string, anew bool) manifest.Node {
	now := map[string]bool{}
	for _, key := range keys {
		now[key] = true
	}
	return record(root, anew, func(key, before string) string {
		if now[key] {
			return r.options.Certificate.Fingerprint
		}
		return before
	})
}

// canRecord tells whether a record can be added to an object: not where its annotations
// are an alias, since the text that it names would have to change.
func canRecord(root place) bool {
	meta := root.field("metadata")
	if meta == nil || meta.value.alias {
		return false
	}
	annotations := meta.value.field("annotations")
	return annotations == nil || !annotations.value.alias
}

// record brings the record of a SealedSecret up to date: of says with which certificate
// the value of a key is sealed, or "" where that is not known. It is given what was
// recorded before. A record that says the same stays as it is written.
func record(root manifest.Node, anew bool, of func(key, before string) string) manifest.Node {
	note := root.Lookup("metadata", "annotations", sealed.SealedWith)
	if note.Str() == "" && !anew {
		return root
	}
	old := sealed.ReadRecord(note.Str())
	now, keys, same := map[string]string{}, []string{}, note.Str() != ""
	eachField(&root, encryptedData, func(n *manifest.Node) {
		if _, ok := sealed.ReadCiphertext(n.Str()); !ok {
			return
		}
		before := old.Of(n.Key)
		now[n.Key] = of(n.Key, before)
		keys = append(keys, n.Key)
		same = same && now[n.Key] == before
	})
	for _, key := range old.Named() {
		_, there := now[key]
		same = same && there
	}
	if same {
		return root
	}
	written := sealed.WriteRecord(keys, func(key string) string { return now[key] })
	if written == "" {
		return take(root, "metadata", "annotations", sealed.SealedWith)
	}
	return put(root, text("", written), last, "metadata", "annotations", sealed.SealedWith)
}
