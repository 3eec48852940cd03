package controllers

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/webhook"
	webhookadmission "sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	servicebindingv1 "github.com/bowline-dev/bowline/api/servicebinding/v1"
	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/internal/admission"
	"github.com/bowline-dev/bowline/internal/kinds"
)

// Webhook says where workloads are bound when they are created.
type Webhook struct {
	// Address serves the webhook, for example :9443. Without one there is none.
	Address string
	// Service leads to the address. The Secret with the certificate is in its
	// namespace.
	Service types.NamespacedName
	// URL leads there for an API server outside of the cluster, instead of the
	// Service.
	URL string
}

const (
	// webhookConfiguration tells the API server of the webhook. It is installed
	// empty, and filled in here.
	webhookConfiguration = "bowline-service-bindings"
	// certificateSecret is named after the Service.
	certificateSecret = "-certificate"
	webhookPath       = "/bind"
	webhookPort       = 443
)

// Check says what is wrong with it.
func (w *Webhook) Check() error {
	if _, _, err := w.listen(); err != nil {
		return err
	}
	if at, err := url.Parse(w.URL); w.URL != "" && (err != nil || at.Scheme != "https" || at.Hostname() == "" || at.User != nil || at.RawQuery != "" || at.Fragment != "") {
		return fmt.Errorf("--webhook-url=%s: it is an address of this operator that the API server reaches, such as https://10.0.0.1:9443", w.URL)
	}
	return nil
}

func (w *Webhook) listen() (string, int, error) {
	host, text, err := net.SplitHostPort(w.Address)
	port, notNumber := strconv.ParseUint(text, 10, 16)
	if err != nil || notNumber != nil || port == 0 {
		return "", 0, fmt.Errorf("--webhook-bind-address=%s: it is an address with a port, such as :9443, or 0 for none", w.Address)
	}
	return host, int(port), nil
}

// hosts are those that the certificate is for.
func (w *Webhook) hosts() []string {
	if at, err := url.Parse(w.URL); w.URL != "" && err == nil {
		return []string{at.Hostname()}
	}
	return []string{w.Service.Name + "." + w.Service.Namespace + ".svc"}
}

func (w *Webhook) clientConfig(trusted []byte) admissionregistrationv1.WebhookClientConfig {
	config := admissionregistrationv1.WebhookClientConfig{CABundle: trusted}
	if w.URL != "" {
		config.URL = ptr.To(w.URL + webhookPath)
	} else {
		config.Service = &admissionregistrationv1.ServiceReference{
			Namespace: w.Service.Namespace, Name: w.Service.Name, Path: ptr.To(webhookPath), Port: ptr.To(int32(webhookPort)),
		}
	}
	return config
}

func (w *Webhook) secret() types.NamespacedName {
	return types.NamespacedName{Namespace: w.Service.Namespace, Name: w.Service.Name + certificateSecret}
}

// setupWebhook serves the webhook in every operator, and lets the one that acts
// tell the API server of it.
func setupWebhook(ctx context.Context, mgr ctrl.Manager, r *ServiceBindingReconciler, w Webhook) error {
	host, port, err := w.listen()
	if err != nil {
		return err
	}
	// A right that is missing would keep the caches from ever being complete.
	config := &admissionregistrationv1.MutatingWebhookConfiguration{}
	if err := mgr.GetAPIReader().Get(ctx, types.NamespacedName{Name: webhookConfiguration}, config); client.IgnoreNotFound(err) != nil {
		return fmt.Errorf("service bindings: read MutatingWebhookConfiguration %q: %w: install config/servicebinding, or start with --webhook-bind-address=0", webhookConfiguration, err)
	}
	// An operator that does not act has no other use for these, and binds too.
	for _, object := range []client.Object{&servicebindingv1.ServiceBinding{}, &servicebindingv1.ClusterWorkloadResourceMapping{}} {
		if _, err := mgr.GetCache().GetInformer(ctx, object, cache.BlockUntilSynced(false)); err != nil {
			return fmt.Errorf("watch for the webhook: %w", err)
		}
	}
	served := &servedCertificate{live: mgr.GetAPIReader(), secret: w.secret()}
	server := webhook.NewServer(webhook.Options{Host: host, Port: port, TLSOpts: []func(*tls.Config){func(c *tls.Config) {
		c.MinVersion, c.GetCertificate = tls.VersionTLS12, served.get
	}}})
	server.Register(webhookPath, &webhookadmission.Webhook{Handler: newAtAdmission(r)})
	if err := mgr.Add(server); err != nil {
		return fmt.Errorf("serve the webhook: %w", err)
	}
	secret := builder.WithPredicates(called(w.secret()), changed)
	one := handler.EnqueueRequestsFromMapFunc(func(context.Context, client.Object) []reconcile.Request { return []reconcile.Request{{}} })
	err = ctrl.NewControllerManagedBy(mgr).Named("servicebinding-certificate").
		WatchesMetadata(&corev1.Secret{}, one, secret).
		WithOptions(controller.Options{NeedLeaderElection: ptr.To(false), ReconciliationTimeout: reconcileTimeout}).
		Complete(served)
	if err != nil {
		return fmt.Errorf("set up the controller of the webhook's certificate: %w", err)
	}
	err = ctrl.NewControllerManagedBy(mgr).Named("servicebinding-webhook").
		// A workload is meant that was not, or one is not any more.
		Watches(&servicebindingv1.ServiceBinding{}, one, builder.WithPredicates(predicate.GenerationChangedPredicate{})).
		// Somebody removed or replaced the certificate.
		WatchesMetadata(&corev1.Secret{}, one, secret).
		// It is there at last, or somebody changed it.
		Watches(&admissionregistrationv1.MutatingWebhookConfiguration{}, one).
		WithOptions(controller.Options{ReconciliationTimeout: reconcileTimeout}).
		Complete(&webhookReconciler{Client: mgr.GetClient(), Cache: mgr.GetCache(), Live: mgr.GetAPIReader(), Kinds: r.Kinds, Clock: r.Clock, Webhook: w})
	if err != nil {
		return fmt.Errorf("set up the controller of the webhook: %w", err)
	}
	return nil
}

