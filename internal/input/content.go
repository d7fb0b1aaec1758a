package input

import (
	"errors"
	"fmt"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ghcr-publish/ghcr-publish/internal/diag/nearest"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
)

// Content is a line of the input "content". Content names a file or a folder on this
// machine, and a path in the image. If the line names a folder, the image gets the
// contents of the folder.
type Content struct {
	// Path is a path on this machine. Path can contain {platform}, {os}, {arch} and
	// {variant}.
	Path string
	// To is an absolute, clean path in the image, with slashes.
	To string
	// Into is true if To is a folder. The file then keeps its name in this folder.
	Into bool
}

// maxPath is the maximum length of a path in an image, in bytes. The value is
// PATH_MAX of Linux.
const maxPath = 4096

// placeholder matches a part of a path such as {os}, for which the program inserts the
// value of the platform.
var placeholder = lazy.Regexp(`\{[^{}]*\}`)

// otherPlaceholder matches the placeholders of shells, templates and Dockerfiles.
var otherPlaceholder = lazy.Regexp(`(?i)\$\{(?:TARGET)?(platform|os|arch|variant)\}|\$\{?\{\s*\.?(platform|os|arch|variant)\s*\}\}|\{\{\s*\.?(platform|os|arch|variant)\s*\}\}|\$(?:TARGET)?(platform|os|arch|variant)\b|<(platform|os|arch|variant)>`)

// rightPlaceholders replaces the placeholders of other programs, such as ${platform}, by
// the placeholders of this input.
func rightPlaceholders(line string) string {
	return otherPlaceholder().ReplaceAllStringFunc(line, func(s string) string {
		return "{" + strings.ToLower(strings.Join(otherPlaceholder().FindStringSubmatch(s)[1:], "")) + "}"
	})
}

// mountOption matches the end of a line that a user knows from "docker run --volume" or
// from the option --chmod of COPY. Such a text at the end of a file name is a mistake.
var mountOption = lazy.Regexp(`:(?:ro|rw|z|Z|cached|delegated|consistent|0?[0-7]{3}|[0-9]+:[0-9]+)$`)

// parseContent parses PATH:/PATH/IN/IMAGE. The last ":/" is the separator, because
// PATH can start with a Windows drive.
func parseContent(line string) (Content, error) {
	at := strings.LastIndex(line, ":/")
	if at <= 0 {
		return Content{}, errors.New("the line contains no absolute path in the image after a colon")
	}
	c := Content{Path: strings.TrimSpace(line[:at]), To: line[at+1:], Into: strings.HasSuffix(line, "/")}
	if c.Path == "" {
		return Content{}, errors.New("the line contains no path before the colon")
	}
	if err := checkPath(c.Path); err != nil {
		return Content{}, err
	}
	if err := checkTarget(c.To); err != nil {
		return Content{}, err
	}
	if suffix := mountOption().FindString(c.To); suffix != "" {
		return Content{}, fmt.Errorf("%q after the path in the image is an option of a mount or the mode of a file, which a line of this input cannot have", suffix)
	}
	c.To = path.Clean(c.To)
	return c, nil
}

// checkPath refuses unknown placeholders.
func checkPath(text string) error {
	for _, p := range placeholder().FindAllString(text, -1) {
		switch p {
		case "{platform}", "{os}", "{arch}", "{variant}":
		default:
			return fmt.Errorf("the placeholder %q is unknown; {platform}, {os}, {arch} and {variant} are allowed. %s", p, nearest.Question(p, []string{"{platform}", "{os}", "{arch}", "{variant}"}))
		}
	}
	if strings.ContainsRune(text, 0) {
		return errors.New("the path contains a NUL byte")
	}
	return nil
}

// checkTarget refuses paths in the image that are too long, or that contain control
// characters, backslashes or "..". At such a path, a reader could expect another file
// than the file that the program writes.
func checkTarget(to string) error {
	switch {
	case len(to) > maxPath:
		return fmt.Errorf("the path in the image is longer than %d bytes", maxPath)
	case !utf8.ValidString(to) || strings.ContainsFunc(to, unicode.IsControl):
		return errors.New("the path in the image contains control characters or is not UTF-8")
	case strings.Contains(to, `\`):
		return errors.New("the path in the image contains backslashes instead of slashes")
	}
	for part := range strings.SplitSeq(to, "/") {
		if part == ".." {
			return errors.New(`the path in the image contains ".."`)
		}
	}
	return nil
}
