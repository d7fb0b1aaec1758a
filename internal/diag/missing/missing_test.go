package missing_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/diag/missing"
)

// chdir creates files, some in folders, in a new working directory.
func chdir(t *testing.T, names ...string) {
	t.Helper()
	t.Chdir(t.TempDir())
	for _, name := range names {
		if err := os.MkdirAll(filepath.Dir(name), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestHint(t *testing.T) {
	chdir(t, "image.tar", "web.tar", "dist/app.tar", ".hidden")
	cases := []struct{ path, want string }{
		{`"image.tar"`, "Remove the quotation marks. Write image.tar."},
		{`'image.tar'`, "Remove the quotation marks. Write image.tar."},
		{"image.tar\nweb.tar", "Write only one path"},
		{"${{ env.X }}", "has not evaluated"},
		{"$IMAGE", "variable IMAGE"},
		{"out/${IMAGE}.tar", "${{ env.IMAGE }}"},
		{"$GITHUB_REF_NAME.tar", "${{ github.ref_name }}"},
		{"$RUNNER_TEMP/image.tar", "${{ runner.temp }}"},
		{"$env:IMAGE", "variable IMAGE"},
		{"%IMAGE%", "variable IMAGE"},
		{"~/image.tar", "replaces ~"},
		{"*.tgz", "Write the name of the file"},
		{"im*.tar", "Write image.tar."},
		{"*.tar", "image.tar, web.tar"},
		{"file://image.tar", "Write image.tar,"},
		{"https://example.com/image.tar", "Download the file"},
		{"imag.tar", "Did you mean image.tar?"},
		{"missing.tar", "The working directory contains image.tar, web.tar, dist."},
		{"dist/other", "The folder dist contains app.tar."},
		{"none/other/image.tar", "The working directory contains"},
	}
	if runtime.GOOS != "windows" {
		cases = append(cases, struct{ path, want string }{`dist\app.tar`, "Write dist/app.tar"})
	} else {
		cases = append(cases, struct{ path, want string }{`Q:\dist\app.tar`, "The volume Q: does not exist."})
	}
	for _, c := range cases {
		if got := missing.Hint(c.path); !strings.Contains(got, c.want) || strings.Contains(got, ".hidden") {
			t.Errorf("Hint(%q) = %q, want %q", c.path, got, c.want)
		}
	}
}

func TestHintNamesAnEmptyFolder(t *testing.T) {
	chdir(t, ".hidden")
	if got, want := missing.Hint("image.tar"), "The working directory is empty."; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestHintIsShortAndOnOneLine(t *testing.T) {
	var names []string
	for i := range 100 {
		names = append(names, fmt.Sprintf("file-%03d", i))
	}
	if runtime.GOOS != "windows" {
		names = append(names, "a\nb")
	}
	chdir(t, names...)
	got := missing.Hint("missing.tar")
	if !strings.Contains(got, "more.") || strings.Contains(got, "\n") || len(got) > 200 {
		t.Errorf("got %q", got)
	}
}

func TestUnexpanded(t *testing.T) {
	t.Parallel()
	for text, found := range map[string]bool{"ghcr.io/${GITHUB_REPOSITORY}": true, "$X": true, "${{ x }}": true, "v$(git describe)": true, "`git describe`": true, "a`b": false, "100%": false, "50% of 80%": false, "a$": false, "image": false} {
		if got := missing.Unexpanded(text); (got != "") != found {
			t.Errorf("Unexpanded(%q) = %q", text, got)
		}
	}
}
