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
	"Set digests: ${{ toJSON(needs.JOB.outputs) }}. In the job JOB, declare an output digest-OS-ARCH for each platform, and set its value to the output of the step that has push-by-digest: true.", "Write one or several digests, each as one argument. The command inspect prints the digest of an image.",
	"The step with push-by-digest: true has the output digest-OS-ARCH. Declare this output as an output of the job, and set digests: ${{ toJSON(needs.JOB.outputs) }}.", "Write sha256: and 64 hexadecimal digits. The command inspect prints the digest of an image.",
	"The expression contains a job that does not exist or that is not in the needs list of this job. Add the job to needs, and check the name of the job in digests: ${{ toJSON(needs.JOB.outputs) }}.", "Write one or several digests, each as one argument. The command inspect prints the digest of an image.",
	"Set digests: ${{ toJSON(needs.JOB.outputs) }} without quotation marks around the expression. If you write the digests by hand, write one digest per line and not JSON.", "Write each digest as one argument, and write no JSON.",
	"Set digests: ${{ toJSON(needs.JOB.outputs) }}, without other JSON objects around the outputs.", "Write each digest as one argument, and write no JSON.",
	"Write one digest per line, without commas and spaces.", "Write each digest as one argument, without commas and spaces.",
	"Read the logs of the jobs that set the empty outputs. ", "",
	"Read the log of the job that sets the value. If the image does not need this platform, remove the output from the job,", "Write the digest of this platform. If the image does not need this platform, remove the entry,",
	"In the step that has push-by-digest: true, set the input image to the same value as in this step.", "Write the same image that publish with push-by-digest: true wrote.",
	"If another program deleted the image after its push, run the job that pushes the image again.", "If another program deleted the image after its push, push the image again.",
	"Move the input tags from this step to the step with command: merge.", "Remove the input tags, and write it after the command merge instead.",
	// The rules of a cleanup.
	"Set one of these rules:\n    delete: type=pr,state=closed\n    untagged: delete\n    delete: type=semver,keep=3,per=minor", "Set one of these rules:\n    --delete type=pr,state=closed\n    --untagged delete\n    --delete type=semver,keep=3,per=minor",
	// Paths.
	"the working directory of the step", "the working directory",
	" Run the step that writes the file before this step.", "",
	"Run the step that writes the files before this step.", "Write the files first.",
	"Run the step that writes the files again, and check that the step ends without an error.", "Write the files again, and check that the program that writes the files ends without an error.",
	"Download the file in a step before this one, and write its path.", "Download the file first, and write its path.",
	"download the file in a step before this step.", "download the file first.",
	// The steps that write the source.
	"The step that writes the file failed or had no disk space. Read the log of that step. If its script", "The program that writes the file failed or had no disk space. If a script",
	"The step that writes the image failed, or wrote the image to another folder. Read the log of that step, and set the input source to the folder to which the step writes.", "The program that writes the image failed, or wrote the image to another folder. Set the input source to the folder to which the program writes.",
	"The step that downloads the file received a web page instead of the image. Read the log of that step, and add the option --fail to its curl command.", "The file is a web page and not the image. Add the option --fail to the curl command that downloads the file.",
	"Check that every step that writes, uploads or downloads the archive", "Check that every program that writes or downloads the archive",
	"with the step that built it, and check that the step ends", "with the program that built it, and check that the program ends",
	"or run the step that wrote the file as the same user", "or write the file as the same user",
	"Set lfs: true in the step that runs actions/checkout.", "Run git lfs pull.",
	"Run actions/checkout before this step, run the step in the folder of the checkout, or take the ref from the event: remove context: git and ref-context: git.", "Run the command in the folder of a Git checkout, or remove the inputs context and ref-context.",
	"Run actions/checkout before this step, or set the input paths to the folder of a checkout.", "Run the command in the folder of a checkout, or write the folder as an argument.",
	// Builders.
	"On a Linux runner of GitHub, run docker/setup-buildx-action in a step before this step. On other machines, install", "Install",
	"As an alternative, build the image in a separate step, and set the input source to the built image.", "As an alternative, build the image with another program, and write the built image as SOURCE.",
	"Run docker/setup-buildx-action in a step before this step, because docker buildx then supports the request.", "Install docker buildx, which supports the request.",
	// Expressions.
	"The runner has not evaluated the expression ${{ … }}. Use the expression only in a workflow file or in an action.yml, because the runner evaluates no expressions in other files. At a terminal, write the value itself.", "Only a workflow evaluates the expression ${{ … }}. Write the value itself.",
	"In a workflow, run the command in an earlier step, write its result to $GITHUB_OUTPUT, and use the output of the earlier step as the value.", "Write double quotation marks or none around the value, so that the shell runs the command.",
	" or enable=${{ github.ref == 'refs/heads/main' }}.", " or enable=true.",
	" To compare values, use the expressions of GitHub, as in enable=${{ github.ref == 'refs/heads/main' }}.", "",
	" Instead, you can name the branch in the rule, for example enable=${{ github.ref == 'refs/heads/main' }}.", " Instead, you can write enable=true or enable=false in the rule.",
	"If the value comes from an output of a step, check that the step sets this output. If the value comes from an input or a variable, check its name.", "If the value comes from a variable of the shell, check its name.",
	// Tokens.
	"Use the job's GITHUB_TOKEN, or create a classic token", "Create a classic token",
	"Use the job's GITHUB_TOKEN, or create a new token", "Create a new token",
	"Use the job's GITHUB_TOKEN, or a classic token", "Use a classic token",
	" A job's GITHUB_TOKEN needs no renewal.", "",
	// The machine and the run.
	"in the log group \"Gate\"", "above",
	"Install the program in an earlier step.", "Install the program.",
	"Remove one of the two inputs", "Remove one of the two",
	"the user of the step", "your user", "the user of this step", "your user",
	" If the step runs in a container, mount the file into the container.", "",
	"Stop other processes that write the file during this step", "Stop other processes that write the file",
	"Publish each image in a separate step, or", "Publish each image with a separate command, or",
	"Promote each image in a separate step.", "Promote each image with a separate command.",
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
