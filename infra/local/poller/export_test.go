package poller

import "time"

// SetPatience spares a test the five seconds that Close gives to invocations.
func (p *Poller) SetPatience(d time.Duration) { p.patience = d }
