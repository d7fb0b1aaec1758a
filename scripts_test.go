package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/rogpeppe/go-internal/testscript"
	"go.yaml.in/yaml/v3"

	"github.com/ghcr-publish/ghcr-publish/internal/cmd/demo"
	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest/sigstore"
	"github.com/ghcr-publish/ghcr-publish/internal/report/schema"
	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

var update = flag.Bool("update", false, "Rewrite the expected output in the scripts below testdata.")

// The scripts use only these two tokens. The constant secret is the token of a job,
// and the constant personal is the token of a person. TestScripts fails if a run
// prints one of the tokens. The run may print the token only in the command that
// masks the token.
const (
	secret   = "ghs_Script7tYq0ZsWvRkLm3PbNc9XhJd2FgUe5A"
	personal = "github_pat_Script7tYq0ZsWvRkLm3PbNc9XhJd2FgUe5A"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"ghcr-publish": main})
}

// TestScripts runs the scripts testdata/<command>/<what-happens>.txtar with
// the real main. CONTRIBUTING.md describes the commands of a script.
func TestScripts(t *testing.T) {
	t.Parallel()
	folders, err := filepath.Glob("testdata/*")
	if err != nil {
		t.Fatal(err)
	}
	if len(folders) == 0 {
		t.Fatal("testdata has no folders")
	}
	for _, folder := range folders {
		t.Run(filepath.Base(folder), func(t *testing.T) {
			t.Parallel()
			testscript.Run(t, testscript.Params{
				Dir: folder, UpdateScripts: *update, RequireExplicitExec: true, RequireUniqueNames: true,
				Setup: setup,
				Cmds: map[string]func(*testscript.TestScript, bool, []string){
					"ghcr": startRegistry, "image": writeImage, "layout": layoutWriter(t), "refuse": refuse, "result": readResult, "step": step, "terminal": terminal, "undolist": takeUndoList, "unset": unset,
				},
			})
		})
	}
}

// world is the state of one script, without its files and variables.
type world struct{ server *ghcrtest.Server } // nil until the script runs the command ghcr

type worldKey struct{}

// setup prevents a script from using the Docker engine and the logins of the
// machine.
func setup(env *testscript.Env) error {
	config := filepath.Join(env.WorkDir, "docker-config")
	env.Values[worldKey{}] = &world{}
	env.Setenv("DOCKER_CONFIG", config)
	env.Setenv("REGISTRY_AUTH_FILE", filepath.Join(config, "auth.json"))
	env.Setenv("DOCKER_HOST", "unix://"+filepath.Join(env.WorkDir, "docker.sock"))
	return os.Mkdir(config, 0o700)
}

// tokens are the tokens that a script may choose with token=NAME.
var tokens = map[string]ghcrtest.Credential{
	"write":        {Kind: ghcrtest.ActionsToken, Repository: "acme/web", Packages: ghcrtest.Write},
	"read":         {Kind: ghcrtest.ActionsToken, Repository: "acme/web", Packages: ghcrtest.Read},
	"none":         {Kind: ghcrtest.ActionsToken, Repository: "acme/web"},
	"fine-grained": {Kind: ghcrtest.FineGrainedPAT},
	"classic":      {Kind: ghcrtest.ClassicPAT, Scopes: []string{"repo", "write:packages", "delete:packages"}},
	"classic-push": {Kind: ghcrtest.ClassicPAT, Scopes: []string{"repo", "write:packages"}},
}

