package builtin

import (
	"encoding/base64"
	"strings"
)

// exampleValue is a value as SOPS writes it, for examples: nobody can decrypt it.
func exampleValue(seed byte, length int) string {
	part := func(n int, salt byte) string {
		bytes := make([]byte, n)
		for i := range bytes {
			bytes[i] = (seed+salt)*37 + byte(i)*11
		}
		return base64.StdEncoding.EncodeToString(bytes)
	}
	return "ENC[AES256_GCM,data:" + part(length, 1) + ",iv:" + part(32, 2) + ",tag:" + part(16, 3) + ",type:str]"
}

// exampleSOPS is a Secret that SOPS has encrypted, for the keys that are given as the
// text of stringData.
func exampleSOPS(arn, stringData string) string {
	return `apiVersion: v1
kind: Secret
metadata:
  name: database
stringData:
` + stringData + `sops:
  kms:
  - arn: ` + arn + `
    created_at: "2026-01-05T10:00:00Z"
    enc: ` + base64.StdEncoding.EncodeToString([]byte(strings.Repeat("example of a data key. ", 8))) + `
    aws_profile: ""
  lastmodified: "2026-01-05T10:00:00Z"
  mac: ` + exampleValue(9, 128) + `
  encrypted_regex: ^(data|stringData)$
  version: 3.9.4
`
}

const (
	exampleKey      = "arn:aws:kms:eu-west-1:111122223333:key/0f1a2b3c-4d5e-6f70-8192-a3b4c5d6e7f8"
	exampleOtherKey = "arn:aws:kms:eu-west-1:111122223333:key/9f8e7d6c-5b4a-4392-8170-6f5e4d3c2b1a"
)

const exampleRules = `creation_rules:
- path_regex: \.sops\.yaml$
  encrypted_regex: ^(data|stringData)$
  kms: ` + exampleKey + `
`
