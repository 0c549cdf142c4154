package twilio

import (
	"testing"
	"time"
)

// At Twilio erasures and media are asked for at api.twilio.com, and nothing else is taken
// for Twilio.
func TestOriginsOfErasuresAndMedia(t *testing.T) {
	const sid = "0123456789abcdef0123456789abcdef"
	account := "AC" + sid
	media := "/2010-04-01/Accounts/" + account + "/Messages/MM" + sid + "/Media/ME" + sid
	for _, origin := range []string{twilioAPI, "https://127.0.0.1:7080"} {
		c, err := Open(origin, oneToken{})
		if err != nil {
			t.Fatal(err)
		}
		var went hosts
		c.http = &went
		_, _ = c.EraseBetween(t.Context(), account, "+12125550100", "+12125550123", time.Now(), 1)
		_, _ = c.Medium(t.Context(), account, twilioAPI+media)
		_, _ = c.Medium(t.Context(), account, origin+media)
		if len(went) != 3 || went[0] != origin || went[1] != origin || went[2] != origin {
			t.Errorf("at %s, they went to %q", origin, went)
		}
		for _, other := range []string{"http://127.0.0.1:7080", "https://api.dublin.ie1.twilio.com", "http://api.twilio.com"} {
			if _, err := c.Medium(t.Context(), account, other+media); err == nil || len(went) != 3 {
				t.Errorf("at %s, %s is asked: %v", origin, other, err)
			}
		}
	}
}
