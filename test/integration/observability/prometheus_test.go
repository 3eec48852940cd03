package observability_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bowline-dev/bowline/test/harness"
)

// programs are paths.
type programs struct{ prometheus, promtool string }

// findPrograms has Prometheus built, unless it was before.
func findPrograms(ctx context.Context) programs {
	GinkgoHelper()
	command := exec.CommandContext(ctx, "make", "--silent", "--no-print-directory", "-C", root, "prometheus")
	command.Stderr = GinkgoWriter
	out, err := command.Output()
	Expect(err).NotTo(HaveOccurred(), "make prometheus")
	paths := strings.Fields(string(out))
	Expect(paths).To(HaveLen(2))
	return programs{paths[0], paths[1]}
}

// readerToken is the token of a service account that may read metrics, by the
// role that the manifests have for that.
func readerToken(ctx context.Context) string {
	GinkgoHelper()
	_, err := cluster.Kubectl(ctx, "apply", "-f", filepath.Join(root, "config", "rbac", "metrics.yaml"))
	Expect(err).NotTo(HaveOccurred())
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "prometheus"}}
	Expect(api.Create(ctx, account)).To(Succeed())
	Expect(api.Create(ctx, &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: "prometheus-reads-bowline"},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "metrics-reader"},
		Subjects:   []rbacv1.Subject{{Kind: "ServiceAccount", Namespace: account.Namespace, Name: account.Name}},
	})).To(Succeed())
	request := &authenticationv1.TokenRequest{}
	Expect(api.SubResource("token").Create(ctx, account, request)).To(Succeed())
	return request.Status.Token
}

// server is a Prometheus that runs.
type server struct {
	programs
	url     string
	command *exec.Cmd
}

func startPrometheus(ctx context.Context, programs programs, folder, token string) *server {
	GinkgoHelper()
	write := func(name, text string) string {
		path := filepath.Join(folder, name)
		Expect(os.WriteFile(path, []byte(text), 0o600)).To(Succeed())
		return path
	}
	config := write("prometheus.yaml", fmt.Sprintf(`
global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: [%q]
scrape_configs:
  - job_name: bowline
    scheme: https
    honor_labels: true
    authorization: {credentials_file: %q}
    tls_config: {insecure_skip_verify: true}
    static_configs: [{targets: [%q]}]
`, filepath.Join(root, "config", "prometheus", "alerts.yaml"), write("token", token), metrics))
	address, err := harness.FreeAddress(ctx)
	Expect(err).NotTo(HaveOccurred())
	s := &server{programs: programs, url: "http://" + address}
	s.command = exec.Command(programs.prometheus, "--config.file="+config, "--storage.tsdb.path="+filepath.Join(folder, "data"), "--web.listen-address="+address, "--log.level=warn")
	s.command.Stdout, s.command.Stderr = GinkgoWriter, GinkgoWriter
	Expect(s.command.Start()).To(Succeed())
	return s
}

func (s *server) stop() {
	GinkgoHelper()
	Expect(s.command.Process.Signal(os.Interrupt)).To(Succeed())
	Expect(s.command.Wait()).To(Succeed())
}

// get asks the HTTP API and decodes the data of the answer.
func (s *server) get(ctx context.Context, path string, query url.Values, into any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/api/v1/"+path+"?"+query.Encode(), http.NoBody)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	var answer struct {
		Status, Error string
		Data          json.RawMessage
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		return fmt.Errorf("%s: %w: %s", path, err, text)
	}
	if answer.Status != "success" {
		return fmt.Errorf("%s %s: %s", path, query, answer.Error)
	}
	return json.Unmarshal(answer.Data, into)
}

// series is what a query answers: one point, or those of a range.
type series struct {
	Labels map[string]string `json:"metric"`
	Value  *point            `json:"value"`
	Values []point           `json:"values"`
}

type point struct {
	at    float64 // seconds since 1970
	value float64
}

// UnmarshalJSON reads [1700000000.1, "12.5"].
func (p *point) UnmarshalJSON(text []byte) error {
	var value string
	if err := json.Unmarshal(text, &[]any{&p.at, &value}); err != nil {
		return err
	}
	var err error
	p.value, err = strconv.ParseFloat(value, 64)
	return err
}

// points are the finite ones: 0/0 is how Prometheus says that nothing happened.
func (s *series) points() []point {
	all := s.Values
	if s.Value != nil {
		all = []point{*s.Value}
	}
	var out []point
	for _, p := range all {
		if !math.IsNaN(p.value) && !math.IsInf(p.value, 0) {
			out = append(out, p)
		}
	}
	return out
}

// ask answers a query of the present.
func (s *server) ask(ctx context.Context, query string) ([]series, error) {
	var out struct{ Result []series }
	err := s.get(ctx, "query", url.Values{"query": {query}}, &out)
	return out.Result, err
}

// over answers a query for each second of a time.
func (s *server) over(ctx context.Context, query string, from, to time.Time) ([]series, error) {
	var out struct{ Result []series }
	err := s.get(ctx, "query_range", url.Values{
		"query": {query}, "step": {"1"},
		"start": {strconv.FormatInt(from.Unix(), 10)}, "end": {strconv.FormatInt(to.Unix(), 10)},
	}, &out)
	return out.Result, err
}

// alerts are the states of the alerts, by name. One whose query fails has the
// error in the place of a state.
func (s *server) alerts(ctx context.Context) (map[string]string, error) {
	var answer struct {
		Groups []struct {
			Rules []struct{ Name, State, Health, LastError string }
		}
	}
	err := s.get(ctx, "rules", url.Values{}, &answer)
	out := map[string]string{}
	for _, group := range answer.Groups {
		for _, rule := range group.Rules {
			out[rule.Name] = rule.State
			if rule.Health != "ok" {
				out[rule.Name] = rule.Health + " " + rule.LastError
			}
		}
	}
	return out, err
}

// selectors are those of a query, such as up{job="bowline"}.
func (s *server) selectors(ctx context.Context, query string) ([]string, error) {
	var tree any
	if err := s.get(ctx, "parse_query", url.Values{"query": {query}}, &tree); err != nil {
		return nil, err
	}
	var out []string
	collectSelectors(tree, &out)
	return out, nil
}

func collectSelectors(tree any, into *[]string) {
	switch node := tree.(type) {
	case []any:
		for _, child := range node {
			collectSelectors(child, into)
		}
	case map[string]any:
		if node["type"] == "vectorSelector" || node["type"] == "matrixSelector" {
			var matchers []string
			for _, m := range node["matchers"].([]any) {
				m := m.(map[string]any)
				matchers = append(matchers, fmt.Sprintf("%s%s%q", m["name"], m["type"], m["value"]))
			}
			*into = append(*into, "{"+strings.Join(matchers, ", ")+"}")
			return
		}
		for _, child := range node {
			collectSelectors(child, into)
		}
	}
}
