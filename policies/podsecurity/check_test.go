package podsecurity

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// deployment is a Deployment that meets the level restricted but for what pod and
// container add: the former below spec.template.spec, the latter below a container.
func deployment(pod, securityContext, container string) string {
	return fmt.Sprintf(`apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      %s
      initContainers:
      - name: first
        image: a
        securityContext: {allowPrivilegeEscalation: false, runAsNonRoot: true, capabilities: {drop: [ALL]}, seccompProfile: {type: RuntimeDefault}}
      containers:
      - name: web
        image: b
        %s
        securityContext:
          %s
`, pod, container, securityContext)
}

const meets = "{allowPrivilegeEscalation: false, runAsNonRoot: true, capabilities: {drop: [ALL]}, seccompProfile: {type: RuntimeDefault}}"

func TestCheckPointsAtTheField(t *testing.T) {
	const spec = "spec.template.spec"
	const web = spec + ".containers[name=web]"
	tests := []struct {
		level, pod, securityContext, container string
		want                                   string
	}{
		{"restricted", "", meets, "", ""},
		{"baseline", "", "{privileged: true}", "", web + ".securityContext.privileged"},
		{"baseline", "hostNetwork: true", meets, "", spec + ".hostNetwork"},
		{"baseline", "hostPID: true", meets, "", spec + ".hostPID"},
		{"baseline", "volumes: [{name: a, emptyDir: {}}, {name: b, hostPath: {path: /}}]", meets, "", spec + ".volumes[name=b]"},
		{"baseline", "", meets, "ports: [{containerPort: 80, hostPort: 80}]", web + ".ports"},
		{"baseline", "", "{capabilities: {add: [SYS_ADMIN]}}", "", web + ".securityContext.capabilities.add"},
		{"baseline", "", "{procMount: Unmasked}", "", web + ".securityContext.procMount"},
		{"baseline", "", "{seccompProfile: {type: Unconfined}}", "", web + ".securityContext.seccompProfile.type"},
		{"baseline", "securityContext: {seccompProfile: {type: Unconfined}}", meets, "", spec + ".securityContext.seccompProfile.type"},
		{"baseline", "securityContext: {sysctls: [{name: kernel.msgmax, value: '1'}]}", meets, "", spec + ".securityContext.sysctls"},
		{"baseline", "", "{windowsOptions: {hostProcess: true}}", "", web + ".securityContext.windowsOptions.hostProcess"},
		{"baseline", "", "{appArmorProfile: {type: Unconfined}}", "", web + ".securityContext.appArmorProfile.type"},
		{"restricted", "", "{allowPrivilegeEscalation: true, runAsNonRoot: true, capabilities: {drop: [ALL]}, seccompProfile: {type: RuntimeDefault}}", "", web + ".securityContext.allowPrivilegeEscalation"},
		{"restricted", "", "{runAsNonRoot: true, capabilities: {drop: [ALL]}, seccompProfile: {type: RuntimeDefault}}", "", web + ".securityContext"},
		{"restricted", "", "{allowPrivilegeEscalation: false, runAsNonRoot: true, capabilities: {drop: [CHOWN]}, seccompProfile: {type: RuntimeDefault}}", "", web + ".securityContext.capabilities"},
		{"restricted", "", "{allowPrivilegeEscalation: false, runAsNonRoot: false, capabilities: {drop: [ALL]}, seccompProfile: {type: RuntimeDefault}}", "", web + ".securityContext.runAsNonRoot"},
		{"restricted", "", "{allowPrivilegeEscalation: false, runAsUser: 0, runAsNonRoot: true, capabilities: {drop: [ALL]}, seccompProfile: {type: RuntimeDefault}}", "", web + ".securityContext.runAsUser"},
		{"restricted", "volumes: [{name: disk, nfs: {server: s, path: /}}]", meets, "", spec + ".volumes[name=disk]"},
		{"privileged", "hostNetwork: true", "{privileged: true}", "", ""},
	}
	for _, tt := range tests {
		text := deployment(tt.pod, tt.securityContext, tt.container)
		level, err := ParseLevel(tt.level, "v1.34")
		if err != nil {
			t.Fatal(err)
		}
		result := checks.Run(context.Background(), checks.Input{
			Files:  []checks.File{{Path: "web.yaml", Load: func() ([]byte, error) { return []byte(text), nil }}},
			Checks: []checks.Check{Check(func(string) (Level, bool) { return level, true })},
			Limits: manifest.DefaultLimits(), Time: time.Unix(0, 0),
		})
		var got []string
		for _, f := range result.Findings {
			got = append(got, f.Field)
		}
		switch {
		case len(result.NotJudged) > 0:
			t.Errorf("%s\nnot judged: %+v", text, result.NotJudged)
		case tt.want == "" && len(got) > 0, tt.want != "" && (len(got) != 1 || got[0] != tt.want):
			t.Errorf("%s: %s\nfindings at %q, want %q", tt.level, text, got, tt.want)
		}
	}
}
