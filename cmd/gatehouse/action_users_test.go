package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestUsersOfEvents holds who made a change, as far as an event tells.
func TestUsersOfEvents(t *testing.T) {
	id, other := strings.Repeat("a", 40), strings.Repeat("b", 40)
	pr := func(action, author, sender string) map[string]any {
		return map[string]any{
			"action": action, "sender": map[string]any{"login": sender},
			"pull_request": map[string]any{"user": map[string]any{"login": author}, "base": map[string]any{"sha": id}, "head": map[string]any{"sha": other}},
		}
	}
	push := func(sender, committer string) map[string]any {
		return map[string]any{
			"ref": "refs/heads/main", "before": id, "after": other, "repository": map[string]any{"default_branch": "main"},
			"sender": map[string]any{"login": sender}, "head_commit": map[string]any{"committer": map[string]any{"username": committer}},
		}
	}
	for _, c := range []struct {
		name, event string
		payload     map[string]any
		want        []string
	}{
		{"opened", "pull_request", pr("opened", "release-bot[bot]", "release-bot[bot]"), []string{"release-bot[bot]"}},
		{"opened again by another", "pull_request", pr("reopened", "release-bot[bot]", "alice"), []string{"release-bot[bot]"}},
		{"more commits of the author", "pull_request", pr("synchronize", "alice", "alice"), []string{"alice"}},
		{"more commits of another", "pull_request", pr("synchronize", "release-bot[bot]", "mallory_corp"), []string{"release-bot[bot]", "mallory_corp"}},
		{"a name that is none", "pull_request", pr("opened", "release-bot\x1b[31m", "alice"), nil},
		{"no names", "pull_request", map[string]any{"pull_request": map[string]any{"base": map[string]any{"sha": id}, "head": map[string]any{"sha": other}}}, nil},
		{"a push", "push", push("alice", "alice"), []string{"alice"}},
		{"a merge by the button", "push", push("alice", "web-flow"), nil},
		{"a merge queue", "merge_group", map[string]any{"sender": map[string]any{"login": "alice"}, "merge_group": map[string]any{"base_sha": id, "head_sha": other}}, nil},
	} {
		payload, err := json.Marshal(c.payload)
		if err != nil {
			t.Fatal(err)
		}
		ch, err := changeOf(c.event, payload)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if diff := cmp.Diff(c.want, ch.users); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

// TestActionKnowsTheAuthor runs the policy on who may change an image on pull requests.
func TestActionKnowsTheAuthor(t *testing.T) {
	config := "version: 1\npolicies:\n  library: false\n  enable: [image-changed-by-other]\n  parameters: {image-changed-by-other: {users: ['release-bot[bot]']}}\n"
	deployment := "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\nspec:\n  selector: {matchLabels: {app: web}}\n" +
		"  template:\n    metadata: {labels: {app: web}}\n    spec:\n      containers:\n      - {name: web, image: 'registry.example.org/web:1.0.0'}\n"
	for _, c := range []struct {
		author string
		wanted
	}{
		{"release-bot[bot]", wanted{outputs: "pass 0 0 0", unsaid: []string{"changes the image"}}},
		{"mallory", wanted{code: exitFail, outputs: "fail 1 1 0", said: []string{"mallory changes the image of the container web"}}},
		{"", wanted{outputs: "pass 0 0 0", said: []string{"who makes a change, which is not known here"}}},
	} {
		t.Run(c.author, func(t *testing.T) {
			host := newHost(t)
			host.commit("web", "web.yaml", deployment, ".gatehouse/config.yaml", config)
			base, head := host.propose("main", func() {
				host.commit("release", "web.yaml", strings.ReplaceAll(deployment, "1.0.0", "1.0.1"))
			})
			payload := pullRequest(base, head, 1, 1)
			payload["action"] = "opened"
			payload["pull_request"].(map[string]any)["user"] = map[string]any{"login": c.author}
			c.check(t, job{workspace: host.checkout(pullRef, 0), event: "pull_request", payload: payload}.run(t))
		})
	}
}
