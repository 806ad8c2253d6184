// Package reference reads the references to secrets that are kept elsewhere, in the
// dialects of nine tools, and brings them to one form: store, mount, path, key,
// version. It tells offline which of them cannot work, which name a store that is not
// there, and which are no references at all: a value, a command or a foreign server
// behind the notation of one. And it tells who needs which Secret of Kubernetes, and
// whether anything makes it.
//
// The package is pure: trees and texts in, values and faults out. It opens no
// connection, and never says that a reference can be resolved, only that it cannot.
// It refuses to know files, git, clocks, servers, clusters and keys, what a finding is
// and how severe it is. No value and no reason that it gives holds a secret: of a
// reference that carries a value in itself, the value is left out.
package reference
