package plan_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// ages are the ages of generated versions, in hours. Some are exactly at a limit.
var ages = []float64{0, 0.2, 0.9, 1, 5, 24, 100, 168, 800, 2000}

var ordinaryTags = []string{
	"main", "latest", "v1", "pr-1", "pr-2", "pr-3", "pr-1-alpine", "pr-10", "1.2.0", "v1.2.1", "1.2.2", "1.3.0", "v1.3.1",
	"2.0.0", "2.0.0-rc.1", "2.0.0-rc.2", "2.0.0-rc.10", "3.0.0-beta", "1.2", "feature-x", "feature-y", "sha-1", "sha-2",
	"x1", "x2", "x3", "nightly-1", "nightly-2", "sbom-1",
}

// generator draws a package and its rules.
type generator struct {
	*rand.Rand

	tags     []string
	versions []version
}

func (g *generator) chance(percent int) bool { return g.IntN(100) < percent }

func pick[T any](g *generator, list []T) T { return list[g.IntN(len(list))] }

// add adds a version and returns its label.
func (g *generator) add(v version) string {
	v.Label = fmt.Sprintf("n%d", len(g.versions))
	v.Age = pick(g, ages)
	if g.chance(20) {
		created := v.Age + pick(g, ages)
		v.Created = &created
	}
	v.Layers = map[string]int{v.Label: 1 + g.IntN(50)}
	if g.chance(30) {
		v.Layers["shared"] = 1000
	}
	g.versions = append(g.versions, v)
	return v.Label
}

// draw takes unused ordinary tags.
func (g *generator) draw(percent int) []string {
	var out []string
	for range 1 + g.IntN(3) {
		if g.chance(percent) && len(g.tags) > 0 {
			out, g.tags = append(out, g.tags[0]), g.tags[1:]
		}
	}
	return out
}

func (g *generator) tagged() []string {
	if g.chance(35) {
		return g.draw(80)
	}
	return nil
}

// generate returns a random scenario. The same seed gives the same scenario.
func generate(seed uint64) scenario {
	g := &generator{Rand: rand.New(rand.NewPCG(seed, 19)), versions: []version{}}
	g.tags = slices.Clone(ordinaryTags)
	g.Shuffle(len(g.tags), func(i, j int) { g.tags[i], g.tags[j] = g.tags[j], g.tags[i] })
	for range g.IntN(11) {
		g.add(version{Kind: "image", Tags: g.tagged()})
	}
	for range g.IntN(6) {
		g.add(g.index())
	}
	g.referrers()
	for i := range g.IntN(4) {
		suffix := pick(g, []string{".sig", ".att", ".sbom"})
		g.add(version{Kind: "signature", Tags: []string{"sha256-" + hexOf(g.anything(i)) + suffix}})
	}
	s := scenario{ID: fmt.Sprintf("G%d", seed), Package: "ghcr.io/acme/app", Visibility: "public"}
	s.Rules, s.Options = g.rules(), g.options()
	g.Shuffle(len(g.versions), func(i, j int) { g.versions[i], g.versions[j] = g.versions[j], g.versions[i] })
	s.Versions = uniqueTags(g.versions)
	return s
}

// uniqueTags removes technical tags that two versions have.
func uniqueTags(versions []version) []version {
	seen := map[string]bool{}
	for i := range versions {
		versions[i].Tags = slices.DeleteFunc(versions[i].Tags, func(tag string) bool {
			twice := seen[tag]
			seen[tag] = true
			return twice
		})
		if versions[i].Tags == nil {
			versions[i].Tags = []string{}
		}
	}
	return versions
}

// anything returns an existing label, or the label of something that is gone.
func (g *generator) anything(i int) string {
	if len(g.versions) == 0 || g.chance(20) {
		return fmt.Sprintf("gone%d", i)
	}
	return pick(g, g.versions).Label
}

