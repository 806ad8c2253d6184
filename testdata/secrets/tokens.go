package corpus

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"math/big"
	"strings"
)

// checkedTokens are tokens that carry a checksum or a structure of their own.
func checkedTokens() map[string]func(stream) string {
	return map[string]func(stream) string{
		// github.blog/2021-04-05-behind-githubs-new-authentication-token-formats:
		// the last six characters are the CRC32 of the thirty before them, in base62
		"github":          func(r stream) string { return withBase62CRC(r, "gh"+r.args[0]+"_") },
		"npm":             func(r stream) string { return withBase62CRC(r, "npm_") },
		"gitlab-routable": gitlabRoutable,
		"grafana-account": grafanaAccount,
		"atlassian":       func(r stream) string { return atlassian("ATATT3xFfGF0" + r.text(urlSafe, 170) + "=") },
		"bitbucket":       func(r stream) string { return atlassian("ATBB" + mixed(r, base62, 24)) },
		"age-key":         func(r stream) string { return strings.ToUpper(bech32("age-secret-key-", r.bytes(32))) },
		"age-recipient":   ageRecipient,
		"jwt":             jwt,
		"account-jwt":     accountJWT,
		"aws-id":          awsID,
		"aws-secret":      func(r stream) string { return mixed(r, base62+"+/", 40) },
	}
}

func inBase(n uint64, alphabet string, width int) string {
	b := bytes.Repeat([]byte{alphabet[0]}, width)
	for i := width - 1; n > 0 && i >= 0; i-- {
		b[i] = alphabet[n%uint64(len(alphabet))]
		n /= uint64(len(alphabet))
	}
	return string(b)
}

func withBase62CRC(r stream, prefix string) string {
	body := mixed(r, base62, 30)
	return prefix + body + inBase(uint64(crc32.ChecksumIEEE([]byte(body))), base62, 6)
}

// gitlabRoutable follows GitLab's design of routable tokens: a payload in base64url
// that ends with random bytes and their number, its length in base36 and the CRC32
// of all before in base36.
func gitlabRoutable(r stream) string {
	payload := append([]byte(fmt.Sprintf("o:%s\nu:%s\n", r.text("123456789", 1), r.text("123456789", 3))), r.bytes(16)...)
	text := base64.RawURLEncoding.EncodeToString(append(payload, 16))
	token := "glpat-" + text + ".01." + inBase(uint64(len(text)), digits+lower, 2)
	return token + inBase(uint64(crc32.ChecksumIEEE([]byte(token))), digits+lower, 7)
}

// grafanaAccount writes the CRC32 in little-endian hex, as Grafana's satokengen does.
func grafanaAccount(r stream) string {
	key := "glsa_" + mixed(r, base62, 32)
	return key + "_" + hex.EncodeToString(binary.LittleEndian.AppendUint32(nil, crc32.ChecksumIEEE([]byte(key))))
}

func atlassian(body string) string {
	return fmt.Sprintf("%s%08X", body, crc32.ChecksumIEEE([]byte(body)))
}

// awsID is an access key id: base32 with the bits of an account number.
func awsID(r stream) string { return "AKIA" + "Z" + mixedUpper(r, 15) }

func mixedUpper(r stream, n int) string {
	for {
		if t := r.text(base32, n); strings.ContainsAny(t, "234567") {
			return t
		}
	}
}

func jwt(r stream) string {
	claims := fmt.Sprintf(`{"sub":"%s","iss":"https://login.acme.io","iat":1717171717,"scope":"deploy"}`, uuid(r))
	return signed(r, `{"alg":"HS256","typ":"JWT"}`, claims, 32)
}

// accountJWT is the token of a ServiceAccount, which never expires.
func accountJWT(r stream) string {
	header := `{"alg":"RS256","kid":"` + r.text(urlSafe, 43) + `"}`
	claims := fmt.Sprintf(`{"iss":"kubernetes/serviceaccount","kubernetes.io/serviceaccount/namespace":"ci","kubernetes.io/serviceaccount/secret.name":"deployer-token","kubernetes.io/serviceaccount/service-account.uid":"%s","sub":"system:serviceaccount:ci:deployer"}`, uuid(r))
	return signed(r, header, claims, 256)
}

func signed(r stream, header, claims string, size int) string {
	e := base64.RawURLEncoding
	return e.EncodeToString([]byte(header)) + "." + e.EncodeToString([]byte(claims)) + "." + e.EncodeToString(r.bytes(size))
}

// bech32 encodes bytes as BIP 173 does, with its checksum of six characters.
func bech32(hrp string, data []byte) string {
	const alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
	bits := new(big.Int).SetBytes(data)
	count := (len(data)*8 + 4) / 5
	bits.Lsh(bits, uint(count*5-len(data)*8))
	groups := make([]byte, count)
	for i := count - 1; i >= 0; i-- {
		groups[i] = byte(new(big.Int).And(bits, big.NewInt(31)).Int64())
		bits.Rsh(bits, 5)
	}
	sum := bech32Checksum(hrp, groups)
	var b strings.Builder
	b.WriteString(hrp + "1")
	for _, g := range append(groups, sum...) {
		b.WriteByte(alphabet[g])
	}
	return b.String()
}

func bech32Checksum(hrp string, groups []byte) []byte {
	var values []byte
	for _, c := range []byte(hrp) {
		values = append(values, c>>5)
	}
	values = append(values, 0)
	for _, c := range []byte(hrp) {
		values = append(values, c&31)
	}
	values = append(append(values, groups...), 0, 0, 0, 0, 0, 0)
	check := uint32(1)
	for _, v := range values {
		top := check >> 25
		check = check&0x1ffffff<<5 ^ uint32(v)
		for i, g := range []uint32{0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3} {
			if top>>i&1 == 1 {
				check ^= g
			}
		}
	}
	check ^= 1
	sum := make([]byte, 6)
	for i := range sum {
		sum[i] = byte(check >> (5 * (5 - i)) & 31)
	}
	return sum
}
