package cmd_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
)

// repository returns the repository object of a payload. A schedule has no such object.
func repository() map[string]any {
	return map[string]any{
		"full_name": "acme/web", "default_branch": "main", "visibility": "public",
		"owner": map[string]any{"login": "acme", "type": "Organization"},
	}
}

// TestTagsFollowTheEvent checks the default tags of each event in the registry.
func TestTagsFollowTheEvent(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, event, ref string
		payload          map[string]any
		existing         []string // tags in the registry
		tags             string
		version          string
	}{
		{name: "branch", event: "push", ref: "refs/heads/feature/x", tags: "feature-x", version: "feature-x"},
		{name: "version tag", event: "push", ref: "refs/tags/v1.2.3", tags: "1.2.3\n1.2\n1\nlatest", version: "1.2.3"},
		{name: "version tag below a higher one", event: "push", ref: "refs/tags/v1.2.3", existing: []string{"2.0.0"}, tags: "1.2.3\n1.2\n1", version: "1.2.3"},
		{name: "version tag below a higher one of its series", event: "push", ref: "refs/tags/v1.2.3", existing: []string{"1.2.9"}, tags: "1.2.3", version: "1.2.3"},
		{name: "version tag above others", event: "push", ref: "refs/tags/v1.2.3", existing: []string{"1.2.2", "1.0.0", "2.0.0-rc1"}, tags: "1.2.3\n1.2\n1\nlatest", version: "1.2.3"},
		{name: "0.x has no major", event: "push", ref: "refs/tags/v0.4.1", tags: "0.4.1\n0.4\nlatest", version: "0.4.1"},
		{name: "prerelease", event: "push", ref: "refs/tags/v1.2.3-rc.1", tags: "1.2.3-rc.1", version: "1.2.3-rc.1"},
		{name: "other tag", event: "push", ref: "refs/tags/nightly-7", tags: "nightly-7", version: "nightly-7"},
		{name: "pull request", event: "pull_request", ref: "refs/pull/7/merge", payload: map[string]any{"number": 7}, tags: "pr-7", version: "pr-7"},
		{name: "schedule without a repository object", event: "schedule", ref: "refs/heads/main", payload: map[string]any{"schedule": "0 0 * * *"}, tags: "nightly", version: "nightly"},
		{name: "workflow_dispatch", event: "workflow_dispatch", ref: "refs/heads/main", tags: "main", version: "main"},
		{name: "release", event: "release", ref: "refs/tags/v2.0.0", payload: map[string]any{"release": map[string]any{"prerelease": false}}, tags: "2.0.0\n2.0\n2\nlatest", version: "2.0.0"},
		{name: "release marked as prerelease", event: "release", ref: "refs/tags/v2.0.0", payload: map[string]any{"release": map[string]any{"prerelease": true}}, tags: "2.0.0", version: "2.0.0"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			config := acme()
			config.Packages = []ghcrtest.Package{{Name: "acme/web", Repository: "acme/web", Visibility: ghcrtest.Public}}
			s := newStage(t, config)
			for _, tag := range c.existing {
				s.server.AddManifest("acme/web", tag, "application/vnd.oci.image.index.v1+json", []byte(`{"schemaVersion":2,"manifests":[]}`))
			}
			if c.payload == nil {
				c.payload = map[string]any{}
			}
			if c.event != "schedule" {
				c.payload["repository"] = repository()
			}
			s.event(c.payload)
			s.env["GITHUB_EVENT_NAME"], s.env["GITHUB_REF"] = c.event, c.ref
			source, digest := layout(t)
			r := s.with("source", source).run().succeeds().hasOutputs("tag-names", c.tags, "version", c.version)
			for tag := range strings.SplitSeq(c.tags, "\n") {
				if got := s.server.Tag("acme/web", tag); got != digest {
					t.Errorf("tag %s points at %q, want %q", tag, got, digest)
				}
			}
			if n := len(s.server.Tags("acme/web")); n > strings.Count(c.tags, "\n")+1+len(c.existing) {
				t.Errorf("unexpected tags: %q", s.server.Tags("acme/web"))
			}
			if strings.Contains(r.stdout, "::warning") {
				t.Errorf("unexpected warning:\n%s", r.stdout)
			}
		})
	}
}

// A run without the input "tags" moves no tag of a variant of a release, also if the
// registry does not list its tags. An error of a short time has no effect.
func TestBranchMovesNoTagOfAReleaseWithoutTheListOfTheTags(t *testing.T) {
	t.Parallel()
	refused := ghcrtest.Fault{Path: "/tags/list", Times: ghcrtest.Always, Effect: ghcrtest.Answer{Status: http.StatusMethodNotAllowed}}
	brief := ghcrtest.Fault{Path: "/tags/list", Times: 1, Effect: ghcrtest.Answer{Status: http.StatusServiceUnavailable}}
	cases := []struct {
		name  string
		fault ghcrtest.Fault
		code  string
		tags  string // the input "tags"
		want  string // the tag that the run writes
	}{
		{"the registry never lists its tags", refused, "registry-refused", "", ""},
		{"the registry fails once", brief, "", "", "branch-3-alpine"},
		{"the input tags selects the name of the branch", refused, "", "type=ref,event=branch", "3-alpine"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			config := acme()
			config.Packages = []ghcrtest.Package{{Name: "acme/web", Repository: "acme/web", Visibility: ghcrtest.Public}}
			s := newStage(t, config)
			var release string
			for _, tag := range []string{"3.1.0-alpine", "3.1-alpine", "3-alpine"} {
				release = s.server.AddManifest("acme/web", tag, "application/vnd.oci.image.index.v1+json", []byte(`{"schemaVersion":2,"manifests":[]}`))
			}
			s.event(map[string]any{"repository": repository()})
			s.env["GITHUB_EVENT_NAME"], s.env["GITHUB_REF"] = "push", "refs/heads/3-alpine"
			s.server.Inject(c.fault)
			source, digest := layout(t)
			r := s.with("source", source, "tags", c.tags).run()
			if c.code != "" {
				r.wroteNothing().failsWith(c.code, "list tags", "tags: type=ref,event=branch")
			} else if r.succeeds(); s.server.Tag("acme/web", c.want) != digest {
				t.Errorf("the tags are %q", s.server.Tags("acme/web"))
			}
			if got := s.server.Tag("acme/web", "3-alpine"); got != release && c.want != "3-alpine" {
				t.Errorf("the tag of the release points at %s", got)
			}
		})
	}
}

