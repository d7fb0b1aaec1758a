package input_test

import (
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/input"
)

func TestMessagesNameFlagsAndArgumentsAtATerminal(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name    string
		command input.Command
		text    string
		want    string
	}{
		{"an input", input.Publish, "The input tags is empty", "--tags is empty"},
		{"an argument", input.Pull, "The input destination is empty", "The argument DESTINATION is empty"},
		{"the flag of an argument of another command", input.Publish, "The input digests is empty", "--digests is empty"},
		{"an argument in a sentence", input.Pull, "Set the input source to a reference.", "Set the argument SOURCE to a reference."},
		{"two inputs", input.Pull, "The inputs destination and verify-only exclude each other", "The argument DESTINATION and --verify-only exclude each other"},
		{"a verb", input.Publish, "Set the input image, or remove the input subject.", "Set --image, or remove --subject."},
		{"a missing second input", input.Publish, "The input file is set without the input context", "--file is set without --context"},
		{"a flag without a value", input.Login, "Set push: true to check this.", "Set --push to check this."},
		{"a flag that is on by default", input.Publish, "For a rollback, set monotonic: false.", "For a rollback, set --monotonic=false."},
		{"a choice", input.Publish, "would skip the push (on-readonly: skip): x", "would skip the push (--on-readonly skip): x"},
		{"two values", input.Publish, "Write image: ghcr.io/a/b and tags: 1.2.", "Write --image ghcr.io/a/b and --tags 1.2."},
		{"the value of an argument", input.Merge, "Set digests: ${{ x }}.", "Set the argument DIGESTS to ${{ x }}."},
		{"the value of an argument to write", input.Check, "Write image: ghcr.io/acme/web.", "Write ghcr.io/acme/web."},
		{"a name with a hyphen", input.Publish, "a digest, but expected-digest is b", "a digest, but --expected-digest is b"},
		{"a command", input.Publish, "Add a step with command: pull.", "Add a step with the command pull."},
		{"an input without a flag", input.Publish, "Remove the input token.", "Remove the input token."},
		{"ordinary words", input.Publish, "Push the image without tags. Set labels and compression in the build.", "Push the image without tags. Set labels and compression in the build."},
		{"permissions", input.Publish, "In a workflow, set permissions: packages: read.", "In a workflow, set permissions: packages: read."},
		{"a line of the report", input.Publish, "  visibility: public, as requested", "  visibility: public, as requested"},
		{"a path and a URL", input.Publish, "see docs/push-by-digest/x and https://x/dry-run", "see docs/push-by-digest/x and https://x/dry-run"},
		{"a flag", input.Publish, "Write --dry-run.", "Write --dry-run."},
		{"a sentence about a workflow", input.Pull, "Start it. In a workflow, isolated: true makes x.y in it. Then go on.", "Start it. Then go on."},
		{"a last sentence about a workflow", input.Pull, "Check it. In a workflow, you can instead remove the input token.", "Check it."},
		{"a variable", input.Publish, "Only a shell replaces the variable X. In a workflow, write ${{ env.X }}, or write the value itself.", "Only a shell replaces the variable X. Write double quotation marks or none around the value, or write the value itself."},
		{"a step", input.Publish, "Run the step again.", "Run the command again."},
		{"another login", input.Publish, "Add this line to the input credentials: quay.io USER SECRET. Or log in on this machine before the run: docker login quay.io.", "Log in before the run: docker login quay.io."},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := (input.Terminal{Command: c.command}).Text(c.text); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestDescriptionsOfFlagsNameFlags(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, help, want string }{
		{"an input", "Files, instead of `source`.", "Files, instead of --source."},
		{"a setting", "The value `false` has the effect of `dry-run: true`.", "The value 'false' has the effect of --dry-run."},
		{"a value of the input", "`push` uploads them.", "'push' uploads them."},
		{"a command", "Runs the command `check`. This input needs `write`.", "Runs the command 'check'. This flag needs --write."},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			in := input.Input{Help: c.help, Values: []string{"push"}}
			if got := (input.Terminal{}).Help(in); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
