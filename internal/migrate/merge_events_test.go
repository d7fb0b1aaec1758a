package migrate

import (
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/flow"
)

func TestSampleEventsFollowTheTriggers(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, on, want string }{
		{"every push", "push", "push main, push feature/login, push release/1.2, push v1.2.3, push v1.3.0-rc.1, push 1.2.3, push nightly"},
		{"some branches", "{push: {branches: [master, 'release/**']}}", "push master, push release/1.2"},
		{"version tags", "{push: {tags: ['v*']}}", "push v1.2.3, push v1.3.0-rc.1"},
		{"tags with another form", "{push: {tags: ['app-[0-9]+']}}", "push v1.2.3"},
		{"several events", "[pull_request, release, schedule]", "pull_request 7/merge, release v1.2.3, release v1.3.0-rc.1, release nightly, schedule main"},
		{"another default branch", "{push: {branches: [trunk]}, workflow_dispatch: }", "push trunk, workflow_dispatch trunk, workflow_dispatch feature/login, workflow_dispatch v1.2.3"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			doc, err := flow.Parse([]byte("on: " + c.on + "\njobs: {a: {runs-on: x}}\n"))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, e := range sampleEvents(doc) {
				_, name, _ := strings.Cut(strings.TrimPrefix(e.ref, "refs/"), "/")
				got = append(got, e.name+" "+name)
			}
			if strings.Join(got, ", ") != c.want {
				t.Errorf("got %q, want %q", strings.Join(got, ", "), c.want)
			}
		})
	}
}
