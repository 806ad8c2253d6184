package token

import "bytes"

// samples are the values that vendors' documentation shows (GitHub, Stripe, Slack,
// Google, jwt.io and RFC 7515), and the keys of emulators and playgrounds that everyone
// is given (Azurite, Cosmos DB, MinIO, reCAPTCHA), by their 64-bit FNV-1a, so that no
// value stands here.
var samples = [...]uint64{
	0xf6cad54e10eb31ac,
	0xe49c640aa227dc2f,
	0xc358cb21c35a1b3d,
	0x40c689619a8e1281,
	0xda974e4be9cfa38b,
	0xa2ef9dec05820312,
	0xddd19c486d095d84,
	0x67e733c2f9035757,
	0xbdfe31cdb75eb895,
	0xcb160c5ebf072178,
	0x15f87945422cbea3,
	0x9aa63f3bc69917ad,
	0x2e2380ac3dc2ea0b,
	0xce68431bed00033e,
	0x3f9d1c996e620b67,
	0x9f1920c6cd484714,
	0x695f9ce069fcdff2,
	0xa75ddad0eebf6abb,
	0xc9b691499b62e847,
	0x71d445b5de168d8c,
}

// IsSample tells whether a value is one that documentation shows to everyone, or that an
// emulator takes.
func IsSample(value string) bool { return len(value) <= 512 && isSample([]byte(value)) }

// isSample tells whether a value is one that documentation shows.
func isSample(value []byte) bool {
	const (
		offset = 0xcbf29ce484222325
		prime  = 0x100000001b3
	)
	if len(value) > 512 {
		return false
	}
	hash := uint64(offset)
	for _, c := range value {
		hash = (hash ^ uint64(c)) * prime
	}
	for _, sample := range samples {
		if sample == hash {
			return true
		}
	}
	return containsSampleClaims(value)
}

// containsSampleClaims tells whether a web token is about the person of the token that
// jwt.io shows, which is signed anew for each text that shows it, or of the issuer of
// the keys that Supabase publishes for demonstrations.
func containsSampleClaims(value []byte) bool {
	_, rest, ok := bytes.Cut(value, []byte("."))
	if !ok || !bytes.HasPrefix(value, []byte("eyJ")) {
		return false
	}
	payload, _, _ := bytes.Cut(rest, []byte("."))
	claims := unbase64(payload)
	return bytes.Contains(claims, []byte(`"John Doe"`)) || bytes.Contains(claims, []byte(`"supabase-demo"`))
}
