package builtin

import (
	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/secrets/sealed"
)

func sopsValueUnencrypted(s Settings) checks.Check {
	return checks.Check{
		ID:       "sops-value-unencrypted",
		Title:    "Value that SOPS should have encrypted is in the clear",
		Category: checks.Sealing,
		Severity: checks.Error,
		Why: "SOPS encrypts when it is run. A value that somebody adds to an encrypted file by hand stays in the clear, and the file looks encrypted all the same: every tool that asks only whether there is " +
			"a `sops` block lets it pass. So every value that the rule in the file, or the rule in `.sops.yaml`, covers is looked at, and every file that a rule names.",
		Fix: "Encrypt it with SOPS: `gatehouse seal FILE`. Where it was written over an encrypted value, take that back first (`git restore FILE`) and set the new one with `gatehouse seal set FILE KEY`. If it has been pushed, rotate it.",
		Bad: []string{"-- database.sops.yaml --\n" + exampleSOPS(exampleKey, "  password: "+exampleValue(1, 12)+"\n  token: Tiger-Lily-48\n"), "-- .sops.yaml --\n" + exampleRules + `-- database.sops.yaml --
apiVersion: v1
kind: Secret
metadata:
  name: database
stringData:
  password: Tiger-Lily-48
`},
		Good:    []string{"-- database.sops.yaml --\n" + exampleSOPS(exampleKey, "  password: "+exampleValue(1, 12)+"\n") + "-- .sops.yaml --\n" + exampleRules},
		FactsOf: "files of SOPS", FileFacts: sopsFacts, Reads: readsAll,
		Tree:   sopsTree(s, sealed.SOPSValueUnencrypted),
		Change: sopsChange(sealed.SOPSValueUnencrypted),
	}
}
