package v1alpha1

import (
	"encoding/json"
	"testing"
)

func TestAnAppThatCannotBeReadIsStillAnApp(t *testing.T) {
	cases := map[string]string{
		"a port of eleven digits":     `{"image":"x","health":{"readiness":{"httpGet":{"port":99999999999}}}}`,
		"a quantity without a number": `{"image":"x","resources":{"limits":{"cpu":"1e99999999999999999999"}}}`,
		"a surge that is too large":   `{"image":"x","rollout":{"maxSurge":99999999999}}`,
	}
	for name, spec := range cases {
		t.Run(name, func(t *testing.T) {
			var list AppList
			if err := json.Unmarshal([]byte(`{"items":[{"metadata":{"name":"bad"},"spec":`+spec+`},{"spec":{"image":"good"}}]}`), &list); err != nil {
				t.Fatal(err)
			}
			bad, good := list.Items[0], list.Items[1]
			if bad.Name != "bad" || bad.Spec.Unreadable == "" || bad.Spec.Image != "" {
				t.Errorf("read %+v, want an App named bad, with nothing but the reason in its spec", bad)
			}
			if good.Spec.Unreadable != "" || good.Spec.Image != "good" {
				t.Errorf("read %+v, want the other App whole", good.Spec)
			}
		})
	}
}

func TestSpecReadsAsWritten(t *testing.T) {
	const text = `{"image":"x","ports":[{"name":"http","port":8080}],"replicas":3,"rollout":{"maxSurge":"25%"}}`
	var spec AppSpec
	if err := json.Unmarshal([]byte(text), &spec); err != nil {
		t.Fatal(err)
	}
	written, err := json.Marshal(spec)
	if err != nil {
		t.Fatal(err)
	}
	if string(written) != text {
		t.Errorf("wrote %s\nread  %s", written, text)
	}
}
