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
	out.rules = parsed
	return out, errors.Join(err, withoutEcho(err, rulesErr))
}

// withoutEcho returns the errors about rules, without the errors about inputs that the
// first error already refuses. For example, each line of a YAML list is also a wrong
// selector.
func withoutEcho(first, rules error) error {
	if first == nil || rules == nil {
		return rules
	}
	var out []error
	for _, e := range diag.All(rules) {
		if !slices.ContainsFunc(diag.All(first), func(known *diag.Error) bool { return known.Input == e.Input }) {
			out = append(out, e)
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
	return cleanup.ParseUndo(raw)
}

func runCleanup(ctx context.Context, s *session, config *cleanupConfig) error {
	s.announce()
	if config.Undo != "" {
		return s.undo(ctx, config)
	}
	if reason := config.GitHub.ReadOnly(); reason != "" && !config.DryRun {
		s.warn("No cleanup", "The token of this run can only read, because "+reason+". Run the cleanup on a schedule with delete: type=pr,state=closed.")
		return nil
	}
	cleaner := s.cleaner(config)
	if cleaner.Cache.Problem != nil {
		s.warn("Cache ignored", cleaner.Cache.Problem.Error()+". The run reads all manifests and writes the cache again.")
	}
	for _, unclear := range config.rules.Unclear {
		s.warn("Unclear reference", "The tag in "+unclear+" contains a variable, so keep-used cannot protect the image. Add the image to keep.")
	}
	out := &report.Cleanup{DryRun: config.DryRun, Cure: s.words("To delete, set dry-run: false.")}
	for _, repo := range config.Images {
		result, err := cleaner.Run(ctx, cleanupRequest(config, repo))
		if err != nil {
			err = explainEnd(ctx, s.explainCleanup(err, repo))
		}
		if result.Unreadable != nil {
			s.warn("Package skipped", result.Unreadable.Error())
		}
		out.Add(result, err)
	}
	if out.Changed() {
		out.UndoFile = cleaner.Undo.Path
	}
	err := errors.Join(out.Err(), cleaner.Undo.Close(), cleaner.Cache.Save())
	return errors.Join(err, s.finish(out, s.process.Stdout, workflow.Lines(out.Text())))
}

// warn shows a warning on the page of the workflow run.
func (s *session) warn(title, text string) { s.workflow.Annotate(diag.Warning, title, text) }

func (s *session) cleaner(config *cleanupConfig) *cleanup.Cleaner {
	temp := s.process.Getenv("RUNNER_TEMP")
	if temp == "" {
		temp = os.TempDir()
	}
	return &cleanup.Cleaner{Registry: s.registry, GitHub: s.packages, Cache: read.OpenCache(config.Cache), Undo: cleanup.NewUndoList(temp)}
}

func cleanupRequest(config *cleanupConfig, repo name.Repository) cleanup.Request {
	repository := config.GitHub.Repository
	if repository == "" {
		repository = repo.RepositoryStr()
	}
	verify := map[string]cleanup.Verify{"full": cleanup.VerifyFull, "tags": cleanup.VerifyTags, "none": cleanup.VerifyNone}
	return cleanup.Request{
		Repo: repo, Rules: config.rules, Repository: repository, DryRun: config.DryRun, Verify: verify[config.Verify],
		Event: plan.Event{ClosedPull: config.ClosedPull, DeletedBranch: config.DeletedBranch},
	}
}

// explainCleanup explains an error that no package explained.
func (s *session) explainCleanup(err error, repo name.Repository) error {
	var known *diag.Error
	if errors.As(err, &known) {
		return err
	}
	if explained := cleanup.ExplainRead(err, repo.Name()); explained != nil {
		return explained
	}
	return s.explainer().Read(err, repo.Tag("latest"))
}

// undo restores the versions and tags of an undo list. The list names the packages.
func (s *session) undo(ctx context.Context, config *cleanupConfig) error {
	cleaner := s.cleaner(config)
	out := &report.Undo{}
	if len(config.entries) == 0 {
		out.Empty()
	}
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
		out.Add(pkg, restored)
	}
	return errors.Join(errors.Join(problems...), s.finish(out, s.process.Stdout, workflow.Lines(out.Text())))
}
