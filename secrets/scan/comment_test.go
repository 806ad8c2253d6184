package scan

import "testing"

func TestComments(t *testing.T) {
	run(t, []placeCase{
		{name: "settings of YAML", text: `# adminPassword: PW
auth:
  #old_password: "PW"
  # - name: DB_PASSWORD
  #   value: PW
  # export API_TOKEN=PW
  # mysql -u root -pPW shop
  user: app
`, want: []string{"setting 1:3  plaintext", "setting 3:4  plaintext", "setting 5:7  plaintext", "setting 6:12  plaintext", "setting 7:20  plaintext"}},
		{name: "examples", text: `# adminPassword: changeme
# password: hunter2
# password: my-secret-password
# adminPassword: strongpassword
# token: <your token>
# secretName: web-tls-2024
# key: value1
# existingSecret: Database2Credentials
# password: {{ .Values.password }}
# The password: it is Xu7-kelp_Orbit42 or so.
# passwordHash: $2y$10$QGiZsGNKbOu7SEzy4I7O8dGbLbHIwGz8gNdJev9O/Nv7YHnqYe59Q
a: b
`},
		{name: "in a text in a document", text: `apiVersion: v1
kind: ConfigMap
metadata: {name: app}
data:
  values.yaml: |
    # adminPassword: PW
    user: app
  app.properties: |
    a=b
    # db.password=PW
  redis.conf: |
    # requirepass PW
    port 6379
  run.sh: |
    #!/bin/sh
    # curl -u app:PW https://example.org
    true
`, want: []string{
			`configmap 6:7 data["values.yaml"]|adminPassword plaintext`, `configmap 10:7 data["app.properties"]|db.password plaintext`,
			`configmap 12:7 data["redis.conf"]|requirepass plaintext`, `configmap 16:13 data["run.sh"]|curl.password plaintext`,
		}},
		{name: "other formats", file: "home/.env", text: "A=b\n#OLD_API_KEY=PW\n# PASSWORD=changeme\n", want: []string{"setting 2:2  plaintext"}},
		{name: "code in a text for people", file: "docs/run.md", text: "Password: PW\n\n    DB_PASSWORD=PW\n\n```sh\nexport TOKEN=changeme\nmysql -pPW\n```\n", want: []string{
			"setting 3:5  plaintext", "setting 7:8  plaintext",
		}},
	})
}
