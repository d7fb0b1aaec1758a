package source_test

import (
	"testing"

	kzstd "github.com/klauspost/compress/zstd"
)

// zstd compresses raw with zstd.
func zstd(t testing.TB, raw []byte) []byte {
	t.Helper()
	w, err := kzstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	return w.EncodeAll(raw, nil)
}
