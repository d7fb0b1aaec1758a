package plan_test

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/cleanup/graph"
	"github.com/ghcr-publish/ghcr-publish/internal/cleanup/plan"
	"github.com/ghcr-publish/ghcr-publish/internal/cleanup/rules"
	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
)

// scenario is a scenario with the ids of its versions.
type scenario struct {
	ghcrtest.Seed

	ids map[string]int64 // label to id; a later version has a higher id
}

type (
	version = ghcrtest.SeedVersion
	outcome = ghcrtest.SeedExpected
)

// sorted returns an outcome with sorted lists without duplicates.
func sorted(o outcome) outcome {
	for _, list := range []*[]string{&o.Kept, &o.Deleted, &o.Detached} {
		*list = sortedOrEmpty(*list)
	}
	o.Left = slices.Clone(o.Left)
	slices.SortFunc(o.Left, func(a, b [2]string) int { return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1])) })
	o.Left = append([][2]string{}, slices.Compact(o.Left)...)
	if o.Would != nil {
		o.Would = &ghcrtest.SeedPlan{Deleted: sortedOrEmpty(o.Would.Deleted), Detached: sortedOrEmpty(o.Would.Detached)}
	}
	return o
}

func sortedOrEmpty(list []string) []string {
	return append([]string{}, slices.Sorted(slices.Values(list))...)
}

func hexOf(label string) string {
	sum := sha256.Sum256([]byte(label))
	return hex.EncodeToString(sum[:])
}

func digestOf(label string) string { return "sha256:" + hexOf(label) }

var brace = regexp.MustCompile(`\{(hex|digest):([^}]+)\}`)

func expand(text string) string {
	return brace.ReplaceAllStringFunc(text, func(found string) string {
		m := brace.FindStringSubmatch(found)
		if m[1] == "digest" {
			return digestOf(m[2])
		}
		return hexOf(m[2])
	})
}

// open returns a deep copy of a seed with all braces expanded.
func open(from *ghcrtest.Seed) scenario {
	body, err := json.Marshal(from)
	if err != nil {
		panic(err)
	}
	out := scenario{ids: map[string]int64{}}
	if err := json.Unmarshal([]byte(expand(string(body))), &out.Seed); err != nil {
		panic(err)
	}
	for i, v := range out.Versions {
		out.ids[v.Label] = int64(1000 * (len(out.Versions) - i))
	}
	return out
}

var clock = time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)

func before(hours float64) time.Time {
	return clock.Add(-time.Duration(hours * float64(time.Hour)))
}

// graph returns the graph of versions, and the labels of the digests.
func graphOf(versions []version, ids map[string]int64) (*graph.Package, map[string]string) {
	var list []graph.Version
	manifests, labels, kinds := map[string]graph.Manifest{}, map[string]string{}, map[string]ghcrtest.SeedKind{}
	for _, v := range versions {
		kinds[v.Label] = v.Kind
	}
	for _, v := range versions {
		created := v.Age
		if v.Created != nil {
			created = *v.Created
		}
		digest := digestOf(v.Label)
		labels[digest] = v.Label
		list = append(list, graph.Version{ID: ids[v.Label], Digest: digest, Tags: v.Tags, Created: before(created), Updated: before(v.Age)})
		manifests[digest] = manifestOf(v, kinds)
	}
	return graph.New(list, func(digest string) graph.Manifest { return manifests[digest] }), labels
}

func manifestOf(v version, kinds map[string]ghcrtest.SeedKind) graph.Manifest {
	m := graph.Manifest{Index: v.Kind == "index"}
	for _, child := range v.Children {
		attestation := kinds[child] == "attestation" || slices.Contains(v.Attestations, child)
		m.Children = append(m.Children, graph.Child{Digest: digestOf(child), Attestation: attestation})
	}
	if v.Subject != "" {
		m.Subject = digestOf(v.Subject)
	}
	for name, size := range v.Layers {
		m.Layers = append(m.Layers, graph.Blob{Digest: digestOf("layer " + name), Size: size})
	}
	return m
}

// plan computes the plan of a scenario.
func (s scenario) plan() (*plan.Plan, map[string]string, error) {
	r, err := rules.Parse(inputsOf(s.Rules), rules.NoFiles{}, "ghcr.io")
	if err != nil {
		return nil, nil, err
	}
	p, labels := graphOf(s.Versions, s.ids)
	facts := plan.Facts{Repository: s.Package, Now: clock, Closed: map[string]bool{}, Branches: s.Options.Branches}
	for number, state := range s.Options.Pulls {
		facts.Closed[strconv.Itoa(number)] = state == "closed"
	}
	if s.Options.Event.Name == "pull_request" && s.Options.Event.Action == "closed" {
		facts.Event.ClosedPull = strconv.Itoa(s.Options.Event.Number)
	}
	for _, label := range s.Options.Unreadable {
		facts.Unreadable = append(facts.Unreadable, digestOf(label))
	}
	out, err := plan.Make(p, r, facts)
	return out, labels, err
}