// The error lists each rule with the reason why it gave no tag. The program does not
// choose another tag.
func TestEventWithoutATagIsExplained(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, event, ref string
		payload          map[string]any
		words            string
	}{
		{"workflow_run reports the default branch", "workflow_run", "refs/heads/main", map[string]any{}, "dry-run: ${{ github.event_name == 'workflow_run' }}"},
		{"issue_comment reports the default branch", "issue_comment", "refs/heads/main", map[string]any{}, "the commit of an event issue_comment can differ from the head"},
		{"a deleted branch", "push", "refs/heads/gone", map[string]any{"deleted": true}, "the push deleted"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, acme())
			c.payload["repository"] = repository()
			s.event(c.payload)
			s.env["GITHUB_EVENT_NAME"], s.env["GITHUB_REF"] = c.event, c.ref
			source, _ := layout(t)
			r := s.with("source", source).run().wroteNothing().failsWith("no-tags", c.words, "type=semver")
			if tags := s.server.Tags("acme/web"); len(tags) > 0 {
				r.fatal("tags exist: %q", tags)
			}
		})
	}
}

// The events of this test publish nothing without the input "tags", and the step succeeds.
// The merge queue opens the source, because it tests the build.
func TestEventThatPublishesNothingSucceeds(t *testing.T) {
	t.Parallel()
	release := func(action string) map[string]any {
		return map[string]any{"action": action, "release": map[string]any{"prerelease": false}}
	}
	cases := []struct {
		name, event, ref string
		payload          map[string]any
		tests            bool
	}{
		{"merge queue", "merge_group", "refs/heads/gh-readonly-queue/main/pr-7-abc", map[string]any{}, true},
		{"deleted release", "release", "refs/tags/v1.2.3", release("deleted"), false},
		{"unpublished release", "release", "refs/tags/v1.2.3", release("unpublished"), false},
		{"edited release", "release", "refs/tags/v1.2.3", release("edited"), false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, acme())
			c.payload["repository"] = repository()
			s.event(c.payload)
			s.env["GITHUB_EVENT_NAME"], s.env["GITHUB_REF"] = c.event, c.ref
			source, _ := layout(t)
			r := s.with("source", source).run().succeeds().wroteNothing().hasOutputs("outcome", "skipped", "tags", "", "pushed", "false")
			if !strings.Contains(r.stdout, "::notice") || strings.Contains(r.stdout, "::warning") {
				r.fatal("want a notice and no warning")
			}
			s.with("version", "1.2.3", "flavor", "latest=true").run().succeeds().wroteNothing().hasOutputs("outcome", "skipped")
			s.with("source", source+"-missing").run().wroteNothing()
			if missing := s.run(); (missing.code != 0) != c.tests {
				missing.fatal("the source was opened: %t, want %t", missing.code != 0, c.tests)
			}
			s.with("source", source, "tags", "type=raw,value=candidate", "version", "", "flavor", "").run().succeeds().hasOutputs("tag-names", "candidate")
		})
	}
}

// The hint for events without tags sets dry-run. With this input, the step succeeds.
func TestDryRunOfAnEventWithoutATagSucceeds(t *testing.T) {
	t.Parallel()
	for _, tags := range []string{"", "type=semver,pattern={{version}}"} {
		for _, event := range []string{"merge_group", "workflow_run", "issue_comment", "delete", "repository_dispatch"} {
			s := newStage(t, acme())
			s.env["GITHUB_EVENT_NAME"] = event
			source, _ := layout(t)
			s.with("source", source, "tags", tags, "dry-run", "true").run().succeeds().wroteNothing().hasOutputs("outcome", "skipped")
			if r := s.with("dry-run", "").run().wroteNothing(); strings.Contains(r.stdout, "latest") {
				r.fatal("the hint for the event %s names the tag latest", event)
			}
		}
	}
}

func TestInputTagsAcceptsTheRulesOfMetadataAction(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme())
	s.env["GITHUB_REF"] = "refs/tags/v1.2.3"
	source, _ := layout(t)
	s.with("source", source, "tags", "type=semver,pattern={{version}}\ntype=sha\ntype=raw,value=edge,enable={{is_default_branch}}")
	s.run().succeeds().hasOutputs("tag-names", "1.2.3\nsha-ccccccc\nlatest", "version", "1.2.3")
}
