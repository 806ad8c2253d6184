package builtin

import (
	"context"

	"github.com/gatehouse-dev/gatehouse/codeowners"
)

// Settings are what the configuration of a repository gives the checks. The zero
// value is that of a repository that says nothing.
type Settings struct {
	Environments []Environment
	Owners       Owners
	Certificates []Certificate
	References   References

	// Host is what the host of the repository says of it; nil where it is not asked.
	Host *Host

	// Vault asks the Vault of References about secrets, each question once, in their
	// order; nil where it is not asked.
	Vault func(context.Context, []VaultQuestion) []VaultAnswer
	// Roles asks the same about roles.
	Roles func(context.Context, []RoleQuestion) []VaultAnswer

	// Rules reads a file from the side that the rules come from, which in a pull
	// request is the base. The error is fs.ErrNotExist where there is none. Where it
	// is nil, the side that is judged counts.
	Rules func(path string) ([]byte, error)
}

// Environment is what is asked of one environment besides its paths, which the
// layout of a run knows.
type Environment struct {
	Name        string
	Include     []string // owners of whom one must own every file; none for no demand
	Only        []string // the only owners that files may have; none for no demand
	Certificate string   // the path of its certificate; "" for none
}

// Owners say how CODEOWNERS is read and what must be owned.
type Owners struct {
	Dialect  codeowners.Dialect   // "" where the tree tells
	AlsoOn   []codeowners.Dialect // other hosts that read the same file
	Fallback []string             // owners who stand for nobody in particular
	Gate     []string             // globs of further files of the gate
}

// Certificate is one that SealedSecrets are sealed with.
type Certificate struct {
	Path        string
	PEM         []byte // nil where it cannot be read
	Fingerprint string // that it must have; "" for any
}

// References say what references to secrets may point to.
type References struct {
	Stores    []Store
	Paths     []AllowedPath
	Addresses []string // of Vault; none for any
	Vault     string   // the address of the one that is asked; "" for none
}

// Store is one that is known to exist though the repository does not hold it.
type Store struct{ Kind, Namespace, Name string }

// AllowedPath allows the objects of some namespaces some paths.
type AllowedPath struct{ Namespaces, Prefixes []string }
