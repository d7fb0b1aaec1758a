package report

import (
	"slices"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/image/compare"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/markdown"
)

// mdReplaced writes the differences between the image and the images that it replaces.
func (r *Report) mdReplaced(b *markdown.Builder) {
	for n, each := range r.Changes {
		if n == maxImages {
			b.Printf("… and %d more previous images.\n\n", len(r.Changes)-n)
			return
		}
		if each.NotCompared != "" {
			continue // A notice contains the reason.
		}
		b.Printf("**Changes** since %s (%s)\n\n", short(each.Before), each.tagNames(r.several()))
		mdChanges(b, &each.Changes)
	}
}

// tagNames returns the names of the tags. If the run published several images, the names
// contain the repositories.
func (r Replaced) tagNames(several bool) markdown.Text {
	var names []markdown.Text
	for n, reference := range r.Tags {
		if n == maxTagNames {
			names = append(names, markdown.Sprintf("%d more", len(r.Tags)-n))
			break
		}
		if !several {
			reference = reference[strings.LastIndex(reference, ":")+1:]
		}
		names = append(names, markdown.Code(reference))
	}
	return markdown.Join(names, ", ")
}

// maxTagNames is the maximum number of tags in one title.
const maxTagNames = 8

// mdChanges writes one line per platform, and the differences in blocks that the reader
// can open.
func mdChanges(b *markdown.Builder, c *compare.Changes) {
	b.Add(changeTable(c.Platforms))
	b.Printf("\n")
	if body := configDetails(c); !body.Empty() {
		details(b, "Config, base image and attestations", body)
	}
	if c.Packages != nil {
		details(b, "Packages: "+packageCounts(c.Packages), packageTable(c.Packages))
	}
}

// changeTable returns one row per platform.
func changeTable(platforms []compare.PlatformChange) markdown.Text {
	var b markdown.Builder
	b.Printf("| Platform | Change | Size | Layers |\n|---|---|---|---|\n")
	for n, p := range platforms {
		if n == maxRows {
			b.Printf("| … and %d more | | | |\n", len(platforms)-n)
			break
		}
		b.Printf("| %s | %s | %s | %s |\n", platformName(p.Platform), string(p.Change), sizeChange(p), layerText(p))
	}
	return b.Text()
}

// mdLosses writes a list of the losses.
func mdLosses(b *markdown.Builder, losses []compare.Loss) {
	if len(losses) == 0 {
		return
	}
	b.Printf("⚠️ The new image lacks:\n\n")
	for n, l := range losses {
		if n == maxRows {
			b.Printf("* … and %d more\n", len(losses)-n)
			break
		}
		b.Printf("* %s\n", l.String())
	}
	b.Printf("\n")
}

// configDetails returns a table of the differences for each group of platforms.
func configDetails(c *compare.Changes) markdown.Text {
	var b markdown.Builder
	for _, g := range groups(c.Platforms) {
		b.Printf("%s:\n\n| Field | Before | After |\n|---|---|---|\n", markdown.Bold(g.of()))
		for _, f := range g.facts {
			if before, after, ok := f.hidden(); ok {
				b.Printf("| %s | %s | %s |\n", f.label, before, after)
				continue
			}
			if f.text != "" {
				b.Printf("| %s | | %s |\n", f.label, f.text)
				continue
			}
			b.Printf("| %s | %s | %s |\n", f.label, markdown.Code(flat(f.before)), markdown.Code(flat(f.after)))
		}
		b.Printf("\n")
	}
	for n, a := range c.Attestations {
		if n == maxRows {
			b.Printf("* … and %d more\n", len(c.Attestations)-n)
			break
		}
		b.Printf("* %s\n", attestationText(a))
	}
	return b.Text()
}

// packageChange returns the word for the change of a package. The title above the table
// counts the packages with the same words.
func packageChange(c compare.Kind) string {
	if c == compare.Changed {
		return "updated"
	}
	return string(c)
}

// packageTable returns one row per package. If each change is the same for all platforms,
// packageTable omits the column of platforms.
func packageTable(p *compare.PackageChanges) markdown.Text {
	var b markdown.Builder
	some := slices.ContainsFunc(p.Rows, func(row compare.PackageChange) bool { return len(row.Platforms) > 0 })
	b.Printf("| Package | Change | Before | After |")
	if some {
		b.Printf(" Platforms |\n|---|---|---|---|---|\n")
	} else {
		b.Printf("\n|---|---|---|---|\n")
	}
	for _, row := range p.Rows {
		b.Printf("| %s | %s | %s | %s |", row.Name, packageChange(row.Change), row.Before, row.After)
		if some {
			b.Printf(" %s |", listed(row.Platforms))
		}
		b.Printf("\n")
	}
	if n := more(p); n > 0 {
		b.Printf("| … and %d more | | | |\n", n)
	}
	return b.Text()
}
