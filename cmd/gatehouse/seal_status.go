package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/config"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/source"
	"github.com/gatehouse-dev/gatehouse/secrets/reference"
	"github.com/gatehouse-dev/gatehouse/secrets/seal"
	"github.com/gatehouse-dev/gatehouse/secrets/seal/sops"
	proofs "github.com/gatehouse-dev/gatehouse/secrets/sealed"
)

func (p program) sealStatusCommand() *cli.Command {
	return &cli.Command{
		Name:      "status",
		Usage:     "tell how the secrets of a tree are kept",
		ArgsUsage: "[PATH...]",
		Description: "Each Secret, SealedSecret, file of SOPS and reference to a store gets a row: how it is kept, how many keys it\n" +
			"has, with which certificate its values were sealed, when its file was last committed, and what is not as it\n" +
			"should be. A SealedSecret does not tell its certificate; that of gatehouse seal is recorded beside it.\n" +
			"It needs no key and contacts nobody; `gatehouse check` is what judges.\n\n" +
			"With -o json: {version, certificates: [{file, fingerprint, bits, notAfter, drift}], objects: [{file, line,\n" +
			"apiVersion, kind, namespace, name, environment, method, scope, recipients, bits, keys, clear, awaiting,\n" +
			"broken, certificate, sealedWith, changed, uncommitted, drift}]}. method is sealed-secrets, sops, reference,\n" +
			"plain, empty, template or unread; certificate is current, other, mixed, recorded (none is pinned) or\n" +
			"unrecorded; keys, clear, awaiting and broken are numbers of keys; changed is a time, absent where nothing is\n" +
			"committed; drift is a list of sentences.\n\n" +
			"Exit codes: 0 told; 2 wrong usage; 3 told, and something could not be read.",
		Flags:        []cli.Flag{outputFlag(textOrJSON()...)},
		OnUsageError: onUsageError,
		Action:       p.sealStatus,
	}
}

// statusResult is the answer of seal status, version 1.
type statusResult struct {
	Version      int                 `json:"version"`
	Certificates []certificateStatus `json:"certificates"`
	Objects      []objectStatus      `json:"objects"`

	shallow bool // the times of changes may be too young
}

// certificateStatus is a certificate that files are sealed with.
type certificateStatus struct {
	File        string     `json:"file"`
	Fingerprint string     `json:"fingerprint,omitempty"`
	Bits        int        `json:"bits,omitempty"`
	NotAfter    *time.Time `json:"notAfter,omitempty"`
	Drift       []string   `json:"drift"`

	certificate seal.Certificate
}

// objectStatus is how one object keeps its secrets.
type objectStatus struct {
	File string `json:"file"`
	Line uint32 `json:"line"`
	manifest.Object
	Environment string     `json:"environment,omitempty"`
	Method      string     `json:"method"`
	Scope       string     `json:"scope,omitempty"`
	Recipients  []string   `json:"recipients,omitempty"`
	Bits        int        `json:"bits,omitempty"`
	Keys        int        `json:"keys"`     // that are sealed, encrypted or referred to
	Clear       int        `json:"clear"`    // that stand in the clear
	Awaiting    int        `json:"awaiting"` // whose value is still to come
	Broken      int        `json:"broken"`   // that nobody can open
	Certificate string     `json:"certificate,omitempty"`
	SealedWith  []string   `json:"sealedWith,omitempty"` // fingerprints
	Changed     *time.Time `json:"changed,omitempty"`
	Uncommitted bool       `json:"uncommitted"`
	Drift       []string   `json:"drift"`
}

// The methods of a status that config.Method does not have.
const (
	statusReference = "reference"
	statusPlain     = "plain"
	statusEmpty     = "empty"
	statusTemplate  = "template"
	statusUnread    = "unread"
)

// The answers to whether values were sealed with the certificate that counts now.
const (
	certificateCurrent    = "current"
	certificateOther      = "other"
	certificateMixed      = "mixed"
	certificateRecorded   = "recorded" // and which one counts is not known
	certificateUnrecorded = "unrecorded"
)

