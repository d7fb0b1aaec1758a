package cmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/diag/missing"
	"github.com/ghcr-publish/ghcr-publish/internal/github"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
	"github.com/ghcr-publish/ghcr-publish/internal/migrate"
	"github.com/ghcr-publish/ghcr-publish/internal/report"
	"github.com/ghcr-publish/ghcr-publish/internal/workflow"
)

var migrateCommand = &command{
	name: input.Migrate, many: true, run: execute(input.ParseMigrate, runMigrate),
	short: "Move workflows from personal access tokens to GITHUB_TOKEN",
	long: `migrate reads workflows, actions and reusable workflows, and finds the steps that
log in to ghcr.io with a personal access token. migrate proposes the smallest edit
that uses the job's GITHUB_TOKEN instead, with the permissions that the job needs.
migrate also lists the settings to change on GitHub. Bytes outside the edits do not
change.`,
	example: `  ghcr-publish migrate                     # shows the diff of this checkout
  ghcr-publish migrate --write             # makes the edits
  ghcr-publish migrate --check repo1 repo2 # fails if an edit is necessary`,
}

// migrateRun is one run of the command "migrate".
type migrateRun struct {
	*session
	config *input.MigrateConfig
	report *migrate.Report
	roots  []migrate.Root
	added  []string // The field "added" contains the paths of the check workflows that the run added.
}

func runMigrate(ctx context.Context, s *session, config *input.MigrateConfig) error {
	s.announce()
	m := &migrateRun{session: s, config: config}
	if err := m.read(ctx); err != nil {
		return explainEnd(ctx, err)
	}
	return errors.Join(m.write(), m.show())
}

// read scans the files, and asks GitHub about the images in the files.
func (m *migrateRun) read(ctx context.Context) error {
	paths := m.config.Paths
	if len(paths) == 0 {
		paths = []string{"."}
	}
	roots, err := migrate.Roots(paths)
	if err != nil {
		return unreadablePath(err)
	}
	fallback := ""
	if len(roots) == 1 {
		fallback = m.config.GitHub.Repository
	}
	// The variable GITHUB_REPOSITORY names the repository of the working directory,
	// and not of another checkout.
	if len(roots) == 1 && roots[0].Dir == "." {
		roots[0].Repository = m.config.GitHub.Repository
	}
	m.roots = roots
	m.report, err = migrate.Scan(ctx, roots, migrate.Options{Registry: m.config.Home, ToAction: m.config.ToAction})
	if err != nil {
		return err
	}
	m.report.Checked, m.report.InStep = m.config.Check && !m.config.Write, m.workflow.Active()
	// An error does not end the run, because the edits do not depend on the packages
	// and the report contains the error.
	_ = m.report.Access(ctx, fallback, packageLookup{m.packages, m.config.GitHub, !m.config.Token.Empty()})
	return nil
}

// unreadablePath explains a path that cannot be read.
func unreadablePath(err error) error {
	e := &diag.Error{Code: codePathsUnreadable, Side: diag.Input, Input: "paths", Err: err, Title: "A path in the input paths cannot be read", Hint: "Set the input paths to existing folders of checkouts, or to existing workflow files."}
	var failed *fs.PathError
	if errors.As(err, &failed) {
		e.Title, e.Err = fmt.Sprintf("The path %q in the input paths cannot be read", failed.Path), failed.Err
	}
	if failed != nil && errors.Is(err, fs.ErrNotExist) {
		e.Title, e.Err = fmt.Sprintf("The path %q in the input paths does not exist", failed.Path), nil
		e.Hint = cmp.Or(cloneHint(failed.Path), workflowHint(failed.Path), missing.Hint(failed.Path)) + " " + e.Hint
	}
	return e
}

// workflowHint returns a question with the workflow that has the name of a missing file,
// or "".
func workflowHint(file string) string {
	workflow := path.Join(".github/workflows", filepath.Base(file))
	if _, err := os.Stat(workflow); err != nil {
		return ""
	}
	return fmt.Sprintf("Did you mean %s?", workflow)
}

// packageLookup reads packages from GitHub's REST API. If the field "requests" is false,
// packageLookup only computes addresses. The type implements [migrate.Packages].
type packageLookup struct {
	client   *github.Client
	github   input.GitHub
	requests bool
}

