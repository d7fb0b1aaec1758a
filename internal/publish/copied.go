package publish

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"golang.org/x/sync/errgroup"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/image/rules"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/plan"
	"github.com/ghcr-publish/ghcr-publish/internal/source"
)

// maxCopied is the maximum total size of the configs that checkCopied keeps in
// memory, in bytes.
const maxCopied = 32 << 20

// checkCopied applies the rules for images to the configs that the run copies from
// another registry. The run reads such a config only once, and uses it for the check
// and for the upload.
func (r *run) checkCopied(ctx context.Context) error {
	configs := r.copiedConfigs()
	if len(configs) == 0 {
		return nil
	}
	group, gctx := errgroup.WithContext(ctx)
	group.SetLimit(16)
	for _, b := range configs {
		group.Go(func() error { return keepContent(gctx, b) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	warnings, err := rules.Check(ctx, r.outcome.Found.Root, rules.Options{})
	r.outcome.notice(newNotices(warnings, r.outcome.Notices())...)
	return err
}

// checkAgain applies the rules for images again after a change of the image. Labels are a
// change of each config, and the run has read configs for this change that it did not know
// before.
func (p preparedSource) checkAgain(ctx context.Context, src *source.Source) error {
	warnings, err := rules.Check(ctx, src.Root, p.destinationRules())
	src.Notices = append(src.Notices, newNotices(warnings, src.Notices)...)
	return err
}

// unreadConfigs returns the configs that are in a registry and that the run has not read.
func unreadConfigs(root *image.Manifest) []*image.Blob {
	var out []*image.Blob
	for _, m := range image.Manifests(root) {
		if m.IsRunnable() && m.Blobs[0].Content == nil && len(m.Blobs[0].MountFrom) > 0 && !m.Blobs[0].Pending() {
			out = append(out, m.Blobs[0])
		}
	}
	return out
}

// newNotices returns the warnings whose codes are not in the other list.
func newNotices(warnings, known []diag.Notice) []diag.Notice {
	return slices.DeleteFunc(warnings, func(n diag.Notice) bool {
		return slices.ContainsFunc(known, func(k diag.Notice) bool { return k.Code == n.Code })
	})
}

// copiedConfigs returns the configs that the run will read from a registry and upload.
func (r *run) copiedConfigs() []*image.Blob {
	isConfig := map[*image.Blob]bool{}
	for _, b := range unreadConfigs(r.outcome.Found.Root) {
		isConfig[b] = true
	}
	var out []*image.Blob
	size := int64(0)
	for _, s := range r.outcome.Plan.Of(plan.PushBlob) {
		b := s.Blob
		if !s.Needed || s.How != plan.Upload || !isConfig[b] || size+b.Descriptor.Size > maxCopied {
			continue
		}
		size += b.Descriptor.Size
		// Another target can need the same blob. The value false prevents a second entry
		// for this blob in the list.
		isConfig[b] = false
		out = append(out, b)
	}
	return out
}

// keepContent reads a blob into memory. If the bytes do not have the digest of the blob,
// the upload reads the blob again and reports the error.
func keepContent(ctx context.Context, b *image.Blob) error {
	in, err := b.Open(ctx)
	if err != nil {
		return err
	}
	defer in.Close()
	raw, err := io.ReadAll(io.LimitReader(in, b.Descriptor.Size+1))
	if err != nil {
		return fmt.Errorf("reading the config %s: %w", b.Descriptor.Digest, err)
	}
	hasher, err := v1.Hasher(b.Descriptor.Digest.Algorithm)
	if err != nil {
		return err
	}
	_, _ = hasher.Write(raw) // The method hash.Hash.Write never returns an error.
	if hex.EncodeToString(hasher.Sum(nil)) == b.Descriptor.Digest.Hex {
		b.Content = raw
		b.Open = func(context.Context) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(raw)), nil }
	}
	return nil
}
