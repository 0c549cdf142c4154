package consent

// Sources: הסר is what practically every Israeli text asks for ("להסרה השב הסר"); the
// law on such texts is section 30A of the Communications Law, and no authority lists
// words. The others are plain translations. ביטול is not there: it cancels orders.
var hebrew = language{
	tag:    "he",
	others: []string{"iw"},
	optOut: []string{"הסר", "הסרה", "להסרה", "הסירו אותי", "תסירו אותי", "הסר אותי", "עצור", "הפסק"},
	optIn:  []string{"התחל", "הצטרף", "הצטרפות"},
	yes:    []string{"כן", "כן תודה", "מסכים", "מסכימה", "מאשר", "מאשרת"},
	no:     []string{"לא", "לא תודה", "לא מעוניין", "לא מעוניינת", "לא מסכים", "לא מסכימה"},
	help:   []string{"עזרה"},

	optedOut: "הוסרתם מרשימת התפוצה ולא תקבלו מאיתנו הודעות נוספות. לחזרה השיבו START.",
	optedIn:  "ברוכים השבים. תקבלו מאיתנו הודעות שוב. להסרה השיבו STOP.",
	helped:   "במספר זה אפשר לכתוב לנו על מוצרים והזמנות. להסרה השיבו STOP, לחזרה השיבו START.",
	request:  "{{store.name}} מבקשים לכתוב לכם אישית על מוצרים ועל ההזמנות שלכם. לאישור השיבו כן, לסירוב השיבו STOP.",

	hints: []string{
		"תפסיקו לשלוח לי הודעות", "תפסיקי לשלוח לי הודעות", "תפסיק לשלוח לי הודעות", "הפסיקו לשלוח לי הודעות", "תפסיקו לשלוח הודעות", "הפסיקו לשלוח הודעות", "תפסיקו לשלוח לי .", "תפסיקו לכתוב לי", "אל תשלחו לי יותר הודעות", "אל תשלח לי יותר הודעות", "אל תשלחי לי יותר הודעות", "אל תשלחו לי הודעות", "אל תשלחו יותר הודעות",
		"תורידו אותי מהרשימה", "תסירו אותי מהרשימה", "הסירו אותי מהרשימה", "תעזבו אותי", "עזבו אותי", "לא רוצה לקבל הודעות", "לא רוצה לקבל יותר הודעות", "לא רוצה יותר הודעות", "לא מעוניין לקבל הודעות", "לא מעוניינת לקבל הודעות",
		"תמחקו את המספר שלי", "מחקו את המספר שלי",
	},
}

// Sources: plain translations; no authority lists them. الغاء is not there: it cancels
// orders.
var arabic = language{
	tag:    "ar",
	optOut: []string{"توقف", "ايقاف", "قف", "الغاء الاشتراك"},
	optIn:  []string{"ابدا", "اشتراك"},
	yes:    []string{"نعم", "نعم شكرا", "موافق", "موافقة", "اوافق"},
	no:     []string{"لا", "لا شكرا", "غير موافق", "غير موافقة", "لا اوافق"},
	help:   []string{"مساعدة", "مساعده"},

	optedOut: "تم إلغاء اشتراككم ولن تصلكم رسائل منا بعد الآن. للعودة أرسلوا START.",
	optedIn:  "أهلا بعودتكم. ستصلكم رسائلنا من جديد. لإلغاء الاشتراك أرسلوا STOP.",
	helped:   "يمكنكم مراسلتنا على هذا الرقم بخصوص المنتجات والطلبات. للإيقاف أرسلوا STOP وللعودة START.",
	request:  "يود متجر {{store.name}} مراسلتكم شخصيا بخصوص المنتجات وطلباتكم. للموافقة أرسلوا نعم وللرفض أرسلوا STOP.",

	hints: []string{
		"توقفوا عن ارسال الرسائل", "توقف عن ارسال الرسائل", "توقفوا عن ارسال رسائل", "توقفوا عن مراسلتي", "لا ترسلوا لي رسائل", "لا ترسلوا لي اي رسائل", "لا ترسلوا لي المزيد", "لا تراسلوني", "لا اريد رسائل", "لا اريد المزيد من الرسائل", "لا اريد استلام رسائل", "لا اريد تلقي رسائل",
		"اتركوني وشاني", "احذفوا رقمي", "احذف رقمي", "الغاء اشتراكي", "الغوا اشتراكي",
	},
}

