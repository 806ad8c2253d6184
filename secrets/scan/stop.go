package scan

// askEvery is after how many values or lines the search asks whether to stop.
const askEvery = 256

// halted tells whether the search is to stop: nobody waits for what it finds.
func (s *scanner) halted() bool {
	if s.options.Stop == nil || s.stopped {
		return s.stopped
	}
	if s.steps++; s.steps%askEvery == 0 {
		s.stopped = s.options.Stop()
	}
	return s.stopped
}
