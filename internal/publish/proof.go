package publish

import (
	"context"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
)

// Proof checks where an image comes from, before the run writes anything.
type Proof interface {
	// Check returns an error if the image in the source must not be published. Otherwise,
	// Check returns notices about the proof.
	Check(ctx context.Context, digest v1.Hash) ([]diag.Notice, error)
}

// NoProof accepts every image.
type NoProof struct{}

// Check implements [Proof].
func (NoProof) Check(context.Context, v1.Hash) ([]diag.Notice, error) { return nil, nil }
