package input

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Content is a line of the input content: a file, or what is in a folder, and
// where it goes in the image.
type Content struct {
	// Path is on this machine. It may hold {os}, {arch} and {variant}.
	Path string
	// To is an absolute path in the image, cleaned, with slashes.
	To string
	// Into says that To is a folder that takes a file under its own name.
	Into bool
}

// maxPath is the longest path in an image, in bytes: Linux' own limit.
const maxPath = 4096

// placeholder is what stands for a part of the platform in a path.
var placeholder = regexp.MustCompile(`\{[^{}]*\}`)

// parseContent reads PATH:/PATH/IN/IMAGE. The last ":/" parts the two, so that
// a Windows drive may stand before it.
func parseContent(line string) (Content, error) {
	at := strings.LastIndex(line, ":/")
	if at <= 0 {
		return Content{}, errors.New("it does not say where in the image: an absolute path, after a colon")
	}
	c := Content{Path: strings.TrimSpace(line[:at]), To: line[at+1:], Into: strings.HasSuffix(line, "/")}
	if c.Path == "" {
		return Content{}, errors.New("it names no file")
	}
	if err := checkPath(c.Path); err != nil {
		return Content{}, err
	}
	if err := checkTarget(c.To); err != nil {
		return Content{}, err
	}
	c.To = path.Clean(c.To)
	return c, nil
}

// checkPath refuses placeholders that stand for nothing.
func checkPath(text string) error {
	for _, p := range placeholder.FindAllString(text, -1) {
		switch p {
		case "{os}", "{arch}", "{variant}":
		default:
			return fmt.Errorf("%q stands for nothing: {os}, {arch} and {variant} do", p)
		}
	}
	if strings.ContainsRune(text, 0) {
		return errors.New("no path holds a NUL")
	}
	return nil
}

// checkTarget refuses paths that lead elsewhere than they seem to.
func checkTarget(to string) error {
	switch {
	case len(to) > maxPath:
		return fmt.Errorf("the path in the image is longer than %d bytes", maxPath)
	case !utf8.ValidString(to) || strings.ContainsFunc(to, unicode.IsControl):
		return errors.New("the path in the image holds what is no text")
	case strings.Contains(to, `\`):
		return errors.New("a path in an image has slashes, no backslashes")
	}
	for part := range strings.SplitSeq(to, "/") {
		if part == ".." {
			return errors.New(`the path in the image holds ".."`)
		}
	}
	return nil
}
