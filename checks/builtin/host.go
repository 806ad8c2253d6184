package builtin

// Host is what the host of a repository says of it that no file does.
type Host struct {
	Branch  string // that the change is for
	Demands Demands
	// Unseen are the parts of Demands that may not be seen, each with the reason, for
	// people. What is not demanded by the rest may be demanded by them.
	Unseen []string
	// Gate is the name of the check that Gatehouse itself reports, "" where that is not
	// known.
	Gate string
	// Unknown are the owners that the host does not take, by the path of the file and its
	// line.
	Unknown []UnknownOwner
	// Approved tells, of people who lose their say, whether one of them has approved the
	// commit that is judged; nil where that is not known.
	Approved func(owners []string) bool
}

// Demands are what a branch demands of a change before it lets it in.
type Demands struct {
	CodeOwners   bool // code owners must approve
	DismissStale bool // a push takes approvals back
	Current      bool // it is merged only when it is up to date, or by a merge queue
	Checks       []RequiredCheck
	Workflows    []string // that are run whatever the change says of them
	Bypass       []string // who need not meet some of it
}

// RequiredCheck is a check that must have passed; Pinned tells that only one app can
// report it.
type RequiredCheck struct {
	Name   string
	Pinned bool
}

// UnknownOwner is one that the host does not take.
type UnknownOwner struct {
	Path    string
	Line    int
	Message string
}
