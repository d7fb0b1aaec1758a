package push

// CodeNotReadBack reports that a reference does not show the digest that was
// written to it.
const CodeNotReadBack = "not-read-back"
