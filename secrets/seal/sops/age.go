package sops

import (
	"bytes"
	"errors"
	"io"
	"strings"

	"filippo.io/age"
	"filippo.io/age/agessh"
	"filippo.io/age/armor"
	"filippo.io/age/plugin"
	"golang.org/x/crypto/ssh"
)

// AgePlugins let age run its plugins, programs named age-plugin-NAME on the PATH.
type AgePlugins struct {
	// UI answers their questions.
	UI *plugin.ClientUI
}

// ErrAgeKey is the error of a text that is no private key of age.
var ErrAgeKey = errors.New("this is no private key of age and no SSH key that age takes")

// ParseAge reads private keys: a file of age with one on each line, or an SSH key.
// passphrase is asked for an SSH key that needs one; nil gives none. The error is
// ErrAgeKey, or that of passphrase.
func ParseAge(key []byte, plugins *AgePlugins, passphrase func() ([]byte, error)) ([]age.Identity, error) {
	if bytes.Contains(key, []byte("PRIVATE KEY-----")) {
		id, err := parseSSH(key, passphrase)
		if err != nil {
			return nil, err
		}
		return []age.Identity{id}, nil
	}
	var list []age.Identity
	for line := range strings.Lines(string(key)) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		id, err := parseIdentity(line, plugins)
		if err != nil {
			return nil, ErrAgeKey
		}
		list = append(list, id)
	}
	if len(list) == 0 {
		return nil, ErrAgeKey
	}
	return list, nil
}

func parseIdentity(line string, plugins *AgePlugins) (age.Identity, error) {
	switch {
	case strings.HasPrefix(line, "AGE-SECRET-KEY-PQ-1"):
		return age.ParseHybridIdentity(line)
	case strings.HasPrefix(line, "AGE-SECRET-KEY-1"):
		return age.ParseX25519Identity(line)
	case strings.HasPrefix(line, "AGE-PLUGIN-") && plugins != nil:
		return plugin.NewIdentity(line, plugins.UI)
	}
	return nil, ErrAgeKey
}

func parseSSH(key []byte, passphrase func() ([]byte, error)) (age.Identity, error) {
	id, err := agessh.ParseIdentity(key)
	var locked *ssh.PassphraseMissingError
	if errors.As(err, &locked) && locked.PublicKey != nil && passphrase != nil {
		return agessh.NewEncryptedSSHIdentity(locked.PublicKey, key, passphrase)
	}
	if err != nil {
		return nil, ErrAgeKey
	}
	return id, nil
}

// wrapAge encrypts a share for one recipient of age, in armour as SOPS does.
func (k Keys) wrapAge(r Recipient, share []byte) ([]byte, error) {
	to, err := k.ageRecipient(r)
	if err != nil {
		return nil, err
	}
	failed := refuse(0, "", "the data key could not be encrypted for %s", r)
	var out bytes.Buffer
	armoured := armor.NewWriter(&out)
	w, err := age.Encrypt(armoured, to)
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

func (k Keys) ageRecipient(r Recipient) (age.Recipient, error) {
	invalid := refuse(0, "write the public key, as age-keygen -y prints it", "%s is no public key of age", r)
	id := strings.TrimSpace(r.ID)
	var to age.Recipient
	var err error
	switch {
	case strings.HasPrefix(id, "age1pq1"):
		to, err = age.ParseHybridRecipient(id)
	case strings.HasPrefix(id, "age1") && strings.Count(id, "1") > 1:
		if k.Plugins == nil {
			return nil, refuse(0, "allow plugins of age", "%s needs a plugin of age, and none may run here", r).because(Unreachable)
		}
		to, err = plugin.NewRecipient(id, k.Plugins.UI)
	case strings.HasPrefix(id, "age1"):
		to, err = age.ParseX25519Recipient(id)
	case strings.HasPrefix(id, "ssh-"):
		to, err = agessh.ParseRecipient(id)
	default:
		return nil, invalid
	}
	if err != nil {
		return nil, invalid
	}
	return to, nil
}

// mostShareBytes is how long a decrypted share may be: 32 bytes, and one more where
// the data key was split.
const mostShareBytes = 1 << 10

// unwrapAge opens a share. Where no private key fits it is nil without an error.
func (k Keys) unwrapAge(one masterKey) ([]byte, error) {
	if len(k.Age) == 0 {
		return nil, nil
	}
	r, err := age.Decrypt(armor.NewReader(strings.NewReader(one.wrapped)), k.Age...)
	var none *age.NoIdentityMatchError
	if errors.As(err, &none) {
		return nil, nil
	}
	broken := refuse(0, "", "the data key for %s cannot be decrypted", one.Recipient)
	if err != nil {
		return nil, broken
	}
	share, err := io.ReadAll(io.LimitReader(r, mostShareBytes))
	if err != nil {
		return nil, broken
	}
	return share, nil
}
