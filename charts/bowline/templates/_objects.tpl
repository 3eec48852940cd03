{{- define "bowline.labels" -}}
app.kubernetes.io/name: bowline
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "bowline.selector" -}}
app.kubernetes.io/name: bowline
app.kubernetes.io/component: controller-manager
{{- end }}

{{- define "bowline.prefixed" -}}
{{- if hasPrefix "bowline-" . }}{{ . }}{{ else }}bowline-{{ . }}{{ end -}}
{{- end }}

{{- /* The objects of a file of config/rbac or config/servicebinding, in the
release's namespace: what kustomize does to them. An argument is the root, the
file, and a kind and namespace to make of ClusterRoles. */ -}}
{{- define "bowline.objects" -}}
{{- $root := .root }}
{{- $role := .role }}
{{- $namespace := .namespace }}
{{- range $text := regexSplit "(?m)^---$" ($root.Files.Get .file) -1 }}
{{- $object := fromYaml $text }}
{{- if $object }}
{{- $metadata := $object.metadata }}
{{- if $role }}
{{- $_ := set $object "kind" $role }}
{{- $_ := set $metadata "namespace" $namespace }}
{{- else if hasKey $metadata "namespace" }}
{{- $_ := set $metadata "namespace" $root.Release.Namespace }}
{{- end }}
{{- $_ := set $metadata "name" (include "bowline.prefixed" $metadata.name) }}
{{- $_ := set $metadata "labels" (merge (include "bowline.labels" $root | fromYaml) (default dict $metadata.labels)) }}
{{- with $object.roleRef }}
{{- $_ := set . "name" (include "bowline.prefixed" .name) }}
{{- end }}
{{- range $object.subjects }}
{{- $_ := set . "name" (include "bowline.prefixed" .name) }}
{{- $_ := set . "namespace" $root.Release.Namespace }}
{{- end }}
---
{{ toYaml $object }}
{{- end }}
{{- end }}
{{- end }}