func (g *generator) index() version {
	v := version{Kind: "index", Tags: g.draw(60)}
	for range g.IntN(4) {
		if len(g.versions) == 0 {
			break
		}
		child := pick(g, g.versions).Label
		if slices.Contains(v.Children, child) {
			continue
		}
		v.Children = append(v.Children, child)
		if g.chance(30) {
			v.Children = append(v.Children, g.add(version{Kind: "attestation", Of: child}))
		}
	}
	if g.chance(20) {
		v.Children = append(v.Children, fmt.Sprintf("missing%d", g.IntN(3)))
	}
	return v
}

func (g *generator) referrers() {
	for i := range g.IntN(6) {
		subject := g.anything(i)
		tags := []string(nil)
		if g.chance(15) {
			tags = g.draw(100)
		}
		referrer := g.add(version{Kind: "artifact", Subject: subject, Tags: tags})
		if g.chance(40) {
			g.add(version{Kind: "index", Children: []string{referrer}, Tags: []string{"sha256-" + hexOf(subject)}})
		}
	}
}

func (g *generator) rules() map[string]string {
	out := map[string]string{}
	set := func(percent int, name string, values ...string) {
		if g.chance(percent) {
			out[name] = pick(g, values)
		}
	}
	selectors := []string{
		"*", "pr-*", "v*", "x?", "feature-*,sha-*", "/^(pr|x)-?[0-9]+$/", "nightly-*,keep=1", "pr-*,older-than=2d", "*,keep=2",
		"type=semver,keep=1", "type=semver,keep=1,per=minor", "type=semver,keep=2,per=major,prerelease=1", "type=semver,keep=0,prerelease=superseded",
		"type=pr,state=closed", "type=branch,state=deleted,match=feature-*", "type=branch,state=deleted,match=*", "sha256-*",
		"{digest:" + g.anything(0) + "}", "1.*,keep=1",
	}
	if g.chance(70) {
		var lines []string
		for range 1 + g.IntN(3) {
			lines = append(lines, pick(g, selectors))
		}
		out["delete"] = strings.Join(lines, "\n")
	}
	set(40, "keep", "latest", "v*", "main\n1.*", "{digest:"+g.anything(1)+"}", "ghcr.io/acme/app:x1", "ghcr.io/acme/other:x1", "/^sha-/")
	set(20, "keep-used", "ghcr.io/acme/app@{digest:"+g.anything(2)+"}", "ghcr.io/acme/app:latest", "docker.io/library/nginx:1")
	set(25, "keep-newest", "0", "1", "2", "4")
	set(25, "older-than", "12h", "1d", "7d", "1mo")
	set(20, "age-from", "updated", "created")
	set(50, "untagged", "delete", "delete", "keep=1", "keep=2", "keep")
	set(40, "orphans", "delete", "keep")
	set(40, "broken", "ghost", "partial", "all", "keep")
	set(20, "min-age", "0h", "1h", "1d")
	set(15, "max-delete", "1", "5", "25%", "100%")
	set(20, "detach", "true", "false")
	set(20, "empty", "keep", "delete")
	set(5, "dry-run", "true")
	return out
}

func (g *generator) options() options {
	o := options{Pulls: map[string]string{"1": "closed", "2": "open", "10": "closed"}, Branches: []string{"main", "feature/x"}}
	if len(g.versions) > 0 && g.chance(20) {
		o.Downloads = map[string]int{pick(g, g.versions).Label: 6000}
	}
	if len(g.versions) > 0 && g.chance(3) {
		o.Unreadable = []string{pick(g, g.versions).Label}
	}
	if g.chance(3) {
		o.Permissions = "write"
	}
	if g.chance(15) {
		o.Event = event{"pull_request", "closed", 1}
	}
	if len(g.versions) > 0 && g.chance(20) {
		pushed := version{Label: "pushed", Kind: "index", Tags: []string{"fresh"}}
		for range 1 + g.IntN(2) {
			if child := pick(g, g.versions).Label; !slices.Contains(pushed.Children, child) {
				pushed.Children = append(pushed.Children, child)
			}
		}
		o.AfterListing = []change{{Push: &pushed}}
	}
	return o
}
