package random

import (
	"fmt"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
)

// Large returns a package with a number of versions: releases with two platforms, an
// attestation of each platform, and a signature. Each minor line has 20 releases, and each
// release is one hour older than the next release. All releases share a layer.
func Large(versions int) ghcrtest.Seed {
	s := ghcrtest.Seed{ID: "large", Package: "ghcr.io/acme/app"}
	for i := 0; len(s.Versions) < versions; i++ {
		name := func(part string) string { return fmt.Sprintf("%s%d", part, i) }
		age := float64(i + 2)
		add := func(v ghcrtest.SeedVersion) {
			v.Age = age
			if len(s.Versions) < versions {
				s.Versions = append(s.Versions, v)
			}
		}
		layers := func(part string) map[string]int64 { return map[string]int64{"base": 100, name(part): 50} }
		add(ghcrtest.SeedVersion{
			Label: name("index"), Kind: ghcrtest.SeedIndex, Tags: []string{fmt.Sprintf("1.%d.%d", i/20, 20-i%20)},
			Children: []string{name("amd"), name("arm"), name("amd-sbom"), name("arm-sbom")},
		})
		add(ghcrtest.SeedVersion{Label: name("amd"), Layers: layers("amd")})
		add(ghcrtest.SeedVersion{Label: name("arm"), Layers: layers("arm")})
		add(ghcrtest.SeedVersion{Label: name("amd-sbom"), Kind: ghcrtest.SeedAttestation, Of: name("amd")})
		add(ghcrtest.SeedVersion{Label: name("arm-sbom"), Kind: ghcrtest.SeedAttestation, Of: name("arm")})
		add(ghcrtest.SeedVersion{Label: name("signature"), Kind: ghcrtest.SeedSignature, Tags: []string{"sha256-{hex:" + name("index") + "}.sig"}})
	}
	return s
}