func called(key types.NamespacedName) predicate.Predicate {
	return predicate.NewPredicateFuncs(func(object client.Object) bool { return client.ObjectKeyFromObject(object) == key })
}

// servedCertificate is the certificate that an operator's webhook has.
type servedCertificate struct {
	live   client.Reader
	secret types.NamespacedName
	now    atomic.Pointer[tls.Certificate]
}

// Reconcile takes the certificate from its Secret. As long as there is none that
// is right, the one before is served.
func (s *servedCertificate) Reconcile(ctx context.Context, _ ctrl.Request) (ctrl.Result, error) {
	_, pair, err := storedPair(ctx, s.live, s.secret)
	if err != nil {
		return ctrl.Result{}, unlessEnding(ctx, err)
	}
	if loaded, err := pair.Load(); err == nil {
		s.now.Store(loaded)
	}
	return ctrl.Result{}, nil
}

var errNoCertificate = errors.New("there is no certificate yet")

func (s *servedCertificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	if loaded := s.now.Load(); loaded != nil {
		return loaded, nil
	}
	return nil, errNoCertificate
}

// storedPair returns the Secret with the certificate, nil if there is none.
func storedPair(ctx context.Context, live client.Reader, key types.NamespacedName) (*corev1.Secret, admission.Pair, error) {
	secret := &corev1.Secret{}
	if err := live.Get(ctx, key, secret); err != nil {
		if apierrors.IsNotFound(err) {
			return nil, admission.Pair{}, nil
		}
		// Not with the words of the API server: they may repeat what is in it.
		return nil, admission.Pair{}, fmt.Errorf("read Secret %q: %s", key, apierrors.ReasonForError(err))
	}
	return secret, admission.Pair{Certificate: secret.Data[corev1.TLSCertKey], Key: secret.Data[corev1.TLSPrivateKeyKey]}, nil
}

// webhookReconciler tells the API server which workloads to send to the webhook,
// and renews its certificate.
type webhookReconciler struct {
	client.Client
	Cache client.Reader
	Live  client.Reader
	Kinds *kinds.Kinds
	Clock clock.PassiveClock
	Webhook
}

