package refusal_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
	"github.com/ghcr-publish/ghcr-publish/internal/registry/refusal"
)

func TestAnUploadCutOffSaysHowFastItWouldHaveToBe(t *testing.T) {
	t.Parallel()
	err := refusal.Explain(&registry.CutOff{Size: 6_000_000_000, Took: 10*time.Minute + 2*time.Second, Err: errors.New("connection reset")}, refusal.Evidence{})
	var told *diag.Error
	if !errors.As(err, &told) || told.Code != "upload-cut-off" {
		t.Fatalf("got %v", err)
	}
	for _, want := range []string{"10m2s", "6.0 GB", "10 MB/s", "connection reset"} {
		if !strings.Contains(told.Error(), want) {
			t.Errorf("%q does not say %q", told.Error(), want)
		}
	}
}
