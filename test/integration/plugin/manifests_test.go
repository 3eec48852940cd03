package plugin_test

import "strings"

// shop is the App of most stories: two pods, one at a time is replaced.
const shop = `apiVersion: bowline.dev/v1alpha1
kind: App
metadata:
  name: shop
spec:
  image: registry.example/shop:1.0
  replicas: 2
  ports: [{name: http, port: 8080}]
  config:
    data: {LOG_LEVEL: info}
    files:
      - path: /etc/shop/app.yaml
        content: |
          greeting: hello
          retries: 3
          currency: EUR
  rollout: {bakeSeconds: 1, maxRestarts: 0, maxSurge: 1, maxUnavailable: 0}
`

// changed is shop with another image, and another configuration.
func changed(image string) string {
	return strings.NewReplacer("registry.example/shop:1.0", image, "LOG_LEVEL: info", "LOG_LEVEL: debug", "retries: 3", "retries: 5").Replace(shop)
}

// used is an App that uses a ConfigMap and a Secret, with both.
const used = `apiVersion: v1
kind: ConfigMap
metadata: {name: shared-settings, labels: {change: "1"}}
data:
  REGION: eu
  features.yaml: |
    search: true
    coupons: false
---
apiVersion: v1
kind: Secret
metadata: {name: stripe, labels: {change: "1"}}
stringData: {API_KEY: very-secret-one, WEBHOOK_KEY: very-secret-two}
---
apiVersion: bowline.dev/v1alpha1
kind: App
metadata: {name: shop}
spec:
  image: registry.example/shop:1.0
  config:
    from: [{name: shared-settings, as: Files, mountPath: /etc/shared}]
  secrets: [{name: stripe, as: Env}]
  rollout: {bakeSeconds: 0}
`

// deployment is one with most of what an App has no field of its own for.
const deployment = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  minReadySeconds: 5
  strategy: {rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}
  template:
    metadata:
      labels: {app: web, team: storefront}
      annotations: {prometheus.io/scrape: "true"}
    spec:
      imagePullSecrets: [{name: regcred}]
      affinity:
        podAntiAffinity:
          preferredDuringSchedulingIgnoredDuringExecution:
            - weight: 1
              podAffinityTerm: {topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {app: web}}}
      initContainers:
        - {name: migrate, image: "registry.example/migrate:1", command: [migrate, --up]}
      containers:
        - name: proxy
          image: registry.example/proxy:2.1
        - name: web
          image: registry.example/web:3.2
          args: [--listen=:8080]
          workingDir: /srv
          env:
            - {name: REGION, value: eu}
            - {name: POD_IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}
          envFrom:
            - configMapRef: {name: web-settings}
            - prefix: DB_
              secretRef: {name: web-db, optional: true}
          ports: [{containerPort: 8080}, {containerPort: 9090, name: metrics}]
          readinessProbe: {httpGet: {path: /healthz, port: 8080}}
          resources: {requests: {cpu: 100m, memory: 64Mi}}
          lifecycle: {preStop: {sleep: {seconds: 5}}}
          volumeMounts:
            - {name: templates, mountPath: /etc/templates}
            - {name: cache, mountPath: /cache}
      volumes:
        - {name: templates, configMap: {name: web-templates}}
        - {name: cache, emptyDir: {}}
`

// running is a Deployment as others write it, with what an App takes over.
const running = `apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {REGION: eu}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop, labels: {tier: front}}
spec:
  replicas: 2
  selector: {matchLabels: {tier: front}}
  template:
    metadata: {labels: {tier: front}}
    spec:
      containers:
        - name: web
          image: registry.example/shop:1.0
          ports: [{containerPort: 9090}, {containerPort: 8080, name: http}]
          env: [{name: COLOR, value: blue}]
          envFrom: [{configMapRef: {name: settings}}]
          readinessProbe: {httpGet: {path: /healthz, port: http}}
          volumeMounts:
            - {name: templates, mountPath: /etc/templates}
            - {name: cache, mountPath: /cache}
      volumes:
        - {name: templates, configMap: {name: settings}}
        - {name: cache, emptyDir: {}}
---
apiVersion: v1
kind: Service
metadata: {name: shop}
spec:
  selector: {tier: front}
  ports: [{name: http, port: 8080}]
`
