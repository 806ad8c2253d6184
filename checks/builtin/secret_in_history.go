package builtin

import "github.com/gatehouse-dev/gatehouse/checks"

func secretInHistory() checks.Check {
	return checks.Check{
		ID:       "secret-in-history",
		Title:    "Secret stands in the history of a change",
		Category: checks.Secrets,
		Severity: checks.Error,
		Why: "A value that one commit adds and a later one removes is gone from the files and not from the repository: " +
			"whoever has the commits can read it. The same holds for a value in the message of a commit, and for what only a merge or " +
			"a side branch had. Squashing before the merge does not help once the commits have been pushed.",
		Fix: "As long as the commits have not been pushed, take the value out of them: `git rebase --interactive`. " +
			"If they have, rotate the value, and say so in `.gatehouse/waivers.yaml` with `rotated: {by: WHO, date: YYYY-MM-DD}` " +
			"(`gatehouse waive --base REVISION --rotated-by WHO --rotated-on DAY FINGERPRINT` writes it). Such an entry names no commit and does not expire, " +
			"and it holds for this value at this place only. On a pull request it counts from the day on which it stands on the base.",
		Bad: []string{`-- base/settings.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {mode: safe}
-- first commit/settings.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {mode: safe}
-- first commit/database.yaml --
apiVersion: v1
kind: Secret
metadata: {name: database}
stringData: {password: Tiger-Lily-48}
-- second commit/settings.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {mode: safer}
`},
		Good: []string{`-- base/settings.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {mode: safe}
-- first commit/settings.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {mode: fast}
-- second commit/settings.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {mode: safer}
`},
		History: func(p *checks.Pass, b checks.Bygone) error {
			where := "It no longer stands there, but stays in the history, in commit "
			if b.Message {
				where = "It stands in the message of commit "
			}
			said, fix := sayOfCommit(b)
			p.Report(checks.Report{Where: b.Where(), Message: b.Finding.Message + " " + where + b.Commit.Short() + said, Fix: fix})
			return nil
		},
	}
}

// sayOfCommit says how far a commit has got, and what follows for what it holds.
func sayOfCommit(b checks.Bygone) (said, fix string) {
	takeOut := "Take it out of the commit with `" + b.Commit.Rewrite() + "`"
	if b.Message {
		takeOut = "Reword the message with `" + b.Commit.Rewrite() + "`"
	}
	switch b.Commit.Exposure {
	case checks.Committed:
		return ", which has not been pushed.", takeOut + " before you push; it need not be rotated then."
	case checks.Pushed:
		return ", which is on a remote.", "Rotate the value: squashing, rewording or deleting does not take back what has been pushed. " +
			"Then answer the finding with `rotated` in .gatehouse/waivers.yaml."
	}
	return ".", takeOut + " if it has not been pushed; if it has, rotate the value."
}