// startRegistry starts the embedded ghcr.io and sets the variables of a job of
// acme/web on the branch main. The arguments have the form name=value. The argument
// token is a key of the map tokens. The argument repository is the visibility of
// the repository acme/web. With the argument package, the package acme/web exists
// and has this visibility. With linked=no, the package is not linked to the repository,
// so the token of the job does not see it. With the argument seed, the server has the
// package of this scenario of the command "cleanup" instead. ID is the id of a scenario in
// internal/cleanup/testdata, or a file of the script whose name ends with .json. See
// seedConfig for the other arguments of such a server. With sigstore=yes, the job has
// the permission id-token: write, and the variable SIGSTORE is the folder of the embedded
// Sigstore. With sigstore=unknown, the folder contains the keys of another Sigstore. The
// argument refuse is the end of a path that the server refuses, and the argument down is
// the end of a path that the server cannot serve. The server handles the first request with
// the path in the argument lost, but sends the status 502 instead of the response. The
// argument clock is the difference between the clocks of the server and of the job.
func startRegistry(ts *testscript.TestScript, neg bool, args []string) {
	options := map[string]string{"token": "write", "repository": "public"}
	for _, arg := range args {
		name, value, _ := strings.Cut(arg, "=")
		options[name] = value
	}
	token, ok := tokens[options["token"]]
	if neg || !ok {
		ts.Fatalf("usage: ghcr [token=write|read|none|fine-grained|classic|classic-push] [repository=VISIBILITY] [package=VISIBILITY] [linked=no] [seed=ID [owner=user] [others=NAME,NAME] [limit=N] [tombstones=yes] [closed=yes]] [sigstore=yes|unknown] [refuse=PATH] [down=PATH] [lost=PATH] [clock=DURATION]")
	}
	if token.Secret = secret; token.Kind != ghcrtest.ActionsToken {
		token.Secret = personal
	}
	token.Actor = "octocat"
	config := ghcrtest.Config{
		Owners:       []ghcrtest.Owner{{Login: "acme"}, {Login: "other"}},
		Repositories: []ghcrtest.Repository{{Name: "acme/web", Visibility: ghcrtest.Visibility(options["repository"])}},
		Credentials:  []ghcrtest.Credential{token},
	}
	if visibility := options["package"]; visibility != "" {
		existing := ghcrtest.Package{Name: "acme/web", Visibility: ghcrtest.Visibility(visibility), Repository: "acme/web"}
		if options["linked"] == "no" {
			existing.Repository = ""
		}
		config.Packages = []ghcrtest.Package{existing}
	}
	repository := "acme/web"
	if id := options["seed"]; id != "" {
		path := "internal/cleanup/testdata/cleanup.json#" + id
		if strings.HasSuffix(id, ".json") {
			path = ts.MkAbs(id)
		}
		seed, err := ghcrtest.ReadSeed(path)
		ts.Check(err)
		repository = seed.Repository()
		config = seedConfig(ts, options, seed, token)
	}
	if text := options["clock"]; text != "" {
		difference, err := time.ParseDuration(text)
		ts.Check(err)
		config.Clock = func() time.Time { return time.Now().Add(difference) }
	}
	server, err := ghcrtest.Listen(context.Background(), "127.0.0.1:0", config)
	ts.Check(err)
	ts.Defer(func() { _ = server.Close() }) // the server stores nothing on disk
	ts.Value(worldKey{}).(*world).server = server
	for _, pair := range server.Env(repository) {
		name, value, _ := strings.Cut(pair, "=")
		ts.Setenv(name, value)
	}
	if options["sigstore"] != "" {
		startSigstore(ts, server, repository, options["sigstore"] == "unknown")
	}
	if options["lost"] != "" {
		server.Inject(ghcrtest.Fault{Method: http.MethodPost, Path: options["lost"], Effect: ghcrtest.LostAnswer{}})
	}
	for option, status := range map[string]int{"refuse": http.StatusForbidden, "down": http.StatusServiceUnavailable} {
		if options[option] != "" {
			server.Inject(ghcrtest.Fault{Path: options[option], Times: ghcrtest.Always, Effect: ghcrtest.Answer{Status: status, Message: "maintenance"}})
		}
	}
	for name, value := range map[string]string{
		"GITHUB_TOKEN": token.Secret, "REGISTRY": server.Host(), "RUNNER_TEMP": ts.MkAbs("."), "GITHUB_EVENT_NAME": "push", "GITHUB_REF": "refs/heads/main",
		"GITHUB_SHA": strings.Repeat("c", 40), "GITHUB_RUN_ID": "1", "GITHUB_RUN_ATTEMPT": "1", "GITHUB_WORKFLOW": "release",
	} {
		ts.Setenv(name, value)
	}
}

// refuse makes the embedded ghcr.io refuse each later request with the method whose path
// contains the text.
func refuse(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: refuse METHOD TEXT")
	}
	ts.Value(worldKey{}).(*world).server.Inject(ghcrtest.Fault{
		Method: args[0], Path: args[1], Times: ghcrtest.Always,
		Effect: ghcrtest.Answer{Status: http.StatusBadRequest, Code: ghcrtest.CodeManifestInvalid, Message: "the script refuses this request"},
	})
}

