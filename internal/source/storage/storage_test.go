package storage

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

const id = "53e8ef0abdd4dc40d652b77b8395e10891a85f5f22964cbb1fdd3c25fce71ee0"

// fake is a tool that knows one image, web, whose export is "the tar".
const fake = `#!/bin/sh
for last; do :; done
case "$*" in
*web) echo ` + id + ` ;;
*odd) echo no id ;;
save*full | push*full*) printf 'the'; echo 'no space left' >&2; exit 125 ;;
save*slow | push*slow*) exec /bin/sleep 600 ;;
save*` + id + ` | push*` + id + `*) printf 'the tar' ;;
*) echo "$last: image not known" >&2; exit 125 ;;
esac
`

// with is a storage on a machine that has these tools.
func with(t *testing.T, names ...string) *Storage {
	t.Helper()
	dir := t.TempDir()
	for _, name := range names {
		sourcetest.Program(t, dir, name, fake)
	}
	return New(func() []string { return []string{"PATH=" + dir} })
}

func TestAnImageIsFoundAndExportedByEitherTool(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"podman", "buildah"} {
		s := with(t, name)
		got, names, err := s.Find(t.Context(), "web")
		if err != nil || got != id || len(names) != 1 || names[0] != "web" {
			t.Fatalf("%s: got %q, %q, %v", name, got, names, err)
		}
		r, err := s.Export(t.Context(), got)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := io.ReadAll(r)
		if err = errors.Join(err, r.Close()); err != nil || string(raw) != "the tar" {
			t.Errorf("%s: got %q, %v", name, raw, err)
		}
	}
}

func TestWhatTheToolsSayIsTold(t *testing.T) {
	t.Parallel()
	s := with(t, "buildah")
	cases := []struct{ name, image, code, says string }{
		{"unknown", "gone", "source-not-found", "gone: image not known"},
		{"an option", "--all", "source-not-found", "no name of an image"},
		{"nothing", "", "source-not-found", "no name of an image"},
		{"another storage", "[vfs@/x]web", "source-not-found", "no name of an image"},
		{"an answer that is no id", "odd", CodeRefused, "no id"},
	}
	for _, c := range cases {
		if _, _, err := s.Find(t.Context(), c.image); !diag.Is(err, c.code) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: got %v, want %s: %s", c.name, err, c.code, c.says)
		}
	}
	_, _, found := with(t).Find(t.Context(), "web")
	_, exported := with(t).Export(t.Context(), id)
	for _, err := range []error{found, exported} {
		if !diag.Is(err, CodeNoProgram) {
			t.Errorf("no tool: %v", err)
		}
	}
}

func TestAnExportThatFailsHalfWayIsNoWholeOne(t *testing.T) {
	t.Parallel()
	r, err := with(t, "podman").Export(t.Context(), "full")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	raw, err := io.ReadAll(r)
	if !diag.Is(err, CodeRefused) || !strings.Contains(err.Error(), "no space left") {
		t.Errorf("got %q, %v", raw, err)
	}
}

func TestAnExportEndsWithItsReaderOrItsContext(t *testing.T) {
	t.Parallel()
	s := with(t, "podman")
	r, err := s.Export(t.Context(), "slow")
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if _, err := r.Read(make([]byte, 1)); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("a closed export reads on: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	if r, err = s.Export(ctx, "slow"); err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	cancel()
	if _, err := io.ReadAll(r); err == nil {
		t.Error("an export goes on after its run")
	}
}
