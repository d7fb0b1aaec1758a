package ghcrtest

import (
	"net/http"
	"strings"
	"sync"
)

// Fault makes requests go wrong: which ones, how often, and how.
type Fault struct {
	// Method and Path select requests: the method exactly, the path (with its
	// query) by substring. Empty selects all.
	Method string
	Path   string
	// After lets that many matching requests pass first.
	After int
	// Times is how many are hit; 1 if zero, Always for all.
	Times int
	// Effect is what happens to them.
	Effect Effect
}

// Always is a [Fault.Times] without an end.
const Always = -1

// Effect is one way to go wrong; effects.go has them all.
type Effect interface {
	// apply answers the request, or lets next do it differently.
	apply(s *Server, w http.ResponseWriter, r *http.Request, next http.Handler)
}

// faults are those that are armed, with how often each has matched.
type faults struct {
	mu   sync.Mutex
	list []*armed
}

type armed struct {
	Fault
	matched int
}

// Inject arms more faults. Where several match a request the first that is
// not used up acts; it alone counts the request.
func (s *Server) Inject(list ...Fault) {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	for _, f := range list {
		s.faults.list = append(s.faults.list, &armed{Fault: f})
	}
}

// ClearFaults disarms every fault.
func (s *Server) ClearFaults() {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.list = nil
}

// next finds the effect for a request, or nil.
func (f *faults) next(r *http.Request) Effect {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, one := range f.list {
		if one.Effect == nil || one.used() || !one.matches(r) {
			continue
		}
		one.matched++
		if one.matched > one.After {
			return one.Effect
		}
		return nil
	}
	return nil
}

func (a *armed) used() bool {
	times := a.Times
	if times == 0 {
		times = 1
	}
	return times != Always && a.matched >= a.After+times
}

func (a *armed) matches(r *http.Request) bool {
	if a.Method != "" && a.Method != r.Method {
		return false
	}
	return strings.Contains(r.URL.RequestURI(), a.Path)
}
