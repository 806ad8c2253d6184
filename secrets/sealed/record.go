package sealed

import (
	"maps"
	"slices"
	"strings"
)

// SealedWith is the annotation of a SealedSecret that records with which
// certificates its values were sealed, since nothing in the format does. It stands in
// metadata, not in the template, and changes nothing in the cluster. ReadRecord reads
// its text.
const SealedWith = "gatehouse.dev/sealed-with"

// A Record is what SealedWith says. Its text is a list of words, separated by blanks
// or commas: FINGERPRINT for the values of all keys that are not named, and
// KEY=FINGERPRINT for the value of one key. Several words of the first form say that
// each value was sealed with one of them, and not with which.
type Record struct {
	others []string
	byKey  map[string]string
}

// mostRecorded bounds the words of a record that are read.
const mostRecorded = 10_000

// ReadRecord reads the text of SealedWith. Fingerprints are those of Fingerprint; an
// unknown one says no more than that it is another.
func ReadRecord(text string) Record {
	r := Record{byKey: map[string]string{}}
	for i, word := range strings.FieldsFunc(text, isBetweenWords) {
		if i == mostRecorded {
			break
		}
		key, fingerprint, named := strings.Cut(word, "=")
		switch {
		case named && key != "":
			r.byKey[key] = strings.ToLower(fingerprint)
		case !named && !slices.Contains(r.others, strings.ToLower(word)):
			r.others = append(r.others, strings.ToLower(word))
		}
	}
	return r
}

func isBetweenWords(r rune) bool { return r == ',' || r == ' ' || r == '\n' || r == '\t' || r == '\r' }

// Of returns the fingerprint of the certificate with which the value of a key was
// sealed, or "" where that is not recorded.
func (r Record) Of(key string) string {
	if fingerprint, ok := r.byKey[key]; ok {
		return fingerprint
	}
	if len(r.others) == 1 {
		return r.others[0]
	}
	return ""
}

// Named returns the keys that the record names, sorted.
func (r Record) Named() []string { return slices.Sorted(maps.Keys(r.byKey)) }

// possible returns the fingerprints of which one may be that of the value of a key.
func (r Record) possible(key string) []string {
	if fingerprint, ok := r.byKey[key]; ok {
		return []string{fingerprint}
	}
	return r.others
}

// WriteRecord is the text of SealedWith that says of each key what of does: the
// fingerprint with which its value was sealed, or "" where that is not known. It is ""
// where nothing is known of any key. The certificate of the most keys is the one that
// stands without a key, unless there is a key of which nothing is known.
func WriteRecord(keys []string, of func(key string) string) string {
	keys = slices.Sorted(slices.Values(keys))
	count := map[string]int{}
	for _, key := range keys {
		count[of(key)]++
	}
	others := ""
	for _, key := range keys {
		if fingerprint := of(key); count[""] == 0 && (others == "" || count[fingerprint] > count[others]) {
			others = fingerprint
		}
	}
	var words []string
	if others != "" {
		words = append(words, others)
	}
	for _, key := range keys {
		if fingerprint := of(key); fingerprint != "" && fingerprint != others {
			words = append(words, key+"="+fingerprint)
		}
	}
	return strings.Join(words, " ")
}

// recorded compares the fingerprints that an object records for its values with the
// pinned certificates.
func (s *inspection) recorded() {
	note := s.doc.Root.Lookup("metadata", "annotations", SealedWith)
	data := s.doc.Root.Lookup("spec", "encryptedData")
	if note.Str() == "" || len(s.options.Certificates) == 0 || data == nil {
		return
	}
	known := map[string]bool{}
	for _, c := range s.options.Certificates {
		known[Fingerprint(c)] = true
	}
	record := ReadRecord(note.Text)
	for i := range data.Items {
		key := data.Items[i].Key
		for _, fingerprint := range record.possible(key) {
			if !known[fingerprint] {
				s.add(fault(onRetired, note, "the value of %q is recorded as sealed with a certificate that is not pinned: seal it anew", key))
				return
			}
		}
	}
}
