package vault

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// ofKey answers whether a secret that is there has the key.
func (a Answer) ofKey(key string, keys tree) Answer {
	if key == "" {
		a.Outcome, a.What = Exists, fmt.Sprintf("%s exists", a.Place)
		return a
	}
	if _, ok := keys[key]; ok {
		return a.hasKey(key)
	}
	level, above := keys, ""
	parts := splitKey(key)
	for i, part := range parts {
		below, ok := level[part]
		switch {
		case !ok:
			return a.lacksKey(key, part, above, level)
		case i == len(parts)-1:
			return a.hasKey(key)
		case below == nil:
			a.Outcome, a.Reason = NotChecked, InsideValue
			a.What = fmt.Sprintf("%s has the key %s, and %s would lie inside its value, which is not read", a.Place, shown(above+part), shown(key))
			return a
		}
		level, above = below, above+part+"."
	}
	return a
}

func (a Answer) hasKey(key string) Answer {
	a.Outcome, a.What = Exists, fmt.Sprintf("%s has the key %s", a.Place, shown(key))
	return a
}

// lacksKey answers for a key that is missing among the names of one level, whose own
// names are those above.
func (a Answer) lacksKey(key, part, above string, level tree) Answer {
	a.Outcome = KeyMissing
	a.What = fmt.Sprintf("%s has no key %s in version %d", a.Place, shown(key), a.Version)
	a.Next = "add the key to the secret, or correct the reference"
	names := slices.Collect(maps.Keys(level))
	for _, name := range nearest(part, names) {
		a.Nearest = append(a.Nearest, above+name)
	}
	if above == "" && key != part {
		// The whole may be a slip of one name that has a dot in it.
		for _, name := range nearest(key, names) {
			if !slices.Contains(a.Nearest, name) && len(a.Nearest) < mostNearest {
				a.Nearest = append(a.Nearest, name)
			}
		}
	}
	return a.meant()
}

// splitKey splits the name of a nested key at its dots; \. is a dot in a name.
func splitKey(key string) []string {
	var parts []string
	var part strings.Builder
	for i := 0; i < len(key); i++ {
		switch {
		case key[i] == '\\' && i+1 < len(key) && (key[i+1] == '.' || key[i+1] == '\\'):
			i++
			part.WriteByte(key[i])
		case key[i] == '.':
			parts = append(parts, part.String())
			part.Reset()
		default:
			part.WriteByte(key[i])
		}
	}
	return append(parts, part.String())
}
