package sink

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// A killed run leaves its incomplete file, and the operating system releases the lock.
func TestOnlyIncompleteFilesOfDeadProcessesAreRemoved(t *testing.T) {
	t.Parallel()
	f, err := openFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer f.close()
	running, name, err := f.create("image.tar")
	if err != nil {
		t.Fatal(err)
	}
	defer running.Close()
	dead := partPrefix + "DEAD" + partSuffix
	for _, other := range []string{dead, "theirs.part", partPrefix + "x", "image.tar"} {
		if err := os.WriteFile(filepath.Join(f.dir, other), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.removeAbandoned(".", time.Now()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(f.dir, dead)); err != nil {
		t.Errorf("a new file was removed: %v", err)
	}
	if err := f.removeAbandoned(".", time.Now().Add(100*time.Hour)); err != nil {
		t.Fatal(err)
	}
	for _, other := range []string{name, "theirs.part", partPrefix + "x", "image.tar"} {
		if _, err := os.Stat(filepath.Join(f.dir, other)); err != nil {
			t.Errorf("%s: %v", other, err)
		}
	}
	if _, err := os.Stat(filepath.Join(f.dir, dead)); err == nil {
		t.Error("the file of a dead process stays")
	}
}
