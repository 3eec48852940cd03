package main

import (
	"fmt"

	"github.com/bowline-dev/bowline/test/e2e/images"
)

// shop is the App to apply.
func shop(app images.App) string {
	return fmt.Sprintf(`apiVersion: bowline.dev/v1alpha1
kind: App
metadata:
  name: shop
spec:
  image: %s   # there is %s too, and none with the tag typo
  replicas: 3
  ports: [{name: http, port: 8080}]
  config:
    data: {GREETING: hello}
  health:
    readiness: {httpGet: {path: /healthz, port: http}, periodSeconds: 1}
`, app.One, app.Two)
}

// next tells what to do now.
func next(manifest string) string {
	return fmt.Sprintf(`  kubectl apply -f %s
  kubectl wait --for=condition=Available app/shop
  curl "http://$(kubectl get service shop --output=jsonpath={.spec.clusterIP}):8080/env?name=GREETING"

and "make cluster-down" ends it.
`, manifest)
}
