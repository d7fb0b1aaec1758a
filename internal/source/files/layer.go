package files

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/image/compress"
)

// maxKept limits the total size of the compressed layers that are kept in
// memory, in bytes. The files of such a layer need no second read.
const maxKept = 8 << 20

// layer contains the files of one variant, with their digests at the time of
// the first read.
type layer struct {
	blob     *image.Blob
	diffID   v1.Hash
	machines map[string]bool // the architectures of the programs in the layer

	list []*entry
	name string
}

// layers builds the layer of each variant once.
type layers struct {
	*builder
	remaining int // the number of bytes that may still be kept
	made      map[*variant]*layer
}

// layerFor returns the layer of a variant. It builds the layer at the first
// call.
func (ls *layers) layerFor(ctx context.Context, v *variant) (*layer, error) {
	if l := ls.made[v]; l != nil {
		return l, nil
	}
	list, gitDir, err := gather(ctx, v.content, ls.Files.Base == nil)
	if err != nil {
		return nil, err
	}
	ls.noticeGitDir(gitDir)
	l := &layer{list: list, machines: map[string]bool{}, name: ls.Name}
	if err := ls.read(ctx, l); err != nil {
		return nil, err
	}
	if ls.made == nil {
		ls.made = map[*variant]*layer{}
	}
	ls.made[v] = l
	return l, nil
}

// noticeGitDir adds a notice if a .git folder was left out. The .git folder of
// a checkout contains the token of the job if actions/checkout stored it.
func (m *builder) noticeGitDir(gitDir []string) {
	noticed := slices.ContainsFunc(m.notices, func(n diag.Notice) bool { return n.Code == codeGitDir })
	if len(gitDir) > 0 && !noticed {
		m.notices = append(m.notices, diag.Notice{
			Code: codeGitDir, Level: diag.Warning, Title: "A .git folder was left out",
			Text: fmt.Sprintf("%q can contain the token of the job, so the image does not contain this folder. Set content to the folders that the image needs instead of the complete checkout.", gitDir[0]),
		})
	}
}

// read reads the files once and computes the digests of the uncompressed and
// of the compressed layer.
func (ls *layers) read(ctx context.Context, l *layer) error {
	plain := stream(ctx, l.list, ls.Epoch, func(head []byte) {
		if m := machine(head); m != "" {
			l.machines[m] = true
		}
	})
	packed := ls.Compression.Compress(plain, func(sum [sha256.Size]byte, _ int64) error {
		l.diffID = v1.Hash{Algorithm: "sha256", Hex: hex.EncodeToString(sum[:])}
		return nil
	})
	kept := &limitedBuffer{remaining: ls.remaining}
	digest, size, err := v1.SHA256(io.TeeReader(packed, kept))
	if err := errors.Join(err, packed.Close()); err != nil {
		return err
	}
	l.blob = &image.Blob{
		Descriptor: v1.Descriptor{MediaType: ls.Compression.Format.LayerType(), Digest: digest, Size: size},
		DiffID:     l.diffID, Open: l.reopen(ls.Epoch, ls.Compression),
	}
	if raw := kept.bytes(); raw != nil {
		ls.remaining -= len(raw)
		l.blob.Open = func(context.Context) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(raw)), nil }
	}
	return nil
}

// reopen returns a function that reads the files a second time. At the end of
// the layer, the reader returns an error if the content has changed.
func (l *layer) reopen(epoch time.Time, m compress.Method) func(context.Context) (io.ReadCloser, error) {
	return func(ctx context.Context) (io.ReadCloser, error) {
		plain := stream(ctx, l.list, epoch, func([]byte) {})
		return m.Compress(plain, func(sum [sha256.Size]byte, _ int64) error {
			if hex.EncodeToString(sum[:]) != l.diffID.Hex {
				return changed(l.name, nil)
			}
			return nil
		}), nil
	}
}

// limitedBuffer keeps the bytes that are written to it, up to a limit.
type limitedBuffer struct {
	remaining int
	raw       bytes.Buffer
	over      bool
}

// Write implements io.Writer. It never returns an error.
func (k *limitedBuffer) Write(b []byte) (int, error) {
	if k.over = k.over || k.raw.Len()+len(b) > k.remaining; k.over {
		k.raw = bytes.Buffer{}
		return len(b), nil
	}
	return k.raw.Write(b)
}

// bytes returns the written bytes, or nil if they exceeded the limit.
func (k *limitedBuffer) bytes() []byte {
	if k.over {
		return nil
	}
	return k.raw.Bytes()
}
