package sops

import (
	"bytes"

	"github.com/gatehouse-dev/gatehouse/secrets/sealed"
)

// The envelope of a file that is encrypted as a whole (stores/json/store.go).
const (
	binaryKey      = "data"
	binaryEnvelope = "{\n\t\"data\": \"\"\n}\n"
)

// isEncryptedBinary tells an envelope with metadata.
func isEncryptedBinary(source []byte, o Options) bool {
	if trimmed := bytes.TrimSpace(source); len(trimmed) == 0 || trimmed[0] != '{' {
		return false
	}
	f, err := jsonSyntax{}.read(source, readLimits{nodes: o.Limits.FileNodes})
	return err == nil && f.first() != nil && f.first().get("mac") != nil
}

// encryptBinary encrypts a file as one value. Rules of what to encrypt do not count
// for it, as for SOPS.
func encryptBinary(name string, source []byte, o Options) (Result, error) {
	if int64(len(source)) > o.Limits.FileBytes {
		return Result{}, refuse(0, "", "the file has more than %d bytes", o.Limits.FileBytes).because(Broken)
	}
	if len(source) == 0 {
		return Result{}, refuse(0, "leave it as it is", "the file is empty: there is nothing to encrypt").because(Uncovered)
	}
	f, err := jsonSyntax{}.read([]byte(binaryEnvelope), readLimits{nodes: 10})
	if err != nil {
		return Result{}, err
	}
	f.docs[0].get(binaryKey).value = value{text, string(source)}
	o.Rule = o.Rule.forBinary()
	return encryptFile(name, f, source, o)
}

// forBinary is a rule without a selection.
func (r Rule) forBinary() Rule {
	r.Selection, r.MACOnlyEncrypted = sealed.Selection{}, false
	if r.judged != nil {
		judged := *r.judged
		judged.Selection, judged.MACOnlyEncrypted = defaultSelection, false
		r.judged = &judged
	}
	return r
}

// binaryText is what an envelope holds.
func binaryText(list []opened) ([]byte, error) {
	for _, one := range list {
		if one.trail.String() == binaryKey && one.shape == isLeaf {
			return []byte(one.plain.text), nil
		}
	}
	return nil, refuse(0, "name the format of the file", "the file is no binary one: it has no %q", binaryKey).because(Broken)
}