func (l packageLookup) Package(ctx context.Context, owner, name string) (migrate.Package, error) {
	o := github.Owner{Login: owner}
	if r := l.github.Event.Repository; r != nil && strings.EqualFold(r.Owner.Login, owner) {
		o.Kind = r.Owner.Type
	}
	var p github.Package
	var err error
	if l.requests {
		p, err = l.client.Get(ctx, o, name)
		o = p.Owner
	}
	out := migrate.Package{Read: l.requests, OwnerKnown: o.Kind != ""}
	if !out.OwnerKnown {
		o.Kind = "Organization"
	}
	out.Settings = l.client.SettingsURL(o, name)
	if err != nil && !github.IsAbsent(err) {
		return out, err
	}
	out.Exists, out.Repository, out.Visibility = err == nil && l.requests, p.Repository, p.Visibility
	return out, nil
}

// cloneHint returns the hint for the address of a repository instead of a folder.
func cloneHint(path string) string {
	if !strings.Contains(path, "://") && !strings.HasPrefix(path, "git@") {
		return ""
	}
	return "This value is the address of a repository. Clone the repository first, and write the folder of the clone."
}

// write writes the edits if the input "write" is true, and the SARIF file if the input
// "sarif" is set.
func (m *migrateRun) write() error {
	var errs []error
	if m.config.Write {
		errs = append(errs, migrate.Write(m.report))
		if m.config.AddCheck {
			errs = append(errs, m.addCheck())
		}
	}
	if m.config.SARIF != "" {
		errs = append(errs, m.writeSARIF())
	}
	return errors.Join(errs...)
}

// addCheck adds a workflow to each checkout. The workflow checks the access of the
// migrated workflows. addCheck does not replace an existing workflow.
func (m *migrateRun) addCheck() error {
	var errs []error
	for _, root := range m.roots {
		var images []migrate.Image
		for _, a := range m.report.Advice {
			if a.Image.Checkout == root.Dir {
				images = append(images, a.Image)
			}
		}
		if len(images) > 0 {
			errs = append(errs, m.addCheckTo(root.Dir, images))
		}
	}
	return errors.Join(errs...)
}

func (m *migrateRun) addCheckTo(dir string, images []migrate.Image) error {
	path := filepath.Join(dir, ".github", "workflows", "ghcr-publish-check.yml")
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644) //nolint:gosec // other workflow files have the same mode
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("adding the check: %w", err)
	}
	_, err = f.WriteString(migrate.CheckWorkflow(actionName, images))
	if err = errors.Join(err, f.Close()); err == nil {
		m.added = append(m.added, path)
	}
	return err
}

// actionName is the name of this action in a workflow.
const actionName = "ghcr-publish/ghcr-publish@v1"

func (m *migrateRun) writeSARIF() error {
	f, err := os.Create(m.config.SARIF)
	if err != nil {
		return fmt.Errorf("writing SARIF: %w", err)
	}
	return errors.Join(m.report.SARIF(f), f.Close())
}

// show reports the findings. If the input "check" is true and an edit is necessary,
// show returns an error.
func (m *migrateRun) show() error {
	if err := m.print(); err != nil {
		return err
	}
	m.annotate()
	m.writeSummary(m.report.Markdown(m.commandLine()))
	edits := m.report.Edits()
	var errs []error
	errs = append(errs,
		m.workflow.Output("changed", fmt.Sprint(m.report.Count(migrate.Changed) > 0)),
		m.workflow.Output("outcome", m.outcome()), m.skipped())
	if m.config.Check && !m.config.Write && edits > 0 {
		errs = append(errs, &diag.Error{
			Code: codeMigrationRemaining, Side: diag.Input, Title: m.remaining(edits),
			Hint: m.writeHint(),
		})
	}
	return errors.Join(errs...)
}

// writeHint returns a hint that explains how to write the edits. In a workflow, the
// hint starts with the input "write", because the program is not on the PATH of other
// steps.
func (m *migrateRun) writeHint() string {
	if m.workflow.Active() {
		return fmt.Sprintf("Set write: true, or run the program on your machine (docs/local.md): %s. Then review the diff, and commit the changes.", m.commandLine())
	}
	return fmt.Sprintf("Run %s, review the diff, and commit the changes.", m.commandLine())
}

