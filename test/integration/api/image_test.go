package api_test

import (
	"math/rand/v2"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/bowline-dev/bowline/internal/resolve"
)

var _ = Describe("Image references", func() {
	// What is said of those that are refused stands in config/samples/invalid.
	It("that the operator can read are accepted, and most others are not", func(ctx SpecContext) {
		namespace := newNamespace(ctx)
		seed := uint64(GinkgoRandomSeed())
		random := rand.New(rand.NewPCG(seed, 0))
		pick := func(from ...string) string { return from[random.IntN(len(from))] }
		hex := strings.Repeat("0123456789abcdef", 4)
		readable, refused := 0, 0
		for range 150 {
			image := pick("", "", "ghcr.io/", "localhost/", "localhost:5000/", "127.0.0.1:5000/", "[::1]:5000/", "Registry.example/", "host/", "-x.example/", "reg:/") +
				pick("", "", "acme/", "acme/team-a/", "a__b/", "a___b/", "a---b/", "Acme/", "a..b/", "/") +
				pick("shop", "shop", "shop", "sh.op_1", "0", "Shop", "-shop", "shop-", "sh@op", "") +
				pick("", "", ":1.4.2", ":latest", ":_x", ":A.B-c_d", ":"+strings.Repeat("v", 128), ":"+strings.Repeat("v", 129), ":", ":-x", ":1+2", ":a:b") +
				pick("", "", "", "@sha256:"+hex, "@sha512:"+hex+hex, "@sha384:"+hex+hex[:32], "@sha256:"+hex[1:], "@sha256:"+strings.ToUpper(hex), "@", "@md5:"+hex[:32])
			if image == "" {
				continue
			}
			app := newApp(namespace)
			app.GenerateName, app.Name = "", "shop"
			app.Spec.Image = image
			err := cluster.Create(ctx, app, client.DryRunAll)
			if _, held := resolve.Image(image); held == nil {
				readable++
				Expect(err).NotTo(HaveOccurred(), "seed %d: %q", seed, image)
			} else if err != nil {
				refused++
			}
		}
		AddReportEntry("references", map[string]int{"readable": readable, "refused": refused})
		Expect(readable).To(BeNumerically(">", 5), "seed %d", seed)
		Expect(refused).To(BeNumerically(">", 50), "seed %d", seed)
	})

	for _, image := range []string{
		"nginx", "nginx:1.29", "acme/shop", "ghcr.io/acme/shop:1.4.2", "localhost:5000/shop", "127.0.0.1:5000/shop:latest", "Registry.example/shop:V1",
		"[::1]:5000/team/shop", "docker.io/library/nginx:latest@sha256:" + strings.Repeat("0123456789abcdef", 4), "shop@sha256:" + strings.Repeat("0123456789abcdef", 4),
	} {
		It("accepts "+image, func(ctx SpecContext) {
			app := newApp(newNamespace(ctx))
			app.Spec.Image = image
			Expect(cluster.Create(ctx, app, client.DryRunAll)).To(Succeed())
			_, held := resolve.Image(image)
			Expect(held).To(BeNil())
		})
	}
})
