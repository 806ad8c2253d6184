package cluster

import (
	"fmt"
	"slices"
	"strings"
)

// Names of the identities the API server knows by a token of their own.
const (
	Admin            = "admin"     // in the group system:masters, so no authorizer stands in its way
	Developer        = "developer" // a person without groups
	ControllerUser   = "system:serviceaccount:kube-system:sealed-secrets-controller"
	FluxUser         = "system:serviceaccount:flux-system:kustomize-controller"
	ArgoUser         = "system:serviceaccount:argocd:argocd-application-controller"
	ExternalSecrets  = "system:serviceaccount:external-secrets:external-secrets"
	GarbageCollector = "system:serviceaccount:kube-system:generic-garbage-collector"
	NamespaceRemover = "system:serviceaccount:kube-system:namespace-controller"
)

// identity is one row of the tokens file. Whoever is not admin may do everything through a role binding, except the
// Sealed Secrets controller, which gets its own role when it starts.
type identity struct {
	user   string
	groups []string
}

func identities() []identity {
	serviceAccount := func(user string) identity {
		namespace := strings.Split(user, ":")[2]
		return identity{user: user, groups: []string{"system:serviceaccounts", "system:serviceaccounts:" + namespace}}
	}
	return []identity{
		{user: Admin, groups: []string{"system:masters"}},
		{user: Developer},
		serviceAccount(ControllerUser),
		serviceAccount(FluxUser),
		serviceAccount(ArgoUser),
		serviceAccount(ExternalSecrets),
		serviceAccount(GarbageCollector),
		serviceAccount(NamespaceRemover),
	}
}

// tokensFile returns the static token file of the API server: token, user, uid and quoted groups per line.
func tokensFile(tokens map[string]string) string {
	var file strings.Builder
	for i, id := range identities() {
		fmt.Fprintf(&file, "%s,%s,%d", tokens[id.user], id.user, i+1)
		if len(id.groups) > 0 {
			fmt.Fprintf(&file, ",%q", strings.Join(id.groups, ","))
		}
		file.WriteByte('\n')
	}
	return file.String()
}

// ownToken tells whether the user with exactly these groups (in any order) is a row of the tokens file. No groups
// stand for those of the row.
func ownToken(user string, groups []string) bool {
	return slices.ContainsFunc(identities(), func(id identity) bool {
		return id.user == user && (len(groups) == 0 || slices.Equal(sorted(groups), sorted(id.groups)))
	})
}

func sorted(words []string) []string {
	words = slices.Clone(words)
	slices.Sort(words)
	return words
}
