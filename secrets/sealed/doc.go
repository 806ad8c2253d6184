// Package sealed proves offline whether what is committed as sealed is really
// sealed: SealedSecrets, files of SOPS, and by their structure the envelopes of
// git-crypt, ansible-vault, age, OpenPGP, dotenvx and eyaml.
//
// It needs no key. It tells what cannot be opened by anybody (a placeholder, a
// broken ciphertext, a name that is not the sealed one), what stands in the clear
// where it must not, and what is not as the repository's own rules say. It reads the
// formats with readers of its own, because those of the tools accept more than they
// should.
//
// The package is pure: trees and bytes in, faults out. It refuses to know files,
// git, clocks, clusters and private keys, what a finding is and how severe it is.
// It never says that a value can be opened, only that it cannot; and no reason that
// it gives holds a value.
package sealed
