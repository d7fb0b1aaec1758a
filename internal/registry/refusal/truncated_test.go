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

func TestTruncatedUploadNamesTheNeededRate(t *testing.T) {
	t.Parallel()
	err := refusal.Explain(&registry.TruncatedUpload{Size: 6_000_000_000, Took: 10*time.Minute + 2*time.Second, Err: errors.New("connection reset")}, refusal.Evidence{})
	var diagErr *diag.Error
	if !errors.As(err, &diagErr) || diagErr.Code != refusal.CodeUploadTruncated {
		t.Fatalf("got %v", err)
	}
	for _, want := range []string{"10m2s", "6.0 GB", "10 MB/s", "connection reset"} {
		if !strings.Contains(diagErr.Error(), want) {
			t.Errorf("%q does not contain %q", diagErr.Error(), want)
		}
	}
}
