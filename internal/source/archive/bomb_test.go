package archive

import (
	"archive/tar"
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
)

// zeros returns a frame of zstd with the given number of zeros, in units of 128 KiB. Each unit
// is a block of the type RLE_Block and has 4 bytes (RFC 8878, section 3.1.1.2).
func zeros(units int) []byte {
	const unit, rle, last = 128 << 10, 1 << 1, 1
	out := append(binary.LittleEndian.AppendUint32(nil, 0xfd2fb528), 0, 7<<3) // The window has 128 KiB.
	for i := range units {
		header := uint32(unit<<3 | rle)
		if i == units-1 {
			header |= last
		}
		out = append(out, byte(header), byte(header>>8), byte(header>>16), 0)
	}
	return out
}

// headers returns a tar with the given headers and without an end.
func headers(t *testing.T, list ...tar.Header) []byte {
	t.Helper()
	var out bytes.Buffer
	for _, h := range list {
		w := tar.NewWriter(&out)
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if h.Size == 0 {
			_ = w.Flush() // Flush pads a global header.
		}
	}
	return out.Bytes()
}

// A compressed tar of a few kilobytes can keep the machine busy for minutes without the limits
// for everything that is not the content of a file.
func TestCompressedTarHasFewBytesOutsideItsFiles(t *testing.T) {
	t.Parallel()
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	pack := func(raw []byte) []byte { return w.EncodeAll(raw, nil) }
	const gib = 8 << 10 // in units of 128 KiB
	file := headers(t, tar.Header{Name: "a", Mode: 0o644})
	large := headers(t, tar.Header{Name: "a", Mode: 0o644, Size: (gib + 1) * 128 << 10, Format: tar.FormatGNU})
	folders := bytes.Repeat(headers(t, tar.Header{Typeflag: tar.TypeDir, Name: "d/", Mode: 0o755}), MaxFiles+1)
	pax := headers(t, tar.Header{Typeflag: tar.TypeXGlobalHeader, PAXRecords: map[string]string{"comment": "x"}})
	for _, c := range []struct {
		name, want string
		raw        []byte
	}{
		{"some zeros after the last file", "", append(pack(file), zeros(8)...)},
		{"zeros after the last file", "headers and padding", append(pack(file), zeros(gib+8)...)},
		{"a file of the same size", "", append(append(pack(large), zeros(gib+1)...), zeros(1)...)},
		{"too many folders", "more than 100000 files", pack(folders)},
		{"too many global headers", "more than 100000 files", pack(bytes.Repeat(pax, MaxFiles+1))},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := readRaw(c.raw)
			var got *diag.Error
			if c.want == "" && err != nil {
				t.Errorf("got %v", err)
			} else if c.want != "" && (!errors.As(err, &got) || !strings.Contains(got.Title, c.want)) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}
