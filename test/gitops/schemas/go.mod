// Argo CD's custom resource definitions, as a module of their own: nothing that
// is built shall need all that Argo CD needs.
module github.com/bowline-dev/bowline/test/gitops/schemas

go 1.26.3

require github.com/argoproj/argo-cd/v3 v3.5.7

// Argo CD asks for its engine in a version that no module proxy has.
replace github.com/argoproj/argo-cd/gitops-engine => github.com/argoproj/argo-cd/gitops-engine v0.0.0-20260914071520-c9c369efcc5b
