package meta

// Difference describes a case in which [Compute] differs from
// docker/metadata-action.
type Difference struct {
	// Name is short and stable. A test compares the table in the README with
	// it.
	Name string
	// Theirs describes docker/metadata-action, and Ours describes this package.
	Theirs, Ours string
}

// Differences lists all known differences. All other cases are intended to be
// the same.
var Differences = []Difference{
	{"invalid tag", "prints a tag that begins with a dash or a dot, which the registry then refuses", "fails and names the rule"},
	{"long tag", "prints a tag of more than 128 characters, which the registry then refuses", "fails and names the rule"},
	{"duplicate latest", "prints latest twice if a rule gives it and the flavor adds it", "prints it once"},
	{"match without a group", "crashes on a semver or pep440 rule whose match has no parentheses, or whose group takes no part", "fails and says so"},
	{"blank line", "crashes on a line of nothing but blanks inside a list", "skips it"},
	{"time of patterns", "matches a regular expression for as long as it takes", "gives up after two seconds for all rules together"},
	{"repeated groups", "forgets what a group matched in an earlier round of the repetition around it", "keeps it"},
	{"Handlebars beyond expressions", "knows partials, decorators, raw blocks, block parameters and each over the fields of an object", "fails and names the construct"},
	{"wrong date call", "crashes on a date without a format, or with several", "fails and shows a right one"},
	{"payload of another shape", "crashes, or prints undefined or Invalid date, where the payload lacks what the event should have", "treats it as absent"},
	{"failing repository lookup", "asks the API for every run", "asks only if a rule or label needs the answer"},
	{"created label", "ignores SOURCE_DATE_EPOCH", "uses it if it is set"},
	{"latest=highest", "fails: the flavor is unknown", "moves latest, major and major.minor only forward"},
	{"version input", "has none", "semver and pep440 rules without a value read it on any event"},
}
