package clienteling_test

import (
	"errors"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"clienteling/shared/clienteling"
)

func at(t *testing.T, s string) time.Time {
	t.Helper()
	if s == "" {
		return time.Time{}
	}
	parsed, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func TestMayDisturb(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, now, zone, heard string
		goBy                   string // or else
		notBefore, says        string
	}{
		{name: "noon", now: "2026-05-12T12:00:00+02:00", zone: "Europe/Berlin", goBy: "2026-05-12T21:00:00+02:00"},
		{name: "noon, told in UTC", now: "2026-05-12T10:00:00Z", zone: "Europe/Berlin", goBy: "2026-05-12T19:00:00Z"},
		{name: "08:00", now: "2026-05-12T08:00:00+02:00", zone: "Europe/Berlin", goBy: "2026-05-12T21:00:00+02:00"},
		{name: "before 08:00", now: "2026-05-12T07:59:59+02:00", zone: "Europe/Berlin", notBefore: "2026-05-12T08:00:00+02:00", says: "It is 07:59 at the store"},
		{name: "before 21:00", now: "2026-05-12T20:58:00+02:00", zone: "Europe/Berlin", goBy: "2026-05-12T21:00:00+02:00"},
		{name: "in the last minute", now: "2026-05-12T20:59:30+02:00", zone: "Europe/Berlin", goBy: "2026-05-12T21:00:30+02:00"},
		{name: "in the last second", now: "2026-05-12T20:59:59.999+02:00", zone: "Europe/Berlin", goBy: "2026-05-12T21:00:59.999+02:00"},
		{name: "21:00", now: "2026-05-12T21:00:00+02:00", zone: "Europe/Berlin", notBefore: "2026-05-13T08:00:00+02:00", says: "08:00 on Wednesday, 13 May (2026-05-13T08:00:00+02:00)"},
		{name: "midnight", now: "2026-05-13T00:00:00+02:00", zone: "Europe/Berlin", notBefore: "2026-05-13T08:00:00+02:00"},
		{name: "another day in UTC", now: "2026-05-12T23:30:00Z", zone: "Europe/Berlin", notBefore: "2026-05-13T06:00:00Z", says: "It is 01:30 at the store"},
		{name: "the last day of a month", now: "2026-02-28T22:00:00-05:00", zone: "America/New_York", notBefore: "2026-03-01T08:00:00-05:00"},
		{name: "the last day of a year", now: "2026-12-31T23:59:00-05:00", zone: "America/New_York", notBefore: "2027-01-01T08:00:00-05:00", says: "Friday, 1 January"},

		// An answer to the customer.
		{name: "heard just now, at noon", now: "2026-05-12T12:00:00+02:00", zone: "Europe/Berlin", heard: "2026-05-12T12:00:00+02:00", goBy: "2026-05-12T21:00:00+02:00"},
		{name: "heard at 20:50", now: "2026-05-12T20:55:00+02:00", zone: "Europe/Berlin", heard: "2026-05-12T20:50:00+02:00", goBy: "2026-05-12T21:20:00+02:00"},
		{name: "heard at 20:20", now: "2026-05-12T20:40:00+02:00", zone: "Europe/Berlin", heard: "2026-05-12T20:20:00+02:00", goBy: "2026-05-12T21:00:00+02:00"},
		{name: "heard at 22:00", now: "2026-05-12T22:29:00+02:00", zone: "Europe/Berlin", heard: "2026-05-12T22:00:00+02:00", goBy: "2026-05-12T22:30:00+02:00"},
		{name: "heard at 22:00, in the last second", now: "2026-05-12T22:29:59+02:00", zone: "Europe/Berlin", heard: "2026-05-12T22:00:00+02:00", goBy: "2026-05-12T22:30:59+02:00"},
		{name: "heard at 22:00, too late", now: "2026-05-12T22:30:00+02:00", zone: "Europe/Berlin", heard: "2026-05-12T22:00:00+02:00", notBefore: "2026-05-13T08:00:00+02:00", says: "the last 30 minutes"},
		{name: "heard at 23:50, told in UTC", now: "2026-05-12T22:10:00Z", zone: "Europe/Berlin", heard: "2026-05-12T21:50:00Z", goBy: "2026-05-12T22:20:00Z"},
		{name: "heard at 03:00", now: "2026-05-12T03:01:00+02:00", zone: "Europe/Berlin", heard: "2026-05-12T03:00:00+02:00", goBy: "2026-05-12T03:30:00+02:00"},
		{name: "heard at 07:29", now: "2026-05-12T07:45:00+02:00", zone: "Europe/Berlin", heard: "2026-05-12T07:29:59+02:00", goBy: "2026-05-12T07:59:59+02:00"},
		{name: "heard at 07:30: the day begins meanwhile", now: "2026-05-12T07:45:00+02:00", zone: "Europe/Berlin", heard: "2026-05-12T07:30:00+02:00", goBy: "2026-05-12T21:00:00+02:00"},
		{name: "heard at 07:50", now: "2026-05-12T07:55:00+02:00", zone: "Europe/Berlin", heard: "2026-05-12T07:50:00+02:00", goBy: "2026-05-12T21:00:00+02:00"},
		{name: "heard yesterday", now: "2026-05-12T21:10:00+02:00", zone: "Europe/Berlin", heard: "2026-05-11T21:10:00+02:00", notBefore: "2026-05-13T08:00:00+02:00"},
		{name: "heard by a clock that is ahead", now: "2026-05-12T22:00:00+02:00", zone: "Europe/Berlin", heard: "2026-05-12T22:00:02+02:00", goBy: "2026-05-12T22:30:02+02:00"},

		// The clocks go forward: Berlin on 2026-03-29 at 02:00, New York on 2026-03-08.
		{name: "the evening before", now: "2026-03-28T23:00:00+01:00", zone: "Europe/Berlin", notBefore: "2026-03-29T08:00:00+02:00", says: "2026-03-29T08:00:00+02:00"},
		{name: "the night, before", now: "2026-03-29T01:59:00+01:00", zone: "Europe/Berlin", notBefore: "2026-03-29T08:00:00+02:00"},
		{name: "the night, after", now: "2026-03-29T03:00:00+02:00", zone: "Europe/Berlin", notBefore: "2026-03-29T08:00:00+02:00"},
		{name: "heard across the gap", now: "2026-03-29T03:10:00+02:00", zone: "Europe/Berlin", heard: "2026-03-29T01:50:00+01:00", goBy: "2026-03-29T03:20:00+02:00"},
		{name: "the day", now: "2026-03-08T12:00:00-04:00", zone: "America/New_York", goBy: "2026-03-08T21:00:00-04:00"},
		// They go back: Berlin on 2026-10-25 at 03:00, New York on 2026-11-01.
		{name: "the evening before they go back", now: "2026-10-24T22:00:00+02:00", zone: "Europe/Berlin", notBefore: "2026-10-25T08:00:00+01:00"},
		{name: "the first 02:30", now: "2026-10-25T02:30:00+02:00", zone: "Europe/Berlin", notBefore: "2026-10-25T08:00:00+01:00"},
		{name: "the second 02:30", now: "2026-10-25T02:30:00+01:00", zone: "Europe/Berlin", notBefore: "2026-10-25T08:00:00+01:00"},
		{name: "the evening of that day", now: "2026-11-01T20:00:00-05:00", zone: "America/New_York", goBy: "2026-11-01T21:00:00-05:00"},
		{name: "21:00 of that day", now: "2026-11-01T21:00:00-05:00", zone: "America/New_York", notBefore: "2026-11-02T08:00:00-05:00"},
		{name: "by half an hour", now: "2026-10-03T23:00:00+10:30", zone: "Australia/Lord_Howe", notBefore: "2026-10-04T08:00:00+11:00"},

		{name: "half an hour off", now: "2026-05-12T20:59:00+05:30", zone: "Asia/Kolkata", goBy: "2026-05-12T21:00:00+05:30"},
		{name: "half an hour off, quiet", now: "2026-05-12T21:00:00+05:30", zone: "Asia/Kolkata", notBefore: "2026-05-13T08:00:00+05:30"},
		{name: "three quarters off", now: "2026-05-12T07:50:00+05:45", zone: "Asia/Kathmandu", notBefore: "2026-05-12T08:00:00+05:45"},
		{name: "no summer time", now: "2026-07-12T20:00:00-07:00", zone: "America/Phoenix", goBy: "2026-07-12T21:00:00-07:00"},
		{name: "fourteen hours ahead", now: "2026-05-12T19:00:00Z", zone: "Pacific/Kiritimati", goBy: "2026-05-13T07:00:00Z"},
		{name: "UTC", now: "2026-05-12T21:00:00Z", zone: "UTC", notBefore: "2026-05-13T08:00:00Z", says: "2026-05-13T08:00:00Z"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			now := at(t, tt.now)
			goBy, err := clienteling.MayDisturb(now, tt.zone, at(t, tt.heard))
			if tt.goBy != "" {
				if err != nil || !goBy.Equal(at(t, tt.goBy)) {
					t.Errorf("go by %s, %v, want %s", goBy, err, tt.goBy)
				}
				return
			}
			var e *clienteling.Error
			if !errors.As(err, &e) || e.Kind != clienteling.Conflict || e.Code != "quiet_hours" || !goBy.IsZero() {
				t.Fatalf("go by %s, %v", goBy, err)
			}
			opens := at(t, tt.notBefore)
			if !now.Add(e.RetryAfter).Equal(opens) {
				t.Errorf("retry after %s, want %s", e.RetryAfter, opens.Sub(now))
			}
			if !strings.Contains(e.Detail, tt.says) || !strings.Contains(e.Detail, "from 21:00 to 08:00") || !strings.HasSuffix(e.Detail, ").") {
				t.Errorf("the error does not say %q: %q", tt.says, e.Detail)
			}
			// It is true: then it may go, and a moment earlier not.
			if _, err := clienteling.MayDisturb(opens, tt.zone, time.Time{}); err != nil {
				t.Errorf("at %s: %v", opens, err)
			}
			if _, err := clienteling.MayDisturb(opens.Add(-time.Nanosecond), tt.zone, time.Time{}); err == nil {
				t.Errorf("just before %s it may go", opens)
			}
		})
	}
}

