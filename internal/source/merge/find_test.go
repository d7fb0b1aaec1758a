package merge_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/source/merge"
)

var (
	d1 = "sha256:" + strings.Repeat("1", 64)
	d2 = "sha256:" + strings.Repeat("2", 64)
	d3 = "sha256:" + strings.Repeat("3", 64)
)

// show formats each image as its name and the first digit of its digest, and
// adds the repository if the image has one.
func show(images []merge.PlatformImage) string {
	var out []string
	for _, l := range images {
		text := l.Name + "=" + l.Digest.Hex[:1]
		if l.Repo != nil {
			text += " in " + l.Repo.Name()
		}
		out = append(out, text)
	}
	return strings.Join(out, ", ")
}

func TestFind(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, text, pattern, want string }{
		{"outputs of a matrix", `{"digest-linux-arm64":"D2","digest-linux-amd64":"D1"}`, "", "digest-linux-amd64=1, digest-linux-arm64=2"},
		{"with outputs of other kinds", `{"digest":"D3","digests":"{}","previous":"{\"x\":\"D3\"}","json":"{}","version":"1","digest-linux-amd64":"D1"}`, "", "digest-linux-amd64=1"},
		{"the output digests", `{"digest":"D3","digests":"{\"linux/arm64\":\"D2\",\"linux/amd64\":\"D1\"}"}`, "", "linux/amd64=1, linux/arm64=2"},
		{"the output digest", `{"digest":"D1","version":"1.2.3","pushed":"true"}`, "", "digest=1"},
		{"two jobs", `{"a":{"result":"success","outputs":{"digest-x":"D1"}},"b":{"result":"success","outputs":{"digest":"D2","tags":"t"}}}`, "", "digest=2, digest-x=1"},
		{"a job without outputs", `{"a":{"result":"success","outputs":{}},"b":{"result":"success","outputs":{"digest-x":"D1"}}}`, "", "digest-x=1"},
		{"an object of digests", `{"linux/amd64":"D1","linux/arm64":"D2"}`, "", "linux/amd64=1, linux/arm64=2"},
		{"a list", `["D2","D1"]`, "", "=1, =2"},
		{"lines", "\n D1 \r\nb = D2\nGHCR.io/Acme/web@D3\n", "", "b=2, line 1=1, line 3=3 in ghcr.io/acme/web"},
		{"one digest under two names", `{"digest-a":"D1","digest-b":"D1","digest-c":"D2"}`, "", "digest-a=1, digest-c=2"},
		{"empty outputs of jobs that did not run", `{"digest-a":"D1","digest-b":""}`, "", "digest-a=1"},
		{"a pattern", `{"digest-web-amd64":"D1","digest-api-amd64":"D2","digest-api-arm64":"skipped"}`, "web-*", "digest-web-amd64=1"},
		{"all were skipped", `{"digest-a":"skipped","digest-b":"skipped"}`, "", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			images, err := merge.Find(expand(c.text), c.pattern)
			if err != nil {
				t.Fatal(err)
			}
			if got := show(images); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func expand(text string) string {
	return strings.NewReplacer("D1", d1, "D2", d2, "D3", d3).Replace(text)
}

func TestFindRefuses(t *testing.T) {
	t.Parallel()
	many := make([]string, 1001)
	for i := range many {
		many[i] = fmt.Sprintf("sha256:%064x", i)
	}
	cases := []struct{ name, text, pattern, code, words string }{
		{"nothing", `{}`, "", merge.CodeNoDigests, "toJSON(needs.JOB.outputs)"},
		{"outputs that are empty", `{"digest-b":"","digest-a":""}`, "", merge.CodeNoDigests, "these outputs are empty: digest-a, digest-b"},
		{"a pattern that matches no name", `{"digest-a":"D1"}`, "b*", merge.CodeNoDigests, "digest-name: b*"},
		{"a broken pattern", `{"digest-a":"D1"}`, "[", merge.CodePatternInvalid, "web-*"},
		{"some were skipped", `{"digest-a":"D1","digest-b":"skipped"}`, "", merge.CodeImagesSkipped, "read-only: digest-b"},
		{"a tag", `{"digest-a":"latest"}`, "", merge.CodeDigestInvalid, `"digest-a" of digests has the value "latest"`},
		{"a short digest", "sha256:12", "", merge.CodeDigestInvalid, `"line 1" of digests`},
		{"a bad repository", "a b@D1", "", merge.CodeDigestInvalid, `"line 1" of digests`},
		{"broken JSON", `{"digest-a":`, "", merge.CodeDigestInvalid, "starts like JSON"},
		{"JSON without an end", strings.Repeat(`{"a":`, 20) + `"D1"` + strings.Repeat("}", 20), "", merge.CodeDigestInvalid, "more than 8 levels"},
		{"too many", strings.Join(many, "\n"), "", merge.CodeDigestInvalid, "more than 1000 digests"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := merge.Find(expand(c.text), c.pattern)
			if !diag.Is(err, c.code) || !strings.Contains(err.Error(), c.words) {
				t.Errorf("got %v, want the code %q and %q", err, c.code, c.words)
			}
		})
	}
}

func FuzzFind(f *testing.F) {
	f.Add(expand(`{"digest-a":"D1","digests":"{\"x\":\"D2\"}"}`), "")
	f.Add(expand("D1\nb=D2\nghcr.io/a/b@D3"), "*")
	f.Fuzz(func(t *testing.T, text, pattern string) {
		images, err := merge.Find(text, pattern)
		seen := map[string]bool{}
		for _, l := range images {
			if seen[l.Digest.String()] || err != nil {
				t.Errorf("image %q: found before: %t, error %v", l.Name, seen[l.Digest.String()], err)
			}
			seen[l.Digest.String()] = true
		}
	})
}
