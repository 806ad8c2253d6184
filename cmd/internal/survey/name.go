package survey

import (
	"path"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks"
)

// label is what the name of a folder or file says of an environment.
type label struct {
	place string // the first of the words for the same place: "dev", "prod", "non-prod"
	rest  string // what else the name says: "eu" of "production-eu"; "" if nothing
	name  string // as it is written, in lower case
	// telling is false for words that folders bear for other reasons as well: test,
	// dev, live.
	telling bool
}

// key is the same for the names of one environment.
func (l label) key() string { return l.place + " " + l.rest }

// vocabulary knows the words for environments.
type vocabulary struct {
	order map[string]int // by place, from the first of a promotion
	words map[string]bool
}

func newVocabulary() vocabulary {
	v := vocabulary{map[string]int{}, map[string]bool{}}
	for i, word := range checks.EnvironmentNames() {
		v.words[word] = true
		if place := placeOf(word); place == word {
			v.order[place] = 2 * i
			v.order["non-"+place] = 2*i - 1
		}
	}
	return v
}

// placeOf gives one word for those that mean the same place.
func placeOf(word string) string {
	switch word {
	case "development":
		return "dev"
	case "integration":
		return "int"
	case "staging":
		return "stage"
	case "preprod", "preproduction":
		return "pre"
	case "production":
		return "prod"
	}
	return word
}

// isTelling knows the words that hardly any folder bears for another reason.
func isTelling(place, word string) bool {
	switch place {
	case "uat", "stage", "prod":
		return true
	}
	return word == "preprod" || word == "preproduction" || strings.HasPrefix(place, "non-")
}

// read reads the name of a folder: a word for an environment, alone or with other
// words, numbers and regions around it ("production-eu", "prod1", "eu.prod").
func (v vocabulary) read(name string) (label, bool) {
	if len(name) > longestName {
		return label{}, false
	}
	name = strings.ToLower(name)
	return v.of(tokens(name), name)
}

// tokens splits a name at the signs that the field composes names with.
func tokens(name string) []string {
	return strings.FieldsFunc(name, func(r rune) bool { return r == '-' || r == '_' || r == '.' })
}

// of reads the parts of a name. Of several words for environments the last of a
// promotion counts: "int-test" is a test.
func (v vocabulary) of(parts []string, name string) (label, bool) {
	found := label{name: name}
	var rest []string
	for i := 0; i < len(parts); i++ {
		part := parts[i]
		if !isWord(part) || isIssuer(part) {
			return label{}, false
		}
		if i+1 < len(parts) && v.joins(part, parts[i+1]) {
			i++
			part += parts[i]
		}
		place, word, number := v.word(part)
		switch {
		case place == "":
			rest = append(rest, part)
			continue
		case found.place == "" || v.order[place] > v.order[found.place]:
			if found.place != "" {
				rest = append(rest, found.place)
			}
			found.place, found.telling = place, isTelling(place, word)
		default:
			rest = append(rest, place)
		}
		if number != "" {
			rest = append(rest, number)
		}
	}
	found.rest = strings.Join(rest, "-")
	return found, found.place != ""
}

// joins tells whether two parts are one word: "pre-prod", "non-production".
func (v vocabulary) joins(first, second string) bool {
	place, _, _ := v.word(second)
	return place == "prod" && first == "pre" || place != "" && first == "non"
}

// word reads one part of a name: a word for an environment, after "non" and with
// a number behind it or not.
func (v vocabulary) word(part string) (place, word, number string) {
	word = strings.TrimRight(part, "0123456789")
	number = part[len(word):]
	if v.words[word] {
		return placeOf(word), word, number
	}
	if rest, ok := strings.CutPrefix(word, "non"); ok && v.words[rest] {
		return "non-" + placeOf(rest), word, number
	}
	return "", "", ""
}

func isWord(part string) bool {
	for _, c := range []byte(part) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return part != ""
}

// isIssuer knows the words of certificate issuers: "letsencrypt-staging" and
// "letsencrypt-prod" are two servers of Let's Encrypt, whatever the environment.
func isIssuer(part string) bool { return part == "letsencrypt" || part == "acme" }

// file reads the name of a file that is made for one environment. sure is false
// for one that only goes along with others, such as secrets.prod.yaml.
func (v vocabulary) file(base string) (l label, sure, ok bool) {
	ext := path.Ext(base)
	if ext != ".yaml" && ext != ".yml" || len(base) > longestName+len(".secret.values")+len(ext) {
		return label{}, false, false
	}
	parts := tokens(strings.ToLower(strings.TrimSuffix(base, ext)))
	at := slices.Index(parts, "values")
	if at < 0 {
		if !slices.ContainsFunc(parts, isSecretMark) {
			return label{}, false, false
		}
		l, ok = v.side(parts)
		return l, false, ok
	}
	before, isBefore := v.side(parts[:at])
	after, isAfter := v.side(parts[at+1:])
	if isBefore == isAfter {
		return label{}, false, false
	}
	if isBefore {
		return before, true, true
	}
	return after, true, true
}

// side reads the parts of a file's name that stand on one side of "values".
func (v vocabulary) side(parts []string) (label, bool) {
	parts = slices.DeleteFunc(slices.Clone(parts), func(part string) bool {
		return isSecretMark(part) || part == "enc" || part == "encrypted" || part == "sops"
	})
	return v.of(parts, strings.Join(parts, "-"))
}

func isSecretMark(part string) bool { return part == "secret" || part == "secrets" }

// ofRepository reads the name of a repository that is one environment as a whole:
// it ends in a word for one ("payments-prod"), or is such a word.
func (v vocabulary) ofRepository(repository string) (name string, ok bool) {
	base := strings.ToLower(strings.TrimSuffix(path.Base(strings.TrimSuffix(repository, "/")), ".git"))
	parts := tokens(base)
	for n := min(2, len(parts)); n > 0; n-- {
		end := parts[len(parts)-n:]
		l, ok := v.of(end, strings.Join(end, "-"))
		if ok && l.rest == "" && len(l.name) <= longestName && (n < len(parts) || l.telling) {
			return l.name, true
		}
	}
	return "", false
}
