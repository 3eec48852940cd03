// Command bowline is the operator that runs Apps.
package main

import (
	"context"
	"crypto/tls"
	"flag"
	"fmt"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/utils/clock"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
	"sigs.k8s.io/controller-runtime/pkg/metrics"
	"sigs.k8s.io/controller-runtime/pkg/metrics/filters"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	servicebindingv1 "github.com/bowline-dev/bowline/api/servicebinding/v1"
	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/controllers"
	"github.com/bowline-dev/bowline/internal/fence"
	"github.com/bowline-dev/bowline/internal/registry"
	"github.com/bowline-dev/bowline/internal/tracing"
)

// version is what this operator is, set when it is built for a release.
var version = "dev"

// options are the command's flags.
type options struct {
	version        bool
	metricsAddress string
	metricsSecure  bool
	probeAddress   string
	leaderElect    bool
	leaseNamespace string
	namespaces     string
	watched        []string // what namespaces names
	bindings       bool
	webhook        controllers.Webhook
	webhookService string
	workers        int
	sharedRollouts int
	qps            float64
	burst          int
	registryCAs    string
	logging        zap.Options
}

func main() {
	var o options
	o.bind(flag.CommandLine)
	flag.Parse()
	if o.version {
		fmt.Println("bowline", version)
		return
	}
	tuneMemory()
	if err := o.validate(); err != nil {
		fmt.Fprintln(os.Stderr, "bowline:", err)
		os.Exit(1)
	}
	ctrl.SetLogger(zap.New(zap.UseFlagOptions(&o.logging)))
	if err := run(o); err != nil {
		fmt.Fprintln(os.Stderr, "bowline:", err)
		os.Exit(1)
	}
}

// tuneMemory trades processor time for memory: what the operator keeps is small
// beside what it allocates in passing. GOGC still has the last word.
func tuneMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
}

// gcPercent is how much garbage may lie about, in percent of what is in use.
const gcPercent = 50

func (o *options) bind(flags *flag.FlagSet) {
	flags.BoolVar(&o.version, "version", false, "print the version, and end")
	flags.StringVar(&o.metricsAddress, "metrics-bind-address", "0", "address that serves metrics, such as :8443; 0 serves none")
	flags.BoolVar(&o.metricsSecure, "metrics-secure", true, "serve metrics over TLS to clients that are authenticated and authorized")
	flags.StringVar(&o.probeAddress, "health-probe-bind-address", ":8081", "address that serves /healthz and /readyz; 0 serves none")
	flags.BoolVar(&o.leaderElect, "leader-elect", false, "let only one of several operators act")
	flags.StringVar(&o.leaseNamespace, "leader-election-namespace", "", "namespace of the lease by which one of several operators is chosen; not needed in a cluster, where it is the operator's own")
	flags.StringVar(&o.namespaces, "namespaces", "", "namespaces whose Apps are looked after, separated by commas, by rights in them alone; all if not given")
	flags.BoolVar(&o.bindings, "service-bindings", false, "project services into workloads, as the ServiceBindings of servicebinding.io ask; needs config/servicebinding")
	flags.StringVar(&o.webhook.Address, "webhook-bind-address", "0", "address that serves the webhook that binds workloads when they are created, such as :9443; 0 serves none, and they are bound right after")
	flags.StringVar(&o.webhookService, "webhook-service", "bowline-system/bowline-webhook", "namespace and name of the Service that leads to the webhook; the Secret with its certificate is beside it")
	flags.StringVar(&o.webhook.URL, "webhook-url", "", "how the API server reaches the webhook without the Service, such as https://10.0.0.1:9443")
	flags.IntVar(&o.workers, "workers", 32, "how many Apps are looked at at a time")
	flags.IntVar(&o.sharedRollouts, "max-shared-rollouts", 10, "how many Apps roll out the change of one shared ConfigMap or Secret at a time; 0 for all")
	flags.Float64Var(&o.qps, "kube-api-qps", 200, "requests to the API server per second, on average")
	flags.IntVar(&o.burst, "kube-api-burst", 400, "requests to the API server at once")
	flags.StringVar(&o.registryCAs, "registry-ca-file", "", "file with certificates, in PEM, of authorities that image registries are trusted by besides those of the system; only Apps with imageDigest have a registry asked")
	o.logging.BindFlags(flags)
}

// maxLogLevel is the most that is logged: from the next level on, the client
// writes down what it sends and gets, and so what Secrets hold.
const maxLogLevel = 7

func (o *options) validate() error {
	if o.sharedRollouts < 0 {
		return fmt.Errorf("--max-shared-rollouts=%d: it is a number of Apps, or 0 for no limit", o.sharedRollouts)
	}
	if err := o.validateNamespaces(); err != nil {
		return err
	}
	if err := o.validateWebhook(); err != nil {
		return err
	}
	// Levels are negative there, the more so the more is logged.
	if level := o.logging.Level; level != nil && level.Enabled(-maxLogLevel-1) {
		return fmt.Errorf("--zap-log-level: at most %d is allowed: above it, what Secrets hold would be logged", maxLogLevel)
	}
	return nil
}

