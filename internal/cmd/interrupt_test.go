package cmd_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/cmd"
	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

// cancelWhen cancels the run, as a signal does, when a request arrives.
func (s *stage) cancelWhen(arrived func(ghcrtest.Request) bool) result {
	s.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	done := make(chan struct{})
	arrival := make(chan time.Time, 1)
	go func() {
		for {
			select {
			case <-done:
				return
			case <-time.After(2 * time.Millisecond):
			}
			if slices.ContainsFunc(s.server.Requests(), arrived) {
				arrival <- time.Now()
				cancel()
				return
			}
		}
	}()
	r := s.runIn(ctx)
	close(done)
	select {
	case at := <-arrival:
		if took := time.Since(at); took > 3*time.Second { // the limit is two seconds; the machine can be busy
			s.t.Errorf("the run continued for %s after the cancel", took)
		}
	default:
		r.fatal("the expected request did not arrive")
	}
	if r.code != cmd.Interrupted || !slices.Contains(r.codes(), "cancelled") {
		r.fatal("exit %d with the codes %q, want %d with the code cancelled", r.code, r.codes(), cmd.Interrupted)
	}
	return r
}

func class(c ghcrtest.Class) func(ghcrtest.Request) bool {
	return func(q ghcrtest.Request) bool { return q.Class == c }
}

func TestCancelDuringAnUpload(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme())
	s.server.Inject(ghcrtest.Fault{Path: "/blobs/upload/", Times: ghcrtest.Always, Effect: ghcrtest.Stall{}})
	source, _ := layout(t)
	r := s.with("source", source).cancelWhen(class(ghcrtest.ClassPutUpload))
	r.hasOutputs("pushed", "false", "digest", "", "tags", "", "outcome", "failed")
	if !strings.Contains(r.summary, "cancelled") {
		r.fatal("the summary does not report the cancel")
	}
	if tags := s.server.Tags("acme/web"); len(tags) > 0 {
		t.Errorf("tags exist: %q", tags)
	}
}

func TestCancelDuringTheFirstRequests(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme())
	s.server.Inject(ghcrtest.Fault{Path: "/v2/", Times: ghcrtest.Always, Effect: ghcrtest.Stall{}})
	source, _ := layout(t)
	s.with("source", source).cancelWhen(func(q ghcrtest.Request) bool { return strings.HasPrefix(q.Path, "/v2/") }).wroteNothing()
}

// The report of each tag agrees with the registry. The server never answers the write of
// one tag; the other tags are written before the cancel.
func TestCancelBetweenTags(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme())
	s.server.Inject(ghcrtest.Fault{Method: "PUT", Path: "/manifests/stalls", Times: ghcrtest.Always, Effect: ghcrtest.Stall{}})
	source, digest := layout(t)
	r := s.with("source", source, "tags", "one\nstalls\ntwo").cancelWhen(func(q ghcrtest.Request) bool {
		return strings.Contains(q.Path, "/manifests/stalls") && q.Method == "PUT"
	})
	r.hasOutputs("pushed", "false")
	reported := strings.Split(r.outputs["tags"], "\n")
	for _, tag := range []string{"one", "two"} {
		exists := s.server.Tag("acme/web", tag) == digest
		if isReported := slices.Contains(reported, s.image("acme/web:"+tag)); isReported != exists {
			t.Errorf("tag %s is reported: %t, exists: %t", tag, isReported, exists)
		}
	}
	if slices.Contains(reported, s.image("acme/web:stalls")) || !strings.Contains(r.stdout, "the registry did not confirm the tag") {
		r.fatal("the log does not report the tag without a response")
	}
}

func TestTimeoutIsReported(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme())
	s.server.Inject(ghcrtest.Fault{Path: "/blobs/upload/", Times: ghcrtest.Always, Effect: ghcrtest.Stall{}})
	source, _ := layout(t)
	r := s.with("source", source, "timeout", "300ms").run()
	r.failsWith("timeout", "300ms").hasOutputs("pushed", "false", "digest", "")
	if tags := s.server.Tags("acme/web"); len(tags) > 0 {
		t.Errorf("tags exist: %q", tags)
	}
}

func TestOutputsAfterAPartialFailureAreTrue(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme())
	s.server.Inject(ghcrtest.Fault{Method: "PUT", Path: "/manifests/bad", Times: ghcrtest.Always, Effect: ghcrtest.Answer{
		Status: 400, Code: "TAG_INVALID", Message: "no such tags here",
	}})
	source, digest := layout(t)
	r := s.with("source", source, "tags", "good\nbad").run()
	r.failsWith("registry-refused", "no such tags here").hasOutputs("pushed", "false", "changed", "true", "outcome", "failed")
	if s.server.Tag("acme/web", "good") == digest != strings.Contains(r.outputs["tags"], ":good") || strings.Contains(r.outputs["tags"], ":bad") {
		r.fatal("the output tags is %q", r.outputs["tags"])
	}
	if !strings.Contains(r.stdout, "failed after a part of the image was written") {
		r.fatal("the log does not state that the run wrote content")
	}
}

// All blobs exist and the tags are refused, but the run writes a manifest.
func TestNewManifestSetsTheOutputChanged(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme())
	image := func(annotation string) string {
		l := sourcetest.NewLayout(t)
		d := l.Image(sourcetest.AMD64, "x")
		d.Annotations = map[string]string{"a": annotation}
		l.Add(l.Index(d))
		return sourcetest.Dir(t, l.Files())
	}
	s.with("source", image("1"), "tags", "first").run().succeeds()
	s.server.Inject(ghcrtest.Fault{Method: "PUT", Path: "/manifests/bad", Times: ghcrtest.Always, Effect: ghcrtest.Answer{Status: 400, Code: "TAG_INVALID"}})
	r := s.with("source", image("2"), "tags", "bad1\nbad2").run()
	r.failsWith("registry-refused").hasOutputs("changed", "true", "tags", "", "pushed", "false")
	if strings.Contains(r.stdout, "Nothing was written") {
		r.fatal("the log states that nothing was written")
	}
}
