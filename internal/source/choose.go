package source

import (
	"context"
	"fmt"
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/image/document"
)

// choose returns the entry of index.json to publish. If the argument "pick" is
// empty and index.json has several entries, choose ignores each entry that is
// part of another entry. For example, the tool oras writes one entry for an
// index and one more entry for each platform image of the index. choose also
// ignores each entry that refers to another entry, for example the entry of a
// signature or of an SBOM.
func (l layout) choose(ctx context.Context, s *Source, all []entry, pick string) (entry, error) {
	if pick == "" {
		images := slices.DeleteFunc(slices.Clone(all), entry.belongsToImage)
		if left := len(all) - len(images); left > 0 && len(images) > 0 {
			s.Notices = append(s.Notices, referrersNotice(l.path, left))
			all = images
		}
	}
	chosen, err := pickOne(l.path, all, pick)
	if pick != "" || !diag.Is(err, CodeAmbiguous) {
		return chosen, err
	}
	topLevel, referrers, failed := l.topLevel(ctx, all)
	if failed != nil {
		return entry{}, failed
	}
	if len(topLevel) != 1 {
		return entry{}, err
	}
	if referrers > 0 {
		s.Notices = append(s.Notices, referrersNotice(l.path, referrers))
	}
	return topLevel[0], nil
}

func referrersNotice(path string, n int) diag.Notice {
	text := fmt.Sprintf("The run does not publish the %d manifests in %q that refer to the image, for example signatures and SBOMs.", n, path)
	if n == 1 {
		text = fmt.Sprintf("The run does not publish the manifest in %q that refers to the image, for example a signature or an SBOM.", path)
	}
	return diag.Notice{Code: codeReferrers, Level: diag.Info, Title: "Referrers are not published", Text: text}
}

// topLevel returns the entries that are not part of another entry and do not refer to
// another entry. topLevel also returns the number of entries that refer to another entry.
func (l layout) topLevel(ctx context.Context, all []entry) (topLevel []entry, referrers int, err error) {
	t := newTree(l, l.path)
	t.partial = true
	below := map[v1.Hash]bool{}
	refers := map[v1.Hash]v1.Hash{}
	for _, e := range all {
		root, err := t.read(ctx, rootDescriptor(e.desc))
		if err != nil {
			return nil, 0, err
		}
		if root == nil {
			continue
		}
		for _, m := range image.Manifests(root) {
			below[m.Descriptor.Digest] = below[m.Descriptor.Digest] || m != root
		}
		refers[e.desc.Digest] = subject(root.Raw)
	}
	for _, e := range all {
		switch {
		case below[e.desc.Digest]:
		case t.nodes[refers[e.desc.Digest]] != nil:
			referrers++
		default:
			topLevel = append(topLevel, e)
		}
	}
	return topLevel, referrers, nil
}

// subject returns the digest in the subject field of a manifest, or the zero
// hash if the manifest has no subject.
func subject(raw []byte) v1.Hash {
	doc, err := document.Parse("manifest", raw, "")
	if err != nil || doc.Subject == nil {
		return v1.Hash{}
	}
	return doc.Subject.Digest
}
