// Runs what is written for Argo CD in Lua, as a module of its own so that the
// language stays out of the operator's requirements.
module github.com/bowline-dev/bowline/test/gitops/lua

go 1.26.0

require (
	github.com/google/go-cmp v0.7.0
	github.com/yuin/gopher-lua v1.1.2
	sigs.k8s.io/yaml v1.6.0
)

require go.yaml.in/yaml/v2 v2.4.2 // indirect
