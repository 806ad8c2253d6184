// Package cel judges objects by ValidatingAdmissionPolicies, as the API server does:
// the same policies are refused, the same objects match, the same messages come out.
//
// The environment of the expressions, their functions and what they may cost are those
// of k8s.io/apiserver. What the API server knows of a request and a file does not tell
// stays unknown, through the evaluation: a policy is not judged where its answer needs
// it, and only there.
//
// It knows no files and no cluster: objects, parameters, Namespaces and definitions of
// kinds are given to it. Rules are those of k8s.io/apiserver v0.36
// (pkg/admission/plugin/policy, pkg/admission/plugin/cel), and what it refuses is what
// Kubernetes refuses (pkg/apis/admissionregistration/validation).
package cel
