package compare

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// MaxRows is the maximum number of packages in PackageChanges.Rows.
const MaxRows = 50

// packages compares the SBOMs of all platforms that have an SBOM in both images.
func packages(before, after *Image) *PackageChanges {
	compared := 0
	found := map[packageKey][]string{}
	for _, platform := range slices.Sorted(maps.Keys(before.Packages)) {
		now, ok := after.Packages[platform]
		if !ok {
			continue
		}
		compared++
		for _, key := range packagesOf(before.Packages[platform], now) {
			found[key] = append(found[key], platform)
		}
	}
	if compared == 0 {
		return nil
	}
	return counted(found, compared)
}

// packageKey is one change of a package.
type packageKey struct {
	name, before, after string
	kind                Kind
}

// counted returns the changes in the order of their names.
func counted(found map[packageKey][]string, compared int) *PackageChanges {
	out := &PackageChanges{Rows: []PackageChange{}}
	keys := slices.SortedFunc(maps.Keys(found), func(a, b packageKey) int {
		return cmp.Or(cmp.Compare(a.name, b.name), cmp.Compare(a.before, b.before), cmp.Compare(a.after, b.after))
	})
	for _, key := range keys {
		switch key.kind {
		case Added:
			out.Added++
		case Removed:
			out.Removed++
		case Changed, Same:
			out.Updated++
		}
		if len(out.Rows) == MaxRows {
			continue
		}
		row := PackageChange{Name: cut(key.name), Change: key.kind, Before: cut(key.before), After: cut(key.after)}
		if len(found[key]) < compared {
			row.Platforms = found[key]
		}
		out.Rows = append(out.Rows, row)
	}
	return out
}

// packagesOf compares two lists of packages. A list can contain several versions of one
// package. If one version was replaced by another version, the package was updated.
func packagesOf(before, after []Package) []packageKey {
	old, now := versions(before), versions(after)
	all := maps.Clone(old)
	maps.Copy(all, now)
	var out []packageKey
	for name := range all {
		gone, come := without(old[name], now[name]), without(now[name], old[name])
		if len(gone) == 0 && len(come) == 0 {
			continue
		}
		key := packageKey{name: name, before: strings.Join(gone, ", "), after: strings.Join(come, ", ")}
		key.kind = kindOf(len(gone) > 0, len(come) > 0)
		out = append(out, key)
	}
	return out
}

// versions maps the names of packages to their versions.
func versions(list []Package) map[string][]string {
	out := map[string][]string{}
	for _, p := range list {
		out[p.Name] = append(out[p.Name], p.Version)
	}
	for name := range out {
		slices.Sort(out[name])
		out[name] = slices.Compact(out[name])
	}
	return out
}

// without returns the versions in the first list that are not in the second list.
func without(list, other []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(v string) bool { return slices.Contains(other, v) })
}
