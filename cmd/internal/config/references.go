package config

// References says what references to secrets may point to.
type References struct {
	Stores    []KnownStore  `json:"stores,omitempty" min:"1" doc:"Stores that are known to exist though this repository does not hold them."`
	Paths     []AllowedPath `json:"paths,omitempty" min:"1" doc:"Which paths of Vault the objects of a namespace may refer to. A namespace that is named nowhere may refer to any."`
	Addresses []string      `json:"addresses,omitempty" min:"1" doc:"The addresses of Vault that references and stores may name, such as \"https://vault.example.com:8200\". Without it any."`
	Vault     *VaultServer  `json:"vault,omitempty" doc:"The Vault that check --verify-references asks whether what is referred to exists. No value is read."`
}

// KnownStore is a store that lies elsewhere.
type KnownStore struct {
	Kind      string `json:"kind" min:"1" doc:"Its kind, such as ClusterSecretStore, SecretStore, VaultAuth or VaultConnection."`
	Name      string `json:"name" min:"1" doc:"Its name."`
	Namespace string `json:"namespace,omitempty" min:"1" doc:"Its namespace; without it, any."`
}

// AllowedPath allows the objects of some namespaces some paths.
type AllowedPath struct {
	Namespaces []string `json:"namespaces" min:"1" doc:"Names of namespaces; * stands for any characters."`
	Prefixes   []string `json:"prefixes" min:"1" doc:"What a path must begin with, mount first, such as \"secret/team-a/\"."`
}

// VaultServer says how the Vault is reached that references are verified with. What
// is secret of it comes from the environment of the run.
type VaultServer struct {
	Address   string     `json:"address" min:"1" doc:"Its URL, such as \"https://vault.example.com:8200\"."`
	Namespace string     `json:"namespace,omitempty" min:"1" doc:"The namespace of Vault Enterprise."`
	CA        string     `json:"ca,omitempty" min:"1" doc:"A PEM file in this repository with the authorities that sign its certificate. Without it those of the machine count."`
	Auth      AuthMethod `json:"auth,omitempty" doc:"How Gatehouse logs in: token (the default, from VAULT_TOKEN), approle (VAULT_ROLE_ID and VAULT_SECRET_ID), kubernetes or jwt (the identity that GitHub Actions gives a job)."`
	Mount     string     `json:"mount,omitempty" min:"1" doc:"Where the method of authentication is mounted. Without it under its own name."`
	Role      string     `json:"role,omitempty" min:"1" doc:"The role to log in as, with kubernetes and jwt."`
	Audience  string     `json:"audience,omitempty" min:"1" doc:"The audience of the identity, with jwt. Without it the address."`
}

// AuthMethod is the name of a way to log in to Vault.
type AuthMethod string
