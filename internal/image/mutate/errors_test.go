package mutate

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/image/compress"
)

func TestLayerErrorsNameTheLayerAndTheCure(t *testing.T) {
	t.Parallel()
	packed := v1.Hash{Algorithm: "sha256", Hex: strings.Repeat("a", 64)}
	plain := v1.Hash{Algorithm: "sha256", Hex: strings.Repeat("b", 64)}
	known := &image.Blob{Descriptor: v1.Descriptor{Digest: packed}, DiffID: plain}
	pending := &image.Blob{DiffID: plain}
	cases := []struct {
		name string
		blob *image.Blob
		err  error
		code string
		says []string
	}{
		{"a bomb", known, fmt.Errorf("%w: more", compress.ErrTooLarge), codeTooLarge, []string{packed.String(), `Remove the input compression`}},
		{"a large window", known, fmt.Errorf("%w: 1", compress.ErrWindow), codeTooLarge, []string{"zstd --long", `Remove the input compression`}},
		{"damage", pending, fmt.Errorf("%w: bad", compress.ErrDamaged), codeDamaged, []string{plain.String(), "Build the image again"}},
		{"another error", pending, errors.New("disk failure"), "internal", []string{plain.String(), "disk failure"}},
	}
	for _, c := range cases {
		got := layerError(c.blob, c.err)
		for _, says := range c.says {
			if !diag.Is(got, c.code) || !strings.Contains(got.Error(), says) || !errors.Is(got, c.err) {
				t.Errorf("%s: got %v, want %s: %s", c.name, got, c.code, says)
			}
		}
	}
}
