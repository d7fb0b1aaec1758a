package launch_test

import (
	"os"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/ci/needs"
	"github.com/ghcr-publish/ghcr-publish/internal/release/launch"
)

func TestReleaseRunsItsProgram(t *testing.T) {
	t.Parallel()
	s := newRelease(t).step(programEnv+"=report", "INPUT_ON-READONLY=skip")
	if code := s.exit(t); code != 0 {
		t.Fatalf("exit code %d\n%s%s", code, &s.stdout, &s.stderr)
	}
	if got, want := s.stdout.String(), "stage=main args=0 input=skip\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestExitCodeOfTheProgramIsKept(t *testing.T) {
	t.Parallel()
	s := newRelease(t).step(programEnv + "=exit 7")
	if got, want := s.exit(t), 7; got != want {
		t.Errorf("got %d, want %d", got, want)
	}
	if s.stdout.Len()+s.stderr.Len() > 0 {
		t.Errorf("the script printed %s%s, want no output", &s.stdout, &s.stderr)
	}
}

func TestReleaseFailsClosed(t *testing.T) {
	t.Parallel()
	other := launch.Platform{OS: "plan9", Arch: "mips"}
	cases := []struct {
		name   string
		damage func(tree)
		want   string
	}{
		{"a program with another checksum", func(tr tree) {
			tr.write(packFile, compress(tr.t, []byte(preceding), []byte("#!/bin/sh\necho stolen\n")))
		}, "does not contain the program of this release: the sha256 is"},
		{"a truncated file", func(tr tree) {
			content := compressedSelf(tr.t)
			tr.write(packFile, content[:len(content)/2])
		}, "unexpected end of file"},
		{"a file that is not compressed", func(tr tree) {
			tr.write(packFile, []byte("#!/bin/sh\necho stolen\n"))
		}, "Unknown frame descriptor"},
		{"no compressed file", func(tr tree) {
			if err := os.Remove(tr.path(packFile)); err != nil {
				tr.t.Fatal(err)
			}
		}, "no such file or directory"},
		{"no entry for this platform", func(tr tree) {
			tr.manifest(other, nil)
		}, "this release has no program for " + launch.Host().String() + ". Its platforms are: plan9-mips"},
		{"a manifest that is not JSON", func(tr tree) {
			tr.write(launch.ManifestFile, []byte("<html>\n100%"))
		}, "is not valid JSON"},
		{"a manifest without platforms", func(tr tree) {
			tr.write(launch.ManifestFile, []byte("{}"))
		}, "Its platforms are: none"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			tr := newRelease(t)
			tr.t = t
			// With these files, launch.cjs could build the program. In a
			// release, launch.cjs must never build the program.
			tr.write("go.mod", []byte("module example.com/tiny\n\ngo 1.26.0\n"))
			tr.write("main.go", []byte("package main\n\nfunc main() { println(`built`) }\n"))
			c.damage(tr)
			s := tr.step(programEnv + "=report")
			if got, want := s.exit(t), 1; got != want {
				t.Errorf("exit code: got %d, want %d", got, want)
			}
			out := s.stdout.String()
			if !strings.HasPrefix(out, "::error title=ghcr-publish did not start::") || !strings.Contains(out, c.want) {
				t.Errorf("got %q, want an error with %q", out, c.want)
			}
			if strings.Count(out, "\n") != 1 || strings.Contains(out, "stage=") {
				t.Errorf("got more than one error: %q", out)
			}
		})
	}
}

func TestErrorTextIsEscaped(t *testing.T) {
	t.Parallel()
	needs.Name(t, "a\nb")
	tr := newRelease(t)
	renamed := tree{t, tr.root + " 100%\n::set-env name=a::b"}
	if err := os.Rename(tr.root, renamed.root); err != nil {
		t.Fatal(err)
	}
	renamed.write(packFile, compress(t, []byte("tampered")))
	s := renamed.step()
	if got, want := s.exit(t), 1; got != want {
		t.Errorf("exit code: got %d, want %d", got, want)
	}
	if out := s.stdout.String(); !strings.Contains(out, " 100%25%0A::set-env") || strings.Count(out, "\n") != 1 {
		t.Errorf("got %q, want one line with the path escaped", out)
	}
}
