package checks

// EnvironmentNames are the names by which the field calls its environments, as
// folders, overlays and repositories, from the first to the last in a usual
// promotion.
func EnvironmentNames() []string {
	return []string{
		"dev", "development", "int", "integration", "qa", "rec", "test", "uat", "stage", "staging", "pre", "preprod", "preproduction",
		"prod", "production", "live",
	}
}
