package meta

// Difference describes a case in which [Compute] differs from
// docker/metadata-action.
type Difference struct {
	// Name is a short and stable name of the difference.
	Name string
	// MetadataAction describes the behavior of docker/metadata-action, and
	// Compute describes the behavior of this package.
	MetadataAction, Compute string
}

// Differences lists all known differences. In all other cases, the results must
// be equal. A test compares this list with the table in docs/tags.md.
var Differences = []Difference{
	{"invalid tag", "docker/metadata-action prints a tag that begins with a dash or a dot. The registry then refuses the tag.", "The command fails and names the rule."},
	{"long tag", "docker/metadata-action prints a tag of more than 128 characters. The registry then refuses the tag.", "The command fails and names the rule."},
	{"duplicate latest", "docker/metadata-action prints the tag latest twice if a rule gives this tag and the flavor also adds it.", "The command prints the tag once."},
	{"match without a group", "docker/metadata-action crashes on a semver or pep440 rule if the pattern of its attribute match has no group, or if the first group takes no part in the match.", "The command fails and names the rule."},
	{"blank line", "docker/metadata-action crashes on a line inside a list that contains only blanks.", "The command ignores the line."},
	{"slow pattern", "docker/metadata-action has no time limit for a regular expression.", "The command fails after two seconds for all regular expressions together."},
	{"group in a repetition", "docker/metadata-action clears the text of a group inside a repeated group at the start of each iteration.", "The command keeps the text of the previous iteration."},
	{"Handlebars beyond expressions", "docker/metadata-action supports partials, decorators, raw blocks, block parameters, and the helper each for the fields of an object.", "The command fails and names the unsupported construct."},
	{"invalid date call", "docker/metadata-action crashes on a date without a format or with several formats.", "The command fails and shows a valid call."},
	{"incomplete event payload", "docker/metadata-action crashes, or prints the words undefined or Invalid date, if the payload has no value where the event should have one.", "The command treats the value as absent."},
	{"failing repository lookup", "docker/metadata-action requests the repository from the API in every run.", "The command requests the repository only if a rule or a label needs the answer."},
	{"created label", "docker/metadata-action ignores SOURCE_DATE_EPOCH.", "The command uses SOURCE_DATE_EPOCH if it is set."},
	{"latest=highest", "docker/metadata-action fails, because it does not know this flavor.", "The command moves the tags latest, major and major.minor only to a higher version."},
	{"order of label names", "docker/metadata-action sorts the names of labels and annotations by the collation of all languages.", "The command uses this order for the characters of ASCII. All other characters follow in the order of their code points."},
	{"version input", "docker/metadata-action has no such input.", "The rules semver and pep440 without a value use the input version on any event."},
	{"length of a name", "docker/metadata-action prints 0 for {{version.length}} and {{base_ref.length}}, which is the number of parameters of a function.", "The command metadata prints nothing. The command publish fails and names the expression."},
	{"detached commit without a ref", "docker/metadata-action fails with context: git if no branch and no Git tag contains the commit.", "The command continues without a ref. The rules sha and raw give tags."},
	{"time zones", "docker/metadata-action uses the time zone data of moment-timezone. Future rules of some zones are older there, for example of America/Vancouver and Africa/Casablanca.", "The command uses the time zone data of Go."},
	{"line with a slash", "docker/metadata-action replaces a slash in a plain line of the input tags by a dash.", "The command publish fails and shows the tag, because the line can be a reference to another image. The command metadata replaces the slash."},
	{"line with commas", "docker/metadata-action uses only the last value of a plain line with commas in the input tags.", "The command publish publishes each value as a tag, because the input sep-tags can join tags with commas. The command metadata uses only the last value."},
	{"text without an effect", "docker/metadata-action ignores an unknown attribute, an unknown expression, and a label without a value.", "The command publish fails and names the text. The command metadata ignores it."},
}
