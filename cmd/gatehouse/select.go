package main

import (
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/builtin"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/admission"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/suggest"
	"github.com/gatehouse-dev/gatehouse/policies/podsecurity"
)

// knownChecks are all checks that there are: those of every gate, and those that
// only the gate at admission runs.
func knownChecks() []checks.Check {
	return append(append(builtin.All(), podsecurity.Check(noLevel)), admission.Checks()...)
}

// selectChecks keeps the checks that --only and --skip leave: each word is a check
// ID or a category, and several may be joined by commas.
func selectChecks(all []checks.Check, only, skip []string) ([]checks.Check, error) {
	only, skip = words(only), words(skip)
	for _, w := range append(slices.Clone(only), skip...) {
		if err := knownCheck(all, w); err != nil {
			return nil, err
		}
	}
	var kept []checks.Check
	for _, c := range all {
		if (len(only) == 0 || names(only, c)) && !names(skip, c) {
			kept = append(kept, c)
		}
	}
	return kept, nil
}

func words(values []string) []string {
	var out []string
	for _, v := range values {
		for w := range strings.SplitSeq(v, ",") {
			if w = strings.TrimSpace(w); w != "" {
				out = append(out, w)
			}
		}
	}
	return out
}

func names(words []string, c checks.Check) bool {
	return slices.Contains(words, c.ID) || slices.Contains(words, string(c.Category))
}

func knownCheck(all []checks.Check, word string) error {
	var known []string
	for _, c := range all {
		if c.ID == word {
			return nil
		}
		known = append(known, c.ID)
	}
	for _, category := range checks.Categories() {
		if string(category) == word {
			return nil
		}
		known = append(known, string(category))
	}
	for _, c := range admission.Checks() {
		if c.ID == word {
			return usage("%s runs only at admission: gatehouse webhook", word)
		}
	}
	for _, d := range libraryDeclarations() {
		if d.check.ID == word {
			return usage("the policy %s does not run here: see policies in .gatehouse/config.yaml", word)
		}
		known = append(known, d.check.ID)
	}
	return usage("unknown check or category %q%s; gatehouse explain lists them", word, suggest.Sentence(word, known))
}
