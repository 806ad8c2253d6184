package secrets

import (
	"strings"

	"github.com/gatehouse-dev/gatehouse/secrets/settings"
)

// flags judges a value that is a list of flags for a program, as in JAVA_OPTS: by
// the secrets among them.
func (j *judge) flags(v string) (Answer, bool) {
	if j.level == Promises || len(v) > maxURL || !beginsWithFlag(v) {
		return Answer{}, false
	}
	worst := Answer{Class: Public, Evidence: "it is a list of flags that holds no secret"}
	for _, s := range settings.Command(append([]string{"run"}, strings.Fields(v)...)) {
		if a := classify(s.Key, s.Value, Named, j.depth+1); a.Class.Leaks() {
			worst = worse(worst, Answer{Class: a.Class, Evidence: "it is a list of flags with a secret among them", Family: a.Family})
		}
	}
	return worst, true
}

// beginsWithFlag tells -x or --x at the beginning of several, or of one with a value.
func beginsWithFlag(v string) bool {
	name := strings.TrimPrefix(strings.TrimPrefix(v, "-"), "-")
	return name != v && name != "" && isLetter(name[0]) && strings.ContainsAny(v, " =") && !strings.Contains(v, "\n-----")
}
