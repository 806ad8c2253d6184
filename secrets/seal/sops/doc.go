// Package sops encrypts files as SOPS does, and edits what SOPS has encrypted:
// bytes in, bytes out.
//
// It writes the format of github.com/getsops/sops v3.13 for YAML, JSON, dotenv, INI
// and binary files. What SOPS writes can be read here, and the other way round. Other
// than SOPS it edits the text: only the values that a rule covers are replaced, and
// the metadata are added at the end. Comments, order, quotes, indentation and line
// ends of all else stay as they are, and a value that did not change keeps its
// ciphertext to the byte.
//
// A value keeps the way in which it is quoted, so that a file that was encrypted and
// decrypted again is the same to the byte. The exceptions are scalars in a spelling
// that SOPS has no place for (0x10, a folded text): their value comes back in the
// common spelling, and Encrypt says so in a Note.
//
// The package reads no file and no variable of the environment. Private keys, the
// Vaults that may be asked and their tokens come in Options, and nothing else is
// asked. A GnuPG program, plugins of age and a Service for keys in a cloud run only
// where Options name them; they have an environment of their own. The clock is read
// only where Options give no time.
//
// It refuses to know where files, rules and keys come from, what is secret, and how a
// file is written.
//
// No error and no note holds a value, and no text of a library is passed on. Data keys
// and byte slices with plaintext that the package made are overwritten with zeros.
// That cannot be done to strings of a parsed file, nor to what the garbage collector
// has copied.
package sops
