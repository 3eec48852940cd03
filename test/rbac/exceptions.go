package main

// unused are rights that no request shows, with the reason.
var unused = map[action]string{
	{"bowline.dev", "apps/finalizers", "update"}: "asked for by the admission plugin OwnerReferencesPermissionEnforcement, which some clusters have, of whoever makes an object that blocks its App's deletion",
}

// refusedOnPurpose are kinds of other people's, by their group: specs take away
// or never give the rights on them, which no role of ours gives.
var refusedOnPurpose = map[string]string{
	"db.example.com":   "test/integration/servicebinding/rights_test.go and test/integration/operator/bindings_test.go: services",
	"work.example.com": "test/integration/servicebinding/rights_test.go: workloads",
}
