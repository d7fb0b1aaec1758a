package publish

import (
	"context"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/inspect"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/push"
)

// A registry that sends the content of a previous image slowly delays the end of the run
// only for a short time.
func TestReportDoesNotWaitForASlowComparison(t *testing.T) {
	t.Parallel()
	content, err := inspect.NewContent(&image.Manifest{Descriptor: v1.Descriptor{MediaType: types.OCIManifestSchema1}, Raw: []byte(`{"schemaVersion":2}`)})
	if err != nil {
		t.Fatal(err)
	}
	limited, stop := context.WithTimeout(t.Context(), time.Minute) // The test fails and does not wait without an end.
	defer stop()
	ctx, cancel := context.WithCancelCause(limited)
	c := &comparison{run: &run{outcome: &Outcome{Result: &push.Result{}}}, content: content, delay: time.Nanosecond, cancel: cancel}
	c.reading.Go(func() {
		<-ctx.Done()
		err = because(ctx, ctx.Err())
	})
	c.report()
	if err == nil || !strings.Contains(err.Error(), "did not send the previous image") {
		t.Errorf("got %v", err)
	}
}
