package login

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/secret"
)

// A full disk or a signal can prevent the second of the two writes. The logout state must then
// list each login in the login file, because a later logout restores the replaced login from
// the logout state.
func TestLogoutCanBeRepeatedAfterItsWriteFailed(t *testing.T) {
	t.Parallel()
	const original = `{"auths":{"ghcr.io":{"auth":"b2xkOm9sZA=="}}}`
	dir := t.TempDir()
	path := filepath.Join(dir, "config.json")
	if err := os.WriteFile(path, []byte(original), 0o600); err != nil {
		t.Fatal(err)
	}
	s := &Session{ID: "1", Files: []string{path}, StateFolder: filepath.Join(dir, "state")}
	if err := s.Login(t.Context(), []Login{{Host: "ghcr.io", Username: "u", Secret: secret.New("s")}}); err != nil {
		t.Fatal(err)
	}
	_, err := s.editLocked(path, false, func(f *file) error {
		f.path = filepath.Join(dir, "missing", "config.json") // The login file cannot be written.
		return s.removeRecorded(f)
	})
	if err == nil {
		t.Fatal("the logout returned no error")
	}
	if err := s.Logout(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != original {
		t.Errorf("got %q, %v, want %q", got, err, original)
	}
}

// A run that is killed after the first write of a logout leaves the logout state.
func TestLogoutAfterAKilledLogoutChangesNothing(t *testing.T) {
	t.Parallel()
	for _, original := range []string{"", `{"auths":{"ghcr.io":{"auth":"b2xkOm9sZA=="}}}`} {
		dir := t.TempDir()
		path := filepath.Join(dir, "config.json")
		if original != "" {
			if err := os.WriteFile(path, []byte(original), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		s := &Session{ID: "1", Files: []string{path}, StateFolder: filepath.Join(dir, "state")}
		if err := s.Login(t.Context(), []Login{{Host: "ghcr.io", Username: "u", Secret: secret.New("s")}}); err != nil {
			t.Fatal(err)
		}
		stored := statePath(s.StateFolder, target(path))
		state, err := os.ReadFile(stored)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Logout(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(stored, state, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := s.Logout(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); string(got) != original || (err != nil) != (original == "") {
			t.Errorf("got %q, %v, want %q", got, err, original)
		}
		if _, err := os.Stat(stored); err == nil {
			t.Error("the logout state still exists")
		}
	}
}

// A login that is killed while it replaces the login file leaves a new temporary file with the
// token.
func TestLogoutRemovesTheTemporaryFileOfAKilledLogin(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path, temp := filepath.Join(dir, "config.json"), filepath.Join(dir, ".config.json-123456")
	s := &Session{ID: "1", Files: []string{path}, StateFolder: filepath.Join(dir, "state")}
	if err := s.Login(t.Context(), []Login{{Host: "ghcr.io", Username: "u", Secret: secret.New("s")}}); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(temp, []byte("token"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.Logout(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(temp); err == nil {
		t.Error("the temporary file still exists")
	}
}
