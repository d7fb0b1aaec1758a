// Package random draws scenarios of the command "cleanup" for tests of properties. The
// packages have nested and shared indexes, missing platforms, attestations, referrers of
// existing and of missing manifests, and the tags of cosign. The rules are drawn
// independently of the package.
package random

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
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
	versions []ghcrtest.SeedVersion
}

func (g *generator) chance(percent int) bool { return g.IntN(100) < percent }

func pick[T any](g *generator, list []T) T { return list[g.IntN(len(list))] }

// add adds a version and returns its label.
func (g *generator) add(v ghcrtest.SeedVersion) string {
	v.Label = fmt.Sprintf("n%d", len(g.versions))
	v.Age = pick(g, ages)
	if g.chance(20) {
		created := v.Age + pick(g, ages)
		v.Created = &created
	}
	if v.Kind != ghcrtest.SeedIndex {
		// A layer that is longer than its name has a content of its own.
		v.Layers = map[string]int64{v.Label: 8 + g.Int64N(50)}
		if g.chance(30) {
			v.Layers["shared"] = 1000
		}
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

// Scenario draws a scenario without an expected result. The same number gives the same
// scenario.
func Scenario(number uint64) ghcrtest.Seed {
	g := &generator{Rand: rand.New(rand.NewPCG(number, 19)), versions: []ghcrtest.SeedVersion{}} //nolint:gosec // The scenarios must be the same in each run.
	g.tags = slices.Clone(ordinaryTags)
	g.Shuffle(len(g.tags), func(i, j int) { g.tags[i], g.tags[j] = g.tags[j], g.tags[i] })
	for range g.IntN(11) {
		g.add(ghcrtest.SeedVersion{Kind: "image", Tags: g.tagged()})
	}
	for range g.IntN(6) {
		g.add(g.index())
	}
	g.referrers()
	for i := range g.IntN(4) {
		suffix := pick(g, []string{".sig", ".att", ".sbom"})
		g.add(ghcrtest.SeedVersion{Kind: "signature", Tags: []string{"sha256-{hex:" + g.anything(i) + "}" + suffix}})
	}
	s := ghcrtest.Seed{ID: fmt.Sprintf("G%d", number), Package: "ghcr.io/acme/app", Visibility: "public"}
	s.Rules, s.Options = g.rules(), g.options()
	g.Shuffle(len(g.versions), func(i, j int) { g.versions[i], g.versions[j] = g.versions[j], g.versions[i] })
	s.Versions = uniqueTags(g.versions)
	return s
}

// uniqueTags removes technical tags that two versions have.
func uniqueTags(versions []ghcrtest.SeedVersion) []ghcrtest.SeedVersion {
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

func (g *generator) index() ghcrtest.SeedVersion {
	v := ghcrtest.SeedVersion{Kind: "index", Tags: g.draw(60)}
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
			v.Children = append(v.Children, g.add(ghcrtest.SeedVersion{Kind: "attestation", Of: child}))
		}
	}
	if g.chance(20) {
		missing := fmt.Sprintf("missing%d", g.IntN(3))
		v.Children = append(v.Children, missing)
		if g.chance(30) {
			v.Attestations = []string{missing}
		}
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
		referrer := g.add(ghcrtest.SeedVersion{Kind: "artifact", Subject: subject, Tags: tags})
		if g.chance(40) {
			g.add(ghcrtest.SeedVersion{Kind: "index", Children: []string{referrer}, Tags: []string{"sha256-{hex:" + subject + "}"}})
		}
	}
}
