package builtin

import (
	"fmt"

	"github.com/gatehouse-dev/gatehouse/checks"
)

func waiverUnused() checks.Check {
	return checks.Check{
		ID:       "waiver-unused",
		Title:    "Waiver covers nothing",
		Category: checks.Trust,
		Severity: checks.Warning,
		Why: "A waiver that covers nothing waits for a fault to come back: it would then pass unseen. " +
			"It is reported only by a run that judges the whole tree with the waiver's check on.",
		Fix: "Delete the waiver. If it was meant for something, compare its check, object, path and field with the finding: they must be exact.",
		Bad: []string{`-- manifest.yaml --
apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  type: LoadBalancer
-- .gatehouse/waivers.yaml --
version: 1
waivers:
- check: duplicate-key
  object: {apiVersion: v1, kind: Service, name: web}
  reason: The vendor's file; reported to them.
  owner: "@example/platform"
  expires: 2999-12-31
`},
		Good: []string{`-- manifest.yaml --
apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  type: ClusterIP
  type: LoadBalancer
-- .gatehouse/waivers.yaml --
version: 1
waivers:
- check: duplicate-key
  object: {apiVersion: v1, kind: Service, name: web}
  reason: The vendor's file; reported to them.
  owner: "@example/platform"
  expires: 2999-12-31
`},
		Waivers: func(p *checks.Pass, uses []checks.WaiverUse) error {
			for _, u := range uses {
				if u.Known && !u.Expired && u.Used == 0 {
					p.Report(checks.Report{
						Where:   checks.Location{File: u.Waiver.Source, At: u.Waiver.At},
						Message: fmt.Sprintf("This waiver of %s covers nothing.", u.Waiver.Check),
					})
				}
			}
			return nil
		},
	}
}
