package schedule

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// rate has at most five digits, and with them fits a time.Duration in days.
var rate = regexp.MustCompile(`^rate\(([1-9][0-9]{0,4}) (minute|hour|day)(s?)\)$`)

var units = map[string]time.Duration{"minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour}

// interval is how often the entry runs; the error says what is not supported.
func (e Entry) interval() (time.Duration, error) {
	switch {
	case e.Input != "" && !json.Valid([]byte(e.Input)):
		return 0, fmt.Errorf("its Input is not JSON, which Lambda needs: %s", e.Input)
	case strings.Contains(e.Input, "<aws.scheduler."):
		return 0, errors.New("the <aws.scheduler...> words in its Input would not be replaced here; do without them")
	}
	if kind, _, _ := strings.Cut(e.Expression, "("); kind == "cron" || kind == "at" {
		return 0, fmt.Errorf("%s is not supported on this machine; use rate(...), as in rate(5 minutes)", e.Expression)
	}
	parts := rate.FindStringSubmatch(e.Expression)
	if parts == nil {
		return 0, fmt.Errorf("%q is not a rate; write one such as rate(1 minute), rate(12 hours) or rate(7 days)", e.Expression)
	}
	count, err := strconv.Atoi(parts[1])
	if err != nil {
		return 0, err
	}
	if plural := parts[3] == "s"; plural != (count > 1) {
		return 0, fmt.Errorf("%s mixes singular and plural; write rate(1 minute) or rate(2 minutes)", e.Expression)
	}
	return time.Duration(count) * units[parts[2]], nil
}
