package source

import (
	"encoding/hex"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
)

// verify compares the size and the digest of the bytes with the descriptor.
func verify(path string, desc v1.Descriptor, raw []byte) error {
	if int64(len(raw)) != desc.Size {
		return diag.New(CodeBlobMismatch, diag.Source, hintRebuild, nil,
			"%s in %q has %d bytes, but its descriptor states %d", desc.Digest, path, len(raw), desc.Size)
	}
	hasher, err := v1.Hasher(desc.Digest.Algorithm)
	if err != nil {
		return unreadable(err, "%s in %q cannot be verified", desc.Digest, path)
	}
	_, _ = hasher.Write(raw) // The method Write of hash.Hash never returns an error.
	if got := hex.EncodeToString(hasher.Sum(nil)); got != desc.Digest.Hex {
		return diag.New(CodeBlobMismatch, diag.Source, hintRebuild, nil,
			"%s in %q is damaged: its content has the digest %s:%s", desc.Digest, path, desc.Digest.Algorithm, got)
	}
	return nil
}
