package seal

import (
	"fmt"
	"regexp"
	"strings"
)

// dataKey are the keys that a Secret may have: k8s.io/apimachinery,
// pkg/util/validation (IsConfigMapKey).
var dataKey = regexp.MustCompile(`^[-._a-zA-Z0-9]+$`)

const mostKeyBytes = 253

// badKey says why a Secret cannot have a key, or "".
func badKey(key string) string {
	switch {
	case key == "":
		return "it is empty"
	case key == "." || strings.HasPrefix(key, ".."):
		return "it reads like the name of a folder"
	case len(key) > mostKeyBytes:
		return fmt.Sprintf("it has more than %d characters", mostKeyBytes)
	case !dataKey.MatchString(key):
		return "it may have letters, digits, -, _ and . only"
	}
	return ""
}
