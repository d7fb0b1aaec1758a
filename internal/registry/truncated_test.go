package registry_test

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
)

// steppingClock sets a clock that advances by step with each call.
func steppingClock(step time.Duration) func(*registry.Options) {
	var calls atomic.Int64
	return func(o *registry.Options) {
		o.Now = func() time.Time { return time.Unix(0, 0).Add(time.Duration(calls.Add(1)) * step) }
	}
}

func TestAnUploadThatEndsAtTheTimeLimitIsNotRetried(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name  string
		took  time.Duration
		sends int
	}{
		{"early", time.Second, 2},
		{"after ten minutes", 10 * time.Minute, 1},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			config := openWorld()
			config.Faults = []ghcrtest.Fault{{Method: "PUT", Path: "/blobs/upload", Effect: ghcrtest.Reset{RequestBytes: 10}}}
			r := newFixture(t, config, steppingClock(c.took))
			_, _, err := r.client.Upload(t.Context(), r.repo, knownBlob(repeatedText("layer", 100_000)), nil)
			var truncated *registry.TruncatedUpload
			if c.sends == 1 && (!errors.As(err, &truncated) || truncated.Took != c.took || truncated.Size != 100_000) {
				t.Errorf("got %v", err)
			}
			if c.sends == 2 && err != nil {
				t.Errorf("got %v", err)
			}
			if got := r.counts()[ghcrtest.ClassPutUpload]; got != c.sends {
				t.Errorf("the body was sent %d times, want %d", got, c.sends)
			}
		})
	}
}
