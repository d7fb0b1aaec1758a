package schema_test

import (
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/report/schema"
)

func TestCheckRefusesAReportThatDiffersFromItsSchema(t *testing.T) {
	t.Parallel()
	const valid = `{"schema": "ghcr-publish/check/v1", "outcome": "ready", "findings": [], "images": [], "run": {}}`
	cases := []struct{ name, old, replacement, want string }{
		{"a valid report", "", "", ""},
		{"an unknown key", `"run": {}`, `"run": {"color": "red"}`, "color"},
		{"a missing key", `"findings": [], `, "", "findings"},
		{"a value of another type", `"findings": []`, `"findings": null`, "array"},
		{"an unknown schema", "check/v1", "check/v2", "check/v2"},
		{"not JSON", "{", "", "parsing"},
	}
	checker := &schema.Checker{Folder: ".."}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			err := checker.Check([]byte(strings.Replace(valid, c.old, c.replacement, 1)))
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error with %q", err, c.want)
			}
		})
	}
}