// Sources: TD, which is 退订 in short, is what another vendor requires
// (https://docs.aws.amazon.com/sms-voice/latest/userguide/keywords-required.html). Hong
// Kong's Unsolicited Electronic Messages Ordinance demands a way to unsubscribe and
// names no word. The others are plain translations, in traditional and in simplified
// characters. 取消 is not there: it cancels orders. What we say is in traditional ones.
var chinese = language{
	tag:    "zh",
	others: []string{"yue", "cmn"},
	optOut: []string{"TD", "退訂", "退订", "取消訂閱", "取消订阅", "取消接收", "停止接收", "停止", "停止發送", "停止发送"},
	optIn:  []string{"開始", "开始", "重新接收", "恢復接收", "恢复接收", "訂閱", "订阅"},
	yes:    []string{"是", "是的", "同意", "我同意", "願意", "愿意"},
	no:     []string{"否", "不", "不要", "不用", "不用了", "不需要", "不同意", "唔要", "唔使", "唔使了", "拒絕", "拒绝"},
	help:   []string{"幫助", "帮助", "求助", "說明", "说明"},

	optedOut: "您已取消接收，我們不會再向您發送訊息。如要重新接收，請回覆 START。",
	optedIn:  "歡迎回來，您將再次收到我們的訊息。如要取消接收，請回覆 STOP。",
	helped:   "您可透過此號碼向我們查詢產品及訂單。取消接收請回覆 STOP，重新接收請回覆 START。",
	request:  "{{store.name}} 希望以短訊與您單獨聯絡，提供產品及訂單資訊。同意請回覆「是」，拒絕請回覆 STOP。",

	hints: []string{
		"不要再發訊息", "不要再發短訊", "不要再发信息", "不要再发短信", "不要再發送", "不要再发送", "別再發訊息", "別再發短訊", "别再发信息", "别再发短信", "别再发消息", "不要再發給我", "不要再发给我", "不要再給我發", "不要再给我发", "別再傳訊息", "不要再傳訊息",
		"唔好再發", "唔好再SEND", "唔好再搵我", "唔想再收", "停止發送訊息", "停止发送信息", "不想再收到訊息", "不想再收到短訊", "不想再收到你", "不想再收到信息", "不想再收到短信", "不想收到訊息", "不想收到短訊", "不想收到短信",
		"不要再聯絡我", "不要再联系我", "別再聯絡我", "别再联系我", "刪除我的號碼", "删除我的号码", "我要取消訂閱", "我要取消订阅", "我想取消訂閱", "我想取消订阅", "我要退訂", "我要退订", "我想退訂", "我想退订", "怎麼退訂", "怎么退订", "不要打擾我", "不要打扰我", "别打扰我", "別煩我", "别烦我",
	},
	unless: []string{"不想退訂", "不要退訂", "不想退订", "不要退订"},
	solid:  true,
}

// Sources: STOP, STOP ALL, BATAL and BATAL SEMUA end texts in Malaysia
// (https://knowledgebase.smsglobal.com/en/articles/5185769-malaysia-laws-and-regulations),
// although BATAL is also said of orders. The others are plain translations. TAK is no.
var malay = language{
	tag:    "ms",
	optOut: []string{"BATAL", "BATAL SEMUA", "BERHENTI", "BERHENTI MELANGGAN", "HENTIKAN"},
	optIn:  []string{"MULA", "LANGGAN"},
	yes:    []string{"YA", "YA SILA", "SETUJU", "SAYA SETUJU"},
	no:     []string{"TIDAK", "TAK", "TAK NAK", "TIDAK MAHU", "TIDAK TERIMA KASIH", "TAK PERLU", "TIDAK SETUJU", "TAK SETUJU"},
	help:   []string{"BANTUAN", "TOLONG"},

	optedOut: "Anda telah berhenti melanggan dan tidak akan menerima mesej kami lagi. Balas START untuk menerimanya semula.",
	optedIn:  "Selamat kembali. Anda akan menerima mesej kami semula. Balas STOP untuk berhenti.",
	helped:   "Hubungi kami di nombor ini tentang produk dan pesanan. Balas STOP untuk berhenti atau START untuk menerima mesej semula.",
	request:  "{{store.name}} ingin menulis kepada anda secara peribadi tentang produk dan pesanan anda. Balas YA untuk bersetuju atau STOP untuk menolak.",

	hints: []string{
		"JANGAN HANTAR MESEJ", "JANGAN HANTAR LAGI", "JANGAN MESEJ SAYA", "JANGAN HUBUNGI SAYA LAGI", "BERHENTI HANTAR", "BERHENTI MENGHANTAR", "TAK NAK TERIMA MESEJ", "TAK NAK MESEJ", "TIDAK MAHU TERIMA MESEJ", "TIDAK MAHU MENERIMA MESEJ", "TIDAK INGIN MENERIMA MESEJ",
		"JANGAN GANGGU SAYA", "PADAM NOMBOR SAYA", "BUANG NOMBOR SAYA", "KELUARKAN SAYA DARI SENARAI", "NAK BERHENTI MELANGGAN",
	},
}

