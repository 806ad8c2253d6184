//go:build unix

package source

import "syscall"

// openFlags keep an open from following a link and from waiting.
const openFlags = syscall.O_NOFOLLOW | syscall.O_NONBLOCK
