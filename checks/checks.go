// Package checks is the engine: what a check, a finding, a waiver and a verdict
// are, and Run, which applies checks to files.
//
// The package judges and does nothing else. It does no I/O, reads no clock and
// no environment, and knows no gate: a file, its old self and the time of the run
// come in as values, findings go out as values.
package checks

import (
	"fmt"
	"time"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/secrets/scan"
)

// Severity is how much a finding weighs.
type Severity uint8

// The severities, in rising order. The zero value is none of them.
const (
	Notice  Severity = iota + 1 // informs
	Warning                     // blocks where warnings are set to
	Error                       // blocks
)

var severityNames = [...]string{"", "notice", "warning", "error"}

// String returns the name of s in reports and configuration.
func (s Severity) String() string {
	if int(s) < len(severityNames) {
		return severityNames[s]
	}
	return ""
}

// MarshalText writes s by its name.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads a name that String gives.
func (s *Severity) UnmarshalText(text []byte) error {
	for i, name := range severityNames {
		if i > 0 && name == string(text) {
			*s = Severity(i)
			return nil
		}
	}
	return fmt.Errorf("unknown severity %q: must be error, warning or notice", text)
}

// Category groups checks by what they look after.
type Category string

// The categories.
const (
	Secrets    Category = "secrets"
	Sealing    Category = "sealing"
	References Category = "references"
	Policy     Category = "policy"
	Owners     Category = "owners"
	GitOps     Category = "gitops"
	Manifest   Category = "manifest"
	Trust      Category = "trust"
)

// Categories lists all categories in the order of the documentation.
func Categories() []Category {
	return []Category{Secrets, Sealing, References, Policy, Owners, GitOps, Manifest, Trust}
}

// A Need is something that a check must be given and that not every gate has.
type Need string

// The needs.
const (
	NeedOldObject Need = "oldObject" // the object before the change
	NeedUserInfo  Need = "userInfo"  // who makes the change
	// NeedUserGroups is what only a cluster knows of who makes the change: groups, uid
	// and extra.
	NeedUserGroups Need = "userGroups"
	NeedCluster    Need = "cluster" // what stands in the cluster
	NeedTree       Need = "tree"    // all files of the repository
	NeedHost       Need = "host"    // what the host of the repository says of it
	NeedPath       Need = "path"    // where the file lies, which an object on its way to a cluster does not have
)

// A Check is one rule, declared in one place. Documentation, explanations, rule
// tables of reports and the test of its examples are all made from it.
//
// Of Secrets, File, Document, Transition, Tree, Change, History and Waivers one is
// set, or those of Document, Transition, Tree and Change that see different parts of
// one fault. With Tree go Facts and FileFacts, with Tree and Change goes Reads.
// Each may report any number of findings through its Pass; the error that it
// returns means that it could not judge, never that something is wrong.
type Check struct {
	ID       string   // words that name the fault; never reused, never renamed
	Title    string   // the fault in one line
	Category Category // what it looks after
	Severity Severity // of its findings, unless one says otherwise or a rule sets it
	Why      string   // why it matters, in Markdown
	Fix      string   // what to do, in Markdown
	Needs    []Need   // what it cannot do without

	// Bad and Good are examples in the txtar form; without a file header the whole
	// text is manifest.yaml. Every Bad must be found, every Good must not.
	Bad, Good []string

	// Secrets judges what one file holds that is, or may be taken for, a secret. A
	// file is searched once for all checks of this kind.
	Secrets func(*Pass, []scan.Found) error
	// File judges one file by its text.
	File func(*Pass, *manifest.File) error
	// Document judges one object, or one document that is no object.
	Document func(*Pass, *manifest.Document) error
	// Facts extracts from one document what Tree needs of it, so that the whole
	// tree need not be held at once. A fact may be kept on disk: it holds no secret.
	Facts func(*manifest.Document) []Fact
	// FileFacts does so for one file, whatever it holds.
	FileFacts func(*manifest.File) []Fact
	// FactsOf names what Facts and FileFacts extract, where several checks look at the
	// same: they are asked once for all checks of one name, of whom the first answers.
	FactsOf string
	// Quotes tells that values of the facts are texts of the document. What is known to
	// be a secret in the file is cut out of them.
	Quotes bool
	// Reads tells of a path whether the content of that file counts for Tree or Change,
	// besides the facts. A check without it is told no paths and can read no file.
	Reads func(path string) bool
	// Tree judges one side: all facts of it together, and its paths.
	Tree func(*Pass, Tree) error
	// Transition judges one object before and after a change.
	Transition func(*Pass, Transition) error
	// Change judges files before and after a change.
	Change func(*Pass, Change) error
	// History words one fault that a check of the category secrets found in what only
	// the history of a change holds. What it reports keeps the value and the severity
	// of that finding.
	History func(*Pass, Bygone) error
	// Waivers judges the waivers after they have been applied.
	Waivers func(*Pass, []WaiverUse) error
}

