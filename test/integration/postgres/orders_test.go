package postgres_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

// ordersDB binds to the service orders, as files and as the variables that
// every client of PostgreSQL knows.
func ordersDB(policy v1alpha1.SourcePolicy) v1alpha1.BindingSpec {
	return v1alpha1.BindingSpec{
		Name:       "orders-db",
		ServiceRef: v1alpha1.ServiceReference{APIVersion: "db.example.com/v1", Kind: "Postgres", Name: "orders"},
		Policy:     policy,
		Env: []v1alpha1.BindingVariable{
			{Name: "PGHOST", Key: "host"},
			{Name: "PGPORT", Key: "port"},
			{Name: "PGDATABASE", Key: "database"},
			{Name: "PGUSER", Key: "username"},
			{Name: "PGPASSWORD", Key: "password"},
		},
	}
}

// Asks runs a program that asks the database, with each way to connect, and
// returns what it says.
func (c *Container) Asks() map[string]string {
	GinkgoHelper()
	said := map[string]string{}
	for _, way := range []string{"files", "uri", "variables"} {
		said[way] = c.Run(c.ctx, program, way)
	}
	return said
}

var _ = Describe("A program of an App that is bound to PostgreSQL", func() {
	const connects, refused = true, false
	says := func(s *Scene, files, uri, variables bool) map[string]string {
		of := map[bool]string{
			connects: s.Namespace + " finds 3 orders in " + s.Namespace,
			refused:  `exit status 1: client: connect: password authentication failed for user "` + s.Namespace + `" (28P01)`,
		}
		return map[string]string{"files": of[files], "uri": of[uri], "variables": of[variables]}
	}

	DescribeTable("connects, and connects again after the password was changed", func(ctx SpecContext, policy v1alpha1.SourcePolicy, filesFollow bool) {
		s := newScene(ctx)
		s.Provision(password("one"))
		s.App(ordersDB(policy))
		old := s.Start(s.RestsOn("1"), "app")
		Expect(old.Asks()).To(Equal(says(s, connects, connects, connects)))

		By("changing the password")
		s.Rotate(password("two"))
		Expect(old.Asks()).To(Equal(says(s, refused, refused, refused)), "with what was read at the start")
		old.Sync()
		Expect(old.Asks()).To(Equal(says(s, filesFollow, filesFollow, refused)), "with files that follow")

		By("waiting for new pods")
		renewed := s.Start(s.RestsOn("2"), "app")
		Expect(renewed.Asks()).To(Equal(says(s, connects, connects, connects)))
		Expect(s.Causes()).To(Equal([]string{"shop-1 spec", "shop-2 binding orders-db"}))
	},
		Entry("with the database's own Secret", v1alpha1.PolicyLive, true),
		Entry("with a copy", v1alpha1.PolicyPinned, false),
	)
})
