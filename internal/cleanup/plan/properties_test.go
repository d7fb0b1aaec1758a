package plan_test

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"sync"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/cleanup/graph"
	"github.com/ghcr-publish/ghcr-publish/internal/cleanup/plan"
	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest/random"
)

// generated are the random packages. The tests share them.
var generated = sync.OnceValue(func() []scenario {
	var out []scenario
	for number := range uint64(random.Packages) {
		s := random.Scenario(number)
		out = append(out, open(&s))
	}
	return out
})

// eachPlan calls check with the plan of each random package that has one.
func eachPlan(t *testing.T, check func(s scenario, p *plan.Plan) error) {
	t.Helper()
	t.Parallel()
	planned := 0
	for seed, s := range generated() {
		s.Rules = maps.Clone(s.Rules)
		p, _, err := s.plan()
		if err != nil {
			continue // an error has no plan, so it deletes nothing
		}
		planned++
		if err := check(s, p); err != nil {
			t.Fatalf("package %d: %v\nrules %q", seed, err, s.Rules)
		}
	}
	if planned < random.Packages/2 {
		t.Errorf("only %d of %d random packages have a plan", planned, random.Packages)
	}
}

func deleted(p *plan.Plan) map[int]bool {
	out := map[int]bool{}
	for _, step := range p.Delete {
		out[step.Node] = true
	}
	return out
}

func TestEachVersionIsEitherKeptOrDeleted(t *testing.T) { // P0
	eachPlan(t, func(_ scenario, p *plan.Plan) error {
		seen := map[int]int{}
		for _, step := range slices.Concat(p.Keep, p.Delete) {
			seen[step.Node]++
		}
		for i := range p.Package.Nodes {
			if seen[i] != 1 {
				return fmt.Errorf("version %d is in %d lists", i, seen[i])
			}
		}
		return nil
	})
}

// whole returns an error if a version that stays loses a child, its subject or a
// referrer.
func whole(p *plan.Plan, gone map[int]bool, except map[string]bool) error {
	for i := range p.Package.Nodes {
		n := &p.Package.Nodes[i]
		if gone[i] || except[n.Digest] {
			continue
		}
		needed := slices.Concat(n.Children, n.Referrers)
		if n.Subject >= 0 {
			needed = append(needed, n.Subject)
		}
		for _, j := range needed {
			if gone[j] {
				return fmt.Errorf("version %d stays and loses version %d", i, j)
			}
		}
	}
	return nil
}

func TestNoKeptVersionLosesAChildASubjectOrAReferrer(t *testing.T) { // P1, P2
	eachPlan(t, func(s scenario, p *plan.Plan) error {
		if err := whole(p, deleted(p), nil); err != nil {
			return err
		}
		now, _ := s.later()
		again := p.Again(now)
		if err := whole(again, deleted(again), now.Refused); err != nil {
			return fmt.Errorf("later: %w", err)
		}
		return nil
	})
}

func TestKeepAlwaysWins(t *testing.T) { // P3
	eachPlan(t, func(s scenario, p *plan.Plan) error {
		s.Rules["max-delete"] = "1000" // The test replaces the rule keep, so the plan can delete more.
		for i := range p.Package.Nodes {
			n := &p.Package.Nodes[i]
			if i%4 != len(p.Package.Nodes)%4 {
				continue // a quarter of the versions is enough
			}
			s.Rules["keep"] = n.Digest
			if len(n.Names) > 0 {
				s.Rules["keep"] = n.Names[0]
			}
			after, _, err := s.plan()
			if err != nil {
				return err
			}
			if deleted(after)[i] || slices.ContainsFunc(after.Detach, func(d plan.Detachment) bool { return d.Tag == s.Rules["keep"] }) {
				return fmt.Errorf("%s goes although keep names it", s.Rules["keep"])
			}
		}
		return nil
	})
}

func TestTaggedVersionsGoOnlyByDeleteOrBroken(t *testing.T) { // P4
	eachPlan(t, func(s scenario, p *plan.Plan) error {
		if s.Rules["delete"] != "" || s.Rules["broken"] != "" || s.Options.Event.Number != 0 {
			return nil
		}
		for i := range deleted(p) {
			if names := p.Package.Nodes[i].Names; len(names) > 0 {
				return fmt.Errorf("the version with the tags %q goes", names)
			}
		}
		if len(p.Detach) > 0 {
			return fmt.Errorf("the tag %q goes", p.Detach[0].Tag)
		}
		return nil
	})
}

func TestAPackageKeepsATaggedVersion(t *testing.T) { // P5
	eachPlan(t, func(s scenario, p *plan.Plan) error {
		gone, tagged, stays := deleted(p), false, false
		for i := range p.Package.Nodes {
			if len(p.Package.Nodes[i].Tags) > 0 {
				tagged, stays = true, stays || !gone[i]
			}
		}
		if tagged && !stays && s.Rules["empty"] != "delete" {
			return errors.New("no tagged version stays")
		}
		return nil
	})
}

func TestOneMoreKeepLineNeverDeletesMore(t *testing.T) { // P6
	eachPlan(t, func(s scenario, p *plan.Plan) error {
		old := p.Digests(p.Delete)
		if slices.ContainsFunc(p.Left, func(l plan.Left) bool { return l.Cause == plan.LastTagged }) {
			return nil
		}
		for _, line := range []string{"v*", "latest", "x1\npr-1"} {
			more := s
			more.Rules = maps.Clone(s.Rules)
			more.Rules["keep"] += "\n" + line
			after, _, err := more.plan()
			if err != nil {
				continue // a detached tag can exceed max-delete
			}
			for _, digest := range after.Digests(after.Delete) {
				if !slices.Contains(old, digest) {
					return fmt.Errorf("keep: %s deletes %s", line, digest)
				}
			}
		}
		return nil
	})
}

