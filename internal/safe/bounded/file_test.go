package bounded

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

func TestFileFailsAfterItsLimit(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, make([]byte, 10), 0o600); err != nil {
		t.Fatal(err)
	}
	for limit, wantErr := range map[int64]bool{9: true, 10: false, 11: false} {
		if got, err := File(path, limit); (err != nil) != wantErr || !wantErr && len(got) != 10 {
			t.Errorf("limit %d: %d bytes, %v", limit, len(got), err)
		}
	}
	if _, err := File(path+"x", 1); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
}

// A sparse file needs no disk space, but its content would need memory.
func TestFileReadsNothingOfALargeFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, 1<<40); err != nil {
		t.Skip("the file system has no sparse files:", err)
	}
	if got, err := File(path, 1<<39); err == nil { // Without the check of the size, the test needs 512 GiB of memory.
		t.Errorf("got %d bytes", len(got))
	}
}
