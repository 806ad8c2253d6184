package token

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base32"
	"encoding/base64"
	"math/rand/v2"
)

func stellar(rng *rand.Rand) string {
	raw := make([]byte, 33, 35)
	for i := range raw {
		raw[i] = byte(rng.Uint32())
	}
	raw[0] = 18 << 3
	var sum uint16
	for _, b := range raw {
		for bit := range 8 {
			high := sum>>15 ^ uint16(b>>(7-bit)&1)
			sum <<= 1
			if high != 0 {
				sum ^= 0x1021
			}
		}
	}
	return base32.StdEncoding.EncodeToString(append(raw, byte(sum), byte(sum>>8)))
}

// derKey is a key of PKCS #8 without an armour.
func derKey(rng *rand.Rand) string {
	seed := make([]byte, ed25519.SeedSize)
	for i := range seed {
		seed[i] = byte(rng.Uint32())
	}
	der, err := x509.MarshalPKCS8PrivateKey(ed25519.NewKeyFromSeed(seed))
	if err != nil {
		panic(err)
	}
	return base64.StdEncoding.EncodeToString(der)
}
