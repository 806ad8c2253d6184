package scan

import (
	"regexp"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/secrets"
)

// sopsRule is what a file that SOPS has encrypted says of which of its values are
// encrypted (getsops/sops, sops.go, Tree.Encrypt): all but those under a key with the
// suffix "_unencrypted", unless it names another rule.
type sopsRule struct {
	expression *regexp.Regexp
	suffix     string
	covers     bool // the rule names what is encrypted, and not what is not
}

// maxExpression is the longest regular expression that is taken from a file.
const maxExpression = 1000

// sopsRuleOf returns the rule of a document with the metadata of SOPS, else nil.
func sopsRuleOf(root *manifest.Node) *sopsRule {
	sops := root.Get("sops")
	if sops.Get("mac") == nil && (sops.Get("lastmodified") == nil || sops.Get("version") == nil) {
		return nil
	}
	for _, covers := range []bool{true, false} {
		prefix := "unencrypted_"
		if covers {
			prefix = "encrypted_"
		}
		if suffix := sops.Get(prefix + "suffix").Str(); suffix != "" {
			return &sopsRule{suffix: suffix, covers: covers}
		}
		if text := sops.Get(prefix + "regex").Str(); text != "" && len(text) <= maxExpression {
			if expression, err := regexp.Compile(text); err == nil {
				return &sopsRule{expression: expression, covers: covers}
			}
		}
	}
	return &sopsRule{suffix: "_unencrypted"}
}

// narrow is the state of what stands under key: where the rule names it as one to
// encrypt, a value in the clear was added by hand.
func (r *sopsRule) narrow(key string, st state) state {
	if r.covers && key != "" && st.place != Annotation && r.matches(key) {
		st.in = secrets.Held
	}
	return st
}

func (r *sopsRule) matches(key string) bool {
	if r.expression != nil {
		return r.expression.MatchString(key)
	}
	return strings.HasSuffix(key, r.suffix)
}
