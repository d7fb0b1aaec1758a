package meta

import (
	"errors"
	"fmt"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/meta/handlebars"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
)

var tokens = lazy.Regexp(`[A-Za-z]`)

// checkDate checks the arguments of the helper date.
func checkDate(use handlebars.Use) *problem {
	p := &problem{what: fmt.Sprintf("has an invalid call of %s", use.Name)}
	valid := fmt.Sprintf("{{%s 'YYYYMMDD'}}", use.Name)
	if len(use.Params) != 1 {
		p.hint, p.err = "Write one format in single quotes, as in "+valid+".", fmt.Errorf("the call has %d formats", len(use.Params))
		return p
	}
	for _, h := range use.Hash {
		if h.Name != "tz" {
			p.hint, p.err = fmt.Sprintf("Write tz instead of %s, as in {{%s 'YYYYMMDD' tz='Europe/Berlin'}}.", h.Name, use.Name), fmt.Errorf("the attribute %q is unknown", h.Name)
			return p
		}
	}
	if _, ok := use.Params[0].(handlebars.Undefined); ok {
		return nil // checkUse explains the name
	}
	format, ok := use.Params[0].(string)
	minutes := strings.Contains(format, "mm") && !strings.ContainsAny(format, "HhkLl")
	switch {
	case !ok:
		p.hint, p.err = "Write the format in single quotes, as in "+valid+".", errors.New("the format is not a text")
	case strings.Contains(format, "%"):
		p.hint, p.err = "Write the format as Moment.js does, as in "+valid+".", fmt.Errorf("the format %q contains a percent sign", format)
	case !tokens().MatchString(format):
		p.hint, p.err = "Write the format as Moment.js does, as in "+valid+".", fmt.Errorf("the format %q contains no part of a date", format)
	case minutes && strings.Contains(strings.ToLower(format), "yy"):
		p.hint, p.err = "Write MM for the month and DD for the day, as in "+valid+". The token mm means minutes, and dd means the day of the week.", fmt.Errorf("the format %q contains minutes without hours", format)
	default:
		return nil
	}
	return p
}
