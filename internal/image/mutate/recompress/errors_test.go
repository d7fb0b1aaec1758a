package recompress

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

func TestErrorsNameTheLayerAndWhatToDo(t *testing.T) {
	t.Parallel()
	packed := v1.Hash{Algorithm: "sha256", Hex: strings.Repeat("a", 64)}
	plain := v1.Hash{Algorithm: "sha256", Hex: strings.Repeat("b", 64)}
	sent := &image.Blob{Descriptor: v1.Descriptor{Digest: packed}, DiffID: plain}
	waiting := &image.Blob{DiffID: plain}
	cases := []struct {
		name string
		blob *image.Blob
		err  error
		code string
		says []string
	}{
		{"a bomb", sent, fmt.Errorf("%w: more", compress.ErrTooLarge), codeLarge, []string{packed.String(), "leave compression away"}},
		{"a wide window", sent, fmt.Errorf("%w: 1", compress.ErrWindow), codeLarge, []string{"zstd --long", "Leave compression away"}},
		{"damage", waiting, fmt.Errorf("%w: bad", compress.ErrDamaged), codeDamaged, []string{plain.String(), "Build the image again"}},
		{"the disk", waiting, errors.New("on fire"), "internal", []string{plain.String(), "on fire"}},
	}
	for _, c := range cases {
		got := explain(c.blob, c.err)
		for _, says := range c.says {
			if !diag.Is(got, c.code) || !strings.Contains(got.Error(), says) || !errors.Is(got, c.err) {
				t.Errorf("%s: got %v, want %s: %s", c.name, got, c.code, says)
			}
		}
	}
}
