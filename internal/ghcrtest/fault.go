package ghcrtest

import (
	"net/http"
	"strings"
	"sync"
)

// Fault makes some requests fail or behave differently.
type Fault struct {
	// Method and Path select requests. A fault applies to a request with this method
	// if the request's path with its query contains Path. An empty field selects all
	// requests.
	Method string
	Path   string
	// Range selects requests by the start of their header Range. An empty field selects
	// all requests.
	Range string
	// After is the number of matching requests that the server handles normally
	// before it applies the effect.
	After int
	// Times is the number of requests that have the effect. Default: 1. The value
	// Always selects all requests.
	Times int
	// Effect changes the request or its response.
	Effect Effect
}

// Always is a value of [Fault.Times] without a limit.
const Always = -1

// Effect is a change that a fault makes to a request or to its response. The files
// effects*.go contain all effects.
type Effect interface {
	// apply sends a response, or calls next with a changed request or writer.
	apply(s *Server, w http.ResponseWriter, r *http.Request, next http.Handler)
}

// faults are the active faults.
type faults struct {
	mu   sync.Mutex
	list []*activeFault
}

type activeFault struct {
	Fault
	matched int
}

// Inject adds faults. If several faults match a request, the server uses the first
// fault that is not exhausted. The request counts only for this fault.
func (s *Server) Inject(list ...Fault) {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	for _, f := range list {
		s.faults.list = append(s.faults.list, &activeFault{Fault: f})
	}
}

// ClearFaults removes all faults.
func (s *Server) ClearFaults() {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.list = nil
}

// next returns the effect for a request, or nil.
func (f *faults) next(r *http.Request) Effect {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, one := range f.list {
		if one.Effect == nil || one.exhausted() || !one.matches(r) {
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

func (a *activeFault) exhausted() bool {
	times := a.Times
	if times == 0 {
		times = 1
	}
	return times != Always && a.matched >= a.After+times
}

func (a *activeFault) matches(r *http.Request) bool {
	if a.Method != "" && a.Method != r.Method {
		return false
	}
	return strings.Contains(r.URL.RequestURI(), a.Path) && strings.HasPrefix(r.Header.Get("Range"), a.Range)
}