func inputsOf(r map[string]string) rules.Inputs {
	return rules.Inputs{
		Delete: r["delete"], Keep: r["keep"], KeepNewest: r["keep-newest"], OlderThan: r["older-than"],
		AgeFrom: r["age-from"], Untagged: r["untagged"], Orphans: r["orphans"], Broken: r["broken"],
		KeepUsed: r["keep-used"], MinAge: r["min-age"], MaxDelete: r["max-delete"], Detach: r["detach"],
		Empty: r["empty"], OnUnreadable: r["on-unreadable"],
	}
}

// run computes the outcome of a scenario: the plan, the changes by others, and what
// GitHub refuses.
func (s scenario) run() outcome {
	none := outcome{}
	for _, v := range s.Versions {
		none.Kept = append(none.Kept, v.Label)
	}
	first, labels, err := s.plan()
	if err != nil {
		none.Error = diag.All(err)[0].Code
		if none.Error == plan.CodeUnreadable && s.Rules["on-unreadable"] == "keep" {
			none.Error, none.Left = "", [][2]string{{"*", string(plan.Unreadable)}}
		}
		return sorted(none)
	}
	if s.Rules["dry-run"] == "true" {
		none.Would = &ghcrtest.SeedPlan{Deleted: deletedLabels(first, labels), Detached: detachedTags(first)}
		return sorted(none)
	}
	if len(first.Delete)+len(first.Detach) > 0 && s.Options.Permissions == "write" {
		none.Error = "no-admin"
		return sorted(none)
	}
	now, labels := s.later()
	again := first.Again(now)
	return s.outcome(again, labels)
}

func (s scenario) outcome(p *plan.Plan, labels map[string]string) outcome {
	out := outcome{Deleted: deletedLabels(p, labels), Detached: detachedTags(p), Freed: p.Freed}
	for _, step := range p.Keep {
		out.Kept = append(out.Kept, labels[p.Package.Nodes[step.Node].Digest])
	}
	for _, left := range p.Left {
		out.Left = append(out.Left, [2]string{cmp.Or(left.Tag, labels[left.Digest]), string(left.Cause)})
	}
	return sorted(out)
}

func deletedLabels(p *plan.Plan, labels map[string]string) []string {
	var out []string
	for _, digest := range p.Digests(p.Delete) {
		out = append(out, labels[digest])
	}
	return out
}

func detachedTags(p *plan.Plan) []string {
	var out []string
	for _, d := range p.Detach {
		out = append(out, d.Tag)
	}
	return out
}

// later applies the changes that others make after the listing.
func (s scenario) later() (plan.Now, map[string]string) {
	s.Versions = slices.Clone(s.Versions)
	changed := map[string]bool{}
	versions, ids := map[string]*version{}, maps.Clone(s.ids)
	for i := range s.Versions {
		versions[s.Versions[i].Label] = &s.Versions[i]
	}
	take := func(tags []string, except string) {
		for label, v := range versions {
			rest := slices.DeleteFunc(slices.Clone(v.Tags), func(tag string) bool { return slices.Contains(tags, tag) })
			if label != except && len(rest) != len(v.Tags) {
				changed[digestOf(label)], v.Tags = true, rest
			}
		}
	}
	for i, c := range s.Options.AfterListing {
		switch {
		case c.Push != nil:
			pushed := *c.Push
			ids[pushed.Label] = int64(i - 100) // the model ranks a new version after equal old versions
			versions[pushed.Label] = &pushed
			take(pushed.Tags, pushed.Label)
		case c.MoveTag != "":
			take([]string{c.MoveTag}, "")
			changed[digestOf(c.To)] = true
			versions[c.To].Tags = append(versions[c.To].Tags, c.MoveTag)
		default:
			delete(versions, c.Delete)
		}
	}
	var list []version
	for _, label := range slices.Sorted(maps.Keys(versions)) {
		list = append(list, *versions[label])
	}
	p, labels := graphOf(list, ids)
	now := plan.Now{Package: p, Changed: changed, Refused: map[string]bool{}}
	for label, n := range s.Options.Downloads {
		now.Refused[digestOf(label)] = n > 5000 && s.Visibility != "private"
	}
	return now, labels
}
