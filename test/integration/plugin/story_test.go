package plugin_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	. "github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/types"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gbytes"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/clientcmd"
)

// story is what a person does in a namespace of its own. Stories are played side
// by side, for they mostly wait.
type story struct {
	Gomega
	ctx       context.Context //nolint:containedctx // a story lives as long as its spec
	name      string
	folder    string // with the kubeconfig and the manifests
	namespace string

	body    func(*story)
	ended   chan struct{}
	failure string
	at      types.CodeLocation
}

var stories []*story

// tell is a spec that plays beside the others.
func tell(name, title string, body func(*story)) bool {
	s := &story{name: name, body: body, ended: make(chan struct{})}
	stories = append(stories, s)
	return It(title, func(ctx SpecContext) {
		select {
		case <-s.ended:
		case <-ctx.Done():
			Fail("interrupted")
		}
		if s.failure != "" {
			Fail(s.failure + "\n\nat " + s.at.String())
		}
	})
}

// together is how many stories play at a time: enough to hide the waiting, few
// enough for two cores.
const together = 7

// play plays all stories.
func play() {
	free := make(chan struct{}, together)
	for _, s := range stories {
		s.folder = GinkgoT().TempDir()
		go func() {
			free <- struct{}{}
			defer func() { <-free }()
			s.play()
		}()
	}
}

func (s *story) play() {
	defer close(s.ended)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	s.ctx = ctx
	s.Gomega = NewGomega(func(message string, skip ...int) {
		s.failure, s.at = message, types.NewCodeLocationWithStackTrace(1+sum(skip))
		runtime.Goexit()
	})
	var done sync.WaitGroup
	done.Go(func() {
		s.open()
		s.body(s)
	})
	done.Wait()
}

func sum(numbers []int) (total int) {
	for _, n := range numbers {
		total += n
	}
	return total
}

// open makes a namespace, and a kubeconfig that works in it.
func (s *story) open() {
	s.namespace = s.name
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: s.namespace}}
	s.Expect(api.Create(s.ctx, namespace)).To(Succeed())
	config, err := clientcmd.LoadFromFile(cluster.Kubeconfig)
	s.Expect(err).NotTo(HaveOccurred())
	for _, c := range config.Contexts {
		c.Namespace = s.namespace
	}
	s.Expect(clientcmd.WriteToFile(*config, filepath.Join(s.folder, "kubeconfig"))).To(Succeed())
}

// answer is what a command wrote, and how it ended.
type answer struct {
	out  string // both streams, in the order in which they were written
	code int
}

func (s *story) command(line string) *exec.Cmd {
	command := exec.CommandContext(s.ctx, "bash", "-c", line)
	command.Dir = s.folder
	command.Env = append(os.Environ(),
		"PATH="+programs+":"+os.Getenv("PATH"), "KUBECONFIG="+filepath.Join(s.folder, "kubeconfig"), "HOME="+s.folder)
	return command
}

// run runs a command line as a shell does, without a terminal.
func (s *story) run(line string) answer {
	var out bytes.Buffer
	command := s.command(line)
	command.Stdout, command.Stderr = &out, &out
	err := command.Run()
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		s.Expect(err).NotTo(HaveOccurred(), line)
	}
	return answer{out.String(), command.ProcessState.ExitCode()}
}

// follow starts a command that goes on until the story ends.
func (s *story) follow(line string) *gbytes.Buffer {
	out := gbytes.NewBuffer()
	command := s.command(line)
	command.Stdout, command.Stderr = out, out
	s.Expect(command.Start()).To(Succeed())
	go func() { _ = command.Wait() }()
	return out
}

// lastFrame is what was written last.
func lastFrame(frames *gbytes.Buffer) string {
	all := strings.Split(string(frames.Contents()), "---\n")
	return all[len(all)-1]
}

// do runs a command that must succeed, and of which nothing is told.
func (s *story) do(line string) string {
	a := s.run(line)
	s.Expect(a.code).To(Equal(0), "%s\n%s", line, a.out)
	return a.out
}

// settled waits until no pod is left that goes away.
func (s *story) settled(pods int) {
	s.Eventually(func() string { return s.do("kubectl get app shop -o jsonpath={.status.replicas}") }).Should(Equal(fmt.Sprint(pods)))
	s.Eventually(func() int { return strings.Count(s.do("kubectl get pods -l bowline.dev/app=shop -o name"), "\n") }).Should(Equal(pods))
}

// file writes a file that commands may name.
func (s *story) file(name, content string) {
	s.Expect(os.WriteFile(filepath.Join(s.folder, name), []byte(content), 0o644)).To(Succeed())
}

