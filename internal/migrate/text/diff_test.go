package text

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
)

func TestDiff(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, src string
		edits     []Edit
		want      string // without the two lines with the name
	}{
		{"nothing", "a\n", nil, ""},
		{"an edit without effect", "a\n", []Edit{{0, 1, "a"}}, ""},
		{"a word", "a\nb\n", []Edit{{2, 3, "c"}}, "@@ -1,2 +1,2 @@\n a\n-b\n+c\n"},
		{"lines after a line", "a\nb\n", []Edit{{1, 1, "\nx\ny"}}, "@@ -1,2 +1,4 @@\n a\n+x\n+y\n b\n"},
		{"lines before a line", "a\nb\n", []Edit{{2, 2, "x\n"}}, "@@ -1,2 +1,3 @@\n a\n+x\n b\n"},
		{"removed lines", "a\nb\nc\nd\n", []Edit{{2, 6, ""}}, "@@ -1,4 +1,2 @@\n a\n-b\n-c\n d\n"},
		{"two edits of one line", "a b\n", []Edit{{0, 1, "x"}, {2, 3, "y"}}, "@@ -1,1 +1,1 @@\n-a b\n+x y\n"},
		{"equal lines between edits", "a\nk\nb\n", []Edit{{0, 1, "x"}, {4, 5, "y"}}, "@@ -1,3 +1,3 @@\n-a\n+x\n k\n-b\n+y\n"},
		{"distant edits", "a\n1\n2\n3\n4\n5\n6\n7\nb\n", []Edit{{0, 0, "x\n"}, {16, 17, "y"}}, "@@ -1,3 +1,4 @@\n+x\n a\n 1\n 2\n@@ -6,4 +7,4 @@\n 5\n 6\n 7\n-b\n+y\n"},
		{"no final newline", "a\nb", []Edit{{2, 3, "c"}}, "@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+c\n\\ No newline at end of file\n"},
		{"everything", "a\n", []Edit{{0, 2, ""}}, "@@ -1,1 +0,0 @@\n-a\n"},
		{"crlf", "a\r\nb\r\n", []Edit{{3, 4, "c"}}, "@@ -1,2 +1,2 @@\n a\r\n-b\r\n+c\r\n"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			want := c.want
			if want != "" {
				want = "--- a/x.yml\n+++ b/x.yml\n" + want
			}
			if got := Diff("x.yml", []byte(c.src), c.edits); got != want {
				t.Errorf("got\n%q, want\n%q", got, want)
			}
		})
	}
}

// TestDiffAppliesToTheText applies the diffs of random edits.
func TestDiffAppliesToTheText(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		src := randomText(random, 30)
		var e Edits
		for range random.IntN(5) {
			start := random.IntN(len(src) + 1)
			edit := Edit{Start: start, End: start + random.IntN(min(8, len(src)-start)+1), New: randomText(random, 6)}
			if err := e.Add(edit); err != nil {
				continue // the edits overlap
			}
		}
		want := string(e.Apply([]byte(src)))
		diff := Diff("x", []byte(src), e.List())
		if got := patched(t, src, diff); got != want {
			t.Fatalf("the diff of %q with %+v gives %q, want %q:\n%s", src, e.List(), got, want, diff)
		}
	}
}

func randomText(random *rand.Rand, n int) string {
	var b strings.Builder
	for range random.IntN(n) {
		b.WriteByte("ab\n"[random.IntN(3)])
	}
	return b.String()
}

// patched applies a unified diff. It checks the numbers and the lines of each
// hunk.
func patched(t *testing.T, src, diff string) string {
	t.Helper()
	if diff == "" {
		return src
	}
	old := splitLines(src)
	var b strings.Builder
	at, newLine := 0, 0
	lines := splitLines(diff)[2:]
	for i, line := range lines {
		text := line[1:]
		if i+1 < len(lines) && lines[i+1][0] == '\\' {
			text = strings.TrimSuffix(text, "\n")
		}
		switch line[0] {
		case '@':
			start := hunkStart(t, strings.Fields(line)[1])
			for ; at < start; at++ {
				b.WriteString(old[at])
				newLine++
			}
			if want := hunkStart(t, strings.Fields(line)[2]); newLine != want {
				t.Fatalf("the hunk starts at line %d of the new text, not at line %d:\n%s", newLine, want, diff)
			}
		case ' ', '-':
			if at >= len(old) || old[at] != text {
				t.Fatalf("line %d of the diff is not in the text %q:\n%s", i, src, diff)
			}
			at++
			if line[0] == ' ' {
				b.WriteString(text)
				newLine++
			}
		case '+':
			b.WriteString(text)
			newLine++
		}
	}
	return b.String() + strings.Join(old[at:], "")
}

// hunkStart returns the index of the first line of a range such as -3,4.
func hunkStart(t *testing.T, span string) int {
	t.Helper()
	start, count, _ := strings.Cut(span[1:], ",")
	n, err := strconv.Atoi(start)
	if err != nil {
		t.Fatal(err)
	}
	if count == "0" {
		return n
	}
	return n - 1
}
