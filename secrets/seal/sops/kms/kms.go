// Package kms encrypts and decrypts the data keys of SOPS files with keys in a cloud:
// AWS KMS, Google Cloud KMS, Azure Key Vault and Huawei Cloud DEW. It is a package of
// its own because the clients of the clouds cost every program that links them about
// 2.5 ms of its start and 24 MB.
//
// It does what the key service of SOPS does, with the same code, and so finds
// credentials where the clients of the clouds look for them: in the environment, in
// files of the user, and at the metadata service of the machine. What it asks and with
// which key, the recipient alone says.
//
// It refuses to know files, rules and any other kind of recipient.
package kms

import (
	"context"
	"errors"

	"github.com/getsops/sops/v3/azkv"
	"github.com/getsops/sops/v3/gcpkms"
	"github.com/getsops/sops/v3/hckms"
	"github.com/getsops/sops/v3/kms"

	"github.com/gatehouse-dev/gatehouse/secrets/seal/sops"
)

// Service is a sops.Service for keys in a cloud. The zero value is ready.
type Service struct{}

// ErrType is the error of a recipient that is no key in a cloud.
var ErrType = errors.New("this recipient is no key in a cloud")

// masterKey is what the keys of SOPS have in common.
type masterKey interface {
	EncryptContext(ctx context.Context, dataKey []byte) error
	DecryptContext(ctx context.Context) ([]byte, error)
	EncryptedDataKey() []byte
	SetEncryptedDataKey(wrapped []byte)
}

// Wrap encrypts a data key. A key of Azure without a version becomes that with the
// newest, which is then asked for.
func (Service) Wrap(ctx context.Context, r sops.Recipient, key []byte) (sops.Recipient, []byte, error) {
	if r.Type == "azure_kv" {
		vault, name, version := r.AzureKey()
		azure, err := azkv.NewMasterKeyWithOptionalVersion(vault, name, version)
		if err != nil {
			return r, nil, err
		}
		r.ID = azure.ToString()
	}
	master, err := keyOf(r)
	if err != nil {
		return r, nil, err
	}
	if err := master.EncryptContext(ctx, key); err != nil {
		return r, nil, err
	}
	return r, master.EncryptedDataKey(), nil
}

// Unwrap decrypts a data key.
func (Service) Unwrap(ctx context.Context, r sops.Recipient, wrapped []byte) ([]byte, error) {
	master, err := keyOf(r)
	if err != nil {
		return nil, err
	}
	master.SetEncryptedDataKey(wrapped)
	return master.DecryptContext(ctx)
}

func keyOf(r sops.Recipient) (masterKey, error) {
	switch r.Type {
	case "kms":
		var encryption map[string]*string
		if len(r.Context) > 0 {
			encryption = make(map[string]*string, len(r.Context))
			for name, value := range r.Context {
				encryption[name] = &value
			}
		}
		return kms.NewMasterKeyWithProfile(r.ID, r.Role, encryption, r.Profile), nil
	case "gcp_kms":
		return gcpkms.NewMasterKeyFromResourceID(r.ID), nil
	case "azure_kv":
		return azkv.NewMasterKey(r.AzureKey()), nil
	case "hckms":
		return hckms.NewMasterKey(r.ID)
	}
	return nil, ErrType
}
