package rules

import (
	"errors"
	"regexp"
	"strings"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/meta/jsre"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
)

// Pattern matches tags. Only one goroutine can use a Pattern at a time.
type Pattern struct {
	text string
	glob *regexp.Regexp
	js   *jsre.Regexp
}

// matchLimit is the maximum time of the match of one regular expression with one tag.
const matchLimit = 200 * time.Millisecond

// Match reports whether the pattern matches the tag. Match returns an error with
// [CodeRegex] if the match takes too long.
func (p Pattern) Match(tag string) (bool, error) {
	if p.glob != nil {
		return p.glob.MatchString(tag), nil
	}
	groups, err := p.js.Match(tag, matchLimit)
	if err != nil {
		hint := "Simplify the regular expression. Avoid a repetition inside a repetition, such as (a+)+."
		return false, diag.New(CodeRegex, diag.Input, hint, err, "the regular expression %q does not end its search in %q", short(p.text), tag)
	}
	return len(groups) > 0, nil
}

// String returns the pattern as the user wrote it.
func (p Pattern) String() string { return p.text }

var (
	globText  = lazy.Regexp(`^[A-Za-z0-9._*?\[\]^-]+$`)
	jsLiteral = lazy.Regexp(`^/((?:[^\\/\[]|\\.|\[(?:[^\]\\]|\\.)*\])+)/([a-z]*)$`)
)

// pattern parses a glob or a regular expression between slashes.
func (p *parser) pattern(input, text string) Pattern {
	if !strings.HasPrefix(text, "/") {
		return Pattern{text: text, glob: p.glob(input, text)}
	}
	found := jsLiteral().FindStringSubmatch(text)
	if found == nil {
		p.brokenLiteral(input, text)
		return Pattern{text: text, glob: nothing()}
	}
	re, err := jsre.Compile(found[1], found[2])
	if err != nil {
		p.problems = append(p.problems, &diag.Error{
			Code: CodeRegex, Side: diag.Input, Input: input, Err: err,
			Title: "The regular expression " + quote(text) + " is invalid",
			Hint:  "Correct the regular expression. The syntax is JavaScript's, for example /^pr-[0-9]+$/.",
		})
		return Pattern{text: text, glob: nothing()}
	}
	return Pattern{text: text, js: re}
}

// brokenLiteral reports a regular expression that has no second slash, or slashes in
// the middle. An expression with a syntax error gets the code of such an error.
func (p *parser) brokenLiteral(input, text string) {
	inner := strings.TrimSuffix(strings.TrimPrefix(text, "/"), "/")
	if _, err := jsre.Compile(inner, ""); err != nil && len(text) > 1 && strings.HasSuffix(text, "/") {
		p.problems = append(p.problems, &diag.Error{
			Code: CodeRegex, Side: diag.Input, Input: input, Err: err,
			Title: "The regular expression " + quote(text) + " is invalid",
			Hint:  "Correct the regular expression. The syntax is JavaScript's, for example /^pr-[0-9]+$/.",
		})
		return
	}
	hint := "Write one regular expression per line, between two slashes, for example /^pr-[0-9]+$/. Tags contain no slash, so write no slash inside the expression."
	p.fail(input, CodeSelector, hint, "%q is not one regular expression between two slashes", short(text))
}

// nothing returns an expression that matches no tag.
func nothing() *regexp.Regexp { return regexp.MustCompile(`[^\s\S]`) }

// glob parses a pattern with *, ? and [abc]. A glob always matches the complete tag.
func (p *parser) glob(input, text string) *regexp.Regexp {
	if !globText().MatchString(text) || meansUntagged(input, text) || strings.HasPrefix(text, ".") || strings.HasPrefix(text, "^") {
		p.badGlob(input, text)
		return nothing()
	}
	expression, err := translateGlob(text)
	if err == nil {
		var re *regexp.Regexp
		if re, err = regexp.Compile(expression); err == nil {
			return re
		}
	}
	p.fail(input, CodeSelector, "Close each bracket, for example v[0-9]*. To exclude characters, write a regular expression, for example /^v[^0-9]/.", "The glob %q has a wrong bracket", short(text))
	return nothing()
}

// meansUntagged reports whether a pattern is the word that names images without a tag.
func meansUntagged(input, text string) bool {
	return input == "delete" && (strings.EqualFold(text, "untagged") || text == "<none>" || text == `""`)
}

// badGlob reports a pattern with a character that no tag contains, and a pattern that
// probably has another meaning.
func (p *parser) badGlob(input, text string) {
	hint := "Write a glob such as pr-*, a regular expression such as /^pr-[0-9]+$/, a digest, or a rule such as type=semver,keep=3."
	switch {
	case strings.HasPrefix(text, "!") && input == "delete":
		hint = "Write " + strings.TrimPrefix(text, "!") + " under the input keep, which always wins over the input delete."
	case strings.HasPrefix(text, "!"):
		hint = "Remove the exclamation mark. Each line of the input keep names images that stay."
	case meansUntagged(input, text):
		hint = "To delete the images without a tag, write untagged: delete. To delete a tag with this name, write /^untagged$/."
	case strings.HasPrefix(text, "^"), strings.HasPrefix(text, "."), strings.HasSuffix(text, "$"), strings.ContainsAny(text, `\()|+`):
		hint = "If the text is a regular expression, write it between slashes: /" + text + "/."
	case keyLine().MatchString(text):
		hint = "Write only the value here. The text before the colon is an input of its own."
	case strings.Contains(text, " "):
		hint = "Separate patterns by commas, or write one pattern per line."
	case strings.Contains(text, "/"):
		hint = "Write only the tag, without the name of the image. The input image names the image."
	}
	p.fail(input, CodeSelector, hint, "%q is not a selector of tags", short(text))
}

// keyLine matches a line that begins with the name of an input of the command "cleanup".
var keyLine = lazy.Regexp(`^(?:delete|keep|keep-newest|older-than|untagged|orphans|broken|keep-used|min-age|max-delete|detach|empty): `)

var errBracket = errors.New("wrong bracket")

// translateGlob returns the regular expression of a glob.
func translateGlob(text string) (string, error) {
	var b strings.Builder
	b.WriteString("^")
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '*':
			b.WriteString(".*")
		case '?':
			b.WriteString(".")
		case '[':
			end := strings.IndexByte(text[i:], ']')
			if end < 2 || strings.ContainsAny(text[i+1:i+end], "[^*?") {
				return "", errBracket
			}
			b.WriteString(text[i : i+end+1])
			i += end
		case ']', '^':
			return "", errBracket
		default:
			b.WriteString(escapeGlob(text[i]))
		}
	}
	b.WriteString("$")
	return b.String(), nil
}
