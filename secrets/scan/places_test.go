package scan

import (
	"strings"
	"testing"
)

func TestEnv(t *testing.T) {
	run(t, []placeCase{
		{name: "containers of any kind", text: `apiVersion: apps/v1
kind: Deployment
spec:
  template:
    spec:
      containers:
      - name: app
        env:
        - name: DB_PASSWORD
          value: PW
        - name: LOG_LEVEL
          value: verbose-and-long
        - name: API_TOKEN
          valueFrom: {secretKeyRef: {name: app, key: token}}
        - {name: OTHER_PASSWORD, value: PW}
      initContainers:
      - name: init
        env:
        - value: PW
          name: INIT_PASSWORD
`, want: []string{
			"env 10:11 spec.template.spec.containers[name=app].env[name=DB_PASSWORD].value plaintext",
			"env 15:34 spec.template.spec.containers[name=app].env[name=OTHER_PASSWORD].value plaintext",
			"env 19:11 spec.template.spec.initContainers[name=init].env[name=INIT_PASSWORD].value plaintext",
		}},
		{name: "json", file: "in.json", text: `{"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"name": "app", "env": [{"name": "DB_PASSWORD", "value": "PW"}]}]}}
`, want: []string{"env 1:109 spec.containers[name=app].env[name=DB_PASSWORD].value plaintext"}},
		{name: "parameters", text: `apiVersion: argoproj.io/v1alpha1
kind: Application
spec:
  source:
    helm:
      parameters:
      - name: auth.password
        value: PW
---
apiVersion: tekton.dev/v1
kind: PipelineRun
spec:
  params:
  - name: registry-password
    value: PW
`, want: []string{
			`env 8:9 spec.source.helm.parameters[name=auth.password].value plaintext`,
			`env 15:5 spec.params[name=registry-password].value plaintext`,
		}},
		{name: "CloudFormation and ECS", file: "stack.json", text: `{"Parameters": [{"ParameterKey": "DBPassword", "ParameterValue": "PW"}],
"containerDefinitions": [{"name": "app", "environment": [{"name": "DB_PASSWORD", "value": "PW"}]}]}
`, want: []string{
			"env 1:48 Parameters[0].ParameterValue plaintext",
			"env 2:82 containerDefinitions[name=app].environment[name=DB_PASSWORD].value plaintext",
		}},
		{name: "compose", file: "docker-compose.yml", text: `services:
  db:
    environment:
      POSTGRES_PASSWORD: PW
  app:
    environment:
    - DB_PASSWORD=PW
    - LOG_LEVEL=debug
    - API_KEY=${API_KEY}
`, want: []string{
			"env 4:7 services.db.environment.POSTGRES_PASSWORD plaintext",
			"env 7:7 services.app.environment[0] plaintext",
		}},
		{name: "maps and lists under a promising key", file: "values.yaml", text: `passwords:
  admin: PW
tokens:
- Xu7kelpOrbit42Xu7kelpOrbit42
secrets:
- name-of-a-secret
`, want: []string{"values 2:3 passwords.admin plaintext", "values 4:3 tokens[0] plaintext"}},
	})
}

func TestArgs(t *testing.T) {
	run(t, []placeCase{
		{name: "options", text: `apiVersion: v1
kind: Pod
spec:
  containers:
  - name: app
    command: ["/bin/app", "--db-password=PW", "--verbose"]
    args:
    - --admin-password
    - PW
    - --token-file=/run/secrets/token
`, want: []string{
			"args 6:27 spec.containers[name=app].command[1] plaintext",
			"args 9:7 spec.containers[name=app].args[1] plaintext",
		}},
		{name: "script", text: `apiVersion: v1
kind: Pod
spec:
  containers:
  - name: app
    command:
    - sh
    - -c
    - |
      set -e
      export DB_PASSWORD=PW
      run
`, want: []string{"args 11:14 spec.containers[name=app].command[2] plaintext"}},
	})
}

func TestAnnotation(t *testing.T) {
	run(t, []placeCase{
		{name: "by key", text: `apiVersion: v1
kind: Service
metadata:
  annotations:
    example.com/password: PW
    checksum/secret: 3b2f8e0e9a7d4c1b3b2f8e0e9a7d4c1b3b2f8e0e9a7d4c1b3b2f8e0e9a7d4c1b
`, want: []string{`annotation 5:5 metadata.annotations["example.com/password"] plaintext`}},
		{name: "last applied configuration", text: `apiVersion: v1
kind: Secret
metadata:
  annotations:
    kubectl.kubernetes.io/last-applied-configuration: |
      {"apiVersion":"v1","kind":"Secret","data":{"password":"WHU3LWtlbHBfT3JiaXQ0Mg=="}}
`, want: []string{`secret 6:50 metadata.annotations["kubectl.kubernetes.io/last-applied-configuration"]|data.password plaintext`}},
	})
}

