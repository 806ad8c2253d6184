package seal

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/bitnami-labs/sealed-secrets/pkg/crypto"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/secrets/sealed"
)

// SealedValue is one value of a SealedSecret, and what it is bound to.
type SealedValue struct {
	Namespace, Name string
	Scope           Scope
	Key             string
	Ciphertext      []byte
}

// label is what the ciphertext is bound to.
func (v SealedValue) label() string { return identity{v.Name, v.Namespace, v.Scope}.label() }

// Opener decrypts a sealed value. What it returns is overwritten after use. The error
// ErrCannotOpen means this one value; any other ends the work.
type Opener func(SealedValue) ([]byte, error)

// ErrCannotOpen is the error of an Opener that has no key for a value.
var ErrCannotOpen = errors.New("no key opens it")

// PrivateKeys are sealing keys of a controller, as they are kept for recovery. They show
// nothing of themselves. They stay in memory as long as they are referred to, since Go
// offers no way to overwrite a key.
type PrivateKeys struct{ keys *[]*rsa.PrivateKey }

// mostPrivateKeys bounds the keys that are tried for a value: a controller makes one in
// 30 days.
const mostPrivateKeys = 1000

// ParsePrivateKeys reads the RSA keys of a PEM text, or of the Secrets of type
// kubernetes.io/tls in which a controller keeps them, as kubectl get --output yaml
// writes them. No error holds a part of the text, which is its owner's to overwrite.
func ParsePrivateKeys(text []byte) (PrivateKeys, error) {
	var keys []*rsa.PrivateKey
	if err := appendKeys(&keys, text); err != nil {
		return PrivateKeys{}, err
	}
	if len(keys) == 0 {
		for _, d := range manifest.Read("keys.yaml", text, manifest.DefaultLimits()).Documents {
			raw, err := base64.StdEncoding.DecodeString(d.Root.Lookup("data", "tls.key").Str())
			if !isSecret(d) || err != nil {
				continue
			}
			err = appendKeys(&keys, raw)
			clear(raw)
			if err != nil {
				return PrivateKeys{}, fmt.Errorf("%s: %w", d.Object, err)
			}
		}
	}
	if len(keys) == 0 {
		return PrivateKeys{}, errors.New("it holds no private key, neither in PEM nor in a Secret with tls.key")
	}
	return PrivateKeys{&keys}, nil
}

// appendKeys reads the private keys of a PEM text.
func appendKeys(keys *[]*rsa.PrivateKey, text []byte) error {
	for rest := text; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return nil
		}
		if !strings.HasSuffix(block.Type, "PRIVATE KEY") {
			continue
		}
		signer, err := privateKeyOf(block)
		clear(block.Bytes)
		key, ok := signer.(*rsa.PrivateKey)
		switch {
		case err != nil:
			return err
		case !ok:
			return errors.New("it holds a private key that is not RSA")
		case len(*keys) == mostPrivateKeys:
			return fmt.Errorf("it holds more than %d private keys", mostPrivateKeys)
		}
		*keys = append(*keys, key)
	}
}

// Len is how many keys there are.
func (k PrivateKeys) Len() int { return len(k.all()) }

func (k PrivateKeys) all() []*rsa.PrivateKey {
	if k.keys == nil {
		return nil
	}
	return *k.keys
}

// has tells whether the private half of a key is among them.
func (k PrivateKeys) has(public *rsa.PublicKey) bool {
	return slices.ContainsFunc(k.all(), func(key *rsa.PrivateKey) bool { return key.PublicKey.Equal(public) })
}

// String says how many keys there are.
func (k PrivateKeys) String() string { return fmt.Sprintf("%d private keys", k.Len()) }

// GoString is String.
func (k PrivateKeys) GoString() string { return k.String() }

// Open is an Opener.
func (k PrivateKeys) Open(v SealedValue) ([]byte, error) {
	plain, _, err := k.open(v)
	return plain, err
}

// open decrypts a value and gives the key that it was sealed with.
func (k PrivateKeys) open(v SealedValue) ([]byte, *rsa.PrivateKey, error) {
	c, ok := sealed.ReadCiphertext(base64.StdEncoding.EncodeToString(v.Ciphertext))
	if !ok {
		return nil, nil, ErrCannotOpen
	}
	for _, key := range k.all() {
		if c.Excludes(&key.PublicKey) {
			continue
		}
		if plain, err := crypto.HybridDecrypt(rand.Reader, map[string]*rsa.PrivateKey{"": key}, v.Ciphertext, []byte(v.label())); err == nil {
			return plain, key, nil
		}
	}
	return nil, nil, ErrCannotOpen
}
