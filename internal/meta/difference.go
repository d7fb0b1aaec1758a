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
	{"invalid tag", "docker/metadata-action prints a tag that begins with a dash or a dot. Registries refuse such a tag.", "ghcr-publish prints an error with the rule."},
	{"long tag", "docker/metadata-action prints a tag of more than 128 characters. Registries refuse such a tag.", "ghcr-publish prints an error with the rule."},
	{"duplicate latest", "docker/metadata-action prints the tag \"latest\" twice if both a rule and the flavor add this tag.", "ghcr-publish prints the tag \"latest\" once."},
	{"match without a group", "docker/metadata-action crashes on a rule of the type semver or pep440 if the attribute \"match\" of the rule has no group, or if the first group matches nothing.", "ghcr-publish prints an error with the rule."},
	{"blank line", "docker/metadata-action crashes if a line of a list contains only blanks.", "ghcr-publish ignores a line with only blanks."},
	{"slow pattern", "docker/metadata-action has no time limit for a regular expression.", "ghcr-publish stops with an error if all regular expressions together need more than two seconds."},
	{"group in a repetition", "docker/metadata-action clears the text of a group inside a repeated group at the start of each iteration.", "ghcr-publish keeps the text that the group had in the previous iteration."},
	{"Handlebars beyond expressions", "docker/metadata-action supports partials, decorators, raw blocks and block parameters. It also supports the helper \"each\" for the fields of an object.", "ghcr-publish prints an error that names the unsupported construct."},
	{"invalid date call", "docker/metadata-action crashes on a call of the helper \"date\" without a format or with several formats.", "ghcr-publish prints an error with a valid call of the helper \"date\"."},
	{"incomplete event payload", "docker/metadata-action crashes, or prints \"undefined\" or \"Invalid date\", if the event payload lacks an expected value.", "ghcr-publish treats a missing value in the event payload as empty."},
	{"failing repository lookup", "docker/metadata-action requests the repository from the API in every run.", "ghcr-publish requests the repository only if a rule or a label needs the answer."},
	{"created label", "docker/metadata-action ignores SOURCE_DATE_EPOCH.", "ghcr-publish uses SOURCE_DATE_EPOCH for the label org.opencontainers.image.created if the variable is set."},
	{"latest=highest", "docker/metadata-action prints an error, because it does not support the flavor latest=highest.", "ghcr-publish moves the tags \"latest\", MAJOR and MAJOR.MINOR only to a higher version."},
	{"order of label names", "docker/metadata-action sorts the names of labels and annotations by the collation of all languages.", "ghcr-publish uses the same order for ASCII characters. All other characters follow in the order of their code points."},
	{"version input", "docker/metadata-action does not have the input version.", "In ghcr-publish, rules of the types semver and pep440 without a value use the input version for every event."},
	{"length of a name", "docker/metadata-action prints 0 for {{version.length}} and {{base_ref.length}}, because JavaScript functions without parameters have the length 0.", "The command \"metadata\" prints nothing for {{version.length}}. The command \"publish\" prints an error with the expression."},
	{"detached commit without a ref", "With \"context: git\", docker/metadata-action prints an error if no branch and no Git tag contains the commit.", "ghcr-publish continues without a ref. Rules of the types sha and raw still give tags."},
	{"time zones", "docker/metadata-action uses the time zone data of moment-timezone. The future rules of some zones in this data are old, for example of America/Vancouver and Africa/Casablanca.", "ghcr-publish uses the time zone data of Go."},
	{"line with a slash", "docker/metadata-action replaces a slash in a plain line of the input tags by a dash.", "The command \"publish\" prints an error with the line. The line can be a reference to another image, and a changed reference would become a wrong tag. The command \"metadata\" replaces the slash."},
	{"line with commas", "docker/metadata-action uses only the last value of a plain line with commas in the input tags.", "The command \"publish\" publishes each value as a tag, because the input sep-tags can join tags with commas. The command \"metadata\" uses only the last value."},
	{"key without a value", "docker/metadata-action ignores a line with only a key in the inputs labels and annotations.", "If the key is the key of a default label, the command \"publish\" writes the default value, also if the value is empty or the image has another value."},
	{"key of a label", "docker/metadata-action accepts an empty key, a key with a blank, and a key in quotation marks in the inputs labels and annotations.", "ghcr-publish prints an error with the line, because the OCI image-spec forbids empty keys, and because the other keys are mistakes, as in \"vendor = Acme\"."},
	{"text without an effect", "docker/metadata-action ignores an unknown attribute, an unknown expression, and a label without a value.", "The command \"publish\" prints an error with the unknown text. The command \"metadata\" ignores the unknown text."},
}