func TestFilledByPlugin(t *testing.T) {
	const secret = "apiVersion: v1\nkind: Secret\nmetadata:\n  annotations: {ANNOTATION: secret/data/shop/db}\nstringData:\n  dsn: postgres://<user>:<password>@db/shop\n  password: <password | base64encode>\n  other: PW\n"
	other := "secret 8:3 data.other plaintext"
	run(t, []placeCase{
		{name: "the object names the path", text: strings.Replace(secret, "ANNOTATION", "avp.kubernetes.io/path", 1), want: []string{other}},
		{name: "another annotation", text: strings.Replace(secret, "ANNOTATION", "example.org/path", 1), want: []string{
			"secret 6:3 data.dsn placeholder", other,
		}},
	})
}

func TestConfigMap(t *testing.T) {
	run(t, []placeCase{
		{name: "keys and files", text: `apiVersion: v1
kind: ConfigMap
data:
  DB_PASSWORD: PW
  LOG_LEVEL: debug
  application.properties: |
    # the database
    spring.datasource.url=jdbc:postgresql://db/app
    spring.datasource.password=PW
  config.json: |
    {
      "db": {"password": "PW"}
    }
  config.yaml: |

    smtp:
      user: app
      password: PW
  quoted.env: "A=b\nDB_PASSWORD=PW\n"
`, want: []string{
			"configmap 4:3 data.DB_PASSWORD plaintext",
			`configmap 9:5 data["application.properties"]|spring.datasource.password plaintext`,
			`configmap 12:14 data["config.json"]|db.password plaintext`,
			`configmap 18:7 data["config.yaml"]|smtp.password plaintext`,
			`configmap 19:3 data["quoted.env"]|DB_PASSWORD plaintext`,
		}},
		{name: "CRLF and characters outside the basic plane", text: "apiVersion: v1\r\nkind: ConfigMap\r\ndata:\r\n  a.properties: |\r\n    🔑=x\r\n    db.password=PW\r\n  \"🔑\": {password: PW}\r\n",
			want: []string{`configmap 6:5 data["a.properties"]|db.password plaintext`, "configmap 7:10 data[\"🔑\"].password plaintext"}},
		{name: "binaryData", text: `apiVersion: v1
kind: ConfigMap
binaryData:
  app.env: QT1iCkRCX1BBU1NXT1JEPVh1Ny1rZWxwX09yYml0NDIK
`, want: []string{`configmap 4:3 binaryData["app.env"]|DB_PASSWORD plaintext`}},
	})
}

func TestKustomize(t *testing.T) {
	run(t, []placeCase{
		{name: "generators", file: "kustomization.yaml", text: `secretGenerator:
- name: db
  literals:
  - password=PW
  - code=Xu7-kelp_Orbit42
  - token="PW"
configMapGenerator:
- name: settings
  literals:
  - LOG_LEVEL=debug
  - DB_PASSWORD=PW
`, want: []string{
			"generator 4:5 secretGenerator[name=db].literals[0] plaintext",
			"generator 5:5 secretGenerator[name=db].literals[1] plaintext",
			"generator 6:5 secretGenerator[name=db].literals[2] plaintext",
			"generator 11:5 configMapGenerator[name=settings].literals[1] plaintext",
		}},
		{name: "patches", file: "kustomization.yaml", text: `patches:
- target: {kind: Deployment, name: app}
  patch: |-
    - op: add
      path: /spec/template/spec/containers/0/env/-
      value:
        name: DB_PASSWORD
        value: PW
    - op: replace
      path: /spec/db~1password
      value: PW
- target: {kind: Secret, name: db}
  patch: |-
    - op: add
      path: /stringData/pin
      value: PW
    - {op: add, path: /data/x, value: WHU3LWtlbHBfT3JiaXQ0Mg==}
- patch: |-
    apiVersion: v1
    kind: Secret
    metadata: {name: db}
    stringData:
      password: PW
`, want: []string{
			"patch 8:9 patches[0].patch|[0].value.value plaintext",
			"patch 11:7 patches[0].patch|[1].value plaintext",
			"patch 16:7 patches[1].patch|[0].value plaintext",
			"patch 17:32 patches[1].patch|[1].value plaintext",
			"secret 23:7 patches[2].patch|data.password plaintext",
		}},
		{name: "a file of operations", file: "patch.json", text: `[{"op": "add", "path": "/spec/password", "value": "PW"},
 {"op": "add", "path": "/stringData", "value": {"x": "PW"}}]
`, want: []string{"patch 1:42 [0].value plaintext", "patch 2:49 [1].value.x plaintext"}},
	})
}