// seedConfig returns the configuration of a server with the package of a scenario. With
// owner=user, the owner is a user and no organization. The option "others" names further
// packages of the owner. The option "limit" is the number of API requests per hour, and
// "points" is the secondary limit of a minute. With tombstones=yes, the lists contain deleted
// objects. With closed=yes, only the repository of the scenario exists.
func seedConfig(ts *testscript.TestScript, options map[string]string, seed *ghcrtest.Seed, token ghcrtest.Credential) ghcrtest.Config {
	repository := seed.Repository()
	owner, _, _ := strings.Cut(repository, "/")
	config := ghcrtest.Config{
		Open: &ghcrtest.Open{Token: secret, Repository: repository}, Seed: seed,
		Answers: ghcrtest.Answers{Tombstones: options["tombstones"] == "yes"},
	}
	if options["owner"] == "user" {
		config.Open.OwnerType = ghcrtest.User
	}
	if token.Kind != ghcrtest.ActionsToken || token.Packages != ghcrtest.Write {
		token.Repository = repository
		config.Open.Token = "ghs_of-no-run"
		config.Credentials = []ghcrtest.Credential{token}
	}
	if options["closed"] == "yes" {
		token.Repository = repository
		config.Open, config.Owners, config.Credentials = nil, []ghcrtest.Owner{{Login: owner}}, []ghcrtest.Credential{token}
	}
	for other := range strings.SplitSeq(options["others"], ",") {
		if other != "" {
			config.Packages = append(config.Packages, ghcrtest.Package{Name: owner + "/" + other, Visibility: ghcrtest.Public, Repository: repository})
		}
	}
	for name, limit := range map[string]*int{"limit": &config.Limits.Hourly, "points": &config.Limits.Points} {
		if options[name] != "" {
			n, err := strconv.Atoi(options[name])
			ts.Check(err)
			*limit = n
		}
	}
	return config
}

// startSigstore sets the variables with which a job gets its identity token, and writes the
// files of the embedded Sigstore. If the keys are unknown, the files contain other keys.
func startSigstore(ts *testscript.TestScript, server *ghcrtest.Server, repository string, unknown bool) {
	services, err := server.Sigstore()
	if unknown {
		services, err = sigstore.New(sigstore.Config{})
	}
	ts.Check(err)
	folder := ts.MkAbs("sigstore")
	ts.Check(services.WriteFiles(folder, server.URL()))
	ts.Setenv("SIGSTORE", folder)
	identity, err := server.IdentityEnv(repository)
	ts.Check(err)
	for _, pair := range identity {
		name, value, _ := strings.Cut(pair, "=")
		ts.Setenv(name, value)
	}
}

// writeImage writes the image of the command "try" as an OCI archive. The image is
// an index of two platforms.
func writeImage(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: image FILE")
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), demo.Archive, 0o600))
}

// reports checks the JSON of all runs against the schemas of the reports.
var reports = schema.Checker{Folder: filepath.Join("internal", "report")}

// checkReport fails the script if a report differs from its schema. The output "json" of
// the command "metadata" has the format of docker/metadata-action and therefore no schema.
func checkReport(ts *testscript.TestScript, report []byte) {
	var head struct{ Schema *string }
	ts.Check(json.Unmarshal(report, &head))
	if head.Schema == nil && ts.Getenv("INPUT_COMMAND") == "metadata" {
		return
	}
	ts.Check(reports.Check(report))
}

// readResult reads a file that the input "metadata-file" names, checks the report in the
// file, and writes the text with placeholders to FILE.txt.
func readResult(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: result FILE")
	}
	text := ts.ReadFile(args[0])
	var result map[string]json.RawMessage
	ts.Check(json.Unmarshal([]byte(text), &result))
	checkReport(ts, result["ghcr-publish"])
	keep(ts, args[0]+".txt", text)
}

// described describes the image of one platform in a script.
type described struct {
	Layers     []string          `yaml:"layers"` // the text of each layer
	User       string            `yaml:"user"`
	Entrypoint []string          `yaml:"entrypoint"`
	Env        []string          `yaml:"env"`
	Labels     map[string]string `yaml:"labels"`
	SBOM       map[string]string `yaml:"sbom"` // package to version
	Provenance bool              `yaml:"provenance"`
}

