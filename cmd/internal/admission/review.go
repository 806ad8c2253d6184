// Package admission is the gate in front of a cluster: an AdmissionReview comes
// in, checks.Run judges its object by the same checks as every other gate, and
// an AdmissionReview goes out. Around it stands the HTTPS server that the API
// server calls.
//
// The package never reads the cluster and holds no credentials: what it knows of
// a request stands in the review. It does not know where its rules come from,
// never changes an object, and keeps nothing of one request for the next.
//
// Whatever happens, a call is answered with a decision. Kubernetes takes every
// other end (a timeout, a status but 200, a wrong uid) for a failure of the
// webhook and then does what failurePolicy says, which is usually to let the
// request through.
package admission

import (
	"bytes"
	"encoding/json"
	"fmt"
	"unicode/utf8"

	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const (
	reviewVersion = "admission.k8s.io/v1"
	reviewKind    = "AdmissionReview"
)

// malformed is why a body is no review that can be judged. It holds no content of
// the body.
type malformed string

func (m malformed) Error() string { return string(m) }

// decode reads the body of a call. The error is a malformed.
func decode(body []byte) (*admissionv1.AdmissionRequest, error) {
	if !utf8.Valid(body) {
		return nil, malformed("the review is not UTF-8")
	}
	var review admissionv1.AdmissionReview
	if err := json.Unmarshal(body, &review); err != nil {
		// The error of the decoder quotes the body.
		return nil, malformed("the review is not the JSON of an AdmissionReview")
	}
	switch {
	case review.APIVersion != reviewVersion || review.Kind != reviewKind:
		return nil, malformed("the review is no " + reviewKind + " of " + reviewVersion)
	case review.Request == nil:
		return nil, malformed("the review has no request")
	case review.Request.UID == "":
		return nil, malformed("the request has no uid")
	}
	return review.Request, nil
}

// uidOf finds the uid of the request in the beginning of a body that cannot be
// decoded, or "". Without the uid no answer counts (k8s.io/apiserver,
// VerifyAdmissionResponse), with it the reason reaches the caller.
func uidOf(body []byte) string {
	dec := json.NewDecoder(bytes.NewReader(body[:min(len(body), uidBytes)]))
	if !opens(dec) || !seek(dec, "request") || !opens(dec) || !seek(dec, "uid") {
		return ""
	}
	token, err := dec.Token()
	uid, ok := token.(string)
	if err != nil || !ok || len(uid) > uidLength {
		return ""
	}
	return uid
}

func opens(dec *json.Decoder) bool {
	token, err := dec.Token()
	return err == nil && token == json.Delim('{')
}

// seek moves behind a key of the object in which dec stands.
func seek(dec *json.Decoder, key string) bool {
	for {
		token, err := dec.Token()
		if err != nil || token == json.Delim('}') {
			return false
		}
		if token == key {
			return true
		}
		if !skip(dec) {
			return false
		}
	}
}

// skip moves behind one value. It does not recurse, so that no nesting can
// overflow the stack.
func skip(dec *json.Decoder) bool {
	for depth := 0; ; {
		token, err := dec.Token()
		if err != nil {
			return false
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth == 0 {
			return true
		}
	}
}

// encode writes the review that answers a request. A response never holds a
// patch: for a validating webhook even an empty one is an error.
func encode(response *admissionv1.AdmissionResponse) ([]byte, error) {
	review := admissionv1.AdmissionReview{
		TypeMeta: metav1.TypeMeta{APIVersion: reviewVersion, Kind: reviewKind},
		Response: response,
	}
	out, err := json.Marshal(review)
	if err != nil {
		return nil, fmt.Errorf("write the review: %w", err)
	}
	return out, nil
}
