package cmd_test

import (
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
)

func TestInputVerifySelectsTheVerificationRequests(t *testing.T) {
	t.Parallel()
	cases := []struct {
		verify    string
		reads     bool // tags and digest after the write
		api, pull bool
	}{
		{"full", true, true, true},
		{"digest", true, false, false},
		{"none", false, false, false},
	}
	for _, c := range cases {
		t.Run(c.verify, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, acme())
			source, digest := layout(t)
			r := s.with("source", source, "verify", c.verify).run().succeeds().hasOutputs("digest", digest, "pushed", "true")
			wrote, read := -1, false
			for i, q := range r.requests {
				if q.Class == ghcrtest.ClassPutManifest && strings.HasSuffix(q.Path, "/main") {
					wrote = i
				}
				read = read || wrote >= 0 && i > wrote && q.Class == ghcrtest.ClassHeadManifest
			}
			if read != c.reads {
				t.Errorf("reads after the write: %t, want %t", read, c.reads)
			}
			if api := r.count("", "/api/v3/") > 0; api != c.api {
				t.Errorf("requests to the API: %t, want %t", api, c.api)
			}
			if (r.outputs["anonymous-pull"] == "verified") != c.pull {
				t.Errorf("the output anonymous-pull is %q", r.outputs["anonymous-pull"])
			}
		})
	}
}

func TestVerificationWaitsForALaggingRegistry(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme())
	s.server.Inject(ghcrtest.Fault{Method: "PUT", Path: "/manifests/main", Effect: ghcrtest.Lag{Reads: 2}})
	source, digest := layout(t)
	s.with("source", source).run().succeeds().hasOutputs("digest", digest, "anonymous-pull", "verified", "visibility", "public")
}
