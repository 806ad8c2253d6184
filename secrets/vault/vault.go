// Package vault asks a Vault whether what a repository refers to is there,
// without ever reading a value.
//
// A token that may read the paths subkeys/ and metadata/ of a KV v2 engine and
// nothing below data/ (see Policy) is enough to tell that a secret exists, in which
// version, and which keys it has. So nothing that goes wrong here, in a log or in
// the machine that runs it, can give a value away.
//
//	connection, err := vault.Connect(ctx, target, login)
//	answers := connection.Verify(ctx, questions)
//	err = connection.Close(ctx)
//
// Every request passes a guard, which lets through the few forms of request that
// this package makes, refuses to read a path below data/, and lets a Connection
// write only where its Target says so.
//
// Nothing of the environment counts: what is not in a Target and a Login is not
// used. That is why requests go through net/http: api.NewClient of
// github.com/hashicorp/vault/api reads 20 variables of the environment and the
// files they name, also when it is given a configuration, and fails where one of
// them is malformed; its client follows a redirect with the token to any host, and
// reads answers of any length. What it says of headers and answers is used.
//
// The package does not know what a reference looks like in any manifest, where
// addresses and tokens come from, or whether a change deserves to pass. It shows
// nobody a value, a token, or what a server says: errors and answers have words of
// their own, and hold names of secrets and keys, no more.
package vault