func (p program) sealStatus(c *cli.Context) error {
	paths := c.Args().Slice()
	if len(paths) == 0 {
		paths = []string{"."}
	}
	result := statusResult{Version: 1, Certificates: []certificateStatus{}, Objects: []objectStatus{}}
	for _, path := range paths {
		if err := p.statusBelow(c, path, &result); err != nil {
			return err
		}
	}
	result.sort()
	result.redact()
	err := p.write(c, textOrJSON(), func(format string) (string, error) {
		if format == "json" {
			return asJSON(result)
		}
		return result.text(p.now()), nil
	})
	if err != nil {
		return err
	}
	if result.shallow {
		fmt.Fprintln(p.stderr, "gatehouse: this clone does not have all commits, so that files may have been changed earlier than it seems")
	}
	if slices.ContainsFunc(result.Objects, func(o objectStatus) bool { return o.Method == statusUnread }) {
		return exit{code: exitIncomplete}
	}
	return nil
}

// statusBelow adds what lies at a path or below it.
func (p program) statusBelow(c *cli.Context, path string, result *statusResult) error {
	s, err := p.open(c.Context, door{path: path})
	if err != nil {
		var incomplete *source.Incomplete
		if errors.As(err, &incomplete) {
			return sourceExitOf(err)
		}
		return err
	}
	defer s.close()
	v := statusView{program: p, subject: s, result: result, place: folderPlace(s.set.Root), rules: map[string]*sopsConfigStatus{}}
	first := len(result.Objects)
	for _, f := range s.set.Files {
		v.file(f)
	}
	return v.dates(c, result.Objects[first:])
}

// statusView looks at one tree.
type statusView struct {
	program
	subject
	place  place
	result *statusResult
	rules  map[string]*sopsConfigStatus // by path of the .sops.yaml
}

// mayHoldSecrets tells whether a file is worth being read as a manifest. An escape in
// a string can spell any word.
func mayHoldSecrets(text []byte) bool {
	for _, word := range []string{"Secret", "sops", "ENC[", `\u`, `\x`, "vault"} {
		if bytes.Contains(text, []byte(word)) {
			return true
		}
	}
	return false
}

// file adds the rows of one file.
func (v *statusView) file(f checks.File) {
	if f.Opaque != nil {
		return
	}
	text, err := f.Load()
	if errors.Is(err, checks.ErrTooLarge) && !isManifestName(f.Path) {
		return
	}
	if err != nil {
		v.unread(f.Path, 1, unpathed(err).Error())
		return
	}
	rule, fault := v.rule(f.Path)
	named := rule != nil && rule.Names(f.Path)
	if !named && !mayHoldSecrets(text) {
		return
	}
	environment := v.settings.Config.Layout().Environment(f.Path)
	settings := v.settings.Config.SealFor(environment)
	certificate := v.certificate(settings)
	file := manifest.Read(f.Path, text, manifest.DefaultLimits())
	rows := v.rows(file, seal.Status(f.Path, text, certificate), !certificate.IsZero())
	if len(rows) == 0 && named {
		rows = append(rows, objectStatus{Line: 1, Method: statusPlain})
	}
	drift := driftBySOPS(file, rule)
	for i := range rows {
		rows[i].File, rows[i].Environment = f.Path, environment
		if rows[i].Drift == nil {
			rows[i].Drift = []string{}
		}
		if rows[i].Method == string(config.MethodSOPS) || rows[i].Method == statusPlain {
			rows[i].Drift = append(rows[i].Drift, drift...)
			if fault != "" {
				rows[i].Drift = append(rows[i].Drift, fault)
			}
			drift, fault = nil, "" // once for a file
		}
		if want := settings.Method; want != "" && otherMethod(rows[i].Method, want) {
			rows[i].Drift = append(rows[i].Drift, fmt.Sprintf("the configuration wants the method %s", want))
		}
	}
	v.result.Objects = append(v.result.Objects, rows...)
}

// otherMethod tells whether an object is kept in another way than the one that is
// wanted. With vault, it is a reference.
func otherMethod(method string, want config.Method) bool {
	switch method {
	case string(config.MethodSealedSecrets), string(config.MethodSOPS):
		return method != string(want)
	}
	return false
}

