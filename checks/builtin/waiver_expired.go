package builtin

import (
	"fmt"
	"time"

	"github.com/gatehouse-dev/gatehouse/checks"
)

func waiverExpired() checks.Check {
	return checks.Check{
		ID:       "waiver-expired",
		Title:    "Waiver has expired",
		Category: checks.Trust,
		Severity: checks.Warning,
		Why: "A waiver is a promise to mend something by a day. When the day is over the waiver no longer holds, " +
			"and the finding that it covered counts as new.",
		Fix: "Mend the finding and delete the waiver, or have its owner agree on a new day.",
		Bad: []string{`-- manifest.yaml --
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
  expires: 2020-01-31
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
				if u.Expired {
					p.Report(checks.Report{
						Where:   checks.Location{File: u.Waiver.Source, At: u.Waiver.At},
						Message: fmt.Sprintf("This waiver of %s held until %s; %s.", u.Waiver.Check, u.Waiver.Expires.Format(time.DateOnly), covered(u.Used)),
					})
				}
			}
			return nil
		},
	}
}

func covered(n int) string {
	switch n {
	case 0:
		return "nothing needs it any more"
	case 1:
		return "the finding that it covered counts again"
	}
	return fmt.Sprintf("the %d findings that it covered count again", n)
}
