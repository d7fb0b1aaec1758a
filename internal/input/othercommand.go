package input

import (
	"slices"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/diag/nearest"
)

// readOnlyAdvice contains, by command, the reason why a dry run is not necessary.
var readOnlyAdvice = map[Command]string{
	Migrate:  "The command migrate changes files only with write: true.",
	Pull:     "The command pull changes nothing in the registry.",
	Metadata: "The command metadata only sets outputs.",
	Inspect:  "The command inspect only reads.",
	Diff:     "The command diff only reads.",
	Check:    "The command check only reads.",
	Login:    "The command login publishes nothing.",
}

// OtherCommandAdvice returns the sentences for an input that a command does not accept,
// but that another command accepts. OtherCommandAdvice returns "" if nothing is known
// about the two.
func OtherCommandAdvice(c Command, name string) string {
	switch {
	case (name == "dry-run" || name == "push") && readOnlyAdvice[c] != "":
		return readOnlyAdvice[c]
	case name == "tags" && (c == Pull || c == Inspect):
		return "Write the tag after the name of the image, for example ghcr.io/acme/web:1.2.3."
	case name == "tags" && c == Cleanup:
		return "Write the tags to delete in the input delete, and the tags that stay in the input keep."
	case slices.Contains(building, c) && isRule(name):
		return "Write the rule in the input cleanup, as " + name + ": VALUE in a line of its own."
	case name == "tags" && c == Check:
		return "The command check checks the repository and not a tag."
	case name == "platforms" && (c == Pull || c == Inspect):
		return "Write platform: linux/amd64 to select one platform."
	case name == "destination" && slices.Contains(pushing, c):
		return "Write the repository in the input image, and the tags in the input tags."
	}
	return ""
}

// isRule reports whether an input is a rule of the command "cleanup".
func isRule(name string) bool {
	in, ok := Find(name)
	return ok && slices.Equal(in.Commands, cleanup) && (in.Group == GroupRules || in.Group == GroupSafety)
}

// otherCommandHint returns the hint for an input that the command does not accept. A
// user who wrote no command possibly means another command.
func (r *reader) otherCommandHint(in Input) string {
	if in.Name == "image" && r.text("source") == "" && slices.Contains(inputNames(r.command), "source") {
		return "The command " + string(r.command) + " reads the image from the input source. Write source: " + r.text("image") + " instead of image."
	}
	hint := nearest.Question(in.Name, inputNames(r.command)) + " Remove the input " + in.Name
	if r.command == Publish {
		hint += ", or set command: " + string(in.Commands[0])
	}
	return strings.TrimSpace(hint + ". " + OtherCommandAdvice(r.command, in.Name))
}
