package builtin

import (
	"encoding/hex"
	"strconv"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/secrets/sealed"
)

// blobFacts are the sealed values of a document by their digests.
func blobFacts(d *manifest.Document) []checks.Fact {
	if !sealed.IsSealedSecret(d) {
		return nil
	}
	var facts []checks.Fact
	for _, b := range sealed.Blobs(d) {
		facts = append(facts, checks.Fact{
			Kind: "sealed", Key: hex.EncodeToString(b.Digest[:]),
			Values: []string{b.Key, b.Identity.Namespace, b.Identity.Name, strconv.Itoa(int(b.Identity.Scope)), strconv.FormatBool(b.Identity.Unknown)},
			Where:  checks.At(d, manifest.JoinField("spec.encryptedData", b.Key), b.Node),
		})
	}
	return facts
}

// blobsOf makes the values of facts again. Document is the index of the fact.
func blobsOf(facts []checks.Fact) []sealed.Blob {
	var list []sealed.Blob
	for i, f := range facts {
		b := sealed.Blob{Object: f.Where.Object, Key: f.Values[0], Document: i}
		digest, err := hex.DecodeString(f.Key)
		if err != nil || len(digest) != len(b.Digest) {
			continue // not one of ours
		}
		copy(b.Digest[:], digest)
		scope, _ := strconv.Atoi(f.Values[3])
		b.Identity = sealed.Identity{Namespace: f.Values[1], Name: f.Values[2], Scope: sealed.Scope(scope), Unknown: f.Values[4] == "true"}
		list = append(list, b)
	}
	return list
}
