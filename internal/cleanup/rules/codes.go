package rules

// Codes of the errors about the inputs of the command "cleanup".
const (
	// CodeSelector means that a line of the input "delete" or "keep" is not a selector.
	CodeSelector = "bad-selector"
	// CodeRegex means that a regular expression in a selector is invalid or too slow.
	CodeRegex = "bad-regex"
	// CodeDuration means that an age is not a duration.
	CodeDuration = "bad-duration"
	// CodeNumber means that a value is not a number.
	CodeNumber = "bad-number"
	// CodeChoice means that an input of the command "cleanup" has a value that is not in
	// its list of values.
	CodeChoice = "bad-value"
	// CodeSet means that a line of the input "cleanup" is not a rule.
	CodeSet = "cleanup-rules"
	// CodeUsedUnreadable means that the program cannot read a file or a folder that the
	// input "keep-used" names.
	CodeUsedUnreadable = "keep-used-unreadable"
)
