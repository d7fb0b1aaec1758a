package source

import (
	"context"
	"fmt"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
)

// choose finds the one entry of index.json to publish. Where none is picked
// and there are several, those that are part of another one do not count (oras
// lists the platforms of an index beside it), nor do those that refer to
// another one (signatures, SBOMs).
func (l layout) choose(ctx context.Context, s *Source, all []entry, pick string) (entry, error) {
	chosen, err := pickOne(l.path, all, pick)
	if pick != "" || !diag.Is(err, CodeAmbiguous) {
		return chosen, err
	}
	tops, referrers, failed := l.tops(ctx, all)
	if failed != nil {
		return entry{}, failed
	}
	if len(tops) != 1 {
		return entry{}, err
	}
	if referrers > 0 {
		s.Notices = append(s.Notices, diag.Notice{
			Code: "source-referrers-left", Level: diag.Info, Title: "Referrers are not published",
			Text: fmt.Sprintf("%d manifests in %q refer to the image (signatures, SBOMs and the like) and stay behind.", referrers, l.path),
		})
	}
	return tops[0], nil
}

// tops drops entries below others, and counts and drops referrers.
func (l layout) tops(ctx context.Context, all []entry) (tops []entry, referrers int, err error) {
	t := newTree(l, l.path)
	t.partial = true
	below := map[v1.Hash]bool{}
	refers := map[v1.Hash]v1.Hash{}
	for _, e := range all {
		root, err := t.read(ctx, bare(e.desc))
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
			tops = append(tops, e)
		}
	}
	return tops, referrers, nil
}

// subject is the digest of the manifest that a manifest refers to, if any.
func subject(raw []byte) v1.Hash {
	doc, err := parse(raw, "")
	if err != nil || doc.Subject == nil {
		return v1.Hash{}
	}
	return doc.Subject.Digest
}
