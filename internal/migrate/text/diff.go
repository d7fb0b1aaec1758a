package text

import (
	"bytes"
	"fmt"
	"strings"
)

// contextLines is the number of unchanged lines that a diff shows around a
// change.
const contextLines = 3

// change replaces the range [start, end) of lines of the old text. The first
// line has the index 0.
type change struct {
	start, end int
	lines      []string
}

// Diff returns the unified diff of a text and its edits. The commands "patch" and "git
// apply" can read the diff. The argument "name" is the path of the file in the diff. The
// edits must have the order of [Edits.List]. Diff compares only the edited lines, so each
// line without an edit stays unchanged in the diff. Diff returns "" if the edits change
// nothing.
func Diff(name string, src []byte, edits []Edit) string {
	old := splitLines(string(src))
	changes := changesOf(src, old, edits)
	if len(changes) == 0 {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "--- a/%s\n+++ b/%s\n", name, name)
	shift := 0
	for len(changes) > 0 {
		n := 1
		for n < len(changes) && changes[n].start-changes[n-1].end <= 2*contextLines {
			n++
		}
		shift += writeHunk(&b, old, changes[:n], shift)
		changes = changes[n:]
	}
	return b.String()
}

// splitLines splits a text into lines. Each line includes its line break.
func splitLines(s string) []string {
	lines := strings.SplitAfter(s, "\n")
	if lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}

// changesOf returns the changed lines. changesOf combines edits of the same
// line or of adjacent lines into one change.
func changesOf(src []byte, old []string, edits []Edit) []change {
	starts := lineStarts(old)
	var out []change
	for i := 0; i < len(edits); {
		first, last := lineSpan(src, edits[i])
		j := i + 1
		for ; j < len(edits); j++ {
			from, to := lineSpan(src, edits[j])
			if from > last {
				break
			}
			last = max(last, to)
		}
		last = min(last, len(old))
		at, end := starts[min(first, len(old))], starts[last]
		group := Edits{}
		for _, e := range edits[i:j] {
			group.list = append(group.list, Edit{Start: e.Start - at, End: e.End - at, New: e.New})
		}
		c := change{first, last, splitLines(string(group.Apply(src[at:end])))}
		out = append(out, c.refine(old)...)
		i = j
	}
	return out
}

// lineStarts returns the offset of each line, and the length of the text.
func lineStarts(lines []string) []int {
	starts := make([]int, len(lines)+1)
	for i, line := range lines {
		starts[i+1] = starts[i] + len(line)
	}
	return starts
}

// lineSpan returns the range of the lines that an edit changes.
func lineSpan(src []byte, e Edit) (first, last int) {
	first = bytes.Count(src[:e.Start], []byte("\n"))
	last = bytes.Count(src[:e.End], []byte("\n")) + 1
	if e.End > e.Start && src[e.End-1] == '\n' && strings.HasSuffix("\n"+e.New, "\n") {
		last-- // The last byte of the edit is the line break of the previous line.
	}
	return first, last
}

// maxRefine is the maximum number of pairs of lines that refine compares.
const maxRefine = 100_000

// refine splits a change at the lines that occur in the old and in the new
// text. These lines are a longest common subsequence of the old and the new
// lines. The method "refine" does not split a very large change.
func (c change) refine(old []string) []change {
	from := old[c.start:c.end]
	if len(from)*len(c.lines) > maxRefine {
		return []change{c}
	}
	common := commonLengths(from, c.lines)
	var out []change
	open := false
	for i, j := 0, 0; i < len(from) || j < len(c.lines); {
		if i < len(from) && j < len(c.lines) && from[i] == c.lines[j] {
			i, j, open = i+1, j+1, false
			continue
		}
		if !open {
			out, open = append(out, change{start: c.start + i, end: c.start + i}), true
		}
		last := &out[len(out)-1]
		if j == len(c.lines) || i < len(from) && common[i+1][j] >= common[i][j+1] {
			i++
			last.end++
		} else {
			last.lines = append(last.lines, c.lines[j])
			j++
		}
	}
	return out
}

// commonLengths returns the lengths of the longest common subsequences of a[i:]
// and b[j:].
func commonLengths(a, b []string) [][]int {
	lengths := make([][]int, len(a)+1)
	for i := range lengths {
		lengths[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				lengths[i][j] = lengths[i+1][j+1] + 1
			} else {
				lengths[i][j] = max(lengths[i+1][j], lengths[i][j+1])
			}
		}
	}
	return lengths
}

// writeHunk writes changes together with the unchanged lines between and around the
// changes. The argument "shift" is the number of lines that earlier changes added.
// writeHunk returns the number of lines that its changes add.
func writeHunk(b *strings.Builder, old []string, changes []change, shift int) int {
	from := max(changes[0].start-contextLines, 0)
	to := min(changes[len(changes)-1].end+contextLines, len(old))
	added := 0
	for _, c := range changes {
		added += len(c.lines) - (c.end - c.start)
	}
	fmt.Fprintf(b, "@@ -%s +%s @@\n", span(from, to-from), span(from+shift, to-from+added))
	at := from
	for _, c := range changes {
		writeLines(b, ' ', old[at:c.start])
		writeLines(b, '-', old[c.start:c.end])
		writeLines(b, '+', c.lines)
		at = c.end
	}
	writeLines(b, ' ', old[at:to])
	return added
}

// span formats the first line and the number of lines of a hunk.
func span(start, count int) string {
	if count > 0 {
		start++ // The unified format describes an empty range by the line before the range.
	}
	return fmt.Sprintf("%d,%d", start, count)
}

func writeLines(b *strings.Builder, mark byte, lines []string) {
	for _, line := range lines {
		b.WriteByte(mark)
		b.WriteString(line)
		if !strings.HasSuffix(line, "\n") {
			b.WriteString("\n\\ No newline at end of file\n")
		}
	}
}
