package settings

// read reads a part of the text in a format.
func (r *reader) read(f Format, from, to int) {
	switch f {
	case Dotenv:
		r.dotenv(from, to)
	case Properties:
		r.properties(from, to)
	case INI:
		r.ini(from, to)
	case Conf:
		r.conf(from, to)
	case Systemd:
		r.systemd(from, to)
	case Shell:
		r.shell(from, to)
	case Batch:
		r.batch(from, to)
	case Dockerfile:
		r.dockerfile(from, to)
	case Makefile:
		r.makefile(from, to)
	case XML:
		r.xml(from, to)
	case SQL:
		r.sql(from, to)
	case CSV:
		r.csv(from, to)
	case Markdown:
		r.markdown(from, to)
	case LDIF:
		r.ldif(from, to)
	case Netrc:
		r.netrc(from, to)
	case PgPass:
		r.pgpass(from, to)
	case GitCredentials:
		r.gitCredentials(from, to)
	case Htpasswd:
		r.accounts("htpasswd", from, to)
	case Shadow:
		r.accounts("shadow", from, to)
	case Relay:
		r.relay(from, to)
	case PPP:
		r.ppp(from, to)
	case IPsec:
		r.ipsec(from, to)
	case Davfs:
		r.davfs(from, to)
	case Fstab:
		r.fstab(from, to)
	case Radius:
		r.radius(from, to)
	case Router:
		r.router(from, to)
	case Vault:
		r.vaultKeys(from, to)
	default:
		if d, ok := dialects[f]; ok {
			r.code(d, from, to)
		}
	}
}
