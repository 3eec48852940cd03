package render

import (
	"encoding/json"
	"reflect"
	"strconv"
	"testing"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/intstr"
	autoscalingv2ac "k8s.io/client-go/applyconfigurations/autoscaling/v2"
	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"
	"sigs.k8s.io/randfill"
)

// TestConvertLosesNothing fills API types at random and compares their JSON
// with that of their apply configurations.
func TestConvertLosesNothing(t *testing.T) {
	cases := map[string]func(*testing.T, *randfill.Filler){
		"env":         convertsWhole[corev1.EnvVar, corev1ac.EnvVarApplyConfiguration],
		"probe":       convertsWhole[corev1.Probe, corev1ac.ProbeApplyConfiguration],
		"toleration":  convertsWhole[corev1.Toleration, corev1ac.TolerationApplyConfiguration],
		"resources":   convertsWhole[corev1.ResourceRequirements, corev1ac.ResourceRequirementsApplyConfiguration],
		"metric":      convertsWhole[autoscalingv2.MetricSpec, autoscalingv2ac.MetricSpecApplyConfiguration],
		"hpaBehavior": convertsWhole[autoscalingv2.HorizontalPodAutoscalerBehavior, autoscalingv2ac.HorizontalPodAutoscalerBehaviorApplyConfiguration],
	}
	for name, convertsWhole := range cases {
		t.Run(name, func(t *testing.T) {
			for i := range int64(200) {
				seed := *seed + i
				convertsWhole(t, filler(seed))
				if t.Failed() {
					t.Fatalf("seed %d", seed)
				}
			}
		})
	}
}

// filler fills values as the API server would accept them to be decoded.
func filler(seed int64) *randfill.Filler {
	return randfill.NewWithSeed(seed).NilChance(0.3).NumElements(1, 3).Funcs(
		func(q *resource.Quantity, c randfill.Continue) {
			*q = resource.MustParse(strconv.Itoa(c.Intn(5000)) + []string{"", "m", "Ki", "Gi", "k"}[c.Intn(5)])
		},
		func(v *intstr.IntOrString, c randfill.Continue) {
			*v = intstr.FromInt32(c.Int31())
			if c.Bool() {
				*v = intstr.FromString(c.String(20))
			}
		},
	)
}

func convertsWhole[From, To any](t *testing.T, f *randfill.Filler) {
	t.Helper()
	var from From
	f.Fill(&from)
	got, want := jsonOf(t, convert[To](&from)), jsonOf(t, from)
	if !reflect.DeepEqual(got, want) {
		t.Errorf("converted:\n%v\nwant:\n%v", got, want)
	}
}

// jsonOf is a value's JSON without nulls, which say the same as an absent field.
func jsonOf(t *testing.T, v any) any {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var out any
	if err := json.Unmarshal(data, &out); err != nil {
		t.Fatal(err)
	}
	return withoutNulls(out)
}

func withoutNulls(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			if value == nil {
				delete(v, key)
			} else {
				v[key] = withoutNulls(value)
			}
		}
	case []any:
		for i := range v {
			v[i] = withoutNulls(v[i])
		}
	}
	return v
}

func TestConvertRefusesTypesThatAreNoPair(t *testing.T) {
	defer func() {
		want := "render: *v1.ProbeApplyConfiguration is not the apply configuration of *map[string]string: json: cannot unmarshal string into Go struct field ProbeApplyConfiguration.periodSeconds of type int32"
		if got := recover(); got != want {
			t.Errorf("panic %q, want %q", got, want)
		}
	}()
	convert[corev1ac.ProbeApplyConfiguration](&map[string]string{"periodSeconds": "x"})
}
