package jsre

// Groups returns the number of groups in the pattern. The complete match is not
// a group in this number.
func (r *Regexp) Groups() int { return len(r.re.GetGroupNumbers()) - 1 }
