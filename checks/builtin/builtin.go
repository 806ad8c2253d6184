// Package builtin is the checks that are written in Go, one file each.
//
// All is the list; there is no other way for a check to be known.
package builtin

import "github.com/gatehouse-dev/gatehouse/checks"

// All returns the checks in the order of the documentation.
func All() []checks.Check {
	return []checks.Check{
		plaintextSecret(),
		leakedCredential(),
		secretInConfig(),
		secretInGenerator(),
		secretInTemplate(),
		weakSecret(),
		placeholderSecret(),
		secretInHistory(),
		manifestUnreadable(),
		duplicateKey(),
		duplicateObject(),
		waiverExpired(),
		waiverUnused(),
	}
}
