package codeowners

import (
	"strings"
	"unicode/utf8"
)

// Effect says what a remark about a line means for the owners.
type Effect string

// The effects.
const (
	// Ignored: the host does not use the file at all.
	Ignored Effect = "ignored"
	// Skipped: the host drops the line.
	Skipped Effect = "skipped"
	// Altered: the host takes the line, but not as it reads.
	Altered Effect = "altered"
	// Noted: the host takes the line as it reads; something about it is odd.
	Noted Effect = "noted"
	// Unjudged: the host may well use it, this package could not follow.
	Unjudged Effect = "unjudged"
)

// IssueKind names what is wrong with a line or with the file.
type IssueKind string

// The kinds, by the effect they usually have.
const (
	TooLarge        IssueKind = "too-large"        // ignored, or unjudged on other hosts
	WholeFile       IssueKind = "whole-file"       // ignored: one bad line drops the file
	TooManyRules    IssueKind = "too-many-rules"   // unjudged
	UnknownDialect  IssueKind = "unknown-dialect"  // unjudged
	RegexpUnjudged  IssueKind = "regexp-unjudged"  // unjudged: over the limit, or not RE2
	InvalidPattern  IssueKind = "invalid-pattern"  // skipped
	InvalidOwner    IssueKind = "invalid-owner"    // skipped
	NeverMatches    IssueKind = "never-matches"    // skipped
	InlineComment   IssueKind = "inline-comment"   // skipped, or altered on GitLab
	MissingOwners   IssueKind = "missing-owners"   // skipped on Gitea, noted on GitLab
	MalformedOwner  IssueKind = "malformed-owner"  // altered: the word is dropped
	BrokenHeading   IssueKind = "broken-heading"   // altered: read as an entry
	HeadingText     IssueKind = "heading-text"     // altered: a heading, not an entry
	NamelessHeading IssueKind = "nameless-heading" // noted
	BadApprovals    IssueKind = "bad-approvals"    // altered: one approval
	Redeclared      IssueKind = "redeclared"       // altered: keeps its first place
	OwnedByNobody   IssueKind = "owned-by-nobody"  // altered
	LooksLikeOwner  IssueKind = "looks-like-owner" // altered: an owner where the pattern belongs
	HashInPattern   IssueKind = "hash-in-pattern"  // noted
	LiteralBraces   IssueKind = "literal-braces"   // noted: {a,b} is no choice
	ByteOrderMark   IssueKind = "byte-order-mark"  // noted
	NotUTF8         IssueKind = "not-utf-8"        // noted
	OddSpace        IssueKind = "odd-space"        // noted: white space that separates nothing
	NearTheLimit    IssueKind = "near-the-limit"   // noted
)

// Issue is one remark about a file. Line and Column are 1-based, the column in
// bytes; Line 0 speaks of the whole file.
type Issue struct {
	Line   int
	Column int
	Kind   IssueKind
	Effect Effect
	// Source is the line as written, shortened.
	Source string
	// Message is a sentence without the line's number.
	Message string
	// Suggestion is the text to write instead, where there is one.
	Suggestion string
}

// longestQuote is how much of a line a message repeats.
const longestQuote = 120

// brief shortens what is quoted, at the border of a character.
func brief(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if len(s) <= longestQuote {
		return s
	}
	cut := longestQuote
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
}
