package jsre

// Groups returns the number of groups in the pattern. This number does not include the
// complete match.
func (r *Regexp) Groups() int { return len(r.re.GetGroupNumbers()) - 1 }
