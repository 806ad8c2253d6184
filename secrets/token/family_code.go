package token

// codeFamilies are the tokens of code hosting, package registries and builds.
func codeFamilies() []Family {
	return []Family{
		{ID: "github-pat", Title: "GitHub personal access token", forms: []string{"ghp_[A-Za-z0-9]{36}"}, prove: base62Proof},
		{ID: "github-oauth", Title: "GitHub OAuth access token", forms: []string{"gho_[A-Za-z0-9]{36}"}, prove: base62Proof},
		{ID: "github-user-token", Title: "GitHub App user token", forms: []string{"ghu_[A-Za-z0-9]{36}"}, prove: base62Proof},
		{ID: "github-installation-token", Title: "GitHub App installation token", forms: []string{"ghs_[A-Za-z0-9]{36}"}, prove: base62Proof},
		{ID: "github-installation-jwt", Title: "stateless GitHub App installation token", forms: []string{"ghs_[0-9]{1,12}_eyJ[A-Za-z0-9_-]{10,2000}.[A-Za-z0-9_-]{10,4000}.[A-Za-z0-9_-]{10,1000}"}, prove: structured, plain: true},
		{ID: "github-refresh-token", Title: "GitHub refresh token", forms: []string{"ghr_[A-Za-z0-9]{36}", "ghr_[A-Za-z0-9]{76}"}, prove: base62Proof},
		{ID: "github-fine-grained-pat", Title: "fine-grained GitHub personal access token", forms: []string{"github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}", "github_pat_[A-Za-z0-9_]{82}"}, prove: fineGrainedProof},

		{ID: "gitlab-pat", Title: "GitLab personal access token", forms: gitlab("glpat-"), prove: routableProof},
		{ID: "gitlab-deploy-token", Title: "GitLab deploy token", forms: gitlab("gldt-"), prove: routableProof},
		{ID: "gitlab-runner-token", Title: "GitLab runner authentication token", forms: append(gitlab("glrt-"), "glrt-t[0-9]_[A-Za-z0-9_-]{20}"), prove: routableProof},
		{ID: "gitlab-runner-registration-token", Title: "GitLab runner registration token", forms: []string{"GR1348941[A-Za-z0-9_-]{20}"}},
		{ID: "gitlab-job-token", Title: "GitLab CI job token", forms: append(gitlab("glcbt-"), "glcbt-[A-Za-z0-9]{1,5}_[A-Za-z0-9_-]{20}"), prove: routableProof},
		{ID: "gitlab-trigger-token", Title: "GitLab pipeline trigger token", forms: append(gitlab("glptt-"), "glptt-[0-9a-f]{40}"), prove: routableProof},
		{ID: "gitlab-feed-token", Title: "GitLab feed token", forms: append(gitlab("glft-"), "glft-[0-9a-f]{64}-[0-9]{1,10}"), prove: routableProof},
		{ID: "gitlab-incoming-mail-token", Title: "GitLab incoming mail token", forms: append(gitlab("glimt-"), "glimt-[A-Za-z0-9_-]{25}"), prove: routableProof},
		{ID: "gitlab-agent-token", Title: "GitLab agent token for Kubernetes", forms: append(gitlab("glagent-"), "glagent-[A-Za-z0-9_-]{50}"), prove: routableProof},
		{ID: "gitlab-oauth-secret", Title: "GitLab OAuth application secret", forms: append(gitlab("gloas-"), "gloas-[A-Za-z0-9_-]{64}"), prove: routableProof},
		{ID: "gitlab-scim-token", Title: "GitLab SCIM token", forms: gitlab("glsoat-"), prove: routableProof},
		{ID: "gitlab-feature-flag-token", Title: "GitLab feature flag client token", forms: gitlab("glffct-"), prove: routableProof},
		{ID: "gitlab-workspace-token", Title: "GitLab workspace token", forms: gitlab("glwt-"), prove: routableProof},
		{ID: "gitlab-session", Title: "GitLab session cookie", forms: []string{"_gitlab_session=[0-9a-f]{32}"}},

		{ID: "bitbucket-app-password", Title: "Bitbucket app password", forms: []string{"ATBB[A-Za-z0-9]{32}"}, prove: hexSumProof},
		{ID: "bitbucket-access-token", Title: "Bitbucket access token", forms: []string{"ATCTT3[A-Za-z0-9_=-]{100,300}"}, prove: hexSumProof},
		{ID: "bitbucket-data-center-token", Title: "Bitbucket Data Center token", forms: []string{"BBDC-[A-Za-z0-9+/]{40,50}"}, prove: atlassianProof},
		{ID: "atlassian-api-token", Title: "Atlassian API token", forms: []string{"ATATT3[A-Za-z0-9_=-]{100,300}"}, prove: hexSumProof},
		{ID: "sourcegraph-token", Title: "Sourcegraph access token", forms: []string{"sgp_[A-Fa-f0-9]{16}_[A-Fa-f0-9]{40}", "sgp_local_[A-Fa-f0-9]{40}", "sgp_[A-Fa-f0-9]{40}"}},

		{ID: "npm-token", Title: "npm access token", forms: []string{"npm_[A-Za-z0-9]{36}"}, prove: base62Proof},
		{ID: "npm-registry-token", Title: "token of a registry for npm", forms: []string{"_authToken=[A-Za-z0-9_.+/=-]{16,300}"}, inContext: true},
		{ID: "npm-registry-auth", Title: "password of a registry for npm", forms: []string{"_auth=[A-Za-z0-9+/]{11,300}[=]{0,2}"}, prove: holding("_auth=", ":"), inContext: true},
		{ID: "pypi-token", Title: "PyPI upload token", forms: []string{"pypi-AgE[A-Za-z0-9_-]{50,1000}"}, prove: structured, plain: true},
		{ID: "rubygems-key", Title: "RubyGems API key", forms: []string{"rubygems_[0-9a-f]{48}"}},
		{ID: "crates-token", Title: "crates.io token", forms: []string{"cio[A-Za-z0-9]{32}"}, prove: mixed},
		{ID: "nuget-key", Title: "NuGet API key", forms: []string{"oy2[a-z0-9]{43}"}, prove: withDigits},
		{ID: "clojars-token", Title: "Clojars deploy token", forms: []string{"CLOJARS_[a-z0-9]{60}"}},
		{ID: "packagist-token", Title: "Packagist token", forms: []string{"packagist_[a-z]{3}_[0-9a-f]{68}"}},
		{ID: "docker-hub-pat", Title: "Docker Hub personal access token", forms: []string{"dckr_pat_[A-Za-z0-9_-]{27}"}},
		{ID: "docker-hub-oat", Title: "Docker Hub organization access token", forms: []string{"dckr_oat_[A-Za-z0-9_-]{32}"}},
		{ID: "docker-swarm-token", Title: "Docker Swarm join token", forms: []string{"SWMTKN-1-[0-9a-z]{50}-[0-9a-z]{25}"}, prove: structured},
		{ID: "docker-swarm-key", Title: "Docker Swarm unlock key", forms: []string{"SWMKEY-1-[A-Za-z0-9+/]{43}"}},
		{ID: "artifactory-api-key", Title: "Artifactory API key", forms: []string{"AKCp[A-Za-z0-9]{69}"}},
		{ID: "artifactory-reference-token", Title: "Artifactory reference token", forms: []string{"cmVmdGtu[A-Za-z0-9+/]{56}"}, prove: holding("", "reftkn:"), plain: true},

		{ID: "buildkite-token", Title: "Buildkite API token", forms: []string{"bkua_[a-z0-9]{40}"}},
		{ID: "buildkite-agent-token", Title: "Buildkite agent token", forms: []string{"bkct_[A-Za-z0-9_-]{40,200}", "bkaj_[A-Za-z0-9_.-]{40,1000}"}},
		{ID: "circleci-token", Title: "CircleCI personal API token", forms: []string{"CCIPAT_[A-Za-z0-9]{22}_[0-9a-f]{40}"}, prove: structured},
		{ID: "circleci-project-token", Title: "CircleCI project API token", forms: []string{"CCIPRJ_[A-Za-z0-9]{22}_[0-9a-f]{40}"}, prove: structured},
		{ID: "harness-token", Title: "Harness API key", forms: []string{"pat.[A-Za-z0-9_-]{22}.[A-Za-z0-9]{24}.[A-Za-z0-9]{20}", "sat.[A-Za-z0-9_-]{22}.[A-Za-z0-9]{24}.[A-Za-z0-9]{20}"}, prove: structured},
		{ID: "octopus-key", Title: "Octopus Deploy API key", forms: []string{"API-[A-Z0-9]{26}"}, prove: withDigits},
		{ID: "sonar-user-token", Title: "SonarQube user token", forms: []string{"squ_[0-9a-f]{40}"}},
		{ID: "sonar-project-token", Title: "SonarQube project token", forms: []string{"sqp_[0-9a-f]{40}"}},
		{ID: "sonar-analysis-token", Title: "SonarQube analysis token", forms: []string{"sqa_[0-9a-f]{40}"}},
		{ID: "snyk-token", Title: "Snyk personal access token", forms: []string{"snyk_uat.[0-9a-f]{8}.[A-Za-z0-9_-]{40,300}", "snyk_sat.[0-9a-f]{8}.[A-Za-z0-9_-]{40,300}"}},
		{ID: "infracost-key", Title: "Infracost API key", forms: []string{"ico-[A-Za-z0-9]{32}"}, prove: mixed},
		{ID: "jetbrains-token", Title: "JetBrains Hub permanent token", forms: []string{"perm:[A-Za-z0-9+/]{4,60}[=]{0,2}.[A-Za-z0-9+/]{4,80}[=]{0,2}.[A-Za-z0-9]{30}", "perm-[A-Za-z0-9+/]{4,60}[=]{0,2}.[A-Za-z0-9+/]{4,80}[=]{0,2}.[A-Za-z0-9]{30}"}, prove: structured},
	}
}

// gitlab returns the classic form of a GitLab token and the two that hold where it
// is to be routed. https://docs.gitlab.com/security/tokens/
func gitlab(prefix string) []string {
	return []string{
		prefix + "[A-Za-z0-9_-]{20}",
		prefix + "[A-Za-z0-9_-]{27,300}.[0-9a-z]{9}",
		prefix + "[A-Za-z0-9_-]{27,300}.01.[0-9a-z]{9}",
	}
}
