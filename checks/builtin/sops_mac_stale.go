package builtin

import (
	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/secrets/sealed"
)

func sopsMACStale() checks.Check {
	return checks.Check{
		ID:       "sops-mac-stale",
		Title:    "Values of a file changed and its MAC did not",
		Category: checks.Sealing,
		Severity: checks.Error,
		Why: "SOPS keeps a hash of all values of a file, encrypted, in `sops.mac`. Where a value changed, was moved or its order changed while the MAC is the same, the file was edited without SOPS: " +
			"SOPS refuses to decrypt it, and Flux, which does not look at the MAC, applies what somebody may have tampered with.",
		Fix:    "Take the change back (`git restore --source BASE FILE`, with BASE the last good commit), and make it with SOPS: `sops edit FILE`, or `gatehouse seal set FILE KEY`.",
		Bad:    []string{"-- base/database.sops.yaml --\n" + exampleSOPS(exampleKey, "  password: "+exampleValue(1, 12)+"\n") + "-- head/database.sops.yaml --\n" + exampleSOPS(exampleKey, "  password: "+exampleValue(2, 14)+"\n")},
		Good:   []string{"-- base/database.sops.yaml --\n" + exampleSOPS(exampleKey, "  password: "+exampleValue(1, 12)+"\n") + "-- head/database.sops.yaml --\n# Of the shop.\n" + exampleSOPS(exampleKey, "  password: "+exampleValue(1, 12)+"\n")},
		Change: sopsChange(sealed.SOPSMACStale),
	}
}