// layoutWriter returns the command that writes an index as an OCI layout. The first
// argument of the command is a YAML file that maps platforms to their description.
func layoutWriter(t *testing.T) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		if neg || len(args) != 2 {
			ts.Fatalf("usage: layout IMAGES.yml FOLDER")
		}
		var images map[string]described
		ts.Check(yaml.Unmarshal([]byte(ts.ReadFile(args[0])), &images))
		l := sourcetest.NewLayout(t)
		var children []v1.Descriptor
		for _, name := range slices.Sorted(maps.Keys(images)) {
			p, err := v1.ParsePlatform(name)
			ts.Check(err)
			each := images[name]
			child := l.Configured(p, v1.Config{User: each.User, Entrypoint: each.Entrypoint, Env: each.Env, Labels: each.Labels}, each.Layers...)
			children = append(children, child)
			if documents := each.documents(ts); len(documents) > 0 {
				children = append(children, l.Documents(child, documents...))
			}
		}
		l.Add(l.Index(children...))
		for _, f := range l.Files() {
			path := filepath.Join(ts.MkAbs(args[1]), filepath.FromSlash(f.Name))
			ts.Check(os.MkdirAll(filepath.Dir(path), 0o700))
			ts.Check(os.WriteFile(path, f.Body, 0o600))
		}
	}
}

// documents returns the attestations of an image.
func (d described) documents(ts *testscript.TestScript) []sourcetest.Document {
	var out []sourcetest.Document
	if d.SBOM != nil {
		type spdxPackage struct {
			Name    string `json:"name"`
			Version string `json:"versionInfo"`
		}
		list := []spdxPackage{}
		for _, name := range slices.Sorted(maps.Keys(d.SBOM)) {
			list = append(list, spdxPackage{name, d.SBOM[name]})
		}
		raw, err := json.Marshal(map[string]any{"spdxVersion": "SPDX-2.3", "packages": list})
		ts.Check(err)
		out = append(out, sourcetest.Document{Type: "https://spdx.dev/Document", Predicate: string(raw)})
	}
	if d.Provenance {
		out = append(out, sourcetest.Document{Type: "https://slsa.dev/provenance/v1", Predicate: "{}"})
	}
	return out
}

// takeUndoList renames the undo list of a run, because the name of the list is different in
// each run.
func takeUndoList(ts *testscript.TestScript, neg bool, args []string) {
	found, err := filepath.Glob(ts.MkAbs("ghcr-publish-undo-*.jsonl"))
	ts.Check(err)
	if neg || len(args) != 1 || len(found) != 1 {
		ts.Fatalf("usage: undolist FILE, after one run with an undo list")
	}
	ts.Check(os.Rename(found[0], ts.MkAbs(args[0])))
}

// unset removes variables from the environment of a script.
func unset(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: unset NAME...")
	}
	for _, name := range args {
		ts.Setenv(name, "")
	}
}

// step runs the action as the runner does. The argument is a YAML file that contains
// the inputs in the form of the key "with" of a workflow step. In this file, $NAME
// stands for the value of the script's variable NAME.
func step(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: [!] step INPUTS.yml")
	}
	var inputs map[string]string
	ts.Check(yaml.Unmarshal([]byte(ts.ReadFile(args[0])), &inputs))
	inputs["token"] = ts.Getenv("GITHUB_TOKEN")
	ts.Setenv("GITHUB_ACTIONS", "true")
	ts.Setenv("GITHUB_TOKEN", "") // the runner does not set this variable
	for name, value := range inputs {
		ts.Setenv("INPUT_"+strings.ToUpper(name), os.Expand(value, ts.Getenv))
	}
	files := map[string]string{"OUTPUT": "outputs", "STEP_SUMMARY": "summary", "STATE": "state", "ENV": "env"}
	for variable, file := range files {
		ts.Setenv("GITHUB_"+variable, ts.MkAbs(file+".raw"))
		ts.Check(os.WriteFile(ts.MkAbs(file+".raw"), nil, 0o600))
	}
	run(ts, neg)
	for _, file := range files {
		text := ts.ReadFile(file + ".raw")
		if file == "outputs" {
			text = readable(ts, text)
		}
		keep(ts, file, text)
	}
	for name := range inputs {
		ts.Setenv("INPUT_"+strings.ToUpper(name), "")
	}
	ts.Setenv("GITHUB_TOKEN", inputs["token"])
	ts.Setenv("GITHUB_ACTIONS", "")
}

