package config

import (
	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/secrets/scan"
)

// Rules gives the repository's own rules of what a secret is, for a run. It is zero
// where there are none.
func (s Settings) Rules() checks.SecretRules {
	if len(s.SecretRules.Rules) == 0 {
		return checks.SecretRules{}
	}
	return checks.SecretRules{Digest: s.Digest, Find: func(path string, text []byte) ([]scan.Range, bool) {
		hits, complete := s.SecretRules.Find(path, text)
		ranges := make([]scan.Range, len(hits))
		for i, h := range hits {
			ranges[i] = scan.Range{Start: h.Start, End: h.End, ID: h.Rule.ID, Title: h.Rule.Description}
		}
		return ranges, complete
	}}
}
