package dockerfile_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/source/dockerfile"
)

func TestLabelsOfADockerfileAreFound(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, text string
		want       bool
	}{
		{"one label", "FROM scratch\nLABEL a.b=c\n", true},
		{"quotation marks", "FROM scratch\nLABEL \"a.b\"=\"c d\"\n", true},
		{"several lines", "FROM scratch\nlabel x=y \\\n  # comment\n  a.b=c\n", true},
		{"several lines of Windows", "FROM scratch\r\nLABEL x=y `\r\n  a.b=c\r\n", true},
		{"the old form", "FROM scratch\nLABEL a.b c d\n", true},
		{"another key", "FROM scratch\nLABEL a.bc=d x.a.b=c\n", false},
		{"a comment", "FROM scratch\n# LABEL a.b=c\n", false},
		{"another instruction", "FROM scratch\nENV a.b=c\n", false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			file := filepath.Join(dir, "Dockerfile")
			if err := os.WriteFile(file, []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			for _, r := range []dockerfile.Request{{Context: dir}, {Context: ".", File: file}} {
				if got := r.SetsLabel("a.b"); got != c.want {
					t.Errorf("got %t, want %t", got, c.want)
				}
			}
		})
	}
}