func TestTheOrderOfTheListingDoesNotMatter(t *testing.T) { // P7
	eachPlan(t, func(s scenario, p *plan.Plan) error {
		other := s
		other.Versions = slices.Clone(s.Versions)
		random := rand.New(rand.NewPCG(7, uint64(len(s.Versions))))
		random.Shuffle(len(other.Versions), func(i, j int) {
			other.Versions[i], other.Versions[j] = other.Versions[j], other.Versions[i]
		})
		shuffled, _, err := other.plan()
		if err != nil {
			return err
		}
		if !reflect.DeepEqual(p.Delete, shuffled.Delete) || !reflect.DeepEqual(p.Keep, shuffled.Keep) ||
			!reflect.DeepEqual(p.Detach, shuffled.Detach) || !reflect.DeepEqual(p.Left, shuffled.Left) {
			return fmt.Errorf("the plans differ: %+v and %+v", p.Delete, shuffled.Delete)
		}
		return nil
	})
}

func TestASecondRunDoesNothing(t *testing.T) { // P8
	eachPlan(t, func(s scenario, p *plan.Plan) error {
		if s.Rules["untagged"] != "" {
			return nil // the first run can make a platform an untagged image
		}
		gone, detached := map[string]bool{}, detachedTags(p)
		for _, digest := range p.Digests(p.Delete) {
			gone[digest] = true
		}
		s.Versions = slices.DeleteFunc(slices.Clone(s.Versions), func(v version) bool { return gone[digestOf(v.Label)] })
		for i := range s.Versions {
			s.Versions[i].Tags = slices.DeleteFunc(slices.Clone(s.Versions[i].Tags), func(tag string) bool { return slices.Contains(detached, tag) })
		}
		s.Rules["max-delete"] = "100%"
		second, _, err := s.plan()
		if err != nil {
			return err
		}
		if len(second.Delete)+len(second.Detach) > 0 {
			return fmt.Errorf("the second run deletes %q and detaches %q", second.Digests(second.Delete), detachedTags(second))
		}
		return nil
	})
}

func TestARunThatEndsEarlyLeavesNoBrokenVersion(t *testing.T) { // P10
	eachPlan(t, func(_ scenario, p *plan.Plan) error {
		gone := map[int]bool{}
		for _, step := range p.Delete {
			gone[step.Node] = true
			for i := range p.Package.Nodes {
				n := &p.Package.Nodes[i]
				lost := func(j int) bool { return gone[j] }
				if !gone[i] && (slices.ContainsFunc(n.Children, lost) || slices.ContainsFunc(n.Referrers, lost)) {
					return fmt.Errorf("version %d stays for now and loses a child or a referrer", i)
				}
			}
		}
		return nil
	})
}

func TestALaterPlanIsAPartOfTheFirstPlan(t *testing.T) {
	eachPlan(t, func(s scenario, p *plan.Plan) error {
		first := p.Digests(p.Delete)
		now, _ := s.later()
		again := p.Again(now)
		for _, digest := range again.Digests(again.Delete) {
			if !slices.Contains(first, digest) || now.Changed[digest] || now.Refused[digest] {
				return fmt.Errorf("the later plan deletes %s", digest)
			}
		}
		return nil
	})
}

// large returns a package with the given number of versions: indexes with two platforms
// and an attestation of each, and signatures.
func large(count int) *graph.Package {
	var list []graph.Version
	manifests := map[string]graph.Manifest{}
	add := func(m graph.Manifest, tags ...string) string {
		digest := digestOf(fmt.Sprint("large", len(list)))
		list = append(list, graph.Version{ID: int64(len(list)), Digest: digest, Tags: tags, Created: before(float64(len(list))), Updated: before(float64(len(list)))})
		manifests[digest] = m
		return digest
	}
	for i := 0; len(list) < count; i++ {
		index := graph.Manifest{Index: true}
		for range 2 {
			platform := add(graph.Manifest{Layers: []graph.Blob{{Digest: digestOf("base"), Size: 100}, {Digest: digestOf(fmt.Sprint(i)), Size: 50}}})
			index.Children = append(index.Children, graph.Child{Digest: platform}, graph.Child{Digest: add(graph.Manifest{}), Attestation: true})
		}
		digest := add(index, fmt.Sprintf("1.%d.%d", i/20, i%20))
		add(graph.Manifest{}, "sha256-"+digest[len("sha256:"):]+".sig")
	}
	return graph.New(list, func(digest string) graph.Manifest { return manifests[digest] })
}

func BenchmarkPlanOf10000Versions(b *testing.B) {
	r := parse(b, map[string]string{"delete": "type=semver,keep=3,per=minor\n/^1\\.(?!9)/", "untagged": "delete", "orphans": "delete", "broken": "all", "keep": "1.5.*", "max-delete": "100%"})
	for b.Loop() {
		p := large(10_000)
		if _, err := plan.Make(p, r, plan.Facts{Now: clock}); err != nil {
			b.Fatal(err)
		}
	}
}
