package input

import (
	"errors"
	"os"
	"slices"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
)

// actionName matches the name of an action after the key uses: OWNER/NAME@REF,
// OWNER/NAME/PATH@REF or ./PATH.
var actionName = lazy.Regexp(`^(?:[\w.-]+(?:/[\w.-]+)+@[\w./-]+|\./[\w./-]*)$`)

// MigrateConfig is the configuration of `migrate`.
type MigrateConfig struct {
	Common
	Paths    []string // an empty list means the workflows of the working directory
	Write    bool
	Check    bool
	ToAction string
	AddCheck bool   // the run also writes a workflow that checks the permissions
	SARIF    string // the path of the SARIF file, or "" for no file
}

// ParseMigrate reads and checks the inputs of `migrate`.
func ParseMigrate(env Environment) (*MigrateConfig, error) {
	r := newReader(Migrate, env)
	c := &MigrateConfig{
		Paths: r.lines("paths"), Write: r.boolean("write"), Check: r.boolean("check"), AddCheck: r.boolean("add-check"),
		ToAction: r.text("to-action"), SARIF: r.resultFile("sarif"),
	}
	if c.ToAction != "" && !actionName().MatchString(c.ToAction) {
		r.fail("to-action", CodeValue, "Write OWNER/NAME@REF, such as ghcr-publish/ghcr-publish@v1, or ./PATH for an action in the repository.", "The input to-action has the invalid value %q", c.ToAction)
	}
	r.base(&c.Common, env)
	r.refusePathsInOneLine(c.Paths)
	c.Home = c.GitHub.Registry()
	r.token(&c.Common, env)
	return c, errors.Join(r.errs...)
}

// refusePathsInOneLine refuses a line that contains several paths.
func (r *reader) refusePathsInOneLine(lines []string) {
	var paths []string
	for _, line := range lines {
		parts := strings.FieldsFunc(line, func(c rune) bool { return strings.ContainsRune(",; ", c) })
		if _, err := os.Lstat(line); err == nil || slices.ContainsFunc(parts, func(part string) bool { return !isEntry("paths", part) }) {
			parts = []string{line}
		}
		paths = append(paths, parts...)
	}
	if len(paths) > len(lines) {
		r.fail("paths", CodeList, r.oneEntryPerLine("paths", paths), "The input paths contains several paths in one line")
	}
}