func (o *options) validateNamespaces() error {
	if o.namespaces == "" {
		return nil
	}
	o.watched = strings.Split(o.namespaces, ",")
	for i, namespace := range o.watched {
		if problems := validation.IsDNS1123Label(namespace); len(problems) > 0 {
			return fmt.Errorf("--namespaces=%s: %q is no name of a namespace: separate names by commas alone", o.namespaces, namespace)
		}
		if slices.Contains(o.watched[:i], namespace) {
			return fmt.Errorf("--namespaces=%s: %q is there twice", o.namespaces, namespace)
		}
	}
	if o.bindings {
		return fmt.Errorf("--namespaces=%s: not together with --service-bindings: ServiceBindings, their mappings and their webhook are the whole cluster's. Apps bind services without it", o.namespaces)
	}
	return nil
}

func (o *options) validateWebhook() error {
	if o.webhook.Address == "0" || o.webhook.Address == "" {
		o.webhook.Address = ""
		return nil
	}
	if !o.bindings {
		return fmt.Errorf("--webhook-bind-address=%s: the webhook binds what ServiceBindings mean, and is not served without --service-bindings", o.webhook.Address)
	}
	namespace, name, _ := strings.Cut(o.webhookService, "/")
	if namespace == "" || name == "" {
		return fmt.Errorf("--webhook-service=%s: it is the Service's namespace and name, such as bowline-system/bowline-webhook", o.webhookService)
	}
	o.webhook.Service = types.NamespacedName{Namespace: namespace, Name: name}
	return o.webhook.Check()
}

func run(o options) error {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, v1alpha1.AddToScheme, servicebindingv1.AddToScheme} {
		if err := add(scheme); err != nil {
			return fmt.Errorf("register types: %w", err)
		}
	}
	config, err := ctrl.GetConfig()
	if err != nil {
		return fmt.Errorf("find a cluster: %w: set KUBECONFIG or --kubeconfig, or run in a cluster", err)
	}
	config.QPS, config.Burst = float32(o.qps), o.burst
	// The API server is near: packing its answers costs more than it saves.
	config.DisableCompression = true
	if o.leaderElect {
		config.Wrap(fence.New(renewDeadline, clock.RealClock{}).Wrap)
	}
	ctx := ctrl.SetupSignalHandler()
	if !tracing.Asked() {
		return o.start(ctx, config, scheme, nil)
	}
	traces, err := tracing.Start(ctx)
	if err != nil {
		return err
	}
	config.Wrap(traces.Transport)
	err = o.start(ctx, config, scheme, traces.Reconciler)
	if lost := traces.Stop(); lost != nil {
		// No reason for an operator that has done its work to fail.
		ctrl.Log.Error(lost, "traces are lost")
	}
	return err
}

// start runs the operator until its context ends.
func (o *options) start(ctx context.Context, config *rest.Config, scheme *runtime.Scheme, trace controllers.Trace) error {
	mgr, err := ctrl.NewManager(config, o.manager(scheme))
	if err != nil {
		return fmt.Errorf("make the manager: %w", err)
	}
	apps := controllers.Options{
		Namespaces:      o.watched,
		ServiceBindings: o.bindings,
		Workers:         o.workers,
		SharedRollouts:  o.sharedRollouts,
		Registries:      registry.Options{CAFile: o.registryCAs},
		Metrics:         metrics.Registry,
		Trace:           trace,
	}
	if o.bindings {
		if err := controllers.SetupServiceBinding(ctx, mgr, o.webhook, trace); err != nil {
			return err
		}
	}
	if err := controllers.SetupApp(ctx, mgr, apps); err != nil {
		return err
	}
	for name, add := range map[string]func(string, healthz.Checker) error{"healthz": mgr.AddHealthzCheck, "readyz": mgr.AddReadyzCheck} {
		if err := add(name, healthz.Ping); err != nil {
			return fmt.Errorf("serve /%s: %w", name, err)
		}
	}
	return mgr.Start(ctx)
}

const (
	// leaseDuration is how long another operator waits, after it has seen the last
	// renewal of the lease, before it takes over.
	leaseDuration = 12 * time.Second
	// renewDeadline is how long the operator that acts goes on without being able
	// to renew. What it sent until then has four seconds to arrive.
	renewDeadline = 8 * time.Second
	// retryPeriod is how often the lease is renewed, or looked at by those who wait
	// for it: these add up to 1.2 times as much at random. So another operator
	// leads at most 12 + 2 * 3.3 seconds and some requests after the last renewal,
	// which is less than the 20 that a hand-over may take.
	retryPeriod = 1500 * time.Millisecond
)

func (o *options) manager(scheme *runtime.Scheme) ctrl.Options {
	serving := metricsserver.Options{BindAddress: o.metricsAddress, SecureServing: o.metricsSecure}
	if o.metricsSecure {
		serving.FilterProvider = filters.WithAuthenticationAndAuthorization
		serving.TLSOpts = []func(*tls.Config){func(c *tls.Config) { c.MinVersion = tls.VersionTLS12 }}
	}
	return ctrl.Options{
		Scheme:                        scheme,
		Cache:                         controllers.CacheOptions(o.watched...),
		Client:                        client.Options{Cache: &client.CacheOptions{EnableReadYourWritesConsistency: ptr.To(true)}},
		Metrics:                       serving,
		HealthProbeBindAddress:        o.probeAddress,
		LeaderElection:                o.leaderElect,
		LeaderElectionID:              "bowline.dev",
		LeaderElectionNamespace:       o.leaseNamespace,
		LeaderElectionReleaseOnCancel: true,
		LeaseDuration:                 ptr.To(leaseDuration),
		RenewDeadline:                 ptr.To(renewDeadline),
		RetryPeriod:                   ptr.To(retryPeriod),
	}
}
