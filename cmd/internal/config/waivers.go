package config

import (
	"cmp"
	"encoding/json"
	"strings"
	"time"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/suggest"
)

// WaiversFile is the file .gatehouse/waivers.yaml.
type WaiversFile struct {
	Version int      `json:"version" enum:"1" doc:"Version of this file's format; always 1."`
	Waivers []Waiver `json:"waivers,omitempty" doc:"The findings that are accepted for a time."`
}

// Waiver is one entry of a WaiversFile. It names either an object or a path.
type Waiver struct {
	Check   string   `json:"check" min:"1" doc:"ID of the check whose findings are accepted. Checks of the category trust cannot be waived."`
	Object  *Object  `json:"object,omitempty" doc:"The object on which the findings are, exactly as it names itself. Instead of path."`
	Path    string   `json:"path,omitempty" min:"1" doc:"The file in which the findings are, for findings on no object: one exact path from the root of the repository. Instead of object."`
	File    string   `json:"file,omitempty" min:"1" doc:"With object: the one file in which the object stands, where several have an object of that name."`
	Field   string   `json:"field,omitempty" min:"1" doc:"The field, as the finding writes it, such as spec.containers[name=app].image. Without it every field is meant."`
	Reason  string   `json:"reason,omitempty" min:"1" doc:"Why the findings are accepted. Required without rotated."`
	Owner   string   `json:"owner,omitempty" min:"1" doc:"Who answers for it: a team or a person. Required without rotated."`
	Expires string   `json:"expires,omitempty" format:"date" doc:"The last day on which the waiver holds, YYYY-MM-DD. From the next day on its findings count as new. Required without rotated, and not allowed with it."`
	Value   string   `json:"value,omitempty" min:"1" doc:"For checks of the category secrets, and required there: a salted digest of the value that is accepted, as \"gatehouse waive\" writes it. Another value in the same place is a new finding."`
	Rotated *Rotated `json:"rotated,omitempty" doc:"For checks of the category secrets: the value has been replaced wherever it was used. The finding is answered for good, since a value that was rotated stays rotated; reason and owner are optional then. An entry that a change adds counts once it stands on the base."`
}

// Rotated says that a value opens nothing any more.
type Rotated struct {
	By   string `json:"by" min:"1" doc:"Who rotated the value: a team or a person."`
	Date string `json:"date" format:"date" doc:"The day on which it was rotated, YYYY-MM-DD; not in the future."`
}

// Object names one Kubernetes object.
type Object struct {
	APIVersion string `json:"apiVersion" min:"1" doc:"Its apiVersion, such as apps/v1."`
	Kind       string `json:"kind" min:"1" doc:"Its kind."`
	Namespace  string `json:"namespace,omitempty" min:"1" doc:"Its namespace, where the manifest gives one."`
	Name       string `json:"name,omitempty" min:"1" doc:"Its name. Only an object that has none, such as a kustomization, goes without; the waiver then names the file."`
}

// ReadWaivers reads a waivers.yaml. file is its name in errors and in the waivers,
// known the checks that the running program has. The error is an Errors with
// every fault of the file.
func ReadWaivers(file string, data []byte, known []checks.Check) ([]checks.Waiver, error) {
	_, waivers, list := readWaivers(file, data, &names{known: known})
	if len(list) > 0 {
		return nil, list
	}
	return waivers, nil
}

func readWaivers(file string, data []byte, known *names) (WaiversFile, []checks.Waiver, Errors) {
	f := &faults{file: file}
	doc := open(data, f)
	switch {
	case doc == nil:
		return WaiversFile{}, nil, f.sorted()
	case !checkVersion(doc.Root, f):
		return WaiversFile{}, nil, f.list[len(f.list)-1:]
	}
	var content WaiversFile
	newDecoder(f).decode(doc.Root, &content)
	node := doc.Root.Get("waivers")
	var waivers []checks.Waiver
	for i, w := range content.Waivers {
		n := &node.Items[i]
		if n.Kind != manifest.Map {
			continue // told by the decoder
		}
		r := waiverReader{node: n, path: itemPath("waivers", i), faults: f}
		r.read(w, known)
		waivers = append(waivers, w.waiver(file, n.At))
	}
	return content, waivers, f.sorted()
}

