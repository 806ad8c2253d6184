package main

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"slices"
	"unicode/utf8"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/secrets/seal"
	sealvault "github.com/gatehouse-dev/gatehouse/secrets/seal/vault"
	"github.com/gatehouse-dev/gatehouse/secrets/vault"
)

// refersToVault tells whether the object that is meant has its values from Vault.
func (e *entry) refersToVault() bool {
	if len(e.sealedObjects()) > 0 {
		return false
	}
	return slices.ContainsFunc(manifest.Read(e.way.name, e.data, manifest.DefaultLimits()).Documents, func(d *manifest.Document) bool {
		return e.object.Matches(d.Object) && seal.RefersToVault(d)
	})
}

// depositKey writes the value of one key to where an object has it from, and lists the
// key in the object where it is new.
func (s *sealing) depositKey(e *entry, value []byte) (*made, error) {
	binary := !utf8.Valid(value)
	place, err := seal.SetVaultEntry(e.name(), e.data, e.object, e.key, binary, seal.Options{})
	if err != nil {
		return nil, err
	}
	if err := s.agreedEntry(e, place, binary); err != nil {
		return nil, err
	}
	kept := slices.Clone(value)
	if place.Encoded {
		kept = base64.StdEncoding.AppendEncode(nil, value)
	}
	d := &deposit{values: []map[string]sealvault.Value{{place.Key: kept}}, again: "run it again"}
	how := "written to Vault at "
	if place.Changed {
		how = "listed, and written to Vault at "
	}
	m, err := s.referred(e, place, d, how, vaultChange{values: d.values[0], replace: true})
	if err != nil {
		d.wipe()
	}
	return m, s.refusedAt(e, err, place)
}

// refusedAt words an error of the Vault that an object refers to.
func (s *sealing) refusedAt(e *entry, err error, place seal.VaultEntry) error {
	if err == nil {
		return nil
	}
	mount, _, _ := s.mountOf(e, place) // the error is that of the Vault, or this one
	server, _ := s.vaultServer(e.way)
	return server.refusal(err, mount)
}

// withdrawKey takes one key out of an object, and its value out of the next version in
// Vault where no other key of the object is made of it.
func (s *sealing) withdrawKey(e *entry) (*made, error) {
	place, err := seal.UnsetVaultEntry(e.name(), e.data, e.object, e.key, seal.Options{})
	if err != nil {
		return nil, err
	}
	if len(place.Others) > 0 {
		place.Notes = append(place.Notes, seal.Note{Line: place.Line, Object: place.Object, Text: fmt.Sprintf("its value stays in Vault, for %s is made of it, too", quoted(place.Others))})
		return s.keptInVault(e, place), nil
	}
	m, err := s.referred(e, place, &deposit{again: "run it again"}, "taken out in Vault at ", vaultChange{remove: []string{place.Key}})
	var refused *vault.Error
	if place.Changed && errors.As(err, &refused) && refused.Reason == vault.SecretMissing {
		place.Notes = append(place.Notes, seal.Note{Line: place.Line, Object: place.Object, Text: "Vault has no value of it"})
		return s.keptInVault(e, place), nil
	}
	if err == nil && place.Changed {
		text := "what is applied already asks for it until this is merged; vault kv rollback brings the value back"
		m.notes = append(m.notes, seal.Note{Line: place.Line, Object: place.Object, Text: text})
	}
	return m, s.refusedAt(e, err, place)
}

// placeheld tells whether an object has <KEY> for its values, and their path beside them.
func placeheld(place seal.VaultEntry) bool {
	return place.Kind == "Secret" && bytes.Contains(place.Text, []byte("avp.kubernetes.io/path"))
}

// keptInVault is a file without a key whose value is left where it is.
func (s *sealing) keptInVault(e *entry, place seal.VaultEntry) *made {
	m := &made{text: place.Text, notes: place.Notes, already: 1, placeholders: placeheld(place)}
	if place.Changed {
		m.changes = []alteration{{line: place.Line, end: place.EndLine, what: place.Object.String(), keys: []string{e.key}, how: "taken out"}}
	}
	return m
}

// referred is a file whose object refers to a value that is changed in Vault.
func (s *sealing) referred(e *entry, place seal.VaultEntry, d *deposit, how string, change vaultChange) (*made, error) {
	var err error
	if change.mount, change.path, err = s.mountOf(e, place); err != nil {
		return nil, err
	}
	server, err := s.vaultServer(e.way)
	if err != nil {
		return nil, err
	}
	if err := s.prepare(server, d, change); err != nil {
		return nil, err
	}
	end := uint32(math.MaxUint32)
	if place.Changed {
		end = place.EndLine
	}
	return &made{
		text: place.Text, notes: place.Notes, deposit: d, whom: server.whom(),
		placeholders: placeheld(place),
		changes:      []alteration{{line: place.Line, end: end, what: place.Object.String(), keys: []string{place.Key}, how: how + change.mount + "/" + change.path}},
	}, nil
}
