package plugin_test

import (
	"encoding/json"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gbytes"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

var _ = Describe("kubectl bowline", func() {
	tell("rollout", "follows rollouts, and goes back and forth", func(s *story) {
		s.file("shop.yaml", shop)
		s.do("kubectl apply -f shop.yaml")
		s.showEnd("status", "kubectl bowline status shop --timeout 1m")
		s.settled(2)
		s.show("get", "kubectl bowline get shop")
		s.show("list", "kubectl bowline get")
		s.show("status-yaml", "kubectl bowline status shop --watch=false -o yaml")
		s.show("only-release", "kubectl bowline diff shop")

		s.show("scale", "kubectl bowline scale shop --replicas 3")
		s.show("scale-back", "kubectl bowline scale shop --replicas 2")
		s.do("kubectl bowline status shop --timeout 1m")

		s.show("restart", "kubectl bowline restart shop")
		s.showEnd("status-restarted", "kubectl bowline status shop --timeout 1m")

		s.file("shop.yaml", changed("registry.example/shop:1.1"))
		s.do("kubectl apply -f shop.yaml")
		s.showEnd("status-changed", "kubectl bowline status shop --timeout 1m")
		s.show("history", "kubectl bowline history shop")
		s.show("diff", "kubectl bowline diff shop")
		s.show("diff-numbers", "kubectl bowline diff shop 1 2")
		s.show("explain-healthy", "kubectl bowline explain shop")
		s.show("retry-refused", "kubectl bowline retry shop")

		s.show("rollback", "kubectl bowline rollback shop")
		s.showEnd("status-rolled-back", "kubectl bowline status shop --timeout 1m")
		s.settled(2)
		s.show("get-rolled-back", "kubectl bowline get shop")
		s.show("rollback-again", "kubectl bowline rollback shop --to 2")
		s.show("undo", "kubectl bowline rollback shop --undo")
		s.showEnd("status-undone", "kubectl bowline status shop --timeout 1m")
		s.show("undo-again", "kubectl bowline rollback shop --undo")

		By("a change that is held back")
		s.do("kubectl bowline pause shop")
		s.file("shop.yaml", changed("registry.example/shop:1.2"))
		s.do("kubectl apply -f shop.yaml && kubectl bowline pause shop")
		s.show("diff-spec", "kubectl bowline diff shop")
	})

	tell("failure", "explains a change that was taken back", func(s *story) {
		s.file("shop.yaml", shop)
		s.do("kubectl apply -f shop.yaml && kubectl bowline status shop --timeout 1m")
		s.file("shop.yaml", changed("registry.example/shop:1.1-oom"))
		s.do("kubectl apply -f shop.yaml")
		s.showEnd("status", "kubectl bowline status shop --timeout 1m")
		s.settled(2)
		s.show("get", "kubectl bowline get shop")
		s.show("explain", "kubectl bowline explain shop")
		s.show("diff", "kubectl bowline diff shop")
		s.show("history", "kubectl bowline history shop -o wide")
		s.show("wait", "kubectl bowline wait shop --for=rolled-back --timeout 1m")
		s.show("wait-release", "kubectl bowline wait shop --for=release=2 --timeout 1m")
		s.show("status-json", "kubectl bowline status shop --watch=false -o json")
		s.show("get-json", "kubectl bowline get shop -o json")
		s.show("explain-json", "kubectl bowline explain shop -o json")
		s.show("diff-json", "kubectl bowline diff shop -o json")
		s.show("history-json", "kubectl bowline history shop -o json")

		s.show("retry", "kubectl bowline retry shop")
		s.showEnd("status-retried", "kubectl bowline status shop --timeout 1m")

		s.file("shop.yaml", shop)
		s.do("kubectl apply -f shop.yaml")
		s.showEnd("status-reverted", "kubectl bowline status shop --timeout 1m")
		s.show("explain-later", "kubectl bowline explain shop")
	})

	tell("first", "shows the pods of a first Release that fails", func(s *story) {
		s.file("shop.yaml", strings.NewReplacer("shop:1.0", "shop:1.0-oom", "replicas: 2", "replicas: 1").Replace(shop))
		s.do("kubectl apply -f shop.yaml")
		s.showEnd("status", "kubectl bowline status shop --timeout 1m")
		s.show("get", "kubectl bowline get shop")
		s.show("explain", "kubectl bowline explain shop")
		s.show("rollback", "kubectl bowline rollback shop")
	})

	tell("waiting", "tells what an App waits for, and stops waiting in time", func(s *story) {
		s.file("shop.yaml", strings.Replace(shop, "    data:", "    from: [{name: shared-settings, as: Env}]\n    data:", 1))
		s.do("kubectl apply -f shop.yaml")
		s.Eventually(func() string { return s.run("kubectl bowline status shop --watch=false").out }).Should(ContainSubstring("InputsMissing"))
		s.showEnd("status", "kubectl bowline status shop --timeout 10s")
		s.show("status-now", "kubectl bowline status shop --watch=false")
		s.show("explain", "kubectl bowline explain shop")
		s.show("history", "kubectl bowline history shop")
		s.show("wait", "kubectl bowline wait shop --for=available --timeout 10s")
		s.do("kubectl create configmap shared-settings --from-literal=REGION=eu")
		s.show("wait-release", "kubectl bowline wait shop --for=release=1 --timeout 1m")
		s.show("wait-available", "kubectl bowline wait shop --for=available --timeout 1m")

		By("a pod that is not ready")
		s.file("shop.yaml", strings.Replace(changed("registry.example/shop:2-never-ready"), "    data:", "    from: [{name: shared-settings, as: Env}]\n    data:", 1))
		s.do("kubectl apply -f shop.yaml")
		s.Eventually(func() string { return s.do("kubectl bowline get shop") }).Should(And(ContainSubstring("NotReady"), ContainSubstring("1 up to date")))
		s.show("get-not-ready", "kubectl bowline get shop")

		By("a pause holds what goes out")
		s.show("pause", "kubectl bowline pause shop")
		s.showEnd("status-paused", "kubectl bowline status shop --timeout 1m")
		s.show("restart-paused", "kubectl bowline restart shop")
		s.show("pause-again", "kubectl bowline pause shop")
		s.show("resume", "kubectl bowline resume shop")
		By("at once, as resume says")
		s.Expect(s.run("kubectl bowline status shop --timeout 3s").code).To(Equal(2), "its pods are never ready, and it is not paused")
		s.show("resume-again", "kubectl bowline resume shop")
	})

	tell("pause", "pauses an App and lets it go on, and leaves its spec alone", func(s *story) {
		s.file("shop.yaml", "apiVersion: bowline.dev/v1alpha1\nkind: App\nmetadata: {name: shop}\nspec: {image: \"registry.example/shop:1.0\"}\n")
		s.do("kubectl apply -f shop.yaml")
		s.show("pause", "kubectl bowline pause shop")
		app := &v1alpha1.App{}
		key := types.NamespacedName{Namespace: s.namespace, Name: "shop"}
		s.Expect(api.Get(s.ctx, key, app)).To(Succeed())
		s.Expect(app.Annotations).To(HaveKeyWithValue(v1alpha1.AnnotationPaused, "true"))
		s.show("resume", "kubectl bowline resume shop")
		s.Expect(api.Get(s.ctx, key, app)).To(Succeed())
		s.Expect(app.Annotations).NotTo(HaveKey(v1alpha1.AnnotationPaused))
		s.Expect(app.Generation).To(Equal(int64(1)), "nobody has written its spec")

		By("one that its manifest pauses")
		s.file("shop.yaml", "apiVersion: bowline.dev/v1alpha1\nkind: App\nmetadata: {name: shop}\nspec: {image: \"registry.example/shop:1.0\", rollout: {state: Paused}}\n")
		s.do("kubectl apply -f shop.yaml")
		s.show("pause-manifest", "kubectl bowline pause shop")
		s.show("resume-manifest", "kubectl bowline resume shop")
	})

	tell("secrets", "shows which keys of a Secret changed, and no value", func(s *story) {
		s.file("shop.yaml", used)
		s.do("kubectl apply -f shop.yaml && kubectl bowline status shop --timeout 1m")
		s.file("shop.yaml", strings.NewReplacer("coupons: false", "coupons: true", "very-secret-one", "very-secret-three", "WEBHOOK_KEY", "HOOK_KEY").Replace(used))
		By("both change in one Release")
		s.do("kubectl bowline pause shop && kubectl apply -f shop.yaml --selector change && kubectl bowline resume shop")
		s.do("kubectl bowline wait shop --for=release=2 --timeout 1m")
		for _, line := range []string{"kubectl bowline diff shop", "kubectl bowline diff shop -o json"} {
			newest := s.run(line)
			s.Expect(newest.code).To(Equal(0))
			for _, value := range []string{"very-secret", "dmVyeS1zZWNyZXQ"} {
				s.Expect(newest.out).NotTo(ContainSubstring(value), line)
			}
		}
		s.show("diff", "kubectl bowline diff shop")
		s.do("kubectl create role reader --verb=get,list --resource=apps.bowline.dev,releases.bowline.dev,configmaps && kubectl create rolebinding reader --role reader --user reader")
		s.show("few-rights", "kubectl bowline diff shop --as reader")
		s.show("few-rights-get", "kubectl bowline get shop --as reader")
	})

	tell("autoscale", "leaves the size to the autoscaler", func(s *story) {
		s.file("shop.yaml", strings.Replace(shop, "replicas: 2", "autoscale: {min: 2, max: 5}", 1))
		s.do("kubectl apply -f shop.yaml && kubectl bowline status shop --timeout 1m")
		s.show("scale", "kubectl bowline scale shop --replicas 3")
		s.show("get", "kubectl bowline get shop")
	})

	tell("adopt", "writes an App that runs what a Deployment runs", func(s *story) {
		s.file("web.yaml", deployment)
		s.do("kubectl apply -f web.yaml")
		s.do("kubectl autoscale deployment web --min 2 --max 6 --cpu=70%")
		s.show("init", "kubectl bowline init shop --from-deployment web 2>&1 | tee shop.yaml")
		s.show("lint", "kubectl bowline lint -f shop.yaml")
		s.do("kubectl create configmap web-settings --from-literal=A=1")
		s.do("kubectl create configmap web-templates --from-literal=mail.txt=Hello")
		s.do("kubectl apply -f shop.yaml")
		s.do("kubectl bowline wait shop --for=available --timeout 1m")
		s.show("other-container", "kubectl bowline init --from-deployment web --container sidecar")
		s.show("no-deployment", "kubectl bowline init --from-deployment nothing")
	})

	tell("takeover", "writes an App that takes a Deployment over, and no pod is restarted", func(s *story) {
		pods := s.theirPods()
		s.show("init", "kubectl bowline init --from-deployment shop | tee shop.yaml")
		s.show("lint", "kubectl bowline lint -f shop.yaml")
		s.do("kubectl apply -f shop.yaml")
		s.showEnd("status", "kubectl bowline status shop --timeout 1m")
		s.Expect(s.podUIDs()).To(ConsistOf(pods))
		s.show("history", "kubectl bowline history shop")
	})

	tell("allowed", "waits for a takeover that was allowed a moment ago", func(s *story) {
		pods := s.theirPods()
		s.do("kubectl bowline init --from-deployment shop | grep -v -e annotations: -e bowline.dev/adopt: | kubectl apply -f -")
		s.showEnd("status-before", "kubectl bowline status shop --timeout 1m")
		s.do("kubectl annotate app shop bowline.dev/adopt=true")
		s.showEnd("status", "kubectl bowline status shop --timeout 1m")
		s.Expect(s.podUIDs()).To(ConsistOf(pods))
	})

	tell("offline", "checks and renders manifests", func(s *story) {
		s.file("shop.yaml", shop)
		s.show("lint", "kubectl bowline lint -f shop.yaml")
		s.file("wrong.yaml", "apiVersion: bowline.dev/v1alpha1\nkind: App\nmetadata:\n  name: shop\nspec:\n  image: https://registry.example/shop:1.0\n  replica: 3\n---\napiVersion: bowline.dev/v1alpha1\nkind: App\nmetadata:\n  name: web\nspec:\n  image: https://registry.example/web:1.0\n  replicas: 3\n  autoscale: {min: 5, max: 2}\n---\napiVersion: bowline.dev/v1alpha1\nkind: App\nmetadata:\n  name: cron\nspec:\n  image: registry.example/cron:1.0\n  podTemplate:\n    spec:\n      containers:\n        - name: app\n          image: registry.example/other:1.0\n")
		s.show("lint-wrong", "kubectl bowline lint -f wrong.yaml")
		s.show("lint-json", "kubectl bowline lint -f wrong.yaml -o json")
		s.show("render", "kubectl bowline render -f shop.yaml")
		s.show("render-wrong", "kubectl bowline render -f wrong.yaml")
		s.show("init", "kubectl bowline init shop --image registry.example/shop:1.0 --port 8080 --replicas 2 | tee new.yaml")
		s.show("init-lint", "kubectl bowline lint -f - < new.yaml")
		s.show("init-wrong", "kubectl bowline init Shop --image registry.example/shop:1.0")
		s.file("none.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n")
		s.show("lint-none", "kubectl bowline lint -f none.yaml")
		s.file("broken.yaml", "apiVersion: bowline.dev/v1alpha1\nkind: App\nmetadata:\n  name: shop\n  name: web\n")
		s.show("lint-broken", "kubectl bowline lint -f broken.yaml")
	})

	tell("rendered", "renders what the operator makes", func(s *story) {
		s.file("shop.yaml", strings.Replace(shop, "    data:", "    from: [{name: shared-settings, as: Env}]\n    data:", 1)+"---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: shared-settings}\ndata: {REGION: eu}\n")
		s.do("kubectl apply -f shop.yaml && kubectl bowline status shop --timeout 1m")
		var rendered struct{ Items []map[string]any }
		s.Expect(json.Unmarshal([]byte(s.do("kubectl bowline render -f shop.yaml -o json")), &rendered)).To(Succeed())
		app := &v1alpha1.App{}
		s.Expect(api.Get(s.ctx, client.ObjectKey{Namespace: s.namespace, Name: "shop"}, app)).To(Succeed())
		var seen []string
		for _, want := range rendered.Items {
			kind, name := want["kind"].(string), want["metadata"].(map[string]any)["name"].(string)
			seen = append(seen, kind+" "+name)
			var live map[string]any
			s.Expect(json.Unmarshal([]byte(s.do("kubectl get "+kind+" "+name+" -o json")), &live)).To(Succeed())
			data, err := json.Marshal(want)
			s.Expect(err).NotTo(HaveOccurred())
			s.Expect(json.Unmarshal([]byte(strings.ReplaceAll(string(data), "UID-OF-THE-APP", string(app.UID))), &want)).To(Succeed())
			delete(want, "stringData") // the API server keeps it as data
			s.Expect(lacking(want, live, kind+" "+name)).To(BeEmpty())
		}
		s.Expect(seen).To(ContainElements("Deployment shop", "Service shop", "PodDisruptionBudget shop", "Release shop-1"))
		s.Expect(seen).To(HaveLen(7), "%v", seen)
	})

	tell("errors", "says what is wrong and what to do", func(s *story) {
		s.show("no-app", "kubectl bowline get nothing")
		s.show("no-name", "kubectl bowline status")
		s.show("two-names", "kubectl bowline explain one 2 3")
		s.show("no-flag", "kubectl bowline get --shiny")
		s.show("no-format", "kubectl bowline get shop -o table")
		s.show("no-command", "kubectl bowline gte shop")
		s.show("no-apps", "kubectl bowline get")
		s.show("no-replicas", "kubectl bowline scale shop")
		s.show("no-file", "kubectl bowline lint")
		s.show("no-such-file", "kubectl bowline render -f nothing.yaml")
		s.show("no-test", "kubectl bowline wait shop --for=happy")
		s.show("no-rights", "kubectl bowline get shop --as nobody")
		s.show("no-cluster", "kubectl bowline get shop --context nothing")
		s.show("help", "kubectl bowline --help | head -12")
	})

	tell("completion", "completes Apps and Releases, through kubectl too", func(s *story) {
		s.file("shop.yaml", shop)
		s.do("kubectl apply -f shop.yaml && kubectl bowline status shop --timeout 1m")
		s.show("apps", "kubectl __complete bowline get s 2>/dev/null")
		s.show("releases", "kubectl __complete bowline rollback shop --to '' 2>/dev/null")
		s.show("second", "kubectl __complete bowline diff shop 1 '' 2>/dev/null")
		s.show("formats", "kubectl __complete bowline get shop -o '' 2>/dev/null")
		s.show("tests", "kubectl __complete bowline wait shop --for '' 2>/dev/null")
		s.show("namespaces", "kubectl __complete bowline get -n complet 2>/dev/null")
		s.Expect(s.do("kubectl bowline completion bash")).To(ContainSubstring("__start_kubectl-bowline"))
	})

	tell("watch", "follows a rollout without a terminal", func(s *story) {
		s.file("shop.yaml", shop)
		s.do("kubectl apply -f shop.yaml && kubectl bowline status shop --timeout 1m")
		s.file("shop.yaml", changed("registry.example/shop:1.1"))
		frames := s.follow("kubectl bowline get shop --watch")
		s.Eventually(frames).Should(gbytes.Say("shop-1"))
		s.do("kubectl apply -f shop.yaml && kubectl bowline status shop --timeout 1m")
		s.Eventually(func() string { return lastFrame(frames) }).Should(And(ContainSubstring("Status:     ✔ Healthy"), ContainSubstring("shop-2 desired, shop-2 running")))
		s.Expect(string(frames.Contents())).NotTo(ContainSubstring("\x1b"), "there is no terminal")
		s.Expect(strings.Count(string(frames.Contents()), "---\n")).To(BeNumerically(">", 2), "steps that were seen")
	})
})

// theirPods starts a Deployment that is no App's, and returns the UIDs of its pods.
func (s *story) theirPods() []string {
	s.file("running.yaml", running)
	s.do("kubectl apply -f running.yaml && kubectl rollout status deployment/shop --timeout 1m")
	pods := s.podUIDs()
	s.Expect(pods).To(HaveLen(2))
	return pods
}

func (s *story) podUIDs() []string {
	return strings.Fields(s.do("kubectl get pods -l tier=front -o jsonpath='{.items[*].metadata.uid}'"))
}

// lacking are the fields that one object has and another has not, or otherwise.
func lacking(want, live any, path string) []string {
	switch w := want.(type) {
	case map[string]any:
		l, ok := live.(map[string]any)
		if !ok {
			return []string{path}
		}
		var out []string
		for key, value := range w {
			out = append(out, lacking(value, l[key], path+"."+key)...)
		}
		return out
	case []any:
		l, ok := live.([]any)
		if !ok || len(l) != len(w) {
			return []string{path}
		}
		var out []string
		for i := range w {
			out = append(out, lacking(w[i], l[i], path+"[]")...)
		}
		return out
	}
	if want != live {
		return []string{path}
	}
	return nil
}
