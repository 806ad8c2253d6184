package cluster

import "testing"

// sops is no server: it is the command that people encrypt files with.
func sops() server {
	return server{
		name: "sops", module: "github.com/getsops/sops/v3", program: "github.com/getsops/sops/v3/cmd/sops", minutes: "1 minute",
		path: func(b *Binaries) *string { return &b.SOPS },
	}
}

// SOPS returns the path of the real sops, built first where it is not there. It fails the test if it cannot be built, and
// skips it under -short.
func SOPS(t testing.TB) string {
	t.Helper()
	if testing.Short() {
		t.Skip("-short: this test runs the real sops")
	}
	built, err := build(t.Context(), toStandardError, sops())
	if err != nil {
		t.Fatal(err)
	}
	return built.SOPS
}
