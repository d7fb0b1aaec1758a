package input_test

import (
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/input"
)

func TestCheckNameAcceptsOnlyNamesOfTheDistributionSpecification(t *testing.T) {
	t.Parallel()
	c := &input.Common{Home: "ghcr.io", Registry: "ghcr.io"}
	cases := []struct {
		name string
		ok   bool
	}{
		{"ghcr.io/acme/web", true},
		{"acme/web", true},
		{"ghcr.io/Acme/Web", true},
		{"ghcr.io/acme/a__b.c-d--e", true},
		{"ghcr.io/octo_corp/web", true},
		{"docker.io/library/alpine", true},
		{"localhost:5000/web", true},
		{"[::1]:5000/web", true},
		{"a..b/web", false},
		{"-a.b/web", false},
		{"ghcr.io:/acme/web", false},
		{"ghcr.io", false},
		{"ghcr.io//web", false},
		{"ghcr.io/acme/web/", false},
		{"ghcr.io/acme/.github", false},
		{"ghcr.io/acme/_private", false},
		{"ghcr.io/acme/a..b", false},
		{"ghcr.io/acme/a___b", false},
		{"ghcr.io/acme/web--", false},
		{"ghcr.io/acme-/web", false},
		{"ghcr.io/ac.me/web", false},
		{"ghcr.io/acme/wéb", false},
		{"ghcr.io/acme/web:", false},
	}
	for _, c2 := range cases {
		if fault := c.CheckName(c2.name); (fault == nil) != c2.ok {
			t.Errorf("%s: got %+v, want ok %t", c2.name, fault, c2.ok)
		}
	}
}
