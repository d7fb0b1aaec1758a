package input

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
)

// containerSystems are the systems for which a common container runtime runs images.
var containerSystems = []string{"linux", "windows", "freebsd", "wasi", "wasip1"}

// noticePlatforms warns about platforms for which no common container runtime runs
// images. Such a platform is not an error, because other programs use an image only as
// an archive of files.
func (c *Common) noticePlatforms(input string, platforms []string) {
	for _, platform := range platforms {
		system, _, _ := strings.Cut(platform, "/")
		if !slices.Contains(systems, system) || slices.Contains(containerSystems, system) {
			continue
		}
		c.Notices = append(c.Notices, diag.Notice{
			Code: CodePlatformWithoutRuntime, Level: diag.Warning, Title: "No common container runtime runs images for " + platform,
			Text: fmt.Sprintf("The input %s contains %s, but container runtimes such as Docker and podman run only images for Linux, Windows and FreeBSD. On a Mac, Docker runs images for linux/arm64 and linux/amd64. Write the platforms on which the image must run.", input, platform),
		})
	}
}

// numberedMachines are the machines whose variants are the letter v and a number.
var numberedMachines = []string{"arm", "arm64", "amd64"}

// variantFault returns the cure for a variant that no image has, or "". The variant can
// be another machine, because the user separated two platforms by a slash.
func variantFault(system, machine, variant string) string {
	other := machineNames[variant]
	if slices.Contains(architectures, variant) {
		other = variant
	}
	if other != "" {
		return fmt.Sprintf("Separate platforms by commas: %s/%s,%s/%s.", system, machine, system, other)
	}
	if !slices.Contains(numberedMachines, machine) {
		return ""
	}
	if number := strings.TrimPrefix(variant, "v"); strings.Trim(number, "0123456789.") == "" && number != "" {
		return ""
	}
	return fmt.Sprintf("A variant of %s has the form v and a number, such as %s/arm/v7. Without a variant, write %s/%s.", machine, system, system, machine)
}

// withVariantLetter adds the letter v to a variant that is only a number.
func withVariantLetter(name string) string {
	parts := strings.Split(name, "/")
	if len(parts) == 3 && slices.Contains(numberedMachines, parts[1]) && strings.Trim(parts[2], "0123456789.") == "" {
		parts[2] = "v" + parts[2]
	}
	return strings.Join(parts, "/")
}
