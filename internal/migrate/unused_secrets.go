package migrate

import (
	"fmt"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
)

// secretReference matches a reference to a secret in the source of a file.
var secretReference = lazy.Regexp(`(?i)secrets(?:\.|\[\s*['"])([A-Za-z_][A-Za-z0-9_]*)`)

// secretNames returns the names of the secrets that a file uses. secretNames
// returns the names in upper case, because GitHub ignores the case of these
// names. secretNames also finds names in comments.
func secretNames(src []byte) map[string]bool {
	out := map[string]bool{}
	for _, m := range secretReference().FindAllSubmatch(src, -1) {
		out[strings.ToUpper(string(m[1]))] = true
	}
	return out
}

// replacedSecrets returns a finding without a text for each secret that the
// edits replace. replacedSecrets omits secrets that the callers of the file
// pass, because the names of these secrets are valid only in this file.
func (p *pass) replacedSecrets() map[string]Finding {
	out := map[string]Finding{}
	for secret, at := range p.replaced {
		if p.doc.Secrets[secret] != nil {
			continue
		}
		f := Finding{File: p.tree.display(p.path), State: Note}
		f.Line, f.Column, f.EndLine = p.position(at)
		out[secret] = f
	}
	return out
}

// reportUnusedSecrets adds one finding for each replaced secret of a checkout.
// The finding states that no file uses the secret after the edits, or lists the
// files that still use the secret.
func reportUnusedSecrets(results []result) {
	reported := map[string]bool{}
	for i, r := range results {
		for _, secret := range sortedKeys(r.replaced) {
			name := strings.ToUpper(secret)
			if r.secrets[name] || reported[name] {
				continue // A finding about the other uses in this file already exists.
			}
			reported[name] = true
			note := r.replaced[secret]
			if users := usersOf(name, results); len(users) > 0 {
				note.Code = SecretElsewhere
				note.Text = fmt.Sprintf("secrets.%s is also used in %s, and the edits do not change these uses.", secret, list(users))
			} else {
				note.Code = UnusedSecret
				note.Text = fmt.Sprintf("After the edits, no file that migrate read uses secrets.%s. If nothing else uses the secret, delete it in the settings of the repository or the organization.", secret)
			}
			results[i].findings = append(results[i].findings, note)
		}
	}
}

// usersOf returns the paths of the files that use a secret after the edits.
func usersOf(secret string, results []result) []string {
	var out []string
	for _, r := range results {
		if r.secrets[secret] {
			out = append(out, r.path)
		}
	}
	return out
}
