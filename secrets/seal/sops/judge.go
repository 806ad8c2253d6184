package sops

import (
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/secrets/sealed"
)

// judge has the gate's own proofs look at a result, and refuses what has a fault that
// the file did not have before.
func judge(name string, out, before []byte, o Options) error {
	rule := o.Rule.judged
	faults := sealed.SOPS(manifest.Read(nameFor(name, o.Format), out, o.Limits), rule, nil)
	old := map[string]bool{}
	if before != nil {
		for _, f := range sealed.SOPS(manifest.Read(nameFor(name, o.Format), before, o.Limits), rule, nil) {
			old[f.Rule+"\x00"+f.Reason] = true
		}
	}
	for _, f := range faults {
		if f.Certain && !old[f.Rule+"\x00"+f.Reason] {
			return refuse(0, "", "the result would not pass: %s", f.Reason).at(f.Field)
		}
	}
	return nil
}
