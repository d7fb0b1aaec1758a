package migrate

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestHostileFilesTerminate migrates files of half a MiB that need quadratic time or
// more in a naive implementation. Each migration must end without a panic. Most
// of the files are skipped.
func TestHostileFilesTerminate(t *testing.T) {
	t.Parallel()
	fill := func(head, item string) string {
		var b strings.Builder
		b.WriteString(head)
		for i := 0; b.Len() < maxFile/2; i++ {
			b.WriteString(strings.ReplaceAll(item, "%d", fmt.Sprint(i)))
		}
		return b.String()
	}
	job := "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n"
	matrix := "on: push\njobs:\n  a:\n    runs-on: x\n    strategy: {matrix: {a: [" + strings.Repeat("1,", 300) + "], b: [1,2]}}\n    steps:\n"
	cases := []struct{ name, src string }{
		{"logins", fill(job, "      - run: docker login ghcr.io -u a -p ${{ secrets.CR_PAT }}\n")},
		{"logins through one variable", fill("env: {T: \"${{ secrets.P }}\"}\n"+job, "      - run: docker login ghcr.io -u a -p $T\n")},
		{"variables of one script", fill(job+"      - run: |\n", "          V%d=$V\n          docker push ghcr.io/$V%d\n")},
		{"a matrix in every step", fill(matrix, "      - run: docker push ghcr.io/a/${{ matrix.a }}${{ env.X }}\n")},
		{"openings", fill(job+"      - run: |\n          docker login ghcr.io -p ", "${{ $( ${ ")},
		{"quotes", fill(job+"      - run: |\n          docker login ghcr.io -p ", "\"'`")},
		{"operators", fill(job+"      - run: docker login ghcr.io -p ${{ ", "a||") + "a }}\n"},
		{"variables", fill("on: push\nenv:\n", "  V%d: ${{ env.V }}${{ env.V%d }}\n") + "jobs:\n  a:\n    steps:\n      - run: echo $V1 | docker login ghcr.io --password-stdin\n"},
		{"here-documents", fill(job+"      - run: |\n", "          cat <<E%d <<F%d\n")},
		{"calls", fill(job, "      - uses: ./.github/workflows/ci.yml\n")},
		{"hosts", fill(job+"      - run: docker push ", "ghcr.io/a/b ")},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if len(c.src) > maxFile {
				t.Fatalf("%d bytes", len(c.src))
			}
			migrateOnce(t, []byte(c.src), Options{})
		})
	}
}

// TestLineEndingsAndByteOrderMarkAreKept migrates each golden case with CRLF
// line endings, with a byte order mark, and with a comment in front. The
// migrated file must differ from the golden file only in this respect.
func TestLineEndingsAndByteOrderMarkAreKept(t *testing.T) {
	t.Parallel()
	crlf := func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("\n"), []byte("\r\n")) }
	variants := map[string]func([]byte) []byte{
		"crlf":    crlf,
		"mark":    func(b []byte) []byte { return append([]byte("\ufeff"), b...) },
		"comment": func(b []byte) []byte { return append([]byte("# ünï\u2028# cödé 🚀\n\n"), b...) },
	}
	for _, dir := range goldenCases(t) {
		before, after := readFile(t, filepath.Join(dir, "before.yml")), readFile(t, filepath.Join(dir, "after.yml"))
		if bytes.ContainsAny(before, "\r\ufeff") {
			continue
		}
		for name, vary := range variants {
			got, _ := migrateOnce(t, vary(before), optionsFor(filepath.Base(dir)))
			if !bytes.Equal(got, vary(after)) {
				t.Errorf("%s as %s gives\n%s", dir, name, got)
			}
		}
	}
}

// TestEditsChangeOnlyIntendedLines checks that edits are small. A changed line
// must contain a credential, a permission or a user name.
func TestEditsChangeOnlyIntendedLines(t *testing.T) {
	t.Parallel()
	for _, dir := range goldenCases(t) {
		if optionsFor(filepath.Base(dir)).ToAction != "" {
			continue
		}
		after, err := os.ReadFile(filepath.Join(dir, "after.yml"))
		if err != nil {
			t.Fatal(err)
		}
		before := strings.Split(string(readFile(t, filepath.Join(dir, "before.yml"))), "\n")
		lines := map[string]bool{}
		for _, line := range before {
			lines[line] = true
		}
		for _, line := range strings.Split(string(after), "\n") {
			if !lines[line] && !isIntended(line) {
				t.Errorf("%s: an unintended line: %q", dir, line)
			}
		}
	}
}

func isIntended(line string) bool {
	trimmed := strings.TrimSpace(line)
	name, _, _ := strings.Cut(trimmed, ":")
	for _, scope := range append(defaultScopes, "id-token", "permissions") {
		if name == scope {
			return true
		}
	}
	return strings.Contains(line, "GITHUB_TOKEN") || strings.Contains(line, "github.token") || strings.Contains(line, "github.actor") ||
		strings.Contains(line, "GITHUB_ACTOR") || strings.Contains(line, newVariable) ||
		strings.HasPrefix(trimmed, "token: ${{ secrets.BOT_PAT }}")
}