// Kind names what the check sees: secrets, file, document, transition, tree, change,
// history or waivers; the first of them where it sees several.
func (c Check) Kind() string {
	switch {
	case c.Secrets != nil:
		return "secrets"
	case c.File != nil:
		return "file"
	case c.Document != nil:
		return "document"
	case c.Transition != nil:
		return "transition"
	case c.Tree != nil:
		return "tree"
	case c.Change != nil:
		return "change"
	case c.History != nil:
		return "history"
	case c.Waivers != nil:
		return "waivers"
	}
	return ""
}

// A Fact is one thing that a document says and that a tree check compares with
// what others say.
type Fact struct {
	Kind   string   // the check's own word for what the fact says
	Key    string   // what it says it of
	Values []string // what it says
	Where  Location
}

// Location is a place in a source, and the object and field that stand there.
type Location struct {
	File    string
	At      manifest.Pos
	EndLine uint32
	Object  manifest.Object
	Field   string
}

// Change is what a change check sees: every path whose content differs between
// the two sides, in path order, and both sides as trees without facts.
type Change struct {
	Files       []ChangedFile
	Before, Now Tree
}

// ChangedFile is one path on both sides; a nil side does not exist.
type ChangedFile struct {
	Path        string
	Before, Now *manifest.File
}

// Finding is one fault at one place. No field of it holds a secret value; Run
// sees to that.
type Finding struct {
	Check       string          `json:"check"`
	Category    Category        `json:"category"`
	Severity    Severity        `json:"severity"`
	Message     string          `json:"message"`
	Fix         string          `json:"fix"`
	File        string          `json:"file"`
	Line        uint32          `json:"line"`
	Column      uint32          `json:"column"`
	EndLine     uint32          `json:"endLine"`
	Object      manifest.Object `json:"object,omitzero"`
	Field       string          `json:"field"`
	Environment string          `json:"environment"`
	Origins     []Origin        `json:"origins"`
	Fingerprint string          `json:"fingerprint"`
	New         bool            `json:"new"`
	Waived      *WaivedBy       `json:"waived,omitempty"`

	cites Plaintext
	inner string // the key inside the text that stands at Field
	key   string // the identity without its number, see fingerprint

	subject string // the path of the file in which it was found
	order   int    // of what only history holds: its place among the files, from 1

	identityRedactor func(string) string // of the file's own values; nil for none
}

// Cites returns the value that the finding is about, for binding a waiver to it.
func (f Finding) Cites() Plaintext { return f.cites }

// Blocks tells whether f can make a verdict fail: it is new and not waived.
func (f Finding) Blocks() bool { return f.New && f.Waived == nil }

// Origin is a source through which a rendered object came about.
type Origin struct {
	File string `json:"file"`
	Line uint32 `json:"line"`
	What string `json:"what"`
}

// WaivedBy says who answers for a waived finding.
type WaivedBy struct {
	Reason  string `json:"reason"`
	Owner   string `json:"owner"`
	Expires string `json:"expires"` // a date, YYYY-MM-DD; "" where it does not end
}

// NotJudged is a subject that should have been judged and could not be.
type NotJudged struct {
	File   string `json:"file"`
	Line   uint32 `json:"line"`
	Check  string `json:"check"`
	Reason string `json:"reason"`
	// New is false for what could not be judged on the old side either, byte for
	// byte. Only what is new makes a verdict incomplete.
	New bool `json:"new"`
}

