package twilio

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// overrides say how long Twilio waits for a webhook and when it tries again. They stand in
// the fragment of the URL: #ct=2000&rt=5000&tt=15000&rc=2&rp=ct,rt,5xx
// (docs/usage/webhooks/webhooks-connection-overrides).
type overrides struct {
	connect time.Duration // ct: until the connection stands, TLS included
	read    time.Duration // rt: from the request to the first byte, and between packets
	total   time.Duration // tt: everything, retries included
	retries int           // rc
	policy  []string      // rp: which failures are tried again; a failure's own name, or "all"
}

// retryable are the failures a policy can name: connection, reading, and error answers.
var retryable = []string{"ct", "rt", "4xx", "5xx"}

// parseOverrides reads a fragment. What is wrong in it keeps its default and is told:
// Twilio's debugger has 11243 for a bad rp (docs/api/errors/11243); the other settings
// have no code of their own that we know of, so they get it too.
func parseOverrides(fragment string) (overrides, []fault) {
	o := overrides{connect: 5 * time.Second, read: 15 * time.Second, total: 15 * time.Second, retries: 1, policy: []string{"ct"}}
	var faults []fault
	for setting := range strings.SplitSeq(fragment, "&") {
		name, value, _ := strings.Cut(setting, "=")
		var err error
		switch name {
		case "ct":
			err = milliseconds(value, 10_000, &o.connect)
		case "rt":
			err = milliseconds(value, 15_000, &o.read)
		case "tt":
			err = milliseconds(value, 15_000, &o.total)
		case "rc":
			n, e := strconv.Atoi(value)
			if e != nil || n < 0 || n > 5 {
				err = errors.New("want 0 to 5")
				break
			}
			o.retries = n
		case "rp":
			policy := strings.Split(value, ",")
			if slices.ContainsFunc(policy, func(p string) bool { return p != "all" && !slices.Contains(retryable, p) }) {
				err = errors.New("want some of ct, rt, 4xx, 5xx, all")
				break
			}
			o.policy = policy
		}
		if err != nil {
			faults = append(faults, fault{11243, fmt.Sprintf("connection override %s=%s: %v; the default applies", name, value, err)})
		}
	}
	return o, faults
}

func milliseconds(value string, most int, into *time.Duration) error {
	n, err := strconv.Atoi(value)
	if err != nil || n < 100 || n > most {
		return fmt.Errorf("want 100 to %d milliseconds", most)
	}
	*into = time.Duration(n) * time.Millisecond
	return nil
}

// retry tells whether a failure ("ct", "rt", "4xx", "5xx", or another name, which never is)
// is tried again.
func (o overrides) retry(failure string) bool {
	return slices.Contains(retryable, failure) &&
		(slices.Contains(o.policy, failure) || slices.Contains(o.policy, "all"))
}
