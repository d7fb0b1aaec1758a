package ghcrtest_test

import (
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
)

func TestUnknownFieldsOfAScenarioAreRefusedByName(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, text, field string }{
		{"in a list", `{"cases":[],"casses":[]}`, "casses"},
		{"in a scenario", `{"package":"ghcr.io/acme/app","version":[]}`, "version"},
		{"in a version", `{"package":"ghcr.io/acme/app","versions":[{"digest":"a","child":["b"]}]}`, "child"},
		{"in options", `{"package":"ghcr.io/acme/app","options":{"pull":{}}}`, "pull"},
		{"in an event", `{"package":"ghcr.io/acme/app","options":{"event":{"pr":1}}}`, "pr"},
		{"in a change", `{"package":"ghcr.io/acme/app","options":{"after-listing":[{"move":"v1"}]}}`, "move"},
		{"in a pushed version", `{"package":"ghcr.io/acme/app","options":{"after-listing":[{"push":{"label":"a"}}]}}`, "label"},
		{"in the expected result", `{"package":"ghcr.io/acme/app","expected":{"keep":[]}}`, "keep"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if _, err := ghcrtest.ParseSeed(strings.NewReader(c.text), ""); err == nil || !strings.Contains(err.Error(), `"`+c.field+`"`) {
				t.Errorf("got %v, want the field %q", err, c.field)
			}
		})
	}
}