// Opaque is a subject that lies outside the tree.
type Opaque struct {
	File   string `json:"file"`
	Line   uint32 `json:"line"`
	What   string `json:"what"`
	Reason string `json:"reason"`
	// New tells whether it is new against the old side. Only then does it make a
	// verdict incomplete.
	New bool `json:"new"`
}

// NotRun is a check that this gate can never run, or a part of its subjects.
type NotRun struct {
	Check  string `json:"check"`
	Reason string `json:"reason"`
	// Elsewhere marks a check that belongs to another gate altogether. Reports for
	// people leave it out: it says nothing of what is judged here.
	Elsewhere bool `json:"-"`
}

// FileCounts counts files; Found is the sum of the others.
type FileCounts struct {
	Found     int `json:"found"`
	Judged    int `json:"judged"`
	Opaque    int `json:"opaque"`
	NotJudged int `json:"notJudged"`
}

// DocumentCounts counts YAML and JSON documents; Found is the sum of the others.
type DocumentCounts struct {
	Found     int `json:"found"`
	Judged    int `json:"judged"`
	NotJudged int `json:"notJudged"`
}

// Counts are the sizes of a run. Errors, Warnings and Notices count the findings
// that are neither waived nor old.
type Counts struct {
	Files     FileCounts     `json:"files"`
	Documents DocumentCounts `json:"documents"`
	Bytes     int64          `json:"bytes"`
	Objects   int            `json:"objects"`
	Rendered  int            `json:"rendered"`
	Errors    int            `json:"errors"`
	Warnings  int            `json:"warnings"`
	Notices   int            `json:"notices"`
	New       int            `json:"new"`
	Old       int            `json:"old"`
	Waived    int            `json:"waived"`
	NotRun    int            `json:"notRun"`
}

// Result is the outcome of Run. All lists are sorted; equal inputs give equal
// results.
type Result struct {
	Verdict   Verdict     `json:"verdict"`
	Counts    Counts      `json:"counts"`
	Findings  []Finding   `json:"findings"`
	NotJudged []NotJudged `json:"notJudged"`
	Opaque    []Opaque    `json:"opaque"`
	NotRun    []NotRun    `json:"notRun"`

	// OldDebt is the number of findings on the old side; only set where there is one.
	OldDebt *int `json:"-"`
}

// Verdict is the answer of a gate.
type Verdict string

// The verdicts.
const (
	VerdictPass       Verdict = "pass"
	VerdictFail       Verdict = "fail"
	VerdictIncomplete Verdict = "incomplete" // nothing failed, something was not judged
)

// FailOn is the severity from which findings make a verdict fail; the zero value
// means that none does.
type FailOn Severity

// String returns the name of f in reports and on the command line.
func (f FailOn) String() string {
	if f == 0 {
		return "none"
	}
	return Severity(f).String()
}

// ParseFailOn reads none, error or warning.
func ParseFailOn(s string) (FailOn, error) {
	switch s {
	case "none":
		return 0, nil
	case "error":
		return FailOn(Error), nil
	case "warning":
		return FailOn(Warning), nil
	}
	return 0, fmt.Errorf("unknown value %q: must be none, error or warning", s)
}

// Waiver accepts the findings of one check on one object or one path until a day.
// An object waives only document and tree checks, a path only file checks.
type Waiver struct {
	Check   string
	Object  manifest.Object // exact; zero for a waiver by path
	File    string          // exact; narrows a waiver by object, or is its subject
	Field   string          // exact; "" for every field
	Reason  string
	Owner   string
	Expires time.Time // the last day on which it holds; of no meaning with Rotated
	Value   string    // argon2id digest of the waived value, see DigestValue; only of secrets
	Rotated Rotation  // the value no longer opens anything; only of secrets

	Source string // the file in which the waiver stands
	At     manifest.Pos
}

// Rotation says that a value was replaced where it was used. A finding on the old
// one is answered by it for good.
type Rotation struct {
	By string    // who did it; "" where nothing was rotated
	On time.Time // the day, in UTC
}

// WaiverUse is a waiver after a run.
type WaiverUse struct {
	Waiver  Waiver
	Expired bool
	Used    int // findings that it waived, or would have if it had not expired
	// Known tells whether this run could have used it: it saw the whole tree with
	// the waiver's check on. An unused waiver is only a fault then.
	Known bool
}
