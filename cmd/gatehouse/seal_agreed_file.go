package main

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/source"
	"github.com/gatehouse-dev/gatehouse/secrets/seal"
	proofs "github.com/gatehouse-dev/gatehouse/secrets/sealed"
)

// agreedOn is agreed for what goes into a file that SOPS has encrypted, whose recipients
// are those of the file itself: they must be those that the file has on the default
// branch, or those of its rule there where it is new.
func (s *sealing) agreedOn(w *way, data []byte) error {
	if s.acceptTarget {
		return nil
	}
	repo, err := s.repoOf(w.root)
	if err != nil || repo == nil {
		return err
	}
	branch, err := s.defaultBranch(repo)
	if err != nil {
		return err
	}
	if branch.Commit == "" {
		return s.agreeWithNobody(repo, w)
	}
	here := recipientsOf(w.name, data)
	there, known, err := s.recipientsAt(repo, branch, w)
	if err != nil {
		e := exitOf(sourceExitOf(err))
		e.code, e.message = exitIncomplete, fmt.Sprintf("%s: not sealed: for whom the branch %s encrypts it cannot be read: %s", w.name, branch.Name, e.message)
		return e
	}
	if !known || slices.Equal(here.id, there.id) {
		return nil
	}
	return exit{code: exitUsage, message: fmt.Sprintf("%s: not sealed: here it is encrypted for %s; on the branch %s for %s", w.name, strings.Join(here.to, ", "), branch.Name, strings.Join(there.to, ", ")),
		hint: "others than before could read the new value: find out who changed that; --accept-target seals to it all the same"}
}

// recipientsAt are those of a file on a branch, or of its rule there. known is false
// where that branch has neither.
func (s *sealing) recipientsAt(repo *source.Repo, branch source.Branch, w *way) (a aim, known bool, err error) {
	pl := revisionPlace(s.ctx, repo, branch.Commit)
	text, err := pl.read(w.name)
	if err == nil {
		a = recipientsOf(w.name, text)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return a, false, err
	}
	if len(a.id) > 0 {
		return a, true, nil
	}
	rule, err := sopsRuleAt(pl, w.name)
	if err != nil || rule == nil {
		return a, false, err
	}
	a.method = "sops"
	a.recipients(rule)
	return a, len(a.id) > 0, nil
}

// recipientsOf are those of a file that SOPS has encrypted.
func recipientsOf(name string, data []byte) (a aim) {
	m, ok := proofs.SOPSMetadata(manifest.Read(name, data, manifest.DefaultLimits()))
	if !ok {
		return a
	}
	a.method = "sops"
	a.recipients(&proofs.Rule{Groups: m.Groups, Threshold: m.Threshold})
	return a
}

// forRecipients tells for whom values of a file of SOPS are encrypted, in one line.
func forRecipients(name string, data []byte) string {
	return "encrypting for " + strings.Join(recipientsOf(name, data).to, ", ") + ", the recipients of the file"
}

// agreedEntry is agreed for a value that is written to where an object of a file says: it
// must be where the object says it on the default branch, if it is there.
func (s *sealing) agreedEntry(e *entry, place seal.VaultEntry, binary bool) error {
	if s.acceptTarget {
		return nil
	}
	repo, err := s.repoOf(e.way.root)
	if err != nil || repo == nil {
		return err
	}
	branch, err := s.defaultBranch(repo)
	if err != nil {
		return err
	}
	if branch.Commit == "" {
		return s.agreeWithNobody(repo, e.way)
	}
	text, err := revisionPlace(s.ctx, repo, branch.Commit).read(e.way.name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		x := exitOf(sourceExitOf(err))
		x.code, x.message = exitIncomplete, fmt.Sprintf("%s: not written: where the branch %s keeps it cannot be read: %s", e.way.name, branch.Name, x.message)
		return x
	}
	same := seal.Selector{Kind: place.Kind, Namespace: place.Namespace, Name: place.Name}
	there, err := seal.SetVaultEntry(e.way.name, text, same, e.key, binary, seal.Options{})
	if err != nil || keptAt(there) == keptAt(place) {
		return nil // what refers to nothing yet keeps it nowhere else
	}
	return exit{code: exitUsage, message: fmt.Sprintf("%s: not written: here %q is kept at %s; on the branch %s at %s", e.way.name, e.key, keptAt(place), branch.Name, keptAt(there)),
		hint: "others than before could read the new value: find out who changed that; --accept-target writes it all the same"}
}

// keptAt says where a value is kept, for people and to compare.
func keptAt(place seal.VaultEntry) string {
	at := place.Mount + "/" + place.Path
	if place.Mount == "" {
		at = fmt.Sprintf("%s of the %s %s", place.Path, place.StoreKind, place.Store)
	}
	return at + ", key " + place.Key
}
