package registry_test

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
)

// ticking is a clock that goes on by step each time it is looked at.
func ticking(step time.Duration) func(*registry.Options) {
	var looks atomic.Int64
	return func(o *registry.Options) {
		o.Now = func() time.Time { return time.Unix(0, 0).Add(time.Duration(looks.Add(1)) * step) }
	}
}

func TestAnUploadThatBreaksOffAtTheLimitIsNotSentAgain(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name  string
		took  time.Duration
		sends int
	}{
		{"soon", time.Second, 2},
		{"after ten minutes", 10 * time.Minute, 1},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			config := open()
			config.Faults = []ghcrtest.Fault{{Method: "PUT", Path: "/blobs/upload", Effect: ghcrtest.Reset{RequestBytes: 10}}}
			r := newRig(t, config, ticking(c.took))
			_, _, err := r.client.Upload(t.Context(), r.repo, known(pattern("layer", 100_000)), nil)
			var cut *registry.CutOff
			if c.sends == 1 && (!errors.As(err, &cut) || cut.Took != c.took || cut.Size != 100_000) {
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
