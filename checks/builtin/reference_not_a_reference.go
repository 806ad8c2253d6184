package builtin

import (
	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/secrets/reference"
)

func referenceNotAReference(s Settings) checks.Check {
	return checks.Check{
		ID:       string(reference.NotAReference),
		Title:    "What looks like a reference holds a value, runs a command or asks a foreign server",
		Category: checks.References,
		Severity: checks.Error,
		Why: "`ref+echo://…` is the value itself, and `ref+exec://…` a command that runs wherever the file is rendered, with the rights of whoever renders it. " +
			"The fake provider of External Secrets gives what stands in it; `>>vault:` of bank-vaults carries the value that it writes; a `secret_id` in a reference is a credential; " +
			"and a server that a reference names gets a token sent. All of them pass where people look for references.\n\n" +
			"With `references.addresses` in `.gatehouse/config.yaml`, references and stores may name these servers only.",
		Fix: "Keep the value in a store of secrets and refer to it there.",
		Bad: []string{`-- values.yaml --
database:
  password: ref+echo://correct-horse
`, `apiVersion: external-secrets.io/v1
kind: ClusterSecretStore
metadata:
  name: store
spec:
  provider:
    fake:
      data:
      - key: /database
        value: correct-horse
`, `-- settings.env --
DATABASE_PASSWORD=ref+exec://bin/password
`},
		Good: []string{`-- values.yaml --
database:
  password: ref+vault://secret/shop/database#/password
`},
		Document:  referenceDocument(s, reference.NotAReference),
		FileFacts: referenceFacts(s),
		FactsOf:   referencesFacts,
		Tree:      referenceTree(s, reference.NotAReference),
	}
}
