package seal

import (
	"slices"
	"strings"
	"time"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/secrets/sealed"
)

// Method is how the values of an object are kept.
type Method string

// The methods.
const (
	MethodSealedSecret Method = "sealedsecret"
	MethodSOPS         Method = "sops"
	MethodPlain        Method = "plain"     // a Secret with values in the clear
	MethodReference    Method = "reference" // a Secret whose values something else fills in
	MethodEmpty        Method = "empty"     // a Secret or SealedSecret without values
	MethodUnread       Method = "unread"    // a document that cannot be read
)

// ObjectStatus is how one object of a file keeps its values. Where a list of it is over
// keys, they are in the order in which they are written.
type ObjectStatus struct {
	manifest.Object        // zero for a file that is no manifest, and for what is unread
	Line            uint32 // where it begins
	Method          Method
	Scope           Scope // of a SealedSecret
	// Bits is the size of the RSA key of a SealedSecret, the smallest where there are
	// several.
	Bits int
	Keys int // values that are sealed or encrypted
	// Certificates are the fingerprints that are recorded for the values, sorted.
	Certificates []string
	Unrecorded   []string // keys for whose values none is recorded
	Outdated     []string // keys whose values are not sealed with the certificate that was asked about
	Clear        []string // keys, or for SOPS fields, that stand in the clear
	Awaiting     []string // keys whose value is still to come
	Broken       []string // keys whose value nobody can open
	Recipients   []string // of SOPS, as type:ID
	Modified     time.Time
	Reason       string // why a document cannot be read
}

// Status tells of each Secret, SealedSecret and document of SOPS in a file how it keeps
// its values. c is the certificate that SealedSecrets should be sealed with; the zero
// value asks about none. It never fails: what cannot be read is listed as such.
func Status(name string, text []byte, c Certificate) []ObjectStatus {
	file := manifest.Read(name, text, manifest.DefaultLimits())
	var list []ObjectStatus
	metadata, encrypted := sealed.SOPSMetadata(file)
	if encrypted {
		list = statusOfSOPS(file, metadata)
	}
	for _, d := range file.Documents {
		switch {
		case sealed.IsSealedSecret(d):
			list = append(list, statusOfSealed(d, c))
		case isSecret(d) && !encrypted:
			list = append(list, statusOfSecret(d))
		}
	}
	for _, b := range file.Broken {
		list = append(list, ObjectStatus{Line: b.At.Line, Method: MethodUnread, Reason: b.Reason})
	}
	for _, at := range file.Templated {
		list = append(list, ObjectStatus{Line: at.Line, Method: MethodUnread, Reason: "it is a template, whose values do not stand in it"})
	}
	slices.SortStableFunc(list, func(a, b ObjectStatus) int { return int(a.Line) - int(b.Line) })
	return list
}

// statusOfSealed tells of a SealedSecret.
func statusOfSealed(d *manifest.Document, c Certificate) ObjectStatus {
	s := ObjectStatus{Object: d.Object, Line: d.At().Line, Method: MethodSealedSecret, Scope: annotatedScope(d.Root.Lookup("metadata", "annotations"))}
	e := examine(d)
	defer e.wipe()
	record := sealed.ReadRecord(d.Root.Lookup("metadata", "annotations", sealed.SealedWith).Str())
	for _, v := range e.sealed {
		s.Keys++
		if s.Bits == 0 || v.Bits < s.Bits {
			s.Bits = v.Bits
		}
		fingerprint := record.Of(v.Key)
		if fingerprint == "" {
			s.Unrecorded = append(s.Unrecorded, v.Key)
		} else if !slices.Contains(s.Certificates, fingerprint) {
			s.Certificates = append(s.Certificates, fingerprint)
		}
		if c.key != nil && (fingerprint != "" && fingerprint != c.Fingerprint || v.Excludes(c.key)) {
			s.Outdated = append(s.Outdated, v.Key)
		}
	}
	slices.Sort(s.Certificates)
	for _, v := range e.clear {
		s.Clear = append(s.Clear, v.key)
	}
	for _, f := range e.mixed {
		s.Clear = append(s.Clear, f.Key)
	}
	for _, n := range e.awaiting {
		s.Awaiting = append(s.Awaiting, n.Key)
	}
	for _, n := range e.broken {
		s.Broken = append(s.Broken, n.Key)
	}
	if s.Keys+len(s.Clear)+len(s.Awaiting)+len(s.Broken) == 0 {
		s.Method = MethodEmpty
	}
	return s
}

// statusOfSecret tells of a Secret that is not encrypted. What cannot be read as a value
// stands in the clear.
func statusOfSecret(d *manifest.Document) ObjectStatus {
	s := ObjectStatus{Object: d.Object, Line: d.At().Line, Method: MethodEmpty}
	r := rewriter{file: &manifest.File{}}
	filled := false
	for _, section := range []string{"data", "stringData"} {
		eachField(d.Root, []string{section}, func(n *manifest.Node) {
			v, err := r.readValue(&secret{doc: d}, section, n)
			defer clear(v.plain)
			if err == nil && isFilled(v.class, string(v.plain)) {
				filled = true
			} else if n.Kind != manifest.Null && !slices.Contains(s.Clear, n.Key) {
				s.Clear = append(s.Clear, n.Key)
			}
		})
	}
	switch {
	case len(s.Clear) > 0:
		s.Method = MethodPlain
	case filled:
		s.Method = MethodReference
	}
	return s
}

// statusOfSOPS tells of the documents of a file that SOPS has encrypted, or of the file
// where it is no manifest.
func statusOfSOPS(file *manifest.File, m sealed.Metadata) []ObjectStatus {
	base := ObjectStatus{Line: 1, Method: MethodSOPS, Modified: m.LastModified}
	for _, group := range m.Groups {
		for _, recipient := range group {
			base.Recipients = append(base.Recipients, recipient.Type+":"+recipient.ID)
		}
	}
	byIndex := map[int][]string{}
	for _, f := range sealed.SOPS(file, nil, nil) {
		if f.Kind == sealed.SOPSValueUnencrypted {
			byIndex[f.Document] = append(byIndex[f.Document], f.Field)
		}
	}
	if len(file.Documents) == 0 {
		base.Keys, base.Clear = countEncrypted(string(file.Text))-countEncrypted(m.MAC), byIndex[0]
		return []ObjectStatus{base}
	}
	var list []ObjectStatus
	for _, d := range file.Documents {
		s := base
		s.Object, s.Line, s.Clear = d.Object, d.At().Line, byIndex[d.Index]
		delete(byIndex, d.Index) // the items of a list share them
		d.Root.Walk(func(path func() string, n *manifest.Node) bool {
			if n.Key == "sops" && path() == "sops" {
				return false
			}
			s.Keys += countEncrypted(n.Str())
			return true
		})
		if !sealed.IsSealedSecret(d) && (s.Keys > 0 || len(s.Clear) > 0 || isSecret(d)) {
			list = append(list, s)
		}
	}
	return list
}

// countEncrypted counts the values of SOPS in a text.
func countEncrypted(text string) int { return strings.Count(text, "ENC[AES256_GCM,") }