// show runs a command and holds its answer against testdata/<story>-<name>.txt.
func (s *story) show(name, line string) answer {
	a := s.run(line)
	s.hold(name, line, a)
	return a
}

// showEnd does so with the end of an answer, without the steps on the way: how
// many of them anybody sees is another thing each time.
func (s *story) showEnd(name, line string) answer {
	a := s.run(line)
	a.out = step.ReplaceAllString(a.out, "")
	s.hold(name, line, a)
	return a
}

func (s *story) hold(name, line string, a answer) {
	got := "$ " + line + "\n" + normal(a.out)
	if a.code != 0 {
		got += fmt.Sprintf("[exit code %d]\n", a.code)
	}
	file := filepath.Join("testdata", s.name+"-"+name+".txt")
	if *update {
		s.Expect(os.WriteFile(file, []byte(got), 0o644)).To(Succeed())
	}
	want, err := os.ReadFile(file)
	s.Expect(err).NotTo(HaveOccurred(), "write it with -update, and read it")
	s.Expect(got).To(Equal(string(want)), "%s differs: write it anew with -update, and read the difference", file)
}

var (
	// What a pod template is hashed to has 8 to 10 of these characters.
	podName  = regexp.MustCompile(`\bshop-([bcdf-hj-np-tv-xz0-9]{8,10})(-[bcdf-hj-np-tv-xz0-9]{5})?\b`)
	ageAmid  = regexp.MustCompile(`  (?:\d+[dhms]){1,2} {2,}`)
	ageLast  = regexp.MustCompile(`(?m)(  |\()(?:\d+[dhms]){1,2}($| ago)`)
	clock    = regexp.MustCompile(`\b\d\d:\d\d:\d\dZ`)
	instant  = regexp.MustCompile(`\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z`)
	anyUID   = regexp.MustCompile(`\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b`)
	step     = regexp.MustCompile(`(?m)^◌ .*\n`)
	restarts = regexp.MustCompile(`restarts \d+`)
)

// normal takes out of an answer what is another thing each time, and leaves the
// widths of columns as they are.
func normal(out string) string {
	hashes, pods := map[string]string{}, map[string]string{}
	out = podName.ReplaceAllStringFunc(out, func(name string) string {
		m := podName.FindStringSubmatch(name)
		if hashes[m[1]] == "" {
			hashes[m[1]] = strings.Repeat(strconv.Itoa(len(hashes)+1), 10)
		}
		if m[2] != "" && pods[m[2]] == "" {
			pods[m[2]] = "-" + strings.Repeat(string(rune('a'+len(pods))), 5)
		}
		return "shop-" + hashes[m[1]] + pods[m[2]]
	})
	out = aligned(aligned(out, "NAME", "KIND"), "  POD", "CONTAINER")
	out = ageAmid.ReplaceAllStringFunc(out, func(column string) string { return fmt.Sprintf("%-*s", len(column), "  1m") })
	out = ageLast.ReplaceAllString(out, "${1}1m${2}")
	out = restarts.ReplaceAllString(out, "restarts 1")
	out = clock.ReplaceAllString(out, "12:00:00Z")
	out = instant.ReplaceAllString(out, "2026-01-01T12:00:00Z")
	return anyUID.ReplaceAllString(out, "00000000-0000-0000-0000-000000000000")
}

// aligned lays out the first column of a table anew, in which names have another
// length now. The table ends with the first empty line.
func aligned(out, first, second string) string {
	header := regexp.MustCompile(`(?m)^` + first + ` +` + second)
	at := header.FindStringIndex(out)
	if at == nil {
		return out
	}
	table, rest, _ := strings.Cut(out[at[0]:], "\n\n")
	rows := strings.Split(table, "\n")
	names, others, width := make([]string, len(rows)), make([]string, len(rows)), 0
	cell := regexp.MustCompile(`^([ │├└─]*\S+)( +)(.*)$`)
	for i, row := range rows {
		if m := cell.FindStringSubmatch(row); m != nil {
			names[i], others[i] = m[1], m[3]
			width = max(width, utf8.RuneCountInString(m[1]))
		}
	}
	for i := range rows {
		if names[i] != "" {
			rows[i] = names[i] + strings.Repeat(" ", width-utf8.RuneCountInString(names[i])+2) + others[i]
		}
	}
	table = strings.Join(rows, "\n")
	if rest != "" {
		table += "\n\n" + rest
	}
	return out[:at[0]] + table
}