func TestValues(t *testing.T) {
	run(t, []placeCase{
		{name: "values file", file: "values-prod.yaml", text: `auth:
  existingSecret: db
  password: PW
  username: app
ingress:
  tls:
  - secretName: web-tls
`, want: []string{"values 3:3 auth.password plaintext"}},
		{name: "HelmRelease", text: `apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
spec:
  values:
    auth: {password: PW}
  valuesFrom:
  - kind: Secret
    name: db-password
`, want: []string{"values 5:12 spec.values.auth.password plaintext"}},
		{name: "Application", text: `apiVersion: argoproj.io/v1alpha1
kind: Application
spec:
  source:
    helm:
      values: |
        auth:
          password: PW
      valuesObject:
        auth:
          password: PW
`, want: []string{
			"values 8:11 spec.source.helm.values|auth.password plaintext",
			"values 11:11 spec.source.helm.valuesObject.auth.password plaintext",
		}},
		{name: "postBuild", text: `apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
spec:
  postBuild:
    substitute:
      DB_PASSWORD: PW
`, want: []string{"env 6:7 spec.postBuild.substitute.DB_PASSWORD plaintext"}},
	})
}

func TestTemplate(t *testing.T) {
	run(t, []placeCase{
		{name: "literals in actions", file: "chart/templates/secret.yaml", text: `{{- if .Values.enabled }}
apiVersion: v1
kind: Secret
metadata:
  name: {{ include "app.fullname" . }}
data:
  password: {{ .Values.password | default "PW" | b64enc | quote }}
  token: {{ default "PW" .Values.token | b64enc }}
  other: {{ "PW" | b64enc }}
  safe: {{ required "a password is needed" .Values.safe | b64enc }}
  looked: {{ index .Values "some-longer-password-key" | b64enc }}
{{- end }}
`, want: []string{
			"template 7:3 data.password plaintext", "template 8:3 data.token plaintext", "template 9:3 data.other plaintext",
		}},
		{name: "environment", file: "chart/templates/deployment.yaml", text: `apiVersion: apps/v1
kind: Deployment
spec:
  template:
    spec:
      containers:
      - name: app
        env:
        - name: DB_PASSWORD
          value: {{ .Values.password | default "PW" }}
        - name: PLAIN_PASSWORD
          value: PW
        - name: LOG_LEVEL
          value: {{ .Values.level | default "information" }}
`, want: []string{
			"template 10:11 spec.template.spec.containers[name=app].env[name=DB_PASSWORD].value plaintext",
			"env 12:11 spec.template.spec.containers[name=app].env[name=PLAIN_PASSWORD].value plaintext",
		}},
		{name: "block with actions", file: "chart/templates/cm.yaml", text: `apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}
data:
  app.properties: |
    db.host={{ .Values.host }}
    {{- if .Values.x }}
    db.password=PW
    {{- end }}
    db.token={{ .Values.token | default "PW" }}
`, want: []string{
			`configmap 9:5 data["app.properties"]|db.password plaintext`,
			`template 11:5 data["app.properties"]|db.token plaintext`,
		}},
		{name: "variables with a default", file: "docker-compose.yml", text: `services:
  db:
    environment:
      POSTGRES_PASSWORD: ${POSTGRES_PASSWORD:-PW}
      POSTGRES_USER: ${POSTGRES_USER:-postgres}
      OTHER_PASSWORD: ${OTHER_PASSWORD:?it must be set}
      DSN: db=x&pw=${DB_PASSWORD:-PW}
`, want: []string{
			"template 4:7 services.db.environment.POSTGRES_PASSWORD plaintext",
			"template 7:7 services.db.environment.DSN plaintext",
		}},
		{name: "a password beside a variable with a default", file: "docker-compose.yml", text: `services:
  db:
    environment:
      DATABASE_URL: postgres://app:PW@${HOST:-db}/app
`, want: []string{"env 4:7 services.db.environment.DATABASE_URL credential"}},
		{name: "Spring", file: "application.yml", text: `spring:
  datasource:
    password: ${DB_PASSWORD:PW}
`, want: []string{"template 3:5 spring.datasource.password plaintext"}},
		{name: "the structure cannot be read", file: "chart/templates/deployment.yaml", text: `{{- if .Values.x }}
spec: {{ toYaml .Values.spec }}
    env:
   - name: DB_PASSWORD
     value: PW # of the database
  {{- end }}
 - password: "PW"
 - level: "PW"
`, want: []string{"setting 5:6  plaintext", "setting 7:4  plaintext"}},
		{name: "no document can be read", file: "chart/templates/_helpers.tpl", text: `{{- define "app.env" }}
{{- $password := "PW" }}
- password: {{ .Values.x | default "PW" }}
{{- end }}
{{ define "x"
`, want: []string{"template 2:1  plaintext", "template 3:1  plaintext"}},
	})
}

