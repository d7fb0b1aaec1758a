package sink

import (
	"os"
	"path/filepath"
	"testing"
)

func TestParseAcceptsAllForms(t *testing.T) {
	t.Parallel()
	cases := []struct {
		text string
		want Target
	}{
		{"dir", Target{OCILayout, "dir", ""}},
		{"./a/b", Target{OCILayout, "./a/b", ""}},
		{`C:\images\web`, Target{OCILayout, `C:\images\web`, ""}},
		{"oci:dir", Target{OCILayout, "dir", ""}},
		{"oci:dir:web", Target{OCILayout, "dir", "web"}},
		{"oci:dir:ghcr.io/acme/web:1.2", Target{OCILayout, "dir", "ghcr.io/acme/web:1.2"}},
		{"oci:image.tar", Target{OCILayout, "image.tar", ""}},
		{`oci:C:\images\web:1.2`, Target{OCILayout, `C:\images\web`, "1.2"}},
		{"oci:C:/images/web", Target{OCILayout, "C:/images/web", ""}},
		{"oci-archive:image.tar", Target{OCIArchive, "image.tar", ""}},
		{"oci-archive:image.tar:1", Target{OCIArchive, "image.tar", "1"}},
		{"docker-archive:image.tar", Target{DockerArchive, "image.tar", ""}},
		{"docker-archive:-", Target{DockerArchive, "-", ""}},
		{"oci-archive:-:web", Target{OCIArchive, "-", "web"}},
		{"docker-archive:image.tar:acme/web:1", Target{DockerArchive, "image.tar", "acme/web:1"}},
		{"docker-daemon:", Target{DockerEngine, "", ""}},
		{"docker-daemon:web", Target{DockerEngine, "", "web"}},
		{"docker-daemon:localhost:5000/my__web:1", Target{DockerEngine, "", "localhost:5000/my__web:1"}},
	}
	for _, c := range cases {
		t.Run(c.text, func(t *testing.T) {
			t.Parallel()
			got, err := Parse(c.text)
			if err != nil || got != c.want {
				t.Errorf("got %+v, %v, want %+v", got, err, c.want)
			}
		})
	}
}

func TestParseRefusesInvalidDestinations(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		"", "-", "image.tar", "image.TGZ", file, "oci:", "oci-archive:", "oci:dir:", "oci:dir:a b", "oci:dir:-", "oci:dir:a\nb",
		"docker-archive:f:Not/A/Name", "docker-archive:f:web@sha256:00", "docker-daemon:UPPER", "docker-daemon://web:1", "docker-daemon", "oci-archive", "docker://ghcr.io/acme/web",
		"containers-storage:web", "dir:x", "s3:bucket", "https://example.com/x",
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			got, err := Parse(text)
			if err == nil {
				t.Fatalf("got %+v, want an error", got)
			}
			wantCode(t, err, CodeInvalid)
		})
	}
}

func TestDirectoryWithTheNameOfAFileIsAccepted(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "layout.tar")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if got, err := Parse(dir); err != nil || got.Kind != OCILayout {
		t.Errorf("got %+v, %v", got, err)
	}
}
