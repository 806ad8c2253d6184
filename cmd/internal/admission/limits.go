package admission

import (
	"fmt"
	"time"
)

// What one call may cost. What goes over a limit is not judged, and answered so.
const (
	// The API server takes 3 MiB in one request; a review holds the object and the
	// old object, and what is around them.
	bodyBytes = 7 << 20
	uidBytes  = 64 << 10 // of a body that cannot be decoded, to find the uid in
	uidLength = 256

	objectValues    = 100_000 // values of one object: the largest that people write have a third of that
	valuesOnePlace  = objectValues / 8
	secretKeys      = 1_000 // keys of one Secret
	duplicateKeys   = 100   // keys that stand twice in one object
	releaseBytes    = 16 << 20
	releaseRatio    = 200 // bytes of a Helm release for one compressed byte
	releaseHooks    = 1_000
	releaseValues   = 200_000 // in all that one release renders
	messageBytes    = 8 << 10 // of the message of a refusal
	warningCount    = 15
	warningRunes    = 256
	warningAllRunes = 4_096 - 1 // k8s.io/apiserver/pkg/endpoints/filters, warning.go
	nameRunes       = 253       // of any name in a message or the log

	loggedFindings = 100 // findings that one line of the log lists

	inFlightBytes = 32 << 20 // bodies that are held at one time
	shortestBody  = 16 << 10 // what a body counts for at least

	defaultTimeout = 10 * time.Second // admissionregistration.k8s.io/v1, timeoutSeconds
	longestTimeout = 30 * time.Second // the same
	bodyTimeout    = 5 * time.Second  // for the body to arrive
	headerTimeout  = 5 * time.Second  // for the header, and for the handshake
	idleTimeout    = 3 * time.Minute
	headerBytes    = 64 << 10
	stopTimeout    = 10 * time.Second // for calls that are under way when the server stops
	reloadEvery    = 2 * time.Second
)

// The shares of its timeout that a call may wait for its turn, and after which it
// is answered whatever is known by then.
const (
	queueShare  = 0.4
	answerShare = 0.8
)

// Limits lists what one call may cost, by name, with the value and what it
// bounds, for documentation.
func Limits() [][3]string {
	return [][3]string{
		{"review-bytes", fmt.Sprintf("%d MiB", bodyBytes>>20), "size of one AdmissionReview"},
		{"reviews-in-flight-bytes", fmt.Sprintf("%d MiB", inFlightBytes>>20), "size of all AdmissionReviews that are worked on at one time"},
		{"object-values", fmt.Sprint(objectValues), "values of one object, at admission"},
		{"secret-keys", fmt.Sprint(secretKeys), "keys of one Secret, at admission"},
		{"duplicate-keys", fmt.Sprint(duplicateKeys), "keys that stand twice in one object, at admission"},
		{"release-bytes", fmt.Sprintf("%d MiB", releaseBytes>>20), "size of one Helm release, unpacked"},
		{"release-ratio", fmt.Sprint(releaseRatio), "unpacked bytes of a Helm release for one packed byte"},
		{"release-values", fmt.Sprint(releaseValues), "values in the manifests of one Helm release"},
		{"release-hooks", fmt.Sprint(releaseHooks), "hooks of one Helm release"},
		{"answer-share", fmt.Sprintf("%.0f %%", answerShare*100), "share of the caller's timeout after which a call is answered as not judged"},
		{"queue-share", fmt.Sprintf("%.0f %%", queueShare*100), "share of the caller's timeout that a call waits for its turn"},
		{"body-timeout", bodyTimeout.String(), "time in which an AdmissionReview must arrive"},
	}
}
