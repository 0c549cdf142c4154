package clienteling

import "strings"

// Encoding is how a text travels from Twilio to the phone.
type Encoding string

const (
	// GSM7 is the 7-bit alphabet of GSM 03.38.
	GSM7 Encoding = "GSM-7"
	// UCS2 is 16 bits for a character, and 32 for those beyond the basic plane.
	UCS2 Encoding = "UCS-2"
)

// Segments says how a text is encoded and how many segments Twilio bills for it, with
// Smart Encoding off. One character that GSM-7 lacks makes the whole text UCS-2.
//
// A text alone may have 160 units of GSM-7 or 70 of UCS-2. A longer one is cut into
// segments of 153 or 67, since each then has a header
// (https://www.twilio.com/docs/glossary/what-sms-character-limit); those that a
// toll-free number sends within the US and Canada have one unit less, which is not
// counted here. The ten characters of GSM-7's extension are two units
// (https://www.twilio.com/docs/glossary/what-is-gsm-7-character-encoding), characters
// beyond the basic plane are two units of UCS-2, and no segment ends between the two. A
// line break of CR and LF is two characters. A text without any, as with a picture
// alone, is one segment.
//
// Twilio's calculator (npm sms-segments-calculator 1.3.0) counts the same, but for one
// thing: it moves whatever people see as one character into the next segment as a whole,
// such as a flag, an emoji with a skin tone or a letter with a combining accent. Twilio's
// documentation has no such rule, so we do not follow it: the calculator may say one
// segment more where such a character is on the border.
func Segments(text string) (Encoding, int) {
	encoding, alone, each := GSM7, 160, 153
	for _, r := range text {
		if septets(r) == 0 {
			encoding, alone, each = UCS2, 70, 67
			break
		}
	}
	total, segments, used := 0, 1, 0
	for _, r := range text {
		size := units(r, encoding)
		total += size
		if used+size > each {
			segments++
			used = 0
		}
		used += size
	}
	if total <= alone {
		return encoding, 1
	}
	return encoding, segments
}

// units is how much of a segment a character takes.
func units(r rune, e Encoding) int {
	switch {
	case e == GSM7:
		return septets(r)
	case r > 0xFFFF:
		return 2
	default:
		return 1
	}
}

// septets is how many units of GSM-7 a character takes; zero if GSM-7 lacks it.
func septets(r rune) int {
	switch {
	case strings.ContainsRune(gsmBasic, r):
		return 1
	case strings.ContainsRune(gsmExtension, r):
		return 2
	default:
		return 0
	}
}

// The alphabet of GSM 03.38 in its order (3GPP TS 23.038, 6.2.1), which Twilio's page
// about GSM-7 repeats. Of the letters with a cedilla it has the capital alone.
const (
	gsmBasic = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
		"¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
	gsmExtension = "\f^{}\\[~]|€"
)
