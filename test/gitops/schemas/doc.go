// Package schemas pins the version of Argo CD whose definition of Application
// config/gitops/argocd is held against. The module is read, and not built.
package schemas

import _ "github.com/argoproj/argo-cd/v3/resource_customizations" // a small package beside the definitions
