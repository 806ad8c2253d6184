package sops

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// Vault is one HashiCorp Vault that may be asked, and how.
//
// It is asked by HTTP and not through the packages hcvault of SOPS and api of Vault:
// both take addresses, namespaces, tokens and TLS settings from the environment, also
// where they are given others, and so send the token to where VAULT_AGENT_ADDR says.
type Vault struct {
	// Address is scheme, host and port, as recipients write them.
	Address   string
	Token     string
	Namespace string // of Vault Enterprise, or ""
	// Client is what asks; nil is one that trusts the certificates of the system, uses
	// no proxy and waits for 30 seconds. No redirect is ever followed.
	Client *http.Client
}

// transit is a key of Vault's transit engine.
type transit struct{ address, engine, key string }

// transitPath is the path of such a key below the address (hcvault/keysource.go).
var transitPath = regexp.MustCompile(`^/v1/((?:[A-Za-z0-9_.~-]+/)*[A-Za-z0-9_.~-]+)/keys/([A-Za-z0-9_.~-]+)$`)

// transitOf takes apart https://vault.example.org:8200/v1/transit/keys/name.
func transitOf(id string) (transit, bool) {
	u, err := url.Parse(id)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return transit{}, false
	}
	m := transitPath.FindStringSubmatch(u.EscapedPath())
	if m == nil || strings.Contains("/"+m[1]+"/"+m[2]+"/", "/../") || strings.Contains("/"+m[1]+"/"+m[2]+"/", "/./") {
		return transit{}, false
	}
	return transit{u.Scheme + "://" + u.Host, m[1], m[2]}, true
}

func (k Keys) wrapVault(r Recipient, share []byte) ([]byte, error) {
	plain := base64.StdEncoding.EncodeToString(share)
	return k.askVault(r, "encrypt", "plaintext", plain, "ciphertext")
}

// unwrapVault opens a share; nil without an error where its Vault is not among those
// that may be asked.
func (k Keys) unwrapVault(one masterKey) ([]byte, error) {
	t, ok := transitOf(one.ID)
	if !ok || k.vaultAt(t.address) == nil {
		return nil, nil
	}
	out, err := k.askVault(one.Recipient, "decrypt", "ciphertext", one.wrapped, "plaintext")
	if err != nil {
		return nil, err
	}
	share, err := base64.StdEncoding.DecodeString(string(out))
	clear(out)
	if err != nil {
		return nil, refuse(0, "", "%s answered with something else than a data key", one.Recipient).because(Unreachable)
	}
	return share, nil
}

func (k Keys) vaultAt(address string) *Vault {
	for i := range k.Vaults {
		if strings.EqualFold(strings.TrimRight(k.Vaults[i].Address, "/"), address) {
			return &k.Vaults[i]
		}
	}
	return nil
}

// mostAnswerBytes bounds the answer of a Vault.
const mostAnswerBytes = 1 << 20

// askVault has the transit engine encrypt or decrypt.
func (k Keys) askVault(r Recipient, verb, field, content, want string) ([]byte, error) {
	t, ok := transitOf(r.ID)
	if !ok {
		return nil, refuse(0, "write it as https://vault.example.org:8200/v1/transit/keys/name", "%s is no key of Vault's transit engine", r)
	}
	v := k.vaultAt(t.address)
	if v == nil {
		return nil, refuse(0, "", "the Vault at %s is not among those that may be asked", t.address).because(Unreachable)
	}
	body, err := json.Marshal(map[string]string{field: content})
	if err != nil {
		return nil, refuse(0, "", "%s could not be asked", r)
	}
	defer clear(body)
	request, err := http.NewRequestWithContext(k.context(), http.MethodPut, t.address+"/v1/"+t.engine+"/"+verb+"/"+t.key, bytes.NewReader(body))
	if err != nil {
		return nil, refuse(0, "", "%s could not be asked", r)
	}
	request.Header.Set("X-Vault-Token", v.Token)
	request.Header.Set("X-Vault-Request", "true")
	if v.Namespace != "" {
		request.Header.Set("X-Vault-Namespace", v.Namespace)
	}
	answer, err := v.client().Do(request)
	if err != nil {
		return nil, refuse(0, "see that it runs and that this machine reaches it", "the Vault at %s does not answer", t.address).because(Unreachable)
	}
	defer answer.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(answer.Body, mostAnswerBytes))
	defer clear(raw)
	if answer.StatusCode != http.StatusOK || err != nil {
		return nil, v.denied(answer.StatusCode, r, verb, t)
	}
	var said struct {
		Data map[string]any `json:"data"`
	}
	if json.Unmarshal(raw, &said) != nil {
		return nil, refuse(0, "", "the Vault at %s answered with something else than JSON", t.address).because(Unreachable)
	}
	out, _ := said.Data[want].(string)
	if out == "" {
		return nil, refuse(0, "", "the Vault at %s answered without a %s", t.address, want).because(Unreachable)
	}
	return []byte(out), nil
}

// denied words the answers of Vault (developer.hashicorp.com/vault/api-docs).
func (v *Vault) denied(status int, r Recipient, verb string, t transit) error {
	switch status {
	case http.StatusForbidden:
		return refuse(0, "the token needs update on "+t.engine+"/"+verb+"/"+t.key, "the Vault at %s does not let this token %s with %s", t.address, verb, t.key).because(Unreachable)
	case http.StatusNotFound:
		return refuse(0, "", "the Vault at %s has no transit engine at %s", t.address, t.engine).because(Unreachable)
	case http.StatusServiceUnavailable:
		return refuse(0, "unseal it", "the Vault at %s is sealed", t.address).because(Unreachable)
	case http.StatusBadRequest:
		return refuse(0, "see that the key is the one with which the file was encrypted", "the Vault at %s cannot %s with %s", t.address, verb, t.key).because(Unreachable)
	}
	return refuse(0, "", "the Vault at %s answered with status %d", t.address, status).because(Unreachable)
}

func (v *Vault) client() *http.Client {
	c := http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	if v.Client != nil {
		c = *v.Client
	}
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &c
}
