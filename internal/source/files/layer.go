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
	"github.com/ghcr-publish/ghcr-publish/internal/image/mutate/recompress"
)

// maxKept bounds the compressed layers that are kept in memory in the place
// of a second reading, in bytes and in all.
const maxKept = 8 << 20

// layer is the files of one variant, with the digests they had when they were
// first read.
type layer struct {
	blob     *image.Blob
	diffID   v1.Hash
	machines map[string]bool // architectures of the programs in it

	list []*entry
	name string
}

// layers makes each variant's layer once.
type layers struct {
	*maker
	room int // bytes that may still be kept
	made map[*variant]*layer
}

// of makes the layer of a variant, or gives back the one that was made.
func (ls *layers) of(ctx context.Context, v *variant) (*layer, error) {
	if l := ls.made[v]; l != nil {
		return l, nil
	}
	list, gitDir, err := gather(ctx, v.content, ls.Files.Base == nil)
	if err != nil {
		return nil, err
	}
	ls.leftOut(gitDir)
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

// leftOut says what was not taken. A checkout's .git holds the job's token
// where actions/checkout persisted it.
func (m *maker) leftOut(gitDir []string) {
	const code = "content-git-left-out"
	said := slices.ContainsFunc(m.notices, func(n diag.Notice) bool { return n.Code == code })
	if len(gitDir) > 0 && !said {
		m.notices = append(m.notices, diag.Notice{
			Code: code, Level: diag.Warning, Title: "A .git folder was left out",
			Text: fmt.Sprintf("%q may hold the job's token and is not put into an image. Name the folders that the image needs, in the place of the whole checkout.", gitDir[0]),
		})
	}
}

// read reads the files once, and finds the digests of the layer, plain and
// compressed.
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
	kept := &keeper{room: ls.room}
	digest, size, err := v1.SHA256(io.TeeReader(packed, kept))
	if err := errors.Join(err, packed.Close()); err != nil {
		return err
	}
	l.blob = &image.Blob{
		Descriptor: v1.Descriptor{MediaType: recompress.LayerType(ls.Compression.Format), Digest: digest, Size: size},
		DiffID:     l.diffID, Open: l.again(ls.Epoch, ls.Compression),
	}
	if raw := kept.bytes(); raw != nil {
		ls.room -= len(raw)
		l.blob.Open = func(context.Context) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(raw)), nil }
	}
	return nil
}

// again reads the files a second time, and finds out whether they are the same.
func (l *layer) again(epoch time.Time, m compress.Method) func(context.Context) (io.ReadCloser, error) {
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

// keeper keeps what is written to it, until that is too much.
type keeper struct {
	room int
	raw  bytes.Buffer
	over bool
}

// Write implements io.Writer, and never fails.
func (k *keeper) Write(b []byte) (int, error) {
	if k.over = k.over || k.raw.Len()+len(b) > k.room; k.over {
		k.raw = bytes.Buffer{}
		return len(b), nil
	}
	return k.raw.Write(b)
}

// bytes are what was written, nil if it was too much.
func (k *keeper) bytes() []byte {
	if k.over {
		return nil
	}
	return k.raw.Bytes()
}
