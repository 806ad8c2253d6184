package gatehouse.lib.selectors_test

import data.gatehouse.lib.selectors

labels := {"app": "web", "tier": "front"}

test_selects if {
	every selector in [
		{},
		{"matchLabels": {"app": "web"}},
		{"matchLabels": {"app": "web", "tier": "front"}},
		{"matchExpressions": [{"key": "app", "operator": "In", "values": ["api", "web"]}]},
		{"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["api"]}]},
		{"matchExpressions": [{"key": "other", "operator": "NotIn", "values": ["api"]}]},
		{"matchExpressions": [{"key": "app", "operator": "Exists"}]},
		{"matchExpressions": [{"key": "other", "operator": "DoesNotExist"}]},
	] {
		selectors.selects(selector, labels)
	}
}

test_does_not_select if {
	every selector in [
		{"matchLabels": {"app": "api"}},
		{"matchLabels": {"app": "web", "other": "x"}},
		{"matchLabels": {"app": "web"}, "matchExpressions": [{"key": "tier", "operator": "DoesNotExist"}]},
		{"matchExpressions": [{"key": "app", "operator": "In", "values": ["api"]}]},
		{"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["web"]}]},
		{"matchExpressions": [{"key": "other", "operator": "Exists"}]},
	] {
		not selectors.selects(selector, labels)
	}
}
