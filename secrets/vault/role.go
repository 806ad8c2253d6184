package vault

import (
	"context"
	"fmt"
	"net/http"
	"strings"
)

// RoleQuestion asks whether a service account may log in as a role of a Kubernetes
// auth method.
type RoleQuestion struct {
	Namespace string // of Vault Enterprise; "": that of the Target
	Mount     string // where the auth method is mounted; "": kubernetes
	Role      string

	ServiceAccount          string
	ServiceAccountNamespace string // of Kubernetes
}

// Binding is the answer to a RoleQuestion, in one word for machines.
type Binding string

const (
	Bound       Binding = "bound"
	NotBound    Binding = "not-bound"
	RoleMissing Binding = "role-missing"
	// BindingUnknown says that it is not known, and the Reason why.
	BindingUnknown Binding = "unknown"
)

// RoleAnswer is what Vault says to a RoleQuestion.
type RoleAnswer struct {
	Binding Binding
	Reason  Reason // with BindingUnknown
	// ServiceAccounts and Namespaces are what the role is bound to, as it has them:
	// each may hold *.
	ServiceAccounts, Namespaces []string
	What                        string // the answer as a sentence without a full stop, for people
	Next                        string // what a person can do; "" where nothing is wrong
}

// VerifyRoles answers each question, in their order.
func (c *Connection) VerifyRoles(ctx context.Context, questions []RoleQuestion) []RoleAnswer {
	ctx, cancel := context.WithTimeout(ctx, c.limits.Total)
	defer cancel()
	r := &run{connection: c}
	answers := make([]RoleAnswer, len(questions))
	inParallel(len(questions), c.limits.Parallel, func(i int) { answers[i] = r.binding(ctx, questions[i]) })
	return answers
}

type roleKey struct{ namespace, mount, name string }

func (k roleKey) String() string {
	return fmt.Sprintf("the role %s at auth/%s", shown(k.name), shownPath(k.mount))
}

// role is what binds a role of the Kubernetes auth method.
type role struct {
	missing    bool
	accounts   []string
	namespaces []string
	selector   bool // namespaces are chosen by their labels, too
}

func (r *run) binding(ctx context.Context, q RoleQuestion) RoleAnswer {
	mount, ok := cleanPath(orText(q.Mount, "kubernetes"))
	name, named := cleanPath(q.Role)
	if !ok || !named || strings.Contains(name, "/") {
		return unbound(&Error{Reason: BadQuestion, What: "the role or the path of its auth method is none that Vault takes"})
	}
	key := roleKey{r.connection.in(q.Namespace), mount, name}
	found, err := r.roles.get(key, func() (role, error) {
		return use(r, func() (role, error) { return r.connection.role(ctx, key) })
	})
	if err != nil {
		return unbound(err)
	}
	if found.missing {
		return RoleAnswer{Binding: RoleMissing, What: fmt.Sprintf("there is no %s", strings.TrimPrefix(key.String(), "the ")), Next: "make the role, or correct its name"}
	}
	return found.answer(key, q)
}

func unbound(err error) RoleAnswer {
	a := (&run{}).unknown(Place{}, err)
	return RoleAnswer{Binding: BindingUnknown, Reason: a.Reason, What: a.What, Next: a.Next}
}

// answer compares as the Kubernetes auth method does when somebody logs in.
func (r role) answer(key roleKey, q RoleQuestion) RoleAnswer {
	a := RoleAnswer{Binding: NotBound, ServiceAccounts: r.accounts, Namespaces: r.namespaces, Next: "bind the role to it, or use the service account that it is bound to"}
	account := fmt.Sprintf("the service account %s in the namespace %s", shown(q.ServiceAccount), shown(q.ServiceAccountNamespace))
	switch {
	case !anyMatches(r.accounts, q.ServiceAccount):
		a.What = fmt.Sprintf("%s is not bound to %s, but to service accounts named %s", key, account, listed(r.accounts))
	case anyMatches(r.namespaces, q.ServiceAccountNamespace):
		a.Binding, a.Next = Bound, ""
		a.What = fmt.Sprintf("%s is bound to %s", key, account)
	case r.selector:
		a.Binding, a.Reason, a.Next = BindingUnknown, InsideValue, ""
		a.What = fmt.Sprintf("%s chooses namespaces by their labels, which only the cluster knows", key)
	default:
		a.What = fmt.Sprintf("%s is not bound to %s, but to namespaces named %s", key, account, listed(r.namespaces))
	}
	return a
}

// role asks for a role:
// https://developer.hashicorp.com/vault/api-docs/auth/kubernetes#read-role
func (c *Connection) role(ctx context.Context, key roleKey) (role, error) {
	doing := "look at " + key.String()
	a, err := c.call(ctx, request{doing: doing, method: http.MethodGet, namespace: key.namespace, path: "auth/" + key.mount + "/role/" + key.name})
	if err != nil {
		return role{}, err
	}
	switch {
	case a.absent():
		return role{missing: true}, nil
	case a.unrouted():
		return role{}, &Error{Reason: MountMissing, Doing: doing, What: fmt.Sprintf("no auth method is mounted at auth/%s", shownPath(key.mount)), Next: "check the path of the auth method"}
	case a.status == http.StatusForbidden && !a.unknownToken():
		return role{}, &Error{
			Reason: Forbidden, Doing: doing, What: fmt.Sprintf("the token may not look at auth/%s, or no auth method is mounted there", shownPath(key.mount)),
			Next: "give it read on " + shownPath("auth/"+key.mount+"/role/*") + ": Vault answers the same for both",
		}
	case !a.ok():
		return role{}, a.refusal(doing)
	}
	var said struct {
		Data struct {
			Accounts   *[]string `json:"bound_service_account_names"`
			Namespaces []string  `json:"bound_service_account_namespaces"`
			Selector   string    `json:"bound_service_account_namespace_selector"`
		} `json:"data"`
	}
	if !decodeJSON(a.body, &said) {
		return role{}, &Error{Reason: BadAnswer, Doing: doing}
	}
	if said.Data.Accounts == nil {
		return role{}, &Error{Reason: BadQuestion, Doing: doing, What: fmt.Sprintf("%s is no role of a Kubernetes auth method", key)}
	}
	return role{accounts: *said.Data.Accounts, namespaces: said.Data.Namespaces, selector: said.Data.Selector != ""}, nil
}

func anyMatches(patterns []string, name string) bool {
	for _, pattern := range patterns {
		if matches(pattern, name) {
			return true
		}
	}
	return false
}

// matches tells whether a pattern, in which * stands for any text, is that of the
// name.
func matches(pattern, name string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == name
	}
	rest, ok := strings.CutPrefix(name, parts[0])
	if !ok {
		return false
	}
	last := len(parts) - 1
	for _, part := range parts[1:last] {
		_, after, found := strings.Cut(rest, part)
		if !found {
			return false
		}
		rest = after
	}
	return strings.HasSuffix(rest, parts[last])
}

func orText(given, otherwise string) string {
	if given == "" {
		return otherwise
	}
	return given
}
