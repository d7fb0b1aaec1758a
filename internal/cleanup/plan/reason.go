package plan

import "fmt"

// Reason says why a version stays, goes or loses a tag.
type Reason struct {
	Kind ReasonKind
	// Rule is the rule that decides, as the user wrote it, or "".
	Rule string
	// Of is the digest of the version that this version belongs to, or "".
	Of string
}

// ReasonKind is the kind of a [Reason].
type ReasonKind string

// A reason has one of these kinds.
const (
	Selected    ReasonKind = "selected"    // A rule selects the version or the tag.
	Protected   ReasonKind = "protected"   // The input keep or keep-used names the version.
	Newest      ReasonKind = "newest"      // The version is one of the newest that stay.
	Young       ReasonKind = "young"       // The version is younger than a rule permits.
	Unselected  ReasonKind = "unselected"  // No rule selects the version.
	ChildOf     ReasonKind = "child"       // The index Of lists the version.
	ReferrerOf  ReasonKind = "referrer"    // The version refers to Of.
	SubjectOf   ReasonKind = "subject"     // Of refers to the version.
	LastOne     ReasonKind = "last-tagged" // GitHub keeps the last tagged version.
	OnlyRefused ReasonKind = "refused"     // GitHub refused the deletion.
	OnlyChanged ReasonKind = "changed"     // Another run changed the version.
)

// String returns the reason as text for a table.
func (r Reason) String() string {
	of := r.Of
	const shown = len("sha256:") + 12
	if len(of) > shown {
		of = of[:shown]
	}
	switch r.Kind {
	case Selected, Protected:
		return r.Rule
	case Newest:
		return fmt.Sprintf("one of the newest (%s)", r.Rule)
	case Young:
		return fmt.Sprintf("too young (%s)", r.Rule)
	case ChildOf:
		return "part of " + of
	case ReferrerOf:
		return "refers to " + of
	case SubjectOf:
		return "subject of " + of
	case LastOne:
		return "the last tagged image of the package"
	case OnlyRefused:
		return "more than 5,000 downloads"
	case OnlyChanged:
		return "changed during the run"
	default:
		return "no rule selects it"
	}
}