// readable returns the outputs, one per line. If a value has more than one line, the
// lines of the value follow the name of the output. readable writes the output
// "json" to a separate file.
func readable(ts *testscript.TestScript, text string) string {
	var out strings.Builder
	for text != "" {
		head, rest, _ := strings.Cut(text, "\n")
		name, delimiter, ok := strings.Cut(head, "<<")
		value, after, ended := strings.Cut(rest, "\n"+delimiter+"\n")
		if !ok || !ended {
			ts.Fatalf("the outputs are not in the form NAME<<DELIMITER: %q", text)
		}
		text = after
		switch {
		case name == "json":
			checkReport(ts, []byte(value))
			var indented bytes.Buffer
			ts.Check(json.Indent(&indented, []byte(value), "", "  "))
			keep(ts, "json", indented.String()+"\n")
		case strings.Contains(value, "\n"):
			fmt.Fprintf(&out, "%s:\n  %s\n", name, strings.ReplaceAll(value, "\n", "\n  "))
		default:
			fmt.Fprintf(&out, "%s: %s\n", name, value)
		}
	}
	return strings.ReplaceAll(out.String(), ": \n", ":\n")
}

// workflowWords matches words that a message at a terminal must not contain, because a
// terminal has no steps, no inputs of a step and no expressions of GitHub.
var workflowWords = regexp.MustCompile(`\b([Tt]he|[Tt]his|a) step\b|\$\{\{ \w|[Ii]n a workflow\b|\b[Tt]he input [a-z]|\bthis runner\b|\b[Ss]et source\b`)

// terminal runs the program with the given arguments, as a user does at a terminal. An
// error message must not contain words about a workflow.
func terminal(ts *testscript.TestScript, neg bool, args []string) {
	run(ts, neg, args...)
	if text := ts.ReadFile("stdout"); slices.Contains(args, "--json") && !neg {
		checkReport(ts, []byte(text))
	}
	if found := workflowWords.FindString(ts.ReadFile("stderr.txt")); found != "" {
		ts.Fatalf("the message contains %q, which is about a workflow:\n%s", found, ts.ReadFile("stderr.txt"))
	}
}

// run runs the program. It writes the output of the program to the files stdout.txt
// and stderr.txt. If the script started a registry, run writes the numbers of
// requests to the file "requests".
func run(ts *testscript.TestScript, neg bool, args ...string) {
	server := ts.Value(worldKey{}).(*world).server
	if server != nil {
		server.Reset()
	}
	err := ts.Exec("ghcr-publish", args...)
	keep(ts, "stdout.txt", ts.ReadFile("stdout"))
	keep(ts, "stderr.txt", ts.ReadFile("stderr"))
	if server != nil {
		keep(ts, "requests", counts(server))
	}
	switch {
	case err != nil && !neg:
		ts.Fatalf("the program failed: %v", err)
	case err == nil && neg:
		ts.Fatalf("the program succeeded")
	}
}

// counts lists the number of requests of each class, sorted by class.
func counts(server *ghcrtest.Server) string {
	var out strings.Builder
	all := server.Counts()
	for _, class := range slices.Sorted(maps.Keys(all)) {
		if class == ghcrtest.ClassPostUpload && all[class] > 1 && all[ghcrtest.ClassPutUpload] == 0 {
			// The run ended while it opened the sessions, so their number depends on the time.
			fmt.Fprintf(&out, "%v N\n", class)
			continue
		}
		fmt.Fprintf(&out, "%v %d\n", class, all[class])
	}
	return out.String()
}

// masks matches the commands that make the runner mask a value.
var masks = regexp.MustCompile(`(?m)^::add-mask::.*\n`)

