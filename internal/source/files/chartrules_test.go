package files

import (
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
)

// The words are the answers of Helm.
func TestChartsFollowTheRulesOfHelm(t *testing.T) {
	t.Parallel()
	const head = "apiVersion: v2\nname: web\n"
	cases := []struct{ name, text, words string }{
		{"a version", head + "version: 1.2.3", ""},
		{"a version with a v", head + "version: v1.2.3", ""},
		{"a version with two numbers", head + `version: "1.2"`, ""},
		{"a version with one number", head + `version: "1"`, ""},
		{"a version with build data", head + "version: 0.1.0-rc.1+build.7", ""},
		{"an app version", head + "version: 1.2.3\nappVersion: \"1.16\"", ""},
		{"an app version that is not semantic", head + "version: 1.2.3\nappVersion: latest", ""},
		{"a library", head + "version: 1.2.3\ntype: library", ""},
		{"no version", head, "chart.metadata.version is required"},
		{"an empty version", head + "version:", "chart.metadata.version is required"},
		{"a version that is a number", head + "version: 1.2", `version: "1.2"`},
		{"a version that is a whole number", head + "version: 3", `version: "3"`},
		{"a version that is a word", head + "version: latest", "chart.metadata.version is invalid"},
		{"four numbers", head + "version: 1.2.3.4", "chart.metadata.version is invalid"},
		{"a version with an underscore", head + "version: 1.2.3_a", "chart.metadata.version is invalid"},
		{"a version with a line break", head + `version: "1.2.3\n"`, "chart.metadata.version is invalid"},
		{"an app version that is a number", head + "version: 1.2.3\nappVersion: 1.16", `appVersion: "1.16"`},
		{"keywords that are text", head + "version: 1.2.3\nkeywords: a", `the field "keywords"`},
		{"an annotation that is a number", head + "version: 1.2.3\nannotations: {a: 1}", "cannot unmarshal"},
		{"no apiVersion", "name: web\nversion: 1.2.3", "chart.metadata.apiVersion is required"},
		{"no name", "apiVersion: v2\nversion: 1.2.3", "chart.metadata.name is required"},
		{"a name with a slash", "apiVersion: v2\nname: a/b\nversion: 1.2.3", "chart.metadata.name is invalid"},
		{"another type", head + "version: 1.2.3\ntype: app", "application or library"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			metadata, err := parseMetadata(strings.NewReader(c.text))
			if err != nil {
				t.Fatal(err)
			}
			err = checkChart("web.tgz", metadata)
			if (err == nil) != (c.words == "") || err != nil && (!diag.Is(err, CodeChart) || !strings.Contains(err.Error(), c.words)) {
				t.Errorf("got %v, want %q", err, c.words)
			}
		})
	}
}
