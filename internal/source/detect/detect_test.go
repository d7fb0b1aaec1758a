package detect_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/source/detect"
)

// write writes a file below a new folder and returns its path.
func write(t *testing.T, name, body string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(body), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func check(t *testing.T, got detect.Finding, is, hint string) {
	t.Helper()
	if !strings.Contains(got.Is, is) || !strings.Contains(got.Hint, hint) || got.Found() != (is != "") {
		t.Errorf("got %+v, want %q with the hint %q", got, is, hint)
	}
}

func TestFile(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, file, body, is, hint string }{
		{"zip", "image.tar", "PK\x03\x04rest", "zip file", "the tar or the layout in it"},
		{"empty", "image.tar", "", "empty file", "disk space"},
		{"Dockerfile by name", "Dockerfile", "# x\n", "is a Dockerfile", "write context: "},
		{"Dockerfile with another name", "Dockerfile.prod", "FROM scratch\n", "is a Dockerfile", "file: "},
		{"Dockerfile by content", "build", "# syntax=docker/dockerfile:1\n\nfrom scratch\n", "is a Dockerfile", "file: "},
		{"Containerfile", "web.Containerfile", "x", "is a Dockerfile", "file: "},
		{"program", "app", "\x7fELF\x02\x01", "program for Linux", "/app:/usr/bin/app"},
		{"program for Windows", "app.exe", "MZ\x90\x00", "program for Windows", "content"},
		{"script", "run.sh", "#!/bin/sh\n", "script", "content"},
		{"JSON", "index.json", `{"schemaVersion":2}`, "JSON document", "folder"},
		{"page", "image.tar", "<!DOCTYPE html>\n<html>", "HTML", "--fail"},
		{"pointer", "image.tar", "version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "Git LFS", "lfs: true"},
		{"Apptainer", "image.sif", strings.Repeat("#", 32) + "SIF_MAGIC\x00", "Apptainer", "OCI image"},
		{"ISO", "image.iso", strings.Repeat("\x00", 32769) + "CD001\x01", "ISO", "docker save"},
		{"text", "notes.txt", "hello", "text file", "docker save"},
		{"text that ends inside a character", "notes.txt", strings.Repeat("x", 4095) + "ä", "text file", "docker save"},
		{"unknown bytes", "x", "\x00\x01\x02", "", ""},
		{"unknown bytes without NUL", "x", "\xff\xfe\x80\x81\x82\x83", "", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			check(t, detect.File(write(t, c.file, c.body)), c.is, c.hint)
		})
	}
	check(t, detect.File("/no/such/file"), "", "")
}

func TestNames(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		names    []string
		is, hint string
	}{
		{[]string{"bin/sh", "etc/passwd", "usr/lib/x"}, "root file system", "docker save"},
		{[]string{"./etc/passwd", "./dev/console", "./proc/x"}, "root file system", "docker save"},
		{[]string{"web/Chart.yaml", "web/values.yaml"}, "Helm chart", "artifact-type"},
		{[]string{"image/index.json", "image/oci-layout"}, `folder "image"`, "tar -C image"},
		{[]string{"readme", "out/image.tar"}, `archive "out/image.tar"`, "the archive in it"},
		{[]string{"etc/app.conf", "app"}, "", ""},
		{nil, "", ""},
	} {
		check(t, detect.Names("x.tar", c.names), c.is, c.hint)
	}
}

func TestFolder(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		files    []string
		is, hint string
	}{
		{nil, "empty folder", "step"},
		{[]string{"main.go", "Dockerfile"}, "Dockerfile", "context: "},
		{[]string{"image.tar"}, `archive "image.tar"`, "/image.tar."},
		{[]string{"Dockerfile", "b.tar", "a.tar"}, `archive "a.tar"`, "/a.tar."},
		{[]string{"image.tar", "zzz/index.json"}, `OCI layout "zzz"`, "/zzz."},
		{[]string{"layout/index.json"}, `OCI layout "layout"`, "/layout."},
		{[]string{"bin/sh", "etc/passwd", "usr/x"}, "root file system", ":/ and remove"},
		{[]string{"main.go"}, "", ""},
	} {
		dir := t.TempDir()
		for _, name := range c.files {
			if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o750); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, name), []byte("x"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		check(t, detect.Folder(dir), c.is, c.hint)
	}
	check(t, detect.Folder("/no/such/folder"), "", "")
}
