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

// cancelWhen ends the run as a signal would, once a request has arrived.
func (s *stage) cancelWhen(arrived func(ghcrtest.Request) bool) result {
	s.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	done := make(chan struct{})
	asked := make(chan time.Time, 1)
	go func() {
		for {
			select {
			case <-done:
				return
			case <-time.After(2 * time.Millisecond):
			}
			if slices.ContainsFunc(s.server.Requests(), arrived) {
				asked <- time.Now()
				cancel()
				return
			}
		}
	}()
	r := s.runIn(ctx)
	close(done)
	select {
	case at := <-asked:
		if took := time.Since(at); took > 3*time.Second { // two are promised; the machine may be busy
			s.t.Errorf("the run went on for %s after the cancel", took)
		}
	default:
		r.fatal("the awaited request never arrived")
	}
	if r.code != cmd.Interrupted {
		r.fatal("exit %d, want %d", r.code, cmd.Interrupted)
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
	if !strings.Contains(r.stdout, "The run was cancelled") || !strings.Contains(r.summary, "cancelled") {
		r.fatal("the cancel is not reported")
	}
	if tags := s.server.Tags("acme/web"); len(tags) > 0 {
		t.Errorf("tags were made: %q", tags)
	}
}

func TestCancelDuringTheFirstRequests(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme())
	s.server.Inject(ghcrtest.Fault{Path: "/v2/", Times: ghcrtest.Always, Effect: ghcrtest.Stall{}})
	source, _ := layout(t)
	s.with("source", source).cancelWhen(func(q ghcrtest.Request) bool { return strings.HasPrefix(q.Path, "/v2/") }).wroteNothing()
}

// TestCancelBetweenTags: what is reported of each tag is what the registry
// has. One tag stalls for good; the others are written before the cancel.
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
		there := s.server.Tag("acme/web", tag) == digest
		if isReported := slices.Contains(reported, s.image("acme/web:"+tag)); isReported != there {
			t.Errorf("tag %s is reported %t, and is there %t", tag, isReported, there)
		}
	}
	if slices.Contains(reported, s.image("acme/web:stalls")) || !strings.Contains(r.stdout, "the registry did not answer") {
		r.fatal("the tag without an answer is not reported as such")
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
		t.Errorf("tags were made: %q", tags)
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
		r.fatal("tags are reported as %q", r.outputs["tags"])
	}
	if !strings.Contains(r.stdout, "The run failed after it had written content.") {
		r.fatal("the log does not say that something was written")
	}
}

// TestNewManifestSetsTheOutputChanged: all blobs are there, the tags are refused, and
// still something was written.
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
		r.fatal("the log claims that nothing was written")
	}
}
