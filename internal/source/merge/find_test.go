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
	cases := []struct {
		name, text, pattern, want string
		expect                    []string
	}{
		{"outputs of a matrix", `{"digest-linux-arm64":"D2","digest-linux-amd64":"D1"}`, "", "digest-linux-amd64=1, digest-linux-arm64=2", nil},
		{"with outputs of other kinds", `{"digest":"D3","digests":"{}","previous":"{\"x\":\"D3\"}","json":"{}","version":"1","digest-linux-amd64":"D1"}`, "", "digest-linux-amd64=1", nil},
		{"the output digests", `{"digest":"D3","digests":"{\"linux/arm64\":\"D2\",\"linux/amd64\":\"D1\"}"}`, "", "linux/amd64=1, linux/arm64=2", nil},
		{"the output digest", `{"digest":"D1","version":"1.2.3","pushed":"true"}`, "", "digest=1", nil},
		{"two jobs", `{"a":{"result":"success","outputs":{"digest-x":"D1"}},"b":{"result":"success","outputs":{"digest":"D2","tags":"t"}}}`, "", "digest=2, digest-x=1", nil},
		{"a job without outputs", `{"a":{"result":"success","outputs":{}},"b":{"result":"success","outputs":{"digest-x":"D1"}}}`, "", "digest-x=1", nil},
		{"an object of digests", `{"linux/amd64":"D1","linux/arm64":"D2"}`, "", "linux/amd64=1, linux/arm64=2", nil},
		{"a list", `["D2","D1"]`, "", "entry 1=2, entry 2=1", nil},
		{"lines", " D1 \r\nb = D2\nGHCR.io/Acme/web@D3\n", "", "b=2, line 1=1, line 3=3 in ghcr.io/acme/web", nil},
		{"one digest under two names", `{"digest-a":"D1","digest-b":"D1","digest-c":"D2"}`, "", "digest-a=1, digest-c=2", nil},
		{"an empty output and expected platforms", `{"digest-a":"D1","digest-b":""}`, "", "digest-a=1", []string{"linux/amd64"}},
		{"a failed job and expected platforms", `{"a":{"result":"failure","outputs":{"digest-a":"D1"}}}`, "", "digest-a=1", []string{"linux/amd64"}},
		{"a failed job, a pattern and expected platforms", `{"a":{"result":"success","outputs":{"digest-a":"D1"}},"b":{"result":"failure","outputs":{"digest-b":"D2"}}}`, "a", "digest-a=1", []string{"linux/amd64"}},
		{"jobs whose names are names of outputs", `{"build":{"result":"success","outputs":{"digest-x":"D1"}},"digest":{"result":"success","outputs":{"digest-y":"D2"}},"digest-arm64":{"result":"success","outputs":{"digest-z":"D3"}}}`, "", "digest-x=1, digest-y=2, digest-z=3", nil},
		{"a skipped job and expected platforms", `{"a":{"result":"skipped","outputs":{}},"b":{"result":"success","outputs":{"digest-x":"D1"}}}`, "", "digest-x=1", []string{"linux/amd64"}},
		{"outputs of a matrix as a list", `[{"digest":"D1"},{"digest":"D2"}]`, "", "digest=1, digest=2", nil},
		{"an image without a platform", `{"a":{"result":"success","outputs":{"digest":"D1","digests":"{}"}}}`, "", "digest=1", nil},
		{"a pattern", `{"digest-web-amd64":"D1","digest-api-amd64":"D2","digest-api-arm64":"skipped"}`, "web-*", "digest-web-amd64=1", nil},
		{"all were skipped", `{"digest-a":"skipped","digest-b":"skipped"}`, "", "", nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			images, err := merge.Find(expand(c.text), c.pattern, c.expect)
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
		{"a pattern that matches no name", `{"digest-a":"D1"}`, "b*", merge.CodeNoDigests, `digest-name, which is "b*"`},
		{"a broken pattern", `{"digest-a":"D1"}`, "[", merge.CodePatternInvalid, "web-*"},
		{"some were skipped", `{"digest-a":"D1","digest-b":"skipped"}`, "", merge.CodeImagesSkipped, "cannot write packages: digest-b"},
		{"a tag", `{"digest-a":"latest"}`, "", merge.CodeDigestInvalid, `"digest-a" of the input digests has the value "latest"`},
		{"a short digest", "sha256:12", "", merge.CodeDigestInvalid, "Line 1 of the input digests"},
		{"a tag of an image", "ghcr.io/acme/web:1", "", merge.CodeDigestInvalid, "run ghcr-publish inspect"},
		{"several digests in a line", "D1,D2", "", merge.CodeDigestInvalid, "one digest per line"},
		{"null", "null", "", merge.CodeNoDigests, "Add the job to needs"},
		{"an expression", "${{ toJSON(needs.build.outputs) }}", "", merge.CodeDigestInvalid, "has not evaluated the expression"},
		{"an empty output", `{"digest-a":"D1","digest-b":""}`, "", merge.CodeDigestMissing, `because the input digests has no value for digest-b`},
		{"an output that is null", `{"digest-a":"D1","digest-b":null}`, "", merge.CodeDigestMissing, "no value for digest-b"},
		{"an empty output of one of several jobs", `{"a":{"result":"success","outputs":{"digest":"D1"}},"b":{"result":"success","outputs":{"digest":""}}}`, "", merge.CodeDigestMissing, "digest of the job b"},
		{"an empty line", "D1\n\n", "", merge.CodeDigestMissing, "no value for line 2"},
		{"a failed job", `{"a":{"result":"success","outputs":{"digest-a":"D1"}},"b":{"result":"failure","outputs":{}}}`, "", merge.CodeJobFailed, "the result of the job b is failure"},
		{"a cancelled job", `{"a":{"result":"cancelled","outputs":{"digest-a":"D1"}}}`, "", merge.CodeJobFailed, "the result of the job a is cancelled"},
		{"a skipped job", `{"a":{"result":"skipped","outputs":{}},"b":{"result":"success","outputs":{"digest-x":"D1"}}}`, "", merge.CodeJobFailed, "the result of the job a is skipped"},
		{"a skipped job with outputs that are null", `{"a":{"result":"skipped","outputs":null},"b":{"result":"success","outputs":{"digest-x":"D1"}}}`, "", merge.CodeJobFailed, "the result of the job a is skipped"},
		{"a failed job that set no digest", `{"a":{"result":"success","outputs":{"digest-web-amd64":"D1"}},"b":{"result":"failure","outputs":{"version":"1.2.3"}}}`, "web-*", merge.CodeJobFailed, "the result of the job b is failure"},
		{"a failed job that set the digest of another image", `{"a":{"result":"success","outputs":{"digest-web-amd64":"D1"}},"b":{"result":"failure","outputs":{"digest-api-arm64":"D2"}}}`, "web-*", merge.CodeJobFailed, "the result of the job b is failure"},
		{"a cancelled job and a pattern", `{"a":{"result":"success","outputs":{"digest-web-amd64":"D1"}},"b":{"result":"cancelled","outputs":{}}}`, "web-*", merge.CodeJobFailed, "the result of the job b is cancelled"},
		{"a failed job beside a job whose name is a name of an output", `{"build":{"result":"failure","outputs":{}},"digest-arm64":{"result":"success","outputs":{"digest-z":"D3"}}}`, "", merge.CodeJobFailed, "the result of the job build is failure"},
		{"only failed jobs", `{"a":{"result":"failure","outputs":{}},"b":{"result":"cancelled","outputs":{}}}`, "", merge.CodeJobFailed, "the job a is failure, and the result of the job b is cancelled"},
		{"one failed job", `{"result":"failure","outputs":{"digest-a":"D1"}}`, "", merge.CodeJobFailed, "the result of the job is failure"},
		{"a failed job and a read-only token", `{"a":{"result":"success","outputs":{"digest-a":"skipped"}},"b":{"result":"failure","outputs":{}}}`, "", merge.CodeJobFailed, "the job b is failure"},
		{"an empty output and a read-only token", `{"digest-a":"skipped","digest-b":""}`, "", merge.CodeDigestMissing, "no value for digest-b"},
		{"an object without digests", `{"a":{"result":"success","outputs":{"digest":"D1"}},"b":{"result":"success","outputs":{"digests":"{}"}}}`, "", merge.CodeDigestMissing, "no value for digests of the job b"},
		{"an element without a digest", `[{"digest":"D1"},{"digest":""}]`, "", merge.CodeDigestMissing, "no value for digest of entry 2"},
		{"an empty element", `[{"digest":"D1"},{}]`, "", merge.CodeDigestMissing, "no value for entry 2"},
		{"an element that is null", `["D1",null]`, "", merge.CodeDigestMissing, "no value for entry 2"},
		{"an element with other outputs", `[{"digest":"D1"},{"platform":"linux/arm64"}]`, "", merge.CodeDigestInvalid, `The entry "platform" of entry 2 of the input digests`},
		{"a job with other outputs", `{"a":{"result":"success","outputs":{"digest":"D1"}},"b":{"result":"success","outputs":{"version":"1"}}}`, "", merge.CodeDigestInvalid, `The entry "version" of the job b of the input digests`},
		{"a job that is null", `{"a":{"result":"success","outputs":{"digest":"D1"}},"b":null}`, "", merge.CodeDigestMissing, "no value for b"},
		{"a number", `{"digest-a":"D1","digest-b":7}`, "", merge.CodeDigestInvalid, `the value "7"`},
		{"a Boolean value", `{"linux/amd64":"D1","linux/arm64":true}`, "", merge.CodeDigestInvalid, `the value "true"`},
		{"a bad repository", "a b@D1", "", merge.CodeDigestInvalid, "Check the repository"},
		{"broken JSON", `{"digest-a":`, "", merge.CodeDigestInvalid, "starts like JSON"},
		{"JSON without an end", strings.Repeat(`{"a":`, 20) + `"D1"` + strings.Repeat("}", 20), "", merge.CodeDigestInvalid, "more than 8 levels"},
		{"too many", strings.Join(many, "\n"), "", merge.CodeDigestInvalid, "more than 1000 digests"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := merge.Find(expand(c.text), c.pattern, nil)
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
		images, err := merge.Find(text, pattern, nil)
		seen := map[string]bool{}
		for _, l := range images {
			if seen[l.Digest.String()] || err != nil {
				t.Errorf("image %q: found before: %t, error %v", l.Name, seen[l.Digest.String()], err)
			}
			seen[l.Digest.String()] = true
		}
	})
}