// Sources: plain translations; no authority lists them. In the Philippines rules demand
// a way to opt out and leave the word to the sender (NTC Memorandum Circular
// 03-03-2005). HUWAG NA is not there: it is also "never mind".
var filipino = language{
	tag:    "fil",
	others: []string{"tl"},
	optOut: []string{"HINTO", "ITIGIL", "TIGIL"},
	optIn:  []string{"SIMULA", "SIMULAN"},
	yes:    []string{"OO", "OPO", "PAYAG", "PAYAG AKO", "PUMAPAYAG AKO"},
	no:     []string{"HINDI", "HINDI PO", "AYAW", "AYAW KO", "AYOKO", "HINDI SALAMAT"},
	help:   []string{"TULONG"},

	optedOut: "Hindi na po kayo makakatanggap ng mensahe mula sa amin. Mag-reply ng START para makatanggap ulit.",
	optedIn:  "Welcome back po. Makakatanggap ulit kayo ng mensahe mula sa amin. Mag-reply ng STOP para itigil ito.",
	helped:   "Dito po kayo maaaring mag-text tungkol sa produkto at order. Mag-reply ng STOP para tumigil o START para makatanggap ulit.",
	request:  "Nais po ng {{store.name}} na i-text kayo nang personal tungkol sa produkto at order ninyo. Mag-reply ng OO para pumayag o STOP para tumanggi.",

	hints: []string{
		"HUWAG NA KAYONG MAG TEXT", "HUWAG NA KAYO MAG TEXT", "HUWAG NA KAYONG MAGTEXT", "WAG NA KAYONG MAG TEXT", "WAG NA KAYO MAG TEXT", "WAG NA KAYONG MAGTEXT", "WAG NYO NA AKO ITEXT", "WAG NYO NA AKO I TEXT", "WAG NIYO NA AKONG I TEXT", "HUWAG NYO NA AKONG I TEXT", "HUWAG NIYO NA AKONG I TEXT",
		"TIGILAN NYO NA", "TIGILAN NIYO NA", "TIGILAN NINYO NA", "ITIGIL NYO NA", "ITIGIL NIYO NA", "AYOKO NA MAKATANGGAP", "AYOKO NANG MAKATANGGAP", "AYAW KO NA MAKATANGGAP", "AYAW KO NANG MAKATANGGAP", "TANGGALIN NYO AKO SA", "TANGGALIN NIYO AKO SA", "BURAHIN NYO ANG NUMBER", "BURAHIN NIYO ANG NUMBER",
	},
}

// Sources: plain translations; no authority lists them. ยกเลิก is not there: it cancels
// orders.
var thai = language{
	tag:    "th",
	optOut: []string{"หยุด", "หยุดส่งข้อความ", "ยกเลิกรับข้อความ", "ยกเลิกการรับข้อความ", "ยกเลิกข้อความ", "เลิกรับข้อความ", "ไม่รับข้อความ"},
	optIn:  []string{"เริ่ม", "เริ่มรับข้อความ", "รับข้อความ"},
	yes:    []string{"ใช่", "ใช่ค่ะ", "ใช่ครับ", "ตกลง", "ตกลงค่ะ", "ตกลงครับ", "ยินยอม", "ยินยอมค่ะ", "ยินยอมครับ"},
	no:     []string{"ไม่", "ไม่ค่ะ", "ไม่ครับ", "ไม่เอา", "ไม่เอาค่ะ", "ไม่เอาครับ", "ไม่ตกลง", "ไม่ยินยอม", "ไม่ต้องการ", "ไม่สนใจ", "ไม่เป็นไร", "ไม่เป็นไรค่ะ", "ไม่เป็นไรครับ"},
	help:   []string{"ช่วยเหลือ", "ความช่วยเหลือ", "ขอความช่วยเหลือ"},

	optedOut: "ท่านได้ยกเลิกแล้วและจะไม่ได้รับข้อความจากเราอีก หากต้องการรับอีกครั้ง ตอบ START",
	optedIn:  "ยินดีต้อนรับกลับ ท่านจะได้รับข้อความจากเราอีกครั้ง หากต้องการยกเลิก ตอบ STOP",
	helped:   "สอบถามสินค้าและคำสั่งซื้อได้ที่หมายเลขนี้ ตอบ STOP เพื่อยกเลิก หรือ START เพื่อรับข้อความอีกครั้ง",
	request:  "{{store.name}} ขอส่งข้อความส่วนตัวถึงท่านเรื่องสินค้าและคำสั่งซื้อ ตอบ \"ตกลง\" เพื่อยินยอม หรือ STOP เพื่อปฏิเสธ",

	hints: []string{
		"หยุดส่งข้อความ", "เลิกส่งข้อความ", "อย่าส่งข้อความมาอีก", "ไม่ต้องส่งข้อความ", "ไม่ต้องส่งมาอีก", "อย่าส่งมาอีก", "ไม่ต้องการรับข้อความ", "ไม่อยากรับข้อความ", "ไม่อยากได้รับข้อความ", "ไม่ต้องการได้รับข้อความ", "ขอยกเลิกรับข้อความ", "ขอยกเลิกการรับข้อความ",
		"หยุดส่งSMS", "เลิกส่งSMS", "ไม่ต้องการรับSMS", "ลบเบอร์ฉัน", "ลบเบอร์ผม", "ลบเบอร์ของ", "อย่าทักมาอีก", "ไม่ต้องทักมาอีก", "เลิกยุ่งกับ", "อย่ามายุ่งกับ",
	},
	solid: true,
}
