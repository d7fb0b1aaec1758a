// Package missing explains why a path that a user wrote does not exist.
package missing

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/diag/nearest"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
)

const (
	// maxNames is the maximum number of names in a hint.
	maxNames = 8
	// maxRead is the maximum number of names that [entries] reads from a folder.
	maxRead = 1000
)

// Hint returns full sentences that explain why a path does not exist. Hint
// returns the result of [Text] or, if this result is empty, the result of
// [Folder].
func Hint(path string) string { return cmp.Or(Text(path), Folder(path)) }

// Text explains a path that contains a variable, a wildcard or "~", because
// only a shell replaces such text. Text also explains a path with other wrong
// text, such as quotation marks. For any other path, Text returns "".
func Text(path string) string {
	for _, explain := range []func(string) string{quoted, several, expression, variable, home, pattern, address, backslash} {
		if hint := explain(path); hint != "" {
			return hint
		}
	}
	return ""
}

// Unexpanded explains text that only a shell or the runner would replace. For
// other text, Unexpanded returns "". Unexpanded reads no files, so it can also
// check values that are not paths.
func Unexpanded(text string) string { return cmp.Or(expression(text), command(text), variable(text)) }

func quoted(path string) string {
	if inner, ok := Unquote(path); ok {
		return fmt.Sprintf("Remove the quotation marks. Write %s.", inner)
	}
	return ""
}

// Unquote removes the quotation marks around a text. The boolean result is
// false if the text has no quotation marks at both ends.
func Unquote(text string) (string, bool) {
	if len(text) < 3 || text[0] != text[len(text)-1] || text[0] != '"' && text[0] != '\'' {
		return "", false
	}
	return text[1 : len(text)-1], true
}

func several(path string) string {
	if !strings.Contains(path, "\n") {
		return ""
	}
	return "The value contains more than one line. Write only one path."
}

// halfExpression matches an expression of the runner that lacks the dollar sign.
var halfExpression = lazy.Regexp(`\{\{\s*((?:github|env|vars|inputs|matrix|needs|secrets|steps)\.[^{}]*?)\s*\}\}`)

func expression(path string) string {
	if !strings.Contains(path, "${{") {
		if m := halfExpression().FindStringSubmatch(path); m != nil {
			return fmt.Sprintf("The expression has no dollar sign, so the runner does not evaluate it. Write ${{ %s }}.", m[1])
		}
		return ""
	}
	return "The runner has not evaluated the expression ${{ … }}. Use the expression only in a workflow file or in an action.yml, because the runner evaluates no expressions in other files. At a terminal, write the value itself."
}

// The function "command" explains that a value with $(COMMAND) or `COMMAND` is not
// executed.
func command(path string) string {
	_, after, substituted := strings.Cut(path, "$(")
	if !substituted {
		_, after, substituted = strings.Cut(path, "`")
	}
	if !substituted || !strings.ContainsAny(after, ")`") {
		return ""
	}
	return "Only a shell replaces $(COMMAND) in a value by the output of the command. In a workflow, run the command in an earlier step, write its result to $GITHUB_OUTPUT, and use the output of the earlier step as the value."
}

// The function "variable" explains that $NAME, ${NAME}, $env:NAME and %NAME% are not
// replaced.
func variable(path string) string {
	name := ""
	if at := strings.IndexByte(path, '$'); at >= 0 {
		name = word(strings.TrimPrefix(strings.TrimPrefix(path[at+1:], "{"), "env:"))
	} else if parts := strings.Split(path, "%"); len(parts) >= 3 && word(parts[1]) == parts[1] {
		name = parts[1]
	}
	if name == "" {
		return ""
	}
	if name == "PWD" || name == "HOME" {
		return fmt.Sprintf("Only a shell replaces the variable %s. Write a path relative to the working directory of the step, or ${{ github.workspace }} for the folder of the checkout. The path \".\" is the working directory itself.", name)
	}
	return fmt.Sprintf("Only a shell replaces the variable %s. In a workflow, write ${{ %s }}, or write the value itself.", name, contextOf(name))
}

// contextOf returns the expression that has the value of an environment
// variable in a workflow. The context env contains only the variables that the
// workflow sets. The variables of the runner are in other contexts
// (docs/runner.md, Environment variables).
func contextOf(name string) string {
	upper := strings.ToUpper(name)
	for _, context := range []string{"GITHUB", "RUNNER"} {
		if rest, ok := strings.CutPrefix(upper, context+"_"); ok {
			return strings.ToLower(context + "." + rest)
		}
	}
	if upper == "PWD" {
		return "github.workspace"
	}
	return "env." + name
}

