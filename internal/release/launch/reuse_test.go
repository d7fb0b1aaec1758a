package launch_test

import (
	"os"
	"path/filepath"
	"testing"
)

// again prepares another step of the same job, which has the same temporary folder.
func (s *step) again(tr tree, env ...string) *step {
	next := tr.step(env...)
	next.Env = append(next.Env, "RUNNER_TEMP="+s.temp)
	next.temp = s.temp
	return next
}

// program returns the path of the decompressed program.
func (s *step) program(t *testing.T) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(s.temp, "ghcr-publish-*", "*"))
	if err != nil || len(found) != 1 {
		t.Fatalf("files in the temporary folder: %q, %v; want one program", found, err)
	}
	return found[0]
}

func TestLaterStepUsesTheDecompressedProgram(t *testing.T) {
	t.Parallel()
	tr := newRelease(t)
	first := tr.step(programEnv + "=report")
	first.exit(t)
	first.program(t)
	if err := os.Remove(tr.path(packFile)); err != nil {
		t.Fatal(err)
	}
	if next := first.again(tr, programEnv+"=report"); next.exit(t) != 0 {
		t.Errorf("the second step failed: %s%s", &next.stdout, &next.stderr)
	}
}

func TestLaterStepReplacesAChangedProgram(t *testing.T) {
	t.Parallel()
	tr := newRelease(t)
	first := tr.step(programEnv + "=report")
	first.exit(t)
	writeProgram(t, first.program(t), []byte("#!/bin/sh\necho stolen\n"), 0o755)
	next := first.again(tr, programEnv+"=report")
	if code := next.exit(t); code != 0 || next.stdout.String() != first.stdout.String() {
		t.Errorf("exit code %d: %s%s", code, &next.stdout, &next.stderr)
	}
}

func TestConcurrentStepsStart(t *testing.T) {
	t.Parallel()
	tr := newRelease(t)
	first := tr.step(programEnv + "=report")
	steps := []*step{first, first.again(tr, programEnv+"=report"), first.again(tr, programEnv+"=report")}
	for _, s := range steps {
		if err := s.Start(); err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range steps {
		if err := s.Wait(); err != nil {
			t.Errorf("%v: %s%s", err, &s.stdout, &s.stderr)
		}
	}
	first.program(t)
}

func TestProgramRunsWithoutAFolderOfTheRunner(t *testing.T) {
	t.Parallel()
	tr := newRelease(t)
	s := tr.step(programEnv + "=report")
	s.Env = append(s.Env, "RUNNER_TEMP=", "TMPDIR="+t.TempDir(), "TMP="+t.TempDir())
	if code := s.exit(t); code != 0 {
		t.Errorf("exit code %d: %s%s", code, &s.stdout, &s.stderr)
	}
}