// keep writes a text to a file. It omits the commands that mask values. It writes
// placeholders instead of the parts that differ between runs.
func keep(ts *testscript.TestScript, file, text string) {
	text = masks.ReplaceAllString(text, "")
	if strings.Contains(text, secret) || strings.Contains(text, personal) {
		ts.Fatalf("%s contains the token:\n%s", file, text)
	}
	if host := ts.Getenv("REGISTRY"); host != "" {
		text = strings.ReplaceAll(text, host, "ghcr.test")
		text = strings.ReplaceAll(text, strings.Replace(host, ":", "%3A", 1), "ghcr.test") // in titles of annotations
	}
	text = workPaths(text, ts.MkAbs("."))
	for _, v := range varying {
		text = v.pattern.ReplaceAllString(text, v.replacement)
	}
	ts.Check(os.WriteFile(ts.MkAbs(file), []byte(text), 0o600))
}

// pathBelowWork matches a path below $WORK. JSON doubles the backslashes of a path.
var pathBelowWork = regexp.MustCompile(`\$WORK[\\/][\w.\\/-]*`)

// pathInMarkup matches a path that the summary shows without backquotes, because the path
// contained backslashes.
var pathInMarkup = regexp.MustCompile(`<code>(\$WORK[^<]*)</code>`)

// pathInQuotes matches a path that a command contains in quotation marks, because the path
// contained backslashes.
var pathInQuotes = regexp.MustCompile(`'(\$WORK[\w./-]*)'`)

// workPaths replaces the folder of the script by $WORK. The scripts expect slashes in
// paths below the folder, and Windows writes backslashes.
func workPaths(text, work string) string {
	for _, form := range []string{work, strings.Replace(work, ":", "%3A", 1), strings.ReplaceAll(work, `\`, `\\`), filepath.ToSlash(work)} {
		text = strings.ReplaceAll(text, form, "$WORK")
	}
	text = pathBelowWork.ReplaceAllStringFunc(text, func(path string) string {
		return filepath.ToSlash(strings.ReplaceAll(path, `\\`, `\`))
	})
	if filepath.Separator == '\\' {
		text = pathInQuotes.ReplaceAllString(text, "$1")
	}
	return pathInMarkup.ReplaceAllString(text, "`$1`")
}

// varying matches the parts of an output that differ between runs: times,
// durations, temporary folders and request ids.
var varying = []struct {
	pattern     *regexp.Regexp
	replacement string
}{
	{regexp.MustCompile(`\bghcr-publish-(metadata|build|try|gate|undo)-[0-9]+`), "ghcr-publish-$1-N"},
	{regexp.MustCompile(`\b[1-9][0-9]\.[0-9] kB sent in`), "N kB sent in"}, // the size of signatures differs
	{regexp.MustCompile(`("placeholder":"sha256:)[0-9a-f]+`), "${1}N"},     // the manifest contains a time
	{regexp.MustCompile(`\battestations-[0-9]+\.jsonl`), "attestations-N.jsonl"},
	{regexp.MustCompile(`(stores the (?:provenance|SBOM) in |[Tt]he attestation |"subjects":\[[^\]]*\],"digest":")sha256:[0-9a-f]{64}`), "${1}sha256:ATTESTATION"},
	// The log and GitHub's API store the attestations of an image concurrently.
	{regexp.MustCompile(`(/attestations/|"digest":"sha256:ATTESTATION","id":|"log_index":|\blog index )[0-9]+`), "${1}N"},
	{regexp.MustCompile(`\b20[0-9]{2}-[0-9]{2}-[0-9]{2}T(?:[0-9:.]|%3A)+Z`), "TIME"},
	{regexp.MustCompile(`\buntil [0-9]{2}:[0-9]{2} UTC`), "until TIME"},
	{regexp.MustCompile(`( sent of [0-9.]+ [kMG]?B), [0-9.]+ [kMG]?B/s`), "$1"},  // an upload of less than a second has no speed
	{regexp.MustCompile(`\b[0-9]+ requests,`), "N requests,"},                    // the number depends on concurrent mounts
	{regexp.MustCompile(`(N requests, )1[0-9]\.[0-9] kB sent`), "${1}N kB sent"}, // a run that signs, because the length of a signature varies
	{regexp.MustCompile(`("requests": )[0-9]+`), "${1}0"},
	{regexp.MustCompile(`\b[0-9.]+ ?(ms|s)\b`), "N s"},
	{regexp.MustCompile(`("(?:seconds|duration)[a-z_]*": ?)[0-9.]+`), "${1}0"},
	{regexp.MustCompile(`\b[0-9A-F]{4}:[0-9A-F:]{10,}\b`), "REQUEST-ID"},
}
