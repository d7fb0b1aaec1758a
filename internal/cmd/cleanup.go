package cmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/ghcr-publish/ghcr-publish/internal/cleanup"
	"github.com/ghcr-publish/ghcr-publish/internal/cleanup/plan"
	"github.com/ghcr-publish/ghcr-publish/internal/cleanup/read"
	"github.com/ghcr-publish/ghcr-publish/internal/cleanup/rules"
	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
	"github.com/ghcr-publish/ghcr-publish/internal/report"
	"github.com/ghcr-publish/ghcr-publish/internal/workflow"
)

var cleanupCommand = &command{
	name: input.Cleanup, many: true, run: execute(parseCleanup, runCleanup),
	short: "Delete old images, and keep the parts that other images need",
	long: `cleanup deletes the images that the rules select from packages on ghcr.io. The
platforms, signatures and attestations of an image go with the image, and nothing goes
that an image needs which stays. After the deletions, cleanup checks the package, and
restores a version that is missing.

At a terminal, cleanup only prints the plan. To delete, write --dry-run=false. Each
deleted version is in an undo list, and --undo FILE restores the list.`,
	example: `  ghcr-publish cleanup ghcr.io/acme/web --delete type=pr,state=closed
  ghcr-publish cleanup ghcr.io/acme/web --untagged delete --older-than 30d
  ghcr-publish cleanup ghcr.io/acme/web --undo undo.jsonl`,
}

// cleanupConfig is the configuration of the command "cleanup" with the parsed rules.
type cleanupConfig struct {
	*input.CleanupConfig
	rules   *rules.Rules
	entries []cleanup.Entry
}

// parseCleanup parses the inputs and the rules, and reads the undo list.
func parseCleanup(env input.Environment) (*cleanupConfig, error) {
	config, err := input.ParseCleanup(env)
	out := &cleanupConfig{CleanupConfig: config}
	if config.Undo != "" {
		var undoErr error
		out.entries, undoErr = readUndo(config.Undo)
		return out, errors.Join(err, undoErr)
	}
	parsed, rulesErr := rules.Parse(rules.Inputs{
		Delete: config.Delete, Keep: config.Keep, KeepNewest: config.KeepNewest, OlderThan: config.OlderThan,
		AgeFrom: config.AgeFrom, Untagged: config.Untagged, Orphans: config.Orphans, Broken: config.Broken,
		KeepUsed: config.KeepUsed, MinAge: config.MinAge, MaxDelete: config.MaxDelete, Detach: config.Detach,
		Empty: config.Empty, OnUnreadable: config.OnUnreadable,
	}, rules.Disk{}, config.Registry)
	if out.rules = parsed; rulesErr == nil && err == nil {
		rulesErr = plan.CheckRules(parsed, cleanupEvent(config))
	}
	return out, errors.Join(err, withoutInputs(rulesErr, err))
}

func cleanupEvent(config *input.CleanupConfig) plan.Event {
	return plan.Event{ClosedPull: config.ClosedPull, DeletedBranch: config.DeletedBranch}
}

// withoutInputs removes the errors about inputs that have another error already.
func withoutInputs(err, others error) error {
	known := map[string]bool{}
	for _, one := range diag.All(others) {
		known[one.Input] = true
	}
	var out []error
	for _, one := range diag.All(err) {
		if !known[one.Input] {
			out = append(out, one)
		}
	}
	return errors.Join(out...)
}

// readUndo reads an undo list from JSON or from a file.
func readUndo(text string) ([]cleanup.Entry, error) {
	if text[0] == '[' || text[0] == '{' {
		return cleanup.ParseUndo([]byte(text))
	}
	raw, err := inputFile{
		input: "undo", named: "the input undo", path: text, code: cleanup.CodeUndoFile,
		hint: "Set the input undo to the file in the output undo-file, or to the value of the output deleted.",
	}.read(cleanup.MaxUndo)
	if err != nil {
		return nil, err
	}
	entries, err := cleanup.ParseUndo(raw)
	return entries, diag.Titled(err, fmt.Sprintf("The file %q in the input undo is not an undo list", text))
}

func runCleanup(ctx context.Context, s *session, config *cleanupConfig) error {
	s.announce()
	out := report.NewCleanup(config.DryRun && config.Undo == "", runOf(config.GitHub))
	if config.Undo != "" {
		return s.undo(ctx, config, out)
	}
	if reason := config.GitHub.ReadOnly(); reason != "" && !config.DryRun {
		s.warn("No cleanup", "The token of this run can only read, because "+reason+". Run the cleanup on a schedule with delete: type=pr,state=closed.")
		out.Skip("the token can only read, because " + reason)
		return s.finishCleanup(config, out, nil)
	}
	images, err := s.cleanupImages(ctx, config)
	if err == nil {
		err = s.cleanPackages(ctx, cleanupJob{
			images: images, rules: config.rules, event: cleanupEvent(config.CleanupConfig), repository: config.GitHub.Repository,
			dryRun: config.DryRun, verify: verifications[config.Verify], cache: config.Cache,
		}, out)
	}
	out.Fail(err)
	return s.finishCleanup(config, out, err)
}

