package token

// keyFamilies are private keys.
func keyFamilies() []Family {
	return []Family{
		{ID: "private-key", Title: "private key", plain: true, evidence: keyEvidence("PKCS #8")},
		{ID: "rsa-private-key", Title: "RSA private key", plain: true, evidence: keyEvidence("PKCS #1")},
		{ID: "ec-private-key", Title: "EC private key", plain: true, evidence: keyEvidence("SEC 1")},
		{ID: "dsa-private-key", Title: "DSA private key", plain: true, evidence: keyEvidence("OpenSSL's DSA")},
		{ID: "openssh-private-key", Title: "OpenSSH private key", plain: true, evidence: keyEvidence("openssh-key-v1")},
		{ID: "pgp-private-key", Title: "OpenPGP private key", plain: true, evidence: keyEvidence("OpenPGP")},
		{ID: "encrypted-private-key", Title: "encrypted private key", plain: true, evidence: keyEvidence("an encrypted PKCS #8 key")},
		{ID: "cosign-private-key", Title: "encrypted cosign private key", plain: true},
		{ID: "putty-private-key", Title: "PuTTY private key", plain: true, sealed: "Encryption: aes", prove: structured, forms: []string{"PuTTY-User-Key-File-[1-3]{1}: [a-z0-9-]{5,30}"}},
		{ID: "der-private-key", Title: "private key in base64", plain: true, prove: derProof, forms: []string{
			"MI[IG][A-Za-z0-9+/]{64,8000}[=]{0,2}", "MC4CAQAw[A-Za-z0-9+/]{56}", "MHcCAQEE[A-Za-z0-9+/]{150,160}[=]{0,2}", "MHQCAQEE[A-Za-z0-9+/]{140,160}[=]{0,2}"}},
		{ID: "age-secret-key", Title: "age secret key", forms: []string{"AGE-SECRET-KEY-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}"}, prove: bech32Proof},
		{ID: "age-pq-secret-key", Title: "post-quantum age secret key", forms: []string{"AGE-SECRET-KEY-PQ-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}"}, prove: bech32Proof},
		{ID: "age-plugin-identity", Title: "identity of an age plugin", forms: []string{"AGE-PLUGIN-[A-Z0-9-]{12,250}"}, prove: onlySummed(bech32Proof)},
		{ID: "nostr-key", Title: "nostr secret key", forms: []string{"nsec1[qpzry9x8gf2tvdw0s3jn54khce6mua7l]{58}"}, prove: bech32Proof},
		{ID: "stellar-seed", Title: "Stellar secret seed", forms: []string{"S[A-D][A-Z2-7]{54}"}, prove: stellarProof},
	}
}

func keyEvidence(format string) [proofs]string {
	return [proofs]string{1: "it is a private key that parses as " + format, 2: "it stands in the armour of a private key"}
}
