package builtin

import (
	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/secrets/sealed"
)

func sopsValueMalformed(s Settings) checks.Check {
	return checks.Check{
		ID:       "sops-value-malformed",
		Title:    "Value or metadata of SOPS is not well-formed",
		Category: checks.Sealing,
		Severity: checks.Error,
		Why: "A value that SOPS has encrypted has one exact form, and SOPS itself looks only at its beginning: what stands behind the closing bracket is ignored, and in the clear, " +
			"and a value that is cut off or copied from another key fails when it is decrypted, in the cluster.",
		Fix:     "Restore the value from history, or set it again: `gatehouse seal set FILE KEY`.",
		Bad:     []string{"-- database.sops.yaml --\n" + exampleSOPS(exampleKey, "  password: "+exampleValue(1, 12)+" Tiger-Lily-48\n"), "-- database.sops.yaml --\n" + exampleSOPS(exampleKey, "  password: ENC[AES256_GCM,data:abc,type:str]\n")},
		Good:    []string{"-- database.sops.yaml --\n" + exampleSOPS(exampleKey, "  password: "+exampleValue(1, 12)+"\n") + "-- .sops.yaml --\n" + exampleRules},
		FactsOf: "files of SOPS", FileFacts: sopsFacts, Reads: readsAll,
		Tree: sopsTree(s, sealed.SOPSValueMalformed),
	}
}
