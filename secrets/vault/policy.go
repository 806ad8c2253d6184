package vault

import (
	"fmt"
	"strings"
)

// VerifyPolicy is the text of a policy, in HCL, with which a token can verify
// references to the secrets of KV v2 below the mounts and the roles of the Kubernetes
// auth methods, and can read no value of them. The last paragraph is what Vault's
// policy "default" grants anyway, for tokens without that.
func VerifyPolicy(mounts, authMounts []string) string {
	var b strings.Builder
	b.WriteString("# Which secrets there are, which keys they have, and no value of them.\n")
	for _, mount := range mounts {
		grant(&b, mount+"/subkeys/*", "read")
		grant(&b, mount+"/metadata/*", "read", "list")
		grant(&b, mount+"/data/*", "deny")
	}
	for _, mount := range authMounts {
		grant(&b, "auth/"+mount+"/role/*", "read")
	}
	own(&b)
	return b.String()
}

// WritePolicy is the text of a policy with which a token can write secrets of KV v2
// below the mounts, and can read no value of them.
func WritePolicy(mounts []string) string {
	var b strings.Builder
	b.WriteString("# Writes secrets, and reads no value of them.\n")
	for _, mount := range mounts {
		grant(&b, mount+"/data/*", "create", "update", "patch")
		grant(&b, mount+"/subkeys/*", "read")
		grant(&b, mount+"/metadata/*", "read", "list", "patch")
	}
	own(&b)
	return b.String()
}

func own(b *strings.Builder) {
	grant(b, "sys/capabilities-self", "update")
	grant(b, "auth/token/lookup-self", "read")
	grant(b, "auth/token/revoke-self", "update")
}

func grant(b *strings.Builder, path string, capabilities ...string) {
	fmt.Fprintf(b, "path %q { capabilities = [\"%s\"] }\n", strings.TrimLeft(path, "/"), strings.Join(capabilities, `", "`))
}
