package builtin

import (
	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/secrets/sealed"
)

func sopsRecipientMismatch(s Settings) checks.Check {
	return checks.Check{
		ID:       "sops-recipient-mismatch",
		Title:    "File is encrypted for others than its rule says",
		Category: checks.Sealing,
		Severity: checks.Error,
		Why: "Who can read an encrypted file stands in the file, and who should in `.sops.yaml`. Where they differ, somebody cannot read what they need, or somebody can who should not: " +
			"a recipient who was added in the file alone, one whose key is hidden behind another name, one who has left. Taking a recipient out with `updatekeys` keeps the data key, " +
			"so that who has left can still read what does not change.",
		Fix:     "Run `sops updatekeys FILE`; where a recipient is taken out, `sops rotate -i FILE`, and rotate the values.",
		Bad:     []string{"-- database.sops.yaml --\n" + exampleSOPS(exampleOtherKey, "  password: "+exampleValue(1, 12)+"\n") + "-- .sops.yaml --\n" + exampleRules},
		Good:    []string{"-- database.sops.yaml --\n" + exampleSOPS(exampleKey, "  password: "+exampleValue(1, 12)+"\n") + "-- .sops.yaml --\n" + exampleRules},
		FactsOf: "files of SOPS", FileFacts: sopsFacts, Reads: readsAll,
		Tree:   sopsTree(s, sealed.SOPSRecipientMismatch),
		Change: sopsChange(sealed.SOPSRecipientMismatch),
	}
}
