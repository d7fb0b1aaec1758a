package bounded

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

func TestTextHasNoByteOrderMark(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, raw, want string }{
		{"UTF-8 without a mark", "{\"a\":\"é\"}\r\n", "{\"a\":\"é\"}\r\n"},
		{"UTF-8 with a mark", "\xef\xbb\xbf{\"a\":\"é\"}\r\n", "{\"a\":\"é\"}\r\n"},
		{"UTF-16 of Windows PowerShell", "\xff\xfe{\x00\xe9\x00}\x00\r\x00\n\x00", "{é}\r\n"},
		{"UTF-16 with the other byte order", "\xfe\xff\x00{\x00\xe9\x00}", "{é}"},
		{"bytes that are not text", "\x00\xff\xfe\x80", "\x00\xff\xfe\x80"},
		{"only a mark", "\xef\xbb\xbf", ""},
		{"empty", "", ""},
	} {
		path := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(path, []byte(c.raw), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := Text(path, int64(len(c.raw))); err != nil || string(got) != c.want {
			t.Errorf("%s: got %q, %v, want %q", c.name, got, err, c.want)
		}
	}
}

func TestTextReturnsTheErrorsOfFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file")
	if _, err := Text(path, 3); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v for a missing file", err)
	}
	if err := os.WriteFile(path, []byte("four"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := Text(path, 3); err == nil {
		t.Errorf("got %q for a file that is too large", got)
	}
}
