package reference

import (
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// Dialect is the notation of a tool.
type Dialect string

// The dialects.
const (
	AgentInjector Dialect = "Vault Agent Injector"
	VSO           Dialect = "Vault Secrets Operator"
	ESO           Dialect = "External Secrets"
	AVP           Dialect = "argocd-vault-plugin"
	BankVaults    Dialect = "bank-vaults"
	CSI           Dialect = "Secrets Store CSI"
	Vals          Dialect = "vals"
	HelmSecrets   Dialect = "helm-secrets"
	Terraform     Dialect = "Terraform"
	SOPSVault     Dialect = "SOPS hc_vault"
)

// Engine is what is known of a secrets engine of Vault.
type Engine string

// The engines. The zero value is one that is not known.
const (
	KV1     Engine = "kv-v1"
	KV2     Engine = "kv-v2"
	Dynamic Engine = "dynamic" // makes credentials when asked
	PKI     Engine = "pki"
	Transit Engine = "transit" // decrypts what the reference holds itself
)

// StoreName names an object that says where secrets are kept. Namespace is "" for one
// of the cluster, and where it is not told.
type StoreName struct {
	Kind      string `json:"kind,omitempty"`
	Namespace string `json:"ns,omitempty"`
	Name      string `json:"name,omitempty"`
}

// Auth is how a store is logged in to.
type Auth struct {
	Method         string `json:"method,omitempty"` // kubernetes, jwt, appRole, …
	Mount          string `json:"mount,omitempty"`
	Role           string `json:"role,omitempty"`
	ServiceAccount string `json:"sa,omitempty"`
	Namespace      string `json:"ns,omitempty"` // of the service account
}

// Target is the Secret, or the key of one, that a reference becomes.
type Target struct {
	Namespace string `json:"ns,omitempty"`
	Name      string `json:"name,omitempty"`
	Key       string `json:"key,omitempty"` // "" where all that is read goes in
}

// Place is where something is written.
type Place struct {
	// Field is the path of the place in the notation of manifest.Node.Walk; "" for the
	// object as a whole, and in a text that has no fields.
	Field string `json:"field,omitempty"`
	// Node is what stands there; nil where there is none and in what was decoded. It may
	// hold a value that is in the clear.
	Node *manifest.Node `json:"-"`
	// At is where to look.
	At manifest.Pos `json:"at,omitzero"`
}

// Reference names a value, or all values at one path, that are kept elsewhere.
type Reference struct {
	Dialect  Dialect         `json:"dialect"`
	Object   manifest.Object `json:"object,omitzero"` // in which it stands
	Document int             `json:"doc,omitempty"`   // which document of the file, from 0

	// Store is the object that says where the value is kept; zero where the dialect
	// has none. What it says is filled in by Locate.
	Store StoreName `json:"store,omitzero"`
	// Backend is what keeps the value: "vault", or the word of the dialect for another;
	// "" where a store says it that is not known.
	Backend string `json:"backend,omitempty"`
	// Address is that of the server, where the reference names one.
	Address string `json:"address,omitempty"`
	// VaultNamespace is the namespace inside Vault.
	VaultNamespace string `json:"vaultNS,omitempty"`
	Auth           Auth   `json:"auth,omitzero"`

	Engine Engine `json:"engine,omitempty"`
	// Mount is where the engine stands, and Path the path below it, without the data/ of
	// KV version 2. Where the two cannot be told apart, Mount is "" and Path is what is
	// written.
	Mount string `json:"mount,omitempty"`
	Path  string `json:"path,omitempty"`
	// Request is the path that the tool asks Vault for, below /v1/; "" where a server
	// would have to be asked first, or where it is no path of Vault.
	Request string `json:"request,omitempty"`
	Key     string `json:"key,omitempty"`     // of the values at the path; "" for all, or where a template picks
	Version string `json:"version,omitempty"` // "" for the newest

	// Metadata tells that the custom metadata of the secret are meant, and not its values.
	Metadata bool `json:"metadata,omitempty"`

	// Pushes tells that the value goes to the store and does not come from it.
	Pushes bool `json:"pushes,omitempty"`
	// Produces is the Secret that is made of it; zero where none is.
	Produces Target `json:"produces,omitzero"`

	Place
	// Start and End are the byte offsets of the reference in the text of Node, or in the
	// text of the file. Where the whole text is one, and where the text had to be decoded
	// first, they are those of the text.
	Start int `json:"start,omitempty"`
	End   int `json:"end,omitempty"`
}

// whole makes the span of r that of its node.
func (r *Reference) whole(n *manifest.Node) {
	r.Place = Place{Node: n, At: n.Place()}
	r.Start, r.End = 0, len(n.Text)
}

// Need is one mention of a store.
type Need struct {
	Dialect Dialect         `json:"dialect"`
	Object  manifest.Object `json:"object"`
	// Namespace is that from which the store is used; "" where it is not told.
	Namespace string `json:"ns,omitempty"`
	// Store is what is named. Kind is always told; of a kind that has objects in
	// namespaces, Namespace is "" where it is not told.
	Store StoreName `json:"store"`
	Place
}

// Store is an object that says where secrets are kept, how they are made, or how a
// store is logged in to.
type Store struct {
	Dialect Dialect `json:"dialect"`
	StoreName
	Backend        string `json:"backend,omitempty"` // as of a Reference
	Address        string `json:"address,omitempty"`
	VaultNamespace string `json:"vaultNS,omitempty"`
	Auth           Auth   `json:"auth,omitzero"`
	// Mount is the path of the engine in Vault; HasMount tells whether it is given.
	Mount    string `json:"mount,omitempty"`
	HasMount bool   `json:"hasMount,omitempty"`
	Engine   Engine `json:"engine,omitempty"`
	// Next is the store on which this one stands: the VaultConnection of a VaultAuth.
	Next StoreName `json:"next,omitzero"`

	// Limited tells that only some namespaces may use it: those of Namespaces, where "*"
	// is any, those that match one of Expressions, and, where Selects is set, those with
	// certain labels.
	Limited     bool     `json:"limited,omitempty"`
	Namespaces  []string `json:"namespaces,omitempty"`
	Expressions []string `json:"expressions,omitempty"`
	Selects     bool     `json:"selects,omitempty"`

	Place
}