// word returns the longest prefix of a text that contains only letters, digits
// and underscores.
func word(text string) string {
	end := strings.IndexFunc(text, func(r rune) bool {
		return r != '_' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	})
	if end < 0 {
		return text
	}
	return text[:end]
}

func home(path string) string {
	if path != "~" && !strings.HasPrefix(path, "~/") {
		return ""
	}
	return "Only a shell replaces ~ by the home directory. Write the full path, or a path relative to the working directory of the step."
}

// pattern explains a path that contains * or ?, and names the matching files.
func pattern(path string) string {
	if !strings.ContainsAny(path, "*?") {
		return ""
	}
	const rule = "Only a shell expands * and ?."
	matches, err := filepath.Glob(path)
	switch {
	case err != nil || len(matches) == 0:
		return rule + " Write the name of the file."
	case len(matches) == 1:
		return fmt.Sprintf("%s Write %s.", rule, matches[0])
	}
	return fmt.Sprintf("%s These files match: %s. Write the name of one file.", rule, list(matches))
}

func address(path string) string {
	scheme, rest, ok := strings.Cut(path, "://")
	switch {
	case !ok:
		return ""
	case scheme == "file":
		return fmt.Sprintf("Write %s, because a path must not start with file://.", rest)
	}
	return "This value is a URL, but a path is required. Download the file in a step before this one, and write its path."
}

// backslash explains a path that contains backslashes on a system that separates folders
// with slashes.
func backslash(path string) string {
	slashes := strings.ReplaceAll(path, `\`, "/")
	if slashes == path || filepath.Separator == '\\' {
		return ""
	}
	if _, err := os.Stat(slashes); err != nil {
		return ""
	}
	return fmt.Sprintf("Write %s, because this system separates folders with /.", slashes)
}

// Folder finds the nearest existing parent folder of a path. Folder returns the
// names in this folder that resemble the missing name, or else a list of all
// names. On Windows, the volume of the path can also be missing, for example the drive D:.
func Folder(path string) string {
	parent, missing := nearestFolder(filepath.Clean(path))
	if parent == "" {
		return fmt.Sprintf("The volume %s does not exist.", safe(filepath.VolumeName(path)))
	}
	where := "The working directory"
	if parent != "." {
		where = "The folder " + safe(parent)
	}
	names := entries(parent)
	switch like := nearest.Of(missing, names); {
	case len(names) == 0:
		return where + " is empty."
	case len(like) > 0:
		return fmt.Sprintf("Did you mean %s?", join(like, " or "))
	}
	sortByExtension(names, filepath.Ext(path))
	return fmt.Sprintf("%s contains %s.", where, list(names))
}

// nearestFolder returns the nearest existing parent folder of a path, and the name that
// is missing in this folder. If the volume of the path does not exist, the result
// "folder" is "".
func nearestFolder(path string) (folder, missing string) {
	for {
		folder, missing = filepath.Dir(path), filepath.Base(path)
		if info, err := os.Stat(folder); err == nil && info.IsDir() {
			return folder, missing
		}
		if folder == path || folder == filepath.Dir(folder) {
			return "", ""
		}
		path = folder
	}
}

// entries returns the sorted names in a folder without the hidden files. If the folder
// cannot be read, [entries] returns nil and not an error, because the names are only part
// of a hint.
func entries(folder string) []string {
	dir, err := os.Open(folder)
	if err != nil {
		return nil
	}
	defer dir.Close()
	found, _ := dir.ReadDir(maxRead) // The error is ignored, because an incomplete list of names still helps the user.
	var names []string
	for _, e := range found {
		if name := e.Name(); !strings.HasPrefix(name, ".") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// sortByExtension moves the names that have the extension to the front, because
// the user probably means such a file.
func sortByExtension(names []string, extension string) {
	if extension == "" {
		return
	}
	slices.SortStableFunc(names, func(a, b string) int {
		switch inA, inB := filepath.Ext(a) == extension, filepath.Ext(b) == extension; {
		case inA == inB:
			return 0
		case inA:
			return -1
		}
		return 1
	})
}

// list returns the first maxNames names as text, and the number of omitted
// names.
func list(names []string) string {
	text := join(names[:min(len(names), maxNames)], ", ")
	if more := len(names) - maxNames; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

func join(names []string, separator string) string {
	var out []string
	for _, name := range names {
		out = append(out, safe(name))
	}
	return strings.Join(out, separator)
}

// safe quotes a name that contains blanks, commas or characters that must not be
// printed.
func safe(name string) string {
	if quoted := fmt.Sprintf("%q", name); quoted != `"`+name+`"` || strings.ContainsAny(name, " ,") {
		return quoted
	}
	return name
}
