package sops

import (
	"context"
	"crypto/rand"

	"filippo.io/age"
	"github.com/getsops/sops/v3/shamir"
)

// Keys open and close data keys. What a recipient needs and is not here is not looked
// for anywhere else.
type Keys struct {
	// Context bounds what asks the network or runs a program; nil never ends.
	Context context.Context
	// Age are private keys, of ParseAge or others.
	Age []age.Identity
	// Plugins may run the programs age-plugin-NAME, for recipients that have one.
	Plugins *AgePlugins
	PGP     PGP
	// Vaults are those that may be asked, and no other.
	Vaults []Vault
	// Cloud wraps for keys in AWS, GCP, Azure and Huawei Cloud; nil for none. It is
	// called only for such recipients.
	Cloud Service
}

// A Service encrypts and decrypts data keys, or shares of one, with keys that it does
// not give away. Its errors are not shown.
type Service interface {
	// Wrap encrypts; the recipient that it returns is the one to write down, which may
	// say more exactly which key it is.
	Wrap(ctx context.Context, r Recipient, key []byte) (Recipient, []byte, error)
	Unwrap(ctx context.Context, r Recipient, wrapped []byte) ([]byte, error)
}

func (k Keys) context() context.Context {
	if k.Context == nil {
		return context.Background()
	}
	return k.Context
}

// newDataKey makes a data key.
func newDataKey() []byte {
	key := make([]byte, dataKeyBytes)
	_, _ = rand.Read(key) // never fails since Go 1.24
	return key
}

// close encrypts a data key for all groups, each its share where there are several.
func (k Keys) close(key []byte, groups []Group, threshold int, stamp string) ([][]masterKey, error) {
	shares, err := split(key, len(groups), threshold)
	if err != nil {
		return nil, err
	}
	var all [][]masterKey
	for i, group := range groups {
		if len(group) == 0 {
			return nil, refuse(0, "name a recipient in every group", "group %d of the rule has no recipient", i+1).because(NoRecipient)
		}
		var wrapped []masterKey
		for _, r := range group {
			one, err := k.wrap(r, shares[i])
			if err != nil {
				return nil, err
			}
			one.created = stamp
			wrapped = append(wrapped, one)
		}
		all = append(all, wrapped)
	}
	for _, share := range shares {
		clear(share)
	}
	return all, nil
}

// split makes shares of a data key. They are copies.
func split(key []byte, groups, threshold int) ([][]byte, error) {
	switch {
	case groups == 0:
		return nil, refuse(0, "name a recipient in the creation rule", "the rule names nobody who could open the file").because(NoRecipient)
	case groups == 1:
		return [][]byte{append([]byte(nil), key...)}, nil
	}
	if threshold == 0 {
		threshold = groups
	}
	shares, err := shamir.Split(key, groups, threshold)
	if err != nil {
		return nil, refuse(0, "shamir_threshold is from 2 to the number of groups", "the data key cannot be split into %d shares of which %d are needed", groups, threshold)
	}
	return shares, nil
}

// wrap encrypts a share for one recipient.
func (k Keys) wrap(r Recipient, share []byte) (masterKey, error) {
	var wrapped []byte
	var err error
	switch r.Type {
	case "age":
		wrapped, err = k.wrapAge(r, share)
	case "pgp":
		wrapped, err = k.PGP.wrap(k.context(), r, share)
	case "hc_vault":
		wrapped, err = k.wrapVault(r, share)
	case "kms", "gcp_kms", "azure_kv", "hckms":
		if k.Cloud == nil {
			return masterKey{}, refuse(0, "", "nothing here can encrypt for %s", r).because(Unreachable)
		}
		var known Recipient
		if known, wrapped, err = k.Cloud.Wrap(k.context(), r, share); err != nil {
			return masterKey{}, refuse(0, "see that the cloud can be reached and that its credentials may encrypt with this key", "the data key could not be encrypted for %s", r).because(Unreachable)
		}
		r = known
	default:
		return masterKey{}, refuse(0, "", "a recipient of the type %q is none of SOPS", r.Type)
	}
	return masterKey{Recipient: r, wrapped: string(wrapped)}, err
}

// open recovers the data key of a file. The caller overwrites it after use.
func (k Keys) open(m metadata) ([]byte, error) {
	var shares [][]byte
	defer func() {
		for _, share := range shares {
			clear(share)
		}
	}()
	needed := 1
	if len(m.groups) > 1 {
		needed = len(m.groups)
		if m.threshold > 1 && m.threshold < needed {
			needed = m.threshold
		}
	}
	var failed error
	for _, group := range m.groups {
		if len(shares) == needed {
			break
		}
		share, err := k.openGroup(group)
		if err != nil {
			failed = err
		}
		if share != nil {
			shares = append(shares, share)
		}
	}
	if len(shares) < needed {
		return nil, k.noKey(m, needed, len(shares), failed)
	}
	return combine(shares)
}

func combine(shares [][]byte) ([]byte, error) {
	key := append([]byte(nil), shares[0]...)
	if len(shares) > 1 {
		var err error
		if key, err = shamir.Combine(shares); err != nil {
			return nil, refuse(0, "", "the shares of the data key do not fit each other")
		}
	}
	if len(key) != dataKeyBytes {
		return nil, refuse(0, "", "what is encrypted for the recipients is no data key of SOPS")
	}
	return key, nil
}

// openGroup opens the share of a group with the first key that fits. A failure of one
// recipient leaves the others; the last is returned where none opens.
func (k Keys) openGroup(group []masterKey) (share []byte, failed error) {
	for _, one := range group {
		share, err := k.unwrap(one)
		if share != nil {
			return share, nil
		}
		if err != nil {
			failed = err
		}
	}
	return nil, failed
}

// unwrap opens a share; nil without an error where there is no key for the recipient.
func (k Keys) unwrap(one masterKey) ([]byte, error) {
	switch one.Type {
	case "age":
		return k.unwrapAge(one)
	case "pgp":
		return k.PGP.unwrap(k.context(), one)
	case "hc_vault":
		return k.unwrapVault(one)
	case "kms", "gcp_kms", "azure_kv", "hckms":
		if k.Cloud == nil {
			return nil, nil
		}
		share, err := k.Cloud.Unwrap(k.context(), one.Recipient, []byte(one.wrapped))
		if err != nil {
			return nil, refuse(0, "see that the cloud can be reached and that its credentials may decrypt with this key", "%s did not open the file", one.Recipient).because(Unreachable)
		}
		return share, nil
	}
	return nil, nil
}

// noKey says who could open a file that was not opened.
func (k Keys) noKey(m metadata, needed, opened int, failed error) error {
	if e, ok := failed.(*Error); ok {
		e.Recipients = recipients(m.recipients())
		return e
	}
	all := recipients(m.recipients())
	e := refuse(0, "give a private key of one of them", "no key is at hand that opens the file; these could: %s", names(all)).because(NoKey)
	if needed > 1 {
		e = refuse(0, "give private keys of that many groups", "of %d groups %d are needed to open the file, and keys of %d are at hand; these could: %s",
			len(m.groups), needed, opened, names(all)).because(NoKey)
	}
	e.Recipients = all
	return e
}
