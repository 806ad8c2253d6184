//go:build !linux

package source

import "testing"

func lockedFolder(t *testing.T) { t.Skip("only Linux is known to run a test as another user") }
