package ci

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	testName     = regexp.MustCompile("`((?:Test|Fuzz)[A-Z]\\w*)`")
	testFunction = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
)

// testFunctions returns the names of all test functions below a folder. It reads the
// files of all operating systems and build tags.
func testFunctions(t *testing.T, root string) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		raw, err := os.ReadFile(path)
		for _, match := range testFunction.FindAllStringSubmatch(string(raw), -1) {
			found[match[1]] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// missingTests returns the names of test functions that a document contains and that do
// not exist. The names are sorted, and each name occurs once.
func missingTests(document string, functions map[string]bool) []string {
	missing := map[string]bool{}
	for _, match := range testName.FindAllStringSubmatch(document, -1) {
		if !functions[match[1]] {
			missing[match[1]] = true
		}
	}
	return slices.Sorted(maps.Keys(missing))
}

// docs/security.md names the tests of each defence. A renamed or removed test must not
// leave a defence without a test.
func TestTestsInTheSecurityDocumentExist(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(filepath.Join(top, "docs", "security.md"))
	if err != nil {
		t.Fatal(err)
	}
	if names := testName.FindAllString(string(raw), -1); len(names) < 50 {
		t.Errorf("docs/security.md names fewer than 50 tests: %q", names)
	}
	for _, name := range missingTests(string(raw), testFunctions(t, top)) {
		t.Errorf("docs/security.md names the test %s, which does not exist", name)
	}
}

func TestEachDefenceInTheSecurityDocumentHasATest(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(filepath.Join(top, "docs", "security.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, section := range strings.Split(string(raw), "\n### ")[1:] {
		for i, row := range strings.Split(section, "\n| ")[1:] {
			if i > 0 && !testName.MatchString(row) {
				t.Errorf("docs/security.md: this defence names no test: %.80s", row)
			}
		}
	}
}

func TestMissingTestsAreFound(t *testing.T) {
	t.Parallel()
	functions := map[string]bool{"TestOne": true, "FuzzOne": true}
	cases := []struct {
		name, document string
		want           []string
	}{
		{"existing tests", "| `TestOne`, `FuzzOne` |", nil},
		{"missing tests", "`TestTwo`, `TestOne` and `FuzzTwo`, `TestTwo`", []string{"FuzzTwo", "TestTwo"}},
		{"another word", "`Testing`, TestTwo", nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := missingTests(c.document, functions); !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
