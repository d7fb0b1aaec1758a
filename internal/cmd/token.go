package cmd

import (
	"fmt"
	"strings"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/github"
)

// expiryWarning is the time before the expiry of a token from which a notice
// names it.
const expiryWarning = 7 * 24 * time.Hour

// tokenNotices returns notices about the scopes and the expiry of a token.
func (s *session) tokenNotices(t *github.TokenStatus) []diag.Notice {
	if t == nil {
		return nil
	}
	var out []diag.Notice
	if beyond := t.UnneededScopes(); len(beyond) > 0 {
		text := fmt.Sprintf("It has %s, of which publishing needs nothing. ", strings.Join(beyond, ", "))
		if s.config.GitHub.Active {
			text += "The job's GITHUB_TOKEN does the same and ends with the job: leave the input token away, and give the job packages: write. Where that does not reach (another owner's image): "
		}
		out = append(out, diag.Notice{
			Code: "token-wide", Level: diag.Info, Title: "The token can do more than publish",
			Text: text + s.packages.NewTokenURL() + " makes one with write:packages alone.",
		})
	}
	if left := time.Until(t.Expires); !t.Expires.IsZero() && left > 0 && left < expiryWarning {
		out = append(out, diag.Notice{
			Code: "token-ends", Level: diag.Warning, Title: "The token ends soon",
			Text: fmt.Sprintf("It ends on %s. %s makes another one; a job's GITHUB_TOKEN never has to be made anew.", t.Expires.UTC().Format("2 January 2006, 15:04 MST"), s.packages.NewTokenURL()),
		})
	}
	return out
}
