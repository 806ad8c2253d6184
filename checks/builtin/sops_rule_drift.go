package builtin

import (
	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/secrets/sealed"
)

func sopsRuleDrift(s Settings) checks.Check {
	return checks.Check{
		ID:       "sops-rule-drift",
		Title:    "File is not encrypted by the rule that .sops.yaml has for it",
		Category: checks.Sealing,
		Severity: checks.Error,
		Why: "An encrypted file keeps the rule by which its values were chosen, and `.sops.yaml` may have another one by now, or has one that does nothing: a misspelled field is skipped without a word, " +
			"and so is an expression that does not compile. With `^data$` in the file and `^(data|stringData)$` in `.sops.yaml`, the next value under `stringData` is written in the clear.",
		Fix: "Bring the file to the rule: decrypt it and encrypt it again with the present `.sops.yaml`; or correct the rule.",
		Bad: []string{"-- database.sops.yaml --\n" + exampleSOPS(exampleKey, "  password: "+exampleValue(1, 12)+"\n") + `-- .sops.yaml --
creation_rules:
- path_regex: \.sops\.yaml$
  encrypted_regex: ^data$
  kms: ` + exampleKey + "\n", `-- .sops.yaml --
creation_rules:
- path_regex: \.sops\.yaml$
  encrypted-regex: ^(data|stringData)$
  kms: ` + exampleKey + "\n"},
		Good:    []string{"-- database.sops.yaml --\n" + exampleSOPS(exampleKey, "  password: "+exampleValue(1, 12)+"\n") + "-- .sops.yaml --\n" + exampleRules},
		FactsOf: "files of SOPS", FileFacts: sopsFacts, Reads: readsAll,
		Tree: sopsTree(s, sealed.SOPSRuleDrift),
	}
}