// remaining states the purpose of the edits that are not written.
func (m *migrateRun) remaining(edits int) string {
	planned := map[migrate.Code]bool{}
	for _, f := range m.report.Findings {
		if f.State == migrate.WouldChange {
			planned[f.Code] = true
		}
	}
	merges, cleanups := planned[migrate.MergedSteps], planned[migrate.CleanupReplaced]
	delete(planned, migrate.MergedSteps)
	delete(planned, migrate.CleanupReplaced)
	switch {
	case len(planned) == 0 && merges && !cleanups:
		return fmt.Sprintf("%s would replace several steps with one step of this action", report.Count(edits, "edit"))
	case len(planned) == 0:
		return fmt.Sprintf("%s would replace steps with steps of this action", report.Count(edits, "edit"))
	}
	return fmt.Sprintf("The workflows use a personal access token, and %s would replace this token with GITHUB_TOKEN", report.Count(edits, "edit"))
}

func (m *migrateRun) outcome() string {
	switch {
	case m.report.Count(migrate.Changed) > 0:
		return "migrated"
	case m.report.Edits() > 0:
		return "planned"
	}
	return "unchanged"
}

// commandLine returns the command that writes the edits of this run. The command
// contains the inputs of this run that change the edits.
func (m *migrateRun) commandLine() string {
	words := []string{"ghcr-publish", "migrate", "--write"}
	if m.config.AddCheck {
		words = append(words, "--add-check")
	}
	if m.config.ToAction != "" {
		words = append(words, "--to-action", quoted(m.config.ToAction))
	}
	for _, path := range m.config.Paths {
		words = append(words, quoted(path))
	}
	return strings.Join(words, " ")
}

// quoted quotes a word for a shell, if the word contains special characters.
func quoted(word string) string {
	if word != "" && strings.Trim(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%+=:,./_-\\") == "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// skipped returns an error for each file that the run skipped, because the file could
// not be read.
func (m *migrateRun) skipped() error {
	var errs []error
	for _, s := range m.report.Skipped {
		errs = append(errs, &diag.Error{
			Code: codeFileSkipped, Side: diag.Input, Title: fmt.Sprintf("The file %q was skipped: %v", s.Path, s.Err),
			Hint: "Correct the file, or set the input paths to the files to migrate.",
		})
	}
	return errors.Join(errs...)
}

func (m *migrateRun) print() error {
	var b strings.Builder
	if err := m.report.Text(&b, m.commandLine()); err != nil {
		return err
	}
	if m.report.FilesRead == 0 && len(m.report.Skipped) == 0 {
		fmt.Fprintln(&b, "No workflow was found. migrate reads .github/workflows, .github/actions and action.yml. "+m.words("Run actions/checkout before this step, or set the input paths to the folder of a checkout."))
	} else if len(m.report.Findings)+len(m.report.Skipped) == 0 {
		fmt.Fprintf(&b, "Nothing to do: in %s, no step logs in to %s with a personal access token.\n", report.Count(m.report.FilesRead, "file"), m.config.Home)
		if m.config.Home != "ghcr.io" {
			fmt.Fprintf(&b, "The variable GITHUB_SERVER_URL contains another server than github.com, so migrate looked for logins to %s and not to ghcr.io.\n", m.config.Home)
		}
	}
	if m.config.Write && m.config.AddCheck && len(m.added) == 0 && m.report.Count(migrate.Changed) == 0 {
		fmt.Fprintln(&b, "No check workflow was added, because this run has no edits for packages. To check a package, run: ghcr-publish check ghcr.io/OWNER/NAME")
	}
	for _, path := range m.added {
		fmt.Fprintf(&b, "Added the workflow %s. Change the package settings, run the workflow once, and then delete the workflow.\n", filepath.ToSlash(path))
	}
	_, err := fmt.Fprint(m.process.Stdout, workflow.Lines(b.String()))
	return err
}

// annotate shows each finding at its line of the workflow file, on the page of the
// workflow run.
func (m *migrateRun) annotate() {
	for _, f := range m.report.Findings {
		level := diag.Info
		if f.State == migrate.Remaining || f.State == migrate.WouldChange {
			level = diag.Warning
		}
		text := f.Text
		if f.Hint != "" {
			text += "\n" + f.Hint
		}
		m.workflow.AnnotateAt(workflow.Place{File: f.File, Line: f.Line, EndLine: f.EndLine}, level, f.Title(), text)
	}
}
