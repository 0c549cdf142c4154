//go:build unix

package lambda

import "time"

// SetBootLimit spares a test Lambda's ten seconds.
func (h *Host) SetBootLimit(d time.Duration) { h.bootLimit = d }
