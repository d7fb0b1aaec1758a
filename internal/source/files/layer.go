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

// maxKept is the maximum total size of the compressed layers in memory, in
// bytes. If a layer is in memory, the push does not read its files a second
// time.
const maxKept = 8 << 20

// layer contains the files of one variant, and the digests of the layer that
// the first read of the files computed.
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
	remaining int // the number of bytes that may still be stored in memory
	made      map[*variant]*layer
}

// layerFor returns the layer of a variant. The first call for a variant
// builds the layer.
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

// noticeGitDir adds a notice if the image does not contain a .git folder of
// the input "content". The .git folder of a checkout can contain the token of
// the job, because actions/checkout stores the token in it by default.
func (m *builder) noticeGitDir(gitDir []string) {
	noticed := slices.ContainsFunc(m.notices, func(n diag.Notice) bool { return n.Code == codeGitDir })
	if len(gitDir) > 0 && !noticed {
		m.notices = append(m.notices, diag.Notice{
			Code: codeGitDir, Level: diag.Warning, Title: "The image does not contain a .git folder",
			Text: fmt.Sprintf("%q can contain the token of the job, so the image does not contain this folder. Set the input content to the folders that the image needs, and not to the complete checkout.", gitDir[0]),
		})
	}
}

// read reads the files for the first time, and computes the digests of the
// uncompressed layer and of the compressed layer.
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

// reopen returns a function that reads the files a second time. If the
// content of the files has changed, the reader returns an error at the end of
// the layer.
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

// limitedBuffer stores the written bytes. If the number of bytes exceeds a
// limit, limitedBuffer drops all bytes.
type limitedBuffer struct {
	remaining int
	raw       bytes.Buffer
	over      bool
}

// Write implements io.Writer. Write never returns an error.
func (k *limitedBuffer) Write(b []byte) (int, error) {
	if k.over = k.over || k.raw.Len()+len(b) > k.remaining; k.over {
		k.raw = bytes.Buffer{}
		return len(b), nil
	}
	return k.raw.Write(b)
}

// bytes returns the written bytes. If the number of bytes exceeded the limit,
// bytes returns nil.
func (k *limitedBuffer) bytes() []byte {
	if k.over {
		return nil
	}
	return k.raw.Bytes()
}
