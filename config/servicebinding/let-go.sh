#!/usr/bin/env bash
# Takes Bowline's finalizer from every ServiceBinding, for when the operator is
# gone: it would keep them, and their namespaces, from ever being deleted. The
# workloads stay bound, and an operator that comes back takes the ServiceBindings
# up again.
set -euo pipefail
[[ -n $(kubectl get customresourcedefinition servicebindings.servicebinding.io --ignore-not-found --output=name) ]] || exit 0
kubectl get servicebindings.servicebinding.io --all-namespaces --output=go-template='
{{- range .items}}{{$metadata := .metadata}}{{range $i, $name := .metadata.finalizers}}{{if eq $name "bowline.dev/unbind"}}
{{- $metadata.namespace}} {{$metadata.name}} {{$i}}{{"\n"}}{{end}}{{end}}{{end}}' |
	while read -r namespace name i; do
		kubectl patch servicebindings.servicebinding.io --namespace="$namespace" "$name" --type=json --patch="[
			{\"op\": \"test\", \"path\": \"/metadata/finalizers/$i\", \"value\": \"bowline.dev/unbind\"},
			{\"op\": \"remove\", \"path\": \"/metadata/finalizers/$i\"}]"
	done
