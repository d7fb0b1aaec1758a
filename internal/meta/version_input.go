package meta

import (
	"fmt"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/diag/missing"
)

// checkVersion returns an error if the input "version" cannot be a single version. If
// Strict is false, checkVersion returns nil.
func checkVersion(in Inputs) error {
	version := trimJS(in.Version)
	if !in.Strict {
		return nil
	}
	inner, quoted := unquoted(strings.ReplaceAll(version, `"`, "'"))
	hint := missing.Unexpanded(version)
	switch {
	case hint != "":
		return diag.Inputf("version", CodeExpression, hint, "the input version is %q, but only a shell or the runner evaluates this text", version)
	case quoted:
		return diag.Inputf("version", CodeVersionInvalid, fmt.Sprintf("Remove the quotation marks: write %s.", inner), "the input version %q contains quotation marks", version)
	case strings.Contains(version, "{{"):
		return diag.Inputf("version", CodeExpression, "Write the version itself, as in 1.2.3. Only the inputs tags, flavor, labels and annotations can contain expressions such as {{tag}}.", "the input version is %q, but it cannot contain expressions", version)
	case strings.ContainsFunc(version, spaceJS), strings.Contains(version, ","):
		return diag.Inputf("version", CodeVersionInvalid, "Write one version, as in 1.2.3. To publish several tags, use the input tags.", "the input version is %q, which is not a single version", version)
	}
	return nil
}