func (v *statusView) unread(path string, line uint32, reason string) {
	v.result.Objects = append(v.result.Objects, objectStatus{File: path, Line: line, Method: statusUnread, Drift: []string{reason}})
}

// rows are those of one file.
func (v *statusView) rows(file *manifest.File, list []seal.ObjectStatus, pinned bool) []objectStatus {
	var rows []objectStatus
	mentions := bytes.Contains(file.Text, []byte("kind: Secret")) || bytes.Contains(file.Text, []byte("kind: SealedSecret")) || bytes.Contains(file.Text, []byte(`Secret"`))
	for _, o := range list {
		if o.Method != seal.MethodUnread {
			row := rowOf(o, pinned)
			if o.Method == seal.MethodReference {
				row.Keys = referencesAt(file, o.Line)
			}
			rows = append(rows, row)
			continue
		}
		templated := slices.ContainsFunc(file.Templated, func(at manifest.Pos) bool { return at.Line == o.Line })
		switch {
		case !mentions && templated: // it refers to Secrets, or to none at all
		case !isManifestName(file.Path): // a text that only quotes manifests
		case templated:
			rows = append(rows, objectStatus{Line: o.Line, Method: statusTemplate})
		default:
			rows = append(rows, objectStatus{Line: o.Line, Method: statusUnread, Drift: []string{o.Reason}})
		}
	}
	for _, d := range file.Documents {
		if row, ok := referenceRow(d); ok {
			rows = append(rows, row)
		}
	}
	slices.SortStableFunc(rows, func(a, b objectStatus) int { return cmp.Compare(a.Line, b.Line) })
	return rows
}

// referencesAt counts the references of the object at a line.
func referencesAt(file *manifest.File, line uint32) int {
	for _, d := range file.Documents {
		if d.At().Line == line {
			return len(reference.Of(d))
		}
	}
	return 0
}

// referenceRow is that of an object that makes Secrets of what a store holds.
func referenceRow(d *manifest.Document) (objectStatus, bool) {
	if d.Object.Kind == "" || d.Object.Kind == "Secret" && d.Object.Group() == "" || proofs.IsSealedSecret(d) {
		return objectStatus{}, false
	}
	found := reference.Of(d)
	if len(found) == 0 {
		return objectStatus{}, false
	}
	return objectStatus{Object: d.Object, Line: d.At().Line, Method: statusReference, Keys: len(found)}, true
}

// rowOf words what one object is.
func rowOf(o seal.ObjectStatus, pinned bool) objectStatus {
	row := objectStatus{Object: o.Object, Line: o.Line, Scope: string(o.Scope), Recipients: shownRecipients(o.Recipients), Bits: o.Bits, Keys: o.Keys, Clear: len(o.Clear), Awaiting: len(o.Awaiting), Broken: len(o.Broken), SealedWith: o.Certificates}
	switch o.Method {
	case seal.MethodSealedSecret:
		row.Method, row.Certificate = string(config.MethodSealedSecrets), certificateOf(o, pinned)
	case seal.MethodSOPS:
		row.Method = string(config.MethodSOPS)
	case seal.MethodReference:
		row.Method = statusReference
	case seal.MethodPlain:
		row.Method = statusPlain
	default:
		row.Method = statusEmpty
	}
	for _, fault := range []struct {
		keys []string
		what string
	}{
		{o.Clear, "in plain text: "}, {o.Outdated, "not sealed with the certificate of now: "},
		{o.Awaiting, "still to be sealed: "}, {o.Broken, "nobody can open: "},
	} {
		if len(fault.keys) > 0 {
			row.Drift = append(row.Drift, fault.what+aFew(fault.keys))
		}
	}
	return row
}

// shownRecipients names recipients, given as type:ID. What has not the form of a public
// key is not shown.
func shownRecipients(list []string) (shown []string) {
	for _, r := range list {
		kind, id, _ := strings.Cut(r, ":")
		shown = append(shown, sops.Recipient{Type: kind, ID: id}.String())
	}
	return shown
}