// waiverReader checks what the type of a Waiver does not say.
type waiverReader struct {
	node   *manifest.Node
	path   string
	faults *faults
}

func (r waiverReader) read(w Waiver, known *names) {
	if w.Check == "" {
		w.faults("", r.tell)
		return
	}
	check, ok, sure := known.check(w.Check)
	if !ok && sure {
		hint := ""
		if !r.faults.full() {
			hint = didYouMean(suggest.Nearest(w.Check, known.ids()))
		}
		r.tell("check", "unknown check "+quote(w.Check), cmp.Or(hint, `"gatehouse explain" lists all checks`))
	}
	w.faults(check.Category, r.tell)
}

// tell places a fault at the field of the waiver, or, where it is not written,
// at the field or the waiver that lacks it.
func (r waiverReader) tell(field, message, hint string) {
	at := r.node
	for key := range strings.SplitSeq(field, ".") {
		child := at.Get(key)
		if child == nil {
			break
		}
		at = child
	}
	place := at.Place()
	if at == r.node {
		place = placeOf(at)
	}
	r.faults.add(r.path+"."+field, place, message, hint)
}

func checkByID(known []checks.Check, id string) (checks.Check, bool) {
	for _, c := range known {
		if c.ID == id {
			return c, true
		}
	}
	return checks.Check{}, false
}

func idsOf(known []checks.Check) []string {
	var ids []string
	for _, c := range known {
		ids = append(ids, c.ID)
	}
	return ids
}

// faults tells each fault of a waiver, at most one for each field. category is
// that of its check, or "" where the check is not known.
func (w Waiver) faults(category checks.Category, tell func(field, message, hint string)) {
	if category == checks.Trust {
		tell("check", "findings of "+quote(w.Check)+" are never waived", "repair what it finds, or ask a code owner to approve the change")
	}
	w.subjectFaults(tell)
	w.termFaults(category, tell)
	w.valueFaults(category, tell)
}

// termFaults tells what is wrong with who answers for a waiver, and for how long.
func (w Waiver) termFaults(category checks.Category, tell func(field, message, hint string)) {
	dated := func(field, text string) {
		if _, err := time.Parse(time.DateOnly, text); err != nil {
			tell(field, field+" must be a date that exists, written YYYY-MM-DD", "")
		}
	}
	if w.Rotated == nil {
		for _, required := range []struct{ field, value string }{{"reason", w.Reason}, {"owner", w.Owner}} {
			switch {
			case required.value == "":
				tell(required.field, required.field+" is missing", "")
			case strings.TrimSpace(required.value) == "":
				tell(required.field, required.field+" is empty", "")
			}
		}
		if w.Expires == "" {
			tell("expires", "expires is missing", "")
			return
		}
		dated("expires", w.Expires)
		return
	}
	if category != checks.Secrets && category != "" {
		tell("rotated", "only waivers of checks of the category secrets have a value that can be rotated", "remove it")
	}
	if w.Expires != "" {
		tell("expires", "a value that was rotated stays rotated", "remove expires")
	}
	if strings.TrimSpace(w.Rotated.By) == "" {
		tell("rotated.by", "rotated.by is empty", "")
	}
	dated("rotated.date", w.Rotated.Date)
}

