package main

import (
	"slices"
	"strings"
)

// walks are rows of keys and well-known sequences. Each beginning of one that
// is long enough is an entry, and of what it is backwards.
var walks = []string{
	// Counting, over the end and with zero first.
	"12345678901234567890", "01234567890123456789", "10203040506070809000", "11223344556677889900", "111222333444555666777888999000",
	"123456789abcdefghijk", "1234567890abcdefghij", "1234567890qwertyuiop", "123456qwertyuiop", "123qweasdzxcrtyfghvbn",
	// The alphabet, alone and with numbers.
	"abcdefghijklmnopqrstuvwxyz", "abcdefg1234567890", "abcdef1234567890", "abcd1234567890", "abcde1234567890", "abc1234567890", "abc123def456ghi789",
	"a1b2c3d4e5f6g7h8i9j0", "1a2b3c4d5e6f7g8h9i0j", "aabbccddeeffgghhiijj", "aaabbbcccdddeeefffggg",
	// Rows of a keyboard.
	"qwertyuiopasdfghjklzxcvbnm", "qwertyuiop1234567890", "qwertyuiop[]asdfghjkl", "qwertyuiop@[asdfghjkl", "qwerty1234567890", "qwertyasdfghzxcvbn",
	"qwertyuiopqwertyuiop", "qwerasdfzxcv1234", "qwer1234asdf5678", "asdfghjklqwertyuiop", "asdfghjklzxcvbnmqwertyuiop", "asdfghjkl;'zxcvbnm", "asdfghjkl1234567890",
	"zxcvbnmasdfghjklqwertyuiop", "zxcvbnm1234567890", "zxcvbnm,./asdfghjkl", "azertyuiopqsdfghjklmwxcvbn", "qwertzuiopasdfghjklyxcvbnm", "!@#$%^&*()_+", "!\"#$%&'()=~|",
	"1qw23er45ty67ui89op0", "123qweasdzxc", "qweasdzxcrtyfghvbn", "qweasdzxc1234567890", "qwe123asd456zxc789",
	// Columns of a keyboard.
	"1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik", "1qazxsw23edcvfr45tgbnhy6", "2wsx3edc4rfv5tgb6yhn7ujm", "qazwsxedcrfvtgbyhnujmikolp", "qazxswedcvfrtgbnhyujm",
	"zaq1xsw2cde3vfr4bgt5nhy6", "zaq12wsxcde34rfvbgt56yhn", "1qaz!qaz2wsx@wsx", "1qaz2wsx!qaz@wsx", "1qaz@wsx3edc$rfv", "qazwsx1234567890", "1qaz2wsx1234567890",
	// Two rows in turn.
	"q1w2e3r4t5y6u7i8o9p0", "1q2w3e4r5t6y7u8i9o0p", "q2w3e4r5t6y7u8i9o0p", "1a2s3d4f5g6h7j8k9l0", "a1s2d3f4g5h6j7k8l9", "qawsedrftgyhujikolp", "1z2x3c4v5b6n7m",
	// The two orders of kana, which stand for ABC.
	"あいうえおかきくけこさしすせそたちつてと", "アイウエオカキクケコサシスセソタチツテト", "いろはにほへとちりぬるをわかよたれそ", "イロハニホヘトチリヌルヲワカヨタレソ",
	"あかさたなはまやらわいきしちにひみ", "アカサタナハマヤラワイキシチニヒミ", "aiueokakikukekosashisuseso",
}

// walked returns the beginnings of all walks, forwards and backwards.
func walked() []string {
	var all []string
	for _, walk := range walks {
		keys := strings.Split(walk, "")
		for range 2 {
			for length := shortest; length <= len(keys); length++ {
				all = append(all, strings.Join(keys[:length], ""))
			}
			slices.Reverse(keys)
		}
	}
	return all
}
