package meta

import (
	"context"
	"fmt"
	"strings"
	"testing"
)

// FuzzCompute checks that Compute does not panic for any input. It also checks
// that the tags are valid and unique.
func FuzzCompute(f *testing.F) {
	f.Add("type=semver,pattern={{version}}\ntype=sha", "latest=highest\nsuffix=-{{branch}}", `{"base_ref":"refs/heads/dev"}`, "push", "refs/tags/v1.2.3", false)
	f.Add("type=match,\"\"\"pattern=v(\\d{1,2})\"\"\",group=1", "prefix=x,onlatest=true", `{"number":7,"repository":[]}`, "pull_request_target", "refs/heads/a=b", true)
	f.Add("type=pep440,pattern={{#if minor}}m{{minor}}{{/if}},value=1!2.0+u.1", "", `{"commits":[{"id":1},null]}`, "schedule", "", false)
	f.Fuzz(func(t *testing.T, tags, flavor, payload, event, ref string, ours bool) {
		p, err := ParsePayload([]byte(payload))
		if err != nil {
			return
		}
		c := at(event, ref).existing("1.2.3", "2.0.0", "x")
		c.Event.Payload = p
		run := Compute
		if ours {
			run = Defaults
		}
		r, err := run(context.Background(), Inputs{Images: "a", Tags: tags, Flavor: flavor, Labels: tags, Strict: !ours}, c)
		if err != nil {
			return
		}
		seen := map[string]bool{}
		for _, name := range r.Names() {
			if !ValidTag(name) || seen[name] {
				t.Errorf("got the tag %q, which is invalid or a duplicate", name)
			}
			seen[name] = true
		}
		if (len(r.Tags) > 0) != (r.Version != "") {
			t.Errorf("got version %q with the tags %q", r.Version, r.Names())
		}
		r.Outputs(OutputFormat{})
		r.BakeFiles(OutputFormat{})
	})
}

// BenchmarkCompute evaluates n different rules. The time per rule must not
// depend on n.
func BenchmarkCompute(b *testing.B) {
	for _, n := range []int{100, 1000, 10_000} {
		var tags strings.Builder
		for i := range n {
			fmt.Fprintf(&tags, "type=semver,pattern={{major}}.{{minor}}.{{patch}}-%d\n", i)
		}
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				if _, err := Compute(context.Background(), Inputs{Images: "user/app", Tags: tags.String()}, at("push", "refs/tags/v1.2.3")); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/rule")
		})
	}
}

// BenchmarkMixed evaluates rules of each type, with expressions and patterns.
func BenchmarkMixed(b *testing.B) {
	kinds := []string{
		"type=raw,value=a{{sha}}-%d", "type=match,pattern=v(\\d)(?=.),group=1,suffix=-%d", "type=pep440,pattern={{version}},suffix=-%d",
		"type=ref,event=tag,suffix=-%d", "type=sha,suffix=-%d", "type=raw,value={{date 'YYYYMMDD' tz='Asia/Tokyo'}}-%d", "type=semver,pattern={{version}},match=v(.*),suffix=-%d",
	}
	var tags strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&tags, kinds[i%len(kinds)]+"\n", i)
	}
	for b.Loop() {
		if _, err := Compute(context.Background(), Inputs{Images: "user/app", Tags: tags.String()}, at("push", "refs/tags/v1.2.3")); err != nil {
			b.Fatal(err)
		}
	}
}
