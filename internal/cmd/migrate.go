package cmd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
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
log in to ghcr.io with a personal access token. It proposes the smallest edit that
uses the job's GITHUB_TOKEN instead, with the permissions that the job needs, and
lists the settings to change on GitHub. Bytes outside the edits do not change.`,
	example: `  ghcr-publish migrate                     # shows the diff of this checkout
  ghcr-publish migrate --write             # makes the edits
  ghcr-publish migrate --check repo1 repo2 # fails if an edit is necessary`,
}

// migrateRun is one run of migrate.
type migrateRun struct {
	*session
	config *input.MigrateConfig
	report *migrate.Report
	roots  []migrate.Root
	advice []migrate.Advice
}

func runMigrate(ctx context.Context, s *session, config *input.MigrateConfig) error {
	s.announce()
	m := &migrateRun{session: s, config: config}
	if err := m.read(ctx); err != nil {
		return explainEnd(ctx, err)
	}
	return errors.Join(m.write(), m.show())
}

// read scans the files, and asks GitHub about the images in them.
func (m *migrateRun) read(ctx context.Context) error {
	paths := m.config.Paths
	if len(paths) == 0 {
		paths = []string{"."}
	}
	roots, err := migrate.Roots(paths)
	if err != nil {
		return &diag.Error{Code: codePathsUnreadable, Side: diag.Input, Input: "paths", Err: err, Title: "A path to migrate cannot be read", Hint: "Set paths to existing folders of checkouts, or to existing workflow files."}
	}
	m.roots = roots
	m.report, err = migrate.Scan(ctx, roots, migrate.Options{Registry: m.config.Home, ToAction: m.config.ToAction})
	if err != nil {
		return err
	}
	var lookup migrate.Packages
	if !m.config.Token.Empty() {
		lookup = packageLookup{m.packages}
	}
	var unread error
	m.advice, unread = m.report.Access(ctx, m.config.GitHub.Repository, lookup)
	if unread != nil { // the edits do not depend on the packages
		m.say("Some packages could not be read from GitHub's API: %s", unread)
	}
	return nil
}

// packageLookup reads packages from GitHub's REST API. It implements
// [migrate.Packages].
type packageLookup struct{ client *github.Client }

func (l packageLookup) Package(ctx context.Context, owner, name string) (migrate.Package, error) {
	p, err := l.client.Get(ctx, github.Owner{Login: owner}, name)
	if github.IsAbsent(err) {
		return migrate.Package{}, nil
	}
	if err != nil {
		return migrate.Package{}, err
	}
	return migrate.Package{
		Exists: true, Repository: p.Repository, Visibility: p.Visibility, Organization: p.Owner.Kind == "Organization",
	}, nil
}

// write writes the edits and the SARIF file, if the inputs ask for them.
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

// addCheck adds a workflow that checks the access of the migrated workflows. It keeps
// an existing one.
func (m *migrateRun) addCheck() error {
	var images []migrate.Image
	for _, image := range m.report.Images {
		if image.Owner != "" && image.Name != "" {
			images = append(images, image)
		}
	}
	if len(images) == 0 || len(m.roots) == 0 {
		return nil
	}
	path := filepath.Join(m.roots[0].Dir, ".github", "workflows", "ghcr-publish-check.yml")
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644) //nolint:gosec // other workflow files have the same mode
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("adding the check: %w", err)
	}
	_, err = f.WriteString(migrate.CheckWorkflow(actionName, images))
	if err = errors.Join(err, f.Close()); err == nil {
		m.say("Added %s. After you have changed the settings, run it once, then delete it.", path)
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

// show reports the findings. With the input check it returns an error if an edit is
// necessary.
func (m *migrateRun) show() error {
	if err := m.print(); err != nil {
		return err
	}
	m.annotate()
	m.writeSummary(m.report.Markdown())
	edits := m.report.Count(migrate.Fixed)
	var errs []error
	errs = append(errs,
		m.workflow.Output("changed", fmt.Sprint(m.config.Write && edits > 0)),
		m.workflow.Output("outcome", m.outcome(edits)), m.skipped())
	if m.config.Check && !m.config.Write && edits > 0 {
		errs = append(errs, &diag.Error{
			Code: codeMigrationRemaining, Side: diag.Input, Title: fmt.Sprintf("%s can use GITHUB_TOKEN instead of a personal access token", report.Count(edits, "place")),
			Hint: "Run ghcr-publish migrate --write, review the diff, and commit it.",
		})
	}
	return errors.Join(errs...)
}

func (m *migrateRun) outcome(edits int) string {
	switch {
	case edits == 0:
		return "unchanged"
	case m.config.Write:
		return "migrated"
	}
	return "planned"
}

// skipped returns an error for each file that could not be read.
func (m *migrateRun) skipped() error {
	var errs []error
	for _, s := range m.report.Skipped {
		errs = append(errs, &diag.Error{
			Code: codeFileSkipped, Side: diag.Input, Title: fmt.Sprintf("%q was skipped", s.Path), Err: s.Err,
			Hint: "Correct the file, or set paths to the files to migrate.",
		})
	}
	return errors.Join(errs...)
}

func (m *migrateRun) print() error {
	var b strings.Builder
	for _, f := range m.report.Files {
		b.WriteString(f.Diff())
	}
	if err := m.report.Table(&b); err != nil {
		return err
	}
	for _, a := range m.advice {
		if a.Image.Owner == "" || a.Image.Name == "" {
			continue // the name contains an expression
		}
		fmt.Fprintf(&b, "\n%s\n", a.Text)
		for i, click := range a.Steps {
			fmt.Fprintf(&b, "  %d. %s\n", i+1, click)
		}
	}
	if m.report.FilesRead == 0 && len(m.report.Skipped) == 0 {
		fmt.Fprintln(&b, "No workflow was found. migrate reads .github/workflows and action.yml.")
	} else if len(m.report.Findings)+len(m.report.Skipped) == 0 {
		fmt.Fprintf(&b, "Nothing to do: in %s, no step logs in to %s with a personal access token.\n", report.Count(m.report.FilesRead, "file"), m.config.Home)
	}
	_, err := fmt.Fprint(m.process.Stdout, workflow.Lines(b.String()))
	return err
}

// annotate annotates the lines on the page of the workflow run.
func (m *migrateRun) annotate() {
	for _, f := range m.report.Findings {
		level := diag.Info
		if f.State == migrate.Remaining || (f.State == migrate.Fixed && !m.config.Write) {
			level = diag.Warning
		}
		text := f.Text
		if f.Hint != "" {
			text += "\n" + f.Hint
		}
		m.workflow.AnnotateAt(workflow.Place{File: f.File, Line: f.Line, EndLine: f.EndLine}, level, f.Title(), text)
	}
}
