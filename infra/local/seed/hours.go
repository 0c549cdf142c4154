package seed

import (
	"fmt"
	"time"
)

// Noon is a time zone in which it is noon, or past it by less than an hour. Stores write
// to nobody at night, so what is to be shown or tested at any hour takes place there.
func Noon(now time.Time) string { return zoneAt(now, 12) }

// Midnight is a time zone in which it is the hour after midnight.
func Midnight(now time.Time) string { return zoneAt(now, 0) }

// zoneAt is a zone of the IANA database's Etc area, where the sign is the other way round:
// Etc/GMT+5 is five hours behind.
func zoneAt(now time.Time, hour int) string {
	ahead := hour - now.UTC().Hour()
	switch {
	case ahead > 12:
		ahead -= 24
	case ahead < -12:
		ahead += 24
	}
	return fmt.Sprintf("Etc/GMT%+d", -ahead)
}