// Reconcile makes the configuration follow the ServiceBindings. A new
// certificate is trusted first and stored then, so that no replica ever serves
// one that is not trusted.
func (r *webhookReconciler) Reconcile(ctx context.Context, _ ctrl.Request) (ctrl.Result, error) {
	config := &admissionregistrationv1.MutatingWebhookConfiguration{}
	if err := r.Cache.Get(ctx, types.NamespacedName{Name: webhookConfiguration}, config); err != nil {
		if apierrors.IsNotFound(err) {
			ctrl.LoggerFrom(ctx).Info("workloads are not bound when they are created: there is no MutatingWebhookConfiguration of this name, install config/servicebinding", "name", webhookConfiguration)
		}
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	targets, again, err := r.targets(ctx)
	if err != nil {
		return ctrl.Result{}, unlessEnding(ctx, err)
	}
	secret, pair, err := storedPair(ctx, r.Live, r.secret())
	if err != nil {
		return ctrl.Result{}, unlessEnding(ctx, err)
	}
	now, trusted := r.Clock.Now(), pair.Certificate
	until := pair.Good(r.hosts(), now)
	renewed := until.IsZero()
	if renewed {
		if pair, err = admission.NewPair(r.hosts(), now); err != nil {
			return ctrl.Result{}, err
		}
		trusted, until = append(slices.Clone(pair.Certificate), trusted...), pair.Good(r.hosts(), now)
	}
	err = r.publish(ctx, config, admission.Webhooks(targets, r.clientConfig(admission.Trust(bundle(config), trusted, now))))
	if err == nil && renewed {
		err = r.store(ctx, secret, pair)
	}
	if apierrors.IsConflict(err) || apierrors.IsAlreadyExists(err) || apierrors.IsNotFound(err) {
		ctrl.LoggerFrom(ctx).V(1).Info("pass dropped: somebody was faster", "cause", err.Error())
		return ctrl.Result{RequeueAfter: retryConflict}, nil
	}
	if after := until.Sub(now); again == 0 || after < again {
		again = after
	}
	return ctrl.Result{RequeueAfter: again}, unlessEnding(ctx, err)
}

// targets returns what the ServiceBindings mean, and when to look again for a
// kind that is not served yet.
func (r *webhookReconciler) targets(ctx context.Context) ([]admission.Target, time.Duration, error) {
	list := &servicebindingv1.ServiceBindingList{}
	if err := r.Cache.List(ctx, list); err != nil {
		return nil, 0, fmt.Errorf("list ServiceBindings: %w", err)
	}
	var targets []admission.Target
	again := time.Duration(0)
	for i := range list.Items {
		b := &list.Items[i]
		if _, problem := matcher(&b.Spec.Workload); problem != nil || workloadKind(b) == appKind {
			continue // an App is bound by its own controller
		}
		resource, err := r.Kinds.Resource(workloadKind(b))
		switch {
		case errors.Is(err, kinds.ErrNoKind):
			again = recheck
		case errors.Is(err, kinds.ErrNotNamespaced):
		case err != nil:
			return nil, 0, err
		default:
			targets = append(targets, admission.Target{Resource: resource, Namespace: b.Namespace, Selector: b.Spec.Workload.Selector})
		}
	}
	return targets, again, nil
}

// bundle is what is trusted until now.
func bundle(config *admissionregistrationv1.MutatingWebhookConfiguration) []byte {
	if len(config.Webhooks) == 0 {
		return nil
	}
	return config.Webhooks[0].ClientConfig.CABundle
}

func (r *webhookReconciler) publish(ctx context.Context, config *admissionregistrationv1.MutatingWebhookConfiguration, webhooks []admissionregistrationv1.MutatingWebhook) error {
	if equality.Semantic.DeepEqual(config.Webhooks, webhooks) {
		return nil
	}
	config = config.DeepCopy()
	config.Webhooks = webhooks
	if err := r.Update(ctx, config, fieldOwner, client.DisableReadYourWritesConsistency); err != nil {
		return fmt.Errorf("write MutatingWebhookConfiguration %q: %w", config.Name, err)
	}
	ctrl.LoggerFrom(ctx).Info("workloads of other kinds or namespaces are bound when they are created", "webhooks", len(webhooks))
	return nil
}

// store writes a new certificate into its Secret.
func (r *webhookReconciler) store(ctx context.Context, secret *corev1.Secret, pair admission.Pair) error {
	data := map[string][]byte{corev1.TLSCertKey: pair.Certificate, corev1.TLSPrivateKeyKey: pair.Key}
	key := r.secret()
	var err error
	switch {
	case secret == nil:
		err = r.Create(ctx, &corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{Name: key.Name, Namespace: key.Namespace, Labels: map[string]string{v1alpha1.LabelManagedBy: v1alpha1.FieldOwner}},
			Type:       corev1.SecretTypeTLS,
			Data:       data,
		}, fieldOwner, client.DisableReadYourWritesConsistency)
	case secret.Labels[v1alpha1.LabelManagedBy] != v1alpha1.FieldOwner:
		return fmt.Errorf("the Secret %q was not made by Bowline, and has no certificate for %s: remove it", key, r.hosts())
	default:
		before := secret.DeepCopy()
		secret.Data = data
		err = r.Patch(ctx, secret, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{}), fieldOwner, client.DisableReadYourWritesConsistency)
	}
	switch {
	case err == nil:
		ctrl.LoggerFrom(ctx).Info("the webhook has a new certificate", "secret", key)
	case apierrors.IsForbidden(err), apierrors.IsInvalid(err):
		// Not with the words of the API server: they may repeat what is in it.
		return fmt.Errorf("write Secret %q: %s", key, apierrors.ReasonForError(err))
	}
	return err
}
