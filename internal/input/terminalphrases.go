package input

import (
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
)

// terminalPhrases replaces the parts of a message.
var terminalPhrases = strings.NewReplacer(phrases...)

// phrases contains the parts of messages that are about the steps and the
// expressions of a workflow, and their texts for a terminal. The longer texts stand
// before the shorter ones.
var phrases = []string{
	// The digests of other jobs.
	"Set digests: ${{ toJSON(needs.JOB.outputs) }}, where JOB is the job that pushes with push-by-digest: true.", "Write one or several digests, each as one argument. The command inspect prints the digest of an image.",
	"Set digests: ${{ toJSON(needs.JOB.outputs) }}. JOB must declare an output digest-OS-ARCH for each platform, with the value of the step that has push-by-digest: true.", "Write one or several digests, each as one argument. The command inspect prints the digest of an image.",
	"The step with push-by-digest: true has the output digest-OS-ARCH. Declare this output as an output of the job. Then set digests: ${{ toJSON(needs.JOB.outputs) }}.", "Write sha256: and 64 hexadecimal digits. The command inspect prints the digest of an image.",
	"The expression names a job that does not exist or that this job does not need. Add the job to needs, and check its name in digests: ${{ toJSON(needs.JOB.outputs) }}.", "Write one or several digests, each as one argument. The command inspect prints the digest of an image.",
	"Set digests: ${{ toJSON(needs.JOB.outputs) }} without quotes around it. Write no JSON by hand: write one digest per line instead.", "Write each digest as one argument instead.",
	"Write one digest per line, without commas and blanks.", "Write each digest as one argument, without commas and blanks.",
	"Read the logs of the jobs that set these outputs. ", "",
	"Read the log of the job that sets the value. If the image has no such platform, remove the output from the job,", "Write the digest of this platform. If the image has no such platform, remove the entry,",
	"Set the input image to the same value in the step that has push-by-digest: true.", "Write the same image that publish with push-by-digest: true wrote.",
	"If the image was deleted from the package after its push, run the job again.", "If the image was deleted from the package after its push, push it again.",
	"Move the input tags from this step to the step with command: merge.", "Remove tags, and write it after the command merge instead.",
	// Paths.
	"The path is relative to the working directory of the step.", "The path is relative to the working directory.",
	" or a path relative to the working directory of the step.", " or a path relative to the working directory.",
	" Run the step that writes the file before this step.", "",
	"Run the step that writes the files before this step.", "Write the files first.",
	"Run the step that writes the files first.", "Write the files first.",
	"Download the file in a step before this one, and write its path.", "Download the file first, and write its path.",
	"download it in a step before this one.", "download it first.",
	// The steps that write the source.
	"The step that writes it failed or had no disk space. Read the log of this step, and add", "The program that writes it failed or had no disk space. Add",
	"The step that writes the image failed,", "The program that writes the image failed,",
	"The step that downloads it got a page instead of the image. Read the log of this step, and use curl with --fail.", "The download is a page instead of the image. Use curl with --fail.",
	"Check that the steps that write, upload or download the archive end", "Check that the programs that write or download the archive end",
	"with the step that built it, and check that the step ends", "with the program that built it, and check that the program ends",
	"with the step that made them, and check that the step ends", "with the program that made them, and check that the program ends",
	"or run the step that wrote the file as the same user", "or write the file as the same user",
	"Set lfs: true in the step with actions/checkout.", "Run git lfs pull.",
	"Run actions/checkout before this step, run the step in the folder of the checkout, or take the ref from the event: remove context: git and ref-context: git.", "Run the command in the folder of a Git checkout, or remove context and ref-context.",
	"Run actions/checkout before this step, or set paths to the folder of a checkout.", "Run the command in the folder of a checkout, or write the folder as an argument.",
	// Builders.
	"In a workflow on GitHub's runners for Linux, put docker/setup-buildx-action before this step. On other machines, install", "Install",
	"Or build in a separate step, and set source to the result of that step.", "Or build the image with another program, and write its result as SOURCE.",
	"Put docker/setup-buildx-action before this step. With this action, docker buildx supports the request.", "Install docker buildx, which supports the request.",
	// Expressions.
	"The runner has not evaluated the expression ${{ … }}. Check that it is part of a workflow or of an action, and not of a file that the run reads. At a terminal, write the value itself.", "Only a workflow evaluates the expression ${{ … }}. Write the value itself.",
	"In a workflow, run the command in a step before this one, write its result to $GITHUB_OUTPUT, and use the output of that step here.", "Write double quotation marks or none around the value, so that the shell runs the command.",
	" or enable=${{ github.ref == 'refs/heads/main' }}.", " or enable=true.",
	" To compare values, use the expressions of GitHub, as in enable=${{ github.ref == 'refs/heads/main' }}.", "",
	", or name the branch in the rule: enable=${{ github.ref == 'refs/heads/main' }}.", ", or write enable=true or enable=false in the rule.",
	"If the value comes from an output of a step, check that the step sets this output. If the value comes from an input or a variable, check its name.", "If the value comes from a variable of the shell, check its name.",
	// Tokens.
	"Use the job's GITHUB_TOKEN, or create a classic token", "Create a classic token",
	"Use the job's GITHUB_TOKEN, or create a new token", "Create a new token",
	"Use the job's GITHUB_TOKEN, or a classic token", "Use a classic token",
	" A job's GITHUB_TOKEN needs no renewal.", "",
	// The machine and the run.
	"the user of the step", "your user", "the user of this step", "your user",
	" If the step runs in a container, mount the file into the container.", "",
	"Stop other processes that write the file during this step", "Stop other processes that write the file",
	"Publish each image in a separate step.", "Publish each image with a separate command.",
	"but the step publishes to", "but the command publishes to",
	"un the step", "un the command", "un this step", "un the command",
	"this runner", "this machine",
}

// The sentences that only help in a workflow, and the hints with a value in them.
var (
	phraseVariable    = lazy.Regexp(`In a workflow, write \$\{\{.*?\}\}, or write the value itself\.`)
	phraseCredentials = lazy.Regexp(`Add this line to the input credentials: \S+ USER SECRET\. Or log in on this machine before the run:`)
	phraseWorkflow    = lazy.Regexp(`(^|\s)In a workflow, .*?\.(\s|$)`)
)

// withoutWorkflow replaces the parts of a message that are about a workflow.
func withoutWorkflow(text string) string {
	text = phraseVariable().ReplaceAllString(text, "Write double quotation marks or none around the value, or write the value itself.")
	text = phraseCredentials().ReplaceAllString(text, "Log in before the run:")
	text = terminalPhrases.Replace(text)
	if rest := phraseWorkflow().ReplaceAllString(text, "$1"); strings.TrimSpace(rest) != "" {
		return strings.TrimRight(rest, " ")
	}
	return text // a message that has only this sentence
}