func TestSettings(t *testing.T) {
	run(t, []placeCase{
		{name: "any object", text: `apiVersion: example.com/v1
kind: Database
spec:
  adminPassword: PW
  passwordSecretRef: {name: db, key: password}
`, want: []string{"setting 4:3 spec.adminPassword plaintext"}},
		{name: "CloudFormation", file: "stack.yaml", text: `Parameters:
  DBPassword:
    Type: String
    Default: PW
Resources:
  DB:
    Type: AWS::RDS::DBInstance
    Properties:
      MasterUserPassword: PW
`, want: []string{"setting 4:5 Parameters.DBPassword.Default plaintext", "setting 9:7 Resources.DB.Properties.MasterUserPassword plaintext"}},
		{name: "Hiera", file: "common.yaml", text: `profile::db::password: PW
profile::db::sealed: ENC[PKCS7,MIIBeQYJKoZIhvcNAQcDoIIBajCCAWYCAQAxggEhMIIBHQIBADAFMAACAQEwDQYJ]
`, want: []string{`setting 1:1 ["profile::db::password"] plaintext`}},
		{name: "terraform", file: "prod.tfvars", text: `region = "eu-west-1"
db_password = "PW"
`, want: []string{"setting 2:1  plaintext"}},
		{name: "hashes of passwords", file: ".htpasswd", text: `app:$apr1$k3lpOrb1$Xu7kelpOrbit42Xu7kelp.
`, want: []string{"setting 1:1  hash"}},
		{name: "dotenv", file: ".env", text: `LOG_LEVEL=debug
DB_PASSWORD=PW
`, want: []string{"setting 2:1  plaintext"}},
	})
}

func TestCommandTexts(t *testing.T) {
	run(t, []placeCase{
		{name: "workflow", file: ".github/workflows/ci.yaml", text: `jobs:
  build:
    env: {API_TOKEN: PW}
    steps:
    - run: |
        set -e
        export DB_PASSWORD=PW
    - run: helm upgrade app --set auth.password=PW
    - uses: docker/login-action@v3
      with: {username: me, password: PW}
    - with: {password: "${{ secrets.PASSWORD }}"}
`, want: []string{
			"env 3:11 jobs.build.env.API_TOKEN plaintext",
			"setting 7:16 jobs.build.steps[0].run|DB_PASSWORD plaintext",
			"setting 8:7 jobs.build.steps[1].run|auth.password plaintext",
			"setting 10:28 jobs.build.steps[2].with.password plaintext",
		}},
		{name: "GitLab", file: ".gitlab-ci.yml", text: `variables:
  DB_PASSWORD: {value: PW, description: the database}
build:
  script:
  - docker login -u me -p PW registry.example.org
`, want: []string{"setting 2:17 variables.DB_PASSWORD.value plaintext", "setting 5:5 build.script[0]|docker.password plaintext"}},
		{name: "module of Ansible", file: "play.yml", text: `- hosts: all
  vars:
    db_password: PW
    sealed_password: !vault |
      $ANSIBLE_VAULT;1.1;AES256
      6338
  tasks:
  - mysql_user: name=app password=PW state=present
`, want: []string{"setting 3:5 [0].vars.db_password plaintext", "setting 8:5 [0].tasks[0].mysql_user|password plaintext"}},
		{name: "options", file: "values.yaml", text: `javaOpts: "-Xmx1g -Djavax.net.ssl.keyStorePassword=PW"
`, want: []string{"values 1:1 javaOpts|javax.net.ssl.keyStorePassword plaintext"}},
	})
}