// finishCleanup writes the report, and returns the error of the run.
func (s *session) finishCleanup(config *cleanupConfig, out *report.Cleanup, err error) error {
	text := workflow.Lines(s.words(out.Text()))
	if config.JSON {
		var jsonErr error
		text, jsonErr = out.JSON()
		err = errors.Join(err, jsonErr)
	}
	return errors.Join(err, s.finish(out, s.process.Stdout, text))
}

// verifications maps the values of the input "verify" to the proofs after the deletions.
var verifications = map[string]cleanup.Verify{"full": cleanup.VerifyFull, "tags": cleanup.VerifyTags, "none": cleanup.VerifyNone}

// cleanupJob describes the cleanup of one or several packages with the same rules.
type cleanupJob struct {
	images     []name.Repository
	rules      *rules.Rules
	event      plan.Event
	repository string // the repository with the pull requests and branches, or "" for the name of the package
	dryRun     bool
	verify     cleanup.Verify
	cache      string
}

// cleanPackages cleans up the packages one after another. A failure in one package does not
// stop the cleanup of the other packages.
func (s *session) cleanPackages(ctx context.Context, job cleanupJob, out *report.Cleanup) error {
	cleaner := s.cleaner(job.cache)
	if cleaner.Cache.Problem != nil {
		s.warn("Cache ignored", cleaner.Cache.Problem.Error()+". The run reads all manifests and writes the cache again.")
	}
	for _, unclear := range job.rules.Unclear {
		s.warn("Unclear reference", "The tag in "+unclear+" contains a variable, so keep-used cannot protect the image. Add the image to keep.")
	}
	var problems []error
	for _, repo := range job.images {
		cleaner.Progress = s.readProgress(repo.Name(), job.cache)
		result, err := cleaner.Run(ctx, job.request(repo))
		if err != nil {
			err = cleanupEnd(ctx, s.explainCleanup(err, repo))
		}
		if result.Unreadable != nil {
			s.warn("Package skipped", result.Unreadable.Error())
		}
		out.Add(result, err)
		problems = append(problems, err)
	}
	if out.Changed() {
		out.UndoFile = cleaner.Undo.Path
	}
	if err := cleaner.Cache.Save(); err != nil {
		s.warn("Cache not written", err.Error()+". The next run reads all manifests again. Set the input cache to a file in a folder to which the step may write.")
	}
	return errors.Join(errors.Join(problems...), cleaner.Undo.Close())
}

func (j cleanupJob) request(repo name.Repository) cleanup.Request {
	repository := j.repository
	if repository == "" {
		repository = repo.RepositoryStr()
	}
	return cleanup.Request{Repo: repo, Rules: j.rules, Repository: repository, DryRun: j.dryRun, Verify: j.verify, Event: j.event}
}

// warn shows a warning on the page of the workflow run, or on standard error at a terminal.
func (s *session) warn(title, text string) {
	if s.config.Terminal {
		fmt.Fprintf(s.process.Stderr, "warning: %s: %s\n", title, workflow.Line(s.words(text)))
		return
	}
	s.workflow.Annotate(diag.Warning, title, text)
}

func (s *session) cleaner(cache string) *cleanup.Cleaner {
	temp := s.process.Getenv("RUNNER_TEMP")
	if temp == "" {
		temp = os.TempDir()
	}
	return &cleanup.Cleaner{Registry: s.registry, GitHub: s.packages, Cache: read.OpenCache(cache), Undo: cleanup.NewUndoList(temp)}
}

// explainCleanup explains an error that no package explained.
func (s *session) explainCleanup(err error, repo name.Repository) error {
	var known *diag.Error
	if errors.As(err, &known) {
		return err
	}
	if explained := cleanup.ExplainRejected(err); explained != nil {
		return explained
	}
	return s.explainer().Read(err, repo.Tag("latest"))
}

// cleanupEnd explains the end of a run that was cancelled or that took too long.
func cleanupEnd(ctx context.Context, err error) error {
	err = explainEnd(ctx, err)
	var end *diag.Error
	if errors.As(err, &end) && (end.Code == codeTimeout || end.Code == codeCancelled) {
		with := *end
		with.Hint = "Run the step again. The new run continues, because each step of a cleanup leaves complete images. The undo list contains what this run deleted."
		return &with
	}
	return err
}

// undo restores the versions and tags of an undo list. The list names the packages.
func (s *session) undo(ctx context.Context, config *cleanupConfig, out *report.Cleanup) error {
	if len(config.entries) == 0 && !config.JSON {
		s.say("The undo list is empty. Nothing was restored.")
	}
	cleaner := s.cleaner("")
	var packages []string
	for _, e := range config.entries {
		if !slices.Contains(packages, e.Package) {
			packages = append(packages, e.Package)
		}
	}
	var problems []error
	for _, pkg := range packages {
		repo, err := name.NewRepository(pkg)
		if err != nil {
			problems = append(problems, fmt.Errorf("reading the undo list: %w", err))
			continue
		}
		entries := slices.DeleteFunc(slices.Clone(config.entries), func(e cleanup.Entry) bool { return e.Package != pkg })
		restored, err := cleaner.Restore(ctx, repo, entries)
		problems = append(problems, err)
		out.Restore(pkg, restored)
	}
	err := errors.Join(problems...)
	out.Fail(err)
	return s.finishCleanup(config, out, err)
}
