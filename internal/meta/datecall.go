package meta

import (
	"errors"
	"fmt"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/meta/handlebars"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
)

var tokens = lazy.Regexp(`[A-Za-z]`)

// checkDate checks the arguments of the helpers "date" and "commit_date".
func checkDate(use handlebars.Use) *problem {
	p := &problem{format: "%s has an invalid call of the helper %s", args: []any{use.Name}}
	valid := fmt.Sprintf("{{%s 'YYYYMMDD'}}", use.Name)
	if len(use.Params) != 1 {
		p.hint, p.err = fmt.Sprintf("Write one format in single quotes, as in %s.", valid), fmt.Errorf("the call has %d formats", len(use.Params))
		return p
	}
	for _, h := range use.Hash {
		if h.Name != "tz" {
			p.hint, p.err = fmt.Sprintf("Write the attribute tz instead of %s, as in {{%s 'YYYYMMDD' tz='Europe/Berlin'}}.", h.Name, use.Name), fmt.Errorf("the attribute %q is unknown", h.Name)
			return p
		}
	}
	if _, ok := use.Params[0].(handlebars.Undefined); ok {
		return nil // The method checkUse reports the unknown name.
	}
	format, ok := use.Params[0].(string)
	minutes := strings.Contains(format, "mm") && !strings.ContainsAny(format, "HhkLl")
	switch {
	case !ok:
		p.hint, p.err = fmt.Sprintf("Write the format in single quotes, as in %s.", valid), errors.New("the format is not a text in quotes")
	case strings.Contains(format, "%"):
		p.hint, p.err = fmt.Sprintf("Write the format with the tokens of Moment.js, as in %s.", valid), fmt.Errorf("the format %q contains a percent sign", format)
	case !tokens().MatchString(format):
		p.hint, p.err = fmt.Sprintf("Write the format with the tokens of Moment.js, as in %s.", valid), fmt.Errorf("the format %q contains no token of a date or a time", format)
	case minutes && strings.Contains(strings.ToLower(format), "yy"):
		p.hint, p.err = fmt.Sprintf("Write MM for the month and DD for the day, as in %s. The token mm means minutes, and the token dd means the day of the week.", valid), fmt.Errorf("the format %q contains minutes without hours", format)
	default:
		return nil
	}
	return p
}
