package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const run1 = `# a line of the compiler
{"Action":"output","Package":"github.com/ghcr-publish/ghcr-publish/internal/sink","Test":"TestLink","Output":"    sink_test.go:12: no links here\n"}
{"Action":"output","Package":"github.com/ghcr-publish/ghcr-publish/internal/sink","Test":"TestLink","Output":"--- SKIP: TestLink (0.01s)\n"}
{"Action":"skip","Package":"github.com/ghcr-publish/ghcr-publish/internal/sink","Test":"TestLink"}
{"Action":"pass","Package":"github.com/ghcr-publish/ghcr-publish/internal/sink","Test":"TestFile"}
{"Action":"pass","Package":"github.com/ghcr-publish/ghcr-publish/internal/sink"}
`

const failed = `{"Action":"output","Package":"github.com/ghcr-publish/ghcr-publish","Test":"TestScripts","Output":"the cause\n"}
{"Action":"fail","Package":"github.com/ghcr-publish/ghcr-publish","Test":"TestScripts"}
{"Action":"fail","Package":"github.com/ghcr-publish/ghcr-publish"}
`

const line = "./internal/sink\tTestLink\tno links here\n"

func TestListMustMatchTheSkippedTests(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, list, input, want, err string }{
		{"equal", line, run1, "packages: 1 passed, 0 failed, 0 skipped\n", ""},
		{"a line is missing", "", run1, "skipped: " + line, "does not list a skipped test"},
		{"a line has another reason", "./internal/sink\tTestLink\tslow\n", run1, "", "lists a test that was not skipped"},
		{"a test failed", line, run1 + failed, "--- . TestScripts\nthe cause\n", "2 tests and packages failed"},
		{"no test ran", "", "", "", "no test passed"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			list := filepath.Join(t.TempDir(), "list")
			if err := os.WriteFile(list, []byte(c.list), 0o600); err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			err := run([]string{list}, strings.NewReader(c.input), &out)
			if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) || !strings.Contains(out.String(), c.want) {
				t.Errorf("got %q and the error %v, want %q and %q", out.String(), err, c.want, c.err)
			}
		})
	}
}

func TestReasonOfAScriptIsTheTextOfTheCommand(t *testing.T) {
	t.Parallel()
	output := []string{"    testscript.go:609: work=$WORK\n", "        > [windows] skip 'no shell here'\n", "--- SKIP: TestScripts/a (0.01s)\n"}
	if got, want := reason(output), "no shell here"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestUpdateWritesTheList(t *testing.T) {
	t.Parallel()
	list := filepath.Join(t.TempDir(), "list")
	if err := run([]string{"-update", list}, strings.NewReader(run1), &bytes.Buffer{}); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(list); err != nil || string(got) != line {
		t.Errorf("got %q, %v; want %q", got, err, line)
	}
}
