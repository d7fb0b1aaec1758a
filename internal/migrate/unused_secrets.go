package migrate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/flow"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
)

// secretReference matches a reference to a secret in the source of a file.
var secretReference = lazy.Regexp(`(?i)secrets(?:\.|\[\s*['"])([A-Za-z_][A-Za-z0-9_-]*)`)

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
// The argument "others" describes the files of the checkout that the scan did not edit.
func reportUnusedSecrets(results, others []result) {
	reported := map[string]bool{}
	for i, r := range results {
		for _, secret := range sortedKeys(r.replaced) {
			name := strings.ToUpper(secret)
			if r.secrets[name] || reported[name] {
				continue // A finding about the other uses in this file already exists.
			}
			reported[name] = true
			note := r.replaced[secret]
			if users := usersOf(name, results, others); len(users) > 0 {
				note.Code = SecretElsewhere
				note.Text = fmt.Sprintf("secrets.%s is also used in %s, and the edits do not change these uses.", secret, list(users))
			} else if hidden := hiddenUsers(results, others); len(hidden) > 0 {
				note.Code = SecretElsewhere
				note.Text = fmt.Sprintf("After the edits, secrets.%s can still have uses that the files do not name: %s. Keep the secret until you know that these uses do not need it.", secret, strings.Join(hidden, "; "))
			} else {
				note.Code = UnusedSecret
				note.Text = fmt.Sprintf("After the edits, no file that migrate read uses secrets.%s. If nothing else uses the secret, delete it in the settings of the repository, the environment or the organization.", secret)
			}
			results[i].findings = append(results[i].findings, note)
		}
	}
}

// usersOf returns the paths of the files that use a secret after the edits.
func usersOf(secret string, results, others []result) []string {
	var out []string
	for _, r := range slices.Concat(results, others) {
		if r.secrets[secret] {
			out = append(out, r.path)
		}
	}
	return out
}

// hiddenUsers returns the uses of secrets that do not name the secrets.
func hiddenUsers(results, others []result) []string {
	var out []string
	for _, r := range slices.Concat(results, others) {
		out = append(out, r.hidden...)
	}
	return out
}

// unnamedReference matches an expression that can read each secret.
var unnamedReference = lazy.Regexp(`(?i)tojson\(\s*secrets\s*\)|\bsecrets\.\*|\bsecrets\[\s*[^'"\s\]][^\]]*\]?`)

// hiddenUses returns sentences about the uses of secrets in a file that do not name the
// secrets. Such a use is an expression that can read each secret, or a call that passes all
// secrets to a workflow of an unknown checkout.
func (t *tree) hiddenUses(path string, doc *flow.Document, src []byte) []string {
	var out []string
	static := !strings.Contains(strings.ToLower(string(src)), "fromjson") // The file then contains the names in its matrix.
	for _, m := range unnamedReference().FindAll(src, -1) {
		if text := string(m); !static || !strings.HasPrefix(text, "secrets[matrix.") {
			out = append(out, fmt.Sprintf("%s reads secrets without their names (%s)", t.display(path), text))
			break
		}
	}
	for _, job := range doc.Jobs {
		if job.Uses == nil || job.Secrets == nil || flow.Text(job.Secrets.Value) != "inherit" {
			continue
		}
		uses := flow.Text(job.Uses.Value)
		if called, _ := t.lib.resolve(uses); called == nil {
			out = append(out, fmt.Sprintf("%s passes all secrets to %s", t.display(path), uses))
		}
	}
	return out
}

// unscanned describes the workflows and actions of the checkout that the scan does not
// edit, because the user named other paths.
func (t *tree) unscanned(scanned []string) []result {
	if len(t.paths) == 0 {
		return nil
	}
	all := &tree{dir: t.dir, root: t.root}
	files, _ := all.list()
	var out []result
	for _, name := range files {
		if slices.Contains(scanned, name) {
			continue
		}
		src, err := t.read(name)
		if err != nil {
			continue
		}
		r := result{path: t.display(name), secrets: secretNames(src)}
		if doc, err := flow.Parse(src); err == nil {
			r.hidden = t.hiddenUses(name, doc, src)
		}
		out = append(out, r)
	}
	return out
}
