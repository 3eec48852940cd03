package registries

import (
	"net/http"
	"testing"

	"github.com/google/go-containerregistry/pkg/v1/empty"
)

func serve(t *testing.T) *Registries {
	t.Helper()
	r, err := Serve("127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

// status is what a registry answers to who asks whether it is one.
func status(t *testing.T, address, username, password string) (code int, challenge string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address+"/v2/", nil)
	if err != nil {
		t.Fatal(err)
	}
	if username != "" {
		request.SetBasicAuth(username, password)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	return response.StatusCode, response.Header.Get("WWW-Authenticate")
}

func TestOnlyThePrivateRegistryAsksWhoOneIs(t *testing.T) {
	r := serve(t)
	for name, test := range map[string]struct {
		address, username, password string
		want                        int
	}{
		"public":          {r.Public.Address, "", "", 200},
		"private":         {r.Private.Address, r.Private.Username, r.Private.Password, 200},
		"nobody":          {r.Private.Address, "", "", 401},
		"a wrong name":    {r.Private.Address, "other", r.Private.Password, 401},
		"a wrong secret":  {r.Private.Address, r.Private.Username, "other", 401},
		"an empty secret": {r.Private.Address, r.Private.Username, "", 401},
	} {
		code, challenge := status(t, test.address, test.username, test.password)
		if code != test.want || (code == 401) != (challenge == `Basic realm="bowline"`) {
			t.Errorf("%s: got %d, %q, want %d", name, code, challenge, test.want)
		}
	}
	if r.Public.Username != "" || r.Public.Password != "" {
		t.Error("the public registry has a name or a password")
	}
}

func TestPush(t *testing.T) {
	r := serve(t)
	name, err := r.Push(empty.Image, "bowline/pause:test")
	if err != nil || name != r.Public.Address+"/bowline/pause:test" {
		t.Errorf("got %s, %v", name, err)
	}
	response, err := http.Get("http://" + r.Public.Address + "/v2/bowline/pause/manifests/test")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != 200 {
		t.Errorf("got %s", response.Status)
	}
}
