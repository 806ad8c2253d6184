{{- define "mailer.labels" -}}
app.kubernetes.io/name: mailer
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}
