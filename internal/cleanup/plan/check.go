package plan

import (
	"fmt"
	"slices"

	"github.com/ghcr-publish/ghcr-publish/internal/cleanup/graph"
	"github.com/ghcr-publish/ghcr-publish/internal/cleanup/rules"
	"github.com/ghcr-publish/ghcr-publish/internal/diag"
)

// Codes of the errors of the planner.
const (
	// CodeNoRules means that no input says which images the command "cleanup" deletes.
	CodeNoRules = "no-rules"
	// CodeKeepNewest means that the input "keep-newest" is set without the input "delete".
	CodeKeepNewest = "keep-newest-without-delete"
	// CodeMaxDelete means that the rules select more images than the input "max-delete"
	// permits.
	CodeMaxDelete = "max-delete"
	// CodeUnreadable means that the program cannot read a manifest of the package, so it
	// does not know which versions belong together.
	CodeUnreadable = "unreadable"
)

// CheckRules returns an error if no rule and no event selects images, or if the input
// keep-newest has nothing to rank.
func CheckRules(r *rules.Rules, e Event) error {
	switch {
	case !r.Any && e == Event{}:
		return errNoRules()
	case r.KeepNewest != rules.None && len(r.Delete) == 0:
		return errKeepNewest()
	}
	return nil
}

func errNoRules() error {
	hint := `Nothing is deleted unless a rule selects it. Set one of these rules:
    delete: type=pr,state=closed
    untagged: delete
    delete: type=semver,keep=3,per=minor
The first rule deletes the images of closed pull requests. The second rule deletes images without a tag. The third rule keeps the newest three releases of each minor version.`
	return diag.Inputf("delete", CodeNoRules, hint, "No rule says which images the run deletes")
}

func errKeepNewest() error {
	hint := `Write the images that the run ranks under delete, for example delete: "v*".`
	return diag.Inputf("keep-newest", CodeKeepNewest, hint, "The input keep-newest is set, but the input delete is empty")
}

// readable returns an error if a manifest of the package cannot be read. Such a manifest
// could own any other version.
func readable(p *graph.Package, f Facts) error {
	for _, digest := range slices.Sorted(slices.Values(f.Unreadable)) {
		if p.Find(digest) >= 0 {
			hint := "Run the step again. If the same manifest fails again, check that the token may read the package."
			if !f.KeepUnreadable {
				hint += " To go on with the other packages, set on-unreadable: keep."
			}
			hint += " The run deletes nothing in this package."
			return diag.New(CodeUnreadable, diag.Registry, hint, nil, "the program cannot read the manifest %s of %s, so it does not know which images need which versions", digest, f.Repository)
		}
	}
	return nil
}

// check compares the plan with the input max-delete.
func (p *Plan) check(limit rules.Limit) error {
	if most := limit.Of(p.Images); p.Count > most {
		hint := "Check the plan with the command cleanup and dry-run: true. If the plan is right, increase the input max-delete. A share also works, such as max-delete: 25%."
		switch {
		case most == 0 && limit.Percent:
			hint = fmt.Sprintf("A share of %d images is rounded down to 0. Write a number, such as max-delete: %d.", p.Images, p.Count)
		case most == 0:
			hint = "This limit permits no deletion. Write a larger number or a share, such as max-delete: 25%. To see the plan, use dry-run: true and max-delete: 100%."
		}
		return diag.Inputf("max-delete", CodeMaxDelete, hint, "The rules select %d of %d images, but max-delete: %s permits %d", p.Count, p.Images, limit, most)
	}
	return nil
}
