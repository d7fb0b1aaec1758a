package ci

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/ghcr-publish/ghcr-publish/internal/input"
	"github.com/ghcr-publish/ghcr-publish/internal/meta"
	"github.com/ghcr-publish/ghcr-publish/internal/report"
)

// inputTables returns one section per command, with one table per group. An input that
// all commands accept is only in the first section.
func inputTables() string {
	var b strings.Builder
	commands := mustFind("command").Values
	shared := func(in input.Input) bool { return in.Name == "command" || len(in.Commands) == len(commands) }
	b.WriteString("## All commands\n\n" + inputHead)
	for _, in := range input.Table() {
		if shared(in) {
			b.WriteString(inputRow(in, input.Command(commands[0])))
		}
	}
	for _, name := range commands {
		fmt.Fprintf(&b, "\n## %s\n", name)
		for _, group := range input.Groups {
			rows := ""
			for _, in := range input.InGroup(input.Command(name), group) {
				if !shared(in) {
					rows += inputRow(in, input.Command(name))
				}
			}
			if rows != "" {
				fmt.Fprintf(&b, "\n**%s**\n\n%s", group, inputHead+rows)
			}
		}
	}
	return b.String()
}

// firstInputs returns the table of the main inputs of publish, with their short texts.
func firstInputs() string {
	var b strings.Builder
	b.WriteString(inputHead)
	for _, in := range input.Main(input.Publish) {
		if in.Short != "" {
			in.Help = in.Short
		}
		b.WriteString(inputRow(in, input.Publish))
	}
	return b.String()
}

const inputHead = "| Name | Type | Default | Description |\n|---|---|---|---|\n"

func mustFind(name string) input.Input {
	in, ok := input.Find(name)
	if !ok {
		panic("there is no input " + name)
	}
	return in
}

func inputRow(in input.Input, c input.Command) string {
	help := in.HelpFor(c)
	if values := in.ValuesFor(c); len(values) > 0 {
		help += " Allowed: `" + strings.Join(values, "`, `") + "`."
	}
	def := in.Default
	if in.ActionDefault != "" {
		def = in.ActionDefault
	}
	if def != "" {
		def = "`" + def + "`"
	}
	return fmt.Sprintf("| `%s` | %s | %s | %s |\n", in.Name, inputType(in), def, cell(help))
}

// inputType returns the type of an input as docs/inputs.md explains it.
func inputType(in input.Input) string {
	if in.Name == "compression-level" {
		return "number"
	}
	return map[input.Kind]string{
		input.Text: "text", input.Lines: "list", input.Bool: "true/false", input.Choice: "one value", input.Duration: "duration",
	}[in.Kind]
}

// outputTypes are the types of the outputs that are not text.
var outputTypes = map[string]string{
	"digest": "digest", "archive-digest": "digest", "digest-OS-ARCH[-VARIANT]": "digest",
	"tags": "list", "tag-names": "list", "platforms": "list", "labels": "list", "annotations": "list",
	"pushed": "true/false", "changed": "true/false",
	"digests": "JSON", "previous": "JSON", "json": "JSON",
	"path": "path", "bake-file": "path", "bake-file-tags": "path", "bake-file-labels": "path", "bake-file-annotations": "path",
	"package-url": "URL", "settings-url": "URL", "attestation-url": "URL", "bundle-path": "path", "attestations": "JSON",
}

const outputHead = "| Name | Type | Commands | Description |\n|---|---|---|---|\n"

// outputTables returns the table of all outputs.
func outputTables(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	b.WriteString(outputHead)
	commands := commandsOfOutputs(t)
	for _, out := range outputs(t) {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", out.name, out.typ(), cell(commands[out.name]), cell(out.text))
	}
	return b.String()
}

// firstOutputs returns a table of some outputs.
func firstOutputs(t *testing.T, names ...string) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("| Name | Type | Description |\n|---|---|---|\n")
	all := outputs(t)
	for _, name := range names {
		i := slices.IndexFunc(all, func(o outputText) bool { return o.name == name })
		if i < 0 {
			t.Fatalf("there is no output %q", name)
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", name, all[i].typ(), cell(all[i].text))
	}
	return b.String()
}

// outputText is the description of an output in action.yml.
type outputText struct{ name, text string }

func (o outputText) typ() string {
	if typ := outputTypes[o.name]; typ != "" {
		return typ
	}
	return "text"
}

// outputs returns the outputs of action.yml in their order. The outputs of the platforms
// are one entry.
func outputs(t *testing.T) []outputText {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(top, "action.yml"))
	if err != nil {
		t.Fatal(err)
	}
	var doc struct{ Outputs yaml.Node }
	if err := yaml.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	var all []outputText
	for i := 0; i+1 < len(doc.Outputs.Content); i += 2 {
		name := doc.Outputs.Content[i].Value
		var out struct{ Description string }
		if err := doc.Outputs.Content[i+1].Decode(&out); err != nil {
			t.Fatal(err)
		}
		switch {
		case name == "digest-linux-amd64":
			all = append(all, outputText{"digest-OS-ARCH[-VARIANT]", "Digest of the image for one of the common platforms, for example in the output `digest-linux-amd64` or `digest-linux-arm-v7`. The output is empty if the index does not contain exactly one image for the platform."})
		case !strings.HasPrefix(name, "digest-"):
			all = append(all, outputText{name, out.Description})
		}
	}
	return all
}

// commandsOfOutputs returns the commands that set an output, separated by commas.
func commandsOfOutputs(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	add := func(output string, commands ...input.Command) {
		for _, c := range commands {
			if all[output] != "" {
				all[output] += ", "
			}
			all[output] += string(c)
		}
	}
	for _, command := range []struct {
		report interface {
			Outputs() ([]report.Output, error)
		}
		names []input.Command
	}{
		{&report.Report{Archive: &report.Archive{}}, []input.Command{input.Publish, input.Merge, input.Promote}},
		{new(report.Pull), []input.Command{input.Pull}}, {new(report.Inspect), []input.Command{input.Inspect}}, {new(report.Diff), []input.Command{input.Diff}}, {new(report.Verify), []input.Command{input.Verify}}, {new(report.Cleanup), []input.Command{input.Cleanup}},
		{new(report.Check), []input.Command{input.Check}},
	} {
		set, err := command.report.Outputs()
		if err != nil {
			t.Fatal(err)
		}
		for _, output := range set {
			add(output.Name, command.names...)
		}
	}
	for _, output := range (meta.Result{}).Outputs(meta.OutputFormat{}) {
		add(output.Name, input.Metadata)
	}
	for _, file := range (meta.Result{}).BakeFiles(meta.OutputFormat{}) {
		add(file.Output, input.Metadata)
	}
	all["path"], all["archive-digest"] = "publish, pull", "publish"
	for _, output := range []string{"attested", "attestations", "attestation-url", "bundle-path", "verified"} {
		all[output] = "publish, merge" // only if the job has the permission id-token: write
	}
	for _, output := range []string{"deleted", "detached", "kept", "left", "freed", "undo-file"} {
		all[output] = "publish, merge, cleanup" // for publish and merge, only with the input "cleanup"
	}
	add("digest-OS-ARCH[-VARIANT]", input.Publish, input.Merge, input.Promote, input.Pull, input.Inspect)
	return all
}
