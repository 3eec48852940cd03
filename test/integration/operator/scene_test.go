package operator_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/types"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Scene is where a spec plays: a namespace and assertions of its own, so that
// many play at the same time.
type Scene struct {
	Gomega
	ctx       context.Context //nolint:containedctx // a scene lives as long as its spec
	Namespace string

	body  func(*Scene)
	ended chan struct{}

	mu      sync.Mutex
	log     bytes.Buffer
	failure string
	at      types.CodeLocation
}

const (
	skipped = types.SpecStateSkipped | types.SpecStatePending
	// stage is how many scenes play at the same time: enough to hide the
	// waiting, few enough for two cores.
	stage = 16
	// sceneTimeout ends a scene that hangs.
	sceneTimeout = 5 * time.Minute
)

var (
	wanted   map[string]bool // the identities of the specs that will run
	scenes   []*Scene
	finished sync.WaitGroup
)

// Concurrently is It for a spec that minds nobody else: it starts with the
// suite, beside the others. Its assertions are the Scene's.
func Concurrently(text string, body func(*Scene)) {
	scene := &Scene{body: body, ended: make(chan struct{})}
	starts := wanted[identity(text, types.NewCodeLocation(1))]
	if starts {
		scenes = append(scenes, scene)
	}
	It(text, Offset(1), func(ctx SpecContext) {
		Expect(starts).To(BeTrue(), "the scene has been started with the suite")
		select {
		case <-scene.ended:
		case <-ctx.Done():
			Fail("interrupted")
		}
		scene.mu.Lock()
		defer scene.mu.Unlock()
		_, _ = GinkgoWriter.Write(scene.log.Bytes())
		if scene.failure != "" {
			Fail(scene.failure + "\n\nat " + scene.at.String())
		}
	})
}

// Alone is It for a spec that stops the operator or counts its requests: all
// others have ended when it begins.
func Alone(text string, body func(*Scene)) {
	It(text, Serial, Offset(1), func(ctx SpecContext) {
		finished.Wait()
		scene := &Scene{body: body, ended: make(chan struct{})}
		scene.play(ctx)
		_, _ = GinkgoWriter.Write(scene.log.Bytes())
		if scene.failure != "" {
			Fail(scene.failure + "\n\nat " + scene.at.String())
		}
	})
}

// identity tells specs apart before their containers are known.
func identity(text string, at types.CodeLocation) string { return at.String() + " " + text }

// play starts all scenes.
func play() {
	free := make(chan struct{}, stage)
	for _, scene := range scenes {
		finished.Go(func() {
			free <- struct{}{}
			defer func() { <-free }()
			ctx, cancel := context.WithTimeout(context.Background(), sceneTimeout)
			defer cancel()
			scene.play(ctx)
		})
	}
}

// play runs a scene's body in a goroutine that its first failed assertion ends.
func (s *Scene) play(ctx context.Context) {
	s.ctx = ctx
	s.Gomega = NewGomega(s.fail)
	began := time.Now()
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			if r := recover(); r != nil {
				s.note(fmt.Sprintf("panic: %v", r), types.NewCodeLocationWithStackTrace(2))
			}
		}()
		s.openNamespace()
		s.body(s)
		s.checkHistory()
	}()
	<-done
	s.Logf("namespace %s, %.1f s", s.Namespace, time.Since(began).Seconds())
	if s.failure != "" {
		s.Logf("the operator said:\n%s", s.said())
	}
	close(s.ended)
}

func (s *Scene) fail(message string, callerSkip ...int) {
	skip := 1
	if len(callerSkip) > 0 {
		skip += callerSkip[0]
	}
	s.note(message, types.NewCodeLocationWithStackTrace(skip))
	runtime.Goexit()
}

func (s *Scene) note(message string, at types.CodeLocation) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failure == "" {
		s.failure, s.at = message, at
	}
}

// Logf tells the reader of a report something.
func (s *Scene) Logf(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fmt.Fprintf(&s.log, format+"\n", args...)
}

// Step says what comes next.
func (s *Scene) Step(text string) {
	s.Logf("%s %s", time.Now().Format("15:04:05.000"), text)
}

func (s *Scene) openNamespace() {
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "scene-"}}
	s.Expect(api.Create(s.ctx, namespace)).To(Succeed())
	s.Namespace = namespace.Name
}

// checkHistory holds everything the scene's Apps have ever said against what
// every App must keep.
func (s *Scene) checkHistory() {
	world.catchUp(s.ctx, s.Gomega, s.Namespace)
	s.Expect(world.violations(s.Namespace)).To(BeEmpty(), "what no App may ever say")
}

// Create creates objects in the scene's namespace.
func (s *Scene) Create(objects ...client.Object) {
	for _, object := range objects {
		object.SetNamespace(s.Namespace)
		s.Expect(api.Create(s.ctx, object)).To(Succeed(), "create %T %s", object, object.GetName())
	}
}

// said returns what the operator logged about the scene, reads and routine
// aside.
func (s *Scene) said() string {
	lines := slices.DeleteFunc(logged(s.Namespace), func(line string) bool { return strings.Contains(line, `"level":"Level(`) })
	return strings.Join(lines, "\n")
}

// logged returns the lines of the operator's log that contain one of the words.
func logged(words ...string) []string {
	content, err := os.ReadFile(operatorLog.Name())
	if err != nil {
		return []string{err.Error()}
	}
	var found []string
	for line := range strings.Lines(string(content)) {
		for _, word := range words {
			if strings.Contains(line, word) {
				found = append(found, strings.TrimSpace(line))
				break
			}
		}
	}
	return found
}
