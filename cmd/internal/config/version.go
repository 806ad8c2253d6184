package config

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// semantic is a version by semver.org 2.0.0, section 2 to 10, with an optional
// "v" before it; what follows a + has no effect on its order.
var semantic = regexp.MustCompile(`^v?(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z.-]+)?$`)

// needsNewer tells whether minimum is a later version than running. Both are
// semantic versions, with or without a "v"; a running version that is none, as
// that of a build from a work tree, counts as new enough.
func needsNewer(running, minimum string) bool {
	have, want := semantic.FindStringSubmatch(running), semantic.FindStringSubmatch(minimum)
	return have != nil && want != nil && compareVersions(have, want) < 0
}

// compareVersions orders two matches of semantic as semver.org 2.0.0 says in
// section 11.
func compareVersions(a, b []string) int {
	for i := 1; i <= 3; i++ {
		if c := compareNumbers(a[i], b[i]); c != 0 {
			return c
		}
	}
	switch {
	case a[4] == b[4]:
		return 0
	case a[4] == "":
		return 1
	case b[4] == "":
		return -1
	}
	return slices.CompareFunc(strings.Split(a[4], "."), strings.Split(b[4], "."), comparePrerelease)
}

// compareNumbers compares digits without leading zeros, of any length.
func compareNumbers(a, b string) int {
	return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b))
}

func comparePrerelease(a, b string) int {
	aNumber, bNumber := isDigits(a), isDigits(b)
	switch {
	case aNumber && bNumber:
		return compareNumbers(a, b)
	case aNumber:
		return -1
	case bNumber:
		return 1
	}
	return strings.Compare(a, b)
}

func isDigits(s string) bool { return strings.Trim(s, "0123456789") == "" }

// checkMinimum tells whether a program of the running version may read on.
func checkMinimum(root *manifest.Node, running string, f *faults) bool {
	n := root.Get("minimumVersion")
	minimum := n.Str()
	switch {
	case n == nil || n.Kind != manifest.String:
		return true // a wrong type is told by the decoder
	case !semantic.MatchString(minimum):
		f.add("minimumVersion", n.Place(), "minimumVersion must be a version such as 1.4.0", "")
		return true
	case needsNewer(running, minimum):
		f.add("minimumVersion", n.Place(), "this repository wants Gatehouse >= "+shorten(minimum)+", this is "+running, "install that version or a later one")
		return false
	}
	return true
}
