//go:build !unix

package source

// openFlags are none: this system has no named pipes among its files, and
// readFile compares what it opened with what it looked at.
const openFlags = 0
