package sops

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"io"
	"os/exec"
	"regexp"
	"strings"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/armor"
)

// PGP are keys of OpenPGP: given as such, or held by GnuPG.
type PGP struct {
	// Public are keyrings to encrypt with, in armour or not. Private ones serve, too.
	Public [][]byte
	// Private are keyrings to decrypt with.
	Private [][]byte
	// Passphrase is asked for a private key that needs one, by its fingerprint; nil
	// gives none.
	Passphrase func(fingerprint string) ([]byte, error)
	// GnuPG is the program gpg, which is run for keys that are in none of the keyrings;
	// "" runs none. It has the environment of the process.
	GnuPG string
	// Home is the folder of GnuPG's keys; "" leaves it to GnuPG.
	Home string
}

// fingerprint is what names a key of OpenPGP in a rule: that of the key, or with an
// exclamation mark of one subkey.
var fingerprint = regexp.MustCompile(`^[0-9A-Fa-f]{16,64}!?$`)

// wrap encrypts a share for one key.
func (p PGP) wrap(ctx context.Context, r Recipient, share []byte) ([]byte, error) {
	id := strings.ReplaceAll(r.ID, " ", "")
	if !fingerprint.MatchString(id) {
		return nil, refuse(0, "write the fingerprint, as gpg --fingerprint prints it", "%s is no fingerprint of OpenPGP", r)
	}
	key, err := find(append(append([][]byte(nil), p.Public...), p.Private...), id)
	switch {
	case err != nil:
		return nil, err
	case key != nil:
		return encryptTo(key, r, share)
	case p.GnuPG == "":
		return nil, refuse(0, "give its public key", "the public key of %s is not at hand", r).because(Unreachable)
	}
	out, err := p.run(ctx, share, "--no-default-recipient", "--no-encrypt-to", "--trust-model", "always", "--armor", "--recipient", id, "--encrypt")
	if err != nil {
		return nil, refuse(0, "see that gpg has its public key and that it has not expired: gpg --list-keys "+id, "gpg could not encrypt for %s", r).because(Unreachable)
	}
	return bytes.TrimSpace(out), nil
}

func encryptTo(key *openpgp.Entity, r Recipient, share []byte) ([]byte, error) {
	failed := refuse(0, "see that it has not expired and that it may encrypt", "the data key could not be encrypted for %s", r)
	var out bytes.Buffer
	armoured, err := armor.Encode(&out, "PGP MESSAGE", nil)
	if err != nil {
		return nil, failed
	}
	w, err := openpgp.Encrypt(armoured, []*openpgp.Entity{key}, nil, &openpgp.FileHints{IsBinary: true}, nil)
	if err != nil {
		return nil, failed
	}
	if _, err := w.Write(share); err != nil {
		return nil, failed
	}
	if w.Close() != nil || armoured.Close() != nil {
		return nil, failed
	}
	return out.Bytes(), nil
}

// unwrap opens a share. Where no private key fits it is nil without an error.
func (p PGP) unwrap(ctx context.Context, one masterKey) ([]byte, error) {
	if len(p.Private) > 0 {
		ring, err := readRings(p.Private)
		if err != nil {
			return nil, err
		}
		if share := p.decrypt(ring, one.wrapped); share != nil {
			return share, nil
		}
	}
	if p.GnuPG == "" {
		return nil, nil
	}
	out, err := p.run(ctx, []byte(one.wrapped), "--decrypt")
	if err != nil || len(out) == 0 {
		return nil, nil // gpg tells in words alone whether it has the key
	}
	return out, nil
}

func (p PGP) decrypt(ring openpgp.EntityList, wrapped string) []byte {
	block, err := armor.Decode(strings.NewReader(wrapped))
	if err != nil {
		return nil
	}
	m, err := openpgp.ReadMessage(block.Body, ring, p.prompt(), nil)
	if err != nil {
		return nil
	}
	share, err := io.ReadAll(io.LimitReader(m.UnverifiedBody, mostShareBytes))
	if err != nil {
		return nil
	}
	return share
}

// prompt asks once for each key that a message may be for.
func (p PGP) prompt() openpgp.PromptFunction {
	if p.Passphrase == nil {
		return nil
	}
	asked := map[string]bool{}
	return func(keys []openpgp.Key, _ bool) ([]byte, error) {
		for _, k := range keys {
			id := strings.ToUpper(hex.EncodeToString(k.PublicKey.Fingerprint))
			if asked[id] || k.PrivateKey == nil || !k.PrivateKey.Encrypted {
				continue
			}
			asked[id] = true
			passphrase, err := p.Passphrase(id)
			if err == nil {
				err = k.PrivateKey.Decrypt(passphrase)
			}
			clear(passphrase)
			if err == nil {
				return nil, nil // the key is open now
			}
		}
		return nil, ErrPassphrase
	}
}

// ErrPassphrase tells that no passphrase opened a private key.
var ErrPassphrase = errors.New("no passphrase opened the private key")

func readRings(rings [][]byte) (openpgp.EntityList, error) {
	var all openpgp.EntityList
	for _, ring := range rings {
		read := openpgp.ReadKeyRing
		if bytes.HasPrefix(bytes.TrimSpace(ring), []byte("-----BEGIN")) {
			read = openpgp.ReadArmoredKeyRing
		}
		keys, err := read(bytes.NewReader(ring))
		if err != nil {
			return nil, refuse(0, "export the key with gpg --armor --export", "a keyring is none of OpenPGP")
		}
		all = append(all, keys...)
	}
	return all, nil
}

// find returns the key of a fingerprint, or nil. One that names a subkey alone is left
// to GnuPG.
func find(rings [][]byte, id string) (*openpgp.Entity, error) {
	keys, err := readRings(rings)
	if err != nil {
		return nil, err
	}
	id = strings.ToUpper(id)
	for _, key := range keys {
		if strings.HasSuffix(strings.ToUpper(hex.EncodeToString(key.PrimaryKey.Fingerprint)), id) {
			return key, nil
		}
	}
	return nil, nil
}

// run runs gpg. What it says on standard error is not kept.
func (p PGP) run(ctx context.Context, input []byte, args ...string) ([]byte, error) {
	if p.Home != "" {
		args = append([]string{"--homedir", p.Home}, args...)
	}
	command := exec.CommandContext(ctx, p.GnuPG, append([]string{"--quiet", "--yes"}, args...)...)
	command.Stdin = bytes.NewReader(input)
	return command.Output()
}
