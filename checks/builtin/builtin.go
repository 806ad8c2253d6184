// Package builtin is the checks that are written in Go, one file each.
//
// With is the list; there is no other way for a check to be known.
package builtin

import "github.com/gatehouse-dev/gatehouse/checks"

// All returns the checks as they are where a repository says nothing.
func All() []checks.Check { return With(Settings{}) }

// With returns the checks in the order of the documentation, with what the
// configuration of a repository gives them.
func With(s Settings) []checks.Check {
	return []checks.Check{
		plaintextSecret(),
		sealedTemplatePlaintext(),
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
		sealedMalformed(s),
		sealedScopeMismatch(),
		sealedValueReused(),
		sealedIdentityChanged(),
		sopsValueUnencrypted(s),
		sopsRuleDrift(s),
		sopsRecipientMismatch(s),
		sopsMACStale(),
		sopsValueMalformed(s),
		certificateExpiring(s),
		referenceMalformed(s),
		referenceNotAReference(s),
		referencePathForbidden(s),
		referenceStoreMissing(s),
		referenceKeyMissing(s),
		secretProducerMissing(s),
		ownersMissing(s),
		ownersProduction(s),
		ownersNewFileUnowned(s),
		ownersShallowPattern(s),
		ownersGateFilesUnowned(s),
		ownersDeadPattern(s),
		ownersShadowed(s),
		ownersLineSkipped(s),
		ownersFileShadowed(s),
		ownersNotPortable(s),
		ownersWeakened(s),
		ownersNewDirectory(s),
		ownersUnknown(s),
		ownersNotEnforced(s),
		ciAppliesDirectly(),
		waiverExpired(),
		waiverUnused(),
	}
}
