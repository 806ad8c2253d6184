package token

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"hash/crc32"
	"math/bits"
	"strconv"
)

const base62Digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// base62 writes a CRC32 in six digits, as GitHub and npm do.
// https://github.blog/2021-04-05-behind-githubs-new-authentication-token-formats/
func base62(n uint32) [6]byte {
	var out [6]byte
	for i := 5; i >= 0; i-- {
		out[i] = base62Digits[n%62]
		n /= 62
	}
	return out
}

// base62Proof is that of tokens whose last six characters are the CRC32 of those
// between the underscore and them. Tokens of older forms have no checksum.
func base62Proof(value []byte) (Proof, bool) {
	const prefix = 4
	body, sum := value[prefix:len(value)-6], value[len(value)-6:]
	if base62(crc32.ChecksumIEEE(body)) == [6]byte(sum) {
		return Checksum, true
	}
	return Prefix, true
}

// fineGrainedProof is that of GitHub's fine-grained tokens: after 77 characters come
// the first eight of the base 32 of the SHA-256 of all before them.
func fineGrainedProof(value []byte) (Proof, bool) {
	const body, size = 77, 8
	sum := sha256.Sum256(value[:body])
	if base32.StdEncoding.EncodeToString(sum[:5]) == string(value[body:body+size]) {
		return Checksum, true
	}
	return Prefix, true
}

// routableProof is that of GitLab's tokens that end in a dot, the length of the
// payload in two digits of base 36 and the CRC32 of all before it in seven.
func routableProof(value []byte) (Proof, bool) {
	n := len(value) - 7
	if n < 10 || value[n-3] != '.' {
		return Prefix, true
	}
	sum, err := strconv.ParseUint(string(value[n:]), 36, 64)
	if err == nil && uint32(sum) == crc32.ChecksumIEEE(value[:n]) && sum < 1<<32 {
		return Checksum, true
	}
	return Prefix, true
}

// hexSumProof is that of Atlassian's tokens: the last eight characters are the CRC32
// of all before them.
func hexSumProof(value []byte) (Proof, bool) {
	n := len(value) - 8
	sum, err := strconv.ParseUint(string(value[n:]), 16, 32)
	if err == nil && uint32(sum) == crc32.ChecksumIEEE(value[:n]) {
		return Checksum, true
	}
	return Prefix, true
}

// grafanaProof is that of service account tokens: the CRC32 of all before the last
// underscore, in hexadecimal, its bytes in reverse order.
func grafanaProof(value []byte) (Proof, bool) {
	n := len(value) - 9
	var sum [4]byte
	if _, err := hex.Decode(sum[:], value[n+1:]); err != nil {
		return Prefix, true
	}
	want := crc32.ChecksumIEEE(value[:n])
	got := uint32(sum[0]) | uint32(sum[1])<<8 | uint32(sum[2])<<16 | uint32(sum[3])<<24
	if got == want || got == bits.ReverseBytes32(want) {
		return Checksum, true
	}
	return Prefix, true
}

const bech32Digits = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"

// bech32Proof is that of BIP 173, which age and nostr use for their keys. A key
// whose checksum is wrong is no key, but one with a slip of the pen.
func bech32Proof(value []byte) (Proof, bool) {
	split := len(value) - 1
	for split > 0 && value[split] != '1' {
		split--
	}
	sum := uint32(1)
	for _, c := range value[:split] {
		sum = polymod(sum, lowered(c)>>5)
	}
	sum = polymod(sum, 0)
	for _, c := range value[:split] {
		sum = polymod(sum, lowered(c)&31)
	}
	for _, c := range value[split+1:] {
		digit := -1
		for i := range len(bech32Digits) {
			if bech32Digits[i] == lowered(c) {
				digit = i
			}
		}
		if digit < 0 {
			return Prefix, false
		}
		sum = polymod(sum, byte(digit))
	}
	if sum == 1 {
		return Checksum, true
	}
	return Prefix, true
}

func polymod(sum uint32, digit byte) uint32 {
	top := sum >> 25
	sum = sum&0x1ffffff<<5 ^ uint32(digit)
	for i, generator := range [5]uint32{0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3} {
		if top>>i&1 != 0 {
			sum ^= generator
		}
	}
	return sum
}

func lowered(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c | 0x20
	}
	return c
}

// onlySummed is a proof that a value without the checksum does not pass.
func onlySummed(prove func([]byte) (Proof, bool)) func([]byte) (Proof, bool) {
	return func(value []byte) (Proof, bool) {
		proof, ok := prove(value)
		return proof, ok && proof == Checksum
	}
}
