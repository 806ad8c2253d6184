package settings

import "testing"

func TestFormatOf(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       Format
	}{
		{"prod.env", "", Dotenv},
		{".env.production", "", Dotenv},
		{"config/.env.example", "", Dotenv},
		{".envrc", "", Shell},
		{"db.properties.j2", "", Properties},
		{"prod.auto.tfvars", "", HCL},
		{"terraform.tfvars.template", "", HCL},
		{"x.pkr.hcl", "", HCL},
		{"Dockerfile.prod", "", Dockerfile},
		{"build/app.dockerfile", "", Dockerfile},
		{"wp-config.php", "", PHP},
		{"home/.aws/credentials", "", INI},
		{"app.conf", "[a]\nb = c\n", INI},
		{"app.conf", "listen 80;\n", Conf},
		{"rabbitmq.config", "[{rabbit, []}].", Erlang},
		{"web.config", "<configuration></configuration>", XML},
		{"000-default.conf", "<VirtualHost *>\n</VirtualHost>\n", Conf},
		{".ftpconfig", `{"pass": "x"}`, JSON},
		{"values.yaml", "a=b\nc=d\ne=f\n", YAML},
		{"run", "#!/usr/bin/env bash\nset -e\n", Shell},
		{"run", "#!/usr/bin/python3\n", Python},
		{"settings", "# c\nA_B=1\nC=2\n\nD=3\n", Dotenv},
		{"settings", "a.b=1\nc=2\nd=3\n", Properties},
		{"settings", "a=1\nb=2\n", Unknown},
		{"settings", "a=1\nb=2\nc=3\nprose\nprose\nprose\n", Unknown},
		{"settings", "[a]\nb=1\n", INI},
		{"settings", "a:\n  b: c\n", YAML},
		{"notes.txt", "a=1\nb=2\nc=3\n", Properties},
		{"README.md", "a=1\nb=2\nc=3\n", Markdown},
		{"haproxy.cfg", "", Conf},
		{"lb.cfg", "userlist ops\n  user a insecure-password b\n", Conf},
		{"lb.cfg", "[a]\nb = c\n", INI},
		{"fluent.conf", "<match **>\n  password x\n</match>\n", Conf},
		{"logins.txt", "user:alice\npassword:x\n", Properties},
		{"hosts.txt", "http://a.example\nhttp://b.example\n", Unknown},
		{"app.xml.conf", "<a>\n  <b>c</b>\n</a>\n", XML},
		{"blob", "a=1\nb=2\nc=\x00\n", Unknown},
	} {
		if got := FormatOf(c.name, []byte(c.text)); got != c.want {
			t.Errorf("FormatOf(%q, %q) = %q, want %q", c.name, c.text, got, c.want)
		}
	}
}

func TestEmbedded(t *testing.T) {
	for _, c := range []struct {
		key, text string
		want      Format
	}{
		{"application.properties", "a=b", Properties},
		{".env", "A=b", Dotenv},
		{"init.sql", "SELECT 1;", SQL},
		{"run.sh", "true", Shell},
		{"nginx.conf", "server { listen 80; }", Conf},
		{"config.yaml", "a: b", YAML},
		{"config.json", "{}", JSON},
		{"config", "[db]\npassword = x\n", INI},
		{"config", "A=1\nB=2\nC=3\n", Dotenv},
		{"config", "a=1\nb=2\nc=3\n", Properties},
		{"config", "<settings><password>x</password></settings>", XML},
		{"config", `{"a": "b"}`, JSON},
		{"config", "a:\n  b: c\n", YAML},
		{"config", "CREATE USER a IDENTIFIED BY 'x';\nGRANT ALL ON b TO a;\n", SQL},
		{"script", "#!/bin/sh\nexport A=b\n", Shell},
		{"LOG_LEVEL", "debug", Unknown},
		{"OPTS", "a=b", Unknown},
		{"ca.pem", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n", Unknown},
	} {
		if got := Embedded(c.key, c.text); got != c.want {
			t.Errorf("Embedded(%q, %q) = %q, want %q", c.key, c.text, got, c.want)
		}
	}
}