// Through a whole year of several places: a text may go when their clocks show 8 to 20.
func TestMayDisturbAllYear(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"America/St_Johns", "Africa/Casablanca", "Antarctica/Troll"} {
		place, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		end := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
		for now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC); now.Before(end); now = now.Add(97 * time.Minute) {
			hour := now.In(place).Hour()
			goBy, err := clienteling.MayDisturb(now, name, time.Time{})
			if day := hour >= clienteling.QuietUntil && hour < clienteling.QuietFrom; day != (err == nil) {
				t.Fatalf("%s: %v", now.In(place), err)
			}
			if err == nil && (goBy.Before(now.Add(time.Minute)) || goBy.Sub(now) > 13*time.Hour) {
				t.Fatalf("%s: go by %s", now.In(place), goBy)
			}
			var e *clienteling.Error
			if errors.As(err, &e) && (e.RetryAfter <= 0 || e.RetryAfter > 13*time.Hour) {
				t.Fatalf("%s: retry after %s", now.In(place), e.RetryAfter)
			}
		}
	}
}

func TestMayDisturbNowhere(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 5, 12, 12, 0, 0, 0, time.UTC)
	for _, name := range []string{"", "Local", "Berlin", "Europe", "../UTC", "/etc/localtime", "+01:00", "Europe/Berlin\x00"} {
		goBy, err := clienteling.MayDisturb(noon, name, noon)
		var e *clienteling.Error
		if !errors.As(err, &e) || e.Kind != clienteling.Conflict || e.Code != "time_zone_missing" || !goBy.IsZero() || e.RetryAfter != 0 {
			t.Errorf("%q: go by %s, %v", name, goBy, err)
			continue
		}
		if !strings.Contains(e.Detail, "PUT /v1/stores/{storeId}") || !strings.Contains(e.Detail, "administrator") {
			t.Errorf("%q: the error does not say what to do: %q", name, e.Detail)
		}
	}
}
