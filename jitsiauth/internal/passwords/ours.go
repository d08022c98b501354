package main

// ours are words that the list they are added to lacks: what suggests itself
// around a meeting server, and what people in Japan write.
var ours = []string{
	"jitsi", "jitsimeet", "meetjitsi", "prosody", "meeting", "conference", "webmeeting", "videocall",
	"administrator", "administrador", "changeit", "temporary", "p@ssword", "p@ssw0rd", "pa$$word", "pa$$w0rd",
	"pasuwado", "pasuwaado", "kaigi", "kaigishitsu", "kaisha", "konnichiwa", "ohayou", "yoroshiku", "nihon", "nippon",
	"tokyo", "toukyou", "osaka", "kyoto", "yokohama", "sapporo", "fukuoka", "fujisan", "tanaka", "yamada", "yamamoto", "watanabe", "nakamura", "takahashi",
	"パスワード", "ぱすわーど", "ひみつ", "かいぎ", "よろしく", "ありがとう", "こんにちは",
}

// ourPhrases are famous for having been recommended.
var ourPhrases = []string{"correcthorsebatterystaple", "correct horse battery staple", "correct-horse-battery-staple", "correctbatteryhorsestaple"}