func (w Waiver) subjectFaults(tell func(field, message, hint string)) {
	tellInexact := func(field, value string, inexact func(string) (string, string)) {
		if message, hint := inexact(value); message != "" {
			tell(field, message, hint)
		}
	}
	switch {
	case w.Object == nil && w.Path == "":
		tell("object", "the waiver has neither an object nor a path", "name the object or the file that the finding names")
	case w.Object != nil && w.Path != "":
		tell("path", "the waiver has both an object and a path", `use "file" to narrow an object to one file`)
	case w.Object == nil && w.File != "":
		tell("file", `"file" narrows an object, and the waiver has a path`, "remove it")
	case w.Object != nil && w.Object.APIVersion == "":
		tell("object.apiVersion", "object.apiVersion is missing", "")
	case w.Object != nil && w.Object.Kind == "":
		tell("object.kind", "object.kind is missing", "")
	case w.Object != nil && w.Object.Name == "" && w.File == "":
		tell("object.name", "object.name is missing", `only an object without a name goes without, and "file" then says which is meant`)
	}
	tellInexact("path", w.Path, inexactPath)
	tellInexact("file", w.File, inexactPath)
	tellInexact("field", w.Field, inexactField)
	if o := w.Object; o != nil {
		tellInexact("object.apiVersion", o.APIVersion, inexactName)
		tellInexact("object.kind", o.Kind, inexactName)
		tellInexact("object.namespace", o.Namespace, inexactName)
		tellInexact("object.name", o.Name, inexactName)
	}
}

func (w Waiver) valueFaults(category checks.Category, tell func(field, message, hint string)) {
	switch {
	case category == checks.Secrets && w.Value == "":
		tell("value", "a waiver of "+quote(w.Check)+" needs the digest of the value that it accepts", `"gatehouse waive" writes it`)
	case category != checks.Secrets && category != "" && w.Value != "":
		tell("value", "only waivers of checks of the category secrets have a value", "remove it")
	case w.Value != "":
		if err := checks.CheckDigest(w.Value); err != nil {
			tell("value", "value is no digest: "+err.Error(), `"gatehouse waive" writes it; the value itself must never stand here`)
		}
	}
}

// waiver is w for the engine. A date that cannot be read gives the zero time.
func (w Waiver) waiver(source string, at manifest.Pos) checks.Waiver {
	expires, _ := time.Parse(time.DateOnly, w.Expires)
	out := checks.Waiver{
		Check: w.Check, File: cmp.Or(w.Path, w.File), Field: w.Field,
		Reason: w.Reason, Owner: w.Owner, Expires: expires, Value: w.Value,
		Source: source, At: at,
	}
	if o := w.Object; o != nil {
		out.Object = manifest.Object{APIVersion: o.APIVersion, Kind: o.Kind, Namespace: o.Namespace, Name: o.Name}
	}
	if r := w.Rotated; r != nil {
		on, _ := time.Parse(time.DateOnly, r.Date)
		out.Rotated = checks.Rotation{By: r.By, On: on}
	}
	return out
}

// RefuseFuture returns an Errors with the waivers whose value is said to have been
// rotated on a day that has begun nowhere on earth yet.
func RefuseFuture(waivers []checks.Waiver, now time.Time) error {
	var list Errors
	for _, w := range waivers {
		if w.Rotated.By != "" && w.Rotated.On.After(now.Add(farthestEast)) {
			list = append(list, Error{
				File: w.Source, Line: int(w.At.Line), Column: int(w.At.Column), Message: "rotated.date lies in the future", Hint: "write the day on which it was done",
			})
		}
	}
	return list.asError()
}

// farthestEast is how far the clocks are ahead of UTC where a day begins first.
const farthestEast = 14 * time.Hour

// entryOf is w as it stands in a file.
func entryOf(w checks.Waiver) Waiver {
	out := Waiver{Check: w.Check, Field: w.Field, Reason: w.Reason, Owner: w.Owner, Value: w.Value}
	if w.Rotated.By != "" {
		out.Rotated = &Rotated{By: w.Rotated.By, Date: w.Rotated.On.UTC().Format(time.DateOnly)}
	} else {
		out.Expires = w.Expires.UTC().Format(time.DateOnly)
	}
	if w.Object.IsZero() {
		out.Path = w.File
		return out
	}
	out.File = w.File
	out.Object = &Object{APIVersion: w.Object.APIVersion, Kind: w.Object.Kind, Namespace: w.Object.Namespace, Name: w.Object.Name}
	return out
}

// normal gives the one form of the waivers for their digest.
func (f WaiversFile) normal() ([]byte, error) {
	f.Version = theVersion
	return json.Marshal(f)
}
