package random

import (
	"slices"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
)

// rules draws the values of inputs.
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

// options draws the facts outside the package.
func (g *generator) options() ghcrtest.SeedOptions {
	o := ghcrtest.SeedOptions{Pulls: map[int]string{1: "closed", 2: "open", 10: "closed"}, Branches: []string{"main", "feature/x"}}
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
		o.Event = ghcrtest.SeedEvent{Name: "pull_request", Action: "closed", Number: 1}
	}
	if len(g.versions) > 0 && g.chance(20) {
		pushed := ghcrtest.SeedVersion{Label: "pushed", Kind: "index", Tags: []string{"fresh"}}
		for range 1 + g.IntN(2) {
			if child := pick(g, g.versions).Label; !slices.Contains(pushed.Children, child) {
				pushed.Children = append(pushed.Children, child)
			}
		}
		o.AfterListing = []ghcrtest.SeedChange{{Push: &pushed}}
	}
	return o
}
