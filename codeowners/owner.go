package codeowners

import (
	"slices"
	"strings"
)

// OwnerKind says what an owner's spelling can name.
type OwnerKind string

// The kinds. A Team is a GitHub or Gitea team or a nested GitLab or Bitbucket
// group; a User may be a group on GitLab, where the spelling cannot tell. Nobody
// is a spelling the host accepts although it can belong to no one.
const (
	User   OwnerKind = "user"
	Team   OwnerKind = "team"
	Email  OwnerKind = "email"
	Role   OwnerKind = "role"
	Nobody OwnerKind = "nobody"
)

// Owner is one owner as a rule names it.
type Owner struct {
	Kind OwnerKind
	// Text is the owner as written: "@user", "@org/team", "a@example.com",
	// "@@maintainer". On Gitea, where the sign may be left out, it is added.
	Text string
	// Select is Bitbucket's choice among members, such as "random(2)".
	Select string
}

// Key is what two spellings of one owner have in common: hosts compare the
// names of users and teams without regard to case.
func (o Owner) Key() string { return strings.ToLower(o.Text) }

// String is the owner as written.
func (o Owner) String() string { return o.Text }

// many reports whether more than one person can stand behind the owner.
func (o Owner) many() bool { return o.Kind == Team || o.Kind == Role }

// OwnerSet is a set of owners by [Owner.Key].
type OwnerSet map[string]bool

// NewOwnerSet returns the set of these names ("@user", "@org/team", an e-mail
// address), in any case.
func NewOwnerSet(names ...string) OwnerSet {
	set := OwnerSet{}
	for _, n := range names {
		set[strings.ToLower(n)] = true
	}
	return set
}

// Has reports whether the owner is in the set.
func (s OwnerSet) Has(o Owner) bool { return s[o.Key()] }

// Names returns the owners as written, in their order.
func Names(owners []Owner) []string {
	names := make([]string, len(owners))
	for i, o := range owners {
		names[i] = o.Text
	}
	return names
}

// SameOwners reports whether two lists name the same owners, whatever their
// order, their case and how often each is named.
func SameOwners(a, b []Owner) bool { return setKey(a) == setKey(b) }

// setKey is equal for two lists exactly when they name the same owners.
func setKey(owners []Owner) string {
	if len(owners) == 0 {
		return ""
	}
	if len(owners) == 1 {
		return owners[0].Key()
	}
	return strings.Join(sortedKeys(owners), "\n")
}

func sortedKeys(owners []Owner) []string {
	keys := make([]string, len(owners))
	for i, o := range owners {
		keys[i] = o.Key()
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// within reports whether every owner of a is among those of b.
func within(a, b []Owner) bool {
	set := OwnerSet{}
	for _, o := range b {
		set[o.Key()] = true
	}
	for _, o := range a {
		if !set.Has(o) {
			return false
		}
	}
	return true
}

// uniqueOwners drops what is named again, keeping the first spelling.
func uniqueOwners(owners []Owner) []Owner {
	if len(owners) < 2 {
		return owners
	}
	seen := OwnerSet{}
	var kept []Owner
	for _, o := range owners {
		if !seen.Has(o) {
			seen[o.Key()] = true
			kept = append(kept, o)
		}
	}
	return kept
}

// githubOwner reads one owner of a GitHub file. ok is false for what GitHub
// reports as "Invalid owner".
//
// "@a@b" is accepted because GitHub's errors interface has been seen to accept
// it, although it resolves to no one.
func githubOwner(word string) (o Owner, ok bool) {
	name, at := strings.CutPrefix(word, "@")
	if !at {
		local, domain, found := strings.Cut(word, "@")
		if !found || local == "" || domain == "" || strings.Contains(domain, "@") {
			return Owner{}, false
		}
		return Owner{Kind: Email, Text: word}, true
	}
	if local, domain, found := strings.Cut(name, "@"); found {
		return Owner{Kind: Nobody, Text: word}, local != "" && domain != ""
	}
	org, team, nested := strings.Cut(name, "/")
	if !nested {
		return Owner{Kind: User, Text: word}, isName(name, "-_")
	}
	return Owner{Kind: Team, Text: word}, isName(org, "-_") && isName(team, "-_.")
}

// bitbucketOwner reads one owner of a Bitbucket file: an address, "@user",
// "@workspace/group" or "@teams/name", each group with an optional selector
// ":all", ":random(n)" or ":least_busy(n)".
func bitbucketOwner(word string) (o Owner, ok bool) {
	selector := ""
	if strings.HasPrefix(word, "@") {
		if at := strings.LastIndexByte(word, ':'); at > 0 {
			word, selector = word[:at], word[at+1:]
		}
	}
	if strings.HasPrefix(word, "@") {
		org, team, nested := strings.Cut(word[1:], "/")
		o = Owner{Kind: User, Text: word, Select: selector}
		if !nested {
			return o, isName(org, "-_.")
		}
		o.Kind = Team
		return o, isName(org, "-_.") && isName(team, "-_.")
	}
	return githubOwner(word)
}

// giteaOwner reads one owner of a Gitea file, where the sign may be missing and
// e-mail addresses name no one.
func giteaOwner(word string) (o Owner, ok bool) {
	name := strings.TrimPrefix(word, "@")
	o = Owner{Kind: User, Text: "@" + name}
	switch slashes := strings.Count(name, "/"); {
	case name == "" || slashes > 1:
		return o, false
	case slashes == 1:
		o.Kind = Team
	case strings.Contains(name, "@"):
		o = Owner{Kind: Nobody, Text: word}
	}
	return o, true
}

// isName reports whether s has letters, digits and these signs only.
func isName(s, signs string) bool {
	if s == "" {
		return false
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		if !isAlphanumeric(c) && strings.IndexByte(signs, c) < 0 {
			return false
		}
	}
	return true
}

func isAlphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}
