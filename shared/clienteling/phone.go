package clienteling

// IsE164 reports whether s is written as an E.164 number: a plus sign, then 7 to
// 15 digits that do not begin with zero (ITU-T E.164; the shortest assigned
// subscriber numbers have 7 with their country code). It does not say that the
// number exists.
func IsE164(s string) bool {
	if len(s) < 8 || len(s) > 16 || s[0] != '+' || s[1] == '0' {
		return false
	}
	for i := 1; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// Mask returns a number that may stand in a log: its first three characters and
// its last two, "+49***78". Whatever is not E.164, such as a name, is hidden whole.
func Mask(phone string) string {
	if !IsE164(phone) {
		return "***"
	}
	return phone[:3] + "***" + phone[len(phone)-2:]
}