func TestNames(t *testing.T) {
	run(t, []placeCase{
		{name: "names of Secrets and of their keys", text: `apiVersion: example.com/v1
kind: Broker
spec:
  sslSecret: acceptor-ssl-keystore
  secret: dashboard-users
  credentials: [app-admin-acl]
  secretKey: password
  clientSecret: Xu7-kelp_Orbit42
---
apiVersion: v1
kind: ServiceAccount
secrets:
- name: builder-token
imagePullSecrets:
- name: registry-password
`, want: []string{"setting 8:3 spec.clientSecret plaintext"}},
		{name: "a reference to a Secret", text: `apiVersion: example.com/v1
kind: Broker
spec:
  valuesFrom:
  - {kind: Secret, key: db-password, token: Xu7-kelp_Orbit42}
`, want: nil},
		{name: "tags", file: "stack.yaml", text: `Resources:
  DB:
    Properties:
      MasterUserPassword: !Ref DatabasePasswordOfProd
      ServiceToken: !GetAtt Builder.Arn
      OtherPassword: !Sub PW
`, want: []string{"setting 6:7 Resources.DB.Properties.OtherPassword plaintext"}},
		{name: "locked packages", file: "package-lock.json", text: `{"dependencies": {"a": {"integrity": "sha512-Xu7kelpOrbit42Xu7kelpOrbit42Xu7kelpOrbit42=="}}}
`, want: nil},
	})
}

func TestQuiet(t *testing.T) {
	run(t, []placeCase{
		{name: "schema", text: `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
spec:
  versions:
  - name: v1
    schema:
      openAPIV3Schema:
        type: object
        properties:
          password:
            type: string
            description: The password of the user, long enough to matter
            default: PW
          passwordKey:
            type: string
            default: password
`, want: []string{"setting 13:13 spec.versions[name=v1].schema.openAPIV3Schema.properties.password.default plaintext"}},
		{name: "references", text: `apiVersion: external-secrets.io/v1
kind: ExternalSecret
spec:
  data:
  - secretKey: DB_PASSWORD
    remoteRef: {key: prod/db/password, property: Xu7-kelp_Orbit42}
---
apiVersion: secrets-store.csi.x-k8s.io/v1
kind: SecretProviderClass
spec:
  parameters:
    objects: |
      - objectName: password
        secretKey: PW
`, want: nil},
		{name: "prose", file: "questions.yaml", text: `questions:
- variable: auth.user
  description: "Password of the database, which is long"
  label: Password of the administrator
`, want: nil},
	})
}

func TestSOPS(t *testing.T) {
	run(t, []placeCase{
		{name: "added by hand", text: `apiVersion: v1
kind: Secret
data:
  password: ENC[AES256_GCM,data:cGFzc3dvcmQ=,iv:7dQWm1rM8JbT5l0Qx7C8c4Qe9v0k1WlXJqk5c1mJr0E=,tag:6mXgkq7m0tq1Q5H0Q9f1xA==,type:str]
stringData:
  token: PW
sops:
  mac: ENC[AES256_GCM,data:cGFzc3dvcmQ=,iv:7dQWm1rM8JbT5l0Qx7C8c4Qe9v0k1WlXJqk5c1mJr0E=,tag:6mXgkq7m0tq1Q5H0Q9f1xA==,type:str]
  lastmodified: "2024-01-01T00:00:00Z"
  encrypted_regex: ^(data|stringData)$
  version: 3.8.1
`, want: []string{"secret 6:3 data.token plaintext"}},
		{name: "the rule names the key", text: `colour: Xu7-kelp_Orbit42
shape: Xu7-kelp_Orbit42
sops:
  mac: ENC[AES256_GCM,data:cGFzc3dvcmQ=,iv:7dQWm1rM8JbT5l0Qx7C8c4Qe9v0k1WlXJqk5c1mJr0E=,tag:6mXgkq7m0tq1Q5H0Q9f1xA==,type:str]
  encrypted_regex: ^colour$
`, want: []string{"setting 1:1 colour plaintext"}},
		{name: "the rule covers it", text: `private:
  colour: Xu7-kelp_Orbit42
public:
  colour: Xu7-kelp_Orbit42
sops:
  mac: ENC[AES256_GCM,data:cGFzc3dvcmQ=,iv:7dQWm1rM8JbT5l0Qx7C8c4Qe9v0k1WlXJqk5c1mJr0E=,tag:6mXgkq7m0tq1Q5H0Q9f1xA==,type:str]
  encrypted_regex: ^private$
`, want: []string{"setting 2:3 private.colour plaintext"}},
	})
}