// certificateOf says whether the values of a SealedSecret were sealed with the
// certificate that was asked about. What nothing records is never said to be current.
func certificateOf(o seal.ObjectStatus, pinned bool) string {
	recorded := o.Keys - len(o.Unrecorded)
	switch outdated := len(o.Outdated); {
	case o.Keys == 0:
		return ""
	case outdated == o.Keys:
		return certificateOther
	case outdated > 0:
		return certificateMixed
	case recorded < o.Keys:
		return certificateUnrecorded
	case !pinned:
		return certificateRecorded
	}
	return certificateCurrent
}

// driftBySOPS is what is wrong with a file by its own rule and that of .sops.yaml. What
// stands in the clear in a file of SOPS, a row says itself.
func driftBySOPS(file *manifest.File, rule *proofs.Rule) []string {
	var list []string
	counts, encrypted := map[proofs.Kind]int{}, proofs.IsSOPS(file)
	for _, f := range proofs.SOPS(file, rule, nil) {
		if f.Kind == proofs.SOPSValueUnencrypted && encrypted {
			continue
		}
		if counts[f.Kind]++; counts[f.Kind] == 1 {
			list = append(list, f.Reason)
		}
	}
	for kind, n := range counts {
		if n > 1 {
			list = append(list, fmt.Sprintf("%s more of %s", counted(n-1, "fault"), kind))
		}
	}
	slices.Sort(list)
	return list
}

// rule is the creation rule for a file, and what is wrong with the .sops.yaml that has
// it.
func (v *statusView) rule(name string) (*proofs.Rule, string) {
	if proofs.IsConfig(name) {
		return nil, ""
	}
	c, fault := v.sopsConfig(name)
	if c == nil {
		return nil, fault
	}
	return c.Rule(name), fault
}

// dates tells when files were last changed.
func (v *statusView) dates(c *cli.Context, rows []objectStatus) error {
	if v.repo == nil {
		for i := range rows {
			rows[i].Uncommitted = true
		}
		return nil
	}
	var paths []string
	for _, row := range rows {
		if !slices.Contains(paths, row.File) {
			paths = append(paths, row.File)
		}
	}
	last, complete, err := v.repo.LastChanges(c.Context, paths)
	if err != nil {
		return sourceExitOf(err)
	}
	v.result.shallow = v.result.shallow || !complete
	committed, err := v.committed(c, paths)
	if err != nil {
		return sourceExitOf(err)
	}
	for i := range rows {
		if at, ok := last[rows[i].File]; ok {
			rows[i].Changed = &at
		}
		rows[i].Uncommitted = !committed[rows[i].File]
	}
	return nil
}

// committed tells which files hold what HEAD holds, but for the ends of their lines.
func (v *statusView) committed(c *cli.Context, paths []string) (map[string]bool, error) {
	same := map[string]bool{}
	if v.commit == "" {
		return same, nil
	}
	files, err := v.repo.ListAt(c.Context, v.commit, v.folder, source.Options{})
	if err != nil {
		return nil, err
	}
	there := map[string]checks.File{}
	for _, f := range files {
		there[f.Path] = f
	}
	for _, f := range v.set.Files {
		before, ok := there[f.Path]
		if !ok || before.Opaque != nil || !slices.Contains(paths, f.Path) {
			continue
		}
		now, err := f.Load()
		if err != nil {
			continue
		}
		old, err := before.Load()
		same[f.Path] = err == nil && bytes.Equal(withoutReturns(old), withoutReturns(now))
	}
	return same, nil
}

func withoutReturns(text []byte) []byte { return bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")) }

// redact takes the credentials out of names, which people give to files, objects and
// keys.
func (r *statusResult) redact() {
	for i := range r.Objects {
		o := &r.Objects[i]
		o.File, o.Name, o.Namespace = uncredentialed(o.File), uncredentialed(o.Name), uncredentialed(o.Namespace)
		o.Drift = eachUncredentialed(o.Drift)
	}
}

func (r *statusResult) sort() {
	slices.SortStableFunc(r.Objects, func(a, b objectStatus) int {
		return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
	r.Objects = slices.CompactFunc(r.Objects, func(a, b objectStatus) bool {
		return a.File == b.File && a.Line == b.Line && a.Object == b.Object
	})
}
