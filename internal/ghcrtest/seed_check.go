package ghcrtest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// roles maps the values of [SeedOptions.Permissions] to roles.
var roles = map[string]Role{"admin": Admin, "write": Write, "read": Read}

// check checks the fields that need no manifests.
func (s *Seed) check() error {
	if !validName(s.Name()) || !strings.Contains(s.Name(), "/") {
		return fmt.Errorf("the package %q does not have the form HOST/OWNER/NAME", s.Package)
	}
	if !slices.Contains([]Visibility{Public, Private, Internal}, s.Visibility) {
		return fmt.Errorf("the visibility %q is unknown", s.Visibility)
	}
	if _, known := roles[s.Options.Permissions]; !known {
		return fmt.Errorf("the permission %q is unknown", s.Options.Permissions)
	}
	seen := map[string]bool{}
	for _, v := range s.all() {
		if v.Label == "" || seen[v.Label] {
			return fmt.Errorf("the label %q is empty or names two versions", v.Label)
		}
		seen[v.Label] = true
		if err := v.check(); err != nil {
			return fmt.Errorf("version %q: %w", v.Label, err)
		}
	}
	for _, change := range s.Options.AfterListing {
		if err := change.check(seen); err != nil {
			return err
		}
	}
	return nil
}

// check checks one version.
func (v *SeedVersion) check() error {
	switch v.Kind {
	case SeedImage, SeedIndex, SeedAttestation, SeedArtifact, SeedSignature:
	default:
		return fmt.Errorf("the kind %q is unknown", v.Kind)
	}
	if v.Kind != SeedIndex && len(v.Children) > 0 {
		return fmt.Errorf("a version of the kind %q has children", v.Kind)
	}
	if v.Kind == SeedIndex && len(v.Layers) > 0 {
		return errors.New("an index has layers")
	}
	for name, size := range v.Layers {
		if name == "" || size < 0 || size > maxSeedLayer {
			return fmt.Errorf("the layer %q has no name, or its size %d is not between 0 and %d", name, size, maxSeedLayer)
		}
	}
	return nil
}

// check checks that a change names known versions.
func (c SeedChange) check(known map[string]bool) error {
	switch {
	case c.Push != nil:
		return nil
	case c.MoveTag != "" && known[c.To]:
		return nil
	case c.Delete != "" && known[c.Delete]:
		return nil
	}
	return fmt.Errorf("the change %+v under after-listing names no version", c)
}
