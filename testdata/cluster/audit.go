package cluster

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
)

// AuditEvent is what a test may ask of one request: who, what, how it ended, and what admission noted.
type AuditEvent struct {
	ID   string `json:"auditID"`
	Verb string `json:"verb"`
	User struct {
		Name string `json:"username"`
	} `json:"user"`
	Object struct {
		APIGroup    string `json:"apiGroup"`
		Resource    string `json:"resource"`
		Subresource string `json:"subresource"`
		Namespace   string `json:"namespace"`
		Name        string `json:"name"`
	} `json:"objectRef"`
	Status struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
	} `json:"responseStatus"`
	Annotations map[string]string `json:"annotations"`
}

// AuditEvents reads the audit log, oldest first. Events of health checks and reads are not logged.
func (c *Cluster) AuditEvents() ([]AuditEvent, error) {
	content, err := os.ReadFile(c.AuditLog)
	if err != nil {
		return nil, err
	}
	var events []AuditEvent
	for line := range bytes.Lines(content) {
		if !bytes.HasSuffix(line, []byte("\n")) {
			break // still being written
		}
		var event AuditEvent
		if err := json.Unmarshal(line, &event); err != nil {
			return nil, fmt.Errorf("%s: %w", c.AuditLog, err)
		}
		events = append(events, event)
	}
	return events, nil
}

// auditPolicy logs writes alone, once each: when the response is complete.
func auditPolicy(level string) string {
	if level == "" {
		level = "Metadata"
	}
	return fmt.Sprintf(`{
  "apiVersion": "audit.k8s.io/v1", "kind": "Policy",
  "omitStages": ["RequestReceived", "ResponseStarted"],
  "rules": [
    {"level": "None", "verbs": ["get", "list", "watch"]},
    {"level": "None", "nonResourceURLs": ["*"]},
    {"level": %q}
  ]
}`, level)
}
