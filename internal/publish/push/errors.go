package push

// CodeNotReadBack reports that a reference does not point at the digest that the run
// has written.
const CodeNotReadBack = "not-read-back"
